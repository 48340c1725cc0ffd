//! `campaign plan`: writes a manifest and the texts that it names.

use super::folder::Folder;
use crate::ask::{Mode, Plan as How, ask};
use crate::campaign::Manifest;
use crate::campaign::manifest::{FILE, Kind, MOST_SHARDS, Text};
use crate::cli::args::campaign::Plan;
use crate::cli::finder::{Finder, Wanted};
use crate::cli::output::{self, Out};
use crate::cli::select::{Input, Selection, select};
use crate::cli::{files, meaning};
use crate::codes;
use crate::fuzz::look::{Effort, look};
use crate::fuzz::{FILE as FUZZ, Protocol};
use crate::limit::Limits;
use crate::question::{Question, Rejected, Values};
use crate::report::campaign::planned;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::lang::source::SourceMap;
use std::collections::BTreeMap;
use std::path::Path;

/// Texts by their place in the folder.
type Files = BTreeMap<String, String>;

/// Plans a campaign.
pub fn plan(args: &Plan) -> Result<Exit, Rejected> {
    let (options, runs) = meaning::campaign(args)?;
    let set = meaning::values(&args.ask)?;
    let wanted = args.ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let selection = match args.fuzz.is_empty() || !args.paths.is_empty() {
        true => select(&args.paths, None),
        false => Selection::default(),
    };
    if !selection.mistakes.is_empty() {
        return Err(Rejected { diagnostics: selection.mistakes, ..Rejected::default() });
    }
    let mut manifest = Manifest::new(&options);
    let mut files = Files::new();
    let mut exit = Exit::AsExpected;
    let once = How {
        mode: if args.timed { Mode::Timed } else { Mode::Sampled },
        runs: 1,
        limits: Limits { max_steps: options.max_steps, ..Limits::default() },
        ..How::default()
    };
    let (kind, of_each) = match (args.questions, args.timed) {
        (true, _) => (Kind::Question, 1),
        (_, true) => (Kind::Timed, runs),
        _ => (Kind::Sample, runs),
    };
    for input in &selection.inputs {
        let planned = questions(input, wanted.as_ref(), &set, &once, |question, sources| {
            manifest.add(kind, question, sources, of_each);
            for file in sources.files() {
                files.insert(Text::of(&file.name, &file.text).path(), file.text.clone());
            }
        });
        if let Err(rejected) = planned {
            output::complain(&rejected, &input.folder, args.color);
            exit = Exit::BadInput;
        }
    }
    for protocol in &args.fuzz {
        let protocol = drawn_for(protocol, &set)?;
        manifest.fuzz(&protocol, runs);
        for (file, text) in protocol.texts.files {
            files.insert(Text::of(&file, &text).path(), text);
        }
    }
    if exit != Exit::AsExpected {
        return Ok(exit);
    }
    if let Some(why) = manifest.senseless() {
        let message = format!("this cannot be a campaign: {why}");
        let help =
            format!("say fewer `--runs`, or a larger `--shard-size`; {MOST_SHARDS} shards are the most");
        return Err(Rejected::new(Diagnostic::without_place(codes::CAMPAIGN_SIZE, message).help(help)));
    }
    write(&args.folder, &manifest, &files)?;
    Out::new().write(&planned(&args.folder.to_string_lossy(), &manifest));
    Ok(Exit::AsExpected)
}

/// Hands over all questions of a scenario with their texts. Each is asked once, so that whatever is wrong is said now, and not by a
/// thousand tasks.
fn questions(
    input: &Input,
    wanted: Option<&Wanted>,
    set: &Values,
    once: &How,
    mut add: impl FnMut(&Question, &SourceMap),
) -> Result<(), Box<Rejected>> {
    let scenario = input.scenario.as_ref().map_err(|rejected| Box::new(rejected.clone()))?;
    scenario.check_number(set)?;
    for question in scenario.questions(wanted.map(Wanted::name), set) {
        let answer = ask(scenario, &question, once, &input.finder(wanted), &())?;
        add(&question, &answer.sources);
    }
    Ok(())
}

/// A protocol that worlds can be drawn for. The first one is looked at now, so that a thousand tasks need not say that it does
/// not fit.
fn drawn_for(argument: &str, set: &Values) -> Result<Protocol, Rejected> {
    let wanted = Wanted::new(argument)?;
    let finder = Finder::on_disk(FUZZ, Path::new(FUZZ), Path::new(""), Some(&wanted));
    let protocol = Protocol::find(wanted.name(), set, &finder)?;
    let effort = Effort { first: 1, max_states: 0, schedules: 0, ..Effort::default() };
    let text = protocol.world(0, 0).text;
    look((FUZZ, &text), (&protocol.name, set), &protocol.texts, &effort, 0, &())
        .map_err(|rejected| *rejected)?;
    Ok(protocol)
}

/// The texts first: a folder with a manifest has everything.
fn write(path: &Path, manifest: &Manifest, texts: &Files) -> Result<(), Rejected> {
    let text = manifest.to_text();
    let place = path.join(FILE);
    if place.exists() {
        if files::read_text(&place, files::MOST_REPLAY).is_ok_and(|there| there == text) {
            return Ok(());
        }
        let message = format!("there is another campaign in `{}`", path.display());
        let help = "name another folder; a campaign does not change once it is planned";
        return Err(Rejected::new(Diagnostic::without_place(codes::CAMPAIGN_THERE, message).help(help)));
    }
    let folder = Folder { path: path.to_path_buf(), manifest: manifest.clone(), id: manifest.id() };
    for (name, text) in texts {
        folder.write(name, text.as_bytes()).map_err(Rejected::new)?;
    }
    folder.write(FILE, text.as_bytes()).map_err(Rejected::new)
}
