//! One body on its way to code: slots, labels, loops, atomic blocks.

use super::names::Scope;
use super::tasks::{BodyKind, Pending, each_stmt};
use super::{Compiler, codes};
use crate::lang::ast::{Block, ExprKind, Name, StmtKind};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::machine::code::{Arg, Args, Instr, NOWHERE, Op, Operand, Pair, Pc, Slot, Stand, Wait};
use crate::machine::value::Value;
use crate::machine::verbs::VERBS;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A place in the code that jumps refer to before it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(usize);

/// A loop that `break` and `continue` belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    pub next: Label,
    pub end: Label,
    /// The outermost atomic block around the loop; 0: none.
    pub atomic: u32,
}

/// A label of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextLabel {
    pub label: Label,
    pub atomic: u32,
    pub span: Span,
}

/// The body that is being compiled.
pub(super) struct Builder {
    pub func: u16,
    pub scope: Scope,
    pub locals: BTreeMap<String, Slot>,
    /// Locals that are list heads, with their kind of place.
    pub local_lists: Vec<(Slot, crate::machine::value::PlaceType)>,
    /// The names of slots from 1 on.
    slots: Vec<String>,
    /// Slots in use; temporaries are given back behind their statement.
    used: Slot,
    labels: Vec<Option<Pc>>,
    pub text_labels: BTreeMap<String, TextLabel>,
    pub loops: Vec<Loop>,
    /// The outermost atomic block that is open; 0: none. Blocks are numbered.
    pub atomic: u32,
    pub atomic_blocks: u32,
    pub span: Span,
}

impl Builder {
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub fn slot(&mut self, name: &str) -> Slot {
        self.used += 1;
        let at = usize::from(self.used);
        if self.slots.len() < at {
            self.slots.resize(at, String::new());
        }
        if !name.is_empty() {
            self.slots[at - 1] = name.into();
        }
        self.used
    }

    /// A slot for a value on its way.
    pub fn temp(&mut self) -> Slot {
        self.slot("")
    }

    pub const fn mark(&self) -> Slot {
        self.used
    }

    pub const fn release(&mut self, mark: Slot) {
        self.used = mark;
    }
}

