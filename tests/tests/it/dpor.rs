//! The search without stored states runs one execution of each trace, and comes to the same as the one that stores them.

use model::footprint::{Footprint, Footprints};
use model::machine::{Program, Stop, TaskId, World};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use sim::ask::{Mode, Plan};
use sim::dpor::Script;
use sim::dpor::enumerate::{Enumerated, enumerate};
use sim::engine::{Halt, Reached};
use sim::limit::Limits;
use sim::search::search;
use sim::verdict::Coverage;
use std::collections::BTreeSet;
use tests::lab::Case;
use tests::sketch::{Failures, sketches};

/// Every schedule, without stored states.
fn plan(limits: Limits) -> Plan {
    Plan { mode: Mode::Exhaustive, traces: true, limits, ..Plan::default() }
}

/// Larger worlds are passed over.
const STATES: u64 = 10_000;
const EXECUTIONS: u64 = 2_000;
const SCHEDULES: u64 = 3_000;

/// What a search comes to, however it goes about it.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    finals: u64,
    final_fingerprint: u64,
    findings: BTreeSet<String>,
    /// Conditions that were never true.
    missing: Vec<usize>,
}

fn stored(program: &Program) -> Result<Option<Outcome>, Halt> {
    let mut reached = Reached::new(program);
    let limits = Limits { max_states: STATES, ..Limits::default() };
    let seen = search(program, &limits, &mut reached, &())?;
    Ok(seen.limit.is_none().then(|| Outcome {
        finals: seen.finals,
        final_fingerprint: seen.final_fingerprint,
        findings: seen.found.into_iter().map(|found| found.finding.name).collect(),
        missing: reached.missing().to_vec(),
    }))
}

fn stateless(program: &Program) -> Result<(Enumerated, Outcome), Halt> {
    let mut reached = Reached::new(program);
    let limits = Limits { max_executions: EXECUTIONS, ..Limits::default() };
    let seen = enumerate(program, &limits, &mut reached, &())?;
    let outcome = Outcome {
        finals: seen.finals,
        final_fingerprint: seen.final_fingerprint,
        findings: seen.found.iter().map(|found| found.finding.name.clone()).collect(),
        missing: reached.missing().to_vec(),
    };
    Ok((seen, outcome))
}

/// Compares the two, if both can be had, and says how many executions it were.
fn compare(case: &Case) -> Option<u64> {
    let compared = case.compiled(|program| {
        let Some(want) = stored(program)? else { return Ok(None) };
        let (seen, outcome) = stateless(program)?;
        if seen.limit.is_some() {
            return Ok(None);
        }
        assert_eq!(outcome, want, "{}\n{}", case.title(), case.scenario.text());
        assert_eq!(seen.counts.blocked, 0, "{}\n{}", case.title(), case.scenario.text());
        Ok(Some(seen.counts.executions))
    });
    compared.ok().flatten()
}

/// A step of a schedule: whose, with which answers, what it touched.
type Step = (TaskId, Vec<u32>, Footprint);

/// Foata's normal form: the steps in layers, each in the first one behind all that it does not commute with.
fn foata(schedule: &[Step]) -> Vec<(usize, TaskId, Vec<u32>)> {
    let mut form: Vec<(usize, TaskId, Vec<u32>)> = Vec::new();
    for (at, (task, answers, footprint)) in schedule.iter().enumerate() {
        let earlier = schedule[..at].iter().zip(&form);
        let layer = earlier
            .filter(|((other, _, touched), _)| {
                other == task || touched.conflicts(footprint) || *footprint == Footprint::ALL
            })
            .map(|(_, (layer, ..))| layer + 1)
            .max();
        form.push((layer.unwrap_or(0), *task, answers.clone()));
    }
    form.sort();
    form
}

/// Every schedule of a program, by normal forms.
struct All<'p> {
    world: World<'p>,
    footprints: Footprints,
    schedule: Vec<Step>,
    schedules: u64,
    forms: BTreeSet<Vec<(usize, TaskId, Vec<u32>)>>,
}

