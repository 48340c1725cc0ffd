//! Tokens: the words, numbers and signs of a text.
//!
//! A token is a value of its own, since `replace` moves tokens from one file into a function of another: each keeps
//! the place where it was written.

use super::source::Span;
use alloc::string::String;
use core::fmt;

/// One token and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is; `replace` compares only this.
    pub kind: TokenKind,
    /// Where it was written.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// `12`, `0x1f`
    Int(i64),
    /// `250ns`, `5us`, `2ms`, `1s`, in nanoseconds.
    Duration(u64),
    /// A word. Which words are keywords depends on where they stand, so the lexer does not say.
    Name(String),
    /// The name of a protocol that is no plain word, such as `linux-5.3`.
    Proto(String),
    /// A sign.
    Punct(Punct),
}

/// The signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "`text` says each")]
pub enum Punct {
    LBrace,
    RBrace,
    LParen,
    RParen,
    LBracket,
    RBracket,
    Semi,
    Comma,
    Dot,
    DotDot,
    Colon,
    Assign,
    Eq,
    Not,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Plus,
    Minus,
    Star,
    And,
    Or,
}

/// Every sign, longer ones before their own beginnings, so that the first match is the right one.
pub(super) const PUNCTS: &[(&str, Punct)] = &[
    ("..", Punct::DotDot),
    ("==", Punct::Eq),
    ("!=", Punct::Ne),
    ("<=", Punct::Le),
    (">=", Punct::Ge),
    ("&&", Punct::And),
    ("||", Punct::Or),
    ("{", Punct::LBrace),
    ("}", Punct::RBrace),
    ("(", Punct::LParen),
    (")", Punct::RParen),
    ("[", Punct::LBracket),
    ("]", Punct::RBracket),
    (";", Punct::Semi),
    (",", Punct::Comma),
    (".", Punct::Dot),
    (":", Punct::Colon),
    ("=", Punct::Assign),
    ("!", Punct::Not),
    ("<", Punct::Lt),
    (">", Punct::Gt),
    ("+", Punct::Plus),
    ("-", Punct::Minus),
    ("*", Punct::Star),
];

impl Punct {
    /// The sign as it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        PUNCTS.iter().find(|(_, punct)| *punct == self).map_or("", |(text, _)| text)
    }
}

impl TokenKind {
    /// Is it this word?
    #[must_use]
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Name(text) if text == word)
    }

    /// Is it this sign?
    #[must_use]
    pub fn is(&self, punct: Punct) -> bool {
        *self == Self::Punct(punct)
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Duration(ns) => {
                let (per, unit) = UNITS.iter().find(|(per, _)| ns % per == 0).unwrap_or(&(1, "ns"));
                write!(f, "{}{unit}", ns / per)
            }
            Self::Name(text) | Self::Proto(text) => f.write_str(text),
            Self::Punct(punct) => f.write_str(punct.text()),
        }
    }
}

/// Units of duration in nanoseconds, the largest first.
pub(super) const UNITS: &[(u64, &str)] = &[(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"), (1, "ns")];
