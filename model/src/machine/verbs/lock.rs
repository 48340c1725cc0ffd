//! Mutexes and spinlocks. A lock is one cell: 0, or its holder's task number plus 1.

use super::flags::{SIGNAL, SPIN};
use super::{Call, DONE, Fault, Flow, MUTEX, Param, Use, Verb, What};
use crate::machine::event::{Chance, Picks};
use crate::machine::finding::Kind;
use crate::machine::program::{FieldKind, Place, TaskId, Thing};
use crate::machine::value::Value;
use crate::machine::world::{Halt, LIVE, World};
use alloc::format;

const SPINLOCK: Param = Param::Thing(Thing::Spinlock);
/// `-EINTR`
pub(super) const INTERRUPTED: i64 = -4;

pub(super) const VERBS: &[Verb] = &[
    Verb::new("mutex_lock", &[MUTEX], lock).waits(is_free).sleeps().plain_lock().takes(),
    Verb::new("mutex_unlock", &[MUTEX], unlock),
    Verb::new("mutex_trylock", &[MUTEX], trylock).gives().takes(),
    Verb::new("mutex_lock_killable", &[MUTEX], arrive)
        .gives()
        .sleeps()
        .fails(Fault::Killed)
        .resumes(is_free_or_killed, lock_or_die)
        .takes()
        .touches(&[(What::First, Use::Write), (What::Signals, Use::Read)]),
    Verb::new("spin_lock", &[SPINLOCK], spin_lock).waits(is_free).plain_lock().takes(),
    Verb::new("spin_unlock", &[SPINLOCK], spin_unlock),
];

fn is_free(world: &World<'_>, call: &Call) -> bool {
    world.word(call.args[0].address()) == 0
}

fn take(world: &mut World<'_>, call: &Call) -> Result<(), Halt> {
    world.judge_takes(call.task, call.args[0], true);
    take_at_once(world, call)
}

fn take_at_once(world: &mut World<'_>, call: &Call) -> Result<(), Halt> {
    world.touch(call.args[0])?;
    world.cells[call.args[0].address() as usize] = call.task + 1;
    world.judge_locked(call.task, call.args[0]);
    Ok(())
}

fn lock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.may_sleep(call.task, "mutex_lock")?;
    take(world, call)?;
    DONE
}

fn unlock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    release(world, call)?;
    DONE
}

fn release(world: &mut World<'_>, call: &Call) -> Result<(), Halt> {
    let lock = call.args[0];
    world.touch(lock)?;
    let holder = world.word(lock.address());
    if holder == call.task + 1 {
        world.cells[lock.address() as usize] = 0;
        return Ok(());
    }
    let name = world.describe(lock);
    let who = world.task_name(call.task);
    let why = match holder.checked_sub(1) {
        None => format!("{who} unlocks {name}, which nobody holds"),
        Some(holder) => format!("{who} unlocks {name}, which {} holds", world.task_name(holder)),
    };
    Err(world.found(Kind::BadUnlock, why))
}

fn trylock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let free = is_free(world, call);
    if free {
        take_at_once(world, call)?;
    }
    Ok(Flow::done(Value::truth(free)))
}

fn arrive(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.may_sleep(call.task, "mutex_lock_killable")?;
    if !is_free(world, call) {
        return Ok(Flow::WAIT);
    }
    take(world, call)?;
    DONE
}

fn is_free_or_killed(world: &World<'_>, call: &Call) -> bool {
    is_free(world, call) || may_die(world, call)
}

fn lock_or_die(world: &mut World<'_>, call: &Call, picks: &mut dyn Picks) -> Result<Value, Halt> {
    let free = is_free(world, call);
    if dies(world, call, free, picks) {
        return Ok(Value::int(INTERRUPTED).expect("small"));
    }
    take(world, call)?;
    Ok(Value::NULL)
}

/// May a waiter go on although it has not got its lock: a signal is pending, or may come?
pub(super) fn may_die(world: &World<'_>, call: &Call) -> bool {
    world.flags(call.task) & SIGNAL != 0 || world.may_fail(call.site)
}

/// Does the waiter die? If its lock is free as well, that is a pick.
pub(super) fn dies(world: &mut World<'_>, call: &Call, free: bool, picks: &mut dyn Picks) -> bool {
    if world.flags(call.task) & SIGNAL != 0 {
        return true;
    }
    if free {
        return world.fails(Chance::Kill(call.site), call.site, picks);
    }
    world.spend_fault();
    true
}

fn spin_lock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    take(world, call)?;
    *world.flags_mut(call.task) += SPIN;
    DONE
}

fn spin_unlock(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    release(world, call)?;
    *world.flags_mut(call.task) -= SPIN;
    DONE
}

/// A lock that a task holds, if it holds one.
pub(crate) fn held_by(world: &World<'_>, task: TaskId) -> Option<Value> {
    let mut found = None;
    each_lock(world, |lock| {
        if found.is_none() && holds(world, lock, task) {
            found = Some(lock);
        }
    });
    found
}

/// Does a task hold a lock?
pub(crate) fn holds(world: &World<'_>, lock: Value, task: TaskId) -> bool {
    match world.thing(lock.ty()) {
        Some(Thing::Mutex | Thing::Spinlock) => world.word(lock.address()) == task + 1,
        Some(Thing::Rwsem) => super::rwsem::holds(world, lock, task),
        _ => false,
    }
}

/// Calls `f` with each lock there is, and with other things in objects on the heap.
pub(crate) fn each_lock(world: &World<'_>, mut f: impl FnMut(Value)) {
    let program = world.program;
    program.static_locks.iter().for_each(|&lock| f(lock));
    if !program.heap_locks {
        return;
    }
    for task in 0..program.task_count() {
        world.each_object(task, |object, header| {
            if header.status != LIVE {
                return;
            }
            for field in &program.structs[usize::from(header.strukt)].fields {
                if let FieldKind::Address(ty) = field.kind
                    && let Place::Thing { .. } = program.place(ty)
                {
                    f(Value::place(ty, object + u32::from(field.offset)));
                }
            }
        });
    }
}
