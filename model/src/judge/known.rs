//! What the judges find by its name in a compiled text, besides the lists and callbacks of the contract.

use crate::machine::Program;
use crate::machine::code::{Arg, BinOp, Op, Operand, Slot};
use crate::machine::program::{Field, FieldKind, Function, Place, Thing};
use crate::machine::value::PlaceType;
use crate::machine::verbs::VERBS;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// The names, and where they are found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The slots of a namespace.
    pub slots: Option<Slots>,
    /// `net.netns_ids`, an idr, where some text that can run puts anything in: its kind of place, and from a net to it.
    pub ids: Option<(PlaceType, u32)>,
    /// From a net to its `count`.
    pub count: Option<u32>,
    /// What is counted up for each namespace and down again.
    pub counters: Vec<Counter>,
}

/// Where an ops' slot is found: `net.gen.ptr[ops.id]`, as `net_generic` does it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slots {
    /// From a net to its `gen`.
    pub array: u32,
    /// The name `ptr`.
    pub elements: u16,
    /// From an ops to its `id`.
    pub id: u32,
    /// From an ops to its `size`.
    pub size: u32,
    /// From an ops to its `has_id`.
    pub wants: Option<u32>,
    /// What `net_generic` takes off an id.
    pub first: i64,
}

/// A count of namespaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counter {
    /// Its name.
    pub name: &'static str,
    /// Its first cell.
    pub cell: u32,
    /// Is it an ida, in which each id counts for one?
    pub set: bool,
}

impl Known {
    /// Looks for the names in a program that is complete otherwise.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let net = program.roles.net;
        Self {
            slots: slots(program),
            ids: field(program, net, "netns_ids").and_then(|field| match field.kind {
                FieldKind::Address(ty) if is(program, ty, Thing::Idr) && allocates_ids(program) => {
                    Some((ty, u32::from(field.offset)))
                }
                _ => None,
            }),
            count: field(program, net, "count").and_then(|field| match field.kind {
                FieldKind::Address(ty) if is(program, ty, Thing::Refcount) => Some(u32::from(field.offset)),
                _ => None,
            }),
            counters: counters(program),
        }
    }
}

fn is(program: &Program, ty: PlaceType, wanted: Thing) -> bool {
    matches!(program.place(ty), Place::Thing { thing, .. } if thing == wanted)
}

fn field<'p>(program: &'p Program, strukt: u16, name: &str) -> Option<&'p Field> {
    let name = program.field_names.iter().position(|known| known == name)?;
    program.field(strukt, u16::try_from(name).ok()?)
}

fn plain(program: &Program, strukt: u16, name: &str) -> Option<u32> {
    let field = field(program, strukt, name)?;
    matches!(field.kind, FieldKind::Plain | FieldKind::Constant).then(|| u32::from(field.offset))
}

fn slots(program: &Program) -> Option<Slots> {
    let (ops, net) = (program.roles.ops, program.roles.net);
    let elements = program.field_names.iter().position(|name| name == "ptr")?;
    let elements = u16::try_from(elements).ok()?;
    let reads = program.functions.iter().find(|function| function.name == "net_generic")?;
    Some(Slots {
        array: plain(program, net, "gen")?,
        elements,
        id: plain(program, ops, "id")?,
        size: plain(program, ops, "size")?,
        wants: plain(program, ops, "has_id"),
        first: first_id(program, reads, elements)?,
    })
}

/// What `net_generic(net, id)` takes off the id before it goes to an element.
fn first_id(program: &Program, reads: &Function, elements: u16) -> Option<i64> {
    const ID: Slot = 2;
    let code = &program.code[reads.entry as usize..reads.end as usize];
    let index = code.iter().find_map(|instr| match instr.op {
        Op::LoadElement { field, index, .. } if field == elements => Some(index),
        _ => None,
    })?;
    if index == Arg::slot(ID) {
        return Some(0);
    }
    code.iter().find_map(|instr| match instr.op {
        Op::Binary { op: BinOp::Sub, dst, a, b } if Arg::slot(dst) == index && a == Arg::slot(ID) => {
            match b.what() {
                Operand::Constant(at) => program.constants[usize::from(at)].as_int(),
                _ => None,
            }
        }
        _ => None,
    })
}

/// Can anything that runs give out an id?
fn allocates_ids(program: &Program) -> bool {
    let mut open: Vec<u16> = program.tasks.iter().map(|task| task.func).collect();
    let values = program.constants.iter().chain(program.initial.iter().map(|(_, value)| value));
    let values = values.filter(|value| value.ty() == PlaceType::FUNCTION);
    // Works and RCU callbacks.
    open.extend(values.filter_map(|value| u16::try_from(value.address()).ok()));
    let mut seen = BTreeSet::new();
    while let Some(func) = open.pop().filter(|func| usize::from(*func) < program.functions.len()) {
        if !seen.insert(func) {
            continue;
        }
        let function = &program.functions[usize::from(func)];
        for instr in &program.code[function.entry as usize..function.end as usize] {
            match instr.op {
                Op::Verb { verb, .. } if VERBS[usize::from(verb)].name == "idr_alloc" => return true,
                Op::Call { func, .. } => open.push(func),
                Op::Callback { callback, .. } => open.extend(
                    (0..)
                        .zip(&program.functions)
                        .filter_map(|(at, function)| (function.callback == Some(callback)).then_some(at)),
                ),
                _ => {}
            }
        }
    }
    false
}

fn counters(program: &Program) -> Vec<Counter> {
    let all = ["ucounts", "user_ns", "proc_inums"].into_iter().filter_map(|name| {
        let global = program.globals.iter().find(|global| global.name == name && !global.scenario)?;
        let set = is(program, global.ty, Thing::Ida);
        let counts = set || is(program, global.ty, Thing::Refcount) || global.ty == PlaceType::NOTHING;
        counts.then_some(Counter { name, cell: global.address, set })
    });
    // Without the list nobody can tell which live.
    all.filter(|_| program.roles.net_list.is_some()).collect()
}
