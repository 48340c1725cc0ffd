//! Of `shrink`.

use super::replay::Which;
use super::{Output, Sitting};
use clap::Args;
use std::path::PathBuf;

/// What is made small.
#[derive(Args, Debug)]
#[command(after_help = "\
World and schedule become small together: tasks, ops, namespaces, functions, statements, faults and callback bodies are left \
out, numbers made smaller, for as long as the same breaks at the same line of the protocol. The protocol itself is never \
touched. In the end no single thing can be left out, and the page says how that is known. A run by the agenda stays one: a smaller \
world has to break by the agenda, too, in one of the schedules that are drawn.

What it prints is a scenario that asks the question and knows the answer; its schedule goes to standard error, or into the \
object of `--format jsonl`.

Examples:
  pernet-sim shrink pernet-sim.out/NAME             a violation that was saved
  pernet-sim shrink my.pernet                       a scenario: the first thing that breaks in it
  pernet-sim shrink my.pernet --signature paired    what breaks under that name
  pernet-sim shrink 'v1 1*5 0*4 1' my.pernet        a schedule as text
  pernet-sim shrink my.pernet --timed               what breaks by the agenda, so that it still does
  pernet-sim shrink my.pernet -o small.pernet       writes the page, whole or not at all

Exit status:
  0  nothing more can be left out
  2  bad input, or nothing breaks
  3  a limit was met first: the smallest page so far",
    mut_arg("what", |arg| arg.help("A saved folder, a replay file, a token (`p2:...`), a scenario in which something breaks, or a \
schedule as text (`v1 0*3 1 +1`)")),
    mut_arg("scenario", |arg| arg.help("The scenario that a schedule as text belongs to")),
    mut_arg("timed", |arg| arg.help("Runs a scenario or a schedule by the agenda; files and tokens know"))
)]
pub struct Shrink {
    #[command(flatten)]
    pub which: Which,
    /// What has to break, where a scenario breaks several things: a name, or a name with its line as in `paired at rfc2007:58`
    #[arg(long, value_name = "NAME")]
    pub signature: Option<String>,
    /// Where the page is written, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
    /// States that the search of one smaller world may store
    #[arg(long, value_name = "N", default_value_t = 20_000, allow_negative_numbers = true)]
    pub max_states: u64,
    /// Schedules that are sampled of a smaller world that has more states, or is run by the agenda
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true)]
    pub schedules: u64,
    #[command(flatten)]
    pub sitting: Sitting,
    #[command(flatten)]
    pub output: Output,
}
