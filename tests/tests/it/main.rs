//! The one integration binary.

mod bad_input;
mod binary;
mod boot;
mod cli;
mod counts;
mod coverage;
mod determinism;
mod hostile;
mod index;
mod inevitable;
mod judges;
mod mutants;
mod outcomes;
mod properties;
mod purity;
mod readme;
mod reduce;
mod replay;
mod reports;
mod shared_table;
mod symmetry;
mod timed;
mod unseen;
mod verbs;
mod witness;
