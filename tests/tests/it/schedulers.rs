//! How many schedules each scheduler needs to find each planted slip.
//!
//! `ACCEPT=1 cargo test -p tests --test it -- --ignored first_failures` writes `reports/schedulers.md`: a few minutes.

use sim::scheduler::{Choice, SCHEDULERS};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use tests::golden;
use tests::lab::Case;
use tests::planted::{Mutant, first_findings, median, mutants, where_asked};

/// Schedules that a slip may survive.
const MOST: u64 = 20_000;
/// Seeds of the committed table.
const SEEDS: u64 = 100;

/// Those that are compared.
fn compared() -> Vec<Choice> {
    SCHEDULERS.iter().filter(|row| row.has_name() && row.name != "first").map(|row| row.plain()).collect()
}

/// Each slip with each question that is to find it.
fn asked() -> Vec<(Mutant, Case)> {
    let cases = Case::shipped();
    let pair = |mutant: Mutant| {
        let questions = mutant.questions(&cases);
        questions.into_iter().map(move |case| (mutant.clone(), case))
    };
    mutants().into_iter().flat_map(pair).collect()
}

/// `work` of each index below `count`, on two threads, in order.
fn side_by_side<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count || sender.send((at, work(at))).is_err() {
                        break;
                    }
                }
            });
        }
    });
    drop(sender);
    let mut done: Vec<_> = receiver.into_iter().collect();
    done.sort_by_key(|&(at, _)| at);
    done.into_iter().map(|(_, one)| one).collect()
}

/// The cell of a table: the median, and how many seeds found nothing.
fn cell(firsts: Vec<Option<u64>>) -> String {
    let lost = firsts.iter().filter(|first| first.is_none()).count();
    let median = median(firsts).map_or("-".to_string(), |median| median.to_string());
    if lost == 0 { median } else { format!("{median} ({lost})") }
}

#[test]
#[ignore = "a few minutes; writes or compares reports/schedulers.md"]
fn first_failures() {
    let (asked, compared) = (asked(), compared());
    let rows = side_by_side(asked.len(), |at| {
        let (mutant, case) = &asked[at];
        let cells = compared.iter().map(|&choice| cell(first_findings(case, choice, SEEDS, MOST)));
        format!(
            "| {} | {} | {} |\n",
            mutant.short(),
            where_asked(case),
            cells.collect::<Vec<_>>().join(" | ")
        )
    });
    let names: Vec<_> = compared.iter().map(|choice| choice.row.name).collect();
    let mut table =
        format!("| slip | scenario | {} |\n|---|---|{}\n", names.join(" | "), "---:|".repeat(names.len()));
    for row in rows {
        let _ = write!(table, "{row}");
    }
    golden::compare("reports/schedulers.md", &table);
}
