//! Bodies of functions, callbacks and tasks: their locals and labels, and how they are left.

use super::builder::{Builder, TextLabel};
use super::names::Scope;
use super::tasks::{BodyKind, Pending};
use super::{Compiler, codes};
use crate::lang::ast::{Block, ExprKind, Name, StmtKind};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::machine::code::{Arg, Instr, Op, Slot, Stand, Wait};
use crate::machine::value::Value;
use alloc::format;
use alloc::vec::Vec;

impl Compiler<'_> {
    /// Compiles all bodies.
    pub(super) fn compile_bodies(&mut self) {
        let span = Span { file: crate::lang::source::FileId(0), lo: 0, hi: 0 };
        self.code.push(Instr {
            op: Op::Done,
            access: true,
            atomic: false,
            ends_atomic: false,
            waits: true,
            asks_kinds: false,
        });
        self.stands.push(Stand { wait: Wait::Gone, ..Stand::PLAIN });
        self.spans.push(span);
        self.function_of.push(u16::MAX);
        for pending in core::mem::take(&mut self.pending) {
            self.compile_body(&pending, false);
            if pending.kind == BodyKind::Task && self.picks_before_access(pending.func) {
                self.take_back(pending.func);
                self.compile_body(&pending, true);
            }
        }
        self.compile_workers();
        self.compile_boot();
    }

    /// Forgets a body's code, to compile it again.
    fn take_back(&mut self, func: u16) {
        let entry = self.functions[usize::from(func)].entry as usize;
        self.code.truncate(entry);
        self.stands.truncate(entry);
        self.spans.truncate(entry);
        self.function_of.truncate(entry);
        let sites = self.sites_before;
        self.sites.truncate(sites);
    }

    pub(super) fn compile_body(&mut self, pending: &Pending<'_>, first_step: bool) {
        let mut b = self.begin(pending.func, pending.scope, pending.body.block.span);
        if pending.kind == BodyKind::Callback {
            b.slot(""); // the object itself
        }
        let contract = self.functions[usize::from(pending.func)].contract.is_some();
        let pinned = contract || pending.kind == BodyKind::Callback;
        let assigned = assigned_names(&pending.body.block);
        let mut copies = Vec::new();
        for (at, param) in pending.params.iter().enumerate() {
            if pinned && at == 0 && assigned.iter().any(|name| name.text == param.text) {
                // The judges look at the first argument when the function returns: it keeps its slot.
                copies.push((b.slot(""), param));
            } else {
                let slot = b.slot(&param.text);
                self.local(&mut b, param, slot);
            }
        }
        for (from, param) in copies {
            let slot = b.slot(&param.text);
            self.local(&mut b, param, slot);
            self.emit(&b, Op::Move { dst: slot, src: Arg::slot(from) });
        }
        for name in assigned {
            if !b.locals.contains_key(&name.text) && !self.is_variable(b.scope, &name.text) {
                let slot = b.slot(&name.text);
                b.locals.insert(name.text.clone(), slot);
            }
        }
        self.local_lists(&mut b, &pending.body.block);
        self.text_labels(&mut b, &pending.body.block, 0);
        b.atomic_blocks = 0;
        if first_step {
            self.emit_access(&b, Op::Step);
        }
        for stmt in &pending.body.block.stmts {
            self.stmt(&mut b, stmt);
        }
        b.span = Span { lo: pending.body.block.span.hi.saturating_sub(1), ..pending.body.block.span };
        let zero = self.constant_arg(Value::NULL);
        self.emit_return(&mut b, zero);
        if pending.kind == BodyKind::Task {
            self.task_vars.insert(pending.func, b.locals.clone());
        }
        self.finish(b);
    }

    fn local(&mut self, b: &mut Builder, name: &Name, slot: Slot) {
        if b.locals.insert(name.text.clone(), slot).is_some() {
            let message = format!("two parameters are called `{}`", name.text);
            self.error(
                Diagnostic::new(codes::DUPLICATE_NAME, name.span, message)
                    .help("give one of them another name"),
            );
        }
    }

    /// Is a name that is assigned a variable of the text, rather than a local?
    fn is_variable(&self, scope: Scope, name: &str) -> bool {
        self.names.find(scope, name).is_some()
    }

    fn local_lists(&mut self, b: &mut Builder, block: &Block) {
        let mut lists = Vec::new();
        for stmt in block.walk() {
            if let StmtKind::LocalList { strukt, link, names } = &stmt.kind {
                lists.extend(names.iter().map(|name| (strukt.clone(), link.clone(), name.clone())));
            }
        }
        for (strukt, link, name) in lists {
            let ty = self.head_type(&strukt, &link);
            let slot = b.slot(&name.text);
            b.slot("");
            b.slot("");
            if b.locals.insert(name.text.clone(), slot).is_some() {
                let message = format!("`{}` is declared twice", name.text);
                self.error(
                    Diagnostic::new(codes::DUPLICATE_NAME, name.span, message)
                        .help("give one of them another name"),
                );
            }
            b.local_lists.push((slot, ty));
        }
    }

    /// The labels of a body, each with the outermost atomic block that it stands in. Blocks are numbered as
    /// [`Compiler::stmt`] meets them.
    fn text_labels(&mut self, b: &mut Builder, block: &Block, atomic: u32) {
        for stmt in &block.stmts {
            self.text_labels_of(b, stmt, atomic);
        }
    }

    fn text_labels_of(&mut self, b: &mut Builder, stmt: &crate::lang::ast::Stmt, atomic: u32) {
        match &stmt.kind {
            StmtKind::Label(name) => {
                let label = b.label();
                if let Some(earlier) =
                    b.text_labels.insert(name.text.clone(), TextLabel { label, atomic, span: name.span })
                {
                    let message = format!("label `{}` is said twice in one function", name.text);
                    self.error(
                        Diagnostic::new(codes::DUPLICATE_LABEL, name.span, message)
                            .note(earlier.span, "first here")
                            .help("give one of them another name"),
                    );
                }
            }
            StmtKind::Atomic(block) => {
                let atomic = if atomic == 0 {
                    b.atomic_blocks += 1;
                    b.atomic_blocks
                } else {
                    atomic
                };
                self.text_labels(b, block, atomic);
            }
            _ => stmt.inside().for_each(|stmt| self.text_labels_of(b, stmt, atomic)),
        }
    }

    /// Leaves the function: its local lists let their members go, its atomic block ends.
    pub(super) fn emit_return(&mut self, b: &mut Builder, src: Arg) {
        for at in 0..b.local_lists.len() {
            let (slot, _) = b.local_lists[at];
            self.emit(b, Op::DropLocalList { slot });
        }
        if b.atomic != 0 {
            self.emit(b, Op::AtomicEnd);
        }
        self.emit(b, Op::Return { src });
    }
}

/// Names that a body assigns or walks with, in the order in which they first appear.
fn assigned_names(block: &Block) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for stmt in block.walk() {
        let name = match &stmt.kind {
            StmtKind::Assign { place, .. } => match &place.kind {
                ExprKind::Name(text) => Name { text: text.clone(), span: place.span },
                _ => continue,
            },
            StmtKind::For { var, .. } => var.clone(),
            _ => continue,
        };
        if !names.iter().any(|known| known.text == name.text) {
            names.push(name);
        }
    }
    names
}
