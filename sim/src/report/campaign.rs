//! Campaigns as tables for people and as objects.

use super::human::quoted;
use super::number::{counted, grouped};
use super::style::Style;
use super::visible::Visible;
use crate::answer::params_text;
use crate::campaign::manifest::{Kind, Manifest};
use crate::campaign::merge::Tallied;
use crate::campaign::shard::Found;
use crate::campaign::{Merged, ranges};
use crate::fingerprint::hex;
use crate::question::Values;
use crate::verdict::Exit;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

const SCHEMA: u32 = 1;

/// What was planned.
#[must_use]
pub fn planned(folder: &str, manifest: &Manifest) -> String {
    format!(
        "{folder}: {} of {} in {}\ncampaign {}\n",
        counted(manifest.executions(), "execution"),
        counted(manifest.units.len() as u64, "question"),
        counted(manifest.shards(), "shard"),
        hex(manifest.id())
    )
}

/// How far a campaign is.
#[must_use]
pub fn state(manifest: &Manifest, merged: &Merged, torn: &[(u64, String)]) -> String {
    let missing = merged.missing(manifest);
    let mut out = format!("campaign {}\n{}\n", hex(merged.campaign), done(manifest, merged));
    for (index, why) in torn {
        let _ = writeln!(out, "torn     {index}: {}", Visible::line(why));
    }
    if !missing.is_empty() {
        let _ = writeln!(out, "missing  {}", ranges::text(&missing));
    }
    out
}

fn done(manifest: &Manifest, merged: &Merged) -> String {
    let executions = merged.shards.values().flat_map(|shard| &shard.parts).map(|part| part.executions).sum();
    format!(
        "{} of {}, {}",
        grouped(merged.shards.len() as u64),
        counted(manifest.shards(), "shard"),
        counted(executions, "execution")
    )
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
        let executions = counted(told.executions, unit.kind.noun());
        let of = format!(
            "{} on {} {}",
            Visible::line(manifest.file(at)),
            unit.protocol,
            params_text(&unit.params)
        );
        let _ = writeln!(out, "{mark} {executions:<24} {}", of.trim_end());
        for found in &told.findings {
            let expected = if unit.breaks.contains(&found.name) { ", as expected" } else { "" };
            let how = found_text(found, told.executions, unit.kind);
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

fn found_text(found: &Found, executions: u64, kind: Kind) -> String {
    let noun = kind.noun();
    match &found.schedule {
        Some(_) => format!(
            "{} with {}, {} of {} {noun}s, first in {noun} {}",
            counted(found.steps, "step"),
            match found.switches {
                1 => "1 switch".to_string(),
                more => format!("{} switches", grouped(more)),
            },
            grouped(found.count),
            grouped(executions),
            grouped(found.first)
        ),
        None => format!("first in {noun} {}", grouped(found.first)),
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
}

#[derive(Serialize)]
struct Torn<'a> {
    shard: u64,
    why: &'a str,
}

/// The object of a whole campaign.
#[must_use]
pub fn total_object(manifest: &Manifest, merged: &Merged) -> String {
    json(&total(manifest, merged, None))
}

/// The object of how far one is.
#[must_use]
pub fn state_object(manifest: &Manifest, merged: &Merged, torn: &[(u64, String)]) -> String {
    let torn = torn.iter().map(|(shard, why)| Torn { shard: *shard, why }).collect();
    json(&total(manifest, merged, Some(torn)))
}

fn total<'a>(manifest: &Manifest, merged: &Merged, torn: Option<Vec<Torn<'a>>>) -> State<'a> {
    State {
        schema: SCHEMA,
        campaign: hex(merged.campaign),
        content: hex(merged.hash()),
        shards: manifest.shards(),
        done: merged.shards.len() as u64,
        missing: ranges::text(&merged.missing(manifest)),
        torn,
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("strings and numbers can be written")
}

/// Rows under the names of their columns; numbers stand right.
#[must_use]
pub fn columns(names: &[&str], rows: &[Vec<String>]) -> String {
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let number =
        |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let widths: Vec<usize> = (0..names.len())
        .map(|at| {
            rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0).max(names[at].chars().count())
        })
        .collect();
    let right: Vec<bool> =
        (0..names.len()).map(|at| !rows.is_empty() && rows.iter().all(|row| number(&row[at]))).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (at, cell) in cells.enumerate() {
            let pad = " ".repeat(widths[at].saturating_sub(cell.chars().count()));
            let space = if at == 0 { "" } else { "  " };
            let _ = match right[at] {
                true => write!(line, "{space}{pad}{cell}"),
                false => write!(line, "{space}{cell}{pad}"),
            };
        }
        line.trim_end().to_string() + "\n"
    };
    let mut out = line(&mut names.iter().copied());
    rows.iter().for_each(|row| out.push_str(&line(&mut row.iter().map(String::as_str))));
    out
}
