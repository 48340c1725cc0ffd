//! Footprints: which parts of memory a step may read and write, found in the compiled text before anything runs.
//!
//! Two steps whose footprints do not conflict commute: from a state where both can be taken, either order leads to the same
//! state, finds the same things, and neither keeps the other from being taken. A *mover* is a step that commutes with all that any
//! other task may do before it: because nobody else touches what it touches (or only reads what it reads), or because
//! whoever might do so has to wait first for a lock that the mover's task holds (Lipton, "Reduction", 1975).
//!
//! What conditions and judges look at is part of the footprint, so that what a step breaks or shows is in it too.

mod access;
mod ahead;
mod condition;
mod held;
mod judged;
mod kinds;
mod operands;
mod own;
mod prune;
mod region;
mod step;
mod webs;

pub use own::Owners;
pub use region::Regions;

use crate::machine::code::{Op, Pc};
use crate::machine::program::TaskId;
use crate::machine::value::Value;
use crate::machine::world::unpack;
use crate::machine::{Program, World};
use access::{Access, Accesses};
use ahead::{Ahead, Hold};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{BitOr, BitOrAssign};
use region::Numbers;
use step::Steps;

/// What is read and written. *Own* are objects that the running task itself has allocated: of two tasks they are never the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs, reason = "said by their names")]
pub struct Footprint {
    pub reads: Regions,
    pub writes: Regions,
    pub own_reads: Regions,
    pub own_writes: Regions,
}

impl Footprint {
    /// Nothing at all.
    pub const NONE: Self = Self {
        reads: Regions::NONE,
        writes: Regions::NONE,
        own_reads: Regions::NONE,
        own_writes: Regions::NONE,
    };
    /// Everything.
    pub const ALL: Self = Self { reads: Regions::ALL, writes: Regions::ALL, ..Self::NONE };

    /// Does it touch nothing that another task could see?
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// May it matter which of two steps of different tasks comes first?
    #[must_use]
    #[inline]
    pub fn conflicts(&self, other: &Self) -> bool {
        !self.met(other).is_empty()
    }

    /// The rest, without some regions.
    fn without(self, regions: Regions) -> Self {
        Self {
            reads: self.reads.without(regions),
            writes: self.writes.without(regions),
            own_reads: self.own_reads.without(regions),
            own_writes: self.own_writes.without(regions),
        }
    }

    /// The rest, if some regions are only read.
    fn without_reads(self, regions: Regions) -> Self {
        Self { reads: self.reads.without(regions), own_reads: self.own_reads.without(regions), ..self }
    }

    /// Where it matters which of two steps of different tasks comes first.
    #[inline]
    fn met(&self, other: &Self) -> Regions {
        self.writes & (other.reads | other.writes | other.own_reads | other.own_writes)
            | self.reads & (other.writes | other.own_writes)
            | self.own_writes & (other.reads | other.writes)
            | self.own_reads & other.writes
    }
}

impl BitOr for Footprint {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self {
            reads: self.reads | other.reads,
            writes: self.writes | other.writes,
            own_reads: self.own_reads | other.own_reads,
            own_writes: self.own_writes | other.own_writes,
        }
    }
}

impl BitOrAssign for Footprint {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// What the text alone says about a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// A mover: it touches nothing that another task changes, and changes nothing that another one sees.
    Invisible,
    /// A mover: nobody touches what it touches as long as its task holds this lock.
    Lock(Value),
    /// A mover wherever nobody else can come to the objects that it touches, perhaps as long as its task holds this lock.
    Own(Option<Value>),
    /// These may be touched meanwhile, even if its task holds this lock. It is a mover only where nobody stands before that.
    Shared(Option<Value>, Regions),
    /// Nobody can come here.
    Unreached,
}

/// The footprints of a program.
#[derive(Clone, Debug)]
pub struct Footprints {
    steps: Steps,
    /// Of each instruction: what it touches by which operand.
    access: Vec<Access>,
    holds: Vec<Hold>,
    /// Of each instruction that may begin a step.
    why: Vec<Why>,
    /// What may come with nothing held; then for each of `holds`.
    ahead: Vec<Ahead>,
    numbers: Numbers,
    /// The region of the number of faults left, if that is a region of its own.
    faults: Regions,
    /// The regions that say whether objects are freed.
    freed: Regions,
    /// What is written only while a registration is under way.
    disturbed: Regions,
    refused: Option<&'static str>,
}

