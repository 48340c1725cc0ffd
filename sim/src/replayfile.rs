//! A recorded run as a readable file: the decisions, not the seed, and the texts that they belong to.
//!
//! ```text
//! pernet-sim replay 1
//! scenario register/undo.pernet
//! protocol rfc2007-undo-all
//! breaks -
//! set n=2
//! mode untimed
//! finding paired
//! steps 12
//! schedule v1 0*3 1 +1
//! fingerprint 0 0x0123456789abcdef
//! text register/undo.pernet 3
//! | on rfc2007;
//! ...
//! end
//! ```

use crate::answer::{Answer, Violation, repeated};
use crate::codes;
use crate::fate;
use crate::fingerprint::hex;
use crate::library::Texts;
use crate::limit::Limits;
use crate::question::{Question, Rejected, Scenario, Values};
use crate::replay::{Replayed, replay};
use crate::schedule::Schedule;
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::{FileId, SourceMap, Span};
use model::machine::Room;
use std::fmt::Write;

const TITLE: &str = "pernet-sim replay";
const VERSION: &str = "1";

/// A recorded run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recording {
    /// Which of the texts is the scenario.
    pub scenario: String,
    /// What was asked.
    pub protocol: String,
    /// What was expected to break.
    pub breaks: Vec<String>,
    /// The parameters.
    pub params: Values,
    /// By the agenda?
    pub timed: bool,
    /// What it leads to; nothing: a good end.
    pub finding: Option<String>,
    /// In so many steps.
    pub steps: u64,
    /// The decisions.
    pub schedule: Schedule,
    /// Number of steps, and the state's fingerprint there.
    pub fingerprints: Vec<(u64, u64)>,
    /// Names of files and their texts.
    pub texts: Vec<(String, String)>,
}

impl Recording {
    /// The recording of a violation, if a schedule leads to it.
    #[must_use]
    pub fn of(answer: &Answer, violation: &Violation) -> Option<Self> {
        Some(Self {
            scenario: answer.file.clone(),
            protocol: answer.question.protocol.clone(),
            breaks: answer.question.breaks.clone(),
            params: answer.question.params.clone(),
            timed: false,
            finding: Some(violation.name.clone()),
            steps: violation.steps,
            schedule: violation.schedule.clone()?,
            fingerprints: violation.trace.as_ref()?.fingerprints.clone(),
            texts: answer.sources.files().iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        })
    }

