//! Why nothing more can be left out: each single edit, and how it was refuted.

use super::oracle::Refuted;
use crate::limit::Limit;
use std::fmt;

/// Each single edit of the smallest world, and why what it leaves does not fail in the same way.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Certificate {
    /// What was left out, in a few words, and how that was refuted; in the order of the edits.
    pub refuted: Vec<(String, Refuted)>,
    /// What ended it before all edits were tried.
    pub halted: Option<Limit>,
}

impl Certificate {
    /// Was every edit tried, and none fails?
    #[must_use]
    pub const fn is_minimal(&self) -> bool {
        self.halted.is_none()
    }

    /// Is it minimal, and certainly so: was every other world searched whole?
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_minimal() && self.refuted.iter().all(|(_, refuted)| refuted.is_certain())
    }

    /// How many edits were refuted so.
    fn count(&self, is: impl Fn(&Refuted) -> bool) -> usize {
        self.refuted.iter().filter(|(_, refuted)| is(refuted)).count()
    }
}

impl fmt::Display for Certificate {
    /// `nothing can be left out: of 31 smaller worlds 12 mean nothing and 19 were searched whole`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(limit) = self.halted {
            return write!(f, "not minimal: {limit}");
        }
        let parts = [
            (self.count(|refuted| *refuted == Refuted::Meaningless), "mean nothing"),
            (self.count(|refuted| matches!(refuted, Refuted::Searched(_))), "were searched whole"),
            (self.count(|refuted| matches!(refuted, Refuted::Longer(_))), "take longer"),
            (self.count(|refuted| *refuted == Refuted::Control), "break what was right"),
            (self.count(|refuted| *refuted == Refuted::Hopeless), "cannot end well"),
            (self.count(|refuted| *refuted == Refuted::Fixed), "do otherwise by the agenda"),
            (self.count(|refuted| matches!(refuted, Refuted::Drawn(_))), "were sampled by the agenda"),
            (
                self.count(|refuted| matches!(refuted, Refuted::Sampled(..))),
                "were searched in part, and sampled",
            ),
        ];
        let said: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let word = if self.is_complete() { "minimal" } else { "minimal as far as was looked" };
        write!(f, "{word}: of {} smaller worlds {}", self.refuted.len(), said.join(", "))
    }
}
