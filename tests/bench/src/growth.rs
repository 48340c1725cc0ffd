//! The large world: do time and memory of one execution grow with the number of namespaces, and no faster?

use anyhow::Result;

use crate::compare::{Options, block};
use crate::measure::{Sample, Usage, shown};
use crate::sim::Sim;
use crate::table::{Table, exact, median, mib};
use crate::targets::Target;

/// How many namespaces come and go.
const NETS: [u64; 3] = [1_000, 3_000, 10_000];

/// Growth is linear if a namespace of the last row costs no more than so many of the first.
const TOLERANCE: f64 = 1.25;

/// The medians of one size.
#[derive(Clone, Copy, Debug)]
struct Row {
    nets: u64,
    steps: u64,
    /// CPU seconds.
    seconds: f64,
    /// Bytes.
    peak: f64,
    /// Bytes that starting and stopping do not need.
    above_start: f64,
}

impl Row {
    fn seconds_per_net(&self) -> f64 {
        self.seconds / self.nets as f64
    }

    fn bytes_per_net(&self) -> f64 {
        self.above_start / self.nets as f64
    }

    /// Time and memory of one namespace, to those of one in `first`.
    fn to(&self, first: &Self) -> [f64; 2] {
        [self.seconds_per_net() / first.seconds_per_net(), self.bytes_per_net() / first.bytes_per_net()]
    }
}

/// Runs every size `runs` times, one size after the other and then all of them again; the report's section.
pub fn section(options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
    let (runs, (_, start)) = (options.pairs(), sim.version()?);
    let mut samples = NETS.map(|_| Vec::new());
    for _ in 0..runs {
        for (samples, nets) in samples.iter_mut().zip(NETS) {
            samples.push(sim.many(nets)?);
        }
    }
    let row = |(nets, samples): (u64, &Vec<_>)| {
        let middle =
            |value: fn(&Usage) -> f64| median(samples.iter().map(|sample: &Sample| value(&sample.usage)));
        let peak = middle(|usage| usage.peak as f64);
        Row {
            nets,
            steps: samples[0].steps,
            seconds: middle(|usage| usage.cpu.as_secs_f64()),
            peak,
            // A page at least: nothing is measured finer.
            above_start: (peak - start.peak as f64).max(4096.0),
        }
    };
    let rows: Vec<Row> = NETS.into_iter().zip(&samples).map(row).collect();
    for (what, ratio) in ["time", "memory"].into_iter().zip(rows[rows.len() - 1].to(&rows[0])) {
        let goal =
            format!("{what} of a namespace among {} beside one among {}", NETS[NETS.len() - 1], NETS[0]);
        targets.push(Target::at_most(goal, TOLERANCE, TOLERANCE, Ok(ratio)));
    }
    let commands = NETS.map(|nets| shown(&sim.many_command(nets)));
    Ok(format!(
        "## 100 ops, many namespaces, one execution\n\nEvery namespace is created and destroyed while a registrar takes \
         ops away and brings them back; CPU time, process start included; medians of {runs} runs.  Starting pernet-sim \
         alone takes {:.1} ms and {} MiB; memory of a namespace is what lies above that.\n\n{}\n{}\n\n{}",
        start.cpu.as_secs_f64() * 1e3,
        mib(start.peak as f64),
        table(&rows),
        verdict(&rows),
        block("Each run", &commands),
    ))
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "namespaces",
        "steps",
        "CPU ms",
        "ns a step",
        "us a namespace",
        "to the first row's",
        "peak MiB",
        "KiB a namespace",
        "to the first row's",
    ]);
    for row in rows {
        let [time, memory] = row.to(&rows[0]);
        table.row([
            exact(row.nets),
            exact(row.steps),
            format!("{:.1}", row.seconds * 1e3),
            format!("{:.1}", row.seconds * 1e9 / row.steps as f64),
            format!("{:.2}", row.seconds_per_net() * 1e6),
            format!("{time:.2}"),
            mib(row.peak),
            format!("{:.2}", row.bytes_per_net() / 1024.0),
            format!("{memory:.2}"),
        ]);
    }
    table
}

/// What the series says, in words.
fn verdict(rows: &[Row]) -> String {
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    let word = |ratio: f64| if ratio <= TOLERANCE { "linear" } else { "MORE THAN LINEAR" };
    let [time, memory] = last.to(first).map(word);
    format!(
        "From the first row to the last: namespaces x{:.1}, steps x{:.1}, time x{:.1} ({time}), memory above start \
         x{:.1} ({memory}).",
        last.nets as f64 / first.nets as f64,
        last.steps as f64 / first.steps as f64,
        last.seconds / first.seconds,
        last.above_start / first.above_start,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(seconds: [f64; 2]) -> [Row; 2] {
        let row =
            |nets, seconds, above_start| Row { nets, steps: nets * 400, seconds, peak: 0.0, above_start };
        [row(1_000, seconds[0], 1e6), row(10_000, seconds[1], 5e6)]
    }

    #[test]
    fn linear_growth_is_told_from_more() {
        let wanted = "From the first row to the last: namespaces x10.0, steps x10.0, time x11.0 (linear), memory above \
                      start x5.0 (linear).";
        assert_eq!(verdict(&rows([1.0, 11.0])), wanted);
        assert!(verdict(&rows([1.0, 20.0])).contains("time x20.0 (MORE THAN LINEAR)"));
    }
}
