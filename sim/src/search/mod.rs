//! Exhaustive search, breadth first or depth first: every state once.
//!
//! What a state leads to is an [`Expand`]'s business; here is what happens to successors. Nothing is kept for
//! counterexamples: those are found by a second pass, when there is something to show.

mod account;
mod crew;
mod depth_first;
pub mod estimate;
pub mod expand;
mod layers;
pub mod out;
mod packed;
mod reduced;
mod round;
mod states;
mod until;
mod waiting;
mod way;

use crate::engine::{Halt, Reached};
use crate::limit::{Control, Limit, Limits};
use crate::only::Only;
use crate::reduce::{Reductions, Used};
use crate::table::Table;
use depth_first::DepthFirst;
use expand::{Expand, Unreduced};
use layers::Layers;
use model::judge::orders::Orders;
use model::machine::{Program, Room, World};
use model::symmetry::Symmetry;
pub use out::Found;
use reduced::Reduced;
pub use round::goes_round;
use states::{Exact, States};
use until::{Until, Wanted};
pub use way::{way_to, ways, ways_from};

/// So many successors wait before they are looked up in the table: until then the memory has fetched their slots.
const BATCH: usize = 64;

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
    /// Every schedule of so many steps has been taken, also where a limit cut the search short. Depth first nothing can
    /// be said of a search that was cut short: 0.
    pub covered: u32,
    /// Does a step lead back to a state that is not further away? Without it there is no cycle.
    pub back_edges: bool,
    /// The first finding of each name.
    pub found: Vec<Found>,
    /// What cut it short.
    pub limit: Option<Limit>,
    /// In which orders locks were taken.
    pub orders: Orders,
    /// Every state, with the layer that it is in.
    pub table: Table,
}

/// How states are searched. What comes of it does not depend on it, unless a limit is met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct How {
    /// Which state is expanded next.
    pub order: Order,
    /// Are whole states kept and compared, instead of fingerprints? By one thread.
    pub exact: bool,
    /// So many threads at most; depth first needs only one.
    pub threads: usize,
}

/// Which state is expanded next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// The nearest: so the first way to a state is a shortest one.
    #[default]
    BreadthFirst,
    /// The last one that was found: few states wait at a time.
    DepthFirst,
}

impl Default for How {
    /// Breadth first, by one thread.
    fn default() -> Self {
        Self { order: Order::BreadthFirst, exact: false, threads: 1 }
    }
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
    search_with(program, &How::default(), limits, reached, control)
}

/// Searches all states of a program, in some way.
///
/// # Errors
/// As [`search`].
pub fn search_with(
    program: &Program,
    how: &How,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    search_by(Unreduced::new(program, limits.max_steps)?, &world, how, limits, reached, control)
}

