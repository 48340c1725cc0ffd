//! Timed runs: each is one of the schedules of the exhaustive search, equal seeds give equal reports, and the figures are
//! those that one gets by hand.

use model::machine::{Event, TaskId, Watch, World};
use sim::ask::{Mode, Plan};
use sim::engine::{Bounds, End, Engine, Follow, Halt, Reached};
use sim::limit::Progress;
use sim::pick::{Pick, Scheduler};
use sim::report::timed::table;
use sim::schedule::Schedule;
use sim::scheduler::{Random, Replay};
use sim::timed::{Timed, TimedReport};
use std::collections::{BTreeMap, BTreeSet};
use tests::explore::explore;
use tests::lab::Case;

const BOUNDS: Bounds<'_> = Bounds {
    max_steps: 100_000,
    control: &(),
    progress: Progress { states: 0, depth: 0, executions: 0, estimate: None },
};

/// Sees that every state is one of those that there are.
struct Among<'a> {
    states: &'a BTreeMap<Vec<u32>, usize>,
    steps: u64,
    strangers: u64,
}

impl Watch for Among<'_> {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: Event) {}
}

impl Follow for Among<'_> {
    fn begins(&mut self, world: &World<'_>, task: TaskId) {
        self.steps += 1;
        self.strangers += u64::from(!world.enabled(task) || !self.states.contains_key(world.cells()));
    }
}

