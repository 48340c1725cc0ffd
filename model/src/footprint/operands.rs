//! What an instruction touches by its operands, each apart: an object that is its task's own is nobody else's.

use super::Footprint;
use super::access::{Access, Accesses, Part};
use super::kinds::{Kinds, field_index, local_lists};
use super::region::Region;
use crate::machine::code::{Arg, Op, Operand, Pc};
use crate::machine::program::Place;
use crate::machine::verbs::{Use, VERBS, What};

impl Accesses<'_> {
    /// What the operands say.
    pub(super) fn operands(&mut self, func: u16, pc: Pc, into: &mut Access) {
        let program = self.program;
        let instr = program.code[pc as usize];
        match instr.op {
            Op::Load { object, field, .. } | Op::LoadElement { object, field, .. } if instr.access => {
                let touched = self.field(pc, object, field, false);
                into.parts.push(Part { arg: object, neighbours: false, touched });
            }
            Op::Store { object, field, .. } | Op::StoreElement { object, field, .. } => {
                let touched = self.field(pc, object, field, true);
                into.parts.push(Part { arg: object, neighbours: false, touched });
            }
            Op::LoadGlobal { cell, .. } if instr.access => {
                self.put(&mut into.outside, Region::Global(cell), false);
            }
            Op::StoreGlobal { cell, .. } => self.put(&mut into.outside, Region::Global(cell), true),
            Op::LoadArray { array, .. } if instr.access => {
                self.put(&mut into.outside, Region::Array(array), false);
            }
            Op::StoreArray { array, .. } => self.put(&mut into.outside, Region::Array(array), true),
            Op::Present { object, .. } => {
                let kinds = self.kinds.arg(program, pc, object);
                self.part(object, kinds, false, into);
            }
            // Only the link of the place that it goes on from is read; of the head only where it is.
            Op::Walk { head, from, .. } => {
                let kinds = self.kinds.arg(program, pc, head);
                self.part(from, kinds, false, into);
            }
            Op::DropLocalList { slot } => {
                for ty in local_lists(program, func, slot) {
                    self.place(&mut into.lists, ty, false, true);
                }
            }
            Op::Verb { verb, args, .. } | Op::Resume { verb, args, .. } => {
                self.verb(pc, verb, [args.0, args.1], into);
            }
            Op::CallWork { work, .. } => {
                let kinds = self.kinds.arg(program, pc, work);
                self.things_freed(kinds, &mut into.outside);
            }
            Op::CallRcu { object, .. } => {
                let kinds = self.kinds.arg(program, pc, object);
                let freed = self.free(kinds, &mut into.outside);
                into.outside |= freed;
            }
            Op::WaitFor { expr } => {
                let looks = self.looks(Some(func), &program.waits[usize::from(expr)]);
                into.outside |= looks;
            }
            Op::TakeWork { .. } => self.put(&mut into.outside, Region::Works, true),
            Op::TakeRcu { .. } | Op::FinishRcu => self.put(&mut into.outside, Region::Rcu, true),
            _ => {}
        }
    }

    /// What stands where an operand points to.
    fn part(&mut self, arg: Arg, kinds: Kinds, writes: bool, into: &mut Access) {
        let mut touched = Footprint::NONE;
        let (mut links, mut watched) = (false, false);
        for (ty, own) in kinds.each() {
            self.place(&mut touched, ty, own, writes);
            links |= matches!(self.program.place(ty), Place::Link { .. } | Place::Head { .. });
            watched |= [self.program.roles.ops_link, self.program.roles.net_link].contains(&Some(ty));
        }
        let neighbours = links && writes;
        if let Operand::Constant(_) = arg.what() {
            // No object on the heap: nobody's own, and never freed.
            let freed = self.numbers.freed();
            into.outside |= if neighbours { touched } else { touched.without_reads(freed) };
        } else if watched && neighbours && self.judged {
            // Judges ask of all there are whether they are listed.
            into.outside |= touched;
        } else {
            into.parts.push(Part { arg, neighbours, touched });
        }
    }

    /// The objects that things stand in are looked at.
    fn things_freed(&mut self, kinds: Kinds, into: &mut Footprint) {
        for (ty, _) in kinds.each() {
            if let Some(strukt) = self.program.thing_object(ty) {
                self.freed(into, strukt, false);
            }
        }
    }

    /// What goes with objects that are freed; `outside`: what is no part of them.
    fn free(&mut self, kinds: Kinds, outside: &mut Footprint) -> Footprint {
        let mut touched = Footprint::NONE;
        for (ty, own) in kinds.each() {
            if let Place::Object(strukt) = self.program.place(ty) {
                self.whole(&mut touched, strukt, own);
                if self.judged && strukt == self.program.roles.net {
                    self.put(outside, Region::AllNets, false);
                }
            }
        }
        touched
    }

    fn field(&mut self, pc: Pc, object: Arg, name: u16, writes: bool) -> Footprint {
        let program = self.program;
        let mut touched = Footprint::NONE;
        for (ty, own) in self.kinds.arg(program, pc, object).each() {
            match program.place(ty) {
                Place::Object(strukt) => {
                    if let Some(field) = field_index(program, strukt, name) {
                        self.put_field(&mut touched, (strukt, field), own, writes);
                    }
                    self.freed(&mut touched, strukt, own);
                }
                Place::Link { .. } | Place::Head { .. } => self.place(&mut touched, ty, own, false),
                _ => {}
            }
        }
        touched
    }

    fn verb(&mut self, pc: Pc, verb: u8, args: [Arg; 2], into: &mut Access) {
        let program = self.program;
        let row = VERBS[usize::from(verb)];
        let roles = &program.roles;
        if row.name == "kzalloc" && self.judged && (roles.net_link.is_none() || roles.ops_link.is_none()) {
            // No list says which namespaces there are: judges see one as soon as it is allocated.
            self.every_net(&mut into.outside);
        }
        let first = self.kinds.arg(program, pc, args[0]);
        for &(what, how) in row.touches {
            let writes = how == Use::Write;
            match what {
                What::First | What::Second => {
                    let arg = args[usize::from(what == What::Second)];
                    if let Some(address) = self.lone(arg) {
                        self.put(&mut into.outside, Region::Lock(address), writes);
                        continue;
                    }
                    let kinds = self.kinds.arg(program, pc, arg);
                    self.part(arg, kinds, writes, into);
                    if what == What::First && writes {
                        self.judge_links(args[0], kinds, row.params.len() > 1, into);
                    }
                }
                What::Freed => {
                    let touched = self.free(first, &mut into.outside);
                    into.parts.push(Part { arg: args[0], neighbours: false, touched });
                }
                What::Rcu => {
                    match how {
                        Use::Own => self.put_own(&mut into.outside, Region::Rcu),
                        _ => self.put(&mut into.outside, Region::Rcu, writes),
                    }
                    // The object that waits is looked at.
                    self.part(args[0], first, false, into);
                }
                What::Works => {
                    self.put(&mut into.outside, Region::Works, writes);
                    for arg in args {
                        let kinds = self.kinds.arg(program, pc, arg);
                        self.things_freed(kinds, &mut into.outside);
                    }
                }
                What::Signals => self.put(&mut into.outside, Region::Signals, writes),
            }
        }
    }

    /// May something that the body of a callback calls be run later, by somebody else?
    pub(super) fn callbacks_defer(&self) -> bool {
        let program = self.program;
        let bodies = (0..).zip(&program.functions).filter(|(_, function)| function.callback.is_some());
        let mut open: alloc::vec::Vec<u16> = bodies.map(|(func, _)| func).collect();
        let mut seen = alloc::collections::BTreeSet::new();
        while let Some(func) = open.pop() {
            if !seen.insert(func) {
                continue;
            }
            let function = &program.functions[usize::from(func)];
            for instr in &program.code[function.entry as usize..function.end as usize] {
                if let Op::Verb { verb, .. } = instr.op
                    && matches!(VERBS[usize::from(verb)].name, "queue_work" | "call_rcu")
                {
                    return true;
                }
                open.extend(self.callees(instr.op));
            }
        }
        false
    }
}
