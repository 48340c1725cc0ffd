//! How the answer to one page changes from era to era, and which lines did it.

use super::difference;
use super::human::switches;
use super::number::{counted, grouped};
use super::steps::aligned;
use super::style::Style;
use crate::across::{Gist, Page, Told};
use crate::bisect::Blame;
use crate::difference::{Pair, pairs};
use crate::pieces::{Kind, Piece};
use crate::verdict::Coverage;
use serde::Serialize;
use std::fmt::Write;

const SCHEMA: u32 = 1;

/// A protocol and what a page is told of it.
pub struct Asked<'a> {
    /// Its name.
    pub era: &'a str,
    /// The answer.
    pub told: &'a Told,
}

/// Two neighbours that answer differently.
pub struct Turn<'a> {
    /// The older one.
    pub old: Asked<'a>,
    /// The newer one.
    pub new: Asked<'a>,
    /// Their pieces.
    pub pieces: (&'a [Piece], &'a [Piece]),
    /// The functions that the counterexample ran through, on the side that has one.
    pub ran: Vec<String>,
    /// What makes the difference; `None`: it was not looked for.
    pub blame: Option<Blame>,
}

/// The table: each era and its answer.
#[must_use]
pub fn table(page: &Page, asked: &[Asked<'_>], style: Style) -> String {
    let row = |asked: &Asked<'_>| {
        let [verdict, what] = answer(asked.told);
        [String::new(), asked.era.to_string(), verdict, what]
    };
    let rows: Vec<_> = asked.iter().map(row).collect();
    format!("{}\n{}", style.bold(page.title()), aligned(&rows))
}

/// Verdict; what is found and how long the shortest counterexample is, or why there is no answer.
fn answer(told: &Told) -> [String; 2] {
    let Some(answer) = told.answer() else {
        return ["-".to_string(), format!("does not fit: {}", told.unfit().unwrap_or_default())];
    };
    let gist = told.gist().unwrap_or_default();
    let mut what = said(&gist);
    if let Some(first) = answer.violations.iter().find(|violation| violation.schedule.is_some()) {
        what = format!("{what}, {} with {}", counted(first.steps, "step"), switches(first.switches));
    }
    if let Coverage::Cut(limit) = answer.coverage {
        what = format!("{what} ({limit})").trim_start().to_string();
    }
    [answer.verdict.word().to_string(), what]
}

/// `paired, leak; never reached: x == 1`
fn said(gist: &Gist) -> String {
    let mut parts = Vec::new();
    if !gist.found.is_empty() {
        parts.push(gist.found.iter().cloned().collect::<Vec<_>>().join(", "));
    }
    if !gist.unreached.is_empty() {
        parts.push(format!(
            "never reached: {}",
            gist.unreached.iter().cloned().collect::<Vec<_>>().join(", ")
        ));
    }
    parts.join("; ")
}

/// Where the answer changes: what changes, which lines make it so, and what the counterexample ran through.
#[must_use]
pub fn turn(turn: &Turn<'_>, width: usize, style: Style) -> String {
    let mut out = format!("{} to {}: {}\n", turn.old.era, turn.new.era, style.bold(change(turn)));
    let (old, new) = turn.pieces;
    let all = pairs(old, new);
    let through = |pair: &Pair<'_>| {
        let piece = pair.piece();
        piece.kind == Kind::Function && turn.ran.contains(&piece.name) && !matches!(pair, Pair::Same(_))
    };
    let through: Vec<_> = all.iter().copied().filter(through).collect();
    let names: Vec<_> = through.iter().map(|pair| pair.piece().name.as_str()).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "the counterexample ran through these that differ: {}", names.join(", "));
    }
    let Some(Blame::Changes { pieces, needs, of, tried, stopped }) = &turn.blame else {
        if turn.blame.is_some() {
            let _ = writeln!(out, "no change alone can be told to make the difference");
        }
        return out + &difference::text(&through, width, style);
    };
    let least = if *stopped { "it may be fewer" } else { "no line can be left out" };
    let tried = counted(*tried, "hybrid");
    let _ = writeln!(
        out,
        "made by these lines, in {} of {} pieces that differ ({tried} tried; {least}):",
        grouped(pieces.len() as u64),
        grouped(*of as u64)
    );
    let shown: Vec<_> = pieces.iter().map(|(old, made)| Pair::Changed(old, made)).collect();
    out.push_str(&difference::text(&shown, width, style));
    if !needs.is_empty() {
        let _ = writeln!(out, "with what is new and they need: {}", needs.join(", "));
    }
    out
}

