//! What a change of a protocol comes to, seen by one page: what became possible, what became impossible, what got a
//! shorter or a longer counterexample, and what cannot be told.

use crate::across::{Page, Told};
use crate::answer::{Answer, Violation};
use crate::ask::Plan;
use crate::engine::Halt;
use crate::limit::{Control, Limits};
use crate::outcome;
use crate::room::with_room;
use crate::verdict::{Coverage, Exit};
use model::lang::load::Library;
use model::machine::Room;
use std::collections::BTreeSet;

/// Ways to end are compared where each protocol has at most so many states.
const MOST_STATES: u64 = 20_000;

/// A page, asked of two protocols.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// The page.
    pub page: Page,
    /// What it is told of the old protocol.
    pub old: Told,
    /// And of the new one.
    pub new: Told,
    /// How they differ.
    pub changes: Vec<Change>,
}

/// One way in which two answers differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// The new protocol has a violation that the old one has not, or that was not found there.
    Possible {
        /// What.
        name: String,
        /// Was all of the old one looked at?
        sure: bool,
    },
    /// No schedule reaches a `sometimes` any more.
    Unreached(String),
    /// The old one has a violation that the new one has not.
    Impossible(String),
    /// A `sometimes` is reached that was not.
    Reached(String),
    /// The shortest schedule to a violation has another length: steps, and switches between tasks.
    Length {
        /// Which violation.
        name: String,
        /// On the old one.
        old: (u64, u64),
        /// On the new one.
        new: (u64, u64),
    },
    /// Schedules end in other ways.
    Ends {
        /// In ways in which none ended before.
        new: Vec<String>,
        /// No more in these.
        gone: Vec<String>,
    },
    /// Something cannot be told, for this reason.
    Untold(String),
}

/// What a change is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// Something bad became possible, or something wanted impossible.
    Worse,
    /// Nobody knows.
    Untold,
    /// The contrary of worse.
    Better,
    /// Neither.
    Other,
}

impl Weight {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Untold => "untold",
            Self::Better => "better",
            Self::Other => "other",
        }
    }
}

impl Change {
    /// What it is worth.
    #[must_use]
    pub const fn weight(&self) -> Weight {
        match self {
            Self::Possible { .. } | Self::Unreached(_) => Weight::Worse,
            Self::Impossible(_) | Self::Reached(_) => Weight::Better,
            Self::Length { .. } | Self::Ends { .. } => Weight::Other,
            Self::Untold(_) => Weight::Untold,
        }
    }
}

impl Comparison {
    /// Can it be asked of neither?
    #[must_use]
    pub fn fits_neither(&self) -> bool {
        self.old.answer().is_none() && self.new.answer().is_none()
    }

    /// Was some of it sampled only?
    #[must_use]
    pub fn sampled(&self) -> bool {
        let sampled = |answer: &Answer| answer.coverage == Coverage::Sampled;
        [&self.old, &self.new].into_iter().filter_map(Told::answer).any(sampled)
    }

    /// Its part in the exit status; `None`: it was not asked at all.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        let answers = [&self.old, &self.new].into_iter().filter_map(Told::answer);
        if answers.clone().any(|answer| answer.exit == Exit::Nondeterminism) {
            return Some(Exit::Nondeterminism);
        }
        let has = |weight| self.changes.iter().any(|change| change.weight() == weight);
        match () {
            // There is nothing that could have got worse.
            () if self.old.answer().is_none() => None,
            () if has(Weight::Worse) => Some(Exit::Finding),
            () if has(Weight::Untold) => Some(Exit::Inconclusive),
            () => Some(Exit::AsExpected),
        }
    }
}

/// A protocol to ask of, and where its text is found.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it is.
    pub library: &'a dyn Library,
}

