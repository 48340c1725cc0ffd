//! Every page on every era: `reports/eras.md`. `ACCEPT=1 cargo test -p tests eras` accepts a new one.

use sim::across::{Page, Told};
use sim::ask::{Mode, Plan};
use sim::library::{ShippedLibrary, eras, scenarios};
use sim::limit::Limits;
use sim::question::Scenario;
use sim::report::eras::table;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tests::golden;

/// A page may have so many states on an era.
const MOST_STATES: u64 = 5_000;
/// These are about speed, and large.
const SPEED: &str = "bench/";

fn pages() -> Vec<Page> {
    let asked = scenarios().into_iter().filter(|shipped| !shipped.file.starts_with(SPEED));
    let read = |file: &str, text: &str| Scenario::read(file, text).expect("a shipped scenario is read");
    asked.flat_map(|shipped| Page::all(&read(shipped.file, shipped.text)).expect("few questions")).collect()
}

/// All pages on all eras, by as many threads as there are processors.
fn told(pages: &[Page], eras: &[String]) -> Vec<Vec<Told>> {
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    let plan = Plan { mode: Mode::Exhaustive, schedules: false, limits, ..Plan::default() };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(page) = pages.get(at) else { return done };
            let row = eras.iter().map(|era| page.ask(era, &plan, &ShippedLibrary, &())).collect();
            done.push((at, row));
        }
    };
    let mut rows: Vec<(usize, Vec<Told>)> = thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no search panics")).collect()
    });
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[test]
fn every_page_on_every_era() {
    let (pages, eras) = (pages(), eras());
    let told = told(&pages, &eras);
    let rows: Vec<_> = pages.into_iter().zip(told).collect();
    golden::compare("reports/eras.md", &table(&eras, &rows, MOST_STATES));
}
