//! Where in a protocol a world has been: which of its statements ran, which way its conditions went, what failed in it, and
//! at which two of its places two tasks stood at the same time.
//!
//! A place is told by its text alone, so that worlds whose programs share a protocol can be held against each other.

use crate::engine::Follow;
use crate::fingerprint;
use crate::rng::mix;
use crate::sample::Audience;
use model::lang::source::FileId;
use model::machine::code::Pc;
use model::machine::{Event, Program, TaskId, Watch, World};
use std::collections::BTreeSet;

/// The scenario: the first of a program's texts.
const SCENARIO: FileId = FileId(0);

/// Watches one program.
#[derive(Clone, Debug)]
pub struct Places {
    /// Of each instruction, the place in the protocol that it is at; 0: it is the scenario's.
    keys: Vec<u64>,
    /// By instruction: did it run, has the task gone on at the next one, and elsewhere?
    ran: Vec<[bool; 3]>,
    /// Of each site, its place.
    sites: Vec<u64>,
    failed: Vec<bool>,
    /// Where each task stands.
    stands: Vec<Pc>,
    /// Pairs of places at which two tasks stood.
    pairs: BTreeSet<(u64, u64)>,
    /// Where the step that is under way has come to.
    at: Pc,
}

impl Places {
    /// Has seen nothing of a program.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let files: Vec<u64> =
            program.sources.files().iter().map(|file| fingerprint::of(file.name.as_bytes())).collect();
        let key = |span: &model::lang::source::Span| match span.file {
            SCENARIO => 0,
            file => mix(files[usize::from(file.0)], u64::from(span.lo) << 32 | u64::from(span.hi)) | 1,
        };
        Self {
            keys: program.spans.iter().map(key).collect(),
            ran: vec![[false; 3]; program.code.len()],
            sites: program.sites.iter().map(|site| key(&site.span)).collect(),
            failed: vec![false; program.sites.len()],
            stands: vec![0; program.tasks.len()],
            pairs: BTreeSet::new(),
            at: 0,
        }
    }

    /// What was seen, a number for each.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<u64> {
        let of_kind = |key: u64, kind: u64| (key != 0).then(|| mix(key, kind));
        let ran = self.keys.iter().zip(&self.ran).flat_map(|(&key, ran)| {
            (0..).zip(ran).filter(|(_, ran)| **ran).filter_map(move |(kind, _)| of_kind(key, kind))
        });
        let failed = self.sites.iter().zip(&self.failed).filter(|(_, failed)| **failed);
        let failed = failed.filter_map(|(&key, _)| of_kind(key, 3));
        let pairs = self.pairs.iter().map(|&(one, other)| mix(mix(one, 4), other));
        ran.chain(failed).chain(pairs).collect()
    }
}

impl Watch for Places {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: Pc, _: Event) {}

    fn runs(&mut self, pc: Pc) {
        self.ran[pc as usize][0] = true;
    }

    fn fails(&mut self, site: u16) {
        self.failed[usize::from(site)] = true;
    }

    fn went(&mut self, pc: Pc, to: Pc) {
        self.ran[pc as usize][if to == pc + 1 { 1 } else { 2 }] = true;
        self.at = to;
    }
}

impl Follow for Places {
    fn ends(&mut self, _: &World<'_>, task: TaskId, _: usize) -> bool {
        let task = task as usize;
        self.stands[task] = self.at;
        let here = self.keys[self.at as usize];
        if here != 0 {
            for (other, &stands) in self.stands.iter().enumerate() {
                let there = self.keys[stands as usize];
                if other != task && there != 0 {
                    self.pairs.insert((here.min(there), here.max(there)));
                }
            }
        }
        true
    }
}

impl Audience for Places {
    fn begin(&mut self) {
        self.stands.fill(0);
    }
}
