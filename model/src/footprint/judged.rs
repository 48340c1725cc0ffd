//! What the judges look at and remember, at each instruction that they watch.
//!
//! What they remember of one namespace lies in it; some look at all namespaces, also at those that nobody else knows of yet.

use super::Footprint;
use super::access::{Access, Accesses, Part, put};
use super::kinds::{Kinds, field_index};
use super::region::Region;
use crate::judge::asleep;
use crate::machine::code::{Arg, Op, Pc};
use crate::machine::program::{Contract, Part as Phase, Place};
use crate::machine::verbs::VERBS;

impl Accesses<'_> {
    /// What the judges look at and remember.
    pub(super) fn judges(&mut self, func: u16, pc: Pc, into: &mut Access) {
        if !self.judged {
            return;
        }
        let program = self.program;
        match program.code[pc as usize].op {
            Op::Callback { object, callback, args, .. } => {
                let kinds = self.kinds.arg(program, pc, object);
                let net = (args.len > 0)
                    .then(|| self.kinds.arg(program, pc, program.operands[usize::from(args.at)]));
                self.judge_callback(callback, kinds, net, into);
            }
            Op::Return { src } => {
                let function = &program.functions[usize::from(func)];
                if let Some(callback) = function.callback {
                    let (object, net) = (self.kinds.slot(func, 1), self.kinds.slot(func, 2));
                    // Which namespace it is about is found in its frame.
                    let is_known = function.params > 0 && self.kinds.stays(func, 2);
                    let mut leaves = Access::default();
                    self.judge_callback(callback, object, Some(net), &mut leaves);
                    into.outside |= leaves.outside;
                    let nets = if is_known { &mut into.nets } else { &mut into.outside };
                    *nets |= leaves.nets;
                }
                let gives_net =
                    self.kinds.arg(program, pc, src).each().any(|(ty, _)| ty == program.judged.net);
                match function.contract {
                    // Only a namespace that was made is looked at.
                    Some(Contract::CopyNetNs) if !gives_net => {}
                    Some(Contract::CopyNetNs) => {
                        self.judge_ops(&mut into.outside);
                        self.net_link(&mut into.outside, false);
                        self.put(&mut into.outside, Region::NetLedger, true);
                    }
                    Some(Contract::GetNet | Contract::PutNet) | None => {}
                    Some(_) => {
                        self.boundary(&mut into.outside);
                        self.judge_slots(&mut into.outside);
                        self.every_net(&mut into.outside);
                        self.ops_change(&mut into.outside);
                    }
                }
            }
            Op::Call { func: callee, .. } => match program.functions[usize::from(callee)].contract {
                Some(Contract::CopyNetNs | Contract::GetNet | Contract::PutNet) | None => {}
                Some(_) => self.ops_change(&mut into.outside),
            },
            Op::StoreGlobal { cell, .. } if program.roles.first_device == Some(cell) => {
                self.boundary(&mut into.outside);
                self.ops_change(&mut into.outside);
            }
            Op::TakeWork { .. } | Op::TakeRcu { .. } if self.defers => {
                self.judge_ops(&mut into.outside);
            }
            Op::Verb { verb, .. }
                if VERBS[usize::from(verb)].name == "idr_alloc" && program.judged.known.ids.is_some() =>
            {
                self.net_link(&mut into.outside, false);
                self.put(&mut into.outside, Region::NetLedger, false);
                self.freed(&mut into.outside, program.roles.net, false);
            }
            _ => {}
        }
    }

    fn judge_callback(&mut self, callback: u16, objects: Kinds, net: Option<Kinds>, into: &mut Access) {
        let program = self.program;
        if !objects.each().any(|(ty, _)| ty == program.judged.ops) {
            return;
        }
        self.judge_ops(&mut into.outside);
        self.put(&mut into.outside, Region::Disturbed, false);
        let part = program.judged.parts[usize::from(callback)];
        if part != Phase::Door {
            self.judge_slots(&mut into.outside);
        }
        if part.takes_down() {
            // Nobody has an id for what only one task leads to.
            self.judge_ids(&mut into.nets);
        }
        // Without phases to tell apart, only the last one of an ops is written down.
        let keeps = match part {
            Phase::Door => false,
            Phase::PreExit => program.judged.phases,
            Phase::Init | Phase::Rtnl | Phase::Exit | Phase::Batch => true,
        };
        for (ty, own) in net.iter().flat_map(Kinds::each) {
            match program.place(ty) {
                Place::Object(strukt) if strukt == program.roles.net => {
                    self.one_net(&mut into.nets, own, keeps);
                }
                Place::Head { strukt, offset } if strukt == program.roles.net => {
                    self.put(&mut into.nets, Region::Links(strukt, offset), false);
                    self.one_net(&mut into.nets, false, keeps);
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

    /// What is remembered of a namespace that somebody points to, and whether it is listed.
    fn one_net(&mut self, into: &mut Footprint, own: bool, writes: bool) {
        self.net_link(into, own);
        self.freed(into, self.program.roles.net, own);
        let region = self.region(Region::NetLedger);
        put(into, region, own, writes);
    }

    fn net_link(&mut self, into: &mut Footprint, own: bool) {
        if let Some(link) = self.program.roles.net_link
            && let Place::Link { strukt, offset } = self.program.place(link)
        {
            let region = self.region(Region::Links(strukt, offset));
            put(into, region, own, false);
        }
    }

    /// What is remembered of all namespaces there are.
    pub(super) fn every_net(&mut self, into: &mut Footprint) {
        self.net_link(into, false);
        self.put(into, Region::NetLedger, true);
        self.put(into, Region::AllNets, true);
    }

    /// A walk over the ops and what is remembered of them, in the course of which a namespace is looked at.
    fn judge_ops(&mut self, into: &mut Footprint) {
        if let Some(link) = self.program.roles.ops_link
            && let Place::Link { strukt, offset } = self.program.place(link)
        {
            self.put(into, Region::Links(strukt, offset), false);
        }
        self.put(into, Region::OpsLedger, false);
        self.put(into, Region::AllNets, false);
    }

    /// The same, and the boundary.
    fn boundary(&mut self, into: &mut Footprint) {
        self.judge_ops(into);
        if let Some(cell) = self.program.roles.first_device {
            self.put(into, Region::Global(cell), false);
        }
    }

    fn ops_change(&mut self, into: &mut Footprint) {
        self.put(into, Region::OpsLedger, true);
        self.put(into, Region::Disturbed, true);
    }

    /// Judges see what is linked and unlinked.
    pub(super) fn judge_links(&mut self, link: Arg, kinds: Kinds, adds: bool, into: &mut Access) {
        if !self.judged {
            return;
        }
        let roles = &self.program.roles;
        let (mut ops, mut net) = (false, false);
        for (ty, _) in kinds.each() {
            ops |= roles.ops_link == Some(ty);
            net |= roles.net_link == Some(ty);
        }
        if ops {
            self.boundary(&mut into.outside);
            self.every_net(&mut into.outside);
            self.ops_change(&mut into.outside);
        }
        if net {
            self.judge_ops(&mut into.outside);
            self.put(&mut into.outside, Region::Disturbed, true);
            if adds {
                let mut touched = Footprint::NONE;
                self.one_net(&mut touched, false, true);
                into.parts.push(Part { arg: link, neighbours: false, touched });
            }
        }
    }
}
