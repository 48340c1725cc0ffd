//! 64 bits that stand for a run of words, for good: replay files and reports have them.
//!
//! Words are hashed in blocks. Within a block the products do not wait for each other: each pair of words is a product of
//! sums with keys (the NH of UMAC). Blocks are chained by multiply and fold.

use super::fingerprint::{fold, keys};

/// Cells of a block.
const BLOCK: usize = 16;
const WORDS: usize = BLOCK / 2;

const KEYS: [u64; WORDS] = keys(2);
const CHAIN: [u64; 4] = keys(3);

/// A block, chained to what came before it.
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
fn chain(before: u64, words: &[u64; WORDS]) -> u64 {
    let mut sum = 0_u128;
    for at in (0..WORDS).step_by(2) {
        let (a, b) = (words[at].wrapping_add(KEYS[at]), words[at + 1].wrapping_add(KEYS[at + 1]));
        sum = sum.wrapping_add(u128::from(a) * u128::from(b));
    }
    fold(before ^ sum as u64, CHAIN[3]) ^ (sum >> 64) as u64
}

/// The digest of some words.
pub(super) fn of(words: &[u32]) -> u64 {
    let mut sum = CHAIN[1] ^ words.len() as u64;
    for block in words.chunks(BLOCK) {
        let word = |at| u64::from(block.get(at).copied().unwrap_or(0));
        sum = chain(sum, &core::array::from_fn(|at| word(2 * at) | word(2 * at + 1) << 32));
    }
    fold(sum, CHAIN[2])
}

#[cfg(test)]
mod tests {
    /// Replay files are older than the program that reads them.
    #[test]
    fn it_never_changes() {
        let words: alloc::vec::Vec<u32> = (0..39).map(|at| at * 0x0101_0107).collect();
        assert_eq!(
            [super::of(&[]), super::of(&words[..7]), super::of(&words)],
            [0xf848_25ce_dbaa_fcfe, 0x8fa0_c93c_43c7_4efd, 0x178d_41b3_479a_e70a]
        );
    }
}
