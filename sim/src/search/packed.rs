//! States that wait, packed: each as its difference from the one before.
//!
//! Neighbours in a layer have most of their cells in common, since most of them come from neighbours in the layer before.
//! Every now and then a state is packed as its difference from one that is always known, so that one can begin to read there.

use super::expand::State;
use std::ops::Range;

/// Of so many states one can be read without those before it.
const GROUP: usize = 64;

/// Cells that are compared together: which of them change is a word of bits.
pub const ROW: usize = 32;

/// Bytes of a cell, and of a row's bits.
const CELL: usize = size_of::<u32>();

/// States one behind the other.
#[derive(Debug)]
pub struct Packed {
    /// Cells of a state.
    stride: usize,
    /// What the first state of each group differs from, filled up to whole rows.
    base: Vec<u32>,
    /// The last state, filled up.
    last: Vec<u32>,
    /// Of each state: a bit for each row, is there a change in it; and of each row where there is one, a bit for each
    /// cell, and what those cells are that change.
    bytes: Vec<u8>,
    /// Room for the state that is packed.
    packing: Vec<u8>,
    /// And for its last row, filled up.
    tail: [u32; ROW],
    /// Where the groups begin.
    groups: Vec<usize>,
    /// Of each state.
    fingerprints: Vec<u128>,
    /// Of each state: its steps from the first state of the search.
    steps: Vec<u32>,
}

impl Packed {
    /// None yet. States are packed best if they are like this one.
    #[must_use]
    pub fn new(base: &[u32]) -> Self {
        let stride = base.len();
        let mut base = base.to_vec();
        base.resize(stride.next_multiple_of(ROW), 0);
        Self {
            stride,
            last: base.clone(),
            bytes: Vec::new(),
            tail: [0; ROW],
            packing: vec![0; heads(stride) + base.len() / ROW * (ROW + 1) * CELL],
            base,
            groups: Vec::new(),
            fingerprints: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// How many states there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Bytes of the states.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let states = self.len() * (size_of::<u128>() + size_of::<u32>());
        self.bytes.len() + self.groups.len() * size_of::<usize>() + states
    }

    /// The fewest steps to a state, from one of them on; no limit if there is none.
    #[must_use]
    pub fn nearest(&self, from: usize) -> u32 {
        self.steps[from..].iter().copied().min().unwrap_or(u32::MAX)
    }

    /// The most steps to a state.
    #[must_use]
    pub fn farthest(&self) -> u32 {
        self.steps.iter().copied().max().unwrap_or(0)
    }

    /// Puts a state behind the others.
    ///
    /// # Panics
    /// If it has not as many cells as the base.
    pub fn push(&mut self, state: &State<'_>) {
        let State { cells, fingerprint, steps, .. } = *state;
        assert_eq!(cells.len(), self.stride, "a state of the program");
        if self.len().is_multiple_of(GROUP) {
            self.groups.push(self.bytes.len());
            self.last.copy_from_slice(&self.base);
        }
        self.fingerprints.push(fingerprint);
        self.steps.push(steps);
        let (rows, rest) = cells.as_chunks();
        // It is as long each time, so what fills it up stays.
        self.tail[..rest.len()].copy_from_slice(rest);
        let rows = rows.iter().chain((!rest.is_empty()).then_some(&self.tail));
        let mut end = heads(self.stride);
        self.packing[0] = 0;
        self.packing[1..end].fill(0);
        for (at, (before, now)) in self.last.as_chunks_mut().0.iter_mut().zip(rows).enumerate() {
            let changed = differ(before, now);
            if changed != 0 {
                self.packing[at / 8] |= 1 << (at % 8);
                end = put(&mut self.packing, end, changed, now);
                *before = *now;
            }
        }
        self.bytes.extend_from_slice(&self.packing[..end]);
    }

    /// Forgets all states behind the first ones.
    pub fn truncate(&mut self, count: usize) {
        if count >= self.len() {
            return;
        }
        let Reader { cells, at, .. } = self.read(count..count);
        self.last = cells;
        self.bytes.truncate(at);
        self.groups.truncate(count.div_ceil(GROUP));
        self.fingerprints.truncate(count);
        self.steps.truncate(count);
    }

    /// Reads some states, in order.
    #[must_use]
    pub fn read(&self, states: Range<usize>) -> Reader<'_> {
        let first = states.start / GROUP * GROUP;
        let at = self.groups.get(first / GROUP).copied().unwrap_or(self.bytes.len());
        let (cells, end) = (self.base.clone(), states.end);
        let mut reader = Reader { packed: self, cells, at, next: first, end, changed: u64::MAX };
        while reader.next < states.start {
            reader.unpack();
        }
        reader
    }
}

/// Bytes that have a bit for each row of so many cells.
const fn heads(stride: usize) -> usize {
    stride.div_ceil(ROW).div_ceil(8)
}

/// Which cells of a row differ.
#[inline]
pub fn differ(before: &[u32; ROW], now: &[u32; ROW]) -> u32 {
    (0..ROW).fold(0, |bits, at| bits | u32::from(before[at] != now[at]) << at)
}

