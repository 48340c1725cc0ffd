//! RCU: read sections, grace periods, callbacks behind them.
//!
//! The queue of callbacks is its length and then an entry each: object, function (0: kfree), the ops whose callback
//! queued it, and the set of tasks that read when it was queued and have not left since. The task `rcu` runs the
//! oldest one when that set is empty.

use super::flags::{OWES_GRACE, READER, READERS};
use super::rwsem::TaskSet;
use super::{Call, DONE, Flow, Param, Use, Verb, What};
use crate::machine::code::Op;
use crate::machine::event::Picks;
use crate::machine::layout::RCU_ENTRY;
use crate::machine::program::{Place, TaskId};
use crate::machine::status::Status;
use crate::machine::value::Value;
use crate::machine::world::{Halt, Stop, World};
use alloc::string::ToString;

const RCU: &[(What, Use)] = &[(What::Rcu, Use::Write)];
/// Who enters or leaves a read section changes its own mark.
const READER_OF: &[(What, Use)] = &[(What::Rcu, Use::Own)];
/// Who waits looks at the marks and the queue, and remembers by itself for what it waits.
const WAITER: &[(What, Use)] = &[(What::Rcu, Use::Read)];

pub(super) const VERBS: &[Verb] = &[
    Verb::new("rcu_read_lock", &[], read_lock).touches(READER_OF),
    Verb::new("rcu_read_unlock", &[], read_unlock).touches(READER_OF),
    Verb::new("synchronize_rcu", &[], |world, call, _| synchronize(world, call, "synchronize_rcu"))
        .sleeps()
        .resumes(has_left, grace_is_over)
        .remembers_tasks()
        .touches(WAITER),
    // A grace period as any other: it may be shorter, and has a name of its own for `time`.
    Verb::new("synchronize_rcu_expedited", &[], |world, call, _| {
        synchronize(world, call, "synchronize_rcu_expedited")
    })
    .sleeps()
    .resumes(has_left, grace_is_over)
    .remembers_tasks()
    .touches(WAITER),
    Verb::new("call_rcu", &[Param::Object, Param::Function], |world, call, _| {
        enqueue(world, call, call.args[1])
    })
    .touches(RCU),
    Verb::new("kfree_rcu", &[Param::Object], |world, call, _| enqueue(world, call, Value::NULL)).touches(RCU),
    Verb::new("rcu_barrier", &[], barrier)
        .sleeps()
        .resumes(is_over, |_, _, _| Ok(Value::NULL))
        .touches(WAITER),
];

/// A queued callback.
pub(crate) struct Entry {
    pub object: Value,
    pub func: Value,
}

fn queue(world: &World<'_>) -> Option<u32> {
    world.program.layout.words.rcu
}

fn len(world: &World<'_>) -> u32 {
    queue(world).map_or(0, |queue| world.word(queue))
}

fn entry_size(world: &World<'_>) -> u32 {
    RCU_ENTRY + world.program.layout.task_set
}

fn entry(world: &World<'_>, index: u32) -> u32 {
    queue(world).expect("the program uses call_rcu") + 1 + index * entry_size(world)
}

fn remember_readers(world: &mut World<'_>, set: TaskSet) {
    set.clear(world);
    for task in 0..world.tasks() {
        if world.flags(task) & READERS != 0 {
            set.put(world, task, true);
        }
    }
}

fn read_lock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    *world.flags_mut(call.task) += READER;
    DONE
}

fn read_unlock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    if world.flags(call.task) & READERS == 0 {
        let why =
            alloc::format!("{} leaves an RCU read section that it is not in", world.task_name(call.task));
        return Err(world.found(crate::machine::finding::Kind::BadUnlock, why));
    }
    *world.flags_mut(call.task) -= READER;
    if world.flags(call.task) & READERS == 0 {
        for index in 0..len(world) {
            TaskSet::at(world, entry(world, index) + RCU_ENTRY).put(world, call.task, false);
        }
        each_waiter(world, &["synchronize_rcu", "synchronize_rcu_expedited"], |world, waiter| {
            TaskSet::at(world, waiter.scratch + 1).put(world, call.task, false);
        });
    }
    DONE
}

