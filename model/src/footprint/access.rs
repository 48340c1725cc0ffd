//! What each instruction reads and writes of shared memory, the judges' part included.

use super::kinds::{AllKinds, Kinds, bodies, field_index};
use super::region::{Numbers, Region, Regions, lone_lock};
use super::{Footprint, condition};
use crate::machine::Program;
use crate::machine::code::{Arg, Op, Operand, Pc, Slot};
use crate::machine::program::{FieldKind, Place};
use crate::machine::value::PlaceType;
use crate::machine::verbs::{Fault, Use, VERBS, What};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// What an instruction touches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Access {
    /// All of it.
    pub all: Footprint,
    /// Without what lies inside the object of its first operand, and the slot of that operand.
    pub outside: Option<(Footprint, Slot)>,
}

/// The accesses of every instruction.
pub(super) struct Accesses<'p> {
    pub program: &'p Program,
    pub kinds: AllKinds,
    pub numbers: Numbers,
    pub judged: bool,
    /// Does a text ask which tasks have ended?
    ends: bool,
    /// What conditions look at in every state.
    seen: Footprint,
    /// Slots of task bodies that such conditions read.
    watched: BTreeSet<(u16, Slot)>,
}

impl<'p> Accesses<'p> {
    pub fn new(program: &'p Program) -> Self {
        let mut all = Self {
            program,
            kinds: AllKinds::of(program),
            numbers: Numbers::default(),
            judged: program.layout.words.changing.is_some(),
            ends: condition::asks_for_ends(program),
            seen: Footprint::NONE,
            watched: BTreeSet::new(),
        };
        for expr in condition::always_looked_at(program) {
            let seen = all.looks(None, expr);
            all.seen |= seen;
            condition::each_variable(expr, &mut |task, slot| {
                all.watched.insert((program.tasks[task as usize].func, slot));
            });
        }
        all
    }

    pub fn region(&mut self, region: Region) -> u16 {
        self.numbers.number(region)
    }

    pub fn all(&mut self) -> Vec<Access> {
        (0..self.program.code.len()).map(|pc| self.of(u32::try_from(pc).expect("a position"))).collect()
    }

    fn of(&mut self, pc: Pc) -> Access {
        let instr = self.program.code[pc as usize];
        let func = self.program.function_of[pc as usize];
        let mut outside = Footprint::NONE;
        self.judges(func, instr.op, &mut outside);
        self.picks(instr.op, &mut outside);
        let mut inside = Footprint::NONE;
        let slot = self.operands(func, pc, &mut inside, &mut outside);
        self.ends_and_loops(func, instr.op, &mut outside);
        let mut all = inside | outside;
        if self.is_seen(func, instr.op, all) {
            let seen = self.region(Region::Seen);
            all.writes.put(seen);
            outside.writes.put(seen);
        }
        Access { all, outside: slot.map(|slot| (outside, slot)) }
    }

    /// May a condition come out differently behind it?
    fn is_seen(&self, func: u16, op: Op, all: Footprint) -> bool {
        let program = self.program;
        let written = all.writes | all.own_writes;
        if !(written & self.seen.reads).is_empty() {
            return true;
        }
        let watched = |func: u16, slot: Slot| self.watched.contains(&(func, slot));
        match op {
            // The result of a call is written when it returns.
            Op::Return { .. } => {
                program.code.iter().zip(&program.function_of).any(|(instr, &from)| match instr.op {
                    Op::Call { func: callee, dst, .. } => callee == func && watched(from, dst),
                    Op::Callback { dst, callback, .. } => {
                        program.functions[usize::from(func)].callback == Some(callback) && watched(from, dst)
                    }
                    _ => false,
                })
            }
            Op::Call { .. } => false,
            _ => op.results().any(|slot| watched(func, slot)),
        }
    }

    pub fn put(&mut self, into: &mut Footprint, region: Region, writes: bool) {
        let region = self.region(region);
        put(into, region, false, writes);
    }

    pub fn freed(&mut self, into: &mut Footprint, strukt: u16, own: bool) {
        if self.program.allocates {
            let region = self.region(Region::Freed(strukt));
            put(into, region, own, false);
        }
    }