/// Packs a row where `at` says: which of its cells change, and what those are then; and says where that ends.
#[inline]
fn put(bytes: &mut [u8], mut at: usize, changed: u32, now: &[u32; ROW]) -> usize {
    let mut put = |word: u32| {
        bytes[at..at + CELL].copy_from_slice(&word.to_le_bytes());
        at += CELL;
    };
    put(changed);
    let mut left = changed;
    while left != 0 {
        put(now[left.trailing_zeros() as usize % ROW]);
        left &= left - 1;
    }
    at
}

/// Reads states in order.
#[derive(Debug)]
pub struct Reader<'a> {
    packed: &'a Packed,
    /// The state that was read last.
    cells: Vec<u32>,
    /// Where the next one is packed.
    at: usize,
    next: usize,
    end: usize,
    /// See [`State::changed`].
    changed: u64,
}

impl Reader<'_> {
    /// The next state.
    pub fn next(&mut self) -> Option<State<'_>> {
        if self.next >= self.end {
            return None;
        }
        let (fingerprint, steps) = (self.packed.fingerprints[self.next], self.packed.steps[self.next]);
        self.unpack();
        let changed = std::mem::take(&mut self.changed);
        Some(State { cells: &self.cells[..self.packed.stride], fingerprint, steps, changed })
    }

    fn unpack(&mut self) {
        if self.next.is_multiple_of(GROUP) {
            self.cells.copy_from_slice(&self.packed.base);
            self.changed = u64::MAX;
        }
        self.next += 1;
        let (heads, mut rest) = self.packed.bytes[self.at..].split_at(heads(self.packed.stride));
        for (at, row) in self.cells.as_chunks_mut::<ROW>().0.iter_mut().enumerate() {
            if heads[at / 8] >> (at % 8) & 1 != 0 {
                let mut left = word(&mut rest);
                self.changed |= u64::from(left) << (at * ROW % 64);
                while left != 0 {
                    row[left.trailing_zeros() as usize % ROW] = word(&mut rest);
                    left &= left - 1;
                }
            }
        }
        self.at = self.packed.bytes.len() - rest.len();
    }
}

/// The next word of some bytes.
#[inline]
fn word(bytes: &mut &[u8]) -> u32 {
    let (word, rest) = bytes.split_first_chunk().expect("it was packed");
    *bytes = rest;
    u32::from_le_bytes(*word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Words;

    /// Some states that have most cells in common.
    fn states(count: usize, cells: usize) -> Vec<Vec<u32>> {
        let mut words = Words::new(1);
        let mut state = vec![7; cells];
        let mut states = Vec::new();
        for _ in 0..count {
            for _ in 0..words.word() % 5 {
                let cell = usize::try_from(words.word()).unwrap() % cells;
                let bits = u32::try_from(words.word() % 32).unwrap();
                state[cell] ^= u32::try_from(words.word() >> 32).unwrap() >> bits;
            }
            states.push(state.clone());
        }
        states
    }

    fn packed(states: &[Vec<u32>]) -> Packed {
        let mut packed = Packed::new(&vec![7; states[0].len()]);
        for (steps, state) in (0..).zip(states) {
            packed.push(&State::new(state, steps));
        }
        packed
    }

    fn read(packed: &Packed, states: Range<usize>) -> Vec<Vec<u32>> {
        let (mut reader, mut read, mut steps) = (packed.read(states.clone()), Vec::new(), states.start);
        while let Some(state) = reader.next() {
            let known = State::new(state.cells, state.steps);
            assert_eq!((state.steps as usize, state.fingerprint), (steps, known.fingerprint));
            steps += 1;
            read.push(state.cells.to_vec());
        }
        read
    }

    #[test]
    fn each_cell_that_differs_is_a_bit() {
        let mut words = Words::new(1);
        for _ in 0..1_000 {
            let bits = u32::try_from(words.word() >> 32).unwrap();
            let before: [u32; ROW] = std::array::from_fn(|at| u32::try_from(at).unwrap() << 24);
            let now = std::array::from_fn(|at| before[at] ^ bits >> at & 1);
            assert_eq!(differ(&before, &now), bits);
        }
    }

    #[test]
    fn what_is_packed_is_read() {
        for cells in [1, 8, 13, 700] {
            let states = states(3 * GROUP + 5, cells);
            let packed = packed(&states);
            assert_eq!(packed.len(), states.len());
            for part in [0..states.len(), 0..1, 17..90, GROUP..2 * GROUP, 195..197, 9..9, 197..197] {
                assert_eq!(read(&packed, part.clone()), states[part]);
            }
        }
    }

    /// As if the others had never been there.
    #[test]
    fn what_is_cut_off_is_forgotten() {
        let states = states(3 * GROUP, 40);
        for count in [0, 1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP - 1, 3 * GROUP, 500] {
            let mut cut = packed(&states);
            cut.truncate(count);
            let count = count.min(states.len());
            for (steps, state) in (count as u32..).zip(&states[count..]) {
                cut.push(&State::new(state, steps));
            }
            assert_eq!((read(&cut, 0..states.len()), cut.bytes()), (states.clone(), packed(&states).bytes()));
        }
    }
}
