//! Which cells of a state say something about a task or an address.
//!
//! Most cells hold a typed value and say so themselves. The others are known by where they stand: a lock's holder, a set
//! of tasks, the bits of a namespace's ledger, a slot that holds `me`.

use super::me::remembers_tasks;
use crate::judge::ledger::{PHASE_BITS, net_cells};
use crate::machine::code::{Op, Pc, Slot};
use crate::machine::layout::RCU_ENTRY;
use crate::machine::program::{FieldKind, Place, Program, Struct, TaskId, Thing};
use crate::machine::value::{PlaceType, Value};
use crate::machine::verbs::work;
use crate::machine::world::{FREED, Header, unpack};
use alloc::vec::Vec;
use core::ops::Range;

/// What a cell holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A value that is a place: it may be an address, or a task.
    Value,
    /// A task's number plus 1, or 0.
    Holder,
    /// The first cell of a set of tasks.
    Tasks,
    /// The first cell of a set in a namespace's ledger: flags, then a bit for each static ops.
    Inited,
    /// The word of a static ops, which contains its number.
    OpsWord,
    /// `me` of this task, if it is set.
    Me(TaskId),
}

/// Where cells of each kind stand.
#[derive(Clone, Debug)]
pub(super) struct Memory<'p> {
    pub program: &'p Program,
    /// Before the first segment.
    fixed: Vec<(u32, Kind)>,
    /// In the fixed part of an object of each struct.
    structs: Vec<Vec<(u32, Kind)>>,
    /// Slots that hold `me`, by instruction.
    kept: Vec<(Pc, Slot)>,
}

impl<'p> Memory<'p> {
    /// `kept`: the slots that hold `me` while a task stands at an instruction, in order.
    pub fn new(program: &'p Program, kept: Vec<(Pc, Slot)>) -> Self {
        debug_assert!(kept.is_sorted(), "it is looked up");
        let structs: Vec<_> =
            (0..).zip(&program.structs).map(|(at, strukt)| shape(program, at, strukt)).collect();
        let mut fixed = Vec::new();
        for global in &program.globals {
            let array = program.arrays.iter().find(|array| array.address == global.address);
            let (len, stride) = array.map_or((1, 0), |array| (array.len, array.stride));
            for first in (0..len).map(|at| global.address + at * stride) {
                match program.place(global.ty) {
                    Place::Object(strukt) => {
                        let row = &structs[usize::from(strukt)];
                        fixed.extend(row.iter().map(|&(offset, kind)| (first + offset, kind)));
                        if program.object_type(strukt) == program.judged.ops && is_judged(program) {
                            fixed.push((first + program.judged.ops_ledger, Kind::OpsWord));
                        }
                    }
                    _ => thing(program, global.ty, |offset, kind| fixed.push((first + offset, kind))),
                }
            }
        }
        fixed.sort_unstable_by_key(|&(cell, _)| cell);
        Self { program, fixed, structs, kept }
    }

    /// Calls `f` with each cell that may say something about a task or an address; of values with those that do. `f`
    /// must leave alone what is not of the kind that it is told.
    pub fn each(&self, cells: &mut [u32], f: &mut impl FnMut(&mut [u32], u32, Kind)) {
        for &(cell, kind) in &self.fixed {
            if kind != Kind::Value || names(cells, cell) {
                f(cells, cell, kind);
            }
        }
        let layout = &self.program.layout;
        if let Some(queue) = layout.words.rcu {
            for at in 0..cells[queue as usize] {
                let first = queue + 1 + at * (RCU_ENTRY + layout.task_set);
                values(cells, first..first + RCU_ENTRY, f);
                f(cells, first + RCU_ENTRY, Kind::Tasks);
            }
        }
        for task in 0..layout.segments.len() {
            self.stack(cells, task, f);
            self.heap(cells, task, f);
        }
    }

    /// The frames of a task, the innermost first. Above them the stack holds zeros.
    #[inline]
    fn stack(&self, cells: &mut [u32], task: usize, f: &mut impl FnMut(&mut [u32], u32, Kind)) {
        let (program, segment) = (self.program, self.program.layout.segments[task]);
        let (mut pc, mut frame) = unpack(cells[segment.base as usize]);
        let func = match pc {
            0 => program.tasks[task].func,
            _ => program.function_of[pc as usize],
        };
        let mut top = frame + u32::from(program.functions[usize::from(func)].frame);
        if let Op::Resume { verb, dst, .. } = program.code[pc as usize].op
            && remembers_tasks(verb)
        {
            f(cells, segment.stack + frame + u32::from(dst) + 1, Kind::Tasks);
        }
        loop {
            let first = segment.stack + frame;
            values(cells, first + 1..segment.stack + top, f);
            if !self.kept.is_empty() {
                let task = TaskId::try_from(task).unwrap_or(TaskId::MAX);
                self.kept_at(pc).for_each(|slot| f(cells, first + u32::from(slot), Kind::Me(task)));
            }
            if frame == 0 {
                return;
            }
            top = frame;
            (pc, frame) = unpack(cells[first as usize]);
        }
    }

