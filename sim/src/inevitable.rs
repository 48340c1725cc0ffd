//! Why it happened: the step of a violation's schedule at which it became inevitable, and what could have been picked
//! there instead.
//!
//! A state is doomed if no schedule from it ends well: any violation counts, not only the one that was found. Going
//! round for ever is no way out: a fair scheduler either leaves a cycle, or the cycle is a livelock and so a violation
//! itself. Searched are the states of the schedule, the last first, each for one continuation that ends well; whatever a
//! search has seen in vain is doomed, and no later one goes there again. The first state that is not doomed has a way
//! out, and the step from it was the last choice.

use crate::engine::{Bounds, End, Engine, Follow, Halt, Reached, ended};
use crate::limit::{Control, Limits, Progress};
use crate::pick::{Pick, Scheduler};
use crate::scheduler::Replay;
use crate::successors::Successors;
use crate::trace::Place;
use model::machine::code::Pc;
use model::machine::{Event, Program, Room, TaskId, Watch, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Could it have been avoided?
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Every schedule violates something.
    Sealed,
    /// Until this choice.
    Chosen(Choice),
    /// It still can: behind the last step of a cycle that has a way out.
    Open,
    /// A limit was met before that could be said.
    Unknown,
}

/// The last choice that could have avoided a violation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The step, counted from 1: behind it every schedule violates something.
    pub step: u64,
    /// What was picked.
    pub picked: Way,
    /// The step's place.
    pub place: Place,
    /// What could have been picked, so that it could still have ended well. Never empty.
    pub instead: Vec<Way>,
}

/// An option of a choice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Who takes a step.
    pub task: String,
    /// Does something go wrong in it?
    pub fault: bool,
}

/// The fates of schedules, each with the number of steps to its violation.
///
/// # Errors
/// If booting stops, or more room is needed.
pub fn fates(
    program: &Program,
    schedules: &[(&[Pick], u64)],
    limits: &Limits,
    control: &dyn Control,
) -> Result<Vec<Fate>, Halt> {
    let Some(successors) = Successors::boot(program, &mut ()).map_err(Halt::Room)? else {
        return Ok(vec![Fate::Unknown; schedules.len()]);
    };
    let mut engine = Engine::new(program, &mut ())?;
    let mut doom = Doom { successors, doomed: BTreeSet::new(), seen: 0, limits, control };
    schedules.iter().map(|&(picks, steps)| doom.fate(&mut engine, picks, steps).map_err(Halt::Room)).collect()
}

/// The states of a schedule, and its steps.
struct Path {
    /// The state before each step, one after the other.
    cells: Vec<u32>,
    /// Who took each step, and how many picks there were behind it.
    steps: Vec<(TaskId, usize)>,
    /// How many there are.
    most: u64,
    /// More cells are not kept.
    most_cells: u64,
}

impl Watch for Path {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: Pc, _: Event) {}
}

impl Follow for Path {
    fn begins(&mut self, world: &World<'_>, _: TaskId) {
        self.cells.extend_from_slice(world.cells());
    }

    fn ends(&mut self, _: &World<'_>, task: TaskId, picks: usize) -> bool {
        self.steps.push((task, picks));
        (self.steps.len() as u64) < self.most && (self.cells.len() as u64) < self.most_cells
    }
}

/// Looks for ways to end well.
struct Doom<'a, 'p> {
    successors: Successors<'p>,
    /// The fingerprints of states from which there is none.
    doomed: BTreeSet<u128>,
    /// States that were looked at, all searches together.
    seen: u64,
    limits: &'a Limits,
    control: &'a dyn Control,
}

/// How often the control is asked, in states.
const POLL: u64 = 4096;
/// Bytes that a state's fingerprint takes in a set.
const BYTES_A_STATE: u64 = 32;

