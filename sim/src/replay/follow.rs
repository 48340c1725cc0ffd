//! A schedule followed as far as it fits: nothing is refused, and what did not fit is counted.

use super::{Replayed, record};
use crate::engine::End;
use crate::limit::Limit;
use crate::pick::Scheduler;
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use crate::scheduler::{Fit, Lenient};
use model::machine::Room;

/// A run that was followed as far as it fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Followed {
    /// How it went.
    pub replayed: Replayed,
    /// How well the picks fitted.
    pub fit: Fit,
    /// How many points were settled when the last pick was used up, if it was.
    used_up: Option<usize>,
}

/// Runs a text by picks that it was not recorded with, for at most so many steps.
///
/// # Errors
/// If the text cannot be used.
pub fn follow(
    loaded: &Loaded,
    room: &Room,
    lenient: &Lenient,
    timed: bool,
    max_steps: u64,
) -> Result<Followed, Box<Rejected>> {
    until(loaded, room, lenient, timed, max_steps, None)
}

/// The same to an end: where there is none in so many steps, a state that comes again behind the last pick is one.
///
/// # Errors
/// If the text cannot be used.
pub fn follow_to_end(
    loaded: &Loaded,
    room: &Room,
    lenient: &Lenient,
    timed: bool,
    max_steps: u64,
) -> Result<Followed, Box<Rejected>> {
    let followed = follow(loaded, room, lenient, timed, max_steps)?;
    match (&followed.replayed.execution.end, followed.used_up) {
        // By the agenda time goes on: no state comes again.
        (End::Limit(Limit::Steps), Some(picks)) if !timed => {
            until(loaded, room, lenient, timed, max_steps, Some(picks))
        }
        _ => Ok(followed),
    }
}

fn until(
    loaded: &Loaded,
    room: &Room,
    lenient: &Lenient,
    timed: bool,
    max_steps: u64,
    round: Option<usize>,
) -> Result<Followed, Box<Rejected>> {
    let mut room = room.clone();
    let followed = with_room(loaded, &mut room, |program| {
        let mut lenient = lenient.clone();
        lenient.begin(0);
        let replayed = record(program, timed, max_steps, &mut lenient, round)?;
        Ok(Followed { replayed, fit: lenient.fit(), used_up: lenient.used_up() })
    });
    match followed {
        Ok(followed) => Ok(followed),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, place)) => Ok(Followed {
            replayed: Replayed::in_boot(*finding, place, 0),
            fit: lenient.fit(),
            used_up: None,
        }),
    }
}
