//! The shortest schedule to each `sometimes`, against a plain search for the first state where it is true.

use crate::binary::{root, run, words};
use model::lang::ast::ConditionKind;
use model::machine::{Program, World};
use serde_json::Value;
use sim::ask::{Mode, Plan};
use sim::besides::Besides;
use sim::engine::{Halt, settle};
use sim::limit::Limits;
use sim::odometer::Odometer;
use sim::reduce::Reductions;
use std::collections::{BTreeMap, BTreeSet};
use tests::lab::Case;

/// How many steps it takes to each `sometimes`, by its text.
fn steps(program: &Program) -> Result<BTreeMap<String, u64>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    let mut steps = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut layer = vec![world.cells().to_vec()];
    for depth in 0.. {
        let mut next = Vec::new();
        for cells in &layer {
            world.restore(cells);
            if !seen.insert(world.fingerprint()) {
                continue;
            }
            for (at, condition) in program.conditions.iter().enumerate() {
                if condition.kind == ConditionKind::Sometimes && world.holds(at) {
                    steps.entry(condition.text.clone()).or_insert(depth);
                }
            }
            let tasks = program.task_count();
            let ready: Vec<_> = (0..tasks).filter(|&task| world.enabled(task)).collect();
            for task in ready {
                let mut odometer = Odometer::new();
                loop {
                    world.restore(cells);
                    let result = world.step(task, &mut odometer, &mut ());
                    if settle(result, &world, true).map_err(Halt::Room)?.is_none() {
                        next.push(world.cells().to_vec());
                    }
                    if !odometer.advance() {
                        break;
                    }
                }
            }
        }
        if next.is_empty() {
            break;
        }
        layer = next;
    }
    Ok(steps)
}

#[test]
fn no_schedule_is_shorter() {
    let plan = Plan {
        mode: Mode::Exhaustive,
        limits: Limits { max_states: 1_000, ..Limits::default() },
        reductions: Reductions::NONE,
        besides: Besides { witnesses: true, ..Besides::default() },
        ..Plan::default()
    };
    let mut compared = 0;
    for case in Case::shipped() {
        let answer = case.ask(&plan);
        if answer.states.is_none_or(|states| states >= 1_000) {
            continue;
        }
        let witnesses = answer.besides.witnesses.expect("they were asked for");
        let said: BTreeMap<_, _> =
            witnesses.iter().map(|witness| (witness.text.clone(), witness.steps)).collect();
        assert_eq!(said, case.compiled(steps).expect("it boots"), "{}", case.title());
        for witness in &witnesses {
            assert_eq!(witness.trace.steps.len() as u64, witness.steps, "{} {}", case.title(), witness.text);
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} witnesses are of small questions");
}

/// What is printed can be repeated, to the end.
#[test]
fn a_witness_can_be_replayed() {
    let here = root().join("scenarios");
    let file = "race/create-meets-register.pernet";
    let done = run(&here, ["--witness", file, "--protocol", "rfc2007"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let commands: Vec<_> =
        done.out.lines().filter_map(|line| line.strip_prefix("replay    pernet-sim ")).collect();
    assert_eq!(commands.len(), 2, "{}", done.out);
    for command in commands {
        let again = run(&here, words(command).iter().map(String::as_str));
        assert_eq!(again.code, 0, "{command}\n{}", again.err);
    }
    let done = run(&here, ["--witness", file, "--protocol", "rfc2007", "--format", "jsonl"]);
    let line: Value = serde_json::from_str(&done.out).expect("an object");
    let witnesses = line["witnesses"].as_array().expect("a list");
    assert_eq!(witnesses.len(), 2);
    let text = std::fs::read_to_string(here.join(file)).expect("the scenario");
    let asked =
        text.lines().position(|line| line.starts_with("sometimes done(modprobe)")).expect("it asks") + 1;
    assert_eq!((&witnesses[0]["step"], &witnesses[0]["line"]), (&Value::from(7), &Value::from(asked)));
}

/// Where the search does not come far enough, the shortest schedule that was sampled is shown as what it is.
#[test]
fn what_only_sampling_reaches() {
    let text = "on rfc2007; int n, m; task t { while (n < 9) n = n + 1; } task u { while (m < 9) m = m + 1; }
        sometimes near: n == 1; sometimes far: n == 9;";
    let besides = Besides { witnesses: true, ..Besides::default() };
    let limits = Limits { max_states: 10, ..Limits::default() };
    let answer = Case::new(text).ask(&Plan { besides, limits, ..Plan::default() });
    let witnesses = answer.besides.witnesses.expect("they were asked for");
    let told: Vec<_> = witnesses
        .iter()
        .map(|witness| {
            (witness.name.as_str(), witness.shortest, witness.trace.steps.len() as u64 == witness.steps)
        })
        .collect();
    assert_eq!(told, [("near", true, true), ("far", false, true)]);
    // Nine times round, each with two reads and a write; `u` takes some steps between.
    assert!((27..54).contains(&witnesses[1].steps), "{}", witnesses[1].steps);
}

/// True before the first step, true in a state that nobody can leave, and never true.
#[test]
fn the_first_and_the_last_state_count() {
    let text = "on rfc2007; int n; task t { n = 1; wait_for(n == 2); } sometimes n == 0; sometimes stuck: blocked(t); sometimes n == 3;";
    let besides = Besides { witnesses: true, ..Besides::default() };
    let answer = Case::new(text).ask(&Plan { besides, mode: Mode::Exhaustive, ..Plan::default() });
    let witnesses = answer.besides.witnesses.expect("they were asked for");
    let told: Vec<_> = witnesses
        .iter()
        .map(|witness| (witness.name.as_str(), witness.steps, witness.schedule.to_string()))
        .collect();
    assert_eq!(told, [("sometimes", 0, "v1".to_string()), ("stuck", 1, "v1".to_string())]);
}
