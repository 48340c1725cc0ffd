//! Expressions to instructions.

use super::builder::{Builder, Label};
use super::names::Meaning;
use super::{Compiler, codes, function_value};
use crate::lang::ast::{BinaryOp, Expr, ExprKind, Name, UnaryOp};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::suggest::did_you_mean;
use crate::machine::code::{Arg, BinOp, Op, Operand, Slot};
use crate::machine::program::FieldKind;
use crate::machine::value::{PlaceType, Value};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a field is in all structs that have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FieldUse {
    /// Reading it is an access.
    Variable,
    /// Reading it is none: nobody ever writes it.
    Constant,
    /// Its address is meant.
    Address,
    /// Asking for presence.
    Callback(u16),
    /// Different things in different structs: found out at run time.
    Mixed,
}

pub(super) const fn binop(op: BinaryOp) -> Option<BinOp> {
    Some(match op {
        BinaryOp::Eq => BinOp::Eq,
        BinaryOp::Ne => BinOp::Ne,
        BinaryOp::Lt => BinOp::Lt,
        BinaryOp::Gt => BinOp::Gt,
        BinaryOp::Le => BinOp::Le,
        BinaryOp::Ge => BinOp::Ge,
        BinaryOp::Add => BinOp::Add,
        BinaryOp::Sub => BinOp::Sub,
        BinaryOp::Mul => BinOp::Mul,
        BinaryOp::Or | BinaryOp::And => return None,
    })
}