impl All<'_> {
    fn walk(&mut self) -> Result<(), Halt> {
        let before = self.world.cells().to_vec();
        let tasks = self.world.program().task_count();
        let enabled: Vec<_> = (0..tasks).filter(|&task| self.world.enabled(task)).collect();
        if enabled.is_empty() {
            self.ends();
        }
        let budget = self.world.program().layout.words.faults;
        for task in enabled {
            let mut open = Some(Vec::new());
            while let Some(given) = open.take().filter(|_| self.schedules <= SCHEDULES) {
                self.world.restore(&before);
                let mut footprint = self.footprints.next(&self.world, task);
                let mut script = Script::default();
                script.begin(&given);
                let stepped = self.world.step(task, &mut script, &mut ());
                open = script.next();
                if let Err(Stop::Room(room)) = stepped {
                    return Err(Halt::Room(room));
                }
                let found = stepped.is_err() || self.world.check().is_err();
                if budget.is_some_and(|cell| self.world.cells()[cell as usize] == before[cell as usize]) {
                    footprint = self.footprints.without_fault(footprint);
                }
                self.schedule.push((task, given, if found { Footprint::ALL } else { footprint }));
                if found {
                    self.ends();
                } else {
                    self.walk()?;
                }
                self.schedule.pop();
            }
        }
        Ok(())
    }

    fn ends(&mut self) {
        self.schedules += 1;
        self.forms.insert(foata(&self.schedule));
    }
}

/// The traces of a program, found by walking every schedule; `None` if there are too many.
fn traces(program: &Program) -> Result<Option<u64>, Halt> {
    let world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let footprints = Footprints::of(program);
    let (schedule, forms) = (Vec::new(), BTreeSet::new());
    let mut all = All { world, footprints, schedule, schedules: 0, forms };
    all.walk()?;
    Ok((all.schedules <= SCHEDULES).then_some(all.forms.len() as u64))
}

/// Counts the traces of a question by walking every schedule, and compares, if it can be had.
fn count(case: &Case) -> Option<u64> {
    let counted = case.compiled(|program| {
        let (seen, _) = stateless(program)?;
        if seen.limit.is_some() {
            return Ok(None);
        }
        let Some(traces) = traces(program)? else { return Ok(None) };
        // What ends at a finding may have left out movers, in one schedule these and in another those.
        let executions = if seen.found.is_empty() { traces } else { traces.min(seen.counts.executions) };
        let counted = (seen.counts.executions, seen.counts.blocked);
        assert_eq!(counted, (executions, 0), "{}\n{}", case.title(), case.scenario.text());
        Ok(Some(traces))
    });
    counted.ok().flatten()
}

/// Traces of the benchmark's machine, as two independently written models count them: without a failure, and with one.
#[test]
fn w() {
    let text = sim::library::scenarios().into_iter().find(|shipped| shipped.file == "bench/w.pernet");
    let text = text.expect("it is shipped").text;
    let sound = text.replace("faults 1 in may;", "").replace("init(net) { may return -ENOMEM; }", "init;");
    for ([m, n], without, with) in
        [([1, 1], 15, 30), ([1, 2], 420, 840), ([1, 3], 18_900, 37_800), ([2, 2], 207_900, 485_100)]
    {
        for (text, traces) in [(&sound, without), (&text.to_string(), with)] {
            let text = text.replace("M = 1", &format!("M = {m}")).replace("N = 1", &format!("N = {n}"));
            let answer = Case::new(&text).ask(&plan(Limits::default()));
            assert_eq!((answer.verdict.word(), answer.executions), ("holds", Some(traces)), "W({m},{n},1)");
        }
    }
}

/// A question, its verdict, how many executions, and the schedules of what is found.
#[track_caller]
fn check(text: &str, limits: Limits, want: &str) {
    let answer = Case::new(text).ask(&plan(limits));
    let mut line = format!("{} {}", answer.verdict, answer.executions.expect("they are counted"));
    for found in &answer.violations {
        line.push_str(&format!(", {} {}", found.name, found.schedule.as_ref().expect("it is shown")));
    }
    if let Coverage::Cut(limit) = answer.coverage {
        line.push_str(&format!(", {limit}"));
    }
    assert_eq!(line, want);
    assert_eq!((answer.states, answer.in_vain, answer.nondeterminism), (None, 0, None));
}

