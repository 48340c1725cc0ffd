//! A schedule to a finding, by a reduced search that remembers where it came from.
//!
//! For findings that lie too deep for a search without reductions. Such a schedule is a true one, with the tasks' own names, but
//! not a shortest one: among the states that are stored it passes through the fewest.

use super::expand::{Expand, State};
use super::out::Out;
use super::reduced::{Names, Reduced};
use crate::counterexample::Counterexample;
use crate::engine::{self, End, Halt, Reached};
use crate::limit::{Control, Limits, Progress};
use crate::odometer::Odometer;
use crate::only::Only;
use crate::pick::Pick;
use crate::reduce::{MOST_AHEAD, Reductions, Runner};
use crate::table::Index;
use model::machine::{Finding, Program, Room, TaskId, World, fingerprint};

/// How often the control is asked, in states.
const POLL: usize = 1 << 10;

/// A schedule to each of these findings that memory suffices for. What was found with conditions that say more may need
/// more states here, so their number is no limit.
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn ways(
    program: &Program,
    names: &[String],
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Vec<Counterexample>, Halt> {
    ways_to(program, None, names, None, reductions, limits, control)
}

/// The same from a state that a booted world can come to, known by its cells.
///
/// # Errors
/// As [`ways`].
pub fn ways_from(
    program: &Program,
    cells: &[u32],
    names: &[String],
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Vec<Counterexample>, Halt> {
    ways_to(program, Some(cells), names, None, reductions, limits, control)
}

/// The same to a finding that counts.
///
/// # Errors
/// As [`ways`].
pub fn way_to(
    program: &Program,
    only: &Only,
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Option<Counterexample>, Halt> {
    let names = [only.name().to_string()];
    Ok(ways_to(program, None, &names, Some(only), reductions, limits, control)?.pop())
}

fn ways_to<'p>(
    program: &'p Program,
    from: Option<&[u32]>,
    names: &[String],
    only: Option<&'p Only>,
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Vec<Counterexample>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    if let Some(cells) = from {
        world.restore(cells);
    }
    let mut tree = Tree::new(&world);
    let mut expand = Reduced::new(program, reductions, limits.max_steps)?;
    if let Some(only) = only {
        expand = expand.only(only);
    }
    let mut found = Vec::new();
    let mut out = Out::new(program, Reached::default());
    let mut at = 0;
    while at < tree.parents.len() && found.len() < names.len() {
        expand.expand(&State::new(tree.cells(at), 0), &mut out).map_err(Halt::Room)?;
        for finding in out.met.found.drain(..).map(|found| found.finding) {
            let is_known = |(name, _): &(String, usize)| *name == finding.name;
            if names.contains(&finding.name) && !found.iter().any(is_known) {
                found.push((finding.name, at));
            }
        }
        out.look_up(|state| {
            if tree.add(state.fingerprint, at) {
                state.append_to(&mut tree.cells);
            }
            Some(false)
        });
        at += 1;
        let states = tree.parents.len() as u64;
        let progress = Progress { states, ..Progress::default() };
        if tree.bytes() > limits.max_memory || at % POLL == 0 && control.poll(&progress).is_some() {
            break;
        }
    }
    let mut walker = Walker::new(program, world.cells(), reductions)?;
    walker.only = only;
    let way = |(name, at): (String, usize)| {
        walker.restart();
        for state in tree.path(at) {
            walker.follow(fingerprint::of(tree.cells(state))).map_err(Halt::Room)?;
        }
        walker.finish(&name).map_err(Halt::Room)?;
        Ok(Counterexample { name, picks: std::mem::take(&mut walker.picks) })
    };
    found.into_iter().map(way).collect()
}

/// The states that were stored, each with the one that it came from.
struct Tree {
    stride: usize,
    cells: Vec<u32>,
    parents: Vec<usize>,
    index: Index,
}

impl Tree {
    fn new(world: &World<'_>) -> Self {
        let mut tree = Self {
            stride: world.cells().len(),
            cells: Vec::new(),
            parents: Vec::new(),
            index: Index::default(),
        };
        tree.add(world.fingerprint(), 0);
        tree.cells.extend_from_slice(world.cells());
        tree
    }

    /// A state that a step from another leads to. Is it new? Then its cells are to be put behind those of the others.
    fn add(&mut self, fingerprint: u128, parent: usize) -> bool {
        let new = self.index.number(fingerprint).1;
        if new {
            self.parents.push(parent);
        }
        new
    }

    fn cells(&self, at: usize) -> &[u32] {
        &self.cells[at * self.stride..][..self.stride]
    }

    fn bytes(&self) -> u64 {
        (self.cells.len() * size_of::<u32>()) as u64
    }

    /// The states on the way to one, without the first.
    fn path(&self, mut at: usize) -> Vec<usize> {
        let mut path = Vec::new();
        while at != 0 {
            path.push(at);
            at = self.parents[at];
        }
        path.reverse();
        path
    }
}

/// Is told the finding that a step ends in, if it does; is it content with the step?
type Then<'a, 'p> = dyn FnMut(&mut Walker<'p>, Option<Finding>) -> Result<bool, Room> + 'a;

/// Walks from state to state with the tasks' own names, and keeps the picks.
struct Walker<'p> {
    world: World<'p>,
    start: Vec<u32>,
    runner: Runner,
    names: Names<'p>,
    checks: bool,
    tasks: TaskId,
    picks: Vec<Pick>,
    /// Who took the last step.
    last: TaskId,
    /// The findings that count, if not all.
    only: Option<&'p Only>,
}

impl<'p> Walker<'p> {
    fn new(program: &'p Program, start: &[u32], reductions: Reductions) -> Result<Self, Halt> {
        let world = World::boot(program, &mut ())?;
        Ok(Self {
            start: start.to_vec(),
            runner: Runner::new(program, reductions),
            names: Names::new(&world, reductions),
            checks: engine::has_checks(program),
            tasks: program.task_count(),
            picks: Vec::new(),
            last: 0,
            only: None,
            world,
        })
    }

    fn restart(&mut self) {
        self.world.restore(&self.start);
        self.picks.clear();
    }

    /// Goes on to a state that is known by the fingerprint of its representative.
    fn follow(&mut self, to: u128) -> Result<(), Room> {
        self.each_step(|walker, wrong| Ok(wrong.is_none() && walker.ahead(to, 0, 0)?)).map(|_| ())
    }

    /// Takes the step that ends in a finding, unless the end of the schedule itself is it.
    fn finish(&mut self, name: &str) -> Result<(), Room> {
        if (0..self.tasks).all(|task| !self.world.enabled(task))
            && matches!(engine::ended(&self.world), End::Finding(_))
        {
            return Ok(());
        }
        let (before, only) = (self.world.clone(), self.only);
        let counts = |task, finding: &Finding| match only {
            Some(only) => only.is_of(&before, task, finding),
            None => finding.name == name,
        };
        self.each_step(|walker, wrong| Ok(wrong.is_some_and(|finding| counts(walker.last, &finding))))
            .map(|_| ())
    }

    /// Tries each step that can be taken until `then` is content with it.
    fn each_step(
        &mut self,
        mut then: impl FnMut(&mut Self, Option<Finding>) -> Result<bool, Room>,
    ) -> Result<bool, Room> {
        for task in 0..self.tasks {
            if self.world.enabled(task) && self.each_answer(task, &mut then)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The same for the answers inside one task's step. If none will do, everything is as before.
    fn each_answer(&mut self, task: TaskId, then: &mut Then<'_, 'p>) -> Result<bool, Room> {
        let (before, known) = (self.world.cells().to_vec(), self.picks.len());
        let choice = (0..self.tasks).filter(|&task| self.world.enabled(task)).nth(1).is_some();
        let mut odometer = Odometer::new();
        loop {
            let result = self.world.step(task, &mut odometer, &mut ());
            let wrong = engine::settle(result, &self.world, self.checks)?;
            self.last = task;
            self.picks.extend(choice.then_some(Pick::Task(task)));
            self.picks.extend(odometer.answers());
            if then(self, wrong)? {
                return Ok(true);
            }
            self.world.restore(&before);
            self.picks.truncate(known);
            if !odometer.advance() {
                return Ok(false);
            }
        }
    }

    /// Runs ahead as the search does; does one of the states that it comes to have this fingerprint?
    fn ahead(&mut self, to: u128, last: TaskId, steps: u32) -> Result<bool, Room> {
        let next = if steps < MOST_AHEAD { self.runner.next(&self.world, last) } else { None };
        if let Some(task) = next {
            // A step that may end in a finding is left to the state before it.
            let mut ends = false;
            self.each_answer(task, &mut |_, wrong| {
                ends |= wrong.is_some();
                Ok(false)
            })?;
            if !ends {
                return self.each_answer(task, &mut |walker, _| walker.ahead(to, task, steps + 1));
            }
        }
        Ok(self.names.fingerprint(&self.world) == to)
    }
}