    /// What it is a run of.
    #[must_use]
    pub fn question(&self) -> Question {
        Question { protocol: self.protocol.clone(), breaks: self.breaks.clone(), params: self.params.clone() }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("{TITLE} {VERSION}\nscenario {}\nprotocol {}\n", self.scenario, self.protocol);
        let breaks = if self.breaks.is_empty() { "-".to_string() } else { self.breaks.join(" ") };
        let _ = writeln!(out, "breaks {breaks}");
        for (name, value) in &self.params {
            let _ = writeln!(out, "set {name}={value}");
        }
        let mode = if self.timed { "timed" } else { "untimed" };
        let finding = self.finding.as_deref().unwrap_or("-");
        let _ =
            writeln!(out, "mode {mode}\nfinding {finding}\nsteps {}\nschedule {}", self.steps, self.schedule);
        for &(step, fingerprint) in &self.fingerprints {
            let _ = writeln!(out, "fingerprint {step} {}", hex(fingerprint));
        }
        for (name, text) in &self.texts {
            let _ = writeln!(out, "text {name} {}", text.split('\n').count());
            for line in text.split('\n') {
                let _ = if line.is_empty() { writeln!(out, "|") } else { writeln!(out, "| {line}") };
            }
        }
        out.push_str("end\n");
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// With the first line that cannot be used.
    pub fn parse(file: &str, text: &str) -> Result<Self, Rejected> {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        Reader::new(id, text)
            .read()
            .map_err(|diagnostic| Rejected { sources, diagnostics: vec![*diagnostic] })
    }

    /// Repeats the run, and holds it against what was recorded.
    ///
    /// # Errors
    /// If a text cannot be used, or at the first step where the run goes another way.
    pub fn rerun(&self) -> Result<Answer, Box<Rejected>> {
        let text = self.texts.iter().find(|(name, _)| *name == self.scenario);
        let (name, text) = text.ok_or_else(|| {
            let message =
                format!("the replay file does not hold the text of its scenario `{}`", self.scenario);
            Rejected::new(
                Diagnostic::without_place(codes::REPLAY_MISSING, message).help("record the run again"),
            )
        })?;
        let scenario = Scenario::read(name, text)?;
        let library =
            Texts { files: self.texts.iter().filter(|(name, _)| *name != self.scenario).cloned().collect() };
        let loaded = scenario.load(&self.question(), &library)?;
        // As far as it was recorded, and one step more to see that it ends there.
        let max_steps = self.steps.saturating_add(1);
        let replayed = replay(&loaded, &Room::default(), &self.schedule.0, self.timed, max_steps)?;
        match self.difference(&replayed) {
            None => {
                let mut answer = repeated(&scenario, &loaded, &self.question(), &self.schedule.0, replayed);
                if !self.timed {
                    let limits = Limits::default();
                    fate::tell(&mut answer.violations, &loaded, &mut Room::default(), &limits, &())?;
                }
                Ok(answer)
            }
            Some((step, what)) => {
                let message = format!("the replay diverges at step {step}: {what}");
                let help =
                    "the file was recorded by another version of pernet-sim, or edited; record the run again";
                let diagnostic = Diagnostic::without_place(codes::REPLAY_DIVERGES, message).help(help);
                Err(Box::new(Rejected::new(diagnostic)))
            }
        }
    }

    /// The first step where a run is not as it was recorded, and in what.
    fn difference(&self, replayed: &Replayed) -> Option<(u64, String)> {
        let now = &replayed.trace.fingerprints;
        for &(step, recorded) in &self.fingerprints {
            match now.iter().find(|(at, _)| *at == step) {
                Some(&(_, fingerprint)) if fingerprint != recorded => {
                    let what = format!("the state is {}, and was {}", hex(fingerprint), hex(recorded));
                    return Some((step, what));
                }
                _ => {}
            }
        }
        if let Some(divergence) = &replayed.divergence {
            return Some((replayed.execution.steps + 1, describe(divergence)));
        }
        let steps = replayed.execution.steps;
        if steps != self.steps {
            return Some((
                steps.min(self.steps) + 1,
                format!("it ends after {steps} steps, and did after {}", self.steps),
            ));
        }
        let finding = replayed.found.as_ref().map(|found| &found.finding.name);
        if finding != self.finding.as_ref() {
            let say =
                |name: Option<&String>| name.map_or("no finding".to_string(), |name| format!("`{name}`"));
            return Some((
                steps,
                format!("it ends with {}, and did with {}", say(finding), say(self.finding.as_ref())),
            ));
        }
        (replayed.left > 0).then(|| (steps, format!("{} picks of the schedule are left over", replayed.left)))
    }
}

/// Where a schedule did not fit, in words.
#[must_use]
pub fn describe(divergence: &crate::scheduler::Divergence) -> String {
    match divergence.recorded {
        Some(pick) => {
            format!("pick {} of the schedule, `{pick}`, is none of the options here", divergence.pick + 1)
        }
        None => format!("the schedule ends with its {} picks, and the run goes on", divergence.pick),
    }
}

struct Reader<'a> {
    file: FileId,
    /// First byte of the line, and the line.
    lines: Vec<(usize, &'a str)>,
    at: usize,
}

type Failed = Box<Diagnostic>;

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        let mut lo = 0;
        let mut lines = Vec::new();
        for line in text.split('\n') {
            lines.push((lo, line));
            lo += line.len() + 1;
        }
        Self { file, lines, at: 0 }
    }

    fn read(mut self) -> Result<Recording, Failed> {
        let first = self.next()?;
        match first.strip_prefix(TITLE).map(str::trim) {
            Some(VERSION) => {}
            Some(version) => {
                let message = format!("the replay file is of version `{version}`");
                return Err(self.wrong(codes::REPLAY_VERSION, message, "this program reads version 1"));
            }
            None => {
                let help = format!("a replay file begins with `{TITLE} {VERSION}`");
                return Err(self.wrong(codes::NOT_A_REPLAY, "this is no replay file".to_string(), &help));
            }
        }
        let mut recording = Recording::default();
        let mut seen = Vec::new();
        loop {
            let line = self.next()?;
            if line == "end" {
                break;
            }
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            self.line(&mut recording, key, value)?;
            seen.push(key);
        }
        for key in ["scenario", "protocol", "mode", "finding", "steps", "schedule"] {
            if !seen.contains(&key) {
                let message = format!("the replay file has no line `{key}`");
                return Err(self.wrong(codes::REPLAY_MISSING, message, "record the run again"));
            }
        }
        Ok(recording)
    }

    fn line(&mut self, recording: &mut Recording, key: &str, value: &str) -> Result<(), Failed> {
        match key {
            "scenario" => recording.scenario = value.to_string(),
            "protocol" => recording.protocol = value.to_string(),
            "breaks" => {
                recording.breaks = value.split(' ').filter(|name| *name != "-").map(str::to_string).collect();
            }
            "set" => {
                let pair = value.split_once('=').and_then(|(name, value)| Some((name, value.parse().ok()?)));
                let (name, value) = pair.ok_or_else(|| self.bad("`set` is `NAME=VALUE`"))?;
                recording.params.insert(name.to_string(), value);
            }
            "mode" => {
                recording.timed = match value {
                    "timed" => true,
                    "untimed" => false,
                    _ => return Err(self.bad("the mode is `timed` or `untimed`")),
                };
            }
            "finding" => recording.finding = (value != "-").then(|| value.to_string()),
            "steps" => recording.steps = value.parse().map_err(|_| self.bad("`steps` is a number"))?,
            "schedule" => {
                recording.schedule = value.parse().map_err(|diagnostic: Diagnostic| {
                    Box::new(Diagnostic { span: Some(self.span()), ..diagnostic })
                })?;
            }
            "fingerprint" => {
                let pair = value.split_once(" 0x").and_then(|(step, fingerprint)| {
                    Some((step.parse().ok()?, u64::from_str_radix(fingerprint, 16).ok()?))
                });
                recording
                    .fingerprints
                    .push(pair.ok_or_else(|| self.bad("`fingerprint` is a step and 16 digits"))?);
            }
            "text" => {
                let pair = value.rsplit_once(' ').and_then(|(name, lines)| Some((name, lines.parse().ok()?)));
                let (name, lines) = pair.ok_or_else(|| self.bad("`text` is a name and a number of lines"))?;
                let text = self.text(lines)?;
                recording.texts.push((name.to_string(), text));
            }
            _ => return Err(self.bad("a replay file has no such line")),
        }
        Ok(())
    }

    fn text(&mut self, lines: usize) -> Result<String, Failed> {
        let mut text = String::new();
        for at in 0..lines {
            let line = self.next()?;
            let line = line.strip_prefix("| ").or_else(|| (line == "|").then_some(""));
            let line = line.ok_or_else(|| self.bad("a line of a text begins with `| `"))?;
            if at > 0 {
                text.push('\n');
            }
            text.push_str(line);
        }
        Ok(text)
    }

    fn next(&mut self) -> Result<&'a str, Failed> {
        // What stands behind the last line break is no line.
        if self.at + 1 >= self.lines.len() {
            self.at = self.lines.len();
            let message = "the replay file ends too early".to_string();
            return Err(self.wrong(
                codes::REPLAY_TRUNCATED,
                message,
                "its last line is `end`; was it copied whole?",
            ));
        }
        self.at += 1;
        Ok(self.lines[self.at - 1].1)
    }

    /// The line that was read last.
    fn span(&self) -> Span {
        let (lo, line) = self.lines[self.at.saturating_sub(1)];
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, lo: byte(lo), hi: byte(lo + line.len()) }
    }

    fn bad(&self, help: &str) -> Failed {
        self.wrong(codes::REPLAY_LINE, "this line of the replay file cannot be read".to_string(), help)
    }

    fn wrong(&self, code: Code, message: String, help: &str) -> Failed {
        Box::new(Diagnostic::new(code, self.span(), message).help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pick::Pick;

    fn recording() -> Recording {
        Recording {
            scenario: "a b/x.pernet".to_string(),
            protocol: "linux-5.3".to_string(),
            breaks: vec!["paired".to_string(), "undo".to_string()],
            params: [("n".to_string(), -2)].into(),
            timed: true,
            finding: Some("paired".to_string()),
            steps: 12,
            schedule: Schedule(vec![Pick::Task(1), Pick::Answer(1), Pick::Duration(20)]),
            fingerprints: vec![(0, 1), (12, u64::MAX)],
            texts: vec![
                ("a b/x.pernet".to_string(), "on p;\n\n| x\r\n".to_string()),
                ("p.pernet".to_string(), "no line break at the end".to_string()),
                ("empty.pernet".to_string(), String::new()),
            ],
        }
    }

    #[test]
    fn text_round_trips() {
        let plain = Recording { finding: None, breaks: Vec::new(), timed: false, ..recording() };
        for recording in [recording(), plain] {
            assert_eq!(Recording::parse("r", &recording.to_text()), Ok(recording));
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let text = recording().to_text();
        for end in 0..text.len() {
            assert!(Recording::parse("r", &text[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn mistakes_have_numbers() {
        let text = recording().to_text();
        for (from, to, code) in [
            ("pernet-sim replay 1", "pernet-sim replay 2", codes::REPLAY_VERSION),
            ("pernet-sim replay 1", "\u{7f}ELF", codes::NOT_A_REPLAY),
            ("mode timed", "mode fast", codes::REPLAY_LINE),
            ("steps 12", "steps -1", codes::REPLAY_LINE),
            ("steps 12\n", "", codes::REPLAY_MISSING),
            ("set n=-2", "set n", codes::REPLAY_LINE),
            ("| on p;", "on p;", codes::REPLAY_LINE),
            ("v1 1 +1 @20", "v1 1 +1 20@", codes::BAD_TOKEN),
            ("fingerprint 0 0x", "fingerprint 0 ", codes::REPLAY_LINE),
            ("text p.pernet 1", "text p.pernet 999999999999", codes::REPLAY_LINE),
            ("\nend\n", "\n", codes::REPLAY_TRUNCATED),
            ("steps 12", "stride 12", codes::REPLAY_LINE),
        ] {
            assert!(text.contains(from));
            let rejected = Recording::parse("r", &text.replacen(from, to, 1)).unwrap_err();
            assert_eq!(rejected.diagnostics[0].code, code, "{to}");
        }
    }
}
