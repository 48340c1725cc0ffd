//! `scenarios/README.md` lists every scenario with its question and what it expects, and every shipped text is in the one
//! layout.

use crate::binary::{root, run};
use model::lang::lexer::lex;
use model::lang::parser::parse_file;
use model::lang::printer::format;
use model::lang::source::{FileId, SourceMap};
use sim::library::{protocols, question, scenarios};
use sim::museum::FOLDER;
use sim::question::{Scenario, Values};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A row of the index: the question, and the answer.
fn rows() -> BTreeMap<String, (String, String)> {
    let text = fs::read_to_string(root().join("scenarios/README.md")).expect("the index");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| [")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [file, question, answer, _] = cells[..] else { panic!("a row has four cells: {line}") };
        let (name, link) = file.trim_start_matches('[').split_once("](").expect("a link");
        assert_eq!(link, format!("{name}.pernet)"), "the link of {name}");
        let before = rows.insert(format!("{name}.pernet"), (question.to_string(), answer.to_string()));
        assert_eq!(before, None, "{name} is listed twice");
    }
    rows
}

/// The protocols that an answer says it holds on, and those that it says are broken, with what breaks.
fn said(answer: &str) -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
    let names = |text: &str| -> Vec<String> {
        text.split(", ").map(|name| name.trim_matches('`').to_string()).collect()
    };
    let (mut holds, mut broken) = (BTreeSet::new(), BTreeMap::new());
    for part in answer.split("; ") {
        let part = part.trim_start_matches("broken on ");
        match (part.strip_prefix("holds on "), part.split_once("`: ")) {
            (Some(protocols), _) => holds.extend(names(protocols)),
            (None, Some((protocol, judges))) => {
                broken.insert(protocol.trim_matches('`').to_string(), names(judges).into_iter().collect());
            }
            (None, None) => panic!("neither holds nor broken: {part}"),
        }
    }
    (holds, broken)
}

#[test]
fn every_scenario_is_in_the_index_with_its_question_and_answer() {
    let mut rows = rows();
    // The museum has an index of its own.
    for shipped in scenarios().into_iter().filter(|shipped| !shipped.file.starts_with(FOLDER)) {
        let (asked, answer) =
            rows.remove(shipped.file).unwrap_or_else(|| panic!("{} is not listed", shipped.file));
        assert_eq!(asked, question(shipped.text), "the question of {}", shipped.file);
        let scenario = Scenario::read(shipped.file, shipped.text).expect("a shipped scenario is read");
        let (mut holds, mut broken) = (BTreeSet::new(), BTreeMap::new());
        for line in scenario.questions(None, &Values::new()) {
            if line.breaks.is_empty() {
                holds.insert(line.protocol);
            } else {
                broken.insert(line.protocol, line.breaks.into_iter().collect());
            }
        }
        assert_eq!(said(&answer), (holds, broken), "the answer of {}", shipped.file);
    }
    assert!(rows.is_empty(), "listed and not there: {:?}", rows.keys());
}

#[test]
fn questions_are_one_sentence_each() {
    let mut known = BTreeSet::new();
    for shipped in scenarios() {
        let question = question(shipped.text);
        assert!(question.ends_with('?') && question.len() > 20, "{}: `{question}`", shipped.file);
        assert!(known.insert(question), "{} asks what another asks", shipped.file);
    }
}

/// Every `.pernet` file that is shipped: scenarios, their own protocols, eras and mutants.
fn shipped_files() -> Vec<String> {
    fn below(folder: &Path, found: &mut Vec<String>) {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                below(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "pernet") {
                found.push(path.strip_prefix(root()).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    below(&root().join("scenarios"), &mut found);
    below(&root().join("model/protocols"), &mut found);
    found.sort();
    found
}

#[test]
fn every_shipped_file_is_in_the_one_layout() {
    let files = shipped_files();
    assert!(files.len() >= scenarios().len() + protocols().len(), "only {} files", files.len());
    let args = ["fmt", "--check"].into_iter().chain(files.iter().map(String::as_str));
    let done = run(root(), args);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", ""), "`pernet-sim fmt` them");
}

/// The words of a text, without their places.
fn words(text: &str) -> Vec<String> {
    let tokens = lex(text, FileId(0)).tokens;
    tokens.iter().map(|token| text[token.span.lo as usize..token.span.hi as usize].to_string()).collect()
}

/// What is printed of a text is read as the same text, also if it was all on one line or a word a line.
#[test]
fn printing_changes_no_word() {
    for file in shipped_files() {
        let text = fs::read_to_string(root().join(&file)).expect("a shipped file");
        let mut sources = SourceMap::default();
        let id = sources.add(&*file, &*text);
        assert!(parse_file(&sources, id).1.is_empty(), "{file}");
        let all = words(&text);
        for spread in [text.clone(), all.join(" "), all.join("\n")] {
            let printed = format(&spread).unwrap_or_else(|mistakes| panic!("{file}: {mistakes:?}"));
            assert_eq!(words(&printed), all, "{file}");
            assert_eq!(format(&printed).as_ref(), Ok(&printed), "{file}: the layout is not steady");
        }
    }
}
