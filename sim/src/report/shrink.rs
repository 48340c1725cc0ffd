//! A shrunk run as one object, and as a remark.

use crate::report::human::quoted;
use crate::shrink::{Refuted, Shrunk, Size};
use serde::Serialize;

const SCHEMA: u32 = 1;

/// What is printed.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    name: &'a str,
    protocol: &'a str,
    breaks: &'a [String],
    signature: String,
    why: &'a str,
    steps: u64,
    shortest: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    timed: bool,
    schedule: String,
    before: Object,
    after: Object,
    controls: Vec<&'a str>,
    minimal: bool,
    certain: bool,
    refuted: Vec<Edit<'a>>,
    text: &'a str,
}

#[derive(Serialize)]
struct Object {
    tasks: u64,
    statements: u64,
    steps: u64,
}

#[derive(Serialize)]
struct Edit<'a> {
    without: &'a str,
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    states: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedules: Option<u64>,
}

impl From<Size> for Object {
    fn from(size: Size) -> Self {
        Self { tasks: size.tasks, statements: size.statements, steps: size.steps }
    }
}

/// One line, without its end.
///
/// # Panics
/// Never: strings and numbers can be written.
#[must_use]
pub fn object(shrunk: &Shrunk) -> String {
    let refuted = shrunk.certificate.refuted.iter().map(|(without, refuted)| {
        let (how, states, schedules) = match *refuted {
            Refuted::Meaningless => ("meaningless", None, None),
            Refuted::Searched(states) => ("searched", Some(states), None),
            Refuted::Sampled(states, schedules) => ("sampled", Some(states), Some(schedules)),
            Refuted::Longer(states) => ("longer", Some(states), None),
            Refuted::Drawn(schedules) => ("drawn", None, Some(schedules)),
            Refuted::Fixed => ("fixed", None, None),
            Refuted::Control => ("control", None, None),
            Refuted::Hopeless => ("hopeless", None, None),
            Refuted::Halted(_) => ("halted", None, None),
        };
        Edit { without, how, states, schedules }
    });
    let line = Line {
        schema: SCHEMA,
        name: &shrunk.name,
        protocol: &shrunk.question.protocol,
        breaks: &shrunk.question.breaks,
        signature: shrunk.signature.to_string(),
        why: &shrunk.why,
        steps: shrunk.after.steps,
        shortest: shrunk.shortest,
        timed: shrunk.timed,
        schedule: shrunk.schedule.to_string(),
        before: shrunk.before.into(),
        after: shrunk.after.into(),
        controls: shrunk.controls.iter().map(|control| control.protocol.as_str()).collect(),
        minimal: shrunk.certificate.is_minimal(),
        certain: shrunk.certificate.is_complete(),
        refuted: refuted.collect(),
        text: &shrunk.text,
    };
    serde_json::to_string(&line).expect("strings and numbers can be written")
}

/// What became of it, in a few lines for people. `page`: where the page lies, if it was written; `protocol`: where its protocol
/// lies, if that is a file.
#[must_use]
pub fn remark(shrunk: &Shrunk, page: Option<&str>, protocol: Option<&str>) -> String {
    let best = if shrunk.shortest { "no schedule is shorter" } else { "a shorter schedule may be there" };
    let protocol = match (protocol, shrunk.controls.is_empty()) {
        (Some(file), _) => format!(" --protocol {}", quoted(file)),
        (None, true) => String::new(),
        (None, false) => format!(" --protocol {}", quoted(&shrunk.question.protocol)),
    };
    let timed = if shrunk.timed { " --timed" } else { "" };
    let place = page.map_or_else(|| format!("{}.pernet", shrunk.name), str::to_string);
    format!(
        "{}: {}\nfrom {}\nto   {}; {best}\n{}\nreplay: pernet-sim replay '{}' {}{protocol}{timed}\n",
        shrunk.signature,
        shrunk.why,
        shrunk.before,
        shrunk.after,
        shrunk.certificate,
        shrunk.schedule,
        quoted(&place)
    )
}
