//! One object for each question: the contract with scripts. The order of the fields is the order of the keys.

use crate::VERSION;
use crate::answer::{Answer, Violation};
use crate::besides::Told;
use crate::fingerprint;
use crate::inevitable::{Choice, Fate, Way};
use crate::outcome::{self, Counted};
use crate::question::Values;
use crate::replayfile::Rerun;
use crate::witness;
use serde::Serialize;

const SCHEMA: u32 = 1;

/// What is printed.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    file: &'a str,
    name: &'a str,
    protocol: &'a str,
    params: &'a Values,
    #[serde(flatten)]
    body: Body<'a>,
    fingerprint: String,
    /// The version that the seed is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_to: Option<&'static str>,
    #[serde(flatten)]
    besides: Besides<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

/// What was asked besides the verdict: keys that are there only then, and not in the fingerprint.
#[derive(Serialize, Default)]
struct Besides<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<Histogram<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<Vec<Witness<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<Estimate<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replayed<'a>>,
}

/// What there is to say of a repeated run.
#[derive(Serialize)]
struct Replayed<'a> {
    changed: &'a [String],
    differs: Option<Differs<'a>>,
    fit: Option<Fit>,
    onward: Option<Onward<'a>>,
}

#[derive(Serialize)]
struct Differs<'a> {
    from: u64,
    step: u64,
    expected: &'a str,
    found: &'a str,
}

#[derive(Serialize)]
struct Fit {
    made: usize,
    skipped: usize,
    filled: usize,
}

#[derive(Serialize)]
struct Onward<'a> {
    followed: u64,
    complete: bool,
    found: &'a [String],
    good_ends: u64,
    sometimes: Vec<(&'a str, bool)>,
}

impl<'a> Replayed<'a> {
    fn new(rerun: &'a Rerun) -> Self {
        Self {
            changed: &rerun.changed,
            differs: rerun.differs.as_ref().map(|differs| Differs {
                from: differs.from,
                step: differs.step,
                expected: &differs.expected,
                found: &differs.found,
            }),
            fit: rerun.fit.map(|fit| Fit { made: fit.made, skipped: fit.skipped, filled: fit.filled }),
            onward: rerun.onward.as_ref().map(|onward| Onward {
                followed: onward.followed,
                complete: onward.limit.is_none(),
                found: &onward.names,
                good_ends: onward.finals,
                sometimes: onward.sometimes.iter().map(|(text, met)| (text.as_str(), *met)).collect(),
            }),
        }
    }
}

#[derive(Serialize)]
struct Histogram<'a> {
    counted: &'static str,
    rows: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Outcome<'a> {
    seen: Option<&'a str>,
    violated: Option<&'a str>,
    schedules: Option<u128>,
    states: u64,
}

#[derive(Serialize)]
struct Witness<'a> {
    name: &'a str,
    text: &'a str,
    file: &'a str,
    line: u32,
    step: u64,
    shortest: bool,
    schedule: String,
}

/// Thousandths and millionths are integers in their names' units: no float is printed.
#[derive(Serialize)]
struct Estimate<'a> {
    executions: u64,
    states: u64,
    once: u64,
    twice: u64,
    new_per_million: u64,
    unseen_thousandths: u128,
    deviation_thousandths: u128,
    curve: &'a [(u64, u64)],
}

impl<'a> Besides<'a> {
    fn new(told: &'a Told) -> Self {
        let outcome = |row: &'a outcome::Outcome| Outcome {
            seen: row.violated.is_none().then_some(row.seen.as_str()),
            violated: row.violated.as_deref(),
            schedules: row.schedules,
            states: row.states,
        };
        let witness = |witness: &'a witness::Witness| Witness {
            name: &witness.name,
            text: &witness.text,
            file: &witness.place.file,
            line: witness.place.line,
            step: witness.steps,
            shortest: witness.shortest,
            schedule: witness.schedule.to_string(),
        };
        Self {
            outcomes: told.outcomes.as_ref().map(|outcomes| Histogram {
                counted: match outcomes.counted {
                    Counted::Schedules => "schedules",
                    Counted::States => "states",
                    Counted::Executions => "executions",
                },
                rows: outcomes.rows.iter().map(outcome).collect(),
            }),
            witnesses: told.witnesses.as_ref().map(|witnesses| witnesses.iter().map(witness).collect()),
            estimate: told.unseen.as_ref().map(|unseen| Estimate {
                executions: unseen.executions,
                states: unseen.seen,
                once: unseen.once,
                twice: unseen.twice,
                new_per_million: unseen.news(),
                unseen_thousandths: unseen.at_least_unseen(),
                deviation_thousandths: unseen.deviation(),
                curve: &unseen.curve,
            }),
            replay: None,
        }
    }
}

