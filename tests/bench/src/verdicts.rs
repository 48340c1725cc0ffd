//! The time to the same verdict: pernet-sim with every reduction that it has, each peer with its own.

use std::env;
use std::process::Command;

use anyhow::{Context, Error, Result, ensure};
use bench::counts::Executions;
use bench::w::W;

use crate::compare::{Options, block};
use crate::measure::{self, Sample, Usage, shown};
use crate::pairs::{Ratios, in_turn};
use crate::peers::spin::{self, Reduction, Verifier};
use crate::sim::Sim;
use crate::table::{Table, exact, median, mib};
use crate::targets::Target;

/// SPIN's, with the aim for each.
const REDUCED: [(W, f64); 2] = [(W::new(4, 3, 1), 1_000.0), (W::new(3, 5, 1), 3_000.0)];
const LOOM: W = W::new(1, 2, 1);
const TRACEFORGE: W = W::new(2, 2, 1);
/// The Mazurkiewicz traces of that, failures included.
const TRACES: u64 = 485_100;

const QUICK: &str = "left out by --quick";

/// The table and the commands of the section, while it grows.
struct Page<'a> {
    options: &'a Options,
    sim: &'a Sim,
    table: Table,
    commands: Vec<String>,
}

/// Measures against SPIN, loom and traceforge.
pub fn section(options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
    let table =
        Table::new(&["W, tool", "stored or run", "CPU s", "peak MiB", "the peer's time to pernet-sim's"]);
    let mut page = Page { options, sim, table, commands: Vec::new() };
    for (w, aim) in REDUCED {
        let measured = page.spin(w)?;
        let goal = format!("time to the verdict against SPIN with its partial-order reduction, {w}");
        targets.push(Target::at_least(goal, 20.0, aim, measured));
    }
    let measured = page.loom()?;
    let goal = format!("full coverage of {LOOM}, failures included, against loom");
    targets.push(Target::at_least(goal, 1_000.0, 5_000.0, measured));
    let (count, rate) = page.traceforge()?;
    let goal = format!("executions of the stateless search to the number of traces, {TRACEFORGE}");
    targets.push(Target::at_most(goal, 1.1, 1.0, count));
    let goal = format!("executions/s of the stateless search against traceforge, {TRACEFORGE}");
    targets.push(Target::at_least(goal, 20.0, 200.0, rate));
    Ok(format!(
        "## Time to the verdict\n\nWith the reductions that each tool has by default, process start included, all invariants on; \
         medians of {} pairs.\n\n{}\n{}",
        options.long_pairs(),
        page.table,
        block("Each run", &page.commands),
    ))
}

impl Page<'_> {
    fn spin(&mut self, w: W) -> Result<Result<f64, String>> {
        let (pairs, sim) = (self.options.long_pairs(), self.sim);
        if self.options.quick {
            return Ok(Err(QUICK.to_owned()));
        }
        if spin::version().is_none() {
            return Ok(Err("SPIN or gcc is not installed".to_owned()));
        }
        if let Err(why) = sim.reduced(w)? {
            return Ok(Err(why));
        }
        let verifier = Verifier::new(w, Reduction::PartialOrder)?;
        self.commands.extend([shown(&sim.reduced_command(w)), verifier.shown()]);
        let (a, b) = in_turn(pairs, |_| finished(sim.reduced(w)?), |_| verifier.run())?;
        let ratios = Ratios::between(&b, |(_, usage)| seconds(usage), &a, |run| seconds(&run.usage));
        self.row(format!("{w}, pernet-sim"), a[0].states, a.iter().map(|run| run.usage), String::new());
        let name = format!("{w}, SPIN with its partial-order reduction");
        self.row(name, b[0].0.states, b.iter().map(|(_, usage)| *usage), ratios.to_string());
        Ok(Ok(ratios.median))
    }

    fn loom(&mut self) -> Result<Result<f64, String>> {
        let (pairs, sim) = (self.options.long_pairs(), self.sim);
        let command = || sibling("bench-loom", &[], LOOM);
        if self.options.quick {
            return Ok(Err(QUICK.to_owned()));
        }
        self.commands.extend([shown(&sim.reduced_command(LOOM)), shown(&command()?)]);
        let (a, b) = in_turn(pairs, |_| finished(sim.reduced(LOOM)?), |_| executions(command()?))?;
        let ratios = Ratios::between(&b, |(_, usage)| seconds(usage), &a, |run| seconds(&run.usage));
        self.row(format!("{LOOM}, pernet-sim"), a[0].states, a.iter().map(|run| run.usage), String::new());
        let usages = b.iter().map(|(_, usage)| *usage);
        self.row(format!("{LOOM}, loom"), b[0].0.executions, usages, ratios.to_string());
        Ok(Ok(ratios.median))
    }

    /// The executions of the stateless search to the number of traces, and its rate to traceforge's.
    fn traceforge(&mut self) -> Result<(Result<f64, String>, Result<f64, String>)> {
        let sim = self.sim;
        let neither = |why: String| (Err(why.clone()), Err(why));
        let count = match sim.stateless(TRACEFORGE)? {
            Ok(run) => run.schedules,
            Err(why) => return Ok(neither(why)),
        };
        let to_traces = Ok(count as f64 / TRACES as f64);
        if self.options.quick {
            return Ok((to_traces, Err(QUICK.to_owned())));
        }
        let command = || sibling("bench", &["traceforge"], TRACEFORGE);
        self.commands.extend([shown(&sim.stateless_command(TRACEFORGE)), shown(&command()?)]);
        let pairs = self.options.long_pairs();
        let (a, b) = in_turn(pairs, |_| finished(sim.stateless(TRACEFORGE)?), |_| executions(command()?))?;
        ensure!(b[0].0.executions == TRACES, "traceforge ran {} executions, not {TRACES}", b[0].0.executions);
        let ratios =
            Ratios::between(&a, Sample::schedules_per_second, &b, |(run, usage)| usage.rate(run.executions));
        let name = format!("{TRACEFORGE}, pernet-sim, stateless");
        self.row(name, a[0].schedules, a.iter().map(|run| run.usage), String::new());
        let usages = b.iter().map(|(_, usage)| *usage);
        let compared = format!("{ratios}, by executions/s");
        self.row(format!("{TRACEFORGE}, traceforge"), b[0].0.executions, usages, compared);
        Ok((to_traces, Ok(ratios.median)))
    }

    fn row(
        &mut self,
        name: String,
        count: u64,
        usages: impl Iterator<Item = Usage> + Clone,
        compared: String,
    ) {
        let cpu = format!("{:.4}", median(usages.clone().map(|usage| seconds(&usage))));
        let peak = mib(median(usages.map(|usage| usage.peak as f64)));
        self.table.row([name, exact(count), cpu, peak, compared]);
    }
}

/// A run that finished once must finish again.
fn finished<T>(run: Result<T, String>) -> Result<T> {
    run.map_err(Error::msg)
}

fn seconds(usage: &Usage) -> f64 {
    usage.cpu.as_secs_f64()
}

/// A program of this build.
fn sibling(program: &str, arguments: &[&str], w: W) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?.with_file_name(program));
    command.args(arguments).args(w.arguments());
    Ok(command)
}

/// What a stateless peer says in its last line; what it says before is its progress.
fn executions(mut command: Command) -> Result<(Executions, Usage)> {
    let (output, usage) = measure::run(&mut command)?;
    let line = output.lines().last().unwrap_or_default();
    let executions = serde_json::from_str(line).with_context(|| format!("not counts: {line}"))?;
    Ok((executions, usage))
}