impl Compiler<'_> {
    /// The value of an expression, wherever it is.
    pub(super) fn expr(&mut self, b: &mut Builder, expr: &Expr) -> Arg {
        match &expr.kind {
            ExprKind::Paren(inner) => self.expr(b, inner),
            ExprKind::Name(name) => {
                if let Some(&slot) = b.locals.get(name)
                    && !b.local_lists.iter().any(|&(list, _)| list == slot)
                {
                    return Arg::slot(slot);
                }
                match self.constant_of(b, expr) {
                    Some(value) => self.constant_arg(value),
                    None => self.expr_in_temp(b, expr),
                }
            }
            _ => match self.constant_of(b, expr) {
                Some(value) => self.constant_arg(value),
                None => self.expr_in_temp(b, expr),
            },
        }
    }

    fn expr_in_temp(&mut self, b: &mut Builder, expr: &Expr) -> Arg {
        let dst = b.temp();
        self.expr_to(b, expr, dst);
        Arg::slot(dst)
    }

    /// What is known when the file is read.
    fn constant_of(&mut self, b: &Builder, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Int(value) => Value::int(*value),
            ExprKind::Null => Some(Value::NULL),
            ExprKind::Errno(name) => crate::lang::errno::value(name).and_then(Value::int),
            ExprKind::Struct(name) => self.struct_name_value(name),
            ExprKind::Unary(UnaryOp::Neg, inner) => match &inner.kind {
                ExprKind::Int(_) | ExprKind::Errno(_) => {
                    self.constant_of(b, inner)?.as_int().and_then(|value| Value::int(-value))
                }
                _ => None,
            },
            ExprKind::Name(name) if !b.locals.contains_key(name) => match self.names.find(b.scope, name)? {
                Meaning::Const(value) => Value::int(*value),
                Meaning::Place(value) => Some(*value),
                Meaning::Function(index) => Some(function_value(*index)),
                Meaning::Task { first, count: None } => Some(Value::place(PlaceType::TASK, *first)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Puts the value of an expression into a slot.
    pub(super) fn expr_to(&mut self, b: &mut Builder, expr: &Expr, dst: Slot) {
        let span = b.span;
        let mark = b.mark();
        match &expr.kind {
            ExprKind::Paren(inner) => self.expr_to(b, inner, dst),
            ExprKind::Name(name) => self.name_to(b, expr, name, dst),
            ExprKind::Unary(op, inner) if self.constant_of(b, expr).is_none() => {
                let a = self.expr(b, inner);
                b.span = span;
                self.emit(b, if *op == UnaryOp::Not { Op::Not { dst, a } } else { Op::Neg { dst, a } });
            }
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) => self.truth_to(b, expr, dst),
            ExprKind::Binary(op, x, y) => {
                let (a, c) = (self.expr(b, x), self.expr(b, y));
                b.span = span;
                let op = binop(*op).expect("the others were answered");
                self.emit(b, Op::Binary { op, dst, a, b: c });
            }
            ExprKind::Field(object, field) => self.field_to(b, object, field, dst),
            ExprKind::Index(array, index) => self.element_to(b, expr, (array, index), dst),
            ExprKind::Call(callee, args) => self.call_to(b, expr, (callee, args), Some(dst)),
            ExprKind::Error => {}
            _ => {
                if let Some(value) = self.constant_of(b, expr) {
                    let src = self.constant_arg(value);
                    self.emit(b, Op::Move { dst, src });
                }
            }
        }
        b.release(mark);
    }

    fn name_to(&mut self, b: &mut Builder, expr: &Expr, name: &str, dst: Slot) {
        if let Some(&slot) = b.locals.get(name) {
            let op = if b.local_lists.iter().any(|&(list, _)| list == slot) {
                Op::LocalList { dst, slot }
            } else {
                Op::Move { dst, src: Arg::slot(slot) }
            };
            self.emit(b, op);
            return;
        }
        if let Some(value) = self.constant_of(b, expr) {
            let src = self.constant_arg(value);
            self.emit(b, Op::Move { dst, src });
            return;
        }
        match self.names.find(b.scope, name).cloned() {
            Some(Meaning::Scalar { cell }) => {
                let written = self.written_globals.contains(name);
                self.emit_as(b, Op::LoadGlobal { dst, cell }, written);
            }
            Some(Meaning::Array { .. } | Meaning::Task { .. }) => {
                let message = format!("`{name}` is many");
                self.error(
                    Diagnostic::new(codes::WRONG_KIND, expr.span, message)
                        .help(format!("say which: `{name}[0]`")),
                );
            }
            _ if name == "me" => self.me_to(b, expr, dst),
            _ => {
                let locals: Vec<String> = b.locals.keys().cloned().collect();
                self.unknown_name(b.scope, name, expr.span, &locals);
            }
        }
    }

    fn me_to(&mut self, b: &Builder, expr: &Expr, dst: Slot) {
        self.uses_me.push((b.func, expr.span));
        self.emit(b, Op::Me { dst });
    }

    /// 1 or 0.
    fn truth_to(&mut self, b: &mut Builder, expr: &Expr, dst: Slot) {
        let (no, end) = (b.label(), b.label());
        self.branch(b, expr, no, false);
        let one = self.constant_arg(Value::truth(true));
        self.emit(b, Op::Move { dst, src: one });
        self.emit(b, Op::Jump { to: Self::jump_to(end) });
        self.bind(b, no);
        let zero = self.constant_arg(Value::NULL);
        self.emit(b, Op::Move { dst, src: zero });
        self.bind(b, end);
    }

    /// Jumps if an expression is `when`, otherwise goes on.
    pub(super) fn branch(&mut self, b: &mut Builder, expr: &Expr, to: Label, when: bool) {
        let span = b.span;
        match &expr.kind {
            ExprKind::Paren(inner) => self.branch(b, inner, to, when),
            ExprKind::Unary(UnaryOp::Not, inner) => self.branch(b, inner, to, !when),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), x, y) => {
                // `a && b` is false as soon as one is; `a || b` true.
                let decides = *op == BinaryOp::Or;
                if when == decides {
                    self.branch(b, x, to, when);
                    self.branch(b, y, to, when);
                } else {
                    let past = b.label();
                    self.branch(b, x, past, decides);
                    self.branch(b, y, to, when);
                    self.bind(b, past);
                }
            }
            ExprKind::Binary(op, x, y) if !when && binop(*op).is_some() => {
                let (a, c) = (self.expr(b, x), self.expr(b, y));
                b.span = span;
                let op = binop(*op).expect("it is one");
                self.emit(b, Op::UnlessCmp { op, a, b: c, to: Self::jump_to(to) });
            }
            _ => {
                let cond = self.expr(b, expr);
                b.span = span;
                let to = Self::jump_to(to);
                self.emit(b, if when { Op::When { cond, to } } else { Op::Unless { cond, to } });
            }
        }
    }

    /// The index of a field's name, if some struct has it.
    pub(super) fn field(&mut self, name: &Name, assigned: bool) -> Option<u16> {
        let index = self
            .field_names
            .iter()
            .position(|known| *known == name.text)
            .and_then(|at| u16::try_from(at).ok());
        let Some(index) = index else {
            let message = format!("no struct has a field `{}`", name.text);
            let help = match did_you_mean(&name.text, self.field_names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "fields are declared in `struct NAME { ... }`".to_string(),
            };
            self.error(Diagnostic::new(codes::UNKNOWN_FIELD, name.span, message).help(help));
            return None;
        };
        if assigned && matches!(self.field_use(index), FieldUse::Address | FieldUse::Callback(_)) {
            let message = format!("field `{}` cannot be assigned to", name.text);
            self.error(
                Diagnostic::new(codes::NOT_ASSIGNABLE, name.span, message)
                    .help("only an `int` or `ptr` is assigned to"),
            );
            return None;
        }
        Some(index)
    }

    pub(super) fn field_use(&self, name: u16) -> FieldUse {
        let mut uses =
            self.structs.iter().flat_map(|strukt| &strukt.fields).filter(|field| field.name == name).map(
                |field| match field.kind {
                    FieldKind::Plain => FieldUse::Variable,
                    FieldKind::Constant => FieldUse::Constant,
                    FieldKind::Address(_) => FieldUse::Address,
                    FieldKind::Callback(callback) => FieldUse::Callback(callback),
                },
            );
        let first = uses.next().unwrap_or(FieldUse::Mixed);
        if uses.all(|other| other == first) { first } else { FieldUse::Mixed }
    }

    fn field_to(&mut self, b: &mut Builder, object: &Expr, name: &Name, dst: Slot) {
        let span = b.span;
        let is_link = name.text == "next" || name.text == "prev";
        let object_arg = self.expr(b, object);
        b.span = span;
        if is_link {
            let field = self.field_name_again(&name.text);
            self.emit_access(b, Op::Load { dst, object: object_arg, field });
            return;
        }
        let Some(field) = self.field(name, false) else { return };
        match self.field_use(field) {
            FieldUse::Variable | FieldUse::Mixed => {
                self.emit_access(b, Op::Load { dst, object: object_arg, field })
            }
            FieldUse::Constant => self.emit(b, Op::Load { dst, object: object_arg, field }),
            FieldUse::Address => self.emit(b, Op::FieldAddress { dst, object: object_arg, field }),
            FieldUse::Callback(callback) => self.emit(b, Op::Present { dst, object: object_arg, callback }),
        }
    }

    /// `next` and `prev` are names of fields that every position has; they are in the table from the start.
    fn field_name_again(&self, name: &str) -> u16 {
        self.field_names
            .iter()
            .position(|known| known == name)
            .and_then(|at| u16::try_from(at).ok())
            .unwrap_or(0)
    }

    fn element_to(&mut self, b: &mut Builder, expr: &Expr, (array, index): (&Expr, &Expr), dst: Slot) {
        let span = b.span;
        match &array.kind {
            ExprKind::Field(object, name) => {
                let object = self.expr(b, object);
                let index = self.expr(b, index);
                b.span = span;
                if let Some(field) = self.field(name, false) {
                    let access = self.field_use(field) != FieldUse::Address;
                    self.emit_as(b, Op::LoadElement { dst, object, field, index }, access);
                }
            }
            ExprKind::Name(name) if !b.locals.contains_key(name) => {
                let index = self.expr(b, index);
                b.span = span;
                match self.names.find(b.scope, name).cloned() {
                    Some(Meaning::Array { array, plain: true }) => {
                        let written = self.written_globals.contains(name);
                        self.emit_as(b, Op::LoadArray { dst, array, index }, written);
                    }
                    Some(Meaning::Array { array, plain: false }) => {
                        self.emit(b, Op::ElementAddress { dst, array, index })
                    }
                    Some(Meaning::Task { first, count: Some(_) }) => {
                        self.task_element(b, expr, first, index, dst)
                    }
                    Some(_) => self.not_an_array(array),
                    None => {
                        let locals: Vec<String> = b.locals.keys().cloned().collect();
                        self.unknown_name(b.scope, name, array.span, &locals);
                    }
                }
            }
            _ => self.not_an_array(array),
        }
    }

    fn task_element(&mut self, b: &Builder, expr: &Expr, first: u32, index: Arg, dst: Slot) {
        let index = match index.what() {
            Operand::Constant(at) => self.constants[usize::from(at)].as_int(),
            Operand::Slot(_) | Operand::Field(_) => None,
        };
        match index.and_then(|index| u32::try_from(index).ok()) {
            Some(index) => {
                let src = self.constant_arg(Value::place(PlaceType::TASK, first + index));
                self.emit(b, Op::Move { dst, src });
            }
            None => {
                let message = "a task among many is named by a number";
                self.error(
                    Diagnostic::new(codes::INDEX_OUT_OF_RANGE, expr.span, message).help("write `kill(t[0])`"),
                );
            }
        }
    }

    pub(super) fn not_an_array(&mut self, array: &Expr) {
        let message = format!("`{}` is no array", self.sources.text(array.span));
        self.error(
            Diagnostic::new(codes::WRONG_KIND, array.span, message)
                .help("an array is declared with its length: `ops a[2];`"),
        );
    }
}
