//! 128 bits that stand for a state: two hashes of 64 bits with keys of their own.
//!
//! A state is hashed in blocks of 16 cells. Within a block the products do not wait for each other, which is what makes
//! it fast: each pair of words is a product of sums with keys (the NH of UMAC). Blocks are chained by multiply and fold.

/// Cells of a block.
const BLOCK: usize = 16;
const WORDS: usize = BLOCK / 2;

/// The steps of `splitmix64`: as good as random, and without a table that must be believed.
const fn keys<const N: usize>(mut state: u64) -> [u64; N] {
    let mut keys = [0; N];
    let mut at = 0;
    while at < N {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut key = state;
        key = (key ^ key >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        key = (key ^ key >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        keys[at] = key ^ key >> 31;
        at += 1;
    }
    keys
}

const ONE: [u64; WORDS] = keys(1);
const TWO: [u64; WORDS] = keys(2);
const CHAIN: [u64; 4] = keys(3);

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
pub(crate) const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// A block under one set of keys, chained to what came before it.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
fn chain(before: u64, words: &[u64; WORDS], keys: &[u64; WORDS], by: u64) -> u64 {
    let mut sum = 0_u128;
    for at in (0..WORDS).step_by(2) {
        let (a, b) = (words[at].wrapping_add(keys[at]), words[at + 1].wrapping_add(keys[at + 1]));
        sum = sum.wrapping_add(u128::from(a) * u128::from(b));
    }
    fold(before ^ sum as u64, by) ^ (sum >> 64) as u64
}

/// The fingerprint of a run of cells.
#[must_use]
pub fn of(cells: &[u32]) -> u128 {
    let (mut one, mut two) = (CHAIN[0], CHAIN[1] ^ cells.len() as u64);
    let blocks = cells.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    let mut add = |block: &[u32]| {
        let words = core::array::from_fn(|at| u64::from(block[2 * at]) | u64::from(block[2 * at + 1]) << 32);
        one = chain(one, &words, &ONE, CHAIN[2]);
        two = chain(two, &words, &TWO, CHAIN[3]);
    };
    for block in blocks {
        add(block);
    }
    if !rest.is_empty() {
        let mut block = [0; BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        add(&block);
    }
    u128::from(fold(one, CHAIN[3])) << 64 | u128::from(fold(two, CHAIN[2]))
}

#[cfg(test)]
mod tests {
    #[test]
    fn differs_where_the_cells_differ() {
        let mut seen = alloc::vec::Vec::new();
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
}
