//! A run told by names, so that it can be followed in another world: as far as that has the same tasks and does the same.

use crate::engine::{self, Halt};
use crate::only::Only;
use crate::pick::Pick;
use model::machine::{Chance, Finding, Picks, Program, TaskId, World};

/// Of a longer run nothing is told.
const MOST_MOVES: usize = 20_000;
/// So many steps a run may go on when its story is over.
const MOST_BEHIND: usize = 2_000;

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move {
    /// Who takes it.
    pub task: String,
    /// The text of what is done.
    pub does: String,
    /// What was answered inside it.
    pub answers: Vec<u32>,
}

/// A run that ends in the finding that is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Run {
    /// Its picks with more than one option.
    pub picks: Vec<Pick>,
    /// Its steps; none if there are too many.
    pub moves: Vec<Move>,
    /// How many steps it has.
    pub steps: u64,
    /// How often a step was taken by another task than the one before.
    pub switches: u64,
    /// Why it is a finding.
    pub why: String,
}

impl Run {
    /// One that ends before its first step.
    #[must_use]
    pub const fn in_boot(why: String) -> Self {
        Self { picks: Vec::new(), moves: Vec::new(), steps: 0, switches: 0, why }
    }

    /// The less, the better.
    #[must_use]
    pub fn rank(&self) -> (u64, u64, &[Pick]) {
        (self.steps, self.switches, &self.picks)
    }
}

/// Who decides.
trait Guide {
    /// Who is next of those that are ready; `None`: nobody fits.
    fn next(&mut self, world: &World<'_>, ready: &[TaskId]) -> Option<TaskId>;
    /// One of so many options; what is none of them counts as 0.
    fn answer(&mut self) -> u32;
    /// Are so many steps enough?
    fn ends(&self, steps: usize) -> bool;
}

/// How a story is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// A task that does not do what its move says leaves it out, if it would do it later.
    Deed,
    /// Move by move, whatever is done.
    Count,
}

/// Follows a story as far as it fits, and goes on from there by itself. Does it end in a finding that counts?
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn follow(program: &Program, only: &Only, story: &[Move], by: By) -> Result<Option<Run>, Halt> {
    let task = |name: &str| {
        let base = |name: &str| name.split('[').next().unwrap_or(name).to_string();
        let named = |wanted: &str| program.tasks.iter().position(|task| task.name == wanted);
        // One of several that is alone now, or the contrary.
        named(name)
            .or_else(|| {
                program.tasks.iter().position(|task| base(&task.name) == base(name) && base(name) != name)
            })
            .and_then(|at| TaskId::try_from(at).ok())
    };
    let tasks: Vec<Option<TaskId>> = story.iter().map(|step| task(&step.task)).collect();
    walk(program, only, &mut Told { story, tasks, by, at: 0, last: None, answers: Vec::new() })
}

/// Follows picks, which must fit. Do they end in a finding that counts?
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn retrace(program: &Program, only: &Only, picks: &[Pick]) -> Result<Option<Run>, Halt> {
    walk(program, only, &mut Picked { picks, at: 0 })
}

struct Told<'a> {
    story: &'a [Move],
    /// Who takes each of its steps here.
    tasks: Vec<Option<TaskId>>,
    by: By,
    at: usize,
    last: Option<TaskId>,
    /// To the step at hand, from behind.
    answers: Vec<u32>,
}

impl Told<'_> {
    /// Is the step left out here, and another one of the task is next?
    fn is_left_out(&self, world: &World<'_>, task: TaskId) -> bool {
        let does = |at: usize| self.story[at].does.as_str();
        let now = doing(world, task);
        let later =
            || (self.at + 1..self.story.len()).any(|at| self.tasks[at] == Some(task) && does(at) == now);
        self.by == By::Deed && does(self.at) != now && later()
    }
}