/// Searches with reductions: as many findings, by name, and as many outcomes as without, in fewer states.
///
/// # Errors
/// As [`search`].
pub fn search_reduced(
    program: &Program,
    reductions: Reductions,
    how: &How,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<(Searched, Used), Halt> {
    let world = World::boot(program, &mut ())?;
    search_from(program, world.cells(), reductions, how, limits, reached, control)
}

/// Searches with reductions from a state that a booted world can come to, known by its cells.
///
/// # Errors
/// As [`search`].
pub fn search_from(
    program: &Program,
    cells: &[u32],
    reductions: Reductions,
    how: &How,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<(Searched, Used), Halt> {
    let world = World::boot(program, &mut ())?;
    // More is alike if conditions say of all what they say of some: what is broken or met at all stays the same.
    let wide = if reductions.symmetry { Symmetry::widened(&world) } else { None };
    let program = wide.as_ref().unwrap_or(program);
    let mut world = World::boot(program, &mut ())?;
    world.restore(cells);
    let reduced = Reduced::new(program, reductions, limits.max_steps)?;
    let used = reduced.used(reductions);
    Ok((search_by(reduced, &world, how, limits, reached, control)?, used))
}

/// Searches all states, layer by layer, until all findings with these names are found.
///
/// # Errors
/// As [`search`].
pub fn search_until(
    program: &Program,
    names: &[String],
    threads: usize,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    let wanted = Wanted::new(names);
    let expand = Until::new(Unreduced::new(program, limits.max_steps)?, &wanted);
    let how = How { threads, ..How::default() };
    search_by(expand, &world, &how, limits, &mut Reached::default(), control)
}

/// Searches states, layer by layer, until a finding that counts is found; with reductions or without.
///
/// # Errors
/// As [`search`].
pub fn search_for(
    program: &Program,
    only: &Only,
    reductions: Reductions,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    let world = World::boot(program, &mut ())?;
    let wanted = Wanted::new(&[only.name().to_string()]);
    let (how, reached) = (How::default(), &mut Reached::default());
    if reductions.is_none() {
        let expand = Until::new(Unreduced::new(program, limits.max_steps)?.only(only), &wanted);
        return search_by(expand, &world, &how, limits, reached, control);
    }
    let expand = Until::new(Reduced::new(program, reductions, limits.max_steps)?.only(only), &wanted);
    search_by(expand, &world, &how, limits, reached, control)
}

/// Searches all states that an [`Expand`] leads to from a world that was booted.
///
/// # Errors
/// If the world is wrong before the first step, or needs more room.
pub fn search_by<E: Expand>(
    expand: E,
    world: &World<'_>,
    how: &How,
    limits: &Limits,
    reached: &mut Reached,
    control: &dyn Control,
) -> Result<Searched, Halt> {
    world.check().map_err(Halt::Finding)?;
    reached.look(world);
    let result = if how.exact {
        run((expand, Exact::new(world.cells().len())), world, how, limits, reached, control)
    } else {
        run((expand, Table::default()), world, how, limits, reached, control)
    };
    let (seen, now) = result.map_err(Halt::Room)?;
    *reached = now;
    Ok(seen)
}

fn run<E: Expand, S: States>(
    parts: (E, S),
    world: &World<'_>,
    how: &How,
    limits: &Limits,
    reached: &Reached,
    control: &dyn Control,
) -> Result<(Searched, Reached), Room> {
    match how.order {
        Order::BreadthFirst => Layers::new(parts, world, how.threads, limits, reached, control).search(),
        Order::DepthFirst => DepthFirst::new(parts, world, limits, reached, control).search(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{ShippedLibrary, scenarios};
    use crate::limit::Progress;
    use crate::question::{Question, Scenario, Values};
    use model::machine::Room;
    use std::collections::BTreeSet;
    use std::sync::Mutex;

    fn searched<T>(
        scenario: &str,
        set: &[(&str, i64)],
        limits: &Limits,
        check: impl Fn(&Searched) -> T,
    ) -> T {
        searched_by(scenario, set, &How::default(), limits, check)
    }

    fn searched_by<T>(
        scenario: &str,
        set: &[(&str, i64)],
        how: &How,
        limits: &Limits,
        check: impl Fn(&Searched) -> T,
    ) -> T {
        let scenario = Scenario::read("x.pernet", scenario).unwrap();
        let set = set.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        let question: Question = scenario.questions(None, &set).remove(0);
        let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
        let program = loaded.compile(&Room::default()).unwrap();
        check(&search_with(&program, how, limits, &mut Reached::new(&program), &()).unwrap())
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

    /// All that is told of a search, the table's size and some depths in it included.
    fn told(seen: &Searched) -> String {
        let Searched { states, transitions, finals, final_fingerprint, depth, covered, .. } = seen;
        let table = (seen.table.len(), seen.table.bytes());
        format!(
            "{states} {transitions} {finals} {final_fingerprint:x} {depth} {covered} {} {:?} {:?} {table:?}",
            seen.back_edges, seen.found, seen.limit
        )
    }

    /// Wide layers, deep ones, several findings; complete, and cut inside a layer.
    #[test]
    fn the_same_with_any_number_of_threads() {
        const SLIP: &str = "on rfc2007;
            int a, b, c, go;
            task one { a = 1; assert(b < 6); a = 2; a = 3; a = 4; a = 5; }
            task two { b = 1; b = 2; b = 3; b = 4; b = 5; b = 6; }
            task three { c = 1; c = 2; c = 3; c = 4; c = 5; c = 6; c = 7; if (a) c = 8; }
            task four { while (!go) step; go = 2; go = 3; }
            task five { go = 1; }
            sometimes c == 8;
            never late: a == 5 && c == 7 && b == 2;";
        let cut = |max_states| Limits { max_states, ..Limits::default() };
        let small = Limits { max_memory: 1 << 20, ..Limits::default() };
        for (text, set, limits) in [
            (W, &[("M", 1), ("N", 3), ("R", 1)][..], Limits::default()),
            (W, &[("M", 2), ("N", 2), ("R", 1)], Limits::default()),
            (W, &[("M", 2), ("N", 2), ("R", 1)], cut(20_000)),
            (W, &[("M", 2), ("N", 2), ("R", 1)], small),
            (SLIP, &[], Limits::default()),
            (SLIP, &[], Limits { max_steps: 20, ..Limits::default() }),
            (SLIP, &[], cut(5_000)),
        ] {
            let with = |threads| searched_by(text, set, &How { threads, ..How::default() }, &limits, told);
            let one = with(1);
            assert_eq!((&with(2), &with(8)), (&one, &one));
        }
    }

    /// What is told, but for what depends on the way that was gone.
    fn counted(seen: &Searched) -> String {
        let Searched { states, transitions, finals, final_fingerprint, limit, .. } = seen;
        let names: BTreeSet<_> = seen.found.iter().map(|found| &found.finding.name).collect();
        format!(
            "{states} {transitions} {finals} {final_fingerprint:x} {names:?} {limit:?} {}",
            seen.table.len()
        )
    }

    /// Every shipped question that is small, in every other way.
    #[test]
    fn the_same_depth_first_and_of_whole_states() {
        let small = Limits { max_states: 20_000, ..Limits::default() };
        let exact = |order| How { order, exact: true, threads: 2 };
        let (breadth, depth) = (Order::BreadthFirst, Order::DepthFirst);
        let mut compared = 0;
        for shipped in scenarios() {
            let scenario = Scenario::read(shipped.file, shipped.text).unwrap();
            for question in scenario.questions(None, &Values::new()) {
                let loaded = scenario.load(&question, &ShippedLibrary).unwrap();
                let program = loaded.compile(&Room::default()).unwrap();
                let with = |how| search_with(&program, &how, &small, &mut Reached::new(&program), &());
                let Ok(seen) = with(How::default()) else { continue };
                if seen.limit.is_some() {
                    continue;
                }
                assert_eq!(told(&with(exact(breadth)).unwrap()), told(&seen));
                for how in [How { order: depth, ..How::default() }, exact(depth)] {
                    let other = with(how).unwrap();
                    assert_eq!(counted(&other), counted(&seen), "{} on {}", shipped.file, question.protocol);
                }
                compared += 1;
            }
        }
        assert!(compared > 100, "only {compared} questions are small enough");
    }

    /// Keeps what it is told.
    #[derive(Default)]
    struct Watching(Mutex<Vec<Progress>>);

    impl Control for Watching {
        fn poll(&self, progress: &Progress) -> Option<Limit> {
            self.0.lock().unwrap().push(*progress);
            None
        }
        fn shows(&self) -> bool {
            true
        }
    }

    /// Whoever looks changes nothing, and sees guesses of the right size.
    #[test]
    fn guesses_do_not_matter() {
        let scenario = Scenario::read("w.pernet", W).unwrap();
        let set = [("M", 2), ("N", 2), ("R", 1)].map(|(name, value)| (name.to_string(), value)).into();
        let question: Question = scenario.questions(None, &set).remove(0);
        let program = scenario.load(&question, &ShippedLibrary).unwrap().compile(&Room::default()).unwrap();
        for order in [Order::BreadthFirst, Order::DepthFirst] {
            let how = How { order, ..How::default() };
            let with = |control: &dyn Control| {
                let reached = &mut Reached::new(&program);
                search_with(&program, &how, &Limits::default(), reached, control).unwrap()
            };
            let watching = Watching::default();
            let seen = with(&watching);
            assert_eq!(told(&seen), told(&with(&())));
            let told = watching.0.lock().unwrap();
            assert!(told.len() > 10 && told.iter().all(|progress| progress.queue > 0));
            // Half way through, somewhere between a fifth and five times of what is left.
            let Progress { states, left, .. } = told[told.len() / 2];
            let left = left.expect("somebody looks").mean;
            assert!((left / 5..left * 5).contains(&(seen.states - states)), "{left} after {states}");
        }
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
        for order in [Order::BreadthFirst, Order::DepthFirst] {
            let how = How { order, ..How::default() };
            searched_by(text, &[], &how, &Limits::default(), |seen| assert!(seen.back_edges));
        }
    }
}
