//! The museum as a table for people, as objects, and as the index of its folder.

use super::number::{counted, grouped};
use super::style::Style;
use crate::museum::{Commit, View};
use crate::question::Values;
use crate::verdict::Exit;
use serde::Serialize;
use std::fmt::Write;

const SCHEMA: u32 = 1;
/// What stands where there is nothing to say.
const NONE: &str = "-";
/// Columns of the table, of which these are set right.
const COLUMNS: usize = 9;
const RIGHT: [usize; 3] = [5, 6, 7];

/// A row: as expected or not, exhibit, commit, protocol, what is found, schedules, steps, switches, symptom.
type Row = [String; COLUMNS];

/// The table of some exhibits, in their order.
#[must_use]
pub fn table(views: &[View], style: Style) -> String {
    let heads = ["", "exhibit", "commit", "protocol", "found", "schedules", "steps", "switches", "symptom"];
    let mut rows: Vec<(Exit, Row)> = vec![(Exit::AsExpected, heads.map(String::from))];
    for exhibit in views.chunk_by(|a, b| a.answer.file == b.answer.file) {
        rows.extend(exhibit_rows(exhibit));
    }
    let width = |column: usize| rows.iter().map(|(_, row)| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut out = String::new();
    for (exit, row) in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - cell.chars().count());
            let space = if column == 0 { "" } else { "  " };
            let _ = match RIGHT.contains(&column) {
                true => write!(line, "{space}{pad}{cell}"),
                false => write!(
                    line,
                    "{space}{}{pad}",
                    if column == 0 { marked(*exit, cell, style) } else { cell.clone() }
                ),
            };
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn marked(exit: Exit, mark: &str, style: Style) -> String {
    match exit {
        _ if mark.is_empty() => String::new(),
        Exit::AsExpected => style.good(mark),
        Exit::Inconclusive => style.unsure(mark),
        _ => style.bad(mark),
    }
}

/// The rows of one exhibit: one for each of its questions, or for each of its commits if these are more.
fn exhibit_rows(views: &[View]) -> Vec<(Exit, Row)> {
    let label = &views[0].label;
    let count = views.len().max(label.commits.len());
    let row = |at: usize| {
        let mut row = Row::default();
        let view = views.get(at);
        if at == 0 {
            row[1].clone_from(&views[0].answer.name);
            row[8].clone_from(&label.symptom);
        }
        row[2] = label.commits.get(at).map_or(String::new(), |commit| commit.shown().to_string());
        if let Some(view) = view {
            row[0] = mark(view.answer.exit).to_string();
            row[3] = protocol(view);
            let [found, schedules, steps, switches] = figures(view);
            (row[4], row[5], row[6], row[7]) = (found, schedules, steps, switches);
        }
        (view.map_or(Exit::AsExpected, |view| view.answer.exit), row)
    };
    (0..count).map(row).collect()
}

const fn mark(exit: Exit) -> &'static str {
    match exit {
        Exit::AsExpected => "ok",
        Exit::Inconclusive => "??",
        _ => "FAIL",
    }
}

/// A protocol, and the era that it is a small difference from.
fn protocol(view: &View) -> String {
    let asked = &view.answer.question;
    let params = asked.params.iter().map(|(name, value)| format!(", {name}={value}")).collect::<String>();
    if view.era == asked.protocol {
        format!("{}{params}", asked.protocol)
    } else {
        format!("{} is {}{params}", asked.protocol, view.era)
    }
}

/// What is found; how many random schedules it takes; steps and switches of the shortest counterexample.
fn figures(view: &View) -> [String; 4] {
    let found: Vec<_> = view.answer.violations.iter().map(|violation| violation.name.as_str()).collect();
    let Some(shortest) = view.answer.violations.first() else {
        return [view.answer.verdict.word(), NONE, NONE, NONE].map(String::from);
    };
    let schedules = match (view.faulty(), view.first) {
        (true, Some(first)) => grouped(first),
        _ => NONE.to_string(),
    };
    [found.join(", "), schedules, grouped(shortest.steps), grouped(shortest.switches)]
}

