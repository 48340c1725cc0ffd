//! Whose an object is in a state: a task's own, if nobody else can come to it.
//!
//! Whoever comes to an object does so by what points to it, from a variable on. What only the frames of one task lead to, straight or
//! through objects of which the same is true, nobody else touches before that task has put it somewhere.

use crate::machine::World;
use crate::machine::program::{Place, Program, TaskId};
use crate::machine::value::Value;
use alloc::vec::Vec;

/// Nobody has been found to lead to it.
const NOBODY: u32 = 0;
/// Several tasks do, or anybody can.
const ANYBODY: u32 = 1;

/// Whose objects and local lists are, in one state.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// Has the state been looked at?
    known: bool,
    /// Of the first cell of each object and each list's head in a frame: a task + 2, or one of the above.
    of: Vec<u32>,
    /// Of each cell of an object on the heap: the object's first cell; 0 elsewhere.
    object: Vec<u32>,
    open: Vec<(u32, u32)>,
}

impl Owners {
    /// To be called whenever the state has changed.
    pub const fn forget(&mut self) {
        self.known = false;
    }

    /// Is what a value points to the task's own? True of what points nowhere.
    pub(super) fn is_own(&mut self, world: &World<'_>, task: TaskId, value: Value) -> bool {
        if !points(world.program(), value) {
            return true;
        }
        if !world.is_dynamic(value.address()) {
            return false;
        }
        self.look(world);
        match self.target(world, value) {
            Some(at) => {
                matches!(self.of[at as usize], NOBODY) && self.is_on_stack(world, task, at)
                    || self.of[at as usize] == task + 2
            }
            None => false,
        }
    }

    /// The same of what a link or a list's head is linked to.
    pub(super) fn are_neighbours_own(&mut self, world: &World<'_>, task: TaskId, value: Value) -> bool {
        let is_position =
            matches!(world.program().place(value.ty()), Place::Link { .. } | Place::Head { .. });
        !is_position
            || [0, 1].iter().all(|offset| self.is_own(world, task, world.get(value.address() + offset)))
    }

    /// Does nobody else lead to a list in the frames of a task?
    pub(super) fn are_lists_own(&mut self, world: &World<'_>, task: TaskId) -> bool {
        self.look(world);
        let segment = world.segment(task);
        let stack = segment.stack as usize..segment.stack_end() as usize;
        self.of[stack].iter().all(|&of| of == NOBODY || of == task + 2)
    }

    fn is_on_stack(&self, world: &World<'_>, task: TaskId, at: u32) -> bool {
        let segment = world.segment(task);
        (segment.stack..segment.stack_end()).contains(&at)
    }

    fn look(&mut self, world: &World<'_>) {
        if self.known {
            return;
        }
        self.known = true;
        let program = world.program();
        let cells = world.cells();
        for table in [&mut self.of, &mut self.object] {
            table.clear();
            table.resize(cells.len(), 0);
        }
        for &task in &program.allocating {
            world.each_object(task, |object, header| {
                let size = world.object_size(header);
                self.object[object as usize..(object + size) as usize].fill(object);
            });
        }
        self.from(world, 0..program.layout.fixed, ANYBODY);
        for (task, row) in (0..).zip(&program.tasks) {
            let segment = world.segment(task);
            self.from(world, segment.base..segment.stack_end(), task + 2);
            // Conditions read these whenever they like.
            for &(_, slot) in program.watched.iter().filter(|(func, _)| *func == row.func) {
                let cell = segment.stack + u32::from(slot);
                self.from(world, cell..cell + 1, ANYBODY);
            }
        }
        while let Some((at, of)) = self.open.pop() {
            let object = self.object[at as usize];
            let end = if object == 0 { at + 2 } else { at + world.object_size(world.header(at)) };
            self.from(world, at..end, of);
        }
    }

    /// Somebody comes to all that these cells point to.
    fn from(&mut self, world: &World<'_>, cells: core::ops::Range<u32>, of: u32) {
        for cell in cells {
            let value = world.get(cell);
            if !value.is_place() || !points(world.program(), value) {
                continue;
            }
            let Some(at) = self.target(world, value) else { continue };
            let known = &mut self.of[at as usize];
            let joined = if *known == NOBODY || *known == of { of } else { ANYBODY };
            if *known != joined {
                *known = joined;
                self.open.push((at, joined));
            }
        }
    }

    /// The first cell of the object that a value points into, or of the list's head in a frame.
    fn target(&self, world: &World<'_>, value: Value) -> Option<u32> {
        let address = value.address();
        if !world.is_dynamic(address) {
            return None;
        }
        match *self.object.get(address as usize)? {
            // In the last cell of a segment there is no head.
            0 => (address + 1 < u32::try_from(self.object.len()).unwrap_or(u32::MAX)).then_some(address),
            object => Some(object),
        }
    }
}

/// Is a value an address of memory?
fn points(program: &Program, value: Value) -> bool {
    value.is_place()
        && usize::from(value.ty().0) < program.places.len()
        && matches!(
            program.place(value.ty()),
            Place::Object(_) | Place::Link { .. } | Place::Head { .. } | Place::Thing { .. }
        )
}
