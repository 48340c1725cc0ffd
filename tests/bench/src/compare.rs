//! The comparison: who is measured, in which order, and what the report says.
//!
//! Absolute rates do not travel between machines; ratios do, if both sides ran in turn on one machine.  So every
//! figure is a median over pairs A B A B, and every ratio is taken within a pair.

use std::fs;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::peers::spin;
use crate::sim::{Place, Sim};
use crate::targets::Target;
use crate::{growth, hunt, machine, random, scaling, search, streams, targets, verdicts};

/// The crates whose versions the report names.
const CRATES: [&str; 4] = ["shuttle", "stateright", "loom", "traceforge"];

/// How to compare.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    place: Place,
    /// How often each side runs [default: 5, with --quick 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pairs: Option<u64>,
    /// How often each side runs where a peer needs many seconds
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    long_pairs: u64,
    /// CPU seconds that one random run shall last [default: 1, with --quick 0.2]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// A glance: short runs, one pair, and nothing for which a peer needs many seconds
    #[arg(long)]
    pub quick: bool,
    /// One part of the report alone
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Write reports/benchmarks.md, too
    #[arg(long, conflicts_with_all = ["quick", "only"])]
    write: bool,
}

/// The parts of the report, in their order.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Random schedules/s.
    Random,
    /// Unreduced states/s, and memory.
    Search,
    /// Time to the verdict with reductions.
    Verdicts,
    /// What replay by seed costs.
    Streams,
    /// The large world.
    Growth,
    /// The newest registry, task by task.
    Scaling,
    /// Schedules to the first failure.
    Hunt,
}

impl Part {
    fn section(self, options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
        match self {
            Self::Random => random::section(options, sim, targets),
            Self::Search => search::section(options, sim, targets),
            Self::Verdicts => verdicts::section(options, sim, targets),
            Self::Streams => streams::section(options, &options.place, targets),
            Self::Hunt => hunt::section(options, sim, targets),
            Self::Growth => growth::section(options, sim, targets),
            Self::Scaling => scaling::section(options, sim),
        }
    }
}

impl Options {
    /// How often each side runs.
    pub fn pairs(&self) -> u64 {
        self.pairs.unwrap_or(if self.quick { 1 } else { 5 })
    }

    /// The same where a peer needs many seconds.
    pub fn long_pairs(&self) -> u64 {
        self.long_pairs
    }

    /// CPU seconds of a random run.
    pub fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 0.2 } else { 1.0 })
    }
}

/// Measures everything and prints the report; writes it if asked.
pub fn run(options: &Options) -> Result<()> {
    let sim = Sim::new(&options.place)?;
    let mut versions = vec![sim.version()?.0];
    versions.extend(CRATES.iter().map(|peer| format!("{peer} {}", machine::version_of(peer).unwrap_or("?"))));
    versions.push(spin::version().unwrap_or("SPIN or gcc not installed".to_owned()));
    versions.push(machine::compiler());

    let mut goals = Vec::new();
    let parts = Part::value_variants().iter().filter(|&&part| options.only.is_none_or(|only| only == part));
    let parts = parts.map(|part| part.section(options, &sim, &mut goals)).collect::<Result<Vec<_>>>()?;
    let report = [
        "# Benchmarks\n\nWritten by `tests/bench/run --write`; how to read it is in `tests/bench/README.md`.\n".to_owned(),
        format!("Machine: {}.  Versions: {}.\n", machine::machine(), versions.join(", ")),
        targets::section(&goals),
        parts.join("\n"),
    ]
    .join("\n");
    print!("{report}");
    if options.write {
        let folder = options.place.root.join("reports");
        let path = folder.join("benchmarks.md");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, report));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// Commands as they were run, from the root of the repository.
pub fn block(which: &str, commands: &[String]) -> String {
    if commands.is_empty() {
        return String::new();
    }
    format!("{which}, from the root of the repository:\n\n```sh\n{}\n```\n", commands.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_has_a_version() {
        for peer in CRATES {
            assert!(machine::version_of(peer).is_some(), "{peer} is not in the lock file");
        }
    }
}
