//! Reductions leave out nothing that matters: the same is found, in fewer states.

mod plain;

use model::judge::orders::Orders;
use model::machine::code::{Op, Operand};
use model::machine::value::Value;
use model::machine::{Program, TaskId, World};
use plain::{Findings, Way, search};
use sim::answer::Answer;
use sim::ask::{Mode, Plan};
use sim::engine::Halt;
use sim::limit::Limits;
use sim::reduce::Reductions;
use std::collections::BTreeSet;
use tests::lab::Case;
use tests::namespaces::Namespaces;
use tests::side_by_side::side_by_side;
use tests::small::Small;

/// Each reduction alone, and all together.
const EACH: [&str; 5] = ["movers", "chains", "symmetry", "movers,chains", "all"];

/// Compares the search without reductions with each; how many states are there without, unless they are too many?
fn compare(case: &Case, most: usize) -> Option<usize> {
    let none = Way::sound(Reductions::NONE);
    let (states, all) = case.compiled(|program| search(program, &none, most)).ok()??;
    for text in EACH {
        let reductions = Reductions::parse(text).unwrap();
        let way = Way::sound(reductions);
        let (fewer, found) = case.compiled(|program| search(program, &way, usize::MAX)).unwrap().unwrap();
        assert_eq!(found, all.seen_by(reductions), "{} with {text}\n{}", case.title(), case.scenario.text());
        assert!(fewer <= states, "{fewer} states of {} with {text}, {states} without", case.title());
    }
    Some(states)
}

#[test]
fn shipped_scenarios_come_to_the_same() {
    let cases: Vec<_> = Case::shipped().into_iter().filter(|case| compare(case, 4_000).is_some()).collect();
    assert!(cases.len() > 340, "only {} questions are small", cases.len());
}

#[test]
fn random_worlds_come_to_the_same() {
    let (mut compared, mut broken, mut livelocks) = (0, 0, 0);
    for number in 0.. {
        let case = Case::new(&Small::text(number));
        if compare(&case, 1_500).is_some() {
            compared += 1;
            // Livelocks, too, are told alike.
            let names = |answer: Answer| answer.violations.into_iter().map(|found| found.name);
            let without: BTreeSet<_> = names(case.search()).collect();
            let with: BTreeSet<_> = names(case.ask(&Plan::default())).collect();
            assert_eq!(with, without, "{}", case.scenario.text());
            broken += u32::from(!with.is_empty());
            livelocks += u32::from(with.contains("livelock"));
        }
        if compared == 2_000 {
            break;
        }
    }
    assert!((400..1_900).contains(&broken), "{broken} worlds of {compared} break something");
    assert!(livelocks > 20, "only {livelocks} worlds go round for ever");
}

/// Worlds of the newest era, which has the most that only one task can come to.
#[test]
fn worlds_of_the_newest_era_come_to_the_same() {
    let cases = (0..30).map(|number| Case::new(&Small::newest(number)));
    let compared = cases.filter(|case| compare(case, 6_000).is_some()).count();
    assert!(compared >= 15, "only {compared} worlds are small");
}

/// So do worlds of the newest kernel, with its semaphores, slots, ids and phases.
#[test]
fn worlds_of_namespaces_come_to_the_same() {
    let small = |number: usize| compare(&Case::new(&Namespaces::text(number as u64)), 1_500).is_some();
    let compared = side_by_side(120, small).into_iter().filter(|small| *small).count();
    assert!(compared > 40, "only {compared} worlds are small");
}

/// How many of the first random worlds come to something else by an unsound way?
fn caught(way: impl Fn(&Program) -> Way) -> usize {
    let differs = |number: &u64| {
        let case = Case::new(&Small::text(*number));
        let none = Way::sound(Reductions::NONE);
        let Ok(Some((_, all))) = case.compiled(|program| search(program, &none, 1_500)) else { return false };
        let other = case.compiled(|program| search(program, &way(program), 10_000));
        other != Ok(None) && other.is_ok_and(|other| other.unwrap().1 != all)
    };
    (0..200).filter(differs).count()
}

