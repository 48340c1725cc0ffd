//! What things are called in reports, and what a task is about to do.

use super::code::{Op, Pc};
use super::layout::RCU_ENTRY;
use super::program::{FieldKind, Place, TaskId};
use super::value::Value;
use super::verbs::VERBS;
use super::world::World;
use crate::judge::walk::{Listed, Nets};
use crate::lang::errno;
use crate::lang::source::Span;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// What a task would do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doing {
    /// The instruction.
    pub pc: Pc,
    /// The text behind it.
    pub span: Span,
    /// The verb, if it is one.
    pub verb: Option<&'static str>,
    /// The ops and the callback, if it enters one.
    pub callback: Option<(String, String)>,
    /// The function of the work that a worker would take.
    pub work: Option<String>,
}

/// A namespace in a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetState {
    /// What it is called.
    pub name: String,
    /// `setup`, `listed`, `dying` or `freed`.
    pub phase: &'static str,
    /// The ops that are set up in it, in list order; then those that are on no list.
    pub inited: Vec<String>,
}

impl World<'_> {
    /// What a value is called.
    #[must_use]
    pub fn describe(&self, value: Value) -> String {
        if value.is_unset() {
            return "unset".to_string();
        }
        if let Some(int) = value.as_int() {
            return match errno::name(-int) {
                Some(name) if int < 0 => format!("-{name}"),
                _ => int.to_string(),
            };
        }
        let address = value.address();
        match self.program.place(value.ty()) {
            Place::Nothing => "nothing".to_string(),
            Place::Function => self.program.functions[address as usize].name.clone(),
            Place::StructName => format!("struct {}", self.program.structs[address as usize].name),
            Place::Task => self.task_name(address),
            Place::Object(_) => self.object_name(value),
            Place::Link { offset, .. } => self.part_name(value, offset),
            Place::Head { .. } => self.place_name(value),
            Place::Thing { offset, .. } => match self.program.thing_object(value.ty()) {
                Some(_) => self.part_name(value, offset),
                None => self.place_name(value),
            },
        }
    }

    fn part_name(&self, value: Value, offset: u16) -> String {
        let Some(strukt) = self.program.thing_object(value.ty()) else { return self.place_name(value) };
        let object = self.object(strukt, value.address() - u32::from(offset));
        let field =
            self.program.structs[usize::from(strukt)].fields.iter().find(|field| field.offset == offset);
        let field = field.map_or("?", |field| self.program.field_names[usize::from(field.name)].as_str());
        format!("{}.{field}", self.object_name(object))
    }

    /// A global's name, or that of a list on a stack.
    fn place_name(&self, value: Value) -> String {
        let address = value.address();
        if let Some(global) =
            self.program.globals.iter().find(|global| global.address == address && global.ty == value.ty())
        {
            return global.name.clone();
        }
        for array in &self.program.arrays {
            if array.ty == value.ty()
                && (array.address..array.address + array.len * array.stride).contains(&address)
            {
                let name = self.program.globals.iter().find(|global| global.address == array.address);
                let index = (address - array.address) / array.stride;
                return format!("{}[{index}]", name.map_or("?", |global| &global.name));
            }
        }
        match (self.object_around(address), self.program.layout.owner(address)) {
            (Some(object), _) => {
                let header = self.header(object);
                let strukt = &self.program.structs[usize::from(header.strukt)];
                let field = strukt.fields.iter().find(|field| u32::from(field.offset) == address - object);
                let field =
                    field.map_or("?", |field| self.program.field_names[usize::from(field.name)].as_str());
                format!("{}.{field}", self.object_name(self.object(header.strukt, object)))
            }
            (None, Some(task)) => format!("a local list of {}", self.task_name(task)),
            (None, None) => match self.static_object_around(address) {
                Some((object, field)) => format!("{object}.{field}"),
                None => "an unnamed place".to_string(),
            },
        }
    }

    /// What a cell that was read or written is called: a global, an element, a field of an object.
    #[must_use]
    pub fn cell_name(&self, cell: u32) -> String {
        let program = self.program;
        let plain = |address: u32| program.globals.iter().find(|global| global.address == address);
        if let Some(object) = self.object_around(cell) {
            let header = self.header(object);
            let (strukt, offset) = (&program.structs[usize::from(header.strukt)], cell - object);
            let name = self.object_name(self.object(header.strukt, object));
            return self.field_name_at(&name, strukt, offset, header.len);
        }
        for array in program.arrays.iter().filter(|array| program.place(array.ty) == Place::Nothing) {
            if (array.address..array.address + array.len).contains(&cell) {
                let name = plain(array.address).map_or("?", |global| global.name.as_str());
                return format!("{name}[{}]", cell - array.address);
            }
        }
        if let Some(global) = plain(cell).filter(|global| program.place(global.ty) == Place::Nothing) {
            return global.name.clone();
        }
        let around = program.objects.iter().rev().find(|object| object.address <= cell);
        match around {
            Some(object) => {
                let strukt = &program.structs[usize::from(object.strukt)];
                self.field_name_at(&object.name, strukt, cell - object.address, 0)
            }
            None => "a cell".to_string(),
        }
    }

    fn field_name_at(&self, object: &str, strukt: &super::program::Struct, offset: u32, len: u32) -> String {
        for field in &strukt.fields {
            let size = u32::from(field.size);
            let (first, count) = match field.array {
                None => (u32::from(field.offset), 1),
                Some(Some(count)) => (u32::from(field.offset), u32::from(count)),
                Some(None) => (strukt.size + u32::from(field.offset) * len, len),
            };
            let cells = first..first + size * count;
            if !matches!(field.kind, FieldKind::Callback(_)) && cells.contains(&offset) {
                let name = &self.program.field_names[usize::from(field.name)];
                // The second cell of a link is its `prev`.
                return match (field.array, offset - first) {
                    (Some(_), at) => format!("{object}.{name}[{}]", at / size),
                    (None, at) if size == 2 => format!("{object}.{name}.{}", ["next", "prev"][at as usize]),
                    (None, _) => format!("{object}.{name}"),
                };
            }
        }
        object.to_string()
    }

    fn static_object_around(&self, address: u32) -> Option<(String, String)> {
        let object = self.program.objects.iter().rev().find(|object| object.address <= address)?;
        let fields = &self.program.structs[usize::from(object.strukt)].fields;
        let field = fields.iter().find(|field| object.address + u32::from(field.offset) == address)?;
        Some((object.name.clone(), self.program.field_names[usize::from(field.name)].clone()))
    }

    fn object_name(&self, object: Value) -> String {
        let address = object.address();
        if let Some(object) = self.program.object_at(address) {
            return object.name.clone();
        }
        if !self.is_dynamic(address) {
            return self.place_name(object);
        }
        for &(ref name, cell) in &self.program.handles {
            if self.get(cell) == object {
                return name.clone();
            }
        }
        self.heap_name(address)
    }

    /// (task, n): the n-th allocation of a task.
    fn heap_name(&self, address: u32) -> String {
        let Some(task) = self.program.layout.owner(address) else { return "?".to_string() };
        let (mut n, mut at) = (0, 0);
        self.each_object(task, |object, _| {
            n += 1;
            if object <= address {
                at = n;
            }
        });
        format!("{}#{at}", self.task_name(task))
    }

    /// What a task would do next.
    #[must_use]
    pub fn doing(&self, task: TaskId) -> Doing {
        let (pc, frame) = self.position(task);
        let mut doing =
            Doing { pc, span: self.program.spans[pc as usize], verb: None, callback: None, work: None };
        match self.program.code[pc as usize].op {
            Op::Verb { verb, .. } | Op::Resume { verb, .. } => {
                doing.verb = Some(VERBS[usize::from(verb)].name)
            }
            Op::WaitFor { .. } => doing.verb = Some("wait_for"),
            Op::Callback { object, callback, .. } => {
                let ops = self.describe(self.arg(frame, object));
                doing.callback = Some((ops, self.program.callback_names[usize::from(callback)].clone()));
            }
            Op::TakeWork { queue, .. } => {
                let queue = self.arg(frame, queue).address();
                let work = self.get(queue);
                // An empty queue leads back to itself, and to no work.
                if work.address() != queue
                    && let Ok((func, _)) = super::verbs::work::function(self, work)
                {
                    doing.work = Some(self.program.functions[usize::from(func)].name.clone());
                }
            }
            _ => {}
        }
        doing
    }

    /// The state of each namespace, for reports.
    #[must_use]
    pub fn nets(&self) -> Vec<NetState> {
        let (mut nets, mut walk) = (Vec::new(), Nets::default());
        while let Some((net, live)) = walk.next(self) {
            let phase = if live { self.net_phase(net) } else { "freed" };
            nets.push(NetState {
                name: self.describe(net),
                phase,
                inited: if live { self.inited_names(net) } else { Vec::new() },
            });
        }
        nets
    }

    fn inited_names(&self, net: Value) -> Vec<String> {
        let listed = self.listed_ops();
        let unlisted = self.program.ops.iter().map(|&at| {
            let object = &self.program.objects[usize::from(at)];
            self.object(object.strukt, object.address)
        });
        let all = listed.iter().copied().chain(unlisted.filter(|ops| !listed.contains(ops)));
        all.filter(|&ops| self.inited(ops, net)).map(|ops| self.describe(ops)).collect()
    }

    /// `pernet_list` as it is now.
    fn listed_ops(&self) -> Vec<Value> {
        let (mut ops, mut listed) = (Vec::new(), Listed::from_first(self));
        while let Some(next) = listed.next(self) {
            ops.push(next);
        }
        ops
    }

    /// `pernet_list` as it is now: each ops and whether it was registered as a device.
    #[must_use]
    pub fn ops_list(&self) -> Vec<(String, bool)> {
        self.listed_ops().into_iter().map(|ops| (self.describe(ops), self.is_device(ops))).collect()
    }

    /// A fingerprint of the state by names, the same for every layout: for replay files and final states.
    #[must_use]
    pub fn canonical(&self) -> u64 {
        let mut words = Vec::new();
        let fixed =
            self.program.layout.words.rcu.unwrap_or(self.program.layout.fixed).min(self.program.layout.fixed);
        for cell in 0..fixed {
            words.push(self.stable(self.word(cell), self.program.value_cells.binary_search(&cell).is_ok()));
        }
        if let Some(queue) = self.program.layout.words.rcu {
            let size = RCU_ENTRY + self.program.layout.task_set;
            for cell in queue..=queue + self.word(queue) * size {
                words.push(self.stable(self.word(cell), true));
            }
        }
        for task in 0..self.tasks() {
            words.push(u32::MAX);
            self.canonical_segment(task, &mut words);
        }
        super::digest::of(&words)
    }

    fn canonical_segment(&self, task: TaskId, words: &mut Vec<u32>) {
        let segment = self.segment(task);
        words.push(self.word(segment.base));
        let stack = segment.stack..segment.stack_end();
        let used =
            stack.clone().rev().find(|&cell| self.word(cell) != 0).map_or(0, |cell| cell + 1 - segment.stack);
        words.push(used);
        words.extend(stack.take(used as usize).map(|cell| self.stable(self.word(cell), true)));
        self.each_object(task, |object, header| {
            words.push(header.pack());
            for field in &self.program.structs[usize::from(header.strukt)].fields {
                if field.array != Some(None) && !matches!(field.kind, FieldKind::Callback(_)) {
                    let len =
                        u32::from(field.size) * field.array.map_or(1, |len| u32::from(len.unwrap_or(1)));
                    let first = object + u32::from(field.offset);
                    words.extend((first..first + len).map(|cell| self.stable(self.word(cell), true)));
                }
            }
            let strukt = &self.program.structs[usize::from(header.strukt)];
            let arrays = object + strukt.size;
            let dynamic = u32::from(strukt.dynamic) * header.len;
            words.extend((arrays..arrays + dynamic).map(|cell| self.stable(self.word(cell), true)));
        });
    }

    /// A word that does not depend on where the segments stand: addresses become (task, distance from its segment).
    fn stable(&self, word: u32, is_value: bool) -> u32 {
        let value = Value(word);
        if !is_value || !value.is_place() || !self.is_dynamic(value.address()) {
            return word;
        }
        let Some(task) = self.program.layout.owner(value.address()) else { return word };
        let segment = self.segment(task);
        let (heap, distance) = match value.address().checked_sub(segment.heap) {
            Some(distance) if segment.heap != segment.end => (1, distance),
            _ => (0, value.address() - segment.stack),
        };
        (u32::from(value.ty().0) << 22 | distance << 1 | heap).wrapping_add(task.wrapping_mul(0x9e37_79b9))
            | 1 << 31
    }
}
