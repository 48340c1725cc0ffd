//! The one integration binary.

mod bad_input;
mod binary;
mod hostile;