#[test]
fn answers_are_those_of_any_search() {
    let limits = Limits::default();
    let lost = "on rfc2007; int n; task one { x = n; n = x + 1; } task two { x = n; n = x + 1; }";
    check(lost, limits, "holds 4");
    // The shortest schedule, with the fewest switches.
    check(&format!("{lost} finally n == 2;"), limits, "violated 4, finally v1 0 1*2");
    check("on rfc2007; task one { step; } task two { step; }", limits, "holds 1");
    let spin = "on rfc2007; int go; task spin { while (!go) step; } task end { go = 1; }";
    check(spin, Limits { max_steps: 100, ..limits }, "inconclusive 0, --max-steps was met");
    check(lost, Limits { max_executions: 3, ..limits }, "inconclusive 3, --max-executions was met");
    check(lost, Limits { max_executions: 4, ..limits }, "holds 4");
    check(lost, Limits { max_memory: 1, ..limits }, "inconclusive 0, --max-memory was met");
    check(spin, Limits { max_memory: 100_000, ..limits }, "inconclusive 0, --max-memory was met");
    check(
        "on rfc2007; mutex m; task one { mutex_lock(m); mutex_unlock(m); } sometimes !blocked(one);",
        limits,
        "inconclusive 0, a condition asks whether a task is `blocked`, which depends on everything that it may wait for",
    );
    // Both orders end in something found, and neither hides what the other order finds.
    let both = "on rfc2007; int a, b; task one { a = 1; assert(b); } task two { b = 1; kfree(NULL); x = a; assert(x); }
        never seen: a == 1 && b == 1;";
    check(both, limits, "violated 4, assert v1 0*2, seen v1 0 1");
}

/// Where one task finds something at once, another could still have gone on by steps that nobody else can see.
#[test]
fn a_finding_hides_nothing() {
    let text = "on rfc2007; int a, b; task one { a = 1; assert(a == 0); } task two { step; b = 1; }
        never seen: b == 1;";
    check(text, Limits::default(), "violated 4, assert v1 0*2, seen v1 1*2");
}

/// Only one of two that wait can have what they wait for; the other order is found where one of them never gets it.
#[test]
fn who_waits_for_ever_could_have_come_first() {
    let tasks = "task one { a = 1; } task two { b = 1; }";
    let waits = "task waits { wait_for(a == 0 && b == 0); }";
    check(&format!("on rfc2007; int a, b; {waits} {tasks}"), Limits::default(), "violated 2, deadlock v1 1");
    check(&format!("on rfc2007; int a, b; {tasks} {waits}"), Limits::default(), "violated 2, deadlock v1 0");
    let text = "on rfc2007; mutex m; task one { mutex_lock(m); } task two { mutex_lock(m); }
        sometimes done(one); sometimes done(two);";
    let answer = Case::new(text).ask(&plan(Limits::default()));
    assert_eq!(answer.executions, Some(2));
    assert!(answer.not_reached.is_empty());
}

#[test]
fn shipped_scenarios_come_to_the_same() {
    let mut compared = 0;
    for case in Case::shipped() {
        compared += u64::from(compare(&case).is_some());
    }
    assert!(compared > 250, "only {compared} questions are small enough");
}

#[test]
fn executions_of_shipped_scenarios_are_their_traces() {
    let (mut counted, mut most) = (0, 0);
    for case in Case::shipped() {
        if let Some(traces) = count(&case) {
            counted += 1;
            most = most.max(traces);
        }
    }
    assert!(counted > 200 && most > 100, "{counted} questions, at most {most} traces");
}

#[test]
fn random_worlds_come_to_the_same() {
    let config = Config { rng_seed: RngSeed::Fixed(2017), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let (mut compared, mut executions) = (0, 0);
    for _ in 0..300 {
        let sketch = sketches(2..=3, 1..4).new_tree(&mut runner).expect("nothing is filtered").current();
        for protocol in ["rfc2007", "linux-2.6.24", "linux-5.3"] {
            if let Some(count) = compare(&Case::on(&sketch.text(Failures::Picked), protocol)) {
                compared += 1;
                executions += count;
            }
        }
    }
    assert!(compared > 600 && executions > 20_000, "{compared} worlds, {executions} executions");
}
