//! The one door for chance: a point where something is open, and the pick that settles it.
//!
//! Who runs next, whether a call fails, how long a step lasts: all are picks, so the list of picks *is* the run. A
//! scheduler sees a point and, if it wants, a [`Scene`] before each step; it must never see the world.

use crate::enabled::Tasks;
use model::footprint::{Footprint, Footprints};
use model::machine::{Chance, TaskId, World};

/// Something that is open. There are always at least two options; what is forced is not asked.
#[derive(Clone, Copy, Debug)]
pub enum Point<'a> {
    /// Which of these tasks takes the next step?
    Who(Tasks<'a>),
    /// What happens inside the step? The answer 0 is always that nothing bad happens.
    Answer {
        /// What may happen.
        chance: Chance,
        /// How many answers there are.
        options: u32,
    },
    /// How many nanoseconds does it last? Both ends are included.
    Duration {
        /// The shortest.
        lo: u64,
        /// The longest.
        hi: u64,
    },
}

/// What was picked at a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pick {
    /// This task.
    Task(TaskId),
    /// This answer.
    Answer(u32),
    /// So many nanoseconds.
    Duration(u64),
    /// The scheduler has no more to say: the execution is left where it is. Never recorded.
    Stop,
}

impl Point<'_> {
    /// May this be picked here?
    #[must_use]
    #[inline]
    pub fn allows(&self, pick: Pick) -> bool {
        match (self, pick) {
            (Self::Who(tasks), Pick::Task(task)) => tasks.contains(task),
            (Self::Answer { options, .. }, Pick::Answer(answer)) => answer < *options,
            (Self::Duration { lo, hi }, Pick::Duration(ns)) => (*lo..=*hi).contains(&ns),
            _ => false,
        }
    }
}

/// What a scheduler wants besides being asked. What nobody wants costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wants {
    /// To see the scene before each step, also where only one task can take it.
    pub scenes: bool,
    /// To know what steps touch.
    pub touches: bool,
    /// Not to be asked where it cannot matter: a task whose step commutes with all that others may do before it is next.
    /// Of more than 64 tasks nobody looks for it.
    pub movers: bool,
}

impl Wants {
    /// Only to be asked.
    pub const NOTHING: Self = Self { scenes: false, touches: false, movers: false };
    /// Should movers run unasked in this execution? In all but one of 16: a step that ends in a finding does not commute
    /// with anything, and what others would have found instead has to be seen, too.
    #[must_use]
    pub const fn movers_in(execution: u64) -> bool {
        execution % 16 != 15
    }

    /// To see each step.
    pub const SCENES: Self = Self { scenes: true, ..Self::NOTHING };
}

/// What stands before a step. Behind it is the world, which nobody sees through it: there are numbers that say no more than
/// equal or not, and what pending steps touch.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Who can take it: at least one task.
    pub tasks: Tasks<'a>,
    behind: Behind<'a>,
}

#[derive(Clone, Copy)]
enum Behind<'a> {
    World(&'a World<'a>, Option<&'a Footprints>),
    #[cfg(test)]
    Number(u64),
}

impl<'a> Scene<'a> {
    /// Of a world. Without footprints, every step may touch everything.
    #[must_use]
    pub const fn new(world: &'a World<'a>, tasks: Tasks<'a>, footprints: Option<&'a Footprints>) -> Self {
        Self { tasks, behind: Behind::World(world, footprints) }
    }

    /// Of nothing but a number.
    #[cfg(test)]
    pub const fn of(tasks: Tasks<'a>, number: u64) -> Self {
        Self { tasks, behind: Behind::Number(number) }
    }

    /// The same for equal states, and as good as never for others.
    #[must_use]
    pub fn state(&self) -> u64 {
        match self.behind {
            Behind::World(world, _) => world.digest(),
            #[cfg(test)]
            Behind::Number(number) => number,
        }
    }

    /// The same where all tasks stand before the same instructions, whatever the memory holds.
    #[must_use]
    pub fn places(&self) -> u64 {
        match self.behind {
            Behind::World(world, _) => world.places(),
            #[cfg(test)]
            Behind::Number(number) => number,
        }
    }

    /// What the next step of a task touches.
    #[must_use]
    pub fn touches(&self, task: TaskId) -> Footprint {
        match self.behind {
            Behind::World(world, Some(footprints)) => footprints.next(world, task),
            _ => Footprint::ALL,
        }
    }

    /// Does it matter which of the next steps of two tasks is first?
    #[must_use]
    pub fn race(&self, one: TaskId, other: TaskId) -> bool {
        self.touches(one).conflicts(&self.touches(other))
    }
}

/// A way to explore: random, recorded, bytes of a fuzzer. One file each under `scheduler/`.
pub trait Scheduler {
    /// Begins an execution, counted from 0; false: there is none more. It may be begun again, where the world turned out
    /// to be too small; a scheduler that learns forgets what it saw of the first try.
    fn begin(&mut self, execution: u64) -> bool;

    /// Settles a point. What is not among its options ends the execution as diverged.
    fn pick(&mut self, point: &Point<'_>) -> Pick;

    /// What it wants in this execution, if it is untimed.
    fn wants(&self) -> Wants {
        Wants::NOTHING
    }

    /// Before each step, and before anybody is asked who takes it; if it wants scenes.
    fn look(&mut self, _scene: &Scene<'_>) {}

    /// A task takes a step, picked or not; if it wants scenes.
    fn step(&mut self, _scene: &Scene<'_>, _task: TaskId) {}

    /// The one of several that settles this execution.
    fn member(&self) -> Option<&'static str> {
        None
    }

    /// What its executions so far promise, in one line, if there is something to promise.
    fn promise(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_allows_its_options_only() {
        let who = Point::Who(Tasks::from_bits(0b101));
        let answer = Point::Answer { chance: Chance::May(0), options: 2 };
        let lasts = Point::Duration { lo: 5, hi: 7 };
        for (point, pick, allowed) in [
            (who, Pick::Task(2), true),
            (who, Pick::Task(1), false),
            (who, Pick::Answer(0), false),
            (answer, Pick::Answer(1), true),
            (answer, Pick::Answer(2), false),
            (lasts, Pick::Duration(7), true),
            (lasts, Pick::Duration(8), false),
            (lasts, Pick::Stop, false),
        ] {
            assert_eq!(point.allows(pick), allowed, "{pick:?}");
        }
    }
}
