//! Statements to instructions.

use super::builder::{Builder, Label, Loop};
use super::names::Meaning;
use super::{Compiler, codes};
use crate::lang::ast::{Block, Expr, ExprKind, Name, Stmt, StmtKind};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::suggest::did_you_mean;
use crate::machine::code::{Arg, Op};
use crate::machine::program::FaultSite;
use crate::machine::value::Value;
use alloc::format;
use alloc::string::{String, ToString};

impl Compiler<'_> {
    pub(super) fn stmt(&mut self, b: &mut Builder, stmt: &Stmt) {
        let mark = b.mark();
        b.span = stmt.span;
        match &stmt.kind {
            StmtKind::Block(block) => self.block(b, block),
            StmtKind::If { cond, then, otherwise } => self.if_stmt(b, cond, then, otherwise.as_deref()),
            StmtKind::While { cond, body } => self.while_stmt(b, cond, body),
            StmtKind::For { var, reverse, list, after, body } => {
                self.for_stmt(b, var, *reverse, (list, after.as_ref()), body);
            }
            StmtKind::Goto(name) => self.goto(b, name),
            StmtKind::Label(name) => {
                let label = b.text_labels[&name.text].label;
                self.bind(b, label);
            }
            StmtKind::Break | StmtKind::Continue => self.leave_loop(b, stmt),
            StmtKind::Return(value) => {
                let src = match value {
                    Some(value) => self.expr(b, value),
                    None => self.constant_arg(Value::NULL),
                };
                b.span = stmt.span;
                self.emit_return(b, src);
            }
            StmtKind::Atomic(block) => self.atomic(b, block),
            StmtKind::May(inner) => self.may(b, stmt, inner),
            StmtKind::Step => self.emit_access(b, Op::Step),
            StmtKind::Assert(cond) => {
                let src = self.expr(b, cond);
                b.span = cond.span;
                self.emit(b, Op::Assert { src });
            }
            StmtKind::LocalList { names, .. } => {
                for name in names {
                    let slot = b.locals[&name.text];
                    if let Some(&(slot, ty)) = b.local_lists.iter().find(|(known, _)| *known == slot) {
                        self.emit(b, Op::InitLocalList { slot, ty: ty.0 });
                    }
                }
            }
            StmtKind::Assign { place, value } => self.assign(b, stmt, place, value),
            StmtKind::Call(call) => self.call_stmt(b, call),
            StmtKind::Error => {}
        }
        b.release(mark);
    }

    fn block(&mut self, b: &mut Builder, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(b, stmt);
        }
    }

    fn if_stmt(&mut self, b: &mut Builder, cond: &Expr, then: &Stmt, otherwise: Option<&Stmt>) {
        let (no, end) = (b.label(), b.label());
        let mark = b.mark();
        self.branch(b, cond, no, false);
        b.release(mark);
        self.stmt(b, then);
        if let Some(otherwise) = otherwise {
            self.emit(b, Op::Jump { to: Self::jump_to(end) });
            self.bind(b, no);
            self.stmt(b, otherwise);
        } else {
            self.bind(b, no);
        }
        self.bind(b, end);
    }

    fn while_stmt(&mut self, b: &mut Builder, cond: &Expr, body: &Stmt) {
        let (top, next, end) = (b.label(), b.label(), b.label());
        let span = b.span;
        let mark = b.mark();
        self.branch(b, cond, end, false);
        b.release(mark);
        self.bind(b, top);
        b.loops.push(Loop { next, end, atomic: b.atomic });
        self.stmt(b, body);
        b.loops.pop();
        self.bind(b, next);
        // The condition once more, so that going round costs no jump to the top.
        b.span = span;
        let mark = b.mark();
        self.branch(b, cond, top, true);
        b.release(mark);
        self.bind(b, end);
    }

    fn for_stmt(
        &mut self,
        b: &mut Builder,
        var: &Name,
        reverse: bool,
        walk: (&Expr, Option<&Expr>),
        body: &Stmt,
    ) {
        let span = b.span;
        let Some(&cursor) = b.locals.get(&var.text) else {
            let message =
                format!("`{}` is declared, and the variable of a walk is a local of its own", var.text);
            self.error(
                Diagnostic::new(codes::NOT_ASSIGNABLE, var.span, message).help("walk with another name"),
            );
            return;
        };
        self.expect_list(b, walk.0);
        let head = self.expr(b, walk.0);
        let from = walk.1.map_or(head, |after| self.expr(b, after));
        let (top, next, end) = (b.label(), b.label(), b.label());
        // What is walked may have been replaced by words that stand elsewhere: then the `for` alone is shown.
        let to = walk.1.unwrap_or(walk.0).span;
        let hi = if to.file == span.file && to.lo > span.lo { to.hi } else { span.lo + 3 };
        b.span = crate::lang::source::Span { hi, ..span };
        self.emit_access(b, Op::Walk { cursor, head, from, reverse, to: Self::jump_to(end) });
        self.bind(b, top);
        let walk_span = b.span;
        b.loops.push(Loop { next, end, atomic: b.atomic });
        self.stmt(b, body);
        b.loops.pop();
        self.bind(b, next);
        b.span = walk_span;
        self.emit_access(
            b,
            Op::Walk { cursor, head, from: Arg::slot(cursor), reverse, to: Self::jump_to(end) },
        );
        self.emit(b, Op::Jump { to: Self::jump_to(top) });
        self.bind(b, end);
    }

    /// A jump that may leave an atomic block.
    fn jump_out(&mut self, b: &Builder, to: Label, atomic: u32) {
        if b.atomic != 0 && b.atomic != atomic {
            self.emit(b, Op::AtomicEnd);
        }
        self.emit(b, Op::Jump { to: Self::jump_to(to) });
    }

    fn goto(&mut self, b: &mut Builder, name: &Name) {
        let Some(target) = b.text_labels.get(&name.text).copied() else {
            let message = format!("no label `{}` in this function", name.text);
            let help = match did_you_mean(&name.text, b.text_labels.keys().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write it: `{}:`", name.text),
            };
            self.error(Diagnostic::new(codes::UNKNOWN_LABEL, name.span, message).help(help));
            return;
        };
        if target.atomic != 0 && target.atomic != b.atomic {
            let message = format!("`goto {}` jumps into an atomic block", name.text);
            self.error(
                Diagnostic::new(codes::GOTO_INTO_ATOMIC, name.span, message)
                    .note(target.span, "the label stands inside `atomic`")
                    .help("put the label outside the block"),
            );
            return;
        }
        self.jump_out(b, target.label, target.atomic);
    }

    fn leave_loop(&mut self, b: &mut Builder, stmt: &Stmt) {
        let is_break = matches!(stmt.kind, StmtKind::Break);
        let Some(&around) = b.loops.last() else {
            let word = if is_break { "break" } else { "continue" };
            let message = format!("`{word}` outside a loop");
            self.error(
                Diagnostic::new(codes::OUTSIDE_LOOP, stmt.span, message).help("use `goto` or `return`"),
            );
            return;
        };
        self.jump_out(b, if is_break { around.end } else { around.next }, around.atomic);
    }

    fn atomic(&mut self, b: &mut Builder, block: &Block) {
        if b.atomic != 0 {
            self.block(b, block);
            return;
        }
        b.atomic_blocks += 1;
        b.atomic = b.atomic_blocks;
        self.block(b, block);
        self.emit(b, Op::AtomicEnd);
        b.atomic = 0;
    }

    fn may(&mut self, b: &mut Builder, stmt: &Stmt, inner: &Stmt) {
        let site = self.site(b, "may");
        if b.scope == super::names::Scope::Scenario && !self.sites[usize::from(site)].selected {
            let span = crate::lang::source::Span { hi: stmt.span.lo + 3, ..stmt.span };
            let help = match &self.faults {
                None => "write how many faults one schedule may have: `faults 1 in may;`".to_string(),
                Some(_) => "the `faults` line does not name `may` or this function".to_string(),
            };
            self.error(
                Diagnostic::new(codes::IMPOSSIBLE_MAY, span, "this `may` can never happen").help(help),
            );
        }
        let end = b.label();
        self.emit(b, Op::May { site, to: Self::jump_to(end) });
        self.stmt(b, inner);
        self.bind(b, end);
    }

    /// A new fault site here. `what`: `may`, `kill` or a verb.
    pub(super) fn site(&mut self, b: &Builder, what: &str) -> u16 {
        let function = &self.functions[usize::from(b.func)];
        let callback = function.callback.map(|callback| self.callback_names[usize::from(callback)].as_str());
        let named = |name: &Name| {
            name.text == what || name.text == function.name || callback == Some(name.text.as_str())
        };
        let selected = match &self.faults {
            None => false,
            Some((budget, sites)) => *budget > 0 && (sites.is_empty() || sites.iter().any(named)),
        };
        self.sites.push(FaultSite { what: what.to_string(), selected, span: b.span });
        u16::try_from(self.sites.len() - 1).unwrap_or(u16::MAX)
    }

    fn assign(&mut self, b: &mut Builder, stmt: &Stmt, place: &Expr, value: &Expr) {
        match &place.kind {
            ExprKind::Name(name) => {
                if let Some(&slot) = b.locals.get(name) {
                    if b.local_lists.iter().any(|&(list, _)| list == slot) {
                        self.not_assignable(place, "a list is changed by its verbs");
                        return;
                    }
                    self.expr_to(b, value, slot);
                    return;
                }
                let src = self.expr(b, value);
                b.span = stmt.span;
                match self.names.find(b.scope, name).cloned() {
                    Some(Meaning::Scalar { cell }) => self.emit_access(b, Op::StoreGlobal { cell, src }),
                    _ => self.not_assignable(place, "only an `int` or `ptr` is assigned to"),
                }
            }
            ExprKind::Field(object, field) => {
                let src = self.expr(b, value);
                let object = self.expr(b, object);
                b.span = stmt.span;
                if let Some(field) = self.field(field, true) {
                    self.emit_access(b, Op::Store { object, field, src });
                }
            }
            ExprKind::Index(array, index) => self.assign_element(b, stmt, (place, array, index), value),
            _ => self.not_assignable(place, "write a name, a field or an element"),
        }
    }

    fn assign_element(
        &mut self,
        b: &mut Builder,
        stmt: &Stmt,
        (place, array, index): (&Expr, &Expr, &Expr),
        value: &Expr,
    ) {
        let src = self.expr(b, value);
        match &array.kind {
            ExprKind::Field(object, field) => {
                let object = self.expr(b, object);
                let index = self.expr(b, index);
                b.span = stmt.span;
                if let Some(field) = self.field(field, true) {
                    self.emit_access(b, Op::StoreElement { object, field, index, src });
                }
            }
            ExprKind::Name(name) if !b.locals.contains_key(name) => {
                let index = self.expr(b, index);
                b.span = stmt.span;
                match self.names.find(b.scope, name).cloned() {
                    Some(Meaning::Array { array, plain: true }) => {
                        self.emit_access(b, Op::StoreArray { array, index, src })
                    }
                    _ => self
                        .not_assignable(place, "only an array of `int` or `ptr` has elements to assign to"),
                }
            }
            _ => self.not_assignable(place, "only an array has elements"),
        }
    }

    pub(super) fn not_assignable(&mut self, place: &Expr, help: &str) {
        let message = format!("`{}` cannot be assigned to", self.sources.text(place.span));
        self.error(Diagnostic::new(codes::NOT_ASSIGNABLE, place.span, message).help(help));
    }
}
