//! Where a run is not the one that was recorded, and in what.

use super::Recording;
use crate::VERSION;
use crate::codes;
use crate::fingerprint::hex;
use crate::pick::Pick;
use crate::replay::Replayed;
use crate::replay::beside::Difference;
use crate::scheduler::{Divergence, Open};
use crate::trace::{Mark, Step};
use model::lang::diagnostic::Diagnostic;
use model::machine::NetState;

/// The first step where a run is not as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differs {
    /// The first step that may be it, counted from 1; 0: before the first step.
    pub from: u64,
    /// The step itself, or the last one that may be it.
    pub step: u64,
    /// What was recorded.
    pub expected: String,
    /// What there is instead.
    pub found: String,
}

impl Differs {
    fn at(step: u64, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { from: step, step, expected: expected.into(), found: found.into() }
    }

    /// Where, and in what: to be put behind what is said of the run.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { from, step, expected, found } = self;
        let place = match step {
            0 => "before the first step".to_string(),
            step if from < step => format!("at one of the steps {from} to {step}"),
            step => format!("at step {step}"),
        };
        format!("{place}: expected {expected}, found {found}")
    }

    /// What is said where it may not differ.
    pub(super) fn diagnostic(&self, help: impl Into<String>) -> Diagnostic {
        let message = format!("the replay diverges {}", self.text());
        Diagnostic::without_place(codes::REPLAY_DIVERGES, message).help(help)
    }
}

impl From<&Difference> for Differs {
    fn from(difference: &Difference) -> Self {
        let Difference { step, expected, found, ends } = difference;
        if *step == 0 {
            return Self::at(0, "what boot did when the run was recorded", "another boot");
        }
        // The namespaces are told only if nothing else differs: they are many words.
        let same = expected.as_ref().map(side) == found.as_ref().map(side);
        let tell = |step: &Option<Step>, end: Option<&String>| match (step, end) {
            (Some(step), _) if same => format!("{}, and then {}", side(step), nets(&step.nets)),
            (Some(step), _) => side(step),
            (None, Some(end)) => format!("{end} there"),
            (None, None) => "nothing".to_string(),
        };
        let (one, other) = (ends.as_ref().map(|ends| &ends.0), ends.as_ref().map(|ends| &ends.1));
        Self::at(*step, tell(expected, one), tell(found, other))
    }
}

/// A step in one line.
fn side(step: &Step) -> String {
    let file = step.place.file.rsplit('/').next().unwrap_or("");
    let mut text = format!("{} at {file}:{} `{}`", step.task, step.place.line, step.place.source);
    if !step.happened.is_empty() {
        text.push_str(&format!(" ({})", step.happened.join("; ")));
    }
    text
}

fn nets(nets: &[NetState]) -> String {
    let net = |net: &NetState| format!("{} {}[{}]", net.phase, net.name, net.inited.join(" "));
    nets.iter().map(net).collect::<Vec<_>>().join(", ")
}

/// What was recorded at a point that it does not fit, and what is open there.
#[must_use]
pub fn describe(divergence: &Divergence, tasks: &[String]) -> (String, String) {
    let name = |task: u32| tasks.get(task as usize).map_or_else(|| format!("task {task}"), Clone::clone);
    let expected = match divergence.recorded {
        Some(Pick::Task(task)) => format!("{} to be next (pick {})", name(task), divergence.pick + 1),
        Some(pick) => format!("`{pick}` (pick {})", divergence.pick + 1),
        None => format!("the end, with its {} picks", divergence.pick),
    };
    let found = match &divergence.open {
        Open::Who(tasks) => {
            format!("a choice of {}", tasks.iter().map(|&task| name(task)).collect::<Vec<_>>().join(", "))
        }
        Open::Answer(options) => format!("a choice of {options} answers"),
        Open::Duration(lo, hi) => format!("a duration of {lo} ns to {hi} ns"),
    };
    (expected, found)
}

impl Recording {
    /// The first step where a run is not as it was recorded, and in what.
    pub(super) fn difference(&self, now: &Replayed) -> Option<Differs> {
        let steps = now.execution.steps;
        let divergence = now.divergence.as_ref().zip(now.diverges_at()).map(|(divergence, step)| {
            let (expected, found) = describe(divergence, &now.tasks);
            Differs::at(step, expected, found)
        });
        let length = (steps != self.steps).then(|| {
            let end = |steps: u64| format!("an end after {steps} steps");
            let found = if steps > self.steps { "that it goes on".to_string() } else { end(steps) };
            Differs::at(steps.min(self.steps) + 1, end(self.steps), found)
        });
        let finding = now.found.as_ref().map(|found| &found.finding.name);
        let end = (finding != self.finding.as_ref()).then(|| {
            let say =
                |name: Option<&String>| name.map_or("a good end".to_string(), |name| format!("`{name}`"));
            Differs::at(steps, say(self.finding.as_ref()), say(finding))
        });
        let left = (now.left > 0).then(|| {
            let all = format!("all of the {} picks to be made", self.schedule.0.len());
            Differs::at(steps, all, format!("{} of them left over", now.left))
        });
        // A run that does not fit has no end of its own.
        let over = if divergence.is_none() { [length, end, left] } else { [divergence, None, None] };
        let all = [self.check(now), self.mark(now)].into_iter().chain(over);
        // Of several at the same step, the first.
        all.flatten().min_by_key(|differs| differs.step)
    }

    /// The first step behind which the state is another one.
    fn check(&self, now: &Replayed) -> Option<Differs> {
        let mut checks = self.checks.iter().zip(&now.trace.checks);
        let at = checks.position(|(recorded, now)| recorded != now)?;
        let number = at as u64 + 1;
        let step = now.trace.steps.iter().find(|step| step.number == number);
        let found =
            format!("..{:02x} behind {}", now.trace.checks[at], step.map_or_else(|| "it".to_string(), side));
        Some(Differs::at(number, format!("the state ..{:02x}", self.checks[at]), found))
    }

    /// The first mark that is another one.
    fn mark(&self, now: &Replayed) -> Option<Differs> {
        let mut before = 0;
        for mark in &self.marks {
            if let Some(now) = now.trace.marks.iter().find(|now| now.steps == mark.steps)
                && let Some((expected, found)) = unlike(mark, now)
            {
                let from = if mark.steps == 0 { 0 } else { before + 1 };
                return Some(Differs { from, step: mark.steps, expected, found });
            }
            before = mark.steps;
        }
        None
    }

    /// Why a run that differs may do so, and the way out.
    pub(super) fn refused(&self, differs: &Differs) -> Diagnostic {
        let why = match (&self.changed()[..], self.tool.as_deref()) {
            ([changed, ..], _) => format!("`{changed}` says something else than when the run was recorded"),
            ([], Some(VERSION)) => {
                format!("the file was edited, or recorded by another build of pernet-sim {VERSION}")
            }
            ([], Some(tool)) => {
                format!("the run was recorded by pernet-sim {tool}, and this is pernet-sim {VERSION}")
            }
            ([], None) => "the file was recorded by another version of pernet-sim, or edited".to_string(),
        };
        let help = format!("{why}; `--mode best-effort` follows it as far as it fits");
        differs.diagnostic(help)
    }
}

fn unlike(recorded: &Mark, now: &Mark) -> Option<(String, String)> {
    if recorded.fingerprint != now.fingerprint {
        return Some((format!("the state {}", hex(recorded.fingerprint)), hex(now.fingerprint)));
    }
    let (one, other) = (recorded.picks?, now.picks?);
    (one != other).then(|| (format!("{one} picks up to here"), other.to_string()))
}
