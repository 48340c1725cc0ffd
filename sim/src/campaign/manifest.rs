//! A campaign's plan as a file: what is run, and how it is cut into shards.
//!
//! All executions of all units stand in one long line, unit behind unit; a shard is a slice of that line, and all slices but
//! the last are of one length.

use crate::VERSION;
use crate::codes;
use crate::fingerprint;
use crate::fuzz::{FILE as DRAWN, Protocol};
use crate::question::{Question, Rejected, Values, stem};
use crate::scheduler::{Choice, find};
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::{FileId, SourceMap, Span};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The version of the format.
pub const FORMAT: u64 = 1;
/// The file's name in a campaign's folder.
pub const FILE: &str = "manifest.json";
/// More shards than any campaign should have: each is a file.
pub const MOST_SHARDS: u64 = 1_000_000;

/// What a campaign runs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format.
    format: u64,
    /// The version of the program: another one may count differently.
    pub tool: String,
    /// Where picks begin, as text.
    seed: String,
    /// Who settles them, with the number behind the name if there is one.
    pub scheduler: String,
    /// Steps of one execution.
    pub max_steps: u64,
    /// Executions of one shard.
    pub shard_size: u64,
    /// All texts of all units, each once.
    pub texts: Vec<Text>,
    /// What is run.
    pub units: Vec<Unit>,
}

/// A scenario or protocol.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The name that reports show.
    pub file: String,
    /// The fingerprint of the text, as text.
    pub hash: String,
}

/// Something to run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// What is run.
    pub kind: Kind,
    /// The protocol.
    pub protocol: String,
    /// What is expected to break.
    pub breaks: Vec<String>,
    /// The values of `for` and `--set`.
    pub params: Values,
    /// Its texts, as numbers into all texts: the scenario first, if there is one.
    pub texts: Vec<usize>,
    /// How many executions.
    pub runs: u64,
}

/// The kinds of units. Whatever can be numbered, and does not depend on others of its numbers, can be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Random executions of a question.
    Sample,
    /// Worlds drawn at random for a protocol. Each is looked at as `fuzz` looks at its worlds, without a corpus.
    Fuzz,
}

/// A part of a shard: some executions of one unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Slice {
    /// Which unit.
    pub unit: usize,
    /// The first execution, from 0.
    pub lo: u64,
    /// The one behind the last.
    pub hi: u64,
}

/// What a campaign is planned from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Where picks begin.
    pub seed: u64,
    /// Who settles them.
    pub scheduler: String,
    /// Steps of one execution.
    pub max_steps: u64,
    /// Executions of one shard.
    pub shard_size: u64,
}

impl Text {
    /// The name of a text.
    #[must_use]
    pub fn of(file: &str, text: &str) -> Self {
        Self { file: file.to_string(), hash: fingerprint::hex(fingerprint::of(text.as_bytes())) }
    }

    /// Where it lies in a campaign's folder.
    #[must_use]
    pub fn path(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = stem(&self.file).chars().map(plain).take(100).collect();
        let of_file = fingerprint::of(self.file.as_bytes()) & 0xffff;
        format!("texts/{name}-{}-{of_file:04x}.pernet", self.hash.trim_start_matches("0x"))
    }
}

impl Kind {
    /// What is counted.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Sample => "execution",
            Self::Fuzz => "world",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Fuzz => "fuzz",
        }
    }
}

impl Unit {
    /// What is asked.
    #[must_use]
    pub fn question(&self) -> Question {
        Question { protocol: self.protocol.clone(), breaks: self.breaks.clone(), params: self.params.clone() }
    }
}

