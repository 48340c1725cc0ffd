//! A schedule followed as far as it fits: nothing is refused, and what did not fit is counted.

use super::{Replayed, record};
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
    let mut room = room.clone();
    let followed = with_room(loaded, &mut room, |program| {
        let mut lenient = lenient.clone();
        lenient.begin(0);
        let replayed = record(program, timed, max_steps, &mut lenient, None)?;
        Ok(Followed { replayed, fit: lenient.fit() })
    });
    match followed {
        Ok(followed) => Ok(followed),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, place)) => {
            Ok(Followed { replayed: Replayed::in_boot(*finding, place, 0), fit: lenient.fit() })
        }
    }
}
