//! Texts that are not those that a run was recorded with.

use super::{limits, onto};
use sim::codes;
use sim::question::Scenario;
use sim::replay::beside::compare;
use sim::replayfile::{Mode, Recording};
use sim::rng::Words;
use sim::verdict::Exit;
use tests::lab::Case;
use tests::runs::{Run, Runs};
use tests::step_by_step::{first_difference, imitate, repeat};

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

/// A run that breaks something.
pub fn run() -> Run {
    let run = Run::of(Case::new(SCENARIO), false, 0).expect("it has an end");
    assert_eq!(run.recording().finding.as_deref(), Some("paired"));
    run
}

/// Changes one text of a recorded run, and repeats it. Which diagnostic comes of that?
#[track_caller]
fn check_changed(from: &str, to: &str, want: Option<u16>) {
    let mut recording = run().recording();
    let text = recording.texts.iter_mut().find(|text| text.text.contains(from));
    let text = text.expect("a text has what is changed");
    text.text = text.text.replacen(from, to, 1);
    let says_the_same = !text.is_changed();
    let code = recording.rerun().err().map(|rejected| rejected.diagnostics[0].code);
    assert_eq!(code.map(|code| code.0), want, "`{from}` is now `{to}`");
    assert_eq!(says_the_same, want.is_none());
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

/// Of a run beside a changed text: the sentence that names the first difference, what the run ends with when it is followed,
/// and what can still come.
#[track_caller]
fn modes(from: &str, to: &str) -> (String, Option<String>, Vec<String>) {
    let run = run();
    let text = SCENARIO.replacen(from, to, 1);
    let onto = onto(&run.case, &text);
    let recording = run.recording();
    let strict = recording.repeat(Mode::Strict, Some(&onto), &limits(), &());
    let said = strict.expect_err("it differs").diagnostics.remove(0).message;
    let best = recording.repeat(Mode::BestEffort, Some(&onto), &limits(), &()).expect("it is followed");
    let differs = best.differs.as_ref().expect("it differs");
    assert_eq!(said, format!("the replay diverges {}", differs.text()));
    let all = sim::limit::Limits::default();
    let on = recording.repeat(Mode::Continue, Some(&onto), &all, &()).expect("it is followed");
    let onward = on.onward.expect("it was gone on from there");
    assert_eq!((onward.followed, onward.limit), (differs.step - 1, None));
    // Each way that was found is one.
    for violation in &on.answer.violations {
        let recording = Recording::of(&on.answer, violation).expect("a schedule leads to it");
        let again = recording.rerun().expect("it comes back");
        assert_eq!(again.violations[0].name, violation.name);
        assert!(recording.steps >= onward.followed);
    }
    assert_eq!(on.answer.exit == Exit::Finding, on.answer.violations.iter().any(|found| !found.expected));
    (said, best.answer.violations.first().map(|found| found.name.clone()), onward.names)
}

/// A repair: the step is named, the run followed as far as it fits comes to a good end, and nothing can break any more.
#[test]
fn a_repaired_scenario_breaks_no_more() {
    let (said, followed, reachable) = modes("if (net == a) return -ENOMEM;", "");
    assert!(said.contains("diverges at step "), "{said}");
    assert!(said.contains("expected modprobe at") && said.contains("found modprobe at"), "{said}");
    assert_eq!((followed, reachable), (None, Vec::new()));
}

/// No repair: one step more before the same.
#[test]
fn a_scenario_that_still_breaks_does_so_when_it_is_followed() {
    let (said, followed, reachable) = modes("task modprobe {", "task modprobe {\n    step;");
    assert!(said.contains("diverges at step ") && said.contains("`step;`"), "{said}");
    assert_eq!(followed.as_deref(), Some("paired"));
    assert_eq!(reachable, ["paired"]);
}

/// A text with one statement changed: left out, doubled, or with another number; none if it cannot be run.
fn edited(case: &Case, words: &mut Words) -> Option<String> {
    let mut below = |bound: usize| (words.word() >> 16) as usize % bound.max(1);
    let text = case.scenario.text();
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let statements: Vec<_> =
        (0..lines.len()).filter(|&at| lines[at].starts_with("    ") && lines[at].ends_with(';')).collect();
    let at = *statements.get(below(statements.len()))?;
    match below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2 => lines.insert(at, "    step;".to_string()),
        _ => {
            let digit = lines[at].find(|c: char| c.is_ascii_digit())?;
            let other = if lines[at][digit..].starts_with('1') { "2" } else { "1" };
            lines[at].replace_range(digit..=digit, other);
        }
    }
    let text = lines.join("\n");
    let scenario = Scenario::read(&case.scenario.file, &text).ok()?;
    let case = Case { scenario, question: case.question.clone() };
    let loaded = case.scenario.load(&case.question, &sim::library::ShippedLibrary).ok()?;
    loaded.compile(&Default::default()).ok()?;
    case.compiled(|_| Ok(())).ok()?;
    Some(text)
}

