//! Rules of the house that the text of the program itself can break: what a layer may name, how long a file may be, how
//! it may be called.

use std::fs;
use std::path::{Path, PathBuf};
use tests::lab::root;

/// A source file, and its lines without comments and unit tests.
struct Source {
    /// From the workspace's folder.
    path: String,
    lines: Vec<String>,
    /// All lines, counted.
    length: usize,
}

/// All Rust files under a folder.
fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")).map(read).collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("`{}`: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden && !path.ends_with("target") {
            walk(&path, paths);
        } else if path.is_file() {
            paths.push(path);
        }
    }
}

fn read(path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    let shown = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or(&text);
    let mut lines: Vec<_> =
        code.lines().map(|line| line.split("//").next().unwrap_or(line).trim().to_string()).collect();
    for at in 1..lines.len() {
        if lines[at - 1] == "#[cfg(test)]" {
            lines[at].clear();
        }
    }
    Source { lines, length: text.lines().count(), path: shown }
}

/// No file under these folders, but for some, has one of the words in its code.
#[track_caller]
fn check_absent(folder: &str, except: &[&str], words: &[&str], why: &str) {
    let mut wrong = Vec::new();
    let sources = sources(folder);
    assert!(!sources.is_empty(), "there is code in {folder}");
    for source in sources.iter().filter(|source| !except.iter().any(|part| source.path.contains(part))) {
        for (line, code) in (1..).zip(&source.lines) {
            if words.iter().any(|word| names(code, word)) {
                wrong.push(format!("{}:{line}: {code}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{why}\n{}", wrong.join("\n"));
}

/// Does it stand in the code, and not as the end of a longer word?
fn names(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(part))
}

#[test]
fn the_model_stands_alone() {
    let lib = fs::read_to_string(root().join("model/src/lib.rs")).expect("the model has a root");
    assert!(lib.contains("\n#![no_std]\n"), "the model must not be able to name a clock, a thread or a file");
    let why = "model is what is true: no clock, no randomness, no printing, no files, no threads";
    check_absent("model/src", &["/tests.rs", "fixtures.rs"], &["std::", "extern crate std"], why);
    check_absent("model/src", &[], &["rand::", "sim::", "println!", "dbg!"], why);
    let manifest = fs::read_to_string(root().join("model/Cargo.toml")).expect("the model has a manifest");
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("").split('[').next().unwrap_or("");
    assert_eq!(dependencies.trim(), "", "model depends on nothing");
}

#[test]
fn schedulers_do_not_see_the_world() {
    let words = ["World", "model::machine::Program", "engine", "search", "question", "library"];
    check_absent("sim/src/scheduler", &[], &words, "a scheduler sees a choice point, and nothing else");
}

#[test]
fn reports_cannot_run_anything() {
    let words = ["engine::", "search::", "ask::", "sample::", "replay::", "World", "room::", "cli::"];
    check_absent("sim/src/report", &[], &words, "text is a function of values");
}

#[test]
fn only_the_command_line_touches_the_machine_it_runs_on() {
    let words = [
        "std::fs",
        "std::env",
        "std::io",
        "std::time",
        "std::thread",
        "std::process",
        "println!",
        "eprintln!",
        "eprint!",
        "print!",
        "SystemTime",
        "Instant",
    ];
    let except = ["sim/src/cli/", "sim/src/main.rs"];
    check_absent("sim/src", &except, &words, "files, environment, clock and terminal are the command line's");
}

/// Who may use whom inside `sim`: a module and what it must not name.
#[test]
fn layers_point_downward() {
    for (folder, above) in [
        ("sim/src/pick.rs", &["crate::scheduler", "crate::engine"][..]),
        ("sim/src/enabled.rs", &["crate::engine", "crate::scheduler"]),
        ("sim/src/engine.rs", &["crate::report", "crate::ask", "crate::search", "crate::question"]),
        ("sim/src/engine/along.rs", &["crate::report", "crate::ask", "crate::search", "crate::question"]),
        ("sim/src/search", &["crate::report", "crate::ask", "crate::scheduler"]),
        ("sim/src/dpor", &["crate::report", "crate::ask", "crate::scheduler", "crate::sample"]),
        ("sim/src/ask.rs", &["crate::report"]),
        ("sim/src/timed", &["crate::report", "crate::ask", "crate::search"]),
    ] {
        let path = root().join(folder);
        let files = if path.is_dir() { sources(folder) } else { vec![read(path)] };
        for source in files {
            let wrong = source.lines.iter().find(|line| above.iter().any(|module| line.contains(module)));
            assert_eq!(wrong, None, "{} looks upward", source.path);
        }
    }
    check_absent(
        "sim/src",
        &["sim/src/cli/", "sim/src/main.rs"],
        &["crate::cli"],
        "nobody calls the command line",
    );
}

/// A file of more than 500 lines has a seam somewhere.
#[test]
fn no_file_is_long() {
    const LONG: usize = 500;
    let folders = ["model/src", "sim/src", "tests/src", "tests/tests"];
    let files = folders.iter().flat_map(|folder| sources(folder));
    let long: Vec<_> = files
        .filter(|source| source.length > LONG)
        .map(|source| format!("{} {}", source.path, source.length))
        .collect();
    assert!(long.is_empty(), "more than {LONG} lines:\n{}", long.join("\n"));
}

/// A name that says nothing hides everything.
#[test]
fn names_of_files_say_something() {
    const BANNED: [&str; 6] = ["util", "common", "manager", "helper", "misc", "stuff"];
    let mut paths = Vec::new();
    for folder in ["model", "sim", "tests", "scenarios", "reports"] {
        walk(&root().join(folder), &mut paths);
    }
    for path in paths {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let banned =
            stem.split(['_', '-']).find(|word| BANNED.iter().any(|name| word.trim_end_matches('s') == *name));
        assert_eq!(banned, None, "`{}` wants a better name", path.display());
    }
}

/// Each file opens with what it is for.
#[test]
fn every_file_says_what_it_is_for() {
    for folder in ["model/src", "sim/src", "tests/src", "tests/tests"] {
        let mut paths = Vec::new();
        walk(&root().join(folder), &mut paths);
        for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs")) {
            let text = fs::read_to_string(path).expect("a source file is text");
            assert!(text.starts_with("//! "), "`{}` begins without a word", path.display());
        }
    }
}
