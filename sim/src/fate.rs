//! Until when the violations of an answer could have been avoided.

use crate::answer::Violation;
use crate::inevitable;
use crate::limit::{Control, Limits};
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use model::machine::Room;

/// Finds out until when each violation could have been avoided. Of a timed run nobody can say: what its agenda allows is
/// not all that a scheduler may pick.
///
/// # Errors
/// If the text cannot be compiled.
pub fn tell(
    violations: &mut [Violation],
    loaded: &Loaded,
    room: &mut Room,
    limits: &Limits,
    control: &dyn Control,
) -> Result<(), Box<Rejected>> {
    let (fates, schedules): (Vec<_>, Vec<_>) = violations
        .iter_mut()
        .filter_map(|violation| Some((&mut violation.fate, (violation.schedule.as_ref()?, violation.steps))))
        .unzip();
    if schedules.is_empty() {
        return Ok(());
    }
    let schedules: Vec<_> =
        schedules.into_iter().map(|(schedule, steps)| (schedule.0.as_slice(), steps)).collect();
    let found = with_room(loaded, room, |program| inevitable::fates(program, &schedules, limits, control));
    match found {
        Ok(found) => fates.into_iter().zip(found).for_each(|(fate, found)| *fate = Some(found)),
        Err(Unrun::Rejected(rejected)) => return Err(rejected),
        Err(Unrun::Boot(..)) => {}
    }
    Ok(())
}
