//! From any failing run to the smallest story: world and schedule together, until no single thing can be left out.
//!
//! The protocol is never edited: it is what is judged. What breaks and where stays the same all the way
//! ([`Signature`]); the result says of each smaller world how it was refuted. All functions are pure: equal input gives
//! equal bytes, for any number of threads.

mod agenda;
mod certificate;
pub mod edit;
mod guard;
mod oracle;
mod page;
mod reduce;
mod rename;
mod shorter;
mod size;
mod story;
mod tidy;
mod title;

pub use certificate::Certificate;
pub use guard::Baseline;
pub use oracle::Refuted;
pub use size::Size;

use crate::answer::Violation;
use crate::codes;
use crate::library::Texts;
use crate::limit::{Control, Limits};
use crate::livelock::Livelock;
use crate::only::said;
use crate::origin::Origin;
use crate::pick::Pick;
use crate::question::{Question, Rejected, Scenario};
use crate::replay::replay;
use crate::replayfile::Recording;
use crate::schedule::Schedule;
use crate::signature::{Signature, is_of_a_step};
use guard::Guard;
use model::judge::orders::Orders;
use model::lang::diagnostic::Diagnostic;
use model::machine::Room;
use oracle::Oracle;
use reduce::Reducer;
use story::Run;

/// A run that fails, with all that it depends on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// The scenario's file, as reports show it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What was asked of it.
    pub question: Question,
    /// The protocols: names of files and their texts. A shipped one must be here, too.
    pub protocols: Vec<(String, String)>,
    /// Was it by the agenda? Then the smallest world fails by the agenda, too.
    pub timed: bool,
    /// The picks of the run; `None`: some run that fails in that way is looked for.
    pub picks: Option<Vec<Pick>>,
    /// What has to break, and where; `None`: what the picks lead to.
    pub signature: Option<Signature>,
}

impl Failing {
    /// A recorded run. What was drawn by the agenda is taken as timed, even where its steps were recorded without.
    #[must_use]
    pub fn of(recording: &Recording) -> Self {
        let text = recording.texts.iter().find(|text| text.name == recording.scenario);
        let drawn = matches!(&recording.origin, Origin::Sampled(drawn) if drawn.timed);
        Self {
            timed: recording.timed || drawn,
            file: recording.scenario.clone(),
            text: text.map_or_else(String::new, |text| text.text.clone()),
            question: recording.question(),
            protocols: recording.library().files,
            picks: Some(recording.schedule.0.clone()),
            signature: None,
        }
    }
}

/// How much is looked at to refute one smaller world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// States that a search may store.
    pub max_states: u64,
    /// Steps of one schedule.
    pub max_steps: u64,
    /// Schedules that are sampled where a search does not suffice.
    pub schedules: u64,
    /// States that the search for the shortest schedule of the smallest world may store.
    pub max_states_of_best: u64,
    /// Worlds that are looked at together; the result does not depend on it.
    pub jobs: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { max_states: 20_000, max_steps: 20_000, schedules: 200, max_states_of_best: 200_000, jobs: 1 }
    }
}

/// What has become of a failing run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// A name for the scenario, without folder and ending, made of what breaks and what the tasks do.
    pub name: String,
    /// The scenario: a question, `on P breaks X;`, and the smallest world.
    pub text: String,
    /// What it asks.
    pub question: Question,
    /// What breaks in it, as it did before.
    pub signature: Signature,
    /// Why.
    pub why: String,
    /// The decisions that lead there.
    pub schedule: Schedule,
    /// Is there no better schedule in this world? False: none was found.
    pub shortest: bool,
    /// Is it a schedule by the agenda?
    pub timed: bool,
    /// How large it was.
    pub before: Size,
    /// How large it is.
    pub after: Size,
    /// Protocols on which it does not break, before and after.
    pub controls: Vec<Baseline>,
    /// Was there a schedule that ends well, and is there one? False where controls say more.
    pub avoidable: bool,
    /// Steps of the longest run that was allowed to a smaller world.
    pub longest: u64,
    /// Why nothing more can be left out.
    pub certificate: Certificate,
}

