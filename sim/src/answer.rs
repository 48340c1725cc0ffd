//! Answers and violations: what comes of a question, as values.

use crate::besides::Told;
use crate::engine::End;
use crate::inevitable::Fate;
use crate::limit::Limit;
use crate::origin::Origin;
use crate::pick::Pick;
use crate::question::{Loaded, Question, Scenario, Values};
use crate::reduce::Used;
use crate::replay::{Found, Replayed};
use crate::sample::First;
use crate::schedule::Schedule;
use crate::timed::TimedReport;
use crate::trace::{Place, Trace};
use crate::verdict::{Coverage, Exit, Verdict};
use model::lang::source::SourceMap;
use model::machine::Finding;
use std::collections::BTreeMap;

/// Something that was found, with the schedule that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The judge, the machine's finding or the condition.
    pub name: String,
    /// Why it broke.
    pub why: String,
    /// Steps of the schedule.
    pub steps: u64,
    /// Switches between tasks in it.
    pub switches: u64,
    /// Who took the last step; empty if nobody did.
    pub task: String,
    /// Where.
    pub place: Place,
    /// Does the question name it?
    pub expected: bool,
    /// The decisions that lead to it. None if no schedule does, or if the way to it was cut short.
    pub schedule: Option<Schedule>,
    /// Where the decisions come from.
    pub origin: Origin,
    /// What happens on the way.
    pub trace: Option<Trace>,
    /// Whether it could have been avoided, and until when. None if nobody has looked.
    pub fate: Option<Fate>,
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The scenario's file, as reports show it.
    pub file: String,
    /// Its stem.
    pub name: String,
    /// What was asked.
    pub question: Question,
    /// All texts that the question is made of, the scenario first.
    pub sources: SourceMap,
    /// The answer in one word.
    pub verdict: Verdict,
    /// Its part in the exit status.
    pub exit: Exit,
    /// What was found, the shortest schedule first.
    pub violations: Vec<Violation>,
    /// Names behind `breaks` that were not found.
    pub not_found: Vec<String>,
    /// Each `sometimes` that was not reached; empty if they are not asked.
    pub not_reached: Vec<Unreached>,
    /// Judges that had nothing to look at.
    pub asleep: Vec<&'static str>,
    /// The seed, if there were sampled executions.
    pub seed: Option<u64>,
    /// Unique states, of a search.
    pub states: Option<u64>,
    /// Transitions of a search, or steps of executions.
    pub transitions: Option<u64>,
    /// Sampled executions, or one of each trace.
    pub executions: Option<u64>,
    /// Executions of a search for traces besides, which could not go on since all that was left had been run already.
    /// There should be none.
    pub in_vain: u64,
    /// Of the final states.
    pub final_fingerprint: u64,
    /// How much was looked at.
    pub coverage: Coverage,
    /// Where a search was cut short: all schedules of so many steps were looked at.
    pub covered: u32,
    /// What the search left out because it cannot matter.
    pub reduced: Used,
    /// What cut the search short that sampling then stood in for.
    pub search_limit: Option<Limit>,
    /// Orders of locks that meet, which nobody has named: no violations.
    pub warnings: Vec<String>,
    /// When sampled executions met a finding first, by its name.
    pub first: BTreeMap<String, First>,
    /// What the scheduler promises of the sampled executions.
    pub promise: Option<String>,
    /// The figures in virtual time.
    pub timed: Option<TimedReport>,
    /// A schedule that did not do again what it did: the worst that can be said about this program.
    pub nondeterminism: Option<String>,
    /// What happened, of one repeated schedule.
    pub repeated: Option<Trace>,
    /// What was asked besides the verdict.
    pub besides: Told,
}

impl Answer {
    /// An answer that says nothing yet: nothing was looked at.
    #[must_use]
    pub fn blank(scenario: &Scenario, loaded: &Loaded, question: &Question) -> Self {
        Self {
            file: scenario.file.clone(),
            name: scenario.name().to_string(),
            question: question.clone(),
            sources: loaded.sources().clone(),
            verdict: Verdict::Inconclusive,
            exit: Exit::Inconclusive,
            violations: Vec::new(),
            not_found: Vec::new(),
            not_reached: Vec::new(),
            asleep: Vec::new(),
            seed: None,
            states: None,
            transitions: None,
            executions: None,
            in_vain: 0,
            final_fingerprint: 0,
            coverage: Coverage::Sampled,
            covered: 0,
            reduced: Used::default(),
            search_limit: None,
            warnings: Vec::new(),
            first: BTreeMap::new(),
            promise: None,
            timed: None,
            nondeterminism: None,
            repeated: None,
            besides: Told::default(),
        }
    }

