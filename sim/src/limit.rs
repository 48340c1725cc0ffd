//! Limits, and who may call a halt. Meeting a limit is never a pass.

use crate::search::estimate::Estimate;
use std::fmt;

/// How far exploration may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// States that a search may store.
    pub max_states: u64,
    /// Steps of one schedule.
    pub max_steps: u64,
    /// Bytes that a search may store.
    pub max_memory: u64,
    /// Executions that a search without stored states may run.
    pub max_executions: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_states: 1_000_000, max_steps: 1_000_000, max_memory: 2 << 30, max_executions: 10_000_000 }
    }
}

/// How many cells a state may have on the average when a search goes through `--max-states` of them, each reached some
/// times. A world that grows without end, as one that allocates in a loop does, meets this and not the end of patience.
pub const CELLS_A_STATE: u64 = 4_000;

/// Executions that may be as long as `--max-steps` when sampling stands in for a search: a text that runs so long that
/// often has no end, and ten thousand such executions would say no more.
pub const ENDLESS_EXECUTIONS: u64 = 10;

/// The limit that was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// `--max-states`
    States,
    /// `--max-steps`
    Steps,
    /// States so large that `--max-states` of them cannot be gone through: see [`CELLS_A_STATE`].
    Size,
    /// `--max-memory`
    Memory,
    /// `--max-executions`
    Executions,
    /// `--max-time`
    Time,
    /// Ctrl-C
    Interrupt,
    /// The search cannot be used for this question, for this reason.
    Refused(&'static str),
}

impl Limit {
    /// The names of those that are met at the same place by whoever asks: behind them is neither a clock nor somebody.
    const NAMES: [(Self, &'static str); 4] = [
        (Self::States, "max_states"),
        (Self::Steps, "max_steps"),
        (Self::Size, "size"),
        (Self::Memory, "max_memory"),
    ];

    /// Its name, if it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(limit, _)| *limit == self).map(|(_, name)| *name)
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(limit, _)| *limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::States => "--max-states was met",
            Self::Steps => "--max-steps was met",
            Self::Size => "its states are too large for so many as --max-states allows",
            Self::Memory => "--max-memory was met",
            Self::Executions => "--max-executions was met",
            Self::Time => "--max-time was met",
            Self::Interrupt => "it was interrupted",
            Self::Refused(why) => why,
        })
    }
}

/// How far a question has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// States found by search.
    pub states: u64,
    /// Steps of the longest schedule that search has completed.
    pub depth: u64,
    /// States that wait to be expanded.
    pub queue: u64,
    /// A guess of how many more states there are, if [`Control::shows`].
    pub left: Option<Estimate>,
    /// Executions run.
    pub executions: u64,
    /// How many of them there are in all, as far as that can be guessed.
    pub estimate: Option<Estimate>,
}

impl Progress {
    /// Nothing was done yet.
    pub const START: Self = Self { states: 0, depth: 0, queue: 0, left: None, executions: 0, estimate: None };
}

/// Is told how far exploration has come, and may end it. The wall clock and signals are behind it.
pub trait Control: Sync {
    /// Called every few thousand steps.
    fn poll(&self, progress: &Progress) -> Option<Limit>;

    /// Does somebody look at what it is told? Guesses are made for nobody else.
    fn shows(&self) -> bool {
        false
    }
}

/// Never ends anything.
impl Control for () {
    fn poll(&self, _: &Progress) -> Option<Limit> {
        None
    }
}
