//! Colours, or none.

use std::fmt::Display;

/// How text is marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// Are colours wanted?
    pub color: bool,
}

impl Style {
    /// Text without colours.
    pub const PLAIN: Self = Self { color: false };

    /// Good news.
    #[must_use]
    pub fn good(self, text: impl Display) -> String {
        self.wrap("32", text)
    }

    /// Bad news.
    #[must_use]
    pub fn bad(self, text: impl Display) -> String {
        self.wrap("1;31", text)
    }

    /// No news.
    #[must_use]
    pub fn unsure(self, text: impl Display) -> String {
        self.wrap("33", text)
    }

    /// What is not for everybody.
    #[must_use]
    pub fn dim(self, text: impl Display) -> String {
        self.wrap("2", text)
    }

    /// What should be seen first.
    #[must_use]
    pub fn bold(self, text: impl Display) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: impl Display) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}
