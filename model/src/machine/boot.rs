//! Before the first step: everything at its first value, then boot, run alone.

use super::code::Pc;
use super::event::Watch;
use super::finding::Finding;
use super::program::{Program, TaskId};
use super::status::Status;
use super::value::Value;
use super::world::{BootError, Stop, World, pack};
use crate::compile::codes;
use crate::judge::INVARIANTS;
use crate::lang::diagnostic::Diagnostic;
use alloc::boxed::Box;
use alloc::format;

/// More steps of boot than this are taken for an endless loop.
const MAX_BOOT_STEPS: u32 = 10_000_000;

impl<'p> World<'p> {
    /// The world after boot, with every task before its first shared access.
    ///
    /// # Errors
    /// If boot blocks, which is an error of the text; if something is found wrong, or more room is needed.
    pub fn boot<W: Watch>(program: &'p Program, watch: &mut W) -> Result<Self, BootError> {
        let mut world = Self::unbooted(program);
        for &(cell, value) in &program.initial {
            world.set(cell, value);
        }
        let boot = world.tasks() - 1;
        for (task, row) in (0..).zip(&program.tasks) {
            if row.boot || row.worker {
                world.start(task, watch)?;
            }
        }
        world.run_boot(boot, watch)?;
        world.drain(boot, watch)?;
        world.judge_after_boot();
        if let Some(budget) = program.layout.words.faults {
            world.cells[budget as usize] = program.faults;
        }
        for (task, row) in (0..).zip(&program.tasks) {
            if !row.boot && !row.worker {
                match world.start(task, watch) {
                    Ok(()) => {}
                    // A judge's word on a call that no step precedes: it is said at the task's first step.
                    Err(Stop::Finding(finding)) if is_a_judges(&finding) => {
                        world.at_start.push((task, finding))
                    }
                    Err(stop) => return Err(stop.into()),
                }
            }
        }
        world.watch_orders();
        world.remember_steps();
        Ok(world)
    }

    pub(crate) fn tasks(&self) -> TaskId {
        self.program.task_count()
    }

    /// Puts a task before its first shared access.
    fn start<W: Watch>(&mut self, task: TaskId, watch: &mut W) -> Result<(), Stop> {
        let function = &self.program.functions[usize::from(self.program.tasks[task as usize].func)];
        let segment = self.segment(task);
        self.cells[segment.base as usize] = pack(function.entry, 0);
        let first = segment.stack as usize;
        self.cells.run_mut(first + 1..first + usize::from(function.frame)).fill(Value::UNSET.0);
        self.run(task, &mut (), watch, false)
    }

    fn run_boot<W: Watch>(&mut self, boot: TaskId, watch: &mut W) -> Result<(), BootError> {
        for _ in 0..MAX_BOOT_STEPS {
            match self.status(boot) {
                Status::Done => return Ok(()),
                Status::Ready => self.step(boot, &mut (), watch)?,
                Status::Blocked | Status::Idle => {
                    if !self.drain(boot, watch)? {
                        return Err(self.boot_error(boot, "blocks"));
                    }
                }
            }
        }
        Err(self.boot_error(boot, "never ends"))
    }

    fn boot_error(&self, boot: TaskId, what: &str) -> BootError {
        let (pc, _): (Pc, u32) = self.position(boot);
        let span = self.program.spans[pc as usize];
        let text = self.program.sources.text(span);
        let diagnostic = Diagnostic::new(codes::BOOT_BLOCKS, span, format!("boot {what} at `{text}`"))
            .help("boot runs alone, before the first task: nobody else can let it go on");
        BootError::Diagnostic(Box::new(diagnostic))
    }

    /// Runs the workers until they are idle; did any run?
    fn drain<W: Watch>(&mut self, boot: TaskId, watch: &mut W) -> Result<bool, BootError> {
        let mut ran = false;
        for _ in 0..MAX_BOOT_STEPS {
            let ready =
                (0..boot).find(|&task| self.program.tasks[task as usize].worker && self.enabled(task));
            let Some(worker) = ready else { return Ok(ran) };
            self.step(worker, &mut (), watch)?;
            ran = true;
        }
        Err(self.boot_error(boot, "never ends"))
    }
}

fn is_a_judges(finding: &Finding) -> bool {
    INVARIANTS.iter().any(|row| row.name == finding.name)
}
