//! Keeps the books of one timed execution: calls that are under way, locks that are held, namespaces that are dead.
//!
//! It sees events and the time of their step, and must never change what happens.

use super::report::TimedReport;
use model::machine::program::Contract;
use model::machine::verbs::VERBS;
use model::machine::{Event, Program, TaskId, Value, Watch, World};
use std::collections::{BTreeMap, BTreeSet};

/// What a verb means for the books.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entry {
    None,
    /// Takes its lock.
    Lock,
    /// Takes its lock if the result is 0.
    LockUnless,
    /// Takes its lock if the result is 1.
    TryLock,
    Unlock,
    /// The last reference of a namespace may go.
    Put,
    Free,
}

fn entry(verb: &str) -> Entry {
    match verb {
        "mutex_lock" | "spin_lock" | "down_read" | "down_write" => Entry::Lock,
        "mutex_lock_killable" | "down_read_killable" => Entry::LockUnless,
        "mutex_trylock" => Entry::TryLock,
        "mutex_unlock" | "spin_unlock" | "up_read" | "up_write" => Entry::Unlock,
        "refcount_dec_and_test" => Entry::Put,
        "kfree" => Entry::Free,
        _ => Entry::None,
    }
}

/// A call of a function of the contract that has not returned.
#[derive(Clone, Copy, Debug)]
struct Call {
    function: u16,
    argument: Value,
    since: u64,
}

/// The books of the running execution.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    contracts: Vec<Option<Contract>>,
    calls: Vec<Vec<Call>>,
    /// Calls that tasks stand in before their first step.
    calls_at_start: Vec<Vec<Call>>,
    /// When each task's next step was due first.
    due: Vec<u64>,
    /// When the running step began, and when it is over.
    now: u64,
    over: u64,
    /// When the last step is over.
    end: u64,
    operations: BTreeMap<u16, Vec<u64>>,
    locks: BTreeMap<u32, (Value, Held)>,
    held: BTreeMap<(u32, TaskId), u64>,
    dead: BTreeSet<Value>,
    backlog: Backlog,
    created: u64,
    destroyed: u64,
}

/// One lock's figures, with tasks by number.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    taken: u64,
    held: u64,
    longest_held: (u64, TaskId),
    waited: u64,
    contended: u64,
    longest_waited: (u64, TaskId),
}

/// How many are dead, over time.
#[derive(Clone, Copy, Debug, Default)]
struct Backlog {
    max: u64,
    /// Sum over time, in namespaces times nanoseconds.
    area: u128,
    since: u64,
}

impl Ledger {
    pub fn new(program: &Program) -> Self {
        let tasks = program.tasks.len();
        Self {
            entries: VERBS.iter().map(|verb| entry(verb.name)).collect(),
            contracts: program.functions.iter().map(|function| function.contract).collect(),
            calls: vec![Vec::new(); tasks],
            calls_at_start: Vec::new(),
            due: vec![0; tasks],
            now: 0,
            over: 0,
            end: 0,
            operations: BTreeMap::new(),
            locks: BTreeMap::new(),
            held: BTreeMap::new(),
            dead: BTreeSet::new(),
            backlog: Backlog::default(),
            created: 0,
            destroyed: 0,
        }
    }

    /// What boot did is not counted; what tasks have entered before their first step is.
    pub fn booted(&mut self) {
        self.calls_at_start = self.calls.clone();
        self.rewind();
    }

    pub fn rewind(&mut self) {
        self.calls.clone_from(&self.calls_at_start);
        self.due.fill(0);
        (self.now, self.over, self.end) = (0, 0, 0);
        self.operations.clear();
        self.locks.clear();
        self.held.clear();
        self.dead.clear();
        self.backlog = Backlog::default();
        (self.created, self.destroyed) = (0, 0);
    }

    pub fn arrives(&mut self, task: TaskId, time: u64) {
        self.due[task as usize] = time;
        for call in &mut self.calls[task as usize] {
            call.since = time;
        }
    }

    /// A step begins.
    pub fn begins(&mut self, now: u64, over: u64) {
        self.now = now;
        self.over = over;
        self.end = self.end.max(over);
    }

    /// A task's next step is due. Before the second step of a verb, it waits since the first was due.
    pub fn next_due(&mut self, task: TaskId, time: u64, resumes: bool) {
        if !resumes {
            self.due[task as usize] = time;
        }
    }

