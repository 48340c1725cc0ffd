//! `fuzz`: random worlds for a protocol, and what breaks in them.

use super::args::{Ask, Format, Fuzz};
use super::checks::Collector;
use super::files::{MOST_TEXT, read_text, unreadable, unwritable, write_folder};
use super::finder::{Finder, Wanted};
use super::output::{self, Objects, Out};
use super::progress::{self, Asking, Watch};
use super::threads::jobs;
use super::{meaning, refuse};
use crate::answer::Violation;
use crate::bundle::{Bundle, SCHEDULE};
use crate::codes;
use crate::fuzz::corpus::Entry;
use crate::fuzz::finding::Finding;
use crate::fuzz::{FILE, Found, Fuzzed, Hear, Protocol, Rounds, fuzz as rounds_of};
use crate::limit::Limit;
use crate::question::Rejected;
use crate::report::check::{self, Again, Check, Paths};
use crate::report::fuzz::{cost, finding, finding_object, summary, summary_object};
use crate::report::human::{quoted, token_command, token_line};
use crate::shrink;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Fuzzes a protocol.
pub fn fuzz(args: &Fuzz) -> Exit {
    run(args).unwrap_or_else(|rejected| refuse(&rejected, "", args.output.color))
}

fn run(args: &Fuzz) -> Result<Exit, Rejected> {
    let (rounds, max_time) = meaning::rounds(args, jobs(args.sitting.jobs))?;
    let set = meaning::values(&Ask { protocol: None, set: args.set.clone() })?;
    let wanted = Wanted::new(&args.protocol)?;
    let finder = Finder::on_disk(FILE, Path::new(FILE), Path::new(""), Some(&wanted));
    let mut protocol = Protocol::find(wanted.name(), &set, &finder)?;
    protocol.offers.latent = args.latent;
    let checks = Collector::new("fuzz", &args.output)?;
    let corpus = args.corpus.as_deref().map_or(Ok(Vec::new()), |folder| read_corpus(folder, &protocol))?;
    progress::on_interrupt();
    let worlds = usize::try_from(rounds.worlds).unwrap_or(0);
    let watch = Watch::new(if max_time.is_some() { 0 } else { worlds }, max_time, args.output.quiet);
    let title = format!("fuzz {}", protocol.name);
    let control = watch.question(&title);
    // The worlds' own name is no file's.
    let mut places = finder.paths();
    places.remove(FILE);
    let mut teller = Teller::new(args, &rounds, &watch, &control, checks, places);
    let fuzzed =
        rounds_of(&protocol, &rounds, corpus, &control, &mut teller).map_err(|rejected| unfit(*rejected))?;
    watch.finish();
    if let (Some(folder), true) = (&args.corpus, args.minimise) {
        for name in &fuzzed.idle {
            let path = folder.join(name);
            // Another run may have taken it out, too.
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                teller.complain(unwritable(&path, &error));
            }
        }
    }
    Ok(teller.finish(&protocol.name, &fuzzed))
}

/// All entries of a folder, by name. One that is not there yet has none.
fn read_corpus(folder: &Path, protocol: &Protocol) -> Result<Vec<Entry>, Rejected> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Rejected::new(unreadable(folder, &error))),
        Ok(entries) => entries,
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "pernet"));
    paths.sort();
    let entry = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = read_text(path, MOST_TEXT).map_err(Rejected::new)?;
        Ok(Entry::read(&name, &text, protocol))
    };
    paths.iter().map(entry).collect()
}

/// A world that the protocol cannot take is not the user's, but his protocol is.
fn unfit(mut rejected: Rejected) -> Rejected {
    let message = "no worlds can be drawn for this protocol: the scenario does not fit it";
    let help = "a name that it declares, or a callback with other parameters than the kernel's, is in the way; see below";
    rejected
        .diagnostics
        .insert(0, Diagnostic::without_place(codes::FUZZ_MISFIT, message.to_string()).help(help));
    rejected
}

/// Where a finding was written.
#[derive(Default)]
struct Filed {
    /// How to repeat it.
    command: String,
    /// Its replay file.
    replay: String,
    /// Its scenario, if that was to be kept.
    scenario: Option<String>,
}

/// Tells findings as they come.
struct Teller<'a> {
    args: &'a Fuzz,
    seed: u64,
    effort: Option<shrink::Effort>,
    watch: &'a Watch,
    control: &'a Asking<'a>,
    out: Option<Out>,
    objects: Option<Objects>,
    checks: Collector<'a>,
    /// Where the protocol lies, if it is a file.
    protocol: Paths,
    /// So many worlds are on the line on standard error.
    told: u64,
    exit: Exit,
}

impl<'a> Teller<'a> {
    fn new(
        args: &'a Fuzz,
        rounds: &Rounds,
        watch: &'a Watch,
        control: &'a Asking<'a>,
        checks: Collector<'a>,
        protocol: Paths,
    ) -> Self {
        let human = args.output.format == Format::Human;
        let objects = !human && !checks.writes();
        Self {
            args,
            seed: rounds.seed,
            effort: (!args.no_shrink)
                .then(|| shrink::Effort { jobs: rounds.jobs, ..shrink::Effort::default() }),
            watch,
            control,
            out: human.then(Out::new),
            objects: objects.then(|| Objects::new(args.output.format)),
            checks,
            protocol,
            told: 0,
            exit: Exit::AsExpected,
        }
    }

