//! What was run lately: states by number, and what each task's events lead to from them.
//!
//! Other executions pass through the same states, and need not run the same events again. The store is bounded: when it
//! is full, all of it is forgotten but the states of the path.

use super::marks::Marks;
use super::{Answers, Book, Ending, Mark, Script, System, Trace};
use crate::table::Index;
use model::machine::{Room, TaskId, fingerprint};

/// The number of a state in the store.
pub(super) type State = u32;

const NONE: u32 = u32::MAX;

/// What a task can do in a state, as bits.
const ENABLED: u8 = 1;
const MAY_WAIT: u8 = 2;
const GONE: u8 = 4;

/// What an event came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// The state behind it, unless it found something.
    pub to: State,
    pub mark: Mark,
    pub steps: u32,
    pub found: bool,
    /// Did it ask for picks?
    pub picks: bool,
    pub answers: Answers,
    /// The combination of answers behind its own.
    pub next: Option<Answers>,
    /// Another event of the same task from the same state.
    other: u32,
}

/// States and events of a system.
pub(super) struct Store<'a, S: System> {
    pub system: &'a mut S,
    pub book: Book,
    pub marks: Marks<S::Footprint>,
    script: Script,
    tasks: usize,
    stride: usize,
    numbers: Index,
    /// The cells of one state after the other.
    cells: Vec<u32>,
    /// Of each state and task: what it can do, and the first of its events.
    can: Vec<u8>,
    first: Vec<u32>,
    /// Of each state: need its end not be judged again?
    judged: Vec<bool>,
    edges: Vec<Edge>,
    /// The state that the system stands in.
    stands: State,
    most_bytes: usize,
    /// How often an event was asked for.
    pub runs: u64,
}

impl<'a, S: System> Store<'a, S> {
    /// Holds up to so many bytes, or twice what the path needs. The system stands in the first state, number 0.
    pub fn new(system: &'a mut S, most_bytes: usize) -> Self {
        let mut store = Self {
            tasks: system.tasks() as usize,
            stride: system.cells().len(),
            system,
            book: Book::default(),
            marks: Marks::new(),
            script: Script::default(),
            numbers: Index::default(),
            cells: Vec::new(),
            can: Vec::new(),
            first: Vec::new(),
            judged: Vec::new(),
            edges: Vec::new(),
            stands: NONE,
            most_bytes,
            runs: 0,
        };
        store.number();
        store
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        let states = self.judged.len();
        (self.cells.len() + self.first.len()) * size_of::<u32>()
            + states * (self.tasks + 48)
            + self.edges.len() * size_of::<Edge>()
            + self.marks.bytes()
    }

    /// Is it time to forget?
    pub fn is_full(&self) -> bool {
        self.bytes() > self.most_bytes
    }

    /// Forgets all but some states, which get new numbers.
    pub fn forget<'s>(&mut self, keep: impl Iterator<Item = &'s mut State>) {
        let cells = std::mem::take(&mut self.cells);
        self.numbers = Index::default();
        self.can.clear();
        self.first.clear();
        self.judged.clear();
        self.edges.clear();
        for state in keep {
            self.system.restore(&cells[*state as usize * self.stride..][..self.stride]);
            *state = self.number();
        }
        // A path that does not fit must not be copied at every event.
        self.most_bytes = self.most_bytes.max(2 * self.bytes());
    }

    /// The number of the state that the system stands in.
    fn number(&mut self) -> State {
        let (state, new) = self.numbers.number(fingerprint::of(self.system.cells()));
        if new {
            self.cells.extend_from_slice(self.system.cells());
            for task in 0..self.system.tasks() {
                let is = |yes: bool, bit: u8| if yes { bit } else { 0 };
                let can = is(self.system.enabled(task), ENABLED)
                    | is(self.system.may_wait(task), MAY_WAIT)
                    | is(self.system.gone(task), GONE);
                self.can.push(can);
                self.first.push(NONE);
            }
            self.judged.push(false);
        }
        self.stands = state;
        state
    }

    fn stand(&mut self, state: State) {
        if self.stands != state {
            self.system.restore(&self.cells[state as usize * self.stride..][..self.stride]);
            self.stands = state;
        }
    }

    fn at(&self, state: State, task: TaskId) -> usize {
        state as usize * self.tasks + task as usize
    }

    /// Can a task take an event?
    #[inline]
    pub fn enabled(&self, state: State, task: TaskId) -> bool {
        self.can[self.at(state, task)] & ENABLED != 0
    }

    /// May a task have to wait where it stands?
    #[inline]
    pub fn may_wait(&self, state: State, task: TaskId) -> bool {
        self.can[self.at(state, task)] & MAY_WAIT != 0
    }

    /// Has a task come to its end?
    #[inline]
    pub fn gone(&self, state: State, task: TaskId) -> bool {
        self.can[self.at(state, task)] & GONE != 0
    }

    /// What a task's next event touches at first.
    pub fn pending(&mut self, state: State, task: TaskId) -> Mark {
        self.stand(state);
        self.marks.number(self.system.pending(task))
    }

    /// What an event of a task comes to.
    #[inline]
    pub fn run(&mut self, state: State, task: TaskId, answers: Answers) -> Result<Edge, Room> {
        self.runs += 1;
        let mut at = self.first[self.at(state, task)];
        while at != NONE {
            let edge = &self.edges[at as usize];
            if edge.answers == answers {
                return Ok(*edge);
            }
            at = edge.other;
        }
        self.run_anew(state, task, answers)
    }

    #[cold]
    fn run_anew(&mut self, state: State, task: TaskId, answers: Answers) -> Result<Edge, Room> {
        self.stand(state);
        self.stands = NONE;
        self.script.begin(self.book.list(answers));
        let ran = self.system.run(task, &mut self.script)?;
        let next = self.script.next().map(|list| self.book.number(&list));
        let to = if ran.found { NONE } else { self.number() };
        let at = self.at(state, task);
        let edge = Edge {
            to,
            mark: if ran.found { Marks::<S::Footprint>::ALL } else { self.marks.number(ran.footprint) },
            steps: ran.steps,
            found: ran.found,
            picks: self.script.asked() > 0,
            answers,
            next,
            other: self.first[at],
        };
        self.first[at] = u32::try_from(self.edges.len()).expect("fewer events than bytes");
        self.edges.push(edge);
        Ok(edge)
    }

    /// An execution has come to its end in a state, or with an event from it that found something.
    pub fn ended(&mut self, state: State, trace: &Trace, ending: Ending) -> Result<(), Room> {
        match ending {
            Ending::Quiet => {
                if !self.judged[state as usize] {
                    self.stand(state);
                    self.judged[state as usize] = self.system.ended(trace, &self.book, ending);
                }
            }
            Ending::Found => {
                let event = trace.events()[trace.len() - 1];
                self.stand(state);
                self.stands = NONE;
                self.script.begin(self.book.list(event.answers));
                self.system.run(event.task, &mut self.script)?;
                self.system.ended(trace, &self.book, ending);
            }
        }
        Ok(())
    }
}
