//! Circular lists. A link and a head are two cells, `next` and `prev`; both 0: on no list.
//!
//! Links are a function of the sequence alone, so they do not tell states apart that have the same lists.

use super::{Call, DONE, Flow, Param, READS, Use, Verb, What};
use crate::machine::event::Picks;
use crate::machine::finding::Kind;
use crate::machine::program::Place;
use crate::machine::value::Value;
use crate::machine::world::{Halt, World};
use alloc::format;

const BOTH: &[(What, Use)] = &[(What::First, Use::Write), (What::Second, Use::Write)];
const ADD: &[Param] = &[Param::Link, Param::Position];

pub(super) const VERBS: &[Verb] = &[
    Verb::new("list_add", ADD, |world, call, _| add(world, call.args[0], call.args[1], true)).touches(BOTH),
    Verb::new("list_add_rcu", ADD, |world, call, _| add(world, call.args[0], call.args[1], true))
        .touches(BOTH),
    Verb::new("list_add_tail", ADD, |world, call, _| add(world, call.args[0], call.args[1], false))
        .touches(BOTH),
    Verb::new("list_add_tail_rcu", ADD, |world, call, _| add(world, call.args[0], call.args[1], false))
        .touches(BOTH),
    Verb::new("list_del", &[Param::Link], |world, call, _| del(world, call.args[0], false)),
    Verb::new("list_del_init", &[Param::Link], |world, call, _| del(world, call.args[0], false)),
    Verb::new("list_del_rcu", &[Param::Link], |world, call, _| del(world, call.args[0], true)),
    Verb::new("list_empty", &[Param::List], empty).gives().touches(READS),
    Verb::new("list_first", &[Param::List], |world, call, _| {
        Ok(Flow::done(neighbour(world, call.args[0], false)?))
    })
    .gives()
    .touches(READS),
    Verb::new("list_last", &[Param::List], |world, call, _| {
        Ok(Flow::done(neighbour(world, call.args[0], true)?))
    })
    .gives()
    .touches(READS),
    Verb::new("list_next", &[Param::Link], |world, call, _| {
        Ok(Flow::done(neighbour(world, call.args[0], false)?))
    })
    .gives()
    .touches(READS),
    Verb::new("list_replace_init", &[Param::List, Param::List], replace_init).touches(BOTH),
    Verb::new("llist_add", &[Param::Link, Param::List], llist_add).gives().touches(BOTH),
];

const PREV: u32 = 1;

impl World<'_> {
    /// Is a link on a list?
    #[inline]
    pub(crate) fn is_linked(&self, link: Value) -> bool {
        self.is_linked_at(link.address())
    }

    /// Is the link that begins at a cell on a list?
    #[inline]
    pub(crate) fn is_linked_at(&self, cell: u32) -> bool {
        self.word(cell + PREV) != 0
    }

    /// Links a node between two neighbours.
    #[inline]
    fn join(&mut self, prev: Value, node: Value, next: Value) {
        self.set(prev.address(), node);
        self.set(node.address() + PREV, prev);
        self.set(node.address(), next);
        self.set(next.address() + PREV, node);
    }

    #[inline(always)]
    fn position_of(&self, position: Value, verb: &str) -> Result<(), Halt> {
        match self.program.place(position.ty()) {
            Place::Link { .. } | Place::Head { .. } => self.touch(position),
            _ => Err(self.not_an_object(position, &format!("{verb} at the position"))),
        }
    }

    /// A link's neighbour: what stands there may have been freed.
    #[inline(always)]
    fn checked_neighbour(&self, position: Value, reverse: bool) -> Result<Value, Halt> {
        let next = self.get(position.address() + if reverse { PREV } else { 0 });
        if next == Value::NULL {
            let why =
                format!("the walk goes on from {}, which is on no list", self.describe(self.entry(position)));
            return Err(self.found(Kind::BadCursor, why));
        }
        Ok(next)
    }
}

#[inline(always)]
fn is_link(world: &World<'_>, node: Value, verb: &str) -> Result<(), Halt> {
    match world.program.place(node.ty()) {
        Place::Link { .. } => world.touch(node),
        _ => Err(world.not_an_object(node, &format!("{verb} of a link"))),
    }
}

fn add(world: &mut World<'_>, node: Value, at: Value, behind: bool) -> Result<Flow, Halt> {
    is_link(world, node, "list_add")?;
    world.position_of(at, "list_add")?;
    if world.is_linked(node) {
        let why = format!("{} is added to a list and is on one already", world.describe(world.entry(node)));
        return Err(world.found(Kind::ListCorruption, why));
    }
    let neighbour = world.get(at.address() + if behind { 0 } else { PREV });
    if neighbour == Value::NULL || world.word(at.address() + PREV) == 0 {
        let (node, at) = (world.describe(world.entry(node)), world.describe(world.entry(at)));
        let why = format!("{node} is linked next to {at}, which is on no list");
        return Err(world.found(Kind::ListCorruption, why));
    }
    world.touch(neighbour)?;
    if behind {
        world.join(at, node, neighbour);
    } else {
        world.join(neighbour, node, at);
    }
    world.judge_linked(node);
    DONE
}

