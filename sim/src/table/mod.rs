//! The states that a search has seen: 108 bits of fingerprint and the depth, in 16 bytes each.
//!
//! Shards, by the highest bits of the fingerprint, each of which grows alone: so what is in it is there twice only for
//! as long as that lasts, and never all of the table. The order in them is never looked at. Two states that share 108
//! bits would be taken for one: among 10 million states with a probability below 1 in 10^15.

mod atomic;
mod index;
mod memory;
mod slots;

use atomic::AtomicU64;
pub use index::Index;
use memory::Memory;
use slots::{Claim, Key, LINE, Line, MARK, MARK_BITS, Slots};
use std::collections::BTreeSet;

/// Shards, as a power of two.
const SHARD_BITS: u32 = 3;
const SHARDS: usize = 1 << SHARD_BITS;

/// Lines of an empty shard: a page.
const SMALLEST: usize = 1 << 6;

/// How many can claim states at the same time.
pub const CLAIMS: u32 = 64;

/// The deepest layer that can be told apart. Marks above it are claims; a mark is never 0.
#[allow(clippy::cast_possible_truncation, reason = "20 bits")]
pub const MAX_DEPTH: u32 = MARK as u32 - 1 - CLAIMS;

/// A set of fingerprints, each with the depth at which it was first seen.
#[derive(Debug)]
pub struct Table {
    shards: Vec<Shard>,
}

#[derive(Debug)]
struct Shard {
    memory: Memory,
    used: usize,
}

/// The table while several threads claim states: so it does not grow.
#[derive(Debug)]
pub struct Shared<'a> {
    shards: Vec<Slots<&'a [Line<AtomicU64>]>>,
}

/// How many states were added to each shard.
#[derive(Clone, Debug)]
pub struct Added([u32; SHARDS]);

impl Default for Added {
    fn default() -> Self {
        Self([0; SHARDS])
    }
}

impl Shard {
    fn new() -> Self {
        Self { memory: Memory::new(SMALLEST), used: 0 }
    }

    /// So many more are used. It grows by half whenever it is three quarters full, whoever has filled it: so its
    /// size depends on nothing but how many there are.
    #[inline]
    fn add(&mut self, added: usize) {
        self.used += added;
        while self.used * 4 > self.memory.len() * LINE * 3 {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let before = self.memory.len();
        self.memory.grow(before * 3 / 2);
        slots::spread(self.memory.lines_mut(), before);
    }
}

/// Whose a state is that several have come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Nobody's with a lower number, so far.
    Mine,
    /// It was there before, at this depth.
    Before(u32),
    /// Somebody's with a lower number, or claimed with this number already.
    Claimed,
    /// There must be more room first.
    Full,
}

impl Default for Table {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard::new()).collect() }
    }
}

impl Table {
    /// How many states it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.used).sum()
    }

    /// Does it hold none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of its memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| shard.memory.bytes()).sum()
    }

    /// The depth at which a state was first seen.
    #[must_use]
    pub fn depth(&self, fingerprint: u128) -> Option<u32> {
        let key = key(fingerprint);
        slots::mark(self.shards[shard(key)].memory.lines(), key).map(depth)
    }

    /// Adds a state; if it is there already, says at which depth it was first seen.
    #[inline]
    pub fn insert(&mut self, fingerprint: u128, at_depth: u32) -> Option<u32> {
        let key = key(fingerprint);
        let shard = &mut self.shards[shard(key)];
        match slots::insert(shard.memory.lines_mut(), key, mark(at_depth)) {
            Claim::Known(mark) => return Some(depth(mark)),
            Claim::Mine => shard.add(1),
            Claim::Full => unreachable!("a shard grows before it is full"),
        }
        None
    }

    /// The table, for several threads.
    pub fn share(&mut self) -> Shared<'_> {
        Shared { shards: self.shards.iter_mut().map(|shard| Slots(shard.memory.shared())).collect() }
    }

    /// Makes room, where states were settled.
    pub fn add(&mut self, added: &Added) {
        for (shard, &added) in self.shards.iter_mut().zip(&added.0) {
            shard.add(added as usize);
        }
    }

    /// Makes room for states that were told [`Seen::Full`], once nobody claims.
    pub fn make_room(&mut self, fingerprints: impl Iterator<Item = u128>) {
        let full: BTreeSet<_> = fingerprints.map(|fingerprint| shard(key(fingerprint))).collect();
        for at in full {
            self.shards[at].grow();
        }
    }

    /// Has the memory fetch the slots where some states belong, so that they are near when they are looked up. Nothing
    /// waits for it.
    #[inline]
    pub fn fetch(&self, fingerprints: &[u128]) {
        for key in fingerprints.iter().map(|&fingerprint| key(fingerprint)) {
            self.shards[shard(key)].memory.fetch(|lines| slots::home(lines, key.tag));
        }
    }
}

