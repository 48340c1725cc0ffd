//! Expressions that only look: conditions of a scenario, and what `wait_for` waits for.
//!
//! They know one value more than code does: *unset*, which is neither true nor false. Comparing it gives unset,
//! `false && unset` is false, and a condition that comes out unset is not met (`sometimes modprobe.error == 0` is not
//! true before the call).

use super::code::{BinOp, Op, Slot};
use super::program::{Place, TaskId, Thing};
use super::value::Value;
use super::verbs;
use super::world::{FREED, World};
use alloc::boxed::Box;

/// What a function of one object asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the word of the language that it names")]
pub enum Ask {
    Not,
    Neg,
    IsErr,
    Done,
    Blocked,
    Freed,
    ListEmpty,
    ListFirst,
    ListLast,
    ListNext,
    RefcountRead,
}

/// An expression that only looks.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "operands are named as in the language")]
pub enum Pure {
    Const(Value),
    /// A local of the task that waits.
    Local(Slot),
    /// The index of the task that waits.
    Me,
    /// A variable of a task's own block.
    TaskVar {
        task: TaskId,
        slot: Slot,
    },
    Global(u32),
    Field(Box<Self>, u16),
    Element(Box<Self>, u16, Box<Self>),
    Array(u16, Box<Self>),
    Address(u16, Box<Self>),
    Ask(Ask, Box<Self>),
    Binary(BinOp, Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Inited(Box<Self>, Box<Self>),
}

/// From where an expression looks: the task that waits and its frame, or nobody.
type From = Option<(TaskId, u32)>;

impl Pure {
    /// Is it true for a task that waits?
    #[must_use]
    pub fn is_true(&self, world: &World<'_>, task: TaskId, frame: u32) -> bool {
        truth(self.value(world, Some((task, frame)))) == Some(true)
    }

    /// Is it true as a condition? `None`: it is unset.
    #[must_use]
    pub fn truth(&self, world: &World<'_>) -> Option<bool> {
        truth(self.value(world, None))
    }

    /// What it comes to in a state, outside any task; unset where it says nothing.
    #[must_use]
    pub fn in_state(&self, world: &World<'_>) -> Value {
        self.value(world, None)
    }

