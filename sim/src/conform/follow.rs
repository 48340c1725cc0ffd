//! Looks for a schedule that does what a recording says: depth first over the states of the machine and the place in the
//! recording, and never twice from the same pair.
//!
//! The recording says who is next nearly always, so the way is about as long as the recording. Only when it is wrong is everything
//! looked at that agrees with it up to there, but for steps that nobody hears and that commute with all others: those are
//! taken as soon as they can be.

use super::heard::{Cast, Ear, Heard, Opening};
use super::recording::Recording;
use super::stage::Stage;
use super::track::{Position, Track};
use crate::engine::{self, Halt};
use crate::limit::{Control, Limit, Limits, Progress};
use crate::pick::Pick;
use crate::schedule::Schedule;
use crate::table::Index;
use model::footprint::{Footprints, Owners};
use model::machine::{Program, Room, Stop, TaskId, World, fingerprint};
use std::collections::BTreeSet;

/// How often the control is asked, in steps.
const POLL: u64 = 1 << 12;
/// States in which it does not pay yet to find out what steps touch.
const FEW: u64 = 500;
/// Steps that a callback needs at most to look into its slot.
const MOST_OPENING: u32 = 100;
/// Steps that are taken at most behind the recording.
const MOST_BEHIND: u32 = 100_000;
/// The script's task.
const SCRIPT: &str = "main";

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Followed {
    /// This schedule does it, in so many steps.
    Accepted {
        /// The picks, on to an end of everything.
        schedule: Schedule,
        /// Steps up to where the recording ends.
        steps: u64,
    },
    /// None does.
    Rejected {
        /// The first event that is not possible; the number of all events if something more would have to come.
        event: usize,
        /// What it says, if there is one.
        recorded: Option<String>,
        /// What would have been possible.
        instead: Vec<String>,
    },
    /// A limit was met.
    Cut(Limit),
}

/// Looks for the schedule. Besides, how many states there were to choose in.
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn follow(
    recording: &Recording,
    stage: &Stage,
    program: &Program,
    limits: &Limits,
    control: &dyn Control,
) -> Result<(Followed, u64), Halt> {
    let world = World::boot(program, &mut ())?;
    let mut follower = Follower {
        cast: Cast::new(stage, program),
        track: Track::new(recording),
        tasks: program.task_count(),
        footprints: None,
        before: Vec::new(),
        seen: Index::default(),
        states: 0,
        steps: 0,
        picks: Vec::new(),
        refused: Refused::default(),
        world,
    };
    let followed = follower.run(limits, control).map_err(Halt::Room)?;
    Ok((followed, follower.states))
}

/// What was refused at the furthest event.
#[derive(Default)]
struct Refused {
    event: usize,
    what: BTreeSet<Attempt>,
}

/// What a task did in place of what was recorded.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    /// Whose; empty: nobody's.
    task: String,
    /// In words, and in more words.
    text: (String, String),
}

impl Attempt {
    fn text(&self, detailed: bool) -> String {
        let text = if detailed { &self.text.1 } else { &self.text.0 };
        if self.task.is_empty() { text.clone() } else { format!("{}: {text}", self.task) }
    }
}

impl Refused {
    fn add(&mut self, event: usize, task: &str, text: impl FnOnce() -> (String, String)) {
        if event > self.event {
            self.event = event;
            self.what.clear();
        }
        if event == self.event {
            self.what.insert(Attempt { task: task.to_string(), text: text() });
        }
    }
}

/// A state with more than one way on.
struct Fork {
    cells: Vec<u32>,
    position: Position,
    /// Who has not been tried; the next one is the last.
    left: Vec<TaskId>,
    picks: usize,
    steps: u64,
}

struct Follower<'p, 'r> {
    cast: Cast<'r>,
    track: Track<'r>,
    world: World<'p>,
    tasks: TaskId,
    /// What steps touch, once that is asked.
    footprints: Option<Footprints>,
    before: Vec<u32>,
    seen: Index,
    states: u64,
    /// Of the way to here.
    steps: u64,
    picks: Vec<Pick>,
    refused: Refused,
}

