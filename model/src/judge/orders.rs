//! In which order locks are taken: what one run of the machine has seen of it, and whether two orders meet.
//!
//! As in the kernel's lockdep, locks are told apart by class: a lock that is no part of an object is one class, and all that are
//! the same field of a struct are one. An *order* is a class that a task holds while it takes another. A work is a class, too:
//! whoever flushes it takes it for a moment, and whoever runs it holds it. A try is never waited for, so it comes behind nothing.
//!
//! Orders are no part of a state. They are collected beside it, over as many schedules as somebody looks at; whoever
//! collects several sets joins them, in any order, to the same set.

use crate::machine::Program;
use crate::machine::code::{Op, Operand, Pc};
use crate::machine::program::{Function, Place, TaskId, Thing};
use crate::machine::value::{PlaceType, Value};
use crate::machine::verbs::{self, VERBS};
use crate::machine::world::{World, unpack};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// Locks that are not told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Class {
    ty: PlaceType,
    /// Of one that is no part of an object: the global that it is, plus 1.
    global: u16,
}

/// Where an order was seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Seen {
    /// The instruction that took the second lock.
    taken: Pc,
    /// The one that had taken the first, as far as the text says; 0: it does not.
    held: Pc,
    /// By whom.
    task: TaskId,
}

/// The orders that were seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Orders {
    /// By what was held and what was taken: the first place in the text.
    seen: BTreeMap<(Class, Class), Seen>,
    /// What somebody has had for himself alone: where all others only read, nobody waits.
    alone: BTreeSet<Class>,
}

/// Two orders that meet, or more: a circle of locks, each taken while the one before was held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circle {
    /// What it is, in the reader's words: a part for each order in it.
    pub why: String,
    /// The instruction that takes the second lock.
    pub pc: Pc,
}

impl Orders {
    /// The finding's name.
    pub const NAME: &'static str = "lock_order";

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len() + self.alone.len()
    }

    /// Were none seen?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what was seen elsewhere of the same program.
    pub fn join(&mut self, other: &Self) {
        for (&order, &seen) in &other.seen {
            self.add(order, seen);
        }
        self.alone.extend(&other.alone);
    }

    fn add(&mut self, order: (Class, Class), seen: Seen) {
        self.seen.entry(order).and_modify(|known| *known = seen.min(*known)).or_insert(seen);
    }

    /// The circles among them, a shortest one for each set of locks that no other circle has told of.
    #[must_use]
    pub fn circles(&self, program: &Program) -> Vec<Circle> {
        let mut told = BTreeSet::new();
        let mut circles = Vec::new();
        for &class in &self.alone {
            if let Some(way) = self.way(class).filter(|way| way.iter().all(|class| !told.contains(class))) {
                circles.push(self.describe(program, &way));
                told.extend(way);
            }
        }
        circles
    }

    /// A shortest way from a class back to itself, without its end.
    fn way(&self, from: Class) -> Option<Vec<Class>> {
        let mut before: BTreeMap<Class, Class> = BTreeMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(at) = open.pop_front() {
            let next = self.seen.keys().filter(|(held, _)| *held == at).map(|(_, taken)| *taken);
            for taken in next.filter(|taken| self.alone.contains(taken)) {
                if taken == from {
                    let mut way = vec![at];
                    while let Some(&earlier) = before.get(way.last().expect("one at least")) {
                        way.push(earlier);
                    }
                    way.reverse();
                    return Some(way);
                }
                before.entry(taken).or_insert_with(|| {
                    open.push_back(taken);
                    at
                });
            }
        }
        None
    }

    fn describe(&self, program: &Program, way: &[Class]) -> Circle {
        let mut parts = Vec::new();
        let mut first = None;
        for (at, &held) in way.iter().enumerate() {
            let taken = way[(at + 1) % way.len()];
            let seen = self.seen[&(held, taken)];
            first.get_or_insert(seen.taken);
            let who = &program.tasks[seen.task as usize].name;
            let since = match seen.held {
                0 => String::new(),
                pc => format!(" (since {})", place(program, pc)),
            };
            parts.push(format!(
                "{who} takes {} at {} and holds {}{since}",
                taken.name(program),
                place(program, seen.taken),
                held.name(program)
            ));
        }
        Circle { why: parts.join("; "), pc: first.unwrap_or(0) }
    }
}

/// `file:line`
fn place(program: &Program, pc: Pc) -> String {
    let span = program.spans[pc as usize];
    format!("{}:{}", program.sources.file(span.file).name, program.sources.position(span).0)
}

impl Class {
    /// The class of a lock or work.
    fn of(program: &Program, thing: Value) -> Self {
        let ty = thing.ty();
        if program.thing_object(ty).is_some() {
            return Self { ty, global: 0 };
        }
        let globals = program.globals.iter().enumerate();
        let global = globals
            .filter(|(_, global)| global.address <= thing.address())
            .max_by_key(|(_, global)| global.address);
        Self { ty, global: global.and_then(|(at, _)| u16::try_from(at + 1).ok()).unwrap_or(0) }
    }

