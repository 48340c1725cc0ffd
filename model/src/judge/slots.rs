//! Slots and ids: what is kept for an ops in each namespace, and what namespaces call each other.

use super::Row;
use super::known::Slots;
use super::ledger::{NUMBER, REGISTERED};
use super::walk::Nets;
use crate::machine::program::{Part, Place};
use crate::machine::value::Value;
use crate::machine::world::{FREED, World};
use alloc::format;
use alloc::string::String;

impl World<'_> {
    /// A callback of an ops begins in a namespace: its slot there holds data.
    #[inline(always)]
    pub(super) fn slot_holds(&mut self, ops: Value, net: Value) {
        if let Some(slots) = self.program.judged.known.slots {
            self.slot_holds_data(slots, ops, net);
        }
    }

    fn slot_holds_data(&mut self, slots: Slots, ops: Value, net: Value) {
        if self.wants_id(slots, ops)
            && self.get(ops.address() + slots.size) != Value::NULL
            && let Some(why) = self.slot_is_wrong(slots, ops, net)
        {
            self.break_row(Row::Slot, why);
        }
    }

    fn wants_id(&self, slots: Slots, ops: Value) -> bool {
        self.get(ops.address() + slots.wants.unwrap_or(slots.size)) != Value::NULL
    }

    fn slot_is_wrong(&self, slots: Slots, ops: Value, net: Value) -> Option<String> {
        let array = self.get(net.address() + slots.array);
        let Place::Object(strukt) = self.program.place(array.ty()) else {
            return Some(format!(
                "{} has no slots, and one of them is {}'s",
                self.describe(net),
                self.describe(ops)
            ));
        };
        if !self.is_dynamic(array.address()) {
            return None;
        }
        let id = self.get(ops.address() + slots.id).as_int()?;
        let header = self.header(array.address());
        let (name, whose) = (self.describe(net), self.describe(ops));
        if header.status == FREED {
            return Some(format!("the slots of {name} are freed, and one of them is {whose}'s"));
        }
        let field = self.program.field(strukt, slots.elements)?;
        let at = u32::try_from(id - slots.first).ok().filter(|&at| at < header.len);
        let Some(at) = at else {
            return Some(format!(
                "slot {id} of {name}, which is {whose}'s, lies outside of the {} that there are",
                header.len
            ));
        };
        let first = self.program.structs[usize::from(strukt)].size + u32::from(field.offset) * header.len;
        let data = self.get(array.address() + first + at);
        if data == Value::NULL {
            return Some(format!("slot {id} of {name}, which is {whose}'s, is empty"));
        }
        let is_freed = matches!(self.program.place(data.ty()), Place::Object(_))
            && self.is_dynamic(data.address())
            && self.header(data.address()).status == FREED;
        is_freed.then(|| format!("slot {id} of {name}, which is {whose}'s, holds what is freed"))
    }

    /// An ops has been registered: nobody else has its id.
    #[inline(always)]
    pub(super) fn id_is_its_own(&mut self, ops: Value) {
        if let Some(slots) = self.program.judged.known.slots {
            self.id_is_nobody_elses(slots, ops);
        }
    }

    fn id_is_nobody_elses(&mut self, slots: Slots, ops: Value) {
        if !self.wants_id(slots, ops) {
            return;
        }
        let id = self.get(ops.address() + slots.id);
        let own = self.ops_word(ops) >> NUMBER;
        let other =
            (0..self.ops_count()).filter(|&number| number != own).map(|number| self.ops_value(number));
        let mut other = other.filter(|&other| self.phase(other) == REGISTERED && self.wants_id(slots, other));
        if let Some(other) = other.find(|other| self.get(other.address() + slots.id) == id) {
            let (one, two, id) = (self.describe(ops), self.describe(other), self.describe(id));
            self.break_row(Row::Slot, format!("{one} is registered with id {id}, which {two} has"));
        }
    }

    /// A namespace is given an id in a table of another one.
    pub(crate) fn judge_id_given(&mut self, table: Value, peer: Value) {
        let Some((ty, ids)) = self.program.judged.known.ids.filter(|_| self.judged()) else { return };
        if table.ty() != ty || !self.is_net(peer) {
            return;
        }
        let owner = self.object(self.program.roles.net, table.address() - ids);
        if self.is_listed(owner) && self.is_gone(peer) {
            self.break_on(Row::Nsid, owner, peer, |owner, peer| {
                format!("{owner} gives an id to {peer}, which is being taken down")
            });
        }
    }

    /// Is a namespace freed, or has the first phase behind its `pre_exit` begun?
    fn is_gone(&self, net: Value) -> bool {
        !self.is_live_net(net)
            || self.program.judged.phases
                && !self.is_listed(net)
                && self.stage(net) > super::phases::number(Part::PreExit)
    }

    /// `nsid`, over the whole state.
    pub(super) fn known_by_the_living(&self) -> Option<String> {
        let (_, ids) = self.program.judged.known.ids?;
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            let table = net.address() + ids;
            let mut known = (table..table + self.program.layout.ids).map(|cell| self.get(cell));
            let gone = known.find(|&known| self.is_net(known) && self.is_gone(known));
            if let Some(gone) = gone.filter(|_| self.is_listed(net)) {
                let (net, gone) = (self.describe(net), self.describe(gone));
                return Some(format!("{net} has an id for {gone}, which is being taken down"));
            }
        }
        None
    }

    /// A namespace is being taken down, or its memory goes: no living one knows it by an id any more.
    #[inline(always)]
    pub(super) fn forgotten(&mut self, net: Value, what: &str) {
        if let Some((_, ids)) = self.program.judged.known.ids {
            self.forgotten_by_all(ids, net, what);
        }
    }

    fn forgotten_by_all(&mut self, ids: u32, net: Value, what: &str) {
        let mut nets = Nets::default();
        while let Some(other) = nets.next_live(self) {
            if other == net || !self.is_listed(other) {
                continue;
            }
            let table = other.address() + ids;
            if (table..table + self.program.layout.ids).any(|cell| self.get(cell) == net) {
                let (name, other) = (self.describe(net), self.describe(other));
                self.break_row(Row::Nsid, format!("{name} {what}, and {other} still has an id for it"));
                return;
            }
        }
    }
}
