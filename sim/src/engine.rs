//! One untimed execution: ask who is next, let it take its step, look at the judges; until the end.
//!
//! It never allocates once it is warm, never prints, and draws nothing itself. Where nobody sees the steps it goes along paths that
//! earlier executions took.

mod along;
mod paths;

use crate::enabled::{Enabled, Tasks};
use crate::limit::{Control, Limit, Progress};
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use along::{Along, Walk};
use model::footprint::{Footprints, Owners};
use model::lang::ast::ConditionKind;
use model::lang::diagnostic::Diagnostic;
use model::machine::{BootError, Chance, Finding, Picks, Program, Room, Stop, TaskId, Watch, World};

/// How an execution ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Nothing can go on, and all is well.
    Complete,
    /// Something is wrong.
    Finding(Finding),
    /// It is as long as a schedule may be, or was halted.
    Limit(Limit),
    /// The scheduler had nothing that could be picked.
    Diverged,
    /// Who follows it has seen enough.
    Stopped,
}

/// One execution, without its picks: those are in [`Engine::journal`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Execution {
    /// How it ended.
    pub end: End,
    /// Steps taken.
    pub steps: u64,
    /// How often a step was taken by another task than the one before.
    pub switches: u64,
}

/// Why there is no execution at all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// The world is too small: compile again with this room and go on; the same picks give the same run.
    Room(Room),
    /// The text cannot be booted.
    Text(Box<Diagnostic>),
    /// Something is wrong before the first step.
    Finding(Finding),
}

impl From<BootError> for Halt {
    fn from(error: BootError) -> Self {
        match error {
            BootError::Diagnostic(diagnostic) => Self::Text(diagnostic),
            BootError::Stop(Stop::Finding(finding)) => Self::Finding(finding),
            BootError::Stop(Stop::Room(room)) => Self::Room(room),
        }
    }
}

/// A booted world; `None`: something is wrong before the first step, which is for others to tell.
///
/// # Errors
/// With the room that is needed.
pub(crate) fn booted<'p, W: Watch>(program: &'p Program, watch: &mut W) -> Result<Option<World<'p>>, Room> {
    match World::boot(program, watch) {
        Ok(world) => Ok(Some(world)),
        Err(BootError::Stop(Stop::Room(room))) => Err(room),
        Err(_) => Ok(None),
    }
}

/// How often an execution asks whether it may go on, in steps.
const POLL: u64 = 1 << 16;

/// So many movers run at most one behind the other: a round of them would keep the others from running.
const MOST_AHEAD: u32 = 1_000;

/// How far an execution may go.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// So many steps.
    pub max_steps: u64,
    /// Is asked now and then.
    pub control: &'a dyn Control,
    /// What it is told.
    pub progress: Progress,
}

impl Bounds<'_> {
    /// The limit that is met before another step, if one is.
    #[inline]
    pub fn met(&self, steps: u64) -> Option<Limit> {
        if steps >= self.max_steps {
            Some(Limit::Steps)
        } else if steps % POLL == POLL - 1 {
            self.control.poll(&self.progress)
        } else {
            None
        }
    }
}

/// Sees the steps of an execution besides the events in them.
pub trait Follow: Watch {
    /// Does it see them? Whoever does not may find that known ones were not taken at all.
    const FOLLOWS: bool = true;

    /// A task is about to take a step.
    fn begins(&mut self, _world: &World<'_>, _task: TaskId) {}
    /// It has taken it, and so many picks were recorded. False: that is enough.
    fn ends(&mut self, _world: &World<'_>, _task: TaskId, _picks: usize) -> bool {
        true
    }
}

impl Follow for () {
    const FOLLOWS: bool = false;
}

/// Which `sometimes` were true somewhere. It outlives a program that is compiled anew with more room.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reached {
    missing: Vec<usize>,
}

impl Reached {
    /// Looks for every `sometimes` of a program.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let wanted = |(at, condition): (usize, &model::machine::program::Condition)| {
            (condition.kind == ConditionKind::Sometimes).then_some(at)
        };
        Self { missing: program.conditions.iter().enumerate().filter_map(wanted).collect() }
    }

    /// Looks at a state.
    #[inline]
    pub fn look(&mut self, world: &World<'_>) {
        if !self.missing.is_empty() {
            self.missing.retain(|&condition| !world.holds(condition));
        }
    }

    /// Takes over what was reached elsewhere, in the same program.
    pub fn both(&mut self, elsewhere: &Self) {
        self.missing.retain(|condition| elsewhere.missing.contains(condition));
    }

    /// Those that were true somewhere, as indices of the program's conditions.
    pub fn met<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = usize> + 'a {
        let conditions = program.conditions.iter().enumerate();
        let sometimes = conditions.filter(|(_, condition)| condition.kind == ConditionKind::Sometimes);
        sometimes.map(|(at, _)| at).filter(|at| !self.missing.contains(at))
    }

    /// Those that were never true, as indices of the program's conditions.
    #[must_use]
    pub fn missing(&self) -> &[usize] {
        &self.missing
    }
}

