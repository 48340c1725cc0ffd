//! `museum`: real bugs, found again.

use super::args::{Format, Museum};
use super::checks::Collector;
use super::output::{self, Objects, Out};
use super::progress::{self, Watch};
use super::saved::repeat;
use super::select::{Input, museum as select};
use super::threads::{in_order, jobs};
use super::{meaning, refuse};
use crate::answer::Violation;
use crate::ask::Plan;
use crate::codes;
use crate::museum::{Label, View, view};
use crate::question::{Question, Rejected, Values};
use crate::report::check::{self, Paths};
use crate::report::museum::{object, summary, table};
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;

/// One question of an exhibit.
struct Asked<'a> {
    input: &'a Input,
    label: Label,
    question: Question,
}

/// Looks at exhibits, and prints the table.
pub fn museum(args: &Museum) -> Exit {
    let color = args.output.color;
    let (plan, max_time) = match meaning::effort(&args.effort, Plan::default()) {
        Ok(meant) => meant,
        Err(rejected) => return refuse(&rejected, "", color),
    };
    let inputs = match select(&args.names) {
        Ok(inputs) => inputs,
        Err(rejected) => return refuse(&rejected, "", color),
    };
    let mut checks = match Collector::new("museum", &args.output) {
        Ok(checks) => checks,
        Err(rejected) => return refuse(&rejected, "", color),
    };
    let mut exit = Exit::AsExpected;
    let mut asked = Vec::new();
    for input in &inputs {
        match exhibit(input) {
            Ok((label, questions)) => {
                let label = |question| Asked { input, label: label.clone(), question };
                asked.extend(questions.into_iter().map(label));
            }
            Err(rejected) => {
                checks.refuse_input(input, "", &rejected);
                exit = exit.worse(Exit::BadInput);
            }
        }
    }
    progress::on_interrupt();
    let watch = Watch::new(asked.len(), max_time, args.output.quiet);
    let look = |asked: &Asked<'_>| look(asked, &plan, &watch);
    let mut views = Vec::new();
    in_order(jobs(args.effort.sitting.jobs), &asked, look, |at, view| {
        match view {
            Ok((view, paths)) => {
                let input = asked[at].input;
                let protocol = &asked[at].question.protocol;
                let again = |violation: &Violation| repeat(&view.answer, violation, &input.path, protocol);
                checks.add_with(&view.answer.sources, &paths, || {
                    check::answer(&view.answer, &paths, &again, false)
                });
                views.push(view);
            }
            Err(rejected) => watch.pause(|| {
                checks.refuse_input(asked[at].input, &asked[at].question.protocol, &rejected);
                exit = exit.worse(Exit::BadInput);
            }),
        }
        watch.answered();
    });
    watch.finish();
    exit = views.iter().fold(exit, |exit, view| exit.worse(view.answer.exit));
    if checks.writes() {
        // All of it comes at the end.
    } else if args.output.format != Format::Human {
        let mut objects = Objects::new(args.output.format);
        views.iter().for_each(|view| objects.write(&object(view)));
        objects.finish();
    } else if !views.is_empty() {
        let shown: Vec<_> = match args.output.quiet {
            true => views.iter().filter(|view| !view.answer.as_expected()).cloned().collect(),
            false => views.clone(),
        };
        let mut out = Out::new();
        if !shown.is_empty() {
            out.write(&table(&shown, output::style(color)));
        }
        if !args.output.quiet {
            out.write(&format!("\n{}", summary(&views, exit)));
        }
    }
    checks.finish(exit)
}

/// What is written beside an exhibit, and its questions.
fn exhibit(input: &Input) -> Result<(Label, Vec<Question>), Rejected> {
    let scenario = input.scenario.as_ref().map_err(Clone::clone)?;
    let label = Label::read(scenario.text()).map_err(|why| {
        let message = format!("`{}` has no label that can be read: {why}", input.file);
        let help =
            "an exhibit begins with a question, then `// commit: ID SUBJECT` and `// symptom: WHAT WAS SEEN`";
        Rejected::new(Diagnostic::without_place(codes::NO_LABEL, message).help(help))
    })?;
    scenario.check_number(&Values::new())?;
    Ok((label, scenario.questions(None, &Values::new())))
}

fn look(asked: &Asked<'_>, plan: &Plan, watch: &Watch) -> Result<(View, Paths), Box<Rejected>> {
    let scenario = asked.input.scenario.as_ref().map_err(|rejected| Box::new(rejected.clone()))?;
    let title = format!("{} on {}", asked.input.file, asked.question.protocol);
    let control = watch.question(&title);
    let finder = asked.input.finder(None);
    let view = view(scenario, &asked.label, &asked.question, plan, &finder, &control)?;
    Ok((view, finder.paths()))
}
