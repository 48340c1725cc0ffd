//! The text as far as anybody can come: a branch on what no text ever writes goes one way only.
//!
//! Whether an ops has an id, or a callback, stands in the scenario. What is only there for other scenarios touches nothing.

use super::held::roots;
use super::kinds::{bodies, functions_as_values};
use super::webs::Webs;
use crate::machine::Program;
use crate::machine::code::{Arg, BinOp, NOWHERE, Op, Operand, Pc};
use crate::machine::program::{CallbackBody, Field, FieldKind, Place};
use crate::machine::value::Value;
use crate::machine::verbs::VERBS;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// The same program with empty instructions where nobody comes. It is for analyses: it does not run.
pub(super) fn pruned(program: &Program) -> Program {
    let fixed = Fixed::new(program);
    let mut pruned = program.clone();
    for (pc, instr) in (0..).zip(&mut pruned.code) {
        instr.op = fixed.branch(pc, instr.op);
    }
    let reached = reached(&pruned);
    for (instr, reached) in pruned.code.iter_mut().zip(reached) {
        if !reached {
            instr.op = Op::Done;
            instr.access = false;
        }
    }
    pruned
}

/// What is the same whenever it is asked.
struct Fixed<'p> {
    program: &'p Program,
    webs: Webs,
    /// Structs of which there may be objects on the heap.
    allocated: BTreeSet<u16>,
}

impl<'p> Fixed<'p> {
    fn new(program: &'p Program) -> Self {
        Self { program, webs: Webs::of(program), allocated: allocated(program) }
    }

    /// A branch that always goes one way, as what it is.
    fn branch(&self, pc: Pc, op: Op) -> Op {
        let (holds, to) = match op {
            Op::Unless { cond, to } => (self.value(pc, cond).map(Value::is_true), to),
            Op::When { cond, to } => (self.value(pc, cond).map(|value| !value.is_true()), to),
            Op::UnlessCmp { op, a, b, to } => (self.compared(pc, op, a, b), to),
            _ => return op,
        };
        match holds {
            None => op,
            Some(true) => Op::Move { dst: NOWHERE, src: Arg::NONE },
            Some(false) => Op::Jump { to },
        }
    }

    fn compared(&self, pc: Pc, op: BinOp, a: Arg, b: Arg) -> Option<bool> {
        let (a, b) = (self.value(pc, a)?, self.value(pc, b)?);
        match op {
            BinOp::Eq => Some(a == b),
            BinOp::Ne => Some(a != b),
            _ => None,
        }
    }

    /// What an operand always is where an instruction reads it.
    fn value(&self, pc: Pc, arg: Arg) -> Option<Value> {
        let slot = match arg.what() {
            Operand::Constant(at) => return Some(self.program.constants[usize::from(at)]),
            Operand::Field(_) => return None,
            Operand::Slot(slot) => slot,
        };
        let maker = self.webs.only_maker(pc, slot)?;
        match self.program.code[maker as usize].op {
            Op::Move { src, .. } => self.value(maker, src),
            Op::Not { a, .. } => self.value(maker, a).map(|value| Value::truth(!value.is_true())),
            Op::Binary { op, a, b, .. } => self.compared(maker, op, a, b).map(Value::truth),
            Op::Load { field, .. } => self.field(field),
            Op::Present { callback, .. } => self.callback(callback),
            _ => None,
        }
    }

    /// The value of a field of this name, if all objects have the same and nobody writes it.
    fn field(&self, name: u16) -> Option<Value> {
        let mut all = BTreeSet::new();
        for strukt in 0..u16::try_from(self.program.structs.len()).ok()? {
            let Some(field) = self.program.field(strukt, name) else { continue };
            if field.kind != FieldKind::Constant || field.array.is_some() {
                return None;
            }
            all.extend(self.allocated.contains(&strukt).then_some(Value::NULL));
            all.extend(self.first_values(strukt, field));
        }
        all.pop_first().filter(|_| all.is_empty())
    }

    fn first_values(&self, strukt: u16, field: &Field) -> impl Iterator<Item = Value> {
        let objects = self.program.objects.iter().filter(move |object| object.strukt == strukt);
        let offset = u32::from(field.offset);
        objects.map(move |object| {
            let initial = self.program.initial.iter().rev();
            let known = initial.copied().find(|(cell, _)| *cell == object.address + offset);
            known.map_or(Value::NULL, |(_, value)| value)
        })
    }

