//! What the loop that runs instructions is told beforehand: where a task may have to wait, where atomic blocks end.

use super::Compiler;
use crate::machine::code::{Instr, Op, Operand, Pair, Wait};
use crate::machine::verbs::VERBS;

impl Compiler<'_> {
    /// Says of each instruction whether a task may have to wait before it, and whether an atomic block ends behind it.
    pub(super) fn mark_waits(&mut self) {
        for at in 0..self.code.len() {
            self.stands[at].wait = match self.code[at].op {
                Op::Done => Wait::Gone,
                Op::Resume { .. } | Op::WaitFor { .. } | Op::TakeWork { .. } | Op::TakeRcu { .. } => {
                    Wait::Ask
                }
                Op::Verb { verb, .. }
                    if self.code[at].asks_kinds && VERBS[usize::from(verb)].ready.is_some() =>
                {
                    Wait::Ask
                }
                Op::Verb { verb, args, .. } => self.wait_of(verb, args),
                _ => Wait::Never,
            };
            self.code[at].waits = self.stands[at].wait != Wait::Never;
            let ends = matches!(self.code.get(at + 1), Some(Instr { op: Op::AtomicEnd, .. }));
            let one_step = |verb: u8| VERBS[usize::from(verb)].resume.is_none();
            self.code[at].ends_atomic =
                ends && matches!(self.code[at].op, Op::Verb { verb, .. } if one_step(verb));
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
}
