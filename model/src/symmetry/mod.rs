//! What the texts cannot tell apart: tasks among many that are alike, with what belongs to them.
//!
//! If two tasks of one `task t[N]` run the same code, and `me` only chooses which element of an array is theirs, then a
//! state and the same state with the two exchanged have the same future, up to the names in it. A search needs only one
//! of them: [`Symmetry::canonical`] renames each state to the same representative. Which tasks those are is found, not
//! said: `alike` reads the code; and neither a condition nor the booted state may change when two of them are exchanged.
//!
//! What is kept: which findings there are, which conditions are met, and after how many steps at least. What is not: the
//! names in a finding, which may be those of a renaming, and who takes part in a round of states: a round of
//! representatives is one of states only after some turns, in which other tasks may have stepped.

mod alike;
mod colour;
mod expr;
mod me;
mod memory;
mod names;
mod reach;
mod rename;
mod set;
mod units;

use crate::lang::ast::ConditionKind;
use crate::machine::program::{Condition, Program, TaskId};
use crate::machine::pure::Pure;
use crate::machine::world::World;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;
use memory::Memory;
use units::{Orbit, Part, Units};

/// The most cells that are gone through to find what is alike: each member is exchanged with another once, at least.
const MOST_COMPARED: usize = 1 << 25;

/// The orbits of a program: its tasks that can be renamed to each other.
#[derive(Clone, Debug)]
pub struct Symmetry<'p> {
    memory: Memory<'p>,
    units: Units,
    said: Vec<String>,
    colours: colour::Colours,
    scratch: rename::Scratch,
}

impl<'p> Symmetry<'p> {
    /// Finds what is alike in a world that has just been booted.
    #[must_use]
    pub fn of(booted: &World<'p>) -> Self {
        Self::found(booted, &booted.program().conditions)
    }

    /// What is alike as far as these conditions go.
    fn found(booted: &World<'p>, conditions: &[Condition]) -> Self {
        let program = booted.program();
        let mut found = alike::read(program);
        if !booted.at_start.is_empty() && !found.orbits.is_empty() {
            found.refused.push("a task is wrong before its first step".to_string());
            found.orbits.clear();
        }
        let members: usize = found.orbits.iter().map(|orbit| orbit.members.len() * orbit.parts.len()).sum();
        if members > units::MOST || members * booted.cells().len() > MOST_COMPARED {
            found.refused.push(format!("{members} tasks and objects are too many to be compared"));
            found.orbits.clear();
        }
        let mut symmetry = Self {
            units: Units::new(program, &found.orbits),
            memory: Memory::new(program, found.kept),
            said: Vec::new(),
            colours: colour::Colours::default(),
            scratch: rename::Scratch::default(),
        };
        let mut orbits = Vec::new();
        for (orbit, units) in found.orbits.iter().zip(symmetry.units.orbits.clone()) {
            orbits.extend(symmetry.told_apart(booted, conditions, orbit, units, &mut found.refused));
        }
        symmetry.units = Units::new(program, &orbits);
        symmetry.said = orbits.iter().map(|orbit| describe(program, orbit)).chain(found.refused).collect();
        symmetry
    }

    /// The program of a booted world with conditions that say of all members of an orbit what they said of some: more is
    /// alike in it, and in all its schedules together each condition is met, or broken, as before. `None`: nothing is
    /// gained.
    ///
    /// A condition that must hold, `always` or `finally`, must hold for every renaming; of the others, `never` and
    /// `sometimes`, one is enough. Since a state and its renamings are reached alike, that is the same in the end, but not
    /// in each state: a schedule that ends in a broken condition may end in a renaming of what was written.
    #[must_use]
    pub fn widened(booted: &World<'_>) -> Option<Program> {
        let symmetry = Symmetry::found(booted, &[]);
        let mut conditions = booted.program().conditions.clone();
        let mut changed = false;
        for condition in &mut conditions {
            let images = expr::images(booted.program(), &symmetry.units, &condition.expr);
            let Some(images) = images.filter(|images| images.len() > 1) else { continue };
            let join = match condition.kind {
                ConditionKind::Always | ConditionKind::Finally => Pure::And,
                ConditionKind::Never | ConditionKind::Sometimes => Pure::Or,
            };
            if let Some(joined) = expr::joined(images, join) {
                condition.expr = joined;
                changed = true;
            }
        }
        changed.then(|| Program { conditions, ..booted.program().clone() })
    }

    /// Can nothing be renamed?
    #[must_use]
    pub fn is_trivial(&self) -> bool {
        self.units.orbits.is_empty()
    }

    /// What is alike (`registrar[0..4] with A, B`), and why other tasks among many are told apart.
    #[must_use]
    pub fn describe(&self) -> &[String] {
        &self.said
    }

    /// Renames a state of the program to the representative of its orbit, in place; did anything change places?
    ///
    /// States that are equal up to renaming come out equal, but for rare ties that cannot be broken in one way; states
    /// of different orbits never do.
    ///
    /// # Panics
    /// If `cells` is no state of the program.
    pub fn canonical(&mut self, cells: &mut [u32]) -> bool {
        if self.is_trivial() {
            return false;
        }
        match self.colours.order(&self.memory, &self.units, cells) {
            None => false,
            Some(to) => {
                rename::rename(&self.memory, &self.units, to, &mut self.scratch, cells);
                true
            }
        }
    }