/// Makes a failing run small.
///
/// # Errors
/// If its texts cannot be used, or it does not fail in that way.
pub fn shrink(failing: &Failing, effort: &Effort, control: &dyn Control) -> Result<Shrunk, Box<Rejected>> {
    let texts = Texts { files: failing.protocols.clone() };
    let (signature, condition) = match &failing.picks {
        Some(picks) => shown(failing, &texts, picks)?,
        None => (failing.signature.clone().ok_or_else(nothing_shown)?, None),
    };
    if failing.signature.as_ref().is_some_and(|wanted| *wanted != signature) {
        let message = format!("the run shows `{signature}`");
        let help = "ask for that, or for nothing: what the run shows is kept".to_string();
        return Err(Box::new(Rejected::new(
            Diagnostic::without_place(codes::SHRINK_OTHER, message).help(help),
        )));
    }
    let page = page::alone(failing, &signature.name)?;
    // Nobody goes round for ever by the agenda, and orders of locks are in no one schedule.
    let timed = failing.timed && ![Livelock::NAME, Orders::NAME].contains(&signature.name.as_str());
    let mut oracle = Oracle {
        file: &failing.file,
        texts,
        values: page.values,
        signature,
        condition,
        longest: u64::MAX,
        timed,
        guard: Guard::default(),
        effort,
        control,
    };
    let first = match &failing.picks {
        Some(picks) if !picks.is_empty() => oracle.repeat(&page.text, picks),
        _ => None,
    };
    let first = first.map_or_else(|| oracle.ask(&page.text, &Run::default()), Ok);
    let first = first.map_err(|_| nothing_shown())?;
    if oracle.condition.is_none() && !is_of_a_step(&oracle.signature.name) {
        oracle.condition = said(&first.why).map(str::to_string);
    }
    let before = Size::of(&page.text, first.steps);
    oracle.longest = first.steps;
    // By the agenda the shortest schedule may be none of those that there are.
    if let Some(best) = oracle.best(&page.text, effort.max_states).filter(|_| !timed) {
        oracle.longest = first.steps.min(best.steps + best.steps / 5);
    }
    oracle.guard = Guard::of(&oracle, failing, &page.text);
    let (text, certificate, run) = {
        let mut reducer = Reducer::new(&oracle, page.text, first);
        reducer.run();
        reducer.finish()
    };
    let (run, shortest) = shorter::best(&oracle, &text, run);
    let named = title::write(&oracle, &text, &run, &certificate);
    let after = Size::of(&named.text, run.steps);
    Ok(Shrunk {
        name: named.name,
        question: named.question,
        text: named.text,
        why: named.why,
        schedule: Schedule(run.picks),
        signature: oracle.signature,
        controls: oracle.guard.controls,
        avoidable: oracle.guard.avoidable,
        longest: oracle.longest,
        timed,
        shortest,
        before,
        after,
        certificate,
    })
}

/// What some picks lead to: the signature, and the text of the condition that breaks, if one does.
fn shown(
    failing: &Failing,
    texts: &Texts,
    picks: &[Pick],
) -> Result<(Signature, Option<String>), Box<Rejected>> {
    let scenario = Scenario::read(&failing.file, &failing.text)?;
    let loaded = scenario.load(&failing.question, texts)?;
    let replayed = replay(&loaded, &Room::default(), picks, failing.timed, Limits::default().max_steps)?;
    let violation = Violation::of(&failing.question, picks, replayed).ok_or_else(nothing_shown)?;
    let signature = Signature::of(&failing.file, &violation);
    let condition = said(&violation.why).filter(|_| !is_of_a_step(&signature.name));
    Ok((signature, condition.map(str::to_string)))
}

fn nothing_shown() -> Box<Rejected> {
    let message = "the run does not fail, or not in that way".to_string();
    let help = "what can be made small is a run that `pernet-sim replay` shows to break something";
    Box::new(Rejected::new(Diagnostic::without_place(codes::SHRINK_NOTHING, message).help(help)))
}

/// The size, steps included, of a run in its text.
impl Size {
    fn of(text: &str, steps: u64) -> Self {
        Self { steps, ..Self::of_text(text) }
    }
}
