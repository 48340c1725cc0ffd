//! What fuzzing came to, for people and as objects.

use super::human;
use super::number::{counted, grouped};
use super::style::Style;
use crate::fuzz::finding::Finding;
use crate::fuzz::{Fuzzed, Origin};
use crate::limit::Limit;
use crate::unseen::Unseen;
use serde::Serialize;
use std::fmt::Write;

const SCHEMA: u32 = 1;

/// A finding in full: the scenario, the steps, and last the command that repeats them.
#[must_use]
pub fn finding(finding: &Finding, replay: &str, style: Style) -> String {
    let mut out = format!("{} {}\n", style.bad("found"), finding.signature);
    let from = match &finding.origin {
        Origin::World(number) => format!("world {}", grouped(*number)),
        Origin::Entry(name) => format!("{name} of the corpus"),
    };
    let _ = match &finding.shrunk {
        Some(small) => {
            writeln!(
                out,
                "from      {from}: {}\nsmall     {}\n          {}",
                small.before, small.after, small.certificate
            )
        }
        None => writeln!(out, "from      {from}"),
    };
    let _ = writeln!(out, "\n{}", indented(&finding.text));
    out.push_str(&human::violation(&finding.answer, &finding.violation, replay, style));
    out
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_string() } else { format!("    {line}\n") })
        .collect()
}

/// All in all.
#[must_use]
pub fn summary(protocol: &str, seed: u64, fuzzed: &Fuzzed) -> String {
    let mut out = format!("{protocol}, seed {seed:#x}: {}\n", cost(fuzzed));
    if let Some(places) = &fuzzed.places {
        let _ = writeln!(out, "{}", coverage(places));
    }
    if fuzzed.entries > 0 {
        let _ = writeln!(
            out,
            "corpus: {} before, of which {} do not fit and {} show nothing of their own; {} more",
            grouped(fuzzed.entries),
            fuzzed.misfits.len(),
            fuzzed.idle.len(),
            grouped(fuzzed.kept),
        );
    }
    if fuzzed.endless > 0 {
        let _ = writeln!(out, "{} had no end in sight", counted(fuzzed.endless, "schedule"));
    }
    if let Some(limit) = fuzzed.limit {
        let _ = writeln!(out, "not all worlds were looked at: {limit}");
    }
    if fuzzed.found.is_empty() {
        out.push_str("none found\n");
    }
    for (signature, worlds) in &fuzzed.found {
        let _ = writeln!(out, "found {signature} in {}", counted(*worlds, "world"));
    }
    out
}

/// What was looked at.
#[must_use]
pub fn cost(fuzzed: &Fuzzed) -> String {
    format!(
        "{}, {} of them searched whole; {}, {}",
        counted(fuzzed.worlds, "world"),
        grouped(fuzzed.complete),
        counted(fuzzed.schedules, "schedule"),
        counted(fuzzed.states, "state"),
    )
}

/// How much of what there is to reach was reached.
fn coverage(places: &Unseen) -> String {
    let curve: Vec<_> = places
        .curve
        .iter()
        .map(|(worlds, seen)| format!("{}: {}", grouped(*worlds), grouped(*seen)))
        .collect();
    format!(
        "places reached, by worlds: {}\nthe next world reaches a new one with a probability of about {}.{:02} %",
        curve.join(", "),
        places.news() / 10_000,
        places.news() % 10_000 / 100,
    )
}

#[derive(Serialize)]
struct FindingObject<'a> {
    schema: u32,
    kind: &'static str,
    invariant: &'a str,
    why: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    protocol: &'a str,
    params: &'a crate::question::Values,
    world: Option<u64>,
    entry: Option<&'a str>,
    name: &'a str,
    steps: u64,
    switches: u64,
    schedule: Option<String>,
    minimal: Option<bool>,
    scenario: &'a str,
}

/// A finding as an object, on one line.
#[must_use]
pub fn finding_object(finding: &Finding) -> String {
    let place = finding.signature.place.as_ref();
    let (world, entry) = match &finding.origin {
        Origin::World(number) => (Some(*number), None),
        Origin::Entry(name) => (None, Some(name.as_str())),
    };
    print(&FindingObject {
        schema: SCHEMA,
        kind: "finding",
        invariant: &finding.signature.name,
        why: &finding.violation.why,
        file: place.map(|(file, _)| file.as_str()),
        line: place.map(|(_, line)| *line),
        protocol: &finding.answer.question.protocol,
        params: &finding.answer.question.params,
        world,
        entry,
        name: &finding.name,
        steps: finding.violation.steps,
        switches: finding.violation.switches,
        schedule: finding.violation.schedule.as_ref().map(ToString::to_string),
        minimal: finding.shrunk.as_ref().map(|small| small.certificate.is_minimal()),
        scenario: &finding.text,
    })
}

#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    kind: &'static str,
    protocol: &'a str,
    seed: String,
    worlds: u64,
    complete: u64,
    schedules: u64,
    states: u64,
    endless: u64,
    corpus: u64,
    kept: u64,
    places: Option<u64>,
    new_per_million: Option<u64>,
    curve: &'a [(u64, u64)],
    found: Vec<(String, u64)>,
    interrupted: bool,
}

/// All in all, as an object on one line.
#[must_use]
pub fn summary_object(protocol: &str, seed: u64, fuzzed: &Fuzzed) -> String {
    let places = fuzzed.places.as_ref();
    print(&Summary {
        schema: SCHEMA,
        kind: "summary",
        protocol,
        seed: format!("{seed:#x}"),
        worlds: fuzzed.worlds,
        complete: fuzzed.complete,
        schedules: fuzzed.schedules,
        states: fuzzed.states,
        endless: fuzzed.endless,
        corpus: fuzzed.entries,
        kept: fuzzed.kept,
        places: places.map(|places| places.seen),
        new_per_million: places.map(Unseen::news),
        curve: places.map_or(&[], |places| &places.curve),
        found: fuzzed.found.iter().map(|(signature, worlds)| (signature.to_string(), *worlds)).collect(),
        interrupted: fuzzed.limit == Some(Limit::Interrupt),
    })
}

fn print(object: &impl Serialize) -> String {
    serde_json::to_string(object).expect("strings and numbers can be written")
}
