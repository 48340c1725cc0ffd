//! Executions of which nobody sees the steps: along known paths, and where those end by steps that make them longer.
//!
//! The picks are asked for as ever, and everything that an execution comes to is the same. Only its world stays behind while a
//! path is known, and catches up where it ends.

use super::paths::{Leads, Paths, Place, Way};
use super::{Bounds, Door, End, Taken, ended, next, settle};
use crate::enabled::{Enabled, Tasks};
use crate::pick::{Pick, Scheduler};
use model::machine::{Chance, Picks, Room, TaskId, World};

/// With more tasks there are so many states that paths would not pay.
const MOST_TASKS: usize = 32;

/// A step where no path is known costs as much more as so many along a path spare.
const OFF_PATH: u64 = 16;

/// So many steps along paths may be lost by keeping them before they are given up: some 50 ms. Until a path is come to again it
/// only costs.
const MOST_LOST: u64 = 1 << 20;

/// Known paths of a booted world.
#[derive(Debug)]
pub(super) struct Along {
    paths: Paths,
    start: Place,
    fingerprint_at_start: u128,
    /// The ways since the state in which the world is.
    trail: Vec<Way>,
    /// The tasks that took the steps on them, as bits.
    moved: u32,
    /// What was asked in the step that is taken, and the answers.
    asked: Vec<(Chance, u32)>,
    /// What keeping paths has cost so far more than it has spared, in steps along them.
    lost: u64,
}

impl Along {
    /// From a world as it was booted, with so many words of paths at most. `None`: none are kept of it.
    pub fn new(world: &World<'_>, enabled: &mut Enabled, most: usize) -> Option<Self> {
        if most == 0 || world.program().tasks.len() > MOST_TASKS {
            return None;
        }
        let mut paths = Paths::new(most);
        let fingerprint_at_start = world.fingerprint();
        let tasks = Some(bits(enabled.now(world))).filter(|&tasks| tasks != 0)?;
        let start = paths.place(fingerprint_at_start, tasks)?;
        let (trail, asked) = (Vec::new(), Vec::new());
        Some(Self { paths, start, fingerprint_at_start, trail, moved: 0, asked, lost: 0 })
    }

    /// Does it pay to keep them, or may it yet?
    pub const fn pays(&self) -> bool {
        self.lost < MOST_LOST
    }

    /// How many states are on them.
    pub const fn len(&self) -> usize {
        self.paths.len()
    }
}

/// Of tasks that are few.
fn bits(tasks: Tasks<'_>) -> u32 {
    let bits = tasks.bits().and_then(|bits| u32::try_from(bits).ok());
    bits.expect("there are few")
}

/// An execution on its way.
pub(super) struct Walk<'a, 'p> {
    along: &'a mut Along,
    world: &'a mut World<'p>,
    enabled: &'a mut Enabled,
    journal: &'a mut Vec<Pick>,
    checks: bool,
    /// Of where the world stands.
    fingerprint: u128,
    /// Steps that were on no path.
    off_path: u64,
}

/// Where a path ends.
struct Left {
    /// The task whose step is not known.
    task: TaskId,
    /// Its way, behind what was asked already.
    way: Way,
    /// Was there an answer that is none?
    refused: bool,
}

impl<'a, 'p> Walk<'a, 'p> {
    /// One that begins in the booted state, in which the world is.
    pub fn new(
        along: &'a mut Along,
        world: &'a mut World<'p>,
        enabled: &'a mut Enabled,
        journal: &'a mut Vec<Pick>,
        checks: bool,
    ) -> Self {
        along.trail.clear();
        along.moved = 0;
        let fingerprint = along.fingerprint_at_start;
        Self { along, world, enabled, journal, checks, fingerprint, off_path: 0 }
    }

    /// Goes to an end. `None`: it has come to where no paths are, and there the world is.
    ///
    /// # Errors
    /// With the room that is needed.
    pub fn run<S: Scheduler + ?Sized>(
        mut self,
        scheduler: &mut S,
        bounds: &Bounds<'_>,
        taken: &mut Taken,
    ) -> Result<Option<End>, Room> {
        let mut place = self.along.start;
        let end = loop {
            match self.follow(place, scheduler, bounds, taken) {
                Err(end) => break Some(end),
                Ok(left) => match self.lengthen(&left, scheduler, taken)? {
                    (None, Some(next)) => place = next,
                    (end, _) => break end,
                },
            }
        };
        let along = taken.steps - self.off_path;
        self.along.lost = (self.along.lost + OFF_PATH * self.off_path).saturating_sub(along);
        Ok(end)
    }

