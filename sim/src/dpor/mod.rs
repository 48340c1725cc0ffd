//! Exhaustive search without stored states: optimal dynamic partial-order reduction (Abdulla, Aronis, Jonsson, Sagonas,
//! "Source Sets: A Foundation for Optimal Dynamic Partial Order Reduction", 2017).
//!
//! Two executions that differ only in the order of steps that commute are one *trace*; the search runs one execution of
//! each. It goes depth first. At the end of every execution it looks for races in it, and where one could have gone the
//! other way, it leaves a sequence to be run later in the wakeup tree of the place where the ways part. What was run
//! from a place sleeps until something comes that it does not commute with. Only the states on the current path must be
//! kept; what was run lately is kept besides, as far as a store of fixed size holds it, and is not run again.
//!
//! What is more than the textbook has: a task may have to wait (then every earlier step that conflicts is a rival, not
//! only the last one); a step may have several outcomes, which are events of their own; and an execution in which
//! something is found ends there, so its last event is a rival of everything that others could have done.

mod answers;
pub mod enumerate;
mod guess;
pub mod machine;
mod marks;
mod reversal;
mod search;
mod store;
mod trace;
mod wakeup;

#[cfg(test)]
mod toy;

pub use answers::{Answers, Book, Script};
pub use marks::Mark;
pub use search::{Bounds, Control, Counts, Over, Search};
pub use trace::{Event, Trace};

use model::machine::{Room, TaskId};

/// Says which events commute.
pub trait Footprint: Copy + Ord {
    /// Of an event that commutes with nothing, not even with one that touches nothing.
    const ALL: Self;

    /// May it matter which of two events of different tasks comes first?
    fn conflicts(&self, other: &Self) -> bool;
}

/// What an event came to.
#[derive(Clone, Copy, Debug)]
pub struct Ran<F> {
    /// What it touched.
    pub footprint: F,
    /// Its steps, at least 1.
    pub steps: u32,
    /// Was something found? Then the execution ends with it.
    pub found: bool,
}

/// How an execution ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Nobody can go on.
    Quiet,
    /// Its last event found something.
    Found,
}

/// Something that can be searched: tasks that take events one at a time over a state that can be copied.
pub trait System {
    /// How it says what commutes.
    type Footprint: Footprint;

    /// How many tasks there are.
    fn tasks(&self) -> TaskId;

    /// The state: equal states are equal cells.
    fn cells(&self) -> &[u32];

    /// Goes to a state.
    fn restore(&mut self, cells: &[u32]);

    /// Can a task take an event?
    fn enabled(&self, task: TaskId) -> bool;

    /// Has a task come to its end?
    fn gone(&self, task: TaskId) -> bool;

    /// May a task have to wait where it stands?
    fn may_wait(&self, task: TaskId) -> bool;

    /// What a task's next event touches at first, whether it can be taken or not.
    fn pending(&self, task: TaskId) -> Self::Footprint;

    /// A task takes an event, with the answers of a script.
    ///
    /// # Errors
    /// With the room that is needed.
    fn run(&mut self, task: TaskId, script: &mut Script) -> Result<Ran<Self::Footprint>, Room>;

    /// An execution of the search has come to its end; the state is the one behind it, unless something was found.
    /// True: nothing new can be said about another execution that ends in the same state.
    fn ended(&mut self, trace: &Trace, book: &Book, ending: Ending) -> bool;
}
