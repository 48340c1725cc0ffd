//! Campaigns as tables for people and as objects.

use super::human::quoted;
use super::number::{counted, grouped};
use super::style::Style;
use super::visible::Visible;
use crate::answer::params_text;
use crate::campaign::asked::Asked;
use crate::campaign::manifest::{Kind, Manifest};
use crate::campaign::merge::Tallied;
use crate::campaign::shard::Found;
use crate::campaign::{Merged, ranges};
use crate::fingerprint::hex;
use crate::limit::Limit;
use crate::question::Values;
use crate::verdict::Exit;
use model::judge::orders::Orders;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

const SCHEMA: u32 = 1;

/// What was planned.
#[must_use]
pub fn planned(folder: &str, manifest: &Manifest) -> String {
    format!(
        "{folder}: {} in {}\ncampaign {}\n",
        amount(manifest),
        counted(manifest.shards(), "shard"),
        hex(manifest.id())
    )
}

/// All that is to be run: `41 questions`, `8,000 executions of 4 questions`.
fn amount(manifest: &Manifest) -> String {
    let of = |kind: Kind| {
        let units = || manifest.units.iter().filter(move |unit| unit.kind == kind);
        let (count, runs) = (units().count() as u64, units().map(|unit| unit.runs).sum());
        let runs = counted(runs, kind.noun());
        let said = match kind {
            Kind::Question => runs,
            Kind::Sample | Kind::Timed => format!("{runs} of {}", counted(count, "question")),
            Kind::Fuzz => format!("{runs} for {}", counted(count, "protocol")),
        };
        (count > 0).then_some(said)
    };
    Kind::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// How far a campaign is.
#[must_use]
pub fn state(manifest: &Manifest, merged: &Merged, tallied: &[Tallied], torn: &[(u64, String)]) -> String {
    let missing = merged.missing(manifest);
    let mut out = format!("campaign {}\n{}\n", hex(merged.campaign), done(manifest, merged));
    for (index, why) in torn {
        let _ = writeln!(out, "torn     {index}: {}", Visible::line(why));
    }
    for (unit, told) in unanswered(manifest, tallied) {
        let _ = writeln!(out, "unanswered  {}: {}", of(manifest, unit), why_not(told));
    }
    if !missing.is_empty() {
        let _ = writeln!(out, "missing  {}", ranges::text(&missing));
    }
    out
}

fn done(manifest: &Manifest, merged: &Merged) -> String {
    let mut out =
        format!("{} of {}", grouped(merged.shards.len() as u64), counted(manifest.shards(), "shard"));
    let parts = || merged.shards.values().flat_map(|shard| &shard.parts);
    for kind in Kind::ALL {
        if manifest.units.iter().any(|unit| unit.kind == kind) {
            let its = parts().filter(|part| manifest.units[part.unit].kind == kind);
            let sum = match kind {
                Kind::Question => its.count() as u64,
                Kind::Sample | Kind::Timed | Kind::Fuzz => its.map(|part| part.executions).sum(),
            };
            let _ = write!(out, ", {}", counted(sum, kind.noun()));
        }
    }
    out
}

/// Units that are there whole and have no answer, with their numbers.
fn unanswered<'a>(
    manifest: &'a Manifest,
    tallied: &'a [Tallied],
) -> impl Iterator<Item = (usize, &'a Tallied)> {
    tallied.iter().enumerate().filter(|(at, told)| told.is_unanswered(&manifest.units[*at]))
}

/// What a unit is about.
fn of(manifest: &Manifest, at: usize) -> String {
    let unit = &manifest.units[at];
    let params = params_text(&unit.params);
    format!("{} on {} {params}", Visible::line(manifest.file(at)), unit.protocol).trim_end().to_string()
}

/// Why no more is known of a unit; empty if there is nothing to say.
#[must_use]
pub fn why_not(told: &Tallied) -> String {
    let limit = told.limit().map(|limit| match limit {
        // Nobody else calls a halt to what is merged.
        Limit::Interrupt => "shards are missing".to_string(),
        limit => limit.to_string(),
    });
    let never = told.not_found.iter().chain(&told.unreached).map(|text| format!("never seen: {text}"));
    limit.into_iter().chain(never).collect::<Vec<_>>().join("; ")
}

/// What a unit has cost.
fn cost(told: &Tallied, kind: Kind) -> String {
    let Some(asked) = &told.asked else { return counted(told.executions, kind.noun()) };
    let states = asked.states.map(|states| counted(states, "state"));
    let sampled = asked.search_limit.map(|_| counted(told.executions, "execution"));
    states.into_iter().chain(sampled).collect::<Vec<_>>().join(", ")
}

/// Where findings were saved, by unit and signature.
pub type Saved = BTreeMap<(usize, String), String>;