impl Follower<'_, '_> {
    fn run(&mut self, limits: &Limits, control: &dyn Control) -> Result<Followed, Room> {
        let mut position = self.track.start();
        let mut forks: Vec<Fork> = Vec::new();
        for tried in 0_u64.. {
            if self.track.is_end(&position) {
                return Ok(Followed::Accepted { steps: self.steps, schedule: self.finish()? });
            }
            let stored = (forks.len() * self.world.cells().len() * size_of::<u32>()) as u64;
            let progress = Progress { states: self.states, depth: self.steps, ..Progress::START };
            let limit = match () {
                () if self.states > limits.max_states => Some(Limit::States),
                () if self.steps > limits.max_steps => Some(Limit::Steps),
                () if stored > limits.max_memory => Some(Limit::Memory),
                () if tried % POLL == POLL - 1 => control.poll(&progress),
                () => None,
            };
            if let Some(limit) = limit {
                return Ok(Followed::Cut(limit));
            }
            if self.run_ahead(&mut position)? {
                continue;
            }
            let mut next = self.choose(&position, &mut forks);
            loop {
                let Some(task) = next.take().or_else(|| self.back(&mut position, &mut forks)) else {
                    return Ok(self.rejected());
                };
                if self.go(&mut position, task)? {
                    break;
                }
            }
        }
        unreachable!("the loop has no end of its own")
    }

    /// Takes a step that nobody hears and that commutes with all that others may do, alone. One that ends in a finding does
    /// not, and is left to [`Self::choose`]. False: there is none.
    fn run_ahead(&mut self, position: &mut Position) -> Result<bool, Room> {
        if self.states < FEW {
            return Ok(false);
        }
        let program = self.world.program();
        let footprints = self.footprints.get_or_insert_with(|| Footprints::of(program));
        if footprints.refused().is_some() {
            return Ok(false);
        }
        let world = &self.world;
        let mut owners = Owners::default();
        let is_ahead = |&task: &TaskId| {
            !(position.over && self.cast.task(task) == SCRIPT)
                && world.enabled(task)
                && !world.enters(task)
                && footprints.is_mover(world, task, &mut owners)
        };
        let Some(task) = (0..self.tasks).find(is_ahead) else { return Ok(false) };
        self.before.clear();
        self.before.extend_from_slice(self.world.cells());
        let (picks, steps) = (self.picks.len(), self.steps);
        let went = self.step(position, task)?.is_some();
        if !went {
            self.world.restore(&self.before);
            self.picks.truncate(picks);
            self.steps = steps;
        }
        Ok(went)
    }

    /// Who goes on; `None`: nobody can, or it was looked at already.
    fn choose(&mut self, position: &Position, forks: &mut Vec<Fork>) -> Option<TaskId> {
        let (cast, world) = (&self.cast, &self.world);
        // What the script does behind the recording is not of it.
        let may_run = |&task: &TaskId| world.enabled(task) && !(position.over && cast.task(task) == SCRIPT);
        let mut left: Vec<TaskId> = (0..self.tasks).filter(may_run).collect();
        if left.len() < 2 {
            if left.is_empty() {
                let event = self.track.first_open(position);
                self.refused.add(event, "", || twice("nothing: everybody waits, or is done".to_string()));
            }
            return left.pop();
        }
        let words: Vec<u32> = self.world.cells().iter().copied().chain(position.words()).collect();
        if !self.seen.number(fingerprint::of(&words)).1 {
            return None;
        }
        self.states += 1;
        // The one whose next event is the nearest is the last, and tried first.
        left.sort_by_key(|&task| std::cmp::Reverse((self.track.next(position, self.cast.task(task)), task)));
        let next = left.pop();
        let (cells, position) = (self.world.cells().to_vec(), position.clone());
        forks.push(Fork { cells, position, left, picks: self.picks.len(), steps: self.steps });
        next
    }

