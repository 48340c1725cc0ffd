//! The command line as it is written. What it means is worked out elsewhere.

mod beside;
pub mod campaign;
mod fuzz;
mod replay;
mod shrink;

pub use beside::{Bisect, Compare, Diff, Effort, Museum};
pub use fuzz::Fuzz;
pub use replay::{Mode, Replay};
pub use shrink::Shrink;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const ABOUT: &str = "Simulates and checks the Linux kernel's registry of pernet_operations.

A scenario asks one question about registering, unregistering, creating and destroying at the same time, with \
failures. It is answered by running it: every interleaving where that is possible, and many random ones where it is \
not. Every invariant is checked after every step, and a violation comes back as the shortest schedule that shows it.";

const AFTER: &str = "\
Examples:
  pernet-sim                                     all shipped scenarios
  pernet-sim my.pernet                           one scenario; shows the schedule of each violation
  pernet-sim scenarios/ --format jsonl           a folder, one JSON object for each question
  pernet-sim my.pernet --protocol fix.pernet     the same question of another protocol
  pernet-sim my.pernet --runs 100000 --seed 0x2a random executions only
  pernet-sim my.pernet --timed                   by the agenda, with a report in virtual time
  pernet-sim replay pernet-sim.out/NAME          a violation that was saved
  pernet-sim shrink pernet-sim.out/NAME          the same, as small as it can be
  pernet-sim diff linux-4.17 linux-5.3           what changed from one era to another
  pernet-sim compare linux-5.3 mine.pernet       what a proposed change makes possible and impossible
  pernet-sim bisect my.pernet                    in which era the answer changed, and by which lines
  pernet-sim fuzz --protocol mine.pernet         random worlds, for a protocol of your own
  pernet-sim museum                              real bugs of the kernel, found again
  pernet-sim show rfc2007                        a protocol's instructions beside its text

Verdicts:
  holds         every schedule within these bounds is in order
  none found    nothing was found in what was looked at; it may still be there
  violated      something broke, and that is certain
  inconclusive  a limit was met before anything could be said; that is no pass
A scenario says what it expects: `on P;` that nothing breaks and every `sometimes` is reached, `on P breaks X;` that \
exactly X breaks.

Exit status:
  0  every scenario answered as it expects
  1  a violation that is not expected, or an expected one that did not come
  2  bad input: a scenario, protocol, replay file or argument
  3  inconclusive: a bound, time or memory limit was met
  4  nothing was selected to run
  5  nondeterminism: two runs that must be equal were not";

const CONFORM: &str = "\
A recording is a JSON file: the commands that a probe was given in a running kernel (`input`) and the callbacks that it \
wrote down (`events`). It is accepted if some schedule of the kernel's era produces exactly these: the order of callbacks, \
their ops, namespaces, batches and results, and of each task what else it said. Otherwise the first event that is not possible \
is named, and what would have been.

Commands:
  register subsys|device NAME [cb=LETTERS] [size=N] [idonly] [sizeonly] [fail=N] [failnet=NET] [err=E] [gate=LETTER[:NET]]
      callbacks i init, p pre_exit, e exit, b exit_batch, r exit_batch_rtnl, x exit_rtnl (ipeb if nothing is said; - none);
      the N-th init, or the one on that namespace, returns E; that callback blocks until `release NAME`
  unregister NAME, waitgate NAME, release NAME, mknet X, mknet_bg X, rmnet X, rmnet_async X, bg N COMMAND, wait N, kill N,
  blocked N FUNCTION, settle, nets, order, sysctl KEY NUMBER, rmmod, detach_devices, attach_devices

Examples:
  pernet-sim conform recordings/                 all in a folder
  pernet-sim conform x.json --scenario           the commands as a scenario, to see or to run
  pernet-sim conform x.json --protocol fix.pernet

Exit status:
  0  every recording is accepted
  1  one is rejected
  2  bad input
  3  a limit was met
  4  there was no recording";

