//! A plain search that can go on in any way behind a step: nothing clever, nothing shared with the product's search.

use model::lang::ast::ConditionKind;
use model::machine::{Program, Room, TaskId, World};
use model::symmetry::Symmetry;
use sim::engine::{self, End, Halt};
use sim::odometer::Odometer;
use sim::reduce::{Ahead, Reductions, Runner};
use std::collections::BTreeSet;

/// Does a task go on alone here?
type Alone = fn(&World<'_>, TaskId) -> bool;

/// How a search goes on behind each step.
pub enum Way {
    Sound(Reductions),
    /// Not at all: a task that this is true of goes on alone.
    Unsound(Alone),
    /// By the movers of another program.
    Blind(Box<Program>),
}

impl Way {
    pub const fn sound(reductions: Reductions) -> Self {
        Self::Sound(reductions)
    }
    pub const fn unsound(alone: Alone) -> Self {
        Self::Unsound(alone)
    }
    pub fn blind(program: Program) -> Self {
        Self::Blind(Box::new(program))
    }
}

/// What a search comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub names: BTreeSet<String>,
    /// The ends at which all is well, without names.
    pub finals: BTreeSet<u64>,
    /// The same with names.
    named: BTreeSet<Vec<u32>>,
    /// Those of [`Self::named`] that stand for all that differ in names.
    representatives: BTreeSet<Vec<u32>>,
    /// Conditions that were true somewhere.
    met: BTreeSet<usize>,
}

impl Findings {
    /// What of it a search with these reductions must come to.
    pub fn seen_by(&self, reductions: Reductions) -> Self {
        let mut seen = self.clone();
        if reductions.symmetry {
            seen.named.clone_from(&seen.representatives);
            seen.finals = seen.named.iter().map(|cells| hash(cells)).collect();
        }
        seen
    }
}

fn hash(cells: &[u32]) -> u64 {
    u64::try_from(model::machine::fingerprint::of(cells) >> 64).unwrap_or(0)
}

struct Plain<'p> {
    symmetry: Option<Symmetry<'p>>,
    seen: BTreeSet<Vec<u32>>,
    open: Vec<Vec<u32>>,
    found: Findings,
}

impl Ahead for Plain<'_> {
    fn step(&mut self, world: &World<'_>) {
        for (at, condition) in world.program().conditions.iter().enumerate() {
            if condition.kind != ConditionKind::Finally && world.holds(at) {
                self.found.met.insert(at);
            }
        }
    }

    fn state(&mut self, world: &World<'_>, _: u32) {
        let mut cells = world.cells().to_vec();
        if let Some(symmetry) = &mut self.symmetry {
            symmetry.canonical(&mut cells);
        }
        if self.seen.insert(cells.clone()) {
            self.open.push(cells);
        }
    }
}

/// Searches all states. `None`: there are more than `most`.
pub fn search(program: &Program, way: &Way, most: usize) -> Result<Option<(usize, Findings)>, Halt> {
    let booted = World::boot(program, &mut ())?;
    // Which ends differ in names only is asked in any case.
    let wide = Symmetry::widened(&booted);
    let wide = wide.as_ref().unwrap_or(program);
    let mut symmetry = Symmetry::of(&World::boot(wide, &mut ())?);
    let symmetric = matches!(way, Way::Sound(reductions) if reductions.symmetry);
    let program = if symmetric { wide } else { program };
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut plain = Plain {
        symmetry: symmetric.then(|| symmetry.clone()),
        seen: BTreeSet::new(),
        open: Vec::new(),
        found: Findings::default(),
    };
    let mut goes = Goes::new(program, way);
    plain.step(&world);
    goes.on(&mut world, &mut plain).map_err(Halt::Room)?;
    while let Some(from) = plain.open.pop() {
        if plain.seen.len() > most {
            return Ok(None);
        }
        world.restore(&from);
        let ready: Vec<_> = tasks(program).filter(|&task| world.enabled(task)).collect();
        if ready.is_empty() {
            match engine::ended(&world) {
                End::Finding(finding) => _ = plain.found.names.insert(finding.name),
                _ => {
                    plain.found.finals.insert(if symmetric { hash(&from) } else { world.canonical() });
                    let mut named = from.clone();
                    symmetry.canonical(&mut named);
                    plain.found.representatives.insert(named);
                    plain.found.named.insert(from.clone());
                }
            }
        }
        for task in ready {
            let mut odometer = Odometer::new();
            loop {
                world.restore(&from);
                let result = world.step(task, &mut odometer, &mut ());
                match engine::settle(result, &world, true).map_err(Halt::Room)? {
                    Some(finding) => _ = plain.found.names.insert(finding.name),
                    None => {
                        plain.step(&world);
                        goes.on(&mut world, &mut plain).map_err(Halt::Room)?;
                    }
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
    }
    Ok(Some((plain.seen.len(), plain.found)))
}

fn tasks(program: &Program) -> std::ops::Range<TaskId> {
    0..program.task_count()
}

enum Goes {
    By(Box<Runner>),
    Alone(Alone),
}

impl Goes {
    fn new(program: &Program, way: &Way) -> Self {
        let movers = Reductions::parse("movers").unwrap();
        match way {
            Way::Sound(reductions) => Self::By(Box::new(Runner::new(program, *reductions))),
            Way::Blind(other) => Self::By(Box::new(Runner::new(other, movers))),
            Way::Unsound(alone) => Self::Alone(*alone),
        }
    }

    fn on(&mut self, world: &mut World<'_>, plain: &mut Plain<'_>) -> Result<(), Room> {
        match self {
            Self::By(runner) => runner.run(world, 1, plain),
            Self::Alone(alone) => {
                for _ in 0..100 {
                    let Some(task) =
                        tasks(world.program()).find(|&task| world.enabled(task) && alone(world, task))
                    else {
                        break;
                    };
                    let before = world.cells().to_vec();
                    let result = world.step(task, &mut (), &mut ());
                    if engine::settle(result, world, true)?.is_some() {
                        world.restore(&before);
                        break;
                    }
                    plain.step(world);
                }
                plain.state(world, 1);
                Ok(())
            }
        }
    }
}
