//! A campaign's plan as a file: what is run, and how it is cut into shards.
//!
//! All executions of all units stand in one long line, unit behind unit; a shard is a slice of that line, and all slices but
//! the last are of one length.

mod read;

use crate::VERSION;
use crate::ask::Plan;
use crate::fingerprint;
use crate::fuzz::{FILE as DRAWN, Protocol};
use crate::limit::Limits;
use crate::question::{Question, Values, stem};
use crate::scheduler::{Choice, find};
use model::lang::source::SourceMap;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// The version of the format.
pub const FORMAT: u64 = 1;
/// The file's name in a campaign's folder.
pub const FILE: &str = "manifest.json";
/// More shards than any campaign should have: each is a file.
pub const MOST_SHARDS: u64 = 1_000_000;

/// What a campaign runs.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
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
    /// How far questions are searched, if any are.
    #[serde(default)]
    pub questions: Option<Reach>,
    /// All texts of all units, each once.
    pub texts: Vec<Text>,
    /// What is run.
    pub units: Vec<Unit>,
    /// The name that it had when it was planned: looked at when it is read, and never again, since it follows from the rest.
    #[serde(rename = "campaign")]
    _sealed: Sealed,
}

/// What a file says that its manifest need not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(from = "String")]
struct Sealed;

impl From<String> for Sealed {
    fn from(_: String) -> Self {
        Self
    }
}

/// How far a question is searched. Nothing of it depends on how fast a machine is, or what else it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// States that its search may store.
    pub max_states: u64,
    /// Bytes that it may store them in.
    pub max_memory: u64,
    /// Random executions where a search does not suffice.
    pub runs: u64,
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
    /// How many executions; a question is asked once.
    pub runs: u64,
}

/// The kinds of units. Whatever can be numbered, and does not depend on others of its numbers, can be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Random executions of a question.
    Sample,
    /// The same by the agenda: arrivals, delays and durations as the page declares them.
    Timed,
    /// Worlds drawn at random for a protocol. Each is looked at as `fuzz` looks at its worlds, without a corpus.
    Fuzz,
    /// A question, asked as `run` asks it: all states, and random executions where the limits do not allow that.
    Question,
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
    /// How far questions are searched, if any are.
    pub questions: Option<Reach>,
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Question, Self::Sample, Self::Timed, Self::Fuzz];

    /// What is counted.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Sample | Self::Timed => "execution",
            Self::Fuzz => "world",
            Self::Question => "question",
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Timed => "timed",
            Self::Fuzz => "fuzz",
            Self::Question => "question",
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
            questions: options.questions,
            texts: Vec::new(),
            units: Vec::new(),
            _sealed: Sealed,
        }
    }

    /// Adds executions of a question. `sources`: its texts, the scenario first.
    pub fn sample(&mut self, question: &Question, sources: &SourceMap, runs: u64) {
        self.add(Kind::Sample, question, sources, runs);
    }

    /// Adds a question: as a kind of executions, or itself, once. `sources`: its texts, the scenario first.
    pub fn add(&mut self, kind: Kind, question: &Question, sources: &SourceMap, runs: u64) {
        let texts = sources.files().iter().map(|file| self.text(Text::of(&file.name, &file.text))).collect();
        self.units.push(Unit {
            kind,
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

    /// How questions are asked, if any are.
    #[must_use]
    pub fn plan(&self) -> Option<Plan> {
        let reach = self.questions?;
        Some(Plan {
            scheduler: self.choice(),
            seed: self.seed(),
            runs: reach.runs,
            limits: Limits {
                max_states: reach.max_states,
                max_steps: self.max_steps,
                max_memory: reach.max_memory,
                ..Limits::default()
            },
            ..Plan::default()
        })
    }

    /// The name of a unit's scenario, as reports show it.
    #[must_use]
    pub fn file(&self, unit: usize) -> &str {
        let unit = &self.units[unit];
        match unit.kind {
            Kind::Sample | Kind::Timed | Kind::Question => &self.texts[unit.texts[0]].file,
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
        fingerprint::of(self.said().as_bytes())
    }

    /// The text of the file: a line for each text and unit, and last its name.
    #[must_use]
    pub fn to_text(&self) -> String {
        let said = self.said();
        let name = fingerprint::hex(fingerprint::of(said.as_bytes()));
        format!("{said}\"campaign\": \"{name}\"\n}}\n")
    }

    /// All but its name.
    fn said(&self) -> String {
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
        if let Some(reach) = &self.questions {
            let _ = writeln!(out, "\"questions\": {},", json(reach));
        }
        let _ = writeln!(out, "\"texts\": [\n{}\n],", lines(&self.texts));
        let _ = writeln!(out, "\"units\": [\n{}\n],", lines(&self.units));
        out
    }
}

/// Of exactly 16 digits behind `0x`, as it is written.
pub(super) fn number(hex: &str) -> Option<u64> {
    let digits = hex.strip_prefix("0x").filter(|digits| digits.len() == 16)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    plain.then(|| u64::from_str_radix(digits, 16).ok())?
}
