//! What was not tried yet: in a state that it knows, it goes where it has not been, or else where something is left.
//!
//! For each choice that it met it remembers which options were taken, and which of them are spent: all that they lead
//! to was tried. An untried option comes first, then one that is not spent, then any; among equals a word decides.
//! States are told apart by numbers of 64 bits, and nothing is claimed of what was not met: it is still sampling.

use crate::enabled::Tasks;
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, mix, settle};
use model::machine::TaskId;
use std::collections::BTreeMap;

/// Choices remembered. Where another one is met, any option is as good as the others.
const CHOICES: usize = 1 << 20;

/// What is known of a choice: sets of its options, as bits.
#[derive(Clone, Copy, Debug)]
struct Known {
    options: u64,
    tried: u64,
    spent: u64,
    /// The execution that met it last.
    met: u64,
}

impl Known {
    /// The options that should be taken now.
    const fn best(&self) -> u64 {
        if self.tried != self.options {
            self.options & !self.tried
        } else if self.spent != self.options {
            self.options & !self.spent
        } else {
            self.options
        }
    }
}

/// Remembers what was tried.
#[derive(Clone, Debug)]
pub struct Untried {
    words: Words,
    known: BTreeMap<u64, Known>,
    /// The choices of this execution, and the option taken.
    path: Vec<(u64, u32)>,
    execution: Option<u64>,
    /// The number of the choice that comes next: the state, and what was picked since.
    at: u64,
}

impl Untried {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let words = Words::new(seed);
        Self { words, known: BTreeMap::new(), path: Vec::new(), execution: None, at: 0 }
    }

    /// Goes back along the path: an option is spent if there was no choice behind it, or one whose options all are.
    fn learn(&mut self) {
        let mut spent = true;
        for (choice, taken) in self.path.drain(..).rev() {
            let Some(known) = self.known.get_mut(&choice) else { continue };
            known.spent |= u64::from(spent) << taken;
            spent = known.spent == known.options;
        }
    }

    /// The options to pick from, as bits. A choice met twice in one execution is a round: there, any option, or it
    /// would never end.
    fn candidates(&mut self, options: u64) -> u64 {
        let execution = self.execution.unwrap_or(0);
        let full = self.known.len() >= CHOICES;
        match self.known.get_mut(&self.at) {
            Some(known) if known.met == execution => options,
            Some(known) => {
                known.met = execution;
                known.best()
            }
            None if full => options,
            None => {
                self.known.insert(self.at, Known { options, tried: 0, spent: 0, met: execution });
                options
            }
        }
    }

    /// An option was taken.
    fn take(&mut self, option: u32) {
        if let Some(known) = self.known.get_mut(&self.at) {
            known.tried |= 1 << option;
            self.path.push((self.at, option));
        }
        self.at = mix(self.at, u64::from(option));
    }
}

impl Scheduler for Untried {
    fn begin(&mut self, execution: u64) -> bool {
        if self.execution.replace(execution) == Some(execution) {
            self.path.clear();
        }
        self.learn();
        self.words.stream(execution);
        true
    }

    fn wants(&self) -> Wants {
        Wants { states: true, ..Wants::STEPS }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.at = scene.state;
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        self.at = mix(scene.state, u64::from(task) + 1);
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match *point {
            Point::Who(tasks) => {
                let Some(options) = tasks.bits() else { return settle(self.words.word(), point) };
                let candidates = self.candidates(options);
                let pick = settle(self.words.word(), &Point::Who(Tasks::from_bits(candidates)));
                if let Pick::Task(task) = pick {
                    self.take(task);
                }
                pick
            }
            Point::Answer { options, .. } if options <= 64 => {
                let candidates = self.candidates(u64::MAX >> (64 - options));
                let mut pick = settle(self.words.word(), point);
                if let Pick::Answer(answer) = &mut pick {
                    if candidates >> *answer & 1 == 0 {
                        let left = Tasks::from_bits(candidates);
                        let drawn = self.words.below(u64::from(left.len()));
                        *answer = left.nth(u32::try_from(drawn).unwrap_or(0));
                    }
                    self.take(*answer);
                }
                pick
            }
            _ => settle(self.words.word(), point),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Three choices among four tasks, each leading to a state of its own: none of the 64 ways comes twice.
    #[test]
    fn no_way_comes_twice_before_all_came() {
        let mut untried = Untried::new(3);
        let tasks = Tasks::from_bits(0b1111);
        let mut ways = BTreeSet::new();
        for execution in 0..64 {
            untried.begin(execution);
            let mut way = 1;
            for _ in 0..3 {
                untried.look(&Scene { tasks, state: way, places: 0 });
                let Pick::Task(task) = untried.pick(&Point::Who(tasks)) else { unreachable!("it is asked") };
                way = way * 4 + u64::from(task);
            }
            ways.insert(way);
        }
        assert_eq!(ways.len(), 64);
    }

    /// A loop that any option but one stays in: it is left.
    #[test]
    fn it_does_not_go_round_for_ever() {
        let mut untried = Untried::new(3);
        let tasks = Tasks::from_bits(0b11);
        for execution in 0..20 {
            untried.begin(execution);
            let left = (0..200).any(|_| {
                untried.look(&Scene { tasks, state: 7, places: 0 });
                untried.pick(&Point::Who(tasks)) == Pick::Task(1)
            });
            assert!(left);
        }
    }
}
