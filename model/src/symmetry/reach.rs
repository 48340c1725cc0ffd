//! Which functions a task may come to.

use crate::machine::code::Op;
use crate::machine::program::{CallbackBody, Place, Program};
use crate::machine::value::Value;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// The functions that each function calls: by name, through any callback of that name, as a work, behind a grace period.
pub(super) struct Calls(Vec<BTreeSet<u16>>);

impl Calls {
    pub fn of(program: &Program) -> Self {
        let values = functions_as_values(program);
        let mut calls = vec![BTreeSet::new(); program.functions.len()];
        for (instr, &func) in program.code.iter().zip(&program.function_of).skip(1) {
            let row = &mut calls[usize::from(func)];
            match instr.op {
                Op::Call { func, .. } => _ = row.insert(func),
                Op::Callback { callback, .. } => row.extend(bodies(program, callback)),
                Op::CallWork { .. } | Op::CallRcu { .. } => row.extend(&values),
                _ => {}
            }
        }
        Self(calls)
    }

    /// All functions that one may end up in, itself included.
    pub fn reached(&self, from: u16) -> BTreeSet<u16> {
        let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
        while let Some(at) = open.pop() {
            open.extend(self.0[usize::from(at)].iter().copied().filter(|&next| seen.insert(next)));
        }
        seen
    }
}

fn bodies(program: &Program, callback: u16) -> impl Iterator<Item = u16> + use<'_> {
    program.objects.iter().filter_map(move |object| match object.callbacks.get(usize::from(callback)) {
        Some(CallbackBody::Function(func)) => Some(*func),
        _ => None,
    })
}

fn functions_as_values(program: &Program) -> BTreeSet<u16> {
    let templates = program.structs.iter().flat_map(|strukt| &strukt.template).map(|&(_, value)| value);
    let initial = program.initial.iter().map(|&(_, value)| value);
    let function = |value: Value| match program.place(value.ty()) {
        Place::Function => u16::try_from(value.address()).ok(),
        _ => None,
    };
    program.constants.iter().copied().chain(initial).chain(templates).filter_map(function).collect()
}
