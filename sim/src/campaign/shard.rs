//! What a shard came to, as lines of JSON: a line for each unit that it has a part of, and a last one that seals them.

use super::asked::Asked;
use super::manifest::{Kind, Manifest, Slice, number};
use crate::fingerprint;
use crate::inevitable::Fate;
use crate::schedule::Schedule;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The results of one shard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Its number.
    pub index: u64,
    /// Of which campaign.
    pub campaign: u64,
    /// What was run, in the order of the manifest.
    pub parts: Vec<Part>,
}

/// The results of some executions of one unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which unit.
    pub unit: usize,
    /// The first execution, from 0.
    pub lo: u64,
    /// The one behind the last.
    pub hi: u64,
    /// How many were run: fewer, if the scheduler had nothing left. Of a question, how many were sampled.
    pub executions: u64,
    /// Their steps; those of the search, where a question was searched.
    pub steps: u64,
    /// How many came to an end at which all is well; of a question nobody counts them.
    pub complete: u64,
    /// How many were as long as one may be; of a question nobody counts them.
    pub endless: u64,
    /// The fingerprint of all good ends, as text.
    pub ends: String,
    /// Each `sometimes` that was not reached.
    pub unreached: Vec<String>,
    /// What was found, by signature.
    pub findings: Vec<Found>,
    /// What else there is to say of a question that was asked; of executions and worlds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
}

/// Something that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What broke and where: see [`crate::signature`].
    pub signature: String,
    /// What broke.
    pub name: String,
    /// Why, in the best of its executions.
    pub why: String,
    /// The file where it was seen.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// In how many executions. Of a question: 1, if one was sampled that shows it, and 0 if a search has found it.
    pub count: u64,
    /// The first of them, from 0.
    pub first: u64,
    /// Steps of the best schedule.
    pub steps: u64,
    /// Switches between tasks in it.
    pub switches: u64,
    /// The execution that it is of, from 0, or the world.
    pub best: u64,
    /// The best schedule: short, with few switches, of small picks. None if no single one shows it.
    #[serde(serialize_with = "write_schedule", deserialize_with = "read_schedule")]
    pub schedule: Option<Schedule>,
    /// Could it have been avoided? Of a question only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
}

fn write_schedule<S: Serializer>(schedule: &Option<Schedule>, to: S) -> Result<S::Ok, S::Error> {
    schedule.as_ref().map(ToString::to_string).serialize(to)
}

fn read_schedule<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Schedule>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let read = |text: String| text.parse().map_err(|_| serde::de::Error::custom("a schedule that is none"));
    text.map(read).transpose()
}

/// The last line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seal {
    end: u64,
    campaign: String,
    hash: String,
}

impl Found {
    /// Takes over what was found elsewhere of the same signature.
    pub fn join(&mut self, other: &Self) {
        let rank = |found: &Self| {
            (found.schedule.is_none(), found.steps, found.switches, found.schedule.clone(), found.first)
        };
        let (count, first) = (self.count + other.count, self.first.min(other.first));
        if rank(other) < rank(self) {
            self.clone_from(other);
        }
        (self.count, self.first) = (count, first);
    }
}

impl Part {
    /// Nothing was run yet.
    #[must_use]
    pub fn empty(slice: Slice) -> Self {
        Self {
            unit: slice.unit,
            lo: slice.lo,
            hi: slice.hi,
            executions: 0,
            steps: 0,
            complete: 0,
            endless: 0,
            ends: fingerprint::hex(0),
            unreached: Vec::new(),
            findings: Vec::new(),
            asked: None,
        }
    }

    /// Which executions.
    #[must_use]
    pub const fn slice(&self) -> Slice {
        Slice { unit: self.unit, lo: self.lo, hi: self.hi }
    }
}

impl Shard {
    /// The text of its file.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.sealed().0
    }

    /// The fingerprint of its file, without the seal.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.sealed().1
    }

    fn sealed(&self) -> (String, u64) {
        let mut text = String::new();
        for part in &self.parts {
            text.push_str(&serde_json::to_string(part).expect("strings and numbers can be written"));
            text.push('\n');
        }
        let campaign = fingerprint::hex(self.campaign);
        text.push_str(&format!("{{\"end\":{},\"campaign\":\"{campaign}\",\"hash\":\"", self.index));
        let hash = fingerprint::of(text.as_bytes());
        text.push_str(&format!("{}\"}}\n", fingerprint::hex(hash)));
        (text, hash)
    }

    /// Reads what should be a shard of a campaign.
    ///
    /// # Errors
    /// Why it is none, or not all of it.
    pub fn read(manifest: &Manifest, campaign: u64, index: u64, text: &str) -> Result<Self, String> {
        let lines = text.strip_suffix('\n').ok_or("its last line is torn")?;
        let (parts, last) = match lines.rsplit_once('\n') {
            Some((parts, last)) => (parts.lines().collect(), last),
            None => (Vec::new(), lines),
        };
        let seal: Seal = serde_json::from_str(last).map_err(|_| "its end is missing")?;
        let part = |line: &str| {
            serde_json::from_str(line).map_err(|error| format!("a line of it cannot be read: {error}"))
        };
        let parts = parts.into_iter().map(part).collect::<Result<Vec<Part>, String>>()?;
        let shard = Self { index, campaign, parts };
        if seal.end != index || number(&seal.campaign) != Some(campaign) {
            return Err("it is of another campaign, or another shard".to_string());
        }
        // So every byte counts, and each shard has one text.
        if shard.to_text() != text {
            return Err(format!("its bytes are not those that were sealed as {}", seal.hash));
        }
        if shard.parts.iter().map(Part::slice).ne(manifest.slices(index)) {
            return Err("it has other executions than the manifest gives it".to_string());
        }
        let is_question = |part: &Part| manifest.units[part.unit].kind == Kind::Question;
        if shard.parts.iter().any(|part| part.asked.is_some() != is_question(part)) {
            return Err("what it says is of another kind than what the manifest has".to_string());
        }
        Ok(shard)
    }
}
