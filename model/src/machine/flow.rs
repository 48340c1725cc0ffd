//! What an instruction writes, and where it may go on: for analyses of the compiled text.

use super::code::{NOWHERE, Op, Pc, Slot};
use super::verbs::VERBS;

impl Op {
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
