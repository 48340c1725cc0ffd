//! What a question declares, and where each thing stands in the model's one array of cells.
//!
//! Worked out from the syntax tree alone. A field's name has one offset in every struct that has it, so that `x.name` needs
//! no type; a link is three cells (next, prev, the object that it stands in), a list's head four (next, prev, itself, the
//! offset of the link that it goes through).

use super::refuse::Refusal;
use model::lang::ast::{
    Body, Decl, Expr, ExprKind, Item, ItemKind, MethodKind, Name, Num, NumKind, StmtKind, TypeKind, UnaryOp,
    Var,
};
use std::collections::{BTreeMap, BTreeSet};

pub use super::declared::{
    Callable, Field, HANDLE, Kind, Meaning, Object, Reply, Scope, Task, UNSET, WorkRow,
};

/// Everything that is declared.
#[derive(Default)]
pub struct World<'a> {
    pub names: BTreeMap<(bool, String), Meaning>,
    pub structs: Vec<(String, Vec<Field>)>,
    pub offsets: BTreeMap<String, usize>,
    pub objects: Vec<Object>,
    pub functions: Vec<Callable<'a>>,
    pub tasks: Vec<Task<'a>>,
    /// Name and cell of each workqueue.
    pub queues: Vec<(String, usize)>,
    pub works: Vec<WorkRow>,
    /// First values of cells, by cell.
    pub initial: BTreeMap<usize, i64>,
    pub cells: usize,
    pub written_globals: BTreeSet<String>,
    pub written_fields: BTreeSet<String>,
    pub allocated: BTreeSet<String>,
    /// The functions that stand for the texts' boots.
    pub boots: Vec<(Scope, usize)>,
    /// Cells of the handles that `net` lines fill.
    pub net_lines: Vec<usize>,
    pub budget: i64,
    pub sites: Option<Vec<String>>,
    later: Vec<(usize, Scope, &'a Expr)>,
    later_works: Vec<(Result<usize, String>, Scope, Expr)>,
    values: BTreeMap<String, i64>,
}

impl<'a> World<'a> {
    /// Reads all declarations.
    pub fn read(
        protocol: &'a [Item],
        scenario: &'a [Item],
        values: &BTreeMap<String, i64>,
        parameters: &BTreeMap<String, i64>,
    ) -> Result<Self, Refusal> {
        let mut world = World { values: values.clone(), ..World::default() };
        for (name, &value) in parameters {
            world.names.insert((true, name.clone()), Meaning::Const(value));
        }
        let items: Vec<(Scope, &Item)> = protocol
            .iter()
            .map(|item| (Scope::Protocol, item))
            .chain(scenario.iter().map(|item| (Scope::Scenario, item)))
            .collect();
        for &(scope, item) in &items {
            world.constant(scope, item);
            world.find_written(item);
        }
        for &(_, item) in &items {
            world.declare_struct(item)?;
        }
        world.place_fields();
        for &(scope, item) in &items {
            world.declare(scope, item)?;
        }
        world.finish()?;
        Ok(world)
    }

    fn constant(&mut self, scope: Scope, item: &Item) {
        if let ItemKind::Const { name, value } = &item.kind {
            let value = self.values.get(&name.text).copied().unwrap_or(*value);
            self.names.entry((scope == Scope::Scenario, name.text.clone())).or_insert(Meaning::Const(value));
        }
    }

    /// What is assigned and allocated anywhere in the text, reached or not.
    fn find_written(&mut self, item: &'a Item) {
        for stmt in item.bodies().flat_map(|body| body.block.walk()) {
            if let StmtKind::Assign { place, .. } = &stmt.kind {
                let mut place = place;
                while let ExprKind::Index(of, _) | ExprKind::Paren(of) = &place.kind {
                    place = of;
                }
                match &place.kind {
                    ExprKind::Name(name) => drop(self.written_globals.insert(name.clone())),
                    ExprKind::Field(_, name) => drop(self.written_fields.insert(name.text.clone())),
                    _ => {}
                }
            }
            stmt.exprs().for_each(|expr| self.allocates(expr));
        }
        if let ItemKind::Decl(decl) = &item.kind {
            decl.values().flat_map(Expr::walk).for_each(|expr| self.allocates(expr));
        }
        if let ItemKind::Faults { sites, .. } = &item.kind {
            self.sites = Some(sites.iter().map(|site| site.text.clone()).collect());
        }
    }

