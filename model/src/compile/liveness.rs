//! Which locals nobody will read any more: they are cleared, so that they do not tell states apart.
//!
//! Without this the search of W(2,3,1) has 38 times as many states. A local is live before an instruction if some way
//! on from there reads it before it is written again. Where a task stops, what may hold a value and is not live is
//! cleared; where it calls, what is not live behind the call is cleared in the caller.

use super::Compiler;
use crate::machine::code::{Arg, Args, Op, Operand, Pc, Slot};
use crate::machine::program::Function;
use crate::machine::pure::Pure;
use crate::machine::verbs::VERBS;
use alloc::vec;
use alloc::vec::Vec;

/// A set of slots.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Slots(Vec<u64>);

impl Slots {
    fn none(frame: u16) -> Self {
        Self(vec![0; usize::from(frame).div_ceil(64)])
    }
    fn put(&mut self, slot: Slot) {
        if let Some(word) = self.0.get_mut(usize::from(slot) / 64) {
            *word |= 1 << (slot % 64);
        }
    }
    fn remove(&mut self, slot: Slot) {
        if let Some(word) = self.0.get_mut(usize::from(slot) / 64) {
            *word &= !(1 << (slot % 64));
        }
    }
    fn has(&self, slot: Slot) -> bool {
        self.0[usize::from(slot) / 64] >> (slot % 64) & 1 != 0
    }
    /// Adds another set; did this one grow?
    fn add(&mut self, other: &Self) -> bool {
        let mut grew = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            grew |= *theirs & !*mine != 0;
            *mine |= theirs;
        }
        grew
    }
}

