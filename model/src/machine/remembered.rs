//! Steps that were taken before: what a step does is a function of the cells that it looks at and of the answers that it gets.
//!
//! So whoever takes the same step again need not run it. The steps of a task from one position are a tree of questions, each
//! about one cell or one answer, in the order in which the first run asked; behind the last one stands what the step changes.
//! Where all known steps go the same way a question is passed over, and the cells are compared all at once behind it, before
//! anything is done: as in a PATRICIA tree. What judges look at is asked for like everything else. Only steps in which nothing
//! was wrong are remembered, and only for those who do not want to see what happens inside them.

mod records;
mod tree;

use super::event::{Chance, Picks};
use super::fingerprint;
use super::memory::Memory;
use super::program::TaskId;
use super::world::{Stop, World};
use alloc::boxed::Box;
use alloc::vec::Vec;
pub use records::BATCH;
use records::{Record, Records};
use tree::{Asked, Root, Tree, Way};

/// Questions that are remembered at most, of all steps together, and words of records: some 20 MiB.
const MOST: usize = 1 << 19;

/// One step is learnt for so many that are taken at least: it costs as much as many of them.
const STEPS_A_LESSON: u64 = 1 << 6;

/// So many answers are looked through at most for one step.
const MOST_OTHERS: usize = 1 << 8;

/// A step that looks at more cells is not remembered.
const MOST_CELLS: usize = 1 << 10;

/// What is noted of a chance that was asked for, instead of a cell.
pub(super) const ANSWER: u32 = 1 << 31;

/// How a chance is noted.
pub(super) const fn noted(chance: Chance) -> u32 {
    let (kind, site) = match chance {
        Chance::May(site) => (0, site),
        Chance::Fault(site) => (1, site),
        Chance::Kill(site) => (2, site),
    };
    ANSWER | kind << 16 | site as u32
}

#[allow(clippy::cast_possible_truncation, reason = "the lowest 16 bits are the site")]
const fn chance(noted: u32) -> Chance {
    let site = noted as u16;
    match noted >> 16 & 3 {
        0 => Chance::May(site),
        1 => Chance::Fault(site),
        _ => Chance::Kill(site),
    }
}

/// A step that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known(Record);

/// What came of looking for a step.
enum Looked {
    /// It was taken before.
    Known(Known),
    /// It was not; the answers that it has got so far must be given again.
    New,
    /// It is not, and need not be remembered; the answers must be given again all the same.
    Never,
}

/// The steps that were taken.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    tree: Tree,
    /// Of each question to the picks: how it is noted, and what must be so before it is asked.
    asked: Vec<(u32, Record)>,
    records: Records,
    /// Steps that were looked for, and those that may be learnt by now, less those that were.
    looks: u64,
    lessons: u64,
    /// What the picks have said in the step that was looked for last.
    answers: Vec<u32>,
}

/// Whoever has a copy of a world learns for himself.
impl Clone for Remembered {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Remembered {
    /// Looks for the step of a task from a position.
    #[inline]
    fn look(&mut self, memory: &Memory, task: TaskId, position: u32, picks: &mut dyn Picks) -> Looked {
        self.answers.clear();
        self.looks += 1;
        self.lessons += u64::from(self.looks.is_multiple_of(STEPS_A_LESSON));
        let asked = match self.tree.ask(task, position, memory.all()) {
            Asked::Of(root) => root,
            Asked::Never => return Looked::Never,
            Asked::New => return self.unknown(0),
        };
        if let Way::End(end) = self.tree.guess(asked)
            && self.records.agrees(Record(end), task, memory.all())
        {
            self.tree.knew(asked);
            return Looked::Known(Known(Record(end)));
        }
        self.look_closely(memory, task, asked, picks)
    }

    /// It is not known. Is it to be learnt?
    fn unknown(&self, others: usize) -> Looked {
        let room = self.tree.len() < MOST && self.records.len() < MOST;
        if self.lessons > 0 && others < MOST_OTHERS && room { Looked::New } else { Looked::Never }
    }

    /// Asks step by step.
    #[inline(never)]
    fn look_closely(&mut self, memory: &Memory, task: TaskId, asked: Root, picks: &mut dyn Picks) -> Looked {
        let (mut way, mut others) = (self.tree.begin(asked), 0);
        loop {
            let turn = match way {
                Way::Turn(turn) => turn,
                Way::End(end) => {
                    if !self.records.agrees(Record(end), task, memory.all()) {
                        break;
                    }
                    if self.answers.is_empty() {
                        self.tree.led(asked, end);
                    }
                    self.tree.knew(asked);
                    return Looked::Known(Known(Record(end)));
                }
                Way::Nowhere => break,
            };
            let value = match turn.what.checked_sub(ANSWER) {
                None => memory.all()[turn.what as usize],
                Some(asked) => {
                    let (noted, checks) = self.asked[asked as usize];
                    if !self.records.agrees(checks, task, memory.all()) {
                        break;
                    }
                    let answer = picks.pick(chance(noted), 2);
                    self.answers.push(answer);
                    answer
                }
            };
            way = self.tree.follow(turn, value, &mut others);
        }
        self.tree.did_not_know(asked);
        self.unknown(others)
    }

