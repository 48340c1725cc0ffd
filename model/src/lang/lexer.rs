//! From text to tokens and comments.
//!
//! Never fails: what is no token is reported and skipped, so that the parser can report its own mistakes too.

use super::codes;
use super::diagnostic::{Code, Diagnostic};
use super::source::{FileId, Span};
use super::token::{PUNCTS, Punct, Token, TokenKind, UNITS};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The largest text, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// The largest integer: the machine's have 31 bits with their sign.
pub const MAX_INT: i64 = (1 << 30) - 1;
/// The longest duration: some eleven days, so that sums of them stay far from the end of virtual time.
pub const MAX_DURATION: u64 = 1_000_000_000_000_000;
/// A file with more mistakes than this is no file of ours; the rest is not reported.
pub const MAX_DIAGNOSTICS: usize = 50;

/// A comment, with its signs and without the line's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Its place.
    pub span: Span,
    /// `// ...`: whatever follows must begin a new line.
    pub to_end_of_line: bool,
}

/// What is in a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lexed {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// The comments, in order.
    pub comments: Vec<Comment>,
    /// What is neither.
    pub diagnostics: Vec<Diagnostic>,
}

/// Cuts a text into tokens and comments.
#[must_use]
pub fn lex(text: &str, file: FileId) -> Lexed {
    let mut lexer = Lexer { text, at: 0, file, out: Lexed::default() };
    if text.len() > MAX_TEXT {
        lexer.out.diagnostics.push(
            Diagnostic::new(
                codes::FILE_TOO_LARGE,
                Span { file, lo: 0, hi: 0 },
                "the file is larger than 1 MiB",
            )
            .help("a protocol or scenario is a page or ten; is this the right file?"),
        );
        return lexer.out;
    }
    while lexer.skip_space() {
        lexer.token();
    }
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    file: FileId,
    out: Lexed,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The place from `lo` to here. Cannot overflow: a text has at most 2^20 bytes.
    fn span(&self, lo: usize) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span { file: self.file, lo: at(lo), hi: at(self.at) }
    }

    fn report(&mut self, code: Code, lo: usize, message: impl Into<String>, help: impl Into<String>) {
        if self.out.diagnostics.len() < MAX_DIAGNOSTICS {
            let diagnostic = Diagnostic::new(code, self.span(lo), message).help(help);
            self.out.diagnostics.push(diagnostic);
        }
    }

    fn push(&mut self, lo: usize, kind: TokenKind) {
        let span = self.span(lo);
        self.out.tokens.push(Token { kind, span });
    }

    /// Moves over space and comments; is there anything behind them?
    fn skip_space(&mut self) -> bool {
        loop {
            self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
            let lo = self.at;
            if self.rest().starts_with("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                let end = self.at;
                self.at = lo + self.text[lo..end].trim_end().len();
                let span = self.span(lo);
                self.out.comments.push(Comment { span, to_end_of_line: true });
                self.at = end;
            } else if self.rest().starts_with("/*") {
                match self.rest()[2..].find("*/") {
                    Some(length) => self.at += length + 4,
                    None => self.unterminated_comment(),
                }
                let span = self.span(lo);
                self.out.comments.push(Comment { span, to_end_of_line: false });
            } else {
                return !self.rest().is_empty();
            }
        }
    }

    fn unterminated_comment(&mut self) {
        let lo = self.at;
        self.at += 2;
        self.report(codes::UNTERMINATED_COMMENT, lo, "this comment is not closed", "close it with `*/`");
        self.at = self.text.len();
    }

    fn token(&mut self) {
        let lo = self.at;
        let first = self.rest().as_bytes()[0];
        if self.after_protocol_word() && first.is_ascii_alphanumeric() {
            self.proto();
        } else if first.is_ascii_digit() {
            self.number();
        } else if is_word_byte(first) {
            self.at += run(self.rest(), is_word_byte);
            self.push(lo, TokenKind::Name(self.text[lo..self.at].into()));
        } else if self.rest().starts_with("->") {
            self.at += 2;
            let help = "fields of an object are written with `.`: `net.count`";
            self.report(codes::NO_SUCH_OPERATOR, lo, "there is no `->`", help);
            self.push(lo, TokenKind::Punct(Punct::Dot));
        } else if let Some((text, punct)) = PUNCTS.iter().find(|(text, _)| self.rest().starts_with(text)) {
            self.at += text.len();
            self.push(lo, TokenKind::Punct(*punct));
        } else {
            self.unknown();
        }
    }

    /// The name of a protocol may hold dots and dashes, and follows only these words.
    fn after_protocol_word(&self) -> bool {
        let word = |text: &str| matches!(text, "protocol" | "is" | "on");
        matches!(self.out.tokens.last(), Some(Token { kind: TokenKind::Name(text), .. }) if word(text))
    }

    /// The name of a protocol, or a plain word: `for (on in list)` has one behind an `on` too.
    fn proto(&mut self) {
        let lo = self.at;
        self.at += run(self.rest(), |byte| is_word_byte(byte) || matches!(byte, b'.' | b'-'));
        let text = &self.text[lo..self.at];
        let plain = !text.starts_with(|first: char| first.is_ascii_digit()) && text.bytes().all(is_word_byte);
        self.push(lo, if plain { TokenKind::Name(text.into()) } else { TokenKind::Proto(text.into()) });
    }

    fn number(&mut self) {
        let lo = self.at;
        self.at += run(self.rest(), is_word_byte);
        let text = &self.text[lo..self.at];
        let digits = run(text, |byte| byte.is_ascii_digit());
        let kind = if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            self.int(lo, hex, 16)
        } else if digits == text.len() {
            self.int(lo, text, 10)
        } else if let Some((per, _)) = UNITS.iter().find(|(_, unit)| *unit == &text[digits..]) {
            self.duration(lo, &text[..digits], *per)
        } else {
            let help = "a name begins with a letter or `_`; units of a duration are ns, us, ms and s";
            self.report(codes::BAD_NUMBER, lo, format!("`{}` is not a number", shorten(text)), help);
            TokenKind::Int(0)
        };
        self.push(lo, kind);
    }

    fn int(&mut self, lo: usize, digits: &str, radix: u32) -> TokenKind {
        let well_formed = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        let shown = shorten(&self.text[lo..self.at]);
        match i64::from_str_radix(digits, radix) {
            _ if !well_formed => {
                let message = format!("`{shown}` is not a number");
                self.report(codes::BAD_NUMBER, lo, message, "write it in decimal, or as `0x1f`");
            }
            Ok(value) if value <= MAX_INT => return TokenKind::Int(value),
            _ => {
                let help = format!("the largest is {MAX_INT}");
                self.report(codes::INTEGER_TOO_LARGE, lo, format!("`{shown}` is too large an integer"), help);
            }
        }
        TokenKind::Int(0)
    }

    fn duration(&mut self, lo: usize, digits: &str, per: u64) -> TokenKind {
        let ns = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(per));
        if let Some(ns) = ns.filter(|ns| *ns <= MAX_DURATION) {
            return TokenKind::Duration(ns);
        }
        let message = format!("`{}` is too long a duration", shorten(&self.text[lo..self.at]));
        self.report(codes::BAD_DURATION, lo, message, "the longest is 1000000s");
        TokenKind::Duration(0)
    }

    /// A run of characters that begin no token, reported once.
    fn unknown(&mut self) {
        let lo = self.at;
        let first = self.rest().chars().next().unwrap_or(' ');
        let (code, help) = way_out(first);
        self.at += match first {
            '#' => self.rest().find('\n').unwrap_or(self.rest().len()),
            '"' | '\'' => {
                let line = self.rest().lines().next().unwrap_or("");
                line[1..].find(first).map_or(line.len(), |at| at + 2)
            }
            _ if first.is_ascii() => first.len_utf8(),
            _ => self.rest().find(|other: char| other.is_ascii()).unwrap_or(self.rest().len()),
        };
        let text = &self.text[lo..self.at];
        let message = match code {
            codes::NO_SUCH_OPERATOR => format!("there is no operator `{}`", shorten(text)),
            _ => format!("`{}` means nothing here", shorten(text)),
        };
        self.report(code, lo, message, help);
    }
}

