//! The best schedule of the smallest world: by a search, or where that takes too many states, by small steps.

use super::oracle::Oracle;
use super::story::{Move, Run};
use crate::limit::Progress;

/// The best run of a world that fails, and whether there is no better one.
pub fn best(oracle: &Oracle<'_>, text: &str, run: Run) -> (Run, bool) {
    if oracle.timed {
        return (oracle.best_drawn(text, &run).unwrap_or(run), false);
    }
    match oracle.best(text, oracle.effort.max_states_of_best) {
        Some(best) => (best, true),
        None => (shorten(oracle, text, run), false),
    }
}

/// Leaves out runs of steps of one task, and puts together what a switch has torn apart, for as long as that makes it
/// better.
fn shorten(oracle: &Oracle<'_>, text: &str, mut run: Run) -> Run {
    loop {
        let improves = |story: Vec<Move>| oracle.follow(text, &story).filter(|next| next.rank() < run.rank());
        // Of a long run there are many.
        let goes_on = |_: &Vec<Move>| oracle.control.poll(&Progress::START).is_none();
        let next = shorter(&run.moves).take_while(goes_on).find_map(improves);
        match next {
            Some(next) => run = next,
            None => return run,
        }
    }
}

/// Stories that may be better, likely ones first.
fn shorter(story: &[Move]) -> impl Iterator<Item = Vec<Move>> + '_ {
    let segments: Vec<&[Move]> = story.chunk_by(|one, other| one.task == other.task).collect();
    let count = segments.len();
    let without = {
        let segments = segments.clone();
        (0..count).map(move |at| {
            flat(segments.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, moves)| *moves))
        })
    };
    // A later run of the same task comes forward, or an earlier one goes back.
    let joined = (0..count).flat_map(move |at| {
        let next = (at + 1..count).find(|&other| segments[other][0].task == segments[at][0].task);
        let orders = next.map_or_else(Vec::new, |next| {
            let mut forward: Vec<usize> = (0..count).filter(|&other| other != next).collect();
            forward.insert(at + 1, next);
            let mut back: Vec<usize> = (0..count).filter(|&other| other != at).collect();
            back.insert(next - 1, at);
            vec![forward, back]
        });
        orders.into_iter().map(|order| flat(order.into_iter().map(|at| segments[at]))).collect::<Vec<_>>()
    });
    without.chain(joined)
}

fn flat<'a>(segments: impl Iterator<Item = &'a [Move]>) -> Vec<Move> {
    segments.flatten().cloned().collect()
}
