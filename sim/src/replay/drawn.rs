//! The executions of a seed, one by one.

use crate::engine::{End, Follow, Reached};
use crate::limit::Control;
use crate::origin::Drawn;
use crate::pick::Pick;
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use crate::sample::{Audience, Sampling, Tally, sample};
use crate::scheduler::Choice;
use model::machine::{Event, Room, TaskId, Watch, World};

/// Draws all executions up to the one that is named, and shows each: its number, counted from 1, its picks and its end.
///
/// # Errors
/// If the text cannot be used.
pub fn each(
    loaded: &Loaded,
    choice: &Choice,
    drawn: &Drawn,
    control: &dyn Control,
    show: impl FnMut(u64, &[Pick], &End),
) -> Result<(), Box<Rejected>> {
    let Some(mut scheduler) = choice.build(drawn.seed) else { return Ok(()) };
    let Drawn { timed, max_steps, execution, .. } = *drawn;
    let how = Sampling { runs: execution, timed, max_steps, endless: u64::MAX, control };
    let (mut tally, mut listener) = (Tally::default(), Listener { number: 0, show });
    let sampled = with_room(loaded, &mut Room::default(), |program| {
        sample(program, &how, &mut *scheduler, &mut tally, &mut Reached::default(), &mut listener)
    });
    match sampled {
        // Wrong before its first step, it has no executions.
        Ok(()) | Err(Unrun::Boot(..)) => Ok(()),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
    }
}

/// The picks of one execution, if the seed has so many.
///
/// # Errors
/// If the text cannot be used.
pub fn picks(
    loaded: &Loaded,
    choice: &Choice,
    drawn: &Drawn,
    control: &dyn Control,
) -> Result<Option<Vec<Pick>>, Box<Rejected>> {
    let mut found = None;
    each(loaded, choice, drawn, control, |number, picks, _| {
        if number == drawn.execution {
            found = Some(picks.to_vec());
        }
    })?;
    Ok(found)
}

struct Listener<F> {
    number: u64,
    show: F,
}

impl<F> Watch for Listener<F> {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: Event) {}
}

impl<F> Follow for Listener<F> {}

impl<F: FnMut(u64, &[Pick], &End)> Audience for Listener<F> {
    fn over(&mut self, _: &World<'_>, end: &End, picks: &[Pick]) {
        self.number += 1;
        (self.show)(self.number, picks, end);
    }
}
