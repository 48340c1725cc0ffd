//! `conform`: could the era of a kernel have done what was recorded of it?

use super::args::{Conform, Format};
use super::checks::Collector;
use super::files::{MOST_TEXT, read_text, unreadable};
use super::finder::{Finder, Wanted, shown, slashed};
use super::meaning;
use super::output::{self, Out};
use super::progress::{self, Watch};
use crate::codes;
use crate::conform::answer::{Answer, conform, staged};
use crate::conform::follow::Followed;
use crate::conform::recording::Recording;
use crate::limit::Limits;
use crate::question::Rejected;
use crate::report::check::{self, Paths};
use crate::report::conform::{human, object, summary};
use crate::report::visible::Visible;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use std::path::{Path, PathBuf};

/// Answers about recordings, one after the other.
pub fn conforms(args: &Conform) -> Exit {
    let color = args.output.color;
    let wanted = match args.protocol.as_deref().map(Wanted::new).transpose() {
        Ok(wanted) => wanted,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    if let Err(mistake) = meaning::not_zero("--max-states", args.max_states) {
        return super::refuse(&Rejected::new(mistake), "", color);
    }
    let mut checks = match Collector::new("conform", &args.output) {
        Ok(checks) => checks,
        Err(rejected) => return super::refuse(&rejected, "", color),
    };
    let mut exit = Exit::AsExpected;
    let mut files = Vec::new();
    for path in &args.paths {
        let before = files.len();
        let found = collect(path, path, &mut files);
        if let Err(mistake) = found {
            checks.refuse_argument(&mistake);
            exit = exit.worse(Exit::BadInput);
        } else if files.len() == before {
            let message = format!("there is no recording in `{}`", path.display());
            let mistake = Diagnostic::without_place(codes::NO_RECORDINGS, message)
                .help("a recording is a file `NAME.json`");
            checks.refuse_argument(&mistake);
            exit = exit.worse(Exit::NothingRun);
        }
    }
    progress::on_interrupt();
    let watch = Watch::new(files.len(), None, args.output.quiet);
    let mut writer = Writer { args, out: Out::new(), objects: 0, counts: [0; 3] };
    for file in &files {
        let answered = answer(args, file, wanted.as_ref(), &watch);
        watch.pause(|| match &answered {
            Ok(Some(answer)) => {
                exit = exit.worse(answer.exit());
                checks.add(|| check::recording(answer, &file.paths()));
                if !checks.writes() {
                    writer.answer(answer);
                }
            }
            Ok(None) => {}
            Err(rejected) => {
                output::complain(rejected, &file.folder, color);
                let none = Visible::default();
                checks.add(|| check::rejected(&file.shown, &none, rejected, &file.folder, &file.paths()));
                exit = exit.worse(Exit::BadInput);
            }
        });
        watch.answered();
    }
    watch.finish();
    if args.scenario {
        return exit;
    }
    if !checks.writes() {
        writer.finish(files.len());
    }
    checks.finish(exit)
}

/// A recording on disk.
struct File {
    path: PathBuf,
    /// The name that reports show.
    shown: String,
    /// What is put before it so that it can be opened.
    folder: String,
}

impl File {
    /// Where it lies.
    fn paths(&self) -> Paths {
        [(self.shown.clone(), slashed(&self.path))].into()
    }
}

/// All recordings behind a path, in the order of their names.
fn collect(path: &Path, root: &Path, files: &mut Vec<File>) -> Result<(), Diagnostic> {
    if !path.is_dir() {
        if !path.exists() {
            return Err(unreadable(path, &std::io::Error::from(std::io::ErrorKind::NotFound))
                .help("name a recording, a JSON file, or a folder of them"));
        }
        let root = if path == root { Path::new("") } else { root };
        let folder = slashed(root);
        let folder = if folder.is_empty() || folder.ends_with('/') { folder } else { folder + "/" };
        let shown = shown(path.strip_prefix(root).unwrap_or(path));
        files.push(File { path: path.to_path_buf(), shown, folder });
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut entries: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        // A link to a folder may lead back up.
        let is_folder = entry.is_dir() && !entry.is_symlink();
        let is_recording = entry.is_file() && entry.extension().is_some_and(|ending| ending == "json");
        if is_folder || is_recording {
            collect(&entry, root, files)?;
        }
    }
    Ok(())
}

/// The answer; `None`: only the scenario was wanted, and it is written.
fn answer(
    args: &Conform,
    file: &File,
    wanted: Option<&Wanted>,
    watch: &Watch,
) -> Result<Option<Answer>, Box<Rejected>> {
    let text = read_text(&file.path, MOST_TEXT).map_err(Rejected::new)?;
    let recording = Recording::read(&file.shown, &text)?;
    let finder = Finder::on_disk("recording.pernet", &file.path, Path::new(""), wanted);
    let protocol = wanted.map(Wanted::name);
    if args.scenario {
        let (_, stage) = staged(&recording, protocol, &finder)?;
        Out::new().write(&stage.text);
        return Ok(None);
    }
    let limits = Limits { max_states: args.max_states, ..Limits::default() };
    let control = watch.question(&file.shown);
    Ok(Some(conform(&recording, protocol, &finder, &limits, &control)?))
}

struct Writer<'a> {
    args: &'a Conform,
    out: Out,
    objects: usize,
    /// Accepted, rejected, cut.
    counts: [usize; 3],
}

impl Writer<'_> {
    fn answer(&mut self, answer: &Answer) {
        let which = match answer.followed {
            Followed::Accepted { .. } => 0,
            Followed::Rejected { .. } => 1,
            Followed::Cut(_) => 2,
        };
        self.counts[which] += 1;
        let output = &self.args.output;
        match output.format {
            _ if output.quiet && which == 0 => {}
            Format::Human => {
                self.out.write(&human(answer, self.args.schedule, output::style(output.color)));
            }
            Format::Jsonl => self.out.write(&(object(answer) + "\n")),
            Format::Json => {
                let open = if self.objects == 0 { "[\n" } else { ",\n" };
                self.out.write(&format!("{open}{}", object(answer)));
                self.objects += 1;
            }
            // Those are written from checks.
            _ => {}
        }
    }

    fn finish(&mut self, files: usize) {
        let [accepted, rejected, cut] = self.counts;
        match self.args.output.format {
            _ if self.args.scenario => {}
            Format::Human if files > 1 && !self.args.output.quiet => {
                self.out.write(&summary(accepted, rejected, cut));
            }
            Format::Json => self.out.write(if self.objects == 0 { "[]\n" } else { "\n]\n" }),
            _ => {}
        }
    }
}
