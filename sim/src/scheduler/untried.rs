//! What was not tried yet: in a state that it knows, it goes where it has not been, or else where something is left.
//!
//! For each choice that it met it remembers which options were taken, and how many untried ones are known to be behind
//! each. Of tasks an untried one comes first: an early change of order leads farther away than a late one. Whether
//! something fails is settled by what is left on either side, or the faults late in a run would wait for all others. Where
//! nothing is left, any option is as good as another.
//!
//! States are told apart by numbers of 64 bits, and nothing is claimed of what was not met: it is
//! still sampling.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, mix, settle};
use model::machine::TaskId;
use std::collections::BTreeMap;

/// Choices remembered. Where another one is met, any option is as good as the others.
const CHOICES: usize = 1 << 18;

/// What is known of a choice.
#[derive(Clone, Debug)]
struct Known {
    /// Its options, as bits.
    options: u64,
    /// The execution that met it last.
    met: u64,
    /// Of each option that was taken: how many untried ones are known to be behind it.
    left: Vec<(u32, u64)>,
}

impl Known {
    fn left(&self, option: u32) -> Option<u64> {
        self.left.iter().find(|left| left.0 == option).map(|left| left.1)
    }

    fn set(&mut self, option: u32, left: u64) {
        match self.left.iter_mut().find(|known| known.0 == option) {
            Some(known) => known.1 = left,
            None => self.left.push((option, left)),
        }
    }

    /// How many untried options are known, here and behind it.
    fn all_left(&self) -> u64 {
        let untried = u64::from(self.options.count_ones()) - self.left.len() as u64;
        self.left.iter().fold(untried, |all, left| all.saturating_add(left.1))
    }

    fn options(&self) -> impl Iterator<Item = u32> + Clone {
        let options = self.options;
        (0..64).filter(move |option| options >> option & 1 == 1)
    }

    /// How much it is worth to take an option.
    fn weight(&self, option: u32, who: bool) -> u64 {
        let all_tried = self.left.len() == self.options.count_ones() as usize;
        match self.left(option) {
            None => 1,
            Some(0) => 0,
            Some(_) if who && !all_tried => 0,
            Some(left) => 1 + u64::from(left.ilog2()),
        }
    }
}

/// Remembers what was tried.
#[derive(Clone, Debug)]
pub struct Untried {
    words: Words,
    known: BTreeMap<u64, Known>,
    /// The choices of this execution, and the options taken.
    path: Vec<(u64, u32)>,
    execution: Option<u64>,
    /// The number of the choice that comes next: the state, and what was picked since. `None` in a world of many tasks,
    /// which is large and as good as never comes again.
    at: Option<u64>,
}

impl Untried {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let words = Words::new(seed);
        Self { words, known: BTreeMap::new(), path: Vec::new(), execution: None, at: None }
    }

    /// Goes back along the path of the last execution. Behind its last choice nothing was left.
    fn learn(&mut self) {
        let mut left = 0;
        for (choice, taken) in self.path.drain(..).rev() {
            if let Some(known) = self.known.get_mut(&choice) {
                known.set(taken, left);
                left = known.all_left();
            }
        }
    }

    /// One of the options, which are given as bits. `drawn`: the one to take where nothing is known.
    fn choose(&mut self, options: u64, drawn: u32, who: bool) -> u32 {
        let Some(at) = self.at else { return drawn };
        let execution = self.execution.unwrap_or(0);
        let full = self.known.len() >= CHOICES;
        let option = match self.known.get_mut(&at) {
            // A choice met twice in one execution is a round: there, any option, or it might never end.
            Some(known) if known.met == execution => drawn,
            Some(known) => {
                known.met = execution;
                let best = self.words.weighted(known.options().map(|option| known.weight(option, who)));
                best.and_then(|at| known.options().nth(at)).unwrap_or(drawn)
            }
            None if full => drawn,
            None => {
                self.known.insert(at, Known { options, met: execution, left: Vec::new() });
                drawn
            }
        };
        self.path.push((at, option));
        self.at = Some(mix(at, u64::from(option)));
        option
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
        let movers = self.execution.is_none_or(Wants::movers_in);
        Wants { movers, ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.at = scene.tasks.bits().map(|_| scene.state());
    }

    fn step(&mut self, _: &Scene<'_>, task: TaskId) {
        self.at = self.at.map(|at| mix(at, u64::from(task) + 1));
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let drawn = settle(self.words.word(), point);
        match (*point, drawn) {
            (Point::Who(tasks), Pick::Task(task)) => {
                Pick::Task(tasks.bits().map_or(task, |options| self.choose(options, task, true)))
            }
            (Point::Answer { options, .. }, Pick::Answer(answer)) if options <= 64 => {
                Pick::Answer(self.choose(u64::MAX >> (64 - options), answer, false))
            }
            _ => drawn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;
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
                untried.look(&Scene::of(tasks, way));
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
                untried.look(&Scene::of(tasks, 7));
                untried.pick(&Point::Who(tasks)) == Pick::Task(1)
            });
            assert!(left);
        }
    }
}
