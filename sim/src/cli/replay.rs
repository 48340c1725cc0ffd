//! `replay`: repeats a saved run, a token, or a schedule given as text.

use super::args::{Format, Output, Replay};
use super::checks::Collector;
use super::files::{MOST_REPLAY, MOST_TEXT, read_text, write_file};
use super::finder::Wanted;
use super::meaning;
use super::output::{self, Out};
use super::select::one;
use crate::answer::{Answer, Violation, repeated};
use crate::bundle::{SCHEDULE, texts};
use crate::codes;
use crate::fate;
use crate::library::{Layered, ShippedLibrary};
use crate::limit::Limits;
use crate::origin::Origin;
use crate::question::{Question, Rejected};
use crate::replay;
use crate::replayfile::{Onto, Recording, Rerun, TOKEN, describe};
use crate::report::check::Again;
use crate::report::human::{quoted, token_line};
use crate::report::{check, human, jsonl, replayed};
use crate::schedule::Schedule;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::machine::Room;
use std::path::Path;

/// Repeats a run.
pub fn replay(args: &Replay) -> Exit {
    let mut folder = String::new();
    let result = match kind(&args.which.what) {
        Kind::Schedule => by_schedule(args, &mut folder),
        Kind::Token => Recording::from_token(&args.which.what)
            .map_err(Box::new)
            .and_then(|recording| by_recording(args, &recording, &mut folder)),
        Kind::File => read(Path::new(&args.which.what))
            .and_then(|recording| by_recording(args, &recording, &mut folder)),
    };
    match result {
        Ok(told) => {
            told.written(args).unwrap_or_else(|rejected| super::refuse(&rejected, "", args.output.color))
        }
        Err(rejected) => super::refuse(&rejected, &folder, args.output.color),
    }
}

/// What is given.
pub enum Kind {
    File,
    Token,
    Schedule,
}

/// What somebody means who says that.
pub fn kind(what: &str) -> Kind {
    let what = what.trim_start();
    // `p2:`, and whatever will come after it.
    let version = what.split(':').next().and_then(|start| start.strip_prefix('p'));
    let digits =
        version.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if Path::new(what).exists() {
        Kind::File
    } else if what.starts_with(TOKEN) || (digits && what.contains(':')) {
        Kind::Token
    } else if what.starts_with('v') {
        Kind::Schedule
    } else {
        Kind::File
    }
}

/// What there is to say.
struct Told {
    rerun: Rerun,
    /// What was said to repeat it; it repeats what it is told of the recorded texts.
    what: String,
    /// Where the scenario and its protocol are found that have another run.
    other: Option<(String, String)>,
    /// The token of the recorded run, where it was repeated as it is.
    token: Option<String>,
    /// What to send where there is no token.
    instead: String,
    /// What the seed came to.
    seed: Option<String>,
}

type Repeated = Result<Told, Box<Rejected>>;

/// The recorded run in a file, or in a folder with all its texts.
///
/// # Errors
/// If it cannot be read, or a text in the folder is not the recorded one.
pub fn read(path: &Path) -> Result<Recording, Box<Rejected>> {
    let file = if path.is_dir() { path.join(SCHEDULE) } else { path.to_path_buf() };
    let text = read_text(&file, MOST_REPLAY).map_err(|mistake| {
        let missing = mistake.code == codes::NO_SUCH_FILE;
        let help = "name a saved folder, its schedule.txt, a token that begins with `p2:`, or a schedule that begins with `v1`";
        Rejected::new(if missing { mistake.help(help) } else { mistake })
    })?;
    let recording = Recording::parse(&file.to_string_lossy(), &text)?;
    if path.is_dir() {
        unchanged(path, &recording)?;
    }
    Ok(recording)
}

/// The texts beside a schedule must be those that it was recorded with: repeating it would not show what was changed.
fn unchanged(folder: &Path, recording: &Recording) -> Result<(), Rejected> {
    for (file, recorded) in texts(recording) {
        let path = folder.join(&file);
        if path.exists() && read_text(&path, MOST_TEXT).map_err(Rejected::new)? != recorded {
            let message = format!("`{}` is not what the schedule was recorded with", path.display());
            let (schedule, scenario) = (folder.join(SCHEDULE), folder.join("scenario.pernet"));
            let (schedule, scenario) = (schedule.display(), scenario.display());
            let help = format!(
                "ask the changed text with `pernet-sim {scenario}`, see where it differs with `pernet-sim replay {schedule} {scenario}`, or repeat the recorded one with `pernet-sim replay {schedule}`"
            );
            return Err(Rejected::new(Diagnostic::without_place(codes::BUNDLE_CHANGED, message).help(help)));
        }
    }
    Ok(())
}

