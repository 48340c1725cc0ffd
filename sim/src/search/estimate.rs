//! How many states are left, roughly: for somebody who waits, and for nobody else.
//!
//! Knuth's estimator: walk down a tree at random, and take the product of the branchings on the way; the sum of these
//! products over all depths is, on the average over many walks, the number of nodes. The states of a search are no
//! tree, since many steps lead to the same state: so each branching is discounted by the share of successors that were
//! new lately. That makes it a guess; its standard error tells how much the walks differ, not how good the guess is.

use super::expand::{Expand, State};
use super::out::Out;
use super::packed::Packed;
use crate::engine::Reached;
use crate::rng::Words;
use model::machine::Program;

/// A guess of a number, and its standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Estimate {
    /// The mean of the walks, in states.
    pub mean: u64,
    /// The standard error of the mean, in states.
    pub error: u64,
}

/// Where walks go down.
pub trait Tree {
    /// Goes to one of the places where walks begin, of which there are `roots`.
    fn start(&mut self, root: usize);
    /// Places below this one.
    fn branches(&mut self) -> usize;
    /// Goes down to one of them.
    fn descend(&mut self, branch: usize);
}

/// The states that wait to be expanded, and what they lead to.
#[derive(Debug)]
pub struct Probe<E> {
    estimator: Estimator,
    expand: E,
    /// Where the walk is.
    at: Vec<u32>,
    steps: u32,
    /// What it leads to. Nothing in it counts.
    below: Out,
}

impl<E: Expand> Probe<E> {
    /// With an expander of its own, so that nothing depends on it.
    pub fn new(expand: &E, program: &Program) -> Self {
        let below = Out::new(program, Reached::default());
        Self { estimator: Estimator::new(0), expand: expand.clone(), at: Vec::new(), steps: 0, below }
    }

    /// Takes more walks, each from one of the states that wait: those of some runs, each run from one of its states on. Of all
    /// successors this share was new lately.
    pub fn look(&mut self, waiting: &[(&dyn Queue, usize)], share: f64) -> Option<Estimate> {
        let roots = waiting.iter().map(|(queue, from)| queue.count() - from).sum();
        let mut estimator = self.estimator.clone();
        estimator.fade();
        for _ in 0..WALKS {
            estimator.walk(&mut Waiting { probe: self, waiting }, roots, share);
        }
        self.estimator = estimator;
        self.estimator.estimate()
    }
}

/// States that wait.
pub trait Queue {
    /// How many.
    fn count(&self) -> usize;
    /// One of them: its cells, into `cells`, and its steps from the first state.
    fn copy(&self, at: usize, cells: &mut Vec<u32>) -> u32;
}

impl Queue for Out {
    fn count(&self) -> usize {
        self.kept()
    }

    fn copy(&self, at: usize, cells: &mut Vec<u32>) -> u32 {
        let state = self.state(at);
        cells.clear();
        cells.extend_from_slice(state.cells);
        state.steps
    }
}

impl Queue for Packed {
    fn count(&self) -> usize {
        self.len()
    }

    fn copy(&self, at: usize, cells: &mut Vec<u32>) -> u32 {
        let mut reader = self.read(at..at + 1);
        let state = reader.next().expect("it is one of them");
        cells.clear();
        cells.extend_from_slice(state.cells);
        state.steps
    }
}

struct Waiting<'a, E> {
    probe: &'a mut Probe<E>,
    waiting: &'a [(&'a dyn Queue, usize)],
}

impl<E: Expand> Tree for Waiting<'_, E> {
    fn start(&mut self, mut root: usize) {
        for &(queue, from) in self.waiting {
            let count = queue.count() - from;
            if root < count {
                self.probe.steps = queue.copy(from + root, &mut self.probe.at);
                return;
            }
            root -= count;
        }
    }

    fn branches(&mut self) -> usize {
        let Probe { expand, at, steps, below, .. } = self.probe;
        below.clear();
        // A world that is too small ends the walk; the search will come there, too.
        if expand.expand(&State::new(at, *steps), below).is_err() { 0 } else { below.waiting().len() }
    }

    fn descend(&mut self, branch: usize) {
        let Probe { at, steps, below, .. } = self.probe;
        let below = below.waits(branch);
        at.clear();
        below.append_to(at);
        *steps = below.steps;
    }
}

