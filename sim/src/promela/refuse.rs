//! What is not translated is refused: a model that is wrong in silence would be worse than none.

use crate::codes;
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::Span;

/// Why there is no model.
#[derive(Clone, Debug)]
pub struct Refusal {
    code: Code,
    span: Option<Span>,
    message: String,
}

impl Refusal {
    /// A construct without a translation.
    pub fn construct(span: Span, what: &str) -> Self {
        let message = format!("{what} is not translated to Promela");
        Self { code: codes::PROMELA_CONSTRUCT, span: Some(span), message }
    }

    /// A verb without a translation.
    pub fn verb(span: Span, name: &str) -> Self {
        let message = format!("`{name}` is not translated to Promela");
        Self { code: codes::PROMELA_VERB, span: Some(span), message }
    }

    /// A callback leads back into a function that is still running.
    pub fn recursion(span: Span, name: &str) -> Self {
        let message = format!("`{name}` can be called from inside itself, and the model has no stack");
        Self { code: codes::PROMELA_RECURSION, span: Some(span), message }
    }

    /// More of something than a model may have.
    pub fn size(span: Option<Span>, what: &str) -> Self {
        Self { code: codes::PROMELA_SIZE, span, message: format!("the model has {what}") }
    }

    pub fn into_diagnostic(self) -> Diagnostic {
        let help = "ask a smaller question; `pernet-sim run` searches this one";
        let diagnostic = match self.span {
            Some(span) => Diagnostic::new(self.code, span, self.message),
            None => Diagnostic::without_place(self.code, self.message),
        };
        diagnostic.help(help)
    }
}
