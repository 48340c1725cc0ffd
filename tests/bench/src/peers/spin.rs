//! W for SPIN, a program and not a crate: `w.pml` is made into C by `spin`, and into a verifier by `gcc`.  What is measured is
//! the verifier; making it costs SPIN nothing here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

use anyhow::{Context, Result, ensure};
use bench::counts::Explored;
use bench::w::W;

use crate::measure::{self, Usage};

const MODEL: &str = include_str!("w.pml");

/// How W is verified.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Every state.
    None,
    /// SPIN's partial-order reduction, which is its default.
    PartialOrder,
}

/// The versions of `spin` and `gcc`, if both are installed.
pub fn version() -> Option<String> {
    let spin = measure::run(Command::new("spin").arg("-V")).ok()?.0;
    let gcc = measure::run(Command::new("gcc").arg("-dumpfullversion")).ok()?.0;
    Some(format!("SPIN {} with gcc {}", spin.split_whitespace().nth(2)?, gcc.trim()))
}

/// The verifier of one size; its folder goes when it is dropped.
pub struct Verifier {
    w: W,
    reduction: Reduction,
    folder: PathBuf,
}

impl Verifier {
    /// Generates and compiles it.
    pub fn new(w: W, reduction: Reduction) -> Result<Self> {
        let name = format!(
            "pernet-sim-bench-{}-{}{}{}-{reduction:?}",
            process::id(),
            w.registrars,
            w.nets,
            w.rounds
        );
        let folder = env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        let verifier = Self { w, reduction, folder };
        fs::write(verifier.folder.join("w.pml"), MODEL)?;
        for mut command in [generate(w, reduction), compile(reduction)] {
            measure::run(command.current_dir(&verifier.folder))?;
        }
        Ok(verifier)
    }

    /// What is run and measured.
    pub fn command(&self) -> Command {
        let mut command = Command::new(Path::new(&self.folder).join("pan"));
        command.current_dir(&self.folder);
        command
    }

    /// How one comes to the verifier and runs it, from the root of the repository.
    pub fn shown(&self) -> String {
        let steps = [generate(self.w, self.reduction), compile(self.reduction)];
        let steps = steps.map(|command| measure::shown(&command)).join(" && ");
        format!("{} && ./pan", steps.replace("w.pml", "tests/bench/src/peers/w.pml"))
    }

    /// Runs the verifier to its end.
    pub fn run(&self) -> Result<(Explored, Usage)> {
        let (output, usage) = measure::run(&mut self.command())?;
        let explored = read(&output).with_context(|| format!("SPIN on {}:\n{output}", self.w))?;
        if let Some(golden) = self.w.golden().filter(|_| self.reduction == Reduction::None) {
            let expected = Explored { states: golden.states, transitions: golden.transitions };
            ensure!(explored == expected, "SPIN on {}: {explored:?}, not {expected:?}", self.w);
        }
        Ok((explored, usage))
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        // What is left in the folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Without reduction each statement is a step of its own, as W counts them; `-o3` says so.
fn generate(w: W, reduction: Reduction) -> Command {
    let mut command = Command::new("spin");
    if reduction == Reduction::None {
        command.arg("-o3");
    }
    for (name, value) in [("M", w.registrars), ("N", w.nets), ("R", w.rounds)] {
        command.arg(format!("-D{name}={value}"));
    }
    command.args(["-a", "w.pml"]);
    command
}

fn compile(reduction: Reduction) -> Command {
    let mut command = Command::new("gcc");
    command.args(["-O2", "-w", "-DSAFETY", "-DMEMLIM=16384"]);
    if reduction == Reduction::None {
        command.arg("-DNOREDUCE");
    }
    command.args(["-o", "pan", "pan.c"]);
    command
}

/// Reads a verifier's report, which must be one of a complete search without errors.
fn read(report: &str) -> Result<Explored> {
    ensure!(report.contains("errors: 0"), "SPIN found an error");
    for incomplete in ["Search not completed", "max search depth too small"] {
        ensure!(!report.contains(incomplete), "{incomplete}");
    }
    let count = |what: &str| {
        let line = report.lines().find(|line| line.contains(what))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let states = count(" states, stored").context("no count of states")?;
    // The initial state counts as a transition to it.
    let transitions = count(" transitions (=").context("no count of transitions")? - 1;
    Ok(Explored { states, transitions })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "State-vector 44 byte, depth reached 33, errors: 0\n     1387 states, stored\n     1474 states, \
                          matched\n     2861 transitions (= stored+matched)\n";

    #[test]
    fn reports_are_read() {
        assert_eq!(read(REPORT).unwrap(), Explored { states: 1387, transitions: 2860 });
    }

    #[test]
    fn incomplete_search_is_refused() {
        assert!(read(&REPORT.replace("errors: 0", "errors: 1")).is_err());
        assert!(read(&format!("{REPORT}Warning: Search not completed\n")).is_err());
        assert!(read(&format!("error: max search depth too small\n{REPORT}")).is_err());
    }

    /// Says nothing where SPIN is not installed, as the benchmark does.
    #[test]
    fn counts_are_golden() {
        if version().is_none() {
            return;
        }
        for w in [W::new(1, 2, 2), W::new(2, 2, 1)] {
            Verifier::new(w, Reduction::None).unwrap().run().unwrap();
            let reduced = Verifier::new(w, Reduction::PartialOrder).unwrap().run().unwrap().0;
            assert!(reduced.states < w.golden().unwrap().states, "{w}: {reduced:?}");
        }
    }
}
