//! From the text of a replay file to the recorded run, whatever version of the format it is of.

use super::{Recording, TITLE, Text};
use crate::codes;
use crate::library;
use crate::question::Rejected;
use crate::schedule::Schedule;
use crate::trace::Mark;
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::{FileId, SourceMap, Span};

/// What a file may hold.
#[derive(Clone, Copy)]
pub(super) struct Most {
    /// Picks of its schedule.
    pub picks: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { picks: Schedule::MOST_PICKS }
    }
}

/// The version of a file's format. What a version means never changes; what it lacks is not known of its runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    One,
    Two,
}

/// Lines that every file has, and since when.
const NEEDED: [(&str, Version); 8] = [
    ("tool", Version::Two),
    ("origin", Version::Two),
    ("scenario", Version::One),
    ("protocol", Version::One),
    ("mode", Version::One),
    ("finding", Version::One),
    ("steps", Version::One),
    ("schedule", Version::One),
];

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// With the first line that cannot be used.
    pub fn parse(file: &str, text: &str) -> Result<Self, Rejected> {
        read(file, text, Most::default())
    }
}

/// Reads a file that may hold so much.
pub(super) fn read(file: &str, text: &str, most: Most) -> Result<Recording, Rejected> {
    let mut sources = SourceMap::default();
    let id = sources.add(file, text);
    Reader::new(id, text, most)
        .read()
        .map_err(|diagnostic| Rejected { sources, diagnostics: vec![*diagnostic] })
}

struct Reader<'a> {
    file: FileId,
    most: Most,
    /// First byte of the line, and the line.
    lines: Vec<(usize, &'a str)>,
    at: usize,
}