    fn called(&mut self, task: TaskId, function: u16, argument: Value) {
        self.calls[task as usize].push(Call { function, argument, since: self.over });
    }

    fn returned(&mut self, task: TaskId, function: u16, result: Value) {
        let calls = &mut self.calls[task as usize];
        let Some(at) = calls.iter().rposition(|call| call.function == function) else { return };
        let call = calls[at];
        calls.truncate(at);
        self.operations.entry(function).or_default().push(self.over - call.since);
        if self.contracts[usize::from(function)] == Some(Contract::CopyNetNs) && result.is_place() {
            self.created += 1;
        }
    }

    fn locked(&mut self, task: TaskId, lock: Value) {
        let waited = self.now - self.due[task as usize];
        let (_, figures) = self.locks.entry(lock.address()).or_insert((lock, Held::default()));
        figures.taken += 1;
        figures.waited += waited;
        figures.contended += u64::from(waited > 0);
        if waited > figures.longest_waited.0 {
            figures.longest_waited = (waited, task);
        }
        self.held.insert((lock.address(), task), self.now);
    }

    fn unlocked(&mut self, task: TaskId, lock: Value) {
        let Some(since) = self.held.remove(&(lock.address(), task)) else { return };
        if let Some((_, figures)) = self.locks.get_mut(&lock.address()) {
            figures.held += self.now - since;
            if self.now - since > figures.longest_held.0 {
                figures.longest_held = (self.now - since, task);
            }
        }
    }

    /// The last reference of the namespace that a `put_net` is under way for has gone.
    fn put(&mut self, task: TaskId) {
        let puts = |call: &&Call| self.contracts[usize::from(call.function)] == Some(Contract::PutNet);
        if let Some(call) = self.calls[task as usize].iter().rev().find(puts) {
            let net = call.argument;
            self.count();
            self.dead.insert(net);
            self.backlog.max = self.backlog.max.max(self.dead.len() as u64);
        }
    }

    fn freed(&mut self, object: Value) {
        if self.dead.contains(&object) {
            self.count();
            self.dead.remove(&object);
            self.destroyed += 1;
        }
    }

    /// Carries the backlog forward to now.
    fn count(&mut self) {
        self.backlog.area += self.dead.len() as u128 * u128::from(self.now - self.backlog.since);
        self.backlog.since = self.now;
    }

    /// Adds what was counted to a report, by names.
    pub fn add_to(&self, world: &World<'_>, report: &mut TimedReport) {
        let program = world.program();
        let name = |task: TaskId| program.tasks[task as usize].name.clone();
        report.executions += 1;
        report.virtual_time += u128::from(self.end);
        report.created += self.created;
        report.destroyed += self.destroyed;
        report.backlog_max = report.backlog_max.max(self.backlog.max);
        let left = self.dead.len() as u128 * u128::from(self.end - self.backlog.since);
        report.backlog_area += self.backlog.area + left;
        for (&function, durations) in &self.operations {
            let name = &program.functions[usize::from(function)].name;
            let operation = report.operations.entry(name.clone()).or_default();
            operation.durations.extend_from_slice(durations);
        }
        for (lock, figures) in self.locks.values() {
            let lock = report.locks.entry(world.describe(*lock)).or_default();
            lock.taken += figures.taken;
            lock.held += u128::from(figures.held);
            lock.contended += figures.contended;
            lock.waited += u128::from(figures.waited);
            if figures.longest_held.0 > lock.longest_held.0 {
                lock.longest_held = (figures.longest_held.0, name(figures.longest_held.1));
            }
            if figures.longest_waited.0 > lock.longest_waited.0 {
                lock.longest_waited = (figures.longest_waited.0, name(figures.longest_waited.1));
            }
        }
    }
}

impl Watch for Ledger {
    fn event(&mut self, _: &World<'_>, task: TaskId, _: u32, event: Event) {
        match event {
            Event::Call { function, argument } => self.called(task, function, argument),
            Event::Return { function, result, .. } => self.returned(task, function, result),
            Event::Verb { verb, args, result } => match self.entries[usize::from(verb)] {
                Entry::Lock => self.locked(task, args[0]),
                Entry::LockUnless if result == Value::NULL => self.locked(task, args[0]),
                Entry::TryLock if result.is_true() => self.locked(task, args[0]),
                Entry::Unlock => self.unlocked(task, args[0]),
                Entry::Put if result.is_true() => self.put(task),
                Entry::Free => self.freed(args[0]),
                _ => {}
            },
            _ => {}
        }
    }
}
