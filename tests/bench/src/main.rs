//! The peer side of the benchmark: workload W as other tools run it, and the comparison with pernet-sim.

mod compare;
mod growth;
mod hunt;
mod machine;
mod measure;
mod ours;
mod pairs;
mod peers;
mod random;
mod scaling;
mod search;
mod sim;
mod streams;
mod table;
mod targets;
mod verdicts;

use anyhow::Result;
use clap::{Parser, Subcommand};

use bench::counts::{self, RandomArgs};
use bench::w::W;

#[derive(Parser)]
#[command(about = "Run workload W in a peer, or compare pernet-sim with the peers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run random schedules of W(M,N,R) in shuttle; print the counts as one line of JSON
    Shuttle(RandomArgs),
    /// Visit every state of W(M,N,R) with stateright; print the counts as one line of JSON
    Stateright {
        #[command(flatten)]
        w: W,
        /// The order in which it searches
        #[arg(long, value_enum, default_value = "dfs")]
        order: peers::stateright::Order,
    },
    /// Visit the states of W(M,N,R) with SPIN; print the counts as one line of JSON
    Spin {
        #[command(flatten)]
        w: W,
        /// What it leaves out
        #[arg(long, value_enum, default_value = "partial-order")]
        reduction: peers::spin::Reduction,
    },
    /// Hunt a planted slip with shuttle; print the first schedule that fails as one line of JSON
    Hunt {
        /// The slip
        #[arg(value_enum)]
        slip: peers::slips::Slip,
        #[command(flatten)]
        business: peers::slips::Business,
        /// Who searches
        #[arg(long, value_enum, default_value = "random")]
        search: peers::slips::Search,
        /// Where shuttle's random numbers start
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Schedules that it may take
        #[arg(long, default_value_t = 20_000)]
        most: usize,
    },
    /// Run every execution of W(M,N,R) with traceforge; print the counts as one line of JSON
    Traceforge(W),
    /// Measure pernet-sim and the peers in turn; print the report as Markdown
    Compare(compare::Options),
    /// Measure pernet-sim alone: random schedules/s, steps/s and unique states/s on W; print one table
    Ours(ours::Options),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Shuttle(args) => counts::print(&peers::shuttle::run(args.w, args.schedules, args.seed)),
        Command::Stateright { w, order } => counts::print(&peers::stateright::run(w, order)),
        Command::Spin { w, reduction } => counts::print(&peers::spin::Verifier::new(w, reduction)?.run()?.0),
        Command::Hunt { slip, business, search, seed, most } => {
            counts::print(&peers::slips::hunt(slip, business, search, seed, most))
        }
        Command::Traceforge(w) => counts::print(&peers::traceforge::run(w)),
        Command::Compare(options) => compare::run(&options),
        Command::Ours(options) => ours::run(&options),
    }
}
