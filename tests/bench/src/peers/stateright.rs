//! W for stateright: a `Model` of plain values, checked on one thread by its depth-first or breadth-first search.
//!
//! Its users write the state as a value and each step as an action.  The state here owns no memory, because
//! stateright clones it for every transition.

use stateright::{Checker, Model, Property};

use bench::counts::Explored;
use bench::w::W;

const OPS: usize = 8;
const NETS: usize = 8;
const TASKS: usize = 9;

/// The order in which stateright searches.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Keeps its fingerprints, and the path to where it stands.
    Dfs,
    /// Keeps its fingerprints with their parents, and two layers of states.
    Bfs,
}

/// Visits every state of `w`; panics, with stateright's report, if an invariant breaks.
pub fn run(w: W, order: Order) -> Explored {
    assert!(2 * w.registrars <= OPS && w.nets < NETS && w.registrars + w.nets <= TASKS, "{w} is too large");
    let checker = World(w).checker().threads(1);
    let (states, transitions) = match order {
        Order::Dfs => explored(checker.spawn_dfs().join()),
        Order::Bfs => explored(checker.spawn_bfs().join()),
    };
    Explored { states, transitions }
}

fn explored(checker: impl Checker<World>) -> (u64, u64) {
    checker.assert_properties();
    // Stateright counts every state that it generates, the initial one too.
    (checker.unique_state_count() as u64, checker.state_count() as u64 - 1)
}

/// An ops by its number: A_i is 2i, B_i is 2i + 1.
type Ops = u8;
/// A namespace by its number; 0 is always there.
type Net = u8;

const INIT_NET: Net = 0;

fn is_device(ops: Ops) -> bool {
    ops % 2 == 1
}

/// A short list in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct List {
    len: u8,
    items: [u8; OPS],
}

impl List {
    fn as_slice(&self) -> &[u8] {
        &self.items[..usize::from(self.len)]
    }

    fn get(&self, at: u8) -> Option<u8> {
        self.as_slice().get(usize::from(at)).copied()
    }

    fn position(&self, item: u8) -> usize {
        self.as_slice().iter().position(|&listed| listed == item).expect("it is on the list")
    }

    fn insert(&mut self, place: usize, item: u8) {
        self.items.copy_within(place..usize::from(self.len), place + 1);
        self.items[place] = item;
        self.len += 1;
    }

    /// What lies behind the end is zero, so that equal lists are equal values.
    fn remove(&mut self, item: u8) {
        let place = self.position(item);
        self.items.copy_within(place + 1.., place);
        self.len -= 1;
        self.items[usize::from(self.len)] = 0;
    }
}

/// Where a task stands: the step that it takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum At {
    Try(Call),
    Acquire(Call),
    /// The init of a registration for the net at this place of the list, or of a creation for the ops there.
    Init(Call, u8),
    /// The exit at this place; a failed registration goes on up to the last field, exclusive.
    Exit(Call, u8),
    Undo(Call, u8, u8),
    /// Whether the call failed.
    Release(Call, bool),
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Register(Ops),
    Unregister(Ops),
    Create(Net),
    Destroy(Net),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Task {
    at: At,
    rounds_left: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    locked: bool,
    failed: bool,
    first_device: Option<Ops>,
    pernet_list: List,
    net_list: List,
    /// By ops: a bit for each namespace whose init succeeded and whose exit was not called.
    inited: [u8; OPS],
    tasks: [Task; TASKS],
}

impl State {
    fn is_inited(&self, ops: Ops, net: Net) -> bool {
        self.inited[usize::from(ops)] & 1 << net != 0
    }

    /// The ops and the net that a callback of `call` at `place` is for.
    fn callback(&self, call: Call, place: u8) -> (Ops, Net) {
        match call {
            Call::Register(ops) | Call::Unregister(ops) => (ops, self.net_list.items[usize::from(place)]),
            Call::Create(net) | Call::Destroy(net) => (self.pernet_list.items[usize::from(place)], net),
        }
    }

    fn link(&mut self, ops: Ops) {
        let place = match self.first_device {
            Some(device) if !is_device(ops) => self.pernet_list.position(device),
            _ => usize::from(self.pernet_list.len),
        };
        self.pernet_list.insert(place, ops);
    }

    fn unlink(&mut self, ops: Ops) {
        if self.first_device == Some(ops) {
            self.first_device = self.pernet_list.get(self.pernet_list.position(ops) as u8 + 1);
        }
        self.pernet_list.remove(ops);
    }