/// The whole command line.
#[derive(Parser, Debug)]
#[command(name = "pernet-sim", bin_name = "pernet-sim", version, about = ABOUT, after_help = AFTER, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: Run,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run scenarios (the default)
    #[command(after_help = AFTER)]
    Run(Box<Run>),
    /// Repeat a recorded run, step by step
    Replay(Replay),
    /// Make a failing run small, world and schedule together
    Shrink(Box<Shrink>),
    /// Show what a protocol or scenario is compiled to, steps marked
    Show(Show),
    /// Show two protocols side by side, function by function
    Diff(Diff),
    /// Say what a change of a protocol makes possible and impossible
    Compare(Compare),
    /// Ask a scenario of all eras, and say which lines changed the answer
    Bisect(Bisect),
    /// Draw random worlds for a protocol, and look for what breaks in them
    Fuzz(Box<Fuzz>),
    /// Find real bugs of the kernel again, which were fixed long ago
    Museum(Museum),
    /// Could the model have done what was recorded of a real kernel?
    #[command(after_help = CONFORM)]
    Conform(Conform),
    /// Run more executions than one sitting can: in shards, here or on a cluster
    Campaign(Box<campaign::Campaign>),
    /// Write a question for another checker
    Export(Export),
    /// Bring files into the one layout, in place
    Fmt(Fmt),
    /// List what there is
    List(List),
}

/// What is run, and how.
#[derive(Args, Debug)]
pub struct Run {
    /// Scenarios, or folders of them, where saved runs are passed over; those shipped if there is none
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub ask: Ask,
    /// Sampled executions only, so many [default: 10000 where a search does not suffice, 100 with --timed]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub runs: Option<u64>,
    /// Searches all states or nothing: no sampled executions
    #[arg(long, conflicts_with_all = ["runs", "timed"])]
    pub exhaustive: bool,
    /// What the search leaves out because it cannot matter: `movers` (steps that commute with all that others may do),
    /// `chains` (states with one way on), `symmetry` (states that differ in names); `all`, `none`, or some with commas
    #[arg(long, value_name = "NAMES", default_value = "all")]
    pub reduce: String,
    /// Which state the search goes on with: `bfs` the nearest, `dfs` the last one that was found. Depth first fewer states
    /// wait at a time, and of a search that a limit cuts short no counterexample is a shortest one; of a complete one
    /// they are, by a second pass. `dpor` stores no states: of all schedules that differ only in the order of steps that
    /// commute it runs one; `--reduce` has no part in it, and nothing is sampled where a limit is met
    #[arg(long, value_name = "bfs|dfs|dpor", default_value = "bfs", conflicts_with_all = ["runs", "timed"])]
    pub search: String,
    /// The search keeps and compares whole states instead of fingerprints of 108 bits; one thread, much memory
    #[arg(long, conflicts_with_all = ["runs", "timed"])]
    pub exact: bool,
    /// Runs by the agenda: arrivals, delays and durations as `time` declares them
    #[arg(long)]
    pub timed: bool,
    /// Where the picks of sampled executions begin
    #[arg(long, value_name = "0x..", default_value = "0x0", allow_negative_numbers = true)]
    pub seed: String,
    /// Who settles the picks of sampled executions [default: turns, and random with --timed]: see `list schedulers`; a
    /// number may follow the name, as in pct:4
    #[arg(long, value_name = "NAME")]
    pub scheduler: Option<String>,
    /// States that a search may store
    #[arg(long, value_name = "N", default_value_t = 1_000_000, allow_negative_numbers = true)]
    pub max_states: u64,
    /// Steps of one schedule
    #[arg(long, value_name = "N", default_value_t = 1_000_000, allow_negative_numbers = true)]
    pub max_steps: u64,
    /// Executions that `--search dpor` may run
    #[arg(long, value_name = "N", default_value_t = 10_000_000, allow_negative_numbers = true)]
    pub max_executions: u64,
    /// Memory that one search may store states in, as in 512M, 4G
    #[arg(long, value_name = "SIZE", default_value = "2G", allow_negative_numbers = true)]
    pub max_memory: String,
    #[command(flatten)]
    pub sitting: Sitting,
    /// Runs everything twice and compares
    #[arg(long)]
    pub twice: bool,
    /// Counts how schedules end: for each outcome, as the conditions see it, how many schedules lead to it
    #[arg(long)]
    pub outcomes: bool,
    /// Shows the shortest schedule to each `sometimes` that is reached
    #[arg(long)]
    pub witness: bool,
    /// Writes there which lines, branches and faults of the texts were never seen, of all questions together
    #[arg(long, value_name = "FILE")]
    pub coverage: Option<PathBuf>,
    /// Samples executions, and estimates how many states they have not seen
    #[arg(long, conflicts_with = "exhaustive")]
    pub estimate: bool,
    /// Where violations are saved: unexpected ones always, expected ones if this is given
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Keeps every sampled execution there, good or bad, as a replay file each
    #[arg(long, value_name = "DIR", conflicts_with = "exhaustive")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
}

