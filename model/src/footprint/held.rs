//! Which locks a task holds for certain wherever it stands before an instruction.
//!
//! Forward over the text: what is taken is held until something may give it back; where ways meet, what all of them hold; a function
//! begins with what all its callers hold.

use super::access::Accesses;
use super::ahead::Hold;
use crate::machine::Program;
use crate::machine::code::{Arg, NOWHERE, Op, Operand, Pc};
use crate::machine::verbs::VERBS;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// A set of ways to hold a lock, as bits.
type Set = u64;

/// How an instruction changes what is held.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    gives_back: Set,
    takes: Set,
}

/// Before each instruction: what is held for certain; `None` where no task can come.
pub(super) fn held(accesses: &Accesses<'_>, holds: &[Hold]) -> Vec<Option<Set>> {
    let program = accesses.program;
    let mut flow = Flow {
        accesses,
        holds: &holds[..holds.len().min(63)],
        callees: program.code.iter().map(|instr| accesses.callees(instr.op)).collect(),
        functions: vec![Change::default(); program.functions.len()],
    };
    flow.summarise();
    flow.solve()
}

/// Where tasks begin. A protocol by itself has none: then whoever likes calls the functions of the contract.
pub(super) fn roots(program: &Program) -> Vec<u16> {
    let tasks = program.tasks.iter().filter(|task| !task.boot);
    if tasks.clone().any(|task| !task.worker) {
        return tasks.map(|task| task.func).collect();
    }
    let contract = (0..).zip(&program.functions).filter(|(_, function)| function.contract.is_some());
    tasks.map(|task| task.func).chain(contract.map(|(func, _)| func)).collect()
}

struct Flow<'a, 'p> {
    accesses: &'a Accesses<'p>,
    holds: &'a [Hold],
    callees: Vec<BTreeSet<u16>>,
    /// What a call of each function changes.
    functions: Vec<Change>,
}

impl Flow<'_, '_> {
    /// What calls change: first what they may give back, then what they take for certain.
    fn summarise(&mut self) {
        let program = self.accesses.program;
        let mut changed = true;
        while changed {
            changed = false;
            for (at, &func) in program.function_of.iter().enumerate().skip(1) {
                let mut gives_back = self.change(at).gives_back;
                for &callee in &self.callees[at] {
                    gives_back |= self.functions[usize::from(callee)].gives_back;
                }
                let row = &mut self.functions[usize::from(func)];
                changed |= gives_back & !row.gives_back != 0;
                row.gives_back |= gives_back;
            }
        }
        // From nothing: what a function holds at its end if it began with nothing. Callees first, by repetition.
        for _ in 0..program.functions.len() {
            let before: Vec<_> = self.functions.iter().map(|row| row.takes).collect();
            for func in 0..program.functions.len() {
                self.functions[func].takes = self.at_return(func);
            }
            if self.functions.iter().map(|row| row.takes).eq(before) {
                break;
            }
        }
    }

    fn at_return(&self, func: usize) -> Set {
        let function = &self.accesses.program.functions[func];
        if function.entry == function.end {
            return 0;
        }
        let (first, end) = (function.entry as usize, function.end as usize);
        let mut before = vec![!0; end - first];
        before[0] = 0;
        self.spread(&mut before, first, |_, _| {});
        let returns =
            (first..end).filter(|&at| matches!(self.accesses.program.code[at].op, Op::Return { .. }));
        returns.map(|at| before[at - first]).fold(!0, |all, held| all & held) & self.everything()
    }

    fn everything(&self) -> Set {
        (0..self.holds.len()).fold(0, |all, at| all | 1 << at)
    }

    /// Spreads what is held from instruction to instruction until nothing changes, and tells of calls.
    fn spread(&self, before: &mut [Set], first: usize, mut called: impl FnMut(u16, Set)) {
        let mut changed = true;
        while changed {
            changed = false;
            for at in first..first + before.len() {
                let held = before[at - first];
                for &callee in &self.callees[at] {
                    called(callee, held);
                }
                for (to, held) in self.behind(at, held) {
                    let to = to as usize;
                    if (first..first + before.len()).contains(&to) {
                        let known = &mut before[to - first];
                        changed |= *known & !held != 0;
                        *known &= held;
                    }
                }
            }
        }
    }