/// Calls `f` with the call of each task that stands in the second step of one of these verbs.
pub(super) fn each_waiter(world: &mut World<'_>, names: &[&str], mut f: impl FnMut(&mut World<'_>, &Call)) {
    for task in 0..world.tasks() {
        let (pc, frame) = world.position(task);
        if let Op::Resume { verb, dst, args, site } = world.program.code[pc as usize].op
            && names.contains(&super::VERBS[usize::from(verb)].name)
        {
            let call = world.call(task, frame, dst, args, site);
            f(world, &call);
        }
    }
}

fn synchronize(world: &mut World<'_>, call: &Call, verb: &str) -> Result<Flow, Halt> {
    world.may_sleep(call.task, verb)?;
    remember_readers(world, TaskSet::at(world, call.scratch + 1));
    Ok(Flow::WAIT)
}

fn has_left(world: &World<'_>, call: &Call) -> bool {
    TaskSet::at(world, call.scratch + 1).is_empty(world)
}

fn grace_is_over(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Value, Halt> {
    *world.flags_mut(call.task) &= !OWES_GRACE;
    Ok(Value::NULL)
}

fn enqueue(world: &mut World<'_>, call: &Call, func: Value) -> Result<Flow, Halt> {
    let object = call.args[0];
    if !matches!(world.program.place(object.ty()), Place::Object(_)) {
        return Err(world.not_an_object(object, "call_rcu"));
    }
    world.touch(object)?;
    let at = len(world);
    if at == world.program.layout.rcu {
        let mut room = world.room();
        room.rcu = at * 2;
        return Err(Stop::room(room));
    }
    let first = entry(world, at);
    world.set(first, object);
    world.set(first + 1, func);
    // What is only freed runs nobody's code, so that nobody need have waited for it.
    let owner = if func == Value::NULL { Value::NULL } else { world.judge_owner(call.task) };
    world.set(first + 2, owner);
    remember_readers(world, TaskSet::at(world, first + RCU_ENTRY));
    let queue = queue(world).expect("it has an entry");
    world.cells[queue as usize] = at + 1;
    DONE
}

/// May the task `rcu` go on?
pub(crate) fn status(world: &World<'_>) -> Status {
    if len(world) == 0 {
        Status::Idle
    } else if TaskSet::at(world, entry(world, 0) + RCU_ENTRY).is_empty(world) {
        Status::Ready
    } else {
        Status::Blocked
    }
}

/// Takes the oldest callback.
pub(crate) fn take(world: &mut World<'_>) -> Entry {
    let first = entry(world, 0);
    let taken = Entry { object: world.get(first), func: world.get(first + 1) };
    let owner = world.get(first + 2);
    let (count, size) = (len(world), entry_size(world));
    let all = first as usize..(first + count * size) as usize;
    world.cells.copy_within(all.start + size as usize..all.end, all.start);
    world.cells.run_mut(all.end - size as usize..all.end).fill(0);
    let queue = queue(world).expect("it has an entry");
    world.cells[queue as usize] = count - 1;
    world.judge_deferred(owner, "an RCU callback");
    taken
}

/// How many callbacks are queued or running, which is what a barrier waits for.
fn unfinished(world: &World<'_>) -> u32 {
    let rcu = world.program.tasks.iter().position(|task| task.worker && task.name == "rcu");
    let runs = rcu.is_some_and(|rcu| {
        let (pc, _) = world.position(u32::try_from(rcu).expect("few tasks"));
        !matches!(world.program.code[pc as usize].op, Op::TakeRcu { .. })
    });
    len(world) + u32::from(runs)
}

/// A callback has finished: every barrier waits for one less.
pub(crate) fn finished(world: &mut World<'_>) {
    each_waiter(world, &["rcu_barrier"], |world, waiter| {
        let left = &mut world.cells[waiter.scratch as usize];
        *left = left.saturating_sub(1);
    });
}

fn barrier(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.may_sleep(call.task, "rcu_barrier")?;
    let left = unfinished(world);
    world.set(call.scratch, Value::small(left));
    Ok(Flow::WAIT)
}

fn is_over(world: &World<'_>, call: &Call) -> bool {
    world.word(call.scratch) == 0
}

impl World<'_> {
    /// A task's name.
    #[must_use]
    pub fn task_name(&self, task: TaskId) -> alloc::string::String {
        self.program.tasks.get(task as usize).map_or_else(|| "boot".to_string(), |task| task.name.clone())
    }
}
