//! Rounds: world after world, on all threads, and what is kept of them.
//!
//! A world depends on the seed, its number and the corpus alone; what is kept of a block of worlds is there for those
//! behind it. So what comes out does not depend on the number of threads.

use super::corpus::Entry;
use super::look::{Effort, Failure, Seen, look};
use super::mutate::mutated;
use super::protocol::{Drawn, FILE, Protocol};
use crate::limit::{Control, Limit, Progress};
use crate::question::Rejected;
use crate::rng::{Words, mix};
use crate::signature::Signature;
use crate::unseen::{Sightings, Unseen};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use std::collections::BTreeSet;

/// So many worlds are drawn with the same corpus.
pub const BLOCK: u64 = 32;
/// One world in so many is a change of one that was kept, once there are some.
const CHANGED_ONE_IN: u64 = 3;
/// Seeds of mutations are told apart from those of worlds by this.
const CHANGES: u64 = 0x6368_616e_6765;

/// How to fuzz.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounds {
    /// Where all choices begin.
    pub seed: u64,
    /// How many worlds.
    pub worlds: u64,
    /// How far each is looked at.
    pub effort: Effort,
    /// Is it over when something is found?
    pub first: bool,
    /// Threads.
    pub jobs: usize,
}

/// Where a world came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The world of this number.
    Drawn(u64),
    /// An entry of the corpus.
    Entry(String),
}

/// Something new that broke.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// In which world first.
    pub origin: Origin,
    /// The run.
    pub failure: Failure,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fuzzed {
    /// Worlds that were drawn and looked at.
    pub worlds: u64,
    /// All of whose states were looked at.
    pub complete: u64,
    /// Entries of the corpus that were looked at before.
    pub entries: u64,
    /// Those of them that do not fit the protocol.
    pub misfits: Vec<String>,
    /// Those of them that showed nothing that a smaller one does not show.
    pub idle: Vec<String>,
    /// Schedules that were run.
    pub schedules: u64,
    /// Those that were as long as one may be.
    pub endless: u64,
    /// States of searches.
    pub states: u64,
    /// Each signature, in the order in which they were found first, and how many worlds showed it.
    pub found: Vec<(Signature, u64)>,
    /// Worlds that reached something new.
    pub kept: u64,
    /// Places that worlds have shown, as executions show states.
    pub places: Option<Unseen>,
    /// What ended it before all worlds were drawn.
    pub limit: Option<Limit>,
}

/// Is told what happens on the way.
pub trait Hear {
    /// Something broke that has not broken before.
    fn found(&mut self, found: Found);
    /// A world reached something new.
    fn kept(&mut self, entry: &Entry);
    /// A block is done.
    fn block(&mut self, fuzzed: &Fuzzed);
}

/// One that is to be looked at.
struct Job {
    number: u64,
    drawn: Drawn,
}

/// Fuzzes a protocol, beginning with a corpus.
///
/// # Errors
/// If a drawn world does not fit the protocol: it is none that worlds can be drawn for.
///
/// # Panics
/// If the system does not give a single thread.
pub fn fuzz(
    protocol: &Protocol,
    rounds: &Rounds,
    corpus: Vec<Entry>,
    control: &dyn Control,
    hear: &mut dyn Hear,
) -> Result<Fuzzed, Box<Rejected>> {
    let build = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = build(rounds.jobs).or_else(|_| build(1)).expect("there is room for one more thread");
    let mut fuzzer = Fuzzer {
        protocol,
        rounds,
        control,
        corpus: Vec::new(),
        known: BTreeSet::new(),
        sightings: Sightings::default(),
        fuzzed: Fuzzed::default(),
    };
    fuzzer.entries(corpus, &pool, hear);
    while fuzzer.goes_on() {
        let from = fuzzer.fuzzed.worlds;
        let until = rounds.worlds.min(from + BLOCK);
        let jobs: Vec<Job> = (from..until).map(|number| fuzzer.job(number)).collect();
        let seen: Vec<_> = pool.install(|| jobs.par_iter().map(|job| fuzzer.look(job)).collect());
        for (job, seen) in jobs.into_iter().zip(seen) {
            if !fuzzer.add(&job, seen?, hear) {
                break;
            }
        }
        hear.block(&fuzzer.fuzzed);
    }
    fuzzer.fuzzed.places = Some(fuzzer.sightings.estimate());
    Ok(fuzzer.fuzzed)
}

