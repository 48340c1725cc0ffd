//! One timed execution: the discrete-event agenda.
//!
//! Due steps stand on the agenda in the order of (virtual time, sequence number). A step's effect is at the moment when
//! it begins, and its task's next step is due when it is over. A task that cannot go on is parked until it can, in the
//! order of arrival. Virtual time is whole nanoseconds; nothing here reads a clock.
//!
//! Every timed schedule is also an untimed one: who took each step is recorded as if it had been picked.

mod ledger;
mod parked;
mod report;
mod times;

pub use report::{Lock, Operation, TimedReport};

use crate::enabled::Enabled;
use crate::engine::{self, Bounds, Door, End, Execution, Follow, Halt, Reached};
use crate::pick::{Pick, Point, Scheduler};
use ledger::Ledger;
use model::machine::program::TimeRange;
use model::machine::{Program, Room, Status, TaskId, Watch, World};
use parked::Parked;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use times::Times;

/// A booted program that runs by the agenda.
pub struct Timed<'p> {
    world: World<'p>,
    start: Vec<u32>,
    checks: bool,
    times: Times<'p>,
    enabled: Enabled,
    enabled_at_start: Enabled,
    journal: Vec<Pick>,
    agenda: BinaryHeap<Reverse<(u64, u64, TaskId)>>,
    /// The next sequence number.
    sequence: u64,
    parked: Parked,
    /// Empty but while tasks are woken.
    woken: Vec<(u64, TaskId)>,
    /// Of each worker: has the delay of the work that it is about to take passed?
    delayed: Vec<bool>,
    ledger: Ledger,
}

/// What a task's next turn on the agenda came to.
enum Turn {
    /// It took a step.
    Stepped(Result<(), model::machine::Stop>),
    /// It cannot go on yet.
    Waits,
    /// The scheduler does not fit.
    Refused,
}

impl<'p> Timed<'p> {
    /// Boots.
    ///
    /// # Errors
    /// If booting stops, or its result is already wrong.
    pub fn new<W: Watch>(program: &'p Program, watch: &mut W) -> Result<Self, Halt> {
        let mut ledger = Ledger::new(program);
        let world = World::boot(program, &mut Both(&mut ledger, watch))?;
        world.check().map_err(Halt::Finding)?;
        ledger.booted();
        let enabled = Enabled::new(&world);
        Ok(Self {
            start: world.cells().to_vec(),
            checks: engine::has_checks(program),
            times: Times::new(program),
            enabled_at_start: enabled.clone(),
            enabled,
            journal: Vec::new(),
            agenda: BinaryHeap::new(),
            sequence: 0,
            parked: Parked::default(),
            woken: Vec::new(),
            delayed: vec![false; program.tasks.len()],
            ledger,
            world,
        })
    }

