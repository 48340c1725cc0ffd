//! pernet-sim as the driver sees it: a program that is given a scenario and prints one line of JSON.

use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::hunt::Prey;
use crate::measure::{self, Sample, Usage, shown};
use bench::w::W;

/// The exit code of a run that met a limit.
const INCONCLUSIVE: i32 = 3;

/// The exit code of a command line that was not understood.
const REFUSED: i32 = 2;

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

impl Place {
    /// The example that runs schedules with one stream of random words, or with many; it is built where the program is.
    pub fn streams(&self) -> PathBuf {
        self.binary().with_file_name("examples").join("streams")
    }

    fn binary(&self) -> PathBuf {
        self.pernet_sim.clone().unwrap_or_else(|| self.root.join("target/release/pernet-sim"))
    }
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
        Ok(Self { binary: found(&place.binary())?, root: found(&place.root)? })
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
        command.args([
            "--scheduler",
            "random",
            "--runs",
            &schedules.to_string(),
            "--seed",
            &format!("{seed:#x}"),
        ]);
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

    /// Full coverage of `w` with every reduction that is on by default; or why there is none.
    pub fn reduced(&self, w: W) -> Result<Result<Searched, String>> {
        within_limits(&mut self.reduced_command(w), |answer, usage| {
            let states = answer.states.context("a search counts `states`")?;
            Ok(Searched { states, transitions: answer.transitions.unwrap_or(0), usage })
        })
    }

    /// What [`Self::reduced`] runs.
    pub fn reduced_command(&self, w: W) -> Command {
        let mut command = self.of_size(w);
        command.args(["--exhaustive", "--max-states", "100000000", "--max-time", "60s"]);
        command
    }

    /// Full coverage of the newest registry with so many registrars and creators; or why there is none.
    pub fn newest(&self, size: (u64, u64), reduced: bool) -> Result<Result<Searched, String>> {
        within_limits(&mut self.newest_command(size, reduced), |answer, usage| {
            let states = answer.states.context("a search counts `states`")?;
            Ok(Searched { states, transitions: answer.transitions.unwrap_or(0), usage })
        })
    }

    /// What [`Self::newest`] runs: its limits are met in some ten seconds.
    pub fn newest_command(&self, (registrars, creators): (u64, u64), reduced: bool) -> Command {
        let mut command = self.scenario("scenarios/bench/linux-7.pernet");
        command.args(["--set", &format!("M={registrars}"), "--set", &format!("N={creators}")]);
        command.args(["--exhaustive", "--max-states", "2000000", "--max-time", "12s"]);
        if !reduced {
            command.args(["--reduce", "none"]);
        }
        command
    }

    /// One execution of each trace of `w`: how many, and what that took; or why there is none.
    pub fn stateless(&self, w: W) -> Result<Result<Sample, String>> {
        within_limits(&mut self.stateless_command(w), |answer, usage| {
            let schedules = answer.executions.context("a stateless search counts `executions`")?;
            Ok(Sample { schedules, steps: answer.transitions.unwrap_or(0), usage })
        })
    }

    /// What [`Self::stateless`] runs.
    pub fn stateless_command(&self, w: W) -> Command {
        let mut command = self.of_size(w);
        command.args(["--search", "dpor", "--max-executions", "100000000", "--max-time", "60s"]);
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
        command.args([
            "--set",
            &format!("NETS={nets}"),
            "--scheduler",
            "random",
            "--runs",
            "1",
            "--max-steps",
            "1000000000",
        ]);
        command
    }

    /// The first schedule of a seed that finds the slip of `prey`, counted from 1; none if the first `most` do not.
    pub fn first_failure(&self, prey: Prey, seed: u64, most: u64) -> Result<Option<u64>> {
        // A run says whether one of its schedules failed, not which; longer runs begin as shorter ones do.
        let fails = |schedules| self.fails(prey, seed, schedules);
        let (mut none_in, mut one_in) = (0, 1);
        while !fails(one_in)? {
            if one_in == most {
                return Ok(None);
            }
            (none_in, one_in) = (one_in, most.min(4 * one_in));
        }
        while one_in - none_in > 1 {
            let middle = none_in.midpoint(one_in);
            if fails(middle)? { one_in = middle } else { none_in = middle }
        }
        Ok(Some(one_in))
    }

    fn fails(&self, prey: Prey, seed: u64, schedules: u64) -> Result<bool> {
        let mut command = self.hunt_command(prey, seed, schedules);
        // What is found is saved, for those who want to repeat it.
        let folder = env::temp_dir().join(format!("pernet-sim-bench-{}", process::id()));
        let end = measure::finish(command.arg("--out").arg(&folder))?;
        let line = end.output.lines().next().unwrap_or_default();
        let answer: Answer =
            serde_json::from_str(line).with_context(|| format!("`{}`: {}", shown(&command), end.output))?;
        match answer.verdict.as_str() {
            "violated" => {
                let _ = fs::remove_dir_all(folder); // what is left there does no harm
                Ok(true)
            }
            "none found" => Ok(false),
            other => bail!("`{}` answered `{other}`", shown(&command)),
        }
    }

    /// `schedules` schedules of a world with a slip, by the default scheduler.
    pub fn hunt_command(&self, prey: Prey, seed: u64, schedules: u64) -> Command {
        let (who, rounds) = prey.business;
        let mut command = self.scenario(&format!("tests/bench/hunt/{}.pernet", prey.world));
        command.args(["--protocol", &format!("rfc2007-{}", prey.slip)]);
        command.args(["--set", &format!("{}={rounds}", who.to_uppercase())]);
        command.args(["--runs", &schedules.to_string(), "--seed", &format!("{seed:#x}")]);
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

/// What `read_out` makes of the answer `holds`; or in words that a limit was met first, or that the program does not know
/// what it is asked.
fn within_limits<T>(
    command: &mut Command,
    read_out: impl FnOnce(Answer, Usage) -> Result<T>,
) -> Result<Result<T, String>> {
    let end = measure::finish(command)?;
    match end.code {
        Some(INCONCLUSIVE) => Ok(Err("pernet-sim did not finish within its limits".to_owned())),
        Some(REFUSED) => Ok(Err("pernet-sim does not know how".to_owned())),
        _ => {
            let answer = read(&end.output, "holds").with_context(|| format!("`{}`", shown(command)))?;
            read_out(answer, end.usage).map(Ok)
        }
    }
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
