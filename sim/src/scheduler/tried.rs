//! What was tried so far: of each choice that was met which options were taken, and how many untried ones are known to
//! be behind each.
//!
//! States are told apart by numbers of 64 bits, and nothing is claimed of what was not met: it is still sampling.

use crate::pick::{Pick, Point, Scene};
use crate::rng::{Words, mix};
use model::machine::TaskId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Choices remembered. Of others nothing is known.
const CHOICES: usize = 1 << 18;

/// No execution has this number.
const NEVER: u64 = u64::MAX;

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

    /// How much it is worth to take an option. Of tasks an untried one comes first: an early change of order leads
    /// farther away than a late one. Whether something fails is settled by what is left on either side, or the faults
    /// late in a run would wait for all others.
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

/// Remembers the executions of one seed.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried {
    known: BTreeMap<u64, Known>,
    /// The choices of this execution, and the options taken.
    path: Vec<(u64, u32)>,
    execution: Option<u64>,
    /// The number of the choice that comes next: the state, and what was picked since. `None` in a world of many tasks,
    /// which is large and as good as never comes again.
    at: Option<u64>,
}

impl Tried {
    /// An execution begins. What was seen of it before, where it is begun again, is forgotten.
    pub(super) fn begin(&mut self, execution: u64) {
        if self.execution.replace(execution) == Some(execution) {
            self.forget();
        }
        self.learn();
    }

    /// A choice that this execution met first is not known; of the others it took nothing.
    fn forget(&mut self) {
        for (choice, _) in self.path.drain(..) {
            if let Entry::Occupied(mut known) = self.known.entry(choice) {
                if known.get().left.is_empty() {
                    known.remove();
                } else {
                    known.get_mut().met = NEVER;
                }
            }
        }
    }

    /// Goes back along the path of the last execution. Behind its last choice nothing was left. What it met first is not
    /// kept if there is too much.
    fn learn(&mut self) {
        let full = self.known.len() > CHOICES;
        let mut left = 0;
        for (choice, taken) in self.path.drain(..).rev() {
            if let Entry::Occupied(mut known) = self.known.entry(choice) {
                if full && known.get().left.is_empty() {
                    known.remove();
                } else {
                    known.get_mut().set(taken, left);
                    left = known.get().all_left();
                }
            }
        }
    }

    /// Before a step.
    pub(super) fn look(&mut self, scene: &Scene<'_>) {
        self.at = scene.tasks.bits().map(|_| scene.state());
    }

    /// A task takes it.
    pub(super) fn step(&mut self, task: TaskId) {
        self.at = self.at.map(|at| mix(at, u64::from(task) + 1));
    }

    /// Was the choice that comes next met before in this execution? Whoever settles it as the last time may go round for
    /// ever.
    pub(super) fn is_round(&self) -> bool {
        self.at.and_then(|at| self.known.get(&at)).is_some_and(|known| Some(known.met) == self.execution)
    }

    /// What is known of the choice that comes next; in a round, nothing.
    fn known(&self) -> Option<&Known> {
        self.known.get(&self.at?).filter(|known| Some(known.met) != self.execution)
    }

    /// Is nothing left behind a pick, but something behind another?
    pub(super) fn is_spent(&self, pick: Pick) -> bool {
        let left = |known: &Known| known.left(number(pick)?);
        self.known().is_some_and(|known| left(known) == Some(0) && known.all_left() > 0)
    }

    /// A pick that was not made yet, or behind which something is left; `None` where no such pick is known. It draws a
    /// word only where the choice is known.
    pub(super) fn untried(&self, point: &Point<'_>, words: &mut Words) -> Option<Pick> {
        let (_, who) = options(point)?;
        let known = self.known()?;
        let best = words.weighted(known.options().map(|option| known.weight(option, who)))?;
        let option = known.options().nth(best)?;
        Some(if who { Pick::Task(option) } else { Pick::Answer(option) })
    }

    /// A point was settled.
    pub(super) fn took(&mut self, point: &Point<'_>, pick: Pick) {
        let (Some(at), Some(option), Some((options, _))) = (self.at, number(pick), options(point)) else {
            return;
        };
        let execution = self.execution.unwrap_or(0);
        let known = self.known.entry(at).or_insert_with(|| Known { options, met: NEVER, left: Vec::new() });
        known.met = execution;
        self.path.push((at, option));
        self.at = Some(mix(at, u64::from(option)));
    }
}

/// The options of a point as bits, if there are few, and whether they are tasks.
fn options(point: &Point<'_>) -> Option<(u64, bool)> {
    match *point {
        Point::Who(tasks) => tasks.bits().map(|bits| (bits, true)),
        Point::Answer { options: options @ 1..=64, .. } => Some((u64::MAX >> (64 - options), false)),
        _ => None,
    }
}

const fn number(pick: Pick) -> Option<u32> {
    match pick {
        Pick::Task(option) | Pick::Answer(option) => Some(option),
        _ => None,
    }
}