/// Runs timed executions of a world, and takes each again as an untimed schedule, by its text, among all the states of
/// the exhaustive search. How many different schedules there were.
#[track_caller]
fn check(case: &Case, executions: u64) -> usize {
    let schedules = case.compiled(|program| {
        let all = explore(program, |_| {})?;
        let mut timed = Timed::new(program, &mut ())?;
        let mut untimed = Engine::new(program, &mut ())?;
        let mut random = Random::new(0);
        let mut schedules = BTreeSet::new();
        for execution in 0..executions {
            random.begin(execution);
            let ran =
                timed.run(&mut random, &BOUNDS, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
            let text = Schedule(timed.journal().to_vec()).to_string();
            let schedule: Schedule = text.parse().expect("a schedule's text can be read");
            let mut replay = Replay::new(schedule.0, false);
            let mut among = Among { states: &all.states, steps: 0, strangers: 0 };
            let again =
                untimed.run(&mut replay, &BOUNDS, &mut Reached::default(), &mut among).map_err(Halt::Room)?;
            let title = format!("{}\n{text}", case.title());
            assert_eq!((replay.divergence(), replay.left()), (None, 0), "{title}");
            assert_eq!(again, ran, "{title}");
            assert_eq!((among.steps, among.strangers), (ran.steps, 0), "{title}");
            assert_eq!(untimed.world().cells(), timed.world().cells(), "{title}");
            match ran.end {
                End::Complete => assert!(all.finals.contains(&untimed.world().canonical()), "{title}"),
                End::Finding(finding) => assert!(all.findings.contains_key(&finding.name), "{title}"),
                end => panic!("{end:?}: {title}"),
            }
            let tasks =
                untimed.journal().iter().filter(|pick| matches!(pick, Pick::Task(_) | Pick::Answer(_)));
            schedules.insert(tasks.copied().collect::<Vec<_>>());
        }
        Ok(schedules.len())
    });
    schedules.expect("nothing is wrong in boot")
}

#[test]
fn every_timed_schedule_is_one_of_the_search() {
    let mut asked = 0;
    for case in Case::shipped() {
        let timed = case.compiled(|program| Ok(!program.times.is_empty())) == Ok(true);
        if timed && case.search().states.is_some_and(|states| states < 20_000) {
            let schedules = check(&case, 200);
            assert!(schedules > 1, "{}: nothing depends on time", case.title());
            asked += 1;
        }
    }
    assert!(asked >= 4, "only {asked} timed questions are small");
}

/// Also those that say nothing of time, and whose workers have nothing to do at the end.
#[test]
fn every_shipped_question_runs_by_the_agenda() {
    for case in Case::shipped() {
        let answer = case.ask(&Plan { mode: Mode::Timed, runs: 2, ..Plan::default() });
        assert!(answer.timed.is_some() || answer.executions.is_none(), "{}", case.title());
        let unexpected = answer.violations.iter().find(|violation| !violation.expected);
        assert_eq!(unexpected.map(|found| &found.name), None, "{}", case.title());
    }
}

/// Times, faults and several locks together.
#[test]
fn every_timed_schedule_with_faults_is_one_of_the_search() {
    let text = "on PROTOCOL; faults 1;
        time veth.init = 1us .. 20us; time veth.exit = 5us; time kzalloc = 0 .. 3us; time modprobe = 0 .. 30us;
        time unshare = 0 .. 30us; time rcu_barrier = 1us .. 9us; time synchronize_rcu = 1us .. 9us;
        ops veth { init(net) { may return -ENOMEM; } exit; }
        task modprobe { error = register_pernet_device(veth); if (!error) unregister_pernet_device(veth); }
        task unshare[2] { net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }";
    for protocol in ["rfc2007", "linux-2.6.24", "rfc2007-create-without-mutex", "rfc2007-undo-stops-early"] {
        let schedules = check(&Case::new(&text.replace("PROTOCOL", protocol)), 300);
        assert!(schedules > 50, "{protocol}: {schedules} schedules");
    }
}

fn timed(text: &str, seed: u64, runs: u64) -> TimedReport {
    let answer = Case::new(text).ask(&Plan { mode: Mode::Timed, seed, runs, ..Plan::default() });
    assert!(answer.violations.is_empty());
    answer.timed.expect("a timed run has a report")
}

const MANY: &str = "on rfc2007;
    time ipv4.init = 5us .. 20us; time ipv4.exit = 10us .. 40us; time veth.init = 100us .. 900us;
    time registrar = 0 .. 1ms; time container = 0 .. 10ms;
    ops ipv4, veth;
    boot { register_pernet_subsys(ipv4); }
    task registrar { register_pernet_device(veth); unregister_pernet_device(veth); }
    task container[100] { net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }";

#[test]
fn a_hundred_tasks_against_one_registrar() {
    let report = timed(MANY, 1, 3);
    assert_eq!(table(&report), table(&timed(MANY, 1, 3)), "equal seeds give equal reports");
    assert_ne!(table(&report), table(&timed(MANY, 2, 3)), "other seeds give others");
    assert_eq!((report.created, report.destroyed), (300, 300));
    let calls = |function: &str| report.operations[function].durations.len();
    assert_eq!([calls("copy_net_ns"), calls("put_net"), calls("register_pernet_device")], [300, 300, 3]);
    let mutex = &report.locks["net_mutex"];
    // One creation, one destruction each, and the registrar's two calls.
    assert_eq!(mutex.taken, 3 * (100 + 100 + 2));
    assert!(mutex.held <= report.virtual_time, "one holder at a time");
    // Each namespace is dead at least for its own exits, and waits for the mutex before.
    assert!(report.backlog_area >= 300 * 10_000 && report.backlog_max <= 100);
}

/// Fixed durations, so that everything can be worked out on paper. Every task arrives at 0, the module's load at 5us; a
/// container's `init` takes 10us, its `exit` 20us, the module's `init` 5us in each namespace; all else takes no time.
///
/// With n containers, numbered from 0:
///
/// * Container k waits for those before it, has the mutex from 10k to 10(k+1), and gives its namespace up at once: dead
///   from 10(k+1) on. It queues again behind all who came before: the other creations, and the load, which came at 5.
/// * The load therefore has the mutex from 10n on, walks `init_net` and n namespaces, which are all still listed, and is
///   done at L = 10n + 5(n+1).
/// * Container k's destruction has the mutex from L + 20k to L + 20(k+1), when the memory goes.
///
/// So all is over at L + 20n. The mutex is taken 2n + 1 times and held without a gap. The load takes L - 5, of which it
/// waits 10n - 5. Creation k takes 10(k+1) and waits 10k; destruction k takes L + 20(k+1) - 10(k+1) and waits 20us less,
/// which is also how long the namespace is dead. All n are dead at once when the load has the mutex.
fn by_hand(n: u64) -> String {
    const US: u64 = 1_000;
    let load = 10 * n + 5 * (n + 1);
    let dead = |k: u64| load + 20 * (k + 1) - 10 * (k + 1);
    let mut report = TimedReport {
        executions: 1,
        virtual_time: u128::from((load + 20 * n) * US),
        created: n,
        destroyed: n,
        backlog_max: n,
        backlog_area: u128::from((0..n).map(dead).sum::<u64>() * US),
        ..TimedReport::default()
    };
    let mut call = |function: &str, durations: Vec<u64>| {
        let durations = durations.into_iter().map(|us| us * US).collect();
        report.operations.insert(function.to_string(), sim::timed::Operation { durations });
    };
    call("copy_net_ns", (0..n).map(|k| 10 * (k + 1)).collect());
    call("put_net", (0..n).map(dead).collect());
    call("register_pernet_device", vec![load - 5]);
    let waited = (0..n).map(|k| 10 * k + dead(k) - 20).sum::<u64>() + 10 * n - 5;
    let longest = if 5 * (n + 1) > 20 { (5 * (n + 1) * US, "modprobe") } else { (20 * US, "container[0]") };
    report.locks.insert(
        "net_mutex".to_string(),
        sim::timed::Lock {
            taken: 2 * n + 1,
            held: u128::from((10 * n + 5 * (n + 1) + 20 * n) * US),
            longest_held: (longest.0, longest.1.to_string()),
            // All but the first creation.
            contended: 2 * n,
            waited: u128::from(waited * US),
            longest_waited: ((dead(n - 1) - 20) * US, format!("container[{}]", n - 1)),
        },
    );
    report.sort();
    table(&report)
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let fixed = |n: u64| {
        format!(
            "on rfc2007;
             time veth.init = 10us; time veth.exit = 20us; time tun.init = 5us; time modprobe = 5us;
             ops veth, tun;
             boot {{ register_pernet_subsys(veth); }}
             task container[{n}] {{ net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }}
             task modprobe {{ register_pernet_device(tun); }}"
        )
    };
    for n in [4, 5, 100] {
        assert_eq!(table(&timed(&fixed(n), 0, 1)), by_hand(n), "{n} containers");
    }
    // And without the formula, for four: the creations take 40us, the load 25us, the destructions 80us.
    let want = "\
virtual time  145us in 1 execution
namespaces    4 created (27586.206 per virtual second), 4 destroyed (27586.206 per virtual second)
backlog       at most 4 dead and not freed, 2.482 on average
";
    assert!(table(&timed(&fixed(4), 0, 1)).starts_with(want));
}
