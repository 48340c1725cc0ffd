//! `campaign submit`: hands missing shards to an engine.

use super::folder::Folder;
use crate::campaign::engine::{Engine as Kind, Job};
use crate::campaign::ranges;
use crate::cli::args::campaign::{Engine, Submit};
use crate::cli::meaning;
use crate::cli::output::{self, Out};
use crate::codes;
use crate::question::Rejected;
use crate::report::number::counted;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Arrays of Slurm have at most 1001 tasks unless it is told otherwise.
const MOST_TASKS: u64 = 1_000;
/// A system takes words of 128 KiB on a command line, and the numbers of shards are one.
const MOST_NUMBERS: usize = 100_000;

/// Describes the job, and submits it.
pub fn submit(args: &Submit) -> Result<Exit, Rejected> {
    meaning::tasks(args)?;
    let folder = Folder::open(&args.folder)?;
    let survey = folder.survey()?;
    let missing = survey.merged.missing(&folder.manifest);
    if missing.is_empty() {
        output::remark("nothing is missing: `pernet-sim campaign merge` tells what came of it");
        return Ok(Exit::AsExpected);
    }
    let shards = ranges::within(&missing, MOST_NUMBERS).to_vec();
    if let more @ 1.. = missing.len() - shards.len() {
        let more = counted(more as u64, "more shard");
        output::remark(&format!("{more} would make the command too long: submit again when these are there"));
    }
    let engine = match args.engine {
        Engine::Slurm => Kind::Slurm,
        Engine::Kubernetes => Kind::Kubernetes,
        Engine::Parallel => Kind::Parallel,
        Engine::Print => Kind::Print,
    };
    let job = job(args, engine, &folder, shards)?;
    let text = engine.describe(&job);
    let Some((program, its)) = engine.submits().filter(|_| !args.dry_run) else {
        Out::new().write(&text);
        return Ok(Exit::AsExpected);
    };
    // Engines write their logs there, and do not make it.
    let log = folder.path.join("log");
    std::fs::create_dir_all(&log).map_err(|error| Rejected::new(super::folder::unwritable(&log, &error)))?;
    let program = args.with.clone().unwrap_or_else(|| PathBuf::from(program));
    let words = its.iter().map(OsStr::new).chain(args.args.iter().map(OsStr::new));
    let said = counted(job.shards.len() as u64, "missing shard");
    output::remark(&format!("{said} in {} for {}", counted(job.tasks, "task"), program.display()));
    match hand_over(&program, words, &text) {
        Ok(status) if status.success() => Ok(Exit::AsExpected),
        Ok(status) => Err(failed(&program, &format!("ended with {status}"))),
        Err(error) => Err(failed(&program, &error.to_string())),
    }
}

fn job(args: &Submit, engine: Kind, folder: &Folder, shards: Vec<u64>) -> Result<Job, Rejected> {
    let claim = args.claim.as_deref().unwrap_or_default();
    let (claim, inside) = claim.split_once('/').unwrap_or((claim, ""));
    if engine == Kind::Kubernetes && (claim.is_empty() || args.image.is_none()) {
        let message = "a pod needs an image, and a volume with the campaign's folder";
        let help = "say `--image IMAGE`, one with pernet-sim in it, and `--claim NAME/FOLDER`, the volume claim and where the folder is in it";
        return Err(Rejected::new(Diagnostic::without_place(codes::ENGINE_NEEDS, message).help(help)));
    }
    // Tasks begin in other folders.
    let absolute = |path: &Path| std::path::absolute(path).map(|path| path.to_string_lossy().into_owned());
    let here = || match engine {
        Kind::Kubernetes => "pernet-sim".to_string(),
        _ => std::env::current_exe()
            .map_or("pernet-sim".to_string(), |path| path.to_string_lossy().into_owned()),
    };
    Ok(Job {
        program: args.program.clone().unwrap_or_else(here),
        folder: absolute(&folder.path).unwrap_or_else(|_| folder.path.to_string_lossy().into_owned()),
        campaign: folder.id,
        tasks: args.tasks.unwrap_or(MOST_TASKS).min(shards.len() as u64),
        shards,
        at_once: args.at_once,
        image: args.image.clone().unwrap_or_default(),
        claim: (claim.to_string(), inside.to_string()),
    })
}

fn hand_over<'a>(
    program: &Path,
    words: impl Iterator<Item = &'a OsStr>,
    text: &str,
) -> io::Result<ExitStatus> {
    let mut child = Command::new(program).args(words).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read to the end says why by its status.
        let _ = input.write_all(text.as_bytes());
    }
    child.wait()
}

fn failed(program: &Path, why: &str) -> Rejected {
    let message = format!("`{}` did not take the job: {why}", program.display());
    let help = "`--dry-run` shows the job, `--with FILE` names another program; or use `campaign run` here";
    Rejected::new(Diagnostic::without_place(codes::ENGINE_FAILED, message).help(help))
}
