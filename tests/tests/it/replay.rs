//! Replay: any execution, good or bad, timed or not, comes back from its text to the byte; a changed text does not pass
//! for the same run.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sim::codes;
use sim::engine::End;
use sim::pick::Scheduler;
use sim::replay::{Replayed, record, replay};
use sim::replayfile::Recording;
use sim::schedule::Schedule;
use sim::scheduler::Random;
use tests::lab::Case;
use tests::sketch::{Failures, sketches};

const MAX_STEPS: u64 = 10_000;

/// One random execution.
fn execute(case: &Case, timed: bool, seed: u64) -> Replayed {
    let recorded = case.compiled(|program| {
        let mut random = Random::new(seed);
        random.begin(0);
        record(program, timed, MAX_STEPS, &mut random, None)
    });
    recorded.expect("nothing is wrong in boot")
}

fn recording(case: &Case, timed: bool, recorded: &Replayed) -> Recording {
    let texts = case.loaded();
    let texts = texts.sources().files().iter().map(|file| (file.name.clone(), file.text.clone()));
    Recording {
        scenario: case.scenario.file.clone(),
        protocol: case.question.protocol.clone(),
        breaks: case.question.breaks.clone(),
        params: case.question.params.clone(),
        timed,
        finding: recorded.found.as_ref().map(|found| found.finding.name.clone()),
        steps: recorded.execution.steps,
        schedule: Schedule(recorded.picks.clone()),
        fingerprints: recorded.trace.fingerprints.clone(),
        texts: texts.collect(),
    }
}

/// An execution through the schedule's text and through the replay file. Does it lead to a finding?
fn check(case: &Case, timed: bool, seed: u64) -> bool {
    let recorded = execute(case, timed, seed);
    if matches!(recorded.execution.end, End::Limit(_)) {
        // It has no end that could come back.
        return false;
    }
    let title = format!("{} seed {seed}\n{}", case.title(), case.scenario.text());

    let schedule = Schedule(recorded.picks.clone());
    let token = schedule.to_string();
    let read: Schedule = token.parse().expect("a schedule's text can be read");
    assert_eq!((&read, read.to_string()), (&schedule, token), "{title}");
    let room = model::machine::Room::default();
    let again = replay(&case.loaded(), &room, &read.0, timed, MAX_STEPS).expect("the text can be used");
    assert_eq!(format!("{again:?}"), format!("{recorded:?}"), "{title}");

    let recording = recording(case, timed, &recorded);
    let file = recording.to_text();
    let read = Recording::parse("schedule.txt", &file).expect("a replay file can be read");
    assert_eq!((&read, read.to_text()), (&recording, file.clone()), "{title}");
    let answer =
        read.rerun().unwrap_or_else(|rejected| panic!("{}: {title}", rejected.diagnostics[0].message));
    assert_eq!(answer.repeated.as_ref(), Some(&recorded.trace), "{title}");
    let finding = recorded.found.map(|found| found.finding);
    let violation = answer.violations.first();
    assert_eq!(violation.map(|found| (&found.name, &found.why)), finding.as_ref().map(|f| (&f.name, &f.why)));
    // What was repeated and is saved again gives the same file.
    if let Some(violation) = violation.filter(|_| !timed) {
        let saved = Recording::of(&answer, violation).expect("it has a schedule");
        assert_eq!(saved.to_text(), file, "{title}");
    }
    finding.is_some()
}

#[test]
fn five_hundred_executions_come_back() {
    let mut runner = TestRunner::deterministic();
    let protocols =
        ["rfc2007", "rfc2007-create-without-mutex", "rfc2007-undo-all", "rfc2007-destroy-forward"];
    let (mut good, mut bad) = (0, 0);
    for seed in 0..300 {
        let sketch = sketches(2..=3, 1..8).new_tree(&mut runner).expect("nothing is filtered").current();
        for protocol in [protocols[0], protocols[1 + seed % 3]] {
            let case = Case::on(&sketch.text(Failures::Picked), protocol);
            let found = check(&case, false, seed as u64);
            (good, bad) = if found { (good, bad + 1) } else { (good + 1, bad) };
        }
    }
    assert!(good >= 300 && bad >= 30, "{good} come to a good end, {bad} to a finding");
}

#[test]
fn executions_of_every_shipped_question_come_back() {
    for case in Case::shipped() {
        let bootable = case.compiled(|program| Ok(!program.times.is_empty()));
        if let Ok(has_times) = bootable {
            check(&case, false, 1);
            if has_times {
                (0..20).for_each(|seed| _ = check(&case, true, seed));
            }
        }
    }
}

const SCENARIO: &str = "on rfc2007-undo-includes-failing breaks paired;
net a;
ops ipv4;
ops veth { init(net) { if (net == a) return -ENOMEM; } exit; }
task modprobe {
    register_pernet_subsys(ipv4);
    register_pernet_device(veth);
}
task unshare { net = copy_net_ns(); }
";

/// Changes one text of a recorded run, and repeats it. Which diagnostic comes of that?
#[track_caller]
fn check_changed(from: &str, to: &str, want: Option<u16>) {
    let case = Case::new(SCENARIO);
    let recorded = execute(&case, false, 0);
    let mut recording = recording(&case, false, &recorded);
    assert_eq!(recording.finding.as_deref(), Some("paired"));
    let text = recording.texts.iter_mut().find(|(_, text)| text.contains(from));
    let (_, text) = text.expect("a text has what is changed");
    *text = text.replacen(from, to, 1);
    let code = recording.rerun().err().map(|rejected| rejected.diagnostics[0].code);
    assert_eq!(code.map(|code| code.0), want, "`{from}` is now `{to}`");
}

#[test]
fn a_changed_scenario_is_not_the_same_run() {
    let diverges = Some(codes::REPLAY_DIVERGES.0);
    check_changed("net == a", "net == init_net", diverges);
    check_changed("net == a", "net == NULL", diverges);
    check_changed("-ENOMEM; }", "-EEXIST; }", diverges);
    check_changed("exit; }", "}", diverges);
    check_changed("net a;", "net a, b;", diverges);
    check_changed("register_pernet_subsys(ipv4);", "", diverges);
    check_changed("register_pernet_device(veth);", "register_pernet_device(ipv4);", diverges);
    check_changed("net = copy_net_ns();", "put_net(a);", diverges);
    check_changed("task unshare", "task idle { step; } task unshare", diverges);
}

#[test]
fn a_changed_protocol_is_not_the_same_run() {
    let diverges = Some(codes::REPLAY_DIVERGES.0);
    // The protocol that the slip is in, and the slip itself.
    check_changed("list_add_tail(ops.list, before);", "list_add(ops.list, before);", diverges);
    check_changed(
        "if (ops.exit) ops.exit(undo_net);\n    if",
        "if (0) ops.exit(undo_net);\n    if",
        diverges,
    );
}

/// What no step depends on may change.
#[test]
fn a_changed_comment_is_the_same_run() {
    check_changed("net a;", "net a; // the namespace that fails", None);
    check_changed("    register_pernet_subsys(ipv4);", "register_pernet_subsys(ipv4);", None);
}

#[test]
fn a_schedule_of_another_scenario_does_not_fit() {
    let case = Case::new(SCENARIO);
    let recorded = execute(&case, false, 0);
    let other = Case::new("on rfc2007; ops a; task t { register_pernet_subsys(a); }");
    let room = model::machine::Room::default();
    let replayed = replay(&other.loaded(), &room, &recorded.picks, false, MAX_STEPS).unwrap();
    assert!(replayed.left > 0 || replayed.divergence.is_some());
}
