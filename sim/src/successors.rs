//! All steps from one state, for those who walk the states in an order of their own.

use crate::engine;
use crate::odometer::Odometer;
use crate::pick::Pick;
use model::machine::{Finding, Program, Room, TaskId, Watch, World};

/// A step that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Who took it.
    pub task: TaskId,
    /// Did any of its picks go wrong?
    pub fault: bool,
    /// What it ended in, if something is wrong.
    pub finding: Option<Finding>,
    /// The fingerprint of the state behind it.
    pub fingerprint: u128,
}

/// A booted program whose states can be gone to in any order.
pub struct Successors<'p> {
    world: World<'p>,
    checks: bool,
    tasks: TaskId,
    ready: Vec<TaskId>,
    odometer: Odometer,
}

impl<'p> Successors<'p> {
    /// Boots. `None`: something is wrong before the first step.
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn boot<W: Watch>(program: &'p Program, watch: &mut W) -> Result<Option<Self>, Room> {
        let Some(world) = engine::booted(program, watch)? else { return Ok(None) };
        Ok(world.check().is_ok().then(|| Self {
            checks: engine::has_checks(program),
            tasks: program.task_count(),
            ready: Vec::new(),
            odometer: Odometer::new(),
            world,
        }))
    }

    /// The world as it stands.
    #[must_use]
    pub const fn world(&self) -> &World<'p> {
        &self.world
    }

    /// Goes to a state.
    pub fn restore(&mut self, cells: &[u32]) {
        self.world.restore(cells);
    }

    /// Takes every step from a state: every enabled task in order, and with it every combination of answers, the one
    /// where nothing bad happens first. `see` is told of each, with the world behind it; false is enough of them.
    /// Can anybody take a step there?
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn each<W: Watch>(
        &mut self,
        from: &[u32],
        watch: &mut W,
        mut see: impl FnMut(&World<'p>, Taken) -> bool,
    ) -> Result<bool, Room> {
        self.world.restore(from);
        let before = self.world.fingerprint();
        self.world.mark();
        self.ready.clear();
        self.ready.extend((0..self.tasks).filter(|&task| self.world.enabled(task)));
        for &task in &self.ready {
            self.odometer.reset();
            loop {
                self.world.take_back(from);
                let result = self.world.step(task, &mut self.odometer, watch);
                let fault = self.odometer.answers().any(|answer| answer != Pick::Answer(0));
                let finding = engine::settle(result, &self.world, self.checks)?;
                let fingerprint = self.world.fingerprint_from(from, before, |_, _| {});
                if !see(&self.world, Taken { task, fault, finding, fingerprint }) {
                    return Ok(true);
                }
                if !self.odometer.advance() {
                    break;
                }
            }
        }
        Ok(!self.ready.is_empty())
    }
}
