//! The language of protocols and scenarios: from text to a syntax tree and back.

pub mod ast;
pub mod codes;
pub mod diagnostic;
pub mod errno;
#[cfg(test)]
mod fixtures;
pub mod lexer;
pub mod load;
mod overlay;
pub mod parser;
pub mod printer;
pub mod source;
pub mod suggest;
pub mod token;
