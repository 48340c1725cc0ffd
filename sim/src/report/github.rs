//! Checks as GitHub's workflow commands: lines that the runner turns into annotations of files.
//!
//! What goes beyond what the service shows of a step is counted in the last annotation that is shown, and is whole in the log below and
//! in the step's summary, which [`super::markdown`] writes. Of a job it shows 50 annotations, all steps together: of that a step
//! cannot know.

use super::check::{Check, Checks, Finding, Kind, Level};
use super::number::counted;
use crate::fingerprint;
use std::fmt::Write;

/// Annotations of one level that a step shows: "GitHub Actions are limited to 10 warning annotations and 10 error annotations per
/// step", says docs.github.com/rest/checks/runs, and notices are handled as they are.
pub const MOST_ANNOTATIONS: usize = 10;
/// Characters of a message that are shown: `_maxIssueMessageLength` of `ExecutionContext` in github.com/actions/runner.
pub const MOST_MESSAGE: usize = 4_096;
/// Characters of a title: "The maximum size is 255 characters", says docs.github.com/rest/checks/runs of `title`.
pub const MOST_TITLE: usize = 255;

/// The annotations, then all stories as a log in which no line is a command, every line ended.
#[must_use]
pub fn text(checks: &Checks) -> String {
    let mut out = String::new();
    for level in [Level::Error, Level::Warning, Level::Note] {
        let all: Vec<_> = checks
            .list
            .iter()
            .flat_map(|check| check.findings.iter().map(move |finding| (check, finding)))
            // What the scenario says itself needs no annotation.
            .filter(|(_, finding)| finding.kind.level() == level && finding.kind != Kind::Expected)
            .collect();
        let shown = if all.len() > MOST_ANNOTATIONS { MOST_ANNOTATIONS - 1 } else { all.len() };
        for (check, finding) in &all[..shown] {
            out.push_str(&annotation(check, finding));
        }
        if let more @ 1.. = all.len() - shown {
            let what = counted(more as u64, &format!("more {}", command(level)));
            let _ = writeln!(out, "::{}::{what}: see the summary or the log of this step", command(level));
        }
    }
    out.push_str(&inert(&log(checks)));
    out
}

const fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

fn annotation(check: &Check, finding: &Finding) -> String {
    let mut properties = Vec::new();
    // A text inside the program is no file of the repository.
    if let Some(at) = finding.place_on_disk(check) {
        properties.push(format!("file={}", property(at.shown().as_str())));
        properties.push(format!("line={}", at.line));
        properties.extend(at.column.map(|column| format!("col={column}")));
    }
    let rule = finding.rule.cut(MOST_TITLE / 4);
    let title = format!("{rule}: {}", check.title());
    let title: String = title.chars().take(MOST_TITLE).collect();
    properties.push(format!("title={}", property(&title)));
    let mut message = finding.why.cut(MOST_MESSAGE / 2).to_string();
    if let Some(at) = finding.at.as_ref().filter(|at| at.inside) {
        let (file, source) = (at.shown(), at.source.cut(MOST_MESSAGE / 8));
        let _ = write!(message, "\nat {}:{}: {source}", file.cut(MOST_MESSAGE / 8), at.line);
    }
    // The last line of these can be repeated elsewhere, too.
    let again = finding.story.as_str().lines().rev().find(|line| line.contains("pernet-sim replay "));
    if let Some(again) = again.filter(|again| message.chars().count() + again.chars().count() < MOST_MESSAGE)
    {
        let _ = write!(message, "\n{again}");
    }
    format!("::{} {}::{}\n", command(finding.kind.level()), properties.join(","), data(&message))
}

/// The stories of all that is not good, and how many checks are.
fn log(checks: &Checks) -> String {
    let mut log = String::new();
    for check in &checks.list {
        let told = || check.findings.iter().filter(|finding| finding.kind != Kind::Expected);
        if !check.is_good() && told().all(|finding| finding.story.as_str().is_empty()) {
            let _ = writeln!(log, "{}  {}\n", check.verdict, check.title());
        }
        for finding in told() {
            let _ = writeln!(log, "{}", finding.story);
        }
    }
    let (all, good) = checks.counted();
    let _ = writeln!(log, "{}, {good} as expected", counted(all, "check"));
    let _ = writeln!(log, "exit {}: {}", checks.exit.code(), checks.exit.meaning());
    log
}

/// A text in which the runner sees no commands. They go on behind a word that the text does not have.
fn inert(text: &str) -> String {
    let mut word = fingerprint::of(text.as_bytes());
    while text.contains(&format!("{word:016x}")) {
        word = word.wrapping_add(1);
    }
    format!("::stop-commands::{word:016x}\n{text}::{word:016x}::\n")
}

/// What stands behind a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands between its commas.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn a_log_cannot_end_itself() {
        let text = "::error::x\n";
        let word = format!("{:016x}", fingerprint::of(text.as_bytes()));
        assert_eq!(inert(text), format!("::stop-commands::{word}\n{text}::{word}::\n"));
        let clever = format!("{text}::{word}::\n");
        let inert = inert(&clever);
        let (first, rest) = inert.split_once('\n').unwrap();
        let end = first.strip_prefix("::stop-commands::").unwrap();
        assert_eq!(rest.find(&format!("::{end}::")), Some(clever.len()));
    }
}
