//! Plain exhaustive search, breadth first: every state once, every enabled task, every combination of answers.
//!
//! States are runs of cells in two flat arenas, this layer and the next. Nothing is kept for counterexamples: those are
//! found by a second pass, when there is something to show. One thread, unreduced: what reductions are held against.

use crate::engine::{self, End, Halt, Reached};
use crate::limit::{CELLS_A_STATE, Control, Limit, Limits, Progress};
use crate::odometer::Odometer;
use crate::table::{MAX_DEPTH, Table};
use model::machine::{Finding, Program, Room, TaskId, World};

/// How often the control is asked, in batches.
const POLL: u64 = 16;

/// So many successors are looked up in the table together, so that the memory fetches their slots at the same time.
const BATCH: usize = 256;

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
    /// The next layer: cells of one state after the other. Those behind `kept` are not looked up yet.
    next: Vec<u32>,
    kept: usize,
    /// The fingerprints of those that are not looked up yet.
    batch: Vec<u128>,
    batches: u64,
    /// Cells of the layer that is expanded.
    layer: usize,
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
            kept: world.cells().len(),
            batch: Vec::with_capacity(BATCH),
            batches: 0,
            layer: 0,
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
            self.kept = 0;
            self.layer = layer.len();
            for parent in layer.chunks_exact(stride) {
                if self.seen.limit.is_some() {
                    return Ok(());
                }
                self.expand(parent)?;
            }
            self.look_up();
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
        // For the first step the world stands there already.
        let mut moved = false;
        for at in 0..self.ready.len() {
            let task = self.ready[at];
            self.odometer.reset();
            loop {
                if moved {
                    self.world.restore(parent);
                }
                moved = true;
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
        self.next.extend_from_slice(self.world.cells());
        self.batch.push(self.world.fingerprint());
        if self.batch.len() == BATCH {
            self.look_up();
        }
        Ok(())
    }

    /// Keeps the new ones among the successors of the batch, and drops the others.
    fn look_up(&mut self) {
        let stride = self.world.cells().len();
        self.seen.table.touch(&self.batch);
        let mut from = self.kept;
        for &fingerprint in &self.batch {
            let seen = &mut self.seen;
            if seen.limit.is_some() {
                break;
            }
            match seen.table.insert(fingerprint, seen.depth + 1) {
                Some(depth) => seen.back_edges |= depth <= seen.depth,
                None if seen.states == self.limits.max_states => seen.limit = Some(Limit::States),
                None => {
                    seen.states += 1;
                    if from != self.kept {
                        self.next.copy_within(from..from + stride, self.kept);
                    }
                    self.kept += stride;
                }
            }
            from += stride;
        }
        self.next.truncate(self.kept);
        self.batch.clear();
        self.seen.limit = self.seen.limit.or_else(|| self.poll());
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

    /// The limit that is met behind a batch. Memory is counted by what is stored, so that it is the same everywhere.
    fn poll(&mut self) -> Option<Limit> {
        let bytes = self.seen.table.bytes() + (self.layer + self.next.len()) * size_of::<u32>();
        if bytes as u64 > self.limits.max_memory {
            return Some(Limit::Memory);
        }
        let gone_through = self.seen.transitions.saturating_mul(self.world.cells().len() as u64);
        if gone_through > self.limits.max_states.saturating_mul(CELLS_A_STATE) {
            return Some(Limit::Size);
        }
        self.batches += 1;
        if self.batches % POLL != 0 {
            return None;
        }
        self.control.poll(&Progress {
            states: self.seen.states,
            depth: u64::from(self.seen.depth),
            executions: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;
    use crate::question::{Question, Scenario};

    fn searched<T>(
        scenario: &str,
        set: &[(&str, i64)],
        limits: &Limits,
        check: impl Fn(&Searched) -> T,
    ) -> T {
        let scenario = Scenario::read("x.pernet", scenario).unwrap();
        let set = set.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        let question: Question = scenario.questions(None, &set).remove(0);
        let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
        let program = loaded.compile(&Room::default()).unwrap();
        check(&search(&program, limits, &mut Reached::new(&program), &()).unwrap())
    }

    const W: &str = include_str!("../../scenarios/bench/w.pernet");

    /// Two independently written models, one of them in Promela, agree on these.
    #[test]
    fn golden_counts_of_w() {
        for (m, n, r, states, transitions) in
            [(1, 1, 1, 179, None), (1, 2, 1, 1_387, Some(2_860)), (1, 2, 2, 3_284, Some(6_864))]
        {
            searched(W, &[("M", m), ("N", n), ("R", r)], &Limits::default(), |seen| {
                assert_eq!((seen.states, seen.limit), (states, None));
                assert!(transitions.is_none_or(|transitions| seen.transitions == transitions));
            });
        }
    }

    #[test]
    fn a_limit_is_said() {
        for (limits, limit) in [
            (Limits { max_states: 100, ..Limits::default() }, Limit::States),
            (Limits { max_steps: 5, ..Limits::default() }, Limit::Steps),
            (Limits { max_memory: 1, ..Limits::default() }, Limit::Memory),
        ] {
            searched(W, &[], &limits, |seen| assert_eq!(seen.limit, Some(limit)));
        }
        // As many states as there are suffice.
        let limits = Limits { max_states: 179, ..Limits::default() };
        searched(W, &[], &limits, |seen| assert_eq!((seen.states, seen.limit), (179, None)));
    }

    #[test]
    fn it_goes_on_after_a_finding() {
        let text = "on rfc2007;
            int a, b;
            task one { a = 1; assert(b == 0); }
            task two { b = 1; kfree(NULL); }
            never both: a == 1 && b == 1;";
        searched(text, &[], &Limits::default(), |seen| {
            let found: Vec<_> =
                seen.found.iter().map(|found| (found.finding.name.as_str(), found.steps)).collect();
            assert_eq!(found, [("both", 2)]);
        });
    }

    #[test]
    fn a_loop_leads_back() {
        let text = "on rfc2007; int go; task spin { while (!go) step; } task end { go = 1; }";
        searched(text, &[], &Limits::default(), |seen| assert!(seen.back_edges));
    }
}
