//! The peer side of the benchmark: workload W as other tools run it, and the comparison with pernet-sim.

mod compare;
mod growth;
mod machine;
mod measure;
mod ours;
mod peers;
mod registry;
mod sim;
mod table;
mod w;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Run workload W in a peer, or compare pernet-sim with the peers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run random schedules of W(M,N,R) in shuttle; print the counts as one line of JSON
    Shuttle(peers::RandomArgs),
    /// Measure pernet-sim and the peers in turn; print the report as Markdown
    Compare(compare::Options),
    /// Measure pernet-sim alone: random schedules/s, steps/s and unique states/s on W; print one table
    Ours(ours::Options),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Shuttle(args) => peers::shuttle::run(args.w, args.schedules, args.seed).print(),
        Command::Compare(options) => compare::run(&options),
        Command::Ours(options) => ours::run(&options),
    }
}