    /// The world as the last execution left it.
    #[must_use]
    pub const fn world(&self) -> &World<'p> {
        &self.world
    }

    /// The picks of the last execution: durations, answers, and who took each step.
    #[must_use]
    pub fn journal(&self) -> &[Pick] {
        &self.journal
    }

    /// Adds the last execution's figures to a report.
    pub fn add_to(&self, report: &mut TimedReport) {
        self.ledger.add_to(&self.world, report);
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
        self.rewind();
        reached.look(&self.world);
        let (mut steps, mut switches, mut last) = (0, 0, None);
        if !self.arrivals(scheduler) {
            return Ok(Execution { end: End::Diverged, steps, switches });
        }
        let end = loop {
            let Some(Reverse((now, _, task))) = self.agenda.pop() else { break engine::ended(&self.world) };
            if let Some(limit) = bounds.met(steps) {
                break End::Limit(limit);
            }
            let result = match self.turn(now, task, scheduler, follow) {
                Turn::Waits => continue,
                Turn::Refused => break End::Diverged,
                Turn::Stepped(result) => result,
            };
            steps += 1;
            switches += u64::from(last.is_some_and(|last| last != task));
            last = Some(task);
            if let Some(finding) = engine::settle(result, &self.world, self.checks)? {
                break End::Finding(finding);
            }
            reached.look(&self.world);
        };
        Ok(Execution { end, steps, switches })
    }

    fn rewind(&mut self) {
        self.world.restore(&self.start);
        self.enabled.copy_from(&self.enabled_at_start);
        self.journal.clear();
        self.agenda.clear();
        self.sequence = 0;
        self.parked.clear();
        self.delayed.fill(false);
        self.ledger.rewind();
    }

    /// Puts every task on the agenda at the time of its arrival.
    fn arrivals<S: Scheduler + ?Sized>(&mut self, scheduler: &mut S) -> bool {
        for task in 0..TaskId::try_from(self.delayed.len()).expect("fewer tasks than cells") {
            if self.world.status(task) == Status::Done {
                continue;
            }
            let Some(arrival) = draw(self.times.arrival(task), scheduler, &mut self.journal) else {
                return false;
            };
            self.ledger.arrives(task, arrival);
            self.due(arrival, task);
        }
        true
    }

    fn due(&mut self, time: u64, task: TaskId) {
        self.agenda.push(Reverse((time, self.sequence, task)));
        self.sequence += 1;
    }

    fn turn<S: Scheduler + ?Sized, F: Follow>(
        &mut self,
        now: u64,
        task: TaskId,
        scheduler: &mut S,
        follow: &mut F,
    ) -> Turn {
        if !self.world.enabled(task) {
            self.parked.park(&self.world, task);
            return Turn::Waits;
        }
        let doing = self.times.of(&self.world, task);
        if let Some(range) = doing.delay.filter(|_| !self.delayed[task as usize]) {
            let Some(delay) = draw(range, scheduler, &mut self.journal) else { return Turn::Refused };
            self.delayed[task as usize] = true;
            self.due(now.saturating_add(delay), task);
            return Turn::Waits;
        }
        let Some(lasts) = draw(doing.lasts, scheduler, &mut self.journal) else { return Turn::Refused };
        if self.enabled.now(&self.world).len() > 1 {
            self.journal.push(Pick::Task(task));
        }
        let over = now.saturating_add(lasts);
        self.ledger.begins(now, over);
        follow.begins(&self.world, task);
        let mut door = Door { scheduler, journal: &mut self.journal, refused: false };
        let result = self.world.step(task, &mut door, &mut Both(&mut self.ledger, follow));
        let refused = door.refused;
        follow.ends(&self.world, task, self.journal.len());
        if refused {
            return Turn::Refused;
        }
        if result.is_ok() {
            self.stepped(now, over, task);
        }
        Turn::Stepped(result)
    }

    fn stepped(&mut self, now: u64, over: u64, task: TaskId) {
        self.enabled.moved(&self.world, task);
        self.delayed[task as usize] = false;
        self.parked.stepped(task);
        if self.world.status(task) != Status::Done {
            self.ledger.next_due(task, over, self.times.resumes(&self.world, task));
            self.due(over, task);
        }
        let mut woken = std::mem::take(&mut self.woken);
        self.parked.wake(&self.world, &mut woken);
        for (_, task) in woken.drain(..) {
            self.due(now, task);
        }
        self.woken = woken;
    }
}

/// A duration from its range: a pick, if there is more than one. `None` if the scheduler does not fit.
fn draw<S: Scheduler + ?Sized>(range: TimeRange, scheduler: &mut S, journal: &mut Vec<Pick>) -> Option<u64> {
    if range.lo >= range.hi {
        return Some(range.lo);
    }
    let point = Point::Duration { lo: range.lo, hi: range.hi };
    match scheduler.pick(&point) {
        pick @ Pick::Duration(ns) if point.allows(pick) => {
            journal.push(pick);
            Some(ns)
        }
        _ => None,
    }
}

/// Two watchers of one step.
struct Both<'a, A: Watch, B: Watch>(&'a mut A, &'a mut B);

