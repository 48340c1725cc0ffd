//! Code on its way: slots, labels, instructions and their tables.

use super::Compiler;
use super::names::Scope;
use crate::lang::source::Span;
use crate::machine::code::{Arg, Args, Instr, NOWHERE, Op, Pc, Slot, Stand};
use crate::machine::value::{PlaceType, Value};
use crate::machine::world::PC_BITS;
use alloc::collections::BTreeMap;
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
    pub local_lists: Vec<(Slot, PlaceType)>,
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
        if self.code.len() >= 1 << PC_BITS {
            if self.diagnostics.is_empty() {
                self.too_large("instructions", 1 << PC_BITS);
            }
            return;
        }
        let atomic = b.atomic != 0;
        self.code.push(Instr { op, access, atomic, ends_atomic: false, waits: false, asks_kinds: false });
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
}

pub(super) const NO_ARGS: Args = Args { at: 0, len: 0 };

/// A result's slot, if anybody wants it.
pub(super) const fn wanted(dst: Option<Slot>) -> Slot {
    match dst {
        Some(slot) => slot,
        None => NOWHERE,
    }
}