impl Compiler<'_> {
    pub(super) fn bury_dead(&mut self) {
        for func in 0..self.functions.len() {
            self.bury_dead_of(u16::try_from(func).unwrap_or(0));
        }
    }

    fn bury_dead_of(&mut self, func: u16) {
        let function = self.functions[usize::from(func)].clone();
        if function.entry == function.end {
            return;
        }
        let always = self.always_live(func, &function);
        let live = self.live_before(&function, &always);
        let set = self.set_before(&function);
        for pc in function.entry..function.end {
            let at = (pc - function.entry) as usize;
            if self.code[pc as usize].access {
                let dead = self.dead_list(&function, &set[at], &live[at]);
                self.stands[pc as usize].dead = dead;
            }
            if let Op::Call { dst, .. } | Op::Callback { dst, .. } = self.code[pc as usize].op {
                let mut behind = self.live_behind(&function, pc, &live);
                behind.remove(dst);
                behind.add(&always);
                let dying = self.dead_list(&function, &set[at], &behind);
                self.stands[pc as usize].dying = dying;
            }
        }
    }

    /// Slots that are never cleared: list heads, what a condition reads, what the judges look at on return, and what
    /// a worker runs.
    fn always_live(&self, func: u16, function: &Function) -> Slots {
        let mut always = Slots::none(function.frame);
        for &(of, slot) in &self.watched {
            if of == func {
                always.put(slot);
            }
        }
        for instr in &self.code[function.entry as usize..function.end as usize] {
            if let Op::InitLocalList { slot, .. } = instr.op {
                (slot..slot + 3).for_each(|slot| always.put(slot));
            }
        }
        if function.contract.is_some() && function.params > 0 {
            always.put(1);
        }
        if function.callback.is_some() {
            always.put(1);
            always.put(2);
        }
        always
    }

    fn dead_list(&mut self, function: &Function, set: &Slots, live: &Slots) -> Args {
        let at = self.dead_slots.len();
        self.dead_slots.extend((1..function.frame).filter(|&slot| set.has(slot) && !live.has(slot)));
        let len = self.dead_slots.len() - at;
        if len == 0 {
            return super::builder::NO_ARGS;
        }
        if self.dead_slots.len() > usize::from(u16::MAX) {
            // Too many to name: equal states may then be told apart, which costs time and is never wrong.
            self.dead_slots.truncate(at);
            return super::builder::NO_ARGS;
        }
        Args { at: u16::try_from(at).unwrap_or(0), len: u16::try_from(len).unwrap_or(0) }
    }

    fn live_before(&self, function: &Function, always: &Slots) -> Vec<Slots> {
        let count = (function.end - function.entry) as usize;
        let mut live = vec![always.clone(); count];
        loop {
            let mut changed = false;
            for pc in (function.entry..function.end).rev() {
                let mut now = self.live_behind(function, pc, &live);
                let op = self.code[pc as usize].op;
                self.written(op, |slot| now.remove(slot));
                self.read(op, |slot| now.put(slot));
                changed |= live[(pc - function.entry) as usize].add(&now);
            }
            if !changed {
                return live;
            }
        }
    }

    fn live_behind(&self, function: &Function, pc: Pc, live: &[Slots]) -> Slots {
        let mut behind = Slots::none(function.frame);
        for next in self.code[pc as usize].op.successors(pc) {
            if next < function.end {
                behind.add(&live[(next - function.entry) as usize]);
            }
        }
        behind
    }

    /// Which slots may hold a value before each instruction.
    fn set_before(&self, function: &Function) -> Vec<Slots> {
        let count = (function.end - function.entry) as usize;
        let mut set = vec![Slots::none(function.frame); count];
        let hidden = u16::from(function.callback.is_some());
        (1..=function.params + hidden).for_each(|slot| set[0].put(slot));
        loop {
            let mut changed = false;
            for pc in function.entry..function.end {
                let mut now = set[(pc - function.entry) as usize].clone();
                self.written(self.code[pc as usize].op, |slot| now.put(slot));
                for next in self.code[pc as usize].op.successors(pc) {
                    if next < function.end {
                        changed |= set[(next - function.entry) as usize].add(&now);
                    }
                }
            }
            if !changed {
                return set;
            }
        }
    }

    /// Calls `f` with each slot that an instruction reads.
    fn read(&self, op: Op, mut f: impl FnMut(Slot)) {
        let mut arg = |arg: Arg| match arg.what() {
            Operand::Slot(slot) => f(slot),
            Operand::Field(at) => f(self.field_operands[usize::from(at)].0),
            Operand::Constant(_) => {}
        };
        op.operands(&self.operands).into_iter().for_each(&mut arg);
        if let Some((_, index)) = op.array_index() {
            arg(index);
        }
        match op {
            Op::Resume { verb, dst, .. } => {
                (dst..=dst + self.remembered(verb)).for_each(f);
            }
            Op::WaitFor { expr } => pure_reads(&self.waits[usize::from(expr)], &mut f),
            _ => {}
        }
    }

    /// Cells that a verb of two steps keeps behind its result's: a set of tasks, or none.
    fn remembered(&self, verb: u8) -> u16 {
        let keeps = VERBS[usize::from(verb)].resume.as_ref().is_some_and(|resume| resume.remembers_tasks);
        if keeps { u16::try_from(self.layout.task_set).unwrap_or(0) } else { 0 }
    }

    /// Calls `f` with each slot that an instruction writes.
    fn written(&self, op: Op, mut f: impl FnMut(Slot)) {
        if let Op::Verb { verb, dst, .. } = op {
            (dst..dst + self.remembered(verb)).for_each(|slot| f(slot + 1));
        }
        op.results().for_each(f);
    }
}

fn pure_reads(expr: &Pure, f: &mut impl FnMut(Slot)) {
    match expr {
        Pure::Local(slot) => f(*slot),
        Pure::Field(of, _) | Pure::Array(_, of) | Pure::Address(_, of) | Pure::Ask(_, of) => {
            pure_reads(of, f)
        }
        Pure::Element(a, _, b)
        | Pure::Binary(_, a, b)
        | Pure::And(a, b)
        | Pure::Or(a, b)
        | Pure::Inited(a, b) => {
            pure_reads(a, f);
            pure_reads(b, f);
        }
        Pure::Const(_) | Pure::Me | Pure::TaskVar { .. } | Pure::Global(_) => {}
    }
}
