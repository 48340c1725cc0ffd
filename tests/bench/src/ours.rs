//! pernet-sim alone: what it reaches on W, beside nobody.  The figures to look at while it is being changed.

use anyhow::Result;
use clap::Args;

use crate::measure::{Sample, calibrate};
use crate::sim::{Place, Sim};
use crate::table::{Table, median, short};
use bench::w::W;

const SIZES: [W; 3] = [W::new(1, 2, 1), W::new(2, 3, 1), W::new(2, 4, 1)];

/// How to measure.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    place: Place,
    /// How often everything runs
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// CPU seconds that one random run shall last
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0)]
    seconds: f64,
}

/// Measures and prints one table.
pub fn run(options: &Options) -> Result<()> {
    let sim = Sim::new(&options.place)?;
    let mut table =
        Table::new(&["W", "random schedules/s", "steps/s", "ns a step", "unique states", "unique states/s"]);
    for w in SIZES {
        let schedules = calibrate(|count| sim.random(w, count, 0), options.seconds)?;
        let random =
            (1..=options.runs).map(|seed| sim.random(w, schedules, seed)).collect::<Result<Vec<_>>>()?;
        let searched = (0..options.runs).map(|_| sim.search(w)).collect::<Result<Vec<_>>>()?;
        let steps = median(random.iter().map(Sample::steps_per_second));
        table.row([
            w.to_string(),
            short(median(random.iter().map(Sample::schedules_per_second))),
            short(steps),
            format!("{:.1}", 1e9 / steps),
            short(searched[0].states as f64),
            short(median(searched.iter().map(|run| run.usage.rate(run.states)))),
        ]);
    }
    println!(
        "{}, per CPU second of one core, process start included; medians of {} runs.\n",
        sim.version()?.0,
        options.runs
    );
    print!("{table}");
    Ok(())
}
