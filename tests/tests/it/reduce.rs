//! Reductions leave out nothing that matters.

use model::machine::{Program, Room, TaskId, World};
use sim::engine::{self, End, Halt};
use sim::odometer::Odometer;
use sim::reduce::{Ahead, Reductions, Runner};
use std::collections::{BTreeMap, BTreeSet};
use tests::lab::Case;

/// What a search comes to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    findings: BTreeSet<String>,
    finals: BTreeSet<u64>,
    met: BTreeSet<usize>,
}

struct Plain<'p> {
    world: World<'p>,
    seen: BTreeMap<Vec<u32>, ()>,
    open: Vec<Vec<u32>>,
    outcome: Outcome,
    conditions: usize,
}

impl Ahead for Plain<'_> {
    fn step(&mut self, world: &World<'_>) {
        for at in 0..self.conditions {
            if world.holds(at) {
                self.outcome.met.insert(at);
            }
        }
    }
    fn state(&mut self, world: &World<'_>, _: u32) {
        if self.seen.insert(world.cells().to_vec(), ()).is_none() {
            self.open.push(world.cells().to_vec());
        }
    }
}

/// A plain search: everything at once, nothing clever. `None`: more than so many states.
fn search(program: &Program, reductions: Reductions, most: usize) -> Result<Option<(usize, Outcome)>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut plain = Plain {
        seen: BTreeMap::new(),
        open: Vec::new(),
        outcome: Outcome::default(),
        conditions: program.conditions.len(),
        world: world.clone(),
    };
    let mut runner = Runner::new(program, reductions);
    let tasks = TaskId::try_from(program.tasks.len()).unwrap();
    let room = |room: Room| Halt::Room(room);
    plain.step(&world);
    runner.run(&mut world, 0, &mut plain).map_err(room)?;
    while let Some(from) = plain.open.pop() {
        if plain.seen.len() > most {
            return Ok(None);
        }
        world.restore(&from);
        let ready: Vec<_> = (0..tasks).filter(|&task| world.enabled(task)).collect();
        if ready.is_empty() {
            match engine::ended(&world) {
                End::Finding(finding) => drop(plain.outcome.findings.insert(finding.name)),
                _ => drop(plain.outcome.finals.insert(world.canonical())),
            }
        }
        for task in ready {
            let mut odometer = Odometer::new();
            loop {
                world.restore(&from);
                let result = world.step(task, &mut odometer, &mut ());
                match engine::settle(result, &world, true).map_err(room)? {
                    Some(finding) => drop(plain.outcome.findings.insert(finding.name)),
                    None => {
                        plain.step(&world);
                        runner.run(&mut world, 1, &mut plain).map_err(room)?;
                    }
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
    }
    let _ = plain.world;
    Ok(Some((plain.seen.len(), plain.outcome)))
}

#[test]
fn shipped_scenarios_come_to_the_same() {
    let mut rows = Vec::new();
    for case in Case::shipped() {
        let Ok(all) = case.compiled(|program| search(program, Reductions::NONE, 20_000)) else { continue };
        let Some((states, outcome)) = all else { continue };
        let mut row = vec![states];
        for text in ["chains", "movers", "movers,chains"] {
            let reductions = Reductions::parse(text).unwrap();
            let reduced = case.compiled(|program| search(program, reductions, usize::MAX)).unwrap().unwrap();
            row.push(reduced.0);
            if reduced.1 != outcome {
                println!("DIFF {} {text} {:?} {:?}", case.title(), outcome, reduced.1);
            }
            //assert_eq!(reduced.1, outcome, "{} with {text}", case.title());
        }
        rows.push((case.title(), row));
    }
    for (title, row) in &rows {
        println!("{row:?} {title}");
    }
}

#[test]
fn w() {
    for (m, n) in [(1, 1), (1, 2), (2, 2), (2, 3)] {
        for case in Case::in_file("bench/w.pernet", &[("M", m), ("N", n)]) {
            let (states, _) = case
                .compiled(|program| search(program, Reductions::parse("movers,chains").unwrap(), usize::MAX))
                .unwrap()
                .unwrap();
            println!("W({m},{n},1) {states}");
        }
    }
}
