//! How a `sometimes` is reached: its shortest schedule, played again and recorded up to the state where it is first true.

use crate::counterexample;
use crate::engine::{Bounds, End, Engine, Follow, Halt, Reached};
use crate::limit::Progress;
use crate::pick::{Pick, Point, Scheduler};
use crate::question::Loaded;
use crate::room::{Unrun, with_room};
use crate::schedule::Schedule;
use crate::scheduler::{First, Replay};
use crate::trace::{Place, Recorder, Trace};
use model::machine::code::Pc;
use model::machine::{Event, Program, Room, TaskId, Watch, World};

/// A `sometimes` with the schedule that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// Its label, or the word.
    pub name: String,
    /// Its expression.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// Steps to the first state where it is true.
    pub steps: u64,
    /// Switches between tasks in them.
    pub switches: u64,
    /// The schedule: the picks of these steps, and then the first option at each point until nothing can go on. Without
    /// those if there is no such end.
    pub schedule: Schedule,
    /// Does it have an end? Only then can it be repeated.
    pub ends: bool,
    /// What happens on the way.
    pub trace: Trace,
}

/// How long a schedule may be that only has to come to an end.
const MOST_STEPS: u64 = 100_000;

/// Plays the schedules that a search has found.
///
/// # Errors
/// If the question cannot be compiled or booted.
pub fn play(
    loaded: &Loaded,
    room: &mut Room,
    found: &[counterexample::Witness],
) -> Result<Vec<Witness>, Unrun> {
    with_room(loaded, room, |program| found.iter().map(|found| play_one(program, found)).collect())
}

fn play_one(program: &Program, found: &counterexample::Witness) -> Result<Witness, Halt> {
    let bounds = Bounds { max_steps: found.steps + MOST_STEPS, control: &(), progress: Progress::default() };
    let mut until = Until { recorder: Recorder::new(), left: found.steps };
    let mut engine = Engine::new(program, &mut until)?;
    until.recorder.booted(engine.world());
    let mut switches = 0;
    if found.steps > 0 {
        let way = engine
            .run(&mut Then::new(&found.picks), &bounds, &mut Reached::default(), &mut until)
            .map_err(Halt::Room)?;
        switches = way.switches;
    }
    let trace = until.recorder.finish(engine.world());
    let whole = engine
        .run(&mut Then::new(&found.picks), &bounds, &mut Reached::default(), &mut ())
        .map_err(Halt::Room)?;
    let ends = matches!(whole.end, End::Complete | End::Finding(_));
    let condition = &program.conditions[found.condition];
    Ok(Witness {
        name: condition.name.clone(),
        text: condition.text.clone(),
        place: Place::of(program, condition.span),
        steps: found.steps,
        switches,
        schedule: Schedule(if ends { engine.journal().to_vec() } else { found.picks.clone() }),
        ends,
        trace,
    })
}

/// Recorded picks, and then the first option at each point.
struct Then {
    recorded: Replay,
    first: First,
}

impl Then {
    fn new(picks: &[Pick]) -> Self {
        Self { recorded: Replay::new(picks.to_vec(), false), first: First }
    }
}

impl Scheduler for Then {
    fn begin(&mut self, execution: u64) -> bool {
        self.recorded.begin(execution)
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match self.recorded.pick(point) {
            Pick::Stop => self.first.pick(point),
            pick => pick,
        }
    }
}

/// Records so many steps.
struct Until {
    recorder: Recorder,
    left: u64,
}

impl Watch for Until {
    fn event(&mut self, world: &World<'_>, task: TaskId, pc: Pc, event: Event) {
        self.recorder.event(world, task, pc, event);
    }
}

impl Follow for Until {
    fn begins(&mut self, world: &World<'_>, task: TaskId) {
        self.recorder.begins(world, task);
    }

    fn ends(&mut self, world: &World<'_>, task: TaskId, picks: usize) -> bool {
        self.left -= 1;
        self.recorder.ends(world, task, picks) && self.left > 0
    }
}
