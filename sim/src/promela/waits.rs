//! What `wait_for` waits for: an expression that only looks, and may meet what is not set.

use super::code::Val;
use super::coder::{Coder, Frame};
use super::exprs::operator;
use super::refuse::Refusal;
use super::world::{HANDLE, Kind, Meaning, UNSET};
use model::lang::ast::{BinaryOp, Expr, ExprKind, UnaryOp};

/// When an expression is true and when it is false: neither, if it meets something unset.
struct Truth {
    yes: String,
    no: String,
}

/// A value, and when there is one.
struct Looked {
    value: String,
    set: String,
}

impl Coder<'_, '_> {
    /// When an expression is true, and what it reads of the waiting task.
    pub fn truth(&self, f: &Frame, expr: &Expr) -> Result<(String, Vec<Val>), Refusal> {
        let mut reads = Vec::new();
        let truth = self.look(f, expr, &mut reads)?;
        Ok((truth.yes, reads))
    }

    fn look(&self, f: &Frame, expr: &Expr, reads: &mut Vec<Val>) -> Result<Truth, Refusal> {
        Ok(match &expr.kind {
            ExprKind::Paren(inner) => self.look(f, inner, reads)?,
            ExprKind::Unary(UnaryOp::Not, inner) => {
                let Truth { yes, no } = self.look(f, inner, reads)?;
                Truth { yes: no, no: yes }
            }
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), x, y) => {
                let (x, y) = (self.look(f, x, reads)?, self.look(f, y, reads)?);
                let and = |a: &str, b: &str| format!("({a} && {b})");
                let or = |a: &str, b: &str| format!("({a} || {b})");
                if *op == BinaryOp::And {
                    Truth { yes: and(&x.yes, &y.yes), no: or(&x.no, &y.no) }
                } else {
                    Truth { yes: or(&x.yes, &y.yes), no: and(&x.no, &y.no) }
                }
            }
            _ => {
                let Looked { value, set } = self.value(f, expr, reads)?;
                Truth { yes: format!("({set} && {value} != 0)"), no: format!("({set} && {value} == 0)") }
            }
        })
    }

    fn value(&self, f: &Frame, expr: &Expr, reads: &mut Vec<Val>) -> Result<Looked, Refusal> {
        let known = |value: String| Looked { value, set: "true".to_string() };
        let maybe = |value: String| Looked { set: format!("{value} != {UNSET}"), value };
        Ok(match &expr.kind {
            ExprKind::Int(value) => known(value.to_string()),
            ExprKind::Null => known("0".to_string()),
            ExprKind::Errno(name) => known(model::lang::errno::value(name).unwrap_or(0).to_string()),
            ExprKind::Paren(inner) => self.value(f, inner, reads)?,
            ExprKind::Unary(UnaryOp::Neg, inner) => {
                let Looked { value, set } = self.value(f, inner, reads)?;
                Looked { value: format!("(0-{value})"), set }
            }
            ExprKind::Binary(op, x, y) if operator(*op).is_some() => {
                let (x, y) = (self.value(f, x, reads)?, self.value(f, y, reads)?);
                let op = operator(*op).expect("it is one");
                Looked {
                    value: format!("({} {op} {})", x.value, y.value),
                    set: format!("{} && {}", x.set, y.set),
                }
            }
            ExprKind::Name(name) => {
                if let Some(&reg) = f.locals.get(name) {
                    reads.push(Val::Reg(reg));
                    return Ok(maybe(self.text(Val::Reg(reg))));
                }
                match self.world.find(f.scope, name) {
                    Some(Meaning::Const(value)) => known(value.to_string()),
                    Some(Meaning::Scalar(cell)) => known(format!("m[{cell}]")),
                    Some(Meaning::Place(cell, _)) => known((HANDLE + *cell as i64).to_string()),
                    None if name == "me" => known(f.me.unwrap_or(0).to_string()),
                    _ => return Err(Refusal::construct(expr.span, "this name in `wait_for`")),
                }
            }
            ExprKind::Field(object, name) => {
                if let Some(task) = self.task_named(f, object) {
                    let reg = self.vars.get(&(task, name.text.clone())).copied().unwrap_or(0);
                    return Ok(maybe(format!("r{task}[{reg}]")));
                }
                let offset = self.world.offsets.get(&name.text).copied().unwrap_or(0);
                match (&object.kind, self.field_kind(&name.text)) {
                    (ExprKind::Name(object), Some(kind)) if self.address(f, object).is_some() => {
                        let at = self.address(f, object).expect("it has one") + offset as i64;
                        match kind {
                            Kind::Plain | Kind::Constant => known(format!("M({at})")),
                            Kind::Callback => {
                                return Err(Refusal::construct(expr.span, "this in `wait_for`"));
                            }
                            _ => known(at.to_string()),
                        }
                    }
                    _ => return Err(Refusal::construct(expr.span, "this field in `wait_for`")),
                }
            }
            ExprKind::Call(callee, args) => match (&callee.kind, args.as_slice()) {
                (ExprKind::Name(name), [of]) if name == "done" || name == "blocked" => {
                    let Some(task) = self.task_named(f, of) else {
                        return Err(Refusal::construct(expr.span, "this task in `wait_for`"));
                    };
                    known(format!("{}_{task}", name.to_uppercase()))
                }
                (ExprKind::Name(name), [of]) if name == "refcount_read" || name == "list_empty" => {
                    let Looked { value, set } = self.value(f, of, reads)?;
                    let value = if name == "list_empty" {
                        format!("(M({value}) == {value})")
                    } else {
                        format!("M({value})")
                    };
                    Looked { value, set }
                }
                _ => return Err(Refusal::construct(expr.span, "this call in `wait_for`")),
            },
            _ => return Err(Refusal::construct(expr.span, "this in `wait_for`")),
        })
    }

    /// The task that an expression names.
    fn task_named(&self, f: &Frame, expr: &Expr) -> Option<usize> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.task_named(f, inner),
            ExprKind::Name(name) if !f.locals.contains_key(name) => match self.world.find(f.scope, name)? {
                Meaning::Task { first, count: None } => Some(*first),
                _ => None,
            },
            ExprKind::Index(array, index) => match (&array.kind, &index.kind) {
                (ExprKind::Name(name), ExprKind::Int(at)) => match self.world.find(f.scope, name)? {
                    Meaning::Task { first, count: Some(_) } => Some(first + usize::try_from(*at).ok()?),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
}
