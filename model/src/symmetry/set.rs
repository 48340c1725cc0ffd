//! Sets of tasks and of static ops: bits in a run of words.

use crate::judge::ledger::{FLAGS, net_cells};
use crate::machine::program::Program;

/// A set of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    /// First cell.
    pub first: u32,
    /// Cells.
    pub words: u32,
    /// Bits of a word that are the set's, the lowest ones.
    a_word: u32,
    /// Bits of the first word that are something else.
    skip: u32,
}

impl Set {
    /// A set of tasks.
    #[inline]
    pub const fn of_tasks(program: &Program, cell: u32) -> Self {
        Self { first: cell, words: program.layout.task_set, a_word: 31, skip: 0 }
    }

    /// The static ops that are set up in the namespace whose ledger begins at a cell, by number.
    #[inline]
    pub fn of_ops(program: &Program, cell: u32) -> Self {
        let ops = u32::try_from(program.ops.len()).unwrap_or(0);
        Self { first: cell, words: net_cells(ops), a_word: 32, skip: FLAGS }
    }

    /// The members in one of its words.
    #[inline]
    pub fn members(self, word: u32, cells: &[u32]) -> impl Iterator<Item = u32> + use<> {
        let mut left = cells[(self.first + word) as usize] & u32::MAX >> (32 - self.a_word);
        if word == 0 {
            left &= u32::MAX << self.skip;
        }
        core::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            Some(word * self.a_word + bit - self.skip)
        })
    }

    /// Where a member stands: the cell, and its bit there.
    #[inline]
    pub const fn bit(self, member: u32) -> (u32, u32) {
        let bit = member + self.skip;
        (self.first + bit / self.a_word, 1 << (bit % self.a_word))
    }
}