/// Which question is asked.
#[derive(Args, Debug)]
pub struct Ask {
    /// Replaces the `on` lines; then nothing is expected to break
    #[arg(long, value_name = "NAME|FILE")]
    pub protocol: Option<String>,
    /// Sets a `const`, or pins the parameter of a `for`
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// How long, and by how many.
#[derive(Args, Debug)]
pub struct Sitting {
    /// Wall time of the whole run, as in 90s, 15m, 8h
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub max_time: Option<String>,
    /// Threads [default: as many as there are processors]; results do not depend on it
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub jobs: Option<usize>,
}

/// How results are written.
#[derive(Args, Debug)]
pub struct Output {
    /// How results are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub color: Color,
    /// Only what is not as expected; formats for other programs have always all
    #[arg(long, short)]
    pub quiet: bool,
    /// Adds a summary in Markdown at the end of this file [with `--format github`: of the one that GITHUB_STEP_SUMMARY names]
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
}

/// Whether colours are used.
#[derive(Args, Debug, Clone, Copy)]
pub struct Color {
    /// Colours; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub color: When,
}

/// How results are written.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people
    Human,
    /// One array
    Json,
    /// One object a line
    Jsonl,
    /// JUnit XML: a suite for each file, a case for each question
    Junit,
    /// SARIF 2.1.0: each finding with its schedule as code flows
    Sarif,
    /// Annotations for GitHub Actions, and the step's summary
    Github,
    /// A table, and a fold for each finding
    Markdown,
}

/// Whether colours are used.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What is shown.
#[derive(Args, Debug)]
pub struct Show {
    /// A protocol or scenario: a file, or the name of a shipped one
    #[arg(value_name = "FILE")]
    pub file: String,
    #[command(flatten)]
    pub ask: Ask,
    #[command(flatten)]
    pub color: Color,
}

/// What is compared with recordings.
#[derive(Args, Debug)]
pub struct Conform {
    /// Recordings, or folders of them
    #[arg(value_name = "RECORDING", required = true)]
    pub paths: Vec<PathBuf>,
    /// The era, in place of the one that the kernel's version says
    #[arg(long, value_name = "NAME|FILE")]
    pub protocol: Option<String>,
    /// Writes the recorded commands as a scenario, and does nothing else
    #[arg(long)]
    pub scenario: bool,
    /// Shows the era and the schedule that produces an accepted recording; with the scenario it can be replayed
    #[arg(long)]
    pub schedule: bool,
    /// States in which there is a choice that may be looked at for one recording
    #[arg(long, value_name = "N", default_value_t = 1_000_000, allow_negative_numbers = true)]
    pub max_states: u64,
    #[command(flatten)]
    pub output: Output,
}

/// What is exported.
#[derive(Args, Debug)]
pub struct Export {
    /// The scenario
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
    /// As a complete model for SPIN, without judges and conditions: both must count the same states
    #[arg(long, required = true)]
    pub promela: bool,
    #[command(flatten)]
    pub ask: Ask,
    #[command(flatten)]
    pub color: Color,
}

/// What is formatted.
#[derive(Args, Debug)]
pub struct Fmt {
    /// Protocols and scenarios
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Changes nothing; exit status 1 if a file would change
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub color: Color,
}

/// What is listed.
#[derive(Args, Debug)]
pub struct List {
    #[arg(value_enum)]
    pub what: Listed,
}

/// What can be listed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listed {
    /// The shipped protocols
    Protocols,
    /// The judges, and what the machine finds by itself
    Invariants,
    /// The shipped scenarios and their questions
    Scenarios,
    /// What can fail
    Faults,
    /// Who can settle picks
    Schedulers,
}
