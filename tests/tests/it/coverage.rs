//! Which lines, ways of conditions and faults were never seen.

use crate::binary::{root, run};
use sim::ask::{Mode, Plan};
use sim::besides::Besides;
use sim::coverage::{Ran, Sheet};
use sim::limit::Limits;
use std::fs;
use tests::lab::Case;

const TEXT: &str = "on rfc2007;
faults 2 in may;
int n, m;
task one {
    x = 0;
    may x = 1;
    if (x && m == 7)
        n = 5;
    if (!x) n = 1;
    else n = 2;
    may { if (n == 9) may n = 3; }
}
task two {
    while (m < 3) m = m + 1;
}
";

fn sheet(plan: &Plan) -> Sheet {
    let besides = Besides { coverage: true, ..Besides::default() };
    Case::new(TEXT).ask(&Plan { besides, ..*plan }).besides.coverage.expect("it was asked for")
}

/// Of the scenario: lines never reached, parts of conditions with what they never were, faults that never happened.
#[track_caller]
fn check(plan: &Plan) {
    let sheet = sheet(plan);
    let own = |spot: &(String, u32, u32, u32)| spot.0 == "test.pernet";
    let lines: Vec<_> = sheet
        .lines
        .iter()
        .filter(|(spot, line)| own(spot) && !line.reached)
        .map(|(spot, _)| spot.1)
        .collect();
    assert_eq!(lines, [8]);
    let branches: Vec<_> = sheet
        .branches
        .iter()
        .filter(|(spot, branch)| own(spot) && branch.taken != [true, true])
        .map(|(spot, branch)| (spot.1, branch.source.as_str(), branch.taken))
        .collect();
    assert_eq!(branches, [(7, "m == 7", [false, true]), (11, "n == 9", [false, true])]);
    let faults: Vec<_> =
        sheet.faults.iter().filter(|(_, fault)| !fault.happened).map(|(spot, _)| (spot.1, spot.2)).collect();
    assert_eq!(faults, [(11, 23)]);
}

#[test]
fn a_search_sees_all_that_can_be_seen() {
    check(&Plan { mode: Mode::Exhaustive, ..Plan::default() });
}

#[test]
fn enough_executions_see_the_same() {
    check(&Plan { mode: Mode::Sampled, runs: 1_000, ..Plan::default() });
}

/// A search that a limit cuts short is not taken for a whole one, and executions add to it.
#[test]
fn a_limit_is_said() {
    let ran = |mode, max_states| {
        let besides = Besides { coverage: true, ..Besides::default() };
        let limits = Limits { max_states, ..Limits::default() };
        let told = Case::new(TEXT).ask(&Plan { mode, limits, besides, ..Plan::default() }).besides;
        (told.all_ran, told.coverage.expect("it was asked for"))
    };
    let (all_ran, part) = ran(Mode::Exhaustive, 3);
    assert!(!all_ran);
    let (all_ran, whole) = ran(Mode::Exhaustive, 1_000);
    assert!(all_ran && part.lines_reached().seen < whole.lines_reached().seen);
    let (all_ran, more) = ran(Mode::Default, 3);
    assert!(!all_ran);
    assert_eq!(more, whole);
}

/// Of every shipped question, each instruction has its place, and each condition its words.
#[test]
fn every_text_is_taken_apart() {
    let (mut parts, mut whole) = (0, 0);
    for case in Case::shipped() {
        let sheet =
            case.compiled(|program| Ok(Sheet::new(program, &Ran::new(program)))).expect("it compiles");
        assert_eq!((sheet.lines_reached().seen, sheet.ways_taken().seen), (0, 0));
        assert!(sheet.lines_reached().all > 10, "{}", case.title());
        for branch in sheet.branches.values() {
            let unknown = branch.source.starts_with("condition ");
            *if unknown { &mut whole } else { &mut parts } += 1;
        }
    }
    assert!(whole * 50 < parts, "{whole} of {parts} conditions cannot be told apart");
}

/// One execution sees less, and what is added up is what either has seen.
#[test]
fn questions_add_up() {
    let scheduler = Some(sim::scheduler::UNIFORM);
    let few = |seed| sheet(&Plan { mode: Mode::Sampled, runs: 1, seed, scheduler, ..Plan::default() });
    let mut both = few(1);
    let (first, second) = (both.clone(), few(2));
    both.add(second.clone());
    assert!(
        first.ways_taken().seen < both.ways_taken().seen || second.ways_taken().seen < both.ways_taken().seen
    );
    for (spot, line) in &both.lines {
        assert_eq!(line.reached, first.lines[spot].reached || second.lines[spot].reached);
    }
    both.add(first);
    both.add(second);
    assert_eq!(both.lines_reached().all, sheet(&Plan::default()).lines_reached().all);
}

#[test]
fn the_command_line_writes_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("coverage.txt");
    let path = file.to_string_lossy();
    let done = run(&root().join("scenarios"), ["time", "--quiet", "--coverage", &path]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{}", done.err);
    let table = fs::read_to_string(&file).expect("the table");
    assert!(table.starts_with("coverage of 9 questions, all of them searched completely\n"), "{table}");
    assert!(table.contains("\nnever on linux-5.3:\n"), "{table}");
    // What cannot be written is said before anything runs.
    let done = run(&root().join("scenarios"), ["time", "--coverage", "no/such/folder"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("E220"), "{}", done.err);
}

/// A verb that fails and a waiter that is killed are faults as `may` is.
#[test]
fn every_kind_of_fault_is_seen() {
    for (file, what) in [
        ("fault/every-allocation.pernet", "kzalloc"),
        ("fault/killed-while-waiting.pernet", "kill"),
        ("fault/undo-without-exit.pernet", "may"),
    ] {
        let besides = Besides { coverage: true, ..Besides::default() };
        let answer = Case::in_file(file, &[]).remove(0).ask(&Plan { besides, ..Plan::default() });
        let sheet = answer.besides.coverage.expect("it was asked for");
        assert!(sheet.faults.values().any(|fault| fault.what == what), "{file}: {:?}", sheet.faults);
        assert!(sheet.faults.values().all(|fault| fault.happened), "{file}: {:?}", sheet.faults);
    }
}
