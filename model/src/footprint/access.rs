//! What each instruction reads and writes of shared memory, the judges' part included.

use super::kinds::{AllKinds, bodies};
use super::region::{Numbers, Region, Regions, lone_lock};
use super::{Footprint, condition};
use crate::machine::Program;
use crate::machine::code::{Arg, Op, Operand, Pc, Slot};
use crate::machine::program::{FieldKind, Place};
use crate::machine::value::PlaceType;
use crate::machine::verbs::{Fault, VERBS};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// What an instruction touches, by what must be somebody's own for it to matter to nobody else.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    /// What lies in no object, or in objects that cannot be told before it runs.
    pub outside: Footprint,
    /// What lies in the objects of its operands.
    pub parts: Vec<Part>,
    /// What judges remember of the namespaces that a callback is about.
    pub nets: Footprint,
    /// Lists in the task's own frames that end, with those who are still on them.
    pub lists: Footprint,
}

/// What is touched in the object that an operand points to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub arg: Arg,
    /// Is what it is linked to touched as well?
    pub neighbours: bool,
    pub touched: Footprint,
}

impl Access {
    /// All of it.
    pub fn all(&self) -> Footprint {
        self.with_parts() | self.nets | self.lists
    }

    /// What it touches itself.
    pub fn with_parts(&self) -> Footprint {
        self.parts.iter().fold(self.outside, |all, part| all | part.touched)
    }
}

/// The accesses of every instruction.
pub(super) struct Accesses<'p> {
    pub program: &'p Program,
    pub kinds: AllKinds,
    pub numbers: Numbers,
    pub judged: bool,
    /// May a callback of an ops leave something to be run later?
    pub defers: bool,
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
            defers: true,
            ends: condition::asks_for_ends(program),
            seen: Footprint::NONE,
            watched: BTreeSet::new(),
        };
        all.defers = all.callbacks_defer();
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
        let mut access = Access::default();
        self.judges(func, pc, &mut access);
        self.picks(instr.op, &mut access.outside);
        self.operands(func, pc, &mut access);
        self.ends_and_loops(func, instr.op, &mut access.outside);
        let seen = self.region(Region::Seen);
        if self.is_watched(func, instr.op) {
            access.outside.writes.put(seen);
        }
        let parts = access.parts.iter_mut().map(|part| &mut part.touched);
        for touched in parts.chain([&mut access.outside, &mut access.nets, &mut access.lists]) {
            if !((touched.writes | touched.own_writes) & self.seen.reads).is_empty() {
                touched.writes.put(seen);
            }
        }
        access
    }

    /// May a variable change that a condition reads?
    fn is_watched(&self, func: u16, op: Op) -> bool {
        let program = self.program;
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

    /// The running task's own share of a region is changed.
    pub fn put_own(&mut self, into: &mut Footprint, region: Region) {
        let region = self.region(region);
        put(into, region, true, true);
    }

    pub fn put_field(&mut self, into: &mut Footprint, (strukt, field): (u16, u16), own: bool, writes: bool) {
        let region = self.region(Region::Field(strukt, field));
        put(into, region, own, writes);
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
    pub fn whole(&mut self, into: &mut Footprint, strukt: u16, own: bool) {
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
            let region = self.region(Region::NetLedger);
            put(into, region, own, true);
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

pub(super) fn put(into: &mut Footprint, region: u16, own: bool, writes: bool) {
    let set: &mut Regions = match (own, writes) {
        (false, false) => &mut into.reads,
        (false, true) => &mut into.writes,
        (true, false) => &mut into.own_reads,
        (true, true) => &mut into.own_writes,
    };
    set.put(region);
}
