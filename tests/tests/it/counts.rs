//! Golden counts: unique states and transitions of worlds that other checkers have counted, to the unit, with all
//! judges on.

use sim::ask::{Mode, Plan};
use sim::library::Texts;
use sim::question::{Scenario, Values};
use sim::reduce::Reductions;
use sim::search::How;
use tests::lab::{Case, root, states_unjudged};

/// Searches the question of a shipped scenario that is asked of a protocol, for states and transitions.
#[track_caller]
fn check(file: &str, protocol: &str, set: &[(&str, i64)], want: (u64, Option<u64>)) {
    let cases = Case::in_file(file, set);
    let case = cases.iter().find(|case| case.question.protocol == protocol).expect("the protocol is asked");
    let answer = case.search();
    assert!(answer.as_expected(), "{} is {}", case.title(), answer.verdict);
    assert_eq!(answer.states, Some(want.0), "states of {}", case.title());
    if want.1.is_some() {
        assert_eq!(answer.transitions, want.1, "transitions of {}", case.title());
    }
}

#[track_caller]
fn check_w([m, n, r]: [i64; 3], want: (u64, Option<u64>)) {
    check("bench/w.pernet", "w", &[("M", m), ("N", n), ("R", r)], want);
}

/// The benchmark's machine, as counted by an explicit-state checker in another language.
#[test]
fn w() {
    check_w([1, 1, 1], (179, None));
    check_w([1, 2, 1], (1_387, Some(2_860)));
    check_w([1, 2, 2], (3_284, Some(6_864)));
    check_w([1, 3, 1], (11_761, Some(30_391)));
}

#[test]
fn w_with_two_registrars() {
    check_w([2, 2, 1], (34_716, Some(89_290)));
}

#[test]
fn w_by_several_threads() {
    let cases = Case::in_file("bench/w.pernet", &[("M", 2), ("N", 3), ("R", 1)]);
    let case = cases.iter().find(|case| case.question.protocol == "w").expect("the protocol is asked");
    for threads in [1, 2, 8] {
        let search = How { threads, ..How::default() };
        let plan = Plan { mode: Mode::Exhaustive, search, reductions: Reductions::NONE, ..Plan::default() };
        let answer = case.ask(&plan);
        let counts = (answer.states, answer.transitions, answer.as_expected());
        assert_eq!(counts, (Some(301_556), Some(919_196), true), "{threads} threads");
    }
}

/// The numbers of the language's specification, of the texts that stand there: an era's own text goes on to grow. They are
/// states of the registry, without what judges remember.
#[test]
fn three_passes() {
    let text = |name: &str| {
        let file = root().join("model/src/lang/testdata").join(name);
        std::fs::read_to_string(file).expect("a text of the specification")
    };
    let protocols = ["linux-5.3.pernet", "linux-5.3-b12.pernet"];
    let files = protocols.map(|name| (name.to_string(), text(name))).into();
    let scenario = Scenario::read("b12-cursor.pernet", &text("b12-cursor.pernet")).expect("it can be read");
    let question = &scenario.questions(None, &Values::new())[0];
    let loaded = scenario.load(question, &Texts { files }).expect("the era is there");
    assert_eq!(states_unjudged(&loaded), 77);
}
