//! The command line as its users know it: what is printed, where, and the exit status. Scripts depend on these.

use crate::binary::{
    Done, command, done, in_world, root, run, steady_snapshot, without_fingerprints, world_of,
};
use model::lang::load::Library;
use serde_json::Value;
use sim::ask::{Plan, ask};
use sim::library::ShippedLibrary;
use sim::question::Scenario;
use sim::report::jsonl;
use sim::twice;
use sim::verdict::Exit;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A small world: a page that holds, one that breaks, one that says so, and a protocol beside them.
fn world() -> tempfile::TempDir {
    world_of(&[
        (
            "pages/holds.pernet",
            "// Does x ever come to 2?\non rfc2007;\nfor n in 1..2;\nint x;\ntask t { x = n; }\nsometimes x == n;\n",
        ),
        (
            "pages/deep/breaks.pernet",
            "// Is the last one to write u?\non rfc2007;\nint x;\ntask t { x = 1; }\ntask u { x = 2; }\nnever last: x == 1 && done(u);\n",
        ),
        (
            "pages/expects.pernet",
            "// Is a slip found?\non forgets breaks paired;\nnet a;\nops veth;\ntask modprobe { register_pernet_subsys(veth); unregister_pernet_subsys(veth); }\n",
        ),
        (
            "pages/protocols/forgets.pernet",
            "protocol forgets is rfc2007;\n// No exit is run.\nfn unregister_pernet_subsys(ops) {\n    mutex_lock(net_mutex);\n    list_del(ops.list);\n    mutex_unlock(net_mutex);\n}\n",
        ),
        (
            "pages/many.pernet",
            "// Is it too large to search?\non rfc2007;\nconst LIMIT = 100;\nint x, y;\ntask t { while (x < LIMIT) x = x + 1; }\ntask u { while (y < LIMIT) y = y + 1; }\nsometimes x == LIMIT;\n",
        ),
    ])
}

/// Runs a command line in the small world.
#[track_caller]
fn check(line: &str, code: i32) -> Done {
    let world = world();
    in_world(world.path(), line, code)
}

/// A transcript: the command, its exit status, and what it says on both sides.
fn transcript(lines: &[(&str, i32)]) -> String {
    let world = world();
    let mut out = String::new();
    for &(line, code) in lines {
        let done = in_world(world.path(), line, code);
        out.push_str(&format!("$ pernet-sim {line}\n{}", done.out));
        if !done.err.is_empty() {
            out.push_str(&format!("-- on standard error\n{}", done.err));
        }
        out.push_str(&format!("-- exit {code}\n\n"));
    }
    without_fingerprints(&out)
}

