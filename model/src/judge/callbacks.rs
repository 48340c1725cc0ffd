//! Callbacks: what a call of `init` or `exit` alone can break.

use super::Row;
use super::ledger::{
    DEVICE, DISTURBED, DYING, FAILED, HAS_EXIT, HAS_INIT, NONE, NUMBER, PHASE, PUBLISHED, REGISTERED,
    REGISTERING, UNREGISTERING,
};
use super::walk::Listed;
use crate::machine::program::{Contract, Part, TaskId};
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;

impl<'p> World<'p> {
    pub(super) fn callback_name(&self, callback: u16) -> &'p str {
        &self.program.callback_names[usize::from(callback)]
    }
}

impl World<'_> {
    /// A task enters a callback.
    pub(crate) fn judge_enter(&mut self, task: TaskId, callback: u16, ops: Value, net: Value) {
        if !self.judged() {
            return;
        }
        let Some(number) = self.ops_number(ops) else { return };
        let part = self.program.judged.parts[usize::from(callback)];
        if part == Part::Door {
            self.request_entered(callback, ops, net);
            return;
        }
        let phase = self.phase(ops);
        if phase == NONE && !self.is_listed_ops(ops) {
            let name = self.callback_name(callback);
            self.break_on(Row::AfterUnregister, ops, net, |ops, _| {
                format!("{name} of {ops} runs, which is not registered")
            });
        }
        if matches!(phase, REGISTERING | UNREGISTERING) && self.ops_word(ops) & DISTURBED != 0 {
            self.break_on(Row::Frozen, ops, net, |ops, _| {
                format!("net_list changed while {ops} was being (un)registered")
            });
        }
        if self.is_net(net) {
            if !self.is_live_net(net) {
                self.dead_net(callback, ops, net);
            } else if part == Part::Init {
                self.slot_holds(ops, net);
                self.init_entered(ops, net);
                self.set_phase_there(number, net, 0);
            } else {
                let taken_down = self.is_taken_down(task, ops);
                self.phase_entered(callback, ops, net, taken_down);
            }
        } else {
            self.batch_entered(task, callback, ops, net);
        }
        self.context_entered(task, callback, ops, net);
    }

    pub(super) fn dead_net(&mut self, callback: u16, ops: Value, net: Value) {
        let name = self.callback_name(callback);
        self.break_on(Row::DeadNet, ops, net, |ops, net| format!("{name} of {ops} on {net}, which is freed"));
    }

    /// A callback of many namespaces: it is that of each on the list that it is given.
    fn batch_entered(&mut self, task: TaskId, callback: u16, ops: Value, head: Value) {
        let taken_down = self.is_taken_down(task, ops);
        let mut at = head;
        while let Ok(net) = crate::machine::verbs::list::walk(self, head, at, false) {
            if net == head {
                break;
            }
            if self.is_live_net(net) {
                self.phase_entered(callback, ops, net, taken_down);
            }
            at = net;
        }
    }

    /// Does a task that calls an ops take down a namespace, rather than unregister the ops or undo its registration?
    fn is_taken_down(&self, task: TaskId, ops: Value) -> bool {
        match self.phase(ops) {
            NONE => false,
            REGISTERED => true,
            // Somebody may only wait to do so.
            _ => {
                let (pc, frame) = self.now;
                let registers =
                    |contract| !matches!(contract, Contract::CopyNetNs | Contract::GetNet | Contract::PutNet);
                let mut frames = self.frames(task, pc, frame);
                !frames.any(|(function, frame)| {
                    function.contract.is_some_and(registers) && self.get(frame + 1) == ops
                })
            }
        }
    }

    /// One phase of taking an ops down in a namespace.
    fn phase_entered(&mut self, callback: u16, ops: Value, net: Value, taken_down: bool) {
        let part = self.program.judged.parts[usize::from(callback)];
        if self.is_last(part, ops) {
            self.exit_entered(callback, ops, net, taken_down);
        } else if part < Part::Exit && !self.inited_there(ops, net) && !self.may_have_passed(ops, net) {
            let name = self.callback_name(callback);
            self.break_on(Row::Paired, ops, net, |ops, net| {
                format!("{name} of {ops} on {net}, whose init had not succeeded")
            });
        }
        self.slot_holds(ops, net);
        if taken_down && part > Part::PreExit {
            self.forgotten(net, "is being taken down");
        }
        self.phase_in_order(callback, ops, net, taken_down);
    }

    /// Is it the phase behind which an ops is not set up any more: `exit`, or what there is in its place?
    pub(super) fn is_last(&self, part: Part, ops: Value) -> bool {
        let roles = &self.program.roles;
        match part {
            Part::Exit => true,
            Part::Batch => !self.has(ops, roles.exit),
            Part::Rtnl => !self.has(ops, roles.exit) && !self.has(ops, roles.exit_batch),
            Part::Init | Part::PreExit | Part::Door => false,
        }
    }

    fn init_entered(&mut self, ops: Value, net: Value) {
        if self.inited_there(ops, net) {
            self.break_on(Row::Paired, ops, net, |ops, net| {
                format!("init of {ops} on {net}, where it is set up already")
            });
        }
        let flags = self.net_flags(net);
        if flags & PUBLISHED != 0 && !self.is_listed(net) {
            self.break_on(Row::DeadNet, ops, net, |ops, net| {
                format!("init of {ops} on {net}, which has left net_list")
            });
        }
        if flags & PUBLISHED != 0 || self.phase(ops) != REGISTERED {
            return;
        }
        if flags & FAILED != 0 {
            self.break_on(Row::Paired, ops, net, |ops, net| {
                format!("init of {ops} on {net}, although an init before it failed there")
            });
        }
        self.init_in_order(ops, net);
    }

    /// The order of a creation.
    fn init_in_order(&mut self, ops: Value, net: Value) {
        let device = self.is_device(ops);
        let (mut early, mut wrong, mut behind) = (None, None, false);
        let mut listed = Listed::from_first(self);
        while let Some(other) = listed.next(self) {
            let word = self.ops_word(other);
            if word & HAS_INIT != 0 {
                let inited = self.is_inited(word >> NUMBER, net);
                if behind && inited && early.is_none() {
                    early = Some(other);
                }
                let other_class = word & PHASE == REGISTERED && (word & DEVICE != 0) != device;
                if other_class && inited != device && wrong.is_none() {
                    wrong = Some(other);
                }
            }
            behind |= other == ops;
        }
        if let Some(other) = early {
            let other = self.describe(other);
            self.break_on(Row::InitOrder, ops, net, |ops, net| {
                format!("init of {ops} on {net} after that of {other}, which is listed behind it")
            });
        }
        if let Some(other) = wrong {
            let other = self.describe(other);
            self.break_on(Row::ClassOrder, ops, net, |ops, net| match device {
                true => format!("init of the device {ops} on {net} before that of the subsys {other}"),
                false => format!("init of the subsys {ops} on {net} after that of the device {other}"),
            });
        }
    }

    /// Where a creation ends before the next init, no event tells that it has passed an ops without one.
    fn may_have_passed(&self, ops: Value, net: Value) -> bool {
        !self.has_init(ops) && self.net_flags(net) & (PUBLISHED | FAILED) == 0
    }

    fn exit_entered(&mut self, callback: u16, ops: Value, net: Value, taken_down: bool) {
        let part = self.program.judged.parts[usize::from(callback)];
        if !self.inited_there(ops, net) && !self.may_have_passed(ops, net) {
            let undone = self.net_flags(net) & FAILED != 0 && !self.has_init(ops);
            let row = if undone { Row::Undo } else { Row::Paired };
            let name = if part == Part::Rtnl { self.callback_name(callback) } else { "exit" };
            self.break_on(row, ops, net, |ops, net| {
                format!("{name} of {ops} on {net}, whose init had not succeeded")
            });
        }
        if taken_down && part != Part::Rtnl {
            self.taken_down(ops, net);
        }
        self.set_inited(self.ops_word(ops) >> NUMBER, net, false);
    }

    /// A phase of a namespace's destruction, or of the undo of its creation: nobody may find it any more.
    pub(super) fn taken_down_unseen(&mut self, name: &str, ops: Value, net: Value) {
        if self.is_listed(net) {
            self.set_net_flags(net, DYING);
            self.break_on(Row::Visible, ops, net, |ops, net| {
                format!("{name} of {ops} on {net}, which is still on net_list")
            });
        }
    }

    /// An exit of a namespace's destruction, or of the undo of its creation.
    fn taken_down(&mut self, ops: Value, net: Value) {
        self.taken_down_unseen("exit", ops, net);
        self.before_all_others("exit", ops, net, |_, _, word| word & HAS_EXIT != 0);
    }

    /// A callback returns.
    pub(crate) fn judge_leave(&mut self, task: TaskId, callback: u16, ops: Value, net: Value, result: Value) {
        if !self.judged() {
            return;
        }
        let Some(number) = self.ops_number(ops) else { return };
        match self.program.judged.parts[usize::from(callback)] {
            Part::Init if self.is_live_net(net) => {}
            Part::Rtnl => return self.rtnl_left(task, callback, ops),
            _ => return,
        }
        if result == Value::NULL {
            self.set_inited(number, net, true);
        } else if self.net_flags(net) & PUBLISHED == 0 {
            self.set_net_flags(net, FAILED);
            self.owe_exits_before(ops, net);
        }
    }

    /// A creation failed at an ops: those before it that have no `init` count as set up, and their exit is owed.
    fn owe_exits_before(&mut self, failed: Value, net: Value) {
        let mut listed = Listed::from_first(self);
        while let Some(ops) = listed.next(self).filter(|&ops| ops != failed) {
            self.count_absent_init(ops, net);
        }
    }

    /// An absent `init` counts as succeeded.
    pub(super) fn count_absent_init(&mut self, ops: Value, net: Value) {
        if let Some(number) = self.ops_number(ops)
            && !self.has_init(ops)
        {
            self.set_inited(number, net, true);
        }
    }
}
