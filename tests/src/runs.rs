//! Random runs, good and bad: of drawn worlds and of shipped questions, by steps alone and by the agenda.

use crate::lab::Case;
use crate::sketch::{Failures, sketches};
use crate::small::Small;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sim::origin::Origin;
use sim::pick::Scheduler;
use sim::replay::{Replayed, record};
use sim::replayfile::Recording;
use sim::scheduler::Random;

/// Steps that a run may have; one that has more has no end that could come back.
pub const MAX_STEPS: u64 = 5_000;

/// A slip to each, so that about as many runs break something as do not.
const PROTOCOLS: [&str; 4] =
    ["rfc2007", "rfc2007-create-without-mutex", "rfc2007-undo-all", "rfc2007-destroy-forward"];

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// What it is a run of.
    pub case: Case,
    /// By the agenda?
    pub timed: bool,
    /// Of the random scheduler.
    pub seed: u64,
    /// How it went.
    pub executed: Replayed,
}

impl Run {
    /// Runs a question. None if it has no end within some steps, or is wrong before its first one.
    #[must_use]
    pub fn of(case: Case, timed: bool, seed: u64) -> Option<Self> {
        let executed = case.compiled(|program| {
            let mut random = Random::new(seed);
            random.begin(0);
            record(program, timed, MAX_STEPS, &mut random, None)
        });
        let run = Self { timed, seed, executed: executed.ok()?, case };
        run.recorded().is_some().then_some(run)
    }

    fn recorded(&self) -> Option<Recording> {
        let Self { case, timed, executed, .. } = self;
        Recording::executed(&case.scenario, &case.question, &case.loaded(), *timed, executed, Origin::Hand)
    }

    /// It, recorded.
    ///
    /// # Panics
    /// Never: it has an end.
    #[must_use]
    pub fn recording(&self) -> Recording {
        self.recorded().expect("the run has an end")
    }

    /// How it is called in messages.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} seed {}\n{}", self.case.title(), self.seed, self.case.scenario.text())
    }
}

/// Draws runs, one after the other, always the same ones.
#[derive(Debug)]
pub struct Runs {
    sketches: TestRunner,
    shipped: Vec<Case>,
    /// Those that declare times.
    timed: Vec<Case>,
    number: u64,
}

impl Runs {
    /// From the first.
    #[must_use]
    pub fn new() -> Self {
        let shipped = Case::shipped();
        let timed = shipped.iter().filter(|case| case.scenario.text().contains("\ntime ")).cloned().collect();
        Self { sketches: TestRunner::deterministic(), shipped, timed, number: 0 }
    }

    fn case(&mut self) -> (Case, bool) {
        let number = self.number;
        match number % 4 {
            0 | 1 => {
                let sketch = sketches(2..=3, 1..8).new_tree(&mut self.sketches);
                let sketch = sketch.expect("nothing is filtered").current();
                let at = if number.is_multiple_of(4) { 0 } else { 1 + number as usize / 4 % 3 };
                (Case::on(&sketch.text(Failures::Picked), PROTOCOLS[at]), false)
            }
            2 => (Case::new(&Small::text(number)), false),
            _ => {
                let timed = (number / 4).is_multiple_of(4);
                let cases = if timed { &self.timed } else { &self.shipped };
                // Steps that have no divisor with their number lead through all of them.
                (cases[number as usize / 4 * 101 % cases.len()].clone(), timed)
            }
        }
    }
}

impl Default for Runs {
    fn default() -> Self {
        Self::new()
    }
}

impl Iterator for Runs {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        loop {
            self.number += 1;
            let (case, timed) = self.case();
            if let Some(run) = Run::of(case, timed, self.number) {
                return Some(run);
            }
        }
    }
}
