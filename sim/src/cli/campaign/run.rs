//! `campaign run` and `campaign run-shard`: shards, computed and written.

use super::folder::Folder;
use super::merge;
use crate::campaign::ranges::{self, Part};
use crate::campaign::run::{Unfinished, run_shard as compute};
use crate::cli::args::Color;
use crate::cli::args::campaign::{Run, RunShard};
use crate::cli::meaning;
use crate::cli::output;
use crate::cli::progress::{self, Watch};
use crate::cli::threads::{in_order, jobs};
use crate::codes;
use crate::fingerprint::hex;
use crate::limit::{Control, Limit, Progress};
use crate::question::Rejected;
use crate::report::number::counted;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use std::sync::atomic::{AtomicBool, Ordering};

/// What became of a shard.
enum Done {
    /// It is there now.
    Written,
    /// It was there already.
    There,
    /// There was no time for it.
    Halted(Limit),
    /// Something else went wrong, and no shard has a chance any more.
    Failed(Box<Rejected>, Exit),
}

/// Runs what is missing.
pub fn run(args: &Run) -> Result<Exit, Rejected> {
    let max_time = meaning::sitting(&args.sitting)?;
    let folder = Folder::open_to_run(&args.folder)?;
    let texts = folder.texts()?;
    let survey = folder.survey()?;
    set_aside(&folder, &survey.torn, args.output.color)?;
    let mut missing = survey.merged.missing(&folder.manifest);
    // Of several processes on one folder each begins elsewhere, and looks before it computes. They meet where one of them
    // began, so there is next to nothing that two of them do; and if they do, they write the same.
    if !missing.is_empty() {
        let start = std::process::id() as usize % missing.len();
        missing.rotate_left(start);
    }
    progress::on_interrupt();
    let watch = Watch::new(missing.len(), max_time, args.output.quiet);
    let hopeless = AtomicBool::new(false);
    let mut exit = Exit::AsExpected;
    let mut halted = None;
    let work = |&index: &u64| {
        let title = format!("shard {index}");
        let stop = Stop { control: &watch.question(&title), hopeless: &hopeless };
        match stop.poll(&Progress::START) {
            Some(limit) => Done::Halted(limit),
            None => one(&folder, &texts, index, false, &stop, args.output.color),
        }
    };
    in_order(jobs(args.sitting.jobs), &missing, work, |_, done| {
        match done {
            Done::Written | Done::There => watch.answered(),
            Done::Halted(limit) => halted = Some(limit),
            Done::Failed(rejected, how) => {
                // The first says it; the others meet the same.
                if !hopeless.swap(true, Ordering::Relaxed) {
                    watch.pause(|| output::complain(&rejected, "", args.output.color));
                }
                exit = exit.worse(how);
            }
        }
    });
    watch.finish();
    if exit != Exit::AsExpected {
        return Ok(exit);
    }
    if let Some(limit) = halted {
        let left = folder.survey()?.merged.missing(&folder.manifest).len() as u64;
        output::remark(&format!("{} left: {limit}; run it again to go on", counted(left, "shard")));
        return Ok(Exit::Inconclusive);
    }
    folder.sweep();
    merge::whole(&folder, &args.output)
}

