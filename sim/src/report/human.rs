//! An answer for people: one line; and a violation in full.

use super::number::{counted, grouped};
use super::steps;
use super::style::Style;
use super::visible::is_hidden;
use crate::VERSION;
use crate::answer::{Answer, Violation, params_text};
use crate::inevitable::{Fate, Way};
use crate::replayfile::Recording;
use crate::schedule::Schedule;
use crate::verdict::{Coverage, Exit};
use std::fmt::Write;

/// One line: is it as expected, the verdict, what it cost, and which question it answers.
#[must_use]
pub fn line(answer: &Answer, style: Style) -> String {
    let (mark, verdict) = (mark(answer.exit), format!("{:<12}", answer.verdict));
    let (mark, verdict) = match answer.exit {
        Exit::AsExpected => (style.good(mark), style.good(verdict)),
        Exit::Inconclusive => (style.unsure(mark), style.unsure(verdict)),
        _ => (style.bad(mark), style.bad(verdict)),
    };
    let mut line = format!("{mark} {verdict} {:<34} {}", cost(answer), title(answer));
    let found: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
    if !found.is_empty() {
        let _ = write!(line, ": {}", found.join(", "));
    }
    line.push('\n');
    for remark in remarks(answer) {
        let _ = writeln!(line, "     {remark}");
    }
    line
}

/// `ok` or not, in a fixed width.
const fn mark(exit: Exit) -> &'static str {
    match exit {
        Exit::AsExpected => "ok  ",
        Exit::Inconclusive => "??  ",
        _ => "FAIL",
    }
}

/// What was looked at.
#[must_use]
pub fn cost(answer: &Answer) -> String {
    let states = answer.states.map(|states| counted(states, "state"));
    let executions = answer.executions.map(|executions| counted(executions, "execution"));
    states.into_iter().chain(executions).collect::<Vec<_>>().join(", ")
}

/// Which question it is.
#[must_use]
pub fn title(answer: &Answer) -> String {
    let params = params_text(&answer.question.params);
    let comma = if params.is_empty() { "" } else { ", " };
    format!("{} on {}{comma}{params}", answer.file, answer.question.protocol)
}

/// What one must know besides, to take the line for what it is.
#[must_use]
pub fn remarks(answer: &Answer) -> Vec<String> {
    let mut remarks = Vec::new();
    for violation in
        answer.violations.iter().filter(|violation| !violation.expected && violation.schedule.is_some())
    {
        remarks.push(format!("not expected: {}: {}", violation.name, violation.why));
    }
    if !answer.not_found.is_empty() {
        remarks.push(format!("expected to break and did not: {}", answer.not_found.join(", ")));
    }
    remarks.extend(answer.warnings.iter().map(|warning| format!("warning: lock_order: {warning}")));
    for unreached in &answer.not_reached {
        remarks.push(format!("never reached: {}", unreached.text));
    }
    if let Coverage::Cut(limit) = answer.coverage {
        let covered = match answer.covered {
            0 => String::new(),
            steps => format!("; every schedule of up to {} was", counted(u64::from(steps), "step")),
        };
        remarks.push(format!("not everything was looked at: {limit}{covered}"));
    }
    if let Some(limit) = answer.search_limit {
        remarks.push(format!("searched in part, since {limit}; then executions were sampled"));
    }
    if matches!(answer.coverage, Coverage::Cut(_)) || answer.search_limit.is_some() {
        // What made the search so long.
        remarks.extend(answer.reduced.off.iter().cloned());
    }
    if answer.in_vain > 0 {
        remarks.push(format!("{} besides led to nothing new", counted(answer.in_vain, "execution")));
    }
    for (name, first) in &answer.first {
        let by = first.member.map_or(String::new(), |member| format!(" by {member}"));
        remarks.push(format!("{name}: first met{by} in execution {}", grouped(first.execution)));
    }
    remarks.extend(answer.promise.clone());
    remarks.extend(answer.seed.map(|seed| format!("seed {seed:#x}, bound to pernet-sim {VERSION}")));
    remarks.extend(answer.nondeterminism.iter().map(|what| format!("nondeterminism: {what}")));
    remarks
}

/// A violation: what broke and why, the table of steps, the verdict, and last the command that repeats it.
#[must_use]
pub fn violation(answer: &Answer, violation: &Violation, replay: &str, style: Style) -> String {
    let mut out = format!("{}  {}\n", style.bad(format!("violated {}", violation.name)), title(answer));
    let _ = writeln!(out, "why       {}", violation.why);
    if let Some(place) = place(violation) {
        let _ = writeln!(out, "at        {place}");
    }
    if let Some(trace) = &violation.trace {
        let _ = write!(out, "\n{}\n{}\n", steps::table(trace), style.dim(steps::LEGEND));
    }
    if let Some(fate) = &violation.fate {
        let _ = writeln!(out, "fate      {}", fate_text(fate, violation.steps));
    }
    let expected = if violation.expected { "as expected" } else { "not expected" };
    // What is said of all schedules together has no steps.
    let after = match (&violation.schedule, violation.steps) {
        (None, 0) => String::new(),
        _ => format!(" after {} with {}", counted(violation.steps, "step"), switches(violation.switches)),
    };
    let _ = writeln!(out, "verdict   {} {}{after}, {expected}", answer.verdict, violation.name);
    let _ = writeln!(out, "replay    {replay}");
    out
}

