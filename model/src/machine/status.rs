//! What tasks can do next.

use super::code::{NO_SITE, Op, Wait};
use super::program::TaskId;
use super::verbs;
use super::world::{World, unpack};

/// What a task can do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It can take a step.
    Ready,
    /// It waits for something.
    Blocked,
    /// A worker with nothing to do.
    Idle,
    /// It has ended.
    Done,
}

impl World<'_> {
    /// What a task can do next.
    #[must_use]
    pub fn status(&self, task: TaskId) -> Status {
        let (pc, frame) = self.position(task);
        match self.program.stands[pc as usize].wait {
            Wait::Never => return Status::Ready,
            Wait::Lock(cell) if self.word(cell) == 0 => return Status::Ready,
            Wait::Lock(_) => return Status::Blocked,
            Wait::Gone => return Status::Done,
            Wait::Ask => {}
        }
        let ready = match self.program.code[pc as usize].op {
            Op::Verb { verb, dst, args, site } => match verbs::VERBS[usize::from(verb)].ready {
                Some(ready) => self.is_ready(ready, verb, pc, &self.call(task, frame, dst, args, site)),
                None => true,
            },
            Op::Resume { verb, dst, args, site } => {
                let call = self.call(task, frame, dst, args, site);
                verbs::VERBS[usize::from(verb)]
                    .resume
                    .as_ref()
                    .is_none_or(|resume| (resume.ready)(self, &call))
            }
            Op::WaitFor { expr } => self.program.waits[usize::from(expr)].is_true(self, task, frame),
            Op::TakeWork { queue, .. } => {
                let queue = self.arg(frame, queue).address();
                return if self.get(queue).address() == queue { Status::Idle } else { Status::Ready };
            }
            Op::TakeRcu { .. } => return verbs::rcu::status(self),
            _ => true,
        };
        if ready { Status::Ready } else { Status::Blocked }
    }

    /// Has a task ended, or is it a worker with nothing to do? Unlike [`Self::status`] it never asks what a task waits
    /// for, which may be this very answer.
    pub(crate) fn is_done(&self, task: TaskId) -> bool {
        let pc = self.position(task).0;
        match self.program.code[pc as usize].op {
            Op::Done => true,
            Op::TakeWork { .. } | Op::TakeRcu { .. } => self.status(task) == Status::Idle,
            _ => false,
        }
    }

    /// Can it take a step?
    #[must_use]
    #[inline]
    pub fn enabled(&self, task: TaskId) -> bool {
        self.is_enabled(task)
    }

    /// Puts the tasks that can take a step down, in order, and says how many they are.
    ///
    /// # Panics
    /// If there is not room for all tasks.
    pub fn enabled_tasks(&self, tasks: &mut [TaskId]) -> usize {
        let (mut count, cells, stands) = (0, self.cells.all(), &self.program.stands[..]);
        for (task, segment) in (0..self.program.task_count()).zip(&self.program.layout.segments) {
            tasks[count] = task;
            count += usize::from(match stands[unpack(cells[segment.base as usize]).0 as usize].wait {
                Wait::Ask => self.status(task) == Status::Ready,
                wait => is_over(wait, |cell| cells[cell as usize]),
            });
        }
        count
    }

    #[inline(always)]
    fn is_enabled(&self, task: TaskId) -> bool {
        match self.wait(task) {
            Wait::Ask => self.status(task) == Status::Ready,
            wait => is_over(wait, |cell| self.word(cell)),
        }
    }

    /// Whether a task may have to wait where it stands.
    #[must_use]
    #[inline]
    pub fn wait(&self, task: TaskId) -> Wait {
        let base = self.program.layout.segments[task as usize].base;
        self.program.stands[unpack(self.word(base)).0 as usize].wait
    }

    /// Does it stand before something that it cannot have yet, even if it may be killed there?
    #[must_use]
    pub fn is_waiting(&self, task: TaskId) -> bool {
        let (pc, frame) = self.position(task);
        match self.program.code[pc as usize].op {
            Op::Resume { verb, dst, args, .. } => {
                // No site: the question is not whether it may be killed.
                let call = self.call(task, frame, dst, args, NO_SITE);
                verbs::VERBS[usize::from(verb)]
                    .resume
                    .as_ref()
                    .is_some_and(|resume| !(resume.ready)(self, &call))
            }
            _ => self.status(task) == Status::Blocked,
        }
    }
}

/// Need nobody wait who may have to wait like this, unless it is asked? Which it is changes from task to task: no branch, no wrong
/// guess.
#[inline(always)]
fn is_over(wait: Wait, word: impl FnOnce(u32) -> u32) -> bool {
    let (lock, cell) = if let Wait::Lock(cell) = wait { (true, cell) } else { (false, 0) };
    (wait != Wait::Gone) & (!lock | (word(cell) == 0))
}
