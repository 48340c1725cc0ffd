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
use shuttle::sync::Mutex;
use shuttle::{Config, Runner, thread};

use bench::calls::{Tool, net_task, registrar};
use bench::counts::Counts;
use bench::registry::{Net, Ops, Registry};
use bench::w::W;

/// Runs `schedules` random executions of `w`; panics, with shuttle's report, if an invariant breaks.
pub fn run(w: W, schedules: usize, seed: u64) -> Counts {
    let steps = Arc::new(AtomicU64::new(0));
    let random = RandomScheduler::new_from_seed(seed, schedules);
    let runner = Runner::new(Counting { random, steps: Arc::clone(&steps) }, Config::default());
    Counts::measure(|| (runner.run(move || execution(w)) as u64, steps.load(Ordering::Relaxed)))
}

/// One execution: all tasks of `w`, from their start to their end.
fn execution(w: W) {
    let tool = &Shuttle(Mutex::new(Registry::new(w)));
    thread::scope(|scope| {
        for me in 0..w.registrars {
            scope.spawn(move || registrar(tool, me, w.rounds));
        }
        for me in 0..w.nets {
            scope.spawn(move || net_task(tool, Net(me + 1)));
        }
    });
}

/// `net_mutex`.
struct Shuttle(Mutex<Registry>);

impl Tool for Shuttle {
    fn locked<R>(&self, body: impl FnOnce(&mut Registry) -> R) -> R {
        body(&mut self.0.lock().expect("a panic ends the execution"))
    }

    /// For shuttle a sleep is a scheduling point and nothing else, where `yield_now` would also wake the thread once
    /// from its next wait.
    fn callback(&self) {
        thread::sleep(Duration::ZERO);
    }

    fn fails(&self, _: Ops, _: Net) -> bool {
        thread_rng().gen_ratio(1, 8)
    }
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
