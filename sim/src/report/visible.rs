//! Texts that hide nothing: what comes from names, paths and files of others may hold line breaks, control characters
//! and marks that turn the direction of writing, and all formats show them as what they are.
//!
//! So no format has to think of them: each escapes its own markup, and nothing else can be in a text.

use std::fmt::{self, Write};

/// A text in which each character that cannot be seen is written as an escape, as in `\u{1b}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Visible(String);

impl Visible {
    /// One line: line breaks and tabs are escaped, too.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self::new(text, |_| false)
    }

    /// Several lines.
    #[must_use]
    pub fn lines(text: &str) -> Self {
        Self::new(text, |c| matches!(c, '\n' | '\t'))
    }

    fn new(text: &str, kept: impl Fn(char) -> bool) -> Self {
        let mut visible = String::with_capacity(text.len());
        for c in text.chars() {
            if is_hidden(c) && !kept(c) {
                let _ = match c {
                    '\n' | '\r' | '\t' => write!(visible, "{}", c.escape_default()),
                    c => write!(visible, "{}", c.escape_unicode()),
                };
            } else {
                visible.push(c);
            }
        }
        Self(visible)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its first characters, so many at most.
    #[must_use]
    pub fn cut(&self, most: usize) -> &str {
        match self.0.char_indices().nth(most) {
            Some((end, _)) => &self.0[..end],
            None => &self.0,
        }
    }
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Control characters, ends of lines of Unicode, marks that turn or hide what stands around them, and what is no character.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown() {
        for (text, want) in [
            ("a b", "a b"),
            ("a\nb\tc\r", r"a\nb\tc\r"),
            ("\u{1b}[31mred", r"\u{1b}[31mred"),
            ("a\u{202e}b", r"a\u{202e}b"),
            ("\0\u{7f}\u{85}", r"\u{0}\u{7f}\u{85}"),
            ("\u{ffff}", r"\u{ffff}"),
            ("räksmörgås 名前", "räksmörgås 名前"),
        ] {
            assert_eq!(Visible::line(text).as_str(), want);
        }
        assert_eq!(Visible::lines("a\nb\r\n\tc").as_str(), "a\nb\\r\n\tc");
    }

    #[test]
    fn cuts_fall_between_characters() {
        let text = Visible::line("åäö");
        assert_eq!((text.cut(2), text.cut(3), text.cut(9)), ("åä", "åäö", "åäö"));
    }
}
