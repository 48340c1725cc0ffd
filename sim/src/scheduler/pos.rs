//! Partial-order sampling (Yuan, Yang, Gu: CAV 2018).
//!
//! Every pending step has a random priority, and the highest that can run does. Steps that race with the one that ran
//! get new priorities. So each order of racing steps has a good chance, however many steps there are that race with
//! nothing.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::machine::TaskId;

/// Priorities of pending steps.
#[derive(Clone, Debug)]
pub struct Pos {
    words: Words,
    /// By task; 0: not drawn yet.
    priorities: Vec<u64>,
    execution: u64,
}

impl Pos {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { words: Words::new(seed), priorities: Vec::new(), execution: 0 }
    }

    fn priority(&mut self, task: TaskId) -> u64 {
        let at = task as usize;
        if self.priorities.len() <= at {
            self.priorities.resize(at + 1, 0);
        }
        if self.priorities[at] == 0 {
            self.priorities[at] = self.words.word() | 1;
        }
        self.priorities[at]
    }
}

impl Scheduler for Pos {
    fn begin(&mut self, execution: u64) -> bool {
        self.words.stream(execution);
        self.priorities.clear();
        self.execution = execution;
        true
    }

    fn wants(&self) -> Wants {
        Wants { touches: true, movers: Wants::movers_in(self.execution), ..Wants::SCENES }
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        for other in scene.tasks.iter() {
            if let Some(priority) = self.priorities.get_mut(other as usize)
                && (other == task || scene.race(other, task))
            {
                *priority = 0;
            }
        }
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match point {
            Point::Who(tasks) => {
                tasks.iter().max_by_key(|&task| self.priority(task)).map_or(Pick::Stop, Pick::Task)
            }
            _ => settle(self.words.word(), point),
        }
    }
}
