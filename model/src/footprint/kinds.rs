//! Which kinds of place a value can be: of every slot, field, global and result, over the whole text.
//!
//! Order is not looked at: what is assigned anywhere may be found anywhere. A kind is *own* where the value can only be an object
//! that the running task itself has allocated: tasks allocate in segments of their own, so what two tasks own is never the same.

use super::webs::Webs;
use crate::machine::Program;
use crate::machine::code::{Arg, Args, NOWHERE, Op, Operand, Pc, Slot};
use crate::machine::program::{CallbackBody, Contract, Field, FieldKind, Place, StaticObject};
use crate::machine::value::{MAX_PLACE_TYPES, PlaceType, Value};
use crate::machine::verbs::VERBS;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

const WORDS: usize = MAX_PLACE_TYPES / 64;

/// A set of kinds of place, each own or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Kinds {
    any: [u64; WORDS],
    own: [u64; WORDS],
}

impl Kinds {
    pub fn of(ty: PlaceType) -> Self {
        let mut kinds = Self::default();
        kinds.put(ty, false);
        kinds
    }

    pub fn put(&mut self, ty: PlaceType, own: bool) {
        if ty != PlaceType::NOTHING {
            let set = if own { &mut self.own } else { &mut self.any };
            set[usize::from(ty.0) / 64] |= 1 << (ty.0 % 64);
        }
    }

    /// Adds another set; did this one grow?
    pub fn add(&mut self, other: Self) -> bool {
        let before = *self;
        for at in 0..WORDS {
            self.any[at] |= other.any[at];
            self.own[at] |= other.own[at];
        }
        *self != before
    }

    /// The same, seen by anybody.
    pub fn shared(mut self) -> Self {
        for at in 0..WORDS {
            self.any[at] |= self.own[at];
            self.own[at] = 0;
        }
        self
    }

    /// Each kind, and whether it is own.
    pub fn each(&self) -> impl Iterator<Item = (PlaceType, bool)> + use<> {
        let Self { any, own } = *self;
        // Few of many kinds are in a set: word by word, and then bit by bit.
        (0..WORDS).filter(move |&at| any[at] | own[at] != 0).flat_map(move |at| {
            bits(any[at] | own[at]).flat_map(move |bit| {
                let kind = PlaceType(u16::try_from(at * 64).unwrap_or(0) + bit);
                let is = |set: u64| set >> bit & 1 != 0;
                let any = is(any[at]).then_some((kind, false));
                any.into_iter().chain(is(own[at]).then_some((kind, true)))
            })
        })
    }
}

/// The bits that are set, the lowest first.
fn bits(mut set: u64) -> impl Iterator<Item = u16> {
    core::iter::from_fn(move || {
        let lowest = u16::try_from(set.trailing_zeros()).ok().filter(|_| set != 0)?;
        set &= set - 1;
        Some(lowest)
    })
}

/// The kinds of everything.
#[derive(Debug)]
pub(super) struct AllKinds {
    /// Of each web of slots.
    slots: Vec<Kinds>,
    webs: Webs,
    results: Vec<Kinds>,
    fields: BTreeMap<(u16, u16), Kinds>,
    globals: BTreeMap<u32, Kinds>,
    arrays: Vec<Kinds>,
    /// What stands in tables of ids.
    ids: Kinds,
    /// What waits for a grace period.
    rcu: Kinds,
    /// Positions of lists, by link.
    lists: BTreeMap<(u16, u16), Kinds>,
    works: Kinds,
    /// Functions whose name is used as a value.
    pub values: BTreeSet<u16>,
    changed: bool,
}

impl AllKinds {
    pub fn of(program: &Program) -> Self {
        let webs = Webs::of(program);
        let mut all = Self {
            slots: vec![Kinds::default(); webs.count()],
            webs,
            results: vec![Kinds::default(); program.functions.len()],
            fields: BTreeMap::new(),
            globals: BTreeMap::new(),
            arrays: vec![Kinds::default(); program.arrays.len()],
            ids: Kinds::default(),
            rcu: Kinds::default(),
            lists: BTreeMap::new(),
            works: Kinds::default(),
            values: functions_as_values(program),
            changed: true,
        };
        all.places(program);
        for &(cell, value) in &program.initial {
            all.initial(program, cell, value);
        }
        all.contract(program);
        while all.changed {
            all.changed = false;
            for (pc, (instr, &func)) in (0..).zip(program.code.iter().zip(&program.function_of)).skip(1) {
                all.flow(program, (func, pc), instr.op);
            }
        }
        all
    }

