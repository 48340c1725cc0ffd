//! Shards put together: a union of sets, so in any order, and any of them any number of times.

use super::asked::Asked;
use super::manifest::{Kind, Manifest, Unit, number};
use super::shard::{Found, Shard};
use crate::fingerprint;
use crate::limit::Limit;
use crate::verdict::{Coverage, Exit, Seen, Verdict, judge};
use std::collections::{BTreeMap, BTreeSet};

/// Shards of one campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// Which campaign.
    pub campaign: u64,
    /// By number.
    pub shards: BTreeMap<u64, Shard>,
}

/// A shard that came out in two ways: nondeterminism, or one of them is forged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// Its number.
    pub index: u64,
    /// The fingerprints of both.
    pub hashes: [u64; 2],
}

/// What executions of one unit came to, all shards together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tallied {
    /// How many executions the shards that are there have taken care of.
    pub covered: u64,
    /// How many were run.
    pub executions: u64,
    /// Their steps; those of the search, where a question was searched.
    pub steps: u64,
    /// How many ended well.
    pub complete: u64,
    /// How many were as long as one may be.
    pub endless: u64,
    /// Each `sometimes` that no shard has reached, where they are asked.
    pub unreached: Vec<String>,
    /// Names behind `breaks` that were not found.
    pub not_found: Vec<String>,
    /// By signature; the shortest schedule first.
    pub findings: Vec<Found>,
    /// The fingerprint of all good ends of a question that was asked.
    pub ends: u64,
    /// What else there is to say of it.
    pub asked: Option<Asked>,
    /// How much of what was planned was looked at.
    pub coverage: Coverage,
    /// The answer.
    pub verdict: Verdict,
    /// Its part in the exit status.
    pub exit: Exit,
}

impl Tallied {
    /// Is it there whole, and still no answer?
    #[must_use]
    pub fn is_unanswered(&self, unit: &Unit) -> bool {
        self.covered == unit.runs && self.exit == Exit::Inconclusive
    }

    /// Why not more can be said, if there is a reason.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        match (&self.asked, self.coverage) {
            (Some(asked), _) => asked.limit(),
            (None, Coverage::Cut(limit)) => Some(limit),
            _ => None,
        }
    }
}

impl Merged {
    /// Nothing of a campaign yet.
    #[must_use]
    pub const fn new(campaign: u64) -> Self {
        Self { campaign, shards: BTreeMap::new() }
    }

    /// Adds a shard.
    ///
    /// # Errors
    /// If it is there already, and is another one; then nothing changes.
    pub fn add(&mut self, shard: Shard) -> Result<(), Conflict> {
        match self.shards.get(&shard.index) {
            Some(known) if *known != shard => {
                Err(Conflict { index: shard.index, hashes: [known.hash(), shard.hash()] })
            }
            Some(_) => Ok(()),
            None => {
                self.shards.insert(shard.index, shard);
                Ok(())
            }
        }
    }

    /// Adds all of another one.
    ///
    /// # Errors
    /// With the first shard that is another one there.
    pub fn join(&mut self, other: Self) -> Result<(), Conflict> {
        other.shards.into_values().try_for_each(|shard| self.add(shard))
    }

    /// The numbers that are not there.
    #[must_use]
    pub fn missing(&self, manifest: &Manifest) -> Vec<u64> {
        (0..manifest.shards()).filter(|index| !self.shards.contains_key(index)).collect()
    }

    /// The fingerprint of what is there: equal shards, equal number.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut bytes = self.campaign.to_le_bytes().to_vec();
        for shard in self.shards.values() {
            bytes.extend_from_slice(&shard.index.to_le_bytes());
            bytes.extend_from_slice(&shard.hash().to_le_bytes());
        }
        fingerprint::of(&bytes)
    }

    /// What each unit came to.
    #[must_use]
    pub fn tallied(&self, manifest: &Manifest) -> Vec<Tallied> {
        let mut units: Vec<_> = manifest.units.iter().map(|_| Collected::default()).collect();
        for part in self.shards.values().flat_map(|shard| &shard.parts) {
            let unit = &mut units[part.unit];
            unit.covered += part.hi - part.lo;
            unit.executions += part.executions;
            unit.steps += part.steps;
            unit.complete += part.complete;
            unit.endless += part.endless;
            if let Some(asked) = &part.asked {
                unit.asked = Some(asked);
                unit.ends = number(&part.ends).unwrap_or_default();
            }
            let here = part.unreached.iter().cloned().collect();
            unit.unreached = Some(match unit.unreached.take() {
                Some(elsewhere) => elsewhere.intersection(&here).cloned().collect(),
                None => here,
            });
            for found in &part.findings {
                unit.findings
                    .entry(&found.signature)
                    .and_modify(|known: &mut Found| known.join(found))
                    .or_insert_with(|| found.clone());
            }
        }
        manifest.units.iter().zip(units).map(|(unit, collected)| collected.judged(unit)).collect()
    }
}

/// What was seen of a unit, before it is judged.
#[derive(Default)]
struct Collected<'a> {
    covered: u64,
    executions: u64,
    steps: u64,
    complete: u64,
    endless: u64,
    unreached: Option<BTreeSet<String>>,
    findings: BTreeMap<&'a str, Found>,
    ends: u64,
    asked: Option<&'a Asked>,
}

impl Collected<'_> {
    fn judged(self, unit: &Unit) -> Tallied {
        let mut findings: Vec<Found> = self.findings.into_values().collect();
        findings.sort_by(|a, b| {
            let key = |found: &Found| (found.schedule.is_none(), found.steps, found.switches);
            let same = || a.schedule.cmp(&b.schedule).then_with(|| a.signature.cmp(&b.signature));
            key(a).cmp(&key(b)).then_with(same)
        });
        let named = |name: &String| findings.iter().any(|found| found.name == *name);
        let not_found: Vec<_> = unit.breaks.iter().filter(|&name| !named(name)).cloned().collect();
        let asked = unit.breaks.is_empty() && findings.is_empty();
        let unreached: Vec<_> = self.unreached.filter(|_| asked).unwrap_or_default().into_iter().collect();
        let coverage = match self.asked {
            Some(asked) => asked.coverage,
            // What is missing may hold anything.
            None if self.covered < unit.runs => Coverage::Cut(Limit::Interrupt),
            // A world is one of many: that one has no end says nothing of the others.
            None if self.endless > 0 && unit.kind != Kind::Fuzz => Coverage::Cut(Limit::Steps),
            None => Coverage::Sampled,
        };
        let (verdict, exit) = judge(Seen {
            breaks: !unit.breaks.is_empty(),
            unexpected: findings.iter().any(|found| !unit.breaks.contains(&found.name)),
            expected: findings.iter().any(|found| unit.breaks.contains(&found.name)),
            missing: !not_found.is_empty() || !unreached.is_empty(),
            coverage,
        });
        Tallied {
            covered: self.covered,
            executions: self.executions,
            steps: self.steps,
            complete: self.complete,
            endless: self.endless,
            unreached,
            not_found,
            findings,
            ends: self.ends,
            asked: self.asked.cloned(),
            coverage,
            verdict,
            exit,
        }
    }
}