    fn complain(&mut self, mistake: Diagnostic) {
        self.refuse(&Rejected::new(mistake));
    }

    fn refuse(&mut self, rejected: &Rejected) {
        self.watch.pause(|| output::complain(rejected, "", self.args.output.color));
        self.exit = self.exit.worse(Exit::BadInput);
    }

    /// Writes a finding where it was asked for: how to repeat it, and where its replay file lies.
    fn file(&mut self, finding: &Finding) -> Filed {
        let (answer, violation) = (&finding.answer, &finding.violation);
        let mut filed = Filed { command: "no schedule leads to it".to_string(), ..Filed::default() };
        if let Some(bundle) = Bundle::new(answer, violation, &self.args.out.to_string_lossy()) {
            let place = self.args.out.join(&bundle.name);
            filed.replay = place.join(SCHEDULE).to_string_lossy().into_owned();
            filed.command = format!("pernet-sim replay {}", quoted(&place.to_string_lossy()));
            if let Err(mistake) = write_folder(&self.args.out, &bundle.name, &bundle.files) {
                self.complain(mistake);
            }
        }
        if let Some(folder) = &self.args.save {
            match write_beside(folder, &finding.name, &finding.text) {
                Ok(path) => {
                    let path = path.to_string_lossy().into_owned();
                    let command = token_command(answer, violation, &path, &self.args.protocol);
                    filed.command = command.unwrap_or(filed.command);
                    filed.scenario = Some(path);
                }
                Err(mistake) => self.complain(mistake),
            }
        }
        filed
    }

    /// Keeps a finding for the formats of checks, unless it was wanted.
    fn check(&mut self, finding: &Finding, filed: &Filed) {
        if self.args.expect_found {
            return;
        }
        let answer = &finding.answer;
        let path = filed.scenario.iter().map(|path| (answer.file.clone(), path.clone()));
        let mut paths = self.protocol.clone();
        paths.extend(path);
        let again = |_: &Violation| Again { command: filed.command.clone(), file: filed.replay.clone() };
        self.checks.add_with(&answer.sources, &paths, || check::answer(answer, &paths, &again, true));
    }

    fn finish(mut self, protocol: &str, fuzzed: &Fuzzed) -> Exit {
        if let Some(mut objects) = self.objects.take() {
            objects.write(&summary_object(protocol, self.seed, fuzzed));
            objects.finish();
        }
        if let Some(mut out) = self.out.take().filter(|_| !self.args.output.quiet) {
            out.write(&summary(protocol, self.seed, fuzzed));
        }
        let found = !fuzzed.found.is_empty();
        let end = match (found == self.args.expect_found, fuzzed.limit) {
            (true, Some(Limit::Interrupt)) if !found => Exit::Inconclusive,
            (true, _) => Exit::AsExpected,
            (false, Some(Limit::Interrupt)) if !found => Exit::Inconclusive,
            (false, _) => Exit::Finding,
        };
        let name = format!("{protocol}, seed {:#x}", self.seed);
        let cost = cost(fuzzed);
        if !found || self.args.expect_found {
            let verdict = if found { "found, as it should be" } else { "none found" };
            self.checks.add(|| Check::plain("fuzz", &name, verdict, &cost, end));
        }
        self.checks.finish(self.exit.worse(end))
    }
}

impl Hear for Teller<'_> {
    fn found(&mut self, found: Found) {
        let small = match Finding::new(found, self.seed, self.effort.as_ref(), self.control) {
            Ok(small) => small,
            Err(rejected) => return self.refuse(&rejected),
        };
        let filed = self.file(&small);
        self.check(&small, &filed);
        let (style, quiet) = (output::style(self.args.output.color), self.args.output.quiet);
        let (out, objects) = (&mut self.out, &mut self.objects);
        self.watch.pause(|| {
            if let Some(out) = out {
                // Long, and of no use to who has the file.
                let token = match quiet {
                    true => String::new(),
                    false => token_line(&small.answer, &small.violation, &filed.replay),
                };
                out.write(&format!("{}{token}\n", finding(&small, &filed.command, style)));
            }
            if let Some(objects) = objects {
                objects.write(&finding_object(&small));
            }
        });
    }

    fn kept(&mut self, entry: &Entry) {
        let Some(folder) = &self.args.corpus else { return };
        if let Err(mistake) = write_whole(folder, &entry.name, &entry.file()) {
            self.complain(mistake);
        }
    }

    fn block(&mut self, fuzzed: &Fuzzed) {
        (self.told..fuzzed.worlds).for_each(|_| self.watch.answered());
        self.told = fuzzed.worlds;
    }
}

/// Writes a file into a folder, whole or not at all; two who write the same one do no harm.
fn write_whole(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Diagnostic> {
    let place = folder.join(name);
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&place)?;
        Ok(())
    };
    write().map_err(|error| unwritable(&place, &error))?;
    Ok(place)
}

/// Files a scenario under a name that no other one has: a number is put behind it.
fn write_beside(folder: &Path, name: &str, text: &str) -> Result<PathBuf, Diagnostic> {
    let mut names = std::iter::once(name.to_string()).chain((2..).map(|number| format!("{name}-{number}")));
    let free = names.find(|name| {
        let path = folder.join(format!("{name}.pernet"));
        fs::read_to_string(&path).map_or(!path.exists(), |there| there == text)
    });
    write_whole(folder, &format!("{}.pernet", free.as_deref().unwrap_or(name)), text)
}
