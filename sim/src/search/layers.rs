//! Breadth first: one layer of states after the other.

use super::account::Account;
use super::crew::{Crew, FEWEST};
use super::estimate::Probe;
use super::expand::Expand;
use super::out::Out;
use super::states::States;
use super::{BATCH, Searched};
use crate::engine::Reached;
use crate::limit::{Control, Limit, Limits};
use model::machine::{Program, Room, World};
use std::ops::Range;

/// Parents of a block. Limits are looked at behind each block, so that they cut at the same place for any number of
/// threads.
const BLOCK: usize = 4096;

/// Cells that the successors of a block may have, roughly: a world of a thousand tasks has blocks of one parent.
const BLOCK_CELLS: usize = 1 << 24;

/// A search, layer by layer.
pub struct Layers<'a, E, S> {
    expand: E,
    threads: usize,
    /// They come with the first block that is worth it.
    crew: Option<Crew<E>>,
    program: &'a Program,
    /// Parents of a block.
    block: usize,
    states: S,
    /// The layer that is expanded, and the one behind it.
    layer: Out,
    next: Out,
    /// Comes when somebody looks.
    probe: Option<Probe<E>>,
    account: Account<'a>,
}

impl<'a, E: Expand, S: States> Layers<'a, E, S> {
    /// Starts from a world's state.
    pub fn new(
        (expand, states): (E, S),
        world: &World<'a>,
        threads: usize,
        limits: &'a Limits,
        reached: &Reached,
        control: &'a dyn Control,
    ) -> Self {
        let (program, stride) = (world.program(), world.cells().len());
        let layer = Out::new(program, reached.clone());
        let mut next = Out::new(program, reached.clone());
        next.successor(world.cells(), world.fingerprint(), 0);
        let block = (BLOCK_CELLS / (stride * program.tasks.len().max(1))).clamp(1, BLOCK);
        let account = Account::new(limits, control, stride, reached);
        Self { expand, threads, crew: None, program, block, states, layer, next, probe: None, account }
    }

    /// Goes on until there is nothing left, or a limit is met.
    pub fn search(mut self) -> Result<(Searched, Reached), Room> {
        let mut depth = 0;
        self.look_up(0);
        self.account.states = 1;
        while self.next.kept() > 0 {
            self.account.depth = self.account.depth.max(self.next.farthest());
            std::mem::swap(&mut self.layer, &mut self.next);
            self.next.truncate(0);
            let mut from = 0;
            while from < self.layer.kept() {
                let to = self.layer.kept().min(from + self.block);
                self.expand(from..to, depth)?;
                if let Some(limit) = self.limit(to, depth) {
                    // What was too long is among the parents of this block.
                    let left = if self.account.met.too_long { from } else { to };
                    let covered = self.layer.nearest(left).min(self.next.nearest(0));
                    self.account.depth = self.account.depth.max(self.next.farthest());
                    return Ok(self.seen(Some(limit), covered));
                }
                from = to;
            }
            depth += 1;
        }
        let depth = self.account.depth;
        Ok(self.seen(None, depth))
    }

    fn seen(self, limit: Option<Limit>, covered: u32) -> (Searched, Reached) {
        let mut orders = self.expand.orders().cloned().unwrap_or_default();
        if let Some(crew) = &self.crew {
            crew.join_orders(&mut orders);
        }
        self.account.seen(self.states, limit, covered, orders)
    }

    /// The limit that is met behind a block, and before the parents from `left` on.
    fn limit(&mut self, left: usize, depth: u32) -> Option<Limit> {
        let bytes = self.states.bytes() + self.layer.bytes() + self.next.bytes();
        if let Some(limit) = self.account.limit(depth, bytes, &mut self.next) {
            return Some(limit);
        }
        let share = self.account.due()?;
        let estimate = self.account.control.shows().then(|| {
            let probe = self.probe.get_or_insert_with(|| Probe::new(&self.expand, self.program));
            probe.look(&[(&self.layer, left), (&self.next, 0)], share)
        });
        let queue = self.layer.kept() - left + self.next.kept();
        self.account.poll(depth, queue, estimate.flatten())
    }

    /// Expands some parents of the layer.
    fn expand(&mut self, parents: Range<usize>, depth: u32) -> Result<(), Room> {
        let before = self.next.kept() as u64;
        match self.states.shared().filter(|_| self.threads > 1 && parents.len() >= FEWEST) {
            None => self.expand_alone(parents, depth)?,
            Some(table) => {
                let out = || Out::new(self.program, self.account.met.reached.clone());
                let crew = self.crew.get_or_insert_with(|| Crew::new(self.threads, &self.expand, out));
                self.account.back_edges |= crew.expand(&self.layer, parents, depth, table, &mut self.next)?;
            }
        }
        self.account.states += self.next.kept() as u64 - before;
        self.account.met.append(&mut self.next.met);
        Ok(())
    }

    fn expand_alone(&mut self, parents: Range<usize>, depth: u32) -> Result<(), Room> {
        for at in parents {
            let (parent, steps) = self.layer.state(at);
            self.expand.expand(parent, steps, &mut self.next)?;
            if self.next.waiting().len() >= BATCH {
                self.look_up(depth + 1);
            }
        }
        self.look_up(depth + 1);
        Ok(())
    }

    /// Keeps the new ones among the successors that wait.
    fn look_up(&mut self, depth: u32) {
        let (states, account) = (&mut self.states, &mut self.account);
        states.touch(self.next.waiting());
        self.next.look_up(|fingerprint, cells, _| {
            let known = states.insert(fingerprint, cells, depth);
            account.back_edges |= known.is_some_and(|known| known < depth);
            Some(known.is_none())
        });
    }
}
