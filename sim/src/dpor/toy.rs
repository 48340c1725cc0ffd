//! A small machine of our own, to hold the search against: every schedule of a random program, one after the other.

use super::{Book, Bounds, Control, Counts, Ending, Footprint, Over, Ran, Script, Search, System, Trace};
use crate::rng::Words;
use model::machine::{Chance, Picks, Room, TaskId};
use std::collections::BTreeSet;

/// What is read and written, as bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Touches {
    reads: u32,
    writes: u32,
}

impl Footprint for Touches {
    const ALL: Self = Self { reads: !0, writes: !0 };
    fn conflicts(&self, other: &Self) -> bool {
        self.writes & (other.reads | other.writes) | self.reads & other.writes != 0
    }
}

const VARS: usize = 3;
const BUDGET: usize = VARS;
const LOCKS: usize = BUDGET + 1;
const TASKS: usize = LOCKS + 2;

/// One event of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Op {
    Write(usize, u32),
    Add(usize),
    /// Passes over the next one if the variable has this value.
    Skip(usize, u32),
    Lock(usize),
    Unlock(usize),
    WaitFor(usize, u32),
    /// Waits for both to be 0.
    WaitBoth(usize, usize),
    /// May write the variable, if the budget allows.
    May(usize),
    /// Adds to none of two variables, to one of them, or to both.
    Choose(usize, usize),
    /// Finds something if the variable has this value.
    Bug(usize, u32),
}

const fn touches(reads: u32, writes: u32) -> Touches {
    Touches { reads, writes }
}

impl Op {
    /// `answer`: of its pick, 0 if it has none.
    fn touches(self, answer: u32) -> Touches {
        let var = |at: usize| 1 << at;
        match self {
            Self::Write(at, _) => touches(0, var(at)),
            Self::Add(at) => touches(var(at), var(at)),
            Self::Skip(at, _) | Self::WaitFor(at, _) | Self::Bug(at, _) => touches(var(at), 0),
            Self::WaitBoth(a, b) => touches(var(a) | var(b), 0),
            Self::Lock(at) | Self::Unlock(at) => touches(0, var(LOCKS + at)),
            Self::May(at) if answer == 1 => touches(var(BUDGET), var(at) | var(BUDGET)),
            Self::May(_) => touches(var(BUDGET), 0),
            Self::Choose(a, b) => touches(0, (var(a) * (answer & 1)) | (var(b) * (answer >> 1))),
        }
    }
}

/// Variables, the budget, two locks; then where each task stands.
struct Toy {
    texts: Vec<Vec<Op>>,
    cells: Vec<u32>,
    /// Does it say that a fault leaves the budget alone?
    lies: bool,
    seen: Seen,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Seen {
    /// States at which nobody can go on.
    finals: BTreeSet<Vec<u32>>,
    /// Who found something, and where it stood.
    bugs: BTreeSet<(TaskId, u32)>,
}

impl Toy {
    fn new(texts: &[Vec<Op>], budget: u32) -> Self {
        let mut cells = vec![0; TASKS + texts.len()];
        cells[BUDGET] = budget;
        Self { texts: texts.to_vec(), cells, lies: false, seen: Seen::default() }
    }

    fn op(&self, task: TaskId) -> Option<Op> {
        self.texts[task as usize].get(self.cells[TASKS + task as usize] as usize).copied()
    }

    fn look(&mut self) {
        self.seen.finals.insert(self.cells.clone());
    }
}

impl System for Toy {
    type Footprint = Touches;

    fn tasks(&self) -> TaskId {
        u32::try_from(self.texts.len()).unwrap()
    }

    fn cells(&self) -> &[u32] {
        &self.cells
    }

    fn restore(&mut self, cells: &[u32]) {
        self.cells.copy_from_slice(cells);
    }

