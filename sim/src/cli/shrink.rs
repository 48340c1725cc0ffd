//! `shrink`: makes a failing run small.

use super::args::{Format, Shrink};
use super::checks::refuse_checks;
use super::files::{MOST_REPLAY, check_writable, read_text, write_new};
use super::finder::{Wanted, slashed};
use super::meaning::{self, Mistakes};
use super::output::{self, Objects, Out};
use super::progress::{self, Watch};
use super::replay::{Kind, kind, knows_its_time, read};
use super::select::{Input, one};
use super::threads::jobs;
use crate::answer::{Answer, Violation};
use crate::ask::{Mode, Plan, ask};
use crate::bundle::SCHEDULE;
use crate::codes;
use crate::library::protocols;
use crate::limit::Limits;
use crate::question::{Question, Rejected, Scenario, stem};
use crate::replayfile::Recording;
use crate::report::shrink::{object, remark};
use crate::schedule::Schedule;
use crate::shrink::{Effort, Failing, Shrunk, shrink as make_small};
use crate::signature::Signature;
use crate::verdict::{Coverage, Exit};
use model::judge::orders::Orders;
use model::lang::diagnostic::Diagnostic;
use std::path::Path;

/// Makes a failing run small.
pub fn shrink(args: &Shrink) -> Exit {
    match shrunk(args) {
        Ok(Some(shrunk)) => told(args, &shrunk).unwrap_or_else(|mistake| {
            output::complain(&Rejected::new(mistake), "", args.output.color);
            Exit::BadInput
        }),
        Ok(None) => {
            output::remark("nothing was found to break before a limit was met");
            Exit::Inconclusive
        }
        Err(rejected) => super::refuse(&rejected, "", args.output.color),
    }
}

/// `None`: a limit was met before there was a failing run.
fn shrunk(args: &Shrink) -> Result<Option<Shrunk>, Box<Rejected>> {
    refuse_checks("shrink", &args.output)?;
    let mut mistakes = Mistakes::default();
    mistakes.take(meaning::not_zero("--max-states", args.max_states));
    let max_time = mistakes.sitting(&args.sitting);
    // Said now: nobody wants to hear it when all the work is done.
    mistakes.take(args.output_file.as_deref().map_or(Ok(()), check_writable));
    mistakes.none()?;
    progress::on_interrupt();
    let watch = Watch::new(1, max_time, args.output.quiet);
    let control = watch.question(&args.which.what);
    let failing = match failing(args, &control) {
        Err(rejected) if watch.limit().is_some() && is_nothing(&rejected) => return Ok(None),
        failing => failing?,
    };
    let effort = Effort {
        max_states: args.max_states,
        schedules: args.schedules,
        jobs: jobs(args.sitting.jobs),
        ..Effort::default()
    };
    let shrunk = make_small(&failing, &effort, &control);
    watch.finish();
    match shrunk {
        Err(rejected) if watch.limit().is_some() && is_nothing(&rejected) => Ok(None),
        shrunk => shrunk.map(Some),
    }
}

fn is_nothing(rejected: &Rejected) -> bool {
    rejected.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::SHRINK_NOTHING)
}

fn told(args: &Shrink, shrunk: &Shrunk) -> Result<Exit, Diagnostic> {
    let written = args.output_file.as_deref();
    if let Some(path) = written {
        write_new(path, &shrunk.text)?;
    }
    let place = written.map(|path| path.to_string_lossy().into_owned());
    if args.output.format == Format::Human {
        if written.is_none() {
            Out::new().write(&shrunk.text);
        }
        if !args.output.quiet {
            output::remark(
                remark(shrunk, place.as_deref(), protocol_file(args, shrunk).as_deref()).trim_end(),
            );
        }
    } else {
        let mut objects = Objects::new(args.output.format);
        objects.write(&object(shrunk));
        objects.finish();
    }
    Ok(if shrunk.certificate.is_minimal() { Exit::AsExpected } else { Exit::Inconclusive })
}

/// The file of the protocol, if that was named or lies beside a saved run.
fn protocol_file(args: &Shrink, shrunk: &Shrunk) -> Option<String> {
    let named = args.which.ask.protocol.clone();
    let beside = Path::new(&args.which.what).join(format!("{}.pernet", shrunk.question.protocol));
    // What is shipped is found by its name.
    let beside = Some(beside).filter(|_| !is_shipped(&shrunk.question.protocol));
    named.into_iter().chain(beside.map(|path| slashed(&path))).find(|file| Path::new(file).is_file())
}

fn is_shipped(protocol: &str) -> bool {
    protocols().iter().any(|(file, _)| stem(file) == protocol)
}

/// The failing run that is meant.
fn failing(args: &Shrink, control: &dyn crate::limit::Control) -> Result<Failing, Box<Rejected>> {
    let path = Path::new(&args.which.what);
    match kind(&args.which.what) {
        Kind::Token => of_recording(args, &Recording::from_token(&args.which.what)?),
        // A shipped scenario may begin with the same letter.
        Kind::Schedule if args.which.what.contains(' ') => {
            let schedule: Schedule = args.which.what.parse().map_err(Rejected::new)?;
            let Some(scenario) = &args.which.scenario else {
                let message = "a schedule as text does not say which scenario it is of".to_string();
                let help = "name it behind the schedule: pernet-sim shrink 'v1 ...' SCENARIO";
                let diagnostic = Diagnostic::without_place(codes::TOKEN_NEEDS_SCENARIO, message).help(help);
                return Err(Box::new(Rejected::new(diagnostic)));
            };
            of_schedule(args, scenario, schedule)
        }
        _ if is_recorded(path) => of_recording(args, &read(path)?),
        _ => of_scenario(args, path, control),
    }
}

