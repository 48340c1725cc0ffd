//! From a recorded run to the text of its file.

use super::{Recording, TITLE, Text};
use crate::fingerprint::hex;
use crate::trace::Mark;
use std::fmt::Write;

/// The version of the format that is written.
pub(super) const VERSION: &str = "2";

impl Recording {
    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = self.head();
        let mut before = 0;
        for mark in &self.marks {
            out.push_str(&state(mark, self.checks.get(before..steps(mark)).unwrap_or_default()));
            before = steps(mark);
        }
        for text in &self.texts {
            out.push_str(&whole(text, text.model));
        }
        out.push_str("end\n");
        out
    }

    /// All lines before those of the states.
    pub(super) fn head(&self) -> String {
        let tool = self.tool.as_deref().unwrap_or("-");
        let breaks = if self.breaks.is_empty() { "-".to_string() } else { self.breaks.join(" ") };
        let mut out = format!("{TITLE} {VERSION}\ntool {tool}\norigin {}\n", self.origin);
        let _ = writeln!(out, "scenario {}\nprotocol {}\nbreaks {breaks}", self.scenario, self.protocol);
        for (name, value) in &self.params {
            let _ = writeln!(out, "set {name}={value}");
        }
        let mode = if self.timed { "timed" } else { "untimed" };
        let finding = self.finding.as_deref().unwrap_or("-");
        let _ =
            writeln!(out, "mode {mode}\nfinding {finding}\nsteps {}\nschedule {}", self.steps, self.schedule);
        out
    }
}

fn steps(mark: &Mark) -> usize {
    usize::try_from(mark.steps).unwrap_or(usize::MAX)
}

/// The line of a state, with the checks of the steps since the one before.
pub(super) fn state(mark: &Mark, checks: &[u8]) -> String {
    let picks = mark.picks.map_or_else(|| "-".to_string(), |picks| picks.to_string());
    let mut line = format!("state {} {picks} {} ", mark.steps, hex(mark.fingerprint));
    if checks.is_empty() {
        line.push('-');
    }
    for check in checks {
        let _ = write!(line, "{check:02x}");
    }
    line.push('\n');
    line
}

/// A text, each of its lines behind a bar.
pub(super) fn whole(text: &Text, model: Option<u64>) -> String {
    let model = model.map_or_else(|| "-".to_string(), hex);
    let mut out = format!("text {} {} {model}\n", text.name, text.text.split('\n').count());
    for line in text.text.split('\n') {
        let _ = if line.is_empty() { writeln!(out, "|") } else { writeln!(out, "| {line}") };
    }
    out
}
