//! The command line: the one place that touches files, the environment, the wall clock and the terminal.

mod args;
mod bisect;
mod campaign;
#[cfg(feature = "proptest")]
pub mod cargo_test;
mod checks;
mod compare;
mod conform;
mod diff;
mod export;
mod files;
mod finder;
mod fmt;
mod fuzz;
mod list;
mod meaning;
mod museum;
mod output;
mod progress;
mod protocol;
mod recorded;
mod replay;
mod run;
mod saved;
mod select;
mod show;
mod shrink;
mod threads;

use crate::verdict::Exit;
use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// Does what the command line says.
#[must_use]
pub fn main() -> ExitCode {
    // Of its own accord clap exits with 2 for a mistake and with 0 for help, as it should.
    let cli = Cli::parse();
    let exit = match cli.command {
        None => run::run(&cli.run),
        Some(Command::Run(run)) => run::run(&run),
        Some(Command::Replay(replay)) => replay::replay(&replay),
        Some(Command::Shrink(args)) => shrink::shrink(&args),
        Some(Command::Show(show)) => show::show(&show),
        Some(Command::Fmt(fmt)) => fmt::fmt(&fmt),
        Some(Command::Diff(args)) => diff::diff(&args),
        Some(Command::Compare(args)) => compare::compare(&args),
        Some(Command::Bisect(args)) => bisect::bisect(&args),
        Some(Command::Fuzz(args)) => fuzz::fuzz(&args),
        Some(Command::Museum(args)) => museum::museum(&args),
        Some(Command::Conform(conform)) => conform::conforms(&conform),
        Some(Command::Campaign(args)) => campaign::campaign(&args),
        Some(Command::Export(export)) => export::export(&export),
        Some(Command::List(list)) => list::list(list.what),
    };
    ExitCode::from(exit.code())
}

/// Says what is wrong with an input, and that it is the input.
fn refuse(rejected: &crate::question::Rejected, folder: &str, color: args::Color) -> Exit {
    output::complain(rejected, folder, color);
    Exit::BadInput
}
