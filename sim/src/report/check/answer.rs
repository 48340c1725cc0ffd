//! An answer as a check.

use super::{Check, Finding, INCONCLUSIVE, Kind, Moment, NOT_BROKEN, NOT_EQUAL, Paths, Spot};
use crate::answer::{Answer, Violation, params_text};
use crate::limit::Limit;
use crate::question::Values;
use crate::report::human::{self, cost, remarks};
use crate::report::steps::namespaces;
use crate::report::style::Style;
use crate::report::visible::Visible;
use crate::signature::Signature;
use crate::trace::{Place, Trace};
use crate::verdict::{Coverage, Exit};
use model::judge::orders::Orders;

/// How a violation is repeated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Again {
    /// By this command.
    pub command: String,
    /// And elsewhere with this file, where a token would be too long.
    pub file: String,
}

/// An answer. `again`: how a violation is repeated; `full`: are violations that the scenario expects told in full, too?
#[must_use]
pub fn answer(answer: &Answer, paths: &Paths, again: &dyn Fn(&Violation) -> Again, full: bool) -> Check {
    let violations = answer.violations.iter();
    let mut findings: Vec<_> = violations
        .map(|violation| {
            let told = full || !violation.expected;
            found(answer, violation, paths, told.then(|| again(violation)))
        })
        .collect();
    let top = Place { file: answer.file.clone(), line: 1, source: String::new() };
    let said = |kind, rule: &str, why: &str| Finding {
        kind,
        rule: Visible::line(rule),
        why: Visible::line(why),
        at: Spot::of(&top, paths),
        identity: Visible::line(rule),
        story: Visible::lines(&human::line(answer, Style::PLAIN)),
        moments: Vec::new(),
        left_out: 0,
    };
    if answer.coverage == Coverage::Complete {
        for name in &answer.not_found {
            let why = format!("expected to break and did not: {name}");
            findings.push(Finding {
                identity: Visible::line(&format!("{NOT_BROKEN} {name}")),
                ..said(Kind::Missing, NOT_BROKEN, &why)
            });
        }
    }
    if answer.exit == Exit::Inconclusive {
        findings.push(said(Kind::Limit, INCONCLUSIVE, &remarks(answer).join("; ")));
    }
    if let Some(what) = &answer.nondeterminism {
        findings.push(said(Kind::Nondeterminism, NOT_EQUAL, what));
    }
    findings.extend(answer.warnings.iter().map(|warning| said(Kind::Warning, Orders::NAME, warning)));
    let question = &answer.question;
    Check {
        file: Visible::line(&answer.file),
        name: name(&question.protocol, &question.params),
        verdict: Visible::line(&found_in(answer)),
        cost: Visible::line(&cost(answer)),
        exit: answer.exit,
        at: Spot::of(&top, paths),
        findings,
    }
}

/// A question that was not asked since a limit of the whole run was met before.
#[must_use]
pub fn not_asked(file: &str, protocol: &str, params: &Values, limit: Limit) -> Check {
    let verdict = format!("not asked: {limit}");
    Check::plain(file, name(protocol, params).as_str(), &verdict, "", Exit::NothingRun)
}

/// A question's name among those of its scenario, as in `rfc2007, n=2`.
#[must_use]
pub fn name(protocol: &str, params: &Values) -> Visible {
    let params = params_text(params);
    let comma = if params.is_empty() { "" } else { ", " };
    Visible::line(&format!("{protocol}{comma}{params}"))
}

/// `violated frozen`
fn found_in(answer: &Answer) -> String {
    let names: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
    format!("{} {}", answer.verdict, names.join(", ")).trim_end().to_string()
}

/// A violation; where it is known how it is repeated, it is told in full.
pub(super) fn found(answer: &Answer, violation: &Violation, paths: &Paths, again: Option<Again>) -> Finding {
    let kind = match (violation.expected, &violation.schedule) {
        (true, _) => Kind::Expected,
        // What no schedule reaches, after all were looked at.
        (false, None) if violation.steps == 0 && violation.trace.is_none() => Kind::Missing,
        (false, _) => Kind::Violation,
    };
    let trace = violation.trace.as_ref().filter(|_| again.is_some());
    let story = again.map(|again| {
        let story = human::violation(answer, violation, &again.command, Style::PLAIN);
        story + &human::token_line(answer, violation, &again.file)
    });
    Finding {
        kind,
        rule: Visible::line(&violation.name),
        why: Visible::line(&violation.why),
        at: Spot::of(&violation.place, paths),
        identity: Visible::line(&Signature::of(&answer.file, violation).to_string()),
        story: Visible::lines(&story.unwrap_or_default()),
        moments: trace.map(|trace| moments(trace, paths)).unwrap_or_default(),
        left_out: trace.map_or(0, |trace| trace.left_out),
    }
}

fn moments(trace: &Trace, paths: &Paths) -> Vec<Moment> {
    let mut before = namespaces(&trace.start);
    let moment = |step: &crate::trace::Step| {
        let now = namespaces(&step.nets);
        let changed = (now != before).then(|| Visible::line(&now));
        before = now;
        Moment {
            step: step.number,
            task: Visible::line(&step.task),
            at: Spot::of(&step.place, paths),
            happened: Visible::line(&step.happened.join("; ")),
            namespaces: changed,
        }
    };
    trace.steps.iter().map(moment).collect()
}
