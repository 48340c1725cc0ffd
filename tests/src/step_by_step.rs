//! A second way to repeat a schedule, written to be obviously right: without schedulers, engines and recorders, it takes one
//! step after the other, by the names of the tasks.

use model::machine::{Chance, Event, NetState, Picks, Program, TaskId, Watch, World};
use sim::engine::{End, Halt, ended, has_checks, settle};
use sim::phrase;
use sim::pick::Pick;

/// What a reader sees of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Who took it.
    pub task: String,
    /// The words that ran.
    pub words: String,
    /// The answers inside it.
    pub answers: Vec<u32>,
    /// What happened.
    pub happened: Vec<String>,
    /// The namespaces behind it.
    pub nets: Vec<NetState>,
}

/// A run, as far as it went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Walk {
    /// What happened in boot.
    pub boot: Vec<String>,
    /// The namespaces before the first step.
    pub start: Vec<NetState>,
    /// Its steps.
    pub steps: Vec<Taken>,
    /// What is wrong at its end; none: nothing, or there is no end.
    pub finding: Option<String>,
    /// Can nobody go on?
    pub over: bool,
}

/// Answers given before, one after the other, and zeros from there on.
#[derive(Default)]
struct Given {
    answers: Vec<u32>,
    asked: usize,
}

impl Picks for Given {
    fn pick(&mut self, _: Chance, options: u32) -> u32 {
        let answer = self.answers.get(self.asked).copied().unwrap_or(0);
        self.asked += 1;
        if answer < options { answer } else { 0 }
    }
}

/// Keeps what happens.
#[derive(Default)]
struct Happened(Vec<String>);

impl Watch for Happened {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        self.0.extend(phrase::of(world, event));
    }
}

/// Repeats a schedule that fits.
///
/// # Errors
/// If the program cannot be booted, or needs more room.
///
/// # Panics
/// If the schedule does not fit.
pub fn repeat(program: &Program, picks: &[Pick]) -> Result<Walk, Halt> {
    let mut picks = picks.iter().copied().peekable();
    walk(program, |_, ready, mut answers| {
        let task = match ready {
            [only] => *only,
            _ => match picks.next()? {
                Pick::Task(task) => task,
                other => panic!("`{other}` picks no task"),
            },
        };
        // How many of them are this step's, only the step itself knows; the others are left to the next.
        while let Some(Pick::Answer(answer)) = picks.peek().copied() {
            answers.push(answer);
            picks.next();
        }
        Some((task, answers))
    })
}

/// Takes the steps of another run, as long as its tasks can take them; what a step asks besides is answered with 0.
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn imitate(program: &Program, other: &Walk) -> Result<Walk, Halt> {
    let mut steps = other.steps.iter();
    walk(program, |world, ready, _| {
        let step = steps.next()?;
        let named = |task: &&TaskId| world.program().tasks[**task as usize].name == step.task;
        Some((*ready.iter().find(named)?, step.answers.clone()))
    })
}

fn walk(
    program: &Program,
    mut next: impl FnMut(&World<'_>, &[TaskId], Vec<u32>) -> Option<(TaskId, Vec<u32>)>,
) -> Result<Walk, Halt> {
    let mut boot = Happened::default();
    let mut world = World::boot(program, &mut boot)?;
    world.check().map_err(Halt::Finding)?;
    let mut walk = Walk { boot: boot.0, start: world.nets(), ..Walk::default() };
    let mut unused = Vec::new();
    loop {
        let tasks = 0..program.task_count();
        let ready: Vec<_> = tasks.filter(|&task| world.enabled(task)).collect();
        if ready.is_empty() {
            walk.over = true;
            if let End::Finding(finding) = ended(&world) {
                walk.finding = Some(finding.name);
            }
            return Ok(walk);
        }
        let Some((task, answers)) = next(&world, &ready, unused) else { return Ok(walk) };
        let words = program.sources.text(world.doing(task).span).to_string();
        let mut given = Given { answers, asked: 0 };
        let mut happened = Happened::default();
        let result = world.step(task, &mut given, &mut happened);
        let mut answers = given.answers;
        unused = answers.split_off(given.asked.min(answers.len()));
        let task = program.tasks[task as usize].name.clone();
        walk.steps.push(Taken { task, words, answers, happened: happened.0, nets: world.nets() });
        if let Some(finding) = settle(result, &world, has_checks(program)).map_err(Halt::Room)? {
            walk.finding = Some(finding.name);
            walk.over = true;
            return Ok(walk);
        }
    }
}

/// The first step in which two runs differ, counted from 1; 0: before the first.
#[must_use]
pub fn first_difference(one: &Walk, other: &Walk) -> Option<u64> {
    if (&one.boot, &one.start) != (&other.boot, &other.start) {
        return Some(0);
    }
    let alike = |(one, other): &(&Taken, &Taken)| {
        (&one.task, &one.words, &one.happened, &one.nets)
            == (&other.task, &other.words, &other.happened, &other.nets)
    };
    let same = one.steps.iter().zip(&other.steps).take_while(alike).count();
    let both = same == one.steps.len() && same == other.steps.len();
    if both && one.over == other.over && one.finding == other.finding { None } else { Some(same as u64 + 1) }
}
