//! Random schedules: how many does a CPU second buy, here and there?

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use bench::counts::Counts;
use bench::w::W;

use crate::compare::{Options, block};
use crate::measure::{self, Sample, calibrate, shown};
use crate::pairs::{Ratios, in_turn};
use crate::peers::RANDOM;
use crate::sim::Sim;
use crate::table::{Table, median, mib, short};
use crate::targets::Target;

/// The sizes, and the aim for schedules/s in each.
const SIZES: [(W, f64); 2] = [(W::new(1, 2, 1), 8.0), (W::new(2, 3, 1), 9.0)];

/// So many times a peer's schedules/s, and its steps/s, pernet-sim must reach.
const FLOOR: f64 = 3.0;

const STEPS_AIM: f64 = 6.0;

/// The builds of the peers: the folder of each beside this binary's own, and what the report says of it.
const BUILDS: [(&str, &str); 2] =
    [("release", "optimised as pernet-sim is"), ("untouched", "as `cargo build --release` makes it")];

/// Measures every size against every build of every peer.
pub fn section(options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
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
    for (w, aim) in SIZES {
        for (peer, (build, how)) in RANDOM.iter().flat_map(|&peer| BUILDS.map(|build| (peer, build))) {
            let ours = |count, seed| sim.random(w, count, seed);
            let theirs = |count, seed| run_peer((build, peer), w, count, seed);
            let ours_count = calibrate(|count| ours(count, 0), options.seconds())?;
            let theirs_count = calibrate(|count| theirs(count, 0), options.seconds())?;
            let (a, b) =
                in_turn(options.pairs(), |seed| ours(ours_count, seed), |seed| theirs(theirs_count, seed))?;
            let ratios = |rate: fn(&Sample) -> f64| Ratios::between(&a, rate, &b, rate);
            let schedules = ratios(Sample::schedules_per_second);
            let steps = ratios(Sample::steps_per_second);
            let met = if schedules.median.min(steps.median) >= FLOOR { "met" } else { "not met" };
            table.row(cells(format!("{w}, pernet-sim"), &a, [String::new(), String::new(), String::new()]));
            let compared = [schedules.to_string(), steps.to_string(), met.to_owned()];
            table.row(cells(format!("{w}, {peer}, {how}"), &b, compared));
            let goal = |what| format!("random {what}/s against {peer}, {how}, {w}");
            targets.push(Target::at_least(goal("schedules"), FLOOR, aim, Ok(schedules.median)));
            targets.push(Target::at_least(goal("steps"), FLOOR, STEPS_AIM, Ok(steps.median)));
            commands.push(shown(&sim.random_command(w, ours_count, 1)));
            commands.push(shown(&peer_command((build, peer), w, theirs_count, 1)?));
        }
    }
    let walks = SIZES.iter().filter_map(|(w, _)| Some(format!("{w} {}", w.steps_per_schedule()?)));
    Ok(format!(
        "## Random schedules\n\nPer CPU second of one core, process start included, all invariants on; medians of {} \
         pairs of about {} s each, run in turn, and the least and the greatest ratio of a pair.  Steps of a \
         schedule by a model of W alone: {}.\n\n{table}\n{}",
        options.pairs(),
        options.seconds(),
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
    let mut command = Command::new(built(build)?);
    // The variable would take the place of the seed that this pair has.
    command
        .arg(peer)
        .args(w.arguments())
        .args([&schedules.to_string(), "--seed", &seed.to_string()])
        .env_remove("SHUTTLE_RANDOM_SEED");
    Ok(command)
}

fn run_peer((build, peer): (&str, &str), w: W, schedules: u64, seed: u64) -> Result<Sample> {
    let (output, usage) = measure::run(&mut peer_command((build, peer), w, schedules, seed)?)?;
    let counts: Counts =
        serde_json::from_str(&output).with_context(|| format!("not {peer}'s counts: {output}"))?;
    Ok(Sample { schedules: counts.schedules, steps: counts.steps, usage })
}
