//! The command line as a child process: what goes in, what comes out.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a command line did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// The exit status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The program in a folder, with nothing of this process's environment that could change what it prints.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_under-test"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program in a folder.
pub fn run<'a>(folder: &Path, args: impl IntoIterator<Item = &'a str>) -> Done {
    done(&command(folder).args(args).output().expect("the program starts"))
}

/// A small world: a folder of its own with these files, by path and text.
pub fn world_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, text) in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs a command line in a small world: it ends with this status.
#[track_caller]
pub fn in_world(here: &Path, line: &str, code: i32) -> Done {
    let done = run(here, words(line).iter().map(String::as_str));
    assert_eq!(done.code, code, "pernet-sim {line}\n{}{}", done.out, done.err);
    done
}

/// What an ended process did. A panic is ours, whatever the test is about.
#[track_caller]
pub fn done(output: &Output) -> Done {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    let done = Done {
        code: output.status.code().unwrap_or_else(|| panic!("ended by {:?}", output.status)),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

/// The words of a command line: separated by spaces, `'...'` keeps them together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Every file and folder below, with the contents of files: to see that nothing was written.
pub fn listing(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        found.push((entry.to_string_lossy().into_owned(), std::fs::read(&entry).unwrap_or_default()));
        if entry.is_dir() {
            found.extend(listing(&entry));
        }
    }
    found.sort();
    found
}

/// The crate's root, seen from this package.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Fingerprints belong to a build of the machine, and say nothing to a reader; nor do tokens and versions.
pub fn without_fingerprints(text: &str) -> String {
    let text = text.replace(&format!("pernet-sim {}", sim::VERSION), "pernet-sim (version)");
    let of_token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut parts = text.split("replay p2:");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (token, rest) = part.split_at(part.find(|c| !of_token(c)).unwrap_or(part.len()));
        text.push_str(&format!("replay p2:{}{rest}", if token.len() > 99 { "(token)" } else { token }));
    }
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let plain = digits.trim_start_matches("0x");
        let is_fingerprint = plain.len() == 16 && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
        out.push_str(&if is_fingerprint { word.replace(plain, "(fingerprint)") } else { word.to_string() });
    }
    out
}

/// Compares with the snapshot of that name, which holds the text alone.
pub fn steady_snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}
