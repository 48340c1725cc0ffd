//! The peers: one file each, with W written as that tool's own users would write it.
//!
//! A new peer is a new file here and a subcommand in `main.rs`, and a name in [`RANDOM`] if it runs random
//! schedules.

pub mod shuttle;

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::w::W;

/// Whom random schedules are compared with: names of subcommands that take [`RandomArgs`] and print [`Counts`],
/// which are also the names of the tools' crates.
pub const RANDOM: &[&str] = &["shuttle"];

/// The arguments of every peer that runs random schedules.
#[derive(Args, Clone, Copy, Debug)]
pub struct RandomArgs {
    /// The size of the workload
    #[command(flatten)]
    pub w: W,
    /// How many schedules to run
    pub schedules: usize,
    /// Where the peer's random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

/// What a run came to, for whoever started the process.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Counts {
    /// Schedules run to their end.
    pub schedules: u64,
    /// Scheduling points in them, of all the tool's threads.
    pub steps: u64,
    /// CPU seconds of the runs, without the start and the end of the process.
    pub cpu_seconds: f64,
}

impl Counts {
    /// Takes the CPU time of `run`, which returns the schedules and the steps that it made.
    pub fn measure(run: impl FnOnce() -> (u64, u64)) -> Self {
        let start = cpu_time::ProcessTime::now();
        let (schedules, steps) = run();
        Self { schedules, steps, cpu_seconds: start.elapsed().as_secs_f64() }
    }

    /// Prints the counts as one line of JSON.
    pub fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}
