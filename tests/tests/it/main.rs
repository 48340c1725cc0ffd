//! The one integration binary.

mod bad_input;
mod binary;
mod boot;
mod cli;
mod counts;
mod determinism;
mod hostile;
mod index;
mod judges;
mod mutants;
mod promela;
mod properties;
mod purity;
mod readme;
mod replay;
mod reports;
mod timed;
mod verbs;