    /// Where no task calls the contract, anybody may: with any ops and any namespace.
    fn contract(&mut self, program: &Program) {
        let roots = super::held::roots(program);
        for func in roots {
            let kind = match program.functions[usize::from(func)].contract {
                Some(Contract::GetNet | Contract::PutNet) => program.roles.net,
                Some(Contract::CopyNetNs) | None => continue,
                Some(_) => program.roles.ops,
            };
            self.enters(func, 1, Kinds::of(program.object_type(kind)));
        }
    }

    /// What can be said of places alone.
    fn places(&mut self, program: &Program) {
        for (ty, &place) in (0..).map(PlaceType).zip(&program.places) {
            match place {
                Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                    self.lists.entry((strukt, offset)).or_default().put(ty, false);
                }
                Place::Thing { thing: crate::machine::program::Thing::Work, .. } => self.works.put(ty, false),
                _ => {}
            }
        }
    }

    fn initial(&mut self, program: &Program, cell: u32, value: Value) {
        let kinds = Kinds::of(value.ty());
        let object = program.objects.iter().rfind(|object| object.address <= cell);
        if let Some((strukt, field)) = object.and_then(|object| field_at(program, object, cell)) {
            self.fields.entry((strukt, field)).or_default().add(kinds);
        }
        for (at, array) in program.arrays.iter().enumerate() {
            if (array.address..array.address + array.len * array.stride).contains(&cell) {
                self.arrays[at].add(kinds);
            }
        }
        self.globals.entry(cell).or_default().add(kinds);
    }

    fn flows_into(&mut self, pc: Pc, slot: Slot, kinds: Kinds) {
        if slot != NOWHERE {
            self.add_to(self.webs.made(pc, slot), kinds);
        }
    }

    /// A function is entered with this in a slot.
    fn enters(&mut self, func: u16, slot: Slot, kinds: Kinds) {
        self.add_to(self.webs.entered(func, slot), kinds);
    }

    fn add_to(&mut self, web: Option<usize>, kinds: Kinds) {
        if let Some(web) = web {
            self.changed |= self.slots[web].add(kinds);
        }
    }

    /// What an operand of an instruction can be.
    pub fn arg(&self, program: &Program, pc: Pc, arg: Arg) -> Kinds {
        match arg.what() {
            Operand::Slot(slot) => {
                self.webs.read(pc, slot).map_or_else(Kinds::default, |web| self.slots[web])
            }
            Operand::Constant(at) => Kinds::of(program.constants[usize::from(at)].ty()),
            Operand::Field(at) => {
                let (slot, field) = program.field_operands[usize::from(at)];
                self.address(program, self.arg(program, pc, Arg::slot(slot)), field)
            }
        }
    }

    /// What a slot can be, whenever.
    pub fn slot(&self, func: u16, slot: Slot) -> Kinds {
        let mut kinds = Kinds::default();
        for web in self.webs.all_of(func, slot) {
            kinds.add(self.slots[web]);
        }
        kinds
    }

    /// Is a parameter never assigned?
    pub fn stays(&self, func: u16, slot: Slot) -> bool {
        self.webs.all_of(func, slot).len() == 1
    }

    pub fn global(&self, cell: u32) -> Kinds {
        self.globals.get(&cell).copied().unwrap_or_default()
    }

    pub fn array(&self, array: u16) -> Kinds {
        self.arrays[usize::from(array)]
    }

    /// The address of a field of some objects.
    pub fn address(&self, program: &Program, objects: Kinds, name: u16) -> Kinds {
        let mut kinds = Kinds::default();
        for (ty, own) in objects.each() {
            if let Place::Object(strukt) = program.place(ty)
                && let Some(field) = program.field(strukt, name)
                && let FieldKind::Address(ty) = field.kind
            {
                kinds.put(ty, own);
            }
        }
        kinds
    }

    /// What stands in a field of some objects, or beside some positions of lists.
    pub fn content(&self, program: &Program, objects: Kinds, name: u16) -> Kinds {
        let mut kinds = self.address(program, objects, name);
        for (ty, _) in objects.each() {
            match program.place(ty) {
                Place::Object(strukt) => {
                    if let Some(field) = field_index(program, strukt, name) {
                        kinds.add(self.fields.get(&(strukt, field)).copied().unwrap_or_default());
                    }
                }
                Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                    kinds.add(self.lists.get(&(strukt, offset)).copied().unwrap_or_default());
                }
                _ => {}
            }
        }
        kinds
    }

    fn store(&mut self, program: &Program, objects: Kinds, name: u16, value: Kinds) {
        for (ty, _) in objects.each() {
            if let Place::Object(strukt) = program.place(ty)
                && let Some(field) = field_index(program, strukt, name)
            {
                self.changed |= self.fields.entry((strukt, field)).or_default().add(value.shared());
            }
        }
    }

    /// What stands on the lists of some positions: objects, or the position itself at the end.
    pub fn members(&self, program: &Program, positions: Kinds) -> Kinds {
        let mut kinds = Kinds::default();
        for (ty, _) in positions.each() {
            match program.place(ty) {
                Place::Link { strukt, .. } | Place::Head { strukt, .. } => {
                    kinds.put(program.object_type(strukt), false);
                    kinds.put(ty, false);
                }
                Place::Object(_) => kinds.put(ty, false),
                _ => {}
            }
        }
        kinds
    }

    fn call(&mut self, program: &Program, from: Pc, func: u16, args: Args, hidden: Option<Kinds>) {
        let first = u16::from(hidden.is_some()) + 1;
        if let Some(object) = hidden {
            self.enters(func, 1, object);
        }
        for at in 0..args.len {
            let arg = program.operands[usize::from(args.at + at)];
            let kinds = self.arg(program, from, arg);
            self.enters(func, first + at, kinds);
        }
    }

    fn flow(&mut self, program: &Program, (func, pc): (u16, Pc), op: Op) {
        let arg = |all: &Self, arg: Arg| all.arg(program, pc, arg);
        match op {
            Op::Move { dst, src } => self.flows_into(pc, dst, arg(self, src)),
            Op::Binary { dst, a, b, .. } => {
                // `max` and `min` give one of the two back.
                let mut kinds = arg(self, a);
                kinds.add(arg(self, b));
                self.flows_into(pc, dst, kinds);
            }
            Op::Entry { dst, a } => {
                let mut kinds = arg(self, a);
                for (ty, own) in kinds.each() {
                    if let Place::Link { strukt, .. } = program.place(ty) {
                        kinds.put(program.object_type(strukt), own);
                    }
                }
                self.flows_into(pc, dst, kinds);
            }
            Op::Call { func: callee, dst, args, .. } => {
                self.call(program, pc, callee, args, None);
                self.flows_into(pc, dst, self.results[usize::from(callee)]);
            }
            Op::Callback { dst, object, callback, args, .. } => {
                let object = arg(self, object);
                for body in bodies(program, callback) {
                    self.call(program, pc, body, args, Some(object));
                    self.flows_into(pc, dst, self.results[usize::from(body)]);
                }
            }
            Op::CallWork { work, .. } => {
                let mut objects = arg(self, work).shared();
                for (ty, _) in objects.each() {
                    if let Some(strukt) = program.thing_object(ty) {
                        objects.put(program.object_type(strukt), false);
                    }
                }
                self.enter_values(objects);
            }
            Op::CallRcu { object, .. } => {
                let objects = arg(self, object);
                self.enter_values(objects);
            }
            Op::Return { src } => {
                let kinds = arg(self, src);
                self.changed |= self.results[usize::from(func)].add(kinds);
            }
            Op::Load { dst, object, field } | Op::LoadElement { dst, object, field, .. } => {
                let kinds = self.content(program, arg(self, object), field);
                self.flows_into(pc, dst, kinds);
            }
            Op::FieldAddress { dst, object, field } => {
                let kinds = self.address(program, arg(self, object), field);
                self.flows_into(pc, dst, kinds);
            }
            Op::Store { object, field, src } | Op::StoreElement { object, field, src, .. } => {
                let (objects, value) = (arg(self, object), arg(self, src));
                self.store(program, objects, field, value);
            }
            Op::LoadGlobal { dst, cell } => self.flows_into(pc, dst, self.global(cell)),
            Op::StoreGlobal { cell, src } => {
                let kinds = arg(self, src).shared();
                self.changed |= self.globals.entry(cell).or_default().add(kinds);
            }
            Op::LoadArray { dst, array, .. } => self.flows_into(pc, dst, self.array(array)),
            Op::StoreArray { array, src, .. } => {
                let kinds = arg(self, src).shared();
                self.changed |= self.arrays[usize::from(array)].add(kinds);
            }
            Op::ElementAddress { dst, array, .. } => {
                self.flows_into(pc, dst, Kinds::of(program.arrays[usize::from(array)].ty));
            }
            Op::LocalList { dst, slot } => {
                for ty in local_lists(program, func, slot) {
                    self.flows_into(pc, dst, Kinds::of(ty));
                }
            }
            Op::Walk { cursor, head, .. } => {
                let kinds = self.members(program, arg(self, head));
                self.flows_into(pc, cursor, kinds);
            }
            Op::Verb { verb, dst, args, .. } | Op::Resume { verb, dst, args, .. } => {
                self.verb(program, pc, (VERBS[usize::from(verb)].name, dst), [args.0, args.1]);
            }
            Op::TakeWork { dst, .. } => self.flows_into(pc, dst, self.works),
            Op::TakeRcu { object, .. } => self.flows_into(pc, object, self.rcu),
            _ => {}
        }
    }

    fn enter_values(&mut self, objects: Kinds) {
        for callee in self.values.clone() {
            self.enters(callee, 1, objects);
        }
    }

    fn verb(&mut self, program: &Program, pc: Pc, (name, dst): (&str, Slot), args: [Arg; 2]) {
        let first = self.arg(program, pc, args[0]);
        match name {
            "kzalloc" => {
                let mut kinds = Kinds::default();
                match args[0].what() {
                    Operand::Constant(at) if is_struct_name(program, program.constants[usize::from(at)]) => {
                        let strukt = program.constants[usize::from(at)].address();
                        kinds.put(program.object_type(u16::try_from(strukt).unwrap_or(0)), true);
                    }
                    _ => {
                        // A size that is known only when it runs: of any struct, or of bytes.
                        for strukt in 0..u16::try_from(program.structs.len()).unwrap_or(0) {
                            kinds.put(program.object_type(strukt), true);
                        }
                    }
                }
                self.flows_into(pc, dst, kinds);
            }
            "list_first" | "list_last" | "list_next" => {
                let kinds = self.members(program, first);
                self.flows_into(pc, dst, kinds);
            }
            "idr_alloc" => {
                let value = self.arg(program, pc, args[1]).shared();
                self.changed |= self.ids.add(value);
            }
            "idr_find" => self.flows_into(pc, dst, self.ids),
            "call_rcu" | "kfree_rcu" => self.changed |= self.rcu.add(first.shared()),
            _ => {}
        }
    }
}

