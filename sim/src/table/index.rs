//! Numbers for fingerprints, in the order in which they come.

const SMALLEST: usize = 1 << 10;

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

    /// The number of a fingerprint, if it has one.
    #[must_use]
    pub fn get(&self, fingerprint: u128) -> Option<u32> {
        self.slots[self.find(fingerprint)].1.checked_sub(1)
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

/// The highest bits say where it belongs.
#[allow(clippy::cast_possible_truncation, reason = "there are fewer slots than addresses")]
const fn home(fingerprint: u128, shift: u32) -> usize {
    ((fingerprint >> 64) as u64 >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::super::tests::spread;
    use super::*;

    #[test]
    fn numbers_follow_the_order_of_coming() {
        let mut index = Index::default();
        for n in 0..5_000 {
            assert_eq!(index.number(spread(n)), (n, true));
        }
        assert_eq!(index.number(spread(17)), (17, false));
        assert_eq!((index.get(spread(17)), index.get(spread(5_000))), (Some(17), None));
    }
}
