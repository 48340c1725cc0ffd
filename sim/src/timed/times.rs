//! How long what a task is about to do lasts: the declarations of `time`, most specific first.

use model::machine::code::Op;
use model::machine::program::TimeRange;
use model::machine::{Program, TaskId, World};
use std::collections::BTreeMap;

/// The `time` declarations of a program.
pub(super) struct Times<'p> {
    program: &'p Program,
    ranges: BTreeMap<&'p str, TimeRange>,
}

/// How long a task's next step lasts, and what passes before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Durations {
    /// The step itself.
    pub lasts: TimeRange,
    /// Before a worker takes a work: the work's delay.
    pub delay: Option<TimeRange>,
}

impl<'p> Times<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, ranges: program.times.iter().map(|(name, range)| (name.as_str(), *range)).collect() }
    }

    /// When a task arrives.
    pub fn arrival(&self, task: TaskId) -> TimeRange {
        self.named(&self.program.tasks[task as usize].name).unwrap_or_default()
    }

    /// Of what a task would do next. The second step of a verb lasts as long as it waits, and no longer.
    pub fn of(&self, world: &World<'_>, task: TaskId) -> Durations {
        if self.ranges.is_empty() {
            return Durations::default();
        }
        let doing = world.doing(task);
        match self.program.code[doing.pc as usize].op {
            Op::Resume { .. } => Durations::default(),
            Op::TakeWork { .. } => {
                Durations { delay: doing.work.and_then(|work| self.named(&work)), ..Durations::default() }
            }
            // The range of `call_rcu` is the grace period, not the time of queueing.
            Op::TakeRcu { .. } => Durations { delay: self.named("call_rcu"), ..Durations::default() },
            Op::Callback { .. } => {
                let lasts = doing.callback.and_then(|(ops, callback)| {
                    let own = self.named(&format!("{ops}.{callback}"));
                    own.or_else(|| self.named(&format!("{}.{callback}", base(&ops))))
                        .or_else(|| self.named(&callback))
                });
                Durations { lasts: lasts.unwrap_or_default(), delay: None }
            }
            _ => {
                let verb = doing.verb.filter(|&verb| verb != "call_rcu");
                Durations { lasts: verb.and_then(|verb| self.named(verb)).unwrap_or_default(), delay: None }
            }
        }
    }

    /// Does a task stand before the second step of a verb?
    pub fn resumes(&self, world: &World<'_>, task: TaskId) -> bool {
        matches!(self.program.code[world.doing(task).pc as usize].op, Op::Resume { .. })
    }

    fn named(&self, name: &str) -> Option<TimeRange> {
        self.ranges.get(name).or_else(|| self.ranges.get(base(name))).copied()
    }
}

/// The name of an element's array: `A` of `A[3]`.
fn base(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}
