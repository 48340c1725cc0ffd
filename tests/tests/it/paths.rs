//! Executions along known paths against executions of which each step is taken: the same in all they come to, in every world.

use model::machine::Program;
use sim::engine::{Bounds, End, Engine, Execution, Halt, Reached};
use sim::limit::Progress;
use sim::pick::{Pick, Point, Scheduler};
use sim::rng::{Words, settle};
use tests::lab::Case;
use tests::planted::two_for_each;
use tests::small::Small;

/// Executions that are run of each world: each of a few comes again and again.
const EXECUTIONS: u64 = 240;
const DIFFERENT: u64 = 6;

/// Picks at random; now and then something that is none of the options.
struct Unfit {
    words: Words,
    /// So many picks are left before that.
    left: u64,
}

impl Scheduler for Unfit {
    fn begin(&mut self, execution: u64) -> bool {
        self.words.stream(execution);
        self.left = if execution.is_multiple_of(3) { self.words.word() % 64 } else { u64::MAX };
        true
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        self.left -= 1;
        match (self.left, point) {
            (0, Point::Who(_)) => Pick::Answer(0),
            (0, _) => Pick::Answer(2),
            _ => settle(self.words.word(), point),
        }
    }
}

/// What was met in all worlds.
#[derive(Default, Debug)]
struct Count {
    complete: u64,
    findings: u64,
    long: u64,
    diverged: u64,
    answers: u64,
    states: usize,
}

/// Runs the same executions in engines that keep paths of different sizes and in one that keeps none.
fn run(program: &Program, count: &mut Count) -> Result<(), Halt> {
    for words in [60, 1 << 20] {
        let (mut plain, mut keeps) = (Engine::new(program, &mut ())?, Engine::new(program, &mut ())?);
        plain.keep_paths(0);
        keeps.keep_paths(words);
        for execution in 0..EXECUTIONS {
            let number = execution % DIFFERENT;
            let max_steps = if number == 1 { 17 } else { 400 };
            let one = once(&mut plain, number, max_steps)?;
            let other = once(&mut keeps, number, max_steps)?;
            assert_eq!(other, one);
            assert_eq!(keeps.journal(), plain.journal());
            assert_eq!(keeps.world().cells(), plain.world().cells());
            assert_eq!(keeps.world().orders(), plain.world().orders());
            count.answers +=
                plain.journal().iter().filter(|pick| matches!(pick, Pick::Answer(_))).count() as u64;
            match one.end {
                End::Complete => count.complete += 1,
                End::Finding(_) => count.findings += 1,
                End::Limit(_) => count.long += 1,
                End::Diverged => count.diverged += 1,
                End::Stopped => panic!("nobody stops it"),
            }
        }
        count.states += keeps.states_on_paths();
        assert_eq!(plain.states_on_paths(), 0);
    }
    Ok(())
}

fn once(engine: &mut Engine<'_>, number: u64, max_steps: u64) -> Result<Execution, Halt> {
    let mut scheduler = Unfit { words: Words::new(1), left: 0 };
    scheduler.begin(number);
    let bounds = Bounds { max_steps, control: &(), progress: Progress::default() };
    engine.run(&mut scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)
}

#[track_caller]
fn check(cases: &[Case]) {
    let mut count = Count::default();
    for case in cases {
        let _ = case.compiled(|program| run(program, &mut count));
    }
    let Count { complete, findings, long, diverged, answers, states } = count;
    assert!([complete, findings, long, diverged, answers].iter().all(|&met| met > 500), "{count:?}");
    assert!(states > 40 * cases.len(), "{count:?}");
}

#[test]
fn executions_of_shipped_questions() {
    check(&Case::shipped());
}

#[test]
fn executions_of_mutants() {
    check(&two_for_each());
}

#[test]
fn executions_of_small_worlds() {
    check(&Small::first(300));
}

/// Where nearly every state is new, going along paths costs more than it spares; where the same ones come again, it does not.
#[test]
fn paths_that_do_not_pay_are_given_up() {
    for (registrars, given_up) in [(4, true), (1, false)] {
        let cases = Case::in_file("bench/w.pernet", &[("M", registrars), ("N", 3), ("R", 1)]);
        let states = cases[0].compiled(|program| {
            let mut engine = Engine::new(program, &mut ())?;
            for number in 0..250_000 {
                once(&mut engine, 3 * number + 1, 400)?;
                if number > 0 && engine.states_on_paths() == 0 {
                    break;
                }
            }
            Ok(engine.states_on_paths())
        });
        assert_eq!(states.map(|states| states == 0), Ok(given_up), "{registrars} registrars");
    }
}
