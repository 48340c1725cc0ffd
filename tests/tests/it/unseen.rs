//! Estimates of what sampling has not seen, against the truth: the number of states that a search finds, and the exact
//! probability that a random walk leaves what was seen.

use model::machine::{Program, Room, TaskId, Watch, World};
use sim::ask::{Mode, Plan};
use sim::besides::Besides;
use sim::engine::{End, Follow, Halt, Reached};
use sim::odometer::Odometer;
use sim::pick::Pick;
use sim::sample::{Audience, Sampling, Tally, sample};
use sim::scheduler::UNIFORM;
use sim::unseen::Unseen;
use std::collections::{BTreeMap, BTreeSet};
use tests::lab::Case;

fn w(nets: i64) -> Case {
    Case::in_file("bench/w.pernet", &[("N", nets)]).remove(0)
}

fn sampled(nets: i64, runs: u64, seed: u64) -> Unseen {
    let besides = Besides { estimate: true, ..Besides::default() };
    let answer = w(nets).ask(&Plan { mode: Mode::Sampled, runs, seed, besides, ..Plan::default() });
    answer.besides.unseen.expect("it was asked for")
}

/// The bound stays below the truth and comes nearer to it, and sees that something is missing for as long as it is.
#[test]
fn the_bound_leads_to_the_truth() {
    for (nets, truth) in [(1, 179), (2, 1_387)] {
        let mut last = 0;
        for runs in [10, 100, 1_000, 10_000] {
            let unseen = sampled(nets, runs, 0);
            let bound = unseen.at_least();
            assert_eq!(unseen.executions, runs);
            assert!(unseen.seen <= bound && bound <= truth, "{bound} of {truth} after {runs}: {unseen:?}");
            assert!(bound >= last, "{bound} after {runs}, and {last} before");
            assert!(unseen.seen == truth || unseen.news() > 0, "{unseen:?}");
            last = bound;
        }
        assert!(last * 10 >= truth * 8, "{last} of {truth}");
    }
}

/// Which states executions have shown.
#[derive(Default)]
struct Seen(BTreeSet<u64>);

impl Watch for Seen {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: model::machine::Event) {}
}

impl Follow for Seen {
    fn begins(&mut self, world: &World<'_>, _: TaskId) {
        self.0.insert(world.canonical());
    }
}

impl Audience for Seen {
    fn over(&mut self, world: &World<'_>, _: &End, _: &[Pick]) {
        self.0.insert(world.canonical());
    }
}

/// 1, as a fixed-point number.
const ONE: u64 = 1 << 60;

/// How likely a walk from this state, which was seen, comes to one that was not. A fault happens once in eight.
fn news(world: &mut World<'_>, seen: &BTreeSet<u64>, known: &mut BTreeMap<u128, u64>) -> Result<u64, Room> {
    let (state, cells) = (world.fingerprint(), world.cells().to_vec());
    if let Some(&known) = known.get(&state) {
        return Ok(known);
    }
    let tasks = world.program().task_count();
    let ready: Vec<_> = (0..tasks).filter(|&task| world.enabled(task)).collect();
    let mut sum = 0;
    for &task in &ready {
        let mut odometer = Odometer::new();
        loop {
            world.restore(&cells);
            world.step(task, &mut odometer, &mut ()).expect("nothing is wrong with W");
            let to = if seen.contains(&world.canonical()) { news(world, seen, known)? } else { ONE };
            let likely = odometer.answers().fold(to / ready.len() as u64, |share, answer| match answer {
                Pick::Answer(0) => share / 8 * 7,
                _ => share / 8,
            });
            sum += likely;
            if !odometer.advance() {
                break;
            }
        }
    }
    known.insert(state, sum);
    Ok(sum)
}

/// In millionths: what Good and Turing say after so many executions, and the truth.
fn predicted(program: &Program, runs: u64, seed: u64, unseen: &Unseen) -> Result<(u64, u64), Halt> {
    let mut seen = Seen::default();
    let mut scheduler = UNIFORM.build(seed).expect("it needs no schedule");
    let how = Sampling { runs, timed: false, max_steps: u64::MAX, endless: u64::MAX, control: &() };
    sample(program, &how, &mut *scheduler, &mut Tally::default(), &mut Reached::default(), &mut seen)?;
    assert_eq!(seen.0.len() as u64, unseen.seen);
    let mut world = World::boot(program, &mut ())?;
    let exact = news(&mut world, &seen.0, &mut BTreeMap::new()).map_err(Halt::Room)?;
    Ok((unseen.news(), exact / (ONE / 1_000_000)))
}

/// One estimate is off by chance; their mean over many seeds is the mean of the truths.
#[test]
fn good_and_turing_foretell_the_next_execution() {
    const SEEDS: u64 = 200;
    for (nets, runs) in [(1, 20), (1, 100), (2, 50), (2, 200)] {
        let both = w(nets).compiled(|program| {
            (0..SEEDS).try_fold((0, 0), |(said, exact), seed| {
                let (one, other) = predicted(program, runs, seed, &sampled(nets, runs, seed))?;
                Ok((said + one, exact + other))
            })
        });
        let (said, exact) = both.expect("W boots");
        let title = format!("W(1,{nets},1) after {runs}: {said} said, {exact} true, millionths of {SEEDS}");
        assert!(said.abs_diff(exact) * 10 <= exact, "{title}");
    }
}

#[test]
fn equal_seeds_give_equal_estimates() {
    assert_eq!(sampled(1, 100, 7), sampled(1, 100, 7));
    assert_ne!(sampled(1, 100, 7), sampled(1, 100, 8));
}
