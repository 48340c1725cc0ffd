//! How schedules end, counted without walking them, against counts that others made and against walking them.

use crate::binary::{root, run};
use model::machine::{Program, Room, World};
use sim::ask::Plan;
use sim::besides::Besides;
use sim::engine::{End, Halt, ended, settle};
use sim::limit::Limits;
use sim::odometer::Odometer;
use sim::outcome::{Counted, Outcomes, count};
use std::collections::BTreeMap;
use tests::lab::Case;

/// Counts the schedules of a question.
fn counted(case: &Case) -> Option<Outcomes> {
    case.compiled(|program| count(program, &Limits::default(), &()).map_err(Halt::Room)).ok()?
}

/// The benchmark's machine: complete schedules, as two independently written models count them.
#[test]
fn schedules_of_w() {
    for ([m, n], schedules) in
        [([1, 1], 6_689), ([1, 2], 84_836_926), ([1, 3], 2_869_538_177_478), ([2, 2], 5_207_364_069_767_688)]
    {
        let case = Case::in_file("bench/w.pernet", &[("M", m), ("N", n)]).remove(0);
        let outcomes = counted(&case).expect("it is small");
        assert_eq!(
            (outcomes.counted, outcomes.total()),
            (Counted::Schedules, Some(schedules)),
            "W({m},{n},1)"
        );
    }
}

/// Walks every schedule, one after the other.
struct Walk<'p> {
    world: World<'p>,
    left: u32,
    /// By what is wrong at the end.
    endings: BTreeMap<Option<String>, u128>,
}

impl Walk<'_> {
    /// False: there are too many.
    fn on(&mut self) -> Result<bool, Room> {
        let before = self.world.cells().to_vec();
        let tasks = self.world.program().task_count();
        let ready: Vec<_> = (0..tasks).filter(|&task| self.world.enabled(task)).collect();
        if ready.is_empty() {
            let wrong = match ended(&self.world) {
                End::Finding(finding) => Some(finding.name),
                _ => None,
            };
            return Ok(self.end(wrong));
        }
        for task in ready {
            let mut odometer = Odometer::new();
            loop {
                self.world.restore(&before);
                let result = self.world.step(task, &mut odometer, &mut ());
                let on = match settle(result, &self.world, true)? {
                    Some(finding) => self.end(Some(finding.name)),
                    None => self.on()?,
                };
                if !on {
                    return Ok(false);
                }
                if !odometer.advance() {
                    break;
                }
            }
        }
        Ok(true)
    }

    fn end(&mut self, wrong: Option<String>) -> bool {
        *self.endings.entry(wrong).or_default() += 1;
        self.left -= 1;
        self.left > 0
    }
}

fn walked(program: &Program) -> Result<Option<BTreeMap<Option<String>, u128>>, Halt> {
    let world = World::boot(program, &mut ())?;
    let mut walk = Walk { world, left: 20_000, endings: BTreeMap::new() };
    Ok(walk.on().map_err(Halt::Room)?.then_some(walk.endings))
}

#[test]
fn counting_agrees_with_walking() {
    let mut compared = 0;
    for case in Case::shipped() {
        let Some(outcomes) = counted(&case).filter(|outcomes| outcomes.total().is_some_and(|n| n < 20_000))
        else {
            continue;
        };
        if outcomes.counted != Counted::Schedules {
            continue;
        }
        let mut sums = BTreeMap::new();
        for row in outcomes.rows {
            *sums.entry(row.violated).or_default() += row.schedules.expect("there is a total");
        }
        let walked = case.compiled(walked).expect("it was booted before");
        assert_eq!(walked, Some(sums), "{}", case.title());
        compared += 1;
    }
    assert!(compared > 40, "only {compared} questions are small enough");
}

#[test]
fn outcomes_are_what_the_conditions_see() {
    let text = "on rfc2007; int n, m; const TWO = 2;
        task one { x = n; n = x + 1; } task two { x = n; n = x + 1; if (x == 1) m = -ENOMEM; }
        sometimes n == TWO && one.x == 0; finally lost: m == 0;";
    let outcomes = counted(&Case::new(text)).expect("it is small");
    let rows: Vec<_> = outcomes
        .rows
        .iter()
        .map(|row| {
            let name = row.violated.as_ref().unwrap_or(&row.seen);
            (name.as_str(), row.schedules.unwrap_or(0), row.states)
        })
        .collect();
    // Of the six ways to mix two reads and two writes, one lets `two` come last and one `one`.
    assert_eq!(rows, [("n=1 one.x=0 m=0", 4, 1), ("n=2 one.x=1 m=0", 1, 1), ("lost", 1, 1)]);
}

#[test]
fn what_goes_round_has_no_number() {
    let text = "on rfc2007; int go; task spin { while (!go) step; } task end { go = 1; } finally go == 1;";
    let outcomes = counted(&Case::new(text)).expect("it is small");
    assert_eq!((outcomes.counted, outcomes.total()), (Counted::States, None));
    assert_eq!(outcomes.rows.iter().map(|row| row.seen.as_str()).collect::<Vec<_>>(), ["go=1"]);
}

/// Where a search does not suffice, executions are counted, and it is said.
#[test]
fn a_limit_is_no_count() {
    let case = Case::in_file("bench/w.pernet", &[]).remove(0);
    let limits = Limits { max_states: 100, ..Limits::default() };
    let besides = Besides { outcomes: true, ..Besides::default() };
    let answer = case.ask(&Plan { limits, besides, runs: 50, ..Plan::default() });
    let outcomes = answer.besides.outcomes.expect("they were asked for");
    assert_eq!((outcomes.counted, outcomes.total()), (Counted::Executions, Some(50)));
}

#[test]
fn it_is_printed_as_a_histogram() {
    let done = run(&root().join("scenarios"), ["--outcomes", "fault/undo-without-exit.pernet"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("     outcomes: "), "{}", done.out);
    assert!(done.out.contains("violated null_call"), "{}", done.out);
    let done = run(&root().join("scenarios"), ["--outcomes", "bench/w.pernet", "--format", "jsonl"]);
    assert!(done.out.contains(r#""outcomes":{"counted":"schedules","rows":[{"seen":"#), "{}", done.out);
    assert!(done.out.contains(r#""schedules":6689,"states":2}"#), "{}", done.out);
}
