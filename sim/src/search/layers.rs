//! Breadth first: one layer of states after the other.

use super::account::Account;
use super::crew::{Crew, FEWEST};
use super::estimate::Probe;
use super::expand::{Expand, State};
use super::out::Out;
use super::packed::Packed;
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
    layer: Packed,
    next: Packed,
    /// What the parents at hand lead to.
    out: Out,
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
        let (layer, next) = (Packed::new(world.cells()), Packed::new(world.cells()));
        let mut out = Out::new(program, reached.clone());
        out.successor(&State::new(world.cells(), 0));
        let block = (BLOCK_CELLS / (stride * program.tasks.len().max(1))).clamp(1, BLOCK);
        let account = Account::new(limits, control, stride, reached);
        Self { expand, threads, crew: None, program, block, states, layer, next, out, probe: None, account }
    }

    /// Goes on until there is nothing left, or a limit is met.
    pub fn search(mut self) -> Result<(Searched, Reached), Room> {
        let mut depth = 0;
        look_up(&mut self.out, &mut self.states, &mut self.account, 0);
        self.out.pack(&mut self.next);
        self.account.states = 1;
        while !self.next.is_empty() {
            self.account.depth = self.account.depth.max(self.next.farthest());
            std::mem::swap(&mut self.layer, &mut self.next);
            self.next.truncate(0);
            if self.states.shared().is_some() {
                self.out.skip_repetitions(depth);
            }
            let mut from = 0;
            while from < self.layer.len() {
                let to = self.layer.len().min(from + self.block);
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
        let mut waiting = self.next.len();
        let limit = self.account.limit(depth, bytes, &mut waiting);
        self.next.truncate(waiting);
        if limit.is_some() {
            return limit;
        }
        let share = self.account.due()?;
        let estimate = self.account.control.shows().then(|| {
            let probe = self.probe.get_or_insert_with(|| Probe::new(&self.expand, self.program));
            probe.look(&[(&self.layer, left), (&self.next, 0)], share)
        });
        let queue = self.layer.len() - left + self.next.len();
        self.account.poll(depth, queue, estimate.flatten())
    }

    /// Expands some parents of the layer.
    fn expand(&mut self, parents: Range<usize>, depth: u32) -> Result<(), Room> {
        let before = self.next.len() as u64;
        match self.states.shared().filter(|_| self.threads > 1 && parents.len() >= FEWEST) {
            None => self.expand_alone(parents, depth)?,
            Some(table) => {
                let out = || Out::new(self.program, self.account.met.reached.clone());
                let crew = self.crew.get_or_insert_with(|| Crew::new(self.threads, &self.expand, out));
                let into = (&mut self.next, &mut self.account.met);
                self.account.back_edges |= crew.expand(&self.layer, parents, depth, table, into)?;
            }
        }
        self.account.states += self.next.len() as u64 - before;
        Ok(())
    }

    fn expand_alone(&mut self, parents: Range<usize>, depth: u32) -> Result<(), Room> {
        let mut parents = self.layer.read(parents);
        while let Some(parent) = parents.next() {
            let known = self.out.waiting().len();
            self.expand.expand(&parent, &mut self.out)?;
            self.states.fetch(&self.out.waiting()[known..]);
            if self.out.waiting().len() >= BATCH {
                look_up(&mut self.out, &mut self.states, &mut self.account, depth + 1);
                self.out.pack(&mut self.next);
            }
        }
        look_up(&mut self.out, &mut self.states, &mut self.account, depth + 1);
        self.out.pack(&mut self.next);
        self.account.met.append(&mut self.out.met);
        Ok(())
    }
}

/// Keeps the new ones among the successors that wait.
fn look_up<S: States>(out: &mut Out, states: &mut S, account: &mut Account<'_>, depth: u32) {
    out.look_up(|state| {
        let known = states.insert(state, depth);
        account.back_edges |= known.is_some_and(|known| known < depth);
        Some(known.is_none())
    });
}
