//! Where random picks come from: words of ChaCha8, and our own mapping from words to picks.
//!
//! `rand_chacha` promises its words for ever; `rand` does not promise its ranges. So the mapping is written here, in
//! full, and nothing else may be drawn. Each execution has a stream of its own, so that any one can be repeated alone.

use crate::pick::{Pick, Point};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::{ChaCha8Core, ChaCha8Rng};

/// A fault's weight is one in so many: rare enough that later faults are reached, too.
pub const FAULT_ONE_IN: u64 = 8;

/// The words of one seed.
#[derive(Clone, Debug)]
pub struct Words {
    /// What has given no word yet: going to a stream from there makes no words that nobody reads.
    fresh: ChaCha8Core,
    stream: ChaCha8Rng,
}

impl Words {
    /// The key is the seed's eight bytes, the lowest first, and then zeros.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let fresh = ChaCha8Core::from_seed(key);
        Self { stream: fresh.clone().into(), fresh }
    }

    /// Goes to the first word of an execution's stream.
    pub fn stream(&mut self, execution: u64) {
        self.stream = self.fresh.clone().into();
        self.stream.set_stream(execution);
    }

    /// The next 64 bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// One of `n` numbers from 0, each equally likely; from one word. 0 if there is none.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        below(self.word(), u128::from(n))
    }

    /// An index of `weights`, each as likely as its share of their sum; from one word. `None` if that is 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> Option<usize> {
        let sum = weights.clone().sum();
        let mut drawn = self.below(sum);
        weights.enumerate().find_map(|(at, weight)| {
            if drawn < weight {
                return Some(at);
            }
            drawn -= weight;
            None
        })
    }
}

/// The mapping, from one word to one pick. It is part of what a seed means: a change invalidates recorded seeds.
#[must_use]
#[inline(always)]
pub fn settle(word: u64, point: &Point<'_>) -> Pick {
    match *point {
        Point::Who(tasks) => Pick::Task(tasks.nth(narrow(below(word, u128::from(tasks.len()))))),
        Point::Answer { options, .. } => {
            let bad = u64::from(options) - 1;
            let drawn = below(word, u128::from(bad * FAULT_ONE_IN));
            Pick::Answer(if drawn < bad { narrow(drawn) + 1 } else { 0 })
        }
        Point::Duration { lo, hi } => Pick::Duration(lo + below(word, u128::from(hi - lo) + 1)),
    }
}

/// A number of both, as good as random.
#[must_use]
#[inline]
pub const fn mix(a: u64, b: u64) -> u64 {
    let mixed = (a ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ mixed >> 29
}

/// Multiply-high: the word as a fraction of 2^64, times `n`, rounded down. `n` is at most 2^64.
#[allow(clippy::cast_possible_truncation, reason = "the product is below 2^128")]
#[inline]
const fn below(word: u64, n: u128) -> u64 {
    ((word as u128 * n) >> 64) as u64
}

#[allow(clippy::cast_possible_truncation, reason = "it is below a u32")]
#[inline]
const fn narrow(drawn: u64) -> u32 {
    drawn as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;
    use model::machine::Chance;

    #[test]
    fn words_are_those_of_chacha8() {
        let mut words = Words::new(0);
        // The first test vector of the ChaCha8 stream with a zero key and nonce.
        assert_eq!(words.word(), u64::from_le_bytes([0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6]));
        words.stream(1);
        let first = words.word();
        words.word();
        words.stream(1);
        assert_eq!(words.word(), first);
    }

    #[test]
    fn mapping_vectors() {
        let who = Point::Who(Tasks::from_bits(0b1011));
        let answer = Point::Answer { chance: Chance::May(0), options: 2 };
        let three = Point::Answer { chance: Chance::Fault(0), options: 3 };
        let lasts = Point::Duration { lo: 10, hi: 13 };
        let all = Point::Duration { lo: 0, hi: u64::MAX };
        for (word, point, pick) in [
            (0, who, Pick::Task(0)),
            (0x5555_5555_5555_5555, who, Pick::Task(0)),
            (0x5555_5555_5555_5556, who, Pick::Task(1)),
            (u64::MAX, who, Pick::Task(3)),
            (0, answer, Pick::Answer(1)),
            (0x1fff_ffff_ffff_ffff, answer, Pick::Answer(1)),
            (0x2000_0000_0000_0000, answer, Pick::Answer(0)),
            (u64::MAX, answer, Pick::Answer(0)),
            (0x0fff_ffff_ffff_ffff, three, Pick::Answer(1)),
            (0x1000_0000_0000_0000, three, Pick::Answer(2)),
            (0x2000_0000_0000_0000, three, Pick::Answer(0)),
            (0x7fff_ffff_ffff_ffff, lasts, Pick::Duration(11)),
            (u64::MAX, lasts, Pick::Duration(13)),
            (u64::MAX, all, Pick::Duration(u64::MAX)),
        ] {
            assert_eq!(settle(word, &point), pick, "{word:#x} {point:?}");
        }
    }
}