    /// Remembers a step, from what was noted of it and from the cells as they are behind it.
    fn learn(&mut self, task: TaskId, position: u32, trace: &[(u32, u32)], memory: &Memory) {
        self.lessons = self.lessons.saturating_sub(1);
        let Self { tree, asked, records, .. } = self;
        let since = |end: usize| {
            let last = trace[..end].iter().rposition(|(what, _)| *what >= ANSWER);
            &trace[last.map_or(0, |last| last + 1)..end]
        };
        let (mut writes, mut adds) = (Vec::new(), 0_u128);
        for &(cell, before) in trace.iter().filter(|(what, _)| *what < ANSWER) {
            let now = memory.all()[cell as usize];
            if now != before {
                writes.push((cell, now));
                adds = adds.wrapping_add(fingerprint::change(cell as usize, before, now));
            }
        }
        let blocks = memory.blocks(writes.iter().map(|&(cell, _)| cell));
        let end = records.push(task, since(trace.len()), &writes, blocks, adds);
        tree.insert(task, position, trace, end.0, |at| {
            asked.push((trace[at].0, records.push(task, since(at), &[], 0, 0)));
            u32::try_from(asked.len() - 1).expect("fewer than questions")
        });
    }
}

impl World<'_> {
    /// From now on steps are remembered. Nothing that is no cell and that a step depends on may change any more.
    pub(super) fn remember_steps(&mut self) {
        self.remembered = Some(Box::default());
    }

    /// Steps are not remembered any more: it does not pay for those who seldom take the same one again.
    pub fn forget_steps(&mut self) {
        self.remembered = None;
    }

    /// All steps are remembered from the next one on, however dear that is.
    pub fn remember_all(&mut self) {
        if let Some(remembered) = &mut self.remembered {
            remembered.lessons = u64::MAX / 2;
        }
    }

    /// The step of a task from here, if it was taken before: what it comes to is known without taking it. Picks are asked either
    /// way, and must give the same answers to who takes it then.
    #[inline]
    pub fn known_step(&mut self, task: TaskId, picks: &mut dyn Picks) -> Option<Known> {
        if !self.at_start.is_empty() {
            return None;
        }
        let position = self.cells.all()[self.segment(task).base as usize];
        match self.remembered.as_mut()?.look(&self.cells, task, position, picks) {
            Looked::Known(known) => Some(known),
            Looked::New | Looked::Never => None,
        }
    }

    /// The fingerprint of the state behind a step that is known from here, if this state has that one.
    ///
    /// # Panics
    /// If nothing is known.
    #[must_use]
    #[inline]
    pub fn fingerprint_behind(&self, known: Known, fingerprint: u128) -> u128 {
        self.remembered.as_ref().expect("it knows a step").records.fingerprint(known.0, fingerprint)
    }

    /// What a step changes that is known from here: each time a cell in the high half and its value in the low half, some of
    /// them more than once.
    ///
    /// # Panics
    /// If nothing is known.
    #[must_use]
    #[inline]
    pub fn changes(&self, known: Known) -> &[[u64; BATCH]] {
        self.remembered.as_ref().expect("it knows a step").records.changes(known.0)
    }

    /// The cells that a step looks at which is known from here and gets no answers, a bit for each, by its number modulo 64: while
    /// they stay as they are, the task's step is that one.
    ///
    /// # Panics
    /// If nothing is known.
    #[must_use]
    #[inline]
    pub fn looks_at(&self, known: Known) -> u64 {
        self.remembered.as_ref().expect("it knows a step").records.looks_at(known.0)
    }

    /// Takes a step that is known from here.
    ///
    /// # Panics
    /// If nothing is known.
    #[inline]
    pub fn take(&mut self, known: Known) {
        self.remembered.as_ref().expect("it knows a step").records.put(known.0, &mut self.cells);
    }

    /// As [`World::step`] for those who see nothing, and says which step it was if it was taken before.
    ///
    /// # Errors
    /// As [`World::step`].
    pub fn step_known(&mut self, task: TaskId, picks: &mut dyn Picks) -> Result<Option<Known>, Stop> {
        if self.at_start.is_empty() {
            self.take_known(task, picks)
        } else {
            self.step(task, picks, &mut ()).map(|()| None)
        }
    }

    /// Takes a step of a task: from memory, if it was taken before.
    #[inline]
    pub(super) fn take_known(&mut self, task: TaskId, picks: &mut dyn Picks) -> Result<Option<Known>, Stop> {
        let position = self.cells.all()[self.segment(task).base as usize];
        let Some(remembered) = &mut self.remembered else {
            return self.run(task, picks, &mut (), true).map(|()| None);
        };
        let learn = match remembered.look(&self.cells, task, position, picks) {
            Looked::Known(known) => {
                remembered.records.put(known.0, &mut self.cells);
                return Ok(Some(known));
            }
            Looked::New => true,
            Looked::Never => false,
        };
        self.run_unknown(task, position, picks, learn).map(|()| None)
    }

    #[cold]
    #[inline(never)]
    fn run_unknown(
        &mut self,
        task: TaskId,
        position: u32,
        picks: &mut dyn Picks,
        learn: bool,
    ) -> Result<(), Stop> {
        let mut remembered = self.remembered.take().expect("it was looked into");
        let mut again = Again { answers: remembered.answers.iter(), picks };
        if learn {
            self.cells.begin_noting();
        }
        let result = self.run(task, &mut again, &mut (), true);
        if learn {
            let trace = self.cells.end_noting();
            if result.is_ok() && trace.len() <= MOST_CELLS {
                remembered.learn(task, position, &trace, &self.cells);
            }
            self.cells.keep_notes(trace);
        }
        self.remembered = Some(remembered);
        result
    }
}

/// Gives the answers again that were given when the step was looked for, then asks for more.
struct Again<'a> {
    answers: core::slice::Iter<'a, u32>,
    picks: &'a mut dyn Picks,
}

impl Picks for Again<'_> {
    fn pick(&mut self, chance: Chance, options: u32) -> u32 {
        self.answers.next().copied().unwrap_or_else(|| self.picks.pick(chance, options))
    }
}