/// Runs some shards.
pub fn run_shard(args: &RunShard) -> Result<Exit, Rejected> {
    let folder = Folder::open_to_run(&args.folder)?;
    let all = folder.manifest.shards();
    let asked = ranges::parse(&args.index, all).ok_or_else(|| {
        let message = format!("`--index {}` names no shards of this campaign", args.index);
        let help = format!("say numbers from 0 to {}, as in 17 or 0-3,7", all - 1);
        Rejected::new(Diagnostic::without_place(codes::BAD_SHARDS, message).help(help))
    })?;
    let part = match args.part.as_deref() {
        None => Part::WHOLE,
        Some(text) => Part::parse(text).ok_or_else(|| {
            let message = format!("`--part {text}` is no part");
            let help = "say which, from 0, of how many, as in 2/64";
            Rejected::new(Diagnostic::without_place(codes::BAD_PART, message).help(help))
        })?,
    };
    let texts = folder.texts()?;
    progress::on_interrupt();
    let watch = Watch::new(asked.len(), None, true);
    for index in part.take(&asked) {
        let title = format!("shard {index}");
        match one(&folder, &texts, index, args.again, &watch.question(&title), args.color) {
            Done::Written => output::remark(&format!("shard {index} is written")),
            Done::There if args.again => output::remark(&format!("shard {index} is the same again")),
            Done::There => output::remark(&format!("shard {index} was there already")),
            Done::Halted(limit) => {
                output::remark(&format!("shard {index} is not written: {limit}"));
                return Ok(Exit::Inconclusive);
            }
            Done::Failed(rejected, exit) => {
                output::complain(&rejected, "", args.color);
                return Ok(exit);
            }
        }
    }
    Ok(Exit::AsExpected)
}

/// Moves what is no shard out of the way, and says so.
fn set_aside(folder: &Folder, torn: &[(u64, String)], color: Color) -> Result<(), Rejected> {
    for (index, why) in torn {
        folder.set_aside(*index).map_err(Rejected::new)?;
        output::complain(&folder.torn(*index, why), "", color);
    }
    Ok(())
}

/// One shard. `again`: also if it is there already, to compare.
fn one(
    folder: &Folder,
    texts: &[String],
    index: u64,
    again: bool,
    control: &dyn Control,
    color: Color,
) -> Done {
    match folder.shard(index) {
        Some(Ok(_)) if !again => return Done::There,
        Some(Ok(_)) => {}
        Some(Err(why)) => {
            if let Err(rejected) = set_aside(folder, &[(index, why)], color) {
                return Done::Failed(Box::new(rejected), Exit::BadInput);
            }
        }
        None => {}
    }
    let shard = match compute(&folder.manifest, folder.id, texts, index, control) {
        Ok(shard) => shard,
        Err(Unfinished::Halted(limit)) => return Done::Halted(limit),
        Err(Unfinished::Rejected(rejected)) => return Done::Failed(rejected, Exit::BadInput),
        Err(Unfinished::Nondeterminism(why)) => {
            return nondeterminism(why);
        }
    };
    // Somebody else may have written it meanwhile: then it must be the same.
    match folder.shard(index) {
        Some(Ok(there)) if there == shard => return Done::There,
        Some(Ok(there)) => {
            let (there, here) = (hex(there.hash()), hex(shard.hash()));
            return nondeterminism(format!("shard {index} is there as {there}, and now came out as {here}"));
        }
        _ => {}
    }
    match folder.write_shard(&shard) {
        Ok(()) => Done::Written,
        Err(mistake) => {
            let exit = if mistake.code == codes::DISK_FULL { Exit::Inconclusive } else { Exit::BadInput };
            Done::Failed(Box::new(Rejected::new(mistake)), exit)
        }
    }
}

/// Two runs that must be equal were not.
fn nondeterminism(why: String) -> Done {
    let help = "if nobody has changed the file, that is a mistake of this program; please report it";
    let mistake = Diagnostic::without_place(codes::SHARD_CONFLICT, why).help(help);
    Done::Failed(Box::new(Rejected::new(mistake)), Exit::Nondeterminism)
}

/// Stops where the others' control does, and when nothing can be written any more.
struct Stop<'a> {
    control: &'a dyn Control,
    hopeless: &'a AtomicBool,
}

impl Control for Stop<'_> {
    fn poll(&self, progress: &Progress) -> Option<Limit> {
        let hopeless = self.hopeless.load(Ordering::Relaxed).then_some(Limit::Interrupt);
        hopeless.or_else(|| self.control.poll(progress))
    }

    fn shows(&self) -> bool {
        self.control.shows()
    }
}
