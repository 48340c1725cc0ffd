//! The search: depth first over executions, with what sleeps and what is to be woken at every place of the path.

use super::wakeup::{Entry, NONE, Trees};
use super::{Answers, Book, Ending, Event, Footprint, Ran, Script, System, Trace};
use model::machine::{Room, TaskId};

/// So many steps are long.
const LONG: u64 = 1 << 14;

/// Says whether a search goes on.
pub trait Control {
    /// Asked at the end of every execution, and now and then inside of long ones: how far it has come, how many ways on
    /// there are from each place of the path, and the bytes that the path takes.
    fn goes_on(&mut self, counts: &Counts, branches: &mut dyn Iterator<Item = u32>, bytes: usize) -> bool;
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

/// A place on the path: the state before an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
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

/// A search, to be run once.
pub struct Search<'a, S: System> {
    pub(super) system: &'a mut S,
    pub(super) trace: Trace<S::Footprint>,
    pub(super) trees: Trees<S::Footprint>,
    pub(super) path: Vec<Place>,
    /// The states of the path, one after the other.
    pub(super) states: Vec<u32>,
    pub(super) stride: usize,
    /// What sleeps at each place of the path, one after the other.
    pub(super) sleep: Vec<Entry<S::Footprint>>,
    pub(super) book: Book,
    pub(super) script: Script,
    /// A sequence that is looked at, its events, and the state behind it.
    pub(super) lead: Vec<Entry<S::Footprint>>,
    pub(super) sequence: Vec<Entry<S::Footprint>>,
    pub(super) behind: Vec<u32>,
    /// The first event that was not there when races were last looked for.
    fresh: usize,
    /// The place of the path that the system stands at.
    stands: Option<usize>,
    max_steps: u64,
    /// Was an execution longer than it may be?
    cut: bool,
    counts: Counts,
}

/// The bit of a task in a set; tasks that find none are in no set.
pub(super) const fn bit(task: TaskId) -> u64 {
    if task < 64 { 1 << task } else { 0 }
}

impl<'a, S: System> Search<'a, S> {
    /// A search from where a system stands. An execution of more than `max_steps` ends it.
    pub fn new(system: &'a mut S, max_steps: u64) -> Self {
        let states = system.cells().to_vec();
        Self {
            trace: Trace::new(system.tasks()),
            trees: Trees::new(),
            path: vec![Place { sleep: 0, pending: NONE, closed: 0, in_order: 0, taken: 0, steps: 0 }],
            stride: states.len(),
            behind: states.clone(),
            states,
            sleep: Vec::new(),
            book: Book::default(),
            script: Script::default(),
            lead: Vec::new(),
            sequence: Vec::new(),
            fresh: 0,
            stands: Some(0),
            max_steps,
            cut: false,
            counts: Counts::default(),
            system,
        }
    }

    /// Was it ended by an execution that was too long?
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Runs one execution of each trace, until there is none more or the control has enough.
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn run(&mut self, control: &mut dyn Control) -> Result<Counts, Room> {
        let mut asked = 0;
        while let Some(depth) = self.path.len().checked_sub(1) {
            match self.next(depth)? {
                Some((event, tree)) => self.take(depth, event, tree)?,
                None => self.back(),
            }
            if self.cut {
                break;
            }
            let now = self.counts.executions + self.counts.blocked + self.counts.steps / LONG;
            if asked < now {
                asked = now;
                let bytes = self.bytes();
                let ways = |place: &Place| place.taken + self.trees.count(place.pending);
                if !control.goes_on(&self.counts, &mut self.path.iter().map(ways), bytes) {
                    break;
                }
            }
        }
        Ok(self.counts)
    }

    fn bytes(&self) -> usize {
        self.states.len() * size_of::<u32>()
            + self.sleep.len() * size_of::<Entry<S::Footprint>>()
            + self.trees.bytes()
            + self.trace.bytes()
    }

