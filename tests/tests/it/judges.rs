//! The judges that look at each event against those that look at the whole state, and the product's search against a
//! plain one, on everything that is small.
//!
//! The incremental judges may speak earlier than the full ones. They must never speak later: a state that the full ones
//! refuse must not be reached by a step that was let through.

use model::judge::orders::Orders;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sim::ask::{Mode, Plan};
use sim::limit::Limits;
use sim::reduce::Reductions;
use tests::explore::explore;
use tests::lab::Case;
use tests::side_by_side::side_by_side;
use tests::sketch::{Failures, Sketch, sketches};
use tests::watch::FullJudges;

/// What both searches must agree about.
#[derive(PartialEq, Eq, Debug)]
struct Seen {
    states: u64,
    transitions: u64,
    findings: Vec<String>,
}

/// Explores a question in both ways. Nothing, if it has more states than that.
fn check(case: &Case, max_states: u64) -> Option<u64> {
    let limits = Limits { max_states, ..Limits::default() };
    let answer =
        case.ask(&Plan { mode: Mode::Exhaustive, limits, reductions: Reductions::NONE, ..Plan::default() });
    let (states, transitions) = (answer.states?, answer.transitions?);
    if states == max_states {
        return None;
    }
    let mut full = FullJudges::default();
    let explored = case.compiled(|program| explore(program, |world| full.ask(world))).ok()?;
    assert_eq!(full.said, None, "{}: no finding was reported before\n{}", case.title(), case.scenario.text());
    let never_reached = answer.not_reached.iter().map(|unreached| &unreached.name);
    let mut findings: Vec<_> = answer.violations.iter().map(|violation| violation.name.clone()).collect();
    never_reached.for_each(|name| findings.retain(|found| found != name));
    findings.sort();
    let searched = Seen { states, transitions, findings };
    let livelock = explored.livelocks().then(|| "livelock".to_string());
    let named = explored.circles && case.question.breaks.iter().any(|name| name == Orders::NAME);
    let circle = named.then(|| Orders::NAME.to_string());
    let mut found: Vec<_> = explored.findings.into_keys().chain(livelock).chain(circle).collect();
    found.sort();
    let plainly =
        Seen { states: explored.states.len() as u64, transitions: explored.transitions, findings: found };
    assert_eq!(searched, plainly, "{}\n{}", case.title(), case.scenario.text());
    Some(states)
}

#[test]
fn on_every_small_question_that_is_shipped() {
    let explored = Case::shipped().iter().filter(|case| check(case, 3_000).is_some()).count();
    assert!(explored > 200, "only {explored} are small");
}

/// Two tasks that do a little of everything, on every protocol, with a slip or without.
#[test]
fn on_random_worlds_of_every_protocol() {
    let mut runner = TestRunner::deterministic();
    let mut worlds: Vec<Sketch> = Vec::new();
    while worlds.len() < 12 {
        let sketch = sketches(2..=2, 2..5).new_tree(&mut runner).expect("nothing is filtered").current();
        if check(&Case::new(&sketch.text(Failures::Picked)), 600).is_some_and(|states| states > 100) {
            worlds.push(sketch);
        }
    }
    let files = sim::library::protocols().into_iter().map(|(file, _)| file);
    // No namespaces, or not the same functions.
    let other = |file: &String| file.contains("placeholder") || file.ends_with("/w.pernet");
    let files: Vec<_> = files.filter(|file| !other(file)).collect();
    let of_file = |at: usize| {
        // Of the many slips of the newest era each is asked by a third of the worlds.
        let some = if files[at].contains("mutants/linux-7-") { 3 } else { 1 };
        let mut counts = (0, 0);
        for sketch in worlds.iter().skip(at % some).step_by(some) {
            let case = Case::on(&sketch.text(Failures::Picked), sim::question::stem(&files[at]));
            counts.0 += u32::from(check(&case, 3_000).is_some());
            counts.1 += u32::from(!case.search().violations.is_empty());
        }
        counts
    };
    let (explored, broken) = side_by_side(files.len(), of_file)
        .into_iter()
        .fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    assert!(explored > 500 && broken > 100, "{explored} worlds are small, {broken} break");
}

