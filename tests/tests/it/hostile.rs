//! Inputs that nobody writes by hand: cut short, empty, binary, enormous, deeply nested, shuffled. Never a panic, never
//! a hang, and exit status 2 for all that is no scenario.

use crate::binary::run;
use sim::library::{ShippedLibrary, scenarios};
use sim::question::{Scenario, Values};
use sim::rng::Words;
use std::collections::BTreeSet;
use std::fs;
use tests::lab::root;
use tests::surfaces::SURFACES;

/// Reads, loads and compiles the questions of a text, as far as it goes. Nothing here may panic.
fn compiles(text: &str) -> bool {
    let Ok(scenario) = Scenario::read("fault/cut.pernet", text) else { return false };
    if scenario.check_number(&Values::new()).is_err() {
        return false;
    }
    scenario.questions(None, &Values::new()).iter().all(|question| {
        scenario
            .load(question, &ShippedLibrary)
            .is_ok_and(|loaded| loaded.compile(&Default::default()).is_ok())
    })
}

#[test]
fn every_beginning_of_a_scenario_is_read_or_refused() {
    for file in ["race/registrars-and-namespaces.pernet", "fault/creation-fails-in-three-passes.pernet"] {
        let shipped = scenarios().into_iter().find(|shipped| shipped.file == file).expect("a shipped file");
        let ends: Vec<usize> =
            (0..=shipped.text.len()).filter(|&end| shipped.text.is_char_boundary(end)).collect();
        let whole = ends.iter().filter(|&&end| compiles(&shipped.text[..end])).count();
        assert!(whole >= 1 && whole < ends.len() / 2, "{file}: {whole} of {}", ends.len());
    }
}

/// Words of shipped scenarios deleted, doubled and exchanged: what comes out compiles or is refused.
#[test]
fn any_slip_compiles_or_is_refused() {
    let mut chance = Words::new(7);
    let mut below = |bound: usize| (chance.word() >> 16) as usize % bound.max(1);
    let shipped: Vec<_> = scenarios()
        .into_iter()
        .filter(|shipped| shipped.text.len() < 2_500)
        .map(|shipped| shipped.text)
        .collect();
    let mut compiled = 0;
    for _ in 0..1_500 {
        let text = shipped[below(shipped.len())];
        // Without comments, and with room between all words.
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
        let code = code.join("\n");
        let mut words: Vec<&str> = code.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for _ in 0..=below(3) {
            let (a, b) = (below(words.len()), below(words.len()));
            match below(3) {
                0 => drop(words.remove(a)),
                1 => words.insert(a, words[b]),
                _ => words.swap(a, b),
            }
        }
        compiled += usize::from(compiles(&words.concat()));
    }
    assert!(compiled > 20, "only {compiled} compiled: the slips are too coarse to reach the compiler");
}

const ON: &str = "on rfc2007;\n";