/// Adds up walks.
#[derive(Clone, Debug)]
pub struct Estimator {
    words: Words,
    walks: f64,
    sum: f64,
    squares: f64,
}

/// Walks at a time; what was seen before counts less each time, since what waits has changed meanwhile.
const WALKS: usize = 2;

/// A walk that is so long is broken off: what lies below has a weight that says nothing.
const LONGEST: usize = 1_000;

impl Estimator {
    /// No walk yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { words: Words::new(seed), walks: 0.0, sum: 0.0, squares: 0.0 }
    }

    /// Forgets a part of what it knows.
    fn fade(&mut self) {
        for sum in [&mut self.walks, &mut self.sum, &mut self.squares] {
            *sum *= 0.875;
        }
    }

    /// Takes a walk from one of `roots` places. A branch counts as `share` of one.
    pub fn walk(&mut self, tree: &mut impl Tree, roots: usize, share: f64) {
        if roots == 0 {
            return;
        }
        tree.start(self.below(roots));
        let (mut weight, mut below) = (to_float(roots), 0.0);
        for _ in 0..LONGEST {
            let branches = tree.branches();
            if branches == 0 {
                break;
            }
            weight *= to_float(branches) * share;
            below += weight;
            tree.descend(self.below(branches));
        }
        self.walks += 1.0;
        self.sum += below;
        self.squares += below * below;
    }

    /// How many nodes lie below all roots.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and a guess")]
    pub fn estimate(&self) -> Option<Estimate> {
        if self.walks < 2.0 {
            return None;
        }
        let mean = self.sum / self.walks;
        let variance = (self.squares / self.walks - mean * mean).max(0.0);
        let error = (variance / (self.walks - 1.0)).sqrt();
        Some(Estimate { mean: mean.round() as u64, error: error.round() as u64 })
    }

    #[allow(clippy::cast_possible_truncation, reason = "it is below a usize")]
    fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.words.word()) * count as u128) >> 64) as usize
    }
}

#[allow(clippy::cast_precision_loss, reason = "a guess needs no more than 52 bits")]
const fn to_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node of height `h` has children of the heights `h - 1` and `h - 2`, as far as there are such.
    struct Uneven(usize);

    impl Uneven {
        fn nodes_below(height: usize) -> u64 {
            (0..height.min(2)).map(|branch| 1 + Self::nodes_below(height - 1 - branch)).sum()
        }
    }

    impl Tree for Uneven {
        fn start(&mut self, root: usize) {
            self.0 = 10 + root;
        }
        fn branches(&mut self) -> usize {
            self.0.min(2)
        }
        fn descend(&mut self, branch: usize) {
            self.0 -= 1 + branch;
        }
    }

    #[test]
    fn it_converges_on_a_known_tree() {
        let nodes: u64 = [10, 11, 12].map(Uneven::nodes_below).iter().sum();
        let mut estimator = Estimator::new(1);
        let mut last = u64::MAX;
        for walks in [100, 10_000] {
            for _ in 0..walks {
                estimator.walk(&mut Uneven(0), 3, 1.0);
            }
            let estimate = estimator.estimate().unwrap();
            assert!(estimate.mean.abs_diff(nodes) < 4 * estimate.error, "{estimate:?} of {nodes}");
            assert!(estimate.error < last / 5, "{estimate:?} after an error of {last}");
            last = estimate.error;
        }
        assert!(last < nodes / 50, "{last} of {nodes}");
    }

    /// Three of five branches lead to something new: of a path with five branches a step.
    struct Path(usize);

    impl Tree for Path {
        fn start(&mut self, _: usize) {
            self.0 = 3;
        }
        fn branches(&mut self) -> usize {
            if self.0 == 0 { 0 } else { 5 }
        }
        fn descend(&mut self, _: usize) {
            self.0 -= 1;
        }
    }

    #[test]
    fn a_share_is_taken_of_each_branching() {
        let mut estimator = Estimator::new(0);
        assert_eq!(estimator.estimate(), None);
        for _ in 0..3 {
            estimator.walk(&mut Path(0), 1, 0.6);
        }
        // Three, nine and twenty-seven, whichever way is taken; nothing is added where walks cannot begin.
        estimator.walk(&mut Path(0), 0, 0.6);
        assert_eq!(estimator.estimate(), Some(Estimate { mean: 39, error: 0 }));
    }
}
