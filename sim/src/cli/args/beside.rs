//! Of the commands that hold protocols beside each other.

use super::{Output, Sitting};
use clap::Args;
use std::path::PathBuf;

/// How far a question may go, where its answer is only a part of what is told.
#[derive(Args, Debug)]
pub struct Effort {
    /// States that one search may store [default: 100000, and 1000000 in the museum]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_states: Option<u64>,
    #[command(flatten)]
    pub sitting: Sitting,
}

/// What is looked at in the museum.
#[derive(Args, Debug)]
#[command(after_help = "\
Each exhibit is a scenario with a label, which names the commits and the symptom; it breaks on the faulty text and holds on \
the fixed one. All its questions are searched in all their states; where something has to break, random schedules of the \
default scheduler, seed 0, are run until one finds it, 100,000 at most.

Columns: what is found, the first random schedule that finds something, steps of the shortest schedule and the switches \
between tasks in it. The exit status is that of `run`.")]
pub struct Museum {
    /// Exhibits by name, or scenarios and folders of them on disk; all exhibits if there is none
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// What is held side by side.
#[derive(Args, Debug)]
#[command(after_help = "\
Both texts are put together first, differences of differences included, and cut into pieces: structs, constants, globals, \
boot and functions, in the order of NEW. Comments and line breaks make no difference. Old and new lines stand in two \
columns where lines are 150 wide or more, and one below the other elsewhere.")]
pub struct Diff {
    /// A protocol: a file, or the name of a shipped one
    #[arg(value_name = "OLD")]
    pub old: String,
    /// Another one
    #[arg(value_name = "NEW")]
    pub new: String,
    /// How wide lines are [default: as the terminal is, and 100 without one]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub width: Option<u16>,
    #[command(flatten)]
    pub output: Output,
}

/// What is compared.
#[derive(Args, Debug)]
#[command(after_help = "\
Every question of every scenario is asked of both protocols, whatever the `on` lines say; a difference that a scenario \
spells out, as in `protocol repaired is rfc2007 { ... }`, is laid over OLD and over NEW. One line for each answer that \
differs:
  worse   a violation became possible, or a `sometimes` is never reached any more
  untold  a limit was met, or the scenario does not fit one of the protocols
  better  the contrary of worse
  other   a longer or shorter counterexample, or schedules that end in other ways

Exit status:
  0  nothing got worse
  1  something did
  2  bad input
  3  inconclusive: something cannot be told
  4  nothing could be asked")]
pub struct Compare {
    /// A protocol: a file, or the name of a shipped one
    #[arg(value_name = "OLD")]
    pub old: String,
    /// What is proposed in its place: a copy with an edit, or a difference `protocol NEW is OLD;`
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Scenarios, or folders of them; those shipped if there is none
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}

/// What is asked of all eras.
#[derive(Args, Debug)]
#[command(after_help = "\
The scenario is asked of each era, whatever its `on` lines say; a difference that it spells out is laid over each of them. \
Where two neighbours answer differently, hybrids are tried, the older era with some pieces of the newer one, until the \
smallest set of pieces is found that makes the difference.")]
pub struct Bisect {
    /// The scenario
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// How wide lines are [default: as the terminal is, and 100 without one]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub width: Option<u16>,
    #[command(flatten)]
    pub effort: Effort,
    #[command(flatten)]
    pub output: Output,
}
