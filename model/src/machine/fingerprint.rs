//! 128 bits that stand for a state: the sum over all cells of what is in them, each times a key of its own, modulo 2^128.
//!
//! Two states have the same sum, but for the lowest 32 bits, with a probability of at most 1 in 2^96: multilinear hashing, which is
//! strongly universal (Lemire and Kaser, "Strongly universal string hashing is fast", 2014). Where a few cells change, the sum
//! changes by what they add: nothing else must be looked at, and what a known step adds is known.

pub use super::memory::CHUNK;
use core::ops::Range;

/// The steps of `splitmix64`: as good as random, and without a table that must be believed.
const fn splitmix(seed: u64, at: usize) -> u64 {
    let mut key = seed.wrapping_add((at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    key = (key ^ key >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ key >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ key >> 31
}

pub(super) const fn keys<const N: usize>(seed: u64) -> [u64; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < N {
        keys[at] = splitmix(seed, at);
        at += 1;
    }
    keys
}

/// Keys of the first cells; those of the others are made when they are needed.
static KEYS: [u128; 1 << 10] = {
    let mut keys = [0; 1 << 10];
    let mut cell = 0;
    while cell < keys.len() {
        keys[cell] = key(cell);
        cell += 1;
    }
    keys
};

const fn key(cell: usize) -> u128 {
    (splitmix(1, 2 * cell) as u128) << 64 | splitmix(1, 2 * cell + 1) as u128
}

#[inline]
fn key_of(cell: usize) -> u128 {
    KEYS.get(cell).copied().unwrap_or_else(|| key(cell))
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
pub(crate) const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// What it adds that a cell changes.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "modulo 2^64 and 2^128")]
pub(super) fn change(cell: usize, before: u32, now: u32) -> u128 {
    let (key, more) = (key_of(cell), i64::from(now) - i64::from(before));
    // The product of 128 bits by 64, in two multiplications; of a negative number the low one has 2^64 times the key too much.
    let (low, high) = (key as u64, (key >> 64) as u64);
    let too_much = if more < 0 { low } else { 0 };
    let high = high.wrapping_mul(more as u64).wrapping_sub(too_much);
    (u128::from(low) * u128::from(more as u64)).wrapping_add(u128::from(high) << 64)
}

/// The words of a chunk of some cells; the last one is filled up with 0.
#[inline]
fn words_of(cells: &[u32], chunk: usize) -> [u64; 2] {
    let word = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    match cells[chunk * CHUNK..].first_chunk::<CHUNK>() {
        Some(cells) => [word(cells[0], cells[1]), word(cells[2], cells[3])],
        None => {
            let cell = |at: usize| cells.get(chunk * CHUNK + at).copied().unwrap_or(0);
            [word(cell(0), cell(1)), word(cell(2), cell(3))]
        }
    }
}

/// The fingerprint of some cells.
#[must_use]
pub fn of(cells: &[u32]) -> u128 {
    let mut sum = cells.len() as u128;
    let (first, rest) = cells.split_at(cells.len().min(KEYS.len()));
    let add = |sum: u128, (&cell, &key): (&u32, &u128)| sum.wrapping_add(key.wrapping_mul(u128::from(cell)));
    // Two sums, since each waits for its own last one only.
    let (pairs, last) = first.as_chunks::<2>();
    let (keys, _) = KEYS.as_chunks::<2>();
    let mut other = 0;
    for (pair, keys) in pairs.iter().zip(keys) {
        sum = add(sum, (&pair[0], &keys[0]));
        other = add(other, (&pair[1], &keys[1]));
    }
    sum = last.iter().zip(&KEYS[first.len() - last.len()..]).fold(sum.wrapping_add(other), add);
    for (at, &cell) in (KEYS.len()..).zip(rest) {
        sum = sum.wrapping_add(key(at).wrapping_mul(u128::from(cell)));
    }
    sum
}

/// The fingerprint of some cells, from that of others which differ from them only in these runs, if at all. Runs begin with
/// a chunk. `see` is told of each cell that differs, and what it is.
#[inline]
pub(super) fn changed(
    mut fingerprint: u128,
    before: &[u32],
    cells: &[u32],
    runs: impl Iterator<Item = Range<usize>>,
    mut see: impl FnMut(usize, u32),
) -> u128 {
    for run in runs {
        for at in run.start / CHUNK..run.end.div_ceil(CHUNK) {
            let (then, now) = (words_of(before, at), words_of(cells, at));
            if (then[0] ^ now[0]) | (then[1] ^ now[1]) != 0 {
                for cell in at * CHUNK..cells.len().min((at + 1) * CHUNK) {
                    let (then, now) = (before[cell], cells[cell]);
                    if then != now {
                        see(cell, now);
                        fingerprint = fingerprint.wrapping_add(change(cell, then, now));
                    }
                }
            }
        }
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    #[test]
    fn differs_where_the_cells_differ() {
        let mut seen = Vec::new();
        for at in 0..8 {
            for value in 0..8 {
                let mut cells = [0; 7];
                if at < 7 {
                    cells[at] = value;
                }
                seen.push(super::of(&cells[..7.min(at + 3)]));
            }
        }
        seen.sort_unstable();
        seen.dedup();
        // Cells of equal length with value 0 are equal: lengths 3 to 7, and seven places of seven values.
        assert_eq!(seen.len(), 5 + 49);
    }

    #[test]
    fn a_change_is_what_the_key_makes_of_it() {
        let values = [0, 1, 2, 1 << 31, (1 << 31) + 5, u32::MAX];
        for cell in [0, 7, 1_023, 1_024, 5_000] {
            for (before, now) in values.iter().flat_map(|before| values.map(|now| (*before, now))) {
                let term = |value: u32| super::key_of(cell).wrapping_mul(u128::from(value));
                assert_eq!(super::change(cell, before, now), term(now).wrapping_sub(term(before)));
            }
        }
    }

    /// Near the start, in the last chunk, and where keys are made.
    #[test]
    fn a_change_gives_what_the_whole_gives() {
        let before: Vec<u32> = (0..4_321).map(|at| at * at).collect();
        for (at, run) in
            [(0, 0..4), (7, 4..8), (2_047, 2_032..2_048), (2_048, 2_048..2_052), (4_320, 4_320..4_321)]
        {
            let mut cells = before.clone();
            cells[at] ^= 1 << 31;
            let runs = [12..16, 3_000..3_300, run].into_iter();
            assert_eq!(
                super::changed(super::of(&before), &before, &cells, runs, |_, _| {}),
                super::of(&cells)
            );
        }
    }

    /// A value is worth something else at another place, in either half.
    #[test]
    fn places_are_told_apart() {
        let one_at = |at: usize| {
            let mut cells = [0; 64];
            cells[at] = 1;
            super::of(&cells)
        };
        let halves = (0..64).flat_map(|at| [one_at(at) >> 64, one_at(at) & u128::from(u64::MAX)]);
        let mut halves: Vec<_> = halves.collect();
        halves.sort_unstable();
        halves.dedup();
        assert_eq!(halves.len(), 128);
    }
}
