//! States that executions came through, and where each pick led from there.
//!
//! What a step does is a function of the state and of the answers that it gets. So whoever comes to such a state again need not
//! take the step again, nor ask who can take one: he goes from number to number, as in an automaton that is built while it runs
//! (for regular expressions: Cox, "Regular Expression Matching Can Be Simple And Fast", 2007). States are told apart by their
//! fingerprints; a step in which something is wrong is on no path.

use crate::enabled::count;
use crate::table::Index;
use model::machine::{Chance, Known, TaskId};

/// Words of ways and of ends at most: with all that stands beside them some 30 MiB.
pub const MOST: usize = 1 << 20;

/// Where a way leads to that was never taken.
const UNKNOWN: u32 = 0;

/// A way leads not to a state yet, but to a question.
const ASKS: u32 = 1 << 31;

/// A state on the paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(u32);

/// What can be picked in a state or at a question.
#[derive(Clone, Copy, Debug)]
pub struct Way(u32);

/// Where a way leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leads {
    /// To this state.
    To(Place),
    /// To a question of the same step.
    Asks(Question),
    /// It was never taken.
    Nowhere,
}

/// A question to the picks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Question(u32);

/// Paths through the states of one world.
#[derive(Debug)]
pub struct Paths {
    /// So many words are kept of the ways at most.
    most: usize,
    /// Of each state, the tasks that can take a step, as bits, and behind it where their steps lead; of an end, no task, and
    /// which one it is; of a question, which chance it is, and where its two answers lead. The first word is nobody's.
    ways: Vec<u32>,
    /// The last step to where each way leads. What stands beside other words means nothing.
    steps: Vec<Known>,
    numbers: Index,
    /// Of each state, by its number: where its ways are.
    places: Vec<Place>,
    chances: Vec<Chance>,
    /// The cells of all ends.
    ends: Vec<u32>,
}

impl Paths {
    /// None yet; so many words of them will be kept at most.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            ways: vec![UNKNOWN],
            steps: Vec::new(),
            numbers: Index::default(),
            places: Vec::new(),
            chances: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// How many states are on them.
    pub const fn len(&self) -> usize {
        self.places.len()
    }

    /// The tasks that can take a step, as bits; none where it ends.
    #[inline]
    pub fn tasks(&self, place: Place) -> u32 {
        self.ways[place.0 as usize]
    }

    /// The way of a task that can take a step.
    #[inline]
    pub fn way(place: Place, tasks: u32, task: TaskId) -> Way {
        Way(place.0 + 1 + count(u64::from(tasks & ((1 << task) - 1))))
    }

    /// Where it leads.
    #[inline]
    pub fn follow(&self, way: Way) -> Leads {
        match self.ways[way.0 as usize] {
            UNKNOWN => Leads::Nowhere,
            asks if asks & ASKS != 0 => Leads::Asks(Question(asks & !ASKS)),
            place => Leads::To(Place(place)),
        }
    }

    /// What is asked.
    #[inline]
    pub fn chance(&self, question: Question) -> Chance {
        self.chances[self.ways[question.0 as usize] as usize]
    }

    /// The way of an answer.
    #[inline]
    pub const fn answer(question: Question, answer: u32) -> Way {
        Way(question.0 + 1 + answer)
    }

    /// The last step to where a way leads.
    #[inline]
    pub fn step(&self, way: Way) -> Known {
        self.steps[way.0 as usize]
    }

    /// The cells of an end, of so many.
    pub fn end(&self, place: Place, stride: usize) -> &[u32] {
        let at = self.ways[place.0 as usize + 1] as usize;
        &self.ends[at * stride..(at + 1) * stride]
    }

    /// A state with these tasks that can take a step; `None` if it is not known and there is no room.
    pub fn place(&mut self, fingerprint: u128, tasks: u32) -> Option<Place> {
        self.find(fingerprint, |paths| {
            paths.ways.push(tasks);
            paths.ways.resize(paths.ways.len() + tasks.count_ones() as usize, UNKNOWN);
        })
    }

    /// The same of a state where all is over and well.
    pub fn place_of_end(&mut self, fingerprint: u128, cells: &[u32]) -> Option<Place> {
        self.find(fingerprint, |paths| {
            let at = number(paths.ends.len() / cells.len());
            paths.ways.extend([0, at]);
            paths.ends.extend_from_slice(cells);
        })
    }

    fn find(&mut self, fingerprint: u128, add: impl FnOnce(&mut Self)) -> Option<Place> {
        if self.is_full() {
            return self.numbers.get(fingerprint).map(|number| self.places[number as usize]);
        }
        let (at, new) = self.numbers.number(fingerprint);
        if new {
            self.places.push(Place(number(self.ways.len())));
            add(self);
        }
        Some(self.places[at as usize])
    }

    fn is_full(&self) -> bool {
        self.ways.len() + self.ends.len() >= self.most
    }

