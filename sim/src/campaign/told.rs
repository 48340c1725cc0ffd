//! What a unit came to as an answer, so that it is told as any other answer is: each of its best schedules is repeated.

use super::manifest::{Kind, Manifest};
use super::merge::Tallied;
use super::run::load;
use super::shard::Found;
use crate::answer::{Answer, Unreached, Violation};
use crate::origin::{Drawn, Origin};
use crate::question::{Question, Rejected};
use crate::replay::replay;
use crate::scheduler::UNIFORM;
use crate::trace::Place;
use model::machine::{Finding, Room};

/// The answers: one with all violations, and where worlds are drawn one for each violation, since each has a world of its own.
/// `texts`: those of the manifest, in its order.
///
/// # Errors
/// If the texts cannot be used.
pub fn answers(
    manifest: &Manifest,
    texts: &[String],
    unit: usize,
    tallied: &Tallied,
) -> Result<Vec<Answer>, Box<Rejected>> {
    let found: Vec<&[Found]> = match manifest.units[unit].kind {
        Kind::Fuzz if !tallied.findings.is_empty() => tallied.findings.chunks(1).collect(),
        _ => vec![&tallied.findings],
    };
    found.into_iter().map(|found| answer(manifest, texts, unit, tallied, found)).collect()
}

fn answer(
    manifest: &Manifest,
    texts: &[String],
    unit: usize,
    tallied: &Tallied,
    found: &[Found],
) -> Result<Answer, Box<Rejected>> {
    let unit = &manifest.units[unit];
    let (scenario, loaded) = load(manifest, texts, unit, found.first().map(|found| found.best))?;
    let question = unit.question();
    let violation = |found: &Found| {
        let Some(schedule) = &found.schedule else { return Ok(unscheduled(&question, found)) };
        let steps = manifest.max_steps.max(found.steps + 1);
        let replayed = replay(&loaded, &Room::default(), &schedule.0, false, steps)?;
        let again = Violation::of(&question, &schedule.0, replayed);
        let again = again.unwrap_or_else(|| unscheduled(&question, found));
        Ok(Violation { origin: origin(manifest, unit.kind, found.best), ..again })
    };
    let violations = found.iter().map(violation).collect::<Result<Vec<_>, Box<Rejected>>>()?;
    Ok(Answer {
        verdict: tallied.verdict,
        exit: tallied.exit,
        violations,
        not_found: tallied.not_found.clone(),
        not_reached: tallied.unreached.iter().map(|text| unreached(text)).collect(),
        seed: Some(manifest.seed()),
        transitions: Some(tallied.steps),
        executions: Some(tallied.executions),
        coverage: tallied.coverage,
        ..Answer::blank(&scenario, &loaded, &question)
    })
}

/// Where a schedule comes from. What a scheduler has learned in a slice is not in its seed.
fn origin(manifest: &Manifest, kind: Kind, best: u64) -> Origin {
    let (seed, version) = (manifest.seed(), manifest.tool.clone());
    match kind {
        Kind::Fuzz => Origin::Fuzz { seed, world: best, version },
        Kind::Sample if manifest.scheduler == UNIFORM.row.name => Origin::Sampled(Drawn {
            scheduler: manifest.scheduler.clone(),
            timed: false,
            seed,
            execution: best + 1,
            max_steps: manifest.max_steps,
            version,
        }),
        Kind::Sample => Origin::Unknown,
    }
}

/// A finding that no schedule shows.
fn unscheduled(question: &Question, found: &Found) -> Violation {
    let finding = Finding { name: found.name.clone(), why: found.why.clone(), pc: None };
    let place = Place { file: found.file.clone(), line: found.line, source: String::new() };
    Violation { place, ..Violation::bare(question, finding, found.steps) }
}

/// From the label and the expression, as a shard has them.
fn unreached(text: &str) -> Unreached {
    let (name, text) = text.split_once(' ').unwrap_or((text, ""));
    Unreached { name: name.to_string(), text: text.to_string(), place: Place::default() }
}
