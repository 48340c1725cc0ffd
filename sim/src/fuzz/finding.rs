//! What is told of something that broke: the smallest story that shows it, repeated.

use super::look::Failure;
use super::rounds::{Found, Origin};
use crate::VERSION;
use crate::answer::{Answer, Violation, repeated};
use crate::fate;
use crate::library::Texts;
use crate::limit::{Control, Limits};
use crate::origin::Origin as Came;
use crate::pick::Pick;
use crate::question::{Rejected, Scenario};
use crate::replay::replay;
use crate::shrink::{Effort, Failing, Shrunk, shrink};
use crate::signature::Signature;
use model::machine::Room;

/// States that are looked at to say from where on it was inevitable.
const MOST_STATES: u64 = 20_000;

/// Something that broke, ready to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What broke, and where.
    pub signature: Signature,
    /// In which world it was seen first.
    pub origin: Origin,
    /// The smallest world; `None`: nobody asked for it, or it could not be made smaller.
    pub shrunk: Option<Shrunk>,
    /// A name for a file of its scenario, without its ending.
    pub name: String,
    /// The scenario.
    pub text: String,
    /// The run, repeated.
    pub answer: Answer,
    /// What it leads to.
    pub violation: Violation,
}

impl Finding {
    /// Makes a finding of a seed's worlds small, unless `effort` is `None`, and repeats it.
    ///
    /// # Errors
    /// If it cannot be repeated: the texts that it was found in were in use.
    pub fn new(
        found: Found,
        seed: u64,
        effort: Option<&Effort>,
        control: &dyn Control,
    ) -> Result<Self, Box<Rejected>> {
        let Found { origin, failure } = found;
        let shrunk = effort.and_then(|effort| shrink(&failing(&failure), effort, control).ok());
        let (name, text, picks, came) = match &shrunk {
            Some(small) => (small.name.clone(), &small.text, &small.schedule.0, Came::Shrink),
            None => {
                let came = match &origin {
                    Origin::Drawn(world) => Came::Fuzz { seed, world: *world, version: VERSION.to_string() },
                    Origin::Entry(_) => Came::Unknown,
                };
                (plain_name(&failure.signature), &failure.texts[0].1, &failure.picks, came)
            }
        };
        let text = text.clone();
        let (mut answer, mut violation) = again(&name, &text, &failure, picks, control)?;
        violation.origin = came;
        answer.violations = vec![violation.clone()];
        Ok(Self { signature: failure.signature, origin, shrunk, name, text, answer, violation })
    }
}

fn failing(failure: &Failure) -> Failing {
    let (file, text) = &failure.texts[0];
    Failing {
        file: file.clone(),
        text: text.clone(),
        question: failure.question.clone(),
        protocols: failure.texts[1..].to_vec(),
        timed: false,
        picks: Some(failure.picks.clone()),
        signature: Some(failure.signature.clone()),
    }
}

/// `paired-rfc2007-58`
fn plain_name(signature: &Signature) -> String {
    match &signature.place {
        Some((file, line)) => format!("{}-{file}-{line}", signature.name.replace('_', "-")),
        None => signature.name.replace('_', "-"),
    }
}

/// Repeats the run of a world that may have been made small. Whatever its text says by now: nothing was to break.
fn again(
    name: &str,
    text: &str,
    failure: &Failure,
    picks: &[Pick],
    control: &dyn Control,
) -> Result<(Answer, Violation), Box<Rejected>> {
    let scenario = Scenario::read(&format!("{name}.pernet"), text)?;
    let texts = Texts { files: failure.texts[1..].to_vec() };
    let question = &failure.question;
    let loaded = scenario.load(question, &texts)?;
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    let mut room = Room::default();
    let replayed = replay(&loaded, &room, picks, false, limits.max_steps)?;
    let mut answer = repeated(&scenario, &loaded, question, picks, replayed);
    fate::tell(&mut answer.violations, &loaded, &mut room, &limits, control)?;
    let violation = answer.violations.first().cloned().unwrap_or_else(|| failure.violation.clone());
    Ok((answer, violation))
}
