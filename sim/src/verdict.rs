//! What a question's exploration amounts to. A limit is never a pass.

use crate::limit::Limit;
use std::fmt;

/// The answer in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Every schedule within these bounds is in order.
    Holds,
    /// Nothing was found in what was looked at.
    NoneFound,
    /// Something was found, and that is certain.
    Violated,
    /// A limit was met before anything could be said.
    Inconclusive,
    /// The input cannot be used.
    Error,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Holds, Self::NoneFound, Self::Violated, Self::Inconclusive, Self::Error];

    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::NoneFound => "none found",
            Self::Violated => "violated",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// How much of what can happen was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// Every schedule.
    Complete,
    /// As many as were asked for.
    Sampled,
    /// Less than was asked for.
    Cut(Limit),
}

/// The exit status of a run over many questions is the worst of theirs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Every scenario answered as it expects.
    AsExpected = 0,
    /// A violation that is not expected, or an expected one that did not come.
    Finding = 1,
    /// A scenario, protocol, replay file or argument cannot be used.
    BadInput = 2,
    /// A bound, time or memory limit was met.
    Inconclusive = 3,
    /// There was nothing to run.
    NothingRun = 4,
    /// Two runs that must be equal were not.
    Nondeterminism = 5,
}

impl Exit {
    /// All, the worst first.
    pub const WORST_FIRST: [Self; 6] = [
        Self::Nondeterminism,
        Self::BadInput,
        Self::Finding,
        Self::Inconclusive,
        Self::NothingRun,
        Self::AsExpected,
    ];

    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for people.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AsExpected => "every scenario answered as it expects",
            Self::Finding => "a violation that is not expected, or an expected one that did not come",
            Self::BadInput => "bad input: a scenario, protocol, replay file or argument",
            Self::Inconclusive => "inconclusive: a bound, time or memory limit was met",
            Self::NothingRun => "nothing was selected to run",
            Self::Nondeterminism => "nondeterminism: two runs that must be equal were not",
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit| Self::WORST_FIRST.iter().position(|&known| known == exit);
        if rank(self) <= rank(other) { self } else { other }
    }
}

/// What was seen of what a question asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Does the question name what must break?
    pub breaks: bool,
    /// Was something found that it does not name?
    pub unexpected: bool,
    /// Was something found that it does name?
    pub expected: bool,
    /// Was something not found, or a `sometimes` not reached, that it asks for?
    pub missing: bool,
    /// How much was looked at.
    pub coverage: Coverage,
}

/// The verdict, whether it is the one that the scenario asks for, and the exit status.
#[must_use]
pub fn judge(seen: Seen) -> (Verdict, Exit) {
    let complete = seen.coverage == Coverage::Complete;
    if seen.unexpected {
        return (Verdict::Violated, Exit::Finding);
    }
    if seen.missing {
        // Not found in all that there is: certain. Not found in a part of it: nothing can be said.
        let exit = if complete { Exit::Finding } else { Exit::Inconclusive };
        let verdict = match (seen.expected, complete, seen.breaks) {
            (true, _, _) => Verdict::Violated,
            (false, false, _) => Verdict::Inconclusive,
            (false, true, true) => Verdict::Holds,
            (false, true, false) => Verdict::Violated,
        };
        return (verdict, exit);
    }
    match (seen.breaks, seen.coverage) {
        (true, _) => (Verdict::Violated, Exit::AsExpected),
        (false, Coverage::Complete) => (Verdict::Holds, Exit::AsExpected),
        (false, Coverage::Sampled) => (Verdict::NoneFound, Exit::AsExpected),
        (false, Coverage::Cut(_)) => (Verdict::Inconclusive, Exit::Inconclusive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_has_its_verdict() {
        let cut = Coverage::Cut(Limit::States);
        let (all, some) = (Coverage::Complete, Coverage::Sampled);
        // breaks, unexpected, expected, missing, coverage
        for (row, word, exit) in [
            ((false, false, false, false, all), "holds", 0),
            ((false, false, false, false, some), "none found", 0),
            ((false, false, false, false, cut), "inconclusive", 3),
            ((false, true, false, false, all), "violated", 1),
            ((false, true, false, true, cut), "violated", 1),
            // A `sometimes` that was not reached.
            ((false, false, false, true, all), "violated", 1),
            ((false, false, false, true, some), "inconclusive", 3),
            ((false, false, false, true, cut), "inconclusive", 3),
            // `breaks`: all found, none found, some found, another one found.
            ((true, false, true, false, all), "violated", 0),
            ((true, false, true, false, some), "violated", 0),
            ((true, false, false, true, all), "holds", 1),
            ((true, false, false, true, some), "inconclusive", 3),
            ((true, false, true, true, all), "violated", 1),
            ((true, false, true, true, some), "violated", 3),
            ((true, true, true, false, all), "violated", 1),
            ((true, true, false, true, some), "violated", 1),
        ] {
            let (breaks, unexpected, expected, missing, coverage) = row;
            let (verdict, code) = judge(Seen { breaks, unexpected, expected, missing, coverage });
            assert_eq!((verdict.word(), code.code()), (word, exit), "{row:?}");
        }
    }

    #[test]
    fn the_worst_exit_wins() {
        let order: Vec<u8> = Exit::WORST_FIRST.iter().map(|exit| exit.code()).collect();
        assert_eq!(order, [5, 2, 1, 3, 4, 0]);
        assert_eq!(Exit::Finding.worse(Exit::Inconclusive), Exit::Finding);
        assert_eq!(Exit::AsExpected.worse(Exit::NothingRun), Exit::NothingRun);
    }
}
