//! Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte: ASPLOS 2010).
//!
//! Each task has a random priority, and the highest that can run does. At `depth - 1` random points the one that is
//! about to run falls below all others. A bug that needs `depth` steps in one order, whatever the rest does, is met by
//! one execution with a probability of at least 1 / (n k^(depth - 1)), for n tasks and at most k points where somebody
//! had to be chosen. Points with one option do not count: to delay a task that is alone changes nothing.
//!
//! k is learned: the most points of an execution so far.

use crate::enabled::Tasks;
use crate::pick::{Pick, Point, Scheduler};
use crate::rng::{Words, settle};
use model::machine::TaskId;

/// The priorities of one execution, and the few points where they change.
#[derive(Clone, Debug, Default)]
pub(super) struct Priorities {
    /// By task; 0: not drawn yet.
    of: Vec<u64>,
    /// Where the highest task falls: to the priority that is the change's place in this list, plus 1.
    changes: Vec<u64>,
    /// Points of this execution so far.
    points: u64,
    /// Points of the longest execution so far.
    most: u64,
}

impl Priorities {
    /// Begins an execution in which so many times a task falls.
    pub(super) fn begin(&mut self, changes: u32, words: &mut Words) {
        self.most = self.most.max(self.points);
        self.points = 0;
        self.of.clear();
        self.changes.clear();
        for _ in 0..changes {
            self.changes.push(words.below(self.most));
        }
    }

    /// The execution is begun again: its points so far are not learned from.
    pub(super) fn forget(&mut self) {
        self.points = 0;
    }

    /// The highest of these tasks. It is a point only if the highest so far `counts`.
    pub(super) fn next(
        &mut self,
        tasks: Tasks<'_>,
        words: &mut Words,
        counts: impl Fn(TaskId) -> bool,
    ) -> Pick {
        let mut top = self.highest(tasks, words);
        if !top.is_some_and(counts) {
            return top.map_or(Pick::Stop, Pick::Task);
        }
        for change in 0..self.changes.len() {
            if self.changes[change] == self.points
                && let Some(task) = top
            {
                self.of[task as usize] = change as u64 + 1;
                top = self.highest(tasks, words);
            }
        }
        self.points += 1;
        top.map_or(Pick::Stop, Pick::Task)
    }

    fn highest(&mut self, tasks: Tasks<'_>, words: &mut Words) -> Option<TaskId> {
        tasks.iter().max_by_key(|&task| self.priority(task, words))
    }

    /// The priority of a task, above all that it can fall to.
    fn priority(&mut self, task: TaskId, words: &mut Words) -> u64 {
        let at = task as usize;
        if self.of.len() <= at {
            self.of.resize(at + 1, 0);
        }
        if self.of[at] == 0 {
            self.of[at] = words.word() | 1 << 63;
        }
        self.of[at]
    }

    fn drawn(&self) -> u64 {
        self.of.iter().filter(|&&priority| priority != 0).count() as u64
    }
}

/// Probabilistic concurrency testing.
#[derive(Clone, Debug)]
pub struct Pct {
    words: Words,
    depth: u32,
    priorities: Priorities,
    /// The most tasks that were seen in one execution.
    tasks: u64,
}

impl Pct {
    /// Bugs of this depth are promised.
    pub const DEPTH: u32 = 3;

    /// The scheduler of a seed. `depth` is at least 1.
    #[must_use]
    pub fn new(seed: u64, depth: u32) -> Self {
        Self { words: Words::new(seed), depth, priorities: Priorities::default(), tasks: 0 }
    }

    /// One execution in so many, at least, meets a bug of this depth.
    #[must_use]
    pub fn bound(&self) -> u128 {
        let points = u128::from(self.priorities.most.max(self.priorities.points).max(1));
        let tasks = u128::from(self.tasks.max(self.priorities.drawn()).max(1));
        points.saturating_pow(self.depth - 1).saturating_mul(tasks)
    }
}

impl Scheduler for Pct {
    fn begin(&mut self, execution: u64) -> bool {
        self.tasks = self.tasks.max(self.priorities.drawn());
        self.words.stream(execution);
        self.priorities.begin(self.depth - 1, &mut self.words);
        true
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match *point {
            Point::Who(tasks) => self.priorities.next(tasks, &mut self.words, |_| true),
            _ => settle(self.words.word(), point),
        }
    }

    fn promise(&self) -> Option<String> {
        let (depth, one_in) = (self.depth, self.bound());
        Some(format!(
            "a bug of depth {depth} is met by at least one execution in {one_in}, but for its faults"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(pct: &mut Pct, count: u64) -> Vec<Pick> {
        (0..count).map(|_| pct.pick(&Point::Who(Tasks::from_bits(0b111)))).collect()
    }

    #[test]
    fn changes_are_as_many_as_the_depth_allows() {
        for depth in 1..5 {
            let mut pct = Pct::new(0, depth);
            let mut most = 0;
            for execution in 0..200 {
                assert!(pct.begin(execution));
                let picks = points(&mut pct, 20);
                most = most.max(picks.windows(2).filter(|pair| pair[0] != pair[1]).count());
            }
            assert_eq!(most, depth as usize - 1);
            assert_eq!(pct.bound(), 3 * 20_u128.pow(depth - 1));
        }
    }

    #[test]
    fn every_order_of_tasks_is_as_likely() {
        let mut first = [0; 3];
        let mut pct = Pct::new(0, 1);
        for execution in 0..3_000 {
            pct.begin(execution);
            let Pick::Task(task) = points(&mut pct, 1)[0] else { unreachable!("a task is asked for") };
            first[task as usize] += 1;
        }
        assert!(first.iter().all(|count| (900..1_100).contains(count)), "{first:?}");
    }
}
