//! Structs: their fields, the kinds of place in them, and where each field stands.

use super::names::Scope;
use super::{Compiler, codes};
use crate::judge::ledger;
use crate::lang::ast::{Decl, ItemKind, Name, Num, NumKind, TypeKind, Var};
use crate::lang::diagnostic::Diagnostic;
use crate::machine::layout::Layout;
use crate::machine::program::{FIRST_OBJECT, FIXED_PLACES, Field, FieldKind, Place, Struct, Thing};
use crate::machine::value::{MAX_PLACE_TYPES, PlaceType};
use crate::machine::verbs::{rwsem, work};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// The most elements of an array.
const MAX_COUNT: i64 = 65_535;

impl Compiler<'_> {
    /// Names all structs and makes the kinds of place of their objects.
    pub(super) fn name_structs(&mut self) {
        self.places = FIXED_PLACES.to_vec();
        self.place_struct = vec![None; FIXED_PLACES.len()];
        for item in self.items() {
            if let ItemKind::Struct { name, .. } = &item.kind
                && self.struct_index(&name.text).is_none()
            {
                self.structs.push(empty(name.text.clone()));
            }
        }
        self.bytes = u16::try_from(self.structs.len()).unwrap_or(u16::MAX);
        self.structs.push(empty("bytes".to_string()));
        for index in 0..self.structs.len() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            self.place(Place::Object(index), Some(index));
        }
        debug_assert!(self.place_struct.len() == usize::from(FIRST_OBJECT) + self.structs.len());
    }

    pub(super) fn struct_index(&self, name: &str) -> Option<u16> {
        self.structs.iter().position(|known| known.name == name).and_then(|at| u16::try_from(at).ok())
    }

    /// The kind of place, made if it is new.
    pub(super) fn place(&mut self, place: Place, strukt: Option<u16>) -> PlaceType {
        let known = self.places.iter().zip(&self.place_struct).position(|known| known == (&place, &strukt));
        let at = known.unwrap_or_else(|| {
            self.places.push(place);
            self.place_struct.push(strukt);
            self.places.len() - 1
        });
        if at >= MAX_PLACE_TYPES {
            self.too_large("kinds of place", MAX_PLACE_TYPES);
        }
        PlaceType(u16::try_from(at).unwrap_or(0))
    }

    /// Lays out the fields of all structs.
    pub(super) fn lay_out_structs(&mut self) {
        let written = self.written_fields.clone();
        for item in self.items() {
            if let ItemKind::Struct { name, fields } = &item.kind {
                let strukt = self.struct_index(&name.text).expect("it was named");
                for decl in fields {
                    for var in &decl.vars {
                        self.add_field(strukt, decl, var, &written);
                    }
                }
            }
        }
        let ops = u32::try_from(self.ops_count()).unwrap_or(u32::MAX);
        let sets = if self.remembers_phases() { 1 + ledger::PHASE_BITS } else { 1 };
        for strukt in &mut self.structs {
            let cells = match strukt.name.as_str() {
                _ if !self.settings.judges => 0,
                "net" => ledger::net_cells(ops) * sets,
                "ops" => 1,
                _ => 0,
            };
            strukt.ledger = strukt.size;
            strukt.size += cells;
        }
        self.fill_field_table();
    }

    fn fill_field_table(&mut self) {
        self.field_table = vec![0; self.structs.len() * self.field_names.len()];
        for (strukt, row) in
            self.structs.iter().zip(self.field_table.chunks_exact_mut(self.field_names.len().max(1)))
        {
            for (at, field) in (1..).zip(&strukt.fields) {
                row[usize::from(field.name)] = at;
            }
        }
    }

    fn add_field(&mut self, strukt: u16, decl: &Decl, var: &Var, written: &BTreeSet<String>) {
        let name = self.field_name(&var.name.text);
        if self.structs[usize::from(strukt)].fields.iter().any(|field| field.name == name) {
            let message = format!(
                "`struct {}` has two fields `{}`",
                self.structs[usize::from(strukt)].name,
                var.name.text
            );
            self.error(
                Diagnostic::new(codes::DUPLICATE_FIELD, var.name.span, message)
                    .help("give one of them another name"),
            );
            return;
        }
        let array = var.array.as_ref().map(|num| num.as_ref().map(|num| self.count(num, Scope::Protocol)));
        let (kind, size) = self.field_kind(strukt, decl, var, written);
        let dynamic = array == Some(None);
        let row = &mut self.structs[usize::from(strukt)];
        let offset = if dynamic { u32::from(row.dynamic) } else { row.size };
        let field = Field {
            name,
            kind,
            offset: u16::try_from(offset).unwrap_or(u16::MAX),
            size: u16::try_from(size).unwrap_or(u16::MAX),
            array: array.map(|count| count.map(|count| u16::try_from(count).unwrap_or(u16::MAX))),
        };
        if dynamic {
            row.dynamic += 1;
            if size != 1 {
                let why = "an array as long as `kzalloc` says holds integers and pointers only";
                self.bad_type(decl, why, "make it an `int` or `ptr`, or give it a length: `[4]`");
            }
        } else {
            let size = u64::from(size) * u64::from(array.map_or(1, |count| count.unwrap_or(1)));
            match u16::try_from(u64::from(row.size) + size) {
                Ok(size) => row.size = u32::from(size),
                Err(_) => {
                    let message = format!("`struct {}` is larger than {} cells", row.name, u16::MAX);
                    let help = "make the array shorter, or let each object point to the next";
                    self.error(Diagnostic::new(codes::TOO_LARGE, var.name.span, message).help(help));
                    return;
                }
            }
            self.first_values(strukt, &field, var);
        }
        self.structs[usize::from(strukt)].fields.push(field);
    }

    /// What a new object holds there, besides zeroes.
    fn first_values(&mut self, strukt: u16, field: &Field, var: &Var) {
        let len = field.array.map_or(1, |len| len.unwrap_or(1));
        let row = &mut self.structs[usize::from(strukt)];
        if let FieldKind::Address(ty) = field.kind
            && let Place::Head { .. } = self.places[usize::from(ty.0)]
        {
            row.heads.extend((0..len).map(|at| (u32::from(field.offset + at * 2), ty)));
        }
        if let Some(init) = &var.init {
            self.field_inits.push((strukt, field.clone(), init.clone()));
        }
    }

    fn field_kind(
        &mut self,
        strukt: u16,
        decl: &Decl,
        var: &Var,
        written: &BTreeSet<String>,
    ) -> (FieldKind, u32) {
        let offset = u16::try_from(self.structs[usize::from(strukt)].size).unwrap_or(u16::MAX);
        match &decl.ty.kind {
            TypeKind::Int | TypeKind::Ptr
                if written.contains(&var.name.text)
                    || self.allocated.contains(&self.structs[usize::from(strukt)].name) =>
            {
                (FieldKind::Plain, 1)
            }
            TypeKind::Int | TypeKind::Ptr => (FieldKind::Constant, 1),
            TypeKind::Callback => (FieldKind::Callback(self.callback_name(&var.name.text)), 0),
            TypeKind::Link => {
                (FieldKind::Address(self.place(Place::Link { strukt, offset }, Some(strukt))), 2)
            }
            TypeKind::List { strukt, link } => {
                let (strukt, link) = (strukt.clone(), link.clone());
                // The offset is filled in when all structs are laid out: see `head_type`.
                (FieldKind::Address(self.head_type(&strukt, &link)), 2)
            }
            TypeKind::Struct(name) => {
                let why = format!("`{name}` is a struct, and a struct cannot hold another");
                self.bad_type(decl, &why, "let a `ptr` point to it");
                (FieldKind::Constant, 1)
            }
            TypeKind::Workqueue => {
                let why = "a workqueue is a task of its own and stands outside structs";
                self.bad_type(decl, why, "declare it beside the struct");
                (FieldKind::Constant, 1)
            }
            kind => {
                let thing = thing(kind).expect("the others were answered");
                let ty = self.place(Place::Thing { thing, offset }, Some(strukt));
                (FieldKind::Address(ty), cells(thing, &self.layout))
            }
        }
    }

    /// The kind of place that a list's head is.
    pub(super) fn head_type(&mut self, strukt: &Name, link: &Name) -> PlaceType {
        let Some(index) = self.struct_index(&strukt.text) else {
            let help = self.structs.iter().map(|known| known.name.clone()).collect::<Vec<_>>().join(", ");
            let message = format!("unknown struct `{}` in a list's type", strukt.text);
            self.error(
                Diagnostic::new(codes::UNKNOWN_NAME, strukt.span, message)
                    .help(format!("structs are {help}")),
            );
            return PlaceType::NOTHING;
        };
        let Some(offset) = self.link_offset(&strukt.text, &link.text) else {
            let message = format!("`struct {}` has no link `{}`", strukt.text, link.text);
            self.error(
                Diagnostic::new(codes::UNKNOWN_FIELD, link.span, message)
                    .help(format!("declare it: `struct {} {{ link {}; }}`", strukt.text, link.text)),
            );
            return PlaceType::NOTHING;
        };
        self.place(Place::Head { strukt: index, offset }, None)
    }

    /// Where a link of a struct will stand: worked out from the text, since lists may be declared before it.
    fn link_offset(&mut self, strukt: &str, link: &str) -> Option<u16> {
        let mut offset = 0;
        for item in self.items() {
            let ItemKind::Struct { name, fields } = &item.kind else { continue };
            if name.text != strukt {
                continue;
            }
            for decl in fields {
                for var in &decl.vars {
                    if var.name.text == link && decl.ty.kind == TypeKind::Link {
                        return u16::try_from(offset).ok();
                    }
                    if var.array == Some(None) {
                        continue;
                    }
                    let len = match &var.array {
                        Some(Some(num)) => self.count(num, Scope::Protocol),
                        _ => 1,
                    };
                    offset += len * type_cells(&decl.ty.kind, &self.layout);
                }
            }
        }
        None
    }

    /// The number of elements that a text says.
    pub(super) fn count(&mut self, num: &Num, scope: Scope) -> u32 {
        let value = match &num.kind {
            NumKind::Int(value) => Some(*value),
            NumKind::Const(name) => self.constant(name, scope),
        };
        match value {
            Some(value @ 1..=MAX_COUNT) => u32::try_from(value).unwrap_or(1),
            Some(value) => {
                let message = format!("a number of elements is 1 to {MAX_COUNT}, not {value}");
                self.error(
                    Diagnostic::new(codes::BAD_COUNT, num.span, message)
                        .help("change the number or the constant"),
                );
                1
            }
            None => {
                let message = format!("`{}` is no constant", self.sources.text(num.span));
                self.error(
                    Diagnostic::new(codes::BAD_COUNT, num.span, message)
                        .help("declare it: `const NAME = 2;`, or write the number"),
                );
                1
            }
        }
    }

    pub(super) fn field_name(&mut self, name: &str) -> u16 {
        index_of(&mut self.field_names, name)
    }

    pub(super) fn callback_name(&mut self, name: &str) -> u16 {
        index_of(&mut self.callback_names, name)
    }

    pub(super) fn bad_type(&mut self, decl: &Decl, why: &str, help: &str) {
        self.error(Diagnostic::new(codes::BAD_TYPE_HERE, decl.ty.span, why.to_string()).help(help));
    }

    /// First values of fields of every new object, once functions are known.
    pub(super) fn finish_field_inits(&mut self) {
        for (strukt, field, init) in core::mem::take(&mut self.field_inits) {
            let value = self.constant_value(&init, Scope::Scenario);
            let offset = match field.kind {
                FieldKind::Address(ty) if self.is_work(ty) => u32::from(field.offset) + work::FUNCTION,
                FieldKind::Plain | FieldKind::Constant => u32::from(field.offset),
                _ => {
                    let message = "this field has no first value";
                    self.error(
                        Diagnostic::new(codes::BAD_TYPE_HERE, init.span, message)
                            .help("leave the `= ...` out"),
                    );
                    continue;
                }
            };
            if let Some(value) = value {
                self.structs[usize::from(strukt)].template.push((offset, value));
            }
        }
    }

    pub(super) fn is_work(&self, ty: PlaceType) -> bool {
        matches!(self.places[usize::from(ty.0)], Place::Thing { thing: Thing::Work, .. })
    }
}

