//! The museum: scenarios of real bugs that were fixed. Each has a label, and is looked at in two ways: by a search of all
//! its states, and by random schedules until one finds the bug.
//!
//! The label is the comment at the top of the file:
//!
//! ```text
//! // Can a dump reach a namespace that the registration of its module has not walked yet?
//! // commit: d209df3e7f70 netfilter: nf_tables: fix register ordering (4.19)
//! // symptom: NULL dereference in a dump
//! //
//! // The story.
//! ```
//!
//! A `commit` line for each commit of the story, in its order; `unconfirmed` stands for an id that is not known.

use crate::answer::Answer;
use crate::ask::{Mode, Plan, ask};
use crate::first::first_finding_of;
use crate::library::question;
use crate::limit::Control;
use crate::question::{Question, Rejected, Scenario};
use crate::scheduler::DEFAULT;
use model::judge::orders::Orders;
use model::lang::load::Library;

/// The folder of the museum among the shipped scenarios.
pub const FOLDER: &str = "museum/";
/// So many random schedules a bug may survive.
pub const MOST_SCHEDULES: u64 = 100_000;
/// The least digits of a commit's id.
const LEAST_DIGITS: usize = 7;
/// What stands for a commit's id that is not known.
const UNCONFIRMED: &str = "unconfirmed";

/// A commit of a bug's story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// Its id, as far as it is known.
    pub id: Option<String>,
    /// Its subject, and the release in brackets.
    pub subject: String,
}

/// What is written beside an exhibit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The question that its page asks.
    pub question: String,
    /// The commits of the story, in its order. Never empty.
    pub commits: Vec<Commit>,
    /// What was seen of the bug.
    pub symptom: String,
}

impl Label {
    /// Reads a label from the top of a scenario's text.
    ///
    /// # Errors
    /// With what is missing, or wrong, in a few words.
    pub fn read(text: &str) -> Result<Self, String> {
        let comment = text.lines().map_while(|line| line.strip_prefix("//")).map(str::trim);
        let mut label = Self { question: question(text), commits: Vec::new(), symptom: String::new() };
        for line in comment {
            if let Some(commit) = line.strip_prefix("commit:") {
                label.commits.push(Commit::read(commit.trim())?);
            } else if let Some(symptom) = line.strip_prefix("symptom:") {
                label.symptom = symptom.trim().to_string();
            }
        }
        if !label.question.ends_with('?') {
            return Err("it does not begin with a question".to_string());
        }
        if label.commits.is_empty() {
            return Err("it has no line `// commit: ID SUBJECT`".to_string());
        }
        if label.symptom.is_empty() {
            return Err("it has no line `// symptom: WHAT WAS SEEN`".to_string());
        }
        Ok(label)
    }
}

impl Commit {
    fn read(text: &str) -> Result<Self, String> {
        let (id, subject) = text.split_once(' ').unwrap_or((text, ""));
        let subject = subject.trim().to_string();
        let is_id = id.len() >= LEAST_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if subject.is_empty() || !(is_id || id == UNCONFIRMED) {
            return Err(format!("`// commit: {text}` is not `ID SUBJECT` or `{UNCONFIRMED} SUBJECT`"));
        }
        Ok(Self { id: is_id.then(|| id.to_string()), subject })
    }

    /// Its id, or the word for none.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.id.as_deref().unwrap_or(UNCONFIRMED)
    }
}

/// One question of an exhibit, answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View {
    /// What is written beside it.
    pub label: Label,
    /// The whole protocol under the one that is asked about.
    pub era: String,
    /// By a search of all states.
    pub answer: Answer,
    /// Of a faulty protocol: the first random schedule that finds something, counted from 1; `None`: the first
    /// [`MOST_SCHEDULES`] of the default scheduler find nothing.
    pub first: Option<u64>,
}

impl View {
    /// Does the question say that something breaks?
    #[must_use]
    pub fn faulty(&self) -> bool {
        !self.answer.question.breaks.is_empty()
    }
}

/// Looks at one question of an exhibit.
///
/// # Errors
/// If its texts cannot be used.
pub fn view(
    scenario: &Scenario,
    label: &Label,
    question: &Question,
    plan: &Plan,
    library: &dyn Library,
    control: &dyn Control,
) -> Result<View, Box<Rejected>> {
    let plan = Plan { mode: Mode::Exhaustive, ..*plan };
    let answer = ask(scenario, question, &plan, library, control)?;
    let first = if question.breaks.is_empty() {
        None
    } else {
        let loaded = scenario.load(question, library)?;
        let orders = question.breaks.iter().any(|name| name == Orders::NAME);
        first_finding_of(&loaded, DEFAULT, plan.seed, MOST_SCHEDULES, orders, control)?
    };
    let era = scenario.base(&question.protocol).to_string();
    Ok(View { label: label.clone(), era, answer, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        let text = "// Is it so?\n// commit: d209df3e7f70 net: fix it (4.19)\n// commit: unconfirmed net: again\n// symptom: a crash\n//\n// Once.\non p;\n// commit: no\n";
        let label = Label::read(text).unwrap();
        assert_eq!(label.question, "Is it so?");
        let commits: Vec<_> =
            label.commits.iter().map(|commit| (commit.shown(), commit.subject.as_str())).collect();
        assert_eq!(commits, [("d209df3e7f70", "net: fix it (4.19)"), ("unconfirmed", "net: again")]);
        assert_eq!(label.symptom, "a crash");
        for (from, to) in [
            ("// Is it so?", "// So it is."),
            ("// symptom: a crash\n", ""),
            ("// symptom: a crash", "// symptom:"),
            ("d209df3e7f70 net", "v4.19 net"),
            ("d209df3e7f70 net: fix it (4.19)", "d209df3e7f70"),
            ("// commit: d209df3e7f70 net: fix it (4.19)\n// commit: unconfirmed net: again\n", ""),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(Label::read(&text.replace(from, to)).is_err(), "{from}");
        }
    }
}
