//! What a unit came to as an answer, so that it is told as any other answer is: each of its best schedules is repeated.

use super::manifest::{Kind, Manifest};
use super::merge::Tallied;
use super::run::load;
use super::shard::Found;
use crate::answer::{Answer, Unreached, Violation};
use crate::origin::{Drawn, Origin};
use crate::question::{Loaded, Question, Rejected};
use crate::reduce::Used;
use crate::replay::replay;
use crate::scheduler::UNIFORM;
use crate::trace::Place;
use crate::verdict::Coverage;
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
        let Some(schedule) = &found.schedule else { return Ok(unscheduled(&loaded, &question, found)) };
        // Nobody has taken a step.
        if schedule.0.is_empty() && found.steps == 0 {
            let finding = Finding { name: found.name.clone(), why: found.why.clone(), pc: None };
            let place = Place::line_of(loaded.sources(), &found.file, found.line);
            return Ok(Violation::in_boot(&loaded, &question, finding, Some(place)));
        }
        let steps = manifest.max_steps.max(found.steps + 1);
        let replayed = replay(&loaded, &Room::default(), &schedule.0, false, steps)?;
        let again = Violation::of(&question, &schedule.0, replayed);
        let again = again.unwrap_or_else(|| unscheduled(&loaded, &question, found));
        Ok(Violation { origin: origin(manifest, unit.kind, found), fate: found.fate.clone(), ..again })
    };
    let mut violations = found.iter().map(violation).collect::<Result<Vec<_>, Box<Rejected>>>()?;
    let not_reached: Vec<_> = tallied.unreached.iter().map(|text| unreached(text)).collect();
    if tallied.coverage == Coverage::Complete {
        violations.extend(not_reached.iter().map(|unreached| Violation::never_reached(&question, unreached)));
    }
    let asked = tallied.asked.as_ref();
    let sampled = asked.is_none_or(|asked| asked.search_limit.is_some());
    Ok(Answer {
        verdict: tallied.verdict,
        exit: tallied.exit,
        violations,
        not_found: tallied.not_found.clone(),
        not_reached,
        seed: sampled.then(|| manifest.seed()),
        states: asked.and_then(|asked| asked.states),
        transitions: asked.is_none_or(|asked| asked.states.is_some()).then_some(tallied.steps),
        executions: sampled.then_some(tallied.executions),
        final_fingerprint: tallied.ends,
        coverage: tallied.coverage,
        covered: asked.map_or(0, |asked| asked.covered),
        reduced: Used {
            off: asked.map(|asked| asked.unreduced.clone()).unwrap_or_default(),
            ..Used::default()
        },
        search_limit: asked.and_then(|asked| asked.search_limit),
        warnings: asked.map(|asked| asked.warnings.clone()).unwrap_or_default(),
        ..Answer::blank(&scenario, &loaded, &question)
    })
}

/// Where a schedule comes from. What a scheduler has learned in a slice is not in its seed.
fn origin(manifest: &Manifest, kind: Kind, found: &Found) -> Origin {
    let (seed, version) = (manifest.seed(), manifest.tool.clone());
    let drawn = || Drawn {
        scheduler: manifest.scheduler.clone(),
        timed: kind == Kind::Timed,
        seed,
        execution: found.best + 1,
        max_steps: manifest.max_steps,
        version: manifest.tool.clone(),
    };
    match kind {
        Kind::Fuzz => Origin::Fuzz { seed, world: found.best, version },
        Kind::Sample | Kind::Timed if manifest.scheduler == UNIFORM.row.name => Origin::Sampled(drawn()),
        Kind::Sample | Kind::Timed => Origin::Unknown,
        Kind::Question if found.count > 0 => Origin::Sampled(drawn()),
        Kind::Question => Origin::Search,
    }
}

/// A finding that no schedule shows.
fn unscheduled(loaded: &Loaded, question: &Question, found: &Found) -> Violation {
    let finding = Finding { name: found.name.clone(), why: found.why.clone(), pc: None };
    let place = match found.line {
        0 => Place::default(),
        line => Place::line_of(loaded.sources(), &found.file, line),
    };
    Violation { place, ..Violation::bare(question, finding, found.steps) }
}

/// From the label and the expression, as a shard has them.
fn unreached(text: &str) -> Unreached {
    let (name, text) = text.split_once(' ').unwrap_or((text, ""));
    Unreached { name: name.to_string(), text: text.to_string(), place: Place::default() }
}