    fn kept_at(&self, pc: Pc) -> impl Iterator<Item = Slot> {
        let first = self.kept.partition_point(|&(at, _)| at < pc);
        self.kept[first..].iter().take_while(move |&&(at, _)| at == pc).map(|&(_, slot)| slot)
    }

    #[inline]
    fn heap(&self, cells: &mut [u32], task: usize, f: &mut impl FnMut(&mut [u32], u32, Kind)) {
        let segment = self.program.layout.segments[task];
        if segment.heap == segment.end {
            return;
        }
        let (mut at, end) = (segment.heap + 1, segment.heap + 1 + cells[segment.heap as usize]);
        while at < end {
            let header = Header::unpack(cells[at as usize]);
            let (object, size) = (at + 1, self.program.structs[usize::from(header.strukt)].size);
            let arrays = u32::from(self.program.structs[usize::from(header.strukt)].dynamic) * header.len;
            if header.status != FREED {
                for &(offset, kind) in &self.structs[usize::from(header.strukt)] {
                    if kind != Kind::Value || names(cells, object + offset) {
                        f(cells, object + offset, kind);
                    }
                }
                values(cells, object + size..object + size + arrays, f);
            }
            at = object + size + arrays;
        }
    }
}

/// Is a value a place?
#[inline]
fn names(cells: &[u32], cell: u32) -> bool {
    Value(cells[cell as usize]).is_place()
}

/// Calls `f` with each place in a run of values.
#[inline]
fn values(cells: &mut [u32], run: Range<u32>, f: &mut impl FnMut(&mut [u32], u32, Kind)) {
    for cell in run {
        if names(cells, cell) {
            f(cells, cell, Kind::Value);
        }
    }
}

pub(super) const fn is_judged(program: &Program) -> bool {
    program.layout.words.changing.is_some()
}

/// The cells of an object that say something, without those of its arrays that are as long as `kzalloc` says.
fn shape(program: &Program, index: u16, strukt: &Struct) -> Vec<(u32, Kind)> {
    let mut cells = Vec::new();
    for field in strukt.fields.iter().filter(|field| field.array != Some(None)) {
        let len = u32::from(field.array.flatten().unwrap_or(1));
        for first in (0..len).map(|at| u32::from(field.offset) + at * u32::from(field.size)) {
            match field.kind {
                FieldKind::Plain | FieldKind::Constant => cells.push((first, Kind::Value)),
                FieldKind::Address(ty) => {
                    thing(program, ty, |offset, kind| cells.push((first + offset, kind)))
                }
                FieldKind::Callback(_) => {}
            }
        }
    }
    if program.object_type(index) == program.judged.net && is_judged(program) {
        let ops = u32::try_from(program.ops.len()).unwrap_or(0);
        let sets = if program.judged.phases { 1 + PHASE_BITS } else { 1 };
        cells.extend((0..sets).map(|set| (strukt.ledger + set * net_cells(ops), Kind::Inited)));
    }
    cells
}

/// The cells of what stands at a kind of place that is no object.
fn thing(program: &Program, ty: PlaceType, mut f: impl FnMut(u32, Kind)) {
    let values = match program.place(ty) {
        Place::Nothing => 1,
        Place::Link { .. } | Place::Head { .. } => 2,
        Place::Thing { thing, .. } => match thing {
            Thing::Mutex | Thing::Spinlock => {
                f(0, Kind::Holder);
                0
            }
            Thing::Rwsem => {
                let set = program.layout.task_set;
                f(0, Kind::Holder);
                f(1, Kind::Tasks);
                f(1 + set, Kind::Tasks);
                f(1 + 2 * set, Kind::Tasks);
                0
            }
            // Anything may be put into a count.
            Thing::Refcount => 1,
            Thing::Ida => 0,
            Thing::Idr => program.layout.ids,
            Thing::Work => work::CELLS,
            Thing::Workqueue => 2,
        },
        Place::Function | Place::StructName | Place::Task | Place::Object(_) => 0,
    };
    (0..values).for_each(|offset| f(offset, Kind::Value));
}
