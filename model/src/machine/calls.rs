//! Calls and returns: of functions, of callbacks. A frame begins where its caller's ends.

use super::code::{Arg, Args, NOWHERE, Op, Slot};
use super::event::{Event, Watch};
use super::finding::Kind;
use super::program::{CallbackBody, Function, Place, TaskId};
use super::step::Running;
use super::value::Value;
use super::verbs;
use super::world::{FRAME_BITS, Halt, INHERITED, Stop, World, pack, unpack};
use alloc::format;
use alloc::string::ToString;

/// The deepest nesting of calls.
pub const MAX_DEPTH: usize = 16;

impl World<'_> {
    /// Calls a function: its frame begins where the caller's ends.
    pub(super) fn enter(
        &mut self,
        run: &mut Running,
        func: u16,
        args: &[Value],
        caller_frame: u16,
    ) -> Result<(), Halt> {
        let function = &self.program.functions[usize::from(func)];
        let frame = run.frame + u32::from(caller_frame);
        if frame + u32::from(function.frame) > self.segment(run.task).stack_end() {
            return Err(self.more_stack(run.task, (frame + u32::from(function.frame) - run.stack) * 2));
        }
        let inherited = self.program.code[run.pc as usize].atomic || self.word(run.frame) & INHERITED != 0;
        let back = pack(run.pc, run.frame - run.stack) | if inherited { INHERITED } else { 0 };
        let (first, end) = (frame as usize, frame as usize + usize::from(function.frame));
        self.cells[first] = back;
        self.cells.run_mut(first + 1..end).fill(Value::UNSET.0);
        for (slot, &arg) in (frame + 1..).zip(args) {
            self.set(slot, arg);
        }
        self.bury(run.frame, self.program.stands[run.pc as usize].dying);
        run.frame = frame;
        run.pc = function.entry;
        Ok(())
    }

    pub(super) fn more_stack(&self, task: TaskId, cells: u32) -> Halt {
        if cells >= 1 << FRAME_BITS {
            return self.found(Kind::StackOverflow, "the calls need more stack than there is".to_string());
        }
        let mut room = self.room();
        room.stack[task as usize] = cells;
        Stop::room(room)
    }

    /// Refuses calls more than [`MAX_DEPTH`] deep. Only callbacks can recurse, so only they ask.
    pub(super) fn check_depth(&self, run: &Running) -> Result<(), Halt> {
        if self.frames(run.task, run.pc, run.frame).take(MAX_DEPTH).count() < MAX_DEPTH {
            return Ok(());
        }
        Err(self.found(Kind::StackOverflow, format!("calls are nested more than {MAX_DEPTH} deep")))
    }

    /// Returns from a function; true: the task has ended.
    pub(super) fn leave<W: Watch>(
        &mut self,
        run: &mut Running,
        src: Arg,
        watch: &mut W,
    ) -> Result<bool, Halt> {
        let program = self.program;
        let value = self.read(run, src)?;
        let function = &program.functions[program.function_of[run.pc as usize] as usize];
        if run.frame == run.stack {
            return self.finish(run, function);
        }
        let first = run.frame as usize;
        let frame = self.cells.run_mut(first..first + usize::from(function.frame));
        let argument = |at: usize| frame.get(at).map_or(Value::NULL, |&cell| Value(cell));
        let (first, second) = (argument(1), argument(2));
        let (at, back) = unpack(frame[0]);
        frame.fill(0);
        let leaving = run.pc;
        run.frame = run.stack + back;
        run.pc = at;
        let dst = match program.code[at as usize].op {
            Op::Call { dst, .. } | Op::Callback { dst, .. } => dst,
            _ => NOWHERE,
        };
        if dst != NOWHERE {
            self.set(run.frame + u32::from(dst), value);
        }
        run.pc += 1;
        if let Some(callback) = function.callback {
            self.judge_leave(run.task, callback, first, second, value);
            watch.event(
                self,
                run.task,
                leaving,
                Event::Leave { callback, object: first, argument: second, result: value },
            );
        } else if let Some(contract) = function.contract {
            self.judge_return(contract, first, value);
            let func = program.function_of[leaving as usize];
            watch.event(
                self,
                run.task,
                leaving,
                Event::Return { function: func, argument: first, result: value },
            );
        }
        Ok(false)
    }

    /// The task's own body is over. Its variables that a condition names outlive it.
    pub(super) fn finish(&mut self, run: &mut Running, function: &Function) -> Result<bool, Halt> {
        let func = self.program.tasks[run.task as usize].func;
        for slot in 1..function.frame {
            if self.program.watched.binary_search(&(func, slot)).is_err() {
                self.set(run.frame + u32::from(slot), Value::UNSET);
            }
        }
        run.pc = 0;
        match verbs::lock::held_by(self, run.task) {
            None => Ok(true),
            Some(lock) => Err(self.found(
                Kind::LockHeldAtEnd,
                format!("{} has ended and still holds {}", self.task_name(run.task), self.describe(lock)),
            )),
        }
    }

    pub(super) fn call_function<W: Watch>(
        &mut self,
        run: &mut Running,
        (func, frame): (u16, u16),
        args: Args,
        watch: &mut W,
    ) -> Result<(), Halt> {
        let at = run.pc;
        let len = usize::from(args.len);
        let values = self.read_args(run, args)?;
        self.enter(run, func, &values[..len], frame)?;
        if let Some(contract) = self.program.functions[usize::from(func)].contract {
            self.judge_call(at, contract, values[0]);
            watch.event(self, run.task, at, Event::Call { function: func, argument: values[0] });
        }
        Ok(())
    }

    /// What a callback of an object does.
    #[inline(always)]
    pub(super) fn callback_body(&self, object: Value, callback: u16) -> Result<CallbackBody, Halt> {
        match self.program.place(object.ty()) {
            Place::Object(_) => match self.program.object_at(object.address()) {
                Some(object) => Ok(object.callbacks[usize::from(callback)]),
                // An object on the heap begins as zeroes: all its callbacks are NULL.
                None => self.touch(object).map(|()| CallbackBody::Absent),
            },
            _ => Err(self.not_an_object(
                object,
                &format!("callback `{}`", self.program.callback_names[usize::from(callback)]),
            )),
        }
    }

    pub(super) fn callback<W: Watch>(
        &mut self,
        run: &mut Running,
        (dst, callback, caller_frame): (Slot, u16, u16),
        object: Arg,
        args: Args,
        watch: &mut W,
    ) -> Result<(), Halt> {
        let at = run.pc;
        let object = self.read(run, object)?;
        let values = self.read_args(run, args)?;
        let body = self.callback_body(object, callback)?;
        if body == CallbackBody::Absent {
            let name = &self.program.callback_names[usize::from(callback)];
            return Err(self.found(Kind::NullCall, format!("{} has no {name}", self.describe(object))));
        }
        self.now = (at, run.frame);
        self.judge_enter(run.task, callback, object, values[0]);
        watch.event(self, run.task, at, Event::Enter { callback, object, argument: values[0] });
        if let CallbackBody::Function(func) = body {
            self.check_depth(run)?;
            let given = [object, values[0], values[1], values[2], values[3]];
            let params = usize::from(self.program.functions[usize::from(func)].params);
            return self.enter(run, func, &given[..=params.min(usize::from(args.len))], caller_frame);
        }
        self.judge_leave(run.task, callback, object, values[0], Value::NULL);
        watch.event(
            self,
            run.task,
            at,
            Event::Leave { callback, object, argument: values[0], result: Value::NULL },
        );
        if dst != NOWHERE {
            self.set(run.frame + u32::from(dst), Value::NULL);
        }
        run.pc = at + 1;
        Ok(())
    }
}