/// What a campaign came to: a line for each question, what was found behind it, and the sum.
#[must_use]
pub fn table(
    manifest: &Manifest,
    merged: &Merged,
    tallied: &[Tallied],
    saved: &Saved,
    exit: Exit,
    quiet: bool,
    style: Style,
) -> String {
    let mut out = String::new();
    for (at, told) in tallied.iter().enumerate() {
        if quiet && told.exit == Exit::AsExpected {
            continue;
        }
        let unit = &manifest.units[at];
        let verdict = format!("{:<12}", told.verdict.word());
        let mark = match told.exit {
            Exit::AsExpected => format!("{} {verdict}", style.good("ok  ")),
            Exit::Inconclusive => format!("{} {verdict}", style.unsure("??  ")),
            _ => format!("{} {verdict}", style.bad("FAIL")),
        };
        let _ = writeln!(out, "{mark} {:<24} {}", cost(told, unit.kind), of(manifest, at));
        for found in &told.findings {
            let expected = if unit.breaks.contains(&found.name) { ", as expected" } else { "" };
            let how = found_text(found, told, unit.kind);
            let _ = writeln!(
                out,
                "     {}: {how}{expected}\n       {}",
                found.signature,
                Visible::line(&found.why)
            );
            if let Some(place) = saved.get(&(at, found.signature.clone())) {
                let _ = writeln!(out, "       pernet-sim replay {}", quoted(place));
            }
        }
        for missing in told.not_found.iter().chain(&told.unreached) {
            let _ = writeln!(out, "     never seen: {missing}");
        }
        if let Some(asked) = &told.asked {
            asked_text(&mut out, asked);
        }
    }
    if quiet && exit == Exit::AsExpected {
        return out;
    }
    let space = if out.is_empty() { "" } else { "\n" };
    let steps = tallied.iter().map(|told| told.steps).sum();
    let _ = writeln!(out, "{space}{}, {}", done(manifest, merged), counted(steps, "step"));
    let missing = merged.missing(manifest);
    if !missing.is_empty() {
        let _ = writeln!(out, "missing  {}", ranges::text(&missing));
    }
    let _ = writeln!(out, "campaign {}\ncontent  {}", hex(merged.campaign), hex(merged.hash()));
    let _ = writeln!(out, "exit {}: {}", exit.code(), exit.meaning());
    out
}

/// What one must know besides of a question that was asked.
fn asked_text(out: &mut String, asked: &Asked) {
    for warning in &asked.warnings {
        let _ = writeln!(out, "     warning: {}: {}", Orders::NAME, Visible::line(warning));
    }
    if let Some(limit) = asked.limit() {
        let covered = match asked.covered {
            0 => String::new(),
            steps => format!("; every schedule of up to {} was", counted(u64::from(steps), "step")),
        };
        let _ = writeln!(out, "     not everything was searched: {limit}{covered}");
        for why in &asked.unreduced {
            let _ = writeln!(out, "     {why}");
        }
    }
}

fn found_text(found: &Found, told: &Tallied, kind: Kind) -> String {
    let noun = kind.noun();
    let how = format!(
        "{} with {}",
        counted(found.steps, "step"),
        match found.switches {
            1 => "1 switch".to_string(),
            more => format!("{} switches", grouped(more)),
        }
    );
    match (&found.schedule, kind) {
        (Some(_), Kind::Question) => how,
        (Some(_), _) => format!(
            "{how}, {} of {} {noun}s, first in {noun} {}",
            grouped(found.count),
            grouped(told.executions),
            grouped(found.first)
        ),
        (None, Kind::Question) => "no schedule shows it".to_string(),
        (None, _) => format!("first in {noun} {}", grouped(found.first)),
    }
}

/// Of a question.
#[derive(Serialize)]
struct UnitObject<'a> {
    schema: u32,
    kind: Kind,
    file: &'a str,
    protocol: &'a str,
    params: &'a Values,
    verdict: &'static str,
    as_expected: bool,
    runs: u64,
    covered: u64,
    executions: u64,
    steps: u64,
    complete: u64,
    endless: u64,
    unreached: &'a [String],
    not_found: &'a [String],
    findings: &'a [Found],
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<&'a Asked>,
}

/// The object of a question.
#[must_use]
pub fn unit_object(manifest: &Manifest, at: usize, told: &Tallied) -> String {
    let unit = &manifest.units[at];
    json(&UnitObject {
        schema: SCHEMA,
        kind: unit.kind,
        file: manifest.file(at),
        protocol: &unit.protocol,
        params: &unit.params,
        verdict: told.verdict.word(),
        as_expected: told.exit == Exit::AsExpected,
        runs: unit.runs,
        covered: told.covered,
        executions: told.executions,
        steps: told.steps,
        complete: told.complete,
        endless: told.endless,
        unreached: &told.unreached,
        not_found: &told.not_found,
        findings: &told.findings,
        asked: told.asked.as_ref(),
    })
}

/// Of a campaign.
#[derive(Serialize)]
struct State<'a> {
    schema: u32,
    campaign: String,
    content: String,
    shards: u64,
    done: u64,
    missing: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    torn: Option<Vec<Torn<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unanswered: Option<Vec<Unanswered<'a>>>,
}

#[derive(Serialize)]
struct Torn<'a> {
    shard: u64,
    why: &'a str,
}

#[derive(Serialize)]
struct Unanswered<'a> {
    file: &'a str,
    protocol: &'a str,
    params: &'a Values,
    why: String,
}

/// The object of a whole campaign.
#[must_use]
pub fn total_object(manifest: &Manifest, merged: &Merged) -> String {
    json(&total(manifest, merged))
}

/// The object of how far one is.
#[must_use]
pub fn state_object(
    manifest: &Manifest,
    merged: &Merged,
    tallied: &[Tallied],
    torn: &[(u64, String)],
) -> String {
    let torn = torn.iter().map(|(shard, why)| Torn { shard: *shard, why }).collect();
    let unanswered = unanswered(manifest, tallied).map(|(at, told)| {
        let unit = &manifest.units[at];
        let (file, protocol) = (manifest.file(at), unit.protocol.as_str());
        Unanswered { file, protocol, params: &unit.params, why: why_not(told) }
    });
    json(&State { torn: Some(torn), unanswered: Some(unanswered.collect()), ..total(manifest, merged) })
}

fn total<'a>(manifest: &Manifest, merged: &Merged) -> State<'a> {
    State {
        schema: SCHEMA,
        campaign: hex(merged.campaign),
        content: hex(merged.hash()),
        shards: manifest.shards(),
        done: merged.shards.len() as u64,
        missing: ranges::text(&merged.missing(manifest)),
        torn: None,
        unanswered: None,
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("strings and numbers can be written")
}
