//! Two texts run by the same decisions, side by side: the first step in which they differ.
//!
//! What a step is, is what a reader sees of it: who took it, the words that ran, what happened, the namespaces behind it. Numbers
//! of lines, of instructions and of cells change with a text that means the same, so they do not count.

use super::{Replayed, follow, replay};
use crate::engine::{Bounds, End, Follow, Halt, Reached};
use crate::fingerprint;
use crate::limit::Progress;
use crate::phrase;
use crate::pick::{Pick, Scheduler};
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use crate::sample::Player;
use crate::scheduler::{Lenient, Replay};
use crate::trace::Step;
use model::machine::{Event, Program, Room, TaskId, Watch, World};
use std::fmt::Write;

/// The first step in which two runs differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Counted from 1; 0: they differ before the first.
    pub step: u64,
    /// What the first run does there; none: it is over.
    pub expected: Option<Step>,
    /// What the second one does there; none: it is over.
    pub found: Option<Step>,
    /// How the runs end, where one of them is over.
    pub ends: Option<(String, String)>,
}

/// What was seen of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Seen {
    /// All that a reader sees before the first step.
    start: u64,
    /// All that a reader sees of each step.
    steps: Vec<u64>,
    /// How it ended, in words.
    end: String,
    /// Who took each step, and then what happened in it.
    picks: Vec<Pick>,
    /// The tasks by name.
    tasks: Vec<String>,
}

/// Runs the first text by a schedule that fits it, and the second one by the same decisions, task by task of the same name.
/// By the agenda both are run by the durations.
///
/// # Errors
/// If one of the texts cannot be used.
pub fn compare(
    first: &Loaded,
    second: &Loaded,
    picks: &[Pick],
    timed: bool,
    max_steps: u64,
) -> Result<Option<Difference>, Box<Rejected>> {
    let room = Room::default();
    let expected = see(first, timed, max_steps, || Replay::new(picks.to_vec(), timed))?;
    let lenient = || decisions(&expected, second, picks, timed);
    let found = match lenient()? {
        Some(lenient) => see(second, timed, max_steps, || lenient.clone())?,
        None => Seen::default(),
    };
    let Some(step) = difference(&expected, &found) else { return Ok(None) };
    let last = |replayed: Replayed, seen: &Seen| {
        let is_there = step > 0 && seen.steps.len() as u64 >= step;
        replayed.trace.steps.into_iter().next_back().filter(|_| is_there)
    };
    let one = last(replay(first, &room, picks, timed, step)?, &expected);
    let other = match lenient()? {
        Some(lenient) => last(follow(second, &room, &lenient, timed, step)?.replayed, &found),
        None => None,
    };
    let ends = (one.is_none() || other.is_none()).then_some((expected.end, found.end));
    Ok(Some(Difference { step, expected: one, found: other, ends }))
}

/// The decisions of a run for another text, whose tasks have other numbers. None if that is wrong before its first step.
///
/// # Errors
/// If the text cannot be used.
pub fn lenient(
    first: &Loaded,
    second: &Loaded,
    picks: &[Pick],
    timed: bool,
    max_steps: u64,
) -> Result<Option<Lenient>, Box<Rejected>> {
    let seen = see(first, timed, max_steps, || Replay::new(picks.to_vec(), timed))?;
    decisions(&seen, second, picks, timed)
}

fn decisions(
    seen: &Seen,
    second: &Loaded,
    picks: &[Pick],
    timed: bool,
) -> Result<Option<Lenient>, Box<Rejected>> {
    if timed {
        return Ok(Some(Lenient::new(picks.to_vec(), true)));
    }
    let mut room = Room::default();
    let names = with_room(second, &mut room, |program| Ok(names(program)));
    let names = match names {
        Ok(names) => names,
        Err(Unrun::Rejected(rejected)) => return Err(rejected),
        Err(Unrun::Boot(..)) => return Ok(None),
    };
    // A task that is no longer there has a number that nobody has.
    let number = |task: TaskId| {
        let name = seen.tasks.get(task as usize);
        let at = names.iter().position(|known| Some(known) == name);
        at.and_then(|at| TaskId::try_from(at).ok()).unwrap_or(TaskId::MAX)
    };
    let renamed = seen.picks.iter().map(|&pick| match pick {
        Pick::Task(task) => Pick::Task(number(task)),
        other => other,
    });
    Ok(Some(Lenient::spelled_out(renamed.collect())))
}