#[test]
fn transcripts() {
    steady_snapshot(
        "cli-run",
        &transcript(&[
            ("run pages/holds.pernet", 0),
            ("pages/holds.pernet --set n=2", 0),
            ("pages --quiet", 1),
            ("pages/expects.pernet", 0),
            ("pages/expects.pernet --quiet", 0),
            ("pages/expects.pernet --protocol rfc2007", 0),
            ("pages/expects.pernet --protocol pages/protocols/forgets.pernet --quiet", 1),
            ("pages/holds.pernet pages/deep", 1),
            ("pages/many.pernet --max-states 100 --reduce none", 0),
            ("pages/many.pernet --max-states 100 --exhaustive --reduce none", 3),
            ("pages/many.pernet --set LIMIT=1000 --max-steps 100", 3),
            ("pages/many.pernet --runs 20 --seed 0x2a", 0),
            ("pages/holds.pernet --runs 5 --scheduler first", 0),
            ("pages/expects.pernet --twice", 0),
            ("pages/protocols", 4),
            ("pages/holds.pernet missing.pernet", 2),
        ]),
    );
    steady_snapshot(
        "cli-traces",
        &transcript(&[
            ("pages/holds.pernet --search dpor", 0),
            ("pages/many.pernet --search dpor", 0),
            ("pages/deep/breaks.pernet --search dpor", 1),
            ("pages/deep/breaks.pernet --search dpor --format jsonl", 1),
            ("pages/many.pernet --search dpor --max-steps 100 --quiet", 3),
            ("pages/deep/breaks.pernet --search dpor --max-executions 0", 2),
            ("pages/deep/breaks.pernet --search dpor --timed", 2),
        ]),
    );
    steady_snapshot(
        "cli-replay",
        &transcript(&[
            ("pages/deep/breaks.pernet", 1),
            ("replay 'v1 1' pages/deep/breaks.pernet", 1),
            ("replay 'v1 0' pages/deep/breaks.pernet", 0),
            ("replay 'v1 0*2' pages/expects.pernet --protocol forgets --quiet", 2),
            ("replay 'v1' pages/expects.pernet", 0),
            ("replay 'v1' pages/holds.pernet --set n=2", 0),
            ("replay 'v1 1' pages/deep/breaks.pernet --format jsonl", 1),
        ]),
    );
    steady_snapshot(
        "cli-timed",
        &transcript(&[("time/slow-exit-holds-the-registry.pernet --timed --runs 3 --protocol rfc2007", 0)]),
    );
    // Of a listing, the page's own part: the protocol's is the compiler's business.
    let listing = check("show pages/holds.pernet --set n=2", 0).out;
    let own = listing.find("\nt: ").and_then(|at| listing[at + 1..].split("\n\n").next());
    steady_snapshot("cli-show", own.expect("the task's part"));
    steady_snapshot(
        "cli-lists",
        &transcript(&[("list invariants", 0), ("list faults", 0), ("list schedulers", 0)]),
    );
    steady_snapshot("cli-help", &transcript(&[("--help", 0), ("replay --help", 0)]));
}

#[test]
fn lists_name_what_is_shipped() {
    for (what, count) in
        [("protocols", sim::library::protocols().len()), ("scenarios", sim::library::scenarios().len())]
    {
        let out = check(&format!("list {what}"), 0).out;
        assert_eq!(out.lines().count(), count);
        // Everything says what it is.
        assert!(
            out.lines().all(|line| line.split_once("  ").is_some_and(|(_, rest)| !rest.trim().is_empty())),
            "{out}"
        );
    }
    for (file, _) in sim::library::protocols() {
        check(&format!("show {}", sim::question::stem(&file)), 0);
    }
}

const KEYS: [&str; 15] = [
    "schema",
    "file",
    "name",
    "protocol",
    "params",
    "verdict",
    "as_expected",
    "violations",
    "asleep",
    "seed",
    "schedule",
    "states",
    "transitions",
    "executions",
    "fingerprint",
];

/// The keys of the outermost object, in the order in which they stand.
fn keys(line: &str) -> Vec<String> {
    let (mut keys, mut depth, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    let mut word = String::new();
    for c in line.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => {
                quoted = !quoted;
                if quoted {
                    word.clear();
                }
            }
            c if quoted => word.push(c),
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ':' if depth == 1 => keys.push(word.clone()),
            _ => {}
        }
    }
    keys
}