impl<A: Watch, B: Watch> Watch for Both<'_, A, B> {
    fn event(&mut self, world: &World<'_>, task: TaskId, pc: u32, event: model::machine::Event) {
        self.0.event(world, task, pc, event);
        self.1.event(world, task, pc, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Mode, Plan};
    use crate::library::{ShippedLibrary, scenarios};
    use crate::limit::Progress;
    use crate::question::Scenario;
    use crate::replay::replay;
    use crate::room::with_room;
    use crate::run_text;
    use crate::scheduler::Random;

    const BOUNDS: Bounds<'_> = Bounds { max_steps: 10_000, control: &(), progress: Progress::START };

    fn report(text: &str, runs: u64) -> TimedReport {
        let plan = Plan { mode: Mode::Timed, runs, ..Plan::default() };
        run_text("x.pernet", text, &[], &[].into(), &plan).unwrap().remove(0).timed.unwrap()
    }

    /// A register holds the mutex for three inits of 10us; the creation arrives at 5us, waits until 30us, and then has
    /// one init of 10us.
    const FIXED: &str = "on rfc2007; net a, b; ops veth;
        time init = 10us; time unshare = 5us;
        task modprobe { register_pernet_subsys(veth); }
        task unshare { net = copy_net_ns(); }";

    #[test]
    fn fixed_durations_can_be_added_up_by_hand() {
        let report = report(FIXED, 1);
        assert_eq!((report.executions, report.virtual_time, report.created), (1, 40_000, 1));
        let operation = |name: &str| report.operations[name].durations.clone();
        assert_eq!(operation("register_pernet_subsys"), [30_000]);
        assert_eq!(operation("copy_net_ns"), [35_000]);
        let lock = &report.locks["net_mutex"];
        assert_eq!((lock.taken, lock.held, lock.contended, lock.waited), (2, 40_000, 1, 25_000));
        assert_eq!(lock.longest_held, (30_000, "modprobe".to_string()));
        assert_eq!(lock.longest_waited, (25_000, "unshare".to_string()));
    }

    #[test]
    fn the_dead_are_counted_until_they_are_freed() {
        // On linux-2.6.24 a worker takes a dead namespace down: 1ms after it was queued, and its exit lasts 2ms.
        let text = "on linux-2.6.24; net a; ops veth { exit; } boot { register_pernet_subsys(veth); }
            time cleanup_net = 1ms; time exit = 2ms;
            task exit_ns { put_net(a); }";
        let report = report(text, 1);
        assert_eq!((report.destroyed, report.backlog_max), (1, 1));
        assert_eq!((report.virtual_time, report.backlog_area), (3_000_000, 3_000_000));
    }

    #[test]
    fn nothing_takes_time_unless_it_is_said() {
        let report = report("on rfc2007; ops veth; task modprobe { register_pernet_subsys(veth); }", 3);
        assert_eq!((report.executions, report.virtual_time), (3, 0));
    }

    /// Timed schedules are a subset of the untimed ones: same picks, same end.
    #[test]
    fn every_timed_schedule_is_an_untimed_one() {
        let mut compared = 0;
        let shipped = scenarios().into_iter().filter(|shipped| shipped.text.contains("\ntime "));
        for (file, text) in shipped.map(|shipped| (shipped.file, shipped.text)).chain([("x.pernet", FIXED)]) {
            let scenario = Scenario::read(file, text).unwrap();
            let question = scenario.questions(None, &[].into()).remove(0);
            let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
            let mut room = Room::default();
            with_room(&loaded, &mut room, |program| {
                let mut timed = Timed::new(program, &mut ())?;
                let mut random = Random::new(0);
                for execution in 0..20 {
                    random.begin(execution);
                    let run = timed
                        .run(&mut random, &BOUNDS, &mut Reached::default(), &mut ())
                        .map_err(Halt::Room)?;
                    for agenda in [false, true] {
                        let replayed =
                            replay(&loaded, &Room::default(), timed.journal(), agenda, 10_000).unwrap();
                        assert_eq!((&replayed.divergence, replayed.left), (&None, 0), "{file}");
                        assert_eq!(replayed.execution, run, "{file}");
                        let end = replayed.trace.marks.last().unwrap().fingerprint;
                        assert_eq!(end, timed.world().canonical(), "{file}");
                        assert!(!agenda || replayed.picks == timed.journal(), "{file}");
                    }
                    compared += 1;
                }
                Ok(())
            })
            .unwrap();
        }
        assert!(compared >= 60);
    }
}
