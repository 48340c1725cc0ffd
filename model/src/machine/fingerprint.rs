//! 128 bits that stand for a state: two sums of 64 bits, each over all chunks of a few cells.
//!
//! What a chunk adds is the product of its two words, each with a key that belongs to its place (the NH of UMAC), whose
//! halves, each with a key of all places, are multiplied again: so it looks random, and no two chunks of a place that
//! were ever seen add the same. Where a few cells change, the sums change by what their chunks add: nothing else must be
//! looked at.

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

/// Keys of the first places; those behind them are made when they are needed.
static PLACES: [[u64; 2]; 1 << 9] = {
    let mut places = [[0; 2]; 1 << 9];
    let mut at = 0;
    while at < places.len() {
        places[at] = place(at);
        at += 1;
    }
    places
};
const MIX: [u64; 2] = keys(2);
const START: [u64; 2] = keys(3);

/// Keys for the two words of a chunk.
const fn place(at: usize) -> [u64; 2] {
    [splitmix(1, 2 * at), splitmix(1, 2 * at + 1)]
}

/// A chunk's keys.
#[inline]
fn keys_of(chunk: usize) -> [u64; 2] {
    PLACES.get(chunk).copied().unwrap_or_else(|| place(chunk))
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
pub(crate) const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Both sums.
#[derive(Clone, Copy)]
struct Sums(u64, u64);

impl Sums {
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
    const fn of(fingerprint: u128) -> Self {
        Self((fingerprint >> 64) as u64, fingerprint as u64)
    }

    #[inline]
    const fn fingerprint(self) -> u128 {
        (self.0 as u128) << 64 | self.1 as u128
    }

    #[inline]
    const fn and(self, more: Self) -> Self {
        Self(self.0.wrapping_add(more.0), self.1.wrapping_add(more.1))
    }

    #[inline]
    const fn without(self, less: Self) -> Self {
        Self(self.0.wrapping_sub(less.0), self.1.wrapping_sub(less.1))
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
    fn of_words(words: [u64; 2], keys: [u64; 2]) -> Self {
        let product = u128::from(words[0].wrapping_add(keys[0])) * u128::from(words[1].wrapping_add(keys[1]));
        let mixed = u128::from(product as u64 ^ MIX[0]) * u128::from((product >> 64) as u64 ^ MIX[1]);
        let high = (mixed >> 64) as u64;
        Self(mixed as u64 ^ high, high)
    }

    /// What a chunk adds.
    #[inline]
    fn of_chunk(chunk: usize, words: [u64; 2]) -> Self {
        Self::of_words(words, keys_of(chunk))
    }
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
    let mut sums = Sums(START[0], START[1] ^ cells.len() as u64);
    let mut done = 0;
    for (chunk, &keys) in cells.chunks_exact(CHUNK).zip(&PLACES) {
        sums = sums.and(Sums::of_words(words_of(chunk, 0), keys));
        done += 1;
    }
    for chunk in done..cells.len().div_ceil(CHUNK) {
        sums = sums.and(Sums::of_chunk(chunk, words_of(cells, chunk)));
    }
    sums.fingerprint()
}

/// The fingerprint of some cells, from that of others which differ from them only in these runs, if at all. Runs begin with
/// a chunk. `see` is told of each chunk that differs.
#[inline]
pub(super) fn changed(
    fingerprint: u128,
    before: &[u32],
    cells: &[u32],
    runs: impl Iterator<Item = Range<usize>>,
    mut see: impl FnMut(usize, [u64; 2]),
) -> u128 {
    let mut sums = Sums::of(fingerprint);
    for run in runs {
        for at in run.start / CHUNK..run.end.div_ceil(CHUNK) {
            let (then, now) = (words_of(before, at), words_of(cells, at));
            if (then[0] ^ now[0]) | (then[1] ^ now[1]) != 0 {
                see(at, now);
                sums = sums.without(Sums::of_chunk(at, then)).and(Sums::of_chunk(at, now));
            }
        }
    }
    sums.fingerprint()
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
