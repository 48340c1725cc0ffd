//! What the text tells apart: which tasks among many may be alike, and what belongs to each of them.
//!
//! Tasks of one `task t[N]` run the same code and differ by `me` alone. A global array that is indexed by `me`, and by
//! nothing else, belongs to them element by element; tasks of several classes that share such an array make one family,
//! whose members are renamed together. An element or task that some code names by its number stays where it is.
//!
//! Boot is left out: what it did is seen in the state that it left. So are numbers in conditions and in what tasks wait
//! for: what those say may be the same for all. Both are compared afterwards.

use super::me::{By, Uses};
use super::names::{Index, Named, each_name};
use super::reach::Calls;
use super::units::{Orbit, Part};
use crate::machine::code::{Arg, Op, Operand, Pc, Slot};
use crate::machine::program::{Condition, Program, TaskId};
use crate::machine::value::{PlaceType, Value};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// What is found.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// Members that the text does not tell apart.
    pub orbits: Vec<Orbit>,
    /// Slots that hold `me`, by instruction, in order.
    pub kept: Vec<(Pc, Slot)>,
    /// Why others are told apart.
    pub refused: Vec<String>,
}

/// The tasks of one `task t[N]`.
#[derive(Debug)]
struct Class {
    first: TaskId,
    count: u32,
    func: u16,
    reached: BTreeSet<u16>,
    /// Why its tasks are not alike.
    refused: Option<String>,
}

/// What the text says of a program's tasks and arrays.
struct Reading<'p> {
    program: &'p Program,
    classes: Vec<Class>,
    /// Arrays that the tasks of a class index by `me`.
    owned: BTreeSet<(usize, u16)>,
    /// Where an element of an array is chosen by something else.
    mixed: BTreeMap<u16, String>,
    /// Where an element of an array, or a task of a class, is named by its number.
    elements: BTreeMap<(u16, u32), String>,
    tasks: BTreeMap<(usize, u32), String>,
    kept: Vec<(Pc, Slot)>,
}

/// Reads a program.
pub(super) fn read(program: &Program) -> Alike {
    let calls = Calls::of(program);
    let mut reading = Reading {
        program,
        classes: classes(program, &calls),
        owned: BTreeSet::new(),
        mixed: BTreeMap::new(),
        elements: BTreeMap::new(),
        tasks: BTreeMap::new(),
        kept: Vec::new(),
    };
    if reading.classes.iter().all(|class| class.count < 2) {
        return Alike::default();
    }
    let funcs: BTreeSet<u16> =
        program.tasks.iter().filter(|task| !task.boot).flat_map(|task| calls.reached(task.func)).collect();
    for func in funcs {
        reading.function(func);
    }
    for condition in &program.conditions {
        reading.condition(condition);
    }
    reading.kept.sort_unstable();
    reading.alike()
}

fn classes(program: &Program, calls: &Calls) -> Vec<Class> {
    let mut classes: Vec<Class> = Vec::new();
    for (at, task) in (0..).zip(&program.tasks) {
        match (task.me, classes.last_mut()) {
            (Some(0), _) => {
                let reached = calls.reached(task.func);
                classes.push(Class { first: at, count: 1, func: task.func, reached, refused: None });
            }
            (Some(_), Some(class)) if class.func == task.func => class.count += 1,
            _ => {}
        }
    }
    classes
}

