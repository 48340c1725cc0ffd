//! What is said about a recording: a line for people, with what is wrong below it; an object for scripts.

use super::number::counted;
use super::style::Style;
use crate::conform::Answer;
use crate::conform::follow::Followed;
use crate::conform::recording::Event;
use serde::Serialize;
use std::fmt::Write;

/// The version of the objects.
const SCHEMA: u32 = 1;
/// The most possibilities that are shown to people.
const MOST_SHOWN: usize = 8;

/// One line, and why, if it is rejected. `schedule`: with the schedule that was found.
#[must_use]
pub fn human(answer: &Answer, schedule: bool, style: Style) -> String {
    let Answer { recording, chosen, followed, .. } = answer;
    let events = recording.events.len();
    let mark = match followed {
        Followed::Accepted { .. } => style.good("ok   accepted    "),
        Followed::Rejected { .. } => style.bad("FAIL rejected    "),
        Followed::Cut(_) => style.unsure("??   inconclusive"),
    };
    let cost = match followed {
        Followed::Accepted { steps, .. } => format!("{events} events in {}", counted(*steps, "step")),
        Followed::Rejected { event, .. } => format!("{event} of {events} events"),
        Followed::Cut(limit) => limit.to_string(),
    };
    let mut text = format!("{mark} {cost:<27} {} on {}\n", recording.file, chosen.protocol);
    if let Followed::Rejected { event, recorded, instead } = followed {
        let _ = writeln!(text, "     kernel    {}", recording.kernel);
        let _ = writeln!(text, "     era       {}: {}", chosen.protocol, chosen.why);
        let place = |event: &Event| format!(" (line {}, seq {})", recording.line(event), event.seq);
        let place = recording.events.get(*event).map(place).unwrap_or_default();
        let recorded = recorded.as_deref().unwrap_or("nothing more");
        let _ = writeln!(text, "     recorded  {recorded}{place}");
        for (at, instead) in instead.iter().take(MOST_SHOWN).enumerate() {
            let _ = writeln!(text, "     {:<9} {instead}", if at == 0 { "possible" } else { "or" });
        }
        if instead.len() > MOST_SHOWN {
            let _ = writeln!(text, "     and       {} more", instead.len() - MOST_SHOWN);
        }
    }
    if let (true, Followed::Accepted { schedule, .. }) = (schedule, followed) {
        let _ = writeln!(text, "     era       {}: {}", chosen.protocol, chosen.why);
        let _ = writeln!(text, "     schedule  {schedule}");
    }
    text
}

/// How many were answered how.
#[must_use]
pub fn summary(accepted: usize, rejected: usize, cut: usize) -> String {
    let mut text = format!("\n{} accepted, {rejected} rejected", counted(accepted as u64, "recording"));
    if cut > 0 {
        let _ = write!(text, ", {cut} inconclusive");
    }
    text.push('\n');
    text
}

/// What is printed for scripts. The order of the fields is the order of the keys.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    file: &'a str,
    scenario: &'a str,
    kernel: &'a str,
    protocol: &'a str,
    why: &'a str,
    verdict: &'a str,
    events: usize,
    rejected: Option<Rejected<'a>>,
    limit: Option<String>,
    steps: Option<u64>,
    schedule: Option<String>,
    states: u64,
}

/// The first event that is not possible; without one, something more would have to come.
#[derive(Serialize)]
struct Rejected<'a> {
    event: usize,
    seq: Option<i64>,
    line: Option<u32>,
    recorded: Option<&'a str>,
    possible: &'a [String],
}

/// An object on one line, without its end.
#[must_use]
pub fn object(answer: &Answer) -> String {
    let Answer { recording, chosen, followed, states } = answer;
    let rejected = match followed {
        Followed::Rejected { event, recorded, instead } => {
            let found = recording.events.get(*event);
            Some(Rejected {
                event: *event,
                seq: found.map(|event| event.seq),
                line: found.map(|event| recording.line(event)),
                recorded: recorded.as_deref(),
                possible: instead,
            })
        }
        _ => None,
    };
    let (steps, schedule) = match followed {
        Followed::Accepted { steps, schedule } => (Some(*steps), Some(schedule.to_string())),
        _ => (None, None),
    };
    let limit = match followed {
        Followed::Cut(limit) => Some(limit.to_string()),
        _ => None,
    };
    let line = Line {
        schema: SCHEMA,
        file: &recording.file,
        scenario: &recording.scenario,
        kernel: &recording.kernel,
        protocol: &chosen.protocol,
        why: &chosen.why,
        verdict: answer.verdict(),
        events: recording.events.len(),
        rejected,
        limit,
        steps,
        schedule,
        states: *states,
    };
    serde_json::to_string(&line).unwrap_or_default()
}
