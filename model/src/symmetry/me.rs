//! How a function uses `me`.
//!
//! `me` is a number, and tasks that differ by a number are alike only as long as it does nothing but choose an element
//! of an array that belongs to the task by it. So it is followed through the slots of a function: what is an index is
//! noted, what is kept in a slot while the task stands or calls is noted with the slot, anything else is wrong.

use super::names::{Index, Named, each_name};
use crate::machine::code::{Arg, Args, Op, Operand, Pc, Slot};
use crate::machine::program::Program;
use crate::machine::value::Value;
use crate::machine::verbs::VERBS;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// How an element of a global array is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    /// By `me`.
    Me,
    /// By this number.
    Number(u32),
    /// By a value that is known only when it runs.
    Other,
}

/// How a function uses `me`, and the elements of global arrays.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Where it uses an element of which global array, and which.
    pub elements: Vec<(Pc, u16, By)>,
    /// An instruction where `me` is used as a number.
    pub wrong: Option<Pc>,
    /// Slots that may hold `me` and can hold no other number while a task stands before an instruction or is in a call
    /// made there.
    pub kept: Vec<(Pc, Slot)>,
}

/// Slots that may hold `me`, and those of them that can hold nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Held {
    may: BTreeSet<Slot>,
    must: BTreeSet<Slot>,
}

impl Held {
    fn remove(&mut self, slot: Slot) {
        self.may.remove(&slot);
        self.must.remove(&slot);
    }

    fn remove_listed(&mut self, program: &Program, list: Args) {
        for slot in &program.dead_slots[usize::from(list.at)..][..usize::from(list.len)] {
            self.remove(*slot);
        }
    }

    /// What another way to the same instruction leaves; has it changed?
    fn meet(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.may.extend(&other.may);
        self.must = self.must.intersection(&other.must).copied().collect();
        *self != before
    }
}

impl Uses {
    pub fn of(program: &Program, func: u16) -> Self {
        let mut uses = Self::default();
        let function = &program.functions[usize::from(func)];
        for (pc, held) in (function.entry..).zip(held_before(program, func)) {
            if let Some(held) = held {
                uses.look(program, pc, &held);
                let watched = held.may.iter().any(|&slot| program.watched.contains(&(func, slot)));
                uses.wrong_if(watched, pc);
            }
        }
        uses
    }

    fn wrong_if(&mut self, wrong: bool, pc: Pc) {
        if wrong && self.wrong.is_none() {
            self.wrong = Some(pc);
        }
    }

    fn look(&mut self, program: &Program, pc: Pc, held: &Held) {
        let instr = &program.code[pc as usize];
        let may = |arg: Arg| slot_of(program, arg).is_some_and(|slot| held.may.contains(&slot));
        if !matches!(instr.op, Op::Move { .. }) {
            self.wrong_if(instr.op.operands(&program.operands).into_iter().any(may), pc);
        }
        if let Some((array, index)) = instr.op.array_index() {
            let index = match index.what() {
                Operand::Constant(at) => Index::Constant(program.constants[usize::from(at)]),
                Operand::Slot(slot) | Operand::Field(slot) => Index::Local(slot),
            };
            self.element(pc, array, index, held);
        }
        if let Op::WaitFor { expr } = instr.op {
            each_name(&program.waits[usize::from(expr)], &mut |named| match named {
                Named::Me => self.wrong_if(true, pc),
                Named::Local(slot) => self.wrong_if(held.may.contains(&slot), pc),
                // Whether it says the same of others is seen when it is renamed.
                Named::Element(_, Index::Constant(_)) => {}
                Named::Element(array, index) => self.element(pc, array, index, held),
                Named::Task(_) | Named::Constant(_) | Named::Cell(_) => {}
            });
        }
        if instr.access || matches!(instr.op, Op::Call { .. }) {
            let mut kept = held.clone();
            if instr.access {
                kept.remove_listed(program, program.stands[pc as usize].dead);
            } else {
                kept.remove_listed(program, program.stands[pc as usize].dying);
            }
            self.wrong_if(kept.may != kept.must, pc);
            self.kept.extend(kept.may.into_iter().map(|slot| (pc, slot)));
        }
    }

    fn element(&mut self, pc: Pc, array: u16, index: Index, held: &Held) {
        let by = match index {
            Index::Me => By::Me,
            Index::Local(slot) if held.must.contains(&slot) => By::Me,
            Index::Local(slot) => {
                self.wrong_if(held.may.contains(&slot), pc);
                By::Other
            }
            Index::Constant(value) => By::number(value),
            Index::Other => By::Other,
        };
        self.elements.push((pc, array, by));
    }
}

impl By {
    /// What a constant chooses.
    fn number(value: Value) -> Self {
        value.as_int().and_then(|number| u32::try_from(number).ok()).map_or(Self::Other, Self::Number)
    }
}

fn slot_of(program: &Program, arg: Arg) -> Option<Slot> {
    match arg.what() {
        Operand::Slot(slot) => Some(slot),
        Operand::Field(at) => Some(program.field_operands[usize::from(at)].0),
        Operand::Constant(_) => None,
    }
}

/// Which slots hold `me` before each instruction of a function; none where nothing leads.
fn held_before(program: &Program, func: u16) -> Vec<Option<Held>> {
    let function = &program.functions[usize::from(func)];
    let mut before = vec![None; (function.end - function.entry) as usize];
    let mut open = Vec::new();
    if let Some(first) = before.first_mut() {
        *first = Some(Held::default());
        open.push(function.entry);
    }
    while let Some(pc) = open.pop() {
        let Some(held) = &before[(pc - function.entry) as usize] else { continue };
        let behind = behind(program, pc, held);
        for next in program.code[pc as usize].op.successors(pc).filter(|&next| next < function.end) {
            let row = &mut before[(next - function.entry) as usize];
            let changed = match row {
                Some(row) => row.meet(&behind),
                None => {
                    *row = Some(behind.clone());
                    true
                }
            };
            if changed {
                open.push(next);
            }
        }
    }
    before
}

fn behind(program: &Program, pc: Pc, held: &Held) -> Held {
    let (instr, stand) = (&program.code[pc as usize], &program.stands[pc as usize]);
    let mut now = held.clone();
    if instr.access {
        now.remove_listed(program, stand.dead);
    }
    now.remove_listed(program, stand.dying);
    let (may, must) = match instr.op {
        Op::Me { .. } => (true, true),
        Op::Move { src, .. } => {
            let slot = slot_of(program, src);
            (
                slot.is_some_and(|slot| held.may.contains(&slot)),
                slot.is_some_and(|slot| held.must.contains(&slot)),
            )
        }
        _ => (false, false),
    };
    for slot in instr.op.results() {
        now.remove(slot);
        if may {
            now.may.insert(slot);
        }
        if must {
            now.must.insert(slot);
        }
    }
    match instr.op {
        Op::Verb { verb, dst, .. } if remembers_tasks(verb) => {
            (1..=program.layout.task_set).for_each(|word| now.remove(dst + u16::try_from(word).unwrap_or(0)));
        }
        Op::InitLocalList { slot, .. } => (slot..slot + 3).for_each(|slot| now.remove(slot)),
        _ => {}
    }
    now
}

/// Does a verb of two steps keep a set of tasks behind its result's cell?
pub(super) fn remembers_tasks(verb: u8) -> bool {
    VERBS[usize::from(verb)].resume.as_ref().is_some_and(|resume| resume.remembers_tasks)
}