/// What to write instead of a character that begins no token.
fn way_out(first: char) -> (Code, &'static str) {
    let operator = |help| (codes::NO_SUCH_OPERATOR, help);
    match first {
        '&' => operator("`&&` is `and`; an address is written without `&`: `mutex_lock(net_mutex)`"),
        '|' => operator("`||` is `or`; for a set of flags use one `int` for each flag"),
        '?' => operator("write `if (x) y = 1; else y = 0;`"),
        '/' | '%' | '^' | '~' => operator("the operators are || && == != < > <= >= + - * !"),
        '#' => (codes::BAD_CHARACTER, "there is no preprocessor; a constant is `const N = 3;`"),
        '"' | '\'' => (codes::BAD_CHARACTER, "there are no strings or characters; use integers"),
        '\u{feff}' => (codes::BAD_CHARACTER, "save the file as UTF-8 without a byte order mark"),
        '\u{a0}' => (codes::BAD_CHARACTER, "this is a no-break space; write a plain one"),
        _ => (codes::BAD_CHARACTER, "outside comments a file has letters, digits and the signs of C"),
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How many bytes at the beginning of `text` are like that.
fn run(text: &str, like: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !like(byte)).unwrap_or(text.len())
}

/// A piece of an input, short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut chars = text.chars();
    let printable = |char: char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char };
    let mut short: String = chars.by_ref().take(SHOWN).map(printable).collect();
    if chars.next().is_some() {
        short.push_str("...");
    }
    short
}

#[cfg(test)]
mod tests;
