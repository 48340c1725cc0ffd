//! The one integration binary.

mod bad_input;
mod binary;
mod boot;
mod cli;
mod counts;
mod determinism;
mod dpor;
mod hostile;
mod index;
mod judges;
mod mutants;
mod properties;
mod purity;
mod readme;
mod reduce;
mod replay;
mod reports;
mod shared_table;
mod symmetry;
mod timed;
mod verbs;
