//! A manifest, read, and what keeps it from being one.

use super::{FORMAT, Kind, MOST_SHARDS, Manifest, Reach, Unit, number};
use crate::codes;
use crate::fingerprint;
use crate::question::Rejected;
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::{FileId, SourceMap, Span};
use serde::Deserialize;

/// A text that is read, and what is wrong with it.
struct Reading<'a> {
    text: &'a str,
    sources: SourceMap,
    id: FileId,
}

impl<'a> Reading<'a> {
    fn new(file: &str, text: &'a str) -> Self {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        Self { text, sources, id }
    }

    /// Wrong as a whole.
    fn wrong(&self, code: Code, message: String, help: &str) -> Rejected {
        self.wrong_at(
            Span { file: self.id, lo: 0, hi: u32::from(!self.text.is_empty()) },
            code,
            message,
            help,
        )
    }

    fn wrong_at(&self, span: Span, code: Code, message: String, help: &str) -> Rejected {
        Rejected {
            sources: self.sources.clone(),
            diagnostics: vec![Diagnostic::new(code, span, message).help(help)],
        }
    }

    fn unreadable(&self, error: &serde_json::Error) -> Rejected {
        let place = place(self.id, self.text, error.line(), error.column());
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said);
        let help = "`pernet-sim campaign plan` writes manifests; is this one whole, and as it was written?";
        self.wrong_at(place, codes::MANIFEST_TEXT, format!("this is no manifest: {said}"), help)
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// If it cannot be read, is of another format, makes no sense, or was changed since it was planned.
    pub fn read(file: &str, text: &str) -> Result<Self, Rejected> {
        let (manifest, planned) = Self::read_as_it_is(file, text)?;
        let now = fingerprint::hex(manifest.id());
        if planned == now {
            return Ok(manifest);
        }
        let message =
            format!("the manifest was changed: it was planned as campaign {planned}, and is {now} now");
        let help = "a campaign does not change once it is planned, or what was run would be of another one: take back \
                    the change, or plan another campaign";
        Err(Reading::new(file, text).wrong(codes::MANIFEST_CHANGED, message, help))
    }

    /// The same, whatever name it was planned under: that is the second value.
    ///
    /// # Errors
    /// If it cannot be read, is of another format, or makes no sense.
    pub fn read_as_it_is(file: &str, text: &str) -> Result<(Self, String), Rejected> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u64,
            campaign: Option<String>,
        }
        let reading = Reading::new(file, text);
        // The version first: of another one, nothing else can be said.
        let version: Versioned = serde_json::from_str(text).map_err(|error| reading.unreadable(&error))?;
        if version.format != FORMAT {
            let message = format!("the manifest is of format {}", version.format);
            let help =
                format!("this program knows format {FORMAT}; take the program that planned the campaign");
            return Err(reading.wrong(codes::MANIFEST_FORMAT, message, &help));
        }
        let manifest: Self = serde_json::from_str(text).map_err(|error| reading.unreadable(&error))?;
        match manifest.senseless() {
            None => Ok((manifest, version.campaign.unwrap_or_default())),
            Some(why) => {
                let help = "plan it again with `pernet-sim campaign plan`";
                let message = format!("the manifest makes no sense: {why}");
                Err(reading.wrong(codes::MANIFEST_SENSE, message, help))
            }
        }
    }

    /// Why it cannot be run, if it cannot.
    #[must_use]
    pub fn senseless(&self) -> Option<String> {
        let executions = self.units.iter().try_fold(0_u64, |sum, unit| sum.checked_add(unit.runs));
        let bad_text = self.texts.iter().find(|text| number(&text.hash).is_none());
        let bad_unit = self.units.iter().position(|unit| {
            unit.runs == 0 || unit.texts.is_empty() || unit.texts.iter().any(|&at| at >= self.texts.len())
        });
        match executions {
            None => return Some("there are more executions than can be counted".to_string()),
            Some(0) => return Some("it has nothing to run".to_string()),
            Some(_) => {}
        }
        if self.shard_size == 0 || self.max_steps == 0 {
            return Some("a shard and an execution have at least one of each".to_string());
        }
        if self.shards() > MOST_SHARDS {
            return Some(format!("{} shards are more than {MOST_SHARDS}", self.shards()));
        }
        let asks = |unit: &Unit| unit.kind == Kind::Question;
        match self.questions {
            Some(_) if !self.units.iter().any(asks) => {
                return Some("it says how far questions are searched, and has none".to_string());
            }
            None if self.units.iter().any(asks) => {
                return Some("it does not say how far its questions are searched".to_string());
            }
            Some(Reach { max_states, max_memory, runs }) if max_states.min(max_memory).min(runs) == 0 => {
                return Some("a question needs at least one of each".to_string());
            }
            _ => {}
        }
        if let Some(at) = self.units.iter().position(|unit| asks(unit) && unit.runs != 1) {
            return Some(format!("unit {at} is a question, and a question is asked once"));
        }
        if number(&self.seed).is_none() {
            return Some(format!("`{}` is no seed", self.seed));
        }
        match self.choice() {
            None => return Some(format!("there is no scheduler `{}`", self.scheduler)),
            Some(choice) if !choice.row.timed && self.units.iter().any(|unit| unit.kind == Kind::Timed) => {
                return Some(format!("by the agenda nobody asks the scheduler `{}`", self.scheduler));
            }
            Some(_) => {}
        }
        if let Some(text) = bad_text {
            return Some(format!("`{}` is no fingerprint", text.hash));
        }
        bad_unit.map(|at| format!("unit {at} has no executions, or texts that are not there"))
    }
}

/// A place that the parser tells: line and column of bytes, both from 1.
fn place(file: FileId, text: &str, line: usize, column: usize) -> Span {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut lo = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(lo) {
        lo -= 1;
    }
    let hi = text[lo..].chars().next().map_or(lo, |c| lo + c.len_utf8());
    let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    Span { file, lo: at(lo), hi: at(hi) }
}