/// The verdict and what follows: equal runs have equal bodies.
#[derive(Serialize)]
struct Body<'a> {
    verdict: &'static str,
    as_expected: bool,
    violations: Vec<Row<'a>>,
    asleep: &'a [&'static str],
    seed: Option<String>,
    schedule: Option<String>,
    states: Option<u64>,
    transitions: Option<u64>,
    executions: Option<u64>,
}

#[derive(Serialize)]
struct Row<'a> {
    invariant: &'a str,
    why: &'a str,
    step: u64,
    task: &'a str,
    file: &'a str,
    line: u32,
    inevitable_step: Option<u64>,
    last_choice: Option<String>,
}

impl<'a> Row<'a> {
    fn new(violation: &'a Violation) -> Self {
        Self {
            invariant: &violation.name,
            why: &violation.why,
            step: violation.steps,
            task: &violation.task,
            file: &violation.place.file,
            line: violation.place.line,
            inevitable_step: match &violation.fate {
                Some(Fate::Chosen(choice)) => Some(choice.step),
                Some(Fate::Sealed) => Some(0),
                _ => None,
            },
            last_choice: match &violation.fate {
                Some(Fate::Chosen(choice)) => Some(last_choice(choice)),
                _ => None,
            },
        }
    }
}

/// What was picked, and what could have been: `unshare instead of modprobe`, `t with a fault instead of t`.
fn last_choice(choice: &Choice) -> String {
    let way = |way: &Way| format!("{}{}", way.task, if way.fault { " with a fault" } else { "" });
    let instead: Vec<_> = choice.instead.iter().map(way).collect();
    format!("{} instead of {}", way(&choice.picked), instead.join(" or "))
}

/// The object of an answer, on one line.
#[must_use]
pub fn line(answer: &Answer) -> String {
    object(answer, None)
}

/// The object of a repeated run, on one line.
#[must_use]
pub fn replayed(rerun: &Rerun) -> String {
    object(&rerun.answer, Some(Replayed::new(rerun)))
}

fn object(answer: &Answer, replay: Option<Replayed<'_>>) -> String {
    let body = Body {
        verdict: answer.verdict.word(),
        as_expected: answer.as_expected(),
        violations: answer.violations.iter().map(Row::new).collect(),
        asleep: &answer.asleep,
        seed: answer.seed.map(|seed| format!("{seed:#x}")),
        schedule: answer
            .violations
            .first()
            .and_then(|first| first.schedule.as_ref())
            .map(ToString::to_string),
        states: answer.states,
        transitions: answer.transitions,
        executions: answer.executions,
    };
    let question = &answer.question;
    let of = (answer.file.as_str(), answer.name.as_str(), question.protocol.as_str(), &question.params);
    let besides = Besides { replay, ..Besides::new(&answer.besides) };
    print(of, body, answer.final_fingerprint, besides, &answer.warnings)
}

/// The object of a question whose input cannot be used.
#[must_use]
pub fn error_line(file: &str, name: &str, protocol: &str, params: &Values) -> String {
    let body = Body {
        verdict: "error",
        as_expected: false,
        violations: Vec::new(),
        asleep: &[],
        seed: None,
        schedule: None,
        states: None,
        transitions: None,
        executions: None,
    };
    print((file, name, protocol, params), body, 0, Besides::default(), &[])
}

/// File, name, protocol and parameters.
type Of<'a> = (&'a str, &'a str, &'a str, &'a Values);

fn print(
    (file, name, protocol, params): Of<'_>,
    body: Body<'_>,
    finals: u64,
    besides: Besides<'_>,
    warnings: &[String],
) -> String {
    let mut hashed = body_without_files(&body);
    hashed.extend_from_slice(&finals.to_le_bytes());
    let fingerprint = fingerprint::hex(fingerprint::of(&hashed));
    let bound_to = body.seed.is_some().then_some(VERSION);
    let line =
        Line { schema: SCHEMA, file, name, protocol, params, body, fingerprint, bound_to, besides, warnings };
    serde_json::to_string(&line).expect("strings and numbers can be written")
}

/// The same run has the same fingerprint wherever its files lie.
fn body_without_files(body: &Body<'_>) -> Vec<u8> {
    let violations = body
        .violations
        .iter()
        .map(|row| Row { file: "", last_choice: row.last_choice.clone(), ..*row })
        .collect();
    let body = Body { violations, seed: body.seed.clone(), schedule: body.schedule.clone(), ..*body };
    serde_json::to_vec(&body).expect("strings and numbers can be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_contract_in_order() {
        let line = error_line("order/x.pernet", "x", "p", &[("n".to_string(), 1)].into());
        let keys: Vec<_> = line.split("\":").filter_map(|part| part.rsplit('"').next()).collect();
        let want = "schema file name protocol params n verdict as_expected violations asleep seed schedule states \
                    transitions executions fingerprint";
        assert_eq!(keys[..16], want.split(' ').collect::<Vec<_>>());
        assert!(!line.contains('\n'));
    }
}
