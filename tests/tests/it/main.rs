//! The one integration binary.

mod bad_input;
mod binary;
mod boot;
mod hostile;
mod reports;
mod verbs;
