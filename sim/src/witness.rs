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
    /// Is no schedule shorter? Otherwise it is the shortest that was sampled.
    pub shortest: bool,
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
        shortest: found.best,
        switches,
        schedule: Schedule(if ends { engine.journal().to_vec() } else { found.picks.clone() }),
        ends,
        trace,
    })
}

/// A way to a condition; the less, the better.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    steps: u64,
    picks: Vec<Pick>,
}

/// Watches sampled executions for conditions, and keeps the shortest way to each.
#[derive(Clone, Debug, Default)]
pub struct Spotter {
    /// The conditions, and the way to each.
    best: Vec<(usize, Option<Way>)>,
    /// In the running execution: steps and picks to each.
    now: Vec<Option<(u64, usize)>>,
    steps: u64,
}

impl Spotter {
    /// Watches for these.
    #[must_use]
    pub fn new(conditions: impl Iterator<Item = usize>) -> Self {
        Self { best: conditions.map(|at| (at, None)).collect(), ..Self::default() }
    }

    /// An execution begins.
    pub fn begin(&mut self) {
        self.now.clear();
        self.now.resize(self.best.len(), None);
        self.steps = 0;
    }

    /// A step is about to be taken: before the first one the world stands where it was booted.
    pub fn begins(&mut self, world: &World<'_>) {
        if self.steps == 0 {
            self.look(world, 0);
        }
    }

    /// A step was taken, and so many picks were made.
    pub fn ends(&mut self, world: &World<'_>, picks: usize) {
        self.steps += 1;
        self.look(world, picks);
    }

    fn look(&mut self, world: &World<'_>, picks: usize) {
        for ((condition, _), now) in self.best.iter().zip(&mut self.now) {
            if now.is_none() && world.holds(*condition) {
                *now = Some((self.steps, picks));
            }
        }
    }

    /// The execution is over.
    pub fn over(&mut self, end: &End, picks: &[Pick]) {
        // Behind a step that ended in a finding the world stands nowhere.
        let last = if matches!(end, End::Finding(_)) { self.steps } else { u64::MAX };
        for ((_, best), now) in self.best.iter_mut().zip(&self.now) {
            let Some((steps, made)) = now.filter(|&(steps, _)| steps < last) else { continue };
            let picks = &picks[..made];
            if best.as_ref().is_none_or(|best| (steps, picks) < (best.steps, best.picks.as_slice())) {
                *best = Some(Way { steps, picks: picks.to_vec() });
            }
        }
    }

    /// The shortest ways that were seen.
    #[must_use]
    pub fn found(self) -> Vec<counterexample::Witness> {
        let found = self.best.into_iter().filter_map(|(condition, best)| {
            let Way { steps, picks } = best?;
            Some(counterexample::Witness { condition, steps, picks, best: false })
        });
        found.collect()
    }
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