fn names(program: &Program) -> Vec<String> {
    program.tasks.iter().map(|task| task.name.clone()).collect()
}

/// The first step that was not seen to be the same.
fn difference(expected: &Seen, found: &Seen) -> Option<u64> {
    if expected.start != found.start {
        return Some(0);
    }
    let same = expected.steps.iter().zip(&found.steps).take_while(|(one, other)| one == other).count();
    let is_over = same == expected.steps.len() && same == found.steps.len();
    if is_over && expected.end == found.end { None } else { Some(same as u64 + 1) }
}

fn see<S: Scheduler>(
    loaded: &Loaded,
    timed: bool,
    max_steps: u64,
    scheduler: impl Fn() -> S,
) -> Result<Seen, Box<Rejected>> {
    let mut room = Room::default();
    let seen = with_room(loaded, &mut room, |program| {
        let mut scheduler = scheduler();
        scheduler.begin(0);
        let mut eyes = Eyes::new(program);
        let mut player = Player::new(program, timed, &mut eyes)?;
        eyes.booted(player.world());
        let bounds = Bounds { max_steps, control: &(), progress: Progress::default() };
        let ran = player.run(&mut scheduler, &bounds, &mut Reached::default(), &mut eyes);
        let end = match ran.map_err(Halt::Room)?.end {
            End::Complete => "a good end".to_string(),
            End::Finding(finding) => format!("`{}`", finding.name),
            End::Limit(_) | End::Diverged | End::Stopped => "no end yet".to_string(),
        };
        let picks = eyes.picks(player.journal());
        Ok(Seen { start: eyes.start, steps: eyes.steps, end, picks, tasks: names(program) })
    });
    match seen {
        Ok(seen) => Ok(seen),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, _)) => Ok(Seen { end: format!("`{}`", finding.name), ..Seen::default() }),
    }
}

/// Sees of a run what a reader would.
struct Eyes<'p> {
    program: &'p Program,
    /// The fingerprint of the words of each instruction, where it has been needed.
    words: Vec<Option<u64>>,
    start: u64,
    steps: Vec<u64>,
    /// Who took each step, and the number of picks behind it.
    taken: Vec<(TaskId, usize)>,
    /// What was seen of the step that is being taken.
    seen: String,
}

impl<'p> Eyes<'p> {
    fn new(program: &'p Program) -> Self {
        Self {
            program,
            words: vec![None; program.spans.len()],
            start: 0,
            steps: Vec::new(),
            taken: Vec::new(),
            seen: String::new(),
        }
    }

    fn booted(&mut self, world: &World<'_>) {
        self.start = self.all(world);
    }

    fn all(&mut self, world: &World<'_>) -> u64 {
        let _ = write!(self.seen, "{:?}", world.nets());
        fingerprint::of(self.seen.as_bytes())
    }

    /// Who took each step, and the answers inside it.
    fn picks(&self, journal: &[Pick]) -> Vec<Pick> {
        let mut picks = Vec::new();
        let mut before = 0;
        for &(task, behind) in &self.taken {
            picks.push(Pick::Task(task));
            let inside = journal[before..behind].iter().filter(|pick| matches!(pick, Pick::Answer(_)));
            picks.extend(inside);
            before = behind;
        }
        picks
    }
}

impl Watch for Eyes<'_> {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        if let Some(phrase) = phrase::of(world, event) {
            let _ = writeln!(self.seen, "{phrase}");
        }
    }
}

impl Follow for Eyes<'_> {
    fn begins(&mut self, world: &World<'_>, task: TaskId) {
        let doing = world.doing(task);
        let program = self.program;
        let words = self.words[doing.pc as usize]
            .get_or_insert_with(|| fingerprint::of_model(program.sources.text(doing.span)));
        self.seen.clear();
        let _ = writeln!(self.seen, "{} {words}", program.tasks[task as usize].name);
    }

    fn ends(&mut self, world: &World<'_>, task: TaskId, picks: usize) -> bool {
        let seen = self.all(world);
        self.steps.push(seen);
        self.taken.push((task, picks));
        true
    }
}
