//! Random small worlds: one task against a naive model, callback by callback; several tasks and random schedules
//! against every invariant.
//!
//! The worlds are drawn from a fixed seed, so that a red run is red again.

use model::machine::World;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sim::engine::{Bounds, End, Engine, Follow, Halt, Reached};
use sim::limit::Progress;
use sim::pick::Scheduler;
use sim::question::stem;
use sim::replay::{record, replay};
use sim::schedule::Schedule;
use sim::scheduler::{First, Random};
use tests::lab::Case;
use tests::naive::Registry;
use tests::sketch::{Failures, KEEPS, Sketch, sketches};
use tests::watch::{Callbacks, FullJudges};

const BOUNDS: Bounds<'_> = Bounds {
    max_steps: 10_000,
    control: &(),
    progress: Progress { states: 0, depth: 0, executions: 0, estimate: None },
};

fn cases(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(2007), failure_persistence: None, ..Config::default() }
}

/// The protocols that nothing is known against.
const SOUND: [&str; 3] = ["rfc2007", "linux-2.6.24", "linux-5.3"];

/// What one task's run comes to: its callbacks, the list, and what is set up where.
type Outcome = (Vec<String>, Vec<String>, Vec<(String, Vec<String>)>);

fn naively(sketch: &Sketch) -> Outcome {
    let mut registry = Registry::new(&sketch.ops, sketch.nets, KEEPS);
    for &act in &sketch.tasks[0] {
        registry.act(act);
    }
    let list = registry.list().iter().map(|ops| format!("ops{ops}")).collect();
    let set_up = registry.set_up();
    (registry.events, list, set_up)
}

/// The same of a protocol, or the name of what is found.
fn in_the_machine(sketch: &Sketch, protocol: &str) -> Result<Outcome, String> {
    let case = Case::on(&sketch.text(Failures::Fixed), protocol);
    let outcome = case.compiled(|program| {
        let mut callbacks = Callbacks::default();
        let mut engine = Engine::new(program, &mut callbacks)?;
        let ran = engine
            .run(&mut First::new(), &BOUNDS, &mut Reached::default(), &mut callbacks)
            .map_err(Halt::Room)?;
        if let End::Finding(finding) = ran.end {
            return Ok(Err(finding.name));
        }
        let world = engine.world();
        let list: Vec<_> = world.ops_list().into_iter().map(|(name, _)| name).collect();
        let set_up = set_up(world, &callbacks, sketch, &list);
        Ok(Ok((callbacks.events, list, set_up)))
    });
    outcome?
}

/// As the naive model has it: namespaces in the order of the list, and of what is registered what has an `init`.
fn set_up(
    world: &World<'_>,
    callbacks: &Callbacks,
    sketch: &Sketch,
    list: &[String],
) -> Vec<(String, Vec<String>)> {
    let has_init = |name: &String| {
        let number = name.trim_start_matches("ops").parse::<usize>().expect("ops are numbered");
        sketch.ops[number].init && list.contains(name)
    };
    let nets = world.nets().into_iter().filter(|net| net.phase != "freed");
    let mut set_up: Vec<_> = nets
        .map(|net| (callbacks.named(world, &net.name), net.inited.into_iter().filter(has_init).collect()))
        .collect();
    set_up.sort();
    set_up
}

/// Asks the full judges after every step.
struct Judged(FullJudges);

impl model::machine::Watch for Judged {
    fn event(&mut self, _: &World<'_>, _: u32, _: u32, _: model::machine::Event) {}
}

impl Follow for Judged {
    fn ends(&mut self, world: &World<'_>, _: u32, _: usize) -> bool {
        self.0.ask(world);
        true
    }
}

/// Runs random schedules: every one comes to a good end, and the full judges never say a word.
fn keeps_every_invariant(case: &Case, seed: u64, executions: u64) {
    let ran = case.compiled(|program| {
        let mut engine = Engine::new(program, &mut ())?;
        let mut random = Random::new(seed);
        for execution in 0..executions {
            random.begin(execution);
            let mut judged = Judged(FullJudges::default());
            let ran =
                engine.run(&mut random, &BOUNDS, &mut Reached::default(), &mut judged).map_err(Halt::Room)?;
            let schedule = Schedule(engine.journal().to_vec());
            assert_eq!(ran.end, End::Complete, "{schedule}\n{}", case.scenario.text());
            assert_eq!(judged.0.said, None, "{schedule}\n{}", case.scenario.text());
        }
        Ok(())
    });
    assert_eq!(ran, Ok(()), "{}", case.scenario.text());
}

/// Repeats a random execution from its text: picks, trace and end are the same to the byte.
fn replays_to_the_same_bytes(case: &Case, seed: u64) {
    let recorded = case.compiled(|program| {
        let mut random = Random::new(seed);
        random.begin(0);
        record(program, false, 10_000, &mut random, None)
    });
    let recorded = recorded.expect("nothing is wrong in boot");
    let text = Schedule(recorded.picks.clone()).to_string();
    let schedule: Schedule = text.parse().expect("a schedule's text can be read");
    let again = replay(&case.loaded(), &model::machine::Room::default(), &schedule.0, false, 10_000);
    let again = again.expect("the text can be used");
    assert_eq!((again.left, &again.divergence), (0, &None), "{text}");
    assert_eq!(format!("{again:?}"), format!("{recorded:?}"), "{text}");
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn one_task_does_what_the_naive_model_says(sketch in sketches(1..=1, 1..16)) {
        let (naive, machine) = (naively(&sketch), in_the_machine(&sketch, "rfc2007"));
        prop_assert_eq!(&machine, &Ok(naive), "{}", sketch.text(Failures::Fixed));
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn several_tasks_keep_every_invariant(sketch in sketches(2..=3, 1..6), seed: u64) {
        for protocol in SOUND {
            keeps_every_invariant(&Case::on(&sketch.text(Failures::Picked), protocol), seed, 20);
        }
    }

    #[test]
    fn any_schedule_replays_to_the_same_bytes(sketch in sketches(2..=3, 1..6), seed: u64) {
        replays_to_the_same_bytes(&Case::new(&sketch.text(Failures::Picked)), seed);
    }
}

/// What one task, whose allocations do not fail and whose failures are negative, cannot see.
const OUT_OF_SIGHT: [&str; 10] = [
    "create-locks-to-publish",
    "create-negative-only",
    "create-unchecked",
    "create-without-mutex",
    "destroy-without-mutex",
    "get-without-count",
    "put-without-count",
    "register-drops-lock",
    "unregister-drops-lock",
    "unregister-unlinks-last",
];

/// The property can be lost: of all planted slips, only those out of its sight agree with the naive model.
#[test]
fn the_naive_model_finds_slips_of_one_task() {
    let mut runner = TestRunner::new(cases(1));
    let sketches: Vec<_> = (0..800).map(|_| draw(&sketches(1..=1, 4..16), &mut runner)).collect();
    let mut agree = Vec::new();
    for (file, _) in sim::library::protocols() {
        let protocol = stem(&file);
        let agrees = |sketch: &Sketch| in_the_machine(sketch, protocol) == Ok(naively(sketch));
        if file.contains("/mutants/") && sketches.iter().all(agrees) {
            agree.push(protocol.trim_start_matches("rfc2007-").to_string());
        }
    }
    assert_eq!(agree, OUT_OF_SIGHT);
}

fn draw<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    strategy.new_tree(runner).expect("nothing is filtered").current()
}
