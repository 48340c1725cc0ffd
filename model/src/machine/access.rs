//! Accesses to globals, fields, elements and links: what is read and written, and what is wrong with it.

use super::code::{Instr, NOWHERE, Op, Pc};
use super::event::{Event, Watch};
use super::finding::Kind;
use super::layout::Room;
use super::program::{FIRST_OBJECT, Field, FieldKind, GlobalArray, Place};
use super::step::Running;
use super::value::{PlaceType, Value};
use super::verbs::{Call, VERBS};
use super::world::{Halt, World};
use alloc::format;

impl World<'_> {
    #[inline(always)]
    pub(super) fn access<W: Watch>(
        &mut self,
        run: &mut Running,
        instr: &Instr,
        watch: &mut W,
    ) -> Result<(), Halt> {
        let at = run.pc;
        // The task moves on only when all went well: a finding is told at the instruction that made it.
        let mut to = at + 1;
        let (dst, value) = match instr.op {
            Op::Load { dst, object, field } => {
                let object = self.operand(run, object)?;
                let (cell, value) = self.load(object, field)?;
                if instr.access {
                    watch.event(self, run.task, at, Event::Read { cell, value });
                }
                (dst, value)
            }
            Op::Store { object, field, src } => {
                let (object, value) = (self.operand(run, object)?, self.operand(run, src)?);
                let field = self.field_of(object, field)?;
                let cell = object.address() + u32::from(field.offset);
                self.touch(object)?;
                self.store(run, at, cell, value, watch)?;
                (NOWHERE, Value::NULL)
            }
            Op::LoadElement { dst, object, field, index } => {
                let (object, index) = (self.operand(run, object)?, self.operand(run, index)?);
                let (cell, address) = self.element(object, field, index)?;
                if let Some(address) = address {
                    (dst, address)
                } else {
                    self.touch(object)?;
                    let value = self.get(cell);
                    watch.event(self, run.task, at, Event::Read { cell, value });
                    (dst, value)
                }
            }
            Op::StoreElement { object, field, index, src } => {
                let (object, index) = (self.operand(run, object)?, self.operand(run, index)?);
                let value = self.operand(run, src)?;
                let (cell, _) = self.element(object, field, index)?;
                self.touch(object)?;
                self.store(run, at, cell, value, watch)?;
                (NOWHERE, Value::NULL)
            }
            Op::LoadGlobal { dst, cell } => {
                let value = self.get(cell);
                if instr.access {
                    watch.event(self, run.task, at, Event::Read { cell, value });
                }
                (dst, value)
            }
            Op::StoreGlobal { cell, src } => {
                let value = self.operand(run, src)?;
                self.store(run, at, cell, value, watch)?;
                (NOWHERE, Value::NULL)
            }
            Op::LoadArray { dst, array, index } => {
                let cell = self.array_cell(run, array, index)?;
                let value = self.get(cell);
                if instr.access {
                    watch.event(self, run.task, at, Event::Read { cell, value });
                }
                (dst, value)
            }
            Op::StoreArray { array, index, src } => {
                let value = self.operand(run, src)?;
                let cell = self.array_cell(run, array, index)?;
                self.store(run, at, cell, value, watch)?;
                (NOWHERE, Value::NULL)
            }
            Op::ElementAddress { dst, array, index } => {
                let cell = self.array_cell(run, array, index)?;
                (dst, Value::place(self.program.arrays[usize::from(array)].ty, cell))
            }
            Op::FieldAddress { dst, object, field } => {
                let object = self.operand(run, object)?;
                (dst, self.field_address(object, field)?)
            }
            Op::Entry { dst, a } => {
                let position = self.operand(run, a)?;
                (dst, self.entry(position))
            }
            Op::InitLocalList { slot, ty } => {
                let cell = run.frame + u32::from(slot);
                let head = Value::place(PlaceType(ty), cell);
                self.set(cell, head);
                self.set(cell + 1, head);
                self.set(cell + 2, Value::small(u32::from(ty)));
                (NOWHERE, Value::NULL)
            }
            Op::LocalList { dst, slot } => (dst, self.local_list(run, slot)),
            Op::DropLocalList { slot } => {
                let cell = run.frame + u32::from(slot);
                // A return before the declaration leaves nothing to let go.
                if !self.get(cell).is_unset() {
                    super::verbs::list::release_members(self, self.local_list(run, slot));
                    let first = cell as usize;
                    self.cells.run_mut(first..first + 3).fill(Value::UNSET.0);
                }
                (NOWHERE, Value::NULL)
            }
            Op::Walk { cursor, head, from, reverse, to: over } => {
                let (head, from) = (self.operand(run, head)?, self.operand(run, from)?);
                let next = super::verbs::list::walk(self, head, from, reverse)?;
                watch.event(self, run.task, at, Event::Walk { to: next });
                if next == head {
                    to = over;
                }
                (cursor, next)
            }
            _ => unreachable!("no access"),
        };
        if dst != NOWHERE {
            self.set(run.frame + u32::from(dst), value);
        }
        run.pc = to;
        Ok(())
    }

    #[inline(always)]
    fn operand(&self, run: &Running, arg: super::code::Arg) -> Result<Value, Halt> {
        let value = self.arg(run.frame, arg);
        if value.is_unset() {
            return Err(
                self.found(Kind::Uninitialised, "a local is read before anything was assigned to it".into())
            );
        }
        Ok(value)
    }

    fn store<W: Watch>(
        &mut self,
        run: &Running,
        at: u32,
        cell: u32,
        value: Value,
        watch: &mut W,
    ) -> Result<(), Halt> {
        self.set(cell, value);
        if self.program.roles.first_device == Some(cell) {
            self.judge_boundary_moved(run.task, at, run.frame);
        }
        watch.event(self, run.task, at, Event::Write { cell, value });
        Ok(())
    }

    fn local_list(&self, run: &Running, slot: u16) -> Value {
        let cell = run.frame + u32::from(slot);
        Value::place(PlaceType(u16::try_from(self.word(cell + 2)).unwrap_or(0)), cell)
    }

    /// What an access to a field of something that is no object is.
    #[cold]
    pub(crate) fn not_an_object(&self, value: Value, what: &str) -> Halt {
        if value == Value::NULL {
            self.found(Kind::NullDeref, format!("{what} of NULL"))
        } else if let Place::Head { .. } = self.program.place(value.ty()) {
            let why = format!("{what} of {}, the head of a list and no element of it", self.describe(value));
            self.found(Kind::BadCursor, why)
        } else {
            self.found(Kind::WildAccess, format!("{what} of {}, which is no object", self.describe(value)))
        }
    }

    /// A verb is given what it takes.
    #[cold]
    pub(crate) fn check_kinds(&self, verb: u8, call: &Call) -> Result<(), Halt> {
        let name = VERBS[usize::from(verb)].name;
        match self.misfit(verb, call) {
            None => Ok(()),
            Some(Value::NULL) => Err(self.found(Kind::NullDeref, format!("{name} of NULL"))),
            Some(other) => {
                let why = format!("{name} of {}, which is nothing of that kind", self.describe(other));
                Err(self.found(Kind::WildAccess, why))
            }
        }
    }

    /// May a verb go on that waits? With what is nothing for it, it does not wait for ever: it is found.
    pub(crate) fn is_ready(
        &self,
        ready: fn(&World<'_>, &Call) -> bool,
        verb: u8,
        at: Pc,
        call: &Call,
    ) -> bool {
        self.program.code[at as usize].asks_kinds && self.misfit(verb, call).is_some() || ready(self, call)
    }

    #[cold]
    fn no_such_field(&self, object: Value, name: u16) -> Halt {
        let name = &self.program.field_names[usize::from(name)];
        self.found(Kind::WildAccess, format!("{} has no field `{name}`", self.describe(object)))
    }

    pub(crate) fn field_of(&self, object: Value, name: u16) -> Result<&'_ Field, Halt> {
        let Place::Object(strukt) = self.program.place(object.ty()) else {
            let name = &self.program.field_names[usize::from(name)];
            return Err(self.not_an_object(object, &format!("field `{name}`")));
        };
        self.program.field(strukt, name).ok_or_else(|| self.no_such_field(object, name))
    }

    /// Reads a field of an object, or `next` and `prev` of a position: the cell and its value.
    pub(crate) fn load(&self, object: Value, name: u16) -> Result<(u32, Value), Halt> {
        match self.program.place(object.ty()) {
            Place::Object(strukt) => {
                let field =
                    self.program.field(strukt, name).ok_or_else(|| self.no_such_field(object, name))?;
                let cell = object.address() + u32::from(field.offset);
                match field.kind {
                    FieldKind::Plain | FieldKind::Constant => {
                        self.touch(object)?;
                        Ok((cell, self.get(cell)))
                    }
                    FieldKind::Address(ty) => Ok((cell, Value::place(ty, cell))),
                    FieldKind::Callback(callback) => {
                        let body = self.callback_body(object, callback)?;
                        Ok((cell, Value::truth(body != super::program::CallbackBody::Absent)))
                    }
                }
            }
            Place::Link { .. } | Place::Head { .. } => {
                // `next` and `prev` are the first two names of every program.
                if name > 1 {
                    let which = &self.program.field_names[usize::from(name)];
                    return Err(self.not_an_object(object, &format!("field `{which}`")));
                }
                let cell = object.address() + u32::from(name);
                self.touch(object)?;
                let value = self.get(cell);
                if value == Value::NULL {
                    let which = &self.program.field_names[usize::from(name)];
                    let why = format!("`{which}` of {}, which is on no list", self.describe(object));
                    return Err(self.found(Kind::BadCursor, why));
                }
                Ok((cell, value))
            }
            _ => {
                let name = &self.program.field_names[usize::from(name)];
                Err(self.not_an_object(object, &format!("field `{name}`")))
            }
        }
    }

    /// The address of a field that verbs work on.
    #[inline]
    pub(crate) fn field_address(&self, object: Value, name: u16) -> Result<Value, Halt> {
        // What is no object has no row: the index is past the table's end.
        let row = usize::from(object.ty().0.wrapping_sub(FIRST_OBJECT));
        match self.program.field_addresses.get(row * self.program.field_names.len() + usize::from(name)) {
            Some(&(ty, offset)) if ty != PlaceType(0) => Ok(object.at(ty, u32::from(offset))),
            _ => self.no_field_address(object, name),
        }
    }

    #[cold]
    fn no_field_address(&self, object: Value, name: u16) -> Result<Value, Halt> {
        let field = self.field_of(object, name)?;
        match field.kind {
            FieldKind::Address(ty) => Ok(object.at(ty, u32::from(field.offset))),
            _ => Err(self.no_such_field(object, name)),
        }
    }

    /// The cell of an element of an array inside an object, and its address if it is something that verbs work on.
    pub(crate) fn element(
        &self,
        object: Value,
        name: u16,
        index: Value,
    ) -> Result<(u32, Option<Value>), Halt> {
        let field = self.field_of(object, name)?;
        let (offset, len) = match field.array {
            None => return Err(self.no_such_field(object, name)),
            Some(Some(len)) => (u32::from(field.offset), u32::from(len)),
            Some(None) => {
                let Place::Object(strukt) = self.program.place(object.ty()) else {
                    unreachable!("it has a field")
                };
                self.touch(object)?;
                let len =
                    if self.is_dynamic(object.address()) { self.header(object.address()).len } else { 0 };
                (self.program.structs[usize::from(strukt)].size + u32::from(field.offset) * len, len)
            }
        };
        let index = self.checked_index(index, len, &self.program.field_names[usize::from(name)])?;
        let cell = object.address() + offset + index * u32::from(field.size);
        let address = match field.kind {
            FieldKind::Address(ty) => Some(Value::place(ty, cell)),
            _ => None,
        };
        Ok((cell, address))
    }

    fn array_cell(&self, run: &Running, array: u16, index: super::code::Arg) -> Result<u32, Halt> {
        let index = self.operand(run, index)?;
        self.array_element(self.program.arrays[usize::from(array)], index)
    }

    pub(crate) fn array_element(&self, array: GlobalArray, index: Value) -> Result<u32, Halt> {
        Ok(array.address + self.checked_index(index, array.len, self.array_name(array))? * array.stride)
    }

    fn array_name(&self, array: GlobalArray) -> &str {
        let global = self.program.globals.iter().find(|global| global.address == array.address);
        global.map_or("an array", |global| &global.name)
    }

    fn checked_index(&self, index: Value, len: u32, what: &str) -> Result<u32, Halt> {
        match index.as_int().and_then(|index| u32::try_from(index).ok()) {
            Some(index) if index < len => Ok(index),
            _ => {
                let why = format!("index {} of `{what}`, which has {len} elements", self.describe(index));
                Err(self.found(Kind::OutOfBounds, why))
            }
        }
    }

    /// What the world has room for now.
    pub(crate) fn room(&self) -> Room {
        let layout = &self.program.layout;
        Room {
            stack: layout.segments.iter().map(|segment| segment.stack_end() - segment.stack).collect(),
            heap: layout.segments.iter().map(|segment| segment.end - segment.stack_end()).collect(),
            ids: layout.ids,
            rcu: layout.rcu,
        }
    }
}
