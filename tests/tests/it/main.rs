//! The one integration binary.

mod bad_input;
mod binary;
mod boot;
mod counts;
mod hostile;
mod index;
mod judges;
mod mutants;
mod properties;
mod readme;
mod reports;
mod verbs;
