//! Ways to settle choice points, one file each. None of them can see the world.

mod first;
mod random;
mod replay;

pub use first::First;
pub use random::Random;
pub use replay::{Divergence, Replay};

use crate::pick::Scheduler;

/// A scheduler as `list schedulers` shows it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Builds it from a seed, if it can be asked for by name.
    build: Option<fn(u64) -> Box<dyn Scheduler>>,
}

impl Row {
    /// Builds it; `None` if it needs more than a seed.
    #[must_use]
    pub fn build(&self, seed: u64) -> Option<Box<dyn Scheduler>> {
        self.build.map(|build| build(seed))
    }
}

/// All of them.
pub const SCHEDULERS: &[Row] = &[
    Row {
        name: "random",
        what: "each enabled task is equally likely, a fault happens one time in eight; one stream of ChaCha8 per execution",
        build: Some(|seed| Box::new(Random::new(seed))),
    },
    Row {
        name: "first",
        what: "always the first option: the task declared first, nothing fails, everything is as short as it can be",
        build: Some(|_| Box::new(First::new())),
    },
    Row {
        name: "replay",
        what: "the picks of a recorded schedule; used by `pernet-sim replay`",
        build: None,
    },
];

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
        assert!(find("replay").unwrap().build(0).is_none());
    }
}