impl Shared<'_> {
    /// Claims a state while others claim states, too. Among all who do so, the least number wins; who that is can be
    /// known when all are done, by [`Self::settle`].
    #[inline]
    pub fn claim(&self, fingerprint: u128, number: u32) -> Seen {
        let key = key(fingerprint);
        match self.shards[shard(key)].claim(key, claim(number)) {
            Claim::Mine => Seen::Mine,
            Claim::Known(known) if known > mark(MAX_DEPTH) => Seen::Claimed,
            Claim::Known(known) => Seen::Before(depth(known)),
            Claim::Full => Seen::Full,
        }
    }

    /// Was the state won with this number? Then it is given its depth. Each claim must be settled, once all are made.
    #[inline]
    #[must_use]
    pub fn settle(&self, fingerprint: u128, number: u32, at_depth: u32, added: &mut Added) -> bool {
        let key = key(fingerprint);
        let won = self.shards[shard(key)].settle(key, claim(number), mark(at_depth));
        added.0[shard(key)] += u32::from(won);
        won
    }

    /// As [`Table::fetch`].
    #[inline]
    pub fn fetch(&self, fingerprints: &[u128]) {
        for key in fingerprints.iter().map(|&fingerprint| key(fingerprint)) {
            let lines = self.shards[shard(key)].0;
            memory::fetch(lines, slots::home(lines.len(), key.tag), 1);
        }
    }
}

/// The fingerprint without the bits that the mark needs.
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
#[inline]
const fn key(fingerprint: u128) -> Key {
    let tag = (fingerprint >> 64) as u64;
    Key { tag: if tag == 0 { 1 } else { tag }, rest: fingerprint as u64 >> MARK_BITS << MARK_BITS }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "few bits")]
const fn shard(key: Key) -> usize {
    (key.tag >> (64 - SHARD_BITS)) as usize
}

#[inline]
const fn mark(depth: u32) -> u64 {
    (if depth < MAX_DEPTH { depth } else { MAX_DEPTH }) as u64 + 1
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "20 bits")]
const fn depth(mark: u64) -> u32 {
    mark as u32 - 1
}

/// The mark of those who claim with a number, which must be less than [`CLAIMS`].
#[inline]
const fn claim(number: u32) -> u64 {
    MARK - CLAIMS as u64 + 1 + number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spreads small numbers as a fingerprint would.
    pub(super) fn spread(n: u32) -> u128 {
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
    fn the_least_claim_wins() {
        let mut table = Table::default();
        table.insert(spread(1), 5);
        let claims = [(1, 0), (2, 63), (2, 7), (2, 9), (2, 7), (3, 1)];
        let shared = table.share();
        let seen = claims.map(|(n, number)| shared.claim(spread(n), number));
        let want = [Seen::Before(5), Seen::Mine, Seen::Mine, Seen::Claimed, Seen::Claimed, Seen::Mine];
        assert_eq!(seen, want);
        let mut added = Added::default();
        let mut settle = |n, number| shared.settle(spread(n), number, MAX_DEPTH, &mut added);
        assert_eq!([settle(2, 63), settle(2, 7), settle(3, 1)], [false, true, true]);
        table.add(&added);
        assert_eq!((table.len(), table.depth(spread(2))), (3, Some(MAX_DEPTH)));
    }

    /// Also where many keys belong to one line: among the first ones, and at the end, from where they go on at the start.
    #[test]
    fn keys_spread_where_they_are() {
        let crowded = [1, 2, 3, 1 << 40, u64::MAX >> SHARD_BITS, (u64::MAX >> SHARD_BITS) - 1];
        for crowd in [0, 5, 40] {
            let tags = crowded.iter().flat_map(|&tag| (0..crowd).map(move |_| tag));
            let tags = tags.chain((0..200).map(|n| key(spread(n)).tag)).enumerate();
            let keys: Vec<_> =
                tags.map(|(at, tag)| Key { tag, rest: (at as u64 + 1) << MARK_BITS }).collect();
            let mut memory = Memory::new(keys.len().div_ceil(LINE) + 1);
            let marks = 1..;
            for (&key, mark) in keys.iter().zip(marks.clone()) {
                assert_eq!(slots::insert(memory.lines_mut(), key, mark), Claim::Mine);
            }
            for _ in 0..8 {
                let before = memory.len();
                memory.grow(before * 3 / 2);
                slots::spread(memory.lines_mut(), before);
                for (&key, mark) in keys.iter().zip(marks.clone()) {
                    assert_eq!(slots::mark(memory.lines(), key), Some(mark));
                }
                let used = memory.lines().iter().flat_map(|line| &line[LINE..]).filter(|rest| **rest != 0);
                assert_eq!(used.count(), keys.len());
            }
        }
    }

    /// On large pages, in place and elsewhere.
    #[test]
    fn what_is_in_it_stays_when_it_grows_large() {
        let mut table = Table::default();
        for n in 0..1_500_000 {
            assert_eq!(table.insert(spread(n), n), None);
        }
        assert!((0..1_500_000).all(|n| table.depth(spread(n)) == Some(n.min(MAX_DEPTH))));
    }

    /// Whoever fills it, and in which order.
    #[test]
    fn its_size_depends_on_how_many_there_are() {
        let (mut alone, mut together) = (Table::default(), Table::default());
        let mut next = 0;
        for block in [10, 3_000, 1, 20_000, 5] {
            let mut added = Added::default();
            let mut waiting: Vec<_> = (next..next + block).map(spread).collect();
            for &fingerprint in &waiting {
                assert_eq!(alone.insert(fingerprint, 3), None);
            }
            let claimed = waiting.clone();
            while !waiting.is_empty() {
                let shared = together.share();
                waiting.retain(|&fingerprint| shared.claim(fingerprint, 2) == Seen::Full);
                together.make_room(waiting.iter().copied());
            }
            let shared = together.share();
            assert!(claimed.iter().all(|&fingerprint| shared.settle(fingerprint, 2, 3, &mut added)));
            together.add(&added);
            assert_eq!((alone.len(), alone.bytes()), (together.len(), together.bytes()));
            next += block;
        }
        assert!((0..next).all(|n| together.depth(spread(n)) == Some(3)));
    }
}
