//! Selectively uniform random walk (Zhao, Wolff, Mathur, Roychoudhury: ASPLOS 2025).
//!
//! For each execution some steps are interesting: those that race with a step drawn from all that were seen. The order of
//! the interesting steps is to be uniform over all their orders, so who takes the next one is drawn in proportion to how
//! many each task has left; the others run up to theirs and wait. How many a task has is what it had on the average so
//! far. In the first execution, when nothing was seen, nothing is interesting.

use super::races::Races;
use crate::enabled::Tasks;
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::footprint::Footprint;
use model::machine::TaskId;

/// The walk of one execution.
#[derive(Clone, Debug, Default)]
pub(super) struct Walk {
    /// Steps that race with it are interesting.
    interest: Option<Footprint>,
    /// By task: interesting steps that it has left, as far as can be told.
    left: Vec<u64>,
    /// Who takes the next interesting step.
    intended: Option<TaskId>,
    /// The enabled tasks before whose next step nobody has to wait.
    free: Vec<TaskId>,
}

impl Walk {
    /// Begins. Without interest, it is the uniform walk.
    pub(super) fn begin(&mut self, interest: Option<Footprint>, races: &Races) {
        self.interest = interest;
        self.intended = None;
        self.left.clear();
        if let Some(interest) = interest {
            self.left.extend(races.expected(&interest));
        }
    }

    fn is_interesting(&self, touches: &Footprint) -> bool {
        self.interest.is_some_and(|interest| interest.conflicts(touches))
    }

    fn left(&self, task: TaskId) -> u64 {
        self.left.get(task as usize).copied().unwrap_or(0)
    }

    /// Before a step.
    pub(super) fn look(&mut self, scene: &Scene<'_>) {
        let mut free = std::mem::take(&mut self.free);
        free.clear();
        free.extend(scene.tasks.iter().filter(|&task| !self.is_interesting(&scene.touches(task))));
        self.free = free;
    }

    /// A task takes it.
    pub(super) fn step(&mut self, touches: &Footprint, task: TaskId) {
        if self.is_interesting(touches) {
            self.intended = None;
            if let Some(left) = self.left.get_mut(task as usize) {
                *left = left.saturating_sub(1);
            }
        }
    }

    /// Who is next of these?
    pub(super) fn next(&mut self, tasks: Tasks<'_>, words: &mut Words) -> Pick {
        if self.intended.is_none() {
            let drawn = words.weighted(self.left.iter().copied());
            self.intended = drawn.and_then(|task| TaskId::try_from(task).ok());
        }
        let can = self.intended.filter(|&task| tasks.contains(task) && !self.free.contains(&task));
        let candidates = self.free.len() as u64 + u64::from(can.is_some());
        if candidates > 0 {
            let drawn = usize::try_from(words.below(candidates)).unwrap_or(0);
            return self.free.get(drawn).copied().or(can).map_or(Pick::Stop, Pick::Task);
        }
        // Everybody waits for one that cannot run.
        let left: Vec<_> = tasks.iter().map(|task| self.left(task)).collect();
        self.intended = words.weighted(left.into_iter()).and_then(|at| tasks.iter().nth(at));
        self.intended.map_or_else(|| settle(words.word(), &Point::Who(tasks)), Pick::Task)
    }
}

/// Draws who takes the next interesting step.
#[derive(Clone, Debug)]
pub struct Surw {
    words: Words,
    races: Races,
    walk: Walk,
    execution: Option<u64>,
}

impl Surw {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (races, walk) = (Races::default(), Walk::default());
        Self { words: Words::new(seed), races, walk, execution: None }
    }
}

impl Scheduler for Surw {
    fn begin(&mut self, execution: u64) -> bool {
        if self.execution.replace(execution) == Some(execution) {
            self.races.forget();
        }
        self.races.learn();
        self.words.stream(execution);
        let drawn = usize::try_from(self.words.below(self.races.kinds().len() as u64)).unwrap_or(0);
        let interest = self.races.kinds().nth(drawn);
        self.walk.begin(interest, &self.races);
        true
    }

    fn wants(&self) -> Wants {
        let movers = self.execution.is_none_or(Wants::movers_in);
        Wants { touches: true, movers, ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.walk.look(scene);
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        let touches = scene.touches(task);
        self.races.step(touches, task);
        self.walk.step(&touches, task);
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match *point {
            Point::Who(tasks) => self.walk.next(tasks, &mut self.words),
            _ => settle(self.words.word(), point),
        }
    }
}
