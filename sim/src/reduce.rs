//! What a search may leave out: steps whose place among the others cannot matter, and states that only one way leads on from.
//!
//! From each state that a step leads to, the search runs on by itself while it may: as long as a task stands before a *mover* (see
//! [`model::footprint`]) that task alone goes on, whatever the others could do; and as long as only one task can take a step at
//! all, there is nothing to choose (*chains*). What is stored are the states in between, and from a stored state every task goes
//! on, so no cycle of movers can hide what the others do. A step that ends in a finding is never run ahead: it is left to the
//! state before it, which is stored, since what ends a schedule does not commute with anything.

use crate::engine;
use crate::odometer::Odometer;
use model::footprint::{Footprints, Owners};
use model::machine::{Program, Room, TaskId, World};
use std::fmt;

/// So many steps are run ahead at most before a state is stored: a cycle of movers ends here.
pub const MOST_AHEAD: u32 = 1_000;

/// Which reductions a search uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reductions {
    /// Steps that commute with all that others may do are taken at once.
    pub movers: bool,
    /// States with a single successor are not stored.
    pub chains: bool,
    /// States that differ in names only are one.
    pub symmetry: bool,
}

impl Reductions {
    /// Every state.
    pub const NONE: Self = Self { movers: false, chains: false, symmetry: false };
    /// All there are.
    pub const ALL: Self = Self { movers: true, chains: true, symmetry: true };

    /// Their names, in the order in which they are listed.
    pub const NAMES: [&str; 3] = ["movers", "chains", "symmetry"];

    /// From `none`, `all`, or names with commas between.
    ///
    /// # Errors
    /// The name that is none.
    pub fn parse(text: &str) -> Result<Self, &str> {
        let mut parsed = Self::NONE;
        for name in text.split(',').map(str::trim) {
            match name {
                "none" => {}
                "all" => parsed = Self::ALL,
                "movers" => parsed.movers = true,
                "chains" => parsed.chains = true,
                "symmetry" => parsed.symmetry = true,
                _ => return Err(name),
            }
        }
        Ok(parsed)
    }

    /// Is there none?
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl fmt::Display for Reductions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = [self.movers, self.chains, self.symmetry];
        let names: Vec<_> =
            Self::NAMES.iter().zip(used).filter(|(_, used)| *used).map(|(name, _)| *name).collect();
        f.write_str(if names.is_empty() { "none".to_string() } else { names.join(",") }.as_str())
    }
}

/// Which reductions a search has used.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Used {
    /// These.
    pub reductions: Reductions,
    /// What is alike, and which tasks among many are not.
    pub alike: Vec<String>,
    /// Why others were switched off.
    pub off: Vec<String>,
}

/// Who sees what is run ahead.
pub trait Ahead {
    /// A step was taken, and the world stands behind it.
    fn step(&mut self, world: &World<'_>);
    /// A state to store, so many steps behind the one that was begun from.
    fn state(&mut self, world: &World<'_>, steps: u32);
}

/// Runs ahead from states of one program.
#[derive(Clone, Debug)]
pub struct Runner {
    footprints: Footprints,
    owners: Owners,
    movers: bool,
    chains: bool,
    checks: bool,
    tasks: TaskId,
    /// Cells of the states that are still to be run on from, and how far they are.
    open: Vec<u32>,
    steps: Vec<u32>,
    before: Vec<u32>,
    odometer: Odometer,
}

impl Runner {
    /// For a program; `reductions` that are not sound for it are left out.
    #[must_use]
    pub fn new(program: &Program, reductions: Reductions) -> Self {
        let footprints = Footprints::of(program);
        Self {
            movers: reductions.movers && footprints.refused().is_none(),
            chains: reductions.chains,
            checks: engine::has_checks(program),
            tasks: program.task_count(),
            footprints,
            owners: Owners::default(),
            open: Vec::new(),
            steps: Vec::new(),
            before: Vec::new(),
            odometer: Odometer::new(),
        }
    }

    /// Why nobody is taken for a mover, if so.
    #[must_use]
    pub const fn refused(&self) -> Option<&'static str> {
        self.footprints.refused()
    }

    /// Runs ahead from the state that the world stands in, which is so many steps behind where the search came from.
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn run(&mut self, world: &mut World<'_>, steps: u32, ahead: &mut impl Ahead) -> Result<(), Room> {
        self.open.clear();
        self.steps.clear();
        self.run_on(world, steps, ahead)?;
        while let Some(steps) = self.steps.pop() {
            let from = self.open.len() - world.cells().len();
            world.restore(&self.open[from..]);
            self.open.truncate(from);
            self.run_on(world, steps, ahead)?;
        }
        Ok(())
    }

    fn run_on(&mut self, world: &mut World<'_>, mut steps: u32, ahead: &mut impl Ahead) -> Result<(), Room> {
        let mut last = 0;
        for _ in 0..MOST_AHEAD {
            let Some(task) = self.next(world, last) else { break };
            if !self.step(world, task, steps, ahead)? {
                break;
            }
            last = task;
            steps += 1;
        }
        ahead.state(world, steps);
        Ok(())
    }

    /// The task that goes on alone, if one does. The one that did so last is asked first.
    #[must_use]
    pub fn next(&mut self, world: &World<'_>, last: TaskId) -> Option<TaskId> {
        let Self { footprints, owners, movers, .. } = self;
        owners.forget();
        let mut is_mover = |task| *movers && world.enabled(task) && footprints.is_mover(world, task, owners);
        if is_mover(last) {
            return Some(last);
        }
        if let Some(mover) = (0..self.tasks).find(|&task| task != last && is_mover(task)) {
            return Some(mover);
        }
        let mut enabled = (0..self.tasks).filter(|&task| self.chains && world.enabled(task));
        let first = enabled.next()?;
        enabled.next().is_none().then_some(first)
    }

    /// Takes a step with every combination of answers: goes on with the first, and leaves the others open. False: one of them
    /// ends in a finding, and the world is back before the step.
    fn step(
        &mut self,
        world: &mut World<'_>,
        task: TaskId,
        steps: u32,
        ahead: &mut impl Ahead,
    ) -> Result<bool, Room> {
        self.before.clear();
        self.before.extend_from_slice(world.cells());
        self.odometer.reset();
        let (open, known) = (self.open.len(), self.steps.len());
        loop {
            let result = world.step(task, &mut self.odometer, &mut ());
            if engine::settle(result, world, self.checks)?.is_some() {
                world.restore(&self.before);
                self.open.truncate(open);
                self.steps.truncate(known);
                return Ok(false);
            }
            ahead.step(world);
            if !self.odometer.advance() {
                return Ok(true);
            }
            self.open.extend_from_slice(world.cells());
            self.steps.push(steps + 1);
            world.restore(&self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written() {
        for text in ["none", "movers", "chains", "movers,symmetry", "movers,chains,symmetry"] {
            assert_eq!(Reductions::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Reductions::parse("all"), Ok(Reductions::ALL));
        assert_eq!(Reductions::parse("movers, sleep"), Err("sleep"));
    }
}
