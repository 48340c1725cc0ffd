//! What happened, step by step, as values: for reports and replay files.

use crate::engine::Follow;
use crate::phrase;
use model::lang::source::{SourceMap, Span};
use model::machine::{Event, NetState, Program, TaskId, Watch, World};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The state is marked at every so manieth step.
pub const FINGERPRINT_EVERY: u64 = 16;

/// Of a longer execution, only so many steps at the end are kept.
const MOST_STEPS: usize = 2_000;

/// A place in a text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, as reports show it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// That line's text, without the comment behind it.
    pub source: String,
}

impl Place {
    /// The place of a span.
    #[must_use]
    pub fn of(program: &Program, span: Span) -> Self {
        Self {
            file: program.sources.file(span.file).name.clone(),
            line: program.sources.position(span).0,
            source: code(program.sources.line(span)).to_string(),
        }
    }

    /// A line of one of some texts.
    #[must_use]
    pub fn line_of(sources: &SourceMap, file: &str, line: u32) -> Self {
        let text =
            sources.files().iter().find(|source| source.name == file).map(|source| source.text.as_str());
        let at = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let source = text.and_then(|text| text.lines().nth(at)).unwrap_or_default();
        Self { file: file.to_string(), line, source: code(source.trim()).to_string() }
    }
}

/// A line without what stands behind `//`: there are no strings that could hold one.
fn code(line: &str) -> &str {
    match line.find("//") {
        Some(at) if at > 0 => line[..at].trim_end(),
        _ => line,
    }
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Counted from 1.
    pub number: u64,
    /// Who took it.
    pub task: String,
    /// What ran.
    pub place: Place,
    /// What it did, in short phrases.
    pub happened: Vec<String>,
    /// The namespaces behind it.
    pub nets: Vec<NetState>,
}

/// A recorded execution.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// What happened in boot.
    pub boot: Vec<String>,
    /// The namespaces before the first step.
    pub start: Vec<NetState>,
    /// How many steps at the beginning are not in `steps`.
    pub left_out: u64,
    /// The steps.
    pub steps: VecDeque<Step>,
    /// The state at every few steps, the first one and the last one included.
    pub marks: Vec<Mark>,
    /// The lowest byte of the state's fingerprint behind each step, those left out included: so two runs that differ can be
    /// told apart at the very step.
    pub checks: Vec<u8>,
}

/// Where a run stands after some steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// So many steps.
    pub steps: u64,
    /// So many picks were made; none if nobody has written it down.
    pub picks: Option<usize>,
    /// The state's fingerprint.
    pub fingerprint: u64,
}

/// Records an execution. It watches boot first, and then one run.
#[derive(Debug, Default)]
pub struct Recorder {
    trace: Trace,
    step: u64,
    /// Picks behind the last step.
    picks: usize,
    happened: Vec<String>,
    place: Place,
    round: Option<Round>,
}

/// Watches for the state that comes again, once all picks of a schedule are used up. A round in which somebody could have
/// taken a step all the time, and took none, proves nothing: that step may be what ends it.
#[derive(Debug)]
struct Round {
    picks: usize,
    /// Each state, and after how many steps it was there first.
    seen: BTreeMap<u128, u64>,
    /// Of each task: the last step that it took, or behind which it could not take one.
    rests: Vec<u64>,
    found: Option<(u64, u64)>,
}

impl Round {
    fn look(&mut self, world: &World<'_>, task: Option<TaskId>, step: u64) {
        self.rests.resize(world.program().tasks.len(), 0);
        for (other, rests) in (0..).zip(&mut self.rests) {
            if task == Some(other) || !world.enabled(other) {
                *rests = step;
            }
        }
    }
}

impl Recorder {
    /// A recorder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops when so many picks were made and a state comes again, in a round that is fair to everybody: from there on it can
    /// go round for ever.
    #[must_use]
    pub fn until_round(mut self, picks: usize) -> Self {
        self.round = Some(Round { picks, seen: BTreeMap::new(), rests: Vec::new(), found: None });
        self
    }

    /// The state after the first number of steps came again after the second.
    #[must_use]
    pub fn round(&self) -> Option<(u64, u64)> {
        self.round.as_ref()?.found
    }

    /// Boot is over.
    pub fn booted(&mut self, world: &World<'_>) {
        self.trace.boot = std::mem::take(&mut self.happened);
        self.trace.start = world.nets();
        self.trace.marks.push(Mark { steps: 0, picks: Some(0), fingerprint: world.canonical() });
        if let Some(round) = &mut self.round {
            round.seen.insert(world.fingerprint(), 0);
            round.look(world, None, 0);
        }
    }

    /// What was recorded. The last state is among its fingerprints.
    #[must_use]
    pub fn finish(mut self, world: &World<'_>) -> Trace {
        if self.trace.marks.last().is_none_or(|mark| mark.steps != self.step) {
            self.mark(world.canonical());
        }
        self.trace
    }

    fn mark(&mut self, fingerprint: u64) {
        self.trace.marks.push(Mark { steps: self.step, picks: Some(self.picks), fingerprint });
    }
}

impl Watch for Recorder {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        let Some(phrase) = phrase::of(world, event) else { return };
        // A callback that returns in the step that enters it is told once.
        let entered = self.happened.last().is_some_and(|last| {
            phrase.strip_prefix(last.as_str()).is_some_and(|rest| rest.starts_with(" = "))
        });
        if entered {
            self.happened.pop();
        }
        self.happened.push(phrase);
    }
}

impl Follow for Recorder {
    fn begins(&mut self, world: &World<'_>, task: TaskId) {
        self.place = Place::of(world.program(), world.doing(task).span);
        self.happened.clear();
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lowest byte is what is kept")]
    fn ends(&mut self, world: &World<'_>, task: TaskId, picks: usize) -> bool {
        self.step += 1;
        if self.trace.steps.len() == MOST_STEPS {
            self.trace.steps.pop_front();
            self.trace.left_out += 1;
        }
        self.trace.steps.push_back(Step {
            number: self.step,
            task: world.program().tasks[task as usize].name.clone(),
            place: std::mem::take(&mut self.place),
            happened: std::mem::take(&mut self.happened),
            nets: world.nets(),
        });
        self.picks = picks;
        let fingerprint = world.canonical();
        self.trace.checks.push(fingerprint as u8);
        if self.step.is_multiple_of(FINGERPRINT_EVERY) {
            self.mark(fingerprint);
        }
        let Some(round) = &mut self.round else { return true };
        round.look(world, Some(task), self.step);
        let first = *round.seen.entry(world.fingerprint()).or_insert(self.step);
        let fair = || round.rests.iter().all(|&rests| rests > first);
        if first < self.step && picks >= round.picks && fair() {
            round.found = Some((first, self.step));
        }
        round.found.is_none()
    }
}
