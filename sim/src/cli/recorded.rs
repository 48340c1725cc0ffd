//! `run --record`: every sampled execution as a replay file.

use crate::ask::{Mode, Plan};
use crate::bundle::plain;
use crate::codes;
use crate::limit::Control;
use crate::origin::Origin;
use crate::question::{Loaded, Question, Rejected, Scenario};
use crate::replay::{drawn, replay};
use crate::replayfile::Recording;
use model::lang::diagnostic::Diagnostic;
use model::machine::Room;
use std::path::Path;
use std::{fs, io};

/// Draws the executions of a question again and writes them into a folder. How many of them have no end that could come
/// back, since they met a limit?
///
/// # Errors
/// If the texts cannot be used, or a file cannot be written.
pub fn record(
    folder: &Path,
    scenario: &Scenario,
    question: &Question,
    loaded: &Loaded,
    plan: &Plan,
    control: &dyn Control,
) -> Result<u64, Box<Rejected>> {
    let timed = plan.mode == Mode::Timed;
    let (mut endless, mut failed) = (0, None);
    drawn::each(loaded, &plan.scheduler(), &plan.drawn(plan.runs), control, |number, picks, _| {
        if failed.is_some() {
            return;
        }
        let written = replay(loaded, &Room::default(), picks, timed, plan.limits.max_steps).and_then(|run| {
            let origin = Origin::Sampled(plan.drawn(number));
            match Recording::executed(scenario, question, loaded, timed, &run, origin) {
                None => endless += 1,
                Some(recording) => {
                    let file = name(scenario, question, number);
                    write(folder, &file, &recording.to_text()).map_err(Rejected::new)?;
                }
            }
            Ok(())
        });
        failed = written.err();
    })?;
    match failed {
        None => Ok(endless),
        Some(rejected) => Err(rejected),
    }
}

/// `race_undo-rfc2007-n=2-000017.txt`: in the order of the executions, and another for each question.
fn name(scenario: &Scenario, question: &Question, number: u64) -> String {
    let file = scenario.file.strip_suffix(".pernet").unwrap_or(&scenario.file);
    let params: Vec<_> = question.params.iter().map(|(name, value)| format!("-{name}={value}")).collect();
    format!("{}-{}{}-{number:06}.txt", plain(file), plain(&question.protocol), params.concat())
}

/// Whole or not at all: beside its place first.
fn write(folder: &Path, name: &str, text: &str) -> Result<(), Diagnostic> {
    let (unfinished, file) = (folder.join(format!(".unfinished-{name}")), folder.join(name));
    let write = || {
        fs::create_dir_all(folder)?;
        fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &file)).inspect_err(|_| {
            let _ = fs::remove_file(&unfinished);
        })
    };
    write().map_err(|error: io::Error| {
        let message = format!("`{}` cannot be written: {error}", file.display());
        Diagnostic::without_place(codes::NOT_WRITABLE, message)
            .help("name a folder that can be written with `--record DIR`")
    })
}