/// A booted program, ready to be executed again and again.
pub struct Engine<'p> {
    world: World<'p>,
    start: Vec<u32>,
    enabled: Enabled,
    enabled_at_start: Enabled,
    journal: Vec<Pick>,
    /// Has the scenario an `always` or `never`?
    checks: bool,
    /// What steps touch: found when a scheduler wants it, and if it can be found.
    footprints: Option<Footprints>,
    owners: Owners,
    /// Steps of this execution, one behind the other, that nobody was asked about since they are movers.
    ahead: u32,
    /// Paths of earlier executions, once there was one of which nobody saw the steps.
    along: Option<Along>,
    /// Words of paths that are kept at most, as long as there are none; 0: there will be none.
    most_paths: usize,
}

/// Steps that an execution has taken.
#[derive(Debug, Default)]
struct Taken {
    steps: u64,
    switches: u64,
    last: Option<TaskId>,
}

impl Taken {
    #[inline]
    fn step(&mut self, task: TaskId) {
        self.steps += 1;
        self.switches += u64::from(self.last.is_some_and(|last| last != task));
        self.last = Some(task);
    }
}

impl<'p> Engine<'p> {
    /// Boots.
    ///
    /// # Errors
    /// If booting stops, or its result is already wrong.
    pub fn new<W: Watch>(program: &'p Program, watch: &mut W) -> Result<Self, Halt> {
        let world = World::boot(program, watch)?;
        world.check().map_err(Halt::Finding)?;
        let enabled = Enabled::new(&world);
        Ok(Self {
            start: world.cells().to_vec(),
            checks: has_checks(program),
            enabled_at_start: enabled.clone(),
            enabled,
            journal: Vec::new(),
            footprints: None,
            owners: Owners::default(),
            ahead: 0,
            along: None,
            most_paths: paths::MOST,
            world,
        })
    }

    /// From now on so many words of paths are kept at most; 0: none, and each step is taken. Nothing but speed and memory depends
    /// on it.
    pub fn keep_paths(&mut self, words: usize) {
        self.along = None;
        self.most_paths = words;
    }

    /// How many states are on the paths that are kept.
    #[must_use]
    pub fn states_on_paths(&self) -> usize {
        self.along.as_ref().map_or(0, Along::len)
    }