impl Manifest {
    /// An empty one of this program.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        Self {
            format: FORMAT,
            tool: VERSION.to_string(),
            seed: fingerprint::hex(options.seed),
            scheduler: options.scheduler.clone(),
            max_steps: options.max_steps,
            shard_size: options.shard_size,
            texts: Vec::new(),
            units: Vec::new(),
        }
    }

    /// Adds executions of a question. `sources`: its texts, the scenario first.
    pub fn sample(&mut self, question: &Question, sources: &SourceMap, runs: u64) {
        let texts = sources.files().iter().map(|file| self.text(Text::of(&file.name, &file.text))).collect();
        self.units.push(Unit {
            kind: Kind::Sample,
            protocol: question.protocol.clone(),
            breaks: question.breaks.clone(),
            params: question.params.clone(),
            texts,
            runs,
        });
    }

    /// Adds worlds drawn for a protocol.
    pub fn fuzz(&mut self, protocol: &Protocol, runs: u64) {
        let texts = protocol.texts.files.iter().map(|(file, text)| self.text(Text::of(file, text))).collect();
        self.units.push(Unit {
            kind: Kind::Fuzz,
            protocol: protocol.name.clone(),
            breaks: Vec::new(),
            params: protocol.values.clone(),
            texts,
            runs,
        });
    }

    fn text(&mut self, text: Text) -> usize {
        self.texts.iter().position(|known| *known == text).unwrap_or_else(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }

    /// Where picks begin.
    #[must_use]
    pub fn seed(&self) -> u64 {
        number(&self.seed).unwrap_or_default()
    }

    /// Who settles picks; `None` if there is nobody of that name.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        let (name, number) = match self.scheduler.split_once(':') {
            Some((name, number)) => (name, Some(number.parse().ok()?)),
            None => (self.scheduler.as_str(), None),
        };
        let row = find(name)?;
        let fits = number.is_none_or(|number| row.least().is_some_and(|least| least <= number));
        (row.has_name() && fits).then_some(Choice { row, number })
    }

    /// The name of a unit's scenario, as reports show it.
    #[must_use]
    pub fn file(&self, unit: usize) -> &str {
        let unit = &self.units[unit];
        match unit.kind {
            Kind::Sample => &self.texts[unit.texts[0]].file,
            Kind::Fuzz => DRAWN,
        }
    }

    /// All executions together.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.units.iter().map(|unit| unit.runs).sum()
    }

    /// How many shards there are.
    #[must_use]
    pub fn shards(&self) -> u64 {
        self.executions().div_ceil(self.shard_size)
    }

    /// What is in a shard; nothing, if there is none of that number.
    #[must_use]
    pub fn slices(&self, index: u64) -> Vec<Slice> {
        let first = index.saturating_mul(self.shard_size);
        let behind = first.saturating_add(self.shard_size);
        let mut slices = Vec::new();
        let mut start = 0;
        for (unit, runs) in self.units.iter().map(|unit| unit.runs).enumerate() {
            let (lo, hi) = (first.max(start), behind.min(start + runs));
            if lo < hi {
                slices.push(Slice { unit, lo: lo - start, hi: hi - start });
            }
            start += runs;
        }
        slices
    }

    /// The campaign's name: equal manifests, equal number.
    #[must_use]
    pub fn id(&self) -> u64 {
        fingerprint::of(self.to_text().as_bytes())
    }

    /// The text of the file: a line for each text and unit.
    ///
    /// # Panics
    /// Never: strings and numbers can be written.
    #[must_use]
    pub fn to_text(&self) -> String {
        fn json<T: Serialize>(value: &T) -> String {
            serde_json::to_string(value).expect("strings and numbers can be written")
        }
        fn lines<T: Serialize>(values: &[T]) -> String {
            values.iter().map(json).collect::<Vec<_>>().join(",\n")
        }
        let mut out = String::new();
        let _ = writeln!(out, "{{\n\"format\": {},\n\"tool\": {},", self.format, json(&self.tool));
        let _ = writeln!(out, "\"seed\": {},\n\"scheduler\": {},", json(&self.seed), json(&self.scheduler));
        let _ = writeln!(out, "\"max_steps\": {},\n\"shard_size\": {},", self.max_steps, self.shard_size);
        let _ = writeln!(out, "\"texts\": [\n{}\n],", lines(&self.texts));
        let _ = writeln!(out, "\"units\": [\n{}\n]\n}}", lines(&self.units));
        out
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// If it cannot be read, is of another format, or makes no sense.
    pub fn read(file: &str, text: &str) -> Result<Self, Rejected> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u64,
        }
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let whole = Span { file: id, lo: 0, hi: u32::from(!text.is_empty()) };
        let wrong = |code: Code, span: Span, message: String, help: &str| Rejected {
            sources: sources.clone(),
            diagnostics: vec![Diagnostic::new(code, span, message).help(help)],
        };
        // The version first: of another one, nothing else can be said.
        let unreadable = |error: serde_json::Error| {
            let place = place(id, text, error.line(), error.column());
            let said = error.to_string();
            let said = said.split(" at line ").next().unwrap_or(&said);
            let help =
                "`pernet-sim campaign plan` writes manifests; is this one whole, and as it was written?";
            wrong(codes::MANIFEST_TEXT, place, format!("this is no manifest: {said}"), help)
        };
        let version: Versioned = serde_json::from_str(text).map_err(unreadable)?;
        if version.format != FORMAT {
            let message = format!("the manifest is of format {}", version.format);
            let help =
                format!("this program knows format {FORMAT}; take the program that planned the campaign");
            return Err(wrong(codes::MANIFEST_FORMAT, whole, message, &help));
        }
        let manifest: Self = serde_json::from_str(text).map_err(unreadable)?;
        match manifest.senseless() {
            None => Ok(manifest),
            Some(why) => {
                let help = "plan it again with `pernet-sim campaign plan`";
                Err(wrong(codes::MANIFEST_SENSE, whole, format!("the manifest makes no sense: {why}"), help))
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
        if number(&self.seed).is_none() {
            return Some(format!("`{}` is no seed", self.seed));
        }
        if self.choice().is_none() {
            return Some(format!("there is no scheduler `{}`", self.scheduler));
        }
        if let Some(text) = bad_text {
            return Some(format!("`{}` is no fingerprint", text.hash));
        }
        bad_unit.map(|at| format!("unit {at} has no executions, or texts that are not there"))
    }
}

/// Of exactly 16 digits behind `0x`, as it is written.
pub(super) fn number(hex: &str) -> Option<u64> {
    let digits = hex.strip_prefix("0x").filter(|digits| digits.len() == 16)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
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
