//! W for shuttle: the registry as ordinary threaded code, under shuttle's random scheduler.
//!
//! A step ends where shuttle may switch threads: before a lock is taken, before it is released, and before each
//! callback.  What a thread does under the lock between two such points nobody else can see, so it does not
//! matter which step carries it.  The call of lock() is a step of its own when the lock is held by another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::sync::{Mutex, MutexGuard};
use shuttle::{Config, Runner, thread};

use super::Counts;
use crate::registry::{InitFailed, Kind, Net, Ops, Registry};
use crate::w::W;

/// Runs `schedules` random executions of `w`; panics, with shuttle's report, if an invariant breaks.
pub fn run(w: W, schedules: usize, seed: u64) -> Counts {
    let steps = Arc::new(AtomicU64::new(0));
    let random = RandomScheduler::new_from_seed(seed, schedules);
    let runner = Runner::new(Counting { random, steps: Arc::clone(&steps) }, Config::default());
    Counts::measure(|| (runner.run(move || execution(w)) as u64, steps.load(Ordering::Relaxed)))
}

/// One execution: all tasks of `w`, from their start to their end.
fn execution(w: W) {
    let net_mutex = &Mutex::new(Registry::new(w));
    thread::scope(|scope| {
        for me in 0..w.registrars {
            scope.spawn(move || registrar(net_mutex, me, w.rounds));
        }
        for me in 0..w.nets {
            scope.spawn(move || net_task(net_mutex, Net(me + 1)));
        }
    });
}

fn registrar(net_mutex: &Mutex<Registry>, me: usize, rounds: usize) {
    let (a, b) = (Ops { kind: Kind::Subsys, owner: me }, Ops { kind: Kind::Device, owner: me });
    for _ in 0..rounds {
        register(net_mutex, a).expect("the init of a subsys never fails");
        if register(net_mutex, b).is_ok() {
            unregister(net_mutex, b);
        }
        unregister(net_mutex, a);
    }
}

fn net_task(net_mutex: &Mutex<Registry>, net: Net) {
    if create(net_mutex, net).is_ok() {
        destroy(net_mutex, net);
    }
}

fn register(net_mutex: &Mutex<Registry>, ops: Ops) -> Result<(), InitFailed> {
    let mut registry = lock(net_mutex);
    registry.link(ops);
    for at in 0..registry.net_list.len() {
        let net = registry.net_list[at];
        if let Err(failed) = init(&mut registry, ops, net) {
            registry.unlink(ops);
            for before in 0..at {
                let net = registry.net_list[before];
                exit(&mut registry, ops, net);
            }
            release(registry);
            return Err(failed);
        }
    }
    if ops.kind == Kind::Device && registry.first_device.is_none() {
        registry.first_device = Some(ops);
    }
    release(registry);
    Ok(())
}

fn unregister(net_mutex: &Mutex<Registry>, ops: Ops) {
    let mut registry = lock(net_mutex);
    registry.unlink(ops);
    for at in 0..registry.net_list.len() {
        let net = registry.net_list[at];
        exit(&mut registry, ops, net);
    }
    release(registry);
}

fn create(net_mutex: &Mutex<Registry>, net: Net) -> Result<(), InitFailed> {
    let mut registry = lock(net_mutex);
    for at in 0..registry.pernet_list.len() {
        let ops = registry.pernet_list[at];
        if let Err(failed) = init(&mut registry, ops, net) {
            exit_in_reverse(&mut registry, at, net);
            release(registry);
            return Err(failed);
        }
    }
    registry.net_list.push(net);
    release(registry);
    Ok(())
}

fn destroy(net_mutex: &Mutex<Registry>, net: Net) {
    let mut registry = lock(net_mutex);
    registry.net_list.retain(|&listed| listed != net);
    let all = registry.pernet_list.len();
    exit_in_reverse(&mut registry, all, net);
    release(registry);
}

/// The exits of the first `count` ops of the list for `net`, last first.
fn exit_in_reverse(registry: &mut Registry, count: usize, net: Net) {
    for at in (0..count).rev() {
        registry.check_reverse(at, net);
        let ops = registry.pernet_list[at];
        exit(registry, ops, net);
    }
}

fn init(registry: &mut Registry, ops: Ops, net: Net) -> Result<(), InitFailed> {
    point();
    let fails = ops.kind == Kind::Device && !registry.failed && thread_rng().gen_ratio(1, 8);
    registry.init(ops, net, fails)
}

fn exit(registry: &mut Registry, ops: Ops, net: Net) {
    point();
    registry.exit(ops, net);
}

/// A callback may sleep; for shuttle that is a scheduling point and nothing else, where `yield_now` would also
/// wake the thread once from its next wait.
fn point() {
    thread::sleep(Duration::ZERO);
}

fn lock(net_mutex: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    net_mutex.lock().expect("a panic ends the execution")
}

/// Frees the lock, and checks what must hold whenever it is free.
fn release(registry: MutexGuard<'_, Registry>) {
    registry.check_paired();
    drop(registry);
}

/// Counts the scheduling points on their way to shuttle's scheduler.
struct Counting {
    random: RandomScheduler,
    steps: Arc<AtomicU64>,
}

impl Scheduler for Counting {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.random.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.random.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.random.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The main thread takes N + M + 3 of the points: it starts, spawns each task, waits, and ends.  The tasks
    /// take fewer steps than W's, because a lock call that succeeds at once is one step, not two.
    #[test]
    fn steps_are_those_of_w() {
        for w in [W::new(1, 2, 1), W::new(2, 3, 1)] {
            let counts = run(w, 5_000, 1);
            assert_eq!(counts.schedules, 5_000);
            let of_tasks = counts.steps as f64 / 5_000.0 - (w.registrars + w.nets + 3) as f64;
            let ratio = of_tasks / w.steps_per_schedule().unwrap();
            assert!((0.9..1.1).contains(&ratio), "{w}: {of_tasks} steps of tasks a schedule");
        }
    }

    #[test]
    fn equal_seeds_make_equal_schedules() {
        let steps = |seed| run(W::new(2, 2, 1), 200, seed).steps;
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
    }
}
