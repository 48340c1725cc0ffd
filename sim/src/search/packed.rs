//! States that wait, packed: each as its difference from the one before.
//!
//! Neighbours in a layer have most of their cells in common, since most of them come from neighbours in the layer before.
//! Every now and then a state is packed as its difference from one that is always known, so that one can begin to read there.

use super::expand::State;
use model::machine::fingerprint::CHUNK;
use std::ops::Range;

/// Of so many states one can be read without those before it.
const GROUP: usize = 64;

/// Chunks that are compared together.
const CHUNKS: usize = 64;

/// Bytes of a number, at most.
const NUMBER: usize = 5;

/// Bytes of a cell.
const CELL: usize = size_of::<u32>();

/// Bytes of a chunk, at most: its head, the rest of how many stay as they are before it, and its cells.
const WIDEST: usize = 1 + NUMBER + CHUNK * CELL;

/// A head says in its high half how many chunks stay as they are, up to so many; from so many on the rest follows.
const FAR: usize = 15;

/// Of each set of cells of a chunk: which ones they are, in order, and then any others.
static CHOSEN: [[u8; CHUNK]; 1 << CHUNK] = {
    let mut chosen = [[0; CHUNK]; 1 << CHUNK];
    let mut set = 0;
    while set < chosen.len() {
        let (mut cell, mut count) = (0, 0);
        while cell < CHUNK {
            if set >> cell & 1 == 1 {
                chosen[set][count] = cell as u8;
                count += 1;
            }
            cell += 1;
        }
        set += 1;
    }
    chosen
};

/// Of each set of cells of a chunk: the how manieth of them each one is, if it is one.
static PLACES: [[u8; CHUNK]; 1 << CHUNK] = {
    let mut places = [[0; CHUNK]; 1 << CHUNK];
    let mut set = 0;
    while set < places.len() {
        let mut cell = 0;
        while cell < CHUNK {
            places[set][cell] = (set & ((1 << cell) - 1)).count_ones() as u8;
            cell += 1;
        }
        set += 1;
    }
    places
};

/// States one behind the other.
#[derive(Debug)]
pub struct Packed {
    /// Cells of a state.
    stride: usize,
    /// What the first state of each group differs from, filled up to whole chunks.
    base: Vec<u32>,
    /// The last state, filled up.
    last: Vec<u32>,
    bytes: Vec<u8>,
    /// Room for the chunks of the state that is packed.
    packing: Vec<u8>,
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
        base.resize(stride.next_multiple_of(CHUNK), 0);
        Self {
            stride,
            last: base.clone(),
            bytes: Vec::new(),
            packing: vec![0; base.len() / CHUNK * WIDEST + CELL],
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
        let State { cells, fingerprint, steps } = *state;
        assert_eq!(cells.len(), self.stride, "a state of the program");
        if self.len() % GROUP == 0 {
            self.groups.push(self.bytes.len());
            self.last.copy_from_slice(&self.base);
        }
        self.fingerprints.push(fingerprint);
        self.steps.push(steps);
        // How many chunks change is known behind them.
        let (mut count, mut known, mut end) = (0, 0, 0);
        let groups = self.last.chunks_mut(CHUNKS * CHUNK).zip(cells.chunks(CHUNKS * CHUNK));
        for (group, (before, now)) in groups.enumerate() {
            let mut left = differ(before, now);
            count += left.count_ones() as usize;
            while left != 0 {
                let at = left.trailing_zeros() as usize;
                left &= left - 1;
                let chunk = group * CHUNKS + at;
                let before = before[at * CHUNK..].first_chunk_mut().expect("filled up");
                end = put(&mut self.packing, end, chunk - known, before, chunk_of(now, at));
                known = chunk + 1;
            }
        }
        let mut head = [0; NUMBER];
        let length = put_number(&mut head, 0, count);
        self.bytes.extend_from_slice(&head[..length]);
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
        let mut reader = Reader { packed: self, cells: self.base.clone(), at, next: first, end: states.end };
        while reader.next < states.start {
            reader.unpack();
        }
        reader
    }
}

/// A chunk of some cells, filled up.
#[inline]
fn chunk_of(cells: &[u32], chunk: usize) -> [u32; CHUNK] {
    let rest = &cells[chunk * CHUNK..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut filled = [0; CHUNK];
        filled[..rest.len()].copy_from_slice(rest);
        filled
    })
}

/// A chunk as two words.
#[inline]
fn words(cells: &[u32; CHUNK]) -> [u64; 2] {
    let word = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    [word(cells[0], cells[1]), word(cells[2], cells[3])]
}

