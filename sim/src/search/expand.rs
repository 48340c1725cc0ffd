//! From a state to its successors: every enabled task, every combination of answers.

use super::out::Out;
use super::packed::{ROW, differ};
use crate::engine::{self, End};
use crate::odometer::Odometer;
use crate::only::Only;
use model::judge::orders::Orders;
use model::machine::{BootError, Known, Program, Room, TaskId, World, fingerprint};

/// What a state leads to. Each thread has one of its own; equal parents must give equal things in equal order, whichever
/// parents came before.
pub trait Expand: Clone + Send {
    /// Puts all that a state leads to into `out`.
    ///
    /// # Errors
    /// With the room that is needed.
    fn expand(&mut self, parent: &State<'_>, out: &mut Out) -> Result<(), Room>;

    /// In which orders locks were taken in all that it has expanded.
    fn orders(&self) -> Option<&Orders> {
        None
    }
}

/// A state of a search.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// All its cells.
    pub cells: &'a [u32],
    /// What tells it from others.
    pub fingerprint: u128,
    /// How far it lies from the first state, on the way that it was come to.
    pub steps: u32,
    /// Which cells may differ from those of the state that was expanded before: a bit for each, by its number modulo 64.
    pub changed: u64,
}

impl<'a> State<'a> {
    /// The state with these cells.
    #[must_use]
    pub fn new(cells: &'a [u32], steps: u32) -> Self {
        Self { cells, fingerprint: fingerprint::of(cells), steps, changed: u64::MAX }
    }
}

/// Where cells differ from others, as in [`State::changed`]; everywhere if there are not as many.
#[must_use]
pub fn changed(before: &[u32], now: &[u32]) -> u64 {
    if before.len() != now.len() {
        return u64::MAX;
    }
    let ((before, rest), (now, last)) = (before.as_chunks::<ROW>(), now.as_chunks::<ROW>());
    let filled_up = |cells: &[u32]| {
        let mut row = [0; ROW];
        row[..cells.len()].copy_from_slice(cells);
        row
    };
    let mut bits = u64::from(differ(&filled_up(rest), &filled_up(last))) << (before.len() * ROW % 64);
    for (at, (before, now)) in before.iter().zip(now).enumerate() {
        bits |= u64::from(differ(before, now)) << (at * ROW % 64);
    }
    bits
}

/// Every step that can be taken, one successor each: what reductions are held against.
#[derive(Clone, Debug)]
pub struct Unreduced<'p> {
    steps: Steps<'p>,
    before: Before,
}

/// Of each task, the step that was known of it in the state before, if nothing has changed that it looks at; and what that is, as
/// in [`State::changed`].
#[derive(Debug)]
struct Before(Vec<(Option<Known>, u64)>);

/// Whoever has a copy knows other steps.
impl Clone for Before {
    fn clone(&self) -> Self {
        Self(vec![(None, 0); self.0.len()])
    }
}

impl Before {
    /// Forgets the steps that look at what has changed.
    #[inline]
    fn forget(&mut self, changed: u64) {
        for (known, looks_at) in &mut self.0 {
            if *looks_at & changed != 0 {
                (*known, *looks_at) = (None, 0);
            }
        }
    }

    /// The step that is known of a task, with the answers that are next.
    #[inline]
    fn step(&mut self, task: TaskId, steps: &mut Steps<'_>) -> Option<Known> {
        let (before, looks_at) = &mut self.0[task as usize];
        if before.is_some() {
            return *before;
        }
        let known = steps.world.known_step(task, &mut steps.odometer)?;
        // With other answers it is another step.
        if steps.odometer.is_empty() {
            (*before, *looks_at) = (Some(known), steps.world.looks_at(known));
        }
        Some(known)
    }
}

impl<'p> Unreduced<'p> {
    /// Goes on from states that lie fewer than `max_steps` steps from the first.
    ///
    /// # Errors
    /// If the program cannot be booted.
    pub fn new(program: &'p Program, max_steps: u64) -> Result<Self, BootError> {
        let steps = Steps::new(World::boot(program, &mut ())?, max_steps);
        Ok(Self { steps, before: Before(vec![(None, 0); program.tasks.len()]) })
    }

    /// Other findings end a schedule, and are not told.
    #[must_use]
    pub fn only(mut self, only: &Only) -> Self {
        self.steps.only = Some(only.clone());
        self
    }
}

