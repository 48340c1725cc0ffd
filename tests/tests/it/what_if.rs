//! Protocols beside each other, from the command line: `diff`, `compare`, `bisect`, and the museum's real bugs.

use crate::binary::{in_world, steady_snapshot, world_of};
use serde_json::Value;

/// A protocol with two edits, a page that sees one of them, and one that fits no old era.
fn world() -> tempfile::TempDir {
    world_of(&[
        (
            "late.pernet",
            "protocol late is rfc2007;\n// The boundary moves when the lock is open, and put_net says nothing.\n\nreplace in register_pernet_device {\n    if (!error && first_device == pernet_list) first_device = ops.list;\n    mutex_unlock(net_mutex);\n} with {\n    mutex_unlock(net_mutex);\n    if (!error && first_device == pernet_list) first_device = ops.list;\n}\n",
        ),
        (
            "pages/two.pernet",
            "// Do two that register at once come out in order?\non rfc2007;\nops subsys, device;\ntask one { register_pernet_subsys(subsys); }\ntask two { register_pernet_device(device); }\nsometimes inited(subsys, init_net) && inited(device, init_net);\n",
        ),
        (
            "pages/slot.pernet",
            "// Does a module that has a slot come up?\non linux-5.3;\nstruct mine { int x; }\nops slot { has_id = 1; size = struct mine; init; exit; }\ntask modprobe { error = register_pernet_subsys(slot); }\nsometimes modprobe.error == 0;\n",
        ),
        (
            "pages/callback.pernet",
            "// Has what exit leaves to RCU run when the module is gone?\non linux-5.3;\non rfc2007 breaks after_unregister;\nstruct thing { int x; }\nops mine { init; exit(net) { thing = kzalloc(struct thing); call_rcu(thing, mine_free); } }\nfn mine_free(thing) { kfree(thing); }\nboot { register_pernet_subsys(mine); }\ntask rmmod { unregister_pernet_subsys(mine); }\n",
        ),
    ])
}

/// Commands, their exit status, and what they say.
fn transcript(lines: &[(&str, i32)]) -> String {
    let world = world();
    let mut out = String::new();
    for &(line, code) in lines {
        let done = in_world(world.path(), line, code);
        out.push_str(&format!("$ pernet-sim {line}\n{}{}-- exit {code}\n\n", done.out, done.err));
    }
    out
}

#[test]
fn transcripts() {
    steady_snapshot(
        "cli-diff",
        &transcript(&[
            ("diff rfc2007 rfc2007", 0),
            ("diff rfc2007 late.pernet --quiet", 0),
            ("diff rfc2007 late.pernet --quiet --width 160", 0),
            ("diff rfc2007 rfc2007-undo-no-exit --width 60", 0),
            ("diff --help", 0),
        ]),
    );
    steady_snapshot(
        "cli-compare",
        &transcript(&[
            ("compare rfc2007 rfc2007 pages", 0),
            ("compare rfc2007 late.pernet pages", 1),
            ("compare rfc2007 late.pernet pages --quiet", 1),
            ("compare late.pernet rfc2007 pages", 0),
            ("compare rfc2007 linux-5.3 pages/slot.pernet pages/callback.pernet", 0),
            ("compare linux-5.3 rfc2007 pages/slot.pernet", 3),
            ("compare rfc2007 linux-2.6.24 pages/slot.pernet", 4),
            ("compare rfc2007 rfc2007 pages/two.pernet --max-states 1", 0),
            ("compare --help", 0),
        ]),
    );
    steady_snapshot("cli-bisect", &transcript(&[("bisect --help", 0)]));
    steady_snapshot("cli-museum", &transcript(&[("museum restored-cursor", 0), ("museum --help", 0)]));
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

/// The line that made the difference is told, and not all that has changed since.
#[test]
fn bisect_names_the_line() {
    let world = world();
    let objects = objects(&in_world(world.path(), "bisect pages/callback.pernet --format jsonl", 0).out);
    let [page] = &objects[..] else { panic!("one page") };
    let found = |era: &str| {
        let answers = page["answers"].as_array().expect("a list");
        answers.iter().find(|answer| answer["era"] == era).expect("the era")["found"].clone()
    };
    assert_eq!(found("rfc2007"), Value::from(vec!["after_unregister"]));
    assert_eq!(found("linux-5.3"), Value::from(Vec::<String>::new()));
    let [turn] = &page["turns"].as_array().expect("a list")[..] else { panic!("it changes once: {page}") };
    let [made] = &turn["made_by"].as_array().expect("a list")[..] else { panic!("one piece: {turn}") };
    let lines = |side: &str| -> Vec<String> {
        let lines = made[side].as_array().expect("a list");
        lines.iter().map(|line| line.as_str().unwrap_or_default().trim().to_string()).collect()
    };
    let (old, new) = (lines("old"), lines("new"));
    let more: Vec<_> = new.iter().filter(|line| !old.contains(line)).collect();
    assert_eq!(more, ["rcu_barrier();"], "{made}");
}

/// Where the outputs are objects, each is on a line, or all are in one array.
#[test]
fn objects_are_whole() {
    let world = world();
    for (line, code) in [
        ("diff rfc2007 late.pernet", 0),
        ("compare rfc2007 late.pernet pages", 1),
        ("bisect pages/two.pernet", 0),
        ("museum restored-cursor", 0),
    ] {
        let lines = objects(&in_world(world.path(), &format!("{line} --format jsonl"), code).out);
        let array = in_world(world.path(), &format!("{line} --format json"), code).out;
        assert_eq!(serde_json::from_str::<Vec<Value>>(&array).expect("an array"), lines, "{line}");
        assert!(!lines.is_empty() && lines.iter().all(|object| object["schema"] == 1), "{line}");
    }
}

/// The number of threads decides nothing.
#[test]
fn threads_decide_nothing() {
    let world = world();
    for (line, code) in [
        ("compare rfc2007 late.pernet pages", 1),
        ("bisect pages/callback.pernet", 0),
        ("museum restored-cursor nf-tables-door", 0),
    ] {
        let with = |jobs: u32| in_world(world.path(), &format!("{line} --jobs {jobs}"), code);
        assert_eq!(with(1), with(3), "{line}");
    }
}
