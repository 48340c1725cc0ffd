//! The program.

fn main() -> std::process::ExitCode {
    sim::cli::main()
}
