//! Calls: of verbs, of functions, of callbacks.

use super::builder::{Builder, wanted};
use super::expr::FieldUse;
use super::names::{Meaning, Scope};
use super::{Compiler, codes};
use crate::lang::ast::{Expr, ExprKind, Name};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::machine::code::{Arg, BinOp, NO_SITE, NOWHERE, Op, Pair, Slot};
use crate::machine::verbs::{self, Fault, VERBS};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

/// Verbs without a step, and those that only conditions know.
const NO_STEP: [&str; 5] = ["max", "min", "IS_ERR", "entry", "wait_for"];
const IN_CONDITIONS: [&str; 4] = ["done", "blocked", "inited", "freed"];

/// Is it a word of the language that is called like a function, besides the verbs of the table?
pub(super) fn is_builtin(name: &str) -> bool {
    NO_STEP.contains(&name) || IN_CONDITIONS.contains(&name)
}

impl Compiler<'_> {
    pub(super) fn call_stmt(&mut self, b: &mut Builder, call: &Expr) {
        match &call.kind {
            ExprKind::Call(callee, args) => self.call_to(b, call, (callee, args), None),
            ExprKind::Paren(inner) => self.call_stmt(b, inner),
            _ => {}
        }
    }

    /// A call; its value goes to `dst`, if anybody wants it.
    pub(super) fn call_to(
        &mut self,
        b: &mut Builder,
        call: &Expr,
        (callee, args): (&Expr, &[Expr]),
        dst: Option<Slot>,
    ) {
        match &callee.kind {
            ExprKind::Name(name) => self.named_call(b, call, (name, callee.span), args, dst),
            ExprKind::Field(object, name) => self.callback_call(b, call, (object, name), args, dst),
            ExprKind::Paren(inner) => self.call_to(b, call, (inner, args), dst),
            _ => {
                let message = format!("`{}` cannot be called", self.sources.text(callee.span));
                self.error(
                    Diagnostic::new(codes::UNKNOWN_FUNCTION, callee.span, message)
                        .help("call a function, a verb or a callback"),
                );
            }
        }
    }

    fn named_call(
        &mut self,
        b: &mut Builder,
        call: &Expr,
        (name, span): (&str, Span),
        args: &[Expr],
        dst: Option<Slot>,
    ) {
        if let Some(Meaning::Function(func)) = self.names.find(b.scope, name).cloned() {
            let params = usize::from(self.functions[usize::from(func)].params);
            if self.arity(call.span, name, args.len(), params, params) {
                let values = self.arguments(b, args);
                b.span = call.span;
                let args = self.operand_list(&values);
                self.emit(b, Op::Call { func, dst: wanted(dst), args, frame: 0 });
            }
            return;
        }
        if let Some(verb) = verbs::find(name) {
            self.verb_call(b, call, verb, args, dst);
            return;
        }
        match name {
            "max" | "min" | "IS_ERR" | "entry" => self.local_call(b, call, name, args, dst),
            "wait_for" => {
                if self.arity(call.span, name, args.len(), 1, 1) {
                    let expr = self.pure(Some(b), b.scope, &args[0]);
                    self.waits.push(expr);
                    let at = u16::try_from(self.waits.len() - 1).unwrap_or(u16::MAX);
                    b.span = call.span;
                    self.emit_access(b, Op::WaitFor { expr: at });
                    self.no_value(call.span, name, dst);
                }
            }
            _ if IN_CONDITIONS.contains(&name) => {
                let message = format!("`{name}` is for conditions and `wait_for` only");
                self.error(
                    Diagnostic::new(codes::ONLY_IN_CONDITIONS, span, message)
                        .help("use it in `always`, `finally`, ... or `wait_for(...)`"),
                );
            }
            _ => self.unknown_function(b.scope, name, span),
        }
    }

    pub(super) fn unknown_function(&mut self, scope: Scope, name: &str, span: Span) {
        let verbs = VERBS.iter().map(|verb| verb.name).chain(NO_STEP).chain(IN_CONDITIONS);
        let help = match self.names.suggest(scope, name, verbs) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.callback_names.iter().any(|known| known == name) => {
                format!("a callback is called on its object: `ops.{name}(...)`")
            }
            None => "declare it: `fn NAME(...) { ... }`; a protocol does not see a scenario's functions"
                .to_string(),
        };
        self.error(
            Diagnostic::new(codes::UNKNOWN_FUNCTION, span, format!("unknown function `{name}`")).help(help),
        );
    }

    pub(super) fn arity(&mut self, span: Span, name: &str, given: usize, least: usize, most: usize) -> bool {
        if (least..=most).contains(&given) {
            return true;
        }
        let takes = if least == most { format!("{most}") } else { format!("{least} or {most}") };
        let plural = if most == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {takes} argument{plural}, not {given}");
        self.error(Diagnostic::new(codes::WRONG_ARITY, span, message).help("give it what it takes"));
        false
    }

    fn no_value(&mut self, span: Span, name: &str, dst: Option<Slot>) {
        if dst.is_some() {
            let message = format!("`{name}` gives no value");
            self.error(
                Diagnostic::new(codes::NO_VALUE, span, message).help("call it as a statement of its own"),
            );
        }
    }

    /// The arguments' values. One that is a local may be used where it stands.
    fn arguments(&mut self, b: &mut Builder, args: &[Expr]) -> Vec<Arg> {
        if args.len() > 4 {
            let message = "more than 4 arguments";
            self.error(
                Diagnostic::new(codes::WRONG_ARITY, args[4].span, message)
                    .help("pass an object that holds them"),
            );
        }
        args.iter().take(4).map(|arg| self.expr(b, arg)).collect()
    }

    fn local_call(&mut self, b: &mut Builder, call: &Expr, name: &str, args: &[Expr], dst: Option<Slot>) {
        let params = if name == "IS_ERR" || name == "entry" { 1 } else { 2 };
        if !self.arity(call.span, name, args.len(), params, params) {
            return;
        }
        let values = self.arguments(b, args);
        b.span = call.span;
        let dst = wanted(dst);
        if dst == NOWHERE {
            return;
        }
        let op = match name {
            "IS_ERR" => Op::IsErr { dst, a: values[0] },
            "entry" => Op::Entry { dst, a: values[0] },
            "max" => Op::Binary { op: BinOp::Max, dst, a: values[0], b: values[1] },
            _ => Op::Binary { op: BinOp::Min, dst, a: values[0], b: values[1] },
        };
        self.emit(b, op);
    }

    fn verb_call(&mut self, b: &mut Builder, call: &Expr, verb: u8, args: &[Expr], dst: Option<Slot>) {
        let row = VERBS[usize::from(verb)];
        let most = row.params.len();
        if !self.arity(call.span, row.name, args.len(), most - row.optional, most) {
            return;
        }
        let mut asks_kinds = false;
        for (arg, &param) in args.iter().zip(row.params) {
            let told = self.expect(b, arg, param, row.name);
            asks_kinds |= !told && param.is_one_kind();
        }
        if !row.value {
            self.no_value(call.span, row.name, dst);
        }
        // What a waiting verb waits for must not depend on a field that may be gone.
        let waits = row.ready.is_some() || row.resume.is_some();
        let values: Vec<Arg> = args.iter().map(|arg| self.verb_argument(b, arg, waits)).collect();
        b.span = call.span;
        let site = match row.fault {
            Fault::Never => NO_SITE,
            Fault::Fails => self.site(b, row.name),
            Fault::Killed => self.site(b, "kill"),
        };
        let list =
            Pair(values.first().copied().unwrap_or(Arg::NONE), values.get(1).copied().unwrap_or(Arg::NONE));
        if row.resume.is_none() {
            self.emit_verb(b, Op::Verb { verb, dst: wanted(dst), args: list, site }, asks_kinds);
            return;
        }
        // A verb of two steps remembers something between them.
        let scratch = b.temp();
        if row.resume.as_ref().is_some_and(|resume| resume.remembers_tasks) {
            for _ in 0..self.layout.task_set {
                b.temp();
            }
        }
        self.emit_verb(b, Op::Verb { verb, dst: scratch, args: list, site }, asks_kinds);
        self.emit_access(b, Op::Resume { verb, dst: scratch, args: list, site });
        if let Some(dst) = dst {
            self.emit(b, Op::Move { dst, src: Arg::slot(scratch) });
        }
    }

    fn emit_verb(&mut self, b: &Builder, op: Op, asks_kinds: bool) {
        self.emit_access(b, op);
        if let Some(last) = self.code.last_mut() {
            last.asks_kinds = asks_kinds;
        }
    }

    /// An argument of a verb: the address of a field of a local's object is worked out by the verb itself.
    fn verb_argument(&mut self, b: &mut Builder, arg: &Expr, waits: bool) -> Arg {
        if let ExprKind::Field(object, name) = &arg.kind
            && let ExprKind::Name(local) = &object.kind
            && let Some(&slot) = b.locals.get(local)
            && !waits
            && !["next", "prev"].contains(&name.text.as_str())
            && !b.local_lists.iter().any(|&(list, _)| list == slot)
            && let Some(field) = self.field(name, false)
            && self.field_use(field) == FieldUse::Address
            && self.field_operands.len() < Arg::MOST
        {
            let known = self.field_operands.iter().position(|&known| known == (slot, field));
            let at = known.unwrap_or_else(|| {
                self.field_operands.push((slot, field));
                self.field_operands.len() - 1
            });
            return Arg::field(u16::try_from(at).unwrap_or(0));
        }
        self.expr(b, arg)
    }

    fn callback_call(
        &mut self,
        b: &mut Builder,
        call: &Expr,
        (object, name): (&Expr, &Name),
        args: &[Expr],
        dst: Option<Slot>,
    ) {
        let Some(field) = self.field(name, false) else { return };
        let FieldUse::Callback(callback) = self.field_use(field) else {
            let message = format!("`{}` is no callback", name.text);
            self.error(
                Diagnostic::new(codes::UNKNOWN_CALLBACK, name.span, message)
                    .help(format!("declare it: `struct NAME {{ callback {}; }}`", name.text)),
            );
            return;
        };
        let object = self.expr(b, object);
        let values = self.arguments(b, args);
        b.span = call.span;
        let args = self.operand_list(&values);
        self.emit_access(b, Op::Callback { dst: wanted(dst), object, callback, args, frame: 0 });
    }
}
