//! Sets of up to 64 tasks as the bits of a word.

use model::machine::TaskId;

/// The k-th set bit of each byte, and behind the last one 8: looked up, since a loop whose length is a random number is
/// guessed wrong every other time.
static NTH_OF_BYTE: [[u8; 8]; 256] = {
    let mut table = [[8; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut k) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][k] = bit;
                k += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// How many bits of each byte are set: not every processor of the kind that this is built for can count them.
static BITS_OF_BYTE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 1;
    while byte < 256 {
        table[byte] = table[byte / 2] + byte as u8 % 2;
        byte += 1;
    }
    table
};

/// How many bits of a word are set.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "what is not in the table is counted")]
pub fn count(bits: u64) -> u32 {
    match BITS_OF_BYTE.get(bits as usize) {
        Some(count) => u32::from(*count),
        None => bits.count_ones(),
    }
}

/// The k-th set bit of a word.
#[inline]
pub fn nth_bit(bits: u64, k: u32) -> TaskId {
    match NTH_OF_BYTE.get(bits as usize) {
        Some(places) if k < 8 => TaskId::from(places[k as usize]),
        _ => (0..k).fold(bits, |rest, _| rest & (rest - 1)).trailing_zeros(),
    }
}

/// The positions of the set bits, from the lowest.
pub fn ones(mut bits: u64) -> impl Iterator<Item = TaskId> {
    std::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let at = bits.trailing_zeros();
        bits &= bits - 1;
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_the_same_looked_up_and_counted() {
        for bits in (1..600).chain([0b1010 << 30, u64::MAX]) {
            let counted: Vec<_> = (0..64).filter(|&bit| bits >> bit & 1 == 1).collect();
            let looked_up: Vec<_> = (0..bits.count_ones()).map(|k| nth_bit(bits, k)).collect();
            assert_eq!(looked_up, counted, "{bits:b}");
        }
    }
}
