//! The end of a run over many questions.

use super::number::{counted, grouped};
use super::steps::aligned;
use crate::answer::Answer;
use crate::verdict::{Exit, Verdict};
use std::fmt::Write;

/// What a run adds up to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    /// For each verdict: questions, and those answered as expected.
    verdicts: [(Verdict, u64, u64); 5],
    states: u64,
    transitions: u64,
    executions: u64,
    /// The worst so far; nothing run so far.
    exit: Option<Exit>,
}

impl Default for Summary {
    fn default() -> Self {
        use Verdict::{Error, Holds, Inconclusive, NoneFound, Violated};
        Self {
            verdicts: [Holds, NoneFound, Violated, Inconclusive, Error].map(|verdict| (verdict, 0, 0)),
            states: 0,
            transitions: 0,
            executions: 0,
            exit: None,
        }
    }
}

impl Summary {
    /// Adds an answer.
    pub fn add(&mut self, answer: &Answer) {
        self.count(answer.verdict, answer.as_expected());
        self.states += answer.states.unwrap_or(0);
        self.transitions += answer.transitions.unwrap_or(0);
        self.executions += answer.executions.unwrap_or(0);
        self.worsen(answer.exit);
    }

    /// Adds a question or file that cannot be used.
    pub fn add_error(&mut self) {
        self.count(Verdict::Error, false);
        self.worsen(Exit::BadInput);
    }

    /// Something besides the answers decides the exit status.
    pub fn worsen(&mut self, exit: Exit) {
        self.exit = Some(self.exit.map_or(exit, |worst| worst.worse(exit)));
    }

    fn count(&mut self, verdict: Verdict, as_expected: bool) {
        if let Some((_, asked, good)) = self.verdicts.iter_mut().find(|row| row.0 == verdict) {
            *asked += 1;
            *good += u64::from(as_expected);
        }
    }

    /// Was there an answer to any question?
    #[must_use]
    pub fn answered(&self) -> bool {
        self.verdicts.iter().any(|&(verdict, asked, _)| verdict != Verdict::Error && asked > 0)
    }

    /// The exit status.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::NothingRun)
    }

    /// The table, the totals and what the exit status means, every line ended.
    #[must_use]
    pub fn table(&self) -> String {
        let mut rows = vec![["questions", "as expected", "verdict"].map(String::from)];
        let (mut asked, mut good) = (0, 0);
        for &(verdict, questions, as_expected) in self.verdicts.iter().filter(|row| row.1 > 0) {
            rows.push([grouped(questions), grouped(as_expected), verdict.to_string()]);
            (asked, good) = (asked + questions, good + as_expected);
        }
        rows.push([grouped(asked), grouped(good), "in all".to_string()]);
        let mut out = aligned(&rows);
        let _ = writeln!(
            out,
            "\n{}, {}, {}",
            counted(self.states, "state"),
            counted(self.transitions, "transition"),
            counted(self.executions, "execution"),
        );
        let exit = self.exit();
        let _ = writeln!(out, "exit {}: {}", exit.code(), exit.meaning());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides() {
        let mut summary = Summary::default();
        assert_eq!(summary.exit(), Exit::NothingRun);
        summary.worsen(Exit::AsExpected);
        assert_eq!(summary.exit(), Exit::AsExpected);
        summary.worsen(Exit::Inconclusive);
        summary.add_error();
        summary.worsen(Exit::Finding);
        assert_eq!(summary.exit(), Exit::BadInput);
        let want = "\
questions  as expected  verdict
        1  0            error
        1  0            in all

0 states, 0 transitions, 0 executions
exit 2: bad input: a scenario, protocol, replay file or argument
";
        assert_eq!(summary.table(), want);
    }
}
