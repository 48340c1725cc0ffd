//! The committed report of one scenario: what it asks, what each of its questions was answered, and the steps to each
//! violation. Made to be read as a difference: nothing of a machine, a clock or a build is in it, and a line says one
//! thing.

use super::number::{counted, grouped};
use super::style::Style;
use super::{human, timed};
use crate::answer::{Answer, params_text};
use crate::timed::TimedReport;
use std::fmt::Write;

/// The answer to one question, and what was looked for besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The answer.
    pub answer: Answer,
    /// Each `sometimes` of the question.
    pub sometimes: Vec<String>,
    /// The same question by the agenda, where the scenario declares times.
    pub timed: Option<TimedReport>,
}

/// The report. `title` is the scenario's question in its own words.
#[must_use]
pub fn page(title: &str, file: &str, asked: &[Asked]) -> String {
    let mut out = format!("{title}\nscenarios/{file}\n");
    for one in asked {
        let _ = write!(out, "\n{}", section(one));
    }
    out
}

fn section(Asked { answer, sometimes, timed }: &Asked) -> String {
    let question = &answer.question;
    let mut out = format!("on {}", question.protocol);
    if !question.params.is_empty() {
        let _ = write!(out, ", {}", params_text(&question.params));
    }
    if !question.breaks.is_empty() {
        let _ = write!(out, " breaks {}", question.breaks.join(", "));
    }
    let expected = if answer.as_expected() { "as expected" } else { "NOT AS EXPECTED" };
    let _ = writeln!(out, ": {}, {expected}", answer.verdict);
    for line in looked_at(answer) {
        let _ = writeln!(out, "  {line}");
    }
    // Where something is to break, nobody asks whether the rest is reached.
    if question.breaks.is_empty() {
        for text in sometimes {
            let missed = answer.not_reached.iter().any(|unreached| unreached.text == *text);
            let _ = writeln!(out, "  {}: {text}", if missed { "never reached" } else { "reached" });
        }
    }
    for warning in &answer.warnings {
        let _ = writeln!(out, "  warning: lock_order: {warning}");
    }
    if !answer.asleep.is_empty() {
        let _ = writeln!(out, "  asleep: {}", answer.asleep.join(", "));
    }
    for found in &answer.violations {
        let command = human::token_command(answer, found, &answer.file, &question.protocol);
        let command = command.unwrap_or_else(|| "no schedule leads to it".to_string());
        let _ = write!(out, "\n{}", human::violation(answer, found, &command, Style::PLAIN));
    }
    if let Some(report) = timed {
        let _ = write!(out, "\nby the agenda, from seed 0x0:\n\n{}", timed::table(report));
    }
    out
}

/// How much was looked at, a line for each way of looking.
fn looked_at(answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    let transitions = answer.transitions.unwrap_or(0);
    if let Some(states) = answer.states {
        let reduced = match answer.reduced.reductions {
            none if none.is_none() => String::new(),
            used => format!(", reduced by {}", used.to_string().replace(',', ", ")),
        };
        lines.push(format!("{}, {}{reduced}", counted(states, "state"), counted(transitions, "transition")));
        lines.extend(answer.reduced.alike.iter().map(|alike| format!("alike: {alike}")));
        lines.extend(answer.reduced.off.iter().cloned());
    }
    if let Some(executions) = answer.executions {
        let seed = answer.seed.map_or(String::new(), |seed| format!(" from seed {seed:#x}"));
        let steps =
            if answer.states.is_none() { format!(", {} steps", grouped(transitions)) } else { String::new() };
        lines.push(format!("{}{seed}{steps}", counted(executions, "execution")));
    }
    lines.extend(answer.search_limit.map(|limit| format!("searched in part, since {limit}")));
    if !answer.not_found.is_empty() {
        lines.push(format!("did not break: {}", answer.not_found.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Plan;

    #[test]
    fn every_question_has_its_section() {
        let text = "// Is x ever 1?\non rfc2007;\non rfc2007-undo-all breaks one;\nint x;\ntask t { x = 1; }\n\
                    never one: x == 1;\nsometimes x == 1;\n";
        let answers =
            crate::run_text("x.pernet", text, &[], &Default::default(), &Plan::default()).expect("it runs");
        let sometimes = vec!["x == 1".to_string()];
        let asked: Vec<_> = answers
            .into_iter()
            .map(|answer| Asked { answer, sometimes: sometimes.clone(), timed: None })
            .collect();
        let page = page("Is x ever 1?", "x.pernet", &asked);
        let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("on ")).collect();
        let want = [
            "on rfc2007: violated, NOT AS EXPECTED",
            "on rfc2007-undo-all breaks one: violated, as expected",
        ];
        assert_eq!(lines, want);
        assert!(page.starts_with("Is x ever 1?\nscenarios/x.pernet\n\non rfc2007"));
        assert_eq!(page.matches("reached: x == 1").count(), 1);
        assert_eq!(page.matches("violated one  x.pernet").count(), 2);
    }
}
