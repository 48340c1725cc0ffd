//! Renaming: units change places, and everything that names one of them is told.

use super::memory::{Kind, Memory};
use super::set::Set;
use super::units::Units;
use crate::judge::ledger::NUMBER;
use crate::machine::value::{PlaceType, Value};
use alloc::vec::Vec;

/// The bits of an ops' word that are its number.
pub(super) const NUMBER_BITS: u32 = !0 << NUMBER;

/// What a renaming needs besides, kept so that it allocates only once.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// The state before.
    old: Vec<u32>,
    /// Members of a set that move, and where to.
    moved: Vec<(u32, u32)>,
}

/// Puts each unit where `to` says.
pub(super) fn rename(
    memory: &Memory<'_>,
    units: &Units,
    to: &[usize],
    scratch: &mut Scratch,
    cells: &mut [u32],
) {
    scratch.old.clear();
    scratch.old.extend_from_slice(cells);
    move_blocks(memory, units, to, &scratch.old, cells);
    memory.each(cells, &mut |cells, cell, kind| {
        let word = cells[cell as usize];
        let at = cell as usize;
        match kind {
            Kind::Value => {
                if let Some(value) = value(units, to, Value(word)) {
                    cells[at] = value.0;
                }
            }
            Kind::Holder => cells[at] = word.checked_sub(1).map_or(0, |task| task_named(units, to, task) + 1),
            Kind::Tasks => {
                let set = Set::of_tasks(memory.program, cell);
                move_members(cells, set, &mut scratch.moved, |task| task_named(units, to, task));
            }
            Kind::Inited => {
                let set = Set::of_ops(memory.program, cell);
                move_members(cells, set, &mut scratch.moved, |ops| ops_named(units, to, ops));
            }
            // It stayed behind when the blocks moved.
            Kind::OpsWord => {}
            Kind::Me(task) => {
                if !Value(word).is_unset() {
                    cells[at] = memory.program.tasks[task as usize].me.unwrap_or(0);
                }
            }
        }
    });
}

fn move_blocks(memory: &Memory<'_>, units: &Units, to: &[usize], old: &[u32], cells: &mut [u32]) {
    let program = memory.program;
    for &block in &units.blocks {
        let target = units.renamed(to, block);
        if target == block {
            continue;
        }
        let from = block.base as usize..(block.base + block.len) as usize;
        cells[target.base as usize..][..target.len as usize].copy_from_slice(&old[from]);
        if let (Some(from), Some(to), Some(flags)) =
            (block.task, target.task, program.layout.words.task_flags)
        {
            cells[(flags + to) as usize] = old[(flags + from) as usize];
        }
        if target.number.is_some() && super::memory::is_judged(program) {
            let word = (target.base + program.judged.ops_ledger) as usize;
            cells[word] = cells[word] & !NUMBER_BITS | old[word] & NUMBER_BITS;
        }
    }
}

/// A value that names something that moves, as it is called then.
#[inline]
pub(super) fn value(units: &Units, to: &[usize], value: Value) -> Option<Value> {
    if !value.is_place() {
        return None;
    }
    if value.ty() == PlaceType::TASK {
        return Some(Value::place(PlaceType::TASK, task_named(units, to, value.address())));
    }
    if value.ty() < FIRST_ADDRESS {
        return None;
    }
    let block = units.block(units.at(value.address())?);
    let target = units.renamed(to, block);
    Some(Value::place(value.ty(), value.address() - block.base + target.base))
}

/// The first kind of place whose address is a cell's.
pub(super) const FIRST_ADDRESS: PlaceType = PlaceType(crate::machine::program::FIRST_OBJECT);

#[inline]
pub(super) fn task_named(units: &Units, to: &[usize], task: u32) -> u32 {
    let block = units.of_task(task).map(|block| units.renamed(to, units.block(block)));
    block.and_then(|block| block.task).unwrap_or(task)
}

#[inline]
fn ops_named(units: &Units, to: &[usize], number: u32) -> u32 {
    let block = units.of_ops(number).map(|block| units.renamed(to, units.block(block)));
    block.and_then(|block| block.number).unwrap_or(number)
}

/// Moves the members of a set to where `named` says.
fn move_members(cells: &mut [u32], set: Set, moved: &mut Vec<(u32, u32)>, named: impl Fn(u32) -> u32) {
    moved.clear();
    for word in 0..set.words {
        moved.extend(set.members(word, cells).map(|member| (member, named(member))));
    }
    moved.retain(|(from, to)| from != to);
    for &(from, _) in &*moved {
        let (cell, bit) = set.bit(from);
        cells[cell as usize] &= !bit;
    }
    for &(_, to) in &*moved {
        let (cell, bit) = set.bit(to);
        cells[cell as usize] |= bit;
    }
}