impl Doom<'_, '_> {
    fn fate(&mut self, engine: &mut Engine<'_>, picks: &[Pick], steps: u64) -> Result<Fate, Room> {
        let mut scheduler = Replay::new(picks.to_vec(), false);
        scheduler.begin(0);
        let mut path = Path {
            cells: Vec::new(),
            steps: Vec::new(),
            most: steps,
            most_cells: self.limits.max_memory / size_of::<u32>() as u64,
        };
        let bounds = Bounds { max_steps: steps, control: &(), progress: Progress::default() };
        let run = engine.run(&mut scheduler, &bounds, &mut Reached::default(), &mut path)?;
        if path.steps.len() as u64 != steps {
            return Ok(Fate::Unknown);
        }
        let stride = engine.world().cells().len();
        if !matches!(run.end, End::Finding(_)) {
            // A livelock: its last state is the one that comes again.
            match self.ends_well(engine.world().cells())? {
                Some(false) => {}
                Some(true) => return Ok(Fate::Open),
                None => return Ok(Fate::Unknown),
            }
        }
        for (at, before) in path.cells.chunks_exact(stride).enumerate().rev() {
            match self.ends_well(before)? {
                Some(false) => {}
                Some(true) => {
                    let (task, behind) = path.steps[at];
                    let first = if at == 0 { 0 } else { path.steps[at - 1].1 };
                    let fault =
                        engine.journal()[first..behind].iter().any(|pick| matches!(pick, Pick::Answer(1..)));
                    return self.choice(before, at as u64 + 1, task, fault);
                }
                None => return Ok(Fate::Unknown),
            }
        }
        Ok(Fate::Sealed)
    }

    /// What there was to choose from in a state that was not doomed yet.
    fn choice(&mut self, state: &[u32], step: u64, task: TaskId, fault: bool) -> Result<Fate, Room> {
        let mut options = Vec::new();
        self.successors.each(state, &mut (), |world, taken| {
            if taken.finding.is_none() {
                options.push((taken.task, taken.fault, world.cells().to_vec()));
            }
            true
        })?;
        let mut instead = Vec::new();
        for (task, fault, cells) in options {
            let option = self.option(task, fault);
            if instead.contains(&option) {
                continue;
            }
            match self.ends_well(&cells)? {
                Some(true) => instead.push(option),
                Some(false) => {}
                None => return Ok(Fate::Unknown),
            }
        }
        self.successors.restore(state);
        let world = self.successors.world();
        let place = Place::of(world.program(), world.doing(task).span);
        Ok(Fate::Chosen(Choice { step, picked: self.option(task, fault), place, instead }))
    }

    fn option(&self, task: TaskId, fault: bool) -> Way {
        Way { task: self.successors.world().program().tasks[task as usize].name.clone(), fault }
    }

    /// Is there a continuation that ends well? `None`: a limit was met.
    fn ends_well(&mut self, from: &[u32]) -> Result<Option<bool>, Room> {
        let stride = from.len();
        self.successors.restore(from);
        let first = self.successors.world().fingerprint();
        if self.doomed.contains(&first) {
            return Ok(Some(false));
        }
        let mut seen = BTreeSet::from([first]);
        let mut open = from.to_vec();
        let mut state = Vec::new();
        while !open.is_empty() {
            state.clear();
            state.extend(open.drain(open.len() - stride..));
            let doomed = &self.doomed;
            let goes_on = self.successors.each(&state, &mut (), |world, taken| {
                if taken.finding.is_none() {
                    let fingerprint = taken.fingerprint;
                    if !doomed.contains(&fingerprint) && seen.insert(fingerprint) {
                        open.extend_from_slice(world.cells());
                    }
                }
                true
            })?;
            if !goes_on && ended(self.successors.world()) == End::Complete {
                return Ok(Some(true));
            }
            self.seen += 1;
            let bytes = (self.doomed.len() + seen.len()) as u64 * BYTES_A_STATE
                + (open.len() * size_of::<u32>()) as u64;
            let progress = Progress { states: self.seen, ..Progress::default() };
            if self.seen > self.limits.max_states
                || bytes > self.limits.max_memory
                || (self.seen.is_multiple_of(POLL) && self.control.poll(&progress).is_some())
            {
                return Ok(None);
            }
        }
        self.doomed.append(&mut seen);
        Ok(Some(false))
    }
}