    fn solve(&self) -> Vec<Option<Set>> {
        let program = self.accesses.program;
        let mut entries = vec![!0; program.functions.len()];
        for root in roots(program) {
            entries[usize::from(root)] = 0;
        }
        let mut held = vec![!0; program.code.len()];
        loop {
            let before = entries.clone();
            for (func, function) in program.functions.iter().enumerate() {
                let range = function.entry as usize..function.end as usize;
                if range.is_empty() || entries[func] == !0 {
                    continue;
                }
                held[range.start] &= entries[func];
                let mut calls = Vec::new();
                self.spread(&mut held[range.clone()], range.start, |callee, held| calls.push((callee, held)));
                for (callee, held) in calls {
                    entries[usize::from(callee)] &= held;
                }
            }
            if entries == before {
                break;
            }
        }
        held.into_iter().map(|set| (set != !0).then_some(set)).collect()
    }

    /// What is held behind an instruction, by where it goes on.
    fn behind(&self, at: usize, held: Set) -> Vec<(Pc, Set)> {
        let program = self.accesses.program;
        let op = program.code[at].op;
        let pc = u32::try_from(at).expect("a position");
        let change = self.change(at);
        let mut out = held & !change.gives_back | change.takes;
        if !self.callees[at].is_empty() {
            let after = |&callee: &u16| {
                let change = self.functions[usize::from(callee)];
                held & !change.gives_back | change.takes
            };
            let all = self.callees[at].iter().map(after).fold(!0, |all, held| all & held);
            out = if matches!(op, Op::Call { .. }) { all } else { all & held };
        }
        let waits = |to: Pc| {
            matches!(op, Op::Verb { .. })
                && to == pc + 1
                && is_second(program.code.get(at + 1).map(|instr| instr.op))
        };
        op.successors(pc)
            // Whoever has to wait has not got it yet.
            .map(|to| (to, if waits(to) { held } else { out } | self.if_it_came(at, to)))
            .collect()
    }

    /// What a jump on a result says: a killable wait came back with 0, a try with 1.
    fn if_it_came(&self, at: usize, to: Pc) -> Set {
        let code = &self.accesses.program.code;
        let (cond, target, zero_jumps) = match code[at].op {
            Op::Unless { cond, to } => (cond, to, true),
            Op::When { cond, to } => (cond, to, false),
            _ => return 0,
        };
        let Operand::Slot(slot) = cond.what() else { return 0 };
        let is_zero = (to == target) == zero_jumps;
        let Some(asked) = at.checked_sub(1).map(|before| code[before].op) else { return 0 };
        let (name, args, dst, second) = match asked {
            Op::Verb { verb, args, dst, .. } => (VERBS[usize::from(verb)].name, args, dst, false),
            Op::Resume { verb, args, dst, .. } => (VERBS[usize::from(verb)].name, args, dst, true),
            _ => return 0,
        };
        let alone = match (name, second, is_zero) {
            ("mutex_lock_killable", true, true) | ("mutex_trylock", false, false) => true,
            ("down_read_killable", true, true) => false,
            _ => return 0,
        };
        if dst != slot || dst == NOWHERE {
            return 0;
        }
        // Nothing else may lead here. Asked last: it goes through all of the code.
        let pc = u32::try_from(at).expect("a position");
        let ways =
            (0..).zip(code).filter(|(from, instr)| instr.op.successors(*from).any(|to| to == pc)).count();
        if ways == 1 + usize::from(second) { self.ways(args.0, alone) } else { 0 }
    }

    fn ways(&self, lock: Arg, alone: bool) -> Set {
        let Some(address) = self.accesses.lone(lock) else { return 0 };
        let at = self.holds.iter().position(|hold| hold.lock.address() == address && hold.alone == alone);
        at.map_or(0, |at| 1 << at)
    }

    fn change(&self, at: usize) -> Change {
        let (verb, args) = match self.accesses.program.code[at].op {
            Op::Verb { verb, args, .. } | Op::Resume { verb, args, .. } => {
                (VERBS[usize::from(verb)].name, args)
            }
            _ => return Change::default(),
        };
        let both = || match self.accesses.lone(args.0) {
            Some(_) => self.ways(args.0, true) | self.ways(args.0, false),
            None => !0,
        };
        match verb {
            "mutex_lock" | "spin_lock" | "down_write" => {
                Change { takes: self.ways(args.0, true), gives_back: 0 }
            }
            "down_read" => Change { takes: self.ways(args.0, false), gives_back: 0 },
            "mutex_unlock" | "spin_unlock" | "up_read" | "up_write" => {
                Change { takes: 0, gives_back: both() }
            }
            _ => Change::default(),
        }
    }
}

fn is_second(op: Option<Op>) -> bool {
    matches!(op, Some(Op::Resume { .. }))
}
