//! Planted slips: how many schedules until each side finds one?  No rate counts here, only how well schedules are chosen.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};

use crate::compare::{Options, block};
use crate::measure::{self, shown};
use crate::peers::slips::Hunted;
use crate::sim::Sim;
use crate::table::{Table, median, short};
use crate::targets::Target;

/// Schedules that one seed may take.
const MOST: u64 = 4_096;

/// An odd number, so that the median is one of them.
const SEEDS: u64 = 31;

/// So many of the slips count: those that shuttle finds last.
const HARDEST: usize = 10;

/// So many schedules shuttle must need for a slip to be called hard.
const HARD: f64 = 10.0;

/// A slip in a world of `hunt/`, where the tasks have so much business of their own first.
#[derive(Clone, Copy, Debug)]
pub struct Prey {
    /// As the protocol is called, without `rfc2007-`.
    pub slip: &'static str,
    /// `races`, `faults` or `walks`.
    pub world: &'static str,
    /// Who has business, and how many rounds of it.
    pub business: (&'static str, u64),
}

const fn prey(slip: &'static str, world: &'static str, business: (&'static str, u64)) -> Prey {
    Prey { slip, world, business }
}

/// Each needs somebody to come late to the registry, and some a failure as well.
const PREY: [Prey; 17] = [
    prey("create-without-mutex", "races", ("modprobe", 30)),
    prey("create-locks-to-publish", "races", ("modprobe", 30)),
    prey("register-drops-lock", "races", ("modprobe", 30)),
    prey("destroy-without-mutex", "races", ("modprobe", 30)),
    prey("unregister-drops-lock", "races", ("rmmod", 30)),
    prey("unregister-unlinks-last", "races", ("rmmod", 30)),
    prey("destroy-without-mutex", "walks", ("netlink", 10)),
    prey("create-undo-none", "faults", ("modprobe", 3)),
    prey("create-undo-skips-one", "faults", ("modprobe", 3)),
    prey("create-error-keeps-lock", "faults", ("modprobe", 3)),
    prey("undo-no-exit", "faults", ("unshare", 3)),
    prey("undo-no-unlink", "faults", ("unshare", 3)),
    prey("undo-stops-early", "faults", ("unshare", 3)),
    prey("undo-skips-first", "faults", ("unshare", 3)),
    prey("undo-all", "faults", ("unshare", 3)),
    prey("boundary-on-failure", "faults", ("unshare", 3)),
    prey("boundary-first", "faults", ("unshare", 3)),
];

/// The medians of a slip; no median if more than half of the seeds found nothing.
struct Row {
    prey: Prey,
    random: Option<f64>,
    pct: Option<f64>,
    ours: Option<f64>,
}

impl Row {
    /// Shuttle's better scheduler.
    fn better(&self) -> f64 {
        or_most(self.random).min(or_most(self.pct))
    }

    /// How many times fewer schedules pernet-sim needs.
    fn ratio(&self) -> f64 {
        self.better() / or_most(self.ours)
    }
}

fn or_most(median: Option<f64>) -> f64 {
    median.unwrap_or(MOST as f64)
}

/// Hunts every slip on both sides.
pub fn section(options: &Options, sim: &Sim, targets: &mut Vec<Target>) -> Result<String> {
    let goal = format!(
        "schedules to the first failure against shuttle's better scheduler, least of the {HARDEST} hardest slips"
    );
    if options.quick {
        targets.push(Target::at_least(goal, 3.0, 3.0, Err("left out by --quick".to_owned())));
        return Ok(String::new());
    }
    let mut rows = Vec::new();
    for prey in PREY {
        let shuttle = |search| medians(|seed| shuttle(prey, search, seed));
        let ours = medians(|seed| sim.first_failure(prey, seed, MOST))?;
        rows.push(Row { prey, random: shuttle("random")?, pct: shuttle("pct")?, ours });
    }
    rows.sort_by(|a, b| b.better().total_cmp(&a.better()));
    let hard = rows.iter().take(HARDEST).filter(|row| row.better() >= HARD).count();
    let measured = if hard == HARDEST {
        Ok(rows[..HARDEST].iter().map(Row::ratio).fold(f64::INFINITY, f64::min))
    } else {
        Err(format!("only {hard} slips take shuttle {HARD} schedules"))
    };
    targets.push(Target::at_least(goal, 3.0, 3.0, measured));
    let mut table = Table::new(&[
        "slip",
        "world",
        "shuttle, random",
        "shuttle, PCT(3)",
        "pernet-sim",
        "the better to pernet-sim",
    ]);
    for row in &rows {
        let Prey { slip, world, business: (who, rounds) } = row.prey;
        let world = format!("{world}, {who} has {rounds} rounds of business");
        let middle = |median: Option<f64>| median.map_or(format!("more than {}", short(MOST as f64)), short);
        let ratio = format!("{:.2}", row.ratio());
        table.row([slip.to_owned(), world, middle(row.random), middle(row.pct), middle(row.ours), ratio]);
    }
    let commands = [shown(&sim.hunt_command(PREY[0], 1, MOST)), shown(&shuttle_command(PREY[0], "pct", 1)?)];
    Ok(format!(
        "## Schedules to the first failure\n\nEach slip is a protocol under `model/protocols/mutants/`, and hunted in a world of \
         `tests/bench/hunt/`; shuttle has the same registry, slip and world as threaded code.  How many schedules until \
         something is found, each side with what it has by default: medians of the seeds 1 to {SEEDS}; a seed that finds \
         nothing in {MOST} counts as more than all others.  The {HARDEST} that shuttle's better scheduler finds last stand \
         first.\n\n{table}\n{}",
        block("The first seed of one", &commands),
    ))
}

/// The median of all seeds.
fn medians(first: impl Fn(u64) -> Result<Option<u64>>) -> Result<Option<f64>> {
    let firsts = (1..=SEEDS).map(first).collect::<Result<Vec<_>>>()?;
    let middle = median(firsts.iter().map(|first| first.map_or(f64::INFINITY, |first| first as f64)));
    Ok(middle.is_finite().then_some(middle))
}

fn shuttle_command(prey: Prey, search: &str, seed: u64) -> Result<Command> {
    let (who, rounds) = prey.business;
    let mut command = Command::new(env::current_exe()?);
    command.args(["hunt", prey.slip, "--search", search, "--seed", &seed.to_string()]);
    command.args(["--most", &MOST.to_string(), &format!("--{who}"), &rounds.to_string()]);
    command.args(["--world", prey.world]);
    // The variable would take the place of the seed.
    command.env_remove("SHUTTLE_RANDOM_SEED");
    Ok(command)
}

fn shuttle(prey: Prey, search: &str, seed: u64) -> Result<Option<u64>> {
    let (output, _) = measure::run(&mut shuttle_command(prey, search, seed)?)?;
    let hunted: Hunted =
        serde_json::from_str(&output).with_context(|| format!("not a hunt's end: {output}"))?;
    Ok(hunted.first)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::peers::slips::Slip;

    #[test]
    fn shuttle_knows_every_slip_that_is_hunted() {
        for prey in PREY {
            assert!(Slip::from_str(prey.slip, false).is_ok(), "{}", prey.slip);
        }
        let hunted = |slip: &&Slip| {
            let name = slip.to_possible_value().map(|value| value.get_name().to_owned());
            PREY.iter().any(|prey| Some(prey.slip) == name.as_deref())
        };
        let not_hunted: Vec<_> = Slip::value_variants().iter().filter(|slip| !hunted(slip)).collect();
        assert_eq!(not_hunted, [&Slip::None]);
    }

    #[test]
    fn a_seed_that_finds_nothing_counts_as_more_than_all_others() {
        let found = |most| medians(move |seed| Ok((seed <= most).then_some(seed))).unwrap();
        assert_eq!((found(SEEDS), found(16), found(15)), (Some(16.0), Some(16.0), None));
    }
}
