//! What is true: the language of protocols and scenarios, the machine that runs them, and the invariants.
//!
//! This crate is a pure function of its input. It is `no_std`, so a clock, a file, the environment, a thread or a
//! hash map with a random order cannot even be named in it.
#![no_std]

extern crate alloc;

pub mod compile;
pub mod footprint;
pub mod judge;
pub mod lang;
pub mod machine;
pub mod symmetry;

#[cfg(test)]
extern crate std;