    /// Goes along known paths to where they end; or says how the execution ends before that, and there the world is then.
    #[inline]
    fn follow<S: Scheduler + ?Sized>(
        &mut self,
        mut place: Place,
        scheduler: &mut S,
        bounds: &Bounds<'_>,
        taken: &mut Taken,
    ) -> Result<Left, End> {
        loop {
            self.along.asked.clear();
            let tasks = self.along.paths.tasks(place);
            let Some(task) = next(Tasks::from_bits(tasks.into()), scheduler, self.journal) else {
                if tasks != 0 {
                    return Err(self.broken_off(End::Diverged));
                }
                let cells = self.world.cells().len();
                self.world.restore(self.along.paths.end(place, cells));
                return Err(End::Complete);
            };
            if let Some(limit) = bounds.met(taken.steps) {
                return Err(self.broken_off(End::Limit(limit)));
            }
            let (mut way, mut refused) = (Paths::way(place, tasks, task), false);
            place = loop {
                match self.along.paths.follow(way) {
                    Leads::To(place) => break place,
                    Leads::Nowhere => return Ok(Left { task, way, refused }),
                    Leads::Asks(question) => {
                        let chance = self.along.paths.chance(question);
                        let mut door = Door { scheduler, journal: self.journal, refused };
                        let answer = door.pick(chance, 2);
                        refused = door.refused;
                        self.along.asked.push((chance, answer));
                        way = Paths::answer(question, answer);
                    }
                }
            };
            self.along.trail.push(way);
            self.along.moved |= 1 << task;
            taken.step(task);
            if refused {
                return Err(self.broken_off(End::Diverged));
            }
        }
    }

    /// Takes a step that is on no path, and makes one of it. What comes of it is an end, or where to go on if that is on a path.
    fn lengthen<S: Scheduler + ?Sized>(
        &mut self,
        left: &Left,
        scheduler: &mut S,
        taken: &mut Taken,
    ) -> Result<(Option<End>, Option<Place>), Room> {
        self.catch_up();
        self.off_path += 1;
        let Along { paths, asked, lost, .. } = &mut *self.along;
        let on_path = asked.len();
        let door = Door { scheduler, journal: self.journal, refused: left.refused };
        let mut again = Again { next: 0, asked, picks: door };
        let result = self.world.step_known(left.task, &mut again);
        let refused = again.picks.refused;
        taken.step(left.task);
        if refused {
            return Ok((Some(End::Diverged), None));
        }
        let known = result.as_ref().ok().copied().flatten();
        if let Some(finding) = settle(result.map(drop), self.world, self.checks)? {
            return Ok((Some(End::Finding(finding)), None));
        }
        self.enabled.moved(self.world, left.task);
        // Of a step that the world has not learnt no path can be made.
        let Some(known) = known else { return Ok((None, None)) };
        self.fingerprint = self.world.fingerprint_behind(known, self.fingerprint);
        let before = paths.len();
        let tasks = bits(self.enabled.now(self.world));
        let end = (tasks == 0).then(|| ended(self.world));
        let to = match end {
            None => paths.place(self.fingerprint, tasks),
            Some(End::Complete) => paths.place_of_end(self.fingerprint, self.world.cells()),
            Some(_) => None,
        };
        if let Some(to) = to {
            paths.lead(left.way, &asked[on_path..], to, known);
        }
        // As long as paths cost more than they spare, they grow by one state an execution: so they are where most executions go.
        let goes_on = paths.len() == before || *lost == 0;
        Ok((end, to.filter(|_| goes_on)))
    }

    #[cold]
    fn broken_off(&mut self, end: End) -> End {
        self.catch_up();
        end
    }

    /// Takes the steps of the trail.
    fn catch_up(&mut self) {
        for way in self.along.trail.drain(..) {
            let step = self.along.paths.step(way);
            self.world.take(step);
            self.fingerprint = self.world.fingerprint_behind(step, self.fingerprint);
        }
        for task in Tasks::from_bits(std::mem::take(&mut self.along.moved).into()).iter() {
            self.enabled.moved(self.world, task);
        }
    }
}

/// Gives the answers again that were given on the path, then asks for more.
struct Again<'a, P> {
    next: usize,
    asked: &'a mut Vec<(Chance, u32)>,
    picks: P,
}

impl<P: Picks> Picks for Again<'_, P> {
    fn pick(&mut self, chance: Chance, options: u32) -> u32 {
        if self.next == self.asked.len() {
            self.asked.push((chance, self.picks.pick(chance, options)));
        }
        self.next += 1;
        self.asked[self.next - 1].1
    }
}