fn empty(name: String) -> Struct {
    Struct {
        name,
        fields: Vec::new(),
        size: 0,
        ledger: 0,
        template: Vec::new(),
        heads: Vec::new(),
        dynamic: 0,
    }
}

fn index_of(names: &mut Vec<String>, name: &str) -> u16 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_string());
        names.len() - 1
    });
    u16::try_from(at).unwrap_or(u16::MAX)
}

/// What verbs work on, of types that are nothing else.
pub(super) fn thing(kind: &TypeKind) -> Option<Thing> {
    Some(match kind {
        TypeKind::Mutex => Thing::Mutex,
        TypeKind::Rwsem => Thing::Rwsem,
        TypeKind::Spinlock => Thing::Spinlock,
        TypeKind::Refcount => Thing::Refcount,
        TypeKind::Ida => Thing::Ida,
        TypeKind::Idr => Thing::Idr,
        TypeKind::Work => Thing::Work,
        TypeKind::Workqueue => Thing::Workqueue,
        _ => return None,
    })
}

/// Cells of a thing.
pub(super) const fn cells(thing: Thing, layout: &Layout) -> u32 {
    match thing {
        Thing::Mutex | Thing::Spinlock | Thing::Refcount => 1,
        Thing::Rwsem => rwsem::cells(layout.task_set),
        Thing::Ida | Thing::Idr => layout.ids,
        Thing::Work => work::CELLS,
        Thing::Workqueue => 2,
    }
}

/// Cells of a field of a type.
fn type_cells(kind: &TypeKind, layout: &Layout) -> u32 {
    match kind {
        TypeKind::Int | TypeKind::Ptr | TypeKind::Struct(_) => 1,
        TypeKind::Callback => 0,
        TypeKind::Link | TypeKind::List { .. } => 2,
        kind => thing(kind).map_or(1, |thing| cells(thing, layout)),
    }
}
