//! One shard of the table: open addressing in one flat run of slots that threads fill at the same time, without locks.
//!
//! A slot is two words. The first is the key's tag: whoever comes first puts it there, and it stays. The second is the
//! rest of the key and a mark: it is put there by whoever comes first with that tag, which need not be the same thread.
//! From then on only the mark changes, and only to a lower one. So nobody ever waits: a slot with a tag and without a
//! rest is open to everybody with this tag. And a key has one slot: all threads look for it along the same way, and
//! pass only slots that are another's for good.
//!
//! Each word says all there is to say, and nothing else is read because of it; so no access needs to be ordered with
//! another (`Relaxed`). Whoever is alone reads and writes the words as they are, which costs less.
//!
//! The same text is checked with another `atomic` beside it: see `tests/tests/it/shared_table.rs`.

use super::atomic::AtomicU64;
use super::atomic::Ordering::Relaxed;
use std::ops::Deref;

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

/// Slots that the memory gives together: their tags, then the rests. All words are 0 where a slot is free.
pub type Line<W> = [W; 2 * LINE];

/// So many slots are in a line.
pub const LINE: usize = 4;

/// A word of a line.
pub trait Word {
    /// What is in it.
    fn get(&self) -> u64;
}

impl Word for u64 {
    #[inline]
    fn get(&self) -> u64 {
        *self
    }
}

impl Word for AtomicU64 {
    #[inline]
    fn get(&self) -> u64 {
        self.load(Relaxed)
    }
}

/// A slot of a line.
struct Slot<'a> {
    tag: &'a AtomicU64,
    rest: &'a AtomicU64,
}

/// The lines of one shard, while several threads claim slots.
#[derive(Debug)]
pub struct Slots<L>(pub L);

impl<L: Deref<Target = [Line<AtomicU64>]>> Slots<L> {
    /// Puts a key in place with this mark, or lowers its mark to this one.
    #[inline]
    pub fn claim(&self, key: Key, mark: u64) -> Claim {
        let slots = way(&self.0, key).flat_map(|(_, line)| {
            let (tags, rests) = line.split_at(LINE);
            tags.iter().zip(rests).map(|(tag, rest)| Slot { tag, rest })
        });
        for slot in slots {
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

    /// Lowers a key's mark for good if it is still this one, which only one thread has claimed with.
    #[inline]
    pub fn settle(&self, key: Key, claimed: u64, mark: u64) -> bool {
        let Some((line, at)) = seek(&self.0, key) else { return false };
        let rest = &self.0[line][LINE + at];
        let mine = rest.load(Relaxed) == key.rest | claimed;
        if mine {
            rest.store(key.rest | mark, Relaxed);
        }
        mine
    }
}

/// Puts a key in place, unless it is there, while nobody else is here.
#[inline]
pub fn insert(lines: &mut [Line<u64>], key: Key, mark: u64) -> Claim {
    let Some((line, at)) = seek(lines, key) else { return Claim::Full };
    let line = &mut lines[line];
    match line[LINE + at] {
        0 => {
            (line[at], line[LINE + at]) = (key.tag, key.rest | mark);
            Claim::Mine
        }
        now => Claim::Known(now & MARK),
    }
}

/// The mark of a key, if it is there.
#[inline]
pub fn mark<W: Word>(lines: &[Line<W>], key: Key) -> Option<u64> {
    let (line, at) = seek(lines, key)?;
    match lines[line][LINE + at].get() {
        0 => None,
        now => Some(now & MARK),
    }
}

/// Spreads the keys of so many of the first lines over all of them, while nobody else is here. All other lines are free.
///
/// From the last line to the first, so that a key comes to where lines are cleared already: its home among more lines lies
/// behind the one among fewer, unless it is one of the first.
pub fn spread(lines: &mut [Line<u64>], before: usize) {
    let mut left = Vec::new();
    for number in (0..before).rev() {
        let line = std::mem::take(&mut lines[number]);
        for (&tag, &now) in line[..LINE].iter().zip(&line[LINE..]).filter(|(_, now)| **now != 0) {
            let first = home(lines.len(), tag);
            if first <= number || !put(&mut lines[first..], tag, now) {
                left.push((first, tag, now));
            }
        }
    }
    for (first, tag, now) in left {
        let placed = put(&mut lines[first..], tag, now) || put(&mut lines[..first], tag, now);
        assert!(placed, "there are more lines than before");
    }
}

/// Puts a slot's words in the first free slot of some lines, if there is one.
#[inline]
fn put(lines: &mut [Line<u64>], tag: u64, now: u64) -> bool {
    for line in lines {
        if let Some(at) = line[..LINE].iter().position(|&tag| tag == 0) {
            (line[at], line[LINE + at]) = (tag, now);
            return true;
        }
    }
    false
}

/// The key's slot, or else one that is open to it: its line, and where in it. Which of a line's slots it is costs no guess of the
/// processor.
#[inline]
fn seek<W: Word>(lines: &[Line<W>], key: Key) -> Option<(usize, usize)> {
    for (number, line) in way(lines, key) {
        let (mut free, mut open) = (0_u32, 0_u32);
        for (at, tag) in line[..LINE].iter().enumerate() {
            let tag = tag.get();
            free |= u32::from(tag == 0) << at;
            open |= u32::from(tag == key.tag) << at;
        }
        open |= free;
        while open != 0 {
            let at = open.trailing_zeros() as usize % LINE;
            let now = line[LINE + at].get();
            if free >> at & 1 != 0 || now == 0 || now & !MARK == key.rest {
                return Some((number, at));
            }
            open &= open - 1;
        }
    }
    None
}

/// The lines where a key may be, in order, with their numbers: from the one where it belongs on, and round.
#[inline]
fn way<W>(lines: &[Line<W>], key: Key) -> impl Iterator<Item = (usize, &Line<W>)> {
    let mut at = home(lines.len(), key.tag);
    (0..lines.len()).map(move |_| {
        let number = at;
        at = if at + 1 == lines.len() { 0 } else { at + 1 };
        (number, &lines[number])
    })
}

/// The line where a key with this tag belongs, of so many: tags are spread evenly over lines.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "it is less than the number of lines")]
pub fn home(lines: usize, tag: u64) -> usize {
    // The highest bits of the tag are the shard's.
    let spread = u128::from(tag << super::SHARD_BITS);
    ((spread * lines as u128) >> 64) as usize
}
