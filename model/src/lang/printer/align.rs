//! Comments behind the code of neighbouring lines begin in one column.

use alloc::string::String;
use alloc::vec::Vec;

/// A line of the output, and where a comment behind its code begins in it.
struct Line<'a> {
    text: &'a str,
    comment: Option<usize>,
}

impl Line<'_> {
    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    /// Characters of the code in front of the comment.
    fn code(&self) -> usize {
        self.text[..self.comment.unwrap_or(0)].trim_end().chars().count()
    }

    /// Characters from the comment on.
    fn rest(&self) -> usize {
        self.text[self.comment.unwrap_or(0)..].chars().count()
    }
}

/// `comments`: where they begin in the text, in order. Lines stay within `width`, or as they are.
pub(super) fn align(text: &str, comments: &[usize], width: usize) -> String {
    let mut lines = Vec::new();
    let (mut from, mut next) = (0, comments.iter().peekable());
    for text in text.split_inclusive('\n') {
        let end = from + text.len();
        let mut comment = None;
        while let Some(&at) = next.next_if(|&&at| at < end) {
            comment = Some(at - from);
        }
        lines.push(Line { text: text.trim_end_matches('\n'), comment });
        from = end;
    }
    let mut out = String::with_capacity(text.len());
    for group in lines.chunk_by(|a, b| a.comment.is_some() && b.comment.is_some() && a.indent() == b.indent())
    {
        let column = group.iter().map(Line::code).max().unwrap_or(0) + 1;
        let fits = group.iter().all(|line| column + line.rest() <= width);
        for line in group {
            match line.comment.filter(|_| group.len() > 1 && fits) {
                Some(at) => {
                    out.push_str(line.text[..at].trim_end());
                    out.extend(core::iter::repeat_n(' ', column - line.code()));
                    out.push_str(&line.text[at..]);
                }
                None => out.push_str(line.text),
            }
            out.push('\n');
        }
    }
    out
}
