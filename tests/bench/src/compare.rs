//! The comparison: who is measured, in which order, and what the report says.
//!
//! Absolute rates do not travel between machines; ratios do, if both sides ran in turn on one machine.  So every
//! figure is a median over pairs A B A B, and every ratio is taken within a pair.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};
use clap::Args;

use crate::machine;
use crate::measure::{self, Usage};
use crate::peers::{Counts, RANDOM};
use crate::sim::Sim;
use crate::table::{Table, exact, median, mib, short};
use crate::w::W;

const RANDOM_SIZES: [W; 2] = [W::new(1, 2, 1), W::new(2, 3, 1)];
const SEARCH_SIZES: [W; 2] = [W::new(2, 3, 1), W::new(2, 4, 1)];
const MANY_NETS: [u64; 3] = [1_000, 3_000, 10_000];

/// How to compare.
#[derive(Args, Debug)]
pub struct Options {
    /// The release binary to measure [default: ROOT/target/release/pernet-sim]
    #[arg(long, value_name = "FILE")]
    pernet_sim: Option<PathBuf>,
    /// The root of pernet-sim's repository
    #[arg(long, value_name = "DIR", default_value = "../..")]
    root: PathBuf,
    /// How often each side runs
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pairs: u64,
    /// CPU seconds that one random run shall last
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
    /// Write reports/benchmarks.md, too
    #[arg(long)]
    write: bool,
}

