//! Reference counts. A count is one cell, an integer.

use super::{Call, DONE, Flow, Param, READS, Verb};
use crate::machine::event::Picks;
use crate::machine::finding::Kind;
use crate::machine::program::Thing;
use crate::machine::value::Value;
use crate::machine::world::{Halt, World};
use alloc::format;

const COUNT: Param = Param::Thing(Thing::Refcount);

pub(super) const VERBS: &[Verb] = &[
    Verb::new("refcount_set", &[COUNT, Param::Int], set),
    Verb::new("refcount_read", &[COUNT], read).gives().touches(READS),
    Verb::new("refcount_inc", &[COUNT], inc),
    Verb::new("refcount_inc_not_zero", &[COUNT], inc_not_zero).gives(),
    Verb::new("refcount_dec_and_test", &[COUNT], dec_and_test).gives(),
];

fn count(world: &World<'_>, call: &Call) -> Result<i64, Halt> {
    world.touch(call.args[0])?;
    Ok(world.get(call.args[0].address()).as_int().unwrap_or(0))
}

fn put(world: &mut World<'_>, call: &Call, count: i64) {
    world.set(call.args[0].address(), Value::int(count).expect("a count stays small"));
}

fn set(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    count(world, call)?;
    world.set(call.args[0].address(), call.args[1]);
    DONE
}

fn read(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    count(world, call)?;
    Ok(Flow::done(world.get(call.args[0].address())))
}

fn inc(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let count = count(world, call)?;
    if count == 0 {
        let why = format!(
            "{} is raised from 0: what it counts is already going away",
            world.describe(call.args[0])
        );
        return Err(world.found(Kind::Refcount, why));
    }
    put(world, call, count + 1);
    DONE
}

fn inc_not_zero(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let count = count(world, call)?;
    if count != 0 {
        put(world, call, count + 1);
    }
    Ok(Flow::done(Value::truth(count != 0)))
}

fn dec_and_test(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let count = count(world, call)?;
    if count <= 0 {
        let why = format!(
            "{} is lowered below 0: one reference too many is given back",
            world.describe(call.args[0])
        );
        return Err(world.found(Kind::Refcount, why));
    }
    put(world, call, count - 1);
    Ok(Flow::done(Value::truth(count == 1)))
}
