//! In which context callbacks run: what their tasks hold, and what they have waited for.

use super::Row;
use crate::machine::program::{Part, TaskId};
use crate::machine::value::Value;
use crate::machine::verbs::flags::{OWES_GRACE, READERS, SPINS};
use crate::machine::world::World;
use alloc::format;

impl World<'_> {
    /// A task enters a callback that the registry calls.
    pub(super) fn context_entered(&mut self, task: TaskId, callback: u16, ops: Value, net: Value) {
        let part = self.program.judged.parts[usize::from(callback)];
        let flags = self.flags(task);
        if flags & (READERS | SPINS) != 0 {
            let name = self.callback_name(callback);
            let who = self.task_name(task);
            let what = if flags & SPINS == 0 { "in an RCU read section" } else { "under a spinlock" };
            self.break_on(Row::CallbackContext, ops, net, |ops, _| {
                format!("{name} of {ops} may sleep, and {who} calls it {what}")
            });
        }
        match part {
            Part::PreExit => *self.flags_mut(task) |= OWES_GRACE,
            Part::Rtnl | Part::Exit | Part::Batch if flags & OWES_GRACE != 0 => {
                let name = self.callback_name(callback);
                let who = self.task_name(task);
                self.break_on(Row::Grace, ops, net, |ops, net| {
                    format!(
                        "{name} of {ops} on {net}, and {who} has waited for no grace period since pre_exit"
                    )
                });
            }
            _ => {}
        }
        if part == Part::Rtnl
            && let Some(lock) = self.rtnl_not_held_by(task)
        {
            let name = self.callback_name(callback);
            let (who, lock) = (self.task_name(task), self.describe(lock));
            self.break_on(Row::CallbackContext, ops, net, |ops, _| {
                format!("{name} of {ops} is called, and {who} does not hold {lock}")
            });
        }
    }

    /// `exit_rtnl` is over: the lock that it was called under must still be held.
    pub(super) fn rtnl_left(&mut self, task: TaskId, callback: u16, ops: Value) {
        if let Some(lock) = self.rtnl_not_held_by(task) {
            let name = self.callback_name(callback);
            let lock = self.describe(lock);
            self.break_on(Row::CallbackContext, ops, Value::NULL, |ops, _| {
                format!("{name} of {ops} gave {lock} back, under which it was called")
            });
        }
    }

    fn rtnl_not_held_by(&self, task: TaskId) -> Option<Value> {
        self.program.roles.rtnl_mutex.filter(|lock| self.word(lock.address()) != task + 1)
    }

    /// A task has taken a mutex.
    pub(crate) fn judge_locked(&mut self, task: TaskId, lock: Value) {
        if self.program.roles.rtnl_mutex != Some(lock) || !self.judged() {
            return;
        }
        let (pc, frame) = self.now;
        let is_pre_exit = |callback: u16| self.program.judged.parts[usize::from(callback)] == Part::PreExit;
        let callback = self
            .frames(task, pc, frame)
            .filter(|(function, _)| function.callback.is_some_and(is_pre_exit))
            .map(|(_, frame)| self.get(frame + 1))
            .find(|&ops| self.ops_number(ops).is_some());
        if let Some(ops) = callback {
            let lock = self.describe(lock);
            self.break_on(Row::CallbackContext, ops, Value::NULL, |ops, _| {
                format!("pre_exit of {ops} takes {lock}: all other namespaces wait for whoever holds it")
            });
        }
    }
}
