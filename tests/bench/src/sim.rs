//! pernet-sim as the driver sees it: a program that is given a scenario and prints one line of JSON.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Deserialize;

use crate::measure::{self, Sample, Usage, shown};
use crate::w::W;

/// Which program is measured.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The release binary to measure [default: ROOT/target/release/pernet-sim]
    #[arg(long, value_name = "FILE")]
    pernet_sim: Option<PathBuf>,
    /// The root of pernet-sim's repository
    #[arg(long, value_name = "DIR", default_value = "../..")]
    pub root: PathBuf,
}

/// The program to measure, and the folder that its scenarios are in.
pub struct Sim {
    binary: PathBuf,
    root: PathBuf,
}

/// The part of a result line that the benchmark needs.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    /// What was found.
    pub verdict: String,
    /// Is that what the scenario expects?
    pub as_expected: bool,
    /// Unique states; absent in random runs.
    pub states: Option<u64>,
    /// Steps in random runs, transitions generated in a search.
    pub transitions: Option<u64>,
    /// Schedules run to their end.
    pub executions: Option<u64>,
}

/// A search that visited every state.
#[derive(Clone, Copy, Debug)]
pub struct Searched {
    /// Unique states.
    pub states: u64,
    /// Transitions generated.
    pub transitions: u64,
    /// What it took.
    pub usage: Usage,
}

impl Sim {
    /// The program at `place`, run in its root.
    pub fn new(place: &Place) -> Result<Self> {
        let found = |path: &Path| {
            path.canonicalize().with_context(|| {
                format!("no `{}`; build pernet-sim first, or run tests/bench/run", path.display())
            })
        };
        let built = || place.root.join("target/release/pernet-sim");
        let binary = place.pernet_sim.clone().unwrap_or_else(built);
        Ok(Self { binary: found(&binary)?, root: found(&place.root)? })
    }

    /// Its name and version, and what it costs to start it.
    pub fn version(&self) -> Result<(String, Usage)> {
        let (output, usage) = measure::run(Command::new(&self.binary).arg("--version"))?;
        Ok((output.trim().to_owned(), usage))
    }

    /// `schedules` random schedules of `w`.
    pub fn random(&self, w: W, schedules: u64, seed: u64) -> Result<Sample> {
        let (answer, usage) = ask(&mut self.random_command(w, schedules, seed), "none found")?;
        let run = answer.executions;
        ensure!(run == Some(schedules), "{w}: {schedules} schedules asked, {run:?} run");
        let steps = answer.transitions.context("a random run counts its steps as `transitions`")?;
        Ok(Sample { schedules, steps, usage })
    }

    /// What [`Self::random`] runs.
    pub fn random_command(&self, w: W, schedules: u64, seed: u64) -> Command {
        let mut command = self.of_size(w);
        command.args(["--scheduler", "random", "--runs", &schedules.to_string(), "--seed", &format!("{seed:#x}")]);
        command
    }

    /// Every state of `w`, without reduction.
    pub fn search(&self, w: W) -> Result<Searched> {
        let (answer, usage) = ask(&mut self.search_command(w), "holds")?;
        let states = answer.states.context("a search counts `states`")?;
        let transitions = answer.transitions.context("a search counts `transitions`")?;
        if let Some(golden) = w.golden() {
            // Another count is another machine, and its speed says nothing.
            let expected = (golden.states, golden.transitions);
            let counted = (states, transitions);
            ensure!(counted == expected, "{w}: states and transitions are {counted:?}, not {expected:?}");
        }
        Ok(Searched { states, transitions, usage })
    }

    /// What [`Self::search`] runs.
    pub fn search_command(&self, w: W) -> Command {
        let mut command = self.of_size(w);
        command.args(["--exhaustive", "--reduce", "none", "--max-states", "100000000"]);
        command
    }

    /// One schedule in which `nets` namespaces come and go.
    pub fn many(&self, nets: u64) -> Result<Sample> {
        let (answer, usage) = ask(&mut self.many_command(nets), "none found")?;
        let steps = answer.transitions.context("a random run counts its steps as `transitions`")?;
        Ok(Sample { schedules: 1, steps, usage })
    }

    /// What [`Self::many`] runs.
    pub fn many_command(&self, nets: u64) -> Command {
        let mut command = self.scenario("scenarios/bench/many.pernet");
        command.args(["--set", &format!("NETS={nets}"), "--scheduler", "random", "--runs", "1", "--max-steps", "1000000000"]);
        command
    }

    fn of_size(&self, w: W) -> Command {
        let mut command = self.scenario("scenarios/bench/w.pernet");
        for (name, value) in [("M", w.registrars), ("N", w.nets), ("R", w.rounds)] {
            command.args(["--set", &format!("{name}={value}")]);
        }
        command
    }

    /// On one thread, because every peer runs on one.
    fn scenario(&self, path: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.root).args(["run", path, "--jobs", "1", "--format", "jsonl"]);
        command
    }
}

fn ask(command: &mut Command, verdict: &str) -> Result<(Answer, Usage)> {
    let (output, usage) = measure::run(command)?;
    let answer = read(&output, verdict).with_context(|| format!("`{}`", shown(command)))?;
    Ok((answer, usage))
}

/// Reads the one result line, which must say `verdict`: a run that stopped early was not measured.
fn read(output: &str, verdict: &str) -> Result<Answer> {
    let mut lines = output.lines();
    let line = lines.next().context("pernet-sim printed no result")?;
    ensure!(lines.next().is_none(), "pernet-sim printed more than one result:\n{output}");
    let answer: Answer = serde_json::from_str(line).with_context(|| format!("not a result line: {line}"))?;
    ensure!(answer.verdict == verdict, "pernet-sim answered `{}`, not `{verdict}`", answer.verdict);
    ensure!(answer.as_expected, "pernet-sim answered `{verdict}`, which the scenario does not expect");
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLDS: &str = r#"{"schema":1,"verdict":"holds","as_expected":true,"states":1387,"transitions":2860,"executions":null}"#;

    #[test]
    fn counts_are_read() {
        let answer = read(HOLDS, "holds").unwrap();
        assert_eq!((answer.states, answer.transitions, answer.executions), (Some(1387), Some(2860), None));
    }

    #[test]
    fn other_verdict_is_refused() {
        let error = read(&HOLDS.replace("holds", "inconclusive"), "holds").unwrap_err().to_string();
        assert_eq!(error, "pernet-sim answered `inconclusive`, not `holds`");
        assert!(read(&HOLDS.replace("true", "false"), "holds").is_err());
        assert!(read("", "holds").is_err());
        assert!(read(&format!("{HOLDS}\n{HOLDS}"), "holds").is_err());
    }
}
