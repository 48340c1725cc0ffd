//! The newest registry under W's load: what does one task more cost, with and without reductions?

use anyhow::Result;

use crate::compare::{Options, block};
use crate::measure::shown;
use crate::sim::{Searched, Sim};
use crate::table::{Table, exact, mib};

/// Registrars and creators.
const SIZES: [(u64, u64); 5] = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)];

/// A search: its size, whether with reductions, and what came of it.
#[derive(Debug)]
struct Row {
    size: (u64, u64),
    reduced: bool,
    searched: Result<Searched, String>,
}

/// Searches every size; the report's section.
pub fn section(options: &Options, sim: &Sim) -> Result<String> {
    let sizes = if options.quick { &SIZES[..1] } else { &SIZES[..] };
    let (mut rows, mut commands) = (Vec::new(), Vec::new());
    for &size in sizes {
        for reduced in [false, true] {
            rows.push(Row { size, reduced, searched: sim.newest(size, reduced)? });
            commands.push(shown(&sim.newest_command(size, reduced)));
        }
    }
    Ok(format!(
        "## The newest registry, task by task\n\nW's load on `linux-7`, `scenarios/bench/linux-7.pernet`: registrars that \
         register and unregister two ops, creations in parallel, one failure, and the one cleanup behind them.  CPU time and \
         peak memory of one run each, process start included; `x` says how many times the states of the same search with one \
         registrar, or one creator, less.\n\n{}\n{}",
        table(&rows),
        block("Each run", &commands),
    ))
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "registrars, creators",
        "states",
        "transitions",
        "CPU s",
        "peak MiB",
        "a registrar more",
        "a creator more",
    ]);
    for row in rows {
        let (m, n) = row.size;
        let how = if row.reduced { "reduced" } else { "every state" };
        let name = format!("{m}, {n}, {how}");
        let Ok(searched) = &row.searched else {
            table.row([
                name,
                "limit met".to_owned(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
            continue;
        };
        table.row([
            name,
            exact(searched.states),
            exact(searched.transitions),
            format!("{:.2}", searched.usage.cpu.as_secs_f64()),
            mib(searched.usage.peak as f64),
            factor(rows, row, searched, (m - 1, n)),
            factor(rows, row, searched, (m, n - 1)),
        ]);
    }
    table
}

/// How many times the states of the same search of another size.
fn factor(rows: &[Row], row: &Row, searched: &Searched, size: (u64, u64)) -> String {
    let same = rows.iter().find(|other| other.size == size && other.reduced == row.reduced);
    let Some(Ok(other)) = same.map(|other| &other.searched) else { return String::new() };
    format!("x{:.1}", searched.states as f64 / other.states as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::Usage;

    #[test]
    fn a_task_more_is_told_where_both_are_known() {
        let usage = Usage { cpu: Duration::from_secs(1), peak: 1 << 20 };
        let row = |size, states: Option<u64>| Row {
            size,
            reduced: true,
            searched: states.map(|states| Searched { states, transitions: 1, usage }).ok_or(String::new()),
        };
        let text = table(&[row((1, 1), Some(10)), row((2, 1), Some(40)), row((1, 2), None)]).to_string();
        assert!(text.contains("| 2, 1, reduced | 40 | 1 | 1.00 | 1.0 | x4.0 |  |"), "{text}");
        assert!(text.contains("| 1, 2, reduced | limit met |"), "{text}");
    }
}
