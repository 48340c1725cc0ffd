//! The first sampled schedule that finds something.

use crate::engine::{Bounds, End, Engine, Halt, Reached};
use crate::limit::{Control, Limits, Progress};
use crate::question::{Loaded, Rejected};
use crate::room::{Unrun, with_room};
use crate::scheduler::Choice;
use model::machine::Room;

/// How often the control is asked, in executions.
const POLL: u64 = 256;

/// The first schedule, counted from 1, that finds something, if `orders` also in the orders of locks; `None`: the first `most`
/// find nothing, the scheduler has no more of them, or the control has ended it.
///
/// # Errors
/// If more room is needed.
///
/// # Panics
/// If the scheduler needs a recorded schedule.
pub fn first_finding(
    engine: &mut Engine<'_>,
    scheduler: Choice,
    seed: u64,
    most: u64,
    orders: bool,
    control: &dyn Control,
) -> Result<Option<u64>, Halt> {
    let mut orders_known = 0;
    let mut scheduler = scheduler.build(seed).expect("it needs no schedule");
    let max_steps = Limits::default().max_steps;
    for execution in 0..most {
        let progress = Progress { executions: execution, ..Progress::default() };
        let halted = execution % POLL == 0 && control.poll(&progress).is_some();
        if halted || !scheduler.begin(execution) {
            break;
        }
        let bounds = Bounds { max_steps, control, progress };
        let ran =
            engine.run(&mut *scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
        if matches!(ran.end, End::Finding(_)) {
            return Ok(Some(execution + 1));
        }
        if let Some(seen) = engine.world().orders().filter(|seen| orders && seen.len() > orders_known) {
            orders_known = seen.len();
            if !seen.circles(engine.world().program()).is_empty() {
                return Ok(Some(execution + 1));
            }
        }
    }
    Ok(None)
}

/// The same of a question's text. 0: it is wrong before the first step.
///
/// # Errors
/// If the text cannot be compiled or booted.
pub fn first_finding_of(
    loaded: &Loaded,
    scheduler: Choice,
    seed: u64,
    most: u64,
    orders: bool,
    control: &dyn Control,
) -> Result<Option<u64>, Box<Rejected>> {
    let found = with_room(loaded, &mut Room::default(), |program| {
        first_finding(&mut Engine::new(program, &mut ())?, scheduler, seed, most, orders, control)
    });
    match found {
        Ok(first) => Ok(first),
        Err(Unrun::Boot(..)) => Ok(Some(0)),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
    }
}