fn of_recording(args: &Shrink, recording: &Recording) -> Result<Failing, Box<Rejected>> {
    if args.which.timed {
        return Err(Box::new(Rejected::new(knows_its_time())));
    }
    Ok(Failing::of(recording))
}

/// Is it a folder with a recorded run, or a file that begins like one?
fn is_recorded(path: &Path) -> bool {
    let begins = |text: String| text.starts_with("pernet-sim replay");
    path.join(SCHEDULE).is_file() || path.is_file() && read_text(path, MOST_REPLAY).is_ok_and(begins)
}

/// The questions that the options choose, each with its texts.
struct Asked {
    input: Input,
    scenario: Scenario,
    wanted: Option<Wanted>,
    questions: Vec<Question>,
}

fn asked(args: &Shrink, path: &Path) -> Result<Asked, Box<Rejected>> {
    let wanted = args.which.ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let input = one(path)?;
    let scenario = input.scenario.clone()?;
    let set = meaning::values(&args.which.ask)?;
    scenario.check_number(&set)?;
    let questions = scenario.questions(wanted.as_ref().map(Wanted::name), &set);
    Ok(Asked { input, scenario, wanted, questions })
}

fn of_schedule(args: &Shrink, path: &Path, schedule: Schedule) -> Result<Failing, Box<Rejected>> {
    let Asked { input, scenario, wanted, questions } = asked(args, path)?;
    let [question] = questions.as_slice() else {
        let names: Vec<_> = questions.iter().map(|question| question.protocol.as_str()).collect();
        let message =
            format!("the scenario asks {} questions, and a schedule belongs to one", questions.len());
        let help = format!("name it with `--protocol` and `--set`; the protocols are {}", names.join(", "));
        let diagnostic = Diagnostic::without_place(codes::SEVERAL_QUESTIONS, message).help(help);
        return Err(Box::new(Rejected::new(diagnostic)));
    };
    let loaded = scenario.load(question, &input.finder(wanted.as_ref()))?;
    let protocols = loaded.sources().files()[1..].iter();
    Ok(Failing {
        file: scenario.file.clone(),
        text: scenario.text().to_string(),
        question: question.clone(),
        protocols: protocols.map(|file| (file.name.clone(), file.text.clone())).collect(),
        timed: args.which.timed,
        picks: Some(schedule.0),
        signature: None,
    })
}

/// The first question in which what is wanted breaks.
fn of_scenario(
    args: &Shrink,
    path: &Path,
    control: &dyn crate::limit::Control,
) -> Result<Failing, Box<Rejected>> {
    let Asked { input, scenario, wanted, questions } = asked(args, path)?;
    let limits = Limits { max_states: 300_000, ..Limits::default() };
    let plan = match args.which.timed {
        true => Plan { mode: Mode::Timed, runs: args.schedules, limits, ..Plan::default() },
        false => Plan { limits, ..Plan::default() },
    };
    let mut others: Vec<String> = Vec::new();
    let mut cut = false;
    for mut question in questions {
        if args.signature.as_deref() == Some(Orders::NAME) && question.breaks.is_empty() {
            // It is looked for only where it is named.
            question.breaks.push(Orders::NAME.to_string());
        }
        let answer = ask(&scenario, &question, &plan, &input.finder(wanted.as_ref()), control)?;
        cut |= answer.coverage != Coverage::Complete;
        let found = answer.violations.iter().filter(|found| is_a_run(found));
        let signed: Vec<_> = found.map(|found| (Signature::of(&scenario.file, found), found)).collect();
        let is_it = |signature: &Signature| match &args.signature {
            Some(wanted) => *wanted == signature.name || *wanted == signature.to_string(),
            None => true,
        };
        if let Some((signature, found)) = signed.iter().find(|(signature, _)| is_it(signature)) {
            if args.signature.is_none() && signed.len() > 1 {
                let more: Vec<_> = signed.iter().map(|(signature, _)| signature.to_string()).collect();
                output::remark(&format!(
                    "of {}, the first; choose another with --signature",
                    more.join(", ")
                ));
            }
            return Ok(of_answer(args, &answer, found, signature.clone()));
        }
        others.extend(signed.iter().map(|(signature, _)| signature.to_string()));
    }
    let message = match &args.signature {
        Some(wanted) => format!("`{}` does not break `{wanted}`", args.which.what),
        None if cut => format!("nothing was found to break in `{}`", args.which.what),
        None => format!("nothing breaks in `{}`", args.which.what),
    };
    let help = match others.is_empty() {
        true if cut => {
            "not everything was looked at: look longer with `pernet-sim run`, and make small what that saves"
                .to_string()
        }
        true => "what can be made small is a run that breaks something".to_string(),
        false => format!("what breaks there: {}", others.join(", ")),
    };
    Err(Box::new(Rejected::new(Diagnostic::without_place(codes::SHRINK_NOTHING, message).help(help))))
}

/// A `sometimes` that is never reached is no run.
fn is_a_run(violation: &Violation) -> bool {
    violation.schedule.is_some() || violation.name == Orders::NAME
}

fn of_answer(args: &Shrink, answer: &Answer, violation: &Violation, signature: Signature) -> Failing {
    let protocols = answer.sources.files()[1..].iter();
    Failing {
        file: answer.file.clone(),
        text: answer.sources.files()[0].text.clone(),
        question: answer.question.clone(),
        protocols: protocols.map(|file| (file.name.clone(), file.text.clone())).collect(),
        timed: args.which.timed,
        picks: violation.schedule.clone().map(|schedule| schedule.0),
        signature: Some(signature),
    }
}
