//! One schedule, repeated and recorded; as far as it fits, where the texts are not those that it was recorded with.

pub mod beside;
pub mod drawn;
mod follow;
pub mod onward;

pub use follow::{Followed, follow, follow_to_end};

use crate::engine::{Bounds, End, Execution, Halt, Reached};
use crate::limit::Progress;
use crate::livelock::Livelock;
use crate::pick::{Pick, Scheduler};
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use crate::sample::Player;
use crate::scheduler::{Divergence, Open, Replay};
use crate::trace::{Place, Recorder, Trace};
use model::machine::{Finding, Program, Room, World};

/// What a schedule led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// Where it was seen.
    pub place: Place,
}

/// A repeated execution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replayed {
    /// How it went.
    pub execution: Execution,
    /// What it led to, if something is wrong.
    pub found: Option<Found>,
    /// What happened.
    pub trace: Trace,
    /// Its picks, as they were made.
    pub picks: Vec<Pick>,
    /// Where the schedule did not fit, if so.
    pub divergence: Option<Divergence>,
    /// Picks of the schedule that nobody asked for.
    pub left: usize,
    /// The tasks by name, in their order.
    pub tasks: Vec<String>,
}

impl Replayed {
    /// A run that is wrong before its first step; so many picks were not asked for.
    fn in_boot(finding: Finding, place: Option<Place>, left: usize) -> Self {
        Self {
            execution: Execution { end: End::Finding(finding.clone()), steps: 0, switches: 0 },
            found: Some(Found { finding, place: place.unwrap_or_default() }),
            trace: Trace::default(),
            picks: Vec::new(),
            divergence: None,
            left,
            tasks: Vec::new(),
        }
    }

    /// The step that the schedule does not fit, counted from 1.
    #[must_use]
    pub fn diverges_at(&self) -> Option<u64> {
        let divergence = self.divergence.as_ref()?;
        // A step that a pick inside it does not fit has been taken all the same.
        Some(self.execution.steps + u64::from(!matches!(divergence.open, Open::Answer(_))))
    }
}

/// Repeats a schedule.
///
/// # Errors
/// If the text cannot be used.
pub fn replay(
    loaded: &Loaded,
    room: &Room,
    picks: &[Pick],
    timed: bool,
    max_steps: u64,
) -> Result<Replayed, Box<Rejected>> {
    let mut room = room.clone();
    let mut scheduler = Replay::new(picks.to_vec(), timed);
    let asked = picks.iter().filter(|pick| !matches!(pick, Pick::Duration(_))).count();
    let asked = (!timed).then_some(asked);
    let played = with_room(loaded, &mut room, |program| {
        scheduler.begin(0);
        let recorded = record(program, timed, max_steps, &mut scheduler, asked)?;
        Ok(Replayed { divergence: scheduler.divergence().cloned(), left: scheduler.left(), ..recorded })
    });
    match played {
        Ok(replayed) => Ok(replayed),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, place)) => Ok(Replayed::in_boot(*finding, place, picks.len())),
    }
}

/// Records one execution of any scheduler. `picks`: it is over when so many were made and a state comes again.
///
/// # Errors
/// If booting stops, or more room is needed.
pub fn record(
    program: &Program,
    timed: bool,
    max_steps: u64,
    scheduler: &mut dyn Scheduler,
    picks: Option<usize>,
) -> Result<Replayed, Halt> {
    let mut recorder = match picks {
        Some(picks) => Recorder::new().until_round(picks),
        None => Recorder::new(),
    };
    let mut player = Player::new(program, timed, &mut recorder)?;
    recorder.booted(player.world());
    let bounds = Bounds { max_steps, control: &(), progress: Progress::default() };
    let mut reached = Reached::default();
    let execution = player.run(scheduler, &bounds, &mut reached, &mut recorder).map_err(Halt::Room)?;
    let round = recorder.round();
    let trace = recorder.finish(player.world());
    let finding = match &execution.end {
        End::Finding(finding) => Some(finding.clone()),
        _ => round.map(|round| going_round(player.world(), &trace, round)),
    };
    let found = finding.map(|finding| Found { place: place(program, &finding, &trace), finding });
    let tasks = program.tasks.iter().map(|task| task.name.clone()).collect();
    let picks = player.journal().to_vec();
    Ok(Replayed { execution, found, trace, picks, divergence: None, left: 0, tasks })
}

/// What a state is that comes again.
fn going_round(world: &World<'_>, trace: &Trace, (first, again): (u64, u64)) -> Finding {
    let mut tasks: Vec<_> =
        trace.steps.iter().filter(|step| step.number > first).map(|step| step.task.as_str()).collect();
    tasks.sort_unstable();
    tasks.dedup();
    // Who takes no step in it and is not done: its turn never comes.
    let others = (0..).zip(&world.program().tasks).filter(|(_, task)| !tasks.contains(&task.name.as_str()));
    let waiting: Vec<_> = others.filter_map(|(task, _)| world.waits_for(task)).collect();
    let rest = match waiting.is_empty() {
        true => "nobody else can end it".to_string(),
        false => format!("all the while {}", waiting.join(", ")),
    };
    let why = format!(
        "the state after step {first} comes again after step {again}: {} can go round for ever, and {rest}",
        tasks.join(", ")
    );
    Finding { name: Livelock::NAME.to_string(), why, pc: None }
}

/// Where a finding was seen: at its own instruction, or else where the last step ran.
fn place(program: &Program, finding: &Finding, trace: &Trace) -> Place {
    match finding.pc {
        Some(pc) => Place::of(program, program.spans[pc as usize]),
        None => trace.steps.back().map(|step| step.place.clone()).unwrap_or_default(),
    }
}