    fn asks_for_blocked(&self) -> bool {
        match self {
            Self::Ask(what, of) => *what == Ask::Blocked || of.asks_for_blocked(),
            Self::Field(of, _) | Self::Array(_, of) | Self::Address(_, of) => of.asks_for_blocked(),
            Self::Element(a, _, b)
            | Self::Binary(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Inited(a, b) => a.asks_for_blocked() || b.asks_for_blocked(),
            Self::Const(_) | Self::Local(_) | Self::Me | Self::TaskVar { .. } | Self::Global(_) => false,
        }
    }

    fn value(&self, world: &World<'_>, from: From) -> Value {
        match self {
            Self::Const(value) => *value,
            Self::Local(slot) => from.map_or(Value::UNSET, |(_, frame)| world.get(frame + u32::from(*slot))),
            Self::Me => from
                .and_then(|(task, _)| world.program.tasks[task as usize].me)
                .map_or(Value::UNSET, Value::small),
            Self::TaskVar { task, slot } => world.get(world.segment(*task).stack + u32::from(*slot)),
            Self::Global(cell) => world.get(*cell),
            Self::Field(object, field) => {
                let object = object.value(world, from);
                world.load(object, *field).map_or(Value::UNSET, |(_, value)| value)
            }
            Self::Element(object, field, index) => {
                let (object, index) = (object.value(world, from), index.value(world, from));
                match world.element(object, *field, index) {
                    Ok((_, Some(address))) => address,
                    Ok((cell, None)) if world.touch(object).is_ok() => world.get(cell),
                    _ => Value::UNSET,
                }
            }
            Self::Array(array, index) => {
                let index = index.value(world, from);
                let array = world.program.arrays[usize::from(*array)];
                world.array_element(array, index).map_or(Value::UNSET, |cell| world.get(cell))
            }
            Self::Address(array, index) => {
                let index = index.value(world, from);
                let array = world.program.arrays[usize::from(*array)];
                world.array_element(array, index).map_or(Value::UNSET, |cell| Value::place(array.ty, cell))
            }
            Self::Ask(what, of) => ask(world, *what, of.value(world, from), from.is_some()),
            Self::Binary(op, a, b) => {
                let (a, b) = (a.value(world, from), b.value(world, from));
                if a.is_unset() || b.is_unset() {
                    Value::UNSET
                } else {
                    world.binary(*op, a, b).unwrap_or(Value::UNSET)
                }
            }
            Self::And(a, b) => match (truth(a.value(world, from)), truth(b.value(world, from))) {
                (Some(false), _) | (_, Some(false)) => Value::truth(false),
                (Some(true), Some(true)) => Value::truth(true),
                _ => Value::UNSET,
            },
            Self::Or(a, b) => match (truth(a.value(world, from)), truth(b.value(world, from))) {
                (Some(true), _) | (_, Some(true)) => Value::truth(true),
                (Some(false), Some(false)) => Value::truth(false),
                _ => Value::UNSET,
            },
            Self::Inited(ops, net) => {
                let (ops, net) = (ops.value(world, from), net.value(world, from));
                if ops.is_unset() || net.is_unset() {
                    Value::UNSET
                } else {
                    Value::truth(world.inited(ops, net))
                }
            }
        }
    }
}

impl World<'_> {
    /// Does a task stand before a `wait_for` that asks whether one is `blocked`?
    fn waits_for_blocked(&self, task: TaskId) -> bool {
        match self.program.code[self.position(task).0 as usize].op {
            Op::WaitFor { expr } => self.program.waits[usize::from(expr)].asks_for_blocked(),
            _ => false,
        }
    }
}

fn truth(value: Value) -> Option<bool> {
    if value.is_unset() { None } else { Some(value.is_true()) }
}

/// `waits`: somebody's `wait_for` asks.
fn ask(world: &World<'_>, what: Ask, of: Value, waits: bool) -> Value {
    if of.is_unset() {
        return Value::UNSET;
    }
    match what {
        Ask::Not => Value::truth(!of.is_true()),
        Ask::Neg => of.as_int().and_then(|value| Value::int(-value)).unwrap_or(Value::UNSET),
        Ask::IsErr => Value::truth(of.is_err()),
        Ask::Done => match world.program.place(of.ty()) {
            Place::Task => Value::truth(world.is_done(of.address())),
            _ => Value::UNSET,
        },
        Ask::Blocked => match world.program.place(of.ty()) {
            // Whoever waits to hear whether another is blocked is blocked for one who waits to hear the same.
            Place::Task if waits && world.waits_for_blocked(of.address()) => Value::truth(true),
            Place::Task => Value::truth(world.is_waiting(of.address())),
            _ => Value::UNSET,
        },
        Ask::Freed => match world.program.place(of.ty()) {
            Place::Object(_) => {
                Value::truth(world.is_dynamic(of.address()) && world.header(of.address()).status == FREED)
            }
            _ => Value::truth(false),
        },
        Ask::ListEmpty => match world.program.place(of.ty()) {
            Place::Head { .. } => Value::truth(world.get(of.address()) == of),
            _ => Value::UNSET,
        },
        Ask::ListFirst | Ask::ListNext => verbs::list::neighbour(world, of, false).unwrap_or(Value::UNSET),
        Ask::ListLast => verbs::list::neighbour(world, of, true).unwrap_or(Value::UNSET),
        Ask::RefcountRead => match world.thing(of.ty()) {
            Some(Thing::Refcount) if world.touch(of).is_ok() => world.get(of.address()),
            _ => Value::UNSET,
        },
    }
}
