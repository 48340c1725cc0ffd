//! Many executions, one after the other, each settled by a scheduler.

use crate::engine::{Bounds, End, Engine, Execution, Follow, Halt, Reached};
use crate::limit::{Control, Limit, Progress};
use crate::pick::{Pick, Scheduler};
use crate::timed::{Timed, TimedReport};
use model::judge::orders::Orders;
use model::machine::{Program, Room, Watch, World};
use std::collections::BTreeMap;

/// How often the control is asked, in executions.
const POLL: u64 = 256;

/// A booted program, played untimed or by the agenda.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Player<'p> {
    /// Any enabled task may be next.
    Untimed(Engine<'p>),
    /// The agenda says who is next.
    Timed(Timed<'p>),
}

impl<'p> Player<'p> {
    /// Boots.
    ///
    /// # Errors
    /// If booting stops, or its result is already wrong.
    pub fn new<W: Watch>(program: &'p Program, timed: bool, watch: &mut W) -> Result<Self, Halt> {
        Ok(if timed {
            Self::Timed(Timed::new(program, watch)?)
        } else {
            Self::Untimed(Engine::new(program, watch)?)
        })
    }

    /// Runs one execution.
    ///
    /// # Errors
    /// With the room that is needed, if the world is too small.
    pub fn run<F: Follow>(
        &mut self,
        scheduler: &mut dyn Scheduler,
        bounds: &Bounds<'_>,
        reached: &mut Reached,
        follow: &mut F,
    ) -> Result<Execution, Room> {
        match self {
            Self::Untimed(engine) => engine.run(scheduler, bounds, reached, follow),
            Self::Timed(timed) => timed.run(scheduler, bounds, reached, follow),
        }
    }

    /// The picks of the last execution.
    #[must_use]
    pub fn journal(&self) -> &[Pick] {
        match self {
            Self::Untimed(engine) => engine.journal(),
            Self::Timed(timed) => timed.journal(),
        }
    }

    /// The world as the last execution left it.
    #[must_use]
    pub const fn world(&self) -> &World<'p> {
        match self {
            Self::Untimed(engine) => engine.world(),
            Self::Timed(timed) => timed.world(),
        }
    }
}

/// Sees sampled executions besides what is tallied of them.
pub trait Audience: Follow {
    /// An execution begins; again, where the world turned out to be too small.
    fn begin(&mut self) {}
    /// It is over: the world is as it left it, and these are its picks.
    fn over(&mut self, _world: &World<'_>, _end: &End, _picks: &[Pick]) {}
}

impl Audience for () {}

/// The best schedule that was seen to lead to a finding: the shortest, then the one with the fewest switches, then the
/// one with the smallest picks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Best {
    /// Steps.
    pub steps: u64,
    /// Switches between tasks.
    pub switches: u64,
    /// Its picks.
    pub picks: Vec<Pick>,
    /// In which execution it was met, counted from 1.
    pub execution: u64,
}

/// When a finding was met first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct First {
    /// In which execution, counted from 1.
    pub execution: u64,
    /// By which one of several schedulers.
    pub member: Option<&'static str>,
}

/// What executions have come to so far. It outlives a program that is compiled anew with more room.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many were run.
    pub executions: u64,
    /// Their steps.
    pub steps: u64,
    /// How many came to an end at which all is well.
    pub complete: u64,
    /// Those ends together.
    pub final_fingerprint: u64,
    /// By the finding's name.
    pub found: BTreeMap<String, Best>,
    /// By the finding's name.
    pub first: BTreeMap<String, First>,
    /// What the scheduler promises of all of them.
    pub promise: Option<String>,
    /// How many were as long as an execution may be.
    pub endless: u64,
    /// The limit that one of them, or all together, met.
    pub limit: Option<Limit>,
    /// The figures of timed executions.
    pub report: TimedReport,
    /// In which orders locks were taken.
    pub orders: Orders,
}

/// How to sample.
#[derive(Clone, Copy)]
pub struct Sampling<'a> {
    /// How many executions.
    pub runs: u64,
    /// By the agenda?
    pub timed: bool,
    /// Steps of one schedule.
    pub max_steps: u64,
    /// How many executions may be as long as that.
    pub endless: u64,
    /// Is asked now and then.
    pub control: &'a dyn Control,
}

/// Runs executions until there are as many as wanted. Called again with the same tally, it goes on where it was.
///
/// # Errors
/// If booting stops, or more room is needed.
pub fn sample<A: Audience>(
    program: &Program,
    how: &Sampling<'_>,
    scheduler: &mut dyn Scheduler,
    tally: &mut Tally,
    reached: &mut Reached,
    audience: &mut A,
) -> Result<(), Halt> {
    let mut player = Player::new(program, how.timed, audience)?;
    let mut orders_known = 0;
    while tally.executions < how.runs {
        let progress = Progress { executions: tally.executions, ..Progress::default() };
        if tally.executions.is_multiple_of(POLL)
            && let Some(limit) = how.control.poll(&progress)
        {
            tally.limit = Some(limit);
            break;
        }
        if !scheduler.begin(tally.executions) {
            break;
        }
        let bounds = Bounds { max_steps: how.max_steps, control: how.control, progress };
        audience.begin();
        let execution = player.run(scheduler, &bounds, reached, audience);
        if let Some(orders) = player.world().orders().filter(|orders| orders.len() > orders_known) {
            orders_known = orders.len();
            tally.join_orders(program, orders, scheduler.member());
        }
        let execution = execution.map_err(Halt::Room)?;
        audience.over(player.world(), &execution.end, player.journal());
        tally.add(&player, execution, scheduler.member());
        if tally.endless >= how.endless || tally.limit.is_some_and(|limit| limit != Limit::Steps) {
            break;
        }
    }
    if let Some(orders) = player.world().orders() {
        tally.orders.join(orders);
    }
    tally.promise = scheduler.promise();
    Ok(())
}

impl Tally {
    #[inline]
    fn add(&mut self, player: &Player<'_>, execution: Execution, member: Option<&'static str>) {
        self.executions += 1;
        self.steps += execution.steps;
        match execution.end {
            End::Complete => {
                self.complete += 1;
                let end = player.world().digest();
                self.final_fingerprint = self.final_fingerprint.rotate_left(1) ^ end;
            }
            End::Finding(finding) => {
                let first = First { execution: self.executions, member };
                self.first.entry(finding.name.clone()).or_insert(first);
                self.found(finding.name, execution.steps, execution.switches, player.journal());
            }
            // A run that was halted says more than one that was merely long.
            End::Limit(limit) => {
                self.endless += u64::from(limit == Limit::Steps);
                self.limit = Some(limit);
            }
            End::Diverged | End::Stopped => {}
        }
        if let Player::Timed(timed) = player {
            timed.add_to(&mut self.report);
        }
    }

    /// An order that is new came up in the execution that is not counted yet.
    #[cold]
    fn join_orders(&mut self, program: &Program, orders: &Orders, member: Option<&'static str>) {
        self.orders.join(orders);
        if !self.first.contains_key(Orders::NAME) && !self.orders.circles(program).is_empty() {
            let first = First { execution: self.executions + 1, member };
            self.first.insert(Orders::NAME.to_string(), first);
        }
    }

    #[cold]
    fn found(&mut self, name: String, steps: u64, switches: u64, picks: &[Pick]) {
        let better =
            |best: &Best| (steps, switches, picks) < (best.steps, best.switches, best.picks.as_slice());
        if self.found.get(&name).is_none_or(better) {
            self.found
                .insert(name, Best { steps, switches, picks: picks.to_vec(), execution: self.executions });
        }
    }
}
