//! From a state to its successors: every enabled task, every combination of answers.

use super::out::Out;
use crate::engine::{self, End};
use crate::odometer::Odometer;
use model::judge::orders::Orders;
use model::machine::{BootError, Program, Room, TaskId, World};

/// What a state leads to. Each thread has one of its own; equal parents must give equal things in equal order, whichever
/// parents came before.
pub trait Expand: Clone + Send {
    /// Puts all that a state leads to into `out`. The state lies `depth` steps from the first one.
    ///
    /// # Errors
    /// With the room that is needed.
    fn expand(&mut self, parent: &[u32], depth: u32, out: &mut Out) -> Result<(), Room>;

    /// In which orders locks were taken in all that it has expanded.
    fn orders(&self) -> Option<&Orders> {
        None
    }
}

/// Every step that can be taken, one successor each: what reductions are held against.
#[derive(Clone, Debug)]
pub struct Unreduced<'p>(Steps<'p>);

impl<'p> Unreduced<'p> {
    /// Goes on from states that lie fewer than `max_steps` steps from the first.
    ///
    /// # Errors
    /// If the program cannot be booted.
    pub fn new(program: &'p Program, max_steps: u64) -> Result<Self, BootError> {
        Ok(Self(Steps::new(World::boot(program, &mut ())?, max_steps)))
    }
}

impl Expand for Unreduced<'_> {
    fn expand(&mut self, parent: &[u32], depth: u32, out: &mut Out) -> Result<(), Room> {
        self.0.each(parent, depth, out, |world, out| {
            out.successor(world.cells(), world.fingerprint(), depth + 1);
            Ok(())
        })
    }

    fn orders(&self) -> Option<&Orders> {
        self.0.world.orders()
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
    ready: Vec<TaskId>,
    odometer: Odometer,
}

impl<'p> Steps<'p> {
    /// From states of a booted world that lie fewer than `max_steps` steps from the first.
    pub fn new(world: World<'p>, max_steps: u64) -> Self {
        let checks = engine::has_checks(world.program());
        Self { world, checks, max_steps, ready: Vec::new(), odometer: Odometer::new() }
    }

    /// Calls `then` with the world behind each step that nothing is wrong with; all else is told here.
    #[inline]
    pub fn each(
        &mut self,
        parent: &[u32],
        depth: u32,
        out: &mut Out,
        mut then: impl FnMut(&mut World<'p>, &mut Out) -> Result<(), Room>,
    ) -> Result<(), Room> {
        self.world.restore(parent);
        let tasks = TaskId::try_from(self.world.program().tasks.len()).expect("fewer tasks than cells");
        self.ready.clear();
        self.ready.extend((0..tasks).filter(|&task| self.world.enabled(task)));
        if self.ready.is_empty() {
            match engine::ended(&self.world) {
                End::Finding(finding) => out.finding(finding, depth),
                _ => out.final_state(self.world.canonical()),
            }
            return Ok(());
        }
        if u64::from(depth) >= self.max_steps {
            out.too_long();
            return Ok(());
        }
        // For the first step the world stands there already.
        let mut moved = false;
        for &task in &self.ready {
            self.odometer.reset();
            loop {
                if moved {
                    self.world.restore(parent);
                }
                moved = true;
                let result = self.world.step(task, &mut self.odometer, &mut ());
                let finding = engine::settle(result, &self.world, self.checks)?;
                out.transition();
                match finding {
                    Some(finding) => out.finding(finding, depth + 1),
                    None => {
                        out.pass(&self.world);
                        then(&mut self.world, out)?;
                    }
                }
                if !self.odometer.advance() {
                    break;
                }
            }
        }
        Ok(())
    }
}
