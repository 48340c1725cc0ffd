//! Answers as text. Nothing here can run anything, read a clock or touch a file: text is a function of values.

pub mod besides;
pub mod bisect;
pub mod campaign;
pub mod check;
pub mod comparison;
pub mod conform;
pub mod coverage;
pub mod diagnostic;
pub mod difference;
pub mod eras;
pub mod github;
pub mod human;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod museum;
pub mod number;
pub mod page;
pub mod replayed;
pub mod sarif;
pub mod steps;
pub mod style;
pub mod summary;
pub mod timed;
pub mod visible;
