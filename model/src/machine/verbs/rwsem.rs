//! Reader-writer semaphores: a reader waits behind a writer that arrived before it, a writer may take a free lock out
//! of turn.
//!
//! Cells: the writer's task number plus 1; a set of the tasks that read; a set of the tasks that wait to write; a set of
//! the tasks that read twice, one inside the other, which goes well as long as no writer comes between. A waiting reader keeps, beside its result's cell, the set of writers that arrived before it and have not had the lock since.

use super::flags::SIGNAL;
use super::lock::{INTERRUPTED, dies, may_die};
use super::{Call, DONE, Fault, Flow, Param, READS, Use, Verb, What};
use crate::machine::code::Op;
use crate::machine::event::Picks;
use crate::machine::finding::Kind;
use crate::machine::program::{TaskId, Thing};
use crate::machine::value::Value;
use crate::machine::world::{Halt, World};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const RWSEM: Param = Param::Thing(Thing::Rwsem);

pub(super) const VERBS: &[Verb] = &[
    Verb::new("down_read", &[RWSEM], |world, call, _| arrive_to_read(world, call))
        .sleeps()
        .resumes(may_read, |world, call, _| read(world, call))
        .remembers_tasks()
        .takes()
        .touches(READS),
    Verb::new("down_write", &[RWSEM], |world, call, _| arrive_to_write(world, call))
        .sleeps()
        .resumes(may_write, |world, call, _| write(world, call))
        .takes(),
    Verb::new("down_read_killable", &[RWSEM], |world, call, _| arrive_to_read(world, call))
        .gives()
        .sleeps()
        .fails(Fault::Killed)
        .resumes(|world, call| may_read(world, call) || may_die(world, call), read_or_die)
        .remembers_tasks()
        .takes()
        .touches(&[(What::First, Use::Read), (What::Signals, Use::Read)]),
    Verb::new("up_read", &[RWSEM], |world, call, _| up_read(world, call)).touches(READS),
    Verb::new("up_write", &[RWSEM], |world, call, _| up_write(world, call)),
];

/// A set of tasks: some words of 31 bits each, so that a word is also a plain integer.
#[derive(Clone, Copy)]
pub(super) struct TaskSet {
    first: u32,
    words: u32,
}

impl TaskSet {
    pub(super) fn at(world: &World<'_>, first: u32) -> Self {
        Self { first, words: world.program.layout.task_set }
    }
    pub(super) fn has(self, world: &World<'_>, task: TaskId) -> bool {
        world.word(self.first + task / 31) >> (task % 31) & 1 != 0
    }
    pub(super) fn put(self, world: &mut World<'_>, task: TaskId, member: bool) {
        let word = &mut world.cells[(self.first + task / 31) as usize];
        *word = *word & !(1 << (task % 31)) | u32::from(member) << (task % 31);
    }
    pub(super) fn is_empty(self, world: &World<'_>) -> bool {
        (0..self.words).all(|word| world.word(self.first + word) == 0)
    }
    pub(super) fn copy(self, world: &mut World<'_>, from: Self) {
        for word in 0..self.words {
            world.cells[(self.first + word) as usize] = world.word(from.first + word);
        }
    }
    pub(super) fn clear(self, world: &mut World<'_>) {
        world.cells.run_mut(self.first as usize..(self.first + self.words) as usize).fill(0);
    }
}

fn readers(world: &World<'_>, lock: Value) -> TaskSet {
    TaskSet::at(world, lock.address() + 1)
}

fn waiting_writers(world: &World<'_>, lock: Value) -> TaskSet {
    TaskSet::at(world, lock.address() + 1 + world.program.layout.task_set)
}

fn before_me(world: &World<'_>, call: &Call) -> TaskSet {
    TaskSet::at(world, call.scratch + 1)
}

/// The tasks that read it inside a read of theirs.
fn twice(world: &World<'_>, lock: Value) -> TaskSet {
    TaskSet::at(world, lock.address() + 1 + 2 * world.program.layout.task_set)
}

/// Cells of an rwsem.
pub(crate) const fn cells(task_set: u32) -> u32 {
    1 + 3 * task_set
}

/// One more reader, or one more read of a task that reads already.
fn add_reader(world: &mut World<'_>, lock: Value, task: TaskId) -> Result<(), Halt> {
    let inside = readers(world, lock).has(world, task);
    if inside && twice(world, lock).has(world, task) {
        let (who, lock) = (world.task_name(task), world.describe(lock));
        return Err(
            world.found(Kind::Overflow, format!("{who} reads {lock} three times, one inside the other"))
        );
    }
    let set = if inside { twice(world, lock) } else { readers(world, lock) };
    set.put(world, task, true);
    Ok(())
}

/// Does a task hold it, to read or to write?
pub(crate) fn holds(world: &World<'_>, lock: Value, task: TaskId) -> bool {
    world.word(lock.address()) == task + 1 || readers(world, lock).has(world, task)
}

