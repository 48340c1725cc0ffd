//! The search: depth first over executions, with what sleeps and what is to be woken at every place of the path.

use super::marks::Marks;
use super::store::{State, Store};
use super::wakeup::{Entry, NONE, Trees, Woken};
use super::{Answers, Ending, Event, System, Trace};
use model::machine::{Room, TaskId};

/// How often the control is asked, in events.
const POLL: u64 = 1 << 12;

/// Says whether a search goes on.
pub trait Control {
    /// Asked now and then: how far it has come, and how many ways on there are from each place of the path.
    fn goes_on(&mut self, counts: &Counts, ways: &mut dyn Iterator<Item = u32>) -> bool;
}

/// How far a search may go.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Steps of one execution.
    pub max_steps: u64,
    /// Executions.
    pub max_executions: u64,
    /// Bytes.
    pub max_memory: u64,
    /// Bytes of them for what was run lately.
    pub store: usize,
}

/// What a search has counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Executions that came to an end: traces.
    pub executions: u64,
    /// Executions that could not go on because all that could be taken was asleep: work for nothing. Optimal is 0.
    pub blocked: u64,
    /// Steps taken, each once for all executions that share it.
    pub steps: u64,
    /// Steps of the longest execution.
    pub longest: u64,
}

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    /// There are no other traces.
    Complete,
    /// The control has enough.
    Stopped,
    /// An execution is longer than it may be.
    Steps,
    /// There are more executions than there may be.
    Executions,
    /// The path does not fit.
    Memory,
}

/// A place on the path: the state before an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub state: State,
    /// Where what sleeps here begins.
    pub sleep: usize,
    /// The wakeup tree: what is to be run from here.
    pub pending: u32,
    /// Tasks, below 64, of which every event that can be taken here was run, or is taken care of.
    pub closed: u64,
    /// Tasks whose combinations of answers are run from here one after the other, from the first one on.
    pub in_order: u64,
    /// How many events were run from here.
    pub taken: u32,
    /// Steps up to here.
    pub steps: u64,
}

impl Place {
    const fn new(state: State, sleep: usize, pending: u32, steps: u64) -> Self {
        Self { state, sleep, pending, closed: 0, in_order: 0, taken: 0, steps }
    }
}

/// A search, to be run once.
pub struct Search<'a, S: System> {
    pub(super) store: Store<'a, S>,
    pub(super) tasks: TaskId,
    pub(super) trace: Trace,
    pub(super) trees: Trees,
    pub(super) path: Vec<Place>,
    /// What sleeps at each place of the path, one after the other.
    pub(super) sleep: Vec<Entry>,
    /// A sequence that is looked at: without its last event, and with it.
    pub(super) lead: Vec<Entry>,
    pub(super) sequence: Vec<Entry>,
    /// The first event that was not there when races were last looked for.
    fresh: usize,
    bounds: Bounds,
    over: Option<Over>,
    counts: Counts,
}

/// The bit of a task in a set; tasks that find none are in no set.
pub(super) const fn bit(task: TaskId) -> u64 {
    if task < 64 { 1 << task } else { 0 }
}

impl<'a, S: System> Search<'a, S> {
    /// A search from where a system stands.
    pub fn new(system: &'a mut S, bounds: Bounds) -> Self {
        let tasks = system.tasks();
        Self {
            store: Store::new(system, bounds.store),
            tasks,
            trace: Trace::new(tasks),
            trees: Trees::new(),
            path: vec![Place::new(0, 0, NONE, 0)],
            sleep: Vec::new(),
            lead: Vec::new(),
            sequence: Vec::new(),
            fresh: 0,
            bounds,
            over: None,
            counts: Counts::default(),
        }
    }

    /// Runs one execution of each trace, until there is none more or a bound is met.
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn run(mut self, control: &mut dyn Control) -> Result<(Counts, Over), Room> {
        let mut asked = 0;
        while let Some(depth) = self.path.len().checked_sub(1) {
            match self.next(depth)? {
                Some(woken) => self.take(depth, woken)?,
                None => self.back(),
            }
            if asked < self.store.runs / POLL {
                asked = self.store.runs / POLL;
                let ways = |place: &Place| place.taken + self.trees.count(place.pending);
                if !control.goes_on(&self.counts, &mut self.path.iter().map(ways)) {
                    self.over = Some(Over::Stopped);
                } else if self.bytes() as u64 > self.bounds.max_memory {
                    self.over = Some(Over::Memory);
                }
            }
            if let Some(over) = self.over {
                return Ok((self.counts, over));
            }
        }
        Ok((self.counts, Over::Complete))
    }

