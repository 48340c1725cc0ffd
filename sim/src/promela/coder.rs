//! From a body to code: names, frames, labels, calls.

use super::code::{Code, Instr, Label, Op, Pin, Reg, Val};
use super::refuse::Refusal;
use super::world::{Callable, HANDLE, Kind, Meaning, Reply, Scope, World};
use model::lang::ast::{Block, ExprKind, Name, Stmt, StmtKind};
use model::lang::source::{SourceMap, Span};
use std::collections::BTreeMap;

/// The deepest nesting of calls, as in the machine.
const MAX_DEPTH: usize = 16;
/// The most instructions of one task.
const MAX_CODE: usize = 30_000;
/// How often an allocation inside a loop may run.
const LOOP_SLOTS: usize = 4;
/// Functions whose first argument is kept for as long as they run.
const CONTRACT: [&str; 7] = [
    "register_pernet_subsys",
    "register_pernet_device",
    "unregister_pernet_subsys",
    "unregister_pernet_device",
    "copy_net_ns",
    "get_net",
    "put_net",
];

/// A body while it is inlined.
pub struct Frame {
    pub scope: Scope,
    pub locals: BTreeMap<String, Reg>,
    pub lists: BTreeMap<String, usize>,
    pub labels: BTreeMap<String, Label>,
    /// Where `continue` and `break` go, and the atomic block around the loop.
    pub loops: Vec<(Label, Label, u32)>,
    /// The outermost atomic block that is open here; 0: none.
    pub atomic: u32,
    pub blocks: u32,
    /// Is a caller inside `atomic`?
    pub inherited: bool,
    pub me: Option<usize>,
    pub name: String,
    pub callback: bool,
    ret: Label,
    dst: Option<Reg>,
}

/// Makes the code of one task.
pub struct Coder<'w, 'a> {
    pub world: &'w World<'a>,
    pub sources: &'w SourceMap,
    pub task: usize,
    pub code: Code,
    labels: Vec<Option<usize>>,
    pub used: Reg,
    path: Vec<usize>,
    pub span: Span,
    /// The next free cell of the model's memory.
    pub cells: &'w mut usize,
    heads: BTreeMap<Reg, usize>,
    /// Variables of other tasks that a `wait_for` names.
    pub vars: &'w BTreeMap<(usize, String), Reg>,
    /// Where a `kzalloc` stands.
    allocations: Vec<usize>,
}

