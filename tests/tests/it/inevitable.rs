//! When a violation became inevitable, against the whole state graph: a state is doomed if no good end can be reached
//! from it.

use model::machine::{Chance, Picks, Program, TaskId, World};
use sim::answer::Violation;
use sim::ask::{Mode, Plan};
use sim::engine::{End, Halt, ended, settle};
use sim::inevitable::{Fate, Way};
use sim::limit::Limits;
use sim::odometer::Odometer;
use sim::pick::Pick;
use sim::reduce::Reductions;
use std::collections::{BTreeMap, BTreeSet};
use tests::lab::Case;

/// The plain graph, by fingerprints.
#[derive(Default)]
struct Graph {
    edges: BTreeMap<u128, Vec<(TaskId, bool, u128)>>,
    good: BTreeSet<u128>,
}

fn ready(world: &World<'_>) -> Vec<TaskId> {
    let tasks = world.program().task_count();
    (0..tasks).filter(|&task| world.enabled(task)).collect()
}

fn graph(program: &Program) -> Result<Graph, Halt> {
    let mut world = World::boot(program, &mut ())?;
    let mut graph = Graph::default();
    let mut open = vec![world.cells().to_vec()];
    while let Some(cells) = open.pop() {
        world.restore(&cells);
        let state = world.fingerprint();
        if graph.edges.contains_key(&state) {
            continue;
        }
        let mut edges = Vec::new();
        let ready = ready(&world);
        if ready.is_empty() && ended(&world) == End::Complete {
            graph.good.insert(state);
        }
        for task in ready {
            let mut odometer = Odometer::new();
            loop {
                world.restore(&cells);
                let result = world.step(task, &mut odometer, &mut ());
                if settle(result, &world, true).map_err(Halt::Room)?.is_none() {
                    let fault = odometer.answers().any(|answer| answer != Pick::Answer(0));
                    edges.push((task, fault, world.fingerprint()));
                    open.push(world.cells().to_vec());
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
        graph.edges.insert(state, edges);
    }
    // Backward from the good ends, until nothing is added.
    loop {
        let before = graph.good.len();
        for (state, edges) in &graph.edges {
            if edges.iter().any(|(.., to)| graph.good.contains(to)) {
                graph.good.insert(*state);
            }
        }
        if graph.good.len() == before {
            return Ok(graph);
        }
    }
}

/// Answers from a schedule.
struct Recorded<'a> {
    picks: std::slice::Iter<'a, Pick>,
    fault: bool,
}

impl Picks for Recorded<'_> {
    fn pick(&mut self, _: Chance, _: u32) -> u32 {
        let Some(Pick::Answer(answer)) = self.picks.next() else { panic!("an answer is asked for") };
        self.fault |= *answer != 0;
        *answer
    }
}

/// What the graph says of a schedule: the last step from a state that was good, what was picked, and what else there was.
fn expected(
    program: &Program,
    graph: &Graph,
    violation: &Violation,
) -> Result<Option<(u64, Way, Vec<Way>)>, Halt> {
    let schedule = violation.schedule.as_ref().expect("it has one");
    let mut world = World::boot(program, &mut ())?;
    let mut recorded = Recorded { picks: schedule.0.iter(), fault: false };
    let way = |task: TaskId, fault| Way { task: program.tasks[task as usize].name.clone(), fault };
    let mut last = None;
    for step in 1..=violation.steps {
        let (ready, state) = (ready(&world), world.fingerprint());
        let task = match ready.as_slice() {
            [only] => *only,
            _ => match recorded.picks.next() {
                Some(Pick::Task(task)) => *task,
                other => panic!("{other:?} where a task is asked for"),
            },
        };
        recorded.fault = false;
        let _ = world.step(task, &mut recorded, &mut ());
        if graph.good.contains(&state) {
            let out = graph.edges[&state].iter().filter(|(.., to)| graph.good.contains(to));
            let mut instead = Vec::new();
            for way in out.map(|&(task, fault, _)| way(task, fault)) {
                if !instead.contains(&way) {
                    instead.push(way);
                }
            }
            last = Some((step, way(task, recorded.fault), instead));
        }
    }
    Ok(last)
}

#[test]
fn the_graph_agrees() {
    let plan = Plan {
        mode: Mode::Exhaustive,
        limits: Limits { max_states: 3_000, ..Limits::default() },
        reductions: Reductions::NONE,
        ..Plan::default()
    };
    let (mut chosen, mut sealed) = (0, 0);
    for case in Case::shipped() {
        if case.question.breaks.is_empty() {
            continue;
        }
        let answer = case.ask(&plan);
        if answer.states.is_none_or(|states| states >= 3_000) {
            continue;
        }
        for violation in answer.violations.iter().filter(|violation| violation.schedule.is_some()) {
            let said = match &violation.fate {
                Some(Fate::Chosen(choice)) => {
                    chosen += 1;
                    Some((choice.step, choice.picked.clone(), choice.instead.clone()))
                }
                Some(Fate::Sealed) => {
                    sealed += 1;
                    None
                }
                // A cycle with a way out, and what is wrong in boot.
                Some(Fate::Open) | None => continue,
                Some(Fate::Unknown) => panic!("{} is small", case.title()),
            };
            // In one go: fingerprints belong to a program and its room.
            let expected = case.compiled(|program| expected(program, &graph(program)?, violation));
            let expected = expected.expect("it boots");
            assert_eq!(said, expected, "{} {}", case.title(), violation.name);
        }
    }
    assert!(chosen > 50 && sealed > 5, "{chosen} chosen and {sealed} sealed are too few to tell");
}

/// A livelock with a way out is never inevitable, and one without is.
#[test]
fn cycles_are_no_way_out_by_themselves() {
    let fate = |text: &str| {
        let answer = Case::new(text).search();
        let livelock = answer.violations.into_iter().find(|violation| violation.name == "livelock");
        livelock.expect("it goes round").fate.expect("somebody has looked")
    };
    let retry = "on rfc2007; int n; task t { while (n != 1) { n = 2; n = 0; } } task u { while (n != 1) { step; may n = 1; } } faults 1 in may;";
    assert_eq!(fate(retry), Fate::Open);
    let stuck = "on rfc2007; int go; task t { while (!go) step; }";
    assert_eq!(fate(stuck), Fate::Sealed);
}

#[test]
fn a_limit_is_no_answer() {
    let text = "on rfc2007 breaks finally; int n; task t { n = 1; n = 2; n = 3; n = 4; } task u { n = 5; } finally n == 5;";
    let limits = |max_states| Limits { max_states, ..Limits::default() };
    let plan = |max_states| Plan { mode: Mode::Sampled, limits: limits(max_states), ..Plan::default() };
    let fate = |max_states| Case::new(text).ask(&plan(max_states)).violations[0].fate.clone();
    assert!(matches!(fate(1_000), Some(Fate::Chosen(choice)) if choice.picked.task == "u"));
    assert_eq!(fate(1), Some(Fate::Unknown));
}