    /// The world as the last execution left it.
    #[must_use]
    pub const fn world(&self) -> &World<'p> {
        &self.world
    }

    /// The picks of the last execution that had more than one option.
    #[must_use]
    pub fn journal(&self) -> &[Pick] {
        &self.journal
    }

    /// Runs from the booted state to an end.
    ///
    /// # Errors
    /// With the room that is needed, if the world is too small.
    pub fn run<S: Scheduler + ?Sized, F: Follow>(
        &mut self,
        scheduler: &mut S,
        bounds: &Bounds<'_>,
        reached: &mut Reached,
        follow: &mut F,
    ) -> Result<Execution, Room> {
        self.world.restore(&self.start);
        self.enabled.copy_from(&self.enabled_at_start);
        self.journal.clear();
        reached.look(&self.world);
        let wants = scheduler.wants();
        if (wants.touches || wants.movers) && self.footprints.is_none() {
            let footprints = Footprints::of(self.world.program());
            self.footprints = Some(footprints).filter(|footprints| footprints.refused().is_none());
        }
        self.ahead = 0;
        let mut taken = Taken::default();
        let unseen = !F::FOLLOWS && wants == Wants::NOTHING && reached.missing.is_empty();
        let end = if unseen { self.run_along(scheduler, bounds, &mut taken)? } else { None };
        let end = match end {
            Some(end) => end,
            None => self.run_on(scheduler, wants, bounds, reached, follow, &mut taken)?,
        };
        Ok(Execution { end, steps: taken.steps, switches: taken.switches })
    }

    /// Runs along paths, to an end or to where they are not known any more.
    fn run_along<S: Scheduler + ?Sized>(
        &mut self,
        scheduler: &mut S,
        bounds: &Bounds<'_>,
        taken: &mut Taken,
    ) -> Result<Option<End>, Room> {
        let Self { world, enabled, journal, along, checks, .. } = self;
        if self.most_paths > 0 && along.is_none() {
            *along = Along::new(world, enabled, std::mem::take(&mut self.most_paths));
        }
        let Some(known) = along else { return Ok(None) };
        let end = Walk::new(known, world, enabled, journal, *checks).run(scheduler, bounds, taken);
        if !known.pays() {
            *along = None;
        }
        end
    }

    /// Runs step by step from where the world stands.
    fn run_on<S: Scheduler + ?Sized, F: Follow>(
        &mut self,
        scheduler: &mut S,
        wants: Wants,
        bounds: &Bounds<'_>,
        reached: &mut Reached,
        follow: &mut F,
        taken: &mut Taken,
    ) -> Result<End, Room> {
        loop {
            let next = if wants == Wants::NOTHING {
                next(self.enabled.now(&self.world), scheduler, &mut self.journal)
            } else {
                self.look(scheduler, wants)
            };
            let Some(task) = next else {
                return Ok(match self.enabled.now(&self.world).is_empty() {
                    true => ended(&self.world),
                    false => End::Diverged,
                });
            };
            if let Some(limit) = bounds.met(taken.steps) {
                return Ok(End::Limit(limit));
            }
            follow.begins(&self.world, task);
            let mut door = Door { scheduler: &mut *scheduler, journal: &mut self.journal, refused: false };
            let result = self.world.step(task, &mut door, follow);
            let refused = door.refused;
            taken.step(task);
            let on = follow.ends(&self.world, task, self.journal.len());
            if refused {
                return Ok(End::Diverged);
            }
            if let Some(finding) = settle(result, &self.world, self.checks)? {
                return Ok(End::Finding(finding));
            }
            self.enabled.moved(&self.world, task);
            reached.look(&self.world);
            if !on {
                return Ok(End::Stopped);
            }
        }
    }

    /// As [`next`], for a scheduler that wants more than to be asked.
    #[inline(never)]
    fn look<S: Scheduler + ?Sized>(&mut self, scheduler: &mut S, wants: Wants) -> Option<TaskId> {
        let tasks = self.enabled.now(&self.world);
        if tasks.is_empty() {
            return None;
        }
        self.owners.forget();
        let (footprints, owners) = (self.footprints.as_ref(), &mut self.owners);
        let scene = Scene::new(&self.world, tasks, footprints);
        if wants.scenes {
            scheduler.look(&scene);
        }
        let mut task = tasks.only();
        if task.is_none() {
            let few = wants.movers && self.ahead < MOST_AHEAD && tasks.bits().is_some();
            let mover = |footprints: &Footprints| {
                tasks.iter().find(|&task| footprints.is_mover(&self.world, task, owners))
            };
            let mover = footprints.filter(|_| few).and_then(mover);
            self.ahead = if mover.is_some() { self.ahead + 1 } else { 0 };
            let pick = mover.map_or_else(|| scheduler.pick(&Point::Who(tasks)), Pick::Task);
            task = match pick {
                Pick::Task(task) if tasks.contains(task) => Some(task),
                _ => return None,
            };
            self.journal.push(pick);
        }
        let task = task?;
        if wants.scenes {
            scheduler.step(&scene, task);
        }
        Some(task)
    }
}

/// Who of these takes the next step; `None` if there is none, or if the scheduler does not fit.
#[inline(always)]
fn next<S: Scheduler + ?Sized>(
    tasks: Tasks<'_>,
    scheduler: &mut S,
    journal: &mut Vec<Pick>,
) -> Option<TaskId> {
    if let Some(only) = tasks.only() {
        return Some(only);
    }
    if tasks.is_empty() {
        return None;
    }
    match scheduler.pick(&Point::Who(tasks)) {
        Pick::Task(task) if tasks.contains(task) => {
            journal.push(Pick::Task(task));
            Some(task)
        }
        _ => None,
    }
}

/// Has the program a condition that must be looked at in every state?
#[must_use]
pub fn has_checks(program: &Program) -> bool {
    program
        .conditions
        .iter()
        .any(|condition| matches!(condition.kind, ConditionKind::Always | ConditionKind::Never))
}

/// What a step came to: a finding of its own, or one in the state behind it.
///
/// # Errors
/// With the room that is needed.
#[inline]
pub fn settle(result: Result<(), Stop>, world: &World<'_>, checks: bool) -> Result<Option<Finding>, Room> {
    match result {
        Ok(()) if checks => Ok(world.check().err()),
        Ok(()) => Ok(None),
        Err(Stop::Finding(finding)) => Ok(Some(finding)),
        Err(Stop::Room(room)) => Err(room),
    }
}

/// How a schedule ended that nobody can continue.
#[must_use]
pub fn ended(world: &World<'_>) -> End {
    match world.end() {
        Ok(()) => End::Complete,
        Err(finding) => End::Finding(finding),
    }
}

/// The machine's way to the scheduler while a step runs.
pub struct Door<'a, S: ?Sized> {
    /// Who answers.
    pub scheduler: &'a mut S,
    /// Where answers are recorded.
    pub journal: &'a mut Vec<Pick>,
    /// Was there an answer that is none?
    pub refused: bool,
}

impl<S: Scheduler + ?Sized> Picks for Door<'_, S> {
    fn pick(&mut self, chance: Chance, options: u32) -> u32 {
        match self.scheduler.pick(&Point::Answer { chance, options }) {
            Pick::Answer(answer) if answer < options => {
                self.journal.push(Pick::Answer(answer));
                answer
            }
            _ => {
                self.refused = true;
                0
            }
        }
    }
}