/// Measures everything and prints the report; writes it if asked.
pub fn run(options: &Options) -> Result<()> {
    let binary = options.pernet_sim.clone().unwrap_or(options.root.join("target/release/pernet-sim"));
    let sim = Sim::new(&binary, &options.root)?;
    let (version, start) = sim.version()?;
    let mut versions = vec![version];
    versions.extend(RANDOM.iter().map(|peer| format!("{peer} {}", machine::version_of(peer).unwrap_or("?"))));
    versions.push(machine::compiler());

    let report = [
        "# Benchmarks\n\nWritten by `tests/bench/run --write`; how to read it is in `tests/bench/README.md`.\n".to_owned(),
        format!("Machine: {}.  Versions: {}.\n", machine::machine(), versions.join(", ")),
        random(options, &sim)?,
        search(options, &sim)?,
        many(options, &sim, start)?,
    ]
    .join("\n");
    print!("{report}");
    if options.write {
        let path = options.root.join("reports/benchmarks.md");
        fs::write(&path, report).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

/// One random run of one side.
struct Sample {
    schedules: u64,
    steps: u64,
    usage: Usage,
}

impl Sample {
    fn schedules_per_second(&self) -> f64 {
        self.schedules as f64 / self.usage.cpu.as_secs_f64()
    }

    fn steps_per_second(&self) -> f64 {
        self.steps as f64 / self.usage.cpu.as_secs_f64()
    }
}

fn random(options: &Options, sim: &Sim) -> Result<String> {
    let mut table = Table::new(&[
        "W, tool",
        "schedules/s",
        "steps/s",
        "steps a schedule",
        "peak MiB",
        "pernet-sim's schedules/s to the peer's",
        "its steps/s to the peer's",
    ]);
    for w in RANDOM_SIZES {
        for peer in RANDOM {
            let ours = |count, seed| run_sim(sim, w, count, seed);
            let theirs = |count, seed| run_peer(peer, w, count, seed);
            let counts = (calibrate(ours, options.seconds)?, calibrate(theirs, options.seconds)?);
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for seed in 1..=options.pairs {
                a.push(ours(counts.0, seed)?);
                b.push(theirs(counts.1, seed)?);
            }
            let ratio = |rate: fn(&Sample) -> f64| ratios(a.iter().zip(&b).map(|(a, b)| rate(a) / rate(b)));
            table.row(cells(format!("{w}, pernet-sim"), &a, ["", ""].map(str::to_owned)));
            let both = [ratio(Sample::schedules_per_second), ratio(Sample::steps_per_second)];
            table.row(cells(format!("{w}, {peer}"), &b, both));
        }
    }
    let walks = RANDOM_SIZES.iter().filter_map(|w| Some(format!("{w} {}", w.steps_per_schedule()?)));
    Ok(format!(
        "## Random schedules\n\nPer CPU second of one core, process start included, all invariants on; medians of {} \
         pairs of about {} s each, run in turn, and the least and the greatest ratio of a pair.  Steps of a \
         schedule by a model of W alone: {}.\n\n{table}",
        options.pairs,
        options.seconds,
        walks.collect::<Vec<_>>().join(", ")
    ))
}

/// The row of one side: its medians, then the ratios, if they stand here.
fn cells(name: String, samples: &[Sample], ratios: [String; 2]) -> Vec<String> {
    let middle = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
    let [schedules, steps] = ratios;
    vec![
        name,
        short(middle(Sample::schedules_per_second)),
        short(middle(Sample::steps_per_second)),
        short(middle(|sample| sample.steps as f64 / sample.schedules as f64)),
        mib(middle(|sample| sample.usage.peak as f64)),
        schedules,
        steps,
    ]
}

fn run_sim(sim: &Sim, w: W, runs: u64, seed: u64) -> Result<Sample> {
    let (answer, usage) = sim.random(w, runs, seed)?;
    let steps = answer.transitions.context("a random run counts its steps as `transitions`")?;
    Ok(Sample { schedules: runs, steps, usage })
}

fn run_peer(peer: &str, w: W, schedules: u64, seed: u64) -> Result<Sample> {
    let numbers = [w.registrars as u64, w.nets as u64, w.rounds as u64, schedules].map(|n| n.to_string());
    let mut command = Command::new(env::current_exe()?);
    // The variable would take the place of the seed that this pair has.
    command.arg(peer).args(numbers).args(["--seed", &seed.to_string()]).env_remove("SHUTTLE_RANDOM_SEED");
    let (output, usage) = measure::run(&mut command)?;
    let counts: Counts =
        serde_json::from_str(&output).with_context(|| format!("not {peer}'s counts: {output}"))?;
    Ok(Sample { schedules: counts.schedules, steps: counts.steps, usage })
}

/// How many schedules last about `seconds`: both sides run equally long, so that both pay alike for their start.
fn calibrate(run: impl Fn(u64, u64) -> Result<Sample>, seconds: f64) -> Result<u64> {
    let mut count = 1_000;
    loop {
        let cpu = run(count, 0)?.usage.cpu.as_secs_f64();
        if cpu >= seconds / 4.0 {
            return Ok((count as f64 * seconds / cpu) as u64 + 1);
        }
        count *= 4;
    }
}

fn search(options: &Options, sim: &Sim) -> Result<String> {
    let mut table = Table::new(&[
        "W",
        "unique states",
        "transitions",
        "unique states/s",
        "transitions/s",
        "peak MiB",
        "golden",
    ]);
    for w in SEARCH_SIZES {
        let mut usages = Vec::new();
        let mut counts = (0, 0);
        for _ in 0..options.pairs {
            let (answer, usage) = sim.search(w)?;
            counts = (answer.states.context("a search counts `states`")?, answer.transitions.unwrap_or(0));
            usages.push(usage);
        }
        let per_second =
            |count: u64| short(median(usages.iter().map(|usage| count as f64 / usage.cpu.as_secs_f64())));
        table.row([
            w.to_string(),
            exact(counts.0),
            exact(counts.1),
            per_second(counts.0),
            per_second(counts.1),
            mib(median(usages.iter().map(|usage| usage.peak as f64))),
            w.golden().map_or("not known", |_| "equal").to_owned(),
        ]);
    }
    Ok(format!(
        "## Every state, without reduction\n\nPer CPU second of one core, process start included, all invariants on; \
         medians of {} runs.\n\n{table}",
        options.pairs
    ))
}

fn many(options: &Options, sim: &Sim, start: Usage) -> Result<String> {
    let mut table = Table::new(&[
        "namespaces",
        "steps",
        "wall ms",
        "us a namespace",
        "ns a step",
        "peak MiB",
        "peak MiB above start",
    ]);
    let mut ends = Vec::new();
    for nets in MANY_NETS {
        let mut usages = Vec::new();
        let mut steps = 0;
        for _ in 0..options.pairs {
            let (answer, usage) = sim.many(nets)?;
            steps = answer.transitions.context("a random run counts its steps as `transitions`")?;
            usages.push(usage);
        }
        let wall = median(usages.iter().map(|usage| usage.wall.as_secs_f64()));
        let peak = median(usages.iter().map(|usage| usage.peak as f64));
        table.row([
            exact(nets),
            exact(steps),
            format!("{:.1}", wall * 1e3),
            format!("{:.2}", wall * 1e6 / nets as f64),
            format!("{:.1}", wall * 1e9 / steps as f64),
            mib(peak),
            mib((peak - start.peak as f64).max(0.0)),
        ]);
        ends.push((nets as f64, steps as f64, wall, peak));
    }
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    Ok(format!(
        "## 100 ops, many namespaces, one execution\n\nEvery namespace is created and destroyed while a registrar takes \
         ops away and brings them back; medians of {} runs.  Starting pernet-sim alone takes {:.1} ms and {} MiB.\n\n\
         {table}\nFrom the first row to the last: namespaces x{:.1}, steps x{:.1}, time x{:.1}, memory x{:.1}.\n",
        options.pairs,
        start.wall.as_secs_f64() * 1e3,
        mib(start.peak as f64),
        last.0 / first.0,
        last.1 / first.1,
        last.2 / first.2,
        last.3 / first.3,
    ))
}

/// The ratios of all pairs: the median, and how far the others lie from it.
fn ratios(values: impl Iterator<Item = f64>) -> String {
    let values: Vec<f64> = values.collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} to {most:.2})", median(values))
}