    fn enabled(&self, task: TaskId) -> bool {
        match self.op(task) {
            None => false,
            Some(Op::Lock(at)) => self.cells[LOCKS + at] == 0,
            Some(Op::WaitFor(at, value)) => self.cells[at] == value,
            Some(Op::WaitBoth(a, b)) => self.cells[a] == 0 && self.cells[b] == 0,
            Some(_) => true,
        }
    }

    fn gone(&self, task: TaskId) -> bool {
        self.op(task).is_none()
    }

    fn may_wait(&self, task: TaskId) -> bool {
        matches!(self.op(task), Some(Op::Lock(_) | Op::WaitFor(..) | Op::WaitBoth(..)))
    }

    fn pending(&self, task: TaskId) -> Touches {
        self.op(task).unwrap().touches(0)
    }

    fn run(&mut self, task: TaskId, script: &mut Script) -> Result<Ran<Touches>, Room> {
        let op = self.op(task).unwrap();
        let pc = TASKS + task as usize;
        let (mut found, mut answer) = (false, 0);
        self.cells[pc] += 1;
        match op {
            Op::Write(at, value) => self.cells[at] = value,
            Op::Add(at) => self.cells[at] += 1,
            Op::Skip(at, value) => self.cells[pc] += u32::from(self.cells[at] == value),
            Op::Lock(at) => self.cells[LOCKS + at] = task + 1,
            Op::Unlock(at) => self.cells[LOCKS + at] = 0,
            Op::WaitFor(..) | Op::WaitBoth(..) => {}
            Op::May(at) => {
                answer = if self.cells[BUDGET] > 0 { script.pick(Chance::May(0), 2) } else { 0 };
                if answer == 1 {
                    self.cells[BUDGET] -= 1;
                    self.cells[at] = 7;
                }
            }
            Op::Choose(a, b) => {
                answer = script.pick(Chance::May(0), 4);
                self.cells[a] += answer & 1;
                self.cells[b] += answer >> 1;
            }
            Op::Bug(at, value) => found = self.cells[at] == value,
        }
        if found {
            self.seen.bugs.insert((task, self.cells[pc]));
        }
        let mut footprint = op.touches(answer);
        footprint.writes &= if self.lies { !(1 << BUDGET) } else { !0 };
        Ok(Ran { footprint, steps: 1, found })
    }

    fn ended(&mut self, _: &Trace, _: &Book, ending: Ending) -> bool {
        if ending == Ending::Quiet {
            self.look();
        }
        true
    }
}

impl Control for () {
    fn goes_on(&mut self, _: &Counts, _: &mut dyn Iterator<Item = u32>) -> bool {
        true
    }
}

/// An event of a schedule: whose, what was answered, what it touched.
type Step = (TaskId, Vec<u32>, Touches);

/// Foata's normal form: events in layers, each in the first layer behind all that it does not commute with.
fn foata(schedule: &[Step]) -> Vec<(usize, TaskId, Vec<u32>)> {
    let mut layers: Vec<usize> = Vec::new();
    for (at, (task, _, touches)) in schedule.iter().enumerate() {
        // What found something commutes with nothing, not even with what touches nothing.
        let ordered =
            |early: &Step| early.0 == *task || early.2.conflicts(touches) || *touches == Touches::ALL;
        let before = (0..at).filter(|&early| ordered(&schedule[early]));
        layers.push(before.map(|early| layers[early] + 1).max().unwrap_or(0));
    }
    let mut form: Vec<_> = layers
        .iter()
        .zip(schedule)
        .map(|(&layer, (task, answers, _))| (layer, *task, answers.clone()))
        .collect();
    form.sort();
    form
}

/// All schedules, by their normal forms.
#[derive(Default)]
struct All {
    forms: BTreeSet<Vec<(usize, TaskId, Vec<u32>)>>,
    schedules: u64,
}

impl All {
    fn walk(&mut self, toy: &mut Toy, schedule: &mut Vec<Step>) {
        let enabled: Vec<_> = (0..toy.tasks()).filter(|&task| toy.enabled(task)).collect();
        if enabled.is_empty() {
            toy.look();
            self.ends(schedule);
        }
        let before = toy.cells.clone();
        for task in enabled {
            let mut answers = Some(Vec::new());
            while let Some(given) = answers {
                if self.schedules > 3_000 {
                    return;
                }
                toy.restore(&before);
                let mut script = Script::default();
                script.begin(&given);
                let ran = toy.run(task, &mut script).unwrap();
                answers = script.next();
                let touches = if ran.found { Touches::ALL } else { ran.footprint };
                schedule.push((task, given, touches));
                if ran.found {
                    self.ends(schedule);
                } else {
                    self.walk(toy, schedule);
                }
                schedule.pop();
            }
        }
    }

