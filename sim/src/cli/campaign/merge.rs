//! `campaign merge`: shards of one or more folders put together, and told.

use super::database;
use super::folder::Folder;
use crate::answer::{Answer, Violation};
use crate::bundle::{Bundle, SCHEDULE};
use crate::campaign::Merged;
use crate::campaign::manifest::FILE;
use crate::campaign::merge::{Conflict, Tallied};
use crate::campaign::told::answers;
use crate::cli::args::campaign::Merge;
use crate::cli::args::{Format, Output};
use crate::cli::checks::Collector;
use crate::cli::files::write_folder;
use crate::cli::output::{self, Objects, Out};
use crate::codes;
use crate::fingerprint::hex;
use crate::question::Rejected;
use crate::report::campaign::{Saved, table, total_object, unit_object};
use crate::report::check::{self, Again};
use crate::report::human::quoted;
use crate::signature::Signature;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use std::path::Path;

/// Where in the folder findings are saved.
const FOUND: &str = "found";

/// Puts folders together.
pub fn merge(args: &Merge) -> Result<Exit, Rejected> {
    let folders = args.folders.iter().map(|path| Folder::open(path)).collect::<Result<Vec<_>, _>>()?;
    let first = &folders[0];
    if let Some(other) = folders.iter().find(|folder| folder.id != first.id) {
        return Err(differ(first, other));
    }
    let mut merged = Merged::new(first.id);
    for folder in &folders {
        let survey = folder.survey()?;
        for (index, why) in &survey.torn {
            output::complain(&folder.torn(*index, why), "", args.output.color);
        }
        if let Err(conflict) = merged.join(survey.merged) {
            output::complain(&conflicting(&folder.path, conflict), "", args.output.color);
            return Ok(Exit::Nondeterminism);
        }
    }
    let target = match args.out.as_deref() {
        None => Folder { path: first.path.clone(), manifest: first.manifest.clone(), id: first.id },
        Some(out) => {
            let target = prepare(first, out)?;
            // What is there already is a part of it.
            if let Err(conflict) = merged.join(target.survey()?.merged) {
                output::complain(&conflicting(out, conflict), "", args.output.color);
                return Ok(Exit::Nondeterminism);
            }
            target
        }
    };
    for shard in merged.shards.values() {
        match target.shard(shard.index) {
            Some(Ok(_)) => continue,
            Some(Err(_)) => target.set_aside(shard.index).map_err(Rejected::new)?,
            None => {}
        }
        target.write_shard(shard).map_err(Rejected::new)?;
    }
    tell(&target, &merged, &args.output)
}

/// What a folder comes to by itself.
pub fn whole(folder: &Folder, output: &Output) -> Result<Exit, Rejected> {
    tell(folder, &folder.survey()?.merged, output)
}

/// The answers of all units of which somebody wants to see more than their sums, with the units' numbers.
fn told(folder: &Folder, tallied: &[Tallied], all: bool) -> Result<Vec<(usize, Answer)>, Rejected> {
    let wanted = |unit: &Tallied| all || unit.exit == Exit::Finding;
    let mut told = Vec::new();
    if tallied.iter().any(wanted) {
        let texts = folder.texts()?;
        for (at, unit) in tallied.iter().enumerate().filter(|(_, unit)| wanted(unit)) {
            let its = answers(&folder.manifest, &texts, at, unit).map_err(|rejected| *rejected)?;
            told.extend(its.into_iter().map(|answer| (at, answer)));
        }
    }
    Ok(told)
}

fn signature(answer: &Answer, violation: &Violation) -> String {
    Signature::of(&answer.file, violation).to_string()
}

/// Saves what nobody expected, so that it can be repeated.
fn save(folder: &Folder, told: &[(usize, Answer)]) -> Result<Saved, Rejected> {
    let mut saved = Saved::new();
    let place = folder.path.join(FOUND);
    let shown = place.to_string_lossy();
    for (unit, answer) in told {
        for violation in answer.violations.iter().filter(|violation| !violation.expected) {
            if let Some(bundle) = Bundle::new(answer, violation, &shown) {
                write_folder(&place, &bundle.name, &bundle.files).map_err(Rejected::new)?;
                saved.insert((*unit, signature(answer, violation)), format!("{shown}/{}", bundle.name));
            }
        }
    }
    Ok(saved)
}