    fn allocates(&mut self, expr: &Expr) {
        if let ExprKind::Struct(name) = &expr.kind {
            self.allocated.insert(name.text.clone());
        }
    }

    fn kind(&self, ty: &TypeKind, constant: bool) -> Kind {
        match ty {
            TypeKind::Int | TypeKind::Ptr if constant => Kind::Constant,
            TypeKind::Int | TypeKind::Ptr => Kind::Plain,
            TypeKind::Link => Kind::Link,
            TypeKind::List { link, .. } => Kind::List(link.text.clone()),
            TypeKind::Mutex | TypeKind::Spinlock => Kind::Lock,
            TypeKind::Rwsem => Kind::Rwsem,
            TypeKind::Refcount => Kind::Refcount,
            TypeKind::Ida | TypeKind::Idr => Kind::Ids,
            TypeKind::Work => Kind::Work,
            TypeKind::Workqueue => Kind::Workqueue,
            TypeKind::Callback => Kind::Callback,
            TypeKind::Struct(name) => Kind::Struct(name.clone()),
        }
    }

    fn declare_struct(&mut self, item: &Item) -> Result<(), Refusal> {
        let ItemKind::Struct { name, fields } = &item.kind else { return Ok(()) };
        let mut rows = Vec::new();
        for decl in fields {
            for var in &decl.vars {
                let constant =
                    !self.written_fields.contains(&var.name.text) && !self.allocated.contains(&name.text);
                let array = match &var.array {
                    None => None,
                    Some(None) => Some(None),
                    Some(Some(num)) => Some(Some(self.count(num, Scope::Protocol)?)),
                };
                let kind = self.kind(&decl.ty.kind, constant);
                if array.is_some() && !matches!(kind, Kind::Plain | Kind::Constant) {
                    return Err(Refusal::construct(var.name.span, "an array of things inside a struct"));
                }
                rows.push(Field { name: var.name.text.clone(), kind, array, init: var.init.clone() });
            }
        }
        match self.structs.iter_mut().find(|(known, _)| *known == name.text) {
            Some((_, known)) => known.extend(rows),
            None => self.structs.push((name.text.clone(), rows)),
        }
        Ok(())
    }

    /// Gives each field's name the first offset that is free in all structs that have it. Cell 0 says what an object is.
    fn place_fields(&mut self) {
        let mut taken: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let names: Vec<String> = self
            .structs
            .iter()
            .flat_map(|(_, fields)| fields.iter().map(|field| field.name.clone()))
            .collect();
        for name in names {
            if self.offsets.contains_key(&name) {
                continue;
            }
            let having: Vec<(&String, usize)> = self
                .structs
                .iter()
                .filter_map(|(strukt, fields)| {
                    let field = fields.iter().find(|field| field.name == name)?;
                    Some((strukt, cells_of(field)))
                })
                .collect();
            let size = having.iter().map(|&(_, size)| size).max().unwrap_or(1);
            let free = |at: usize| {
                having.iter().all(|(strukt, _)| {
                    taken.get(*strukt).is_none_or(|taken| (at..at + size).all(|cell| !taken.contains(&cell)))
                })
            };
            let at = (1..).find(|&at| free(at)).unwrap_or(1);
            for (strukt, _) in having {
                taken.entry(strukt.clone()).or_default().extend(at..at + size);
            }
            self.offsets.insert(name, at);
        }
    }

    /// Cells of an object of a struct, the first one included.
    pub fn size(&self, strukt: &str) -> usize {
        let fields = self.fields(strukt);
        fields.iter().map(|field| self.offsets[&field.name] + cells_of(field)).max().unwrap_or(1)
    }

    pub fn fields(&self, strukt: &str) -> &[Field] {
        self.structs.iter().find(|(name, _)| name == strukt).map_or(&[], |(_, fields)| fields)
    }

    /// The number of a struct, from 1.
    pub fn number(&self, strukt: &str) -> usize {
        1 + self.structs.iter().position(|(name, _)| name == strukt).unwrap_or(0)
    }

    fn count(&self, num: &Num, scope: Scope) -> Result<usize, Refusal> {
        let value = match &num.kind {
            NumKind::Int(value) => Some(*value),
            NumKind::Const(name) => match self.find(scope, name) {
                Some(Meaning::Const(value)) => Some(*value),
                _ => None,
            },
        };
        value
            .and_then(|value| usize::try_from(value).ok())
            .ok_or_else(|| Refusal::construct(num.span, "a count that is no constant"))
    }

