//! `reports/` mirrors `scenarios/`: what each shipped scenario is answered, as the command line asks if nothing is said.
//! A difference there is a change in behaviour. Accept it with
//!
//! ```sh
//! ACCEPT=1 cargo test -p tests reports
//! ```

use crate::binary::root;
use model::lang::ast::ConditionKind;
use model::machine::Room;
use sim::answer::Answer;
use sim::ask::{Mode, Plan, ask};
use sim::library::{Shipped, ShippedLibrary, question, scenarios};
use sim::question::{Question, Scenario, Values};
use sim::report::page::{Asked, page};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Executions by the agenda, as the command line has them.
const TIMED_RUNS: u64 = 100;

fn answer(scenario: &Scenario, question: &Question, plan: &Plan) -> Answer {
    ask(scenario, question, plan, &ShippedLibrary, &())
        .unwrap_or_else(|rejected| panic!("{}: {:?}", scenario.file, rejected.diagnostics))
}

fn asked(scenario: &Scenario, question: &Question) -> Asked {
    let loaded = scenario.load(question, &ShippedLibrary).expect("a shipped scenario loads");
    let program = loaded.compile(&Room::default()).expect("a shipped scenario compiles");
    let sometimes = program.conditions.iter().filter(|condition| condition.kind == ConditionKind::Sometimes);
    let timed = Plan { mode: Mode::Timed, runs: TIMED_RUNS, ..Plan::default() };
    // Of a question that is to break, the steps say more than any figure.
    let figures = !program.times.is_empty() && question.breaks.is_empty();
    Asked {
        answer: answer(scenario, question, &Plan::default()),
        sometimes: sometimes.map(|condition| condition.text.clone()).collect(),
        timed: figures.then(|| answer(scenario, question, &timed).timed).flatten(),
    }
}

/// The path below `reports/`, and the text.
fn report(shipped: Shipped) -> (String, String) {
    let scenario = Scenario::read(shipped.file, shipped.text).expect("a shipped scenario is read");
    let questions = scenario.questions(None, &Values::new());
    let asked: Vec<_> = questions.iter().map(|question| asked(&scenario, question)).collect();
    (shipped.file.replace(".pernet", ".txt"), page(&question(shipped.text), shipped.file, &asked))
}

/// The committed reports of scenarios; what else lies in `reports/` belongs to other tests.
fn committed(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()) {
        let name = format!("{below}{}", entry.file_name().expect("a name").to_string_lossy());
        if entry.is_dir() {
            committed(&entry, &format!("{name}/"), found);
        } else if let (true, Ok(text)) = (name.contains('/'), fs::read_to_string(&entry)) {
            found.insert(name, text);
        }
    }
}

#[test]
fn reports_say_what_scenarios_are_answered() {
    let folder = root().join("reports");
    let answered: BTreeMap<String, String> = scenarios().into_iter().map(report).collect();
    let unexpected: Vec<_> = answered.values().filter(|page| page.contains("NOT AS EXPECTED")).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let mut before = BTreeMap::new();
    committed(&folder, "", &mut before);
    if std::env::var_os("ACCEPT").is_some_and(|value| !value.is_empty()) {
        for name in before.keys().filter(|name| !answered.contains_key(*name)) {
            fs::remove_file(folder.join(name)).expect("a report without a scenario is removed");
        }
        for (name, text) in answered.iter().filter(|(name, text)| before.get(*name) != Some(text)) {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
            fs::write(path, text).expect("the report");
        }
        return;
    }
    let mut differences = Vec::new();
    for name in before.keys().chain(answered.keys().filter(|name| !before.contains_key(*name))) {
        match (before.get(name), answered.get(name)) {
            (Some(was), Some(is)) if was == is => {}
            (Some(was), Some(is)) => {
                let line = was.lines().zip(is.lines()).position(|(was, is)| was != is);
                let at = line.unwrap_or_else(|| was.lines().count().min(is.lines().count()));
                let show = |text: &str| text.lines().nth(at).unwrap_or("(it ends)").to_string();
                differences.push(format!("{name}:{}\n  - {}\n  + {}", at + 1, show(was), show(is)));
            }
            (None, _) => differences.push(format!("{name} is missing")),
            (_, None) => differences.push(format!("{name} has no scenario")),
        }
    }
    let advice = "if this is meant: ACCEPT=1 cargo test -p tests reports";
    assert!(differences.is_empty(), "{}\n{advice}", differences.join("\n"));
}
