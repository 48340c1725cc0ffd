//! The machine as the search sees it: an event is a step of a task, and the movers behind it.
//!
//! A mover commutes with all that the others may do before it, so nothing is lost when it is run at once. Only what the
//! text alone says to be a mover is one here: an event must be the same whatever the others have done. What would be
//! found in a mover is found in an event of its own: an execution ends there, and others could have gone on.

use super::{Book, Ending, Footprint, Ran, Script, System, Trace};
use crate::engine::{self, End, Reached};
use crate::table::Index;
use model::footprint::{self, Footprints};
use model::judge::orders::Orders;
use model::machine::code::Wait;
use model::machine::{Finding, Program, Room, Stop, TaskId, World};

/// So many movers are run behind a step at most: a loop of them must not go round for ever.
const MOST_MOVERS: u32 = 10_000;

impl Footprint for footprint::Footprint {
    const ALL: Self = Self::ALL;

    #[inline]
    fn conflicts(&self, other: &Self) -> bool {
        Self::conflicts(self, other)
    }
}

/// An event of a schedule: who, so many steps, with which answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    /// Whose it is.
    pub task: TaskId,
    /// Steps.
    pub steps: u32,
    /// Answers of the picks in them; those that are missing are 0.
    pub answers: Vec<u32>,
}

/// A finding of the search: the first one with its name, and the shortest execution to one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// Steps of the execution.
    pub steps: u64,
    /// The execution.
    pub turns: Vec<Turn>,
}

/// A world that executions are run in, and what was seen in them.
pub struct Machine<'a, 'p> {
    world: World<'p>,
    footprints: Footprints,
    reached: &'a mut Reached,
    checks: bool,
    /// The state before the running event.
    before: Vec<u32>,
    /// What the last event found.
    finding: Option<Finding>,
    finals: Index,
    /// How many final states there are in which all is well.
    pub final_states: u64,
    /// All of them together, by their names.
    pub final_fingerprint: u64,
    /// The findings by name.
    pub found: Vec<Found>,
}

impl<'a, 'p> Machine<'a, 'p> {
    /// From a booted world.
    #[must_use]
    pub fn new(world: World<'p>, reached: &'a mut Reached) -> Self {
        reached.look(&world);
        Self {
            footprints: Footprints::of(world.program()),
            checks: engine::has_checks(world.program()),
            before: world.cells().to_vec(),
            world,
            reached,
            finding: None,
            finals: Index::default(),
            final_states: 0,
            final_fingerprint: 0,
            found: Vec::new(),
        }
    }

    /// The program.
    #[must_use]
    pub const fn program(&self) -> &'p Program {
        self.world.program()
    }

    /// In which orders locks were taken.
    #[must_use]
    pub fn orders(&self) -> Orders {
        self.world.orders().cloned().unwrap_or_default()
    }

    /// Why footprints say nothing about this program, if so.
    #[must_use]
    pub const fn refused(&self) -> Option<&'static str> {
        self.footprints.refused()
    }

    /// One step; what it touched, or nothing if it found something.
    #[inline]
    fn step(&mut self, task: TaskId, script: &mut Script) -> Result<Option<footprint::Footprint>, Room> {
        let footprint = self.footprints.next(&self.world, task);
        let budget = self.program().layout.words.faults;
        let faults = budget.map(|cell| self.world.cells()[cell as usize]);
        let result = self.world.step(task, script, &mut ());
        if let Some(finding) = engine::settle(result, &self.world, self.checks)? {
            self.finding = Some(finding);
            return Ok(None);
        }
        let spent = budget.map(|cell| self.world.cells()[cell as usize]) != faults;
        Ok(Some(if spent { footprint } else { self.footprints.without_fault(footprint) }))
    }

    /// Takes some steps again that are known to find nothing.
    fn again(&mut self, task: TaskId, script: &mut Script, steps: u32) -> Result<(), Room> {
        self.world.restore(&self.before);
        script.again();
        for _ in 0..steps {
            if let Err(Stop::Room(room)) = self.world.step(task, script, &mut ()) {
                return Err(room);
            }
        }
        Ok(())
    }

    #[cold]
    fn find(&mut self, finding: Finding, trace: &Trace, book: &Book) {
        let steps = trace.events().iter().map(|event| u64::from(event.steps)).sum();
        let known = self.found.iter_mut().find(|found| found.finding.name == finding.name);
        if known.as_ref().is_some_and(|known| known.steps <= steps) {
            return;
        }
        let turns = trace.events().iter().map(|event| Turn {
            task: event.task,
            steps: event.steps,
            answers: book.list(event.answers).to_vec(),
        });
        let turns = turns.collect();
        match known {
            Some(known) => (known.steps, known.turns) = (steps, turns),
            None => self.found.push(Found { finding, steps, turns }),
        }
    }
}

impl System for Machine<'_, '_> {
    type Footprint = footprint::Footprint;

    fn tasks(&self) -> TaskId {
        self.program().task_count()
    }

    fn cells(&self) -> &[u32] {
        self.world.cells()
    }

    fn restore(&mut self, cells: &[u32]) {
        self.world.restore(cells);
    }

    fn enabled(&self, task: TaskId) -> bool {
        self.world.enabled(task)
    }

    fn gone(&self, task: TaskId) -> bool {
        self.world.wait(task) == Wait::Gone
    }

    fn may_wait(&self, task: TaskId) -> bool {
        self.world.wait(task) != Wait::Never
    }

    fn pending(&self, task: TaskId) -> footprint::Footprint {
        self.footprints.next(&self.world, task)
    }

    fn run(&mut self, task: TaskId, script: &mut Script) -> Result<Ran<footprint::Footprint>, Room> {
        self.before.copy_from_slice(self.world.cells());
        let Some(mut footprint) = self.step(task, script)? else {
            return Ok(Ran { footprint: footprint::Footprint::ALL, steps: 1, found: true });
        };
        self.reached.look(&self.world);
        let mut steps = 1;
        while steps < MOST_MOVERS
            && self.world.enabled(task)
            && self.footprints.is_mover_anywhere(&self.world, task)
        {
            let Some(more) = self.step(task, script)? else {
                self.again(task, script, steps)?;
                break;
            };
            self.reached.look(&self.world);
            footprint |= more;
            steps += 1;
        }
        Ok(Ran { footprint, steps, found: false })
    }

    fn ended(&mut self, trace: &Trace, book: &Book, ending: Ending) -> bool {
        let finding = match ending {
            Ending::Found => self.finding.take(),
            Ending::Quiet => match engine::ended(&self.world) {
                End::Finding(finding) => Some(finding),
                _ => None,
            },
        };
        match finding {
            Some(finding) => {
                self.find(finding, trace, book);
                false
            }
            None => {
                if self.finals.number(self.world.fingerprint()).1 {
                    self.final_states += 1;
                    self.final_fingerprint ^= self.world.canonical();
                }
                true
            }
        }
    }
}
