//! What the conditions of a scenario look at, by name: an outcome is told as what they see at the end.

use super::code::BinOp;
use super::pure::{Ask, Pure};
use super::value::Value;
use super::world::World;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Something that a condition reads: a variable, a field, or a question about an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// As a scenario would write it: `modprobe.error`, `inited(veth, a)`.
    pub name: String,
    expr: Pure,
}

impl Reading {
    /// What it is in a state, in the reader's words; `unset` where it says nothing.
    #[must_use]
    pub fn value(&self, world: &World<'_>) -> String {
        world.describe(self.expr.in_state(world))
    }
}

impl World<'_> {
    /// Everything that the conditions read and that is still worth knowing at the end, each once, in the order in which
    /// the scenario first names it. Whether a task is done or waits is not among it.
    #[must_use]
    pub fn readings(&self) -> Vec<Reading> {
        let mut readings = Vec::new();
        for condition in &self.program.conditions {
            self.collect(&condition.expr, &mut readings);
        }
        readings
    }

    fn collect(&self, expr: &Pure, readings: &mut Vec<Reading>) {
        match expr {
            Pure::Const(_)
            | Pure::Local(_)
            | Pure::Me
            | Pure::Address(..)
            | Pure::Ask(Ask::Done | Ask::Blocked, _) => {}
            Pure::Ask(Ask::Not | Ask::Neg | Ask::IsErr, of) => self.collect(of, readings),
            Pure::Binary(_, a, b) | Pure::And(a, b) | Pure::Or(a, b) => {
                self.collect(a, readings);
                self.collect(b, readings);
            }
            Pure::TaskVar { .. }
            | Pure::Global(_)
            | Pure::Field(..)
            | Pure::Element(..)
            | Pure::Array(..)
            | Pure::Ask(..)
            | Pure::Inited(..) => {
                let name = self.written(expr);
                if readings.iter().all(|known| known.name != name) {
                    readings.push(Reading { name, expr: expr.clone() });
                }
            }
        }
    }

    /// An expression as a scenario would write it.
    fn written(&self, expr: &Pure) -> String {
        let program = self.program;
        let field = |field: u16| program.field_names[usize::from(field)].as_str();
        let array = |array: u16| {
            let address = program.arrays[usize::from(array)].address;
            let global = program.globals.iter().find(|global| global.address == address);
            global.map_or("?", |global| global.name.as_str())
        };
        match expr {
            Pure::Const(value) if *value == Value::UNSET => "?".to_string(),
            Pure::Const(value) => self.describe(*value),
            Pure::Local(_) => "?".to_string(),
            Pure::Me => "me".to_string(),
            Pure::TaskVar { task, slot } => {
                let task = &program.tasks[*task as usize];
                let slots = &program.functions[usize::from(task.func)].slots;
                let slot = usize::from(*slot).checked_sub(1).and_then(|at| slots.get(at));
                format!("{}.{}", task.name, slot.map_or("?", String::as_str))
            }
            Pure::Global(cell) => self.cell_name(*cell),
            Pure::Field(object, name) => format!("{}.{}", self.written(object), field(*name)),
            Pure::Element(object, name, index) => {
                format!("{}.{}[{}]", self.written(object), field(*name), self.written(index))
            }
            Pure::Array(of, index) | Pure::Address(of, index) => {
                format!("{}[{}]", array(*of), self.written(index))
            }
            Pure::Ask(Ask::Not, of) => format!("!{}", self.written(of)),
            Pure::Ask(Ask::Neg, of) => format!("-{}", self.written(of)),
            Pure::Ask(ask, of) => format!("{}({})", word(*ask), self.written(of)),
            Pure::Binary(op @ (BinOp::Max | BinOp::Min), a, b) => {
                format!("{}({}, {})", op.sign(), self.written(a), self.written(b))
            }
            Pure::Binary(op, a, b) => format!("{} {} {}", self.written(a), op.sign(), self.written(b)),
            Pure::And(a, b) => format!("{} && {}", self.written(a), self.written(b)),
            Pure::Or(a, b) => format!("{} || {}", self.written(a), self.written(b)),
            Pure::Inited(ops, net) => format!("inited({}, {})", self.written(ops), self.written(net)),
        }
    }
}

const fn word(ask: Ask) -> &'static str {
    match ask {
        Ask::Not => "!",
        Ask::Neg => "-",
        Ask::IsErr => "IS_ERR",
        Ask::Done => "done",
        Ask::Blocked => "blocked",
        Ask::Freed => "freed",
        Ask::ListEmpty => "list_empty",
        Ask::ListFirst => "list_first",
        Ask::ListLast => "list_last",
        Ask::ListNext => "list_next",
        Ask::RefcountRead => "refcount_read",
    }
}
