//! A search of representatives against one of all states.

use super::{MODULES, outcome, tasks};
use model::lang::ast::ConditionKind;
use model::machine::{Program, Stop, TaskId, World};
use model::symmetry::Symmetry;
use sim::engine::Halt;
use sim::odometer::Odometer;
use std::collections::BTreeSet;
use tests::explore::explore;
use tests::lab::Case;

/// What is found in all states, and which `sometimes` are met.
#[derive(PartialEq, Eq, Debug)]
struct Found {
    findings: BTreeSet<String>,
    met: BTreeSet<usize>,
}

/// The `sometimes` that are true in a state.
fn met(world: &World<'_>) -> impl Iterator<Item = usize> {
    let sometimes = |&at: &usize| world.program().conditions[at].kind == ConditionKind::Sometimes;
    (0..world.program().conditions.len()).filter(sometimes).filter(|&at| world.holds(at))
}

/// A search of one representative of each orbit, which `state` is called with; how many are there?
fn by_representatives(
    program: &Program,
    symmetry: &mut Symmetry<'_>,
    mut state: impl FnMut(&World<'_>),
) -> Result<(usize, Found), Halt> {
    let mut world = World::boot(program, &mut ())?;
    let mut found = Found { findings: BTreeSet::new(), met: BTreeSet::new() };
    let mut first = world.cells().to_vec();
    symmetry.canonical(&mut first);
    let (mut seen, mut open) = (BTreeSet::from([first.clone()]), vec![first]);
    while let Some(parent) = open.pop() {
        world.restore(&parent);
        state(&world);
        found.met.extend(met(&world));
        let ready: Vec<TaskId> = tasks(program).filter(|&task| world.enabled(task)).collect();
        if let (true, Err(finding)) = (ready.is_empty(), world.end()) {
            found.findings.insert(finding.name);
        }
        for task in ready {
            let mut odometer = Odometer::new();
            loop {
                world.restore(&parent);
                match world.step(task, &mut odometer, &mut ()) {
                    Err(Stop::Room(room)) => return Err(Halt::Room(room)),
                    stepped => match outcome(&world, stepped) {
                        Err(name) => _ = found.findings.insert(name),
                        Ok(mut cells) => {
                            symmetry.canonical(&mut cells);
                            if seen.insert(cells.clone()) {
                                open.push(cells);
                            }
                        }
                    },
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
    }
    Ok((seen.len(), found))
}

/// One of each orbit stands for all: the same is found, and the same is met.
#[test]
fn a_search_of_representatives_finds_the_same() {
    let conditions = "sometimes unshare[0].net == -ENOMEM; never modprobe[1].error == -EEXIST;
        always unshare[1].net != 5; finally modprobe[0].error == 0 && modprobe[1].error == 0;";
    let written = Case::new(&format!("on rfc2007; {} {conditions}", MODULES.replace("[3]", "[2]")));
    let many = |case: &Case| case.scenario.file.contains("bench/many");
    let mut compared = 0;
    for case in Case::shipped().into_iter().filter(|case| !many(case)).chain([written]) {
        let ran = case.compiled(|program| {
            let booted = World::boot(program, &mut ())?;
            let wide = Symmetry::widened(&booted);
            let wide = wide.as_ref().unwrap_or(program);
            let booted = World::boot(wide, &mut ())?;
            let mut symmetry = Symmetry::of(&booted);
            if symmetry.is_trivial() {
                return Ok(());
            }
            let (states, found) = by_representatives(wide, &mut symmetry, |_| {})?;
            let mut all_met = BTreeSet::new();
            let all = explore(program, |world| all_met.extend(met(world)))?;
            let findings = all.findings.keys().cloned().collect();
            assert_eq!(found, Found { findings, met: all_met }, "{}", case.title());
            assert!(states < all.states.len(), "{states} states of {}", case.title());
            compared += 1;
            Ok(())
        });
        assert!(ran.is_ok(), "{}", case.title());
    }
    assert!(compared > 30, "many shipped questions have tasks that are alike, not {compared}");
}

/// How many representatives the trial of a reduction stores: nobody can take a step that nothing else sees, and more
/// than one task can go on.
#[track_caller]
fn check_w([m, n]: [i64; 2], want: u64) {
    let case = &Case::in_file("bench/w.pernet", &[("M", m), ("N", n)])[0];
    let counted = case.compiled(|program| {
        let lock =
            program.globals.iter().find(|global| global.name == "net_mutex").expect("W has one").address;
        let mut symmetry = Symmetry::of(&World::boot(program, &mut ())?);
        let mut stored = 0;
        by_representatives(program, &mut symmetry, |world| {
            let free = world.cells()[lock as usize] == 0;
            let ready: Vec<TaskId> = tasks(program).filter(|&task| world.enabled(task)).collect();
            // A `step` has no verb.
            let unseen = |&task: &TaskId| matches!(world.doing(task).verb, None | Some("kzalloc"));
            stored += u64::from(free && ready.len() > 1 && !ready.iter().any(unseen));
        })?;
        Ok(stored)
    });
    assert_eq!(counted, Ok(want), "W({m},{n},1)");
}

/// As few as in a program whose orbits and keys were written by hand.
#[test]
fn as_few_states_of_w_as_by_hand() {
    check_w([1, 2], 33);
    check_w([2, 2], 181);
    check_w([2, 3], 316);
}
