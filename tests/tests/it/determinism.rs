//! Same input, same bytes: twice in one process, in another folder and environment, with any number of threads, asked
//! of the program's own texts or of files.
//!
//! Debug against release: the committed reports are compared by tests in whatever profile these are built, so both give
//! the committed bytes.

use sim::ask::{Mode, Plan};
use sim::limit::Limits;
use sim::reduce::Reductions;
use sim::report::{human, jsonl};
use sim::search::{How, Order};
use sim::verdict::Coverage;
use std::path::Path;
use std::process::{Command, Output};
use tests::lab::{Case, root};

const PROGRAM: &str = env!("CARGO_BIN_EXE_under-test");

/// A shell that is not the developer's.
const ELSEWHERE: [(&str, &str); 8] = [
    ("NO_COLOR", "1"),
    ("LANG", "tr_TR.UTF-8"),
    ("LC_ALL", "C"),
    ("TZ", "Pacific/Kiritimati"),
    ("HOME", "/nowhere"),
    ("TMPDIR", "/nowhere"),
    ("RUST_LOG", "trace"),
    ("COLUMNS", "40"),
];

/// Runs the program with these arguments in a folder, in its own environment or in none but this.
fn run(folder: &Path, environment: Option<&[(&str, &str)]>, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder);
    if let Some(environment) = environment {
        command.env_clear().envs(environment.iter().copied());
    }
    let output = command.output().expect("the program can be started");
    // Two runs that fall over alike are equal, too.
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(!complaints.contains("panicked"), "{args:?}: {complaints}");
    output
}

/// What must be equal.
fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[track_caller]
fn check(a: &Output, b: &Output) {
    let (a, b) = (said(a), said(b));
    assert_eq!(sim::twice::compare(&a.1, &b.1), Ok(()));
    assert_eq!(a.0, b.0);
    assert!(a.1.len() > 1_000, "there is something to compare: {}", a.1);
}

#[test]
fn every_scenario_twice_in_one_process() {
    for case in Case::shipped() {
        let run = || {
            let answer = case.ask(&Plan::default());
            format!("{}\n{}", jsonl::line(&answer), human::page(&answer))
        };
        assert_eq!(sim::twice::compare(&run(), &run()), Ok(()), "{}", case.title());
    }
}

/// Depth first, and over whole states: the same answer, down to the schedules of violations.
#[test]
fn every_small_scenario_searched_in_every_way() {
    let mut compared = 0;
    for case in Case::shipped() {
        for reductions in [Reductions::NONE, Reductions::ALL] {
            let with = |order, exact, threads| {
                let limits = Limits { max_states: 3_000, ..Limits::default() };
                let search = How { order, exact, threads };
                case.ask(&Plan { mode: Mode::Exhaustive, limits, search, reductions, ..Plan::default() })
            };
            let answer = with(Order::BreadthFirst, false, 1);
            if answer.coverage != Coverage::Complete {
                continue;
            }
            for (order, exact, threads) in [
                (Order::DepthFirst, false, 1),
                (Order::BreadthFirst, true, 1),
                (Order::DepthFirst, true, 1),
                (Order::BreadthFirst, false, 8),
            ] {
                let title = format!("{order:?}, exact: {exact}, threads: {threads}, {reductions}");
                assert_eq!(jsonl::line(&with(order, exact, threads)), jsonl::line(&answer), "{title}");
            }
            compared += 1;
        }
    }
    assert!(compared > 200, "only {compared} are small enough");
}

#[test]
fn in_another_folder_and_environment() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let other = run(there.path(), Some(&ELSEWHERE), &[]);
    check(&run(here.path(), None, &[]), &other);
    check(&run(here.path(), Some(&[]), &[]), &other);
    let json = ["--format", "json"];
    check(&run(here.path(), None, &json), &run(there.path(), Some(&ELSEWHERE), &json));
}

#[test]
fn with_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let with = |jobs| run(folder.path(), None, &["--format", "jsonl", "--jobs", jobs]);
    let one = with("1");
    check(&one, &with("2"));
    check(&one, &with("7"));
}

#[test]
fn twice_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let once = run(folder.path(), None, &["--format", "jsonl"]);
    check(&once, &run(folder.path(), None, &["--format", "jsonl", "--twice"]));
    let random = ["--runs", "20", "--seed", "0x2a", "--format", "jsonl"];
    let once = run(folder.path(), None, &random);
    check(&once, &run(folder.path(), None, &[&random[..], &["--twice"]].concat()));
}

#[test]
fn equal_seeds_and_only_they() {
    let folder = tempfile::tempdir().unwrap();
    for how in [["--runs", "30"].as_slice(), &["--timed", "--runs", "5"]] {
        let with = |seed| run(folder.path(), None, &[how, &["--format", "jsonl", "--seed", seed]].concat());
        let first = with("7");
        check(&first, &with("0x7"));
        let other = said(&with("8")).1.replace("\"seed\":\"0x8\"", "\"seed\":\"0x7\"");
        assert_ne!(said(&first).1, other, "another seed runs other schedules");
    }
}

/// The program carries its texts; asked of the files that they come from, it says the same but for where they lie.
#[test]
fn of_files_or_of_the_programs_own_texts() {
    let folder = tempfile::tempdir().unwrap();
    let scenarios = root().join("scenarios");
    let shipped = run(folder.path(), None, &["--format", "jsonl"]);
    let files = run(folder.path(), None, &["--format", "jsonl", &scenarios.to_string_lossy()]);
    let fingerprints = |output: &Output| -> Vec<String> {
        let text = said(output).1;
        let value = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("each line is JSON");
        text.lines().map(|line| format!("{} {}", value(line)["file"], value(line)["fingerprint"])).collect()
    };
    assert_eq!(fingerprints(&files), fingerprints(&shipped));
}