struct Fuzzer<'a> {
    protocol: &'a Protocol,
    rounds: &'a Rounds,
    control: &'a dyn Control,
    corpus: Vec<Entry>,
    known: BTreeSet<u64>,
    sightings: Sightings,
    fuzzed: Fuzzed,
}

impl Fuzzer<'_> {
    fn goes_on(&mut self) -> bool {
        let fuzzed = &mut self.fuzzed;
        let progress = Progress { states: fuzzed.states, executions: fuzzed.schedules, ..Progress::START };
        fuzzed.limit = fuzzed.limit.or_else(|| self.control.poll(&progress));
        let enough = self.rounds.first && !fuzzed.found.is_empty();
        fuzzed.worlds < self.rounds.worlds && fuzzed.limit.is_none() && !enough
    }

    /// A world: drawn anew, or a change of one that was kept.
    fn job(&self, number: u64) -> Job {
        let mut words = Words::new(mix(self.rounds.seed, CHANGES));
        words.stream(number);
        let changed = words.below(CHANGED_ONE_IN) == 0;
        let worlds: Vec<_> = self.corpus.iter().filter_map(|entry| entry.choices.as_ref()).collect();
        let choices = if changed { mutated(self.protocol, &worlds, &mut words) } else { None };
        let drawn = match choices {
            Some(choices) => self.protocol.drawn(choices),
            None => self.protocol.world(self.rounds.seed, number),
        };
        Job { number, drawn }
    }

    fn look(&self, job: &Job) -> Result<Seen, Box<Rejected>> {
        self.look_at(&job.drawn.text, mix(self.rounds.seed, job.number))
    }

    fn look_at(&self, text: &str, seed: u64) -> Result<Seen, Box<Rejected>> {
        let Protocol { name, values, texts, .. } = self.protocol;
        look((FILE, text), (name, values), texts, &self.rounds.effort, seed, self.control)
    }

    /// Looks at what the corpus has, the smallest first.
    fn entries(&mut self, mut corpus: Vec<Entry>, pool: &rayon::ThreadPool, hear: &mut dyn Hear) {
        corpus.sort_by(|a, b| (a.text.len(), &a.name).cmp(&(b.text.len(), &b.name)));
        let this = &*self;
        let seed = |entry: &Entry| mix(this.rounds.seed, crate::fingerprint::of(entry.text.as_bytes()));
        let seen: Vec<_> =
            pool.install(|| corpus.par_iter().map(|entry| this.look_at(&entry.text, seed(entry))).collect());
        for (entry, seen) in corpus.into_iter().zip(seen) {
            self.fuzzed.entries += 1;
            match seen {
                Err(_) => self.fuzzed.misfits.push(entry.name),
                Ok(seen) if seen.cut.is_some() => {
                    self.fuzzed.limit = seen.cut;
                    return;
                }
                Ok(seen) => {
                    let origin = Origin::Entry(entry.name.clone());
                    let new = self.tell(origin, seen, hear);
                    if !new {
                        self.fuzzed.idle.push(entry.name.clone());
                    }
                    self.corpus.push(entry);
                }
            }
        }
    }

    /// Counts a world. False: it was cut short, and nothing behind it counts.
    fn add(&mut self, job: &Job, seen: Seen, hear: &mut dyn Hear) -> bool {
        if seen.cut.is_some() {
            self.fuzzed.limit = seen.cut;
            return false;
        }
        self.fuzzed.worlds += 1;
        self.fuzzed.complete += u64::from(seen.complete);
        for &place in &seen.places {
            self.sightings.see(place);
        }
        self.sightings.over();
        if self.tell(Origin::Drawn(job.number), seen, hear) {
            let entry = Entry::of(&job.drawn);
            hear.kept(&entry);
            self.fuzzed.kept += 1;
            self.corpus.push(entry);
        }
        !self.rounds.first || self.fuzzed.found.is_empty()
    }

    /// Adds up what was seen. Was a place new?
    fn tell(&mut self, origin: Origin, seen: Seen, hear: &mut dyn Hear) -> bool {
        let fuzzed = &mut self.fuzzed;
        fuzzed.schedules += seen.schedules;
        fuzzed.endless += seen.endless;
        fuzzed.states += seen.states;
        for failure in seen.failures {
            match fuzzed.found.iter_mut().find(|(known, _)| *known == failure.signature) {
                Some((_, worlds)) => *worlds += 1,
                None => {
                    fuzzed.found.push((failure.signature.clone(), 1));
                    hear.found(Found { origin: origin.clone(), failure });
                }
            }
        }
        let before = self.known.len();
        self.known.extend(seen.places);
        self.known.len() > before
    }
}