impl Expand for Unreduced<'_> {
    fn expand(&mut self, parent: &State<'_>, out: &mut Out) -> Result<(), Room> {
        out.parent(parent);
        // Whoever need not look at the state behind a step need not go there.
        let look = self.steps.checks || out.looks();
        self.before.forget(parent.changed);
        let before = &mut self.before;
        self.steps.walk(parent, out, |steps, task, out| {
            let known = if look { None } else { before.step(task, steps) };
            if let Some(known) = known {
                out.transition();
                out.known_step(parent, &steps.world, known, parent.steps + 1);
                return Ok(());
            }
            steps.odometer.again();
            steps.take(task, parent, out, |world, out| {
                out.step(parent, world, parent.steps + 1);
                Ok(())
            })
        })
    }

    fn orders(&self) -> Option<&Orders> {
        self.steps.world.orders()
    }
}

/// All steps from a state.
#[derive(Clone, Debug)]
pub(super) struct Steps<'p> {
    pub(super) world: World<'p>,
    /// Has the scenario an `always` or `never`?
    checks: bool,
    /// The longest schedule that may be gone on with.
    max_steps: u64,
    /// The findings that are told, if not all.
    pub(super) only: Option<Only>,
    /// The tasks that can take a step, so many of the first ones.
    ready: Vec<TaskId>,
    count: usize,
    odometer: Odometer,
}

impl<'p> Steps<'p> {
    /// From states of a booted world that lie fewer than `max_steps` steps from the first.
    pub fn new(world: World<'p>, max_steps: u64) -> Self {
        let checks = engine::has_checks(world.program());
        let ready = vec![0; world.program().tasks.len()];
        Self { world, checks, max_steps, only: None, ready, count: 0, odometer: Odometer::new() }
    }

    /// Calls `then` with the world behind each step that nothing is wrong with, marked where it stood in the parent's
    /// state; all else is told here.
    #[inline]
    pub fn each(
        &mut self,
        parent: &State<'_>,
        out: &mut Out,
        mut then: impl FnMut(&mut World<'p>, &mut Out) -> Result<(), Room>,
    ) -> Result<(), Room> {
        self.walk(parent, out, |steps, task, out| steps.take(task, parent, out, &mut then))
    }

    /// Calls `take` with each task that can take a step from a state, for each combination of answers.
    #[inline]
    fn walk(
        &mut self,
        parent: &State<'_>,
        out: &mut Out,
        mut take: impl FnMut(&mut Self, TaskId, &mut Out) -> Result<(), Room>,
    ) -> Result<(), Room> {
        if !self.begin(parent, out) {
            return Ok(());
        }
        for at in 0..self.count {
            let task = self.ready[at];
            self.odometer.reset();
            loop {
                take(self, task, out)?;
                if !self.odometer.advance() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Goes to a state, marks it, and sees who can take a step there; false: there is no step to be taken.
    #[inline]
    fn begin(&mut self, parent: &State<'_>, out: &mut Out) -> bool {
        self.world.restore(parent.cells);
        self.count = self.world.enabled_tasks(&mut self.ready);
        if self.count == 0 {
            match engine::ended(&self.world) {
                End::Finding(finding) => {
                    if self.only.as_ref().is_none_or(|only| only.is_end(&finding)) {
                        out.finding(finding, parent.steps);
                    }
                }
                _ => out.final_state(self.world.canonical()),
            }
            return false;
        }
        if u64::from(parent.steps) >= self.max_steps {
            out.too_long();
            return false;
        }
        self.world.mark();
        true
    }

    /// Takes a step of a task with the answers that are next, and takes it back.
    #[inline]
    fn take(
        &mut self,
        task: TaskId,
        parent: &State<'_>,
        out: &mut Out,
        mut then: impl FnMut(&mut World<'p>, &mut Out) -> Result<(), Room>,
    ) -> Result<(), Room> {
        let result = self.world.step(task, &mut self.odometer, &mut ());
        let finding = engine::settle(result, &self.world, self.checks)?;
        out.transition();
        match finding {
            Some(finding) => {
                // Where it was seen is asked in the state before.
                self.world.take_back(parent.cells);
                if self.only.as_ref().is_none_or(|only| only.is_of(&self.world, task, &finding)) {
                    out.finding(finding, parent.steps + 1);
                }
            }
            None => {
                out.pass(&self.world);
                then(&mut self.world, out)?;
            }
        }
        self.world.take_back(parent.cells);
        Ok(())
    }
}
