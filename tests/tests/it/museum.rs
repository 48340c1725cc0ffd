//! The museum: real bugs, each found by a search of all its states and by random schedules, and the fixed text found
//! sound.
//!
//! `scenarios/museum/README.md` is its index. `ACCEPT=1 cargo test -p tests museum` accepts a new one.

use sim::ask::Plan;
use sim::library::{Shipped, ShippedLibrary, scenarios};
use sim::livelock::Livelock;
use sim::museum::{FOLDER, Label, View, view};
use sim::question::{Scenario, Values};
use sim::report::museum::index;
use tests::golden;
use tests::side_by_side::side_by_side;

fn exhibits() -> Vec<Shipped> {
    scenarios().into_iter().filter(|shipped| shipped.file.starts_with(FOLDER)).collect()
}

/// All questions of an exhibit, answered.
fn views(shipped: Shipped) -> Vec<View> {
    let file = shipped.file;
    let label = Label::read(shipped.text).unwrap_or_else(|why| panic!("{file}: {why}"));
    let scenario = Scenario::read(file, shipped.text).expect("a shipped scenario is read");
    let look = |question| {
        view(&scenario, &label, &question, &Plan::default(), &ShippedLibrary, &())
            .unwrap_or_else(|rejected| panic!("{file}: {:?}", rejected.diagnostics))
    };
    scenario.questions(None, &Values::new()).into_iter().map(look).collect()
}

/// An execution that goes round for ever is no more than a long one to whoever runs it: only a search can tell.
fn is_livelock(view: &View) -> bool {
    view.answer.violations.iter().all(|found| found.name == Livelock::NAME)
}

#[test]
fn every_bug_is_found_and_every_fix_holds() {
    let mut wrong = Vec::new();
    let mut all = Vec::new();
    let exhibits = exhibits();
    for (shipped, views) in exhibits.iter().zip(side_by_side(exhibits.len(), |at| views(exhibits[at]))) {
        if views.iter().all(View::faulty) || !views.iter().any(View::faulty) {
            wrong.push(format!("{} has no faulty question, or no fixed one", shipped.file));
        }
        for view in &views {
            let title = format!("{} on {}", shipped.file, view.answer.question.protocol);
            if !view.answer.as_expected() {
                let found: Vec<_> = view.answer.violations.iter().map(|found| &found.name).collect();
                wrong.push(format!("{title} is {}: {found:?}", view.answer.verdict));
            } else if view.faulty() && view.first.is_none() && !is_livelock(view) {
                wrong.push(format!("{title}: random schedules find nothing"));
            }
        }
        all.extend(views);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::compare("scenarios/museum/README.md", &index(&all));
}
