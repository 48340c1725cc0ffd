//! `run`: selects scenarios, asks their questions at the same time, and writes answers in order.

use super::args::{Format, Run};
use super::checks::Collector;
use super::files::write_file;
use super::finder::{Finder, Wanted};
use super::meaning;
use super::output::{self, Objects, Out};
use super::progress::{self, Watch};
use super::recorded::record;
use super::saved::{Saver, repeat};
use super::select::{Input, Selection, select};
use super::threads::{in_order, jobs};
use crate::answer::{Answer, Violation, params_text};
use crate::ask::{Plan, ask};
use crate::codes;
use crate::limit::Limit;
use crate::question::{Question, Rejected, Values};
use crate::report::check::{self, Check, Paths};
use crate::report::coverage::Covered;
use crate::report::number::counted;
use crate::report::style::Style;
use crate::report::summary::Summary;
use crate::report::{besides, human, jsonl, timed};
use crate::twice;
use crate::verdict::{Coverage, Exit};
use model::lang::diagnostic::Diagnostic;
use std::collections::BTreeMap;

/// Everything that a run was told.
struct Told<'a> {
    run: &'a Run,
    plan: Plan,
    set: Values,
    wanted: Option<Wanted>,
    style: Style,
}

/// One thing to do: a question, or an input that has none.
struct Task<'a> {
    input: &'a Input,
    question: Result<Question, Rejected>,
}

/// The values of a question that is none.
static NO_VALUES: Values = Values::new();

impl Task<'_> {
    /// The protocol that it is about, and the values; empty if it is no question.
    fn asked(&self) -> (&str, &Values) {
        match &self.question {
            Ok(question) => (&question.protocol, &question.params),
            Err(_) => ("", &NO_VALUES),
        }
    }

    fn rejected(&self, rejected: &Rejected, paths: &Paths) -> Check {
        let (protocol, params) = self.asked();
        let name = check::name(protocol, params);
        check::rejected(&self.input.file, &name, rejected, &self.input.folder, paths)
    }
}

/// What came of a task.
enum Outcome {
    /// With the places of the files that it is about.
    Answer(Box<Answer>, Paths),
    Rejected(Box<Rejected>, Paths),
    /// The run was stopped before.
    NotAsked(Limit),
}

