//! What an expression that only looks names.

use crate::machine::code::Slot;
use crate::machine::program::TaskId;
use crate::machine::pure::Pure;
use crate::machine::value::Value;

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