    fn ends(&mut self, schedule: &[Step]) {
        self.schedules += 1;
        self.forms.insert(foata(schedule));
    }
}

fn draw(words: &mut Words) -> (Vec<Vec<Op>>, u32) {
    let mut below = |n: u64| usize::try_from(words.word() % n).unwrap();
    let tasks = 2 + below(3);
    let texts = (0..tasks).map(|_| {
        let mut text: Vec<Op> = Vec::new();
        for _ in 0..1 + below(3) {
            let (at, value) = (below(3), u32::try_from(below(3)).unwrap());
            match below(16) {
                0..3 => text.push(Op::Write(at, value)),
                3 => text.push(Op::Add(at)),
                4 => text.push(Op::Skip(at, value)),
                5 | 6 => {
                    let lock = below(2);
                    text.extend([Op::Lock(lock), Op::Add(at), Op::Unlock(lock)]);
                }
                7 => text.push(Op::WaitFor(at, value.min(1))),
                8 => text.push(Op::WaitBoth(0, 1 + at % 2)),
                9 | 10 => text.push(Op::May(at)),
                11 => text.push(Op::Bug(at, value)),
                12 => text.push(Op::Write(at, 0)),
                13 | 14 => text.push(Op::Choose(at, below(3))),
                _ => text.push(Op::Lock(below(2))),
            }
        }
        text
    });
    (texts.collect(), u32::try_from(below(3)).unwrap())
}

/// What every schedule of a random program comes to, and what the search of it does; `None`: there are too many.
fn both(stream: u64, store: usize, lies: bool) -> Option<[(u64, u64, Seen); 2]> {
    let mut words = Words::new(7);
    words.stream(stream);
    let (texts, budget) = draw(&mut words);
    let (mut all, mut toy) = (All::default(), Toy::new(&texts, budget));
    all.walk(&mut toy, &mut Vec::new());
    if all.schedules > 3_000 {
        return None;
    }
    let want = (all.forms.len() as u64, 0, toy.seen);
    let mut toy = Toy { lies, ..Toy::new(&texts, budget) };
    let bounds = Bounds { max_steps: 1_000, max_executions: 10_000, max_memory: 1 << 30, store };
    let (counts, over) = Search::new(&mut toy, bounds).run(&mut ()).unwrap();
    assert_eq!(over, Over::Complete);
    Some([want, (counts.executions, counts.blocked, toy.seen)])
}

/// One execution of each trace, none for nothing, and everything is seen.
#[test]
fn executions_are_traces() {
    let (mut compared, mut largest) = (0, 0);
    for stream in 0..3_000 {
        // What was run lately makes no difference, however little of it is kept.
        let store = [0, 1_000, 1_000_000][compared % 3];
        let Some([want, seen]) = both(stream, store, false) else { continue };
        assert_eq!(seen, want, "program {stream}");
        compared += 1;
        largest = largest.max(want.0);
    }
    assert!(compared > 2_000 && largest > 500, "{compared} programs, {largest} traces");
}

/// Footprints that leave something out are noticed.
#[test]
fn a_lie_is_noticed() {
    let noticed = |&stream: &u64| both(stream, 0, true).is_some_and(|[want, seen]| seen != want);
    assert!((0..300).find(noticed).is_some());
}
