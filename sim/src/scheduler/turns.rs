//! Two ways in turn, and no way twice: the default.
//!
//! One execution runs whoever has the highest priority, as PCT does, but tasks fall only before steps that race; how
//! often is drawn by a coin. The next one walks uniformly over the orders of all steps that race. What neither is good
//! at, the other finds: a task that comes late to everything, and a window of one step in a long run. The first
//! execution knows nothing and is uniform. Faults have their places drawn before.
//!
//! Both learn from every execution what steps touch and how many there are. And both remember what was tried: where
//! nothing is left behind what would be picked, and something behind another option, that one is picked.

use super::faults::Faults;
use super::pct::Priorities;
use super::races::Races;
use super::surw::Walk;
use super::tried::Tried;
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use crate::rng::{Words, settle};
use model::machine::TaskId;

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Priorities,
    Walk,
}

/// Takes turns, and remembers all of them.
#[derive(Clone, Debug)]
pub struct Turns {
    words: Words,
    turn: Turn,
    priorities: Priorities,
    walk: Walk,
    faults: Faults,
    races: Races,
    tried: Tried,
    execution: Option<u64>,
    /// The tasks whose next step may race with another.
    racing: Vec<TaskId>,
    /// Are there so many tasks that states and races are not looked at? Then it is the uniform walk.
    crowded: bool,
}

impl Turns {
    /// The scheduler of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            words: Words::new(seed),
            turn: Turn::Walk,
            priorities: Priorities::default(),
            walk: Walk::default(),
            faults: Faults::default(),
            races: Races::default(),
            tried: Tried::default(),
            execution: None,
            racing: Vec::new(),
            crowded: false,
        }
    }

    /// What it would pick, whatever was tried.
    fn propose(&mut self, point: &Point<'_>) -> Pick {
        match *point {
            Point::Who(_) if self.crowded => settle(self.words.word(), point),
            // Priorities know no end: who waits for another in a loop must not have the highest for ever.
            Point::Who(_) if self.turn == Turn::Priorities && self.tried.is_round() => {
                settle(self.words.word(), point)
            }
            Point::Who(tasks) => match self.turn {
                Turn::Priorities => {
                    let racing = |task| self.racing.contains(&task);
                    self.priorities.next(tasks, &mut self.words, racing)
                }
                Turn::Walk => self.walk.next(tasks, &mut self.words),
            },
            Point::Answer { options, .. } => self.faults.answer(options, &mut self.words),
            Point::Duration { .. } => settle(self.words.word(), point),
        }
    }
}

impl Scheduler for Turns {
    fn begin(&mut self, execution: u64) -> bool {
        if self.execution.replace(execution) == Some(execution) {
            self.races.forget();
            self.faults.forget();
            if self.turn == Turn::Priorities {
                self.priorities.forget();
            }
        }
        self.races.learn();
        self.tried.begin(execution);
        self.words.stream(execution);
        self.faults.begin(&mut self.words);
        if execution.is_multiple_of(2) && execution > 0 {
            self.turn = Turn::Priorities;
            let changes = self.words.word().trailing_ones();
            self.priorities.begin(changes, &mut self.words);
        } else {
            self.turn = Turn::Walk;
            self.walk.begin(self.races.racing(), &self.races);
        }
        true
    }

    fn wants(&self) -> Wants {
        let movers = self.execution.is_none_or(Wants::movers_in);
        Wants { touches: true, movers, ..Wants::SCENES }
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.tried.look(scene);
        self.crowded = scene.tasks.bits().is_none();
        if self.crowded {
            return;
        }
        match self.turn {
            Turn::Priorities => {
                self.racing.clear();
                let races = |&task: &TaskId| self.races.may_race(&scene.touches(task));
                self.racing.extend(scene.tasks.iter().filter(races));
            }
            Turn::Walk => self.walk.look(scene),
        }
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        self.tried.step(task);
        if self.crowded {
            return;
        }
        let touches = scene.touches(task);
        self.races.step(touches, task);
        if self.turn == Turn::Walk {
            self.walk.step(&touches, task);
        }
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let proposed = self.propose(point);
        let instead =
            if self.tried.is_spent(proposed) { self.tried.untried(point, &mut self.words) } else { None };
        let pick = instead.unwrap_or(proposed);
        self.tried.took(point, pick);
        pick
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;
    use std::collections::BTreeSet;

    /// Three choices among four tasks, each leading to a state of its own.
    fn way(turns: &mut Turns, execution: u64) -> u64 {
        turns.begin(execution);
        (0..3).fold(1, |way, _| {
            let scene = Scene::of(Tasks::from_bits(0b1111), way);
            turns.look(&scene);
            let Pick::Task(task) = turns.pick(&Point::Who(scene.tasks)) else { unreachable!("it is asked") };
            turns.step(&scene, task);
            way * 4 + u64::from(task)
        })
    }

    #[test]
    fn no_way_comes_twice_before_all_came() {
        let mut turns = Turns::new(3);
        let ways: BTreeSet<_> = (0..64).map(|execution| way(&mut turns, execution)).collect();
        assert_eq!(ways.len(), 64);
    }

    /// A loop that all tasks but one stay in: it is left.
    #[test]
    fn it_does_not_go_round_for_ever() {
        let mut turns = Turns::new(3);
        for execution in 0..40 {
            turns.begin(execution);
            let left = (0..200).any(|_| {
                let scene = Scene::of(Tasks::from_bits(0b11), 7);
                turns.look(&scene);
                let pick = turns.pick(&Point::Who(scene.tasks));
                turns.step(&scene, u32::from(pick == Pick::Task(1)));
                pick == Pick::Task(1)
            });
            assert!(left, "{execution}");
        }
    }

    #[test]
    fn begun_again_it_does_the_same() {
        let (mut once, mut twice) = (Turns::new(3), Turns::new(3));
        for execution in 0..80 {
            way(&mut twice, execution);
            assert_eq!(way(&mut once, execution), way(&mut twice, execution), "{execution}");
        }
    }
}
