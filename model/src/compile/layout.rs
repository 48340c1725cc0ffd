//! The segments of the tasks, and the finished program.

use super::{Compiler, Settings, codes};
use crate::judge::known::Known;
use crate::judge::orders;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::load::Unit;
use crate::lang::source::SourceMap;
use crate::machine::layout::{Layout, Segment};
use crate::machine::program::{Field, FieldKind, Judged, Part, Place, Program, Roles, Struct};
use crate::machine::value::{MAX_CELLS, PlaceType, Value};
use crate::machine::world::FRAME_BITS;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

impl<'a> Compiler<'a> {
    pub(super) fn new(sources: &'a SourceMap, unit: &'a Unit, settings: &'a Settings) -> Self {
        Self {
            sources,
            unit,
            settings,
            diagnostics: Vec::new(),
            names: super::Names::default(),
            written_fields: BTreeSet::new(),
            written_globals: BTreeSet::new(),
            allocated: BTreeSet::new(),
            verbs_used: BTreeSet::new(),
            structs: Vec::new(),
            bytes: 0,
            field_names: vec!["next".to_string(), "prev".to_string()],
            callback_names: Vec::new(),
            field_table: Vec::new(),
            field_inits: Vec::new(),
            places: Vec::new(),
            place_struct: Vec::new(),
            arrays: Vec::new(),
            globals: Vec::new(),
            objects: Vec::new(),
            ops: Vec::new(),
            handles: Vec::new(),
            net_lines: Vec::new(),
            initial: Vec::new(),
            later: Vec::new(),
            value_cells: Vec::new(),
            static_locks: Vec::new(),
            cells: 0,
            layout: Layout::default(),
            code: Vec::new(),
            stands: Vec::new(),
            spans: Vec::new(),
            function_of: Vec::new(),
            operands: Vec::new(),
            field_operands: Vec::new(),
            dead_slots: Vec::new(),
            constants: vec![Value::NULL],
            constant_index: BTreeMap::from([(Value::NULL, 0)]),
            waits: Vec::new(),
            functions: Vec::new(),
            tasks: Vec::new(),
            workqueues: Vec::new(),
            pending: Vec::new(),
            task_estimate: 0,
            task_vars: BTreeMap::new(),
            uses_me: Vec::new(),
            sites_before: 0,
            conditions: Vec::new(),
            watched: Vec::new(),
            faults: None,
            sites: Vec::new(),
            roles: Roles::default(),
            boot: None,
            times: Vec::new(),
        }
    }

    pub(super) fn lay_out_segments(&mut self) {
        let calls = self.calls();
        let mut known = BTreeMap::new();
        let mut heaps = BTreeMap::new();
        let mut cells = self.cells;
        let mut segments = Vec::with_capacity(self.tasks.len());
        let room = &self.settings.room;
        let (stack_room, heap_room) = (self.most_by_body(&room.stack), self.most_by_body(&room.heap));
        for task in &self.tasks {
            let needed = self.stack_of(&calls, task.func, &mut Vec::new(), &mut known);
            let stack = stack_room[&task.func].max(needed);
            let needed = *heaps.entry(task.func).or_insert_with(|| self.heap_of(&calls, task.func));
            let heap = heap_room[&task.func].max(needed);
            let segment = Segment {
                base: cells,
                stack: cells + 1,
                heap: cells + 1 + stack,
                end: cells + 1 + stack + heap,
            };
            if stack >= 1 << FRAME_BITS || segment.end >= MAX_CELLS {
                self.diagnostics.push(
                    Diagnostic::without_place(
                        codes::TOO_LARGE,
                        format!("the world needs more than {MAX_CELLS} cells"),
                    )
                    .help("make the world smaller: fewer tasks, shorter arrays"),
                );
                return;
            }
            cells = segment.end;
            segments.push(segment);
        }
        let fixed = self.cells;
        let mut object_at = vec![0; fixed as usize];
        for (index, object) in (1..).zip(&self.objects) {
            // An object of an empty struct shares no cell: it was given one of its own.
            object_at[object.address as usize] = index;
        }
        self.layout = Layout { cells, fixed, segments, object_at, ..self.layout.clone() };
    }

