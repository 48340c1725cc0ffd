//! `compare`: what a change of a protocol makes possible and impossible.

use super::args::{Compare, Format};
use super::checks::Collector;
use super::finder::Wanted;
use super::output::{self, Objects, Out};
use super::progress::{self, Watch};
use super::select::{Input, select};
use super::threads::{in_order, jobs};
use super::{meaning, protocol};
use crate::across::Page;
use crate::ask::Plan;
use crate::codes;
use crate::comparison::{Change, Comparison, Side, compare as compared};
use crate::limit::Limits;
use crate::question::Rejected;
use crate::report::check::{self, Paths};
use crate::report::comparison::{object, summary, text};
use crate::verdict::Exit;
use std::collections::BTreeSet;

/// Executions where a search does not suffice.
const RUNS: u64 = 1_000;
/// States that a search may store: of many questions each gets less than one by itself.
const MOST_STATES: u64 = 100_000;

/// How each question is asked.
pub fn plan() -> Plan {
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    Plan { runs: RUNS, limits, ..Plan::default() }
}

/// Asks all pages of two protocols.
pub fn compare(args: &Compare) -> Exit {
    match compare_all(args) {
        Ok(exit) => exit,
        Err(rejected) => super::refuse(&rejected, "", args.output.color),
    }
}

fn compare_all(args: &Compare) -> Result<Exit, Rejected> {
    let (plan, max_time) = meaning::effort(&args.effort, plan())?;
    for protocol in [&args.old, &args.new] {
        protocol::read(protocol)?;
    }
    let (old, new) = (Wanted::new(&args.old)?, Wanted::new(&args.new)?);
    let mut checks = Collector::new("compare", &args.output)?;
    let selection = select(&args.paths, None);
    let mut exit: Option<Exit> = None;
    let mut worsen = |more: Exit| exit = Some(exit.map_or(more, |exit| exit.worse(more)));
    for mistake in &selection.mistakes {
        checks.refuse_argument(mistake);
        worsen(if mistake.code == codes::NO_SCENARIOS { Exit::NothingRun } else { Exit::BadInput });
    }
    let mut asked: Vec<(&Input, Page)> = Vec::new();
    for input in &selection.inputs {
        match input.scenario.as_ref().map_err(Clone::clone).and_then(Page::all) {
            Ok(pages) => asked.extend(pages.into_iter().map(|page| (input, page))),
            Err(rejected) => {
                checks.refuse_input(input, "", &rejected);
                worsen(Exit::BadInput);
            }
        }
    }
    progress::on_interrupt();
    let watch = Watch::new(asked.len(), max_time, args.output.quiet);
    let work = |(input, page): &(&Input, Page)| {
        let title = page.title();
        let control = watch.question(&title);
        let (before, after) = (input.finder(Some(&old)), input.finder(Some(&new)));
        let old = Side { name: old.name(), library: &before };
        let new = Side { name: new.name(), library: &after };
        // Both find the scenario; what breaks breaks on the new protocol.
        (compared(page, old, new, &plan, &control), after.paths())
    };
    let mut writer = Writer::new(args, checks);
    in_order(jobs(args.effort.sitting.jobs), &asked, work, |at, (comparison, paths)| {
        if let Some(one) = comparison.exit() {
            worsen(one);
        }
        watch.pause(|| writer.write(asked[at].0, comparison, &paths));
        watch.answered();
    });
    watch.finish();
    let exit = exit.unwrap_or(Exit::NothingRun);
    Ok(writer.finish(exit))
}

/// Writes what comes of pages, in the format that was asked for.
struct Writer<'a> {
    args: &'a Compare,
    out: Out,
    objects: Objects,
    checks: Collector<'a>,
    /// Files, and what was said of them that holds for all of their questions.
    said: BTreeSet<(String, String)>,
    written: Vec<Comparison>,
}

impl<'a> Writer<'a> {
    fn new(args: &'a Compare, checks: Collector<'a>) -> Self {
        let format = args.output.format;
        Self {
            args,
            out: Out::new(),
            objects: Objects::new(format),
            checks,
            said: BTreeSet::new(),
            written: Vec::new(),
        }
    }

    fn write(&mut self, input: &Input, mut comparison: Comparison, paths: &Paths) {
        let names = [self.args.old.as_str(), self.args.new.as_str()];
        let check = || check::comparison(&comparison, paths, &input.path, names);
        match comparison.new.answer() {
            Some(answer) => self.checks.add_with(&answer.sources, paths, check),
            None => self.checks.add(check),
        }
        if self.checks.writes() {
            return;
        }
        if self.args.output.format != Format::Human {
            return self.objects.write(&object(&comparison));
        }
        // Why a file does not fit is said once, whatever its questions are.
        let said = &mut self.said;
        let mut shown = comparison.clone();
        shown.changes.retain(|change| match change {
            Change::Untold(why) => said.insert((input.file.clone(), why.clone())),
            _ => true,
        });
        if self.args.output.quiet {
            shown.changes.retain(|change| change.weight().word() == "worse");
        }
        self.out.write(&text(&shown, &input.path, &self.args.new, output::style(self.args.output.color)));
        // What was written needs no schedules any more.
        for told in [&mut comparison.old, &mut comparison.new] {
            if let crate::across::Told::Answer(answer) = told {
                answer.violations.iter_mut().for_each(|violation| violation.trace = None);
            }
        }
        self.written.push(comparison);
    }

    fn finish(mut self, exit: Exit) -> Exit {
        match self.args.output.format {
            // Where there is no answer there is nothing to add up.
            Format::Human if self.args.output.quiet || self.written.is_empty() => {}
            Format::Human => {
                let space = if self.written.iter().all(|one| one.changes.is_empty()) { "" } else { "\n" };
                self.out.write(&format!("{space}{}", summary(&self.written, exit)));
            }
            Format::Json | Format::Jsonl => self.objects.finish(),
            _ => {}
        }
        self.checks.finish(exit)
    }
}
