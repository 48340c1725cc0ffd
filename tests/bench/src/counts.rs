//! What a peer is asked, and what it answers: one line of JSON, for whoever started the process.

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::w::W;

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

/// What a search of all states came to.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Explored {
    /// Unique states.
    pub states: u64,
    /// Transitions generated.
    pub transitions: u64,
}

/// What a search of all executions came to, one after the other and without storing states.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Executions {
    /// Executions run to their end.
    pub executions: u64,
    /// Those that the tool began and gave up as redundant.
    pub blocked: u64,
}

/// Prints `counts` as one line of JSON.
pub fn print(counts: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(counts)?);
    Ok(())
}

impl Counts {
    /// Takes the CPU time of `run`, which returns the schedules and the steps that it made.
    pub fn measure(run: impl FnOnce() -> (u64, u64)) -> Self {
        let start = cpu_time::ProcessTime::now();
        let (schedules, steps) = run();
        Self { schedules, steps, cpu_seconds: start.elapsed().as_secs_f64() }
    }
}
