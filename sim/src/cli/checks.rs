//! Checks on their way out: in the formats for other programs, and as a summary in a file.

use super::args::{Format, Output};
use super::files::{append, unwritable};
use super::output::{Out, complain, remark};
use super::select::Input;
use crate::codes;
use crate::question::Rejected;
use crate::report::check::{self, Check, Checks, Paths};
use crate::report::visible::Visible;
use crate::report::{github, junit, markdown, sarif};
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::lang::source::SourceMap;
use std::path::PathBuf;

/// The file that GitHub shows what is written into beside a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What has no file of its own: what is wrong with it was said on the command line.
const ARGUMENTS: &str = "command line";

/// Keeps checks until all are there, if anybody wants them.
pub struct Collector<'a> {
    output: &'a Output,
    summary: Option<PathBuf>,
    checks: Checks,
}

impl<'a> Collector<'a> {
    /// None yet.
    ///
    /// # Errors
    /// If the summary cannot be written: nobody wants to hear that behind an hour of search.
    pub fn new(command: &'static str, output: &'a Output) -> Result<Self, Rejected> {
        let named = || std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()).map(PathBuf::from);
        let github = (output.format == Format::Github).then(named).flatten();
        let summary = output.summary.clone().or(github);
        if let Some(path) = &summary {
            append(path, "").map_err(Rejected::new)?;
        }
        let checks = Checks { command, list: Vec::new(), texts: Default::default(), exit: Exit::NothingRun };
        Ok(Self { output, summary, checks })
    }

    /// Is what is written to standard output made of checks?
    #[must_use]
    pub fn writes(&self) -> bool {
        is_of_checks(self.output.format)
    }

    /// Keeps a check.
    pub fn add(&mut self, check: impl FnOnce() -> Check) {
        if self.writes() || self.summary.is_some() {
            self.checks.list.push(check());
        }
    }

    /// Keeps a check, and the texts inside the program that it is about.
    pub fn add_with(&mut self, sources: &SourceMap, paths: &Paths, check: impl FnOnce() -> Check) {
        if self.output.format == Format::Sarif {
            self.checks.keep(sources, paths);
        }
        self.add(check);
    }

    /// Says what is wrong with an argument, and keeps it.
    pub fn refuse_argument(&mut self, mistake: &Diagnostic) {
        let rejected = Rejected::new(mistake.clone());
        complain(&rejected, "", self.output.color);
        self.add(|| check::rejected(ARGUMENTS, &Visible::default(), &rejected, "", &Paths::new()));
    }

    /// Says what is wrong with an input, and keeps it. `name`: which check of it cannot be made.
    pub fn refuse_input(&mut self, input: &Input, name: &str, rejected: &Rejected) {
        complain(rejected, &input.folder, self.output.color);
        let name = Visible::line(name);
        self.add(|| check::rejected(&input.file, &name, rejected, &input.folder, &input.paths()));
    }

    /// Writes all, and says with which status to exit: as was given, or worse.
    #[must_use]
    pub fn finish(mut self, exit: Exit) -> Exit {
        self.checks.exit = exit;
        let text = match self.output.format {
            Format::Human | Format::Json | Format::Jsonl => None,
            Format::Junit => Some(junit::text(&self.checks)),
            Format::Sarif => Some(sarif::text(&self.checks)),
            Format::Github => Some(github::text(&self.checks)),
            Format::Markdown => Some(markdown::text(&self.checks, usize::MAX)),
        };
        if let Some(text) = text {
            Out::new().write(&text);
        }
        match self.summarised() {
            Ok(()) => exit,
            Err(mistake) => {
                complain(&Rejected::new(mistake), "", self.output.color);
                exit.worse(Exit::BadInput)
            }
        }
    }

    /// What other commands of the step have written has its part of the room.
    fn summarised(&self) -> Result<(), Diagnostic> {
        let Some(path) = &self.summary else { return Ok(()) };
        let there = std::fs::metadata(path).map_err(|error| unwritable(path, &error))?.len();
        let room = markdown::MOST_SUMMARY.saturating_sub(usize::try_from(there).unwrap_or(usize::MAX));
        let text = markdown::text(&self.checks, room);
        if text.is_empty() {
            remark(&format!("`{}` is full: there is no summary", path.display()));
        }
        append(path, &text)
    }
}

/// Is a format written from checks?
const fn is_of_checks(format: Format) -> bool {
    match format {
        Format::Human | Format::Json | Format::Jsonl => false,
        Format::Junit | Format::Sarif | Format::Github | Format::Markdown => true,
    }
}

/// A command that checks nothing has no checks to write.
///
/// # Errors
/// If it is to write them.
pub fn refuse_checks(command: &str, output: &Output) -> Result<(), Rejected> {
    let refuse = |code, what: &str| {
        let message = format!("`{command}` checks nothing that could be written as {what}");
        let help = "it has the formats human, json and jsonl; checks are made by run, replay, compare, museum, conform, fuzz and campaign";
        Err(Rejected::new(Diagnostic::without_place(code, message).help(help)))
    };
    match output.format {
        format if is_of_checks(format) => {
            refuse(codes::NO_SUCH_FORMAT, &format!("{format:?}").to_lowercase())
        }
        _ if output.summary.is_some() => refuse(codes::NO_SUMMARY, "a summary"),
        _ => Ok(()),
    }
}
