//! Tasks whose next step is due but cannot be taken yet, in the order in which they came.
//!
//! Those that wait for one lock stand in a queue of their own, and only its first is woken when the lock is free: ten
//! thousand waiters cost no more than one.

use model::machine::code::Wait;
use model::machine::{TaskId, World};
use std::collections::{BTreeMap, BTreeSet};

/// The queue at one lock.
#[derive(Clone, Debug, Default)]
struct Queue {
    waiting: BTreeSet<(u64, TaskId)>,
    /// One was woken and has not taken its turn yet.
    called: Option<TaskId>,
}

/// All parked tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Parked {
    at_locks: BTreeMap<u32, Queue>,
    others: BTreeSet<(u64, TaskId)>,
    /// A task's place in the order, kept until it has taken its step.
    places: BTreeMap<TaskId, u64>,
    next: u64,
}

impl Parked {
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A task cannot go on. If it was woken in vain, it gets its old place.
    pub fn park(&mut self, world: &World<'_>, task: TaskId) {
        let next = &mut self.next;
        let place = *self.places.entry(task).or_insert_with(|| {
            *next += 1;
            *next
        });
        match world.wait(task) {
            Wait::Lock(lock) => {
                let queue = self.at_locks.entry(lock).or_default();
                queue.waiting.insert((place, task));
                if queue.called == Some(task) {
                    queue.called = None;
                }
            }
            Wait::Never | Wait::Ask | Wait::Gone => {
                self.others.insert((place, task));
            }
        }
    }

    /// A task took its step.
    pub fn stepped(&mut self, task: TaskId) {
        if self.places.remove(&task).is_some() {
            self.at_locks.retain(|_, queue| {
                if queue.called == Some(task) {
                    queue.called = None;
                }
                queue.called.is_some() || !queue.waiting.is_empty()
            });
        }
    }

    /// Takes out the tasks that can go on now, and appends them in the order in which they came.
    pub fn wake(&mut self, world: &World<'_>, woken: &mut Vec<(u64, TaskId)>) {
        for (&lock, queue) in &mut self.at_locks {
            if queue.called.is_none()
                && world.cells()[lock as usize] == 0
                && let Some((place, task)) = queue.waiting.pop_first()
            {
                queue.called = Some(task);
                woken.push((place, task));
            }
        }
        self.others.retain(|&waiting| {
            let ready = world.enabled(waiting.1);
            if ready {
                woken.push(waiting);
            }
            !ready
        });
        woken.sort_unstable();
    }
}
