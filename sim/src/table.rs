//! The states that a search has seen: 108 bits of fingerprint and the depth, in 16 bytes each.
//!
//! Open addressing over one flat vector; the order in it is never looked at. Two states that share 108 bits would be
//! taken for one: among 10 million states with a probability below 1 in 10^18.

/// Bits of a slot that hold the depth.
const DEPTH_BITS: u32 = 20;
const DEPTH: u128 = (1 << DEPTH_BITS) - 1;

/// The deepest layer that can be told apart.
pub const MAX_DEPTH: u32 = (1 << DEPTH_BITS) - 1;

const SMALLEST: usize = 1 << 10;

/// A set of fingerprints, each with the depth at which it was first seen.
#[derive(Clone, Debug)]
pub struct Table {
    /// 0 is a free slot.
    slots: Vec<u128>,
    used: usize,
    /// 64 minus the logarithm of the number of slots.
    shift: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self { slots: vec![0; SMALLEST], used: 0, shift: 64 - SMALLEST.trailing_zeros() }
    }
}

impl Table {
    /// How many states it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.used
    }

    /// Does it hold none?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Bytes of its memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.slots.len() * size_of::<u128>()
    }

    /// The depth at which a state was first seen.
    #[must_use]
    pub fn depth(&self, fingerprint: u128) -> Option<u32> {
        match self.slots[self.find(key(fingerprint))] {
            0 => None,
            slot => Some(depth(slot)),
        }
    }

    /// Adds a state; if it is there already, says at which depth it was first seen.
    #[inline]
    pub fn insert(&mut self, fingerprint: u128, at_depth: u32) -> Option<u32> {
        let key = key(fingerprint);
        let at = self.find(key);
        if self.slots[at] != 0 {
            return Some(depth(self.slots[at]));
        }
        self.slots[at] = key | u128::from(at_depth.min(MAX_DEPTH));
        self.used += 1;
        if self.used * 4 > self.slots.len() * 3 {
            self.grow();
        }
        None
    }

    /// Reads the slots where some states belong, so that they are near when they are looked up. The reads do not wait
    /// for each other, as those of one lookup after the other would.
    pub fn touch(&self, fingerprints: &[u128]) {
        let slot = |&fingerprint: &u128| self.slots[home(key(fingerprint), self.shift)];
        std::hint::black_box(fingerprints.iter().map(slot).fold(0, |sum, slot| sum ^ slot));
    }

    /// The key's slot, or the free one where it belongs.
    #[inline]
    fn find(&self, key: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = home(key, self.shift);
        while self.slots[at] != 0 && self.slots[at] & !DEPTH != key {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![0; old.len() * 2];
        self.shift -= 1;
        for slot in old.into_iter().filter(|&slot| slot != 0) {
            let at = self.find(slot & !DEPTH);
            self.slots[at] = slot;
        }
    }
}

/// The fingerprint without the bits that the depth needs; never 0.
const fn key(fingerprint: u128) -> u128 {
    let key = fingerprint & !DEPTH;
    if key == 0 { DEPTH + 1 } else { key }
}

#[allow(clippy::cast_possible_truncation, reason = "20 bits")]
const fn depth(slot: u128) -> u32 {
    (slot & DEPTH) as u32
}

/// The highest bits say where it belongs.
#[allow(clippy::cast_possible_truncation, reason = "there are fewer slots than addresses")]
const fn home(key: u128, shift: u32) -> usize {
    ((key >> 64) as u64 >> shift) as usize
}

/// Numbers for fingerprints, in the order in which they come.
#[derive(Clone, Debug)]
pub struct Index {
    /// Fingerprint and number + 1; 0 is a free slot.
    slots: Vec<(u128, u32)>,
    used: u32,
    shift: u32,
}

impl Default for Index {
    fn default() -> Self {
        Self { slots: vec![(0, 0); SMALLEST], used: 0, shift: 64 - SMALLEST.trailing_zeros() }
    }
}

impl Index {
    /// The number of a fingerprint, and whether it is new.
    pub fn number(&mut self, fingerprint: u128) -> (u32, bool) {
        let at = self.find(fingerprint);
        if self.slots[at].1 != 0 {
            return (self.slots[at].1 - 1, false);
        }
        self.used += 1;
        self.slots[at] = (fingerprint, self.used);
        if self.used as usize * 4 > self.slots.len() * 3 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![(0, 0); old.len() * 2];
            self.shift -= 1;
            for slot in old.into_iter().filter(|slot| slot.1 != 0) {
                let at = self.find(slot.0);
                self.slots[at] = slot;
            }
        }
        (self.used - 1, true)
    }

    fn find(&self, fingerprint: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = home(fingerprint, self.shift);
        while self.slots[at].1 != 0 && self.slots[at].0 != fingerprint {
            at = (at + 1) & mask;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spreads small numbers as a fingerprint would.
    fn spread(n: u32) -> u128 {
        u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    #[test]
    fn each_state_is_new_once() {
        let mut table = Table::default();
        for n in 0..10_000 {
            assert_eq!(table.insert(spread(n), n), None);
        }
        for n in 0..10_000 {
            assert_eq!(table.insert(spread(n), 7), Some(n));
            assert_eq!(table.depth(spread(n)), Some(n));
        }
        assert_eq!((table.len(), table.depth(spread(10_000))), (10_000, None));
    }

    #[test]
    fn the_zero_fingerprint_is_a_state_too() {
        let mut table = Table::default();
        assert_eq!(table.depth(0), None);
        assert_eq!((table.insert(0, 3), table.insert(0, 4)), (None, Some(3)));
    }

    #[test]
    fn numbers_follow_the_order_of_coming() {
        let mut index = Index::default();
        for n in 0..5_000 {
            assert_eq!(index.number(spread(n)), (n, true));
        }
        assert_eq!(index.number(spread(17)), (17, false));
    }
}
