//! Few preemptions: a task runs until it cannot or has ended, but for a few random points where it is interrupted.
//!
//! Most bugs need few preemptions (Musuvathi, Qadeer: PLDI 2007). Without a number the bound rises, from none in the
//! first execution, by one whenever the number of executions has doubled.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::machine::TaskId;

/// Runs tasks on, and interrupts them at most so often.
#[derive(Clone, Debug)]
pub struct Preemption {
    words: Words,
    /// Of every execution; `None`: it rises.
    bound: Option<u32>,
    /// Which chances of this execution are taken.
    taken: Vec<u64>,
    /// Chances to preempt so far.
    chances: u64,
    /// Of the execution with the most.
    most: u64,
    last: Option<TaskId>,
}

impl Preemption {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64, bound: Option<u32>) -> Self {
        Self { words: Words::new(seed), bound, taken: Vec::new(), chances: 0, most: 0, last: None }
    }
}

impl Scheduler for Preemption {
    fn begin(&mut self, execution: u64) -> bool {
        self.words.stream(execution);
        self.most = self.most.max(self.chances);
        self.chances = 0;
        self.last = None;
        self.taken.clear();
        let bound = self.bound.unwrap_or_else(|| execution.saturating_add(1).ilog2());
        for _ in 0..bound {
            self.taken.push(self.words.below(self.most));
        }
        true
    }

    fn wants(&self) -> Wants {
        Wants::SCENES
    }

    fn step(&mut self, _: &Scene<'_>, task: TaskId) {
        self.last = Some(task);
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let Point::Who(tasks) = point else { return settle(self.words.word(), point) };
        let Some(last) = self.last.filter(|&last| tasks.contains(last)) else {
            return settle(self.words.word(), point);
        };
        let chance = self.chances;
        self.chances += 1;
        if !self.taken.contains(&chance) {
            return Pick::Task(last);
        }
        let others = u64::from(tasks.len()) - 1;
        let other = usize::try_from(self.words.below(others)).unwrap_or(0);
        tasks.iter().filter(|&task| task != last).nth(other).map_or(Pick::Stop, Pick::Task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;

    /// Preemptions of an execution of 30 steps in which all tasks can always go on.
    fn preemptions(preemption: &mut Preemption, execution: u64) -> usize {
        preemption.begin(execution);
        let scene = Scene::of(Tasks::from_bits(0b111), 0);
        let mut picks = Vec::new();
        for _ in 0..30 {
            let pick = preemption.pick(&Point::Who(scene.tasks));
            let Pick::Task(task) = pick else { unreachable!("a task is asked for") };
            preemption.step(&scene, task);
            picks.push(task);
        }
        picks.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    #[test]
    fn at_most_so_many() {
        for bound in [0, 1, 4] {
            let mut preemption = Preemption::new(1, Some(bound));
            let most = (0..100).map(|execution| preemptions(&mut preemption, execution)).max();
            assert_eq!(most, Some(bound as usize));
        }
    }

    #[test]
    fn the_bound_rises() {
        let mut preemption = Preemption::new(1, None);
        let counts: Vec<_> = (0..63).map(|execution| preemptions(&mut preemption, execution)).collect();
        for (execution, &count) in (1_usize..).zip(&counts) {
            assert!(count <= execution.ilog2() as usize, "{counts:?}");
        }
        assert!(counts[31..].iter().any(|&count| count >= 4), "{counts:?}");
    }
}
