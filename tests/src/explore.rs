//! A second exhaustive search, written to be obviously right and not to be fast: whole states in a sorted set, no
//! fingerprints, no layers.

use model::machine::{Chance, Finding, Picks, Program, Stop, World};
use sim::engine::Halt;
use std::collections::{BTreeMap, BTreeSet};

/// All that there is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explored {
    /// Every state.
    pub states: BTreeSet<Vec<u32>>,
    /// (state, task, answers).
    pub transitions: u64,
    /// Of each state where nothing can go on and all is well: its fingerprint by names.
    pub finals: BTreeSet<u64>,
    /// How many steps and ends come to each finding, by its name.
    pub findings: BTreeMap<String, u64>,
}

/// Answers given first, and zeros from there on; keeps how many options each pick had.
struct Script {
    answers: Vec<u32>,
    options: Vec<u32>,
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
    fn next(&self) -> Option<Vec<u32>> {
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
pub fn explore(program: &Program, mut state: impl FnMut(&World<'_>)) -> Result<Explored, Halt> {
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut seen = Explored::default();
    seen.states.insert(world.cells().to_vec());
    state(&world);
    let mut open = vec![world.cells().to_vec()];
    while let Some(parent) = open.pop() {
        world.restore(&parent);
        let tasks = 0..u32::try_from(program.tasks.len()).unwrap_or(u32::MAX);
        let ready: Vec<_> = tasks.filter(|&task| world.enabled(task)).collect();
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
                        Ok(()) if seen.states.insert(world.cells().to_vec()) => {
                            state(&world);
                            open.push(world.cells().to_vec());
                        }
                        Ok(()) => {}
                    },
                }
            }
        }
    }
    Ok(seen)
}

impl Explored {
    fn found(&mut self, finding: Finding) {
        *self.findings.entry(finding.name).or_default() += 1;
    }
}
