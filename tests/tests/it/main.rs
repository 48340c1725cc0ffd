//! The one integration binary.

mod counts;
mod judges;
mod mutants;
mod properties;
