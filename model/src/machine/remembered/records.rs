//! What must be so for a step, and what it changes: cells with values, one behind the other.
//!
//! How many there are differs from step to step, and a processor that guesses wrong loses more time than some cells in vain
//! take: so they are filled up with what they say already. Everything of a step stands close together, since what is far
//! away is slow.

use crate::machine::memory::Memory;
use crate::machine::program::TaskId;
use alloc::vec::Vec;

/// So many cells are looked at at once.
pub const BATCH: usize = 4;

/// Where a record begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record(pub u32);

/// Records.
///
/// The first word of a record says how many batches of cells must be so, in its lowest 16 bits, how many are written, in the
/// next ones, and whose step it is, in the high half; the second one has the blocks of memory that are written, two what the
/// fingerprint becomes more, and one has a bit for each cell that must be so, by its number modulo 64. A cell is the high half of
/// a word, its value the low half.
#[derive(Debug, Default)]
pub struct Records(Vec<u64>);

const HEAD: usize = 5;

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
fn value(word: u64) -> u32 {
    word as u32
}

#[inline]
fn cell(word: u64) -> usize {
    (word >> 32) as usize
}

impl Records {
    #[inline]
    fn batches(&self, record: Record) -> (&[[u64; BATCH]], &[[u64; BATCH]]) {
        let at = record.0 as usize;
        let head = self.0[at];
        let (checks, writes) = (head as usize & 0xffff, head as usize >> 16 & 0xffff);
        let all = &self.0[at + HEAD..at + HEAD + (checks + writes) * BATCH];
        all.as_chunks().0.split_at(checks)
    }

    /// Is it a step of this task, and are the cells as they must be? Among those is where the task stands.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the high half is meant")]
    pub fn agrees(&self, record: Record, task: TaskId, cells: &[u32]) -> bool {
        let mut differs = (self.0[record.0 as usize] >> 32) as u32 ^ task;
        for batch in self.batches(record).0 {
            for &word in batch {
                differs |= cells[cell(word)] ^ value(word);
            }
        }
        differs == 0
    }

    /// Changes the cells.
    #[inline]
    pub fn put(&self, record: Record, memory: &mut Memory) {
        let cells = memory.all_mut(self.0[record.0 as usize + 1]);
        for batch in self.batches(record).1 {
            for &word in batch {
                cells[cell(word)] = value(word);
            }
        }
    }

    /// The changes: each a cell in the high half and its value in the low half, some of them more than once.
    #[inline]
    pub fn changes(&self, record: Record) -> &[[u64; BATCH]] {
        self.batches(record).1
    }

    /// The fingerprint of the state behind a step, from that of the state before.
    #[inline]
    pub fn fingerprint(&self, record: Record, before: u128) -> u128 {
        let at = record.0 as usize;
        before.wrapping_add(u128::from(self.0[at + 2]) | u128::from(self.0[at + 3]) << 64)
    }

    /// The cells that must be so, a bit for each, by its number modulo 64.
    #[inline]
    pub fn looks_at(&self, record: Record) -> u64 {
        self.0[record.0 as usize + 4]
    }

    /// How many words there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts a record behind the others.
    #[allow(clippy::cast_possible_truncation, reason = "both halves are kept")]
    pub fn push(
        &mut self,
        task: TaskId,
        checks: &[(u32, u32)],
        writes: &[(u32, u32)],
        blocks: u64,
        adds: u128,
    ) -> Record {
        let record = Record(u32::try_from(self.0.len()).expect("fewer than there may be"));
        let (must, may) = (checks.len().div_ceil(BATCH), writes.len().div_ceil(BATCH));
        self.0.push(must as u64 | (may as u64) << 16 | u64::from(task) << 32);
        let looks_at = checks.iter().fold(0, |bits, &(cell, _)| bits | 1 << (cell % 64));
        self.0.extend([blocks, adds as u64, (adds >> 64) as u64, looks_at]);
        for cells in [checks, writes] {
            let words = cells.iter().map(|&(cell, value)| u64::from(cell) << 32 | u64::from(value));
            self.0.extend(words);
            if let Some(&last) = self.0.last() {
                self.0.extend((cells.len()..cells.len().next_multiple_of(BATCH)).map(|_| last));
            }
        }
        record
    }
}