    /// The members of each orbit. They are numbered through: each is a task, or some, with what belongs to it.
    #[must_use]
    pub fn orbits(&self) -> &[Range<usize>] {
        &self.units.orbits
    }

    /// Renames a state, in place: each member becomes the one that `to` says, which must be of its orbit.
    ///
    /// # Panics
    /// If `to` is no permutation of the members, or `cells` no state of the program.
    pub fn apply(&mut self, to: &[usize], cells: &mut [u32]) {
        rename::rename(&self.memory, &self.units, to, &mut self.scratch, cells);
    }

    /// The task that a task becomes by a renaming.
    ///
    /// # Panics
    /// If `to` is no permutation of the members.
    #[must_use]
    pub fn renamed(&self, to: &[usize], task: TaskId) -> TaskId {
        let block = self.units.of_task(task).map(|block| self.units.renamed(to, self.units.block(block)));
        block.and_then(|block| block.task).unwrap_or(task)
    }

    /// Members of an orbit that may be exchanged, together: being exchangeable is an equivalence.
    fn told_apart(
        &mut self,
        booted: &World<'p>,
        conditions: &[Condition],
        orbit: &Orbit,
        units: Range<usize>,
        refused: &mut Vec<String>,
    ) -> Vec<Orbit> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for unit in units.clone() {
            let alike =
                |group: &&mut Vec<usize>| self.difference(booted, conditions, group[0], unit).is_none();
            match groups.iter_mut().find(alike) {
                Some(group) => group.push(unit),
                None => groups.push([unit].into()),
            }
        }
        let member = |unit: usize| orbit.members[unit - units.start];
        let name = tasks(self.memory.program, &orbit.parts).next().unwrap_or_default();
        for alone in groups.iter().filter(|group| group.len() == 1).map(|group| group[0]) {
            let other = if alone == units.start { units.end - 1 } else { units.start };
            if let Some(why) = self.difference(booted, conditions, other, alone) {
                let (name, other) =
                    (alike::element_name(&name, member(alone)), alike::element_name(&name, member(other)));
                refused.push(format!("{name}: {why} tells it from {other}"));
            }
        }
        let orbits = groups.iter().filter(|group| group.len() > 1);
        let members = |group: &Vec<usize>| group.iter().map(|&unit| member(unit)).collect();
        orbits.map(|group| Orbit { parts: orbit.parts.clone(), members: members(group) }).collect()
    }

    /// What changes when two members are exchanged.
    fn difference(
        &mut self,
        booted: &World<'p>,
        conditions: &[Condition],
        one: usize,
        other: usize,
    ) -> Option<String> {
        let program = self.memory.program;
        let pairs = self.units.blocks_of(one).iter().zip(self.units.blocks_of(other));
        for (a, b) in pairs {
            let (x, y) = (program.object_at(a.base), program.object_at(b.base));
            if a.task.is_none() && x.map(|x| &x.callbacks) != y.map(|y| &y.callbacks) {
                return Some("a callback".to_string());
            }
            let segment = |task: TaskId| program.layout.segments[task as usize];
            let shape =
                |task: Option<TaskId>| task.map(segment).map(|at| (at.heap - at.base, at.end - at.base));
            if shape(a.task) != shape(b.task) {
                return Some("the size of its memory".to_string());
            }
        }
        let mut to: Vec<usize> = (0..self.units.units.len()).collect();
        to.swap(one, other);
        let same =
            |expr: &Pure| expr::said(&expr::renamed(program, &self.units, &to, expr)) == expr::said(expr);
        if let Some(condition) = conditions.iter().find(|condition| !same(&condition.expr)) {
            return Some(format!("`{}`", condition.text));
        }
        if let Some(wait) = program.waits.iter().position(|wait| !same(wait)) {
            return Some(format!("`{}`", alike::wait_text(program, wait)));
        }
        let mut cells = booted.cells().to_vec();
        self.apply(&to, &mut cells);
        (cells != booted.cells()).then(|| "what boot did".to_string())
    }
}

/// The names of the classes that an orbit's tasks are of.
fn tasks<'a>(program: &'a Program, parts: &'a [Part]) -> impl Iterator<Item = String> + 'a {
    parts.iter().filter_map(|&part| match part {
        Part::Task(first) => Some(alike::class_name(program, first)),
        Part::Element(_) => None,
    })
}

/// `registrar[0..4] with A, B`
fn describe(program: &Program, orbit: &Orbit) -> String {
    let members = &orbit.members;
    let runs = members.chunk_by(|&a, &b| a + 1 == b).map(|run| match run {
        [one] => one.to_string(),
        _ => format!("{}..{}", run[0], run[run.len() - 1] + 1),
    });
    let runs = runs.collect::<Vec<_>>().join(", ");
    let names: Vec<String> = tasks(program, &orbit.parts).map(|name| format!("{name}[{runs}]")).collect();
    let arrays: Vec<&str> = orbit
        .parts
        .iter()
        .filter_map(|&part| match part {
            Part::Element(array) => Some(alike::array_name(program, array)),
            Part::Task(_) => None,
        })
        .collect();
    match arrays.is_empty() {
        true => names.join(", "),
        false => format!("{} with {}", names.join(", "), arrays.join(", ")),
    }
}
