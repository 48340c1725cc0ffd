//! Exhaustive search, breadth first: every state once.
//!
//! What a state leads to is an [`Expand`]'s business; here is what happens to successors. Nothing is kept for
//! counterexamples: those are found by a second pass, when there is something to show.

pub mod expand;
mod layers;
pub mod out;
mod reduced;
mod until;

use crate::engine::{Halt, Reached};
use crate::limit::{Control, Limit, Limits};
use crate::reduce::Reductions;
use crate::table::Table;
use expand::{Expand, Unreduced};
use layers::Layers;
use model::machine::{Program, World};
use model::symmetry::Symmetry;
pub use out::Found;
use reduced::Reduced;
use until::{Until, Wanted};

/// What a search saw.
#[derive(Debug)]
pub struct Searched {
    /// Unique states, the first one included.
    pub states: u64,
    /// (state, task, answers).
    pub transitions: u64,
    /// States where nothing can go on and all is well.
    pub finals: u64,
    /// All final states together, by their names.
    pub final_fingerprint: u64,
    /// The most steps to a state, on the way that it was found.
    pub depth: u32,
    /// Every schedule of so many steps has been taken, also where a limit cut the search short.
    pub covered: u32,
    /// Does a step lead back to a state that is not further away? Without it there is no cycle.
    pub back_edges: bool,
    /// The first finding of each name.
    pub found: Vec<Found>,
    /// What cut it short.
    pub limit: Option<Limit>,
    /// Every state, with the layer that it is in.
    pub table: Table,
}

/// Searches all states of a program.
///
/// # Errors
/// If the program cannot be booted, is wrong before the first step, or needs more room.
pub fn search(
    program: &Program,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    search_by(Unreduced::new(program, limits.max_steps)?, &world, limits, reached, control)
}

/// Searches with reductions: as many findings, by name, and as many outcomes as without, in fewer states.
///
/// # Errors
/// As [`search`].
pub fn search_reduced(
    program: &Program,
    reductions: Reductions,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    // More is alike if conditions say of all what they say of some: what is broken or met at all stays the same.
    let wide = if reductions.symmetry { Symmetry::widened(&world) } else { None };
    let program = wide.as_ref().unwrap_or(program);
    let world = World::boot(program, &mut ())?;
    search_by(Reduced::new(program, reductions, limits.max_steps)?, &world, limits, reached, control)
}

/// Searches all states, layer by layer, until all findings with these names are found.
///
/// # Errors
/// As [`search`].
pub fn search_until(
    program: &Program,
    names: &[String],
    limits: &Limits,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    let wanted = Wanted::new(names);
    let expand = Until::new(Unreduced::new(program, limits.max_steps)?, &wanted);
    search_by(expand, &world, limits, &mut Reached::default(), control)
}

/// Searches all states that an [`Expand`] leads to from a world that was booted.
///
/// # Errors
/// If the world is wrong before the first step, or needs more room.
pub fn search_by<E: Expand>(
    expand: E,
    world: &World<'_>,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    world.check().map_err(Halt::Finding)?;
    reached.look(world);
    let (seen, now) = Layers::new(expand, world, limits, reached, control).search().map_err(Halt::Room)?;
    *reached = now;
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;
    use crate::question::{Question, Scenario};
    use model::machine::Room;

    fn searched<T>(
        scenario: &str,
        set: &[(&str, i64)],
        limits: &Limits,
        check: impl Fn(&Searched) -> T,
    ) -> T {
        let scenario = Scenario::read("x.pernet", scenario).unwrap();
        let set = set.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        let question: Question = scenario.questions(None, &set).remove(0);
        let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
        let program = loaded.compile(&Room::default()).unwrap();
        check(&search(&program, limits, &mut Reached::new(&program), &()).unwrap())
    }

    const W: &str = include_str!("../../../scenarios/bench/w.pernet");

    /// Two independently written models, one of them in Promela, agree on these.
    #[test]
    fn golden_counts_of_w() {
        for (m, n, r, states, transitions) in
            [(1, 1, 1, 179, None), (1, 2, 1, 1_387, Some(2_860)), (1, 2, 2, 3_284, Some(6_864))]
        {
            searched(W, &[("M", m), ("N", n), ("R", r)], &Limits::default(), |seen| {
                assert_eq!((seen.states, seen.limit), (states, None));
                assert!(transitions.is_none_or(|transitions| seen.transitions == transitions));
            });
        }
    }

    #[test]
    fn a_limit_is_said() {
        for (limits, limit) in [
            (Limits { max_states: 100, ..Limits::default() }, Limit::States),
            (Limits { max_steps: 5, ..Limits::default() }, Limit::Steps),
            (Limits { max_memory: 1, ..Limits::default() }, Limit::Memory),
        ] {
            searched(W, &[], &limits, |seen| assert_eq!(seen.limit, Some(limit)));
        }
        // As many states as there are suffice.
        let limits = Limits { max_states: 179, ..Limits::default() };
        searched(W, &[], &limits, |seen| assert_eq!((seen.states, seen.limit), (179, None)));
    }

    #[test]
    fn it_goes_on_after_a_finding() {
        let text = "on rfc2007;
            int a, b;
            task one { a = 1; assert(b == 0); }
            task two { b = 1; kfree(NULL); }
            never both: a == 1 && b == 1;";
        searched(text, &[], &Limits::default(), |seen| {
            let found: Vec<_> =
                seen.found.iter().map(|found| (found.finding.name.as_str(), found.steps)).collect();
            assert_eq!(found, [("both", 2)]);
        });
    }

    #[test]
    fn a_loop_leads_back() {
        let text = "on rfc2007; int go; task spin { while (!go) step; } task end { go = 1; }";
        searched(text, &[], &Limits::default(), |seen| assert!(seen.back_edges));
    }
}