/// Which chunks differ, at most [`CHUNKS`] of them; those before are filled up.
#[inline]
fn differ(before: &[u32], now: &[u32]) -> u64 {
    let chunks = before.as_chunks().0.iter().zip(now.as_chunks().0);
    let mut differ = 0;
    for (at, (one, other)) in chunks.enumerate() {
        let (one, other) = (words(one), words(other));
        differ |= u64::from((one[0] ^ other[0]) | (one[1] ^ other[1]) != 0) << at;
    }
    let last = now.len() / CHUNK;
    if now.len() % CHUNK != 0 {
        differ |= u64::from(before[last * CHUNK..] != chunk_of(now, last)) << last;
    }
    differ
}

/// Packs a number where `at` says, and says where it ends.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
fn put_number(bytes: &mut [u8], mut at: usize, mut number: usize) -> usize {
    while number > 0x7f {
        bytes[at] = number as u8 | 0x80;
        at += 1;
        number >>= 7;
    }
    bytes[at] = number as u8;
    at + 1
}

/// Packs a chunk where `first` says, so many chunks behind the last one that was packed: which of its cells change, and
/// what they are then; and says where that ends. Then it is changed. Nothing here is left to the processor's guess: four
/// cells are put down, and what comes next overwrites those that are too many.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "it is at most 15")]
fn put(
    bytes: &mut [u8],
    first: usize,
    skipped: usize,
    before: &mut [u32; CHUNK],
    now: [u32; CHUNK],
) -> usize {
    let near = skipped.min(FAR);
    let end = if near == FAR { put_number(bytes, first + 1, skipped - FAR) } else { first + 1 };
    let ([one, two], [then_one, then_two]) = (words(&now), words(before));
    let differs = [one ^ then_one, two ^ then_two].map(|word| [word << 32, word >> 32]);
    let changed = differs.as_flattened().iter().rev().fold(0, |set, &word| set << 1 | u8::from(word != 0));
    let cells: &mut [u8; CHUNK * CELL] = bytes[end..].first_chunk_mut().expect("there is room");
    for (cell, at) in cells.as_chunks_mut().0.iter_mut().zip(CHOSEN[usize::from(changed)]) {
        *cell = now[usize::from(at) % CHUNK].to_le_bytes();
    }
    let length = changed.count_ones() as usize * CELL;
    *before = now;
    bytes[first] = (near as u8) << CHUNK | changed;
    end + length
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
}

impl Reader<'_> {
    /// The next state.
    pub fn next(&mut self) -> Option<State<'_>> {
        if self.next >= self.end {
            return None;
        }
        let (fingerprint, steps) = (self.packed.fingerprints[self.next], self.packed.steps[self.next]);
        self.unpack();
        Some(State { cells: &self.cells[..self.packed.stride], fingerprint, steps })
    }

    fn unpack(&mut self) {
        if self.next % GROUP == 0 {
            self.cells.copy_from_slice(&self.packed.base);
        }
        self.next += 1;
        let count = self.number();
        let mut chunk = 0;
        for _ in 0..count {
            let head = self.packed.bytes[self.at];
            self.at += 1;
            let near = usize::from(head >> CHUNK);
            chunk += if near == FAR { FAR + self.number() } else { near };
            let rest = &self.packed.bytes[self.at..];
            let packed = rest.first_chunk().copied().unwrap_or_else(|| {
                let mut last = [0; CHUNK * CELL];
                last[..rest.len()].copy_from_slice(rest);
                last
            });
            let cells = self.cells[chunk * CHUNK..].first_chunk_mut().expect("filled up");
            self.at += get(cells, head, &packed);
            chunk += 1;
        }
    }

    #[inline]
    fn number(&mut self) -> usize {
        let (mut number, mut turn) = (0, 0);
        loop {
            let byte = self.packed.bytes[self.at];
            self.at += 1;
            number |= usize::from(byte & 0x7f) << turn;
            if byte & 0x80 == 0 {
                return number;
            }
            turn += 7;
        }
    }
}

/// Changes the cells of a chunk that a head says, and says how many bytes they took.
#[inline]
fn get(cells: &mut [u32; CHUNK], head: u8, packed: &[u8; CHUNK * CELL]) -> usize {
    let head = usize::from(head) % (1 << CHUNK);
    let packed = packed.as_chunks().0;
    for (at, cell) in cells.iter_mut().enumerate() {
        let now = u32::from_le_bytes(packed[usize::from(PLACES[head][at]) % CHUNK]);
        *cell = if head >> at & 1 != 0 { now } else { *cell };
    }
    head.count_ones() as usize * CELL
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