    /// Of cells by task: the most that a task with each body has. Tasks that run the same code get segments of one size,
    /// whichever of them it was that needed more room.
    fn most_by_body(&self, cells: &[u32]) -> BTreeMap<u16, u32> {
        let mut most = BTreeMap::new();
        for (task, cells) in self.tasks.iter().zip(cells.iter().copied().chain(core::iter::repeat(0))) {
            let known = most.entry(task.func).or_insert(0);
            *known = cells.max(*known);
        }
        most
    }

    /// Beside the table of fields, what most accesses want to know.
    fn field_addresses(&self) -> Vec<(PlaceType, u16)> {
        let names = self.field_names.len().max(1);
        let rows = self.structs.iter().zip(self.field_table.chunks_exact(names));
        let entry =
            |strukt: &Struct, at: u16| match at.checked_sub(1).map(|at| &strukt.fields[usize::from(at)]) {
                Some(Field { kind: FieldKind::Address(ty), offset, .. }) => (*ty, *offset),
                _ => (PlaceType(0), 0),
            };
        rows.flat_map(|(strukt, row)| row.iter().map(move |&at| entry(strukt, at))).collect()
    }

    fn judged(&self) -> Judged {
        let offset = |link: Option<PlaceType>| match link.map(|link| self.places[usize::from(link.0)]) {
            Some(Place::Link { offset, .. }) => Some(u32::from(offset)),
            _ => None,
        };
        let ledger = |strukt: u16| self.structs.get(usize::from(strukt)).map_or(0, |strukt| strukt.ledger);
        Judged {
            ops: self.object_type(self.roles.ops),
            net: self.object_type(self.roles.net),
            ops_ledger: ledger(self.roles.ops),
            net_ledger: ledger(self.roles.net),
            ops_link: offset(self.roles.ops_link),
            net_link: offset(self.roles.net_link),
            ops_at: self.ops.iter().map(|&index| self.objects[usize::from(index)].address).collect(),
            parts: self.callback_names.iter().map(|name| Part::named(name)).collect(),
            phases: self.remembers_phases(),
            present: self.parts_present().into_iter().collect(),
            known: Known::default(),
        }
    }

    pub(super) fn into_program(self) -> Program {
        let is_lock = |place: &Place| {
            matches!(place, Place::Thing { thing, .. } if {
                use crate::machine::program::Thing;
                matches!(thing, Thing::Mutex | Thing::Spinlock | Thing::Rwsem)
            })
        };
        let heap_locks = self
            .places
            .iter()
            .zip(&self.place_struct)
            .any(|(place, strukt)| strukt.is_some() && is_lock(place));
        let nets = self.objects.iter().filter(|object| object.strukt == self.roles.net);
        let static_nets = nets.map(|object| object.address).collect();
        let segments = (0..).zip(&self.layout.segments);
        let allocating =
            segments.filter(|(_, segment)| segment.heap != segment.end).map(|(task, _)| task).collect();
        let field_addresses = self.field_addresses();
        let judged = self.judged();
        let judges = self.settings.judges;
        let mut program = Program {
            locks: 0,
            field_addresses,
            judged,
            static_nets,
            allocating,
            sources: self.sources.clone(),
            protocol: self.unit.name.clone(),
            code: self.code,
            stands: self.stands,
            spans: self.spans,
            function_of: self.function_of,
            operands: self.operands,
            field_operands: self.field_operands,
            dead_slots: self.dead_slots,
            constants: self.constants,
            waits: self.waits,
            functions: self.functions,
            structs: self.structs,
            field_names: self.field_names,
            callback_names: self.callback_names,
            field_table: self.field_table,
            places: self.places,
            arrays: self.arrays,
            globals: self.globals,
            handles: self.handles,
            objects: self.objects,
            ops: self.ops,
            tasks: self.tasks,
            conditions: self.conditions,
            watched: self.watched,
            faults: self.faults.map_or(0, |(budget, _)| u32::try_from(budget).unwrap_or(0)),
            sites: self.sites,
            initial: self.initial,
            value_cells: self.value_cells,
            static_locks: self.static_locks,
            heap_locks,
            allocates: self.verbs_used.contains("kzalloc"),
            bytes: self.bytes,
            place_struct: self.place_struct,
            roles: self.roles,
            boot: self.boot,
            times: self.times,
            layout: self.layout,
        };
        if judges {
            program.locks = orders::classes(&program);
            program.judged.known = Known::of(&program);
        }
        program
    }
}
