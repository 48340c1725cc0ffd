//! One exhaustive exploration: a search, and a second look at what it found.
//!
//! A reduced search says what there is and what is not. The shortest schedule to a finding is then looked for without reductions,
//! only as far as the findings lie; a cycle that may be a livelock is looked for without reductions, too.

use crate::ask::Plan;
use crate::counterexample::{self, Counterexample};
use crate::engine::{Halt, Reached};
use crate::limit::Control;
use crate::livelock::{self, Livelock};
use crate::loops::may_be_endless;
use crate::reduce::Used;
use crate::search::{
    Found, How, Order, Searched, goes_round, search_reduced, search_until, search_with, ways,
};
use model::machine::{Finding, Program, Room};

/// What came of it.
pub struct Explored {
    /// The search whose verdict counts.
    pub searched: Searched,
    /// A schedule to each finding.
    pub best: Vec<Counterexample>,
    /// What the search left out.
    pub used: Used,
}

/// Explores all states, as far as the limits allow.
///
/// # Errors
/// If the program cannot be booted, is wrong before the first step, or needs more room.
pub fn explore(
    program: &Program,
    plan: &Plan,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Explored, Halt> {
    let (how, limits) = (&plan.search, &plan.limits);
    let (mut searched, mut used) = match plan.reductions.is_none() {
        true => (search_with(program, how, limits, reached, control)?, Used::default()),
        false => search_reduced(program, plan.reductions, how, limits, reached, control)?,
    };
    let plain = plan.reductions.is_none() && how.order == Order::BreadthFirst;
    let endless = searched.limit.is_none()
        && searched.back_edges
        && may_be_endless(program)
        && (plain || goes_round(program, plan.reductions, limits, control)?);
    if !plain && !endless {
        let best = second_look(program, plan, &mut searched, control)?;
        return Ok(Explored { searched, best, used });
    }
    if !plain {
        used = Used {
            off: vec!["without reductions, since schedules may go round for ever".to_string()],
            ..Used::default()
        };
        let how = How { order: Order::BreadthFirst, ..*how };
        searched = search_with(program, &how, limits, reached, control)?;
    }
    let livelock = livelock(program, &mut searched, control).map_err(Halt::Room)?;
    let best = match plan.schedules {
        true => counterexample::best(program, &searched, livelock.as_ref(), control).map_err(Halt::Room)?,
        false => Vec::new(),
    };
    Ok(Explored { searched, best, used })
}

/// The best schedules to what a reduced search has found, and how long the shortest ones are.
fn second_look(
    program: &Program,
    plan: &Plan,
    searched: &mut Searched,
    control: &dyn Control,
) -> Result<Vec<Counterexample>, Halt> {
    if searched.found.is_empty() || !plan.schedules {
        return Ok(Vec::new());
    }
    let names: Vec<_> = searched.found.iter().map(|found| found.finding.name.clone()).collect();
    let near = search_until(program, &names, plan.search.threads, &plan.limits, control)?;
    for found in &near.found {
        match searched.found.iter_mut().find(|known| known.finding.name == found.finding.name) {
            Some(known) => *known = found.clone(),
            None => searched.found.push(found.clone()),
        }
    }
    let mut best = counterexample::best(program, &near, None, control).map_err(Halt::Room)?;
    let far: Vec<_> = names.into_iter().filter(|name| best.iter().all(|best| best.name != *name)).collect();
    if near.limit.is_some() && !far.is_empty() {
        best.extend(ways(program, &far, plan.reductions, &plan.limits, control)?);
    }
    Ok(best)
}

/// Looks for a livelock where there can be one, and counts it among what was found.
fn livelock(
    program: &Program,
    searched: &mut Searched,
    control: &dyn Control,
) -> Result<Option<Livelock>, Room> {
    if searched.limit.is_some() || !searched.back_edges || !may_be_endless(program) {
        return Ok(None);
    }
    let found = livelock::find(program, searched, control)?;
    if let Some(livelock) = &found {
        let why = format!("{} states that a fair scheduler can stay in for ever", livelock.states);
        let finding = Finding { name: Livelock::NAME.to_string(), why, pc: None };
        searched.found.push(Found { finding, steps: livelock.depth });
    }
    Ok(found)
}
