//! One step: the shared access that a task stands before, then its local work up to the next one.

use super::code::{Arg, Args, BinOp, Instr, NO_SITE, NOWHERE, Op, Operand, Pc, Slot, Wait};
use super::event::{Chance, Event, Picks, Watch};
use super::finding::{Finding, Kind};
use super::program::{CallbackBody, TaskId};
use super::remembered;
use super::value::Value;
use super::verbs::{self, Call};
use super::world::{Halt, INHERITED, Stop, World, pack, unpack};
use alloc::format;
use alloc::string::ToString;

/// The most instructions inside one step.
pub const MAX_INSTRUCTIONS: u32 = 10_000;

/// A task while it runs.
pub(super) struct Running {
    pub task: TaskId,
    pub pc: Pc,
    /// First cell of the frame.
    pub frame: u32,
    /// First cell of the stack.
    pub stack: u32,
}

/// What stopped a step, and where.
#[cold]
fn stopped(stop: Stop, pc: Pc) -> Stop {
    match stop {
        Stop::Finding(finding) => Stop::Finding(Finding { pc: Some(finding.pc.unwrap_or(pc)), ..finding }),
        Stop::Room(room) => Stop::Room(room),
    }
}

impl World<'_> {
    /// Runs a task up to its next stop. `stepping`: it makes its step; otherwise it only does the local work before its
    /// first one.
    #[inline(always)]
    pub(crate) fn run<W: Watch>(
        &mut self,
        task: TaskId,
        picks: &mut dyn Picks,
        watch: &mut W,
        stepping: bool,
    ) -> Result<(), Stop> {
        let segment = self.segment(task);
        let (pc, frame) = unpack(self.cells[segment.base as usize]);
        let mut run = Running { task, pc, frame: segment.stack + frame, stack: segment.stack };
        if let Err(halt) = self.run_on(&mut run, picks, watch, stepping) {
            return Err(stopped(*halt, run.pc));
        }
        self.cells[segment.base as usize] = pack(run.pc, run.frame - run.stack);
        if self.broken.is_none() { Ok(()) } else { self.judged_wrong() }
    }

    #[cold]
    fn judged_wrong(&mut self) -> Result<(), Stop> {
        self.broken.take().map_or(Ok(()), |broken| Err(Stop::Finding(broken.into_finding())))
    }

    fn run_on<W: Watch>(
        &mut self,
        run: &mut Running,
        picks: &mut dyn Picks,
        watch: &mut W,
        stepping: bool,
    ) -> Result<(), Halt> {
        let program = self.program;
        // In registers: what leaves the loop sees them in `run`.
        let (mut pc, mut frame) = (run.pc, run.frame);
        let mut started = !stepping;
        let mut atomic = stepping && (program.code[pc as usize].atomic || self.word(frame) & INHERITED != 0);
        /// The value of an operand, which must be set.
        macro_rules! read {
            ($arg:expr) => {{
                let value = self.arg(frame, $arg);
                if value.is_unset() {
                    run.pc = pc;
                    return Err(self.unset(run, $arg));
                }
                value
            }};
        }
        /// Does what moves the task itself.
        macro_rules! outside {
            ($call:expr) => {{
                (run.pc, run.frame) = (pc, frame);
                let result = $call?;
                (pc, frame) = (run.pc, run.frame);
                result
            }};
        }
        for _ in 0..MAX_INSTRUCTIONS {
            let instr = &program.code[pc as usize];
            if instr.access {
                if started {
                    if !atomic {
                        self.bury(frame, program.stands[pc as usize].dead);
                        (run.pc, run.frame) = (pc, frame);
                        return Ok(());
                    }
                    if instr.waits {
                        outside!(self.may_go_on(run, instr));
                    }
                }
                started = true;
            }
            let at = pc;
            watch.runs(at);
            match instr.op {
                Op::Done => return Ok(()),
                Op::AtomicEnd => {
                    // An outer block, in a caller, may still be open.
                    atomic = atomic && self.word(frame) & INHERITED != 0;
                    pc += 1;
                }
                Op::Jump { to } => pc = to,
                Op::Unless { cond, to } => pc = if read!(cond).is_true() { pc + 1 } else { to },
                Op::When { cond, to } => pc = if read!(cond).is_true() { to } else { pc + 1 },
                Op::UnlessCmp { op, a, b, to } => {
                    let (a, b) = (read!(a), read!(b));
                    let holds = match op {
                        BinOp::Eq => a == b,
                        BinOp::Ne => a != b,
                        _ => outside!(self.binary(op, a, b)).is_true(),
                    };
                    pc = if holds { pc + 1 } else { to };
                }
                Op::Verb { .. } => {
                    run.pc = pc;
                    run.frame = frame;
                    pc += self.verb(run, instr, picks, watch)?;
                    if instr.ends_atomic {
                        atomic = atomic && self.word(frame) & INHERITED != 0;
                        pc += 1;
                    }
                }
                Op::Return { src } => {
                    if outside!(self.leave(run, src, watch)) {
                        return Ok(());
                    }
                }
                Op::May { site, to } => {
                    let happens = self.fails(Chance::May(site), site, picks);
                    if happens {
                        watch.fails(site);
                        watch.event(self, run.task, pc, Event::Fault { site });
                    }
                    pc = if happens { pc + 1 } else { to };
                }
                Op::Step => {
                    watch.event(self, run.task, pc, Event::Nothing);
                    pc += 1;
                }
                Op::Move { dst, src } => {
                    let value = read!(src);
                    if dst != NOWHERE {
                        self.set(frame + u32::from(dst), value);
                    }
                    pc += 1;
                }
                Op::Call { func, args, frame: own, .. } => {
                    outside!(self.call_function(run, (func, own), args, watch));
                }
                Op::Callback { dst, object, callback, args, frame: own } => {
                    outside!(self.callback(run, (dst, callback, own), object, args, watch));
                }
                Op::Load { .. }
                | Op::LoadGlobal { .. }
                | Op::StoreGlobal { .. }
                | Op::FieldAddress { .. }
                | Op::Entry { .. } => outside!(self.access(run, instr, watch)),
                _ => outside!(self.execute(run, instr, picks, watch)),
            }
            watch.went(at, pc);
        }
        (run.pc, run.frame) = (pc, frame);
        let why = format!("more than {MAX_INSTRUCTIONS} instructions without a shared access");
        Err(self.found(Kind::EndlessStep, why))
    }

    /// Clears the slots that nobody can read any more, so that they do not tell states apart.
    #[inline]
    pub(super) fn bury(&mut self, frame: u32, dead: Args) {
        for at in dead.at..dead.at + dead.len {
            let slot = self.program.dead_slots[usize::from(at)];
            self.set(frame + u32::from(slot), Value::UNSET);
        }
    }

    /// Inside `atomic`, behind its first access: what blocks here is a finding.
    fn may_go_on(&self, run: &Running, instr: &Instr) -> Result<(), Halt> {
        let ready = match (self.program.stands[run.pc as usize].wait, instr.op) {
            (Wait::Never, _) => true,
            (Wait::Lock(cell), _) => self.word(cell) == 0,
            (Wait::Ask, Op::Verb { verb, dst, args, site }) => {
                verbs::VERBS[usize::from(verb)].ready.is_none_or(|ready| {
                    self.is_ready(ready, verb, run.pc, &self.call(run.task, run.frame, dst, args, site))
                })
            }
            (Wait::Ask, Op::WaitFor { expr }) => {
                self.program.waits[usize::from(expr)].is_true(self, run.task, run.frame)
            }
            (Wait::Ask | Wait::Gone, _) => false,
        };
        if ready {
            return Ok(());
        }
        let text = self.program.sources.text(self.program.spans[run.pc as usize]);
        Err(self.found(
            Kind::BlocksInAtomic,
            format!("`{text}` cannot go on, and an atomic block cannot stop half way"),
        ))
    }

    /// Does a fault happen here? It is a pick if the budget and the `faults` line allow it.
    pub(crate) fn fails(&mut self, chance: Chance, site: u16, picks: &mut dyn Picks) -> bool {
        let happens = self.may_fail(site) && self.answer(chance, picks) == 1;
        if happens {
            self.spend_fault();
        }
        happens
    }

    #[inline]
    fn answer(&mut self, chance: Chance, picks: &mut dyn Picks) -> u32 {
        let answer = picks.pick(chance, 2);
        self.cells.note_besides(remembered::noted(chance), answer);
        answer
    }

    #[inline]
    pub(super) fn put(&mut self, run: &Running, dst: Slot, value: Value) {
        if dst != NOWHERE {
            self.set(run.frame + u32::from(dst), value);
        }
    }

    /// An operand in code: an unset local is a finding.
    #[inline(always)]
    pub(super) fn read(&self, run: &Running, arg: Arg) -> Result<Value, Halt> {
        let value = self.arg(run.frame, arg);
        if value.is_unset() { Err(self.unset(run, arg)) } else { Ok(value) }
    }

    /// An operand of a verb, which may be the address of a field.
    #[inline(always)]
    fn read_operand(&self, run: &Running, arg: Arg) -> Result<Value, Halt> {
        if let Operand::Field(at) = arg.what() {
            let (slot, field) = self.program.field_operands[usize::from(at)];
            let object = self.read(run, Arg::slot(slot))?;
            return self.field_address(object, field);
        }
        self.read(run, arg)
    }

    #[cold]
    fn unset(&self, run: &Running, arg: Arg) -> Halt {
        let name = self.slot_of(arg).and_then(|slot| {
            let function = self.program.function_at(run.pc)?;
            function.slots.get(usize::from(slot).checked_sub(1)?).filter(|name| !name.is_empty())
        });
        let why = match name {
            Some(name) => format!("`{name}` is read before anything was assigned to it"),
            None => "a value is used that the called function never returned".to_string(),
        };
        self.found(Kind::Uninitialised, why)
    }

    fn slot_of(&self, arg: Arg) -> Option<Slot> {
        match arg.what() {
            Operand::Slot(slot) => Some(slot),
            Operand::Constant(_) | Operand::Field(_) => None,
        }
    }

    /// What is rare: the rest is in the loop itself.
    #[inline(never)]
    fn execute<W: Watch>(
        &mut self,
        run: &mut Running,
        instr: &Instr,
        picks: &mut dyn Picks,
        watch: &mut W,
    ) -> Result<(), Halt> {
        let at = run.pc;
        match instr.op {
            Op::Done
            | Op::AtomicEnd
            | Op::Return { .. }
            | Op::May { .. }
            | Op::Step
            | Op::Move { .. }
            | Op::Call { .. }
            | Op::Callback { .. } => unreachable!("handled by the loop"),
            Op::Binary { op, dst, a, b } => {
                let (a, b) = (self.read(run, a)?, self.read(run, b)?);
                let value = self.binary(op, a, b)?;
                self.put(run, dst, value);
            }
            Op::Not { dst, a } => {
                let value = self.read(run, a)?;
                self.put(run, dst, Value::truth(!value.is_true()));
            }
            Op::Neg { dst, a } => {
                let value = self.read(run, a)?;
                let value = self.binary(BinOp::Sub, Value::NULL, value)?;
                self.put(run, dst, value);
            }
            Op::IsErr { dst, a } => {
                let value = self.read(run, a)?;
                self.put(run, dst, Value::truth(value.is_err()));
            }
            Op::Me { dst } => {
                let me = self.program.tasks[run.task as usize].me.unwrap_or(0);
                self.put(run, dst, Value::small(me));
            }
            Op::CallWork { work, frame } => {
                let work = self.read(run, work)?;
                let (func, object) = verbs::work::function(self, work)?;
                let params = self.program.functions[usize::from(func)].params;
                return self.enter(run, func, &[object][..usize::from(params.min(1))], frame);
            }
            Op::CallRcu { func, object, frame } => {
                let (func, object) = (self.read(run, func)?, self.read(run, object)?);
                if !func.is_place() {
                    // kfree_rcu(): the callback is kfree itself.
                    verbs::alloc::free(self, run.task, object)?;
                } else {
                    let index = u16::try_from(func.address()).expect("a function's index");
                    let params = self.program.functions[usize::from(index)].params;
                    return self.enter(run, index, &[object][..usize::from(params.min(1))], frame);
                }
            }
            Op::Present { dst, object, callback } => {
                let object = self.read(run, object)?;
                let body = self.callback_body(object, callback)?;
                self.put(run, dst, Value::truth(body != CallbackBody::Absent));
            }
            Op::Resume { verb, dst, args, site } => {
                let call = self.call(run.task, run.frame, dst, args, site);
                let resume = verbs::VERBS[usize::from(verb)].resume.as_ref().expect("a verb of two steps");
                let faults = self.faults_left();
                self.now = (at, run.frame);
                let value = (resume.run)(self, &call, picks)?;
                if self.faults_left() < faults {
                    watch.fails(site);
                }
                if resume.remembers_tasks {
                    let set = self.program.layout.task_set as usize;
                    let first = call.scratch as usize + 1;
                    self.cells.run_mut(first..first + set).fill(Value::UNSET.0);
                }
                self.put(run, dst, value);
                watch.event(self, run.task, at, Event::Verb { verb, args: call.args, result: value });
            }
            Op::WaitFor { .. } => {
                self.may_sleep(run.task, "wait_for")?;
                watch.event(self, run.task, at, Event::Waited);
            }
            Op::Assert { src } => {
                if !self.read(run, src)?.is_true() {
                    let text = self.program.sources.text(self.program.spans[at as usize]);
                    return Err(self.found(Kind::Assert, format!("`{text}` does not hold")));
                }
            }
            Op::TakeWork { dst, queue } => {
                let queue = self.read(run, queue)?;
                let work = verbs::work::take(self, queue);
                self.put(run, dst, work);
                watch.event(self, run.task, at, Event::Take { what: work });
            }
            Op::TakeRcu { object, func } => {
                let entry = verbs::rcu::take(self);
                self.put(run, object, entry.object);
                self.put(run, func, entry.func);
                watch.event(self, run.task, at, Event::Take { what: entry.object });
            }
            Op::FinishRcu => verbs::rcu::finished(self),
            _ => return self.access(run, instr, watch),
        }
        run.pc += 1;
        Ok(())
    }

    fn verb<W: Watch>(
        &mut self,
        run: &mut Running,
        instr: &Instr,
        picks: &mut dyn Picks,
        watch: &mut W,
    ) -> Result<Pc, Halt> {
        let Op::Verb { verb, dst, args, site } = instr.op else { unreachable!("it is one") };
        let (at, row) = (run.pc, verbs::VERBS[usize::from(verb)]);
        let first = self.read_operand(run, args.0)?;
        let second = if args.1 == Arg::NONE { Value::NULL } else { self.read_operand(run, args.1)? };
        let args = [first, second];
        let call = Call { task: run.task, args, scratch: run.frame + u32::from(dst), site };
        self.now = (at, run.frame);
        if instr.asks_kinds {
            self.check_kinds(verb, &call)?;
        }
        let faults = (site != NO_SITE).then(|| self.faults_left());
        let done = (row.run)(self, &call, picks)?;
        if faults.is_some_and(|before| self.faults_left() < before) {
            watch.fails(site);
        }
        match done.result() {
            Some(value) => {
                self.put(run, dst, value);
                watch.event(self, run.task, at, Event::Verb { verb, args, result: value });
                Ok(if row.resume.is_some() { 2 } else { 1 })
            }
            None => {
                watch.event(self, run.task, at, Event::Arrive { verb, args });
                Ok(1)
            }
        }
    }

    /// The operands of a call, which must all be set.
    #[inline(always)]
    pub(super) fn read_args(&self, run: &Running, args: Args) -> Result<[Value; 4], Halt> {
        let mut values = [Value::NULL; 4];
        if args.len == 1 {
            values[0] = self.read(run, self.program.operands[usize::from(args.at)])?;
        } else {
            let operands = &self.program.operands[usize::from(args.at)..][..usize::from(args.len)];
            for (value, &arg) in values.iter_mut().zip(operands) {
                *value = self.read(run, arg)?;
            }
        }
        Ok(values)
    }

    pub(crate) fn binary(&self, op: BinOp, a: Value, b: Value) -> Result<Value, Halt> {
        let equal = a == b;
        match op {
            BinOp::Eq => return Ok(Value::truth(equal)),
            BinOp::Ne => return Ok(Value::truth(!equal)),
            _ => {}
        }
        let (Some(x), Some(y)) = (a.as_int(), b.as_int()) else {
            // A handle is no error and not NULL: `handle < 0` is false, as for a valid pointer in C.
            return match op {
                BinOp::Lt | BinOp::Gt | BinOp::Le | BinOp::Ge => Ok(Value::truth(false)),
                _ => Err(self.found(
                    Kind::WildAccess,
                    format!(
                        "arithmetic on {}, which is no integer",
                        self.describe(if a.as_int().is_none() { a } else { b })
                    ),
                )),
            };
        };
        let result = match op {
            BinOp::Lt => i64::from(x < y),
            BinOp::Gt => i64::from(x > y),
            BinOp::Le => i64::from(x <= y),
            BinOp::Ge => i64::from(x >= y),
            BinOp::Add => x + y,
            BinOp::Sub => x - y,
            BinOp::Mul => x * y,
            BinOp::Max => x.max(y),
            BinOp::Min => x.min(y),
            BinOp::Eq | BinOp::Ne => unreachable!("answered above"),
        };
        Value::int(result).ok_or_else(|| {
            self.found(Kind::Overflow, format!("{result} needs more than the machine's 31 bits"))
        })
    }
}
