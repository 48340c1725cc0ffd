//! Ways to settle choice points, one file each. None of them can see the world.

mod coverage;
mod faults;
mod first;
mod lenient;
mod pct;
mod portfolio;
mod pos;
mod preemption;
mod races;
mod random;
mod replay;
mod surw;
mod tried;
mod turns;
mod untried;

pub use coverage::Coverage;
pub use first::First;
pub use lenient::{Fit, Lenient};
pub use pct::Pct;
pub use portfolio::Portfolio;
pub use pos::Pos;
pub use preemption::Preemption;
pub use random::Random;
pub use replay::{Divergence, Open, Replay};
pub use surw::Surw;
pub use turns::Turns;
pub use untried::Untried;

use crate::pick::Scheduler;
use crate::rng::mix;
use std::fmt;

/// A scheduler as `list schedulers` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// How it is built, if it can be asked for by name.
    build: Option<Build>,
    /// Has it something to say by the agenda, where nobody asks who is next?
    pub timed: bool,
}

/// How a scheduler is built from a seed.
#[derive(Clone, Copy, Debug)]
enum Build {
    /// From nothing else.
    Seed(fn(u64) -> Box<dyn Scheduler>),
    /// A number at least this large may follow its name: `pct:3`.
    Number(u32, fn(u64, Option<u32>) -> Box<dyn Scheduler>),
}

/// A scheduler that was asked for, perhaps with a number behind its name.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Which.
    pub row: &'static Row,
    /// The number.
    pub number: Option<u32>,
}

impl Choice {
    /// Builds it; `None` if it needs more than a seed.
    #[must_use]
    pub fn build(&self, seed: u64) -> Option<Box<dyn Scheduler>> {
        match self.row.build? {
            Build::Seed(build) => Some(build(seed)),
            Build::Number(least, build) => Some(build(seed, self.number.map(|number| number.max(least)))),
        }
    }
}

impl fmt::Display for Choice {
    /// As it is asked for: `turns`, `pct:4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row.name)?;
        match self.number {
            Some(number) => write!(f, ":{number}"),
            None => Ok(()),
        }
    }
}

impl Row {
    /// It, without a number.
    #[must_use]
    pub const fn plain(&'static self) -> Choice {
        Choice { row: self, number: None }
    }

    /// Can it be asked for by name?
    #[must_use]
    pub const fn has_name(&self) -> bool {
        self.build.is_some()
    }

    /// The least number that may stand behind its name, if one may.
    #[must_use]
    pub const fn least(&self) -> Option<u32> {
        match self.build {
            Some(Build::Number(least, _)) => Some(least),
            _ => None,
        }
    }
}

/// All of them.
pub const SCHEDULERS: &[Row] = &[
    Row {
        name: "turns",
        what: "in turn priorities that change before steps that race, and a walk that is uniform over such steps; neither goes again where nothing is left; the default",
        build: Some(Build::Seed(|seed| Box::new(Turns::new(seed)))),
        timed: false,
    },
    Row {
        name: "random",
        what: "each enabled task is equally likely, a fault happens one time in eight; one stream of ChaCha8 per execution",
        build: Some(Build::Seed(|seed| Box::new(Random::new(seed)))),
        timed: true,
    },
    Row {
        name: "untried",
        what: "goes where it has not been: from a state that it knows an option not taken yet, or one with some left behind it",
        build: Some(Build::Seed(|seed| Box::new(Untried::new(seed)))),
        timed: false,
    },
    Row {
        name: "pct",
        what: "tasks have priorities, which change at few points; `pct:4`: bugs of depth 4 are promised, without a number of depth 3",
        build: Some(Build::Number(1, |seed, depth| Box::new(Pct::new(seed, depth.unwrap_or(Pct::DEPTH))))),
        timed: false,
    },
    Row {
        name: "pos",
        what: "partial-order sampling: each pending step has a priority, drawn anew when a step that races with it was taken",
        build: Some(Build::Seed(|seed| Box::new(Pos::new(seed)))),
        timed: false,
    },
    Row {
        name: "surw",
        what: "selectively uniform random walk: the order of steps that race with a drawn one is uniform, as far as can be told",
        build: Some(Build::Seed(|seed| Box::new(Surw::new(seed)))),
        timed: false,
    },
    Row {
        name: "preemption",
        what: "a task runs until it has to wait, but for a few interruptions; `preemption:2`: at most 2, without a number ever more",
        build: Some(Build::Number(0, |seed, bound| Box::new(Preemption::new(seed, bound)))),
        timed: false,
    },
    Row {
        name: "coverage",
        what: "keeps schedules that led tasks to where they had not stood together, and goes on from parts of them",
        build: Some(Build::Seed(|seed| Box::new(Coverage::new(seed)))),
        timed: false,
    },
    Row {
        name: "portfolio",
        what: "the others side by side, execution by execution; the answer says which one found it",
        build: Some(Build::Seed(|seed| Box::new(Portfolio::new(members(seed))))),
        timed: false,
    },
    Row {
        name: "first",
        what: "always the first option: the task declared first, nothing fails, everything is as short as it can be",
        build: Some(Build::Seed(|_| Box::new(First::new()))),
        timed: true,
    },
    Row {
        name: "replay",
        what: "the picks of a recorded schedule; used by `pernet-sim replay`",
        build: None,
        timed: true,
    },
];

/// The default: of all, it needs the fewest schedules to find the planted slips (`reports/schedulers.md`).
pub const DEFAULT: Choice = SCHEDULERS[0].plain();
/// The default by the agenda.
pub const UNIFORM: Choice = SCHEDULERS[1].plain();

/// Who is in the portfolio.
const MEMBERS: [&str; 8] = ["turns", "untried", "pct", "pos", "surw", "preemption", "coverage", "random"];

/// Each has words of its own: with the same ones, their executions would be much alike.
fn members(seed: u64) -> Vec<(&'static str, Box<dyn Scheduler>)> {
    let member = |(at, name)| find(name).and_then(|row| Some((name, row.plain().build(mix(seed, at))?)));
    (1..).zip(MEMBERS).filter_map(member).collect()
}

/// The one with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Row> {
    SCHEDULERS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (at, row) in SCHEDULERS.iter().enumerate() {
            assert!(SCHEDULERS[at + 1..].iter().all(|other| other.name != row.name));
            assert_eq!(find(row.name).map(|found| found.what), Some(row.what));
        }
        assert!(find("dfs").is_none());
        assert!(find("replay").unwrap().plain().build(0).is_none());
        assert_eq!(members(0).len(), MEMBERS.len());
        assert_eq!((DEFAULT.row.name, UNIFORM.row.name), ("turns", "random"));
    }
}
