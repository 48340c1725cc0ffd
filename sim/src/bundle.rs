//! A failure as a folder: its name and its files. Writing it is the command line's business.

use crate::answer::{Answer, Violation};
use crate::fingerprint;
use crate::question::stem;
use crate::replayfile::Recording;
use crate::report::human;
use crate::report::style::Style;

/// The file that `replay` takes.
pub const SCHEDULE: &str = "schedule.txt";

/// A folder that is not written yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// The folder's name: scenario, protocol, fingerprint.
    pub name: String,
    /// Names of files and their texts.
    pub files: Vec<(String, String)>,
}

impl Bundle {
    /// The bundle of a violation, if a schedule leads to it. `folder` is where bundles are kept, for the command in the
    /// report.
    #[must_use]
    pub fn new(answer: &Answer, violation: &Violation, folder: &str) -> Option<Self> {
        let recording = Recording::of(answer, violation)?;
        let schedule = recording.to_text();
        let name = format!(
            "{}-{}-{:016x}",
            plain(&answer.name),
            plain(&answer.question.protocol),
            fingerprint::of(schedule.as_bytes())
        );
        let command = format!("pernet-sim replay {}", human::quoted(&format!("{folder}/{name}")));
        let report = human::violation(answer, violation, &command, Style::PLAIN)
            + &human::token_line(answer, violation, SCHEDULE);
        let mut files = vec![("report.txt".to_string(), report), (SCHEDULE.to_string(), schedule)];
        files.extend(texts(&recording).map(|(file, text)| (file, text.to_string())));
        Some(Self { name, files })
    }
}

/// The texts of a recording under the names that they have in its folder: side by side, so that the scenario finds its
/// protocols here, too.
pub fn texts(recording: &Recording) -> impl Iterator<Item = (String, &str)> {
    recording.texts.iter().enumerate().map(|(at, text)| {
        let file = if at == 0 { "scenario" } else { stem(&text.name) };
        (format!("{file}.pernet"), text.text.as_str())
    })
}

/// A part of a file's or folder's name.
pub(crate) fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}
