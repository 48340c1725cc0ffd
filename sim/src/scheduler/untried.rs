//! What was not tried yet: in a state that it knows, it goes where it has not been, or else where something is left.
//! Where nothing is left, any option is as good as another.

use super::tried::Tried;
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::machine::TaskId;

/// Goes where it has not been.
#[derive(Clone, Debug)]
pub struct Untried {
    words: Words,
    tried: Tried,
    execution: u64,
}

impl Untried {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { words: Words::new(seed), tried: Tried::default(), execution: 0 }
    }
}

impl Scheduler for Untried {
    fn begin(&mut self, execution: u64) -> bool {
        self.execution = execution;
        self.tried.begin(execution);
        self.words.stream(execution);
        true
    }

    fn wants(&self) -> Wants {
        Wants { movers: Wants::movers_in(self.execution), ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.tried.look(scene);
    }

    fn step(&mut self, _: &Scene<'_>, task: TaskId) {
        self.tried.step(task);
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let drawn = settle(self.words.word(), point);
        let pick = self.tried.untried(point, &mut self.words).unwrap_or(drawn);
        self.tried.took(point, pick);
        pick
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;
    use std::collections::BTreeSet;

    /// Three choices among four tasks, each leading to a state of its own: none of the 64 ways comes twice.
    #[test]
    fn no_way_comes_twice_before_all_came() {
        let mut untried = Untried::new(3);
        let tasks = Tasks::from_bits(0b1111);
        let mut ways = BTreeSet::new();
        for execution in 0..64 {
            untried.begin(execution);
            let mut way = 1;
            for _ in 0..3 {
                untried.look(&Scene::of(tasks, way));
                let Pick::Task(task) = untried.pick(&Point::Who(tasks)) else { unreachable!("it is asked") };
                way = way * 4 + u64::from(task);
            }
            ways.insert(way);
        }
        assert_eq!(ways.len(), 64);
    }

    /// A loop that any option but one stays in: it is left.
    #[test]
    fn it_does_not_go_round_for_ever() {
        let mut untried = Untried::new(3);
        let tasks = Tasks::from_bits(0b11);
        for execution in 0..20 {
            untried.begin(execution);
            let left = (0..200).any(|_| {
                untried.look(&Scene::of(tasks, 7));
                untried.pick(&Point::Who(tasks)) == Pick::Task(1)
            });
            assert!(left);
        }
    }
}
