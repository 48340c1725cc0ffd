//! `replay`: repeats a saved violation, or a schedule given as text.

use super::args::{Format, Output, Replay};
use super::checks::Collector;
use super::files::{MOST_REPLAY, MOST_TEXT, read_text};
use super::finder::Wanted;
use super::meaning;
use super::output::{self, Out};
use super::select::one;
use crate::answer::{Answer, repeated};
use crate::bundle::{SCHEDULE, texts};
use crate::codes;
use crate::fate;
use crate::limit::Limits;
use crate::question::{Question, Rejected};
use crate::replay;
use crate::replayfile::{Recording, describe};
use crate::report::human::quoted;
use crate::report::{check, human, jsonl};
use crate::schedule::Schedule;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::machine::Room;
use std::path::Path;

/// Repeats a run.
pub fn replay(args: &Replay) -> Exit {
    let path = Path::new(&args.what);
    let token = !path.exists() && args.what.starts_with(|c: char| c == 'v' || c.is_ascii_whitespace());
    let (replayed, folder) = if token { by_token(args) } else { (by_file(path), String::new()) };
    match replayed {
        Ok((answer, command)) => written(args, &answer, &command)
            .unwrap_or_else(|rejected| super::refuse(&rejected, "", args.output.color)),
        Err(rejected) => super::refuse(&rejected, &folder, args.output.color),
    }
}

type Repeated = Result<(Answer, String), Box<Rejected>>;

fn by_file(path: &Path) -> Repeated {
    let file = if path.is_dir() { path.join(SCHEDULE) } else { path.to_path_buf() };
    let text = read_text(&file, MOST_REPLAY).map_err(|mistake| {
        let missing = mistake.code == codes::NO_SUCH_FILE;
        let help = "name a saved folder, its schedule.txt, or a schedule that begins with `v1`";
        Rejected::new(if missing { mistake.help(help) } else { mistake })
    })?;
    let recording = Recording::parse(&file.to_string_lossy(), &text)?;
    if path.is_dir() {
        unchanged(path, &recording)?;
    }
    let answer = recording.rerun()?;
    Ok((answer, format!("pernet-sim replay {}", quoted(&path.to_string_lossy()))))
}

/// The texts beside a schedule must be those that it was recorded with: repeating it would not show what was changed.
fn unchanged(folder: &Path, recording: &Recording) -> Result<(), Rejected> {
    for (file, recorded) in texts(recording) {
        let path = folder.join(&file);
        if path.exists() && read_text(&path, MOST_TEXT).map_err(Rejected::new)? != recorded {
            let shown = path.display();
            let message = format!("`{shown}` is not what the schedule was recorded with");
            let help = format!(
                "ask the changed text with `pernet-sim {}`, or repeat the recorded one with `pernet-sim replay {}`",
                folder.join("scenario.pernet").display(),
                folder.join(SCHEDULE).display()
            );
            return Err(Rejected::new(Diagnostic::without_place(codes::BUNDLE_CHANGED, message).help(help)));
        }
    }
    Ok(())
}

/// A schedule as text, and what is put before names of files in diagnostics.
fn by_token(args: &Replay) -> (Repeated, String) {
    let mut folder = String::new();
    let mut repeat = || -> Repeated {
        let schedule: Schedule = args.what.parse().map_err(Rejected::new)?;
        let Some(path) = &args.scenario else {
            let message = "a schedule as text does not say which scenario it is of".to_string();
            let help =
                format!("name it behind the schedule: pernet-sim replay {} SCENARIO", quoted(&args.what));
            return Err(Box::new(Rejected::new(
                Diagnostic::without_place(codes::TOKEN_NEEDS_SCENARIO, message).help(help),
            )));
        };
        let wanted = args.ask.protocol.as_deref().map(Wanted::new).transpose()?;
        let input = one(path)?;
        folder.clone_from(&input.folder);
        let scenario = input.scenario.clone()?;
        let set = meaning::values(&args.ask)?;
        scenario.check_number(&set)?;
        let question = question(
            &scenario.questions(None, &set),
            &scenario.questions(wanted.as_ref().map(Wanted::name), &set),
        )?;
        let loaded = scenario.load(&question, &input.finder(wanted.as_ref()))?;
        let max_steps = Limits::default().max_steps;
        let replayed = replay::replay(&loaded, &Room::default(), &schedule.0, args.timed, max_steps)?;
        if let Some(what) = misfit(&replayed) {
            let message = format!("the replay diverges at step {}: {what}", replayed.execution.steps + 1);
            let help = "the schedule is of another scenario, protocol or parameter";
            return Err(Box::new(Rejected::new(
                Diagnostic::without_place(codes::REPLAY_DIVERGES, message).help(help),
            )));
        }
        let mut answer = repeated(&scenario, &loaded, &question, &schedule.0, replayed);
        if !args.timed {
            fate::tell(&mut answer.violations, &loaded, &mut Room::default(), &Limits::default(), &())?;
        }
        let protocol = args.ask.protocol.as_deref().unwrap_or(&question.protocol);
        let command = answer
            .violations
            .first()
            .and_then(|violation| human::token_command(&answer, violation, &input.path, protocol));
        Ok((answer, command.unwrap_or_default()))
    };
    (repeat(), folder)
}

fn misfit(replayed: &replay::Replayed) -> Option<String> {
    let left = (replayed.left > 0).then(|| format!("it ends, and {} picks are left over", replayed.left));
    replayed.divergence.as_ref().map(describe).or(left)
}

/// The one question that is meant. A protocol that an `on` line names keeps what that line expects.
fn question(own: &[Question], asked: &[Question]) -> Result<Question, Rejected> {
    let [only] = asked else {
        let names: Vec<_> = asked.iter().map(|question| question.protocol.as_str()).collect();
        let message = format!("the scenario asks {} questions, and a schedule belongs to one", asked.len());
        let help = format!("name it with `--protocol` and `--set`; the protocols are {}", names.join(", "));
        return Err(Rejected::new(Diagnostic::without_place(codes::SEVERAL_QUESTIONS, message).help(help)));
    };
    let same = |question: &&Question| question.protocol == only.protocol && question.params == only.params;
    Ok(own.iter().find(same).unwrap_or(only).clone())
}

/// Writes what came of it, and says with which status to exit.
fn written(args: &Replay, answer: &Answer, command: &str) -> Result<Exit, Rejected> {
    let mut checks = Collector::new("replay", &args.output)?;
    // A recorded run has its texts with it, as the program has the shipped ones.
    let scenario = args.scenario.as_deref().map(one).transpose()?;
    let paths = scenario.map(|input| input.paths()).unwrap_or_default();
    checks
        .add_with(&answer.sources, &paths, || check::answer(answer, &paths, &|_| command.to_string(), true));
    Out::new().write(&text(answer, command, &args.output));
    Ok(checks.finish(answer.exit))
}

fn text(answer: &Answer, command: &str, output: &Output) -> String {
    let style = output::style(output.color);
    match (output.format, answer.violations.first()) {
        (Format::Jsonl, _) => jsonl::line(answer) + "\n",
        (Format::Json, _) => format!("[\n{}\n]\n", jsonl::line(answer)),
        (Format::Human, Some(violation)) => human::violation(answer, violation, command, style),
        (Format::Human, None) => human::repeated(answer, style),
        // Those are written from checks.
        _ => String::new(),
    }
}
