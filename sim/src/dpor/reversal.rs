//! Races of an execution that is over, turned around: which sequences are to be run from which places of the path.

use super::search::{Search, bit};
use super::store::State;
use super::wakeup::{Entry, Inserted};
use super::{Answers, Ending, System};
use model::machine::{Room, TaskId};

impl<S: System> Search<'_, S> {
    /// Turns the races of the execution around that are new, or whose sequences are. Events from `fresh` on were not
    /// there the last time.
    pub(super) fn reverse_races(&mut self, fresh: usize, ending: Ending) -> Result<(), Room> {
        for late in fresh..self.trace.len() {
            for race in self.trace.races(late) {
                self.reverse(self.trace.race(race), late)?;
            }
            self.other_answers(late)?;
        }
        self.left_over(ending)?;
        // The sequence of an earlier race is another one now if something else does not happen after its first event.
        if (0..fresh).any(|early| self.trace.is_changed(early, fresh)) {
            for late in 0..fresh {
                for race in self.trace.races(late) {
                    let early = self.trace.race(race);
                    if self.trace.is_changed(early, fresh) {
                        self.reverse(early, late)?;
                    }
                }
                if self.trace.is_changed(late, fresh) {
                    self.other_answers(late)?;
                }
            }
            self.trace.settle(fresh);
        }
        Ok(())
    }

    fn reverse(&mut self, early: usize, late: usize) -> Result<(), Room> {
        let event = self.trace.events()[late];
        self.before(early, event.task, event.waits)
    }

    /// Tasks that have not come to their end: what they stand before could have come earlier.
    fn left_over(&mut self, ending: Ending) -> Result<(), Room> {
        let end = match ending {
            Ending::Quiet => self.trace.len(),
            Ending::Found => self.trace.len() - 1,
        };
        let state = self.path[end].state;
        for task in 0..self.tasks {
            if self.store.gone(state, task) {
                continue;
            }
            if self.store.may_wait(state, task) {
                let pending = self.store.pending(state, task);
                for early in (0..self.trace.len()).rev() {
                    let event = &self.trace.events()[early];
                    if event.task != task
                        && self.store.marks.conflict(pending, event.mark)
                        && !self.trace.happens_before_last(early, task)
                    {
                        self.before(early, task, true)?;
                    }
                }
            } else if ending == Ending::Found && self.trace.events()[end].task != task {
                self.before(end, task, false)?;
            }
        }
        Ok(())
    }

    /// A task shall take its next event before one of the execution. `waits`: it may not be able to.
    fn before(&mut self, early: usize, task: TaskId, waits: bool) -> Result<(), Room> {
        if self.trace.holds_all_back(early) {
            // Once one of its events is run from there, the others are taken care of.
            let place = &self.path[early];
            if place.closed & bit(task) != 0 || self.trees.begins_with(place.pending, task) {
                return Ok(());
            }
            return self.behind_lead(early, &[], task, waits);
        }
        self.behind_lead(early, &self.beside(early), task, waits)
    }

    /// The later events that do not happen after an event.
    fn beside(&self, early: usize) -> Vec<usize> {
        (early + 1..self.trace.len()).filter(|&late| !self.trace.happens_before(early, late)).collect()
    }

    /// The state behind some events, run from a place of the path without those in between.
    fn go(&mut self, early: usize, lead: &[usize]) -> Result<State, Room> {
        let mut state = self.path[early].state;
        self.lead.clear();
        for &at in lead {
            let event = self.trace.events()[at];
            self.lead.push(Entry { task: event.task, answers: event.answers, mark: event.mark });
            state = self.store.run(state, event.task, event.answers)?.to;
        }
        Ok(state)
    }

    fn behind_lead(&mut self, early: usize, lead: &[usize], task: TaskId, waits: bool) -> Result<(), Room> {
        let state = self.go(early, lead)?;
        if self.store.enabled(state, task) {
            self.each_answer(early, (state, task), Answers::ZEROS, None)
        } else if waits {
            self.with_less(early, lead, (state, task))
        } else {
            Ok(())
        }
    }

    /// A task has to wait behind a sequence: perhaps it has not to without some of the events that it waits for.
    fn with_less(
        &mut self,
        early: usize,
        lead: &[usize],
        (state, task): (State, TaskId),
    ) -> Result<(), Room> {
        let pending = self.store.pending(state, task);
        let rival = |at: usize| self.store.marks.conflict(pending, self.trace.events()[at].mark);
        let mut shorter = Vec::new();
        for (place, &at) in lead.iter().enumerate() {
            let is_last = |&late: &usize| !(rival(late) && self.trace.happens_before(at, late));
            if rival(at) && lead[place + 1..].iter().all(is_last) {
                let stays = |&late: &usize| late != at && !(late > at && self.trace.happens_before(at, late));
                shorter.push(lead.iter().copied().filter(stays).collect::<Vec<_>>());
            }
        }
        for lead in shorter {
            self.behind_lead(early, &lead, task, true)?;
        }
        Ok(())
    }

    /// What else could have come of an event that asked for picks.
    fn other_answers(&mut self, at: usize) -> Result<(), Room> {
        let event = self.trace.events()[at];
        if !event.picks {
            return Ok(());
        }
        let task = bit(event.task);
        let place = &mut self.path[at];
        if !self.trace.holds_all_back(at) {
            place.in_order &= !task;
            let state = self.go(at, &self.beside(at))?;
            return self.each_answer(at, (state, event.task), Answers::ZEROS, Some(event.answers));
        }
        let first = match event.next {
            _ if place.in_order & task == 0 => Answers::ZEROS,
            Some(next) => next,
            None => {
                place.closed |= task;
                return Ok(());
            }
        };
        let state = self.go(at, &[])?;
        self.each_answer(at, (state, event.task), first, Some(event.answers))
    }

    /// Leaves the sequence with an event of a task behind it, with each combination of answers from one on, but for
    /// one. `state`: the one behind the sequence.
    fn each_answer(
        &mut self,
        early: usize,
        (state, task): (State, TaskId),
        first: Answers,
        except: Option<Answers>,
    ) -> Result<(), Room> {
        let mut open = Some(first);
        while let Some(answers) = open {
            let edge = self.store.run(state, task, answers)?;
            open = edge.next;
            let entry = Entry { task, answers, mark: edge.mark };
            // The other combinations follow when this one is run.
            if Some(answers) != except && self.leave(early, entry) == Inserted::Branch && self.lead.is_empty()
            {
                return Ok(());
            }
        }
        if self.lead.is_empty() {
            self.path[early].closed |= bit(task);
        }
        Ok(())
    }

    /// Leaves the sequence with an event behind it at a place of the path, unless something that was run from there, or
    /// runs now, comes to the same.
    fn leave(&mut self, early: usize, last: Entry) -> Inserted {
        self.sequence.clear();
        self.sequence.extend_from_slice(&self.lead);
        self.sequence.push(last);
        let end = self.path.get(early + 1).map_or(self.sleep.len(), |place| place.sleep);
        let asleep = &self.sleep[self.path[early].sleep..end];
        let event = self.trace.events()[early];
        let marks = &self.store.marks;
        let runs = Entry { task: event.task, answers: event.answers, mark: event.mark };
        if asleep.iter().chain([&runs]).any(|entry| entry.first_in(&self.sequence, marks).is_some()) {
            return Inserted::Covered;
        }
        self.trees.insert(&mut self.path[early].pending, &mut self.sequence, marks)
    }
}
