//! What a search has come to so far, and whether it may go on.

use super::Searched;
use super::estimate::Estimate;
use super::out::Met;
use super::states::States;
use crate::engine::Reached;
use crate::limit::{CELLS_A_STATE, Control, Limit, Limits, Progress};
use crate::table::MAX_DEPTH;
use model::judge::orders::Orders;

/// How often the control is asked, in transitions.
const POLL: u64 = 1 << 12;

/// The running count of a search.
pub struct Account<'a> {
    pub limits: &'a Limits,
    pub control: &'a dyn Control,
    /// Cells of a state.
    pub stride: usize,
    pub met: Met,
    pub states: u64,
    /// The most steps to a state.
    pub depth: u32,
    pub back_edges: bool,
    /// States and transitions when the control was asked last.
    polled: (u64, u64),
    /// Of the successors lately, the part that was new.
    share: f64,
}

impl<'a> Account<'a> {
    pub fn new(limits: &'a Limits, control: &'a dyn Control, stride: usize, reached: &Reached) -> Self {
        let met = Met { reached: reached.clone(), ..Met::default() };
        Self {
            limits,
            control,
            stride,
            met,
            states: 0,
            depth: 0,
            back_edges: false,
            polled: (0, 0),
            share: 1.0,
        }
    }

    /// The limit that is met behind a block of parents, the last of them so many steps from the first state. Memory is
    /// counted by what is stored, so that it is the same everywhere. Of the states that wait only `waiting` are left: new
    /// ones that are too many do not count.
    pub fn limit(&mut self, depth: u32, bytes: usize, waiting: &mut usize) -> Option<Limit> {
        if self.states > self.limits.max_states {
            let excess = usize::try_from(self.states - self.limits.max_states).expect("they are stored");
            *waiting = waiting.saturating_sub(excess);
            self.states = self.limits.max_states;
            return Some(Limit::States);
        }
        if self.met.too_long || depth + 1 >= MAX_DEPTH && *waiting > 0 {
            return Some(Limit::Steps);
        }
        if bytes as u64 > self.limits.max_memory {
            return Some(Limit::Memory);
        }
        let gone_through = self.met.transitions.saturating_mul(self.stride as u64);
        if gone_through > self.limits.max_states.saturating_mul(CELLS_A_STATE) {
            return Some(Limit::Size);
        }
        None
    }

    /// Is it time to ask the control? Then the share of successors that were new lately.
    #[allow(clippy::cast_precision_loss, reason = "a guess needs no more")]
    pub fn due(&mut self) -> Option<f64> {
        let (states, transitions) = self.polled;
        if self.met.transitions - transitions < POLL {
            return None;
        }
        let new = (self.states - states) as f64 / (self.met.transitions - transitions) as f64;
        self.polled = (self.states, self.met.transitions);
        // Half of it is what it was before: a block is not all blocks.
        self.share = if states == 0 { new } else { (self.share + new) / 2.0 };
        Some(self.share)
    }

    /// Tells the control how far it has come.
    pub fn poll(&self, depth: u32, queue: usize, left: Option<Estimate>) -> Option<Limit> {
        let (states, depth, queue) = (self.states, u64::from(depth), queue as u64);
        self.control.poll(&Progress { states, depth, queue, left, ..Progress::START })
    }

    /// What was seen, and which `sometimes` were reached.
    pub fn seen(
        self,
        states: impl States,
        limit: Option<Limit>,
        covered: u32,
        orders: Orders,
    ) -> (Searched, Reached) {
        let seen = Searched {
            states: self.states,
            transitions: self.met.transitions,
            finals: self.met.finals,
            final_fingerprint: self.met.final_fingerprint,
            depth: self.depth,
            covered,
            back_edges: self.back_edges,
            found: self.met.found,
            limit,
            orders,
            table: states.into_table(),
        };
        (seen, self.met.reached)
    }
}