#[test]
fn objects_keep_the_contract() {
    let world = world();
    fs::write(world.path().join("pages/bad.pernet"), "on rfc2007\n").expect("a file");
    let lines = in_world(world.path(), "pages --format jsonl", 2).out;
    for line in lines.lines() {
        let object: Value = serde_json::from_str(line).expect("an object");
        assert_eq!(keys(line), KEYS, "{line}");
        assert_eq!(object["schema"], 1);
        for (key, is) in [
            ("params", Value::is_object as fn(&Value) -> bool),
            ("as_expected", Value::is_boolean),
            ("violations", Value::is_array),
            ("asleep", Value::is_array),
        ] {
            assert!(is(&object[key]), "{key} in {line}");
        }
        for violation in object["violations"].as_array().expect("a list") {
            let text = violation.to_string();
            for key in ["invariant", "why", "step", "task", "file", "line"] {
                assert!(!violation[key].is_null(), "{key} in {text}");
            }
        }
        assert!(
            object["fingerprint"].as_str().is_some_and(|text| text.starts_with("0x") && text.len() == 18)
        );
    }
    let verdicts: Vec<(String, String)> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an object"))
        .map(|object| {
            (object["file"].as_str().unwrap_or("").into(), object["verdict"].as_str().unwrap_or("").into())
        })
        .collect();
    let want = [
        ("bad.pernet", "error"),
        ("deep/breaks.pernet", "violated"),
        ("expects.pernet", "violated"),
        ("holds.pernet", "holds"),
        ("holds.pernet", "holds"),
        ("many.pernet", "holds"),
    ];
    assert_eq!(verdicts, want.map(|(file, verdict)| (file.to_string(), verdict.to_string())));
    // The same as one array.
    let array: Value =
        serde_json::from_str(&in_world(world.path(), "pages --format json", 2).out).expect("an array");
    let each: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(array, Value::Array(each));
    assert_eq!(check("pages/protocols --format json", 4).out, "[]\n");
    assert_eq!(check("pages/protocols --format jsonl", 4).out, "");
    // Equal runs have equal fingerprints, whatever the file is called; other runs have others.
    let print = |line: &str, code: i32| {
        let object: Value = serde_json::from_str(check(line, code).out.trim()).expect("an object");
        object["fingerprint"].clone()
    };
    let breaks = "deep/breaks.pernet --format jsonl";
    assert_eq!(print(&format!("pages/{breaks}"), 1), print(&format!("./pages/{breaks}"), 1));
    let seed = |seed: &str| print(&format!("pages/many.pernet --runs 3 --seed {seed} --format jsonl"), 0);
    assert_eq!(seed("0x1"), seed("1"));
    assert_ne!(seed("1"), seed("2"));
}

/// A violation is saved as a folder that `replay` takes, from anywhere; what is expected only if `--out` says so.
#[test]
fn violations_are_saved_whole() {
    let world = world();
    let here = world.path();
    in_world(here, "pages/expects.pernet", 0);
    assert!(!here.join("pernet-sim.out").exists());
    let said = in_world(here, "pages/deep/breaks.pernet --quiet", 1).out;
    let replay = said.lines().find_map(|line| line.strip_prefix("replay    pernet-sim ")).expect("a command");
    let again = in_world(here, replay, 1).out;
    // What is told of a replay is what was told of the run.
    assert!(said.contains(again.trim_end()), "{said}\n{again}");
    in_world(here, "pages/expects.pernet --out all/of/them", 0);
    let bundles: Vec<_> = fs::read_dir(here.join("all/of/them")).expect("a folder").collect();
    assert_eq!(bundles.len(), 1, "nothing unfinished is left");
    let bundle = bundles[0].as_ref().expect("an entry").path();
    let mut files: Vec<_> =
        fs::read_dir(&bundle).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    files.sort();
    assert_eq!(files, ["forgets.pernet", "report.txt", "rfc2007.pernet", "scenario.pernet", "schedule.txt"]);
    // It stands alone: the scenario and its protocol are in it.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let path = bundle.to_str().expect("a path");
    for what in [path.to_string(), format!("{path}/schedule.txt")] {
        let done = run(elsewhere.path(), ["replay", &what]);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        assert!(done.out.starts_with("violated paired"), "{}", done.out);
    }
    let scenario = bundle.join("scenario.pernet");
    let done = run(elsewhere.path(), ["run", scenario.to_str().expect("a path"), "--quiet"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    // Again: the same folder, and no other.
    in_world(here, "pages/expects.pernet --out all/of/them", 0);
    assert_eq!(fs::read_dir(here.join("all/of/them")).expect("a folder").count(), 1);
}

#[test]
fn formatting_is_in_place_and_keeps_what_is_right() {
    let world = world();
    let here = world.path();
    fs::write(here.join("ugly.pernet"), "on   rfc2007 ;\ntask t{step;}").expect("a file");
    assert_eq!(
        in_world(here, "fmt --check ugly.pernet pages/holds.pernet", 1).out,
        "ugly.pernet would change\n"
    );
    assert_eq!(in_world(here, "fmt ugly.pernet pages/holds.pernet", 0).out, "ugly.pernet formatted\n");
    assert_eq!(
        fs::read_to_string(here.join("ugly.pernet")).expect("a file"),
        "on rfc2007;\ntask t { step; }\n"
    );
    assert_eq!(in_world(here, "fmt --check ugly.pernet", 0).out, "");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let world = world();
    let with = |args: &[&str], no_color: Option<&str>| {
        let mut command = command(world.path());
        command.args(args);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let done = done(&command.output().expect("the program starts"));
        (done.out.contains('\x1b'), done.err.contains('\x1b'))
    };
    let page = "pages/holds.pernet";
    assert_eq!(with(&[page], None), (false, false), "no terminal, no colour");
    assert_eq!(with(&[page, "--color", "always"], None), (true, false));
    assert_eq!(
        with(&[page, "--color", "always"], Some("1")),
        (true, false),
        "what is said goes before what is set"
    );
    assert_eq!(with(&[page, "--color", "never"], None), (false, false));
    assert_eq!(with(&["missing.pernet", "--color", "always"], None), (false, true));
    // Without colours the text is the same.
    let colored = in_world(world.path(), "pages/holds.pernet --color always", 0).out;
    let mut plain = String::new();
    for (at, part) in colored.split('\x1b').enumerate() {
        plain.push_str(if at == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) });
    }
    assert_eq!(plain, in_world(world.path(), "pages/holds.pernet", 0).out);
}

