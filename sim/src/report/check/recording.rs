//! What is answered about a recording, as a check.

use super::{Check, Finding, INCONCLUSIVE, Kind, Paths, REJECTED, Spot};
use crate::conform::answer::Answer;
use crate::conform::follow::Followed;
use crate::report::conform::human;
use crate::report::number::counted;
use crate::report::style::Style;
use crate::report::visible::Visible;

/// A recording and what its era could have done.
#[must_use]
pub fn recording(answer: &Answer, paths: &Paths) -> Check {
    let Answer { recording, chosen, followed, states } = answer;
    let (kind, rule, why, line) = match followed {
        Followed::Accepted { .. } => (None, "", String::new(), 1),
        Followed::Cut(limit) => (Some(Kind::Limit), INCONCLUSIVE, limit.to_string(), 1),
        Followed::Rejected { event, recorded, instead } => {
            let recorded = recorded.as_deref().unwrap_or("nothing more");
            let possible = if instead.is_empty() { "nothing".to_string() } else { instead.join(", or ") };
            let line = recording.events.get(*event).map_or(1, |event| recording.line(event));
            (Some(Kind::Violation), REJECTED, format!("recorded: {recorded}; possible: {possible}"), line)
        }
    };
    let finding = |kind| Finding {
        kind,
        rule: Visible::line(rule),
        why: Visible::line(&why),
        at: Some(Spot::line(&recording.file, line, paths)),
        identity: Visible::line(&format!("{rule} {}: {why}", recording.scenario)),
        story: Visible::lines(&human(answer, false, Style::PLAIN)),
        moments: Vec::new(),
        left_out: 0,
    };
    Check {
        file: Visible::line(&recording.file),
        name: Visible::line(&chosen.protocol),
        verdict: Visible::line(answer.verdict()),
        cost: Visible::line(&counted(*states, "state")),
        exit: answer.exit(),
        at: Some(Spot::line(&recording.file, 1, paths)),
        findings: kind.map(finding).into_iter().collect(),
    }
}
