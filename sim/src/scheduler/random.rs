//! Random picks from a seed: each execution has a stream of words of its own.

use crate::pick::{Pick, Point, Scheduler};
use crate::rng::{Words, settle};

/// Settles each point by one word.
#[derive(Clone, Debug)]
pub struct Random {
    words: Words,
}

impl Random {
    /// The random scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { words: Words::new(seed) }
    }
}

impl Scheduler for Random {
    fn begin(&mut self, execution: u64) -> bool {
        self.words.stream(execution);
        true
    }

    #[inline]
    fn pick(&mut self, point: &Point<'_>) -> Pick {
        settle(self.words.word(), point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;

    fn picks(seed: u64, execution: u64) -> Vec<Pick> {
        let mut random = Random::new(seed);
        random.begin(execution);
        (0..20).map(|_| random.pick(&Point::Who(Tasks::from_bits(0b1111)))).collect()
    }

    #[test]
    fn an_execution_can_be_repeated_alone() {
        let mut random = Random::new(7);
        random.begin(0);
        random.pick(&Point::Who(Tasks::from_bits(0b11)));
        random.begin(3);
        let third: Vec<_> = (0..20).map(|_| random.pick(&Point::Who(Tasks::from_bits(0b1111)))).collect();
        assert_eq!(third, picks(7, 3));
        assert_ne!(picks(7, 3), picks(7, 4));
        assert_ne!(picks(7, 3), picks(8, 3));
    }
}