    /// Is there a callback of this name, if the answer is the same for all objects?
    fn callback(&self, name: u16) -> Option<Value> {
        let mut all = BTreeSet::new();
        for object in &self.program.objects {
            let body = object.callbacks.get(usize::from(name));
            all.extend(body.map(|&body| body != CallbackBody::Absent));
        }
        // All callbacks of an object on the heap are NULL.
        all.extend(
            (!self.allocated.is_empty() && all.contains(&true) && self.has_on_heap(name)).then_some(false),
        );
        all.pop_first().filter(|_| all.is_empty()).map(Value::truth)
    }

    fn has_on_heap(&self, name: u16) -> bool {
        let has = |field: &Field| field.kind == FieldKind::Callback(name);
        let structs = (0..).zip(&self.program.structs).filter(|(at, _)| self.allocated.contains(at));
        structs.into_iter().any(|(_, strukt)| strukt.fields.iter().any(has))
    }
}

fn allocated(program: &Program) -> BTreeSet<u16> {
    let all = || (0..u16::try_from(program.structs.len()).unwrap_or(u16::MAX)).collect();
    let mut allocated = BTreeSet::new();
    for instr in &program.code {
        let Op::Verb { verb, args, .. } = instr.op else { continue };
        if VERBS[usize::from(verb)].name != "kzalloc" {
            continue;
        }
        let Operand::Constant(at) = args.0.what() else { return all() };
        let value = program.constants[usize::from(at)];
        match program.place(value.ty()) {
            Place::StructName => allocated.extend(u16::try_from(value.address()).ok()),
            _ => _ = allocated.insert(program.bytes),
        }
    }
    allocated
}

/// Which instructions somebody may come to, boot included.
fn reached(program: &Program) -> Vec<bool> {
    let boot = program.tasks.iter().filter(|task| task.boot).map(|task| task.func);
    let mut reached = Reached {
        program,
        values: functions_as_values(program),
        seen: vec![false; program.code.len()],
        open: Vec::new(),
        works: false,
        callbacks: false,
        waits: Vec::new(),
    };
    for func in roots(program).into_iter().chain(boot) {
        reached.enter(func);
    }
    reached.run();
    reached.seen
}

struct Reached<'p> {
    program: &'p Program,
    values: BTreeSet<u16>,
    seen: Vec<bool>,
    open: Vec<Pc>,
    /// Does somebody queue works, and RCU callbacks?
    works: bool,
    callbacks: bool,
    /// Where workers wait for the first of them.
    waits: Vec<Pc>,
}

impl Reached<'_> {
    fn enter(&mut self, func: u16) {
        let function = &self.program.functions[usize::from(func)];
        if function.entry < function.end {
            self.open.push(function.entry);
        }
    }

    fn run(&mut self) {
        loop {
            let Some(pc) = self.open.pop() else {
                let waits = core::mem::take(&mut self.waits);
                let (go, stay) = waits.into_iter().partition(|&pc| self.has_work(pc));
                self.open = go;
                self.waits = stay;
                if self.open.is_empty() {
                    return;
                }
                continue;
            };
            if self.seen[pc as usize] {
                continue;
            }
            if !self.has_work(pc) {
                self.waits.push(pc);
                continue;
            }
            self.seen[pc as usize] = true;
            let op = self.program.code[pc as usize].op;
            if let Op::Verb { verb, .. } = op {
                match VERBS[usize::from(verb)].name {
                    "queue_work" => self.works = true,
                    "call_rcu" | "kfree_rcu" => self.callbacks = true,
                    _ => {}
                }
            }
            for func in self.callees(op) {
                self.enter(func);
            }
            self.open.extend(op.successors(pc));
        }
    }

    fn has_work(&self, pc: Pc) -> bool {
        match self.program.code[pc as usize].op {
            Op::TakeWork { .. } => self.works,
            Op::TakeRcu { .. } => self.callbacks,
            _ => true,
        }
    }

    fn callees(&self, op: Op) -> BTreeSet<u16> {
        match op {
            Op::Call { func, .. } => BTreeSet::from([func]),
            Op::Callback { callback, .. } => bodies(self.program, callback),
            Op::CallWork { .. } | Op::CallRcu { .. } => self.values.clone(),
            _ => BTreeSet::new(),
        }
    }
}