    /// What stands at a kind of place.
    pub fn place(&mut self, into: &mut Footprint, ty: PlaceType, own: bool, writes: bool) {
        match self.program.place(ty) {
            Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                // A list's neighbours are anybody's.
                let region = self.region(Region::Links(strukt, offset));
                put(into, region, false, writes);
                self.freed(into, strukt, false);
                self.judge_list(into, ty, writes);
            }
            Place::Thing { .. } => match self.program.thing_object(ty) {
                Some(strukt) => {
                    let region = self.region(Region::Thing(ty));
                    put(into, region, own, writes);
                    self.freed(into, strukt, own);
                }
                None => {
                    for lock in self.program.static_locks.iter().filter(|lock| lock.ty() == ty) {
                        let region = self.region(Region::Lock(lock.address()));
                        put(into, region, false, writes);
                    }
                    let region = self.region(Region::Thing(ty));
                    put(into, region, false, writes);
                }
            },
            Place::Object(strukt) => self.freed(into, strukt, own),
            Place::Nothing | Place::Function | Place::StructName | Place::Task => {}
        }
    }

    /// All of an object.
    fn whole(&mut self, into: &mut Footprint, strukt: u16, own: bool) {
        let program = self.program;
        let freed = self.region(Region::Freed(strukt));
        put(into, freed, own, true);
        for (at, field) in (0..).zip(&program.structs[usize::from(strukt)].fields) {
            match field.kind {
                FieldKind::Address(ty) => {
                    let region = match program.place(ty) {
                        Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                            Region::Links(strukt, offset)
                        }
                        _ => Region::Thing(ty),
                    };
                    let region = self.region(region);
                    put(into, region, own, true);
                }
                _ => {
                    let region = self.region(Region::Field(strukt, at));
                    put(into, region, own, true);
                }
            }
        }
        if self.judged && strukt == program.roles.net {
            self.judge_ids(into);
            self.net_ledger(into, own, true);
        }
    }

    fn picks(&mut self, op: Op, into: &mut Footprint) {
        let site = match op {
            Op::May { site, .. } => site,
            Op::Verb { verb, site, .. } | Op::Resume { verb, site, .. }
                if VERBS[usize::from(verb)].fault != Fault::Never =>
            {
                site
            }
            _ => return,
        };
        let selected = self.program.sites.get(usize::from(site)).is_some_and(|site| site.selected);
        if selected && self.program.layout.words.faults.is_some() {
            self.put(into, Region::Faults, true);
        }
    }

    /// What the operands say: inside the object of the first one, and outside of it. The slot of that object, if it is one.
    fn operands(
        &mut self,
        func: u16,
        pc: Pc,
        inside: &mut Footprint,
        outside: &mut Footprint,
    ) -> Option<Slot> {
        let program = self.program;
        let instr = program.code[pc as usize];
        match instr.op {
            Op::Load { object, field, .. } | Op::LoadElement { object, field, .. } if instr.access => {
                self.field(func, object, field, false, inside);
                slot_of(object)
            }
            Op::Store { object, field, .. } | Op::StoreElement { object, field, .. } => {
                self.field(func, object, field, true, inside);
                slot_of(object)
            }
            Op::LoadGlobal { cell, .. } if instr.access => {
                self.put(outside, Region::Global(cell), false);
                None
            }
            Op::StoreGlobal { cell, .. } => {
                self.put(outside, Region::Global(cell), true);
                None
            }
            Op::LoadArray { array, .. } if instr.access => {
                self.put(outside, Region::Array(array), false);
                None
            }
            Op::StoreArray { array, .. } => {
                self.put(outside, Region::Array(array), true);
                None
            }
            Op::Present { object, .. } => {
                let kinds = self.kinds.arg(program, func, object);
                self.each_place(kinds, false, outside);
                None
            }
            Op::Walk { head, from, .. } => {
                for arg in [head, from] {
                    let kinds = self.kinds.arg(program, func, arg);
                    self.each_place(kinds, false, outside);
                }
                None
            }
            Op::DropLocalList { slot } => {
                for at in 0..program.places.len() {
                    let ty = PlaceType(u16::try_from(at).unwrap_or(0));
                    if program.code.iter().any(
                        |instr| matches!(instr.op, Op::InitLocalList { slot: known, ty: head } if known == slot && head == ty.0),
                    ) {
                        self.place(outside, ty, false, true);
                    }
                }
                None
            }
            Op::Verb { verb, args, .. } | Op::Resume { verb, args, .. } => {
                self.verb(func, verb, [args.0, args.1], inside, outside)
            }
            Op::CallWork { work, .. } => {
                let kinds = self.kinds.arg(program, func, work);
                for (ty, _) in kinds.each() {
                    if let Some(strukt) = program.thing_object(ty) {
                        self.freed(outside, strukt, false);
                    }
                }
                None
            }
            Op::CallRcu { object, .. } => {
                let kinds = self.kinds.arg(program, func, object);
                self.free(kinds, outside);
                None
            }
            Op::WaitFor { expr } => {
                let looks = self.looks(Some(func), &program.waits[usize::from(expr)]);
                *outside |= looks;
                None
            }
            Op::TakeWork { .. } => {
                self.put(outside, Region::Works, true);
                None
            }
            Op::TakeRcu { .. } | Op::FinishRcu => {
                self.put(outside, Region::Rcu, true);
                None
            }
            _ => None,
        }
    }

    fn each_place(&mut self, kinds: Kinds, writes: bool, into: &mut Footprint) {
        for (ty, own) in kinds.each() {
            self.place(into, ty, own, writes);
        }
    }

    fn free(&mut self, kinds: Kinds, into: &mut Footprint) {
        for (ty, own) in kinds.each() {
            if let Place::Object(strukt) = self.program.place(ty) {
                self.whole(into, strukt, own);
            }
        }
    }

    fn field(&mut self, func: u16, object: Arg, name: u16, writes: bool, into: &mut Footprint) {
        let program = self.program;
        for (ty, own) in self.kinds.arg(program, func, object).each() {
            match program.place(ty) {
                Place::Object(strukt) => {
                    if let Some(field) = field_index(program, strukt, name) {
                        let region = self.region(Region::Field(strukt, field));
                        put(into, region, own, writes);
                    }
                    self.freed(into, strukt, own);
                }
                Place::Link { .. } | Place::Head { .. } => self.place(into, ty, own, false),
                _ => {}
            }
        }
    }

    fn verb(
        &mut self,
        func: u16,
        verb: u8,
        args: [Arg; 2],
        inside: &mut Footprint,
        outside: &mut Footprint,
    ) -> Option<Slot> {
        let program = self.program;
        let row = VERBS[usize::from(verb)];
        let mut alone = true;
        if row.name == "kzalloc" && self.judged && program.roles.net_link.is_none() {
            // No list says which namespaces there are: judges see one as soon as it is allocated.
            self.net_ledger(outside, false, true);
        }
        for &(what, how) in row.touches {
            let writes = how == Use::Write;
            match what {
                What::First | What::Second => {
                    let arg = args[usize::from(what == What::Second)];
                    if let Some(address) = self.lone(arg) {
                        self.put(outside, Region::Lock(address), writes);
                        continue;
                    }
                    let kinds = self.kinds.arg(program, func, arg);
                    let links = kinds
                        .each()
                        .any(|(ty, _)| matches!(program.place(ty), Place::Link { .. } | Place::Head { .. }));
                    alone &= what == What::First && !links;
                    let into = if alone { &mut *inside } else { &mut *outside };
                    self.each_place(kinds, writes, into);
                }
                What::Freed => {
                    let kinds = self.kinds.arg(program, func, args[0]);
                    self.free(kinds, inside);
                }
                What::Rcu => {
                    self.put(outside, Region::Rcu, writes);
                    // The object that waits is looked at.
                    let kinds = self.kinds.arg(program, func, args[0]);
                    self.each_place(kinds, false, outside);
                }
                What::Works => {
                    self.put(outside, Region::Works, writes);
                    for arg in args {
                        for (ty, _) in self.kinds.arg(program, func, arg).each() {
                            if let Some(strukt) = program.thing_object(ty) {
                                self.freed(outside, strukt, false);
                            }
                        }
                    }
                }
                What::Signals => self.put(outside, Region::Signals, writes),
            }
        }
        if !alone {
            return None;
        }
        match args[0].what() {
            Operand::Slot(slot) => Some(slot),
            Operand::Field(at) => Some(program.field_operands[usize::from(at)].0),
            Operand::Constant(_) => None,
        }
    }

    /// The lock that an operand is, if it is no part of an object.
    pub fn lone(&self, arg: Arg) -> Option<u32> {
        match arg.what() {
            Operand::Constant(at) => lone_lock(self.program, self.program.constants[usize::from(at)]),
            _ => None,
        }
    }

    /// The end of a task, and a worker that comes back for more.
    fn ends_and_loops(&mut self, func: u16, op: Op, into: &mut Footprint) {
        let program = self.program;
        match op {
            Op::Return { .. } if self.ends && program.tasks.iter().any(|task| task.func == func) => {
                self.put(into, Region::Ends, true);
            }
            Op::Jump { .. } if program.tasks.iter().any(|task| task.worker && task.func == func) => {
                self.put(into, Region::Works, true);
            }
            _ => {}
        }
    }

    /// The functions that an instruction may call.
    pub fn callees(&self, op: Op) -> BTreeSet<u16> {
        match op {
            Op::Call { func, .. } => BTreeSet::from([func]),
            Op::Callback { callback, .. } => bodies(self.program, callback),
            Op::CallWork { .. } | Op::CallRcu { .. } => self.kinds.values.clone(),
            _ => BTreeSet::new(),
        }
    }
}

fn slot_of(arg: Arg) -> Option<Slot> {
    match arg.what() {
        Operand::Slot(slot) => Some(slot),
        _ => None,
    }
}

pub(super) fn put(into: &mut Footprint, region: u16, own: bool, writes: bool) {
    let set: &mut Regions = match (own, writes) {
        (false, false) => &mut into.reads,
        (false, true) => &mut into.writes,
        (true, false) => &mut into.own_reads,
        (true, true) => &mut into.own_writes,
    };
    set.put(region);
}
