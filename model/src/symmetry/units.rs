//! What is renamed: tasks and what belongs to them, cell by cell.

use crate::machine::program::{Place, Program, StaticObject, TaskId};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

/// What every member of an orbit consists of, each a run of cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The segment of a task among many: the first one's number.
    Task(TaskId),
    /// An element of this global array.
    Element(u16),
}

/// Tasks that are alike, with what belongs to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Orbit {
    /// Tasks first.
    pub parts: Vec<Part>,
    /// Values of `me`, in order.
    pub members: Vec<u32>,
}

/// A run of cells that moves as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Block {
    /// First cell.
    pub base: u32,
    /// Cells.
    pub len: u32,
    /// Whose it is.
    pub unit: u16,
    /// Which part of it.
    pub part: u16,
    /// The task, if it is a segment.
    pub task: Option<TaskId>,
    /// The number among the static ops, if it is one.
    pub number: Option<u32>,
}

/// A member of an orbit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unit {
    pub orbit: u16,
    /// The first of its blocks: one for each part, in order.
    pub first: u16,
}

/// The members of all orbits, numbered in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Units {
    /// The units of each orbit.
    pub orbits: Vec<Range<usize>>,
    pub units: Vec<Unit>,
    pub blocks: Vec<Block>,
    /// By cell, by task, by number of a static ops: its block plus 1, or 0.
    at_cell: Vec<u16>,
    of_task: Vec<u16>,
    of_ops: Vec<u16>,
}

/// More blocks than this are not looked at.
pub(super) const MOST: usize = 1 << 12;

impl Units {
    pub fn new(program: &Program, orbits: &[Orbit]) -> Self {
        let mut all = Self {
            at_cell: vec![0; program.layout.cells as usize],
            of_task: vec![0; program.tasks.len()],
            of_ops: vec![0; program.ops.len()],
            ..Self::default()
        };
        for (orbit, row) in (0..).zip(orbits) {
            let first = all.units.len();
            for &member in &row.members {
                all.add(program, orbit, row, member);
            }
            all.orbits.push(first..all.units.len());
        }
        all
    }

    fn add(&mut self, program: &Program, orbit: u16, row: &Orbit, member: u32) {
        let unit = short(self.units.len());
        self.units.push(Unit { orbit, first: short(self.blocks.len()) });
        for (part, &what) in (0..).zip(&row.parts) {
            let (base, len, task, number) = match what {
                Part::Task(first) => {
                    let segment = program.layout.segments[(first + member) as usize];
                    (segment.base, segment.end - segment.base, Some(first + member), None)
                }
                Part::Element(array) => {
                    let array = program.arrays[usize::from(array)];
                    let base = array.address + member * array.stride;
                    (base, array.stride, None, object(program, what, member).and_then(|object| object.ops))
                }
            };
            let number = number.map(u32::from);
            self.blocks.push(Block { base, len, unit, part, task, number });
            let block = short(self.blocks.len());
            self.at_cell[base as usize..][..len as usize].fill(block);
            if let Some(task) = task {
                self.of_task[task as usize] = block;
            }
            if let Some(number) = number {
                self.of_ops[number as usize] = block;
            }
        }
    }

    /// The block that a cell is in.
    #[inline]
    pub fn at(&self, cell: u32) -> Option<u16> {
        self.at_cell.get(cell as usize)?.checked_sub(1)
    }

    /// The block of a task's segment.
    #[inline]
    pub fn of_task(&self, task: TaskId) -> Option<u16> {
        self.of_task.get(task as usize)?.checked_sub(1)
    }

    /// The block of the static ops with a number.
    #[inline]
    pub fn of_ops(&self, number: u32) -> Option<u16> {
        self.of_ops.get(number as usize)?.checked_sub(1)
    }

    #[inline]
    pub fn block(&self, block: u16) -> Block {
        self.blocks[usize::from(block)]
    }

    /// The blocks of a unit.
    pub fn blocks_of(&self, unit: usize) -> &[Block] {
        let first = usize::from(self.units[unit].first);
        let end = self.units.get(unit + 1).map_or(self.blocks.len(), |next| usize::from(next.first));
        &self.blocks[first..end]
    }

    /// The same part of the unit that a block's unit becomes.
    #[inline]
    pub fn renamed(&self, to: &[usize], block: Block) -> Block {
        self.block(self.units[to[usize::from(block.unit)]].first + block.part)
    }
}

/// The static object that a part of a member is, if it is one.
pub(super) fn object(program: &Program, part: Part, member: u32) -> Option<&StaticObject> {
    let Part::Element(array) = part else { return None };
    let array = program.arrays[usize::from(array)];
    match program.place(array.ty) {
        Place::Object(_) => program.object_at(array.address + member * array.stride),
        _ => None,
    }
}

fn short(index: usize) -> u16 {
    u16::try_from(index).expect("no more than MOST")
}
