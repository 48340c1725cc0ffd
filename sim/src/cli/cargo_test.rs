//! Fuzzing inside `cargo test`, with our own replay files as regressions.
//!
//! ```no_run
//! use sim::cargo_test::{Budget, check};
//! use sim::fuzz::Protocol;
//!
//! // In a crate that has the text of a protocol in `src/my-registry.pernet`, this would be a `#[test]`.
//! fn my_registry_keeps_its_word() {
//!     let text = "protocol my-registry is linux-7;"; // include_str!("my-registry.pernet")
//!     let protocol = Protocol::of_text("my-registry.pernet", text).expect("the text is a protocol");
//!     check(&protocol, &Budget::default());
//! }
//! # my_registry_keeps_its_word();
//! ```
//!
//! What broke once is kept in `pernet-regressions/` beside `Cargo.toml`, as replay files that `pernet-sim replay` takes; their
//! scenarios are asked again, first of all, each time.

use super::files::{MOST_REPLAY, read_text};
use crate::ask::{Plan, ask};
use crate::fuzz::finding::Finding;
use crate::fuzz::look::{Effort, look};
use crate::fuzz::strategy::worlds;
use crate::fuzz::{FILE, Found, Origin, Protocol};
use crate::limit::Limits;
use crate::question::{Question, Rejected, Scenario};
use crate::replayfile::Recording;
use crate::report::diagnostic::render;
use crate::report::fuzz::finding as story;
use crate::report::human;
use crate::report::style::Style;
use crate::shrink;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::fs;
use std::path::{Path, PathBuf};

/// How much a test may look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Worlds that are drawn.
    pub worlds: u32,
    /// Where all choices begin. Another seed, other worlds.
    pub seed: u64,
    /// How far each world is looked at.
    pub effort: Effort,
    /// The folder of regressions.
    pub regressions: PathBuf,
}

impl Default for Budget {
    /// 256 worlds of seed 0; `pernet-regressions/` in the current folder, which in `cargo test` is that of the package.
    fn default() -> Self {
        Self {
            worlds: 256,
            seed: 0,
            effort: Effort::default(),
            regressions: PathBuf::from("pernet-regressions"),
        }
    }
}

/// Asks what broke once again, and then draws new worlds.
///
/// # Panics
/// If something breaks, with the whole story; what is new is written into the folder of regressions first. If a regression
/// cannot be read, or the protocol cannot be used.
pub fn check(protocol: &Protocol, budget: &Budget) {
    for path in recorded(&budget.regressions) {
        again(protocol, &path);
    }
    let config = Config {
        cases: budget.worlds,
        failure_persistence: None,
        // What fails is made small by our own means, which know what a world is.
        max_shrink_iters: 0,
        ..Config::default()
    };
    let mut key = [0; 32];
    key[..8].copy_from_slice(&budget.seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &key);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let seen = |text: &str| {
        look(
            (FILE, text),
            (&protocol.name, &protocol.values),
            &protocol.texts,
            &budget.effort,
            budget.seed,
            &(),
        )
        .unwrap_or_else(|rejected| refused(&rejected))
    };
    let result = runner.run(&worlds(protocol), |drawn| match seen(&drawn.text).failures.first() {
        Some(failure) => Err(TestCaseError::fail(failure.signature.to_string())),
        None => Ok(()),
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(_, drawn)) => {
            let failure = seen(&drawn.text).failures.swap_remove(0);
            broken(Found { origin: Origin::Entry(FILE.to_string()), failure }, &budget.regressions);
        }
        Err(TestError::Abort(why)) => panic!("no worlds could be drawn: {why}"),
    }
}

/// The replay files of a folder, by name. One that is not there has none.
fn recorded(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    paths.sort();
    paths
}

/// Asks the scenario of a regression of the protocol as it is now.
fn again(protocol: &Protocol, path: &Path) {
    let shown = path.display().to_string();
    let answer = || {
        let text = read_text(path, MOST_REPLAY).map_err(Rejected::new)?;
        let recording = Recording::parse(&shown, &text)?;
        let text = recording.texts.first().map_or("", |text| &text.text);
        let scenario = Scenario::read(&recording.scenario, text)?;
        let question = Question {
            protocol: protocol.name.clone(),
            breaks: Vec::new(),
            params: recording.params.clone(),
        };
        let limits = Limits { max_states: 100_000, ..Limits::default() };
        let plan = Plan { limits, runs: 1_000, ..Plan::default() };
        ask(&scenario, &question, &plan, &protocol.texts, &())
    };
    let answer = answer().unwrap_or_else(|rejected: Box<Rejected>| refused(&rejected));
    if let Some(violation) = answer.violations.first() {
        let command = format!("pernet-sim replay {}", human::quoted(&shown));
        let story = human::violation(&answer, violation, &command, Style::PLAIN);
        panic!("what broke once breaks again:\n\n{story}");
    }
}

/// Keeps what broke, and says it.
fn broken(found: Found, folder: &Path) -> ! {
    let small = Finding::new(found, 0, Some(&shrink::Effort::default()), &())
        .unwrap_or_else(|rejected| refused(&rejected));
    let path = folder.join(format!("{}.txt", small.name));
    let recording = Recording::of(&small.answer, &small.violation).map(|recording| recording.to_text());
    let kept =
        recording.is_some_and(|text| fs::create_dir_all(folder).is_ok() && fs::write(&path, text).is_ok());
    let command = match kept {
        true => format!("pernet-sim replay {}", human::quoted(&path.to_string_lossy())),
        false => format!("`{}` could not be written", path.display()),
    };
    panic!("{}", story(&small, &command, Style::PLAIN));
}

fn refused(rejected: &Rejected) -> ! {
    panic!("{}", render(rejected, "", false))
}
