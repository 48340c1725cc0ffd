//! Plain exhaustive search, breadth first: every state once, every enabled task, every combination of answers.
//!
//! States are runs of cells in two flat arenas, this layer and the next. Nothing is kept for counterexamples: those are
//! found by a second pass, when there is something to show. One thread, unreduced: what reductions are held against.

use crate::engine::{self, End, Halt, Reached};
use crate::limit::{Control, Limit, Limits, Progress};
use crate::odometer::Odometer;
use crate::table::{MAX_DEPTH, Table};
use model::machine::{Finding, Program, Room, TaskId, World};

/// How often the control is asked, in states.
const POLL: u64 = 4096;

/// A finding of a search: the first one with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What is wrong.
    pub finding: Finding,
    /// Steps of the shortest schedules that end in a finding with this name.
    pub steps: u32,
}

/// What a search saw.
#[derive(Debug)]
pub struct Searched {
    /// Unique states, the first one included.
    pub states: u64,
    /// (state, task, answers).
    pub transitions: u64,
    /// States where nothing can go on and all is well.
    pub finals: u64,
    /// All final states together, by their names.
    pub final_fingerprint: u64,
    /// The longest of the shortest ways to a state.
    pub depth: u32,
    /// Does a step lead back to a state that is not further away? Without it there is no cycle.
    pub back_edges: bool,
    /// The first finding of each name.
    pub found: Vec<Found>,
    /// What cut it short.
    pub limit: Option<Limit>,
    /// Every state with its depth.
    pub table: Table,
}

/// Searches all states of a program.
///
/// # Errors
/// If the program cannot be booted, is wrong before the first step, or needs more room.
pub fn search(
    program: &Program,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    reached.look(&world);
    let mut search = Search::new(world, limits, reached, control);
    search.layers().map_err(Halt::Room)?;
    Ok(search.seen)
}

struct Search<'a, 'p> {
    world: World<'p>,
    limits: &'a Limits,
    reached: &'a mut Reached,
    control: &'a dyn Control,
    checks: bool,
    /// The next layer: cells of one state after the other.
    next: Vec<u32>,
    ready: Vec<TaskId>,
    odometer: Odometer,
    seen: Searched,
}

impl<'a, 'p> Search<'a, 'p> {
    fn new(world: World<'p>, limits: &'a Limits, reached: &'a mut Reached, control: &'a dyn Control) -> Self {
        let mut table = Table::default();
        table.insert(world.fingerprint(), 0);
        let seen = Searched {
            states: 1,
            transitions: 0,
            finals: 0,
            final_fingerprint: 0,
            depth: 0,
            back_edges: false,
            found: Vec::new(),
            limit: None,
            table,
        };
        Self {
            checks: engine::has_checks(world.program()),
            next: world.cells().to_vec(),
            ready: Vec::new(),
            odometer: Odometer::new(),
            world,
            limits,
            reached,
            control,
            seen,
        }
    }

    fn layers(&mut self) -> Result<(), Room> {
        let stride = self.world.cells().len();
        let mut layer = Vec::new();
        while !self.next.is_empty() && self.seen.limit.is_none() {
            std::mem::swap(&mut layer, &mut self.next);
            self.next.clear();
            for (at, parent) in (0_u64..).zip(layer.chunks_exact(stride)) {
                if at % POLL == 0 {
                    self.seen.limit = self.poll(layer.len());
                }
                if self.seen.limit.is_some() {
                    return Ok(());
                }
                self.expand(parent)?;
            }
            self.seen.depth += u32::from(!self.next.is_empty());
        }
        Ok(())
    }

    /// Every step that can be taken from a state.
    fn expand(&mut self, parent: &[u32]) -> Result<(), Room> {
        self.world.restore(parent);
        let tasks = TaskId::try_from(self.world.program().tasks.len()).expect("fewer tasks than cells");
        self.ready.clear();
        self.ready.extend((0..tasks).filter(|&task| self.world.enabled(task)));
        if self.ready.is_empty() {
            self.final_state();
            return Ok(());
        }
        if u64::from(self.seen.depth) >= self.limits.max_steps || self.seen.depth == MAX_DEPTH {
            self.seen.limit = Some(Limit::Steps);
            return Ok(());
        }
        for at in 0..self.ready.len() {
            let task = self.ready[at];
            self.odometer.reset();
            loop {
                self.world.restore(parent);
                self.step(task)?;
                if self.seen.limit.is_some() {
                    return Ok(());
                }
                if !self.odometer.advance() {
                    break;
                }
            }
        }
        Ok(())
    }

    #[inline]
    fn step(&mut self, task: TaskId) -> Result<(), Room> {
        let result = self.world.step(task, &mut self.odometer, &mut ());
        let finding = engine::settle(result, &self.world, self.checks)?;
        self.seen.transitions += 1;
        if let Some(finding) = finding {
            self.found(finding, self.seen.depth + 1);
            return Ok(());
        }
        self.reached.look(&self.world);
        match self.seen.table.insert(self.world.fingerprint(), self.seen.depth + 1) {
            Some(depth) => self.seen.back_edges |= depth <= self.seen.depth,
            None if self.seen.states == self.limits.max_states => self.seen.limit = Some(Limit::States),
            None => {
                self.seen.states += 1;
                self.next.extend_from_slice(self.world.cells());
            }
        }
        Ok(())
    }

    fn final_state(&mut self) {
        match engine::ended(&self.world) {
            End::Finding(finding) => self.found(finding, self.seen.depth),
            _ => {
                self.seen.finals += 1;
                self.seen.final_fingerprint ^= self.world.canonical();
            }
        }
    }

    #[cold]
    fn found(&mut self, finding: Finding, steps: u32) {
        if self.seen.found.iter().all(|found| found.finding.name != finding.name) {
            self.seen.found.push(Found { finding, steps });
        }
    }

    fn poll(&self, layer: usize) -> Option<Limit> {
        let bytes = self.seen.table.bytes() + (layer + self.next.len()) * size_of::<u32>();
        if self.limits.max_memory.is_some_and(|most| bytes as u64 > most) {
            return Some(Limit::Memory);
        }
        self.control.poll(&Progress {
            states: self.seen.states,
            depth: u64::from(self.seen.depth),
            executions: 0,
        })
    }
}
