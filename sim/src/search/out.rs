//! What comes of the states that one thread expands.

use super::expand::State;
use super::packed::Packed;
use super::waiting::{Waiting, Waits};
use crate::engine::Reached;
use model::machine::{Finding, Known, Program, World};

/// A finding of a search: the first one with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// Steps of the shortest schedules that end in a finding with this name.
    pub steps: u32,
}

/// Collects successors, and what is met on the way to them. Those that are kept stand one after the other; the others wait
/// and have not been looked up yet.
#[derive(Debug)]
pub struct Out {
    /// Cells of a state.
    stride: usize,
    /// The cells of those that are kept.
    cells: Vec<u32>,
    /// Of each one that is kept: what tells it from others.
    fingerprints: Vec<u128>,
    /// Of each one that is kept: its steps from the first state.
    steps: Vec<u32>,
    waiting: Waiting,
    /// What was met, besides successors.
    pub(super) met: Met,
}

/// What is met besides successors. Adding up what several threads have met does not depend on who met it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Met {
    /// (state, task, answers).
    pub transitions: u64,
    /// States where nothing can go on and all is well.
    pub finals: u64,
    /// Their names, all together.
    pub final_fingerprint: u64,
    /// The first finding of each name.
    pub found: Vec<Found>,
    /// Which `sometimes` were true somewhere.
    pub reached: Reached,
    /// Is there a schedule that must not be longer, and goes on?
    pub too_long: bool,
}

impl Met {
    /// Adds what was met behind it.
    pub fn append(&mut self, later: &mut Self) {
        self.transitions += std::mem::take(&mut later.transitions);
        self.finals += std::mem::take(&mut later.finals);
        self.final_fingerprint ^= std::mem::take(&mut later.final_fingerprint);
        self.reached.both(&later.reached);
        self.too_long |= later.too_long;
        for found in later.found.drain(..) {
            self.finding(found.finding, found.steps);
        }
    }

    #[cold]
    fn finding(&mut self, finding: Finding, steps: u32) {
        match self.found.iter_mut().find(|found| found.finding.name == finding.name) {
            None => self.found.push(Found { finding, steps }),
            Some(found) if steps < found.steps => *found = Found { finding, steps },
            Some(_) => {}
        }
    }
}

impl Out {
    /// Nothing yet, for states of a program. It looks for the `sometimes` that are not reached yet.
    #[must_use]
    pub fn new(program: &Program, reached: Reached) -> Self {
        Self {
            stride: program.layout.cells as usize,
            cells: Vec::new(),
            fingerprints: Vec::new(),
            steps: Vec::new(),
            waiting: Waiting::default(),
            met: Met { reached, ..Met::default() },
        }
    }

    /// Until the next layer, a state that waits need not wait again, if that is noticed.
    pub(super) fn skip_repetitions(&mut self, layer: u32) {
        self.waiting.skip_repetitions(layer);
    }

    /// A step was taken: (state, task, answers). It need not lead to a successor.
    #[inline]
    pub fn transition(&mut self) {
        self.met.transitions += 1;
    }

    /// A state was passed, whether it becomes a successor or not: which `sometimes` are true in it?
    #[inline]
    pub fn pass(&mut self, world: &World<'_>) {
        self.met.reached.look(world);
    }

    /// A state that is to be expanded, unless it has been seen.
    ///
    /// # Panics
    /// If it is not a state of the program.
    #[inline]
    pub fn successor(&mut self, state: &State<'_>) {
        assert_eq!(state.cells.len(), self.stride, "a state of the program");
        self.waiting.whole(state);
    }

    /// The state that is expanded, for [`Self::step`].
    ///
    /// # Panics
    /// If it is not a state of the program.
    #[inline]
    pub fn parent(&mut self, parent: &State<'_>) {
        assert_eq!(parent.cells.len(), self.stride, "a state of the program");
        self.waiting.parent(parent.cells);
    }

    /// The same as a successor: where a world stands that was marked in the state that is expanded.
    #[inline]
    pub fn step(&mut self, parent: &State<'_>, world: &World<'_>, steps: u32) {
        self.waiting.step(parent, world, steps);
    }

    /// The same as a successor, in whose state a world stands: what a step comes to that it knows.
    #[inline]
    pub(super) fn known_step(&mut self, parent: &State<'_>, world: &World<'_>, step: Known, steps: u32) {
        self.waiting.known_step(parent, world, step, steps);
    }

    /// Must states be looked at, besides being stored?
    #[must_use]
    pub fn looks(&self) -> bool {
        !self.met.reached.missing().is_empty()
    }

    /// Something is wrong, so many steps from the first state; nothing is said of what comes behind.
    #[cold]
    pub fn finding(&mut self, finding: Finding, steps: u32) {
        self.met.finding(finding, steps);
    }

    /// A state where nothing can go on and all is well, by its name ([`World::canonical`]).
    pub fn final_state(&mut self, canonical: u64) {
        self.met.finals += 1;
        self.met.final_fingerprint ^= canonical;
    }

    /// A state was left as it is, because schedules must not be so long.
    pub fn too_long(&mut self) {
        self.met.too_long = true;
    }

    /// How many successors are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.steps.len()
    }

    /// The fingerprints of those that wait.
    #[must_use]
    pub fn waiting(&self) -> &[u128] {
        self.waiting.fingerprints()
    }

    /// One that waits.
    pub(super) fn waits(&self, at: usize) -> Waits<'_> {
        self.waiting.get(at, self.stride)
    }

    /// Bytes of the states that are kept.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.cells) + size_of_val(&*self.fingerprints) + size_of_val(&*self.steps)
    }

    /// A state that is kept.
    #[inline]
    pub(super) fn state(&self, at: usize) -> State<'_> {
        State {
            cells: &self.cells[at * self.stride..][..self.stride],
            fingerprint: self.fingerprints[at],
            steps: self.steps[at],
            changed: u64::MAX,
        }
    }

    /// Keeps those that `keep` wants among the ones that wait, in order, and drops the others. Where it does not say,
    /// that one and those behind it go on waiting, and false comes back.
    pub(super) fn look_up(&mut self, mut keep: impl FnMut(&Waits<'_>) -> Option<bool>) -> bool {
        let all = self.waiting().len();
        let mut done = 0;
        while done < all {
            let waits = self.waiting.get(done, self.stride);
            match keep(&waits) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    waits.append_to(&mut self.cells);
                    self.fingerprints.push(waits.fingerprint);
                    self.steps.push(waits.steps);
                }
            }
            done += 1;
        }
        self.waiting.forget(done);
        done == all
    }

    /// Keeps those that `keep` wants among the ones that are kept; none waits.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.kept() {
            if keep(at) {
                if at != kept {
                    self.cells.copy_within(at * self.stride..(at + 1) * self.stride, kept * self.stride);
                    self.fingerprints[kept] = self.fingerprints[at];
                    self.steps[kept] = self.steps[at];
                }
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// Packs the states that are kept behind others; none waits, and none is left.
    pub(super) fn pack(&mut self, into: &mut Packed) {
        for at in 0..self.kept() {
            into.push(&self.state(at));
        }
        self.truncate(0);
    }

    /// Forgets all states, also those that wait, and what was met.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.truncate(0);
        self.met = Met::default();
    }

    /// Of the states that are kept, forgets all behind the first ones.
    pub(super) fn truncate(&mut self, kept: usize) {
        self.cells.truncate(kept * self.stride);
        self.fingerprints.truncate(kept);
        self.steps.truncate(kept);
    }
}
