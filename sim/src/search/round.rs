//! Can a schedule go round for ever? Layers and steps only hint at it; here the steps between the stored states are kept, and
//! what nothing leads to any more is taken away until nothing is left, or only cycles and what they lead to.
//!
//! A schedule without end passes through stored states without end, so where those have no cycle there is none at all.
//! States that differ in names are one here: what looks like a cycle may lead to other names.

use super::expand::{Expand, State};
use super::out::Out;
use super::reduced::Reduced;
use crate::engine::{Halt, Reached};
use crate::limit::{Control, Limits, Progress};
use crate::reduce::Reductions;
use crate::table::Index;
use model::machine::{Program, World};

/// How often the control is asked, in states.
const POLL: usize = 1 << 10;

/// Is there a cycle among the states of a reduced search? Also if the limits do not let it be told.
///
/// # Errors
/// If the program cannot be booted, or needs more room.
pub fn goes_round(
    program: &Program,
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<bool, Halt> {
    let world = World::boot(program, &mut ())?;
    let stride = world.cells().len();
    let mut expand = Reduced::new(program, reductions, limits.max_steps)?;
    let mut out = Out::new(program, Reached::default());
    let (mut index, mut cells) = (Index::default(), world.cells().to_vec());
    index.number(world.fingerprint());
    // Of each state how many steps lead to it, and where its own lead: up to `ends[state]` in `steps`.
    let (mut leading, mut steps, mut ends) = (vec![0_u32], Vec::new(), Vec::new());
    let mut at = 0;
    while at < leading.len() {
        expand.expand(&State::new(&cells[at * stride..][..stride], 0), &mut out).map_err(Halt::Room)?;
        out.look_up(|state| {
            let (to, new) = index.number(state.fingerprint);
            if new {
                state.append_to(&mut cells);
                leading.push(0);
            }
            leading[to as usize] += 1;
            steps.push(to);
            Some(false)
        });
        out.clear();
        ends.push(steps.len());
        at += 1;
        let states = leading.len() as u64;
        let bytes = ((cells.len() + steps.len()) * size_of::<u32>()) as u64;
        let progress = Progress { states, ..Progress::default() };
        if bytes > limits.max_memory || at % POLL == 0 && control.poll(&progress).is_some() {
            return Ok(true);
        }
    }
    // Only the first state can have nothing that leads to it.
    let mut free: Vec<usize> = (0..leading.len()).filter(|&state| leading[state] == 0).collect();
    let mut left = leading.len();
    while let Some(state) = free.pop() {
        left -= 1;
        let first = state.checked_sub(1).map_or(0, |before| ends[before]);
        for &to in &steps[first..ends[state]] {
            leading[to as usize] -= 1;
            if leading[to as usize] == 0 {
                free.push(to as usize);
            }
        }
    }
    Ok(left > 0)
}
