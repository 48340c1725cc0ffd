//! All traces of a program, within limits.

use super::guess::Guess;
use super::machine::{Found, Machine, Turn};
use super::search::{Bounds, Control as Inner, Counts, Over, Search};
use crate::counterexample;
use crate::engine::{self, Halt, Reached};
use crate::limit::{Control, Limit, Limits, Progress};
use crate::pick::Pick;
use crate::search::search_until;
use model::judge::orders::Orders;
use model::machine::{Program, Room, World};

/// Bytes for what was run lately.
const STORE: usize = 32 << 20;

/// How many states are searched for a shortest schedule.
const SHOWN: u64 = 100_000;

/// What all traces came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Enumerated {
    /// What was counted.
    pub counts: Counts,
    /// Final states in which all is well.
    pub finals: u64,
    /// All of them together, by their names.
    pub final_fingerprint: u64,
    /// The shortest execution to each finding, by name.
    pub found: Vec<Found>,
    /// What cut it short.
    pub limit: Option<Limit>,
    /// In which orders locks were taken.
    pub orders: Orders,
}

/// Runs one execution of each trace of a program. One that footprints say nothing about is refused. A program that can
/// go round for ever has executions of any length: then `max_steps` is met, so a search that ends by itself has also
/// shown that there is no livelock.
///
/// # Errors
/// If the program cannot be booted, is wrong before the first step, or needs more room.
pub fn enumerate(
    program: &Program,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Enumerated, Halt> {
    let world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut machine = Machine::new(world, reached);
    if let Some(why) = machine.refused() {
        return Ok(Enumerated { limit: Some(Limit::Refused(why)), ..Enumerated::default() });
    }
    let mut meter = Meter { control, guess: Guess::default(), limit: None };
    let bounds = Bounds {
        max_steps: limits.max_steps,
        max_executions: limits.max_executions,
        max_memory: limits.max_memory,
        store: usize::try_from(limits.max_memory / 2).unwrap_or(usize::MAX).min(STORE),
    };
    let (counts, over) = Search::new(&mut machine, bounds).run(&mut meter).map_err(Halt::Room)?;
    let limit = match over {
        Over::Complete => None,
        Over::Stopped => meter.limit,
        Over::Steps => Some(Limit::Steps),
        Over::Executions => Some(Limit::Executions),
        Over::Memory => Some(Limit::Memory),
    };
    Ok(Enumerated {
        counts,
        finals: machine.final_states,
        final_fingerprint: machine.final_fingerprint,
        orders: machine.orders(),
        found: machine.found,
        limit,
    })
}

impl Enumerated {
    /// A schedule to each finding, the best first: a shortest one, where a search of few states shows one, else the
    /// shortest that was run.
    ///
    /// # Errors
    /// Never in practice: the same program has been run with its room.
    pub fn schedules(
        &self,
        program: &Program,
        limits: &Limits,
        control: &dyn Control,
    ) -> Result<Vec<(String, Vec<Pick>)>, Halt> {
        if self.found.is_empty() {
            return Ok(Vec::new());
        }
        let limits = Limits { max_states: limits.max_states.min(SHOWN), ..*limits };
        let names: Vec<_> = self.found.iter().map(|found| found.finding.name.clone()).collect();
        let near = search_until(program, &names, 1, &limits, control)?;
        let best = counterexample::best(program, &near, None, control).map_err(Halt::Room)?;
        let mut schedules: Vec<_> = best.into_iter().map(|best| (best.name, best.picks)).collect();
        for found in &self.found {
            if schedules.iter().all(|(name, _)| *name != found.finding.name) {
                let picks = picks(program, &found.turns).map_err(Halt::Room)?;
                schedules.push((found.finding.name.clone(), picks));
            }
        }
        Ok(schedules)
    }
}

/// Tells the outside, and asks it.
struct Meter<'a> {
    control: &'a dyn Control,
    guess: Guess,
    limit: Option<Limit>,
}

impl Inner for Meter<'_> {
    fn goes_on(&mut self, counts: &Counts, ways: &mut dyn Iterator<Item = u32>) -> bool {
        self.guess.probe(ways);
        let progress = Progress {
            depth: counts.longest,
            executions: counts.executions,
            estimate: self.guess.estimate(),
            ..Progress::default()
        };
        self.limit = self.control.poll(&progress);
        self.limit.is_none()
    }
}

/// The picks of an execution, found by walking it.
///
/// # Errors
/// Never in practice: the same program has been run with its room.
fn picks(program: &Program, turns: &[Turn]) -> Result<Vec<Pick>, Room> {
    let Some(mut world) = engine::booted(program, &mut ())? else { return Ok(Vec::new()) };
    let tasks = program.task_count();
    let (mut picks, mut script) = (Vec::new(), super::Script::default());
    for turn in turns {
        script.begin(&turn.answers);
        let mut asked = 0;
        for _ in 0..turn.steps {
            if (0..tasks).filter(|&task| world.enabled(task)).nth(1).is_some() {
                picks.push(Pick::Task(turn.task));
            }
            // The last step of all may end in a finding.
            let _ = world.step(turn.task, &mut script, &mut ());
            picks.extend(script.answers().skip(asked).map(Pick::Answer));
            asked = script.asked();
        }
    }
    Ok(picks)
}