/// Runs scenarios.
pub fn run(run: &Run) -> Exit {
    let color = run.output.color;
    let (plan, max_time) = match meaning::plan(run) {
        Ok(plan) => plan,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    let set = match meaning::values(&run.ask) {
        Ok(set) => set,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    let wanted = match run.ask.protocol.as_deref().map(Wanted::new).transpose() {
        Ok(wanted) => wanted,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    // Said now: nobody wants to hear it behind an hour of search.
    if let Some(Err(mistake)) = run.coverage.as_deref().map(|path| write_file(path, "")) {
        return super::refuse(&Rejected::new(mistake), "", color);
    }
    let mut checks = match Collector::new("run", &run.output) {
        Ok(checks) => checks,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    let selection = select(&run.paths, run.out.as_deref());
    let mut summary = Summary::default();
    for mistake in &selection.mistakes {
        checks.refuse_argument(mistake);
        summary.worsen(if mistake.code == codes::NO_SCENARIOS { Exit::NothingRun } else { Exit::BadInput });
    }
    let mut told = Told { run, plan, set, wanted, style: output::style(color) };
    let tasks = told.tasks(&selection.inputs);
    // Threads that have no question of their own help with a search.
    let jobs = jobs(run.sitting.jobs);
    told.plan.search.threads = (jobs / tasks.len().max(1)).max(1);
    progress::on_interrupt();
    let watch = Watch::new(tasks.len(), max_time, run.output.quiet);
    let mut writer = Writer::new(&told, &selection, &mut summary, checks);
    in_order(
        jobs,
        &tasks,
        |task| told.outcome(task, &watch),
        |at, outcome| {
            watch.pause(|| writer.outcome(&tasks[at], outcome));
            watch.answered();
        },
    );
    watch.finish();
    writer.finish()
}

impl Told<'_> {
    fn tasks<'a>(&self, inputs: &'a [Input]) -> Vec<Task<'a>> {
        let protocol = self.wanted.as_ref().map(Wanted::name);
        let mut tasks = Vec::new();
        for input in inputs {
            let scenario = match &input.scenario {
                Ok(scenario) => scenario.check_number(&self.set).map(|()| scenario),
                Err(rejected) => Err(rejected.clone()),
            };
            match scenario {
                Ok(scenario) => {
                    let questions = scenario.questions(protocol, &self.set).into_iter();
                    tasks.extend(questions.map(|question| Task { input, question: Ok(question) }));
                }
                Err(rejected) => tasks.push(Task { input, question: Err(rejected) }),
            }
        }
        tasks
    }

    fn outcome(&self, task: &Task<'_>, watch: &Watch) -> Outcome {
        let question = match &task.question {
            Ok(question) => question,
            Err(rejected) => return Outcome::Rejected(Box::new(rejected.clone()), task.input.paths()),
        };
        if let Some(limit) = watch.limit() {
            return Outcome::NotAsked(limit);
        }
        let finder = task.input.finder(self.wanted.as_ref());
        match self.answer(task.input, question, &finder, watch) {
            Ok(answer) => Outcome::Answer(Box::new(answer), finder.paths()),
            Err(rejected) => Outcome::Rejected(rejected, finder.paths()),
        }
    }

    fn answer(
        &self,
        input: &Input,
        question: &Question,
        finder: &Finder<'_>,
        watch: &Watch,
    ) -> Result<Answer, Box<Rejected>> {
        let scenario = input.scenario.as_ref().map_err(|rejected| Box::new(rejected.clone()))?;
        let title = format!("{} on {} {}", input.file, question.protocol, params_text(&question.params));
        let control = watch.question(title.trim_end());
        let once = || ask(scenario, question, &self.plan, finder, &control);
        let mut answer = once()?;
        if self.run.twice {
            let again = once()?;
            let cut = |answer: &Answer| {
                matches!(answer.coverage, Coverage::Cut(Limit::Time | Limit::Interrupt | Limit::Memory))
            };
            if let Err(difference) = twice::compare(&everything(&answer), &everything(&again))
                && !cut(&answer)
                && !cut(&again)
                // A look behind the search may have been cut, too.
                && watch.limit().is_none()
            {
                answer.exit = Exit::Nondeterminism;
                answer.nondeterminism = Some(format!(
                    "line {} of the first run is `{}`, of the second `{}`",
                    difference.line, difference.first, difference.second
                ));
            }
        }
        if let Some(folder) = &self.run.record {
            let loaded = scenario.load(question, &input.finder(self.wanted.as_ref()))?;
            let endless = record(folder, scenario, question, &loaded, &self.plan, &control)?;
            if endless > 0 {
                let what = counted(endless, "execution");
                output::remark(&format!(
                    "{title}: {what} met a limit and have no end that could be recorded"
                ));
            }
        }
        Ok(answer)
    }
}

/// All that an answer can be told as.
fn everything(answer: &Answer) -> String {
    let report = answer.timed.as_ref().map(timed::table).unwrap_or_default();
    format!("{}\n{}{report}", jsonl::line(answer), human::page(answer))
}

/// Writes what comes of tasks, in the format that was asked for.
struct Writer<'a> {
    told: &'a Told<'a>,
    summary: &'a mut Summary,
    saver: Saver,
    out: Out,
    /// Are expected violations told in full, too?
    full: bool,
    objects: Objects,
    checks: Collector<'a>,
    /// The input whose mistakes were said last, and the mistakes: several of its questions may have the same.
    said: (String, Vec<Diagnostic>),
    not_asked: Option<(Limit, u64)>,
    covered: Covered,
}

impl<'a> Writer<'a> {
    fn new(
        told: &'a Told<'a>,
        selection: &Selection,
        summary: &'a mut Summary,
        checks: Collector<'a>,
    ) -> Self {
        Self {
            told,
            summary,
            saver: Saver::new(told.run.out.as_deref()),
            out: Out::new(),
            full: selection.single,
            objects: Objects::new(told.run.output.format),
            checks,
            said: Default::default(),
            not_asked: None,
            covered: Covered::default(),
        }
    }

