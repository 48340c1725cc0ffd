//! Successors that have not been looked up yet: each as what a step changed in the state that it was taken from.
//!
//! Most of them are known states, which are never looked at as a whole.

use super::expand::State;
use model::machine::{Known, World};

/// Successors, in the order in which they came.
#[derive(Debug, Default)]
pub struct Waiting {
    /// The cells of their parents, one after the other.
    parents: Vec<u32>,
    /// What steps changed: each a cell in the high half and its value in the low half.
    changes: Vec<u64>,
    /// Of each successor: what tells it from others.
    fingerprints: Vec<u128>,
    rows: Vec<Row>,
    /// So many of the first ones do not wait any more.
    gone: usize,
    /// Fingerprints of states that waited in this layer, each where some of its bits say; empty if repetitions wait, too.
    recent: Vec<u128>,
    /// What tells this layer from others.
    layer: u128,
}

/// So many are remembered.
const RECENT: usize = 1 << 11;

/// The rest of a successor.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Its steps from the first state.
    steps: u32,
    /// Where its parent's cells end.
    parent: usize,
    /// Where its changes end; they begin where those before it end.
    changes: usize,
}

#[allow(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low(word: u64) -> u32 {
    word as u32
}

const fn high(word: u64) -> u32 {
    low(word >> 32)
}

/// One successor.
#[derive(Clone, Copy, Debug)]
pub struct Waits<'a> {
    /// What tells it from others.
    pub fingerprint: u128,
    /// How far it lies from the first state, on the way that it was come to.
    pub steps: u32,
    parent: &'a [u32],
    changes: &'a [u64],
}

impl Waits<'_> {
    /// Puts its cells behind others.
    #[inline]
    pub fn append_to(&self, cells: &mut Vec<u32>) {
        let first = cells.len();
        cells.extend_from_slice(self.parent);
        let cells = &mut cells[first..];
        for &change in self.changes {
            cells[high(change) as usize] = low(change);
        }
    }
}

impl Waiting {
    /// A successor, whole.
    pub fn whole(&mut self, state: &State<'_>) {
        self.parent(state.cells);
        self.add(state.fingerprint, state.steps);
    }

    /// The state that the next ones are successors of.
    #[inline]
    pub fn parent(&mut self, cells: &[u32]) {
        self.parents.extend_from_slice(cells);
    }

    /// A successor of the last parent: where a world stands that was marked there.
    #[inline]
    pub fn step(&mut self, parent: &State<'_>, world: &World<'_>, steps: u32) {
        let changes = &mut self.changes;
        let fingerprint = world.fingerprint_from(parent.cells, parent.fingerprint, |cell, value| {
            changes.push((cell as u64) << 32 | u64::from(value));
        });
        self.add(fingerprint, steps);
    }

    /// A successor of the last parent, in whose state a world stands: what a step comes to that it knows.
    #[inline]
    pub fn known_step(&mut self, parent: &State<'_>, world: &World<'_>, step: Known, steps: u32) {
        let fingerprint = world.fingerprint_behind(step, parent.fingerprint);
        if self.is_new(fingerprint) {
            for few in world.changes(step) {
                self.changes.extend_from_slice(few);
            }
            self.put(fingerprint, steps);
        }
    }

    /// From now on, until the next layer, what has waited lately does not wait again: as a table of states would, it says
    /// nothing of states that were found here before. Steps to the same state are often close together.
    pub fn skip_repetitions(&mut self, layer: u32) {
        self.recent.resize(RECENT, 0);
        self.layer = u128::from(layer + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    }

    #[inline]
    fn add(&mut self, fingerprint: u128, steps: u32) {
        if self.is_new(fingerprint) {
            self.put(fingerprint, steps);
        } else {
            let first = self.rows.last().map_or(0, |row| row.changes);
            self.changes.truncate(first);
        }
    }

    /// Has it not waited lately, as far as is known? From now on it has.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "any bits will do")]
    fn is_new(&mut self, fingerprint: u128) -> bool {
        let here = fingerprint ^ self.layer;
        match self.recent.get_mut((fingerprint >> 64) as usize % RECENT) {
            Some(recent) => std::mem::replace(recent, here) != here,
            None => true,
        }
    }

    #[inline]
    fn put(&mut self, fingerprint: u128, steps: u32) {
        self.fingerprints.push(fingerprint);
        self.rows.push(Row { steps, parent: self.parents.len(), changes: self.changes.len() });
    }

    /// The fingerprints of those that wait.
    pub fn fingerprints(&self) -> &[u128] {
        &self.fingerprints[self.gone..]
    }

    /// One that waits, of states with so many cells.
    #[inline]
    pub fn get(&self, at: usize, stride: usize) -> Waits<'_> {
        let at = self.gone + at;
        let Row { steps, parent, changes } = self.rows[at];
        let first = if at == 0 { 0 } else { self.rows[at - 1].changes };
        Waits {
            fingerprint: self.fingerprints[at],
            steps,
            parent: &self.parents[parent - stride..parent],
            changes: &self.changes[first..changes],
        }
    }

    /// So many of the first ones do not wait any more.
    pub fn forget(&mut self, count: usize) {
        self.gone += count;
        if self.gone == self.rows.len() {
            self.clear();
        }
    }

    /// None waits any more.
    pub fn clear(&mut self) {
        self.parents.clear();
        self.changes.clear();
        self.fingerprints.clear();
        self.rows.clear();
        self.gone = 0;
    }
}
