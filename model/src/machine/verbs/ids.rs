//! Id allocators. An `ida` is a set of ids, an `idr` a table of what each id stands for; both have room for as many ids
//! as the layout says, and ask for more.

use super::{Call, DONE, Fault, Flow, Param, READS, Verb};
use crate::machine::event::{Chance, Picks};
use crate::machine::finding::Kind;
use crate::machine::program::Thing;
use crate::machine::value::Value;
use crate::machine::world::{Halt, Stop, World};
use alloc::format;

const IDA: Param = Param::Thing(Thing::Ida);
const IDR: Param = Param::Thing(Thing::Idr);
/// `-ENOMEM`
const NO_MEMORY: i64 = -12;
/// Ids in a cell.
const BITS: u32 = 31;

pub(super) const VERBS: &[Verb] = &[
    Verb::new("ida_alloc_min", &[IDA, Param::Int], ida_alloc_min).gives().fails(Fault::Fails),
    Verb::new("ida_free", &[IDA, Param::Int], ida_free),
    Verb::new("idr_alloc", &[IDR, Param::Any], idr_alloc).gives().fails(Fault::Fails),
    Verb::new("idr_find", &[IDR, Param::Int], idr_find).gives().touches(READS),
    Verb::new("idr_find_id", &[IDR, Param::Any], idr_find_id).gives().touches(READS),
    Verb::new("idr_get_next", &[IDR, Param::Int], idr_get_next).gives().touches(READS),
    Verb::new("idr_remove", &[IDR, Param::Int], idr_remove),
    Verb::new("idr_destroy", &[IDR], idr_destroy),
];

fn no_memory() -> Result<Flow, Halt> {
    Ok(Flow::done(Value::int(NO_MEMORY).expect("small")))
}

/// Twice the ids.
fn more(world: &World<'_>) -> Halt {
    let mut room = world.room();
    room.ids *= 2;
    Stop::room(room)
}

fn id(world: &World<'_>, value: Value) -> Result<u32, Halt> {
    value.as_int().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| {
        let why = format!("{} is used as an id", world.describe(value));
        world.found(Kind::OutOfBounds, why)
    })
}

fn ida_alloc_min(world: &mut World<'_>, call: &Call, picks: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    if world.fails(Chance::Fault(call.site), call.site, picks) {
        return no_memory();
    }
    let from = id(world, call.args[1])?;
    let first = call.args[0].address();
    for id in from..world.program.layout.ids * BITS {
        let cell = (first + id / BITS) as usize;
        if world.cells[cell] >> (id % BITS) & 1 == 0 {
            world.cells[cell] |= 1 << (id % BITS);
            return Ok(Flow::done(Value::small(id)));
        }
    }
    Err(more(world))
}

fn ida_free(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let id = id(world, call.args[1])?;
    let taken = id < world.program.layout.ids * BITS
        && world.word(call.args[0].address() + id / BITS) >> (id % BITS) & 1 != 0;
    if !taken {
        let why = format!("id {id} is given back and was not taken");
        return Err(world.found(Kind::DoubleFree, why));
    }
    world.cells[(call.args[0].address() + id / BITS) as usize] &= !(1 << (id % BITS));
    DONE
}

fn idr_alloc(world: &mut World<'_>, call: &Call, picks: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    if world.fails(Chance::Fault(call.site), call.site, picks) {
        return no_memory();
    }
    for id in 1..=world.program.layout.ids {
        let cell = call.args[0].address() + id - 1;
        if world.get(cell) == Value::NULL {
            world.set(cell, call.args[1]);
            world.judge_id_given(call.args[0], call.args[1]);
            return Ok(Flow::done(Value::small(id)));
        }
    }
    Err(more(world))
}

fn idr_find(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let id = id(world, call.args[1])?;
    let found =
        (1..=world.program.layout.ids).contains(&id).then(|| world.get(call.args[0].address() + id - 1));
    Ok(Flow::done(found.unwrap_or(Value::NULL)))
}

fn idr_find_id(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let found =
        (1..=world.program.layout.ids).find(|id| world.get(call.args[0].address() + id - 1) == call.args[1]);
    Ok(Flow::done(Value::small(found.unwrap_or(0))))
}

/// The lowest id in use that is not below the one given, 0 if there is none.
fn idr_get_next(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let from = id(world, call.args[1])?.max(1);
    let used = |id: &u32| world.get(call.args[0].address() + id - 1) != Value::NULL;
    let found = (from..=world.program.layout.ids).find(used);
    Ok(Flow::done(Value::small(found.unwrap_or(0))))
}

fn idr_remove(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let id = id(world, call.args[1])?;
    if (1..=world.program.layout.ids).contains(&id) {
        world.set(call.args[0].address() + id - 1, Value::NULL);
    }
    DONE
}

/// No id stands for anything any more.
fn idr_destroy(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    let first = call.args[0].address() as usize;
    world.cells.run_mut(first..first + world.program.layout.ids as usize).fill(0);
    DONE
}
