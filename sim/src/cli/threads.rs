//! Things done at the same time, and what comes of them in their order.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// As many threads as were asked for, or as there are processors.
pub fn jobs(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// Does something with each of some things, on several threads; hands over what comes of each, with its number, in the
/// order of the things.
pub fn in_order<T: Sync, R: Send>(
    jobs: usize,
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(usize, R),
) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.min(things.len()).max(1) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(thing) = things.get(at) else { break };
                    if sender.send((at, work(thing))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for (at, result) in receiver {
            early.insert(at, result);
            while let Some(result) = early.remove(&wanted) {
                done(wanted, result);
                wanted += 1;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn results_come_in_order() {
        let things: Vec<u64> = (0..100).collect();
        for jobs in [1, 3, 200] {
            let mut seen = Vec::new();
            in_order(jobs, &things, |thing| thing * 2, |at, result| seen.push((at as u64, result)));
            assert_eq!(seen, things.iter().map(|&thing| (thing, thing * 2)).collect::<Vec<_>>());
        }
        in_order(2, &[], |(): &()| (), |_, ()| panic!("there is nothing"));
    }
}