fn is_struct_name(program: &Program, value: Value) -> bool {
    program.place(value.ty()) == Place::StructName
}

/// The index of a struct's field with a name.
pub(super) fn field_index(program: &Program, strukt: u16, name: u16) -> Option<u16> {
    let field = program.field(strukt, name)?;
    let fields = &program.structs[usize::from(strukt)].fields;
    fields.iter().position(|known| known == field).and_then(|at| u16::try_from(at).ok())
}

fn field_at(program: &Program, object: &StaticObject, cell: u32) -> Option<(u16, u16)> {
    let offset = cell - object.address;
    let strukt = &program.structs[usize::from(object.strukt)];
    let covers = |field: &Field| {
        let len = u32::from(field.array.map_or(1, |len| len.unwrap_or(0)));
        let first = u32::from(field.offset);
        field.array != Some(None) && (first..first + len * u32::from(field.size)).contains(&offset)
    };
    let at = strukt.fields.iter().position(covers)?;
    Some((object.strukt, u16::try_from(at).ok()?))
}

/// The functions that a callback by name may enter.
pub(super) fn bodies(program: &Program, callback: u16) -> BTreeSet<u16> {
    let body = |object: &StaticObject| match object.callbacks.get(usize::from(callback)) {
        Some(CallbackBody::Function(func)) => Some(*func),
        _ => None,
    };
    program.objects.iter().filter_map(body).collect()
}

/// The kinds of list that a function has in a slot.
pub(super) fn local_lists(program: &Program, func: u16, slot: Slot) -> BTreeSet<PlaceType> {
    let function = &program.functions[usize::from(func)];
    let code = &program.code[function.entry as usize..function.end as usize];
    let kind = |op| match op {
        Op::InitLocalList { slot: known, ty } if known == slot => Some(PlaceType(ty)),
        _ => None,
    };
    code.iter().filter_map(|instr| kind(instr.op)).collect()
}

/// The functions that are kept somewhere as values.
pub(super) fn functions_as_values(program: &Program) -> BTreeSet<u16> {
    let values = program.constants.iter().copied().chain(program.initial.iter().map(|&(_, value)| value));
    let templates = program.structs.iter().flat_map(|strukt| strukt.template.iter().map(|&(_, value)| value));
    let function = |value: Value| match program.place(value.ty()) {
        Place::Function => u16::try_from(value.address()).ok(),
        _ => None,
    };
    values.chain(templates).filter_map(function).collect()
}