/// What changes from one answer to the other.
fn change(turn: &Turn<'_>) -> String {
    let (old, new) = (turn.old.told.gist().unwrap_or_default(), turn.new.told.gist().unwrap_or_default());
    let mut parts = Vec::new();
    let mut part = |names: Vec<&String>, what: &str| {
        if !names.is_empty() {
            let names: Vec<_> = names.into_iter().map(String::as_str).collect();
            parts.push(format!("{}{what}", names.join(", ")));
        }
    };
    part(new.found.difference(&old.found).collect(), " became possible");
    part(old.found.difference(&new.found).collect(), " became impossible");
    part(new.unreached.difference(&old.unreached).collect(), " is never reached any more");
    part(old.unreached.difference(&new.unreached).filter(|_| new.found.is_empty()).collect(), " is reached");
    parts.join("; ")
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    file: &'a str,
    own: Option<&'a str>,
    params: &'a crate::question::Values,
    answers: Vec<AnswerObject<'a>>,
    turns: Vec<TurnObject<'a>>,
}

#[derive(Serialize)]
struct AnswerObject<'a> {
    era: &'a str,
    verdict: Option<&'static str>,
    found: Vec<String>,
    unreached: Vec<String>,
    complete: bool,
    does_not_fit: Option<String>,
}

#[derive(Serialize)]
struct TurnObject<'a> {
    from: &'a str,
    to: &'a str,
    change: String,
    ran_through: &'a [String],
    made_by: Option<Vec<MadeObject<'a>>>,
}

#[derive(Serialize)]
struct MadeObject<'a> {
    kind: &'static str,
    name: &'a str,
    old: &'a [String],
    new: &'a [String],
}

fn made((old, made): &(Piece, Piece)) -> MadeObject<'_> {
    MadeObject { kind: old.kind.word(), name: &old.name, old: &old.lines, new: &made.lines }
}

/// All that is told of a page as an object, on one line.
#[must_use]
pub fn object(page: &Page, asked: &[Asked<'_>], turns: &[&Turn<'_>]) -> String {
    let answer = |asked: &Asked<'_>| {
        let gist = asked.told.gist().unwrap_or_default();
        (asked.told.answer().map(|answer| answer.verdict.word()), gist)
    };
    let answers = asked.iter().map(|asked| {
        let (verdict, gist) = answer(asked);
        AnswerObject {
            era: asked.era,
            verdict,
            found: gist.found.into_iter().collect(),
            unreached: gist.unreached.into_iter().collect(),
            complete: asked.told.complete(),
            does_not_fit: asked.told.unfit(),
        }
    });
    let turns = turns.iter().map(|turn| TurnObject {
        from: turn.old.era,
        to: turn.new.era,
        change: change(turn),
        ran_through: &turn.ran,
        made_by: match &turn.blame {
            Some(Blame::Changes { pieces, .. }) => Some(pieces.iter().map(made).collect()),
            _ => None,
        },
    });
    let object = Object {
        schema: SCHEMA,
        file: &page.scenario.file,
        own: page.own.as_deref(),
        params: &page.params,
        answers: answers.collect(),
        turns: turns.collect(),
    };
    serde_json::to_string(&object).expect("strings and numbers can be written")
}
