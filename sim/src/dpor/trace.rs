//! The execution so far: its events, which of them happened before which, and its races.
//!
//! An event happens before another if it comes first and they do not commute, or by way of a third. Each event keeps a
//! clock: how many events of each task happen before it, itself included.

use super::marks::Marks;
use super::{Answers, Footprint, Mark};
use model::machine::TaskId;

/// No event.
const NONE: u32 = u32::MAX;

/// One event of the execution.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose it is.
    pub task: TaskId,
    /// With which answers.
    pub answers: Answers,
    /// What it touched.
    pub mark: Mark,
    /// Its steps.
    pub steps: u32,
    /// Might its task have had to wait before it?
    pub waits: bool,
    /// Did it ask for picks?
    pub picks: bool,
    /// The combination of answers behind its own.
    pub next: Option<Answers>,
}

/// What is kept of an event besides.
#[derive(Clone, Copy, Debug)]
struct Links {
    /// Counted from 1 among its task's.
    number: u32,
    /// The event of its task before it.
    previous: u32,
    /// The first later event that does not happen after it. Beyond the end: none.
    free: u32,
    /// How many events there were, together with the last one that does not happen after it. That one may be gone.
    beside: u32,
    /// Where its races begin.
    races: u32,
}

/// The execution so far.
#[derive(Clone, Debug)]
pub struct Trace {
    tasks: usize,
    events: Vec<Event>,
    links: Vec<Links>,
    /// One clock for each event.
    clocks: Vec<u32>,
    /// The last event of each task.
    last: Vec<u32>,
    /// Of each event the earlier ones that it races with.
    races: Vec<u32>,
    /// The clock of a task that has done nothing yet.
    zeros: Vec<u32>,
}

impl Trace {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(tasks: TaskId) -> Self {
        let tasks = tasks as usize;
        Self {
            tasks,
            events: Vec::new(),
            links: Vec::new(),
            clocks: Vec::new(),
            last: vec![NONE; tasks],
            races: Vec::new(),
            zeros: vec![0; tasks],
        }
    }

    /// Its events in the order in which they were run.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Does an event happen before a later one?
    #[must_use]
    #[inline]
    pub fn happens_before(&self, early: usize, late: usize) -> bool {
        let task = self.events[early].task as usize;
        self.links[early].number <= self.clocks[late * self.tasks + task]
    }

    /// Does an event happen before the last one of a task, or is it that?
    #[must_use]
    pub fn happens_before_last(&self, early: usize, task: TaskId) -> bool {
        let last = self.last[task as usize];
        last != NONE && self.happens_before(early, last as usize)
    }

    /// Do all later events happen after this one?
    #[must_use]
    #[inline]
    pub fn holds_all_back(&self, at: usize) -> bool {
        self.links[at].free as usize >= self.events.len()
    }

    /// The earlier events that an event races with.
    pub(super) fn races(&self, at: usize) -> std::ops::Range<usize> {
        let end = self.links.get(at + 1).map_or(self.races.len(), |links| links.races as usize);
        self.links[at].races as usize..end
    }

    /// An earlier event of a race.
    pub(super) fn race(&self, at: usize) -> usize {
        self.races[at] as usize
    }

    /// Adds an event, and finds its races: with the last conflicting events, or, if it might have had to wait, with
    /// all conflicting events that do not happen before its task came to stand before it.
    pub(super) fn push<F: Footprint>(&mut self, event: Event, marks: &Marks<F>) {
        let (len, task) = (self.events.len(), event.task as usize);
        let previous = self.last[task];
        let (own_at, tasks) = (self.clocks.len(), self.tasks);
        if previous == NONE {
            self.clocks.resize(own_at + tasks, 0);
        } else {
            let from = previous as usize * tasks;
            self.clocks.extend_from_within(from..from + tasks);
        }
        let (clocks, own) = self.clocks.split_at_mut(own_at);
        let before =
            if previous == NONE { &self.zeros } else { &clocks[previous as usize * tasks..][..tasks] };
        let races = u32_of(self.races.len());
        // So many events are not known to the task yet.
        let mut unknown = len - before.iter().sum::<u32>() as usize;
        for at in (0..len).rev() {
            if unknown == 0 {
                break;
            }
            let (other, number) = (self.events[at].task as usize, self.links[at].number);
            if number <= before[other] {
                continue;
            }
            unknown -= 1;
            if !marks.conflict(event.mark, self.events[at].mark) {
                continue;
            }
            let ordered = number <= own[other];
            if event.waits || !ordered {
                self.races.push(u32_of(at));
            }
            if !ordered {
                for (own, &theirs) in own.iter_mut().zip(&clocks[at * tasks..][..tasks]) {
                    *own = theirs.max(*own);
                }
            }
        }
        let known = own.iter().sum::<u32>() as usize;
        if known < len {
            for (links, event) in self.links.iter_mut().zip(&self.events) {
                if links.number > own[event.task as usize] {
                    links.beside = u32_of(len + 1);
                    if links.free as usize >= len {
                        links.free = u32_of(len);
                    }
                }
            }
        }
        own[task] += 1;
        self.links.push(Links { number: own[task], previous, free: NONE, beside: 0, races });
        self.events.push(event);
        self.last[task] = u32_of(len);
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.events.len() * (size_of::<Event>() + size_of::<Links>())
            + (self.clocks.len() + self.races.len()) * size_of::<u32>()
    }

    /// Takes the last event back.
    ///
    /// # Panics
    /// If there is none.
    pub(super) fn pop(&mut self) -> Event {
        let (event, links) = self.events.pop().zip(self.links.pop()).expect("an event was run");
        self.last[event.task as usize] = links.previous;
        self.races.truncate(links.races as usize);
        self.clocks.truncate(self.events.len() * self.tasks);
        event
    }

    /// Is what does not happen after an event another now than when races were last looked for, and events from `fresh`
    /// on were not there, or others were?
    pub(super) fn is_changed(&self, at: usize, fresh: usize) -> bool {
        self.links[at].beside as usize > fresh
    }

    /// Races were looked for.
    pub(super) fn settle(&mut self, fresh: usize) {
        let len = self.events.len();
        for links in self.links[..fresh].iter_mut().filter(|links| links.beside as usize > len) {
            links.beside = u32_of(fresh);
        }
    }
}

fn u32_of(index: usize) -> u32 {
    u32::try_from(index).expect("fewer events than 2^32")
}
