//! The footprint of a whole step: its access, and the local work behind it up to the next stop.

use super::Footprint;
use super::access::{Access, Accesses};
use crate::machine::code::{Op, Pc};
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// So many places are looked at inside one step; what is larger is taken to touch everything.
const MOST: usize = 20_000;

/// What a step touches that begins at an instruction.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Of each instruction that may begin a step: what the step touches.
    pub all: Vec<Footprint>,
    /// The same without what lies in the objects of its first access, in namespaces that callbacks are about, and in local lists.
    pub outside: Vec<Footprint>,
    /// What judges remember of the namespaces that its callbacks are about.
    pub nets: Vec<Footprint>,
    /// Local lists that end in it.
    pub lists: Vec<Footprint>,
    /// Accesses that may be passed inside a step.
    pub inside: BTreeSet<Pc>,
}

impl Steps {
    pub fn of(accesses: &Accesses<'_>, access: &[Access]) -> Self {
        let program = accesses.program;
        let inherited = inherited(accesses);
        let none = || vec![Footprint::NONE; program.code.len()];
        let mut steps =
            Self { all: none(), outside: none(), nets: none(), lists: none(), inside: BTreeSet::new() };
        for (at, instr) in program.code.iter().enumerate().skip(1) {
            if !instr.access {
                continue;
            }
            let pc = u32::try_from(at).expect("a position");
            let mut walk = Walk {
                accesses,
                access,
                inherited: &inherited,
                inside: &mut steps.inside,
                seen: BTreeSet::new(),
                touched: Touched::default(),
            };
            walk.behind(pc, instr.atomic);
            if inherited.contains(&program.function_of[at]) && !instr.atomic {
                walk.seen.clear();
                walk.behind(pc, true);
            }
            let behind = walk.touched;
            steps.outside[at] = access[at].outside | behind.outside;
            steps.nets[at] = access[at].nets | behind.nets;
            steps.lists[at] = access[at].lists | behind.lists;
            steps.all[at] = access[at].all() | behind.outside | behind.nets | behind.lists;
        }
        steps
    }
}

/// What is touched behind a step's first access.
#[derive(Clone, Copy, Default)]
struct Touched {
    outside: Footprint,
    nets: Footprint,
    lists: Footprint,
}

/// Functions that may run inside an atomic block of a caller.
fn inherited(accesses: &Accesses<'_>) -> BTreeSet<u16> {
    let program = accesses.program;
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (instr, func) in program.code.iter().zip(&program.function_of) {
            if instr.atomic || found.contains(func) {
                found.extend(accesses.callees(instr.op));
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

struct Walk<'a, 'p> {
    accesses: &'a Accesses<'p>,
    access: &'a [Access],
    inherited: &'a BTreeSet<u16>,
    inside: &'a mut BTreeSet<Pc>,
    seen: BTreeSet<Place>,
    touched: Touched,
}

/// Where a step may come: the instruction, whether it is inside an atomic block, and where calls made in it return to.
type Place = (Pc, bool, Vec<Pc>);

impl Walk<'_, '_> {
    /// Collects what is touched behind the first access.
    fn behind(&mut self, first: Pc, atomic: bool) {
        let mut open = Vec::new();
        self.on_from((first, atomic, Vec::new()), &mut open);
        while let Some(place) = open.pop() {
            if self.seen.len() > MOST {
                self.touched.outside = Footprint::ALL;
                return;
            }
            let (pc, atomic, _) = place;
            let instr = self.accesses.program.code[pc as usize];
            if instr.access {
                if !atomic {
                    continue;
                }
                self.inside.insert(pc);
            }
            if !self.seen.insert(place.clone()) {
                continue;
            }
            let access = &self.access[pc as usize];
            if instr.access {
                // What its operands are is not known before the step.
                self.touched.outside |= access.all();
            } else {
                self.touched.outside |= access.with_parts();
                self.touched.nets |= access.nets;
                self.touched.lists |= access.lists;
            }
            self.on_from(place, &mut open);
        }
    }

    /// Where it goes on from a place.
    fn on_from(&self, (pc, atomic, back): Place, open: &mut Vec<Place>) {
        let program = self.accesses.program;
        let func = program.function_of[pc as usize];
        let op = program.code[pc as usize].op;
        match op {
            Op::Done => {}
            Op::AtomicEnd => {
                open.push((pc + 1, false, back.clone()));
                if atomic && self.inherited.contains(&func) {
                    open.push((pc + 1, true, back));
                }
            }
            Op::Call { .. } | Op::Callback { .. } | Op::CallWork { .. } | Op::CallRcu { .. } => {
                for callee in self.accesses.callees(op) {
                    let mut back = back.clone();
                    back.push(pc + 1);
                    open.push((program.functions[usize::from(callee)].entry, atomic, back));
                }
                // A callback without a body, and kfree in place of an RCU callback.
                if !matches!(op, Op::Call { .. }) {
                    open.push((pc + 1, atomic, back));
                }
            }
            Op::Return { .. } => {
                let mut back = back;
                if let Some(to) = back.pop() {
                    open.push((to, atomic, back));
                } else {
                    let callers = (0..)
                        .zip(&program.code)
                        .filter(|(_, instr)| self.accesses.callees(instr.op).contains(&func));
                    open.extend(callers.map(|(at, _): (Pc, _)| (at + 1, atomic, Vec::new())));
                }
            }
            _ => open.extend(op.successors(pc).map(|next| (next, atomic, back.clone()))),
        }
    }
}
