//! Work items. A work is linked like a list member (`next`, `prev`), then its function, then the ops whose callback
//! queued it. A workqueue is a list head, and one task that runs its works in order.

use super::rcu::each_waiter;
use super::{Call, DONE, Flow, Param, Use, Verb, What, list};
use crate::machine::code::Op;
use crate::machine::event::Picks;
use crate::machine::finding::Kind;
use crate::machine::program::{Place, Thing};
use crate::machine::value::Value;
use crate::machine::world::{Halt, World};
use alloc::format;

/// Cells of a work.
pub const CELLS: u32 = 4;
/// The cell of its function.
pub const FUNCTION: u32 = 2;
const OWNER: u32 = 3;

const WORK: Param = Param::Thing(Thing::Work);

const WORKS: &[(What, Use)] = &[(What::Works, Use::Write)];

pub(super) const VERBS: &[Verb] = &[
    Verb::new("queue_work", &[Param::Thing(Thing::Workqueue), WORK], queue_work).gives().touches(WORKS),
    Verb::new("flush_work", &[WORK], |world, call, _| {
        world.may_sleep(call.task, "flush_work")?;
        world.judge_takes(call.task, call.args[0], true);
        DONE
    })
    .sleeps()
    .waits(|world, call| !world.is_linked(call.args[0]) && !is_running(world, call.args[0]))
    .touches(WORKS),
    Verb::new("cancel_work_sync", &[WORK], cancel)
        .sleeps()
        .resumes(
            |world, call| !is_running(world, call.args[0]),
            |world, call, _| {
                world.judge_takes(call.task, call.args[0], true);
                Ok(Value::NULL)
            },
        )
        .touches(WORKS),
];

fn is_work(world: &World<'_>, work: Value) -> Result<(), Halt> {
    if world.thing(work.ty()) == Some(Thing::Work) {
        return world.touch(work);
    }
    Err(world.not_an_object(work, "the work"))
}

fn queue_work(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let (queue, work) = (call.args[0], call.args[1]);
    is_work(world, work)?;
    if world.is_linked(work) || is_cancelled(world, work) {
        return Ok(Flow::done(Value::truth(false)));
    }
    if world.get(work.address() + FUNCTION) == Value::NULL {
        let why = format!("{} is queued and has no function", world.describe(work));
        return Err(world.found(Kind::NullCall, why));
    }
    list::enqueue(world, work, queue);
    let owner = world.judge_owner(call.task);
    world.set(work.address() + OWNER, owner);
    Ok(Flow::done(Value::truth(true)))
}

/// Does somebody wait for its end to cancel it? Until then nobody can queue it, itself included.
fn is_cancelled(world: &mut World<'_>, work: Value) -> bool {
    let mut found = false;
    each_waiter(world, &["cancel_work_sync"], |_, waiter| found |= waiter.args[0] == work);
    found
}

/// Does a worker run it?
fn is_running(world: &World<'_>, work: Value) -> bool {
    world
        .program
        .tasks
        .iter()
        .zip(0..)
        .filter(|(task, _)| task.worker)
        .any(|(_, task)| running(world, task) == Some(work))
}

/// The work that a worker runs. It is in the first slot of its lowest frame.
pub(crate) fn running(world: &World<'_>, worker: u32) -> Option<Value> {
    let (pc, _) = world.position(worker);
    if matches!(world.program.code[pc as usize].op, Op::TakeWork { .. } | Op::TakeRcu { .. } | Op::Done) {
        return None;
    }
    let work = world.get(world.segment(worker).stack + 1);
    (world.thing(work.ty()) == Some(Thing::Work)).then_some(work)
}

fn cancel(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.may_sleep(call.task, "cancel_work_sync")?;
    is_work(world, call.args[0])?;
    if world.is_linked(call.args[0]) {
        list::dequeue(world, call.args[0]);
        world.set(call.args[0].address() + OWNER, Value::NULL);
    }
    Ok(Flow::WAIT)
}

/// A worker takes its next work.
pub(crate) fn take(world: &mut World<'_>, queue: Value) -> Value {
    let work = world.get(queue.address());
    list::dequeue(world, work);
    let owner = world.get(work.address() + OWNER);
    world.set(work.address() + OWNER, Value::NULL);
    world.judge_deferred(owner, "work");
    work
}

/// The function of a work, and the object that it stands in.
pub(crate) fn function(world: &World<'_>, work: Value) -> Result<(u16, Value), Halt> {
    world.touch(work)?;
    let func = world.get(work.address() + FUNCTION);
    let index = u16::try_from(func.address()).expect("a function's index");
    let object = match world.program.place(work.ty()) {
        Place::Thing { offset, .. } => world
            .program
            .thing_object(work.ty())
            .map(|strukt| world.object(strukt, work.address() - u32::from(offset))),
        _ => None,
    };
    Ok((index, object.unwrap_or(work)))
}
