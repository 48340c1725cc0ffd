//! What a command has checked, as values: the one thing that the formats for other programs are made of.
//!
//! Each command says what its answers are as checks; each format says how checks are written. So a new command has all
//! formats, and a new format has all commands. All texts are visible ones, so a format has only its own markup to escape.

mod answer;
mod comparison;
mod recording;
mod rejected;

pub use answer::{Again, answer, name, not_asked};
pub use comparison::comparison;
pub use recording::recording;
pub use rejected::rejected;

use super::visible::Visible;
use crate::trace::Place;
use crate::verdict::Exit;
use model::judge::INVARIANTS;
use model::judge::orders::Orders;
use model::lang::source::SourceMap;
use model::machine::finding::Kind as Error;
use std::collections::BTreeMap;

/// Where texts lie: the name that reports show, and the path that opens it. A text that is not in it is inside the program.
pub type Paths = BTreeMap<String, String>;

/// All that one run of a command has checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checks {
    /// The command's name.
    pub command: &'static str,
    /// The checks, in the order in which they were asked for.
    pub list: Vec<Check>,
    /// Texts inside the program that places of findings are in, by their names.
    pub texts: BTreeMap<String, String>,
    /// The exit status.
    pub exit: Exit,
}

/// One thing that was checked: a question of a scenario, a recording, a page asked of two protocols.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Check {
    /// The file that it is of.
    pub file: Visible,
    /// Which of the file's checks it is.
    pub name: Visible,
    /// What came of it, in a word or two.
    pub verdict: Visible,
    /// What was looked at.
    pub cost: Visible,
    /// Its part in the exit status. [`Exit::NothingRun`]: there was no time for it, or no way to ask it.
    pub exit: Exit,
    /// The file itself; `None`: there is none.
    pub at: Option<Spot>,
    /// What must be said about it. Empty: it is as expected, and there is nothing to say.
    pub findings: Vec<Finding>,
}

/// Something that is to be said about a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Of what kind.
    pub kind: Kind,
    /// The rule that it is of: a judge, an error that the machine sees, the label of a condition, the number of a mistake.
    pub rule: Visible,
    /// What is wrong, on one line.
    pub why: Visible,
    /// Where.
    pub at: Option<Spot>,
    /// Findings with the same identity are of one bug.
    pub identity: Visible,
    /// All of it for people, on several lines; empty if nothing more can be said.
    pub story: Visible,
    /// How it came to be, step by step; empty if nobody wants to see it, or no schedule leads to it.
    pub moments: Vec<Moment>,
    /// Steps before the first of them.
    pub left_out: u64,
}

/// The kinds of findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Something broke that must not.
    Violation,
    /// Something broke that the scenario says is broken.
    Expected,
    /// Something that has to come did not.
    Missing,
    /// Something that nobody asked for, but should see.
    Warning,
    /// Something that is neither good nor bad.
    Remark,
    /// A limit was met, and so nothing can be said.
    Limit,
    /// Two runs that must be equal were not.
    Nondeterminism,
    /// The input cannot be used.
    Mistake,
}

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// It must be seen to.
    Error,
    /// It should be seen to.
    Warning,
    /// It is good to know.
    Note,
}

impl Kind {
    /// How much it matters.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Violation | Self::Missing | Self::Nondeterminism | Self::Mistake => Level::Error,
            Self::Warning | Self::Limit => Level::Warning,
            Self::Expected | Self::Remark => Level::Note,
        }
    }
}

/// A place in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// The path that opens the file, or the name of a text inside the program. As it is: each format has its own way to
    /// write a path.
    pub file: String,
    /// Is it inside the program?
    pub inside: bool,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters; `None`: the whole line.
    pub column: Option<u32>,
    /// The line's text.
    pub source: Visible,
}

impl Spot {
    /// A place of an answer; `None` if it is nowhere.
    #[must_use]
    pub fn of(place: &Place, paths: &Paths) -> Option<Self> {
        (!place.file.is_empty() && place.line > 0).then(|| Self {
            source: Visible::line(&place.source),
            ..Self::line(&place.file, place.line, paths)
        })
    }

    /// The file's name, as it can be shown.
    #[must_use]
    pub fn shown(&self) -> Visible {
        Visible::line(&self.file)
    }

    /// A line of a file, without its text.
    #[must_use]
    pub fn line(file: &str, line: u32, paths: &Paths) -> Self {
        let path = paths.get(file);
        Self {
            file: path.map_or(file, |path| path.strip_prefix("./").unwrap_or(path)).to_string(),
            inside: path.is_none(),
            line,
            column: None,
            source: Visible::default(),
        }
    }
}

