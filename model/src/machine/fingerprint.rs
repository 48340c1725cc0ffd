//! 128 bits that stand for a state: two independent chains of multiply and fold over its words.

const SEEDS: [u64; 4] =
    [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93];

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The fingerprint of a run of cells.
#[must_use]
pub fn of(cells: &[u32]) -> u128 {
    let (mut one, mut two) = (SEEDS[0], SEEDS[1] ^ cells.len() as u64);
    let mut pairs = cells.chunks_exact(2);
    for pair in &mut pairs {
        let word = u64::from(pair[0]) | u64::from(pair[1]) << 32;
        one = fold(one ^ word, SEEDS[2]);
        two = fold(two.rotate_left(29) ^ word, SEEDS[3]);
    }
    if let [last] = pairs.remainder() {
        one = fold(one ^ u64::from(*last), SEEDS[2]);
        two = fold(two.rotate_left(29) ^ u64::from(*last), SEEDS[3]);
    }
    u128::from(fold(one, SEEDS[3])) << 64 | u128::from(fold(two, SEEDS[2]))
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
