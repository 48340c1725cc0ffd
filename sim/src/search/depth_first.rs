//! Depth first: the states that wait stand on a stack.

use super::Searched;
use super::account::Account;
use super::estimate::Probe;
use super::expand::{Expand, State, changed};
use super::out::Out;
use super::states::States;
use crate::engine::Reached;
use crate::limit::{Control, Limit, Limits};
use model::machine::{Program, Room, World};

/// Parents that are expanded between two looks at the limits.
const BLOCK: usize = 64;

/// So many of them are expanded before their successors are looked up: meanwhile the memory fetches their slots. Of more at a
/// time, too few wait near the first state for [`Probe`] to see what is left.
const ABREAST: usize = 2;

/// A search, from the last state that was found on. A state is marked when it is found, so it is on the stack once.
pub struct DepthFirst<'a, E, S> {
    expand: E,
    states: S,
    stack: Out,
    /// The cells of the state that is expanded.
    parent: Vec<u32>,
    program: &'a Program,
    /// Comes when somebody looks.
    probe: Option<Probe<E>>,
    account: Account<'a>,
}

impl<'a, E: Expand, S: States> DepthFirst<'a, E, S> {
    /// Starts from a world's state.
    pub fn new(
        (expand, states): (E, S),
        world: &World<'a>,
        limits: &'a Limits,
        reached: &Reached,
        control: &'a dyn Control,
    ) -> Self {
        let mut stack = Out::new(world.program(), reached.clone());
        stack.successor(&State::new(world.cells(), 0));
        let account = Account::new(limits, control, world.cells().len(), reached);
        Self { expand, states, stack, parent: Vec::new(), program: world.program(), probe: None, account }
    }

    /// Goes on until there is nothing left, or a limit is met.
    pub fn search(mut self) -> Result<(Searched, Reached), Room> {
        self.look_up();
        while self.stack.kept() > 0 {
            let mut deepest = 0;
            for _ in 0..BLOCK / ABREAST {
                for _ in 0..ABREAST {
                    deepest = deepest.max(self.expand()?);
                }
                self.look_up();
            }
            self.account.met.append(&mut self.stack.met);
            if let Some(limit) = self.limit(deepest) {
                // A state may have been come to by a long way round: nothing can be said of all short schedules.
                let orders = self.expand.orders().cloned().unwrap_or_default();
                return Ok(self.account.seen(self.states, Some(limit), 0, orders));
            }
        }
        let depth = self.account.depth;
        let orders = self.expand.orders().cloned().unwrap_or_default();
        Ok(self.account.seen(self.states, None, depth, orders))
    }

    fn limit(&mut self, depth: u32) -> Option<Limit> {
        let bytes = self.states.bytes() + self.stack.bytes();
        let mut waiting = self.stack.kept();
        let limit = self.account.limit(depth, bytes, &mut waiting);
        self.stack.truncate(waiting);
        if limit.is_some() {
            return limit;
        }
        let share = self.account.due()?;
        let estimate = self.account.control.shows().then(|| {
            let probe = self.probe.get_or_insert_with(|| Probe::new(&self.expand, self.program));
            probe.look(&[(&self.stack, 0)], share)
        });
        self.account.poll(depth, self.stack.kept(), estimate.flatten())
    }

    /// Expands the state on top; its steps from the first one.
    fn expand(&mut self) -> Result<u32, Room> {
        let Some(top) = self.stack.kept().checked_sub(1) else { return Ok(0) };
        let State { cells, fingerprint, steps, .. } = self.stack.state(top);
        let changed = changed(&self.parent, cells);
        self.parent.clear();
        self.parent.extend_from_slice(cells);
        self.stack.truncate(top);
        self.account.depth = self.account.depth.max(steps);
        let parent = State { cells: &self.parent, fingerprint, steps, changed };
        let known = self.stack.waiting().len();
        self.expand.expand(&parent, &mut self.stack)?;
        self.states.fetch(&self.stack.waiting()[known..]);
        Ok(steps)
    }

    /// Puts the new ones among the successors that wait on the stack.
    fn look_up(&mut self) {
        let (states, account) = (&mut self.states, &mut self.account);
        self.stack.look_up(|state| {
            let steps = state.steps;
            let known = states.insert(state, steps);
            // Round a cycle, steps cannot become more all the time.
            account.back_edges |= known.is_some_and(|known| known < steps);
            account.states += u64::from(known.is_none());
            Some(known.is_none())
        });
    }
}