/// Texts that are no scenario, and why the reader would send them.
fn texts() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| {
        format!("{ON}task t {{ {}step;{} }}\n", open.repeat(10_000), close.repeat(10_000)).into_bytes()
    };
    let deep_value = |open: &str, close: &str| {
        format!("{ON}task t {{ x = {}1{}; }}\n", open.repeat(10_000), close.repeat(10_000)).into_bytes()
    };
    let name = "n".repeat(10_000);
    vec![
        ("empty", Vec::new()),
        ("one byte", vec![b'o']),
        ("line breaks", b"\n\n\n".to_vec()),
        ("NUL bytes", vec![0; 4_096]),
        ("a NUL byte in a line", b"on rfc2007;\ntask t { \0 step; }\n".to_vec()),
        ("all bytes", (0..=255).collect()),
        ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec()),
        ("invalid UTF-8 in a comment", b"// \xff\xfe\non rfc2007;\ntask t { step; }\n".to_vec()),
        ("half a character", b"on rfc2007;\ntask t { step; } // \xe4\xb8".to_vec()),
        ("a byte order mark", format!("\u{feff}{ON}task t {{ step; }}\n").into_bytes()),
        ("UTF-16", "on rfc2007;\ntask t { step; }\n".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("2 MiB of letters", vec![b'x'; 2 << 20]),
        ("2 MiB of comments", [ON.as_bytes(), &b"// nothing\n".repeat(200_000)].concat()),
        ("8 MiB", vec![b' '; 8 << 20]),
        ("100,000 broken lines", [ON.as_bytes(), &b"x\n".repeat(100_000)].concat()),
        ("100,000 broken statements", [b"on rfc2007;\ntask t {\n".as_slice(), &b"=;\n".repeat(100_000), b"}\n"].concat()),
        ("100,000 unknown protocols", b"on a;".to_vec()),
        ("10,000 braces", deep("{ ", "}")),
        ("10,000 braces that stay open", deep("{ ", "")),
        ("10,000 braces that were never opened", deep("", "}")),
        ("10,000 parentheses", deep_value("(", ")")),
        ("10,000 parentheses that stay open", deep_value("(", "")),
        ("10,000 signs", deep_value("-", "")),
        ("10,000 negations", deep_value("!", "")),
        ("10,000 indices", deep_value("a[", "]")),
        ("10,000 calls", deep_value("max(1, ", ")")),
        ("10,000 ifs", deep("if (1) ", "")),
        ("10,000 elses", deep("if (1) step; else ", "")),
        ("10,000 mays", deep("may ", "")),
        ("10,000 atomics", deep("atomic { ", "}")),
        ("10,000 operators", format!("{ON}task t {{ x = {}; }}\n", "1 +".repeat(10_000)).into_bytes()),
        ("10,000 comments", format!("{ON}{}", "/*".repeat(10_000)).into_bytes()),
        ("10,000 differences", format!("{ON}{}", "protocol p is q { ".repeat(10_000)).into_bytes()),
        ("a long unknown name", format!("{ON}task t {{ x = {name}; }}\n").into_bytes()),
        ("a long unknown protocol", format!("on {name};\ntask t {{ step; }}\n").into_bytes()),
        ("a long unknown type", format!("{ON}{name} a;\ntask t {{ step; }}\n").into_bytes()),
        ("a long number", format!("{ON}task t {{ x = {}; }}\n", "9".repeat(10_000)).into_bytes()),
        ("a long broken line", format!("{ON}task t {{ {} }}\n", "x y ".repeat(10_000)).into_bytes()),
        ("a million values", format!("{ON}for n in 1..1000000;\ntask t {{ step; }}\n").into_bytes()),
        ("a million million values", format!("{ON}for n in 0..1000000;\nfor m in 0..1000000;\ntask t {{ step; }}\n").into_bytes()),
        ("a million tasks", format!("{ON}task t[1000000] {{ step; }}\n").into_bytes()),
        ("as many tasks as can be said", format!("{ON}task t[1073741823] {{ step; }}\n").into_bytes()),
        ("more tasks than can be said", format!("{ON}task t[99999999999] {{ step; }}\n").into_bytes()),
        ("65,535 tasks", format!("{ON}task t[65535] {{ step; }}\ntask u[65535] {{ step; }}\n").into_bytes()),
        ("many arrays", format!("{ON}struct s {{ int a[65535]; int b[65535]; int c[65535]; }}\ns x[65535];\ntask t {{ step; }}\n").into_bytes()),
        ("faults beyond", format!("{ON}faults 99999999999;\ntask t {{ step; }}\n").into_bytes()),
        ("10,000 locals", {
            let locals: String = (0..10_000).map(|n| format!("v{n} = 1; ")).collect();
            format!("{ON}task t {{ {locals} step; }}\n").into_bytes()
        }),
        ("100,000 globals", {
            let globals: String = (0..100_000).map(|n| format!("int g{n};")).collect();
            format!("{ON}{globals}\ntask t {{ step; }}\n").into_bytes()
        }),
    ]
}

