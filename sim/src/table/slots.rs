//! One shard of the table: open addressing in one flat run of slots that threads fill at the same time, without locks.
//!
//! A slot is two words. The first is the key's tag: whoever comes first puts it there, and it stays. The second is the
//! rest of the key and a mark: it is put there by whoever comes first with that tag, which need not be the same thread.
//! From then on only the mark changes, and only to a lower one. So nobody ever waits: a slot with a tag and without a
//! rest is open to everybody with this tag. And a key has one slot: all threads look for it along the same way, and
//! pass only slots that are another's for good.
//!
//! Each word says all there is to say, and nothing else is read because of it; so no access needs to be ordered with
//! another (`Relaxed`). Copying into a larger shard reads the words one by one: nobody may be filling slots meanwhile.
//!
//! The same text is checked with another `atomic` beside it: see `tests/tests/it/shared_table.rs`.

use super::atomic::AtomicU64;
use super::atomic::Ordering::Relaxed;

/// Bits of the second word that hold the mark.
pub const MARK_BITS: u32 = 20;

/// The largest mark. The least is 1.
pub const MARK: u64 = (1 << MARK_BITS) - 1;

/// What a shard knows a state by: 108 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// The first 64 bits, never 0.
    pub tag: u64,
    /// The others, above those of the mark.
    pub rest: u64,
}

/// What comes of claiming a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Claim {
    /// It is marked as was wished.
    Mine,
    /// It is there, with this mark.
    Known(u64),
    /// It is not there, and no slot is free.
    Full,
}

/// A slot; both words are 0 if it is free.
#[derive(Debug, Default)]
pub struct Slot {
    tag: AtomicU64,
    rest: AtomicU64,
}

/// Slots that the memory gives together.
const LINE: usize = 4;

/// So many bytes.
const LINE_BYTES: usize = 64;

/// The slots of one shard.
#[derive(Debug)]
pub struct Slots {
    /// Whole lines, and what is left over at both ends: what asks for no alignment grows where it is, without new pages.
    all: Vec<Slot>,
    /// Where the first line begins.
    first: usize,
    lines: usize,
}

impl Slots {
    /// So many free ones, rounded up to whole lines.
    pub fn new(count: usize) -> Self {
        let mut slots = Self { all: Vec::new(), first: 0, lines: 0 };
        slots.clear(count);
        slots
    }

    /// So many free ones, whatever was in them. What memory they have they keep.
    fn clear(&mut self, count: usize) {
        self.lines = count.div_ceil(LINE);
        let all = (self.lines + 1) * LINE - 1;
        self.all.clear();
        self.all.reserve_exact(all);
        self.all.resize_with(all, Slot::default);
        // A line must not be cut across; only speed depends on it.
        let first = self.all.as_ptr().align_offset(LINE_BYTES);
        self.first = if first < LINE { first } else { 0 };
    }

    /// Slots by lines.
    #[inline]
    pub fn lines(&self) -> &[[Slot; LINE]] {
        &self.all[self.first..].as_chunks().0[..self.lines]
    }

    /// How many there are, free or not.
    pub const fn len(&self) -> usize {
        self.lines * LINE
    }

    /// Bytes of their memory.
    pub const fn bytes(&self) -> usize {
        self.len() * size_of::<Slot>()
    }

    /// Puts a key in place with this mark, or lowers its mark to this one.
    #[inline]
    pub fn claim(&self, key: Key, mark: u64) -> Claim {
        for slot in self.way(key).flatten() {
            let mut tag = slot.tag.load(Relaxed);
            if tag == 0 {
                tag = match slot.tag.compare_exchange(0, key.tag, Relaxed, Relaxed) {
                    Ok(_) => key.tag,
                    Err(other) => other,
                };
            }
            if tag != key.tag {
                continue;
            }
            let mut now = slot.rest.load(Relaxed);
            while now == 0 || now & !MARK == key.rest && now & MARK > mark {
                match slot.rest.compare_exchange(now, key.rest | mark, Relaxed, Relaxed) {
                    Ok(_) => return Claim::Mine,
                    Err(other) => now = other,
                }
            }
            if now & !MARK == key.rest {
                return Claim::Known(now & MARK);
            }
        }
        Claim::Full
    }

