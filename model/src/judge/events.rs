//! Events keep the ledger, and break what an event alone can break.

use super::ledger::{
    CHANGED, DEVICE, DISTURBED, DYING, FAILED, NONE, PUBLISHED, REGISTERED, REGISTERING, SET_UP,
    UNREGISTERING,
};
use super::{Broken, Row};
use crate::machine::program::{Contract, TaskId};
use crate::machine::value::Value;
use crate::machine::world::{World, unpack};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl World<'_> {
    fn break_row(&mut self, row: Row, why: String) {
        if self.broken.as_ref().is_none_or(|broken| row < broken.row) {
            self.broken = Some(Broken { row, why, pc: None });
        }
    }

    fn break_if(&mut self, row: Row, why: Option<String>) {
        if let Some(why) = why {
            self.break_row(row, why);
        }
    }

    fn all_ops(&self) -> impl Iterator<Item = Value> + use<'_> {
        (0..u32::try_from(self.program.ops.len()).expect("few ops")).map(|number| self.ops_value(number))
    }

    fn live_nets(&self) -> Vec<Value> {
        let mut nets = Vec::new();
        self.each_net(|net, live| {
            if live {
                nets.push(net);
            }
        });
        nets
    }

    /// Boot is over: what it listed is in use.
    pub(crate) fn judge_after_boot(&mut self) {
        if self.judged() {
            for net in self.live_nets() {
                if self.is_listed(net) {
                    self.set_net_flags(net, SET_UP);
                }
            }
        }
    }

    /// A function of the contract is called.
    pub(crate) fn judge_call(&mut self, _: TaskId, contract: Contract, ops: Value) {
        if !self.judged() || self.ops_number(ops).is_none() {
            return;
        }
        let word = self.ops_word(ops);
        let (phase, device) = (self.phase(ops), word & DEVICE != 0);
        let name = self.describe(ops);
        match contract {
            Contract::RegisterSubsys | Contract::RegisterDevice => {
                if phase == REGISTERED {
                    self.break_row(Row::LinkedOnce, format!("{name} is registered a second time"));
                }
                let kind = if contract == Contract::RegisterDevice { DEVICE } else { 0 };
                self.set_ops_word(ops, word & (CHANGED | DISTURBED) | REGISTERING | kind);
            }
            Contract::UnregisterSubsys | Contract::UnregisterDevice => {
                let as_device = contract == Contract::UnregisterDevice;
                if phase != REGISTERED {
                    self.break_row(Row::LinkedOnce, format!("{name} is unregistered and is not registered"));
                } else if device != as_device {
                    let (was, now) = if device { ("device", "subsys") } else { ("subsys", "device") };
                    self.break_row(
                        Row::LinkedOnce,
                        format!("{name} was registered as {was} and is unregistered as {now}"),
                    );
                }
                self.set_ops_word(ops, word & (CHANGED | DISTURBED | DEVICE) | UNREGISTERING);
            }
            Contract::CopyNetNs | Contract::GetNet | Contract::PutNet => {}
        }
    }

    /// A function of the contract returns.
    pub(crate) fn judge_return(&mut self, _: TaskId, contract: Contract, argument: Value, result: Value) {
        if !self.judged() {
            return;
        }
        match contract {
            Contract::CopyNetNs => {
                if self.is_live_net(result) && self.is_listed(result) {
                    self.set_net_flags(result, SET_UP);
                    if self.is_quiet() {
                        let why = self.paired_in(result);
                        self.break_if(Row::Paired, why);
                    }
                }
            }
            Contract::GetNet | Contract::PutNet => {}
            Contract::RegisterSubsys | Contract::RegisterDevice => {
                self.registration_over(argument, result == Value::NULL, true);
            }
            Contract::UnregisterSubsys | Contract::UnregisterDevice => {
                self.registration_over(argument, false, false)
            }
        }
    }

    fn registration_over(&mut self, ops: Value, registered: bool, was_register: bool) {
        let Some(number) = self.ops_number(ops) else { return };
        let word = self.ops_word(ops);
        if word & CHANGED != 0 {
            *self.changing() -= 1;
        }
        if registered {
            self.set_ops_word(ops, word & DEVICE | REGISTERED);
            if self.program.roles.ops_link.is_none() {
                // Without a list there was no link to see: what is registered is set up.
                for net in self.live_nets() {
                    self.count_absent_init(ops, net);
                }
            }
        } else {
            self.set_ops_word(ops, NONE);
            self.nothing_left(ops, number, was_register);
        }
        if self.is_quiet() {
            let (paired, boundary) = (self.paired(), self.boundary());
            self.break_if(Row::Paired, paired);
            self.break_if(Row::Boundary, boundary);
        }
    }

    /// After a failed registration, or an unregistration: the ops is on no list and set up nowhere.
    fn nothing_left(&mut self, ops: Value, number: u32, was_register: bool) {
        let name = self.describe(ops);
        let (row, what) = if was_register {
            (Row::Undo, "its registration failed")
        } else {
            (Row::Paired, "it was unregistered")
        };
        let may_be_left = !was_register || self.has_init(ops);
        for net in self.live_nets() {
            if self.inited(ops, net) {
                if self.has_exit(ops) && may_be_left {
                    let why = format!("{name} is still set up in {}, although {what}", self.describe(net));
                    self.break_row(row, why);
                }
                self.set_inited(number, net, false);
            }
        }
        if self.is_listed_ops(ops) {
            let row = if was_register { Row::Undo } else { Row::LinkedOnce };
            self.break_row(row, format!("{name} is still on pernet_list, although {what}"));
        }
    }

    /// A callback is entered.
    pub(crate) fn judge_enter(&mut self, _: TaskId, callback: u16, ops: Value, net: Value) {
        if !self.judged() {
            return;
        }
        let Some(number) = self.ops_number(ops) else { return };
        let phase = self.phase(ops);
        if phase == NONE && !self.is_listed_ops(ops) {
            let why = format!(
                "{} of {} runs, which is not registered",
                self.callback_name(callback),
                self.describe(ops)
            );
            self.break_row(Row::AfterUnregister, why);
        }
        if matches!(phase, REGISTERING | UNREGISTERING) && self.ops_word(ops) & DISTURBED != 0 {
            let why = format!("net_list changed while {} was being (un)registered", self.describe(ops));
            self.break_row(Row::Frozen, why);
        }
        if self.program.roles.exit_batch == Some(callback) && !self.has(ops, self.program.roles.exit) {
            for net in self.batch(net) {
                self.exit_entered(number, ops, net, phase);
            }
        }
        if !self.is_net(net) {
            return;
        }
        if !self.is_live_net(net) {
            let why = format!(
                "{} of {} on {}, which is freed",
                self.callback_name(callback),
                self.describe(ops),
                self.describe(net)
            );
            self.break_row(Row::DeadNet, why);
        } else if self.program.roles.init == Some(callback) {
            self.init_entered(ops, net);
        } else if self.program.roles.exit == Some(callback) {
            self.exit_entered(number, ops, net, phase);
        }
    }

    /// The namespaces on a list that a batch callback is given.
    fn batch(&self, head: Value) -> Vec<Value> {
        let mut nets = Vec::new();
        let mut at = head;
        while let Ok(net) = crate::machine::verbs::list::walk(self, head, at, false) {
            if net == head {
                break;
            }
            nets.push(net);
            at = net;
        }
        nets
    }

    fn callback_name(&self, callback: u16) -> &str {
        &self.program.callback_names[usize::from(callback)]
    }

    fn init_entered(&mut self, ops: Value, net: Value) {
        let (name, place) = (self.describe(ops), self.describe(net));
        if self.inited(ops, net) {
            self.break_row(Row::Paired, format!("init of {name} on {place}, where it is set up already"));
        }
        let flags = self.net_flags(net);
        if flags & PUBLISHED != 0 && !self.is_listed(net) {
            self.break_row(Row::DeadNet, format!("init of {name} on {place}, which has left net_list"));
        }
        if flags & PUBLISHED != 0 || self.phase(ops) != REGISTERED {
            return;
        }
        if flags & FAILED != 0 {
            self.break_row(
                Row::Paired,
                format!("init of {name} on {place}, although an init before it failed there"),
            );
        }
        let listed = self.listed_ops();
        let later = listed.iter().skip_while(|&&other| other != ops).skip(1);
        let early = later.copied().find(|&other| self.inited(other, net) && self.has_init(other));
        self.break_if(
            Row::InitOrder,
            early.map(|other| {
                format!(
                    "init of {name} on {place} after that of {}, which is listed behind it",
                    self.describe(other)
                )
            }),
        );
        let device = self.is_device(ops);
        let wrong = listed.iter().copied().find(|&other| {
            self.phase(other) == REGISTERED
                && self.has_init(other)
                && self.is_device(other) != device
                && self.inited(other, net) != device
        });
        self.break_if(
            Row::ClassOrder,
            wrong.map(|other| match device {
                true => format!(
                    "init of the device {name} on {place} before that of the subsys {}",
                    self.describe(other)
                ),
                false => format!(
                    "init of the subsys {name} on {place} after that of the device {}",
                    self.describe(other)
                ),
            }),
        );
    }

    fn exit_entered(&mut self, number: u32, ops: Value, net: Value, phase: u32) {
        if !self.is_live_net(net) {
            return;
        }
        let (name, place) = (self.describe(ops), self.describe(net));
        if !self.inited(ops, net) {
            let failed = self.net_flags(net) & FAILED != 0 && !self.has_init(ops);
            let row = if failed { Row::Undo } else { Row::Paired };
            self.break_row(row, format!("exit of {name} on {place}, whose init had not succeeded"));
        }
        if phase == REGISTERED {
            self.taken_down(ops, net, &name, &place);
        }
        self.set_inited(number, net, false);
    }

    /// An exit of a namespace's destruction, or of the undo of its creation.
    fn taken_down(&mut self, ops: Value, net: Value, name: &str, place: &str) {
        if self.is_listed(net) {
            self.set_net_flags(net, DYING);
            self.break_row(Row::Visible, format!("exit of {name} on {place}, which is still on net_list"));
        }
        let listed = self.listed_ops();
        let later = listed.iter().skip_while(|&&other| other != ops).skip(1);
        let waits = |&other: &Value| {
            self.phase(other) == REGISTERED && self.has_exit(other) && self.inited(other, net)
        };
        let left = later.copied().find(waits);
        let device = listed.iter().copied().filter(|&other| self.is_device(other)).find(waits);
        self.break_if(
            Row::ExitOrder,
            left.map(|other| {
                format!(
                    "exit of {name} on {place} before that of {}, which is listed behind it",
                    self.describe(other)
                )
            }),
        );
        if !self.is_device(ops) {
            self.break_if(
                Row::ClassOrder,
                device.map(|other| {
                    format!(
                        "exit of the subsys {name} on {place} before that of the device {}",
                        self.describe(other)
                    )
                }),
            );
        }
    }

    /// A callback returns.
    pub(crate) fn judge_leave(&mut self, _: TaskId, callback: u16, ops: Value, net: Value, result: Value) {
        if !self.judged() || self.program.roles.init != Some(callback) || !self.is_live_net(net) {
            return;
        }
        let Some(number) = self.ops_number(ops) else { return };
        // A body that ends without `return` has succeeded, as an empty one has.
        if result == Value::NULL || result.is_unset() {
            self.set_inited(number, net, true);
        } else if self.net_flags(net) & PUBLISHED == 0 {
            self.set_net_flags(net, FAILED);
            self.owe_exits_before(ops, net);
        }
    }

    /// A creation failed at an ops: those before it that have no `init` count as set up, and their exit is owed.
    fn owe_exits_before(&mut self, failed: Value, net: Value) {
        let listed = self.listed_ops();
        for &ops in listed.iter().take_while(|&&ops| ops != failed) {
            self.count_absent_init(ops, net);
        }
    }

    /// An absent `init` counts as succeeded.
    fn count_absent_init(&mut self, ops: Value, net: Value) {
        if let Some(number) = self.ops_number(ops)
            && !self.has_init(ops)
        {
            self.set_inited(number, net, true);
        }
    }

    /// A link was added to a list.
    pub(crate) fn judge_linked(&mut self, link: Value) {
        if !self.judged() {
            return;
        }
        let roles = &self.program.roles;
        if roles.ops_link == Some(link.ty()) {
            let ops = self.entry(link);
            self.ops_list_changed(ops);
            for net in self.live_nets() {
                if self.is_listed(net) {
                    self.count_absent_init(ops, net);
                }
            }
        } else if roles.net_link == Some(link.ty()) {
            let net = self.entry(link);
            self.net_list_changed();
            self.set_net_flags(net, PUBLISHED);
            for ops in self.listed_ops() {
                self.count_absent_init(ops, net);
            }
            if self.net_flags(net) & FAILED != 0 {
                self.break_row(
                    Row::Paired,
                    format!("{} is published, although an init failed in it", self.describe(net)),
                );
            }
            if self.is_quiet() {
                let why = self.visible_too_early(net);
                self.break_if(Row::Visible, why);
            }
        }
    }

    /// A link was taken off its list.
    pub(crate) fn judge_unlinked(&mut self, link: Value) {
        if !self.judged() {
            return;
        }
        if self.program.roles.ops_link == Some(link.ty()) {
            self.ops_list_changed(self.entry(link));
        } else if self.program.roles.net_link == Some(link.ty()) {
            self.net_list_changed();
        }
    }

    fn ops_list_changed(&mut self, ops: Value) {
        if self.ops_number(ops).is_none() {
            return;
        }
        let word = self.ops_word(ops);
        if matches!(self.phase(ops), REGISTERING | UNREGISTERING) {
            self.mark_changed(ops);
        } else if word & CHANGED == 0 && self.is_quiet() {
            let why = self.boundary();
            self.break_if(Row::Boundary, why);
        }
    }

    fn mark_changed(&mut self, ops: Value) {
        let word = self.ops_word(ops);
        if word & CHANGED == 0 {
            self.set_ops_word(ops, word | CHANGED);
            *self.changing() += 1;
        }
    }

    fn net_list_changed(&mut self) {
        if self.is_quiet() {
            return;
        }
        let walking: Vec<Value> = self.all_ops().filter(|&ops| self.ops_word(ops) & CHANGED != 0).collect();
        for ops in walking {
            let word = self.ops_word(ops);
            self.set_ops_word(ops, word | DISTURBED);
        }
    }

    /// `first_device` was written: inside a call of the contract this is its first list change; elsewhere the boundary
    /// must be right at once.
    pub(crate) fn judge_boundary_moved(&mut self, task: TaskId, pc: u32, frame: u32) {
        if !self.judged() {
            return;
        }
        let stack = self.segment(task).stack;
        let (mut pc, mut frame) = (pc, frame);
        loop {
            let function = self.program.function_at(pc);
            if let Some(
                Contract::RegisterSubsys
                | Contract::RegisterDevice
                | Contract::UnregisterSubsys
                | Contract::UnregisterDevice,
            ) = function.and_then(|function| function.contract)
            {
                let ops = self.get(frame + 1);
                if self.ops_number(ops).is_some() {
                    self.mark_changed(ops);
                }
                return;
            }
            if frame == stack {
                break;
            }
            let (caller, back) = unpack(self.word(frame));
            (pc, frame) = (caller, stack + back);
        }
        if self.is_quiet() {
            let why = self.boundary();
            self.break_if(Row::Boundary, why);
        }
    }

    /// An object is about to be freed.
    pub(crate) fn judge_freed(&mut self, object: Value) {
        if !self.judged() || !self.is_net(object) {
            return;
        }
        let failed = self.net_flags(object) & FAILED != 0;
        let published = self.net_flags(object) & PUBLISHED != 0;
        let left = self.all_ops().find(|&ops| self.inited(ops, object) && self.has_exit(ops));
        if let Some(ops) = left {
            let row = if failed && !published { Row::Undo } else { Row::Paired };
            self.break_row(row, format!("{} is freed, and exit of {} never ran on it", self.describe(object), self.describe(ops)));
        }
    }

    /// The ops whose callback a task runs: it owns what the task defers.
    pub(crate) fn judge_owner(&self, task: TaskId) -> Value {
        if !self.judged() {
            return Value::NULL;
        }
        let stack = self.segment(task).stack;
        let (mut pc, mut frame) = self.now;
        loop {
            if self.program.function_at(pc).is_some_and(|function| function.callback.is_some()) {
                let object = self.get(frame + 1);
                if self.ops_number(object).is_some() {
                    return object;
                }
            }
            if frame == stack {
                return Value::NULL;
            }
            let (caller, back) = unpack(self.word(frame));
            (pc, frame) = (caller, stack + back);
        }
    }

    /// Deferred work begins to run: its owner's module must not be gone.
    pub(crate) fn judge_deferred(&mut self, owner: Value, what: &str) {
        if self.judged()
            && self.ops_number(owner).is_some()
            && self.phase(owner) == NONE
            && !self.is_listed_ops(owner)
        {
            let why = format!(
                "{what} that a callback of {0} queued runs after the unregistration of {0}",
                self.describe(owner)
            );
            self.break_row(Row::AfterUnregister, why);
        }
    }
}
