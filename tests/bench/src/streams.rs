//! Repeating an execution by its number: each has a stream of random words of its own.  What does that cost beside one stream
//! for all?

use std::process::Command;

use anyhow::{Context, Result};
use bench::w::W;

use crate::compare::{Options, block};
use crate::measure::{self, shown};
use crate::pairs::{Ratios, in_turn};
use crate::sim::Place;
use crate::table::{Table, median};
use crate::targets::Target;

const SIZES: [W; 2] = [W::new(1, 2, 1), W::new(2, 3, 1)];

/// Measures both ways with pernet-sim's own engine.
pub fn section(options: &Options, place: &Place, targets: &mut Vec<Target>) -> Result<String> {
    let mut table = Table::new(&[
        "W",
        "CPU s, a stream for each execution",
        "CPU s, one stream for all",
        "the first to the second",
    ]);
    let mut commands = Vec::new();
    for w in SIZES {
        let runs = (options.seconds() * 1.5e6) as u64 / w.nets as u64;
        let command = |streams: &str| {
            let mut command = Command::new(place.streams());
            command.arg(streams).args(w.arguments()).arg(runs.to_string());
            command
        };
        let seconds = |streams: &str| -> Result<f64> {
            let (_, usage) =
                measure::run(&mut command(streams)).context("cargo builds it with --example streams")?;
            Ok(usage.cpu.as_secs_f64())
        };
        let (each, one) = in_turn(options.pairs(), |_| seconds("each"), |_| seconds("one"))?;
        let ratios = Ratios::between(&each, |&seconds| seconds, &one, |&seconds| seconds);
        let middle = |seconds: &[f64]| format!("{:.3}", median(seconds.iter().copied()));
        table.row([w.to_string(), middle(&each), middle(&one), ratios.to_string()]);
        let goal = format!("cost of replay by seed beside one stream, {w}");
        targets.push(Target::at_most(goal, 1.15, 1.05, Ok(ratios.median)));
        commands.extend(["each", "one"].map(|streams| shown(&command(streams))));
    }
    Ok(format!(
        "## Replay by seed\n\nThe same number of executions of pernet-sim's engine, each with words of its own or all with words of \
         one stream, process start included; medians of {} pairs.\n\n{table}\n{}",
        options.pairs(),
        block("Each run", &commands),
    ))
}
