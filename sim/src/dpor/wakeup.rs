//! Wakeup trees: sequences of events that are to be run from a place, with their common beginnings shared.
//!
//! Of two siblings the older one is run first, and no event at the head of an older one could also have come first in a
//! younger one. So when a sequence has been run, nothing of what slept at its beginning is still asleep.

use super::marks::Marks;
use super::{Answers, Footprint, Mark};
use model::machine::TaskId;

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// An event that is to be run, or was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub task: TaskId,
    pub answers: Answers,
    pub mark: Mark,
}

/// How an event can come first in a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum First {
    /// It is in it, and commutes with all before it.
    At(usize),
    /// It is not in it, and commutes with all of it.
    Beside,
}

impl Entry {
    /// Can it come first in a sequence, or in one that goes on from it?
    pub fn first_in<F: Footprint>(&self, sequence: &[Self], marks: &Marks<F>) -> Option<First> {
        for (at, entry) in sequence.iter().enumerate() {
            if entry.task == self.task {
                return (entry.answers == self.answers).then_some(First::At(at));
            }
            if marks.conflict(entry.mark, self.mark) {
                return None;
            }
        }
        Some(First::Beside)
    }
}

/// What became of a sequence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inserted {
    /// What is there already comes to the same.
    Covered,
    /// It goes on from something that is there.
    Below,
    /// It is a new branch.
    Branch,
}

/// What is to be run next from a place, and the tree of what comes behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Woken {
    pub event: Entry,
    pub tree: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    entry: Entry,
    child: u32,
    sibling: u32,
}

/// All wakeup trees of a search. A tree is the number of its oldest branch.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    nodes: Vec<Node>,
    free: Vec<u32>,
}

impl Trees {
    pub const fn new() -> Self {
        Self { nodes: Vec::new(), free: Vec::new() }
    }

    /// Takes the oldest branch: its event, and the tree of what comes behind it.
    pub fn take(&mut self, tree: &mut u32) -> Option<Woken> {
        let node = *self.nodes.get(*tree as usize)?;
        self.free.push(*tree);
        *tree = node.sibling;
        Some(Woken { event: node.entry, tree: node.child })
    }

    /// Is there a branch that begins with an event of a task?
    pub fn begins_with(&self, mut tree: u32, task: TaskId) -> bool {
        while tree != NONE {
            let node = &self.nodes[tree as usize];
            if node.entry.task == task {
                return true;
            }
            tree = node.sibling;
        }
        false
    }

    /// How many branches a tree has.
    pub fn count(&self, mut tree: u32) -> u32 {
        let mut branches = 0;
        while tree != NONE {
            branches += 1;
            tree = self.nodes[tree as usize].sibling;
        }
        branches
    }

    /// Adds a sequence, which is used up, unless what is there leads to the same.
    pub fn insert<F: Footprint>(
        &mut self,
        tree: &mut u32,
        sequence: &mut Vec<Entry>,
        marks: &Marks<F>,
    ) -> Inserted {
        // The link that a new branch is hung to: of a parent to its first child, of a node to its sibling, or the tree.
        let (mut parent, mut before) = (NONE, NONE);
        let mut at = *tree;
        while at != NONE {
            let node = self.nodes[at as usize];
            let Some(first) = node.entry.first_in(sequence, marks) else {
                (before, at) = (at, node.sibling);
                continue;
            };
            if let First::At(at) = first {
                sequence.remove(at);
            }
            if node.child == NONE || sequence.is_empty() {
                return Inserted::Covered;
            }
            (parent, before, at) = (at, NONE, node.child);
        }
        let branch = self.chain(sequence);
        match (parent, before) {
            (NONE, NONE) => *tree = branch,
            (parent, NONE) => self.nodes[parent as usize].child = branch,
            (_, before) => self.nodes[before as usize].sibling = branch,
        }
        if parent == NONE { Inserted::Branch } else { Inserted::Below }
    }

    fn chain(&mut self, sequence: &[Entry]) -> u32 {
        let mut child = NONE;
        for &entry in sequence.iter().rev() {
            let node = Node { entry, child, sibling: NONE };
            child = match self.free.pop() {
                Some(at) => {
                    self.nodes[at as usize] = node;
                    at
                }
                None => {
                    self.nodes.push(node);
                    u32::try_from(self.nodes.len() - 1).expect("fewer nodes than 2^32")
                }
            };
        }
        child
    }

    /// Bytes that they take.
    pub fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>()
    }
}
