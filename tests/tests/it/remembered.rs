//! Steps that are remembered against steps that are run: the same cells, findings and questions, in every world.

use model::machine::program::TaskId;
use model::machine::{Chance, Event, Known, Picks, Program, Stop, Watch, World};
use sim::engine::Halt;
use sim::rng::Words;
use sim::search::expand::changed;
use tests::lab::Case;
use tests::planted::two_for_each;
use tests::small::Small;

/// Who sees anything sees every step run.
struct Sees;

impl Watch for Sees {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: Event) {}
}

/// Answers that are drawn, and what was asked.
struct Drawn {
    words: Words,
    asked: Vec<(Chance, u32)>,
}

impl Drawn {
    fn new(seed: u64) -> Self {
        Self { words: Words::new(seed), asked: Vec::new() }
    }
}

impl Picks for Drawn {
    fn pick(&mut self, chance: Chance, options: u32) -> u32 {
        let answer = u32::try_from(self.words.word() % 5 % u64::from(options)).expect("an option");
        self.asked.push((chance, answer));
        answer
    }
}

/// Steps that were taken, and those of them that were known.
#[derive(Default)]
struct Count {
    steps: u64,
    known: u64,
    findings: u64,
    /// Known steps of a state that were those of the state before.
    stayed: u64,
}

/// Of each task, the step that was known of it in an earlier state, and what it looks at, as long as nothing of that has changed.
struct Stay {
    steps: Vec<Option<(Known, u64)>>,
    cells: Vec<u32>,
}

impl Stay {
    /// Looks at the next state: where nothing has changed that a step looks at, it must be known still, and be the same.
    fn look(&mut self, world: &mut World<'_>, ready: &[TaskId]) -> u64 {
        let changed = changed(&self.cells, world.cells());
        self.cells = world.cells().to_vec();
        let mut stayed = 0;
        for (task, step) in (0..).zip(&mut self.steps) {
            *step = step.filter(|(_, looks_at)| looks_at & changed == 0);
            if !ready.contains(&task) {
                continue;
            }
            let mut drawn = Drawn::new(0);
            let known = world.known_step(task, &mut drawn).filter(|_| drawn.asked.is_empty());
            if let Some((before, _)) = *step {
                let now = known.expect("nothing has changed");
                assert_eq!(world.changes(now), world.changes(before));
                stayed += 1;
            }
            *step = known.map(|known| (known, world.looks_at(known)));
        }
        stayed
    }
}

const SCHEDULES: u64 = 12;
const MOST_STEPS: u64 = 120;

/// Takes the same steps in two worlds, one of which remembers them. Each schedule comes twice.
fn walk(program: &Program, count: &mut Count) -> Result<(), Halt> {
    let (mut runs, mut remembers) = (World::boot(program, &mut ())?, World::boot(program, &mut ())?);
    remembers.remember_all();
    let start = runs.cells().to_vec();
    for schedule in 0..SCHEDULES {
        let mut words = Words::new(schedule / 2);
        runs.restore(&start);
        remembers.restore(&start);
        let steps = vec![None; program.tasks.len()];
        let mut stay = Stay { steps, cells: Vec::new() };
        for _ in 0..MOST_STEPS {
            let ready: Vec<_> = (0..program.task_count()).filter(|&task| runs.enabled(task)).collect();
            if ready.is_empty() {
                break;
            }
            count.stayed += stay.look(&mut remembers, &ready);
            let task = ready[usize::try_from(words.word() % ready.len() as u64).expect("a place")];
            let seed = words.word();
            let known = remembers.known_step(task, &mut Drawn::new(seed));
            let before = remembers.cells().to_vec();
            let behind = known.map(|known| {
                let mut cells = before.clone();
                for &change in remembers.changes(known).as_flattened() {
                    cells[(change >> 32) as usize] = u32::try_from(change & 0xffff_ffff).expect("a half");
                }
                (cells, remembers.fingerprint_behind(known, remembers.fingerprint()))
            });
            remembers.mark();
            let (mut one, mut other) = (Drawn::new(seed), Drawn::new(seed));
            let expected = runs.step(task, &mut one, &mut Sees);
            let result = remembers.step(task, &mut other, &mut ());
            assert_eq!((&result, &other.asked), (&expected, &one.asked));
            count.steps += 1;
            match result {
                Ok(()) => {}
                Err(Stop::Room(room)) => return Err(Halt::Room(room)),
                Err(Stop::Finding(_)) => {
                    assert_eq!(known, None, "what is wrong is not remembered");
                    count.findings += 1;
                    break;
                }
            }
            assert_eq!(remembers.cells(), runs.cells());
            assert_eq!(remembers.orders(), runs.orders());
            if let Some((cells, fingerprint)) = behind {
                assert_eq!((&cells[..], fingerprint), (runs.cells(), runs.fingerprint()));
                count.known += 1;
            }
            // It is noted where a known step writes.
            remembers.take_back(&before);
            assert_eq!(remembers.cells(), before);
            remembers.restore(runs.cells());
        }
    }
    Ok(())
}

#[track_caller]
fn check(cases: &[Case]) {
    let mut count = Count::default();
    for case in cases {
        let _ = case.compiled(|program| walk(program, &mut count));
    }
    let Count { steps, known, findings, stayed } = count;
    assert!(known * 3 > steps, "{known} known ones among {steps} steps");
    assert!(findings > 10, "{findings} findings");
    assert!(stayed > steps / 10, "{stayed} steps stayed the same among {steps}");
}

#[test]
fn steps_of_shipped_questions() {
    check(&Case::shipped());
}

#[test]
fn steps_of_mutants() {
    check(&two_for_each());
}

#[test]
fn steps_of_small_worlds() {
    check(&Small::first(300));
}