/// Of a recorded run nobody need say how it was run.
pub fn knows_its_time() -> Diagnostic {
    let message = "`--timed` says how a schedule is run, and this run knows".to_string();
    Diagnostic::without_place(codes::CONFLICT, message).help("leave out `--timed`")
}

fn by_recording(args: &Replay, recording: &Recording, folder: &mut String) -> Repeated {
    if args.which.timed {
        return Err(Box::new(Rejected::new(knows_its_time())));
    }
    meaning::not_zero("--max-states", args.max_states).map_err(Rejected::new)?;
    let other =
        args.which.scenario.is_some() || args.which.ask.protocol.is_some() || !args.which.ask.set.is_empty();
    let (onto, path) = match other {
        true => other_texts(args, recording, folder).map(|(onto, path)| (Some(onto), path))?,
        false => (None, None),
    };
    let seed = match args.by_seed {
        true => Some(replayed::same_by_seed(&recording.by_seed(&())?)),
        false => None,
    };
    let limits = Limits { max_states: args.max_states, ..Limits::default() };
    let rerun = recording.repeat(args.mode.into(), onto.as_ref(), &limits, &())?;
    if let Some(path) = &args.save {
        write_file(path, &recording.to_text()).map_err(Rejected::new)?;
    }
    // What differs is repeated by its own decisions.
    let protocol = args.which.ask.protocol.as_deref().unwrap_or(&rerun.answer.question.protocol).to_string();
    let other = path.map(|path| (path, protocol));
    // What is timed stays timed.
    let as_it_is = other.is_none() && rerun.differs.is_none();
    let token = recording.token().ok().filter(|_| as_it_is && recording.timed && !recording.is_shipped());
    Ok(Told {
        rerun,
        what: args.which.what.trim().to_string(),
        other,
        token,
        instead: args.which.what.clone(),
        seed,
    })
}

/// What is run in place of the recorded texts, and where the scenario is found.
fn other_texts(
    args: &Replay,
    recording: &Recording,
    folder: &mut String,
) -> Result<(Onto, Option<String>), Box<Rejected>> {
    let wanted = args.which.ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let protocol = wanted.as_ref().map_or(recording.protocol.as_str(), Wanted::name);
    let mut params = recording.params.clone();
    params.extend(meaning::values(&args.which.ask)?);
    let input = args.which.scenario.as_deref().map(one).transpose()?;
    let scenario = match &input {
        Some(input) => {
            folder.clone_from(&input.folder);
            input.scenario.clone()?
        }
        None => recording.scenario()?,
    };
    scenario.check_number(&params)?;
    let own = scenario.questions(None, &params);
    let question = question(&own, &scenario.questions(Some(protocol), &params))?;
    let loaded = match &input {
        Some(input) => scenario.load(&question, &input.finder(wanted.as_ref()))?,
        None => {
            let library = Layered(recording.library(), ShippedLibrary);
            match &wanted {
                Some(wanted) => scenario.load(&question, &Layered(wanted, library))?,
                None => scenario.load(&question, &library)?,
            }
        }
    };
    Ok((Onto { scenario, question, loaded }, input.map(|input| input.path)))
}

