//! Globals and static objects: what each is, where it stands, what it holds first.

use super::names::{Later, Meaning, Scope};
use super::structs::{cells, thing};
use super::{Compiler, codes};
use crate::judge::ledger;
use crate::lang::ast::{Decl, ItemKind, Method, MethodKind, TypeKind, Var};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::lang::suggest::did_you_mean;
use crate::machine::layout::RCU_ENTRY;
use crate::machine::program::{
    CallbackBody, FIRST_OBJECT, FieldKind, Global, GlobalArray, Part, Place, StaticObject, Thing,
};
use crate::machine::value::{MAX_CELLS, PlaceType, Value};
use crate::machine::verbs::work;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

impl Compiler<'_> {
    /// How many static ops there are: each has a bit in a namespace's ledger.
    pub(super) fn ops_count(&mut self) -> usize {
        let mut count = 0;
        for (scope, item) in self.scoped_items() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            if decl.ty.kind == TypeKind::Struct("ops".to_string()) {
                for var in &decl.vars {
                    count += match &var.array {
                        Some(Some(num)) => self.count(num, scope) as usize,
                        _ => 1,
                    };
                }
            }
        }
        count
    }

    /// Which parts the callbacks of static ops are, in order.
    pub(super) fn parts_present(&self) -> BTreeSet<Part> {
        let mut all = BTreeSet::new();
        let (mut named, mut declared) = (BTreeSet::new(), false);
        for item in self.items() {
            match &item.kind {
                ItemKind::Struct { name, fields } if name.text == "ops" => {
                    let callbacks = fields.iter().filter(|decl| decl.ty.kind == TypeKind::Callback);
                    all.extend(callbacks.flat_map(|decl| &decl.vars).map(|var| Part::named(&var.name.text)));
                }
                ItemKind::Decl(decl) if decl.ty.kind == TypeKind::Struct("ops".to_string()) => {
                    let callbacks = decl.methods.iter().flatten();
                    let callbacks = callbacks.filter(|method| !matches!(method.kind, MethodKind::Value(_)));
                    named.extend(callbacks.map(|method| Part::named(&method.name.text)));
                    // Without braces it has them all.
                    declared |= decl.methods.is_none();
                }
                _ => {}
            }
        }
        if declared { all } else { named }
    }

    /// Do the judges have to remember how far a namespace has been taken down? Not where there is one phase alone: then
    /// whether an ops is set up says it.
    pub(super) fn remembers_phases(&self) -> bool {
        let present = self.parts_present();
        let phases = present.iter().filter(|part| part.takes_down()).count();
        phases > 1 || phases == 1 && present.contains(&Part::Rtnl) && present.contains(&Part::Door)
    }

    /// Is it the line of a scenario that creates namespaces?
    fn is_net_line(scope: Scope, decl: &Decl) -> bool {
        scope == Scope::Scenario
            && decl.methods.is_none()
            && decl.ty.kind == TypeKind::Struct("net".to_string())
    }

    pub(super) fn declare_globals(&mut self) {
        for (scope, item) in self.scoped_items() {
            let ItemKind::Decl(decl) = &item.kind else { continue };
            for var in &decl.vars {
                if Self::is_net_line(scope, decl) {
                    self.declare_handle(scope, decl, var);
                } else {
                    self.declare_global(scope, decl, var);
                }
            }
        }
        if let Some(cells) = self.layout.words.rcu {
            debug_assert!(cells == 0, "it is placed below");
            self.layout.words.rcu = Some(self.cells);
            let entry = RCU_ENTRY + self.layout.task_set;
            self.cells += 1 + self.layout.rcu * entry;
        }
    }

    /// `net a;`: a handle, which holds a new namespace after boot.
    fn declare_handle(&mut self, scope: Scope, decl: &Decl, var: &Var) {
        let count = self.array_count(scope, decl, var);
        let cell = self.cells;
        self.cells += count.unwrap_or(1);
        for at in 0..count.unwrap_or(1) {
            let name =
                if count.is_some() { format!("{}[{at}]", var.name.text) } else { var.name.text.clone() };
            self.handles.push((name, cell + at));
            self.net_lines.push((cell + at, var.name.span));
            self.value_cells.push(cell + at);
        }
        let meaning = match count {
            None => Meaning::Scalar { cell },
            Some(len) => self.array(GlobalArray { address: cell, len, stride: 1, ty: PlaceType::NOTHING }),
        };
        self.declare(scope, &var.name, meaning);
        self.globals.push(Global {
            name: var.name.text.clone(),
            address: cell,
            ty: PlaceType::NOTHING,
            scenario: true,
        });
    }

    fn array(&mut self, array: GlobalArray) -> Meaning {
        self.arrays.push(array);
        let index = u16::try_from(self.arrays.len() - 1).unwrap_or(u16::MAX);
        Meaning::Array { array: index, plain: array.ty == PlaceType::NOTHING }
    }

    fn array_count(&mut self, scope: Scope, decl: &Decl, var: &Var) -> Option<u32> {
        match &var.array {
            None => None,
            Some(Some(num)) => Some(self.count(num, scope)),
            Some(None) => {
                let why = "`[]` is for fields of objects that `kzalloc` makes";
                self.bad_type(decl, why, "a global array says how long it is: `[4]`");
                None
            }
        }
    }

    fn declare_global(&mut self, scope: Scope, decl: &Decl, var: &Var) {
        let count = self.array_count(scope, decl, var);
        let (ty, mut stride) = match &decl.ty.kind {
            TypeKind::Int | TypeKind::Ptr => (PlaceType::NOTHING, 1),
            TypeKind::Link | TypeKind::Callback => {
                let why = "links and callbacks are fields of structs";
                self.bad_type(
                    decl,
                    why,
                    "put it into a `struct NAME { ... }`, and declare an object of that",
                );
                return;
            }
            TypeKind::List { strukt, link } => (self.head_type(strukt, link), 2),
            TypeKind::Struct(name) => match self.struct_index(name) {
                Some(index) => (self.object_type(index), self.structs[usize::from(index)].size.max(1)),
                None => return,
            },
            kind => {
                let thing = thing(kind).expect("the others were answered");
                (self.place(Place::Thing { thing, offset: 0 }, None), cells(thing, &self.layout))
            }
        };
        let address = self.cells;
        let mut len = count.unwrap_or(1);
        if u64::from(address) + u64::from(stride) * u64::from(len) >= u64::from(MAX_CELLS) {
            let message = format!("with `{}` the world needs more than {MAX_CELLS} cells", var.name.text);
            self.error(
                Diagnostic::new(codes::TOO_LARGE, var.name.span, message).help("make the array shorter"),
            );
            (len, stride) = (1, 1);
        }
        self.cells += stride * len;
        self.globals.push(Global {
            name: var.name.text.clone(),
            address,
            ty,
            scenario: scope == Scope::Scenario,
        });
        for at in 0..len {
            let name =
                if count.is_some() { format!("{}[{at}]", var.name.text) } else { var.name.text.clone() };
            self.first_values_of(scope, decl, var, &name, Value::place(ty, address + at * stride));
        }
        let meaning = match count {
            Some(len) => self.array(GlobalArray { address, len, stride, ty }),
            None if ty == PlaceType::NOTHING => Meaning::Scalar { cell: address },
            None => Meaning::Place(Value::place(ty, address)),
        };
        self.declare(scope, &var.name, meaning);
    }

    pub(super) fn object_type(&self, strukt: u16) -> PlaceType {
        PlaceType(FIRST_OBJECT + strukt)
    }

    fn first_values_of(&mut self, scope: Scope, decl: &Decl, var: &Var, name: &str, at: Value) {
        let cell = at.address();
        match self.places[usize::from(at.ty().0)] {
            Place::Nothing => {
                self.value_cells.push(cell);
                if let Some(init) = &var.init {
                    self.later.push(Later { cell, scope, expr: init.clone(), ty: at.ty() });
                }
                return;
            }
            Place::Object(strukt) => self.declare_object(scope, decl, name, strukt, cell),
            Place::Head { .. } => self.empty_list(at),
            Place::Thing { thing: Thing::Workqueue, .. } => {
                self.empty_list(at);
                self.workqueues.push((name.to_string(), at, var.name.span));
            }
            Place::Thing { thing: Thing::Work, .. } => {
                self.value_cells.extend([cell, cell + 1]);
                if let Some(init) = &var.init {
                    self.later.push(Later {
                        cell: cell + work::FUNCTION,
                        scope,
                        expr: init.clone(),
                        ty: at.ty(),
                    });
                    return;
                }
            }
            Place::Thing { thing: Thing::Mutex | Thing::Spinlock | Thing::Rwsem, .. } => {
                self.static_locks.push(at)
            }
            Place::Thing { thing: Thing::Idr, .. } => self.value_cells.extend(cell..cell + self.layout.ids),
            _ => {}
        }
        if let Some(init) = &var.init {
            let message = "only `int`, `ptr` and `work` have a first value here";
            self.error(
                Diagnostic::new(codes::BAD_TYPE_HERE, init.span, message).help("set it in `boot { ... }`"),
            );
        }
        if decl.methods.is_some() && !matches!(decl.ty.kind, TypeKind::Struct(_)) {
            let why = "only an object of a struct has values and callbacks in braces";
            self.bad_type(decl, why, "end the declaration with `;`");
        }
    }

    fn empty_list(&mut self, head: Value) {
        self.initial.extend([(head.address(), head), (head.address() + 1, head)]);
        self.value_cells.extend([head.address(), head.address() + 1]);
    }

    /// A static object: its fields' first values, and what its callbacks do.
    fn declare_object(&mut self, scope: Scope, decl: &Decl, name: &str, strukt: u16, address: u32) {
        let row = self.structs[usize::from(strukt)].clone();
        for &(offset, ty) in &row.heads {
            self.empty_list(Value::place(ty, address + offset));
        }
        for field in &row.fields {
            if let FieldKind::Address(ty) = field.kind {
                let at = Value::place(ty, address + u32::from(field.offset));
                match self.places[usize::from(ty.0)] {
                    Place::Link { .. } | Place::Thing { thing: Thing::Work, .. } => {
                        self.value_cells.extend([at.address(), at.address() + 1]);
                    }
                    Place::Thing { thing: Thing::Mutex | Thing::Spinlock | Thing::Rwsem, .. } => {
                        self.static_locks.push(at)
                    }
                    _ => {}
                }
            } else if !matches!(field.kind, FieldKind::Callback(_)) && field.array != Some(None) {
                let first = address + u32::from(field.offset);
                self.value_cells.extend(first..first + u32::from(field.array.flatten().unwrap_or(1)));
            }
        }
        let body = if decl.methods.is_none() { CallbackBody::Empty } else { CallbackBody::Absent };
        let mut callbacks = vec![CallbackBody::Absent; self.callback_names.len()];
        for field in &row.fields {
            if let FieldKind::Callback(callback) = field.kind {
                callbacks[usize::from(callback)] = body;
            }
        }
        let is_ops = row.name == "ops";
        let number = is_ops.then(|| u16::try_from(self.ops.len()).unwrap_or(u16::MAX));
        let index = u16::try_from(self.objects.len()).unwrap_or(u16::MAX);
        if is_ops {
            self.ops.push(index);
        }
        if let Some(number) = number
            && self.settings.judges
        {
            // What its word says of its callbacks is added when they are known.
            self.initial.push((address + row.ledger, Value(u32::from(number) << ledger::NUMBER)));
        }
        self.objects.push(StaticObject { name: name.to_string(), strukt, address, callbacks, ops: number });
        for method in decl.methods.iter().flatten() {
            self.declare_method(scope, index, method, &row.name);
        }
    }

    fn declare_method(&mut self, scope: Scope, object: u16, method: &Method, strukt: &str) {
        let row = &self.objects[usize::from(object)];
        let fields = &self.structs[usize::from(row.strukt)].fields;
        let field = fields
            .iter()
            .find(|field| self.field_names[usize::from(field.name)] == method.name.text)
            .cloned();
        let Some(field) = field else {
            let names = fields.iter().map(|field| self.field_names[usize::from(field.name)].as_str());
            let help = match did_you_mean(&method.name.text, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`struct {strukt}` has {}", names.collect::<Vec<_>>().join(", ")),
            };
            let message = format!("`struct {strukt}` has no `{}`", method.name.text);
            self.error(Diagnostic::new(codes::UNKNOWN_CALLBACK, method.name.span, message).help(help));
            return;
        };
        let (cell, at) = (row.address + u32::from(field.offset), usize::from(object));
        match (&method.kind, field.kind) {
            (MethodKind::Empty, FieldKind::Callback(callback)) => {
                self.objects[at].callbacks[usize::from(callback)] = CallbackBody::Empty;
            }
            // Its function is filled in when functions are declared.
            (MethodKind::Body { .. }, FieldKind::Callback(callback)) => {
                self.objects[at].callbacks[usize::from(callback)] = CallbackBody::Function(u16::MAX);
            }
            (MethodKind::Value(expr), FieldKind::Plain | FieldKind::Constant) => {
                self.later.push(Later { cell, scope, expr: expr.clone(), ty: PlaceType::NOTHING });
            }
            (MethodKind::Value(expr), FieldKind::Address(ty)) if self.is_work(ty) => {
                self.later.push(Later { cell: cell + work::FUNCTION, scope, expr: expr.clone(), ty });
            }
            (_, kind) => self.bad_method(method.span, &method.name.text, kind),
        }
    }

    fn bad_method(&mut self, span: Span, name: &str, kind: FieldKind) {
        let (message, help): (String, _) = match kind {
            FieldKind::Callback(_) => (
                format!("`{name}` is a callback and has no value"),
                format!("write `{name};` or `{name}(net) {{ ... }}`"),
            ),
            FieldKind::Address(_) => (format!("`{name}` has no first value"), "leave it out".to_string()),
            _ => (format!("`{name}` is a value, not a callback"), format!("write `{name} = 1;`")),
        };
        self.error(Diagnostic::new(codes::BAD_METHOD, span, message).help(help));
    }

    /// First values that name things, now that all have their places.
    pub(super) fn finish_initial(&mut self) {
        for later in core::mem::take(&mut self.later) {
            if let Some(value) = self.constant_value(&later.expr, later.scope) {
                if self.is_work(later.ty)
                    && !matches!(self.places[usize::from(value.ty().0)], Place::Function)
                {
                    let message = "a work's first value is a function";
                    self.error(
                        Diagnostic::new(codes::WRONG_KIND, later.expr.span, message)
                            .help("name one: `work w = cleanup;`"),
                    );
                }
                self.initial.push((later.cell, value));
            }
        }
        self.finish_field_inits();
        for object in &self.objects {
            for &(offset, value) in &self.structs[usize::from(object.strukt)].template {
                if !self.initial.iter().any(|&(cell, _)| cell == object.address + offset) {
                    self.initial.push((object.address + offset, value));
                }
            }
        }
        self.finish_ops_words();
        self.value_cells.sort_unstable();
        self.value_cells.dedup();
    }

    /// What each ops' word says of its callbacks, for the judges.
    fn finish_ops_words(&mut self) {
        let has = |object: &StaticObject, parts: &[Part]| {
            let callbacks = self.callback_names.iter().zip(&object.callbacks);
            let mut there = callbacks.filter(|(_, body)| **body != CallbackBody::Absent);
            there.any(|(name, _)| parts.contains(&Part::named(name)))
        };
        for &index in &self.ops {
            let object = &self.objects[usize::from(index)];
            let cell = object.address + self.structs[usize::from(object.strukt)].ledger;
            let mut bits = 0;
            if has(object, &[Part::Init]) {
                bits |= ledger::HAS_INIT;
            }
            if has(object, &[Part::Exit, Part::Batch, Part::Rtnl]) {
                bits |= ledger::HAS_EXIT;
            }
            if let Some(first) = self.initial.iter_mut().find(|(at, _)| *at == cell && self.settings.judges) {
                first.1.0 |= bits;
            }
        }
    }
}