    /// Goes back to the last state in which somebody else could go on.
    fn back(&mut self, position: &mut Position, forks: &mut Vec<Fork>) -> Option<TaskId> {
        loop {
            let fork = forks.last_mut()?;
            let Some(task) = fork.left.pop() else {
                forks.pop();
                continue;
            };
            self.world.restore(&fork.cells);
            position.clone_from(&fork.position);
            self.picks.truncate(fork.picks);
            self.steps = fork.steps;
            return Some(task);
        }
    }

    /// Takes a step of a task, and what belongs to it. False: that is not what was recorded.
    fn go(&mut self, position: &mut Position, task: TaskId) -> Result<bool, Room> {
        let Some(heard) = self.step(position, task)? else { return Ok(false) };
        let opening =
            heard.iter().map(|heard| self.cast.opening(heard)).find(|opening| *opening != Opening::Nothing);
        let most = match opening {
            None | Some(Opening::Nothing) => return Ok(true),
            Some(Opening::Count) => 1,
            Some(Opening::Slot) => MOST_OPENING,
        };
        for _ in 0..most {
            if !self.world.enabled(task) {
                break;
            }
            let Some(heard) = self.step(position, task)? else { return Ok(false) };
            if heard.iter().any(|heard| matches!(heard, Heard::Slot(_))) {
                break;
            }
        }
        Ok(true)
    }

    /// One step: what was heard in it. `None`: that is not what was recorded.
    fn step(&mut self, position: &mut Position, task: TaskId) -> Result<Option<Vec<Heard>>, Room> {
        self.pick(task);
        self.steps += 1;
        let name = self.cast.task(task);
        let mut ear = Ear { cast: &self.cast, heard: Vec::new() };
        let result = self.world.step(task, &mut (), &mut ear);
        let heard = ear.heard;
        match result {
            Ok(()) => {}
            Err(Stop::Room(room)) => return Err(room),
            Err(Stop::Finding(finding)) => {
                let event = self.track.first_open(position);
                let text = || twice(format!("an end, {}: {}", finding.name, finding.why));
                self.refused.add(event, name, text);
                return Ok(None);
            }
        }
        for heard in &heard {
            if let Err(event) = self.track.take(position, name, heard) {
                self.refused.add(event, name, || self.track.text(position, name, heard));
                return Ok(None);
            }
        }
        Ok(Some(heard))
    }

    /// A pick is one only where there is a choice.
    fn pick(&mut self, task: TaskId) {
        if (0..self.tasks).filter(|&task| self.world.enabled(task)).nth(1).is_some() {
            self.picks.push(Pick::Task(task));
        }
    }

    fn rejected(&mut self) -> Followed {
        let Refused { event, what } = std::mem::take(&mut self.refused);
        // What the task of that event could have done says the most.
        let task = self.track.task_of(event);
        let of_it = |attempt: &&Attempt| Some(attempt.task.as_str()) == task;
        let any = what.iter().any(|attempt| of_it(&attempt));
        let shown: Vec<&Attempt> = what.iter().filter(|attempt| !any || of_it(attempt)).collect();
        let recorded = self.track.recorded(event);
        // More words only where fewer do not tell the two apart.
        let detailed = recorded
            .as_ref()
            .is_some_and(|(text, _)| shown.iter().any(|attempt| attempt.text(false) == *text));
        let instead: BTreeSet<String> = shown.iter().map(|attempt| attempt.text(detailed)).collect();
        Followed::Rejected {
            event,
            recorded: recorded.map(|(text, more)| if detailed { more } else { text }),
            instead: instead.into_iter().collect(),
        }
    }

    /// Goes on until nobody can, or something is wrong, so that the schedule can be repeated as a whole.
    fn finish(&mut self) -> Result<Schedule, Room> {
        for _ in 0..MOST_BEHIND {
            let Some(task) = (0..self.tasks).find(|&task| self.world.enabled(task)) else { break };
            self.pick(task);
            let result = self.world.step(task, &mut (), &mut ());
            if engine::settle(result, &self.world, false)?.is_some() {
                break;
            }
        }
        Ok(Schedule(std::mem::take(&mut self.picks)))
    }
}

fn twice(text: String) -> (String, String) {
    (text.clone(), text)
}
