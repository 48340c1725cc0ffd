//! Every page on every era: `reports/eras.md`. `ACCEPT=1 cargo test -p tests eras` accepts a new one.

use sim::across::{Page, Told};
use sim::ask::{Mode, Plan};
use sim::library::{ShippedLibrary, eras, scenarios};
use sim::limit::Limits;
use sim::question::Scenario;
use sim::report::eras::table;
use tests::golden;
use tests::side_by_side::side_by_side;

/// A page may have so many states on an era.
const MOST_STATES: u64 = 5_000;
/// These are about speed, and large.
const SPEED: &str = "bench/";

fn pages() -> Vec<Page> {
    let asked = scenarios().into_iter().filter(|shipped| !shipped.file.starts_with(SPEED));
    let read = |file: &str, text: &str| Scenario::read(file, text).expect("a shipped scenario is read");
    asked.flat_map(|shipped| Page::all(&read(shipped.file, shipped.text)).expect("few questions")).collect()
}

#[test]
fn every_page_on_every_era() {
    let (pages, eras) = (pages(), eras());
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    let plan = Plan { mode: Mode::Exhaustive, schedules: false, limits, ..Plan::default() };
    let told = side_by_side(pages.len(), |at| -> Vec<Told> {
        eras.iter().map(|era| pages[at].ask(era, &plan, &ShippedLibrary, &())).collect()
    });
    let rows: Vec<_> = pages.into_iter().zip(told).collect();
    golden::compare("reports/eras.md", &table(&eras, &rows, MOST_STATES));
}