/// What is asked at events, or at the end, and has no form over a state: each row breaks, and by a little less does not.
#[test]
fn on_rows_about_events() {
    let door = "struct ops { callback dump; } ops veth { init; exit; dump(net) { step; } } net a; task user { veth.dump(a); }";
    let doors = |boot: &str| format!("{door} boot {{ {boot} }}");
    let go = "ops veth { pre_exit; exit; exit_batch; } net a; boot { register_pernet_device(veth); } task owner { put_net(a); }";
    let gone = |replace: &str| format!("{go} protocol p is linux-5.3 {{ {replace} }}");
    let slots = "struct data { int x; } ops veth { has_id = 1; size = struct data; init; exit; } \
                 task modprobe { register_pernet_device(veth); unregister_pernet_device(veth); }";
    let slot = |replace: &str| format!("{slots} protocol p is linux-5.3 {{ {replace} }}");
    for (protocol, rest, want) in [
        ("rfc2007", doors("register_pernet_device(veth);"), &[][..]),
        ("rfc2007", doors(""), &["closed_door"]),
        (
            "linux-5.3",
            doors("register_pernet_device(veth); unregister_pernet_device(veth);"),
            &["closed_door"],
        ),
        ("p", gone(""), &[]),
        ("p", gone("replace in cleanup_net { synchronize_rcu(); } with {}"), &["grace"]),
        (
            "p",
            gone(
                "replace in ops_exit_list { if (ops.exit_batch) } with { if (ops.exit_batch) ops.exit_batch(net_exit_list); if (ops.exit_batch) }",
            ),
            &["phase_order"],
        ),
        (
            "p",
            gone(
                "replace in ops_exit_list { if (ops.exit_batch) } with { rcu_read_lock(); if (ops.exit_batch) ops.exit_batch(net_exit_list); rcu_read_unlock(); if (0) }",
            ),
            &["callback_context"],
        ),
        ("p", gone("replace in cleanup_net { dec_net_namespaces(); } with {}"), &["balanced"]),
        (
            "p",
            gone("replace in put_net { queue_work(netns_wq, net_cleanup_work); } with { step; }"),
            &["cleaned"],
        ),
        ("p", slot(""), &[]),
        (
            "p",
            slot("replace in net_assign_generic { old_ng.ptr[id] = data; } with { old_ng.ptr[id] = NULL; }"),
            &["slot"],
        ),
    ] {
        let case = Case::new(&format!("on {protocol}; {rest}"));
        let found: Vec<_> = case.search().violations.into_iter().map(|found| found.name).collect();
        assert_eq!(found, want, "{rest}");
    }
}

/// Rounds that are fair, and rounds that are not: whoever is always ready must take a step in it.
#[test]
fn on_rounds() {
    let poll = "task poll { while (!ready) step; }";
    for (rest, want) in [
        ("", &["livelock"][..]),
        // Somebody can always end it, and a fair scheduler lets him.
        ("task end { ready = 1; }", &[]),
        // He can only if it has ended.
        ("task end { wait_for(ready); ready = 2; }", &["livelock"]),
        // Two who give way to each other.
        ("task other { while (!ready) step; }", &["livelock"]),
        ("task end { mutex_lock(m); ready = 1; mutex_unlock(m); }", &[]),
        (
            "task other { while (!ready) { mutex_lock(m); mutex_unlock(m); } } task end { mutex_lock(m); ready = 1; mutex_unlock(m); }",
            &["livelock"],
        ),
    ] {
        let case = Case::new(&format!("on rfc2007; int ready; mutex m; {poll} {rest}"));
        let found: Vec<_> = case.search().violations.into_iter().map(|found| found.name).collect();
        assert_eq!(found, want, "{rest}");
        assert!(check(&case, 1_000).is_some());
    }
}