/// What is told is what a second way of running both texts sees.
#[test]
fn the_first_step_that_differs_is_named() {
    let mut words = Words::new(0xed17);
    let (mut changed, mut same) = (0, 0);
    for run in Runs::new().filter(|run| !run.timed && run.executed.found.is_none()) {
        if changed == 200 {
            break;
        }
        let Some(text) = edited(&run.case, &mut words) else { continue };
        let onto = onto(&run.case, &text);
        let other = Case { scenario: onto.scenario, question: onto.question };
        let picks = &run.executed.picks;
        let told = compare(&run.case.loaded(), &onto.loaded, picks, false, run.executed.execution.steps + 1);
        let told = told.expect("both can be run").map(|difference| difference.step);
        let one = run.case.compiled(|program| repeat(program, picks)).expect("it boots");
        // Wrong before its first step it is another run from the first step on.
        let seen = match other.compiled(|program| imitate(program, &one)) {
            Ok(two) => first_difference(&one, &two),
            Err(_) => Some(0),
        };
        assert_eq!(told, seen, "{}\nis now\n{text}", run.title());
        changed += usize::from(told.is_some());
        same += usize::from(told.is_none());
    }
    assert!(changed == 200 && same > 5, "{changed} changed, {same} did not");
}

/// Somebody waits for what never comes, in turns with somebody else; in the changed text as well.
#[test]
fn going_round_for_ever_is_seen_as_far_as_it_fits() {
    let text = "on rfc2007; int x, y, gone;
        task one { x = 1; while (!gone) { y = 1; y = 2; } }
        task two { while (!gone) step; }";
    let case = Case::new(text);
    let answer = case.ask(&sim::ask::Plan::default());
    let recording = Recording::of(&answer, &answer.violations[0]).expect("a schedule leads there");
    assert_eq!(recording.finding.as_deref(), Some("livelock"));
    let found = |from: &str, to: &str| {
        let changed = onto(&case, &text.replacen(from, to, 1));
        let rerun = recording.repeat(Mode::BestEffort, Some(&changed), &limits(), &());
        let answer = rerun.expect("it is followed").answer;
        (answer.exit, answer.violations.first().map(|found| found.name.clone()))
    };
    assert_eq!(found("x = 1;", "x = 2;"), (Exit::Finding, Some("livelock".to_string())));
    assert_eq!(found("y = 1; y = 2;", "y = 3;"), (Exit::Finding, Some("livelock".to_string())));
    // Whoever could end it has no turn: that says nothing.
    assert_eq!(found("task two { while (!gone) step; }", "task two { step; gone = 1; }").1, None);
}

/// A schedule that lets one of two run on and on has shown nothing: the other one may end it.
#[test]
fn a_round_that_is_unfair_is_none() {
    let text = "on rfc2007; int gone; task spin { while (!gone) step; } task other { gone = 1; }";
    let picks = vec![sim::pick::Pick::Task(0); 20];
    let replayed = sim::replay::replay(
        &Case::new(text).loaded(),
        &model::machine::Room::default(),
        &picks,
        false,
        1_000,
    );
    let replayed = replayed.expect("it can be run");
    assert_eq!(replayed.found, None);
    assert!(replayed.divergence.is_some(), "it goes on, and nobody has said how");
}
