//! What was asked besides the verdict, for people.

use super::human;
use super::number::{counted, grouped, grouped_wide, thousandths};
use super::steps::{self, aligned};
use super::style::Style;
use crate::answer::Answer;
use crate::outcome::{Counted, Outcome, Outcomes};
use crate::unseen::Unseen;
use std::fmt::Write;

/// What was asked of one question; empty if nothing was.
#[must_use]
pub fn text(answer: &Answer) -> String {
    let mut out = String::new();
    if let Some(outcomes) = &answer.besides.outcomes {
        out.push_str(&histogram(outcomes));
    }
    if let Some(unseen) = &answer.besides.unseen {
        out.push_str(&estimate(unseen));
    }
    out
}

/// How each `sometimes` is reached: a page each, as for a violation. `path`: where the scenario is found; `protocol`: how
/// its protocol is named.
#[must_use]
pub fn witnesses(answer: &Answer, path: &str, protocol: &str, style: Style) -> String {
    let mut out = String::new();
    for witness in answer.besides.witnesses.iter().flatten() {
        let _ =
            writeln!(out, "\n{}  {}", style.good(format!("reached {}", witness.name)), human::title(answer));
        let _ = writeln!(out, "what      {}", witness.text);
        let place = &witness.place;
        let _ = writeln!(out, "at        {}:{}: {}", place.file, place.line, place.source);
        let _ = write!(out, "\n{}\n{}\n", steps::table(&witness.trace), style.dim(steps::LEGEND));
        let _ = writeln!(
            out,
            "verdict   reached after {} with {}; {}",
            counted(witness.steps, "step"),
            human::switches(witness.switches),
            if witness.shortest { "no schedule is shorter" } else { "the shortest that was sampled" },
        );
        let _ = if witness.ends {
            let command = human::schedule_command(answer, &witness.schedule, path, protocol);
            writeln!(out, "replay    {command}")
        } else {
            writeln!(out, "schedule  {}", witness.schedule)
        };
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The outcomes, as litmus tests print them, every line ended.
#[must_use]
pub fn histogram(outcomes: &Outcomes) -> String {
    let title = match (outcomes.counted, outcomes.total()) {
        (Counted::Schedules, Some(total)) => format!("{} in all", amount(Some(total), "schedule")),
        (Counted::Schedules, None) => "more than 2^128 schedules in all".to_string(),
        (Counted::States, _) => "schedules without end, since steps lead back: final states only".to_string(),
        (Counted::Executions, total) => {
            format!("{} in all, sampled: there may be other outcomes", amount(total, "execution"))
        }
    };
    let mut out = format!("     outcomes: {title}\n");
    let names: Vec<_> = outcomes.rows.iter().map(name).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (name, row) in names.iter().zip(&outcomes.rows) {
        let count = match outcomes.counted {
            Counted::Schedules => Some(amount(row.schedules, "schedule")),
            Counted::States => None,
            Counted::Executions => Some(amount(row.schedules, "execution")),
        };
        let states = (row.states > 0).then(|| counted(row.states, "final state"));
        let inside = (count.is_none() && states.is_none()).then(|| "inside a step".to_string());
        let what: Vec<_> = count.into_iter().chain(states).chain(inside).collect();
        let pad = width - name.chars().count();
        let _ = writeln!(out, "       {name}{} : {}", " ".repeat(pad), what.join(", "));
    }
    out
}

fn name(row: &Outcome) -> String {
    match &row.violated {
        Some(violated) => format!("violated {violated}"),
        None => row.seen.clone(),
    }
}

fn amount(count: Option<u128>, what: &str) -> String {
    match count {
        Some(1) => format!("1 {what}"),
        Some(count) => format!("{} {what}s", grouped_wide(count)),
        None => format!("more than 2^128 {what}s"),
    }
}

/// What sampling has not seen, every line ended.
#[must_use]
pub fn estimate(unseen: &Unseen) -> String {
    let mut out = format!(
        "     sampled: {} in {}, {} of them in one only, {} in two\n",
        counted(unseen.seen, "state"),
        counted(unseen.executions, "execution"),
        grouped(unseen.once),
        grouped(unseen.twice),
    );
    let _ = writeln!(
        out,
        "       the next execution shows a new state with a probability of about {}%",
        thousandths(u128::from(unseen.news() / 10)),
    );
    let _ = writeln!(
        out,
        "       at least about {} more states are unseen, with a deviation of {}; nothing bounds them from above",
        thousandths(unseen.at_least_unseen()),
        thousandths(unseen.deviation()),
    );
    let mut rows = vec![["executions", "states"].map(String::from)];
    rows.extend(unseen.curve.iter().map(|&(executions, states)| [grouped(executions), grouped(states)]));
    for line in aligned(&rows).lines() {
        let _ = writeln!(out, "       {line}");
    }
    out
}