    /// The lock is taken; the change of the lists is part of the step.
    fn acquire(&mut self, call: Call) -> At {
        self.locked = true;
        match call {
            Call::Register(ops) => {
                self.link(ops);
                At::Init(call, 0)
            }
            Call::Unregister(ops) => {
                self.unlink(ops);
                At::Exit(call, 0)
            }
            Call::Create(_) if self.pernet_list.len == 0 => At::Release(call, false),
            Call::Create(_) => At::Init(call, 0),
            Call::Destroy(net) => {
                self.net_list.remove(net);
                self.exit_from(call, self.pernet_list.len, false)
            }
        }
    }

    fn init(&mut self, call: Call, place: u8, fails: bool) -> At {
        let (ops, net) = self.callback(call, place);
        if fails {
            self.failed = true;
            return match call {
                Call::Register(_) => {
                    self.unlink(ops);
                    self.undo_from(call, 0, place)
                }
                _ => self.exit_from(call, place, true),
            };
        }
        self.inited[usize::from(ops)] |= 1 << net;
        let count = if matches!(call, Call::Register(_)) { self.net_list.len } else { self.pernet_list.len };
        if place + 1 < count { At::Init(call, place + 1) } else { At::Release(call, false) }
    }

    /// The exits of a namespace that goes, from the ops before `end` down to the first.
    fn exit_from(&self, call: Call, end: u8, failed: bool) -> At {
        match (end.checked_sub(1), failed) {
            (None, _) => At::Release(call, failed),
            (Some(place), false) => At::Exit(call, place),
            (Some(place), true) => At::Undo(call, place, 0),
        }
    }

    /// The exits of a registration that failed, from the net at `place` to the one before `end`.
    fn undo_from(&self, call: Call, place: u8, end: u8) -> At {
        if place < end { At::Undo(call, place, end) } else { At::Release(call, true) }
    }

    fn exit(&mut self, call: Call, place: u8) {
        let (ops, net) = self.callback(call, place);
        self.inited[usize::from(ops)] &= !(1 << net);
    }

    /// The lock is freed; what becomes visible with that is part of the step.
    fn release(&mut self, call: Call, failed: bool) {
        self.locked = false;
        match call {
            Call::Register(ops) if is_device(ops) && !failed && self.first_device.is_none() => {
                self.first_device = Some(ops);
            }
            Call::Create(net) if !failed => self.net_list.insert(usize::from(self.net_list.len), net),
            _ => {}
        }
    }

    fn step(&mut self, me: usize, fails: bool) {
        let next = match self.tasks[me].at {
            At::Try(call) => At::Acquire(call),
            At::Acquire(call) => self.acquire(call),
            At::Init(call, place) => self.init(call, place, fails),
            At::Exit(call, place) => {
                self.exit(call, place);
                match call {
                    Call::Destroy(_) => self.exit_from(call, place, false),
                    _ if place + 1 < self.net_list.len => At::Exit(call, place + 1),
                    _ => At::Release(call, false),
                }
            }
            At::Undo(call, place, end) => {
                self.exit(call, place);
                match call {
                    Call::Register(_) => self.undo_from(call, place + 1, end),
                    _ => self.exit_from(call, place, true),
                }
            }
            At::Release(call, failed) => {
                self.release(call, failed);
                let task = &mut self.tasks[me];
                match after(call, failed) {
                    Some(next) => At::Try(next),
                    None if task.rounds_left > 1 => {
                        task.rounds_left -= 1;
                        At::Try(Call::Register(2 * me as u8))
                    }
                    None => {
                        task.rounds_left = 0;
                        At::Done
                    }
                }
            }
            At::Done => unreachable!("a task that is done takes no step"),
        };
        self.tasks[me].at = next;
    }

    fn is_enabled(&self, task: &Task) -> bool {
        match task.at {
            At::Done => false,
            At::Acquire(_) => !self.locked,
            _ => true,
        }
    }

    /// No init twice, no exit without init; and whenever the lock is free the lists say who is set up where.
    fn is_paired(&self) -> bool {
        let callbacks = self.tasks.iter().all(|task| match task.at {
            At::Init(call, place) => {
                let (ops, net) = self.callback(call, place);
                !self.is_inited(ops, net)
            }
            At::Exit(call, place) | At::Undo(call, place, _) => {
                let (ops, net) = self.callback(call, place);
                self.is_inited(ops, net)
            }
            _ => true,
        });
        let nets = self.net_list.as_slice().iter().fold(0, |nets, &net| nets | 1 << net);
        let listed = |ops: usize| self.pernet_list.as_slice().contains(&(ops as Ops));
        let balanced = |(ops, &inited): (usize, &u8)| inited == if listed(ops) { nets } else { 0 };
        callbacks && (self.locked || self.inited.iter().enumerate().all(balanced))
    }

