//! Of `fuzz`.

use super::{Output, Sitting};
use clap::Args;
use std::path::PathBuf;

/// What is fuzzed.
#[derive(Args, Debug)]
#[command(after_help = "\
Worlds are drawn at random: modules with ops of both kinds, what their callbacks set up and take down, namespaces, requests, \
failures. Every world uses the registry as it is meant to be used, so what breaks is the protocol's doing. Of each world some \
schedules are run, and all if they are few. What breaks is told once, made small first; what reaches new places in the protocol \
is kept, and changed later on.

A world depends on the seed, its number and the corpus: equal ones give equal bytes, for any number of threads.

Examples:
  pernet-sim fuzz --protocol mine.pernet                        a protocol of your own, 1,000 worlds
  pernet-sim fuzz --protocol mine.pernet --save                 files each finding below scenarios/found/
  pernet-sim fuzz --protocol mine.pernet --max-time 5m --seed-from $COMMIT --corpus corpus
                                                                in CI: other worlds for each commit, and what the last run learned
  pernet-sim fuzz --protocol rfc2007-undo-all --expect-found    a canary: is a slip that is known to be there found?

Exit status:
  0  nothing was found; with --expect-found: something was
  1  something was found; with --expect-found: nothing was
  2  bad input
  3  interrupted before anything was found")]
pub struct Fuzz {
    /// The protocol: a file, or the name of a shipped one
    #[arg(long, value_name = "NAME|FILE", default_value = "linux-7")]
    pub protocol: String,
    /// Sets a `const` of the protocol
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Where all choices begin
    #[arg(long, value_name = "0x..", default_value = "0x0", allow_negative_numbers = true)]
    pub seed: String,
    /// A seed made of any text, as the id of a commit
    #[arg(long, value_name = "TEXT", conflicts_with = "seed")]
    pub seed_from: Option<String>,
    /// Worlds that are drawn [default: 1000; with --max-time as many as there is time for]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub worlds: Option<u64>,
    /// States that the search of one world may store; 0: schedules alone are run
    #[arg(long, value_name = "N", default_value_t = 4_000, allow_negative_numbers = true)]
    pub max_states: u64,
    /// Schedules that are run of a world that has more states
    #[arg(long, value_name = "N", default_value_t = 120, allow_negative_numbers = true)]
    pub schedules: u64,
    /// A folder of worlds that reached something new: read first, and added to
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// Takes those out of the corpus that reach nothing which smaller ones do not reach
    #[arg(long, requires = "corpus")]
    pub minimise: bool,
    /// Files the scenario of each finding, named by what breaks
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "scenarios/found")]
    pub save: Option<PathBuf>,
    /// Draws also what no user in the kernel does and several eras are known not to stand: an init that fails with a positive
    /// number
    #[arg(long)]
    pub latent: bool,
    /// Tells findings as they were drawn, and does not make them small
    #[arg(long)]
    pub no_shrink: bool,
    /// Stops at the first finding, and fails if there is none
    #[arg(long)]
    pub expect_found: bool,
    /// Where runs are saved that can be replayed
    #[arg(long, value_name = "DIR", default_value = "pernet-sim.out")]
    pub out: PathBuf,
    #[command(flatten)]
    pub sitting: Sitting,
    #[command(flatten)]
    pub output: Output,
}
