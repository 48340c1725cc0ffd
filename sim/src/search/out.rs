//! What comes of the states that one thread expands.

use crate::engine::Reached;
use model::machine::{Finding, Program, World};

/// A finding of a search: the first one with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// Steps of the shortest schedules that end in a finding with this name.
    pub steps: u32,
}

/// Collects successors, and what is met on the way to them.
///
/// Successors stand one after the other in one flat arena. Those in front are kept; those that wait behind them have not
/// been looked up yet.
#[derive(Debug)]
pub struct Out {
    /// Cells of a state.
    stride: usize,
    cells: Vec<u32>,
    /// Of each successor: its steps from the first state.
    steps: Vec<u32>,
    /// Of each one that waits: its fingerprint.
    fingerprints: Vec<u128>,
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
            steps: Vec::new(),
            fingerprints: Vec::new(),
            met: Met { reached, ..Met::default() },
        }
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

    /// A state that is to be expanded, unless it has been seen. `fingerprint` tells it from others, and `steps` says how
    /// far it lies from the first state on the way that it was come to.
    ///
    /// # Panics
    /// If `cells` is not a state of the program.
    #[inline]
    pub fn successor(&mut self, cells: &[u32], fingerprint: u128, steps: u32) {
        assert_eq!(cells.len(), self.stride, "a state of the program");
        self.cells.extend_from_slice(cells);
        self.steps.push(steps);
        self.fingerprints.push(fingerprint);
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
        self.steps.len() - self.fingerprints.len()
    }

    /// The fingerprints of those that wait.
    #[must_use]
    pub fn waiting(&self) -> &[u128] {
        &self.fingerprints
    }

    /// The fewest steps to a state that is kept, from one of them on; no limit if there is none.
    pub(super) fn nearest(&self, from: usize) -> u32 {
        self.steps[from..self.kept()].iter().copied().min().unwrap_or(u32::MAX)
    }

    /// The most steps to a state that is kept.
    pub(super) fn farthest(&self) -> u32 {
        self.steps[..self.kept()].iter().copied().max().unwrap_or(0)
    }

    /// Bytes of its states.
    pub(super) fn bytes(&self) -> usize {
        (self.cells.len() + self.steps.len()) * size_of::<u32>()
    }

    /// A state: its cells, and its steps from the first state.
    pub(super) fn state(&self, at: usize) -> (&[u32], u32) {
        (&self.cells[at * self.stride..][..self.stride], self.steps[at])
    }

    /// Keeps those that `keep` wants among the ones that wait, in order, and drops the others. Where it does not say,
    /// that one and those behind it go on waiting, and false comes back.
    pub(super) fn look_up(&mut self, mut keep: impl FnMut(u128, &[u32], u32) -> Option<bool>) -> bool {
        let (first, mut kept) = (self.kept(), self.kept());
        let mut done = 0;
        for &fingerprint in &self.fingerprints {
            let at = first + done;
            match keep(fingerprint, &self.cells[at * self.stride..][..self.stride], self.steps[at]) {
                None => break,
                Some(false) => {}
                Some(true) => {
                    copy(&mut self.cells, &mut self.steps, self.stride, at, kept);
                    kept += 1;
                }
            }
            done += 1;
        }
        let all = done == self.fingerprints.len();
        let left = self.fingerprints.len() - done;
        if all {
            self.fingerprints.clear();
        } else {
            self.fingerprints.drain(..done);
            for at in 0..left {
                copy(&mut self.cells, &mut self.steps, self.stride, first + done + at, kept + at);
            }
        }
        self.truncate(kept + left);
        all
    }

    /// Keeps those that `keep` wants among the ones that are kept; none waits.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let mut kept = 0;
        for at in 0..self.steps.len() {
            if keep(at) {
                copy(&mut self.cells, &mut self.steps, self.stride, at, kept);
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// Takes over the states of another, and what was met there; none waits.
    pub(super) fn append(&mut self, other: &mut Self) {
        self.cells.append(&mut other.cells);
        self.steps.append(&mut other.steps);
        self.met.append(&mut other.met);
    }

    /// Forgets all states, also those that wait, and what was met.
    pub(super) fn clear(&mut self) {
        self.fingerprints.clear();
        self.truncate(0);
        self.met = Met::default();
    }

    /// Forgets all states behind the first ones.
    pub(super) fn truncate(&mut self, kept: usize) {
        self.cells.truncate(kept * self.stride);
        self.steps.truncate(kept);
    }
}

/// Puts a state where another stood before it.
#[inline]
fn copy(cells: &mut [u32], steps: &mut [u32], stride: usize, from: usize, to: usize) {
    if from != to {
        cells.copy_within(from * stride..(from + 1) * stride, to * stride);
        steps[to] = steps[from];
    }
}