    fn outcome(&mut self, task: &Task<'_>, outcome: Outcome) {
        match outcome {
            Outcome::Answer(answer, paths) => self.answer(task, &answer, &paths),
            Outcome::Rejected(mut rejected, paths) => {
                self.checks.add(|| task.rejected(&rejected, &paths));
                if self.said.0 != task.input.path {
                    self.said = (task.input.path.clone(), Vec::new());
                }
                rejected.diagnostics.retain(|diagnostic| !self.said.1.contains(diagnostic));
                output::complain(&rejected, &task.input.folder, self.told.run.output.color);
                self.said.1.append(&mut rejected.diagnostics);
                self.summary.add_error();
                self.rejected(task);
            }
            Outcome::NotAsked(limit) => {
                self.summary.worsen(Exit::Inconclusive);
                self.checks.add(|| {
                    let (protocol, params) = task.asked();
                    check::not_asked(&task.input.file, protocol, params, limit)
                });
                let count = self.not_asked.map_or(0, |(_, count)| count);
                self.not_asked = Some((limit, count + 1));
            }
        }
    }

    fn answer(&mut self, task: &Task<'_>, answer: &Answer, paths: &Paths) {
        self.summary.add(answer);
        self.covered.add(answer);
        let path = &task.input.path;
        let protocol = self.told.run.ask.protocol.as_deref().unwrap_or(&answer.question.protocol);
        let human = self.told.run.output.format == Format::Human;
        let mut text = String::new();
        if !(self.told.run.output.quiet && answer.as_expected()) {
            text.push_str(&human::line(answer, self.told.style));
            text.push_str(&besides::text(answer));
        }
        text.push_str(&besides::witnesses(answer, path, protocol, self.told.style));
        let mut kept = BTreeMap::new();
        for violation in answer.violations.iter().filter(|violation| violation.schedule.is_some()) {
            let again = self.saver.save(answer, violation, path, protocol).unwrap_or_else(|mistake| {
                output::complain(&Rejected::new(mistake), "", self.told.run.output.color);
                self.summary.worsen(Exit::BadInput);
                repeat(answer, violation, path, protocol)
            });
            if !violation.expected || (self.full && !self.told.run.output.quiet) {
                text.push('\n');
                text.push_str(&human::violation(answer, violation, &again.command, self.told.style));
                text.push_str(&human::token_line(answer, violation, &again.file));
                text.push('\n');
            }
            kept.insert(violation.name.clone(), again);
        }
        if let Some(report) = answer.timed.as_ref().filter(|_| self.full) {
            text.push('\n');
            text.push_str(&timed::table(report));
        }
        self.checks.add_with(&answer.sources, paths, || {
            let again = |violation: &Violation| {
                let again = kept.get(&violation.name).cloned();
                again.unwrap_or_else(|| repeat(answer, violation, path, protocol))
            };
            check::answer(answer, paths, &again, self.full)
        });
        if human {
            self.out.write(&text);
        } else if !self.checks.writes() {
            self.objects.write(&jsonl::line(answer));
        }
    }

    fn rejected(&mut self, task: &Task<'_>) {
        let (protocol, params) = task.asked();
        let file = &task.input.file;
        if self.told.run.output.format == Format::Human {
            // Of one file, the diagnostics have said it all.
            if self.full {
                return;
            }
            let verdict = self.told.style.bad("FAIL error       ");
            let on = if protocol.is_empty() { String::new() } else { format!(" on {protocol}") };
            self.out.write(&format!("{verdict} {:<34} {file}{on}\n", "bad input, see above"));
        } else if !self.checks.writes() {
            self.objects.write(&jsonl::error_line(file, crate::question::stem(file), protocol, params));
        }
    }

    /// Writes what is written last, and says with which status to exit.
    fn finish(mut self) -> Exit {
        if let Some((limit, count)) = self.not_asked {
            let questions = if count == 1 { "question was" } else { "questions were" };
            output::remark(&format!("{count} more {questions} not asked: {limit}"));
        }
        if let Some(path) = &self.told.run.coverage
            && let Err(mistake) = write_file(path, &self.covered.table())
        {
            output::complain(&Rejected::new(mistake), "", self.told.run.output.color);
            self.summary.worsen(Exit::BadInput);
        }
        match self.told.run.output.format {
            // Where there is no answer there is nothing to add up.
            Format::Human if !self.told.run.output.quiet && self.summary.answered() => {
                let table = self.summary.table();
                self.out.write(&format!("\n{table}"));
            }
            Format::Human => {}
            Format::Json | Format::Jsonl => self.objects.finish(),
            _ => {}
        }
        self.checks.finish(self.summary.exit())
    }
}
