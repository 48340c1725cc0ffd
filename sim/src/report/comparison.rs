//! What a change of a protocol comes to, in words and as objects.

use super::human::{schedule_command, switches};
use super::number::{counted, grouped};
use super::style::Style;
use crate::across::Told;
use crate::answer::Violation;
use crate::comparison::{Change, Comparison, Weight};
use crate::question::Values;
use crate::verdict::Exit;
use serde::Serialize;
use std::fmt::Write;

const SCHEMA: u32 = 1;
/// More ways to end are only counted.
const MOST_ENDS: usize = 3;
/// Behind what a change is worth.
const MARGIN: usize = 8;

/// The lines of one page; empty if both protocols answer alike. `path` and `new`: what the user can say to get the page and
/// the new protocol again.
#[must_use]
pub fn text(comparison: &Comparison, path: &str, new: &str, style: Style) -> String {
    let mut out = String::new();
    for change in &comparison.changes {
        let weight = format!("{:<MARGIN$}", change.weight().word());
        let weight = match change.weight() {
            Weight::Worse => style.bad(weight),
            Weight::Better => style.good(weight),
            Weight::Untold => style.unsure(weight),
            Weight::Other => weight,
        };
        let _ = writeln!(out, "{weight}{}: {}", comparison.page.title(), said(change, comparison));
        if let Change::Possible { name, .. } = change
            && let Some((violation, command)) = shown(comparison, name, path, new)
        {
            let _ = writeln!(out, "{:MARGIN$}{}", "", violation.why);
            let _ = writeln!(out, "{:MARGIN$}{command}", "");
        }
    }
    out
}

/// A violation on the new protocol, and how to repeat it. A page's own difference has another base there, which no command
/// can say.
fn shown<'a>(
    comparison: &'a Comparison,
    name: &str,
    path: &str,
    new: &str,
) -> Option<(&'a Violation, String)> {
    let answer = comparison.new.answer()?;
    let violation = answer.violations.iter().find(|violation| violation.name == name)?;
    let command = match (&violation.schedule, &comparison.page.own) {
        (Some(schedule), None) => schedule_command(answer, schedule, path, new),
        (_, own) => {
            let place = &violation.place;
            let own = own.as_ref().map_or(String::new(), |own| format!("`{own}` over `{new}`, "));
            format!("{own}{}:{}: {}", place.file, place.line, place.source)
        }
    };
    Some((violation, command))
}

/// A change in one line.
#[must_use]
pub fn said(change: &Change, comparison: &Comparison) -> String {
    match change {
        Change::Possible { name, sure } => {
            let length = comparison.new.answer().and_then(|answer| {
                let found = answer.violations.iter().find(|violation| violation.name == *name)?;
                found.schedule.as_ref()?;
                Some(format!(", {}", steps((found.steps, found.switches))))
            });
            let unsure = if *sure { "" } else { "; of the old protocol not everything was looked at" };
            format!("{name} became possible{}{unsure}", length.unwrap_or_default())
        }
        Change::Impossible(name) => format!("{name} became impossible"),
        Change::Unreached(text) => format!("never reached any more: {text}"),
        Change::Reached(text) => format!("reached now: {text}"),
        Change::Length { name, old, new } => {
            let longer = if new > old { "longer" } else { "shorter" };
            format!("the shortest way to {name} became {longer}: {}; it was {}", steps(*new), steps(*old))
        }
        Change::Ends { new, gone } => {
            let part =
                |ends: &[String], what: &str| (!ends.is_empty()).then(|| format!("{what}: {}", some(ends)));
            let parts = [part(new, "ends now also in"), part(gone, "ends no more in")];
            parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
        }
        Change::Untold(why) => why.clone(),
    }
}

fn steps((steps, changes): (u64, u64)) -> String {
    format!("{} with {}", counted(steps, "step"), switches(changes))
}

fn some(ends: &[String]) -> String {
    let shown: Vec<_> = ends.iter().take(MOST_ENDS).map(|end| format!("({end})")).collect();
    match ends.len().saturating_sub(MOST_ENDS) {
        0 => shown.join(" "),
        more => format!("{} and {more} more", shown.join(" ")),
    }
}

/// What all pages add up to.
#[must_use]
pub fn summary(comparisons: &[Comparison], exit: Exit) -> String {
    let (both, other): (Vec<_>, Vec<_>) = comparisons
        .iter()
        .partition(|comparison| comparison.old.answer().is_some() && comparison.new.answer().is_some());
    let neither = other.iter().filter(|comparison| comparison.fits_neither()).count();
    let worst = |weight| both.iter().filter(|comparison| first(comparison) == Some(weight)).count();
    let mut out = format!("{} asked of both:", counted(both.len() as u64, "question"));
    let alike = both.iter().filter(|comparison| first(comparison).is_none()).count();
    let _ = write!(out, " {} answered alike", grouped(alike as u64));
    for weight in [Weight::Worse, Weight::Untold, Weight::Better, Weight::Other] {
        match worst(weight) {
            0 => {}
            count => {
                let _ = write!(out, ", {} {}", grouped(count as u64), weight.word());
            }
        }
    }
    let sampled = both.iter().filter(|comparison| comparison.sampled()).count();
    if sampled > 0 {
        let _ = write!(out, "; {} only by sampled executions", grouped(sampled as u64));
    }
    let one = other.len() - neither;
    if one > 0 {
        let _ = write!(out, "; {} fit one of them only", grouped(one as u64));
    }
    if neither > 0 {
        let _ = write!(out, "; {} fit neither", grouped(neither as u64));
    }
    let _ = writeln!(out, "\nexit {}: {}", exit.code(), meaning(exit));
    out
}

/// What an exit status means here.
const fn meaning(exit: Exit) -> &'static str {
    match exit {
        Exit::AsExpected => "nothing got worse",
        Exit::Finding => "something bad became possible, or something wanted impossible",
        Exit::Inconclusive => "inconclusive: something cannot be told",
        other => other.meaning(),
    }
}

/// The worst change.
fn first(comparison: &Comparison) -> Option<Weight> {
    comparison.changes.iter().map(Change::weight).min()
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    file: &'a str,
    own: Option<&'a str>,
    params: &'a Values,
    old: Side,
    new: Side,
    changes: Vec<ChangeObject>,
}

#[derive(Serialize)]
struct Side {
    verdict: Option<&'static str>,
    found: Vec<String>,
    complete: bool,
    does_not_fit: Option<String>,
}

#[derive(Serialize)]
struct ChangeObject {
    weight: &'static str,
    text: String,
}

impl Side {
    fn new(told: &Told) -> Self {
        Self {
            verdict: told.answer().map(|answer| answer.verdict.word()),
            found: told.gist().unwrap_or_default().found.into_iter().collect(),
            complete: told.complete(),
            does_not_fit: told.unfit(),
        }
    }
}

/// A comparison as an object, on one line.
#[must_use]
pub fn object(comparison: &Comparison) -> String {
    let page = &comparison.page;
    let change =
        |change: &Change| ChangeObject { weight: change.weight().word(), text: said(change, comparison) };
    let object = Object {
        schema: SCHEMA,
        file: &page.scenario.file,
        own: page.own.as_deref(),
        params: &page.params,
        old: Side::new(&comparison.old),
        new: Side::new(&comparison.new),
        changes: comparison.changes.iter().map(change).collect(),
    };
    serde_json::to_string(&object).expect("strings and numbers can be written")
}
