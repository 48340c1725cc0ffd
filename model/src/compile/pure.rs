//! Expressions that only look: conditions, and what `wait_for` waits for.

use super::builder::Builder;
use super::expr::binop;
use super::names::{Meaning, Scope};
use super::{Compiler, codes, function_value};
use crate::lang::ast::{BinaryOp, Expr, ExprKind, Name, UnaryOp};
use crate::lang::diagnostic::Diagnostic;
use crate::machine::code::BinOp;
use crate::machine::pure::{Ask, Pure};
use crate::machine::value::{PlaceType, Value};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What stands where a mistake was made.
const NOTHING: Pure = Pure::Const(Value::NULL);

impl Compiler<'_> {
    /// `b`: the function that waits; none for a condition of the scenario.
    pub(super) fn pure(&mut self, b: Option<&Builder>, scope: Scope, expr: &Expr) -> Pure {
        match &expr.kind {
            ExprKind::Int(value) => Value::int(*value).map_or(NOTHING, Pure::Const),
            ExprKind::Null => NOTHING,
            ExprKind::Errno(name) => {
                crate::lang::errno::value(name).and_then(Value::int).map_or(NOTHING, Pure::Const)
            }
            ExprKind::Struct(name) => self.struct_name_value(name).map_or(NOTHING, Pure::Const),
            ExprKind::Paren(inner) => self.pure(b, scope, inner),
            ExprKind::Unary(op, inner) => {
                let ask = if *op == UnaryOp::Not { Ask::Not } else { Ask::Neg };
                Pure::Ask(ask, Box::new(self.pure(b, scope, inner)))
            }
            ExprKind::Binary(op, x, y) => {
                let (x, y) = (Box::new(self.pure(b, scope, x)), Box::new(self.pure(b, scope, y)));
                match (op, binop(*op)) {
                    (_, Some(op)) => Pure::Binary(op, x, y),
                    (BinaryOp::And, None) => Pure::And(x, y),
                    _ => Pure::Or(x, y),
                }
            }
            ExprKind::Name(name) => self.pure_name(b, scope, name, expr),
            ExprKind::Field(object, name) => self.pure_field(b, scope, object, name),
            ExprKind::Index(array, index) => self.pure_element(b, scope, expr, array, index),
            ExprKind::Call(callee, args) => self.pure_call(b, scope, callee, args),
            ExprKind::Error => NOTHING,
        }
    }

    fn pure_name(&mut self, b: Option<&Builder>, scope: Scope, name: &str, expr: &Expr) -> Pure {
        if let Some(b) = b {
            if let Some(&slot) = b.locals.get(name) {
                return Pure::Local(slot);
            }
            if name == "me" && self.names.find(scope, name).is_none() {
                self.uses_me.push((b.func, expr.span));
                return Pure::Me;
            }
        }
        match self.names.find(scope, name).cloned() {
            Some(Meaning::Const(value)) => Value::int(value).map_or(NOTHING, Pure::Const),
            Some(Meaning::Place(value)) => Pure::Const(value),
            Some(Meaning::Function(index)) => Pure::Const(function_value(index)),
            Some(Meaning::Scalar { cell }) => Pure::Global(cell),
            Some(Meaning::Task { first, count: None }) => Pure::Const(Value::place(PlaceType::TASK, first)),
            Some(Meaning::Array { .. } | Meaning::Task { .. }) => {
                let message = format!("`{name}` is many");
                self.error(
                    Diagnostic::new(codes::WRONG_KIND, expr.span, message)
                        .help(format!("say which: `{name}[0]`")),
                );
                NOTHING
            }
            None => {
                let locals: Vec<String> = b.map_or_else(Vec::new, |b| b.locals.keys().cloned().collect());
                self.unknown_name(scope, name, expr.span, &locals);
                NOTHING
            }
        }
    }

    /// The task that an expression names, with its function: `t`, `t[0]`.
    fn task_of(&mut self, b: Option<&Builder>, scope: Scope, expr: &Expr) -> Option<(u32, u16)> {
        let (name, index) = match &expr.kind {
            ExprKind::Paren(inner) => return self.task_of(b, scope, inner),
            ExprKind::Name(name) => (name, None),
            ExprKind::Index(array, index) => match &array.kind {
                ExprKind::Name(name) => (name, Some(index)),
                _ => return None,
            },
            _ => return None,
        };
        if b.is_some_and(|b| b.locals.contains_key(name)) {
            return None;
        }
        let Some(Meaning::Task { first, count }) = self.names.find(scope, name).cloned() else { return None };
        let task = match (index, count) {
            (None, None) => first,
            (Some(index), Some(count)) => {
                let at = self.constant_value(index, scope)?.as_int().and_then(|at| u32::try_from(at).ok());
                match at {
                    Some(at) if at < count => first + at,
                    _ => {
                        let message = format!("there is no `{}`", self.sources.text(expr.span));
                        let help = format!("the last one is `{name}[{}]`", count - 1);
                        self.error(Diagnostic::new(codes::INDEX_OUT_OF_RANGE, expr.span, message).help(help));
                        first
                    }
                }
            }
            _ => return None,
        };
        Some((task, self.tasks[task as usize].func))
    }

    /// The worker of the workqueue that an expression names.
    fn worker(&self, scope: Scope, expr: &Expr) -> Option<u32> {
        let ExprKind::Name(name) = &expr.kind else { return None };
        let Some(Meaning::Place(queue)) = self.names.find(scope, name) else { return None };
        self.workqueues.iter().find(|(_, at, _)| at == queue)?;
        let worker = self.tasks.iter().position(|task| task.worker && task.name == *name)?;
        u32::try_from(worker).ok()
    }

    fn pure_field(&mut self, b: Option<&Builder>, scope: Scope, object: &Expr, name: &Name) -> Pure {
        if let Some((task, func)) = self.task_of(b, scope, object) {
            return self.task_variable(task, func, name);
        }
        let object = self.pure(b, scope, object);
        if let Some(index) = self.field_names.iter().position(|known| *known == name.text) {
            return Pure::Field(Box::new(object), u16::try_from(index).unwrap_or(0));
        }
        self.field(name, false);
        NOTHING
    }

    fn task_variable(&mut self, task: u32, func: u16, name: &Name) -> Pure {
        let slot = self.task_vars.get(&func).and_then(|vars| vars.get(&name.text)).copied();
        let Some(slot) = slot else {
            let task = self.tasks[task as usize].name.clone();
            let vars = self.task_vars.get(&func);
            let names = vars.map_or_else(Vec::new, |vars| vars.keys().cloned().collect());
            let message = format!("task `{task}` has no variable `{}`", name.text);
            let help = match crate::lang::suggest::did_you_mean(&name.text, names.iter().map(String::as_str))
            {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("assign to it in the task's own block: `{} = ...;`", name.text),
            };
            self.error(Diagnostic::new(codes::UNKNOWN_VARIABLE, name.span, message).help(help));
            return NOTHING;
        };
        if !self.watched.contains(&(func, slot)) {
            self.watched.push((func, slot));
        }
        Pure::TaskVar { task, slot }
    }

    fn pure_element(
        &mut self,
        b: Option<&Builder>,
        scope: Scope,
        expr: &Expr,
        array: &Expr,
        index: &Expr,
    ) -> Pure {
        if let Some((task, _)) = self.task_of(b, scope, expr) {
            return Pure::Const(Value::place(PlaceType::TASK, task));
        }
        let at = Box::new(self.pure(b, scope, index));
        match &array.kind {
            ExprKind::Field(object, name) => {
                let object = Box::new(self.pure(b, scope, object));
                match self.field(name, false) {
                    Some(field) => Pure::Element(object, field, at),
                    None => NOTHING,
                }
            }
            ExprKind::Name(name) => match self.names.find(scope, name).cloned() {
                Some(Meaning::Array { array, plain: true }) => Pure::Array(array, at),
                Some(Meaning::Array { array, plain: false }) => Pure::Address(array, at),
                Some(_) => {
                    self.not_an_array(array);
                    NOTHING
                }
                None => {
                    self.unknown_name(scope, name, array.span, &[]);
                    NOTHING
                }
            },
            _ => {
                self.not_an_array(array);
                NOTHING
            }
        }
    }

    fn pure_call(&mut self, b: Option<&Builder>, scope: Scope, callee: &Expr, args: &[Expr]) -> Pure {
        let ExprKind::Name(name) = &callee.kind else {
            let message = "a condition only looks, and a callback does something";
            self.error(
                Diagnostic::new(codes::ONLY_IN_CONDITIONS, callee.span, message)
                    .help("ask what it left behind instead"),
            );
            return NOTHING;
        };
        let ask = match name.as_str() {
            "IS_ERR" => Some(Ask::IsErr),
            "done" => Some(Ask::Done),
            "blocked" => Some(Ask::Blocked),
            "freed" => Some(Ask::Freed),
            "list_empty" => Some(Ask::ListEmpty),
            "list_first" => Some(Ask::ListFirst),
            "list_last" => Some(Ask::ListLast),
            "list_next" => Some(Ask::ListNext),
            "refcount_read" => Some(Ask::RefcountRead),
            _ => None,
        };
        let params = if ask.is_some() { 1 } else { 2 };
        if ask.is_none() && !["max", "min", "inited"].contains(&name.as_str()) {
            if self.names.find(scope, name).is_some() || crate::machine::verbs::find(name).is_some() {
                let message = format!("`{name}` cannot be called in a condition, which only looks");
                self.error(
                    Diagnostic::new(codes::ONLY_IN_CONDITIONS, callee.span, message)
                        .help("conditions know done, blocked, inited, freed, IS_ERR, max, min, list_empty, list_first, list_last, list_next, refcount_read"),
                );
            } else {
                self.unknown_function(scope, name, callee.span);
            }
            return NOTHING;
        }
        if !self.arity(callee.span, name, args.len(), params, params) {
            return NOTHING;
        }
        let about_tasks = matches!(ask, Some(Ask::Done | Ask::Blocked));
        let mut args = args
            .iter()
            .map(|arg| match self.worker(scope, arg).filter(|_| about_tasks) {
                Some(worker) => Pure::Const(Value::place(PlaceType::TASK, worker)),
                None => self.pure(b, scope, arg),
            })
            .map(Box::new)
            .collect::<Vec<_>>()
            .into_iter();
        let (first, second) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
        match (ask, name.as_str()) {
            (Some(ask), _) => Pure::Ask(ask, first),
            (None, "max") => Pure::Binary(BinOp::Max, first, second),
            (None, "min") => Pure::Binary(BinOp::Min, first, second),
            _ => Pure::Inited(first, second),
        }
    }

    /// For messages.
    pub(super) fn text_of(&self, expr: &Expr) -> String {
        self.sources.text(expr.span).to_string()
    }
}

impl Default for Pure {
    fn default() -> Self {
        NOTHING
    }
}
