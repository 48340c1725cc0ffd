//! The one integration binary.

mod counts;
mod mutants;
mod properties;