impl Reading<'_> {
    fn text(&self, pc: Pc) -> String {
        text_at(self.program, pc)
    }

    /// One function that tasks can come to.
    fn function(&mut self, func: u16) {
        let program = self.program;
        let users: Vec<usize> =
            (0..self.classes.len()).filter(|&class| self.classes[class].reached.contains(&func)).collect();
        let uses = Uses::of(program, func);
        if let Some(pc) = uses.wrong {
            let why = format!("`me` is used as a number in `{}`", self.text(pc));
            for &class in &users {
                self.classes[class].refused.get_or_insert_with(|| why.clone());
            }
        }
        for (pc, array, by) in uses.elements {
            match by {
                By::Me => self.owned.extend(users.iter().map(|&class| (class, array))),
                By::Number(number) => {
                    let text = self.text(pc);
                    self.elements.entry((array, number)).or_insert(text);
                }
                By::Other => {
                    let text = self.text(pc);
                    self.mixed.entry(array).or_insert(text);
                }
            }
        }
        self.kept.extend(uses.kept);
        let function = &program.functions[usize::from(func)];
        for pc in function.entry..function.end {
            self.constants(pc);
        }
    }

    /// What an instruction names by constants.
    fn constants(&mut self, pc: Pc) {
        let (program, op) = (self.program, self.program.code[pc as usize].op);
        let constant = |arg: Arg| match arg.what() {
            Operand::Constant(at) => Some(program.constants[usize::from(at)]),
            Operand::Slot(_) | Operand::Field(_) => None,
        };
        let values: Vec<Value> = op.operands(&program.operands).into_iter().filter_map(constant).collect();
        if values.iter().all(|value| !value.is_place())
            && !matches!(op, Op::LoadGlobal { .. } | Op::StoreGlobal { .. })
        {
            return;
        }
        let text = self.text(pc);
        for value in values.into_iter().filter(|value| value.is_place()) {
            if value.ty() == PlaceType::TASK {
                self.task(value.address(), &text);
            } else if value.ty() >= super::rename::FIRST_ADDRESS {
                self.cell(value.address(), &text);
            }
        }
        if let Op::LoadGlobal { cell, .. } | Op::StoreGlobal { cell, .. } = op {
            self.cell(cell, &text);
        }
    }

    /// A condition of the scenario. What it names by a number is left to the comparison of what it says.
    fn condition(&mut self, condition: &Condition) {
        each_name(&condition.expr, &mut |named| {
            if let Named::Element(array, index) = named
                && !matches!(index, Index::Constant(_))
            {
                self.mixed.entry(array).or_insert_with(|| condition.text.clone());
            }
        });
    }

    fn task(&mut self, task: TaskId, text: &str) {
        let of = |class: &Class| task.checked_sub(class.first).filter(|&index| index < class.count);
        for (at, class) in self.classes.iter().enumerate() {
            if let Some(index) = of(class) {
                self.tasks.entry((at, index)).or_insert_with(|| text.into());
            }
        }
    }

    fn cell(&mut self, cell: u32, text: &str) {
        for (at, array) in (0..).zip(&self.program.arrays) {
            if let Some(offset) = cell.checked_sub(array.address)
                && offset < array.len * array.stride
            {
                self.elements.entry((at, offset / array.stride)).or_insert_with(|| text.into());
            }
        }
    }

    /// Classes that share an array, together.
    fn families(&self) -> Vec<Vec<usize>> {
        let mut family: Vec<usize> = (0..self.classes.len()).collect();
        for &(class, array) in &self.owned {
            let other = self.owned.iter().find(|&&(_, of)| of == array).map_or(class, |&(other, _)| other);
            let (from, to) = (family[class].max(family[other]), family[class].min(family[other]));
            family.iter_mut().filter(|at| **at == from).for_each(|at| *at = to);
        }
        let mut families = vec![Vec::new(); self.classes.len()];
        for (class, &of) in family.iter().enumerate() {
            families[of].push(class);
        }
        families.retain(|classes| !classes.is_empty());
        families
    }

    fn alike(mut self) -> Alike {
        let mut alike = Alike::default();
        for family in self.families() {
            if let Some(orbit) = self.orbit(&family, &mut alike.refused) {
                alike.orbits.push(orbit);
            }
        }
        alike.kept = core::mem::take(&mut self.kept);
        alike
    }

    /// The members of a family that no text tells apart.
    fn orbit(&self, family: &[usize], refused: &mut Vec<String>) -> Option<Orbit> {
        let count = family.iter().map(|&class| self.classes[class].count).min()?;
        if family.iter().all(|&class| self.classes[class].count < 2) {
            return None;
        }
        let arrays: BTreeSet<u16> =
            self.owned.iter().filter(|(class, _)| family.contains(class)).map(|&(_, array)| array).collect();
        if let Some(why) = self.why_not(family, &arrays, count) {
            refused.push(why);
            return None;
        }
        let mut pinned: BTreeMap<u32, String> = BTreeMap::new();
        for (&(class, index), text) in &self.tasks {
            if family.contains(&class) {
                let name = element_name(&class_name(self.program, self.classes[class].first), index);
                pinned.entry(index).or_insert_with(|| format!("{name} is named in `{text}`"));
            }
        }
        for (&(array, index), text) in &self.elements {
            if arrays.contains(&array) && index < count {
                let name = element_name(array_name(self.program, array), index);
                pinned.entry(index).or_insert_with(|| format!("{name} is named in `{text}`"));
            }
        }
        let first = self.classes[family[0]].first;
        let name = class_name(self.program, first);
        refused.extend(pinned.iter().map(|(&index, why)| format!("{}: {why}", element_name(&name, index))));
        let tasks = family.iter().map(|&class| Part::Task(self.classes[class].first));
        let members: Vec<u32> = (0..count).filter(|index| !pinned.contains_key(index)).collect();
        let parts = tasks.chain(arrays.into_iter().map(Part::Element)).collect();
        (members.len() > 1).then_some(Orbit { parts, members })
    }

    /// Why no members of a family are alike.
    fn why_not(&self, family: &[usize], arrays: &BTreeSet<u16>, count: u32) -> Option<String> {
        let program = self.program;
        let name = |class: usize| class_name(program, self.classes[class].first);
        for &class in family {
            if let Some(why) = &self.classes[class].refused {
                return Some(format!("{}: {why}", name(class)));
            }
        }
        let first = name(family[0]);
        if let Some(&other) = family.iter().find(|&&class| self.classes[class].count != count) {
            let other = if other == family[0] { family[1] } else { other };
            return Some(format!(
                "{first}: it shares an array with {}, of another number of tasks",
                name(other)
            ));
        }
        for &array in arrays {
            let array_name = array_name(program, array);
            if program.arrays[usize::from(array)].len < count {
                return Some(format!("{first}: {array_name} has fewer elements than there are tasks"));
            }
            if let Some(text) = self.mixed.get(&array) {
                return Some(format!("{first}: {array_name} is indexed by more than `me`, in `{text}`"));
            }
        }
        None
    }
}

/// The text behind an instruction, its first line.
fn text_at(program: &Program, pc: Pc) -> String {
    let text = program.sources.text(program.spans[pc as usize]);
    text.lines().next().unwrap_or(text).trim_end_matches(';').to_string()
}

/// The text behind an entry of the table of what is waited for.
pub(super) fn wait_text(program: &Program, wait: usize) -> String {
    let waits = |op: Op| matches!(op, Op::WaitFor { expr } if usize::from(expr) == wait);
    let at = program.code.iter().position(|instr| waits(instr.op)).and_then(|pc| Pc::try_from(pc).ok());
    at.map_or_else(String::new, |pc| text_at(program, pc))
}

/// `t`, of the tasks `t[0]`, `t[1]`, ...
pub(super) fn class_name(program: &Program, first: TaskId) -> String {
    let name = &program.tasks[first as usize].name;
    name.split('[').next().unwrap_or(name).to_string()
}

/// The name of a global array.
pub(super) fn array_name(program: &Program, array: u16) -> &str {
    let address = program.arrays[usize::from(array)].address;
    program.globals.iter().find(|global| global.address == address).map_or("an array", |global| &global.name)
}

pub(super) fn element_name(name: &str, index: u32) -> String {
    format!("{name}[{index}]")
}