/// What the table adds up to.
#[must_use]
pub fn summary(views: &[View], exit: Exit) -> String {
    let exhibits = views.chunk_by(|a, b| a.answer.file == b.answer.file).count();
    let faulty: Vec<_> = views.iter().filter(|view| view.faulty()).collect();
    let searched = faulty.iter().filter(|view| view.answer.as_expected()).count();
    let sampled = faulty.iter().filter(|view| view.first.is_some()).count();
    let fixed = views.len() - faulty.len();
    let holds = views.iter().filter(|view| !view.faulty() && view.answer.as_expected()).count();
    format!(
        "{}; faulty: {searched} of {} found by search, {sampled} by random schedules; fixed: {holds} of {fixed} hold\nexit {}: {}\n",
        counted(exhibits as u64, "exhibit"),
        faulty.len(),
        exit.code(),
        exit.meaning(),
    )
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    file: &'a str,
    name: &'a str,
    question: &'a str,
    commits: Vec<CommitObject<'a>>,
    symptom: &'a str,
    protocol: &'a str,
    era: &'a str,
    params: &'a Values,
    faulty: bool,
    verdict: &'static str,
    as_expected: bool,
    found: Vec<&'a str>,
    states: Option<u64>,
    first_schedule: Option<u64>,
    steps: Option<u64>,
    switches: Option<u64>,
    schedule: Option<String>,
}

#[derive(Serialize)]
struct CommitObject<'a> {
    id: Option<&'a str>,
    subject: &'a str,
}

impl<'a> CommitObject<'a> {
    fn new(commit: &'a Commit) -> Self {
        Self { id: commit.id.as_deref(), subject: &commit.subject }
    }
}

/// A view as an object, on one line.
#[must_use]
pub fn object(view: &View) -> String {
    let answer = &view.answer;
    let shortest = answer.violations.first();
    let object = Object {
        schema: SCHEMA,
        file: &answer.file,
        name: &answer.name,
        question: &view.label.question,
        commits: view.label.commits.iter().map(CommitObject::new).collect(),
        symptom: &view.label.symptom,
        protocol: &answer.question.protocol,
        era: &view.era,
        params: &answer.question.params,
        faulty: view.faulty(),
        verdict: answer.verdict.word(),
        as_expected: answer.as_expected(),
        found: answer.violations.iter().map(|violation| violation.name.as_str()).collect(),
        states: answer.states,
        first_schedule: view.first,
        steps: shortest.map(|shortest| shortest.steps),
        switches: shortest.map(|shortest| shortest.switches),
        schedule: shortest.and_then(|shortest| shortest.schedule.as_ref()).map(ToString::to_string),
    };
    serde_json::to_string(&object).expect("strings and numbers can be written")
}

/// The index of the museum's folder: every exhibit with its question, its commits, and what it takes to find the bug.
#[must_use]
pub fn index(views: &[View]) -> String {
    let mut out = String::from(
        "# The museum\n\n\
         Real bugs of the registry and its users, each fixed long ago, each found again. A page has the question, the commits,\n\
         what was seen of the bug, and the story; it breaks on the faulty text and holds on the fixed one. *schedules*: the\n\
         first random one that finds something (seed 0, the default scheduler; none can tell a livelock); *steps* and *switches* between tasks: of the\n\
         shortest schedule. `pernet-sim museum` makes this table.\n\n\
         | exhibit | question | commits | symptom | found | on | schedules | steps | switches | fixed: holds on |\n\
         |---|---|---|---|---|---|---:|---:|---:|---|\n",
    );
    for exhibit in views.chunk_by(|a, b| a.answer.file == b.answer.file) {
        let (label, name) = (&exhibit[0].label, &exhibit[0].answer.name);
        let commits: Vec<_> =
            label.commits.iter().map(|commit| format!("{} {}", commit.shown(), commit.subject)).collect();
        let fixed: Vec<_> = exhibit
            .iter()
            .filter(|view| !view.faulty())
            .map(|view| format!("`{}`", protocol(view)))
            .collect();
        for (at, view) in exhibit.iter().filter(|view| view.faulty()).enumerate() {
            let about = if at == 0 {
                [
                    format!("[{name}]({name}.pernet)"),
                    label.question.clone(),
                    commits.join("; "),
                    label.symptom.clone(),
                ]
            } else {
                Default::default()
            };
            let [found, schedules, steps, switches] = figures(view);
            let fixed = if at == 0 { fixed.join(", ") } else { String::new() };
            let _ = writeln!(
                out,
                "| {} | {found} | `{}` | {schedules} | {steps} | {switches} | {fixed} |",
                about.join(" | "),
                protocol(view)
            );
        }
    }
    out
}
