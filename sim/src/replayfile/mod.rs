//! A recorded run as a readable file: the decisions, not the seed, and the texts that they belong to.
//!
//! `README.md` beside this crate describes the format word by word. This program writes version 2 and reads all versions
//! there ever were. For a bug report the same fits into one word, a [`token`].

mod differs;
mod read;
mod rerun;
mod token;
mod write;

pub use differs::{Differs, describe};
pub use rerun::{Mode, Onto, Rerun};
pub use token::{TOKEN, TooLong};

use crate::VERSION;
use crate::answer::{Answer, Violation};
use crate::engine::End;
use crate::fingerprint;
use crate::library;
use crate::origin::Origin;
use crate::question::{Loaded, Question, Scenario, Values};
use crate::replay::Replayed;
use crate::schedule::Schedule;
use crate::trace::Mark;
use model::lang::source::SourceMap;

/// How every replay file begins.
const TITLE: &str = "pernet-sim replay";

/// A recorded run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recording {
    /// The version of the program that recorded it; none: version 1 of the format did not say.
    pub tool: Option<String>,
    /// Where the decisions come from.
    pub origin: Origin,
    /// Which of the texts is the scenario.
    pub scenario: String,
    /// What was asked.
    pub protocol: String,
    /// What was expected to break.
    pub breaks: Vec<String>,
    /// The parameters.
    pub params: Values,
    /// By the agenda?
    pub timed: bool,
    /// What it leads to; nothing: a good end.
    pub finding: Option<String>,
    /// In so many steps.
    pub steps: u64,
    /// The decisions.
    pub schedule: Schedule,
    /// The state after some of the steps, in their order.
    pub marks: Vec<Mark>,
    /// The lowest byte of the state's fingerprint behind each step, or nothing.
    pub checks: Vec<u8>,
    /// The texts, the scenario first.
    pub texts: Vec<Text>,
}

/// A text of a recorded run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// Its name, as reports show it.
    pub name: String,
    /// All of it.
    pub text: String,
    /// The fingerprint of what it says, as it was recorded; none if nobody has written it down.
    pub model: Option<u64>,
}

impl Text {
    /// A text as it is now.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            // A line break in a name would end a line of the file.
            name: printable(name),
            text: text.to_string(),
            model: Some(fingerprint::of_model(text)),
        }
    }

    /// Does it say something else than when it was recorded? Comments and layout say nothing.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.model.is_some_and(|model| model != fingerprint::of_model(&self.text))
    }
}

fn printable(name: &str) -> String {
    name.replace(char::is_control, "?")
}

fn texts(sources: &SourceMap) -> Vec<Text> {
    sources.files().iter().map(|file| Text::new(&file.name, &file.text)).collect()
}

impl Recording {
    /// The recording of a violation, if a schedule leads to it.
    #[must_use]
    pub fn of(answer: &Answer, violation: &Violation) -> Option<Self> {
        let trace = violation.trace.as_ref()?;
        Some(Self {
            tool: Some(VERSION.to_string()),
            origin: violation.origin.clone(),
            scenario: printable(&answer.file),
            protocol: answer.question.protocol.clone(),
            breaks: answer.question.breaks.clone(),
            params: answer.question.params.clone(),
            timed: false,
            finding: Some(violation.name.clone()),
            steps: violation.steps,
            schedule: violation.schedule.clone()?,
            marks: trace.marks.clone(),
            checks: trace.checks.clone(),
            texts: texts(&answer.sources),
        })
    }

    /// The recording of any execution, good or bad. None if it has no end that could come back: a limit cut it, or its
    /// scheduler did not fit.
    #[must_use]
    pub fn executed(
        scenario: &Scenario,
        question: &Question,
        loaded: &Loaded,
        timed: bool,
        executed: &Replayed,
        origin: Origin,
    ) -> Option<Self> {
        let ends = matches!(executed.execution.end, End::Complete | End::Finding(_));
        (ends || executed.found.is_some()).then(|| Self {
            tool: Some(VERSION.to_string()),
            origin,
            scenario: printable(&scenario.file),
            protocol: question.protocol.clone(),
            breaks: question.breaks.clone(),
            params: question.params.clone(),
            timed,
            finding: executed.found.as_ref().map(|found| found.finding.name.clone()),
            steps: executed.execution.steps,
            schedule: Schedule(executed.picks.clone()),
            marks: executed.trace.marks.clone(),
            checks: executed.trace.checks.clone(),
            texts: texts(loaded.sources()),
        })
    }

    /// What it is a run of.
    #[must_use]
    pub fn question(&self) -> Question {
        Question { protocol: self.protocol.clone(), breaks: self.breaks.clone(), params: self.params.clone() }
    }

    /// Are all its texts inside the program? Then its scenario's name and its schedule say it all.
    #[must_use]
    pub fn is_shipped(&self) -> bool {
        self.texts.iter().all(|text| library::is_shipped(&text.name, &text.text))
    }

    /// The names of the texts that say something else than when the run was recorded.
    #[must_use]
    pub fn changed(&self) -> Vec<&str> {
        self.texts.iter().filter(|text| text.is_changed()).map(|text| text.name.as_str()).collect()
    }
}
