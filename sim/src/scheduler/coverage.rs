//! Guided by coverage: schedules that reached new places are kept, cut off at random, and gone on from in another way.
//!
//! Places are where all tasks stand at the same time. As in fuzzing, what is kept is a corpus of inputs, and an input is
//! the picks of an execution.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use std::collections::BTreeSet;

/// So many schedules are kept; then a random one makes room.
const CORPUS: usize = 1_000;
/// One execution in so many begins from nothing.
const FRESH_ONE_IN: u64 = 4;
/// Places remembered. Beyond them nothing is new.
const PLACES: usize = 1 << 20;

/// Keeps what led to something new.
#[derive(Clone, Debug)]
pub struct Coverage {
    words: Words,
    seen: BTreeSet<u64>,
    corpus: Vec<Vec<Pick>>,
    /// The part of a kept schedule that this execution begins with.
    prefix: Vec<Pick>,
    /// The picks of this execution.
    picks: Vec<Pick>,
    /// How many of them led to the last new place.
    new: usize,
    execution: Option<u64>,
}

impl Coverage {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            words: Words::new(seed),
            seen: BTreeSet::new(),
            corpus: Vec::new(),
            prefix: Vec::new(),
            picks: Vec::new(),
            new: 0,
            execution: None,
        }
    }

    /// Keeps the picks of the last execution as far as they led to something new.
    fn keep(&mut self) {
        if self.new == 0 {
            return;
        }
        self.picks.truncate(self.new);
        let picks = std::mem::take(&mut self.picks);
        if self.corpus.len() < CORPUS {
            self.corpus.push(picks);
        } else {
            let at = self.index(CORPUS);
            self.corpus[at] = picks;
        }
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.words.below(len as u64)).unwrap_or(0)
    }
}

impl Scheduler for Coverage {
    fn begin(&mut self, execution: u64) -> bool {
        let again = self.execution.replace(execution) == Some(execution);
        self.words.stream(execution);
        if !again {
            self.keep();
        }
        self.picks.clear();
        self.prefix.clear();
        self.new = 0;
        if !self.corpus.is_empty() && self.words.below(FRESH_ONE_IN) > 0 {
            let kept = self.index(self.corpus.len());
            let cut = self.index(self.corpus[kept].len() + 1);
            self.prefix.extend(&self.corpus[kept][..cut]);
        }
        true
    }

    fn wants(&self) -> Wants {
        let movers = self.execution.is_none_or(Wants::movers_in);
        Wants { movers, ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        if self.seen.len() < PLACES && self.seen.insert(scene.places()) {
            self.new = self.picks.len();
        }
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let kept = self.prefix.get(self.picks.len()).copied().filter(|&pick| point.allows(pick));
        let pick = kept.unwrap_or_else(|| settle(self.words.word(), point));
        self.picks.push(pick);
        pick
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;

    /// A lock of eight digits, each to be guessed among four tasks: a right digit is a new place, a wrong one the end.
    /// Uniformly it takes 65,536 guesses.
    #[test]
    fn it_builds_on_what_it_reached() {
        let mut coverage = Coverage::new(0);
        let tasks = Tasks::from_bits(0b1111);
        let opened = (0..2_000).find(|&execution| {
            coverage.begin(execution);
            (0..8).all(|digit| {
                coverage.look(&Scene::of(tasks, digit));
                coverage.pick(&Point::Who(tasks)) == Pick::Task(2)
            })
        });
        assert!(opened.is_some());
    }
}
