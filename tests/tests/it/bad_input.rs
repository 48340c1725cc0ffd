//! Whatever is wrong with an input: a number, a place, the way out, exit status 2, nothing on standard output, nothing on disk.
//!
//! The cases are files in `tests/data/bad/`; what is said to them is in the snapshots, a folder each. Accept what is
//! meant to have changed with `INSTA_UPDATE=always cargo test -p tests bad_input`.

use crate::binary::{Done, listing, root, run, steady_snapshot, without_fingerprints, words};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A copy of the cases, so that what is written beside them is seen and does no harm.
fn cases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&root().join("tests/data/bad"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the cases").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_name().expect("a name");
        if entry.is_dir() {
            copy(&entry, &to.join(name));
        } else {
            fs::copy(&entry, to.join(name)).expect("a copy");
        }
    }
}

/// Refused as bad input is: the diagnostics.
#[track_caller]
fn refused(what: &str, done: &Done) -> String {
    assert_eq!(done.code, 2, "{what}: {}{}", done.out, done.err);
    assert_eq!(done.out, "", "{what}");
    let said = done.err.starts_with("error");
    assert!(said, "{what}: {}", done.err);
    for diagnostic in done.err.split("error[").skip(1) {
        assert!(diagnostic.contains("help: "), "{what} does not say the way out: {diagnostic}");
    }
    done.err.lines().map(steady).collect()
}

/// A line without what changes with every protocol that is added.
fn steady(line: &str) -> String {
    const KNOWN: &str = "known ones are ";
    match line.split_once(KNOWN) {
        Some((before, _)) => format!("{before}{KNOWN}...\n"),
        None => without_fingerprints(line) + "\n",
    }
}

/// The files of one folder of cases, in order.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = entries
        .filter(|path| path.is_file())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// What is said to each file of a folder: a protocol is shown, a recording is followed, a scenario is run.
fn said(folder: &str) -> (usize, String) {
    let copy = cases();
    let here = copy.path().join(folder);
    let before = listing(copy.path());
    let mut said = String::new();
    let files = files(&here);
    for file in &files {
        let protocol = fs::read_to_string(here.join(file)).is_ok_and(|text| text.starts_with("protocol"));
        let command = match file.ends_with(".json") {
            true => "conform",
            false if protocol => "show",
            false => "run",
        };
        let done = run(&here, [command, file]);
        let _ = write!(said, "== {file}\n\n{}", refused(file, &done));
    }
    assert_eq!(listing(copy.path()), before, "something was written in {folder}");
    (files.len(), said)
}

/// What is said to each line of `arguments.txt`.
fn said_to_arguments() -> (usize, String) {
    let copy = cases();
    let before = listing(copy.path());
    let text = fs::read_to_string(copy.path().join("arguments.txt")).expect("the arguments");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let mut said = String::new();
    for line in &lines {
        let words = words(line);
        let done = run(copy.path(), words.iter().map(String::as_str));
        let _ = write!(said, "== pernet-sim {line}\n\n{}", refused(line, &done));
    }
    assert_eq!(listing(copy.path()), before, "something was written");
    (lines.len(), said)
}

/// A scenario with a violation, small and sure to stay one.
const BROKEN: &str = "\
// Is the one who leaves first the one who comes last?
on rfc2007;
int x;
task t { x = 1; }
task u { x = 2; }
never both: x == 2 && done(t);
";

