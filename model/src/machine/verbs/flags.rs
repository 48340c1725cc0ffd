//! A word for each task: how deep it is in read sections, how many spinlocks it holds, and whether a fatal signal is
//! pending. It exists only in programs that use such verbs.

use super::{DONE, Flow, Param, Use, Verb, What};
use crate::machine::event::Picks;
use crate::machine::finding::Kind;
use crate::machine::program::TaskId;
use crate::machine::world::{Halt, World};
use alloc::format;

/// Bit of a pending fatal signal.
pub const SIGNAL: u32 = 1;
/// Its bit if the task has run a `pre_exit` and waited for no grace period since: for the judges.
pub const OWES_GRACE: u32 = 1 << 1;
/// One read section.
pub const READER: u32 = 1 << 4;
/// The bits of the nesting of read sections.
pub const READERS: u32 = 0xff << 4;
/// One spinlock.
pub const SPIN: u32 = 1 << 12;
/// The bits of the number of spinlocks held.
pub const SPINS: u32 = 0xff << 12;

pub(super) const VERBS: &[Verb] =
    &[Verb::new("kill", &[Param::Task], kill).touches(&[(What::Signals, Use::Write)])];

/// The verbs that make the words necessary; a `pre_exit` that is judged does, too.
pub const USERS: &[&str] = &[
    "kill",
    "mutex_lock_killable",
    "down_read_killable",
    "spin_lock",
    "spin_unlock",
    "rcu_read_lock",
    "rcu_read_unlock",
    "synchronize_rcu",
    "synchronize_rcu_expedited",
    "call_rcu",
    "kfree_rcu",
];

impl World<'_> {
    pub(crate) fn flags(&self, task: TaskId) -> u32 {
        self.program.layout.words.task_flags.map_or(0, |first| self.word(first + task))
    }

    pub(crate) fn flags_mut(&mut self, task: TaskId) -> &mut u32 {
        let first = self.program.layout.words.task_flags.expect("the program uses a verb of `USERS`");
        &mut self.cells[(first + task) as usize]
    }

    /// A verb that may sleep is about to run.
    pub(crate) fn may_sleep(&self, task: TaskId, verb: &str) -> Result<(), Halt> {
        let flags = self.flags(task);
        if flags & (READERS | SPINS) == 0 {
            return Ok(());
        }
        let what = if flags & SPINS == 0 { "inside an RCU read section" } else { "under a spinlock" };
        Err(self
            .found(Kind::SleepInAtomic, format!("{verb} may sleep, and {} is {what}", self.task_name(task))))
    }
}

fn kill(world: &mut World<'_>, call: &super::Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let task = call.args[0].address();
    *world.flags_mut(task) |= SIGNAL;
    DONE
}
