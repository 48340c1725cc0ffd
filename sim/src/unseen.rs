//! How much sampling has not seen: distinct states against executions, and estimates of the rest.
//!
//! An execution is a sample of states. The Good-Turing estimate of the probability that the next one shows something new
//! is the share of executions that have shown a state which no other has. Chao's estimator bounds from below, in
//! expectation, how many states there are: what was seen in one execution only, and in exactly two, says how thin
//! sampling still is. It is a bound, not a promise: states that hide behind an event that never happened are not in it.
//! All is counted in integers; figures behind the point are thousandths or millionths.

use model::machine::World;
use std::collections::{BTreeMap, BTreeSet};

/// The states that executions have shown. States are told apart by their names' fingerprints, of 64 bits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sightings {
    /// Of each state: how many executions have shown it, and the last of them, counted from 1.
    states: BTreeMap<u64, (u64, u64)>,
    executions: u64,
    curve: Vec<(u64, u64)>,
}

impl Sightings {
    /// The running execution shows a state.
    pub fn look(&mut self, world: &World<'_>) {
        self.see(world.canonical());
    }

    /// The running execution shows something, by its number.
    pub fn see(&mut self, state: u64) {
        let now = self.executions + 1;
        let (count, last) = self.states.entry(state).or_default();
        if *last != now {
            *count += 1;
            *last = now;
        }
    }

    /// The running execution is over.
    pub fn over(&mut self) {
        self.executions += 1;
        if self.executions.is_power_of_two() {
            self.curve.push((self.executions, self.states.len() as u64));
        }
    }

    /// What follows from it.
    #[must_use]
    pub fn estimate(&self) -> Unseen {
        let shown_by = |wanted| self.states.values().filter(move |(count, _)| *count == wanted);
        let (once, twice) = (shown_by(1).count() as u64, shown_by(2).count() as u64);
        let alone = shown_by(1).map(|&(_, execution)| execution).collect::<BTreeSet<_>>().len() as u64;
        let seen = self.states.len() as u64;
        let mut curve = self.curve.clone();
        if curve.last().is_none_or(|&(executions, _)| executions != self.executions) {
            curve.push((self.executions, seen));
        }
        Unseen { executions: self.executions, seen, once, twice, alone, curve }
    }
}

/// What was seen, and what that says of the rest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unseen {
    /// Executions.
    pub executions: u64,
    /// Distinct states that they have shown.
    pub seen: u64,
    /// States that one execution has shown.
    pub once: u64,
    /// States that two executions have shown.
    pub twice: u64,
    /// Executions that have shown a state which no other has.
    pub alone: u64,
    /// Executions, and the states that they had shown: at each power of two, and at the end.
    pub curve: Vec<(u64, u64)>,
}

impl Unseen {
    /// Good and Turing: how likely the next execution shows a state that none has, in millionths.
    #[must_use]
    pub fn news(&self) -> u64 {
        self.alone.saturating_mul(1_000_000).checked_div(self.executions).unwrap_or(1_000_000)
    }

    /// Chao: so many states at least are not seen yet, in thousandths.
    #[must_use]
    pub fn at_least_unseen(&self) -> u128 {
        let (once, twice) = (u128::from(self.once), u128::from(self.twice));
        let pairs = 1_000 * once * once.saturating_sub(1) / (2 * (twice + 1));
        self.less_one(pairs)
    }

    /// The standard deviation of that bound, in thousandths.
    #[must_use]
    pub fn deviation(&self) -> u128 {
        let (once, twice) = (u128::from(self.once), u128::from(self.twice));
        if once == 0 {
            return 0;
        }
        // The variance of the bias-corrected form, in millionths.
        let pairs = 1_000 * once * (once - 1) / (2 * (twice + 1));
        let first = 1_000 * pairs;
        let second = 1_000_000 * once * (2 * once - 1).pow(2) / (4 * (twice + 1).pow(2));
        let third = pairs.saturating_mul(pairs).saturating_mul(twice) / (twice + 1).pow(2);
        let variance = self.less_one(first + self.less_one(second + self.less_one(third)));
        variance.isqrt()
    }

    /// So many states there are at least, with some confidence: the bound less two deviations, and never fewer than
    /// were seen. Nothing bounds them from above.
    #[must_use]
    pub fn at_least(&self) -> u64 {
        let unseen = self.at_least_unseen().saturating_sub(2 * self.deviation()) / 1_000;
        self.seen.saturating_add(u64::try_from(unseen).unwrap_or(u64::MAX))
    }

    /// Times (n - 1) / n.
    fn less_one(&self, value: u128) -> u128 {
        let n = u128::from(self.executions.max(1));
        value / n * (n - 1) + value % n * (n - 1) / n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sightings_are_counted_by_execution() {
        let mut sightings = Sightings::default();
        for states in [&[1, 2, 2, 3][..], &[1, 2], &[1, 4, 5], &[1]] {
            states.iter().for_each(|&state| sightings.see(state));
            sightings.over();
        }
        let unseen = sightings.estimate();
        assert_eq!(
            (unseen.executions, unseen.seen, unseen.once, unseen.twice, unseen.alone),
            (4, 5, 3, 1, 2)
        );
        assert_eq!(unseen.curve, [(1, 3), (2, 3), (4, 5)]);
        assert_eq!(unseen.news(), 500_000);
        // 3/4 * 3*2 / (2*2)
        assert_eq!(unseen.at_least_unseen(), 1_125);
    }

    #[test]
    fn what_was_often_seen_leaves_nothing() {
        let unseen = Unseen { executions: 1_000, seen: 179, once: 0, twice: 0, alone: 0, curve: Vec::new() };
        assert_eq!((unseen.news(), unseen.at_least(), unseen.deviation()), (0, 179, 0));
    }
}
