//! What is wrong with an input, where, and the way out.
//!
//! Numbers are stable: a script may match on them. 001 to 099 are of reading and parsing, 100 to 199 of meaning,
//! 200 to 399 of everything outside the language (arguments, folders, replay files).

use super::source::Span;
use alloc::string::String;
use alloc::vec::Vec;

/// The number of a kind of mistake, printed as `E012`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Code(pub u16);

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "E{:03}", self.0)
    }
}

/// One mistake in an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its number.
    pub code: Code,
    /// Where, if it has a place.
    pub span: Option<Span>,
    /// What is wrong: lower case, the thing in backticks, no full stop.
    pub message: String,
    /// Further places that explain it.
    pub notes: Vec<(Span, String)>,
    /// The way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, span: Some(span), message: message.into(), notes: Vec::new(), help: None }
    }

    /// A mistake without a place in a text.
    #[must_use]
    pub fn without_place(code: Code, message: impl Into<String>) -> Self {
        Self { code, span: None, message: message.into(), notes: Vec::new(), help: None }
    }

    /// Adds the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Self {
        self.notes.push((span, text.into()));
        self
    }
}