impl Compiler<'_> {
    /// Compiles all bodies.
    pub(super) fn compile_bodies(&mut self) {
        let span = Span { file: crate::lang::source::FileId(0), lo: 0, hi: 0 };
        self.code.push(Instr { op: Op::Done, access: true, atomic: false });
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

    pub(super) fn begin(&mut self, func: u16, scope: Scope, span: Span) -> Builder {
        self.functions[usize::from(func)].entry = self.here();
        self.sites_before = self.sites.len();
        Builder {
            func,
            scope,
            locals: BTreeMap::new(),
            local_lists: Vec::new(),
            slots: Vec::new(),
            used: 0,
            labels: Vec::new(),
            text_labels: BTreeMap::new(),
            loops: Vec::new(),
            atomic: 0,
            atomic_blocks: 0,
            span,
        }
    }

    /// Fills in the jumps, and what the machine wants to know of the function.
    pub(super) fn finish(&mut self, b: Builder) {
        let end = self.here();
        let row = &mut self.functions[usize::from(b.func)];
        row.end = end;
        row.frame = u16::try_from(b.slots.len() + 1).unwrap_or(u16::MAX);
        row.slots = b.slots;
        let entry = row.entry as usize;
        for instr in &mut self.code[entry..] {
            let to = match &mut instr.op {
                Op::Jump { to }
                | Op::Unless { to, .. }
                | Op::When { to, .. }
                | Op::UnlessCmp { to, .. }
                | Op::Walk { to, .. }
                | Op::May { to, .. } => to,
                _ => continue,
            };
            *to = b.labels[*to as usize].unwrap_or(end);
        }
        let frame = self.functions[usize::from(b.func)].frame;
        for instr in &mut self.code[entry..] {
            match &mut instr.op {
                Op::Call { frame: at, .. }
                | Op::CallWork { frame: at, .. }
                | Op::CallRcu { frame: at, .. }
                | Op::Callback { frame: at, .. } => *at = frame,
                _ => {}
            }
        }
    }

    pub(super) fn here(&self) -> Pc {
        Pc::try_from(self.code.len()).unwrap_or(Pc::MAX)
    }

    pub(super) fn emit(&mut self, b: &Builder, op: Op) {
        self.emit_as(b, op, false);
    }

    /// An instruction that accesses shared state, and so begins a step.
    pub(super) fn emit_access(&mut self, b: &Builder, op: Op) {
        self.emit_as(b, op, true);
    }

    pub(super) fn emit_as(&mut self, b: &Builder, op: Op, access: bool) {
        if self.code.len() >= 1 << crate::machine::world::PC_BITS {
            if self.diagnostics.is_empty() {
                self.too_large("instructions", 1 << crate::machine::world::PC_BITS);
            }
            return;
        }
        self.code.push(Instr { op, access, atomic: b.atomic != 0 });
        self.stands.push(Stand::PLAIN);
        self.spans.push(b.span);
        self.function_of.push(b.func);
    }

    pub(super) fn bind(&self, b: &mut Builder, label: Label) {
        b.labels[label.0] = Some(self.here());
    }

    pub(super) fn jump_to(label: Label) -> Pc {
        Pc::try_from(label.0).unwrap_or(Pc::MAX)
    }

    pub(super) fn constant_arg(&mut self, value: Value) -> Arg {
        let at = match self.constant_index.get(&value) {
            Some(&at) => at,
            None => {
                let at = u16::try_from(self.constants.len()).unwrap_or(u16::MAX);
                if usize::from(at) >= Arg::MOST {
                    self.too_large("constants", Arg::MOST);
                }
                self.constants.push(value);
                self.constant_index.insert(value, at);
                at
            }
        };
        Arg::constant(at & 0x3fff)
    }

    pub(super) fn operand_list(&mut self, args: &[Arg]) -> Args {
        let at = self.operands.len();
        self.operands.extend_from_slice(args);
        if self.operands.len() > usize::from(u16::MAX) {
            self.too_large("operands of calls", usize::from(u16::MAX));
        }
        Args { at: u16::try_from(at).unwrap_or(0), len: u16::try_from(args.len()).unwrap_or(0) }
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
        each_stmt(block, &mut |stmt| {
            if let StmtKind::LocalList { strukt, link, names } = &stmt.kind {
                lists.extend(names.iter().map(|name| (strukt.clone(), link.clone(), name.clone())));
            }
        });
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
            StmtKind::Block(block) => self.text_labels(b, block, atomic),
            StmtKind::Atomic(block) => {
                let atomic = if atomic == 0 {
                    b.atomic_blocks += 1;
                    b.atomic_blocks
                } else {
                    atomic
                };
                self.text_labels(b, block, atomic);
            }
            StmtKind::If { then, otherwise, .. } => {
                self.text_labels_of(b, then, atomic);
                if let Some(otherwise) = otherwise {
                    self.text_labels_of(b, otherwise, atomic);
                }
            }
            StmtKind::While { body, .. } | StmtKind::For { body, .. } | StmtKind::May(body) => {
                self.text_labels_of(b, body, atomic);
            }
            _ => {}
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

    /// Says of each instruction whether a task may have to wait before it.
    pub(super) fn mark_waits(&mut self) {
        for at in 0..self.code.len() {
            self.stands[at].wait = match self.code[at].op {
                Op::Done => Wait::Gone,
                Op::Resume { .. } | Op::WaitFor { .. } | Op::TakeWork { .. } | Op::TakeRcu { .. } => {
                    Wait::Ask
                }
                Op::Verb { verb, args, .. } => self.wait_of(verb, args),
                _ => Wait::Never,
            };
        }
    }

    fn wait_of(&self, verb: u8, args: Pair) -> Wait {
        let row = VERBS[usize::from(verb)];
        if row.ready.is_none() {
            return Wait::Never;
        }
        match args.0.what() {
            Operand::Constant(constant) if row.plain_lock => {
                Wait::Lock(self.constants[usize::from(constant)].address())
            }
            _ => Wait::Ask,
        }
    }

    fn compile_workers(&mut self) {
        for (name, queue, span) in self.workqueues.clone() {
            let func = self.worker_function(&name);
            let mut b = self.begin(func, Scope::Protocol, span);
            let work = b.slot("work");
            let queue = self.constant_arg(queue);
            let top = b.label();
            self.bind(&mut b, top);
            self.emit_access(&b, Op::TakeWork { dst: work, queue });
            self.emit(&b, Op::CallWork { work: Arg::slot(work), frame: 0 });
            self.emit(&b, Op::Jump { to: Self::jump_to(top) });
            self.finish(b);
        }
        if !self.uses_rcu_queue() {
            return;
        }
        let func = self.worker_function("rcu");
        let span = self.unit.protocol.first().or(self.unit.scenario.first()).map(|item| item.span);
        let span = span.expect("a program with a verb has an item");
        let span = Span { hi: span.lo, ..span };
        let mut b = self.begin(func, Scope::Protocol, span);
        let (object, function) = (b.slot("object"), b.slot("function"));
        let top = b.label();
        self.bind(&mut b, top);
        self.emit_access(&b, Op::TakeRcu { object, func: function });
        self.emit(&b, Op::CallRcu { func: Arg::slot(function), object: Arg::slot(object), frame: 0 });
        self.emit(&b, Op::FinishRcu);
        self.emit(&b, Op::Jump { to: Self::jump_to(top) });
        self.finish(b);
    }

    fn worker_function(&self, name: &str) -> u16 {
        self.tasks.iter().find(|task| task.worker && task.name == name).expect("it was declared").func
    }
}

pub(super) const NO_ARGS: Args = Args { at: 0, len: 0 };

/// A result's slot, if anybody wants it.
pub(super) const fn wanted(dst: Option<Slot>) -> Slot {
    match dst {
        Some(slot) => slot,
        None => NOWHERE,
    }
}

/// Names that a body assigns or walks with, in the order in which they first appear.
fn assigned_names(block: &Block) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    each_stmt(block, &mut |stmt| {
        let name = match &stmt.kind {
            StmtKind::Assign { place, .. } => match &place.kind {
                ExprKind::Name(text) => Name { text: text.clone(), span: place.span },
                _ => return,
            },
            StmtKind::For { var, .. } => var.clone(),
            _ => return,
        };
        if !names.iter().any(|known| known.text == name.text) {
            names.push(name);
        }
    });
    names
}
