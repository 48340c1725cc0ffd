//! Objects on the heap, from allocation to freed memory.

use super::{Call, DONE, Fault, Flow, Param, Use, Verb, What};
use crate::machine::event::{Chance, Picks};
use crate::machine::finding::Kind;
use crate::machine::program::{Place, TaskId};
use crate::machine::value::{MAX_CELLS, Value};
use crate::machine::world::{FREED, Halt, Header, LIVE, Stop, World};
use alloc::format;
use alloc::string::ToString;

pub(super) const VERBS: &[Verb] = &[
    Verb::new("kzalloc", &[Param::Struct, Param::Int], kzalloc)
        .optional(1)
        .gives()
        .fails(Fault::Fails)
        .touches(&[]),
    Verb::new("kfree", &[Param::Any], kfree).touches(&[(What::Freed, Use::Write)]),
];

fn kzalloc(world: &mut World<'_>, call: &Call, picks: &mut dyn Picks) -> Result<Flow, Halt> {
    if world.fails(Chance::Fault(call.site), call.site, picks) {
        return Ok(Flow::done(Value::NULL));
    }
    let strukt = match world.program.place(call.args[0].ty()) {
        Place::StructName => u16::try_from(call.args[0].address()).expect("a struct's index"),
        _ if call.args[0].as_int().is_some_and(|bytes| bytes > 0) => world.program.bytes,
        _ => {
            let why = format!("kzalloc of {}, which is no size", world.describe(call.args[0]));
            return Err(world.found(Kind::WildAccess, why));
        }
    };
    let len = match call.args[1].as_int().map(u32::try_from) {
        Some(Ok(len)) if len < 1 << 16 => len,
        _ => {
            return Err(
                world.found(Kind::OutOfBounds, "kzalloc of an array of no sensible length".to_string())
            );
        }
    };
    allocate(world, call.task, strukt, len).map(Flow::done)
}

/// A new object: the next of its task.
fn allocate(world: &mut World<'_>, task: TaskId, strukt: u16, len: u32) -> Result<Value, Halt> {
    let segment = world.segment(task);
    let header = Header { status: LIVE, strukt, len };
    let size = world.object_size(header);
    let used = if segment.heap == segment.end { 0 } else { world.word(segment.heap) };
    if segment.heap + 1 + used + 1 + size > segment.end {
        let mut room = world.room();
        let heap = (1 + used + 1 + size).max(room.heap[task as usize] * 2);
        if heap >= MAX_CELLS / 2 {
            return Err(
                world.found(Kind::OutOfBounds, format!("{} allocates without end", world.task_name(task)))
            );
        }
        room.heap[task as usize] = heap;
        return Err(Stop::room(room));
    }
    let object = segment.heap + 1 + used + 1;
    world.cells[segment.heap as usize] = used + 1 + size;
    world.cells[object as usize - 1] = header.pack();
    let program = world.program;
    for &(offset, value) in &program.structs[usize::from(strukt)].template {
        world.set(object + offset, value);
    }
    for &(offset, ty) in &program.structs[usize::from(strukt)].heads {
        let head = Value::place(ty, object + offset);
        world.set(object + offset, head);
        world.set(object + offset + 1, head);
    }
    Ok(world.object(strukt, object))
}

fn kfree(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    free(world, call.task, call.args[0])?;
    DONE
}

/// Frees an object: its name and address are never used again, and any later touch is a finding.
pub(crate) fn free(world: &mut World<'_>, _: TaskId, object: Value) -> Result<(), Halt> {
    if object == Value::NULL {
        return Ok(());
    }
    let Place::Object(_) = world.program.place(object.ty()) else {
        let why = format!("kfree of {}, which is no object", world.describe(object));
        return Err(world.found(Kind::WildAccess, why));
    };
    if !world.is_dynamic(object.address()) {
        let why = format!("kfree of {}, which kzalloc never gave", world.describe(object));
        return Err(world.found(Kind::WildAccess, why));
    }
    let header = world.header(object.address());
    if header.status == FREED {
        let why = format!("{} was freed before", world.describe(object));
        return Err(world.found(Kind::DoubleFree, why));
    }
    world.judge_freed(object);
    let size = world.object_size(header) as usize;
    world.cells[object.address() as usize - 1] = Header { status: FREED, ..header }.pack();
    let first = object.address() as usize;
    world.cells.run_mut(first..first + size).fill(0);
    Ok(())
}