    /// `rtnl_mutex`, `net.nsid_lock`
    fn name(self, program: &Program) -> String {
        let Some(strukt) = program.thing_object(self.ty) else {
            let global = usize::from(self.global).checked_sub(1).and_then(|at| program.globals.get(at));
            return global.map_or_else(|| "a lock".to_string(), |global| global.name.clone());
        };
        let row = &program.structs[usize::from(strukt)];
        let Place::Thing { offset, .. } = program.place(self.ty) else { return row.name.clone() };
        let field = row.fields.iter().find(|field| field.offset == offset);
        let field = field.map_or("?", |field| program.field_names[usize::from(field.name)].as_str());
        format!("{}.{field}", row.name)
    }
}

/// How many classes of locks and works can a text tell apart?
#[must_use]
pub fn classes(program: &Program) -> usize {
    let lock = |ty: &PlaceType| {
        matches!(
            program.place(*ty),
            Place::Thing { thing: Thing::Mutex | Thing::Rwsem | Thing::Spinlock | Thing::Work, .. }
        )
    };
    let lone = program.globals.iter().filter(|global| lock(&global.ty)).count();
    let types = (0..program.places.len()).filter_map(|at| u16::try_from(at).ok()).map(PlaceType);
    lone + types.filter(|ty| lock(ty) && program.thing_object(*ty).is_some()).count()
}

impl World<'_> {
    /// From now on orders are collected: boot runs alone, and its orders meet nobody's.
    pub(crate) fn watch_orders(&mut self) {
        if self.program.locks > 1 {
            self.orders = Some(Box::default());
        }
    }

    /// In which orders locks were taken in all steps that this world has made.
    #[must_use]
    pub fn orders(&self) -> Option<&Orders> {
        self.orders.as_deref()
    }

    /// A task takes a lock for which it would wait, or flushes a work. `alone`: nobody else has it then.
    #[inline]
    pub(crate) fn judge_takes(&mut self, task: TaskId, thing: Value, alone: bool) {
        if self.orders.is_some() {
            self.takes(task, thing, alone);
        }
    }

    #[inline(never)]
    fn takes(&mut self, task: TaskId, thing: Value, alone: bool) {
        let Some(mut orders) = self.orders.take() else { return };
        let taken = Class::of(self.program, thing);
        if alone {
            orders.alone.insert(taken);
        }
        self.each_held(task, |lock| {
            let order = (Class::of(self.program, lock), taken);
            // What a step looks at must not depend on what was seen in others.
            let learns = self.cells.is_noting();
            if learns || orders.seen.get(&order).is_none_or(|known| known.taken >= self.now.0) {
                orders.add(order, Seen { taken: self.now.0, held: self.taken_at(task, lock), task });
            }
        });
        self.orders = Some(orders);
    }

    /// Calls `f` with each lock that a task holds, and with the work that it runs.
    fn each_held(&self, task: TaskId, mut f: impl FnMut(Value)) {
        verbs::lock::each_lock(self, |lock| {
            if verbs::lock::holds(self, lock, task) {
                f(lock);
            }
        });
        if self.program.tasks[task as usize].worker
            && let Some(work) = verbs::work::running(self, task)
        {
            f(work);
        }
    }

    /// The instruction that took a lock which a task holds: the nearest one before where it stands, or stands in a
    /// caller. 0: there is none.
    fn taken_at(&self, task: TaskId, lock: Value) -> Pc {
        let (mut pc, frame) = self.now;
        for (function, frame) in self.frames(task, pc, frame) {
            if let Some(found) = self.taken_in(function, pc, frame, lock) {
                return found;
            }
            pc = unpack(self.word(frame)).0;
        }
        0
    }

    fn taken_in(&self, function: &Function, pc: Pc, frame: u32, lock: Value) -> Option<Pc> {
        (function.entry..pc).rev().find(|&at| {
            let Op::Verb { verb, args, .. } = self.program.code[at as usize].op else { return false };
            VERBS[usize::from(verb)].takes && self.may_be(frame, args.0.what(), lock)
        })
    }

    /// Can an operand have been a lock, as far as the text says?
    fn may_be(&self, frame: u32, operand: Operand, lock: Value) -> bool {
        match operand {
            Operand::Constant(at) => self.program.constants[usize::from(at)] == lock,
            Operand::Slot(slot) => self.get(frame + u32::from(slot)) == lock,
            Operand::Field(at) => {
                let (_, field) = self.program.field_operands[usize::from(at)];
                let names = self.program.field_names.len();
                let of = |strukt: usize| self.program.field_addresses[strukt * names + usize::from(field)].0;
                (0..self.program.structs.len()).any(|strukt| of(strukt) == lock.ty())
            }
        }
    }
}
