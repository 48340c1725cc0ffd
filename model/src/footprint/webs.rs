//! Webs: a slot is used again and again for things that have nothing to do with each other; a web is all that one value of it
//! may have been assigned and read by. Two assignments that reach one reading are of one web.

use crate::machine::Program;
use crate::machine::code::{Arg, Op, Operand, Pc, Slot};
use crate::machine::program::Function;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

/// The webs of all slots of a program.
#[derive(Debug)]
pub(super) struct Webs {
    /// Before each instruction: the web of each slot.
    before: Vec<Vec<usize>>,
    /// What an instruction assigns.
    made: BTreeMap<(Pc, Slot), usize>,
    /// What a function's slots are when it is entered.
    entry: Vec<Vec<usize>>,
    /// A web that this one turned out to be the same as; itself, if there is none.
    same: Vec<usize>,
    /// The slot of each.
    slots: Vec<(u16, Slot)>,
}

impl Webs {
    /// Finds them.
    pub fn of(program: &Program) -> Self {
        let mut webs = Self {
            before: vec![Vec::new(); program.code.len()],
            made: BTreeMap::new(),
            entry: Vec::new(),
            same: Vec::new(),
            slots: Vec::new(),
        };
        for (func, function) in (0..).zip(&program.functions) {
            let entry = (0..function.frame).map(|slot| webs.new_web(func, slot)).collect();
            webs.entry.push(entry);
            if function.entry < function.end {
                webs.function(program, func, function);
            }
        }
        for web in 0..webs.same.len() {
            webs.same[web] = webs.root(web);
        }
        webs
    }

    /// One more than the largest number of a web.
    pub fn count(&self) -> usize {
        self.same.len()
    }

    /// The web of a slot that an instruction reads.
    pub fn read(&self, pc: Pc, slot: Slot) -> Option<usize> {
        self.before[pc as usize].get(usize::from(slot)).map(|&web| self.same[web])
    }

    /// The web of a slot that an instruction assigns.
    pub fn made(&self, pc: Pc, slot: Slot) -> Option<usize> {
        self.made.get(&(pc, slot)).map(|&web| self.same[web])
    }

    /// The web of a slot of a function that is entered.
    pub fn entered(&self, func: u16, slot: Slot) -> Option<usize> {
        self.entry[usize::from(func)].get(usize::from(slot)).map(|&web| self.same[web])
    }

    /// All webs of a slot.
    pub fn all_of(&self, func: u16, slot: Slot) -> BTreeSet<usize> {
        let all = self.slots.iter().zip(&self.same).filter(|(known, _)| **known == (func, slot));
        all.map(|(_, &web)| web).collect()
    }

    /// The only instruction that a slot's value can come from where another one reads it.
    pub fn only_maker(&self, pc: Pc, slot: Slot) -> Option<Pc> {
        let web = self.read(pc, slot)?;
        let (func, _) = self.slots[web];
        if self.entered(func, slot) == Some(web) {
            return None;
        }
        let mut makers =
            self.made.iter().filter(|((_, made), known)| *made == slot && self.same[**known] == web);
        let (&(maker, _), _) = makers.next()?;
        makers.next().is_none().then_some(maker)
    }

    fn new_web(&mut self, func: u16, slot: Slot) -> usize {
        self.slots.push((func, slot));
        self.same.push(self.same.len());
        self.same.len() - 1
    }

    fn root(&self, mut web: usize) -> usize {
        while self.same[web] != web {
            web = self.same[web];
        }
        web
    }

    fn function(&mut self, program: &Program, func: u16, function: &Function) {
        let live = live_before(program, function);
        let mut open = vec![(function.entry, self.entry[usize::from(func)].clone())];
        while let Some((pc, webs)) = open.pop() {
            let known = &self.before[pc as usize];
            if !known.is_empty() {
                // Ways meet: what is read behind is of one web, whichever way it came.
                for (slot, (&one, &other)) in known.clone().iter().zip(&webs).enumerate() {
                    if live[(pc - function.entry) as usize][slot] {
                        let (one, other) = (self.root(one), self.root(other));
                        self.same[one.max(other)] = one.min(other);
                    }
                }
                continue;
            }
            self.before[pc as usize].clone_from(&webs);
            let op = program.code[pc as usize].op;
            let mut behind = webs;
            for slot in op.results().filter(|&slot| slot < function.frame) {
                let web = self.new_web(func, slot);
                self.made.insert((pc, slot), web);
                behind[usize::from(slot)] = web;
            }
            let next = op.successors(pc).filter(|next| (function.entry..function.end).contains(next));
            open.extend(next.map(|next| (next, behind.clone())));
        }
    }
}

/// Before each instruction: which slots may be read before they are assigned again.
fn live_before(program: &Program, function: &Function) -> Vec<Vec<bool>> {
    let count = (function.end - function.entry) as usize;
    let mut live = vec![vec![false; usize::from(function.frame)]; count];
    let mut changed = true;
    while changed {
        changed = false;
        for pc in (function.entry..function.end).rev() {
            let op = program.code[pc as usize].op;
            let mut now = vec![false; usize::from(function.frame)];
            for next in op.successors(pc).filter(|next| (function.entry..function.end).contains(next)) {
                for (now, next) in now.iter_mut().zip(&live[(next - function.entry) as usize]) {
                    *now |= next;
                }
            }
            for slot in op.results().filter(|&slot| slot < function.frame) {
                now[usize::from(slot)] = false;
            }
            for slot in read(program, op) {
                now[usize::from(slot)] = true;
            }
            let known = &mut live[(pc - function.entry) as usize];
            changed |= *known != now;
            *known = now;
        }
    }
    live
}

/// The slots that an instruction reads as operands.
fn read(program: &Program, op: Op) -> impl Iterator<Item = Slot> {
    let index = op.array_index().map(|(_, index)| index);
    let slot = |arg: Arg| match arg.what() {
        Operand::Slot(slot) => Some(slot),
        Operand::Field(at) => Some(program.field_operands[usize::from(at)].0),
        Operand::Constant(_) => None,
    };
    op.operands(&program.operands).into_iter().chain(index).filter_map(slot)
}
