//! The one integration binary.

mod counts;
mod determinism;
mod judges;
mod mutants;
mod properties;
mod purity;
mod replay;
mod timed;