impl<'w, 'a> Coder<'w, 'a> {
    pub fn new(
        world: &'w World<'a>,
        sources: &'w SourceMap,
        task: usize,
        cells: &'w mut usize,
        vars: &'w BTreeMap<(usize, String), Reg>,
        span: Span,
    ) -> Self {
        let code = Code::default();
        let (labels, path, heads) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self {
            world,
            sources,
            task,
            code,
            labels,
            used: 0,
            path,
            span,
            cells,
            heads,
            vars,
            allocations: Vec::new(),
        }
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.code.instrs.len());
    }

    pub fn temp(&mut self) -> Reg {
        self.used += 1;
        self.code.regs = self.code.regs.max(self.used);
        self.used - 1
    }

    pub fn text(&self, val: Val) -> String {
        match val {
            Val::Reg(reg) => format!("r{}[{reg}]", self.task),
            Val::Num(value) => value.to_string(),
            Val::At(reg, offset) => format!("r{}[{reg}]+{offset}", self.task),
        }
    }

    pub fn emit(&mut self, f: &Frame, op: Op, reads: &[Val], writes: Option<Reg>) -> &mut Instr {
        let place = match self.span.file.0 {
            u16::MAX => String::new(),
            _ => {
                let file = self.sources.file(self.span.file);
                let line = file.text[..self.span.lo as usize].matches('\n').count() + 1;
                format!("{}:{line}", file.name.rsplit('/').next().unwrap_or(&file.name))
            }
        };
        self.code.instrs.push(Instr {
            op,
            access: false,
            atomic: f.inherited || f.atomic != 0,
            ready: None,
            unblocked: None,
            idle: false,
            reads: reads.iter().filter_map(|val| val.reg()).collect(),
            writes: writes.into_iter().collect(),
            place,
        });
        self.code.instrs.last_mut().expect("it was pushed")
    }

    /// A shared access.
    pub fn access(&mut self, f: &Frame, text: String, reads: &[Val], writes: Option<Reg>) -> &mut Instr {
        let instr = self.emit(f, Op::Do(text), reads, writes);
        instr.access = true;
        instr
    }

    pub fn set(&mut self, f: &Frame, dst: Reg, src: Val) {
        let text = format!("{} = {}", self.text(Val::Reg(dst)), self.text(src));
        self.emit(f, Op::Do(text), &[src], Some(dst));
    }

    pub fn allocation(&mut self) {
        self.allocations.push(self.code.instrs.len());
    }

    pub fn frame(&mut self, scope: Scope, name: &str, me: Option<usize>) -> Frame {
        let ret = self.label();
        Frame {
            scope,
            locals: BTreeMap::new(),
            lists: BTreeMap::new(),
            labels: BTreeMap::new(),
            loops: Vec::new(),
            atomic: 0,
            blocks: 0,
            inherited: false,
            me,
            name: name.to_string(),
            callback: false,
            ret,
            dst: None,
        }
    }

    /// The locals, lists and labels of a body.
    fn declare(&mut self, f: &mut Frame, block: &Block) -> Result<(), Refusal> {
        let mut names: Vec<&str> = Vec::new();
        let mut lists: Vec<&Name> = Vec::new();
        let mut labels: Vec<&Name> = Vec::new();
        let mut inside: Vec<&Name> = Vec::new();
        for stmt in block.walk() {
            match &stmt.kind {
                StmtKind::Assign { place, .. } => {
                    if let ExprKind::Name(name) = &place.kind {
                        names.push(name);
                    }
                }
                StmtKind::For { var, .. } => names.push(&var.text),
                StmtKind::LocalList { names, .. } => lists.extend(names),
                StmtKind::Label(name) => labels.push(name),
                StmtKind::Atomic(block) => inside.extend(block.walk().filter_map(label_of)),
                _ => {}
            }
        }
        for name in names {
            if !f.locals.contains_key(name) && self.world.find(f.scope, name).is_none() {
                let reg = self.temp();
                f.locals.insert(name.to_string(), reg);
            }
        }
        for name in lists {
            // A register stands for the head, so that heads of calls that cannot both run share cells.
            let reg = self.temp();
            let cells = &mut *self.cells;
            let cell = *self.heads.entry(reg).or_insert_with(|| {
                *cells += 4;
                *cells - 4
            });
            f.lists.insert(name.text.clone(), cell);
        }
        if let Some(name) = inside.first() {
            return Err(Refusal::construct(name.span, "a label inside `atomic`"));
        }
        for name in labels {
            let label = self.label();
            f.labels.insert(name.text.clone(), label);
        }
        Ok(())
    }

    /// Inlines a function, or a callback of an object.
    pub fn call(
        &mut self,
        f: &Frame,
        function: usize,
        object: Option<Val>,
        args: &[Val],
        dst: Option<Reg>,
    ) -> Result<(), Refusal> {
        let callable: Callable<'a> = self.world.functions[function];
        if self.path.contains(&function) || self.path.len() >= MAX_DEPTH {
            return Err(Refusal::recursion(self.span, callable.name));
        }
        if self.code.instrs.len() > MAX_CODE {
            return Err(Refusal::size(Some(self.span), "too much code when all calls are written out"));
        }
        self.path.push(function);
        let (mark, span) = (self.used, self.span);
        let mut inner = self.frame(callable.scope, callable.name, f.me);
        inner.inherited = f.inherited || f.atomic != 0;
        inner.callback = object.is_some();
        inner.dst = dst;
        let first = self.used;
        let enter = self.code.instrs.len();
        self.emit(&inner, Op::Enter(Vec::new()), &[], None);
        let mut pinned = Vec::new();
        if let Some(object) = object {
            let reg = self.temp();
            self.set(&inner, reg, object);
            pinned.push(reg);
        }
        let pins_first =
            object.is_some() || CONTRACT.contains(&callable.name) && callable.scope == Scope::Protocol;
        let mut assigned = Vec::new();
        for stmt in callable.body.block.walk() {
            match &stmt.kind {
                StmtKind::Assign { place, .. } => {
                    if let ExprKind::Name(name) = &place.kind {
                        assigned.push(name.clone());
                    }
                }
                StmtKind::For { var, .. } => assigned.push(var.text.clone()),
                _ => {}
            }
        }
        for (at, (param, &arg)) in callable.params.iter().zip(args).enumerate() {
            let mut reg = self.temp();
            self.set(&inner, reg, arg);
            if at == 0 && pins_first {
                pinned.push(reg);
                if assigned.contains(&param.text) {
                    let kept = Val::Reg(reg);
                    reg = self.temp();
                    self.set(&inner, reg, kept);
                }
            }
            inner.locals.insert(param.text.clone(), reg);
        }
        self.body(&mut inner, &callable.body.block)?;
        let end = self.code.instrs.len();
        self.bind(inner.ret);
        let all = (first..self.code.regs).collect();
        self.code.instrs[enter].op = Op::Enter(all);
        self.code.pins.extend(pinned.into_iter().map(|reg| Pin { from: enter + 1, to: end, reg }));
        self.path.pop();
        self.used = mark;
        self.span = span;
        Ok(())
    }

    /// A body between its parameters and its return.
    pub fn body(&mut self, f: &mut Frame, block: &Block) -> Result<(), Refusal> {
        self.declare(f, block)?;
        for stmt in &block.stmts {
            self.stmt(f, stmt)?;
        }
        self.span = Span { lo: block.span.hi.saturating_sub(1), ..block.span };
        self.give(f, Val::Num(0));
        Ok(())
    }

    /// Leaves the function with a value.
    pub fn give(&mut self, f: &Frame, value: Val) {
        for cell in f.lists.values() {
            let text = format!("drop_list({})", HANDLE + *cell as i64);
            self.emit(f, Op::Do(text), &[], None);
        }
        if let Some(dst) = f.dst {
            self.set(f, dst, value);
        }
        if f.atomic != 0 && !f.inherited {
            self.emit(f, Op::AtomicEnd, &[], None);
        }
        self.emit(f, Op::Jump(f.ret), &[], None);
    }

    /// Where a body's returns lead.
    pub fn land(&mut self, f: &Frame) {
        self.bind(f.ret);
    }

    /// What a callback of an object does, found out by comparing the object with all that have it.
    pub fn dispatch(
        &mut self,
        f: &Frame,
        object: Val,
        callback: &str,
        args: &[Val],
        dst: Option<Reg>,
    ) -> Result<(), Refusal> {
        let mut cases: BTreeMap<Reply, Vec<i64>> = BTreeMap::new();
        for row in &self.world.objects {
            if let Some(&reply) = row.replies.get(callback) {
                cases.entry(reply).or_default().push(HANDLE + row.at as i64);
            }
        }
        let end = self.label();
        for (reply, handles) in cases {
            if let Val::Num(known) = object
                && !handles.contains(&known)
            {
                continue;
            }
            let other = self.label();
            let cond = one_of(&self.text(object), &handles);
            self.emit(f, Op::Branch(cond, other), &[object], None);
            match reply {
                Reply::Calls(function) => self.call(f, function, Some(object), args, dst)?,
                Reply::Empty => {
                    if let Some(dst) = dst {
                        self.set(f, dst, Val::Num(0));
                    }
                }
            }
            self.emit(f, Op::Jump(end), &[], None);
            self.bind(other);
        }
        self.emit(f, Op::Do("assert(false)".to_string()), &[], None);
        self.bind(end);
        Ok(())
    }

    /// Fills in the labels, counts the allocations, and hands the code over.
    pub fn finish(mut self) -> Result<Code, Refusal> {
        let end = self.code.instrs.len();
        self.code.labels = self.labels.iter().map(|label| label.unwrap_or(end - 1)).collect();
        for &at in &self.allocations {
            self.code.slots += if self.in_a_loop(at) { LOOP_SLOTS } else { 1 };
        }
        Ok(self.code)
    }

    fn in_a_loop(&self, at: usize) -> bool {
        let mut seen = vec![false; self.code.instrs.len()];
        let mut open = self.code.next(at);
        while let Some(now) = open.pop() {
            if now == at {
                return true;
            }
            if now < seen.len() && !std::mem::replace(&mut seen[now], true) {
                open.extend(self.code.next(now));
            }
        }
        false
    }

    /// A name that stands for a thing with an address.
    pub fn address(&self, f: &Frame, name: &str) -> Option<i64> {
        if let Some(cell) = f.lists.get(name) {
            return Some(HANDLE + *cell as i64);
        }
        match self.world.find(f.scope, name)? {
            Meaning::Place(cell, _) => Some(HANDLE + *cell as i64),
            _ => None,
        }
    }

    /// What a field's name is in the structs that have it; none: in some one thing, in others another.
    pub fn field_kind(&self, name: &str) -> Option<Kind> {
        let mut kinds =
            self.world.structs.iter().flat_map(|(_, fields)| fields).filter(|field| field.name == name);
        let first = kinds.next()?.kind.clone();
        kinds.all(|other| other.kind == first).then_some(first)
    }
}

/// Is a value one of some handles?
pub fn one_of(value: &str, handles: &[i64]) -> String {
    if handles.is_empty() {
        return "false".to_string();
    }
    let all: Vec<String> = handles.iter().map(|handle| format!("{value} == {handle}")).collect();
    format!("({})", all.join(" || "))
}

/// The name of a label.
fn label_of(stmt: &Stmt) -> Option<&Name> {
    if let StmtKind::Label(name) = &stmt.kind { Some(name) } else { None }
}
