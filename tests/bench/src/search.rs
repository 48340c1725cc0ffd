//! Every state, without reduction: how many does a CPU second visit, and what does one cost in memory?

use std::env;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench::counts::Explored;
use bench::w::W;

use crate::compare::{Options, block};
use crate::measure::{self, Usage, shown};
use crate::pairs::{Ratios, in_turn};
use crate::peers::spin::{self, Reduction, Verifier};
use crate::peers::stateright::Order;
use crate::sim::{Searched, Sim};
use crate::table::{Table, exact, median, mib, short};
use crate::targets::Target;

/// Where the rates are taken.
const RATE: W = W::new(2, 4, 1);

/// Where memory is: some ten million states.
const MEMORY: W = W::new(3, 3, 1);

/// A search of one tool.
#[derive(Clone, Copy, Debug)]
struct Run {
    explored: Explored,
    usage: Usage,
}

impl From<Searched> for Run {
    fn from(searched: Searched) -> Self {
        let Searched { states, transitions, usage } = searched;
        Self { explored: Explored { states, transitions }, usage }
    }
}

impl Run {
    fn rate(&self) -> f64 {
        self.usage.rate(self.explored.states)
    }

    fn bytes(&self) -> f64 {
        self.usage.peak as f64 / self.explored.states as f64
    }
}

/// Measures against stateright and SPIN.
pub fn section(options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
    let mut table = Table::new(&[
        "W, tool",
        "unique states",
        "transitions",
        "unique states/s",
        "peak MiB",
        "bytes a state",
        "pernet-sim's to the peer's",
    ]);
    let small = W::new(2, 3, 1);
    let runs = (0..options.pairs()).map(|_| Ok(sim.search(small)?.into())).collect::<Result<Vec<Run>>>()?;
    table.row(cells(format!("{small}, pernet-sim"), &runs, String::new()));
    let mut commands = vec![shown(&sim.search_command(small))];

    let mut rates = |name: &str, floor, aim, theirs: &mut dyn FnMut() -> Result<Run>| -> Result<()> {
        let (a, b) = in_turn(options.pairs(), |_| Ok(Run::from(sim.search(RATE)?)), |_| theirs())?;
        agree(&a[0], &b[0], name)?;
        let ratios = Ratios::between(&a, Run::rate, &b, Run::rate);
        table.row(cells(format!("{RATE}, pernet-sim"), &a, String::new()));
        table.row(cells(format!("{RATE}, {name}"), &b, format!("{ratios} of the rate")));
        let goal = format!("unreduced unique states/s against {name}, {RATE}");
        targets.push(Target::at_least(goal, floor, aim, Ok(ratios.median)));
        Ok(())
    };
    commands.push(shown(&sim.search_command(RATE)));
    rates("stateright DFS", 1.5, 4.0, &mut || stateright(RATE, Order::Dfs))?;
    commands.push(shown(&stateright_command(RATE, Order::Dfs)?));
    let missing = match spin::version() {
        None => Some("SPIN or gcc is not installed".to_owned()),
        Some(_) => {
            let verifier = Verifier::new(RATE, Reduction::None)?;
            rates("SPIN without reduction", 2.0, 5.0, &mut || spin_run(&verifier))?;
            commands.push(verifier.shown());
            None
        }
    };
    if let Some(missing) = &missing {
        let goal = format!("unreduced unique states/s against SPIN without reduction, {RATE}");
        targets.push(Target::at_least(goal, 2.0, 5.0, Err(missing.clone())));
    }

    let against = ["SPIN without reduction", "stateright BFS"];
    let bounds = [(2.0, 8.0), (1.0, 4.0)];
    let goal = |name: &str| format!("resident bytes per stored state against {name}, {MEMORY}");
    if options.quick {
        for (name, (floor, aim)) in against.into_iter().zip(bounds) {
            targets.push(Target::at_least(goal(name), floor, aim, Err("left out by --quick".to_owned())));
        }
    } else {
        let ours = Run::from(sim.search(MEMORY)?);
        table.row(cells(format!("{MEMORY}, pernet-sim"), &[ours], String::new()));
        commands.push(shown(&sim.search_command(MEMORY)));
        for (name, (floor, aim)) in against.into_iter().zip(bounds) {
            let theirs = match (name, &missing) {
                ("stateright BFS", _) => {
                    commands.push(shown(&stateright_command(MEMORY, Order::Bfs)?));
                    Ok(stateright(MEMORY, Order::Bfs)?)
                }
                (_, None) => {
                    let verifier = Verifier::new(MEMORY, Reduction::None)?;
                    commands.push(verifier.shown());
                    Ok(spin_run(&verifier)?)
                }
                (_, Some(missing)) => Err(missing.clone()),
            };
            let mut measured = Err(String::new());
            match theirs {
                Err(missing) => measured = measured.map_err(|_: String| missing),
                Ok(theirs) => {
                    agree(&ours, &theirs, name)?;
                    let ratio = theirs.bytes() / ours.bytes();
                    measured = Ok(ratio);
                    let compared = format!("{:.2} of the bytes", 1.0 / ratio);
                    table.row(cells(format!("{MEMORY}, {name}"), &[theirs], compared));
                }
            }
            targets.push(Target::at_least(goal(name), floor, aim, measured));
        }
    }
    Ok(format!(
        "## Every state, without reduction\n\nPer CPU second of one core, process start included, all invariants on; \
         medians of {} pairs, {MEMORY} once each.  All sides must agree on the number of states, and where two independent \
         models agree on it, with them.  Bytes of a state are the peak memory of the whole process, divided.\n\n{table}\n{}",
        options.pairs(),
        block("Each run", &commands),
    ))
}

/// Two tools that count other states explore other machines, and their speeds say nothing.
fn agree(ours: &Run, theirs: &Run, name: &str) -> Result<()> {
    ensure!(
        ours.explored.states == theirs.explored.states,
        "pernet-sim counts {:?}, {name} {:?}",
        ours.explored,
        theirs.explored
    );
    Ok(())
}

fn stateright_command(w: W, order: Order) -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    let order = if order == Order::Dfs { "dfs" } else { "bfs" };
    command.arg("stateright").args(w.arguments()).args(["--order", order]);
    Ok(command)
}

fn stateright(w: W, order: Order) -> Result<Run> {
    let (output, usage) = measure::run(&mut stateright_command(w, order)?)?;
    let explored =
        serde_json::from_str(&output).with_context(|| format!("not stateright's counts: {output}"))?;
    Ok(Run { explored, usage })
}

fn spin_run(verifier: &Verifier) -> Result<Run> {
    let (explored, usage) = verifier.run()?;
    Ok(Run { explored, usage })
}

fn cells(name: String, runs: &[Run], compared: String) -> [String; 7] {
    [
        name,
        exact(runs[0].explored.states),
        exact(runs[0].explored.transitions),
        short(median(runs.iter().map(Run::rate))),
        mib(median(runs.iter().map(|run| run.usage.peak as f64))),
        short(median(runs.iter().map(Run::bytes))),
        compared,
    ]
}
