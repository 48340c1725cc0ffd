//! A second exhaustive search, written to be obviously right and not to be fast: whole states in a sorted set, no
//! fingerprints, no layers.

use model::machine::{Chance, Finding, Picks, Program, Stop, TaskId, World};
use sim::engine::Halt;
use std::collections::{BTreeMap, BTreeSet};

/// All that there is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explored {
    /// Every state, numbered as it was found.
    pub states: BTreeMap<Vec<u32>, usize>,
    /// (state, task, answers).
    pub transitions: u64,
    /// Of each state, by number: who can take a step there.
    pub ready: Vec<BTreeSet<TaskId>>,
    /// Steps from state to state that nothing was found at.
    pub steps: Vec<(usize, TaskId, usize)>,
    /// Of each state where nothing can go on and all is well: its fingerprint by names.
    pub finals: BTreeSet<u64>,
    /// How many steps and ends come to each finding, by its name.
    pub findings: BTreeMap<String, u64>,
    /// Do the orders meet in which locks are taken?
    pub circles: bool,
}

/// Answers given first, and zeros from there on; keeps how many options each pick had.
pub(crate) struct Script {
    pub answers: Vec<u32>,
    pub options: Vec<u32>,
}

impl Picks for Script {
    fn pick(&mut self, _: Chance, options: u32) -> u32 {
        let at = self.options.len();
        self.options.push(options);
        if at == self.answers.len() {
            self.answers.push(0);
        }
        self.answers[at]
    }
}

impl Script {
    /// The next combination of answers, if there is one.
    pub fn next(&self) -> Option<Vec<u32>> {
        let last = (0..self.answers.len()).rev().find(|&at| self.answers[at] + 1 < self.options[at])?;
        let mut answers = self.answers[..=last].to_vec();
        answers[last] += 1;
        Some(answers)
    }
}

/// Explores a program whole. `state` is called once with each state.
///
/// # Errors
/// If it cannot be booted, or needs more room.
pub fn explore(program: &Program, state: impl FnMut(&World<'_>)) -> Result<Explored, Halt> {
    Ok(explore_within(program, usize::MAX, state)?.expect("no memory holds more states"))
}

/// Explores a program that has no more than so many states; `None`: it has.
///
/// # Errors
/// If it cannot be booted, or needs more room.
pub fn explore_within(
    program: &Program,
    most: usize,
    mut state: impl FnMut(&World<'_>),
) -> Result<Option<Explored>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut seen = Explored::default();
    seen.number(world.cells());
    state(&world);
    let mut open = vec![world.cells().to_vec()];
    while let Some(parent) = open.pop() {
        if seen.states.len() > most {
            return Ok(None);
        }
        world.restore(&parent);
        let from = seen.states[&parent];
        let tasks = 0..program.task_count();
        let ready: BTreeSet<_> = tasks.filter(|&task| world.enabled(task)).collect();
        seen.ready[from].clone_from(&ready);
        if ready.is_empty() {
            match world.end() {
                Ok(()) => _ = seen.finals.insert(world.canonical()),
                Err(finding) => seen.found(finding),
            }
        }
        for task in ready {
            let mut answers = Some(Vec::new());
            while let Some(given) = answers {
                world.restore(&parent);
                let mut script = Script { answers: given, options: Vec::new() };
                let stepped = world.step(task, &mut script, &mut ());
                seen.transitions += 1;
                answers = script.next();
                match stepped {
                    Err(Stop::Room(room)) => return Err(Halt::Room(room)),
                    Err(Stop::Finding(finding)) => seen.found(finding),
                    Ok(()) => match world.check() {
                        Err(finding) => seen.found(finding),
                        Ok(()) => {
                            let (to, new) = seen.number(world.cells());
                            seen.steps.push((from, task, to));
                            if new {
                                state(&world);
                                open.push(world.cells().to_vec());
                            }
                        }
                    },
                }
            }
        }
    }
    seen.circles = world.orders().is_some_and(|orders| !orders.circles(program).is_empty());
    Ok(Some(seen))
}

impl Explored {
    /// A state's number, and whether it is new.
    fn number(&mut self, cells: &[u32]) -> (usize, bool) {
        let next = self.states.len();
        let number = *self.states.entry(cells.to_vec()).or_insert(next);
        if number == next {
            self.ready.push(BTreeSet::new());
        }
        (number, number == next)
    }

    /// Can a weakly fair scheduler stay in a round of states for ever? Then there is a set of states, each reached from
    /// each, in which every task takes a step or cannot somewhere.
    #[must_use]
    pub fn livelocks(&self) -> bool {
        let mut rest: BTreeSet<usize> = (0..self.states.len()).collect();
        // What nothing leads to, or leads nowhere, is in no round.
        loop {
            let inside =
                |&&(from, _, to): &&(usize, TaskId, usize)| rest.contains(&from) && rest.contains(&to);
            let left: BTreeSet<_> = self.steps.iter().filter(inside).map(|step| step.0).collect();
            let reached: BTreeSet<_> = self.steps.iter().filter(inside).map(|step| step.2).collect();
            let both: BTreeSet<_> = left.intersection(&reached).copied().collect();
            if both == rest {
                break;
            }
            rest = both;
        }
        while let Some(&first) = rest.first() {
            let ahead = self.reach(first, &rest, |step| (step.0, step.2));
            let behind = self.reach(first, &rest, |step| (step.2, step.0));
            let round: BTreeSet<_> = ahead.intersection(&behind).copied().collect();
            if self.is_fair(&round) {
                return true;
            }
            rest = rest.difference(&round).copied().collect();
        }
        false
    }

    /// What is reached from a state inside a set, by steps as `way` turns them.
    fn reach(
        &self,
        first: usize,
        within: &BTreeSet<usize>,
        way: impl Fn(&(usize, TaskId, usize)) -> (usize, usize),
    ) -> BTreeSet<usize> {
        let mut reached = BTreeSet::from([first]);
        loop {
            let before = reached.len();
            for (from, to) in self.steps.iter().map(&way) {
                if reached.contains(&from) && within.contains(&to) {
                    reached.insert(to);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }

    fn is_fair(&self, round: &BTreeSet<usize>) -> bool {
        let steps: BTreeSet<_> = self
            .steps
            .iter()
            .filter(|step| round.contains(&step.0) && round.contains(&step.2))
            .map(|step| step.1)
            .collect();
        let always_ready = |&task: &TaskId| round.iter().all(|&state| self.ready[state].contains(&task));
        let tasks: BTreeSet<_> = round.iter().flat_map(|&state| self.ready[state].iter().copied()).collect();
        !steps.is_empty() && tasks.iter().filter(|task| always_ready(task)).all(|task| steps.contains(task))
    }

    fn found(&mut self, finding: Finding) {
        *self.findings.entry(finding.name).or_default() += 1;
    }
}