impl Guide for Told<'_> {
    fn next(&mut self, world: &World<'_>, ready: &[TaskId]) -> Option<TaskId> {
        while self.at < self.story.len() {
            let fits = self.tasks[self.at].filter(|task| ready.contains(task));
            let fits = fits.filter(|&task| !self.is_left_out(world, task));
            self.at += 1;
            if let Some(task) = fits {
                self.answers.clone_from(&self.story[self.at - 1].answers);
                self.answers.reverse();
                self.last = Some(task);
                return fits;
            }
        }
        self.answers.clear();
        self.last = self.last.filter(|last| ready.contains(last)).or_else(|| ready.first().copied());
        self.last
    }

    fn answer(&mut self) -> u32 {
        self.answers.pop().unwrap_or(0)
    }

    fn ends(&self, steps: usize) -> bool {
        steps > self.story.len() + MOST_BEHIND
    }
}

struct Picked<'a> {
    picks: &'a [Pick],
    at: usize,
}

impl Picked<'_> {
    fn take(&mut self) -> Option<Pick> {
        // Of a timed run, how long something lasts is of no concern.
        while matches!(self.picks.get(self.at), Some(Pick::Duration(_))) {
            self.at += 1;
        }
        self.at += 1;
        self.picks.get(self.at - 1).copied()
    }
}

impl Guide for Picked<'_> {
    fn next(&mut self, _: &World<'_>, ready: &[TaskId]) -> Option<TaskId> {
        match *ready {
            [only] => Some(only),
            _ => match self.take() {
                Some(Pick::Task(task)) if ready.contains(&task) => Some(task),
                _ => None,
            },
        }
    }

    fn answer(&mut self) -> u32 {
        match self.take() {
            Some(Pick::Answer(answer)) => answer,
            _ => 0,
        }
    }

    fn ends(&self, _: usize) -> bool {
        false
    }
}

/// The answers inside one step.
struct Answers<'a, G> {
    guide: &'a mut G,
    given: Vec<u32>,
}

impl<G: Guide> Picks for Answers<'_, G> {
    fn pick(&mut self, _: Chance, options: u32) -> u32 {
        let answer = Some(self.guide.answer()).filter(|&answer| answer < options).unwrap_or(0);
        self.given.push(answer);
        answer
    }
}

/// The text of what a task would do next.
fn doing<'p>(world: &World<'p>, task: TaskId) -> &'p str {
    let program = world.program();
    program.sources.text(world.doing(task).span)
}

fn walk(program: &Program, only: &Only, guide: &mut impl Guide) -> Result<Option<Run>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let checks = engine::has_checks(program);
    let tasks = program.task_count();
    let (mut picks, mut moves, mut last) = (Vec::new(), Vec::new(), None);
    let (mut steps, mut switches) = (0_usize, 0);
    loop {
        let ready: Vec<_> = (0..tasks).filter(|&task| world.enabled(task)).collect();
        let done = |why: String, picks, moves: Vec<Move>, steps: usize, switches| {
            let moves = if moves.len() > MOST_MOVES { Vec::new() } else { moves };
            Ok(Some(Run { picks, moves, steps: steps as u64, switches, why }))
        };
        if ready.is_empty() {
            return match engine::ended(&world) {
                engine::End::Finding(finding) if only.is_end(&finding) => {
                    done(finding.why, picks, moves, steps, switches)
                }
                _ => Ok(None),
            };
        }
        let Some(task) = guide.next(&world, &ready).filter(|_| !guide.ends(steps)) else { return Ok(None) };
        if ready.len() > 1 {
            picks.push(Pick::Task(task));
        }
        let before = world.clone();
        let mut answers = Answers { guide: &mut *guide, given: Vec::new() };
        let result = world.step(task, &mut answers, &mut ());
        let given = answers.given;
        picks.extend(given.iter().map(|&answer| Pick::Answer(answer)));
        switches += u64::from(last.is_some_and(|last| last != task));
        last = Some(task);
        steps += 1;
        if moves.len() <= MOST_MOVES {
            moves.push(Move {
                task: program.tasks[task as usize].name.clone(),
                does: doing(&before, task).to_string(),
                answers: given,
            });
        }
        let found: Option<Finding> = engine::settle(result, &world, checks).map_err(Halt::Room)?;
        if let Some(finding) = found {
            return match only.is_of(&before, task, &finding) {
                true => done(finding.why, picks, moves, steps, switches),
                false => Ok(None),
            };
        }
    }
}
