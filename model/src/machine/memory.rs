//! The cells of a world, and where they were written since a mark.
//!
//! Every write goes through here, so whoever goes on from one state many times takes back a few cells instead of copying
//! all, and knows of a new state where it can differ from the old one.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ops::{Index, IndexMut, Range};

/// Cells that fingerprints look at together.
pub const CHUNK: usize = 4;

/// All cells.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// None while it is noted who looks at them: so whoever looks need not ask whether it is.
    cells: Vec<u32>,
    /// Of each block, a bit: was it written since the mark?
    written: u64,
    /// A block is 2 to this power cells.
    block: u32,
    notes: Notes,
}

/// What a step looks at, in order.
#[derive(Clone, Debug, Default)]
struct Notes {
    /// All cells, while it is noted who looks at them.
    cells: Vec<u32>,
    /// Of each cell: the last step that looked at it.
    seen: Vec<Cell<u32>>,
    step: u32,
    /// Cells with what they were when they were first looked at; what else is noted has numbers behind all cells.
    trace: RefCell<Vec<(u32, u32)>>,
}

impl Notes {
    #[allow(clippy::cast_possible_truncation, reason = "cells have numbers of 31 bits")]
    fn look(&self, cell: usize) -> &u32 {
        let value = &self.cells[cell];
        if self.seen[cell].replace(self.step) != self.step {
            self.trace.borrow_mut().push((cell as u32, *value));
        }
        value
    }
}

impl Memory {
    /// So many cells, all 0.
    pub fn new(cells: usize) -> Self {
        // As small as a bit for each lets them be, but whole chunks.
        let block = cells.div_ceil(64).next_power_of_two().max(CHUNK).trailing_zeros();
        Self { cells: vec![0; cells], written: 0, block, notes: Notes::default() }
    }

    /// All cells, whoever looks at them.
    #[inline]
    pub fn all(&self) -> &[u32] {
        &self.cells
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.cells.len() + self.notes.cells.len()
    }

    /// From now on it is noted which cells are looked at, and what they were.
    pub fn begin_noting(&mut self) {
        self.notes.seen.resize(self.cells.len(), Cell::new(0));
        if self.notes.step == u32::MAX {
            self.notes.seen.fill(Cell::new(0));
            self.notes.step = 0;
        }
        self.notes.step += 1;
        self.notes.trace.get_mut().clear();
        core::mem::swap(&mut self.cells, &mut self.notes.cells);
    }

    /// Is it noted?
    pub const fn is_noting(&self) -> bool {
        !self.notes.cells.is_empty()
    }

    /// What was noted since. What is written counts as looked at.
    pub fn end_noting(&mut self) -> Vec<(u32, u32)> {
        core::mem::swap(&mut self.cells, &mut self.notes.cells);
        core::mem::take(self.notes.trace.get_mut())
    }

    /// Gives back what [`Self::end_noting`] gave, so that it need not be allocated again.
    pub fn keep_notes(&mut self, trace: Vec<(u32, u32)>) {
        *self.notes.trace.get_mut() = trace;
    }

    /// Notes something that is no cell.
    #[inline]
    pub fn note_besides(&mut self, what: u32, value: u32) {
        if self.is_noting() {
            self.notes.trace.get_mut().push((what, value));
        }
    }

    /// A cell that is not there is looked at: because it is noted, or by mistake.
    #[cold]
    #[inline(never)]
    fn note_look(&self, cell: usize) -> &u32 {
        self.notes.look(cell)
    }

    #[cold]
    #[inline(never)]
    fn note_write(&mut self, cell: usize) -> &mut u32 {
        self.notes.look(cell);
        &mut self.notes.cells[cell]
    }

    #[cold]
    #[inline(never)]
    fn note_run(&mut self, run: Range<usize>) -> &mut [u32] {
        run.clone().for_each(|cell| {
            self.notes.look(cell);
        });
        &mut self.notes.cells[run]
    }

    /// All cells, to be written in some blocks.
    #[inline]
    pub fn all_mut(&mut self, blocks: u64) -> &mut [u32] {
        self.written |= blocks;
        &mut self.cells
    }

    /// The blocks that some cells lie in.
    pub fn blocks(&self, cells: impl Iterator<Item = u32>) -> u64 {
        cells.fold(0, |blocks, cell| blocks | 1 << (cell >> self.block & 63))
    }