    /// Puts a key in place, unless it is there, while nobody else is here: that costs less.
    #[inline]
    pub fn insert(&mut self, key: Key, mark: u64) -> Claim {
        let Some(slot) = self.seek(key) else { return Claim::Full };
        match slot.rest.load(Relaxed) {
            0 => {
                slot.tag.store(key.tag, Relaxed);
                slot.rest.store(key.rest | mark, Relaxed);
                Claim::Mine
            }
            now => Claim::Known(now & MARK),
        }
    }

    /// Lowers a key's mark for good if it is still this one, which only one thread has claimed with.
    #[inline]
    pub fn settle(&self, key: Key, claimed: u64, mark: u64) -> bool {
        let Some(slot) = self.seek(key) else { return false };
        let mine = slot.rest.load(Relaxed) == key.rest | claimed;
        if mine {
            slot.rest.store(key.rest | mark, Relaxed);
        }
        mine
    }

    /// The mark of a key, if it is there.
    #[inline]
    pub fn mark(&self, key: Key) -> Option<u64> {
        match self.seek(key)?.rest.load(Relaxed) {
            0 => None,
            now => Some(now & MARK),
        }
    }

    /// Puts all keys behind others, each with its mark.
    pub fn copy_to(&self, keys: &mut Vec<(Key, u64)>) {
        for slot in self.lines().as_flattened() {
            let (tag, now) = (slot.tag.load(Relaxed), slot.rest.load(Relaxed));
            if now != 0 {
                keys.push((Key { tag, rest: now & !MARK }, now & MARK));
            }
        }
    }

    /// So many slots with these keys, whatever was in them.
    pub fn refill(&mut self, count: usize, keys: &[(Key, u64)]) {
        self.clear(count);
        for &(key, mark) in keys {
            self.put(key, mark);
        }
    }

    /// Puts a key that is not there in place, while nobody else is here: whose the others are need not be known.
    #[inline]
    fn put(&self, key: Key, mark: u64) {
        for line in self.way(key) {
            if let Some(slot) = line.iter().find(|slot| slot.tag.load(Relaxed) == 0) {
                slot.tag.store(key.tag, Relaxed);
                slot.rest.store(key.rest | mark, Relaxed);
                return;
            }
        }
        unreachable!("there is more room than before");
    }

    /// The key's slot, or else one that is open to it. Which of a line's slots it is costs no guess of the processor.
    #[inline]
    fn seek(&self, key: Key) -> Option<&Slot> {
        for line in self.way(key) {
            let tags = line.each_ref().map(|slot| slot.tag.load(Relaxed));
            let mut open = 0_u32;
            for (at, &tag) in tags.iter().enumerate() {
                open |= u32::from((tag == 0) | (tag == key.tag)) << at;
            }
            while open != 0 {
                let at = open.trailing_zeros() as usize;
                let now = line[at].rest.load(Relaxed);
                if tags[at] == 0 || now == 0 || now & !MARK == key.rest {
                    return Some(&line[at]);
                }
                open &= open - 1;
            }
        }
        None
    }

    /// The lines where a key may be, in order: from the one where it belongs on, and round.
    #[inline]
    fn way(&self, key: Key) -> impl Iterator<Item = &[Slot; LINE]> {
        let (lines, mut at) = (self.lines(), self.home(key));
        (0..lines.len()).map(move |_| {
            let line = &lines[at];
            at = if at + 1 == lines.len() { 0 } else { at + 1 };
            line
        })
    }

    /// The line where a key belongs: tags are spread evenly over lines.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "it is less than the number of lines")]
    pub fn home(&self, key: Key) -> usize {
        // The highest bits of the tag are the shard's.
        let spread = u128::from(key.tag << super::SHARD_BITS);
        ((spread * self.lines as u128) >> 64) as usize
    }
}
