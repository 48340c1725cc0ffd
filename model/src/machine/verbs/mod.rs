//! The verbs of the language: one table, a row each. A new verb is a new row.

pub mod alloc;
pub mod flags;
pub mod ids;
pub mod list;
pub mod lock;
pub mod rcu;
pub mod refcount;
pub mod rwsem;
pub mod work;

use super::event::Picks;
use super::program::{Place, TaskId, Thing};
use super::value::Value;
use super::world::{Halt, World};

/// A call of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Who calls.
    pub task: TaskId,
    /// With what; unused places are `NULL`.
    pub args: [Value; 2],
    /// Where the result goes; a verb of two steps keeps what it remembers there and in the cells behind it.
    pub scratch: u32,
    /// The verb's site, if it can fail.
    pub site: u16,
}

/// How the first step of a verb ends: with a result, or it has arrived and now waits for its second step.
///
/// As wide as a pointer: then a verb's `Result` comes back in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flow(u64);

impl Flow {
    /// It has arrived.
    pub const WAIT: Self = Self(u64::MAX);

    /// With this result.
    #[must_use]
    #[inline]
    pub const fn done(value: Value) -> Self {
        Self(value.0 as u64)
    }

    /// The result, if it has one already.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "it was made from a value")]
    pub const fn result(self) -> Option<Value> {
        if self.0 == Self::WAIT.0 { None } else { Some(Value(self.0 as u32)) }
    }
}

/// What a parameter must be, as far as that is known when the file is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Param {
    /// Anything.
    Any,
    /// An integer.
    Int,
    /// An object.
    Object,
    /// The link of an object.
    Link,
    /// A link or a list's head.
    Position,
    /// A list's head.
    List,
    /// A lock, a count, ...
    Thing(Thing),
    /// A function's name.
    Function,
    /// A task's name.
    Task,
    /// `struct NAME`, or a `size` field.
    Struct,
}

impl Param {
    /// Is it read as what it should be? Of objects, links and lists every access asks what it is given.
    #[must_use]
    pub const fn is_one_kind(self) -> bool {
        matches!(self, Self::Thing(_) | Self::Function | Self::Task)
    }

    /// Is a place one of those that are taken?
    #[must_use]
    pub fn takes(self, place: Place) -> bool {
        match self {
            Self::Thing(wanted) => matches!(place, Place::Thing { thing, .. } if thing == wanted),
            Self::Function => matches!(place, Place::Function),
            Self::Task => matches!(place, Place::Task),
            _ => true,
        }
    }
}

impl World<'_> {
    /// What a verb was given that is nothing for it.
    #[must_use]
    pub(crate) fn misfit(&self, verb: u8, call: &Call) -> Option<Value> {
        let given = VERBS[usize::from(verb)].params.iter().zip(call.args);
        given
            .filter(|(param, value)| !param.takes(self.program.place(value.ty())))
            .map(|(_, value)| value)
            .next()
    }
}

/// The second step of a verb.
pub struct Resume {
    /// May it go on?
    pub ready: fn(&World<'_>, &Call) -> bool,
    /// It goes on.
    pub run: fn(&mut World<'_>, &Call, &mut dyn Picks) -> Result<Value, Halt>,
    /// Does it remember a set of tasks, beside its one cell?
    pub remembers_tasks: bool,
}

/// What stops a verb from being called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It cannot fail.
    Never,
    /// It may fail: a fault site.
    Fails,
    /// Its waiter may be killed: a fault site `kill`.
    Killed,
}

/// What of shared memory a verb touches, besides whether its operands are freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The lock, count, list or table that its first argument is.
    First,
    /// The same of its second argument.
    Second,
    /// The whole object that its first argument is, which it frees.
    Freed,
    /// Read sections, grace periods and callbacks behind them.
    Rcu,
    /// Works, their queues and what workers run.
    Works,
    /// Pending signals.
    Signals,
}

/// How it is touched. What is only read by both of two steps does not order them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Nothing that another [`Use::Read`] of the same sees is changed: also readers that take or leave a lock together.
    Read,
    /// The calling task's own share of it is changed: that does not matter to others who do the same, but to all who read.
    Own,
    /// It may be changed.
    Write,
}