    pub fn find(&self, scope: Scope, name: &str) -> Option<&Meaning> {
        let own = match scope {
            Scope::Protocol => None,
            Scope::Scenario => self.names.get(&(true, name.to_string())),
        };
        own.or_else(|| self.names.get(&(false, name.to_string())))
    }

    fn name(&mut self, scope: Scope, name: &str, meaning: Meaning) {
        self.names.insert((scope == Scope::Scenario, name.to_string()), meaning);
    }

    fn declare(&mut self, scope: Scope, item: &'a Item) -> Result<(), Refusal> {
        match &item.kind {
            ItemKind::Fn(function) => {
                let index = self.callable(&function.name.text, scope, &function.params, &function.body);
                self.name(scope, &function.name.text, Meaning::Function(index));
            }
            ItemKind::Task { name, count, body } => {
                let count = count.as_ref().map(|num| self.count(num, scope)).transpose()?;
                let first = self.tasks.len();
                for at in 0..count.unwrap_or(1) {
                    let me = count.map(|_| at);
                    let name = me.map_or(name.text.clone(), |at| format!("{}[{at}]", name.text));
                    self.tasks.push(Task { name, me, scope, body });
                }
                self.name(scope, &name.text, Meaning::Task { first, count });
            }
            ItemKind::Boot(body) => {
                let index = self.callable("boot", scope, &[], body);
                self.boots.push((scope, index));
            }
            ItemKind::Faults { budget, .. } => self.budget = self.count(budget, scope)? as i64,
            ItemKind::Decl(decl) => {
                for var in &decl.vars {
                    self.declare_global(scope, decl, var)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn callable(&mut self, name: &'a str, scope: Scope, params: &'a [Name], body: &'a Body) -> usize {
        self.functions.push(Callable { name, scope, params, body });
        self.functions.len() - 1
    }

    fn declare_global(&mut self, scope: Scope, decl: &'a Decl, var: &'a Var) -> Result<(), Refusal> {
        let count = match &var.array {
            None => None,
            Some(Some(num)) => Some(self.count(num, scope)?),
            Some(None) => return Err(Refusal::construct(var.name.span, "an array without a length")),
        };
        let net_line = scope == Scope::Scenario
            && decl.methods.is_none()
            && decl.ty.kind == TypeKind::Struct("net".to_string());
        let kind = if net_line { Kind::Plain } else { self.kind(&decl.ty.kind, false) };
        let stride = match &kind {
            Kind::Struct(name) => self.size(name),
            kind => kind.cells(),
        };
        let first = self.cells;
        self.cells += stride * count.unwrap_or(1);
        let mut replies = BTreeMap::new();
        for method in decl.methods.iter().flatten() {
            if let MethodKind::Body { params, body } = &method.kind {
                // One body for all objects of the declaration.
                let index = match decl.vars.iter().position(|known| known.name == var.name) {
                    Some(0) | None => self.callable(&method.name.text, scope, params, body),
                    Some(_) => {
                        let known = self.functions.iter().position(|known| std::ptr::eq(known.body, body));
                        known.unwrap_or(0)
                    }
                };
                replies.insert(method.name.text.clone(), Reply::Calls(index));
            } else if matches!(method.kind, MethodKind::Empty) {
                replies.insert(method.name.text.clone(), Reply::Empty);
            }
        }
        for at in (0..count.unwrap_or(1)).map(|at| first + at * stride) {
            if net_line {
                self.net_lines.push(at);
            } else {
                self.first_values(scope, decl, var, &kind, at, &replies)?;
            }
        }
        let meaning = match (count, kind) {
            (Some(len), kind) => Meaning::Array { first, len, stride, kind },
            (None, Kind::Plain) => Meaning::Scalar(first),
            (None, kind) => Meaning::Place(first, kind),
        };
        self.name(scope, &var.name.text, meaning);
        Ok(())
    }

    fn first_values(
        &mut self,
        scope: Scope,
        decl: &'a Decl,
        var: &'a Var,
        kind: &Kind,
        at: usize,
        replies: &BTreeMap<String, Reply>,
    ) -> Result<(), Refusal> {
        match kind {
            Kind::Plain => self.later.extend(var.init.as_ref().map(|init| (at, scope, init))),
            Kind::Workqueue => self.queues.push((var.name.text.clone(), at)),
            Kind::Work => {
                let init = var.init.clone();
                self.later_works.extend(init.map(|init| (Ok(at), scope, init)));
            }
            Kind::Struct(strukt) => {
                let mut object = Object { at, strukt: strukt.clone(), replies: replies.clone() };
                if decl.methods.is_none() {
                    let callbacks = self.fields(strukt).iter().filter(|field| field.kind == Kind::Callback);
                    object.replies = callbacks.map(|field| (field.name.clone(), Reply::Empty)).collect();
                }
                self.objects.push(object);
                for method in decl.methods.iter().flatten() {
                    if let MethodKind::Value(value) = &method.kind {
                        let kind = self.fields(strukt).iter().find(|field| field.name == method.name.text);
                        if kind.is_none_or(|field| !matches!(field.kind, Kind::Plain | Kind::Constant)) {
                            return Err(Refusal::construct(method.span, "a work of one object's own"));
                        }
                        self.later.push((at + self.offsets[&method.name.text], scope, value));
                    }
                }
            }
            _ => {}
        }
        for (cell, value) in self.fixed_values(kind, at) {
            self.initial.insert(cell, value);
        }
        Ok(())
    }

    /// What links and heads in a thing hold when it is new.
    pub fn fixed_values(&self, kind: &Kind, at: usize) -> Vec<(usize, i64)> {
        let handle = |cell: usize| HANDLE + cell as i64;
        match kind {
            Kind::List(link) => vec![
                (at, handle(at)),
                (at + 1, handle(at)),
                (at + 2, handle(at)),
                (at + 3, self.offsets.get(link).map_or(0, |&offset| offset as i64)),
            ],
            Kind::Workqueue => vec![(at, handle(at)), (at + 1, handle(at)), (at + 2, handle(at))],
            Kind::Work => vec![(at + 2, handle(at))],
            Kind::Struct(strukt) => {
                let mut all = Vec::new();
                for field in self.fields(strukt) {
                    let offset = self.offsets[&field.name];
                    match field.kind {
                        Kind::Link | Kind::Work => all.push((at + offset + 2, handle(at))),
                        Kind::List(_) => all.extend(self.fixed_values(&field.kind, at + offset)),
                        _ => {}
                    }
                }
                all
            }
            _ => Vec::new(),
        }
    }

    /// First values that name things, now that all are declared.
    fn finish(&mut self) -> Result<(), Refusal> {
        for (cell, scope, init) in std::mem::take(&mut self.later) {
            let value = self.known(init, scope)?;
            self.initial.insert(cell, value);
        }
        let mut works = std::mem::take(&mut self.later_works);
        for (_, fields) in &self.structs {
            for field in fields.iter().filter(|field| field.init.is_some()) {
                let Some(init) = &field.init else { continue };
                if field.kind != Kind::Work {
                    return Err(Refusal::construct(init.span, "a first value of a field"));
                }
                works.push((Err(field.name.clone()), Scope::Scenario, init.clone()));
            }
        }
        for (of, scope, init) in works {
            let ExprKind::Name(name) = &init.kind else {
                return Err(Refusal::construct(init.span, "a work's function that is no name"));
            };
            match self.find(scope, name) {
                Some(&Meaning::Function(function)) => self.works.push(WorkRow { of, function }),
                _ => return Err(Refusal::construct(init.span, "a work's function that is no name")),
            }
        }
        Ok(())
    }

    /// A value that is known before boot.
    fn known(&self, expr: &Expr, scope: Scope) -> Result<i64, Refusal> {
        match &expr.kind {
            ExprKind::Int(value) => Ok(*value),
            ExprKind::Null => Ok(0),
            ExprKind::Errno(name) => Ok(model::lang::errno::value(name).unwrap_or(0)),
            ExprKind::Paren(inner) => self.known(inner, scope),
            ExprKind::Unary(UnaryOp::Neg, inner) => Ok(-self.known(inner, scope)?),
            ExprKind::Name(name) => match self.find(scope, name) {
                Some(Meaning::Const(value)) => Ok(*value),
                Some(Meaning::Place(cell, _)) => Ok(HANDLE + *cell as i64),
                _ => Err(Refusal::construct(expr.span, "a first value that names this")),
            },
            _ => Err(Refusal::construct(expr.span, "a first value like this")),
        }
    }
}

fn cells_of(field: &Field) -> usize {
    match field.array {
        None => field.kind.cells(),
        Some(len) => len.unwrap_or(0),
    }
}
