//! Which chances of an execution fail: drawn before it begins, so that a late one fails as often as an early one.

use crate::pick::Pick;
use crate::rng::Words;

/// So many of four executions are without a fault, as far as they can be; of the others each second has one place for a
/// fault, each fourth two, and so on.
const SOUND_OF_FOUR: u64 = 1;

/// Places for faults, among as many chances as an execution was seen to have.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// The chances of this execution that fail.
    taken: Vec<u64>,
    /// Chances of this execution so far.
    chances: u64,
    /// Of the execution with the most.
    most: u64,
}

impl Faults {
    /// Draws the places of an execution.
    pub(super) fn begin(&mut self, words: &mut Words) {
        self.most = self.most.max(self.chances);
        self.chances = 0;
        self.taken.clear();
        if words.below(4) < SOUND_OF_FOUR {
            return;
        }
        for _ in 0..=words.word().trailing_ones() {
            self.taken.push(words.below(self.most));
        }
    }

    /// The execution is begun again: its chances so far are not learned from.
    pub(super) fn forget(&mut self) {
        self.chances = 0;
    }

    /// Settles a chance with so many answers.
    pub(super) fn answer(&mut self, options: u32, words: &mut Words) -> Pick {
        let fails = self.taken.contains(&self.chances);
        self.chances += 1;
        let bad = u64::from(options).saturating_sub(1);
        let answer = if fails { 1 + words.below(bad) } else { 0 };
        Pick::Answer(u32::try_from(answer).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of ten chances the last fails as often as the first.
    #[test]
    fn late_ones_fail_as_often() {
        let mut words = Words::new(0);
        let mut faults = Faults::default();
        let (mut by_chance, mut sound) = ([0; 10], 0);
        for execution in 0..4_000 {
            words.stream(execution);
            faults.begin(&mut words);
            let fails: Vec<_> = (0..10).map(|_| faults.answer(3, &mut words) != Pick::Answer(0)).collect();
            sound += u32::from(!fails.contains(&true));
            by_chance.iter_mut().zip(fails).for_each(|(count, fails)| *count += u32::from(fails));
        }
        assert!((900..1_100).contains(&sound), "{sound}");
        assert!(by_chance[1..].iter().all(|count| (500..700).contains(count)), "{by_chance:?}");
    }
}