    /// Does the verdict answer the scenario as it says it should?
    #[must_use]
    pub fn as_expected(&self) -> bool {
        self.exit == Exit::AsExpected
    }
}

impl Violation {
    /// A repeated schedule as a violation, if it led to one. Nothing is said of where the schedule comes from.
    #[must_use]
    pub fn of(question: &Question, picks: &[Pick], replayed: Replayed) -> Option<Self> {
        let Replayed { execution, found, trace, .. } = replayed;
        let Found { finding, place } = found?;
        Some(Self {
            switches: execution.switches,
            task: trace.steps.back().map(|step| step.task.clone()).unwrap_or_default(),
            place,
            schedule: Some(Schedule(picks.to_vec())),
            trace: Some(trace),
            ..Self::bare(question, finding, execution.steps)
        })
    }

    /// A finding whose schedule is not known.
    #[must_use]
    pub fn bare(question: &Question, finding: Finding, steps: u64) -> Self {
        Self {
            expected: question.breaks.contains(&finding.name),
            name: finding.name,
            why: finding.why,
            steps,
            switches: 0,
            task: String::new(),
            place: Place::default(),
            schedule: None,
            origin: Origin::Unknown,
            trace: None,
            fate: None,
        }
    }

    /// A finding before the first step. Its schedule is empty.
    #[must_use]
    pub fn in_boot(loaded: &Loaded, question: &Question, finding: Finding, place: Option<Place>) -> Self {
        let file = loaded.sources().files()[0].name.clone();
        Self {
            task: "boot".to_string(),
            place: place.unwrap_or(Place { file, line: 1, source: String::new() }),
            schedule: Some(Schedule::default()),
            trace: Some(Trace::default()),
            ..Self::bare(question, finding, 0)
        }
    }

    /// A `sometimes` that no schedule reaches, and so without one.
    #[must_use]
    pub fn never_reached(question: &Question, unreached: &Unreached) -> Self {
        let finding = Finding {
            name: unreached.name.clone(),
            why: format!("no schedule reaches `{}`", unreached.text),
            pc: None,
        };
        Self { expected: false, place: unreached.place.clone(), ..Self::bare(question, finding, 0) }
    }
}

/// A `sometimes` that was not true in any state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreached {
    /// Its label, or the word.
    pub name: String,
    /// Its expression.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// One repeated schedule as an answer: what it shows is certain, and nothing else was looked at.
#[must_use]
pub fn repeated(
    scenario: &Scenario,
    loaded: &Loaded,
    question: &Question,
    picks: &[Pick],
    replayed: Replayed,
) -> Answer {
    let steps = replayed.execution.steps;
    let limit = match replayed.execution.end {
        End::Limit(limit) => Some(limit),
        _ => None,
    };
    let trace = replayed.trace.clone();
    let violations: Vec<_> = Violation::of(question, picks, replayed).into_iter().collect();
    let (verdict, exit) = match (violations.first(), limit) {
        (Some(violation), _) if violation.expected => (Verdict::Violated, Exit::AsExpected),
        (Some(_), _) => (Verdict::Violated, Exit::Finding),
        (None, None) => (Verdict::NoneFound, Exit::AsExpected),
        (None, Some(_)) => (Verdict::Inconclusive, Exit::Inconclusive),
    };
    Answer {
        verdict,
        exit,
        violations,
        transitions: Some(steps),
        executions: Some(1),
        final_fingerprint: trace.marks.last().map_or(0, |mark| mark.fingerprint),
        coverage: limit.map_or(Coverage::Sampled, Coverage::Cut),
        repeated: Some(trace),
        ..Answer::blank(scenario, loaded, question)
    }
}

/// The parameters as `name=value`, for people.
#[must_use]
pub fn params_text(values: &Values) -> String {
    values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
