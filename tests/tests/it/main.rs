//! The one integration binary.

mod boot;
mod counts;
mod judges;
mod mutants;
mod properties;
mod verbs;
