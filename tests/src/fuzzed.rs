//! Protocols, fuzzed: how many worlds it takes, and what is found.

use sim::fuzz::corpus::Entry;
use sim::fuzz::look::Effort;
use sim::fuzz::{Found, Fuzzed, Hear, Protocol, Rounds, fuzz};
use sim::library::ShippedLibrary;
use sim::question::Values;

/// Keeps what it is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// What broke.
    pub found: Vec<Found>,
    /// What reached something new.
    pub kept: Vec<Entry>,
}

impl Hear for Heard {
    fn found(&mut self, found: Found) {
        self.found.push(found);
    }
    fn kept(&mut self, entry: &Entry) {
        self.kept.push(entry.clone());
    }
    fn block(&mut self, _: &Fuzzed) {}
}

/// A shipped protocol.
///
/// # Panics
/// If there is none of this name.
#[must_use]
pub fn shipped(name: &str) -> Protocol {
    Protocol::find(name, &Values::new(), &ShippedLibrary).unwrap_or_else(|_| panic!("there is no `{name}`"))
}

/// So many worlds of seed 0, by one thread.
#[must_use]
pub fn rounds(worlds: u64, effort: Effort) -> Rounds {
    Rounds { seed: 0, worlds, effort, first: false, jobs: 1 }
}

/// Fuzzes, beginning with a corpus.
///
/// # Panics
/// If a world does not fit the protocol.
#[must_use]
pub fn run(protocol: &Protocol, rounds: &Rounds, corpus: Vec<Entry>) -> (Fuzzed, Heard) {
    let mut heard = Heard::default();
    let fuzzed = fuzz(protocol, rounds, corpus, &(), &mut heard)
        .unwrap_or_else(|rejected| panic!("{}: {:?}", protocol.name, rejected.diagnostics));
    (fuzzed, heard)
}

/// What is found of a protocol, by name and place; and in how many worlds, up to the first finding if `first`.
#[must_use]
pub fn found(protocol: &Protocol, worlds: u64, first: bool) -> (u64, Vec<String>) {
    let (fuzzed, _) = run(protocol, &Rounds { first, ..rounds(worlds, Effort::default()) }, Vec::new());
    (fuzzed.worlds, fuzzed.found.iter().map(|(signature, _)| signature.to_string()).collect())
}
