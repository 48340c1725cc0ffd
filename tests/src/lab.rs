//! Where tests put their questions: a scenario as text or a shipped one, and what can be done with it in a few words.
//!
//! It must never decide what is right: that is the tests' part.

use model::machine::{Program, Room};
use sim::answer::Answer;
use sim::ask::{Mode, Plan, ask};
use sim::engine::{Halt, Reached};
use sim::library::{self, ShippedLibrary};
use sim::limit::Limits;
use sim::question::{Loaded, Question, Rejected, Scenario, Values};
use sim::reduce::Reductions;
use sim::report::diagnostic;
use sim::room::{Unrun, with_room};
use sim::search::search;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_path_buf()
}

/// One question with its scenario.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Scenario,
    /// What is asked of it.
    pub question: Question,
}

impl Case {
    /// The only question of a text.
    ///
    /// # Panics
    /// If it cannot be read, or asks more than one.
    #[track_caller]
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::of_text(text, None)
    }

    /// The question of a text, asked of another protocol.
    ///
    /// # Panics
    /// If it cannot be read, or asks more than one.
    #[track_caller]
    #[must_use]
    pub fn on(text: &str, protocol: &str) -> Self {
        Self::of_text(text, Some(protocol))
    }

    #[track_caller]
    fn of_text(text: &str, protocol: Option<&str>) -> Self {
        let scenario = Scenario::read("test.pernet", text).unwrap_or_else(|rejected| refuse(&rejected));
        let mut questions = scenario.questions(protocol, &Values::new());
        assert_eq!(questions.len(), 1, "the text asks one question");
        Self { scenario, question: questions.remove(0) }
    }

    /// All questions of all shipped scenarios, in the order in which the program asks them.
    ///
    /// # Panics
    /// If a shipped scenario cannot be read.
    #[must_use]
    pub fn shipped() -> Vec<Self> {
        library::scenarios().iter().flat_map(|shipped| Self::in_file(shipped.file, &[])).collect()
    }

    /// All questions of one shipped scenario, with constants set.
    ///
    /// # Panics
    /// If there is no such scenario.
    #[track_caller]
    #[must_use]
    pub fn in_file(file: &str, set: &[(&str, i64)]) -> Vec<Self> {
        let shipped = library::scenarios().into_iter().find(|shipped| shipped.file == file);
        let shipped = shipped.unwrap_or_else(|| panic!("`{file}` is shipped"));
        let scenario =
            Scenario::read(shipped.file, shipped.text).unwrap_or_else(|rejected| refuse(&rejected));
        let set = set.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        let questions = scenario.questions(None, &set);
        questions.into_iter().map(|question| Self { scenario: scenario.clone(), question }).collect()
    }

    /// How it is called in messages.
    #[must_use]
    pub fn title(&self) -> String {
        let params = sim::answer::params_text(&self.question.params);
        format!("{} on {} {params}", self.scenario.file, self.question.protocol).trim_end().to_string()
    }

    /// Its whole text.
    ///
    /// # Panics
    /// If it cannot be loaded.
    #[track_caller]
    #[must_use]
    pub fn loaded(&self) -> Loaded {
        self.scenario.load(&self.question, &ShippedLibrary).unwrap_or_else(|rejected| refuse(&rejected))
    }

    /// Does something with the compiled question, again and again while it asks for more room.
    ///
    /// # Errors
    /// If it is wrong before its first step: the finding's name.
    ///
    /// # Panics
    /// If it cannot be compiled or booted.
    #[track_caller]
    pub fn compiled<T>(&self, run: impl FnMut(&Program) -> Result<T, Halt>) -> Result<T, String> {
        match with_room(&self.loaded(), &mut Room::default(), run) {
            Ok(out) => Ok(out),
            Err(Unrun::Boot(finding, _)) => Err(finding.name),
            Err(Unrun::Rejected(rejected)) => refuse(&rejected),
        }
    }

    /// Asks it.
    ///
    /// # Panics
    /// If it cannot be used.
    #[track_caller]
    #[must_use]
    pub fn ask(&self, plan: &Plan) -> Answer {
        ask(&self.scenario, &self.question, plan, &ShippedLibrary, &())
            .unwrap_or_else(|rejected| refuse(&rejected))
    }

    /// Asks it of all its states, without reductions.
    #[track_caller]
    #[must_use]
    pub fn search(&self) -> Answer {
        self.ask(&Plan { mode: Mode::Exhaustive, reductions: Reductions::NONE, ..Plan::default() })
    }
}

/// The states of a question without judges and conditions.
///
/// # Panics
/// If it cannot be searched to the end.
#[track_caller]
#[must_use]
pub fn states_unjudged(loaded: &Loaded) -> u64 {
    let mut room = Room::default();
    loop {
        let program = loaded.compile_unjudged(&room).expect("it compiles");
        match search(&program, &Limits::default(), &mut Reached::new(&program), &()) {
            Ok(seen) => {
                assert_eq!(seen.limit, None, "it is searched to the end");
                return seen.states;
            }
            Err(Halt::Room(more)) => room = more,
            Err(_) => panic!("it boots"),
        }
    }
}

#[track_caller]
fn refuse(rejected: &Rejected) -> ! {
    panic!("{}", diagnostic::render(rejected, "", false))
}
