//! The peers: one file each, with W written as that tool's own users would write it.
//!
//! A new peer is a new file here and a subcommand in `main.rs`, and a name in [`RANDOM`] if it runs random
//! schedules.

pub mod shuttle;
pub mod slips;
pub mod spin;
pub mod stateright;
pub mod traceforge;

/// Whom random schedules are compared with: names of subcommands that take [`bench::counts::RandomArgs`] and print
/// [`bench::counts::Counts`], which are also the names of the tools' crates.
pub const RANDOM: &[&str] = &["shuttle"];