    /// Some neighbouring cells, to be written.
    #[inline]
    pub fn run_mut(&mut self, run: Range<usize>) -> &mut [u32] {
        self.note(&run);
        // Twice, since what is found cannot be given away and looked for again.
        if self.cells.get(run.clone()).is_none() {
            return self.note_run(run);
        }
        &mut self.cells[run]
    }

    /// Copies a run of cells to where `to` begins.
    pub fn copy_within(&mut self, from: Range<usize>, to: usize) {
        self.note(&(to..to + from.len()));
        if self.is_noting() {
            self.note_run(from.clone());
            self.note_run(to..to + from.len());
            self.notes.cells.copy_within(from, to);
        } else {
            self.cells.copy_within(from, to);
        }
    }

    #[inline]
    fn note(&mut self, run: &Range<usize>) {
        if !run.is_empty() {
            let bit = |cell: usize| 1_u64 << (cell >> self.block & 63);
            let (first, last) = (bit(run.start), bit(run.end - 1));
            self.written |= (last - first) | last;
        }
    }

    /// Writes all cells.
    #[inline]
    pub fn copy_from(&mut self, cells: &[u32]) {
        self.cells.copy_from_slice(cells);
        self.written = !0 >> (64 - self.cells.len().div_ceil(1 << self.block));
    }

    /// From now on it is remembered what is written.
    #[inline]
    pub const fn mark(&mut self) {
        self.written = 0;
    }

    /// Takes back what was written since the mark. `before` are all cells as they were then.
    #[inline]
    pub fn take_back(&mut self, before: &[u32]) {
        assert_eq!(before.len(), self.cells.len(), "a state of the same program");
        for block in self.written() {
            match (self.cells[block.start..].first_chunk_mut::<CHUNK>(), before[block.start..].first_chunk())
            {
                (Some(now), Some(then)) if block.len() == CHUNK => *now = *then,
                _ => self.cells[block.clone()].copy_from_slice(&before[block]),
            }
        }
        self.written = 0;
    }

    /// Where it was written since the mark, in order: runs that begin with a chunk and end with one, or where the cells end.
    #[inline]
    pub fn written(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let (block, end, mut left) = (self.block, self.cells.len(), self.written);
        core::iter::from_fn(move || {
            if left == 0 {
                return None;
            }
            let first = (left.trailing_zeros() as usize) << block;
            left &= left - 1;
            Some(first..end.min(first + (1 << block)))
        })
    }
}

impl Index<usize> for Memory {
    type Output = u32;

    #[inline]
    fn index(&self, cell: usize) -> &u32 {
        match self.cells.get(cell) {
            Some(cell) => cell,
            None => self.note_look(cell),
        }
    }
}

/// One cell, to be written.
impl IndexMut<usize> for Memory {
    #[inline]
    fn index_mut(&mut self, cell: usize) -> &mut u32 {
        self.written |= 1 << (cell >> self.block & 63);
        if cell >= self.cells.len() {
            return self.note_write(cell);
        }
        &mut self.cells[cell]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_taken_back() {
        for (cells, block) in [(3, 4), (75, 4), (256, 4), (257, 8), (1_000, 16)] {
            let before: Vec<u32> = (0..cells).collect();
            let mut memory = Memory::new(before.len());
            memory.copy_from(&before);
            let all: Vec<_> = memory.written().flatten().collect();
            assert_eq!(all, (0..before.len()).collect::<Vec<_>>());
            memory.mark();
            assert_eq!(memory.written().count(), 0);
            memory[before.len() - 1] = 1_000;
            memory.run_mut(1..2).fill(7);
            memory.run_mut(2..2).fill(7);
            assert_eq!(memory.written().next(), Some(0..block.min(before.len())));
            if let Some(end) = before.len().checked_sub(50) {
                memory.run_mut(17..end).fill(0);
                memory.copy_within(0..10, 30);
            }
            let mut all = vec![false; before.len()];
            memory.written().flatten().for_each(|cell| all[cell] = true);
            assert!((0..before.len()).all(|cell| all[cell] || memory.all()[cell] == before[cell]));
            assert_ne!(memory.all(), before);
            memory.take_back(&before);
            assert_eq!(memory.all(), before);
            assert_eq!(memory.written().count(), 0);
        }
    }
}
