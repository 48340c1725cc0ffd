//! What the judges look at and remember, at each instruction that they watch.

use super::Footprint;
use super::access::{Accesses, put};
use super::kinds::{Kinds, field_index};
use super::region::Region;
use crate::judge::asleep;
use crate::machine::code::Op;
use crate::machine::program::{Contract, Part, Place};
use crate::machine::value::PlaceType;
use crate::machine::verbs::VERBS;

impl Accesses<'_> {
    /// What the judges look at and remember.
    pub(super) fn judges(&mut self, func: u16, op: Op, into: &mut Footprint) {
        if !self.judged {
            return;
        }
        let program = self.program;
        match op {
            Op::Callback { object, callback, args, .. } => {
                let kinds = self.kinds.arg(program, func, object);
                let net = (args.len > 0)
                    .then(|| self.kinds.arg(program, func, program.operands[usize::from(args.at)]));
                self.judge_callback(callback, kinds, net, into);
            }
            Op::Return { src } => {
                let function = &program.functions[usize::from(func)];
                let nets = self.kinds.arg(program, func, src);
                let gives_net = nets.each().any(|(ty, _)| ty == program.judged.net);
                if let Some(callback) = function.callback {
                    let (object, net) = (self.kinds.slot(func, 1), self.kinds.slot(func, 2));
                    self.judge_callback(callback, object, Some(net), into);
                }
                match function.contract {
                    // Only a namespace that was made is looked at.
                    Some(Contract::CopyNetNs) if !gives_net => {}
                    Some(Contract::CopyNetNs) => {
                        self.judge_lists(into);
                        self.net_ledger(into, false, true);
                        self.put(into, Region::OpsLedger, false);
                    }
                    Some(Contract::GetNet | Contract::PutNet) | None => {}
                    Some(_) => {
                        self.judge_lists(into);
                        self.judge_slots(into);
                        self.net_ledger(into, false, true);
                        self.put(into, Region::OpsLedger, true);
                    }
                }
            }
            Op::Call { func: callee, .. } => match program.functions[usize::from(callee)].contract {
                Some(Contract::CopyNetNs | Contract::GetNet | Contract::PutNet) | None => {}
                Some(_) => self.put(into, Region::OpsLedger, true),
            },
            Op::StoreGlobal { cell, .. } if program.roles.first_device == Some(cell) => {
                self.judge_lists(into);
                self.put(into, Region::OpsLedger, true);
            }
            Op::TakeWork { .. } | Op::TakeRcu { .. } => {
                self.judge_lists(into);
                self.put(into, Region::OpsLedger, false);
            }
            Op::Verb { verb, .. }
                if VERBS[usize::from(verb)].name == "idr_alloc" && program.judged.known.ids.is_some() =>
            {
                self.judge_lists(into);
                self.net_ledger(into, false, false);
                self.freed(into, program.roles.net, false);
            }
            _ => {}
        }
    }

    fn judge_callback(&mut self, callback: u16, objects: Kinds, net: Option<Kinds>, into: &mut Footprint) {
        let program = self.program;
        if !objects.each().any(|(ty, _)| ty == program.judged.ops) {
            return;
        }
        self.judge_lists(into);
        self.put(into, Region::OpsLedger, false);
        let part = program.judged.parts[usize::from(callback)];
        if part != Part::Door {
            self.judge_slots(into);
        }
        if part.takes_down() {
            self.judge_ids(into);
        }
        // Without phases to tell apart, only the last one of an ops is written down.
        let keeps = match part {
            Part::Door => false,
            Part::PreExit => program.judged.phases,
            Part::Init | Part::Rtnl | Part::Exit | Part::Batch => true,
        };
        for (ty, own) in net.iter().flat_map(Kinds::each) {
            match program.place(ty) {
                _ if ty == program.judged.net => {
                    self.net_ledger(into, own, keeps);
                    self.freed(into, program.roles.net, own);
                }
                Place::Head { strukt, offset } if strukt == program.roles.net => {
                    self.put(into, Region::Links(strukt, offset), false);
                    self.net_ledger(into, false, keeps);
                    self.freed(into, program.roles.net, false);
                }
                _ => {}
            }
        }
    }

    /// The slot of an ops in a namespace, and what it holds.
    fn judge_slots(&mut self, into: &mut Footprint) {
        let program = self.program;
        let Some(slots) = program.judged.known.slots.filter(|_| !asleep(program).contains(&"slot")) else {
            return;
        };
        let field_at = |strukt: u16, offset: u32| {
            let fields = &program.structs[usize::from(strukt)].fields;
            fields.iter().position(|field| u32::from(field.offset) == offset && field.array != Some(None))
        };
        let (ops, net) = (program.roles.ops, program.roles.net);
        for (strukt, offset) in [(net, slots.array), (ops, slots.id), (ops, slots.size)] {
            if let Some(at) = field_at(strukt, offset).and_then(|at| u16::try_from(at).ok()) {
                self.put(into, Region::Field(strukt, at), false);
            }
        }
        for strukt in 0..u16::try_from(program.structs.len()).unwrap_or(u16::MAX) {
            if let Some(at) = field_index(program, strukt, slots.elements) {
                self.put(into, Region::Field(strukt, at), false);
            }
            // Any object may be an ops' data.
            self.freed(into, strukt, false);
        }
    }

    /// The ids that namespaces give to others.
    pub(super) fn judge_ids(&mut self, into: &mut Footprint) {
        if let Some((ty, _)) = self.program.judged.known.ids {
            self.put(into, Region::Thing(ty), false);
            if let Some(link) = self.program.roles.net_link {
                self.place(into, link, false, false);
            }
        }
    }

    pub(super) fn net_ledger(&mut self, into: &mut Footprint, own: bool, writes: bool) {
        let region = self.region(Region::NetLedger);
        put(into, region, own, writes);
    }

    /// Both lists and the boundary: judges walk them.
    fn judge_lists(&mut self, into: &mut Footprint) {
        let roles = &self.program.roles;
        let cell = roles.first_device;
        for link in [roles.ops_link, roles.net_link].into_iter().flatten() {
            self.place(into, link, false, false);
        }
        if let Some(cell) = cell {
            self.put(into, Region::Global(cell), false);
        }
    }

    /// Judges see what is linked and unlinked.
    pub(super) fn judge_list(&mut self, into: &mut Footprint, ty: PlaceType, writes: bool) {
        let roles = &self.program.roles;
        let same = |link: Option<PlaceType>| link.is_some_and(|link| self.same_links(link, ty));
        if writes && self.judged && (same(roles.ops_link) || same(roles.net_link)) {
            let other = [roles.ops_link, roles.net_link];
            for link in other.into_iter().flatten() {
                if let Place::Link { strukt, offset } = self.program.place(link) {
                    self.put(into, Region::Links(strukt, offset), false);
                }
            }
            if let Some(cell) = self.program.roles.first_device {
                self.put(into, Region::Global(cell), false);
            }
            self.put(into, Region::OpsLedger, true);
            self.net_ledger(into, false, true);
        }
    }

    fn same_links(&self, one: PlaceType, other: PlaceType) -> bool {
        let link = |ty| match self.program.place(ty) {
            Place::Link { strukt, offset } | Place::Head { strukt, offset } => Some((strukt, offset)),
            _ => None,
        };
        link(one).is_some() && link(one) == link(other)
    }
}