/// Asks a page of two protocols.
#[must_use]
pub fn compare(page: &Page, old: Side<'_>, new: Side<'_>, plan: &Plan, control: &dyn Control) -> Comparison {
    let told = |side: Side<'_>| page.ask(side.name, plan, side.library, control);
    let (was, is) = (told(old), told(new));
    let mut changes = changes(&was, &is);
    if was.complete()
        && is.complete()
        && was.gist().map(|gist| gist.found) == is.gist().map(|gist| gist.found)
    {
        let both = ends(page, old, control).zip(ends(page, new, control));
        changes.extend(both.and_then(|(old, new)| {
            let more =
                |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
            let (gone, new) = (more(&old, &new), more(&new, &old));
            (!gone.is_empty() || !new.is_empty()).then_some(Change::Ends { new, gone })
        }));
    }
    changes.sort_by_key(Change::weight);
    Comparison { page: page.clone(), old: was, new: is, changes }
}

/// All ways in which schedules end well, if there are few states.
fn ends(page: &Page, side: Side<'_>, control: &dyn Control) -> Option<BTreeSet<String>> {
    let (scenario, question) = page.on(side.name);
    let loaded = scenario.load(&question, side.library).ok()?;
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    let counted = with_room(&loaded, &mut Room::default(), |program| {
        outcome::count(program, &limits, control).map_err(Halt::Room)
    });
    let rows = counted.ok()??.rows.into_iter();
    Some(rows.filter(|row| row.violated.is_none()).map(|row| row.seen).collect())
}

/// How two answers differ.
fn changes(old: &Told, new: &Told) -> Vec<Change> {
    let (was, is) = match (old.answer(), new.answer()) {
        (Some(was), Some(is)) => (was, is),
        (None, None) => return Vec::new(),
        _ => {
            let which = if old.answer().is_some() { "new" } else { "old" };
            let why = old.unfit().or_else(|| new.unfit()).unwrap_or_default();
            return vec![Change::Untold(format!("does not fit the {which} protocol: {why}"))];
        }
    };
    let (before, now) = (old.gist().unwrap_or_default(), new.gist().unwrap_or_default());
    let mut changes = Vec::new();
    for name in &now.found {
        match (before.found.contains(name), length(was, name), length(is, name)) {
            (false, ..) => changes.push(Change::Possible { name: name.clone(), sure: old.complete() }),
            (true, Some(old), Some(new)) if old != new => {
                changes.push(Change::Length { name: name.clone(), old, new });
            }
            _ => {}
        }
    }
    for name in before.found.difference(&now.found) {
        changes.push(match new.complete() {
            true => Change::Impossible(name.clone()),
            false => Change::Untold(format!("{name} was not found any more; {}", partly(is, "new"))),
        });
    }
    if before.found.is_empty() && now.found.is_empty() {
        changes.extend(sometimes(&before.unreached, &now.unreached, new.complete(), Change::Unreached));
        changes.extend(sometimes(&now.unreached, &before.unreached, old.complete(), Change::Reached));
        // As everywhere, executions that were sampled as wanted are an answer, and a limit is none.
        let cut = |answer: &Answer| matches!(answer.coverage, Coverage::Cut(_));
        match (cut(was), cut(is)) {
            (true, true) => changes.push(Change::Untold(partly(was, "old and the new"))),
            (true, false) => changes.push(Change::Untold(partly(was, "old"))),
            (false, true) => changes.push(Change::Untold(partly(is, "new"))),
            (false, false) => {}
        }
    }
    changes
}

/// What is in the second set and not in the first, if that is certain.
fn sometimes(
    a: &BTreeSet<String>,
    b: &BTreeSet<String>,
    complete: bool,
    change: fn(String) -> Change,
) -> Vec<Change> {
    b.difference(a).filter(|_| complete).cloned().map(change).collect()
}

/// Steps and switches of the shortest schedule to a violation, where all shorter ones were looked at.
fn length(answer: &Answer, name: &str) -> Option<(u64, u64)> {
    let of = |violation: &Violation| (violation.steps, violation.switches);
    let found =
        answer.violations.iter().find(|violation| violation.name == name && violation.schedule.is_some());
    found.filter(|_| answer.coverage == Coverage::Complete).map(of)
}

