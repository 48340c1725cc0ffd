//! How we look: picks, schedulers, the engine, search, timed runs, replay, reports and the command line.
//!
//! A question is asked with [`ask::ask`], or from plain texts with [`run_text`]; what comes back is a value. Only
//! [`cli`] touches files, the environment, the wall clock or the terminal. `README.md` beside this crate says what is
//! deliberately not here.

pub mod across;
pub mod answer;
pub mod ask;
pub mod besides;
pub mod bisect;
pub mod bundle;
pub mod campaign;
pub mod circles;
#[cfg(feature = "cli")]
pub mod cli;
pub mod codes;
pub mod comparison;
pub mod conform;
pub mod counterexample;
pub mod coverage;
pub mod difference;
pub mod dpor;
pub mod enabled;
pub mod engine;
pub mod explore;
pub mod fate;
pub mod fingerprint;
pub mod first;
pub mod fuzz;
pub mod inevitable;
pub mod library;
pub mod limit;
pub mod livelock;
pub mod loops;
pub mod museum;
pub mod odometer;
pub mod only;
pub mod origin;
pub mod outcome;
pub mod phrase;
pub mod pick;
pub mod pieces;
pub mod promela;
pub mod question;
pub mod reduce;
pub mod replay;
pub mod replayfile;
pub mod report;
pub mod rng;
pub mod room;
pub mod sample;
pub mod schedule;
pub mod scheduler;
pub mod search;
pub mod shrink;
pub mod signature;
pub mod successors;
pub mod table;
pub mod timed;
pub mod trace;
pub mod twice;
pub mod unseen;
pub mod verdict;
pub mod witness;

#[cfg(feature = "proptest")]
pub use cli::cargo_test;

/// The version of this program: what seeds are bound to, and what files say that recorded a run.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

use answer::Answer;
use ask::{Plan, ask};
use library::{Layered, ShippedLibrary, Texts};
use question::{Rejected, Scenario, Values};

/// Asks all questions of a scenario that is given as text. Protocols are found among `protocols` (names of files and
/// their texts) and those that are shipped.
///
/// # Errors
/// If the scenario, or a protocol under it, cannot be used.
pub fn run_text(
    file: &str,
    text: &str,
    protocols: &[(&str, &str)],
    set: &Values,
    plan: &Plan,
) -> Result<Vec<Answer>, Box<Rejected>> {
    let files = protocols.iter().map(|&(file, text)| (file.to_string(), text.to_string())).collect();
    let library = Layered(Texts { files }, ShippedLibrary);
    let scenario = Scenario::read(file, text)?;
    scenario.check_number(set)?;
    scenario
        .questions(None, set)
        .iter()
        .map(|question| ask(&scenario, question, plan, &library, &()))
        .collect()
}