    /// From now on a way, which led nowhere, leads to a state: with these questions and answers, by this step.
    pub fn lead(&mut self, mut way: Way, asked: &[(Chance, u32)], to: Place, step: Known) {
        if !asked.is_empty() && self.is_full() {
            return;
        }
        for &(chance, answer) in asked {
            let at = self.chances.iter().position(|&known| known == chance).unwrap_or_else(|| {
                self.chances.push(chance);
                self.chances.len() - 1
            });
            let question = Question(number(self.ways.len()));
            self.ways.extend([number(at), UNKNOWN, UNKNOWN]);
            self.ways[way.0 as usize] = ASKS | question.0;
            way = Self::answer(question, answer);
        }
        self.ways[way.0 as usize] = to.0;
        if self.steps.len() < self.ways.len() {
            self.steps.resize(self.ways.len(), step);
        }
        self.steps[way.0 as usize] = step;
    }
}

/// A number below [`ASKS`].
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than there may be")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;
    use crate::question::Scenario;
    use model::machine::{Room, World};

    const MAY: Chance = Chance::May(3);

    /// A step that a world knows. What it does is of no interest here.
    fn known() -> Known {
        let scenario = Scenario::read("x.pernet", "on rfc2007; int go; task a { go = 1; }").unwrap();
        let question = scenario.questions(Some("rfc2007"), &[].into()).remove(0);
        let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
        let program = loaded.compile(&Room::default()).unwrap();
        let mut world = World::boot(&program, &mut ()).unwrap();
        world.remember_all();
        let start = world.cells().to_vec();
        world.step(0, &mut (), &mut ()).unwrap();
        world.restore(&start);
        world.step_known(0, &mut ()).unwrap().expect("it was taken before")
    }

    #[test]
    fn a_way_leads_where_it_was_said_to_lead() {
        let (mut paths, step) = (Paths::new(100), known());
        let [one, other] = [paths.place(1, 0b1101).unwrap(), paths.place(2, 0b1).unwrap()];
        assert_eq!((paths.tasks(one), paths.tasks(other), paths.len()), (0b1101, 0b1, 2));
        for task in [0, 2, 3] {
            assert_eq!(paths.follow(Paths::way(one, 0b1101, task)), Leads::Nowhere);
        }
        paths.lead(Paths::way(one, 0b1101, 3), &[], other, step);
        paths.lead(Paths::way(one, 0b1101, 2), &[], one, step);
        assert_eq!(paths.follow(Paths::way(one, 0b1101, 3)), Leads::To(other));
        assert_eq!(paths.follow(Paths::way(one, 0b1101, 2)), Leads::To(one));
        assert_eq!(paths.follow(Paths::way(one, 0b1101, 0)), Leads::Nowhere);
        assert_eq!(paths.follow(Paths::way(other, 0b1, 0)), Leads::Nowhere);
        assert_eq!(paths.place(1, 0b1101), Some(one));
    }

    #[test]
    fn questions_stand_between() {
        let (mut paths, step) = (Paths::new(100), known());
        let (from, to) = (paths.place(1, 0b1).unwrap(), paths.place(2, 0b1).unwrap());
        let way = Paths::way(from, 0b1, 0);
        paths.lead(way, &[(MAY, 1), (Chance::Fault(3), 0)], to, step);
        let Leads::Asks(first) = paths.follow(way) else { panic!("it asks") };
        assert_eq!(paths.chance(first), MAY);
        let unknown = Paths::answer(first, 0);
        assert_eq!(paths.follow(unknown), Leads::Nowhere);
        let Leads::Asks(second) = paths.follow(Paths::answer(first, 1)) else { panic!("it asks again") };
        assert_eq!(paths.chance(second), Chance::Fault(3));
        assert_eq!(paths.follow(Paths::answer(second, 0)), Leads::To(to));
        // The first answer was given already.
        paths.lead(unknown, &[(MAY, 0)], from, step);
        let Leads::Asks(third) = paths.follow(unknown) else { panic!("it asks") };
        assert_eq!(paths.follow(Paths::answer(third, 0)), Leads::To(from));
    }

    #[test]
    fn what_is_full_only_finds() {
        let (mut paths, step) = (Paths::new(8), known());
        let end = paths.place_of_end(1, &[7, 8]).unwrap();
        assert_eq!((paths.tasks(end), paths.end(end, 2)), (0, &[7, 8][..]));
        let place = paths.place(2, 0b11).unwrap();
        assert_eq!((paths.place(3, 0b1), paths.place_of_end(4, &[9, 9])), (None, None));
        assert_eq!((paths.place(2, 0b11), paths.len()), (Some(place), 2));
        let (first, second) = (Paths::way(place, 0b11, 0), Paths::way(place, 0b11, 1));
        paths.lead(first, &[], end, step);
        paths.lead(second, &[(MAY, 0)], end, step);
        assert_eq!((paths.follow(first), paths.follow(second)), (Leads::To(end), Leads::Nowhere));
    }
}
