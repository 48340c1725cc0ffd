//! One world, looked at: some schedules, then all of its states if they are few, else more schedules.

use super::places::Places;
use crate::answer::Violation;
use crate::ask::Plan;
use crate::engine::{Halt, Reached};
use crate::explore::explore;
use crate::limit::{Control, Limit, Limits};
use crate::pick::Pick;
use crate::question::{Loaded, Question, Rejected, Scenario, Values};
use crate::replay::replay;
use crate::room::{Unrun, with_room};
use crate::sample::{Sampling, Tally, sample};
use crate::scheduler::DEFAULT;
use crate::signature::Signature;
use model::lang::load::Library;
use model::machine::{Program, Room};
use std::collections::BTreeSet;

/// How far a world is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// Schedules that are run of every world.
    pub first: u64,
    /// States that a search may store; 0: none is made.
    pub max_states: u64,
    /// Schedules that are run where the search was cut short.
    pub schedules: u64,
    /// Steps of one schedule.
    pub max_steps: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { first: 8, max_states: 4_000, schedules: 120, max_steps: 20_000 }
    }
}

/// What was seen of a world.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// What ran of the protocol, and who stood where at the same time, as fingerprints.
    pub places: BTreeSet<u64>,
    /// States of the search.
    pub states: u64,
    /// Schedules that were run.
    pub schedules: u64,
    /// Were all its states looked at?
    pub complete: bool,
    /// Schedules that were as long as one may be.
    pub endless: u64,
    /// What is wrong, each with a run that shows it.
    pub failures: Vec<Failure>,
    /// What cut the look short; then nothing that was seen counts.
    pub cut: Option<Limit>,
}

/// A run that shows something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What broke, and where.
    pub signature: Signature,
    /// The violation, repeated.
    pub violation: Violation,
    /// The texts that the world was made of, the scenario first.
    pub texts: Vec<(String, String)>,
    /// What was asked.
    pub question: Question,
    /// The run.
    pub picks: Vec<Pick>,
}

/// Looks at a world. Its schedules are those of `seed`.
///
/// # Errors
/// If it cannot be used with its protocol.
pub fn look(
    (file, text): (&str, &str),
    (protocol, values): (&str, &Values),
    library: &dyn Library,
    effort: &Effort,
    seed: u64,
    control: &dyn Control,
) -> Result<Seen, Box<Rejected>> {
    let scenario = Scenario::read(file, text)?;
    let question = Question { protocol: protocol.to_string(), breaks: Vec::new(), params: values.clone() };
    let loaded = scenario.load(&question, library)?;
    let mut room = Room::default();
    let looked = with_room(&loaded, &mut room, |program| Looked::at(program, effort, seed, control));
    match looked {
        Ok(looked) => looked.repeated(file, &loaded, &question, &room, effort),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, place)) => {
            let violation = Violation::in_boot(&loaded, &question, *finding, place);
            let failure = failure(file, &loaded, &question, violation, Vec::new());
            Ok(Seen { failures: vec![failure], complete: true, ..Seen::default() })
        }
    }
}

/// What was seen before it is repeated.
struct Looked {
    seen: Seen,
    /// Names, and picks that lead there.
    found: Vec<(String, Vec<Pick>)>,
}

impl Looked {
    fn at(program: &Program, effort: &Effort, seed: u64, control: &dyn Control) -> Result<Self, Halt> {
        let mut places = Places::of(program);
        let mut scheduler = DEFAULT.build(seed).expect("the default scheduler needs only a seed");
        let mut tally = Tally::default();
        let mut run = |runs: u64, tally: &mut Tally| {
            let how =
                Sampling { runs, timed: false, max_steps: effort.max_steps, endless: u64::MAX, control };
            sample(program, &how, &mut *scheduler, tally, &mut Reached::default(), &mut places)
        };
        run(effort.first, &mut tally)?;
        let mut seen = Seen::default();
        let mut found = Vec::new();
        if tally.found.is_empty() && effort.max_states > 0 && !halted(tally.limit) {
            let limits = Limits { max_states: effort.max_states, ..Limits::default() };
            let plan = Plan { limits, ..Plan::default() };
            let explored = explore(program, &plan, &mut Reached::default(), control)?;
            seen.states = explored.searched.states;
            seen.complete = explored.searched.limit.is_none();
            seen.cut = explored.searched.limit.filter(|limit| halted(Some(*limit)));
            found.extend(explored.best.into_iter().map(|best| (best.name, best.picks)));
        }
        if tally.found.is_empty() && found.is_empty() && !seen.complete && seen.cut.is_none() {
            run(effort.first + effort.schedules, &mut tally)?;
        }
        seen.cut = seen.cut.or(tally.limit.filter(|limit| halted(Some(*limit))));
        seen.schedules = tally.executions;
        seen.endless = tally.endless;
        found.extend(tally.found.into_iter().map(|(name, best)| (name, best.picks)));
        seen.places = places.seen();
        Ok(Self { seen, found })
    }

    /// Repeats what was found: nobody is told of what has not been seen twice.
    fn repeated(
        self,
        file: &str,
        loaded: &Loaded,
        question: &Question,
        room: &Room,
        effort: &Effort,
    ) -> Result<Seen, Box<Rejected>> {
        let Self { mut seen, found } = self;
        for (name, picks) in found {
            let replayed = replay(loaded, room, &picks, false, effort.max_steps)?;
            let violation = Violation::of(question, &picks, replayed).filter(|again| again.name == name);
            let violation = violation.expect("the same picks lead to the same finding");
            seen.failures.push(failure(file, loaded, question, violation, picks));
        }
        Ok(seen)
    }
}

/// Was it ended from outside?
const fn halted(limit: Option<Limit>) -> bool {
    matches!(limit, Some(Limit::Time | Limit::Interrupt))
}

fn failure(
    file: &str,
    loaded: &Loaded,
    question: &Question,
    violation: Violation,
    picks: Vec<Pick>,
) -> Failure {
    let texts = loaded.sources().files().iter().map(|file| (file.name.clone(), file.text.clone()));
    Failure {
        signature: Signature::of(file, &violation),
        texts: texts.collect(),
        question: question.clone(),
        violation,
        picks,
    }
}