    fn bytes(&self) -> usize {
        self.store.bytes()
            + self.path.len() * size_of::<Place>()
            + self.sleep.len() * size_of::<Entry>()
            + self.trees.bytes()
            + self.trace.bytes()
    }

    /// What is run next from the last place of the path, and the tree behind it.
    fn next(&mut self, depth: usize) -> Result<Option<Woken>, Room> {
        let place = &mut self.path[depth];
        let woken = self.trees.take(&mut place.pending);
        if woken.is_some() || place.taken > 0 {
            return Ok(woken);
        }
        let (state, sleep) = (place.state, &self.sleep[place.sleep..]);
        let asleep = |task| sleep.iter().any(|entry| (entry.task, entry.answers) == (task, Answers::ZEROS));
        let mut enabled = (0..self.tasks).filter(|&task| self.store.enabled(state, task)).peekable();
        if enabled.peek().is_none() {
            self.ends(state, Ending::Quiet)?;
            return Ok(None);
        }
        let Some(task) = enabled.find(|&task| !asleep(task)) else {
            self.counts.blocked += 1;
            self.look_back(Ending::Quiet)?;
            return Ok(None);
        };
        let event = Entry { task, answers: Answers::ZEROS, mark: Marks::<S::Footprint>::ALL };
        Ok(Some(Woken { event, tree: NONE }))
    }

    fn take(&mut self, depth: usize, Woken { event, tree }: Woken) -> Result<(), Room> {
        if self.store.is_full() {
            self.store.forget(self.path.iter_mut().map(|place| &mut place.state));
            // Until it is full again it grows to twice of this.
            if 2 * self.bytes() as u64 > self.bounds.max_memory {
                self.over = Some(Over::Memory);
                return Ok(());
            }
        }
        let (task, answers) = (event.task, event.answers);
        let place = &mut self.path[depth];
        let waits = self.store.may_wait(place.state, task);
        let edge = self.store.run(place.state, task, answers)?;
        place.taken += 1;
        if answers == Answers::ZEROS {
            place.in_order |= bit(task);
        }
        if !edge.picks {
            place.closed |= bit(task);
        }
        let (state, from, steps) = (place.state, place.sleep, place.steps + u64::from(edge.steps));
        let (picks, next) = (edge.picks, edge.next);
        let event = Event { task, answers, mark: edge.mark, steps: edge.steps, waits, picks, next };
        self.trace.push(event, &self.store.marks);
        self.fresh = self.fresh.min(depth);
        self.counts.steps += u64::from(edge.steps);
        self.counts.longest = self.counts.longest.max(steps);
        if edge.found {
            self.ends(state, Ending::Found)?;
            self.rest();
            return Ok(());
        }
        if steps >= self.bounds.max_steps {
            self.over = Some(Over::Steps);
            return Ok(());
        }
        let sleep = self.sleep.len();
        for at in from..sleep {
            let asleep = self.sleep[at];
            if asleep.task != task && !self.store.marks.conflict(asleep.mark, edge.mark) {
                self.sleep.push(asleep);
            }
        }
        self.path.push(Place::new(edge.to, sleep, tree, steps));
        Ok(())
    }

    /// All was run from the last place of the path.
    fn back(&mut self) {
        if let Some(place) = self.path.pop() {
            self.sleep.truncate(place.sleep);
            if !self.path.is_empty() {
                self.rest();
            }
        }
    }

    /// The last event was run with all that comes behind it: from now on it sleeps.
    fn rest(&mut self) {
        let event = self.trace.pop();
        self.fresh = self.fresh.min(self.trace.len());
        self.sleep.push(Entry { task: event.task, answers: event.answers, mark: event.mark });
    }

    /// An execution has come to its end.
    fn ends(&mut self, state: State, ending: Ending) -> Result<(), Room> {
        if self.counts.executions == self.bounds.max_executions {
            self.over = Some(Over::Executions);
            return Ok(());
        }
        self.counts.executions += 1;
        self.store.ended(state, &self.trace, ending)?;
        self.look_back(ending)
    }

    fn look_back(&mut self, ending: Ending) -> Result<(), Room> {
        let fresh = std::mem::replace(&mut self.fresh, self.trace.len());
        self.reverse_races(fresh, ending)
    }
}