    fn is_in_order(&self) -> bool {
        self.pernet_list.as_slice().is_sorted_by_key(|&ops| is_device(ops))
    }

    /// A namespace that goes has no later ops left.
    fn is_in_reverse(&self) -> bool {
        self.tasks.iter().all(|task| match task.at {
            At::Exit(Call::Destroy(net), place) | At::Undo(Call::Create(net), place, _) => {
                let later = &self.pernet_list.as_slice()[usize::from(place) + 1..];
                !later.iter().any(|&ops| self.is_inited(ops, net))
            }
            _ => true,
        })
    }

    fn can_go_on(&self) -> bool {
        self.tasks.iter().all(|task| task.at == At::Done)
            || self.tasks.iter().any(|task| self.is_enabled(task))
    }
}

/// What a task does after a call, in the same round.
fn after(call: Call, failed: bool) -> Option<Call> {
    match call {
        Call::Register(ops) if !is_device(ops) => Some(Call::Register(ops + 1)),
        Call::Register(ops) if failed => Some(Call::Unregister(ops - 1)),
        Call::Register(ops) => Some(Call::Unregister(ops)),
        Call::Unregister(ops) if is_device(ops) => Some(Call::Unregister(ops - 1)),
        Call::Create(net) if !failed => Some(Call::Destroy(net)),
        _ => None,
    }
}

struct World(W);

/// A task steps; its init fails or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Action {
    task: u8,
    fails: bool,
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let Self(w) = self;
        let mut tasks = [Task { at: At::Done, rounds_left: 0 }; TASKS];
        for (me, task) in tasks.iter_mut().enumerate().take(w.registrars) {
            let at = At::Try(Call::Register(2 * me as u8));
            *task = Task { at, rounds_left: w.rounds as u8 };
        }
        for (me, task) in tasks[w.registrars..].iter_mut().enumerate().take(w.nets) {
            task.at = At::Try(Call::Create(me as u8 + 1));
        }
        let mut net_list = List::default();
        net_list.insert(0, INIT_NET);
        vec![State {
            locked: false,
            failed: false,
            first_device: None,
            pernet_list: List::default(),
            net_list,
            inited: [0; OPS],
            tasks,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (me, task) in state.tasks.iter().enumerate() {
            if !state.is_enabled(task) {
                continue;
            }
            let me = me as u8;
            actions.push(Action { task: me, fails: false });
            if let At::Init(call, place) = task.at
                && !state.failed
                && is_device(state.callback(call, place).0)
            {
                actions.push(Action { task: me, fails: true });
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        next.step(usize::from(action.task), action.fails);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("paired", |_, state: &State| state.is_paired()),
            Property::always("subsys before device", |_, state: &State| state.is_in_order()),
            Property::always("reverse teardown", |_, state: &State| state.is_in_reverse()),
            Property::always("no deadlock", |_, state: &State| state.can_go_on()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_golden() {
        for w in [W::new(1, 2, 1), W::new(1, 2, 2), W::new(1, 3, 1), W::new(2, 2, 1)] {
            for order in [Order::Dfs, Order::Bfs] {
                let explored = run(w, order);
                let golden = w.golden().unwrap();
                assert_eq!(
                    explored,
                    Explored { states: golden.states, transitions: golden.transitions },
                    "{w}"
                );
            }
        }
    }

    /// The properties can fail.
    #[test]
    fn slips_are_noticed() {
        let sound = World(W::new(2, 1, 1)).init_states().remove(0);
        assert!(sound.is_paired() && sound.is_in_order() && sound.is_in_reverse() && sound.can_go_on());

        let mut unpaired = sound.clone();
        unpaired.link(0);
        assert!(!unpaired.is_paired());
        let mut disordered = sound.clone();
        disordered.link(1);
        disordered.link(0);
        assert!(!disordered.is_in_order());
        let mut forward = disordered.clone();
        forward.inited[0] = 2;
        forward.tasks[2].at = At::Exit(Call::Destroy(1), 0);
        assert!(!forward.is_in_reverse());
        let mut stuck = sound.clone();
        stuck.locked = true;
        for task in &mut stuck.tasks[..3] {
            task.at = At::Acquire(Call::Create(1));
        }
        assert!(!stuck.can_go_on());
    }
}
