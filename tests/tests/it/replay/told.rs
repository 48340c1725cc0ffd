//! What the command line tells of a run that is repeated: saved, as a token, beside a changed text, from its seed.

use crate::binary::{run, steady_snapshot, without_fingerprints, words};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Somebody writes what somebody else reads twice.
const BROKEN: &str = "\
// Does a reader who reads twice see the same?
on rfc2007;
int x;
task writer { x = 1; x = 2; }
task reader { first = x; again = x; }
finally same: reader.first == reader.again;
sometimes x == 2;
";

/// In two ways: as it should be, and only with another number.
const CHANGES: [(&str, &str, &str); 3] = [
    ("repaired.pernet", "{ first = x; again = x; }", "{ atomic { first = x; again = x; } }"),
    ("still.pernet", "x = 2; }", "x = 3; }"),
    ("explained.pernet", "task reader", "// It reads twice.\ntask reader"),
];

fn world() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).expect("a file");
    write("broken.pernet", BROKEN);
    for (file, from, to) in CHANGES {
        assert!(BROKEN.contains(from), "{from}");
        write(file, &BROKEN.replacen(from, to, 1));
    }
    folder
}

#[track_caller]
fn say(here: &Path, line: &str, code: i32) -> String {
    let words = words(line);
    let done = run(here, words.iter().map(String::as_str));
    assert_eq!(done.code, code, "pernet-sim {line}\n{}{}", done.out, done.err);
    done.out + &done.err
}

#[test]
fn transcripts() {
    let world = world();
    let here = world.path();
    let mut told = String::new();
    let mut tell = |line: &str, code: i32| {
        let _ = write!(told, "$ pernet-sim {line}\n{}-- exit {code}\n\n", say(here, line, code));
    };
    tell("broken.pernet --out out", 1);
    let saved =
        fs::read_dir(here.join("out")).expect("a folder").next().expect("a violation").expect("an entry");
    fs::rename(saved.path(), here.join("saved")).expect("another name");
    for (line, code) in [
        ("replay saved", 1),
        ("replay saved explained.pernet", 1),
        ("replay saved repaired.pernet", 2),
        ("replay saved repaired.pernet --mode best-effort", 0),
        ("replay saved repaired.pernet --mode continue", 0),
        ("replay saved still.pernet --mode best-effort", 1),
        ("replay saved still.pernet --mode continue", 1),
        ("replay saved still.pernet --mode continue --format jsonl", 1),
        ("replay saved --protocol linux-7", 2),
        ("replay saved --by-seed", 2),
        ("replay saved --timed", 2),
        ("run broken.pernet --runs 3 --record kept --quiet --out sampled", 1),
        ("replay kept/broken-rfc2007-000003.txt --by-seed", 0),
        ("replay kept/broken-rfc2007-000003.txt --save again.txt --quiet", 0),
    ] {
        tell(line, code);
    }
    assert_eq!(
        fs::read(here.join("again.txt")).expect("a file"),
        fs::read(here.join("kept/broken-rfc2007-000003.txt")).expect("a file")
    );
    steady_snapshot("replay-told", &without_fingerprints(&told));
}

/// All that somebody else needs is the token; and it tells what the file tells.
#[test]
fn a_token_is_all_that_one_needs() {
    let world = world();
    let here = world.path();
    let told = say(here, "broken.pernet --quiet", 1);
    let token = told.lines().find_map(|line| line.strip_prefix("token     pernet-sim ")).expect("a token");
    assert!(token.len() < 800, "{} characters", token.len());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let again = say(elsewhere.path(), token, 1);
    let without_command = |text: &str| -> String {
        let kept = text.lines().filter(|line| !line.starts_with("replay  ") && !line.starts_with("token  "));
        kept.flat_map(|line| [line, "\n"]).collect()
    };
    let told = without_command(&told);
    assert!(told.contains(without_command(&again).trim_end()), "{told}\n{again}");
    // As a file it has all texts.
    say(elsewhere.path(), &format!("{token} --save whole.txt --quiet"), 1);
    let whole = fs::read_to_string(elsewhere.path().join("whole.txt")).expect("a file");
    assert!(whole.contains("| task writer {") && whole.contains("| protocol rfc2007;"), "{whole}");
    assert_eq!(without_command(&say(elsewhere.path(), "replay whole.txt", 1)), without_command(&again));
}
