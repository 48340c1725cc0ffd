//! A page that was asked of two protocols, as a check.

use super::answer::{Again, found};
use super::{Check, Finding, Kind, Paths, Spot, UNREACHED, UNTOLD};
use crate::comparison::{Change, Comparison, Weight};
use crate::report::comparison::{said, text};
use crate::report::style::Style;
use crate::report::visible::Visible;
use crate::verdict::Exit;

/// A page and what a change of the protocol makes of it. `path`, `old` and `new`: what the user can say to get the page
/// and the protocols again.
#[must_use]
pub fn comparison(comparison: &Comparison, paths: &Paths, path: &str, [old, new]: [&str; 2]) -> Check {
    let file = &comparison.page.scenario.file;
    let title = comparison.page.title();
    let which = title.strip_prefix(file.as_str()).unwrap_or_default();
    let worst = comparison.changes.iter().map(Change::weight).min();
    let fits = !comparison.fits_neither();
    Check {
        file: Visible::line(file),
        name: Visible::line(&format!("{old} and {new}{which}")),
        verdict: Visible::line(match worst {
            Some(weight) => weight.word(),
            None if fits => "alike",
            None => "fits neither",
        }),
        cost: Visible::default(),
        exit: comparison.exit().unwrap_or(Exit::NothingRun),
        at: Some(Spot::line(file, 1, paths)),
        findings: comparison
            .changes
            .iter()
            .map(|change| changed(change, comparison, paths, path, new))
            .collect(),
    }
}

fn changed(change: &Change, comparison: &Comparison, paths: &Paths, path: &str, new: &str) -> Finding {
    let file = &comparison.page.scenario.file;
    let (kind, rule) = match (change, change.weight()) {
        (Change::Possible { name, .. }, _) => (Kind::Violation, name.as_str()),
        (Change::Unreached(_), _) => (Kind::Missing, UNREACHED),
        (_, Weight::Untold) => (Kind::Limit, UNTOLD),
        (_, weight) => (Kind::Remark, weight.word()),
    };
    let said = said(change, comparison);
    let alone = Comparison { changes: vec![change.clone()], ..comparison.clone() };
    let finding = Finding {
        kind,
        rule: Visible::line(rule),
        why: Visible::line(&said),
        at: Some(Spot::line(file, 1, paths)),
        identity: Visible::line(&format!("{rule} {said}")),
        story: Visible::lines(&text(&alone, path, new, Style::PLAIN)),
        moments: Vec::new(),
        left_out: 0,
    };
    // What became possible has a schedule that shows it.
    let shown = match (change, comparison.new.answer()) {
        (Change::Possible { name, .. }, Some(answer)) => {
            let violation = answer.violations.iter().find(|violation| violation.name == *name);
            violation.map(|violation| found(answer, violation, paths, Some(Again::default())))
        }
        _ => None,
    };
    match shown {
        Some(shown) => Finding {
            why: Visible::line(&format!("{said}: {}", shown.why)),
            at: shown.at.or(finding.at),
            identity: shown.identity,
            moments: shown.moments,
            left_out: shown.left_out,
            ..finding
        },
        None => finding,
    }
}
