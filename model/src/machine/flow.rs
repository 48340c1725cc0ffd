//! What an instruction reads and writes, and where it may go on: for analyses of the compiled text.

use super::code::{Arg, Args, NOWHERE, Op, Pc, Slot};
use super::verbs::VERBS;
use alloc::vec::Vec;

impl Op {
    /// What it reads, but for the index of a global array: that is [`Op::array_index`]. `lists` holds the lists of
    /// arguments of its program.
    pub fn operands(self, lists: &[Arg]) -> Vec<Arg> {
        let list = |args: Args| &lists[usize::from(args.at)..][..usize::from(args.len)];
        match self {
            Self::Move { src, .. }
            | Self::Return { src }
            | Self::Assert { src }
            | Self::StoreGlobal { src, .. }
            | Self::StoreArray { src, .. }
            | Self::Not { a: src, .. }
            | Self::Neg { a: src, .. }
            | Self::IsErr { a: src, .. }
            | Self::Entry { a: src, .. }
            | Self::CallWork { work: src, .. }
            | Self::TakeWork { queue: src, .. }
            | Self::Unless { cond: src, .. }
            | Self::When { cond: src, .. }
            | Self::Load { object: src, .. }
            | Self::FieldAddress { object: src, .. }
            | Self::Present { object: src, .. } => [src].into(),
            Self::Binary { a, b, .. }
            | Self::UnlessCmp { a, b, .. }
            | Self::Store { object: a, src: b, .. }
            | Self::LoadElement { object: a, index: b, .. }
            | Self::CallRcu { func: a, object: b, .. }
            | Self::Walk { head: a, from: b, .. } => [a, b].into(),
            Self::StoreElement { object, index, src, .. } => [object, index, src].into(),
            Self::Verb { args, .. } | Self::Resume { args, .. } => [args.0, args.1].into(),
            Self::Call { args, .. } => list(args).to_vec(),
            Self::Callback { object, args, .. } => {
                let mut all = list(args).to_vec();
                all.push(object);
                all
            }
            Self::Done
            | Self::Step
            | Self::Me { .. }
            | Self::Jump { .. }
            | Self::LoadGlobal { .. }
            | Self::LoadArray { .. }
            | Self::ElementAddress { .. }
            | Self::InitLocalList { .. }
            | Self::LocalList { .. }
            | Self::DropLocalList { .. }
            | Self::WaitFor { .. }
            | Self::May { .. }
            | Self::AtomicEnd
            | Self::TakeRcu { .. }
            | Self::FinishRcu => Vec::new(),
        }
    }

    /// The global array that it works on, and the index.
    #[must_use]
    pub const fn array_index(self) -> Option<(u16, Arg)> {
        match self {
            Self::LoadArray { array, index, .. }
            | Self::StoreArray { array, index, .. }
            | Self::ElementAddress { array, index, .. } => Some((array, index)),
            _ => None,
        }
    }

    /// The slots that it writes its results to.
    pub fn results(self) -> impl Iterator<Item = Slot> {
        let (one, two) = match self {
            Self::Move { dst, .. }
            | Self::Binary { dst, .. }
            | Self::Not { dst, .. }
            | Self::Neg { dst, .. }
            | Self::IsErr { dst, .. }
            | Self::Entry { dst, .. }
            | Self::Me { dst }
            | Self::Call { dst, .. }
            | Self::Callback { dst, .. }
            | Self::Present { dst, .. }
            | Self::Load { dst, .. }
            | Self::LoadElement { dst, .. }
            | Self::LoadGlobal { dst, .. }
            | Self::LoadArray { dst, .. }
            | Self::ElementAddress { dst, .. }
            | Self::FieldAddress { dst, .. }
            | Self::LocalList { dst, .. }
            | Self::Walk { cursor: dst, .. }
            | Self::Verb { dst, .. }
            | Self::Resume { dst, .. }
            | Self::TakeWork { dst, .. } => (Some(dst), None),
            Self::TakeRcu { object, func } => (Some(object), Some(func)),
            Self::Done
            | Self::Step
            | Self::Jump { .. }
            | Self::Unless { .. }
            | Self::When { .. }
            | Self::UnlessCmp { .. }
            | Self::CallWork { .. }
            | Self::CallRcu { .. }
            | Self::Return { .. }
            | Self::Store { .. }
            | Self::StoreElement { .. }
            | Self::StoreGlobal { .. }
            | Self::StoreArray { .. }
            | Self::InitLocalList { .. }
            | Self::DropLocalList { .. }
            | Self::WaitFor { .. }
            | Self::May { .. }
            | Self::AtomicEnd
            | Self::Assert { .. }
            | Self::FinishRcu => (None, None),
        };
        one.filter(|&slot| slot != NOWHERE).into_iter().chain(two)
    }

    /// The instructions that may come behind it, inside its function.
    pub fn successors(self, pc: Pc) -> impl Iterator<Item = Pc> {
        let (next, jump) = match self {
            Self::Done | Self::Return { .. } => (None, None),
            Self::Jump { to } => (None, Some(to)),
            Self::Unless { to, .. }
            | Self::When { to, .. }
            | Self::UnlessCmp { to, .. }
            | Self::Walk { to, .. }
            | Self::May { to, .. } => (Some(pc + 1), Some(to)),
            // A verb of two steps may be done after its first.
            Self::Verb { verb, .. } if VERBS[usize::from(verb)].resume.is_some() => {
                (Some(pc + 1), Some(pc + 2))
            }
            _ => (Some(pc + 1), None),
        };
        next.into_iter().chain(jump)
    }
}