/// `pernet-sim | head -1` is no error.
#[test]
fn a_reader_may_leave() {
    let world = world();
    for args in [["run", "pages/holds.pernet"].as_slice(), &["list", "protocols"], &["show", "linux-5.3"]] {
        let mut child = command(world.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let done = done(&child.wait_with_output().expect("it ends"));
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn limits_are_no_pass() {
    let long =
        "pages/many.pernet --set LIMIT=100000 --max-steps 100000000 --max-states 100000000 --reduce none";
    for limit in ["--max-time 100ms", "--max-memory 1M --exhaustive"] {
        let out = check(&format!("{long} {limit}"), 3).out;
        assert!(out.contains("inconclusive"), "{limit}: {out}");
        assert!(out.contains("was met"), "{limit}: {out}");
    }
}

/// Ctrl-C: what was answered so far is whole, and the exit status says that it is not everything.
#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so() {
    let world = world();
    let text = fs::read_to_string(world.path().join("pages/many.pernet")).expect("a file");
    fs::write(world.path().join("endless.pernet"), text.replace("LIMIT = 100", "LIMIT = 30000"))
        .expect("a file");
    let mut child = command(world.path())
        .args([
            "run",
            "pages/holds.pernet",
            "endless.pernet",
            "pages/holds.pernet",
            "--format",
            "jsonl",
            "--jobs",
            "1",
        ])
        .args(["--max-states", "100000000", "--exhaustive", "--reduce", "none"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut out: Vec<String> = lines.by_ref().take(2).map(|line| line.expect("text")).collect();
    // Into the long one.
    std::thread::sleep(Duration::from_millis(200));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.is_ok_and(|status| status.success()));
    out.extend(lines.map(|line| line.expect("text")));
    let done = done(&child.wait_with_output().expect("it ends"));
    assert_eq!(done.code, 3, "{out:?}{}", done.err);
    for line in &out {
        assert_eq!(keys(line), KEYS, "{line}");
    }
    // On a slow machine the long one may not have begun.
    let begun = out.len() == 3 && out[2].contains("\"inconclusive\"");
    let left = if begun { "2 more questions were not asked" } else { "3 more questions were not asked" };
    assert!(done.err.contains(left), "{out:?}{}", done.err);
}

/// A world that is another one each time it is looked at is noticed: what `--twice` compares differs.
#[test]
fn nondeterminism_is_noticed() {
    struct Flapping(AtomicBool);
    impl Library for Flapping {
        fn find(&self, proto: &str, _: &str) -> Option<(String, String)> {
            let (file, text) = ShippedLibrary.find(proto, "")?;
            let other = self.0.fetch_xor(true, Ordering::Relaxed);
            Some((
                file,
                if other {
                    text.replace("mutex_lock(net_mutex);", "step; mutex_lock(net_mutex);")
                } else {
                    text
                },
            ))
        }
        fn names(&self) -> Vec<String> {
            ShippedLibrary.names()
        }
    }
    let text = "on rfc2007;\nops veth;\ntask t { register_pernet_subsys(veth); }\n";
    let scenario = Scenario::read("x.pernet", text).expect("it is read");
    let question = &scenario.questions(None, &Default::default())[0];
    let line = |library: &dyn Library| {
        jsonl::line(&ask(&scenario, question, &Plan::default(), library, &()).expect("it runs"))
    };
    let steady = (line(&ShippedLibrary), line(&ShippedLibrary));
    assert!(twice::compare(&steady.0, &steady.1).is_ok());
    let flapping = Flapping(AtomicBool::new(false));
    assert!(twice::compare(&line(&flapping), &line(&flapping)).is_err());
    assert_eq!(Exit::Nondeterminism.code(), 5);
    assert_eq!(Exit::WORST_FIRST[0], Exit::Nondeterminism);
}

/// Every other way to end.
#[test]
fn exit_statuses() {
    for (line, code) in [
        ("pages/holds.pernet", 0),
        ("pages/deep/breaks.pernet", 1),
        ("pages/expects.pernet --protocol rfc2007", 0),
        ("--protocol rfc2007-undo-all fault/register-fails-nth-namespace.pernet", 1),
        ("missing.pernet", 2),
        ("pages/many.pernet --max-states 10 --exhaustive --reduce none", 3),
        ("pages/protocols", 4),
        // The worst of several.
        ("pages/deep/breaks.pernet missing.pernet", 2),
        ("pages/deep/breaks.pernet pages/many.pernet --max-states 10 --exhaustive --reduce none", 1),
        ("pages/holds.pernet pages/protocols", 4),
    ] {
        check(line, code);
    }
    // With a shipped folder, from anywhere.
    assert_eq!(run(root(), ["run", "order", "--quiet"]).code, 0);
    let lines = check("order --format jsonl", 0).out.lines().count();
    assert!(lines > 10, "{lines}");
}

/// What was saved lies below the folder that is run the next time.
#[test]
fn saved_runs_are_no_scenarios() {
    let world = world();
    let here = world.path();
    let files = |line: &str, code: i32| -> Vec<String> {
        let out = in_world(here, &format!("{line} --format jsonl"), code).out;
        let file = |line: &str| serde_json::from_str::<Value>(line).expect("an object")["file"].clone();
        out.lines().map(|line| file(line).as_str().expect("a name").to_string()).collect()
    };
    let first = files(".", 1);
    assert_eq!(files(".", 1), first);
    assert!(here.join("pernet-sim.out").is_dir(), "what is not expected is saved");
    // Where else runs are saved, they are passed over as well; another time that folder is like any other.
    files(". --out kept/runs", 1);
    assert_eq!(files(". --out kept/runs", 1), first);
    assert_eq!(files(". --out ./kept/../kept/runs", 1), first);
    assert!(files(".", 1).len() > first.len());
    // One that is named is meant.
    assert!(!files("pernet-sim.out", 1).is_empty());
}