/// Who keeps others from an rwsem that no writer holds: its readers, and writers that wait.
pub(crate) fn why_not_free(world: &World<'_>, lock: Value) -> String {
    let names = |set: TaskSet| {
        let tasks = (0..world.tasks()).filter(|&task| set.has(world, task));
        tasks.map(|task| world.task_name(task)).collect::<Vec<_>>().join(" and ")
    };
    let (reads, waits) = (names(readers(world, lock)), names(waiting_writers(world, lock)));
    match (reads.is_empty(), waits.is_empty()) {
        (false, false) => format!("which {reads} reads and {waits} waits to write"),
        (false, true) => format!("which {reads} reads"),
        _ => format!("which {waits} waits to write"),
    }
}

fn has_writer(world: &World<'_>, lock: Value) -> bool {
    world.word(lock.address()) != 0
}

fn arrive_to_read(world: &mut World<'_>, call: &Call) -> Result<Flow, Halt> {
    let lock = call.args[0];
    world.may_sleep(call.task, "down_read")?;
    world.touch(lock)?;
    if has_writer(world, lock) || !waiting_writers(world, lock).is_empty(world) {
        before_me(world, call).copy(world, waiting_writers(world, lock));
        return Ok(Flow::WAIT);
    }
    world.judge_takes(call.task, lock, false);
    add_reader(world, lock, call.task)?;
    DONE
}

fn may_read(world: &World<'_>, call: &Call) -> bool {
    !has_writer(world, call.args[0]) && before_me(world, call).is_empty(world)
}

fn read(world: &mut World<'_>, call: &Call) -> Result<Value, Halt> {
    world.touch(call.args[0])?;
    before_me(world, call).clear(world);
    world.judge_takes(call.task, call.args[0], false);
    add_reader(world, call.args[0], call.task)?;
    Ok(Value::NULL)
}

fn read_or_die(world: &mut World<'_>, call: &Call, picks: &mut dyn Picks) -> Result<Value, Halt> {
    let free = may_read(world, call) && world.flags(call.task) & SIGNAL == 0;
    if dies(world, call, free, picks) {
        before_me(world, call).clear(world);
        return Ok(Value::int(INTERRUPTED).expect("small"));
    }
    read(world, call)
}

fn arrive_to_write(world: &mut World<'_>, call: &Call) -> Result<Flow, Halt> {
    let lock = call.args[0];
    world.may_sleep(call.task, "down_write")?;
    world.touch(lock)?;
    if may_write(world, call) {
        world.judge_takes(call.task, lock, true);
        world.cells[lock.address() as usize] = call.task + 1;
        return DONE;
    }
    waiting_writers(world, lock).put(world, call.task, true);
    Ok(Flow::WAIT)
}

fn may_write(world: &World<'_>, call: &Call) -> bool {
    !has_writer(world, call.args[0]) && readers(world, call.args[0]).is_empty(world)
}

fn write(world: &mut World<'_>, call: &Call) -> Result<Value, Halt> {
    let lock = call.args[0];
    world.touch(lock)?;
    world.judge_takes(call.task, lock, true);
    world.cells[lock.address() as usize] = call.task + 1;
    waiting_writers(world, lock).put(world, call.task, false);
    // It has had its turn: readers that arrived behind it wait for it no longer.
    for task in 0..world.tasks() {
        let (pc, frame) = world.position(task);
        if let Op::Resume { verb, dst, args, site } = world.program.code[pc as usize].op
            && super::VERBS[usize::from(verb)].name.starts_with("down_read")
        {
            let reader = world.call(task, frame, dst, args, site);
            if reader.args[0] == lock {
                before_me(world, &reader).put(world, call.task, false);
            }
        }
    }
    Ok(Value::NULL)
}

fn up_read(world: &mut World<'_>, call: &Call) -> Result<Flow, Halt> {
    let lock = call.args[0];
    world.touch(lock)?;
    if !readers(world, lock).has(world, call.task) {
        return Err(not_held(world, call, "to read"));
    }
    let inner = twice(world, lock);
    let set = if inner.has(world, call.task) { inner } else { readers(world, lock) };
    set.put(world, call.task, false);
    DONE
}

fn up_write(world: &mut World<'_>, call: &Call) -> Result<Flow, Halt> {
    let lock = call.args[0];
    world.touch(lock)?;
    if world.word(lock.address()) != call.task + 1 {
        return Err(not_held(world, call, "to write"));
    }
    world.cells[lock.address() as usize] = 0;
    DONE
}

fn not_held(world: &World<'_>, call: &Call, how: &str) -> Halt {
    let (who, lock) = (world.task_name(call.task), world.describe(call.args[0]));
    world.found(Kind::BadUnlock, format!("{who} releases {lock}, which it does not hold {how}"))
}
