//! The comparison: who is measured, in which order, and what the report says.
//!
//! Absolute rates do not travel between machines; ratios do, if both sides ran in turn on one machine.  So every
//! figure is a median over pairs A B A B, and every ratio is taken within a pair.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result};
use clap::Args;

use crate::growth;
use crate::machine;
use crate::measure::{self, Sample, calibrate, shown};
use crate::peers::RANDOM;
use crate::sim::{Place, Sim};
use crate::table::{Table, exact, median, mib, short};
use bench::counts::Counts;
use bench::w::W;

const RANDOM_SIZES: [W; 2] = [W::new(1, 2, 1), W::new(2, 3, 1)];
const SEARCH_SIZES: [W; 2] = [W::new(2, 3, 1), W::new(2, 4, 1)];

/// So many times a peer's schedules/s, and its steps/s, pernet-sim must reach.
const FLOOR: f64 = 3.0;

/// The builds of the peers: the folder of each beside this binary's own, and what the report says of it.
const BUILDS: [(&str, &str); 2] =
    [("release", "optimised as pernet-sim is"), ("untouched", "as `cargo build --release` makes it")];

/// How to compare.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    place: Place,
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
    let sim = Sim::new(&options.place)?;
    let (version, start) = sim.version()?;
    let mut versions = vec![version];
    versions.extend(RANDOM.iter().map(|peer| format!("{peer} {}", machine::version_of(peer).unwrap_or("?"))));
    versions.push(machine::compiler());

    let report = [
        "# Benchmarks\n\nWritten by `tests/bench/run --write`; how to read it is in `tests/bench/README.md`.\n".to_owned(),
        format!("Machine: {}.  Versions: {}.\n", machine::machine(), versions.join(", ")),
        random(options, &sim)?,
        search(options, &sim)?,
        growth::section(&sim, options.pairs, start)?,
    ]
    .join("\n");
    print!("{report}");
    if options.write {
        let folder = options.place.root.join("reports");
        let path = folder.join("benchmarks.md");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, report));
        written.with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

fn random(options: &Options, sim: &Sim) -> Result<String> {
    let floor = format!("floor {FLOOR}x");
    let mut table = Table::new(&[
        "W, tool",
        "schedules/s",
        "steps/s",
        "steps a schedule",
        "peak MiB",
        "pernet-sim's schedules/s to the peer's",
        "its steps/s to the peer's",
        &floor,
    ]);
    let mut commands = Vec::new();
    for w in RANDOM_SIZES {
        for (peer, (build, how)) in RANDOM.iter().flat_map(|peer| BUILDS.map(|build| (peer, build))) {
            let ours = |count, seed| sim.random(w, count, seed);
            let theirs = |count, seed| run_peer((build, peer), w, count, seed);
            let ours_count = calibrate(|count| ours(count, 0), options.seconds)?;
            let theirs_count = calibrate(|count| theirs(count, 0), options.seconds)?;
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for seed in 1..=options.pairs {
                a.push(ours(ours_count, seed)?);
                b.push(theirs(theirs_count, seed)?);
            }
            let ratios =
                |rate: fn(&Sample) -> f64| Ratios::of(a.iter().zip(&b).map(|(a, b)| rate(a) / rate(b)));
            let schedules = ratios(Sample::schedules_per_second);
            let steps = ratios(Sample::steps_per_second);
            let met = if schedules.median.min(steps.median) >= FLOOR { "met" } else { "not met" };
            table.row(cells(format!("{w}, pernet-sim"), &a, [String::new(), String::new(), String::new()]));
            let compared = [schedules.to_string(), steps.to_string(), met.to_owned()];
            table.row(cells(format!("{w}, {peer}, {how}"), &b, compared));
            commands.push(shown(&sim.random_command(w, ours_count, 1)));
            commands.push(shown(&peer_command((build, peer), w, theirs_count, 1)?));
        }
    }
    let walks = RANDOM_SIZES.iter().filter_map(|w| Some(format!("{w} {}", w.steps_per_schedule()?)));
    Ok(format!(
        "## Random schedules\n\nPer CPU second of one core, process start included, all invariants on; medians of {} \
         pairs of about {} s each, run in turn, and the least and the greatest ratio of a pair.  Steps of a \
         schedule by a model of W alone: {}.\n\n{table}\n{}",
        options.pairs,
        options.seconds,
        walks.collect::<Vec<_>>().join(", "),
        block("The first pair of each", &commands),
    ))
}

/// The row of one side: its medians, then what it says of both, if that stands here.
fn cells(name: String, samples: &[Sample], compared: [String; 3]) -> Vec<String> {
    let middle = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
    let mut cells = vec![
        name,
        short(middle(Sample::schedules_per_second)),
        short(middle(Sample::steps_per_second)),
        short(middle(Sample::steps_per_schedule)),
        mib(middle(|sample| sample.usage.peak as f64)),
    ];
    cells.extend(compared);
    cells
}

/// The binary of a build: it stands beside the folder of this one.
fn built(build: &str) -> Result<PathBuf> {
    let own = env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("this binary stands in no folder of builds")?;
    Ok(folder.join(build).join(own.file_name().context("this binary has no name")?))
}

fn peer_command((build, peer): (&str, &str), w: W, schedules: u64, seed: u64) -> Result<Command> {
    let numbers = [w.registrars as u64, w.nets as u64, w.rounds as u64, schedules].map(|n| n.to_string());
    let mut command = Command::new(built(build)?);
    // The variable would take the place of the seed that this pair has.
    command.arg(peer).args(numbers).args(["--seed", &seed.to_string()]).env_remove("SHUTTLE_RANDOM_SEED");
    Ok(command)
}

fn run_peer((build, peer): (&str, &str), w: W, schedules: u64, seed: u64) -> Result<Sample> {
    let (output, usage) = measure::run(&mut peer_command((build, peer), w, schedules, seed)?)?;
    let counts: Counts =
        serde_json::from_str(&output).with_context(|| format!("not {peer}'s counts: {output}"))?;
    Ok(Sample { schedules: counts.schedules, steps: counts.steps, usage })
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
        let runs = (0..options.pairs).map(|_| sim.search(w)).collect::<Result<Vec<_>>>()?;
        let (states, transitions) = (runs[0].states, runs[0].transitions);
        let per_second = |count| short(median(runs.iter().map(|run| run.usage.rate(count))));
        table.row([
            w.to_string(),
            exact(states),
            exact(transitions),
            per_second(states),
            per_second(transitions),
            mib(median(runs.iter().map(|run| run.usage.peak as f64))),
            w.golden().map_or("not known", |_| "equal").to_owned(),
        ]);
    }
    let commands = SEARCH_SIZES.map(|w| shown(&sim.search_command(w)));
    Ok(format!(
        "## Every state, without reduction\n\nPer CPU second of one core, process start included, all invariants on; \
         medians of {} runs.\n\n{table}\n{}",
        options.pairs,
        block("Each run", &commands),
    ))
}

/// Commands as they were run, from the root of the repository.
pub fn block(which: &str, commands: &[String]) -> String {
    format!("{which}, from the root of the repository:\n\n```sh\n{}\n```\n", commands.join("\n"))
}

/// The ratios of all pairs: the median, and how far the others lie from it.
struct Ratios {
    median: f64,
    least: f64,
    most: f64,
}

impl Ratios {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        Self { median: median(values), least, most }
    }
}

impl std::fmt::Display for Ratios {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}