impl Footprints {
    /// Finds the footprints of a program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let pruned = &prune::pruned(program);
        let mut accesses = Accesses::new(pruned);
        let access = accesses.all();
        let steps = Steps::of(&accesses, &access);
        let holds = Hold::all(program);
        let ways = core::iter::once(None).chain(holds.iter().copied().map(Some));
        let ahead = ways.map(|hold| Ahead::of(&accesses, &access, &steps.inside, hold)).collect();
        Self {
            why: why(&accesses, &steps, &holds),
            steps,
            access,
            holds,
            ahead,
            faults: accesses.numbers.alone(region::Region::Faults),
            freed: accesses.numbers.freed(),
            disturbed: accesses.numbers.alone(region::Region::Disturbed),
            numbers: accesses.numbers,
            refused: condition::asks_for_blocked(program)
                .then_some("a condition asks whether a task is `blocked`, which depends on everything that it may wait for"),
        }
    }

    /// Why nothing that rests on footprints may be used for this program, if so.
    #[must_use]
    pub const fn refused(&self) -> Option<&'static str> {
        self.refused
    }

    /// What the step touches that a task stands before.
    #[must_use]
    #[inline]
    pub fn next(&self, world: &World<'_>, task: TaskId) -> Footprint {
        self.steps.all[world.position(task).0 as usize]
    }

    /// What a step touched in which no fault happened, although it might have: the number of faults left was only
    /// looked at.
    #[must_use]
    #[inline]
    pub fn without_fault(&self, mut footprint: Footprint) -> Footprint {
        let looked_at = footprint.writes & self.faults;
        footprint.writes = footprint.writes.without(looked_at);
        footprint.reads |= looked_at;
        footprint
    }

    /// What a step touches that begins at an instruction.
    #[must_use]
    pub fn step(&self, pc: Pc) -> Footprint {
        self.steps.all[pc as usize]
    }

    /// What the text says about the step that begins at an instruction.
    #[must_use]
    pub fn why(&self, pc: Pc) -> Why {
        self.why[pc as usize]
    }

    /// Is an access passed inside a step, and begins none?
    #[must_use]
    pub fn is_inside(&self, pc: Pc) -> bool {
        self.steps.inside.contains(&pc)
    }

    /// The names of regions, for people.
    #[must_use]
    pub fn names(&self, program: &Program, regions: Regions) -> Vec<String> {
        self.numbers.names(program, regions)
    }

    /// Is the next step of a task, which can take one, a mover wherever the others stand?
    #[must_use]
    #[inline]
    pub fn is_mover_anywhere(&self, world: &World<'_>, task: TaskId) -> bool {
        matches!(self.why[world.position(task).0 as usize], Why::Invisible | Why::Lock(_))
    }

    /// Does the next step of a task, which can take one, commute with all that the others may do before it? `owners` are kept from one
    /// question about a state to the next.
    #[must_use]
    pub fn is_mover(&self, world: &World<'_>, task: TaskId, owners: &mut Owners) -> bool {
        let pc = world.position(task).0 as usize;
        if matches!(self.why[pc], Why::Invisible | Why::Lock(_)) {
            return true;
        }
        let commutes = |footprint: Footprint| {
            let footprint = self.in_this_state(world, footprint);
            (0..world.tasks()).all(|other| other == task || self.commutes(world, task, &footprint, other))
        };
        let (all, outside) = (self.steps.all[pc], self.steps.outside[pc]);
        if all == outside {
            return commutes(all);
        }
        commutes(outside) && commutes(self.touched(world, task, owners))
    }

    /// What a step touches, without what nobody else can come to.
    fn touched(&self, world: &World<'_>, task: TaskId, owners: &mut Owners) -> Footprint {
        let (pc, frame) = world.position(task);
        let at = pc as usize;
        let mut touched = self.steps.outside[at];
        for part in &self.access[at].parts {
            let value = world.arg(frame, part.arg);
            if !owners.is_own(world, task, value)
                || part.neighbours && !owners.are_neighbours_own(world, task, value)
            {
                touched |= if part.neighbours || world.is_dynamic(value.address()) {
                    part.touched
                } else {
                    // What is not on the heap is never freed.
                    part.touched.without_reads(self.freed)
                };
            }
        }
        if !self.steps.nets[at].is_empty() && !self.are_nets_own(world, task, owners) {
            touched |= self.steps.nets[at];
        }
        if !self.steps.lists[at].is_empty() && !owners.are_lists_own(world, task) {
            touched |= self.steps.lists[at];
        }
        touched
    }

    /// Are the namespaces its own that the callbacks are about which a task is in, or is about to enter?
    fn are_nets_own(&self, world: &World<'_>, task: TaskId, owners: &mut Owners) -> bool {
        let (pc, frame) = world.position(task);
        if let Op::Callback { args, .. } = world.program().code[pc as usize].op
            && args.len > 0
        {
            let net = world.arg(frame, world.program().operands[usize::from(args.at)]);
            if !owners.is_own(world, task, net) {
                return false;
            }
        }
        world
            .frames(task, pc, frame)
            .filter(|(function, _)| function.callback.is_some() && function.params > 0)
            .all(|(_, frame)| owners.is_own(world, task, world.get(frame + 2)))
    }

    /// A footprint without what cannot be written from a state on.
    fn in_this_state(&self, world: &World<'_>, mut footprint: Footprint) -> Footprint {
        if world.faults_left() == 0 {
            footprint = footprint.without(self.faults);
        }
        // Whoever begins a registration writes what is read along with this.
        if world.is_quiet() {
            footprint = footprint.without(self.disturbed);
        }
        footprint
    }

    /// Does a footprint of one task conflict with nothing that another may do before it has to wait for the first one?
    fn commutes(&self, world: &World<'_>, task: TaskId, footprint: &Footprint, other: TaskId) -> bool {
        if !footprint.conflicts(&self.future(world, other, 0)) {
            return true;
        }
        let mut held = (1..).zip(&self.holds).filter(|(_, hold)| is_held(world, task, **hold));
        held.any(|(at, _)| !footprint.conflicts(&self.future(world, other, at)))
    }

    /// What a task may touch from where it stands, under one of the ways to hold a lock.
    fn future(&self, world: &World<'_>, task: TaskId, way: usize) -> Footprint {
        let ahead = &self.ahead[way];
        let (pc, mut frame) = world.position(task);
        let stack = world.segment(task).stack;
        let mut touches = ahead.touches[pc as usize];
        let mut returns = ahead.returns[pc as usize];
        while returns && frame != stack {
            let (caller, back) = unpack(world.word(frame));
            let behind = caller as usize + 1;
            touches |= ahead.touches[behind];
            returns = ahead.returns[behind];
            frame = stack + back;
        }
        touches
    }
}