impl Finding {
    /// Where a reader of files is led: to the place itself, or else to the last step that was taken in a file, or else to
    /// the file that was checked. `None`: there is no file.
    #[must_use]
    pub fn place_on_disk<'a>(&'a self, check: &'a Check) -> Option<&'a Spot> {
        let steps = self.moments.iter().rev().filter_map(|moment| moment.at.as_ref());
        self.at.iter().chain(steps).chain(&check.at).find(|spot| !spot.inside)
    }
}

/// One step on the way to a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Its number, from 1.
    pub step: u64,
    /// Who took it.
    pub task: Visible,
    /// Where; `None` if it is nowhere.
    pub at: Option<Spot>,
    /// What happened.
    pub happened: Visible,
    /// The namespaces behind it, if it changed them.
    pub namespaces: Option<Visible>,
}

impl Check {
    /// A check about which there is nothing to say but what came of it.
    #[must_use]
    pub fn plain(file: &str, name: &str, verdict: &str, cost: &str, exit: Exit) -> Self {
        Self {
            file: Visible::line(file),
            name: Visible::line(name),
            verdict: Visible::line(verdict),
            cost: Visible::line(cost),
            exit,
            at: None,
            findings: Vec::new(),
        }
    }

    /// Is there nothing to complain about?
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.exit == Exit::AsExpected
    }

    /// Findings that make it other than good.
    pub fn bad(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| {
            matches!(
                finding.kind,
                Kind::Violation | Kind::Missing | Kind::Limit | Kind::Nondeterminism | Kind::Mistake
            )
        })
    }

    /// Which check it is, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let on = if self.name.as_str().is_empty() { "" } else { " on " };
        format!("{}{on}{}", self.file, self.name)
    }
}

impl Checks {
    /// How many there are, and how many of them are good.
    #[must_use]
    pub fn counted(&self) -> (u64, u64) {
        let good = self.list.iter().filter(|check| check.is_good()).count();
        (self.list.len() as u64, good as u64)
    }

    /// Keeps the texts inside the program among those of an answer.
    pub fn keep(&mut self, sources: &SourceMap, paths: &Paths) {
        for source in sources.files().iter().filter(|source| !paths.contains_key(&source.name)) {
            self.texts.entry(source.name.clone()).or_insert_with(|| source.text.clone());
        }
    }
}

/// Rules that are neither judges nor errors that the machine sees, and why they are there.
const RULES: [(&str, &str); 7] = [
    (
        NOT_BROKEN,
        "a scenario says that this breaks; if nothing does, it asks for the wrong thing or sees too little",
    ),
    (UNREACHED, "what no schedule reaches was never checked"),
    (REJECTED, "a real kernel did something that the text of its era cannot do"),
    (UNTOLD, "two protocols can be compared only where both give an answer"),
    (INCONCLUSIVE, "a limit was met before anything could be said; that is no pass"),
    (NOT_EQUAL, "equal input must give equal bytes"),
    (
        Orders::NAME,
        "locks that are taken in two orders can deadlock, also where no schedule of this world does",
    ),
];
const NOT_BROKEN: &str = "not_broken";
const UNREACHED: &str = "unreached";
const REJECTED: &str = "rejected";
const UNTOLD: &str = "untold";
const INCONCLUSIVE: &str = "inconclusive";
const NOT_EQUAL: &str = "nondeterminism";

/// All rules that are known before anything is run, and why each is there: judges, errors that the machine sees, and what
/// is said about answers.
#[must_use]
pub fn rules() -> Vec<(&'static str, &'static str)> {
    let judges = INVARIANTS.iter().map(|judge| (judge.name, judge.why));
    let errors = Error::ALL.iter().map(|error| (error.name(), error.why()));
    let mut rules: Vec<_> = judges.chain(errors).collect();
    for rule in RULES {
        if rules.iter().all(|(name, _)| *name != rule.0) {
            rules.push(rule);
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_one_meaning() {
        let rules = rules();
        for (at, (name, why)) in rules.iter().enumerate() {
            assert!(!why.is_empty(), "{name}");
            assert!(rules[..at].iter().all(|(other, _)| other != name), "{name} is there twice");
        }
        assert!(rules.iter().any(|(name, _)| *name == "paired"));
    }

    #[test]
    fn what_is_not_on_disk_is_inside() {
        let paths: Paths = [("x.pernet".to_string(), "in/x.pernet".to_string())].into();
        let place = |file: &str, line| Place { file: file.to_string(), line, source: "x = 1;".to_string() };
        let spot = Spot::of(&place("x.pernet", 3), &paths).unwrap();
        assert_eq!((spot.file.as_str(), spot.inside, spot.line), ("in/x.pernet", false, 3));
        let spot = Spot::of(&place("protocols/p.pernet", 3), &paths).unwrap();
        assert_eq!((spot.file.as_str(), spot.inside), ("protocols/p.pernet", true));
        assert_eq!(Spot::of(&place("", 0), &paths), None);
    }
}