type Failed = Box<Diagnostic>;

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str, most: Most) -> Self {
        let mut lo = 0;
        let mut lines = Vec::new();
        for line in text.split('\n') {
            lines.push((lo, line));
            lo += line.len() + 1;
        }
        Self { file, most, lines, at: 0 }
    }

    fn read(mut self) -> Result<Recording, Failed> {
        let version = self.version()?;
        let mut recording = Recording::default();
        let mut seen = Vec::new();
        loop {
            let line = self.next()?;
            if line == "end" {
                break;
            }
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            self.line(version, &mut recording, key, value)?;
            seen.push(key);
        }
        for (key, since) in NEEDED {
            if since <= version && !seen.contains(&key) {
                let message = format!("the replay file has no line `{key}`");
                return Err(self.wrong(codes::REPLAY_MISSING, message, "record the run again"));
            }
        }
        Ok(recording)
    }

    fn version(&mut self) -> Result<Version, Failed> {
        let first = self.next()?;
        match first.strip_prefix(TITLE).map(str::trim) {
            Some("1") => Ok(Version::One),
            Some("2") => Ok(Version::Two),
            Some(version) => {
                let message = format!("the replay file is of version `{version}`");
                let help = format!(
                    "pernet-sim {} reads versions 1 and 2; a newer program wrote the file, and reads it",
                    crate::VERSION
                );
                Err(self.wrong(codes::REPLAY_VERSION, message, &help))
            }
            None => {
                let help = format!("a replay file begins with `{TITLE} {}`", super::write::VERSION);
                Err(self.wrong(codes::NOT_A_REPLAY, "this is no replay file".to_string(), &help))
            }
        }
    }

    fn line(
        &mut self,
        version: Version,
        recording: &mut Recording,
        key: &str,
        value: &str,
    ) -> Result<(), Failed> {
        match (key, version) {
            ("scenario", _) => recording.scenario = value.to_string(),
            ("protocol", _) => recording.protocol = value.to_string(),
            ("breaks", _) => {
                recording.breaks = value.split(' ').filter(|name| *name != "-").map(str::to_string).collect();
            }
            ("set", _) => {
                let pair = value.split_once('=').and_then(|(name, value)| Some((name, value.parse().ok()?)));
                let (name, value) = pair.ok_or_else(|| self.bad("`set` is `NAME=VALUE`"))?;
                recording.params.insert(name.to_string(), value);
            }
            ("mode", _) => {
                recording.timed = match value {
                    "timed" => true,
                    "untimed" => false,
                    _ => return Err(self.bad("the mode is `timed` or `untimed`")),
                };
            }
            ("finding", _) => recording.finding = (value != "-").then(|| value.to_string()),
            ("steps", _) => recording.steps = value.parse().map_err(|_| self.bad("`steps` is a number"))?,
            ("schedule", _) => {
                let schedule = Schedule::parse(value, self.most.picks);
                recording.schedule =
                    schedule.map_err(|wrong| Box::new(Diagnostic { span: Some(self.span()), ..wrong }))?;
            }
            ("tool", Version::Two) => recording.tool = (value != "-").then(|| value.to_string()),
            ("origin", Version::Two) => {
                recording.origin = value.parse().map_err(|_| {
                    self.bad("an origin is `search`, `shrink`, `hand`, or names a scheduler and a seed")
                })?;
            }
            ("state", Version::Two) => self.state(recording, value)?,
            ("text", Version::Two) => {
                let (rest, model) = value.rsplit_once(' ').unwrap_or((value, ""));
                let model = match model {
                    "-" => None,
                    digits => {
                        Some(fingerprint(digits).ok_or_else(|| self.bad("`text` ends with 16 digits"))?)
                    }
                };
                let text = self.text(rest)?;
                recording.texts.push(Text { model, ..text });
            }
            ("shipped", Version::Two) => recording.texts.push(self.shipped(value)?),
            ("fingerprint", Version::One) => {
                let pair = value.split_once(' ').and_then(|(steps, digits)| {
                    Some(Mark { steps: steps.parse().ok()?, picks: None, fingerprint: fingerprint(digits)? })
                });
                let mark = pair.ok_or_else(|| self.bad("`fingerprint` is a step and 16 digits"))?;
                self.mark(recording, mark)?;
            }
            ("text", Version::One) => {
                let text = self.text(value)?;
                recording.texts.push(text);
            }
            _ => return Err(self.bad("a replay file has no such line")),
        }
        Ok(())
    }

    /// `STEPS PICKS FINGERPRINT CHECKS`
    fn state(&self, recording: &mut Recording, value: &str) -> Result<(), Failed> {
        let words: Vec<_> = value.split(' ').collect();
        let [steps, picks, digits, checks] = words[..] else {
            return Err(self.bad("`state` is a step, a number of picks, 16 digits, and two for each step"));
        };
        let parsed = || {
            let picks = if picks == "-" { None } else { Some(picks.parse().ok()?) };
            Some(Mark { steps: steps.parse().ok()?, picks, fingerprint: fingerprint(digits)? })
        };
        let mark = parsed().ok_or_else(|| self.bad("`state` is a step, a number of picks, and 16 digits"))?;
        let before = recording.marks.last().map_or(0, |mark| mark.steps);
        if checks != "-" {
            let bytes = bytes(checks).filter(|bytes| {
                recording.checks.len() as u64 == before
                    && bytes.len() as u64 == mark.steps.saturating_sub(before)
            });
            let bytes = bytes.ok_or_else(|| self.bad("two digits for each step since the `state` before"))?;
            recording.checks.extend(bytes);
        }
        self.mark(recording, mark)
    }

    fn mark(&self, recording: &mut Recording, mark: Mark) -> Result<(), Failed> {
        if recording.marks.last().is_some_and(|before| mark.steps <= before.steps) {
            return Err(self.bad("each state is of a later step than the one before"));
        }
        recording.marks.push(mark);
        Ok(())
    }

    /// `NAME LINES`, and so many lines.
    fn text(&mut self, value: &str) -> Result<Text, Failed> {
        let pair = value.rsplit_once(' ').and_then(|(name, lines)| Some((name, lines.parse().ok()?)));
        let (name, lines): (_, usize) =
            pair.ok_or_else(|| self.bad("`text` is a name and a number of lines"))?;
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
        Ok(Text { name: name.to_string(), text, model: None })
    }

    /// `NAME FINGERPRINT`: a text that is inside the program.
    fn shipped(&self, value: &str) -> Result<Text, Failed> {
        let pair = value.rsplit_once(' ').and_then(|(name, digits)| Some((name, fingerprint(digits)?)));
        let (name, model) = pair.ok_or_else(|| self.bad("`shipped` is a name and 16 digits"))?;
        match library::protocols().into_iter().find(|(file, _)| file == name) {
            Some((name, text)) => Ok(Text { name, text: text.to_string(), model: Some(model) }),
            None => Err(self.wrong(
                codes::SHIPPED_GONE,
                format!("pernet-sim {} has no `{name}`", crate::VERSION),
                "use the version that recorded the run, or ask for the replay file: it holds all texts",
            )),
        }
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

/// `0x` and digits. Version 1 was read with fewer than 16, too.
fn fingerprint(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u64::from_str_radix(digits, 16).ok()
}

/// Two digits a byte.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let byte = |pair: &[u8]| u8::try_from(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?).ok();
    digits.as_bytes().chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests;