/// A repeated schedule at whose end all is well.
#[must_use]
pub fn repeated(answer: &Answer, style: Style) -> String {
    let mut out = format!("{}  {}\n", style.bold("replay"), title(answer));
    if let Some(trace) = &answer.repeated {
        let _ = write!(out, "\n{}\n{}\n", steps::table(trace), style.dim(steps::LEGEND));
    }
    let steps = counted(answer.transitions.unwrap_or(0), "step");
    let _ = writeln!(out, "verdict   {} in this schedule of {steps}", answer.verdict);
    out
}

/// Until when it could have been avoided.
fn fate_text(fate: &Fate, steps: u64) -> String {
    let choice = match fate {
        Fate::Sealed => return "every schedule violates something".to_string(),
        Fate::Open => return "not inevitable: also behind the last step it can still end well".to_string(),
        Fate::Unknown => {
            return "not known when it became inevitable: a limit was met".to_string();
        }
        Fate::Chosen(choice) => choice,
    };
    let from = if choice.step == steps { " the last step" } else { "" };
    let place = choice.place.file.rsplit('/').next().unwrap_or("");
    let mut text = format!(
        "inevitable from{}{from}, where {} at {place}:{}",
        if from.is_empty() { format!(" step {} on", choice.step) } else { String::new() },
        way(&choice.picked, "ran", "met a fault"),
        choice.place.line,
    );
    let own = choice.instead.iter().filter(|other| other.task == choice.picked.task);
    let mut instead: Vec<_> = own
        .map(|other| if other.fault { "had it met a fault there" } else { "had it met none" }.to_string())
        .collect();
    let others = |fault: bool| {
        let others = choice.instead.iter().filter(move |other| {
            let quiet = Way { fault: false, ..(*other).clone() };
            other.task != choice.picked.task
                && other.fault == fault
                && (!fault || !choice.instead.contains(&quiet))
        });
        others.map(|other| other.task.as_str()).collect::<Vec<_>>().join(" or ")
    };
    for (names, what) in [(others(false), "run"), (others(true), "met a fault")] {
        if !names.is_empty() {
            instead.push(format!("had {names} {what}"));
        }
    }
    let _ = write!(text, "; {}, it could still have ended well", instead.join(", or "));
    text
}

fn way(way: &Way, plain: &str, fault: &str) -> String {
    format!("{} {}", way.task, if way.fault { fault } else { plain })
}

/// `1 switch between tasks`
#[must_use]
pub fn switches(count: u64) -> String {
    format!("{count} switch{} between tasks", if count == 1 { "" } else { "es" })
}

fn place(violation: &Violation) -> Option<String> {
    let place = &violation.place;
    (!place.file.is_empty()).then(|| format!("{}:{}: {}", place.file, place.line, place.source))
}

/// A violation in one word, to be pasted where the scenario is not at hand; of what is shipped nothing, since its command does
/// as well. `instead`: what to send where the word would be too long.
#[must_use]
pub fn token_line(answer: &Answer, violation: &Violation, instead: &str) -> String {
    let recording = Recording::of(answer, violation).filter(|recording| !recording.is_shipped());
    match recording.map(|recording| recording.token()) {
        None => String::new(),
        Some(Ok(token)) => format!("token     pernet-sim replay {token}\n"),
        Some(Err(long)) => {
            let characters = grouped(long.characters as u64);
            format!("token     none: it would have {characters} characters; send {instead}\n")
        }
    }
}

/// The command that repeats a schedule of an answer. `path`: where the scenario is found; `protocol`: how its protocol
/// is named.
#[must_use]
pub fn token_command(answer: &Answer, violation: &Violation, path: &str, protocol: &str) -> Option<String> {
    Some(schedule_command(answer, violation.schedule.as_ref()?, path, protocol))
}

/// The command that repeats some schedule of a question.
#[must_use]
pub fn schedule_command(answer: &Answer, schedule: &Schedule, path: &str, protocol: &str) -> String {
    let mut command =
        format!("pernet-sim replay '{schedule}' {} --protocol {}", quoted(path), quoted(protocol));
    for (name, value) in &answer.question.params {
        let _ = write!(command, " --set {name}={value}");
    }
    command
}

/// A word for the shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    let escaped = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        c if is_hidden(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else if word.chars().any(is_hidden) {
        // A terminal would obey it.
        format!("$'{}'", word.chars().map(escaped).collect::<String>())
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The committed report of one answer: the line, what is expected, and the table of every violation. No path of the
/// machine, time or rate is in it.
#[must_use]
pub fn page(answer: &Answer) -> String {
    let mut out = line(answer, Style::PLAIN);
    if !answer.asleep.is_empty() {
        let _ = writeln!(out, "     asleep: {}", answer.asleep.join(", "));
    }
    for found in &answer.violations {
        let command = token_command(answer, found, &answer.file, &answer.question.protocol);
        let _ =
            write!(out, "\n{}", violation(answer, found, command.as_deref().unwrap_or("-"), Style::PLAIN));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_safe_in_a_shell() {
        for (word, want) in [
            ("order/x.pernet", "order/x.pernet"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("it's\u{1b}\n", r"$'it\'s\u001b\u000a'"),
        ] {
            assert_eq!(quoted(word), want);
        }
    }
}