/// Slips in a replay file: a name, what is there, what stands there instead.
const SLIPS: &[(&str, &str, &str)] = &[
    ("another version", "pernet-sim replay 2", "pernet-sim replay 7"),
    ("another kind of file", "pernet-sim replay 2", "#!/bin/sh"),
    ("no schedule", "schedule v1", "schedule"),
    ("another version of the schedule", "schedule v1", "schedule v3"),
    ("a pick that is none", "schedule v1 ", "schedule v1 x "),
    ("a mode that is none", "mode untimed", "mode fast"),
    ("steps that are no number", "steps ", "steps minus "),
    ("a line without its key", "finding both\n", "both\n"),
    ("a line less", "mode untimed\n", ""),
    ("a text that is not marked", "| int x;", "int x;"),
    ("no end", "\nend\n", "\n"),
    ("a scenario that is not there", "scenario broken.pernet", "scenario whole.pernet"),
    ("a protocol that is not there", "protocol rfc2007\n", "protocol rfc2009\n"),
    ("a text that is no scenario", "| on rfc2007;", "| net a;"),
    ("a finding that was not made", "finding both", "finding paired"),
    ("fewer steps", "steps 2", "steps 1"),
    ("more steps", "steps 2", "steps 3"),
    ("another task", "task u { x = 2; }", "task u { y = 2; }"),
    ("a task that is not there", "schedule v1 0", "schedule v1 7"),
    ("a setting of nothing", "mode untimed", "set n=1\nmode untimed"),
    ("a setting that is none", "mode untimed", "set n\nmode untimed"),
    ("a state that is none", "state 0 0 0x", "state 0 0 "),
    ("a state that comes twice", "state 2 ", "state 0 "),
    ("a line of version 1", "state 0 0 0x", "fingerprint 0 0x"),
    ("a line that nobody writes", "\ntool ", "\nstool 0\ntool "),
    ("an origin that is none", "origin search", "origin elsewhere"),
    ("a text that says something else", "| task u { x = 2; }", "| task u { x = 3; }"),
    (
        "a shipped text that is not there",
        "\nend\n",
        "\nshipped protocols/rfc2009.pernet 0x0000000000000000\nend\n",
    ),
];

/// The same in a file that is to be drawn again from its seed.
const SEEDS: &[(&str, &str, &str)] = &[
    ("a run without a seed", "origin search", "origin shrink"),
    (
        "a scheduler that is not there",
        "origin search",
        "origin sampled by chance seed 0x1 execution 1 max-steps 9 bound to 0.0.1",
    ),
    (
        "a seed of another version",
        "origin search",
        "origin sampled by first seed 0x1 execution 2 max-steps 9 bound to 0.0.1",
    ),
];

/// What is said to each slip in a replay file, and to files cut short.
fn said_to_replays() -> (usize, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    fs::write(here.join("broken.pernet"), BROKEN).expect("a file");
    assert_eq!(run(here, ["run", "broken.pernet", "--out", "out"]).code, 1);
    let saved: Vec<PathBuf> = fs::read_dir(here.join("out"))
        .expect("a bundle")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let whole = fs::read_to_string(saved[0].join("schedule.txt")).expect("a schedule");
    fs::remove_dir_all(here.join("out")).expect("a folder");
    let mut said = String::new();
    let strictly = SLIPS.iter().map(|slip| (slip, None));
    for ((name, from, to), by) in strictly.chain(SEEDS.iter().map(|slip| (slip, Some("--by-seed")))) {
        assert!(whole.contains(from), "{name}: `{from}` is not in {whole}");
        fs::write(here.join("replay.txt"), whole.replacen(from, to, 1)).expect("a file");
        let before = listing(here);
        let done = run(here, ["replay", "replay.txt"].into_iter().chain(by));
        assert_eq!(listing(here), before, "something was written");
        let _ = write!(said, "== {name}\n\n{}", refused(name, &done));
    }
    for end in (0..whole.len()).step_by(whole.len() / 12) {
        fs::write(here.join("replay.txt"), &whole.as_bytes()[..end]).expect("a file");
        refused(&format!("the first {end} bytes"), &run(here, ["replay", "replay.txt"]));
    }
    (SLIPS.len() + SEEDS.len(), said)
}

/// The different numbers in what was said.
fn numbers(said: &str) -> BTreeSet<&str> {
    said.split("error[E").skip(1).filter_map(|rest| rest.get(..3)).collect()
}

#[test]
fn every_mistake_is_explained() {
    let all = [
        ("reading", said("reading")),
        ("loading", said("loading")),
        ("meaning", said("meaning")),
        ("arguments", said_to_arguments()),
        ("replays", said_to_replays()),
        ("recordings", said("recordings")),
    ];
    let mut cases = 0;
    let mut different = BTreeSet::new();
    for (group, (number, said)) in &all {
        steady_snapshot(&format!("bad-{group}"), said);
        cases += number;
        different.extend(numbers(said));
    }
    assert!(cases >= 150, "only {cases} cases");
    assert!(different.len() >= 75, "only {} different numbers: {different:?}", different.len());
}
