//! The command line, in a binary that cargo builds before the tests of this package run.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::cli::main()
}
