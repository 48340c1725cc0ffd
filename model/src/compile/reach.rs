//! What calls what: recursion, `me` where there is none, picks before a first step, stacks and heaps.

use super::{Compiler, codes};
use crate::lang::diagnostic::Diagnostic;
use crate::machine::code::{Arg, Op, Operand};
use crate::machine::program::{CallbackBody, Place};
use crate::machine::value::Value;
use crate::machine::verbs;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

/// Calls out of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    /// Functions called by name.
    pub direct: BTreeSet<u16>,
    /// Functions entered through a callback, a work or RCU.
    pub indirect: BTreeSet<u16>,
}

impl Compiler<'_> {
    /// The bodies that a call of a callback by name may enter.
    fn bodies_of(&self, callback: u16) -> impl Iterator<Item = u16> + use<'_> {
        self.objects.iter().filter_map(move |object| match object.callbacks.get(usize::from(callback)) {
            Some(CallbackBody::Function(func)) => Some(*func),
            _ => None,
        })
    }

    /// Functions whose name is used as a value: a work or RCU may run them.
    fn functions_as_values(&self) -> BTreeSet<u16> {
        let values = self.constants.iter().copied().chain(self.initial.iter().map(|&(_, value)| value));
        let templates =
            self.structs.iter().flat_map(|strukt| strukt.template.iter().map(|&(_, value)| value));
        let function = |value: Value| match self.places[usize::from(value.ty().0)] {
            Place::Function => u16::try_from(value.address()).ok(),
            _ => None,
        };
        values.chain(templates).filter_map(function).collect()
    }

    pub(super) fn calls(&self) -> Vec<Calls> {
        let values = self.functions_as_values();
        let mut calls = vec![Calls::default(); self.functions.len()];
        for (instr, &func) in self.code.iter().zip(&self.function_of).skip(1) {
            let row = &mut calls[usize::from(func)];
            match instr.op {
                Op::Call { func, .. } => {
                    row.direct.insert(func);
                }
                Op::Callback { callback, .. } => row.indirect.extend(self.bodies_of(callback)),
                Op::CallWork { .. } | Op::CallRcu { .. } => row.indirect.extend(values.iter().copied()),
                _ => {}
            }
        }
        calls
    }

    pub(super) fn check_calls(&mut self) {
        let calls = self.calls();
        for func in 0..calls.len() {
            self.check_recursion(&calls, u16::try_from(func).unwrap_or(0));
        }
        self.check_me(&calls);
    }

    /// Functions that call each other in a circle without a callback between are refused.
    fn check_recursion(&mut self, calls: &[Calls], from: u16) {
        let mut seen = BTreeSet::new();
        let mut open: Vec<u16> = calls[usize::from(from)].direct.iter().copied().collect();
        while let Some(at) = open.pop() {
            if at == from {
                let function = &self.functions[usize::from(from)];
                let (name, span) = (function.name.clone(), self.spans[function.entry as usize]);
                let message = format!("`{name}` calls itself without a callback between");
                self.error(Diagnostic::new(codes::RECURSION, span, message).help("write a loop"));
                return;
            }
            if seen.insert(at) {
                open.extend(&calls[usize::from(at)].direct);
            }
        }
    }

    /// All functions that a function may end up in.
    pub(super) fn reachable(calls: &[Calls], from: u16) -> BTreeSet<u16> {
        let mut seen = BTreeSet::from([from]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let row = &calls[usize::from(at)];
            open.extend(row.direct.union(&row.indirect).copied().filter(|&next| seen.insert(next)));
        }
        seen
    }

    fn check_me(&mut self, calls: &[Calls]) {
        if self.uses_me.is_empty() {
            return;
        }
        let mut checked = BTreeSet::new();
        for task in self.tasks.clone().iter().filter(|task| task.me.is_none()) {
            if !checked.insert(task.func) {
                continue;
            }
            let reached = Self::reachable(calls, task.func);
            let found = self.uses_me.iter().find(|(func, _)| reached.contains(func)).copied();
            if let Some((_, span)) = found {
                let message = format!(
                    "`me` is the index of a task among many, and `{}` can come here, which has none",
                    task.name
                );
                let help = "pass a number as an argument, or make the task one of many: `task t[1] { ... }`";
                self.error(Diagnostic::new(codes::ME_WITHOUT_INDEX, span, message).help(help));
                return;
            }
        }
    }

    /// Can a body meet a pick before its first access? Then it begins with a step of its own.
    pub(super) fn picks_before_access(&self, func: u16) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![self.functions[usize::from(func)].entry];
        while let Some(pc) = open.pop() {
            let Some(instr) = self.code.get(pc as usize) else { continue };
            if instr.access || !seen.insert(pc) {
                continue;
            }
            match instr.op {
                Op::May { .. } => return true,
                Op::Return { .. } | Op::Done => {}
                Op::Jump { to } => open.push(to),
                Op::Unless { to, .. } | Op::When { to, .. } | Op::UnlessCmp { to, .. } => {
                    open.extend([to, pc + 1])
                }
                Op::Call { func, .. } => open.extend([self.functions[usize::from(func)].entry, pc + 1]),
                _ => open.push(pc + 1),
            }
        }
        false
    }

    /// Cells of stack that a function needs, without recursion.
    pub(super) fn stack_of(
        &self,
        calls: &[Calls],
        func: u16,
        path: &mut Vec<u16>,
        known: &mut BTreeMap<u16, u32>,
    ) -> u32 {
        if let Some(&cells) = known.get(&func) {
            return cells;
        }
        if path.contains(&func) {
            return 0;
        }
        path.push(func);
        let row = &calls[usize::from(func)];
        let deepest =
            row.direct.union(&row.indirect).map(|&next| self.stack_of(calls, next, path, known)).max();
        path.pop();
        let cells = u32::from(self.functions[usize::from(func)].frame) + deepest.unwrap_or(0);
        known.insert(func, cells);
        cells
    }

    /// Cells of heap for one object of each `kzalloc` that a function can reach; 0: it can reach none.
    pub(super) fn heap_of(&self, calls: &[Calls], func: u16) -> u32 {
        let kzalloc = verbs::find("kzalloc");
        let reached = Self::reachable(calls, func);
        let mut cells = 0;
        for (instr, func) in self.code.iter().zip(&self.function_of).skip(1) {
            if let Op::Verb { verb, args, .. } = instr.op
                && Some(verb) == kzalloc
                && reached.contains(func)
            {
                cells += 1 + self.size_of_allocation(args.0, args.1 != Arg::NONE);
            }
        }
        if cells == 0 { 0 } else { cells + 1 }
    }

    fn size_of_allocation(&self, of: Arg, array: bool) -> u32 {
        let known = match of.what() {
            Operand::Constant(at) => Some(self.constants[usize::from(at)]),
            Operand::Slot(_) | Operand::Field(_) => None,
        };
        let strukt = known.filter(|value| self.places[usize::from(value.ty().0)] == Place::StructName);
        match strukt {
            Some(value) => {
                let strukt = &self.structs[value.address() as usize];
                strukt.size + if array { 4 * u32::from(strukt.dynamic) } else { 0 }
            }
            None => self.structs.iter().map(|strukt| strukt.size).max().unwrap_or(0),
        }
    }
}
