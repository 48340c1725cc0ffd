//! What an instruction reads, and what an expression that only looks names.

use crate::machine::code::{Arg, Args, Op, Slot};
use crate::machine::program::{Program, TaskId};
use crate::machine::pure::Pure;
use crate::machine::value::Value;
use alloc::vec::Vec;

/// The operands of an instruction, but for the index of a global array: that is [`array_index`].
pub(super) fn operands(program: &Program, op: Op) -> Vec<Arg> {
    let list = |args: Args| &program.operands[usize::from(args.at)..][..usize::from(args.len)];
    match op {
        Op::Move { src, .. }
        | Op::Return { src }
        | Op::Assert { src }
        | Op::StoreGlobal { src, .. }
        | Op::StoreArray { src, .. }
        | Op::Not { a: src, .. }
        | Op::Neg { a: src, .. }
        | Op::IsErr { a: src, .. }
        | Op::Entry { a: src, .. }
        | Op::CallWork { work: src, .. }
        | Op::TakeWork { queue: src, .. }
        | Op::Unless { cond: src, .. }
        | Op::When { cond: src, .. }
        | Op::Load { object: src, .. }
        | Op::FieldAddress { object: src, .. }
        | Op::Present { object: src, .. } => [src].into(),
        Op::Binary { a, b, .. }
        | Op::UnlessCmp { a, b, .. }
        | Op::Store { object: a, src: b, .. }
        | Op::LoadElement { object: a, index: b, .. }
        | Op::CallRcu { func: a, object: b, .. }
        | Op::Walk { head: a, from: b, .. } => [a, b].into(),
        Op::StoreElement { object, index, src, .. } => [object, index, src].into(),
        Op::Verb { args, .. } | Op::Resume { args, .. } => [args.0, args.1].into(),
        Op::Call { args, .. } => list(args).to_vec(),
        Op::Callback { object, args, .. } => {
            let mut all = list(args).to_vec();
            all.push(object);
            all
        }
        Op::Done
        | Op::Step
        | Op::Me { .. }
        | Op::Jump { .. }
        | Op::LoadGlobal { .. }
        | Op::LoadArray { .. }
        | Op::ElementAddress { .. }
        | Op::InitLocalList { .. }
        | Op::LocalList { .. }
        | Op::DropLocalList { .. }
        | Op::WaitFor { .. }
        | Op::May { .. }
        | Op::AtomicEnd
        | Op::TakeRcu { .. }
        | Op::FinishRcu => Vec::new(),
    }
}

/// The global array that an instruction works on, and the index.
pub(super) const fn array_index(op: Op) -> Option<(u16, Arg)> {
    match op {
        Op::LoadArray { array, index, .. }
        | Op::StoreArray { array, index, .. }
        | Op::ElementAddress { array, index, .. } => Some((array, index)),
        _ => None,
    }
}

/// What an expression names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    /// `me`, as a number.
    Me,
    /// A local of the task that waits, as a value.
    Local(Slot),
    /// A task, by its variable.
    Task(TaskId),
    /// A constant.
    Constant(Value),
    /// A global's cell.
    Cell(u32),
    /// An element of a global array.
    Element(u16, Index),
}

/// How an element is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Index {
    /// By `me`.
    Me,
    /// By a local of the task that waits.
    Local(Slot),
    /// By its number.
    Constant(Value),
    /// By a value that is known only when it runs.
    Other,
}

/// Calls `f` with everything that an expression names.
pub(super) fn each_name(expr: &Pure, f: &mut impl FnMut(Named)) {
    match expr {
        Pure::Const(value) => f(Named::Constant(*value)),
        Pure::Local(slot) => f(Named::Local(*slot)),
        Pure::Me => f(Named::Me),
        Pure::TaskVar { task, .. } => f(Named::Task(*task)),
        Pure::Global(cell) => f(Named::Cell(*cell)),
        Pure::Field(of, _) | Pure::Ask(_, of) => each_name(of, f),
        Pure::Array(array, index) | Pure::Address(array, index) => {
            let said = match **index {
                Pure::Me => Index::Me,
                Pure::Local(slot) => Index::Local(slot),
                Pure::Const(value) => Index::Constant(value),
                _ => {
                    each_name(index, f);
                    Index::Other
                }
            };
            f(Named::Element(*array, said));
        }
        Pure::Element(a, _, b)
        | Pure::Binary(_, a, b)
        | Pure::And(a, b)
        | Pure::Or(a, b)
        | Pure::Inited(a, b) => {
            each_name(a, f);
            each_name(b, f);
        }
    }
}