/// The check above can fail: reductions that are unsound in ways that are easy to think of are caught.
#[test]
fn unsound_reductions_are_caught() {
    // Who holds a lock goes on alone, whatever it touches.
    let holder = |world: &World<'_>, task: TaskId| {
        let mut locks = world.program().static_locks.iter();
        locks.any(|lock| world.cells()[lock.address() as usize] == task + 1)
    };
    // Whoever stands before a write goes on alone.
    let stubborn = |world: &World<'_>, task: TaskId| world.doing(task).verb.is_none();
    // Whoever has allocated an object has it alone, wherever else it is known.
    let allocator = |world: &World<'_>, task: TaskId| {
        let (program, pc) = (world.program(), world.doing(task).pc as usize);
        let (Op::Load { object, .. } | Op::Store { object, .. }) = program.code[pc].op else { return false };
        let Operand::Slot(slot) = object.what() else { return false };
        let own_body = program.function_of[pc] == program.tasks[task as usize].func;
        let cell = program.layout.segments[task as usize].stack + u32::from(slot);
        let value = Value(world.cells()[cell as usize]);
        own_body && value.is_place() && program.layout.owner(value.address()) == Some(task)
    };
    assert!(caught(|_| Way::unsound(allocator)) > 2);
    assert!(caught(|_| Way::unsound(holder)) > 10);
    assert!(caught(|_| Way::unsound(stubborn)) > 10);
    // Movers of a text without the conditions that are asked.
    assert!(caught(|program| Way::blind(Program { conditions: Vec::new(), ..program.clone() })) > 2);
}

/// Where a search without reductions is cut short before it comes to a finding, there is a schedule all the same, and it
/// leads there: answers repeat every schedule.
#[test]
fn deep_findings_have_schedules() {
    let mut deep = 0;
    for case in Case::shipped().iter().filter(|case| !case.question.breaks.is_empty()) {
        let ask = |max_states| {
            let limits = Limits { max_states, ..Limits::default() };
            case.ask(&Plan { mode: Mode::Exhaustive, limits, ..Plan::default() })
        };
        let Some(states) = ask(1_000_000).states else { continue };
        let answer = ask(states);
        assert_eq!(answer.nondeterminism, None, "{}", case.title());
        let shortest = ask(1_000_000);
        // A circle of locks has no schedule: nobody need have gone round it.
        for violation in answer.violations.into_iter().filter(|violation| violation.name != Orders::NAME) {
            let title = format!("{} in {}", violation.name, case.title());
            assert!(violation.schedule.is_some(), "{title}");
            let known = shortest.violations.iter().find(|known| known.name == violation.name);
            let least = known.expect("it is found in any case").steps;
            assert!(violation.steps >= least, "{title}");
            deep += u32::from(violation.steps > least);
        }
    }
    assert!(deep > 3, "only {deep} findings lie too deep");
}

/// What is stored are the states of the unreduced graph in which nobody stands before a mover and more than one task can
/// go on; besides, the first state and the last ones.
#[test]
fn as_few_states_of_w_as_can_be() {
    for ([m, n], want) in [([1, 1], 10), ([1, 2], 59), ([2, 2], 594), ([2, 3], 2_356)] {
        let case = &Case::in_file("bench/w.pernet", &[("M", m), ("N", n)])[0];
        let count = |text: &str| {
            let way = Way::sound(Reductions::parse(text).unwrap());
            let found: Result<Option<(usize, Findings)>, String> =
                case.compiled(|program| -> Result<_, Halt> { search(program, &way, usize::MAX) });
            found.unwrap().unwrap()
        };
        let (states, found) = count("movers,chains");
        assert_eq!(states - found.finals.len(), want, "W({m},{n},1)");
    }
}