    /// What is run next from the last place of the path, and the tree behind it.
    fn next(&mut self, depth: usize) -> Result<Option<(Entry<S::Footprint>, u32)>, Room> {
        let woken = self.trees.take(&mut self.path[depth].pending);
        if woken.is_some() || self.path[depth].taken > 0 {
            return Ok(woken);
        }
        self.stand(depth);
        let mut enabled = (0..self.system.tasks()).filter(|&task| self.system.enabled(task)).peekable();
        if enabled.peek().is_none() {
            self.ends(Ending::Quiet)?;
            return Ok(None);
        }
        let sleep = &self.sleep[self.path[depth].sleep..];
        let asleep = |task| sleep.iter().any(|entry| (entry.task, entry.answers) == (task, Answers::ZEROS));
        let Some(task) = enabled.find(|&task| !asleep(task)) else {
            self.counts.blocked += 1;
            self.look_back()?;
            return Ok(None);
        };
        Ok(Some((Entry { task, answers: Answers::ZEROS, footprint: S::Footprint::ALL }, NONE)))
    }

    /// Goes to the state of a place.
    pub(super) fn stand(&mut self, depth: usize) {
        if self.stands != Some(depth) {
            self.system.restore(&self.states[depth * self.stride..][..self.stride]);
            self.stands = Some(depth);
        }
    }

    /// Runs an event from where the system stands.
    pub(super) fn run_event(&mut self, task: TaskId, answers: Answers) -> Result<Ran<S::Footprint>, Room> {
        self.stands = None;
        self.script.begin(self.book.list(answers));
        self.system.run(task, &mut self.script)
    }

    /// The combination of answers behind the one that was run last.
    pub(super) fn next_answers(&mut self) -> Option<Answers> {
        self.script.next().map(|list| self.book.number(&list))
    }

    fn take(&mut self, depth: usize, entry: Entry<S::Footprint>, tree: u32) -> Result<(), Room> {
        self.stand(depth);
        let (task, answers) = (entry.task, entry.answers);
        let waits = self.system.may_wait(task);
        let ran = self.run_event(task, answers)?;
        let (picks, next) = (self.script.asked() > 0, self.next_answers());
        let place = &mut self.path[depth];
        place.taken += 1;
        if answers == Answers::ZEROS {
            place.in_order |= bit(task);
        }
        if !picks {
            place.closed |= bit(task);
        }
        let steps = place.steps + u64::from(ran.steps);
        let footprint = if ran.found { S::Footprint::ALL } else { ran.footprint };
        self.trace.push(Event { task, answers, footprint, steps: ran.steps, waits, picks, next });
        self.fresh = self.fresh.min(depth);
        self.counts.steps += u64::from(ran.steps);
        self.counts.longest = self.counts.longest.max(steps);
        if ran.found {
            self.ends(Ending::Found)?;
            self.rest();
            return Ok(());
        }
        if steps >= self.max_steps {
            self.cut = true;
            return Ok(());
        }
        self.stands = Some(depth + 1);
        self.states.extend_from_slice(self.system.cells());
        let sleep = self.sleep.len();
        for at in place.sleep..sleep {
            let asleep = self.sleep[at];
            if asleep.task != task && !asleep.footprint.conflicts(&footprint) {
                self.sleep.push(asleep);
            }
        }
        self.path.push(Place { sleep, pending: tree, closed: 0, in_order: 0, taken: 0, steps });
        Ok(())
    }

    /// All was run from the last place of the path.
    fn back(&mut self) {
        if let Some(place) = self.path.pop() {
            self.sleep.truncate(place.sleep);
            self.states.truncate(self.path.len() * self.stride);
            if !self.path.is_empty() {
                self.rest();
            }
        }
    }

    /// The last event was run with all that comes behind it: from now on it sleeps.
    fn rest(&mut self) {
        let event = self.trace.pop();
        self.fresh = self.fresh.min(self.trace.len());
        self.sleep.push(Entry { task: event.task, answers: event.answers, footprint: event.footprint });
        self.stands = None;
    }

    fn ends(&mut self, ending: Ending) -> Result<(), Room> {
        self.counts.executions += 1;
        self.system.ended(&self.trace, &self.book, ending);
        self.look_back_from(ending)
    }

    fn look_back(&mut self) -> Result<(), Room> {
        self.look_back_from(Ending::Quiet)
    }

    fn look_back_from(&mut self, ending: Ending) -> Result<(), Room> {
        let fresh = std::mem::replace(&mut self.fresh, self.trace.len());
        self.reverse_races(fresh, ending)
    }
}
