//! Breadth first: one layer of states after the other.

use super::Searched;
use super::expand::Expand;
use super::out::{Met, Out};
use crate::engine::Reached;
use crate::limit::{CELLS_A_STATE, Control, Limit, Limits, Progress};
use crate::table::{MAX_DEPTH, Table};
use model::machine::{Room, World};

/// Parents of a block. Limits are looked at behind each block, so that they cut at the same place for any number of
/// threads.
const BLOCK: usize = 4096;

/// Cells that the successors of a block may have, roughly: a world of a thousand tasks has blocks of one parent.
const BLOCK_CELLS: usize = 1 << 24;

/// Successors are looked up in the table together, so that the memory fetches their slots at the same time.
const BATCH: usize = 256;

/// How often the control is asked, in transitions.
const POLL: u64 = 1 << 12;

/// A search, layer by layer.
pub struct Layers<'a, E> {
    expand: E,
    limits: &'a Limits,
    control: &'a dyn Control,
    /// Cells of a state.
    stride: usize,
    /// Parents of a block.
    block: usize,
    /// The layer that is expanded, and the one behind it.
    layer: Out,
    next: Out,
    met: Met,
    table: Table,
    states: u64,
    back_edges: bool,
    /// Transitions when the control was asked last.
    polled: u64,
}

impl<'a, E: Expand> Layers<'a, E> {
    /// Starts from a world's state.
    pub fn new(
        expand: E,
        world: &World<'_>,
        limits: &'a Limits,
        reached: &Reached,
        control: &'a dyn Control,
    ) -> Self {
        let stride = world.cells().len();
        let branches = world.program().tasks.len().max(1);
        let layer = Out::new(world.program(), reached.clone());
        let mut next = Out::new(world.program(), reached.clone());
        next.successor(world.cells(), world.fingerprint(), 0);
        Self {
            expand,
            limits,
            control,
            stride,
            block: (BLOCK_CELLS / (stride * branches)).clamp(1, BLOCK),
            layer,
            next,
            met: Met { reached: reached.clone(), ..Met::default() },
            table: Table::default(),
            states: 0,
            back_edges: false,
            polled: 0,
        }
    }

    /// Goes on until there is nothing left, or a limit is met.
    pub fn search(mut self) -> Result<(Searched, Reached), Room> {
        let (mut depth, mut farthest) = (0, 0);
        self.look_up(0);
        self.states = 1;
        while self.next.kept() > 0 {
            farthest = farthest.max(self.next.farthest());
            std::mem::swap(&mut self.layer, &mut self.next);
            self.next.truncate(0);
            let mut from = 0;
            while from < self.layer.kept() {
                let to = self.layer.kept().min(from + self.block);
                self.expand(from, to, depth)?;
                if let Some(limit) = self.limit(depth) {
                    // What was too long is among the parents of this block.
                    let left = if self.met.too_long { from } else { to };
                    let covered = self.layer.nearest(left).min(self.next.nearest(0));
                    farthest = farthest.max(self.next.farthest());
                    return Ok(self.seen(farthest, Some(limit), covered));
                }
                from = to;
            }
            depth += 1;
        }
        Ok(self.seen(farthest, None, farthest))
    }

    /// Expands the parents from one up to another.
    fn expand(&mut self, from: usize, to: usize, depth: u32) -> Result<(), Room> {
        let before = self.next.kept() as u64;
        for at in from..to {
            let (parent, steps) = self.layer.state(at);
            self.expand.expand(parent, steps, &mut self.next)?;
            if self.next.waiting().len() >= BATCH {
                self.look_up(depth + 1);
            }
        }
        self.look_up(depth + 1);
        self.states += self.next.kept() as u64 - before;
        self.met.append(&mut self.next.met);
        Ok(())
    }

    /// Keeps the new ones among the successors that wait.
    fn look_up(&mut self, depth: u32) {
        self.table.touch(self.next.waiting());
        self.next.look_up(|fingerprint, _, _| match self.table.insert(fingerprint, depth) {
            Some(known) => {
                self.back_edges |= known < depth;
                false
            }
            None => true,
        });
    }

    /// The limit that is met behind a block. Memory is counted by what is stored, so that it is the same everywhere.
    fn limit(&mut self, depth: u32) -> Option<Limit> {
        if self.states > self.limits.max_states {
            let excess = usize::try_from(self.states - self.limits.max_states).expect("they are stored");
            self.next.truncate(self.next.kept() - excess);
            self.states = self.limits.max_states;
            return Some(Limit::States);
        }
        if self.met.too_long || depth + 1 >= MAX_DEPTH && self.next.kept() > 0 {
            return Some(Limit::Steps);
        }
        if (self.table.bytes() + self.layer.bytes() + self.next.bytes()) as u64 > self.limits.max_memory {
            return Some(Limit::Memory);
        }
        let gone_through = self.met.transitions.saturating_mul(self.stride as u64);
        if gone_through > self.limits.max_states.saturating_mul(CELLS_A_STATE) {
            return Some(Limit::Size);
        }
        if self.met.transitions - self.polled < POLL {
            return None;
        }
        self.polled = self.met.transitions;
        self.control.poll(&Progress {
            states: self.states,
            depth: u64::from(depth),
            executions: 0,
            estimate: None,
        })
    }

    fn seen(self, depth: u32, limit: Option<Limit>, covered: u32) -> (Searched, Reached) {
        let seen = Searched {
            states: self.states,
            transitions: self.met.transitions,
            finals: self.met.finals,
            final_fingerprint: self.met.final_fingerprint,
            depth,
            covered,
            back_edges: self.back_edges,
            found: self.met.found,
            limit,
            table: self.table,
        };
        (seen, self.met.reached)
    }
}
