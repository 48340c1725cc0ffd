//! Selectively uniform random walk (Zhao, Wolff, Mathur, Roychoudhury: ASPLOS 2025).
//!
//! For each execution some steps are interesting: those that race with a step drawn from all that were seen. The order of
//! the interesting steps is to be uniform over all their orders, so who takes the next one is drawn in proportion to how
//! many each task has left; the others run up to theirs and wait. How many a task has is what it had on the average so
//! far. In the first execution, when nothing was seen, nothing is interesting.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::footprint::Footprint;
use model::machine::TaskId;

/// Different footprints remembered; steps with others are taken for the last of them.
const KINDS: usize = 64;

/// Draws who takes the next interesting step.
#[derive(Clone, Debug)]
pub struct Surw {
    words: Words,
    /// The footprints of steps that were seen.
    kinds: Vec<Footprint>,
    /// By task and kind: how many steps, of all executions but this one.
    before: Vec<Vec<u64>>,
    /// The same, of this one.
    now: Vec<Vec<u64>>,
    executions: u64,
    execution: Option<u64>,
    /// Steps that race with it are interesting.
    interest: Option<Footprint>,
    /// By task: interesting steps that it has left, as far as can be told.
    left: Vec<u64>,
    /// Who takes the next interesting step.
    intended: Option<TaskId>,
    /// The enabled tasks before whose next step nobody has to wait.
    free: Vec<TaskId>,
}

impl Surw {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            words: Words::new(seed),
            kinds: Vec::new(),
            before: Vec::new(),
            now: Vec::new(),
            executions: 0,
            execution: None,
            interest: None,
            left: Vec::new(),
            intended: None,
            free: Vec::new(),
        }
    }

    fn learn(&mut self) {
        for (task, kinds) in self.now.iter().enumerate() {
            for (kind, count) in kinds.iter().enumerate() {
                *entry(&mut self.before, task, kind) += count;
            }
        }
        self.executions += u64::from(!self.now.is_empty());
    }

    /// How many interesting steps each task has on the average, rounded up.
    fn expect(&mut self) {
        self.left.clear();
        let Some(interest) = self.interest else { return };
        for kinds in &self.before {
            let racing = kinds.iter().zip(&self.kinds).filter(|(_, kind)| kind.conflicts(&interest));
            let steps: u64 = racing.map(|(count, _)| count).sum();
            self.left.push(steps.div_ceil(self.executions.max(1)));
        }
    }

    fn is_interesting(&self, touches: &Footprint) -> bool {
        self.interest.is_some_and(|interest| interest.conflicts(touches))
    }

    fn kind(&mut self, touches: Footprint) -> usize {
        match self.kinds.iter().position(|kind| *kind == touches) {
            Some(kind) => kind,
            None if self.kinds.len() < KINDS => {
                self.kinds.push(touches);
                self.kinds.len() - 1
            }
            None => KINDS - 1,
        }
    }

    fn left(&self, task: TaskId) -> u64 {
        self.left.get(task as usize).copied().unwrap_or(0)
    }
}

/// The entry of a table that grows.
fn entry(table: &mut Vec<Vec<u64>>, task: usize, kind: usize) -> &mut u64 {
    if table.len() <= task {
        table.resize_with(task + 1, Vec::new);
    }
    if table[task].len() <= kind {
        table[task].resize(kind + 1, 0);
    }
    &mut table[task][kind]
}

impl Scheduler for Surw {
    fn begin(&mut self, execution: u64) -> bool {
        if self.execution.replace(execution) != Some(execution) {
            self.learn();
        }
        self.now.clear();
        self.intended = None;
        self.words.stream(execution);
        let drawn = usize::try_from(self.words.below(self.kinds.len() as u64)).unwrap_or(0);
        self.interest = self.kinds.get(drawn).copied();
        self.expect();
        true
    }

    fn wants(&self) -> Wants {
        let movers = self.execution.is_none_or(Wants::movers_in);
        Wants { touches: true, movers, ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.free.clear();
        let free = |&task: &TaskId| !self.is_interesting(&scene.touches(task));
        let free: Vec<_> = scene.tasks.iter().filter(free).collect();
        self.free.extend(free);
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        let touches = scene.touches(task);
        let kind = self.kind(touches);
        *entry(&mut self.now, task as usize, kind) += 1;
        if self.is_interesting(&touches) {
            self.intended = None;
            if let Some(left) = self.left.get_mut(task as usize) {
                *left = left.saturating_sub(1);
            }
        }
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let Point::Who(tasks) = *point else { return settle(self.words.word(), point) };
        if self.intended.is_none() {
            let drawn = self.words.weighted(self.left.iter().copied());
            self.intended = drawn.and_then(|task| TaskId::try_from(task).ok());
        }
        let can = self.intended.filter(|&task| tasks.contains(task) && !self.free.contains(&task));
        let candidates = self.free.len() as u64 + u64::from(can.is_some());
        if candidates > 0 {
            let drawn = usize::try_from(self.words.below(candidates)).unwrap_or(0);
            return self.free.get(drawn).copied().or(can).map_or(Pick::Stop, Pick::Task);
        }
        // Everybody waits for one that cannot run.
        let drawn =
            self.words.weighted(tasks.iter().map(|task| self.left(task)).collect::<Vec<_>>().into_iter());
        self.intended = drawn.and_then(|at| tasks.iter().nth(at));
        self.intended.map_or_else(|| settle(self.words.word(), point), Pick::Task)
    }
}
