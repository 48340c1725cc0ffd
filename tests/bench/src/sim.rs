//! pernet-sim as the driver sees it: a program that is given a scenario and prints one line of JSON.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::measure::{self, Usage};
use crate::w::W;

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

impl Sim {
    /// The program at `binary`, run in `root`.
    pub fn new(binary: &Path, root: &Path) -> Result<Self> {
        let found = |path: &Path| {
            path.canonicalize().with_context(|| {
                format!("no `{}`; build pernet-sim first, or run tests/bench/run", path.display())
            })
        };
        Ok(Self { binary: found(binary)?, root: found(root)? })
    }

    /// Its name and version, and what it costs to start it.
    pub fn version(&self) -> Result<(String, Usage)> {
        let (output, usage) = measure::run(Command::new(&self.binary).arg("--version"))?;
        Ok((output.trim().to_owned(), usage))
    }

    /// `runs` random schedules of `w`.
    pub fn random(&self, w: W, runs: u64, seed: u64) -> Result<(Answer, Usage)> {
        let mut command = self.scenario("scenarios/bench/w.pernet");
        set_size(&mut command, w).args(["--runs", &runs.to_string(), "--seed", &format!("{seed:#x}")]);
        let (answer, usage) = self.ask(&mut command, "none found")?;
        ensure!(answer.executions == Some(runs), "{w}: {runs} schedules asked, {:?} run", answer.executions);
        Ok((answer, usage))
    }

    /// Every state of `w`, without reduction.
    pub fn search(&self, w: W) -> Result<(Answer, Usage)> {
        let mut command = self.scenario("scenarios/bench/w.pernet");
        set_size(&mut command, w).args(["--exhaustive", "--reduce", "none", "--max-states", "100000000"]);
        let (answer, usage) = self.ask(&mut command, "holds")?;
        if let Some(golden) = w.golden() {
            // Another count is another machine, and its speed says nothing.
            let counted = (answer.states, answer.transitions);
            let expected = (Some(golden.states), Some(golden.transitions));
            ensure!(counted == expected, "{w}: states and transitions are {counted:?}, not {expected:?}");
        }
        Ok((answer, usage))
    }

    /// One schedule in which `nets` namespaces come and go.
    pub fn many(&self, nets: u64) -> Result<(Answer, Usage)> {
        let mut command = self.scenario("scenarios/bench/many.pernet");
        command.args(["--set", &format!("NETS={nets}"), "--runs", "1", "--max-steps", "1000000000"]);
        self.ask(&mut command, "none found")
    }

    /// On one thread, because every peer runs on one.
    fn scenario(&self, path: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(&self.root).args(["run", path, "--jobs", "1", "--format", "jsonl"]);
        command
    }

    fn ask(&self, command: &mut Command, verdict: &str) -> Result<(Answer, Usage)> {
        let (output, usage) = measure::run(command)?;
        Ok((read(&output, verdict)?, usage))
    }
}

fn set_size(command: &mut Command, w: W) -> &mut Command {
    for (name, value) in [("M", w.registrars), ("N", w.nets), ("R", w.rounds)] {
        command.args(["--set", &format!("{name}={value}")]);
    }
    command
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