#[test]
fn what_nobody_writes_by_hand_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    for (what, bytes) in texts() {
        fs::write(here.join("x.pernet"), &bytes).expect("a file");
        let done = run(here, ["run", "x.pernet", "--max-states", "1000", "--max-steps", "1000"]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{what}: {}", cut(&done.err));
        // Nobody reads more; and a long excerpt is cut.
        assert!(done.err.len() < 200_000, "{what}: {} bytes on standard error", done.err.len());
        assert!(done.err.starts_with("error["), "{what}: {}", cut(&done.err));
        // Neither is it a protocol, something to format, or a recorded run.
        for args in [
            ["show", "x.pernet"].as_slice(),
            &["run", "register/again.pernet", "--protocol", "x.pernet"],
            &["replay", "x.pernet"],
        ] {
            let done = run(here, args.iter().copied());
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{what}: {args:?}: {}", cut(&done.err));
        }
        let done = run(here, ["fmt", "x.pernet"]);
        assert!(matches!(done.code, 0 | 2), "{what}: {}", cut(&done.err));
        if done.code == 2 {
            assert_eq!(fs::read(here.join("x.pernet")).expect("the file"), bytes, "{what}: it was changed");
        }
    }
    let left: Vec<_> =
        fs::read_dir(here).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["x.pernet"]);
}

fn cut(text: &str) -> &str {
    let end = text.char_indices().map(|(at, _)| at).nth(2_000).unwrap_or(text.len());
    &text[..end]
}

/// What editors of other systems write is the same text.
#[test]
fn line_ends_do_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let text = "// Does it hold?\non rfc2007;\n/* two\n lines */\nops veth;\ntask t { error = register_pernet_subsys(veth); }\n";
    for (what, text) in [
        ("plain", text.to_string()),
        ("CR LF", text.replace('\n', "\r\n")),
        ("no line break at the end", text.trim_end().to_string()),
    ] {
        fs::write(here.join("x.pernet"), &text).expect("a file");
        let done = run(here, ["run", "x.pernet"]);
        assert_eq!(done.code, 0, "{what}: {}", done.err);
    }
}

/// A folder where a file is needed, a file that cannot be read, a file where a folder is needed.
#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    fs::create_dir(here.join("x.pernet")).expect("a folder");
    fs::write(here.join("y.pernet"), "on rfc2007;\nint x;\ntask t { x = 1; }\nnever one: x == 1;\n")
        .expect("a file");
    for (args, code) in [
        (["run", "x.pernet", "--quiet"].as_slice(), 4),
        (&["show", "x.pernet"], 2),
        (&["fmt", "x.pernet"], 2),
        (&["replay", "x.pernet"], 2),
        (&["run", "y.pernet", "--protocol", "x.pernet"], 2),
        (&["run", "y.pernet/z.pernet"], 2),
        (&["run", "y.pernet", "--out", "y.pernet"], 2),
    ] {
        let done = run(here, args.iter().copied());
        assert_eq!(done.code, code, "{args:?}: {}{}", done.out, done.err);
        assert!(done.err.contains("error[E2"), "{args:?}: {}", done.err);
    }
    // Nobody can read this one, but for the superuser.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let locked = here.join("locked.pernet");
        fs::write(&locked, "on rfc2007;\ntask t { step; }\n").expect("a file");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).expect("permissions");
        if fs::read(&locked).is_err() {
            let done = run(here, ["run", "locked.pernet"]);
            assert!(done.code == 2 && done.err.contains("E201"), "{}", done.err);
        }
        // A folder in a circle.
        std::os::unix::fs::symlink(here, here.join("x.pernet/up")).expect("a link");
        assert_eq!(run(here, ["run", "x.pernet"]).code, 4);
        std::os::unix::fs::symlink("loop.pernet", here.join("loop.pernet")).expect("a link");
        assert_eq!(run(here, ["run", "loop.pernet"]).code, 2);
    }
}

/// What a coverage-guided fuzzer has found, and some inputs of each surface that it began with.
#[test]
fn surfaces_bear_what_was_found_before() {
    let folder = root().join("tests/data/fuzz");
    let mut inputs = 0;
    for (name, surface) in SURFACES {
        for entry in fs::read_dir(folder.join(name)).into_iter().flatten() {
            let path = entry.expect("the folder can be read").path();
            surface(&fs::read(&path).expect("the input can be read"));
            inputs += 1;
        }
        surface(b"");
        surface(b"\xff\xfe\x00");
    }
    let known: BTreeSet<&str> = SURFACES.iter().map(|(name, _)| *name).collect();
    for entry in fs::read_dir(&folder).expect("there are inputs") {
        let name = entry.expect("the folder can be read").file_name();
        assert!(known.contains(&*name.to_string_lossy()), "{name:?} is no surface");
    }
    assert!(inputs > 0, "no input was found in {}", folder.display());
}
