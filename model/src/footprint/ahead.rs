//! What a task may still do before it has to wait for a lock that another one holds.

use super::Footprint;
use super::access::{Access, Accesses};
use crate::machine::Program;
use crate::machine::code::{Instr, Op, Pc};
use crate::machine::program::{Place, Thing};
use crate::machine::value::Value;
use crate::machine::verbs::{Fault, VERBS};
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// A way to hold a lock that is no part of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Hold {
    pub lock: Value,
    /// Alone, or with other readers.
    pub alone: bool,
}

impl Hold {
    /// All ways to hold the locks of a program.
    pub fn all(program: &Program) -> Vec<Self> {
        let mut all = Vec::new();
        for &lock in program.static_locks.iter().filter(|lock| program.thing_object(lock.ty()).is_none()) {
            all.push(Self { lock, alone: true });
            if matches!(program.place(lock.ty()), Place::Thing { thing: Thing::Rwsem, .. }) {
                all.push(Self { lock, alone: false });
            }
        }
        all
    }
}

impl Hold {
    /// Can another task not hold this one's lock so, as long as it is held this way?
    pub fn excludes(self, other: Self) -> bool {
        self.lock == other.lock && (self.alone || other.alone)
    }
}

/// What may come behind each instruction inside its function, calls included.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    /// What may be touched.
    pub touches: Vec<Footprint>,
    /// Can the function's end be reached?
    pub returns: Vec<bool>,
}

impl Ahead {
    /// What may come before somebody has to wait for what is held.
    pub fn of(accesses: &Accesses<'_>, access: &[Access], inside: &BTreeSet<Pc>, hold: Option<Hold>) -> Self {
        let program = accesses.program;
        let count = program.code.len();
        let mut ahead = Self { touches: vec![Footprint::NONE; count], returns: vec![false; count] };
        let waits = hold.map_or_else(|| vec![false; count], |hold| waits(accesses, inside, hold));
        let callees: Vec<_> = program.code.iter().map(|instr| accesses.callees(instr.op)).collect();
        let mut changed = true;
        while changed {
            changed = false;
            for at in (1..count).rev() {
                if waits[at] {
                    continue;
                }
                let (touches, returns) = ahead.before(program, access, &waits, (at, &callees[at]));
                changed |= touches != ahead.touches[at] || returns != ahead.returns[at];
                ahead.touches[at] = touches;
                ahead.returns[at] = returns;
            }
        }
        ahead
    }

    fn before(
        &self,
        program: &Program,
        access: &[Access],
        waits: &[bool],
        (at, callees): (usize, &BTreeSet<u16>),
    ) -> (Footprint, bool) {
        let op = program.code[at].op;
        let mut touches = access[at].all();
        // A call goes on behind it only if what it calls comes to its end, or there is nothing to call.
        let mut on = callees.is_empty() || !matches!(op, Op::Call { .. });
        for &callee in callees {
            let entry = program.functions[usize::from(callee)].entry as usize;
            touches |= self.touches[entry];
            on |= self.returns[entry];
        }
        let mut returns = matches!(op, Op::Return { .. });
        if on {
            let pc = u32::try_from(at).expect("a position");
            for next in op.successors(pc).map(|next| next as usize).filter(|&next| next < self.touches.len())
            {
                // Whoever finds the lock taken has to wait for it: the way past the waiting is closed.
                if matches!(op, Op::Verb { .. }) && next == at + 2 && waits[at + 1] {
                    continue;
                }
                touches |= self.touches[next];
                returns |= self.returns[next];
            }
        }
        (touches, returns)
    }
}

/// Of each instruction: does a task that stands before it wait until what is held is given back?
pub(super) fn waits(accesses: &Accesses<'_>, inside: &BTreeSet<Pc>, hold: Hold) -> Vec<bool> {
    let program = accesses.program;
    let kills =
        |instr: &Instr| matches!(instr.op, Op::Verb { verb, .. } if VERBS[usize::from(verb)].name == "kill");
    let may_kill = program.sites.iter().any(|site| site.selected && site.what == "kill")
        || program.code.iter().any(kills);
    (0..)
        .zip(&program.code)
        .map(|(pc, instr): (Pc, _)| waits_for(accesses, instr.op, hold, may_kill) && !inside.contains(&pc))
        .collect()
}

/// Does a task that stands before an instruction wait until what is held is given back?
fn waits_for(accesses: &Accesses<'_>, op: Op, hold: Hold, may_kill: bool) -> bool {
    let (verb, args, second) = match op {
        Op::Verb { verb, args, .. } => (VERBS[usize::from(verb)], args, false),
        Op::Resume { verb, args, .. } => (VERBS[usize::from(verb)], args, true),
        _ => return false,
    };
    if accesses.lone(args.0) != Some(hold.lock.address()) {
        return false;
    }
    let takes = match verb.name {
        "mutex_lock" | "spin_lock" => !second,
        "mutex_lock_killable" => second,
        "down_read" | "down_read_killable" => second && hold.alone,
        "down_write" => second,
        _ => false,
    };
    takes && !(verb.fault == Fault::Killed && may_kill)
}
