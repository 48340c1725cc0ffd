//! What a watcher is told while a step runs, and how chance is asked.

use super::code::Pc;
use super::program::TaskId;
use super::value::Value;
use super::world::World;

/// What can happen or not at a pick inside a step. The number is the site's, an index of
/// [`super::program::Program::sites`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chance {
    /// `may S`: S happens or not.
    May(u16),
    /// A verb fails or not.
    Fault(u16),
    /// A waiter is killed or gets its lock.
    Kill(u16),
}

/// Answers the picks inside a step.
pub trait Picks {
    /// One of `options`, which is at least 2. The answer 0 is always that nothing bad happens.
    fn pick(&mut self, chance: Chance, options: u32) -> u32;
}

/// For runs without chance.
impl Picks for () {
    fn pick(&mut self, _: Chance, _: u32) -> u32 {
        0
    }
}

/// What happened inside a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "operands are named as in the language")]
pub enum Event {
    /// A callback of an object was entered.
    Enter { callback: u16, object: Value, argument: Value },
    /// It returned.
    Leave { callback: u16, object: Value, argument: Value, result: Value },
    /// A function of the contract was called.
    Call { function: u16, argument: Value },
    /// It returned.
    Return { function: u16, argument: Value, result: Value },
    /// A verb ran.
    Verb { verb: u8, args: [Value; 2], result: Value },
    /// A two-step verb arrived and has to wait.
    Arrive { verb: u8, args: [Value; 2] },
    /// A global or a field was read; `name` is the field's, if it is one.
    Read { cell: u32, value: Value },
    /// A global or a field was written.
    Write { cell: u32, value: Value },
    /// A walk moved on.
    Walk { to: Value },
    /// `wait_for` went on.
    Waited,
    /// A worker took a work, or `rcu` a callback.
    Take { what: Value },
    /// `step;`
    Nothing,
    /// A pick went wrong at this site.
    Fault { site: u16 },
}

/// Sees what happens inside steps.
pub trait Watch {
    /// Does it see anything? What one sees who does not may be left out, and a step that is known need not be run.
    const SEES: bool = true;

    /// Something happened. `world` is as it is right after.
    fn event(&mut self, world: &World<'_>, task: TaskId, pc: Pc, event: Event);

    /// An instruction is about to run.
    #[inline(always)]
    fn runs(&mut self, _pc: Pc) {}

    /// What it did went wrong by a pick, at this site.
    #[inline(always)]
    fn fails(&mut self, _site: u16) {}

    /// It has run, and its task goes on at `to`. Not told of what ends the task, or the schedule.
    #[inline(always)]
    fn went(&mut self, _pc: Pc, _to: Pc) {}
}

/// Sees nothing.
impl Watch for () {
    const SEES: bool = false;

    #[inline(always)]
    fn event(&mut self, _: &World<'_>, _: TaskId, _: Pc, _: Event) {}
}