/// How to repeat a violation of a unit.
fn again(saved: &Saved, unit: usize, answer: &Answer, violation: &Violation) -> Again {
    match saved.get(&(unit, signature(answer, violation))) {
        Some(place) => Again {
            command: format!("pernet-sim replay {}", quoted(place)),
            file: format!("{place}/{SCHEDULE}"),
        },
        None => Again { command: "no schedule leads to it".to_string(), ..Again::default() },
    }
}

fn tell(folder: &Folder, merged: &Merged, args: &Output) -> Result<Exit, Rejected> {
    let mut checks = Collector::new("campaign", args)?;
    let tallied = merged.tallied(&folder.manifest);
    let exit = match merged.missing(&folder.manifest).is_empty() {
        true => Exit::AsExpected,
        false => Exit::Inconclusive,
    };
    let exit = tallied.iter().fold(exit, |exit, unit| exit.worse(unit.exit));
    let told = told(folder, &tallied, checks.writes() || args.summary.is_some())?;
    // Told all the same: a folder that nobody may write to can be looked at, too.
    let mut wrong = Vec::new();
    let saved = save(folder, &told).unwrap_or_else(|rejected| {
        wrong.push(rejected);
        Saved::new()
    });
    wrong.extend(database::write(folder, merged, &tallied).err());
    let exit = if wrong.is_empty() { exit } else { exit.worse(Exit::BadInput) };
    let paths = folder.text_paths();
    for (unit, answer) in &told {
        let again = |violation: &Violation| again(&saved, *unit, answer, violation);
        checks.add_with(&answer.sources, &paths, || check::answer(answer, &paths, &again, false));
    }
    match args.format {
        Format::Human => {
            let style = output::style(args.color);
            let table = table(&folder.manifest, merged, &tallied, &saved, exit, args.quiet, style);
            Out::new().write(&table);
        }
        Format::Json | Format::Jsonl => {
            let mut objects = Objects::new(args.format);
            for (at, unit) in tallied.iter().enumerate() {
                objects.write(&unit_object(&folder.manifest, at, unit));
            }
            objects.write(&total_object(&folder.manifest, merged));
            objects.finish();
        }
        _ => {}
    }
    wrong.iter().for_each(|rejected| output::complain(rejected, "", args.color));
    Ok(checks.finish(exit))
}

/// A folder that shards of another one can be written to.
fn prepare(from: &Folder, out: &Path) -> Result<Folder, Rejected> {
    if out.join(FILE).exists() {
        let target = Folder::open(out)?;
        return if target.id == from.id { Ok(target) } else { Err(differ(from, &target)) };
    }
    let target = Folder { path: out.to_path_buf(), manifest: from.manifest.clone(), id: from.id };
    for (text, said) in from.manifest.texts.iter().zip(from.texts()?) {
        target.write(&text.path(), said.as_bytes()).map_err(Rejected::new)?;
    }
    target.write(FILE, from.manifest.to_text().as_bytes()).map_err(Rejected::new)?;
    Ok(target)
}

fn differ(one: &Folder, other: &Folder) -> Rejected {
    let (here, there) = (one.path.display(), other.path.display());
    let message =
        format!("`{here}` is campaign {}, and `{there}` is campaign {}", hex(one.id), hex(other.id));
    let help = "only copies of one folder can be put together: their manifests are equal";
    Rejected::new(Diagnostic::without_place(codes::CAMPAIGNS_DIFFER, message).help(help))
}

fn conflicting(path: &Path, conflict: Conflict) -> Rejected {
    let [known, new] = conflict.hashes.map(hex);
    let message = format!(
        "shard {} in `{}` is {new}, and elsewhere it is {known}: two runs that must be equal were not",
        conflict.index,
        path.display()
    );
    let help = "run it again with `campaign run-shard DIR --index I --again` to see which one is right";
    Rejected::new(Diagnostic::without_place(codes::SHARD_CONFLICT, message).help(help))
}