fn del(world: &mut World<'_>, node: Value, keep_forward: bool) -> Result<Flow, Halt> {
    is_link(world, node, "list_del")?;
    if !world.is_linked(node) {
        let why = format!("{} is taken off a list and is on none", world.describe(world.entry(node)));
        return Err(world.found(Kind::ListCorruption, why));
    }
    let (next, prev) = (world.get(node.address()), world.get(node.address() + PREV));
    world.touch(next)?;
    world.touch(prev)?;
    unlink(world, node, keep_forward);
    world.judge_unlinked(node);
    DONE
}

#[inline]
fn unlink(world: &mut World<'_>, node: Value, keep_forward: bool) {
    let (next, prev) = (world.get(node.address()), world.get(node.address() + PREV));
    world.set(prev.address(), next);
    world.set(next.address() + PREV, prev);
    world.set(node.address() + PREV, Value::NULL);
    if !keep_forward {
        world.set(node.address(), Value::NULL);
    }
}

fn empty(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    world.touch(call.args[0])?;
    Ok(Flow::done(Value::truth(world.get(call.args[0].address()) == call.args[0])))
}

/// The object behind (or, in reverse, before) a position, or NULL at the head.
pub(crate) fn neighbour(world: &World<'_>, position: Value, reverse: bool) -> Result<Value, Halt> {
    world.position_of(position, "list_next")?;
    let next = world.checked_neighbour(position, reverse)?;
    Ok(match world.program.place(next.ty()) {
        Place::Link { strukt, offset } => world.object(strukt, next.address() - u32::from(offset)),
        _ => Value::NULL,
    })
}

/// One link of a `for`: from the head, or from an object or the head that the cursor rests on.
pub(crate) fn walk(world: &World<'_>, head: Value, from: Value, reverse: bool) -> Result<Value, Halt> {
    let Place::Head { strukt, offset } = world.program.place(head.ty()) else {
        return Err(world.not_an_object(head, "a walk"));
    };
    let position = match world.program.place(from.ty()) {
        Place::Head { .. } => from,
        Place::Object(found) if found == strukt => {
            let Some(link) = world.program.link_at(strukt, offset) else {
                unreachable!("the list was declared with it")
            };
            from.at(link, u32::from(offset))
        }
        _ => {
            let why = format!(
                "the walk goes on from {}, which cannot be on {}",
                world.describe(from),
                world.describe(head)
            );
            return Err(world.found(Kind::BadCursor, why));
        }
    };
    world.touch(position)?;
    let next = world.checked_neighbour(position, reverse)?;
    Ok(world.entry(next))
}

/// Moves all members of one list to another, which must be empty, and leaves the first one empty.
fn replace_init(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let (from, to) = (call.args[0], call.args[1]);
    world.touch(from)?;
    world.touch(to)?;
    if world.get(to.address()) != to {
        let why = format!(
            "the members of {} are moved to {}, which is not empty",
            world.describe(from),
            world.describe(to)
        );
        return Err(world.found(Kind::ListCorruption, why));
    }
    let (first, last) = (world.get(from.address()), world.get(from.address() + PREV));
    if first != from {
        world.set(to.address(), first);
        world.set(to.address() + PREV, last);
        world.set(first.address() + PREV, to);
        world.set(last.address(), to);
        world.set(from.address(), from);
        world.set(from.address() + PREV, from);
    }
    DONE
}

fn llist_add(world: &mut World<'_>, call: &Call, _: &mut dyn Picks) -> Result<Flow, Halt> {
    let was_empty = world.get(call.args[1].address()) == call.args[1];
    add(world, call.args[0], call.args[1], true)?;
    Ok(Flow::done(Value::truth(was_empty)))
}

/// A local list ends with its function: its members are on no list then.
pub(crate) fn release_members(world: &mut World<'_>, head: Value) {
    loop {
        let first = world.get(head.address());
        // A corrupted list may lead to what is on no list.
        if first == head || first == Value::NULL || !world.is_linked(first) {
            return;
        }
        unlink(world, first, false);
    }
}

/// Puts a node at the end of a queue: for works, which are linked like list members.
pub(super) fn enqueue(world: &mut World<'_>, node: Value, queue: Value) {
    let last = world.get(queue.address() + PREV);
    world.join(last, node, queue);
}

/// Takes a node off its queue.
pub(super) fn dequeue(world: &mut World<'_>, node: Value) {
    unlink(world, node, false);
}