/// A schedule as text, of a scenario that is named.
fn by_schedule(args: &Replay, folder: &mut String) -> Repeated {
    if args.by_seed || args.save.is_some() || args.mode != super::args::Mode::Strict {
        let message = "a schedule as text is repeated strictly, and has neither seed nor texts".to_string();
        let help = "leave out `--mode`, `--by-seed` and `--save`, or name a replay file or a token";
        return Err(Box::new(Rejected::new(Diagnostic::without_place(codes::CONFLICT, message).help(help))));
    }
    let schedule: Schedule = args.which.what.parse().map_err(Rejected::new)?;
    let Some(path) = &args.which.scenario else {
        let message = "a schedule as text does not say which scenario it is of".to_string();
        let help =
            format!("name it behind the schedule: pernet-sim replay {} SCENARIO", quoted(&args.which.what));
        return Err(Box::new(Rejected::new(
            Diagnostic::without_place(codes::TOKEN_NEEDS_SCENARIO, message).help(help),
        )));
    };
    let wanted = args.which.ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let input = one(path)?;
    folder.clone_from(&input.folder);
    let scenario = input.scenario.clone()?;
    let set = meaning::values(&args.which.ask)?;
    scenario.check_number(&set)?;
    let question = question(
        &scenario.questions(None, &set),
        &scenario.questions(wanted.as_ref().map(Wanted::name), &set),
    )?;
    let loaded = scenario.load(&question, &input.finder(wanted.as_ref()))?;
    let max_steps = Limits::default().max_steps;
    let replayed = replay::replay(&loaded, &Room::default(), &schedule.0, args.which.timed, max_steps)?;
    if let Some((step, what)) = misfit(&replayed) {
        let message = format!("the replay diverges at step {step}: {what}");
        let help = "the schedule is of another scenario, protocol or parameter";
        return Err(Box::new(Rejected::new(
            Diagnostic::without_place(codes::REPLAY_DIVERGES, message).help(help),
        )));
    }
    let mut answer = repeated(&scenario, &loaded, &question, &schedule.0, replayed);
    answer.violations.iter_mut().for_each(|violation| violation.origin = Origin::Hand);
    if !args.which.timed {
        fate::tell(&mut answer.violations, &loaded, &mut Room::default(), &Limits::default(), &())?;
    }
    let protocol = args.which.ask.protocol.as_deref().unwrap_or(&question.protocol);
    Ok(Told {
        what: args.which.what.clone(),
        other: Some((input.path, protocol.to_string())),
        token: None,
        instead: "what `run --out DIR` saves".to_string(),
        seed: None,
        rerun: Rerun { answer, changed: Vec::new(), differs: None, fit: None, onward: None },
    })
}

fn misfit(replayed: &replay::Replayed) -> Option<(u64, String)> {
    let divergence = replayed.divergence.as_ref().zip(replayed.diverges_at()).map(|(divergence, step)| {
        let (expected, found) = describe(divergence, &replayed.tasks);
        (step, format!("expected {expected}, found {found}"))
    });
    let left = (replayed.left > 0).then(|| {
        (replayed.execution.steps + 1, format!("it ends, and {} picks are left over", replayed.left))
    });
    divergence.or(left)
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

impl Told {
    /// How a violation is repeated.
    fn command(&self, violation: &Violation) -> String {
        let answer = &self.rerun.answer;
        let as_recorded = self.rerun.differs.is_none();
        let command = match &self.other {
            Some((path, protocol)) => human::token_command(answer, violation, path, protocol),
            None if as_recorded => None,
            None => Recording::of(answer, violation)
                .and_then(|recording| recording.token().ok())
                .map(|token| format!("pernet-sim replay {token}")),
        };
        command.unwrap_or_else(|| format!("pernet-sim replay {}", quoted(&self.what)))
    }

    /// Writes what came of it, and says with which status to exit.
    fn written(&self, args: &Replay) -> Result<Exit, Rejected> {
        let mut checks = Collector::new("replay", &args.output)?;
        // A recorded run has its texts with it, as the program has the shipped ones.
        let scenario = args.which.scenario.as_deref().map(one).transpose()?;
        let paths = scenario.map(|input| input.paths()).unwrap_or_default();
        let answer = &self.rerun.answer;
        let again =
            |violation: &Violation| Again { command: self.command(violation), file: self.instead.clone() };
        checks.add_with(&answer.sources, &paths, || check::answer(answer, &paths, &again, true));
        Out::new().write(&self.text(&args.output));
        Ok(checks.finish(answer.exit))
    }

    fn text(&self, output: &Output) -> String {
        match output.format {
            Format::Jsonl => jsonl::replayed(&self.rerun) + "\n",
            Format::Json => format!("[\n{}\n]\n", jsonl::replayed(&self.rerun)),
            Format::Human => self.human(output),
            // Those are written from checks.
            _ => String::new(),
        }
    }

    fn human(&self, output: &Output) -> String {
        let style = output::style(output.color);
        let answer: &Answer = &self.rerun.answer;
        let mut text = String::new();
        for violation in &answer.violations {
            if !text.is_empty() {
                text.push('\n');
            }
            let token = match &self.token {
                Some(token) => format!("token     pernet-sim replay {token}\n"),
                None => token_line(answer, violation, &self.instead),
            };
            let command = self.command(violation);
            text.push_str(&human::violation(answer, violation, &command, style));
            if !command.contains(TOKEN) {
                text.push_str(&token);
            }
        }
        match (answer.violations.is_empty(), &self.rerun.onward) {
            (false, _) => {}
            (true, None) => text.push_str(&human::repeated(answer, style)),
            (true, Some(_)) => text.push_str(&replayed::head(answer, style)),
        }
        text.push_str(&replayed::notes(&self.rerun));
        text.extend(self.seed.iter().map(|seed| format!("seed      {seed}\n")));
        text
    }
}