/// A row of the table.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub params: &'static [Param],
    /// How many of its last parameters may be left out.
    pub optional: usize,
    /// Does it give a value?
    pub value: bool,
    /// May it sleep?
    pub sleeps: bool,
    /// What can go wrong by chance.
    pub fault: Fault,
    /// Does it take its first argument, which is a lock?
    pub takes: bool,
    /// Is it enabled exactly when the first cell of its first argument is 0?
    pub plain_lock: bool,
    /// When it is enabled, if not always.
    pub ready: Option<fn(&World<'_>, &Call) -> bool>,
    /// What it does.
    pub run: fn(&mut World<'_>, &Call, &mut dyn Picks) -> Result<Flow, Halt>,
    /// Its second step.
    pub resume: Option<Resume>,
    /// What either of its steps touches.
    pub touches: &'static [(What, Use)],
}

impl Verb {
    /// A verb of one step that cannot block or fail and gives nothing.
    pub(crate) const fn new(
        name: &'static str,
        params: &'static [Param],
        run: fn(&mut World<'_>, &Call, &mut dyn Picks) -> Result<Flow, Halt>,
    ) -> Self {
        Self {
            name,
            params,
            optional: 0,
            value: false,
            sleeps: false,
            fault: Fault::Never,
            takes: false,
            plain_lock: false,
            ready: None,
            run,
            resume: None,
            touches: &[(What::First, Use::Write)],
        }
    }

    pub(crate) const fn gives(mut self) -> Self {
        self.value = true;
        self
    }

    pub(crate) const fn optional(mut self, count: usize) -> Self {
        self.optional = count;
        self
    }

    pub(crate) const fn fails(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    pub(crate) const fn sleeps(mut self) -> Self {
        self.sleeps = true;
        self
    }

    pub(crate) const fn waits(mut self, ready: fn(&World<'_>, &Call) -> bool) -> Self {
        self.ready = Some(ready);
        self
    }

    pub(crate) const fn resumes(
        mut self,
        ready: fn(&World<'_>, &Call) -> bool,
        run: fn(&mut World<'_>, &Call, &mut dyn Picks) -> Result<Value, Halt>,
    ) -> Self {
        self.resume = Some(Resume { ready, run, remembers_tasks: false });
        self
    }

    pub(crate) const fn remembers_tasks(mut self) -> Self {
        if let Some(resume) = &mut self.resume {
            resume.remembers_tasks = true;
        }
        self
    }

    pub(crate) const fn touches(mut self, touches: &'static [(What, Use)]) -> Self {
        self.touches = touches;
        self
    }

    pub(crate) const fn takes(mut self) -> Self {
        self.takes = true;
        self
    }

    pub(crate) const fn plain_lock(mut self) -> Self {
        self.plain_lock = true;
        self
    }
}

const PARTS: &[&[Verb]] = &[
    lock::VERBS,
    rwsem::VERBS,
    list::VERBS,
    refcount::VERBS,
    alloc::VERBS,
    rcu::VERBS,
    work::VERBS,
    ids::VERBS,
    flags::VERBS,
];

/// How many there are.
pub const COUNT: usize = {
    let (mut count, mut part) = (0, 0);
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// All verbs; instructions name them by their place here.
pub static VERBS: [&Verb; COUNT] = {
    let mut all = [&PARTS[0][0]; COUNT];
    let (mut at, mut part) = (0, 0);
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            all[at] = &PARTS[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
};

/// The place of a verb in the table.
#[must_use]
pub fn find(name: &str) -> Option<u8> {
    VERBS.iter().position(|verb| verb.name == name).and_then(|at| u8::try_from(at).ok())
}

/// For tables: the first argument is only looked at, or shared with others who do the same.
pub(crate) const READS: &[(What, Use)] = &[(What::First, Use::Read)];

/// A result that nobody looks at.
pub(crate) const DONE: Result<Flow, Halt> = Ok(Flow::done(Value::NULL));

/// For tables: the kinds of lock.
pub(crate) const MUTEX: Param = Param::Thing(Thing::Mutex);
