//! One object for each question: the contract with scripts. The order of the fields is the order of the keys.

use crate::answer::{Answer, Violation};
use crate::fingerprint;
use crate::question::Values;
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
        }
    }
}

/// The object of an answer, on one line.
#[must_use]
pub fn line(answer: &Answer) -> String {
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
    print(&answer.file, &answer.name, &question.protocol, &question.params, body, answer.final_fingerprint)
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
    print(file, name, protocol, params, body, 0)
}

fn print(file: &str, name: &str, protocol: &str, params: &Values, body: Body<'_>, finals: u64) -> String {
    let mut hashed = body_without_files(&body);
    hashed.extend_from_slice(&finals.to_le_bytes());
    let fingerprint = fingerprint::hex(fingerprint::of(&hashed));
    let line = Line { schema: SCHEMA, file, name, protocol, params, body, fingerprint };
    serde_json::to_string(&line).expect("strings and numbers can be written")
}

/// The same run has the same fingerprint wherever its files lie.
fn body_without_files(body: &Body<'_>) -> Vec<u8> {
    let violations = body.violations.iter().map(|row| Row { file: "", ..*row }).collect();
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