/// Why not all was looked at.
fn partly(answer: &Answer, which: &str) -> String {
    let why = match answer.coverage {
        Coverage::Cut(limit) => limit.to_string(),
        _ => answer
            .search_limit
            .map_or_else(|| "executions were sampled".to_string(), |limit| limit.to_string()),
    };
    format!("on the {which} protocol not everything was looked at: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Layered, ShippedLibrary, Texts};
    use crate::question::Scenario;

    /// The changes from `x = 1` to another statement, in words.
    #[track_caller]
    fn check(new: &str, page: &str, plan: &Plan, want: &[&str], exit: Option<Exit>) {
        let text = |name: &str, body: &str| {
            (format!("{name}.pernet"), format!("protocol {name} is rfc2007; int x, y; fn f() {{ {body} }}"))
        };
        let library = Layered(Texts { files: vec![text("old", "x = 1;"), text("new", new)] }, ShippedLibrary);
        let scenario = Scenario::read("x.pernet", &format!("on old; task t {{ f(); }} {page}")).unwrap();
        let page = Page::all(&scenario).unwrap().remove(0);
        let side = |name| Side { name, library: &library };
        let comparison = compare(&page, side("old"), side("new"), plan, &());
        let told: Vec<_> = comparison.changes.iter().map(|change| format!("{change:?}")).collect();
        assert_eq!(told, want);
        assert_eq!(comparison.exit(), exit);
    }

    #[test]
    fn changes_are_told() {
        let plan = Plan::default();
        let few = Plan {
            limits: Limits { max_states: 1, ..Limits::default() },
            mode: crate::ask::Mode::Exhaustive,
            ..plan
        };
        let good = Some(Exit::AsExpected);
        check("x = 1;", "sometimes x == 1;", &plan, &[], good);
        check(
            "x = 2;",
            "never two: x == 2;",
            &plan,
            &[r#"Possible { name: "two", sure: true }"#],
            Some(Exit::Finding),
        );
        check("x = 2;", "never one: x == 1;", &plan, &[r#"Impossible("one")"#], good);
        check(
            "step; x = 1;",
            "never one: x == 1;",
            &plan,
            &[r#"Length { name: "one", old: (1, 0), new: (2, 0) }"#],
            good,
        );
        check(
            "x = 2;",
            "sometimes x == 1;",
            &plan,
            &[r#"Unreached("x == 1")"#, r#"Ends { new: ["x=2"], gone: ["x=1"] }"#],
            Some(Exit::Finding),
        );
        check(
            "x = 2;",
            "sometimes x == 2;",
            &plan,
            &[r#"Reached("x == 2")"#, r#"Ends { new: ["x=2"], gone: ["x=1"] }"#],
            good,
        );
        let untold = |which: &str| {
            format!(r#"Untold("on the {which} protocol not everything was looked at: --max-states was met")"#)
        };
        check("x = 1;", "task u { y = 1; }", &few, &[&*untold("old and the new")], Some(Exit::Inconclusive));
    }

    #[test]
    fn what_fits_one_only_is_told() {
        let page = |text| Page::all(&Scenario::read("x.pernet", text).unwrap()).unwrap().remove(0);
        let side = |name| Side { name, library: &ShippedLibrary };
        let on = |text, old, new| compare(&page(text), side(old), side(new), &Plan::default(), &());
        let text = "on linux-5.3; ops a { pre_exit; } task t { register_pernet_subsys(a); }";
        let why = "E116: `struct ops` has no `pre_exit`";
        let comparison = on(text, "linux-5.3", "rfc2007");
        assert_eq!(comparison.changes, [Change::Untold(format!("does not fit the new protocol: {why}"))]);
        assert_eq!(comparison.exit(), Some(Exit::Inconclusive));
        assert_eq!(on(text, "rfc2007", "linux-5.3").exit(), None);
        assert!(on(text, "rfc2007", "linux-2.6.24").fits_neither());
    }
}
