//! The language of protocols and scenarios: from text to a syntax tree and back.

pub mod ast;
pub mod diagnostic;
pub mod source;
