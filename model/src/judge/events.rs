//! Events keep the ledger, and break what an event alone can break.

use super::ledger::{
    CHANGED, DEVICE, DISTURBED, FAILED, NONE, PUBLISHED, REGISTERED, REGISTERING, SET_UP, UNASKED,
    UNREGISTERING,
};
use super::walk::{Listed, Nets};
use super::{Broken, Row};
use crate::machine::code::Pc;
use crate::machine::program::{Contract, TaskId};
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;
use alloc::string::String;

impl World<'_> {
    pub(super) fn break_row(&mut self, row: Row, why: String) {
        if self.broken.as_ref().is_none_or(|broken| row < broken.row) {
            self.broken = Some(Broken { row, why, pc: None });
        }
    }

    /// Breaks a row because of one ops and one namespace. Their names are made only now, when they are needed.
    pub(super) fn break_on(
        &mut self,
        row: Row,
        ops: Value,
        net: Value,
        why: impl FnOnce(&str, &str) -> String,
    ) {
        let why = why(&self.describe(ops), &self.describe(net));
        self.break_row(row, why);
    }

    fn break_if(&mut self, row: Row, why: Option<String>) {
        if let Some(why) = why {
            self.break_row(row, why);
        }
    }

    /// Boot is over: what it listed is in use.
    pub(crate) fn judge_after_boot(&mut self) {
        if self.judged() {
            let (mut nets, mut any) = (Nets::default(), false);
            while let Some(net) = nets.next_live(self) {
                if self.is_listed(net) {
                    self.set_net_flags(net, SET_UP);
                    any = true;
                }
            }
            if any {
                self.at_first = self.balance();
            }
        }
    }

    /// A function of the contract is called, at this instruction.
    pub(crate) fn judge_call(&mut self, pc: Pc, contract: Contract, ops: Value) {
        if !self.judged() || self.ops_number(ops).is_none() {
            return;
        }
        // It is the last of the rows: what broke before in this step comes first.
        if self.broken.is_none()
            && let Some(why) = self.wrong_call(contract, ops)
        {
            self.broken = Some(Broken { row: Row::LinkedOnce, why, pc: Some(pc) });
        }
        let word = self.ops_word(ops);
        match contract {
            Contract::RegisterSubsys | Contract::RegisterDevice => {
                let kind = if contract == Contract::RegisterDevice { DEVICE } else { 0 };
                self.set_ops_word(ops, word & (CHANGED | DISTURBED) | REGISTERING | kind);
            }
            Contract::UnregisterSubsys | Contract::UnregisterDevice => {
                self.set_ops_word(ops, word & (CHANGED | DISTURBED | DEVICE) | UNREGISTERING);
            }
            Contract::CopyNetNs | Contract::GetNet | Contract::PutNet => {}
        }
    }

    /// `linked_once`: why an ops may not be (un)registered as it is now.
    fn wrong_call(&self, contract: Contract, ops: Value) -> Option<String> {
        let registered = self.phase(ops) == REGISTERED;
        let device = self.ops_word(ops) & DEVICE != 0;
        match contract {
            Contract::RegisterSubsys | Contract::RegisterDevice => {
                registered.then(|| format!("{} is registered a second time", self.describe(ops)))
            }
            Contract::UnregisterSubsys | Contract::UnregisterDevice if !registered => {
                Some(format!("{} is unregistered and is not registered", self.describe(ops)))
            }
            Contract::UnregisterSubsys if device => Some(self.other_kind(ops, "device", "subsys")),
            Contract::UnregisterDevice if !device => Some(self.other_kind(ops, "subsys", "device")),
            _ => None,
        }
    }

    fn other_kind(&self, ops: Value, was: &str, now: &str) -> String {
        format!("{} was registered as {was} and is unregistered as {now}", self.describe(ops))
    }

    /// A function of the contract returns.
    pub(crate) fn judge_return(&mut self, contract: Contract, argument: Value, result: Value) {
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
            self.id_is_its_own(ops);
            if self.program.roles.ops_link.is_none() {
                // Without a list there was no link to see: what is registered is set up.
                let mut nets = Nets::default();
                while let Some(net) = nets.next_live(self) {
                    self.count_absent_init(ops, net);
                }
            }
        } else {
            self.set_ops_word(ops, NONE);
            self.nothing_left(ops, number, was_register);
        }
        if self.is_quiet() {
            if registered {
                // If not, nothing was left of it: that was asked above.
                let why = self.paired_everywhere(ops);
                self.break_if(Row::Paired, why);
            }
            self.registrations_settled(word & DISTURBED != 0);
        } else {
            let word = self.ops_word(ops);
            self.set_ops_word(ops, word | UNASKED);
        }
    }

    /// Nothing is being registered any more. What can have changed besides the pairing of the last ops is that of those
    /// that were (un)registered while another one was; and what was published meanwhile, of which the last one, if it was not
    /// `disturbed`, or one of the others knows.
    fn registrations_settled(&mut self, disturbed: bool) {
        let unasked = |&address: &u32| self.word(address + self.program.judged.ops_ledger) & UNASKED != 0;
        let others = if self.program.judged.ops_at.iter().any(unasked) { self.ops_count() } else { 0 };
        for number in 0..others {
            let other = self.ops_value(number);
            let word = self.ops_word(other);
            if word & UNASKED != 0 {
                self.set_ops_word(other, word & !UNASKED);
                let why = self.paired_everywhere(other);
                self.break_if(Row::Paired, why);
            }
        }
        let why = self.boundary();
        self.break_if(Row::Boundary, why);
        if !disturbed && others == 0 {
            return;
        }
        // What was published meanwhile was not asked about.
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            if self.net_flags(net) & (PUBLISHED | SET_UP) == PUBLISHED && self.is_listed(net) {
                let why = self.visible_too_early(net);
                self.break_if(Row::Visible, why);
            }
        }
    }

    /// After a failed registration, or an unregistration: the ops is on no list and set up nowhere.
    fn nothing_left(&mut self, ops: Value, number: u32, was_register: bool) {
        let (row, what) = if was_register {
            (Row::Undo, "its registration failed")
        } else {
            (Row::Paired, "it was unregistered")
        };
        let may_be_left = !was_register || self.has_init(ops);
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            if self.inited_there(ops, net) {
                if self.has_exit(ops) && may_be_left {
                    self.break_on(row, ops, net, |ops, net| {
                        format!("{ops} is still set up in {net}, although {what}")
                    });
                }
                self.set_inited(number, net, false);
            }
            self.set_phase_there(number, net, 0);
        }
        if self.is_listed_ops(ops) {
            let row = if was_register { Row::Undo } else { Row::LinkedOnce };
            let why = format!("{} is still on pernet_list, although {what}", self.describe(ops));
            self.break_row(row, why);
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
            let mut nets = Nets::default();
            while let Some(net) = nets.next_live(self).filter(|_| !self.has_init(ops)) {
                if self.is_listed(net) || self.program.roles.net_link.is_none() {
                    self.count_absent_init(ops, net);
                }
            }
        } else if roles.net_link == Some(link.ty()) {
            let net = self.entry(link);
            self.net_list_changed();
            self.set_net_flags(net, PUBLISHED);
            let mut listed = Listed::from_first(self);
            while let Some(ops) = listed.next(self) {
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
        for number in 0..self.ops_count() {
            let ops = self.ops_value(number);
            let word = self.ops_word(ops);
            if word & CHANGED != 0 {
                self.set_ops_word(ops, word | DISTURBED);
            }
        }
    }

    /// `first_device` was written: inside a call of the contract this is its first list change; elsewhere the boundary
    /// must be right at once.
    pub(crate) fn judge_boundary_moved(&mut self, task: TaskId, pc: u32, frame: u32) {
        if !self.judged() {
            return;
        }
        let registration = self.frames(task, pc, frame).find(|(function, _)| {
            matches!(
                function.contract,
                Some(
                    Contract::RegisterSubsys
                        | Contract::RegisterDevice
                        | Contract::UnregisterSubsys
                        | Contract::UnregisterDevice
                )
            )
        });
        if let Some((_, frame)) = registration {
            let ops = self.get(frame + 1);
            if self.ops_number(ops).is_some() {
                self.mark_changed(ops);
            }
            return;
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
        self.forgotten(object, "is freed");
        let failed = self.net_flags(object) & FAILED != 0;
        let published = self.net_flags(object) & PUBLISHED != 0;
        let all = (0..self.ops_count()).map(|number| self.ops_value(number));
        let left = all.into_iter().find(|&ops| self.inited_there(ops, object) && self.has_exit(ops));
        if let Some(ops) = left {
            let row = if failed && !published { Row::Undo } else { Row::Paired };
            self.break_on(row, ops, object, |ops, net| {
                format!("{net} is freed, and exit of {ops} never ran on it")
            });
        }
    }

    /// The ops whose callback a task runs: it owns what the task defers.
    pub(crate) fn judge_owner(&self, task: TaskId) -> Value {
        if !self.judged() {
            return Value::NULL;
        }
        let (pc, frame) = self.now;
        let callbacks = self.frames(task, pc, frame).filter(|(function, _)| function.callback.is_some());
        let mut objects = callbacks.map(|(_, frame)| self.get(frame + 1));
        objects.find(|&object| self.ops_number(object).is_some()).unwrap_or(Value::NULL)
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
