//! A guess at how many executions there are in all, for people who wait (Knuth, "Estimating the efficiency of backtrack
//! programs", 1975): as many as the ways on from each place of a path, multiplied.
//!
//! It decides nothing. Ways that races have not shown yet are missing from it, so early guesses are low.

use crate::search::estimate::Estimate;

/// Larger products are cut to this, so that the sum of their squares fits.
const LARGEST: u128 = 1 << 52;

/// The guesses so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Guess {
    probes: u128,
    sum: u128,
    squares: u128,
}

impl Guess {
    /// Looks at a path: how many ways on there are, known by now, from each of its places.
    pub fn probe(&mut self, ways: impl Iterator<Item = u32>) {
        let product = ways.fold(1_u128, |product, ways| (product * u128::from(ways.max(1))).min(LARGEST));
        self.probes += 1;
        self.sum += product;
        self.squares = self.squares.saturating_add(product * product);
    }

    /// The mean of what was seen, and its standard error.
    pub fn estimate(&self) -> Option<Estimate> {
        if self.probes < 2 {
            return None;
        }
        let mean = self.sum / self.probes;
        let spread = (self.squares / self.probes).saturating_sub(mean * mean) / (self.probes - 1);
        let number = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        Some(Estimate { mean: number(mean), error: number(spread.isqrt()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_averaged() {
        let mut guess = Guess::default();
        assert_eq!(guess.estimate(), None);
        // A tree with 2 leaves on one side and 4 on the other.
        for _ in 0..50 {
            guess.probe([2, 2].into_iter());
            guess.probe([2, 4, 0].into_iter());
        }
        assert_eq!(guess.estimate(), Some(Estimate { mean: 6, error: 0 }));
        let mut alike = Guess::default();
        for _ in 0..4 {
            alike.probe([100, 100].into_iter());
            alike.probe([200, 100].into_iter());
        }
        // Mean 15,000, deviation 5,000, over the root of 7.
        assert_eq!(alike.estimate(), Some(Estimate { mean: 15_000, error: 1_889 }));
        let mut huge = Guess::default();
        for _ in 0..1_000 {
            huge.probe(std::iter::repeat_n(1_000, 100));
        }
        assert_eq!(huge.estimate(), Some(Estimate { mean: 1 << 52, error: 0 }));
    }
}
