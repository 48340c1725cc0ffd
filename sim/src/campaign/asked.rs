//! A question, asked as `run` asks it: where a unit is that, and nothing is cut into executions.

use super::manifest::{Manifest, Slice, Unit};
use super::run::{Unfinished, files};
use super::shard::{Found, Part};
use crate::answer::{Answer, Violation};
use crate::ask::ask;
use crate::fingerprint;
use crate::library::Texts;
use crate::limit::{Control, Limit};
use crate::origin::Origin;
use crate::question::Scenario;
use crate::signature::Signature;
use crate::verdict::{Coverage, Verdict};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What there is to say of a question that was asked, besides what was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The answer, as the word that reports have for it. It follows from the rest, and is here for whoever reads only this.
    #[serde(serialize_with = "write_verdict", deserialize_with = "read_verdict")]
    pub verdict: Verdict,
    /// How much was looked at: as text `complete`, `sampled`, or the limit that was met.
    #[serde(serialize_with = "write_coverage", deserialize_with = "read_coverage")]
    pub coverage: Coverage,
    /// The limit that cut the search short, if executions were sampled then; as text.
    #[serde(serialize_with = "write_limit", deserialize_with = "read_limit")]
    pub search_limit: Option<Limit>,
    /// Unique states of the search. None if something is wrong before the first step.
    pub states: Option<u64>,
    /// Where the search was cut short: all schedules of so many steps were looked at.
    pub covered: u32,
    /// Why the search could not leave out what it leaves out elsewhere.
    pub unreduced: Vec<String>,
    /// Orders of locks that meet, which nobody has named.
    pub warnings: Vec<String>,
}

const COMPLETE: &str = "complete";
const SAMPLED: &str = "sampled";

/// How much was looked at, in one word. Clocks and people are in none: what they cut short is no result.
fn word(coverage: Coverage) -> Option<&'static str> {
    match coverage {
        Coverage::Complete => Some(COMPLETE),
        Coverage::Sampled => Some(SAMPLED),
        Coverage::Cut(limit) => limit.name(),
    }
}

fn write_verdict<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    verdict.word().serialize(to)
}

fn read_verdict<'de, D: Deserializer<'de>>(from: D) -> Result<Verdict, D::Error> {
    let word = String::deserialize(from)?;
    let known = Verdict::ALL.into_iter().find(|verdict| verdict.word() == word);
    known.ok_or_else(|| serde::de::Error::custom("a verdict that is none"))
}

fn write_coverage<S: Serializer>(coverage: &Coverage, to: S) -> Result<S::Ok, S::Error> {
    word(*coverage).ok_or_else(|| serde::ser::Error::custom("a limit without a name"))?.serialize(to)
}

fn read_coverage<'de, D: Deserializer<'de>>(from: D) -> Result<Coverage, D::Error> {
    let text = String::deserialize(from)?;
    match text.as_str() {
        COMPLETE => Ok(Coverage::Complete),
        SAMPLED => Ok(Coverage::Sampled),
        name => limit(name).map(Coverage::Cut),
    }
}

fn write_limit<S: Serializer>(limit: &Option<Limit>, to: S) -> Result<S::Ok, S::Error> {
    limit.and_then(Limit::name).serialize(to)
}

fn read_limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Limit>, D::Error> {
    Option::<String>::deserialize(from)?.map(|name| limit(&name)).transpose()
}

fn limit<E: serde::de::Error>(name: &str) -> Result<Limit, E> {
    Limit::named(name).ok_or_else(|| E::custom("a limit that is none"))
}

impl Asked {
    /// The limit that keeps the question from an answer, or that sampling stands in for.
    #[must_use]
    pub const fn limit(&self) -> Option<Limit> {
        match self.coverage {
            Coverage::Cut(limit) => Some(limit),
            _ => self.search_limit,
        }
    }
}

/// Asks the question of a unit.
///
/// # Errors
/// If the texts cannot be used, or it was halted.
///
/// # Panics
/// If the manifest does not say how far questions are searched.
pub(super) fn asked(
    manifest: &Manifest,
    texts: &[String],
    unit: &Unit,
    slice: Slice,
    control: &dyn Control,
) -> Result<Part, Unfinished> {
    let plan = manifest.plan().expect("a manifest with questions says how they are asked");
    let mut files = files(manifest, texts, unit);
    let (file, text) = files.remove(0);
    let scenario = Scenario::read(&file, &text)?;
    let answer = ask(&scenario, &unit.question(), &plan, &Texts { files }, control)?;
    if let Coverage::Cut(limit) = answer.coverage
        && limit.name().is_none()
    {
        return Err(Unfinished::Halted(limit));
    }
    if let Some(why) = answer.nondeterminism {
        return Err(Unfinished::Nondeterminism(format!("{file}: {why}")));
    }
    Ok(part(slice, &answer))
}

fn part(slice: Slice, answer: &Answer) -> Part {
    let told = |text: &crate::answer::Unreached| format!("{} {}", text.name, text.text);
    // What was not reached stands apart.
    let found = answer.violations.iter().filter(|violation| !is_of_unreached(answer, violation));
    let mut part = Part {
        executions: answer.executions.unwrap_or_default(),
        steps: answer.transitions.unwrap_or_default(),
        ends: fingerprint::hex(answer.final_fingerprint),
        unreached: answer.not_reached.iter().map(told).collect(),
        asked: Some(Asked {
            verdict: answer.verdict,
            coverage: answer.coverage,
            search_limit: answer.search_limit,
            states: answer.states,
            covered: answer.covered,
            unreduced: answer.reduced.off.clone(),
            warnings: answer.warnings.clone(),
        }),
        ..Part::empty(slice)
    };
    found.for_each(|violation| part.found(self::found(answer, violation)));
    part
}

/// Is it a `sometimes` told as a violation?
fn is_of_unreached(answer: &Answer, violation: &Violation) -> bool {
    violation.schedule.is_none()
        && answer
            .not_reached
            .iter()
            .any(|unreached| *violation == Violation::never_reached(&answer.question, unreached))
}

fn found(answer: &Answer, violation: &Violation) -> Found {
    let execution = match &violation.origin {
        Origin::Sampled(drawn) => drawn.execution - 1,
        _ => 0,
    };
    Found {
        signature: Signature::of(&answer.file, violation).to_string(),
        name: violation.name.clone(),
        why: violation.why.clone(),
        file: violation.place.file.clone(),
        line: violation.place.line,
        count: u64::from(matches!(violation.origin, Origin::Sampled(_))),
        first: answer.first.get(&violation.name).map_or(execution, |first| first.execution - 1),
        steps: violation.steps,
        switches: violation.switches,
        best: execution,
        schedule: violation.schedule.clone(),
        fate: violation.fate.clone(),
    }
}
