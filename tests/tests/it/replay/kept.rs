//! Files of every version of the format that there ever was, kept in `tests/data/replay`: they come back for ever.

use super::rerun;
use crate::binary::root;
use sim::replayfile::Recording;
use std::fs;
use std::path::PathBuf;

fn files(version: &str) -> Vec<(String, String)> {
    let folder = root().join("tests/data/replay").join(version);
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("the files").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("a text")))
        .collect()
}

#[test]
fn files_of_version_1_come_back() {
    let files = files("v1");
    assert!(files.len() >= 10);
    for (name, text) in files {
        let recording = Recording::parse(&name, &text).expect("it is read");
        let again = rerun(&recording, &name);
        assert_eq!(again.answer.violations.first().map(|found| found.name.clone()), recording.finding);
        // In today's words it is the same run.
        let today = recording.to_text();
        assert_eq!(Recording::parse(&name, &today).as_ref(), Ok(&recording), "{name}");
    }
}

#[test]
fn files_of_version_2_come_back_and_are_written_again_to_the_byte() {
    let files = files("v2");
    assert!(files.len() >= 10);
    for (name, text) in files {
        let recording = Recording::parse(&name, &text).expect("it is read");
        assert_eq!(recording.to_text(), text, "{name}");
        let again = rerun(&recording, &name);
        assert!(again.changed.is_empty(), "{name}");
        assert_eq!(again.answer.violations.first().map(|found| found.name.clone()), recording.finding);
    }
}

/// Tokens hold shipped protocols by name, so they live as long as those say what they said.
#[test]
fn tokens_come_back_or_say_what_was_changed() {
    let text = fs::read_to_string(root().join("tests/data/replay/tokens.txt")).expect("the tokens");
    let mut tokens = 0;
    for token in text.lines().filter(|line| !line.starts_with('#')) {
        let recording = Recording::from_token(token).expect("it is read");
        match recording.rerun() {
            Ok(answer) => {
                assert_eq!(answer.violations.first().map(|found| found.name.clone()), recording.finding);
            }
            Err(_) => assert!(!recording.changed().is_empty(), "{token}"),
        }
        tokens += 1;
    }
    assert!(tokens >= 5);
}