/// What the text says about each step.
fn why(accesses: &Accesses<'_>, steps: &Steps, holds: &[Hold]) -> Vec<Why> {
    let program = accesses.program;
    let held = held::held(accesses, holds);
    let begins = |at: usize| program.code[at].access && held[at].is_some();
    // What may be touched while a lock is held in some way, or whenever.
    let meanwhile = |hold: Option<&Hold>| {
        let others = (0..).zip(holds).filter(|(_, other)| hold.is_some_and(|hold| hold.excludes(**other)));
        let excluded = others.fold(0, |ways, (way, _)| ways | 1_u64.checked_shl(way).unwrap_or(0));
        let waits = hold.map(|hold| ahead::waits(accesses, &steps.inside, *hold));
        let apart = |&at: &usize| {
            begins(at)
                && held[at].is_some_and(|held| held & excluded == 0)
                && waits.as_ref().is_none_or(|waits| !waits[at])
        };
        let steps = (1..program.code.len()).filter(apart).map(|at| steps.all[at]);
        steps.fold(Footprint::NONE, |all, step| all | step)
    };
    let whenever = meanwhile(None);
    let meanwhile: Vec<_> = holds.iter().take(63).map(|hold| meanwhile(Some(hold))).collect();
    let why = |at: usize| {
        let Some(held) = held[at].filter(|_| begins(at)) else { return Why::Unreached };
        let step = steps.all[at];
        if !step.conflicts(&whenever) {
            return Why::Invisible;
        }
        let outside = steps.outside[at];
        let mut best = Why::Shared(None, step.met(&whenever));
        let mut own = (!outside.conflicts(&whenever)).then_some(Why::Own(None));
        for (way, meanwhile) in meanwhile.iter().enumerate().filter(|(way, _)| held >> way & 1 != 0) {
            let lock = holds[way].lock;
            match step.met(meanwhile) {
                met if met.is_empty() => return Why::Lock(lock),
                met => best = Why::Shared(Some(lock), met),
            }
            own = own.or((!outside.conflicts(meanwhile)).then_some(Why::Own(Some(lock))));
        }
        own.unwrap_or(best)
    };
    (0..program.code.len()).map(why).collect()
}

fn is_held(world: &World<'_>, task: TaskId, hold: Hold) -> bool {
    if hold.alone {
        world.word(hold.lock.address()) == task + 1
    } else {
        crate::machine::verbs::rwsem::holds(world, hold.lock, task)
    }
}
