//! `replay` as it is written.

use super::{Ask, Output};
use crate::replayfile;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

const AFTER: &str = "\
Examples:
  pernet-sim replay pernet-sim.out/NAME                 a saved violation, or its schedule.txt
  pernet-sim replay p2:mAIg...                          a token, as it stands in a bug report
  pernet-sim replay 'v1 0*3 1 +1' my.pernet             a schedule, of a scenario at hand
  pernet-sim replay FILE my.pernet                      the decisions, in the text as it is now
  pernet-sim replay FILE --protocol fix.pernet          ... under another protocol
  pernet-sim replay FILE my.pernet --mode best-effort   ... as far as they fit: still broken?
  pernet-sim replay FILE my.pernet --mode continue      ... and then on: can it still break?
  pernet-sim replay FILE --by-seed                      does the seed still give this run?

A replay file holds the decisions, the texts, and what the states were: the run comes back in any later version, or the first step \
that is another one is named. A token is the same in one word, but for protocols that are shipped: of those it has name and \
fingerprint. A seed is bound to the version that drew from it.

Exit status:
  0  it came back, and ends as the scenario expects
  1  it came back, and ends in a violation that the scenario does not expect
  2  it cannot be read, or does not come back
  3  a limit was met
  5  nondeterminism: the same decisions gave two different runs";

/// What is repeated.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub struct Replay {
    #[command(flatten)]
    pub which: Which,
    /// What happens where the recorded run does not fit
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Mode::Strict)]
    pub mode: Mode,
    /// States that `--mode continue` may store
    #[arg(long, value_name = "N", default_value_t = 1_000_000, allow_negative_numbers = true)]
    pub max_states: u64,
    /// Draws the run again from the seed that it came from, and holds it against the recorded picks
    #[arg(long, conflicts_with_all = ["scenario", "protocol", "set", "timed"])]
    pub by_seed: bool,
    /// Writes there what is repeated, as a replay file with all its texts
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenario", "protocol", "set"])]
    pub save: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

/// Which run.
#[derive(Args, Debug)]
pub struct Which {
    /// A saved folder, a replay file, a token (`p2:...`), or a schedule (`v1 0*3 1 +1`)
    #[arg(value_name = "FILE|TOKEN")]
    pub what: String,
    /// The scenario that a schedule belongs to; or one to be run in place of the recorded one
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<PathBuf>,
    #[command(flatten)]
    pub ask: Ask,
    /// Runs a schedule by the agenda; files and tokens know
    #[arg(long)]
    pub timed: bool,
}

/// What happens where a run does not fit.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It ends, and the first step that differs is named
    Strict,
    /// What does not fit is passed over
    BestEffort,
    /// From there on all states are searched
    Continue,
}

impl From<Mode> for replayfile::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Strict => Self::Strict,
            Mode::BestEffort => Self::BestEffort,
            Mode::Continue => Self::Continue,
        }
    }
}
