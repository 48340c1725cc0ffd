//! Which functions and tasks there are: their numbers come before their code.

use super::contract::FUNCTIONS;
use super::names::{Meaning, Scope};
use super::structs::thing;
use super::{Compiler, codes};
use crate::lang::ast::{Block, Body, Expr, ExprKind, ItemKind, MethodKind, Name, StmtKind};
use crate::lang::diagnostic::Diagnostic;
use crate::machine::layout::Layout;
use crate::machine::program::{CallbackBody, Contract, Function, Part, Task, Thing};
use crate::machine::verbs;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

/// The most tasks of a question.
const MAX_TASKS: usize = 30_000;

/// A body whose code is still to be made.
pub(super) struct Pending<'a> {
    pub func: u16,
    pub scope: Scope,
    pub params: &'a [Name],
    pub body: &'a Body,
    pub kind: BodyKind,
}

/// What a body belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BodyKind {
    Function,
    Callback,
    Task,
    Boot,
}

impl<'a> Compiler<'a> {
    /// How many tasks there will be: sets of tasks are laid out before anything else.
    pub(super) fn count_tasks(&mut self) {
        let mut count = 2; // `rcu` and boot
        for (scope, item) in self.scoped_items() {
            match &item.kind {
                ItemKind::Task { count: Some(num), .. } => count += self.count(num, scope) as usize,
                ItemKind::Task { .. } => count += 1,
                ItemKind::Decl(decl) if thing(&decl.ty.kind) == Some(Thing::Workqueue) => {
                    for var in &decl.vars {
                        count += match &var.array {
                            Some(Some(num)) => self.count(num, scope) as usize,
                            _ => 1,
                        };
                    }
                }
                _ => {}
            }
        }
        if count > MAX_TASKS {
            self.too_large("tasks", MAX_TASKS);
            count = MAX_TASKS;
        }
        let room = &self.settings.room;
        self.layout = Layout {
            task_set: u32::try_from(count.div_ceil(31)).unwrap_or(1),
            ids: if room.ids == 0 { 4 } else { room.ids },
            rcu: if room.rcu == 0 { 4 } else { room.rcu },
            ..Layout::default()
        };
        self.task_estimate = u32::try_from(count).unwrap_or(2);
    }

    /// The words before everything else, as far as the text needs them.
    pub(super) fn set_words(&mut self) {
        let mut next = || {
            self.cells += 1;
            self.cells - 1
        };
        if self.settings.judges {
            self.layout.words.changing = Some(next());
        }
        let faults = self.items().any(|item| matches!(item.kind, ItemKind::Faults { .. }));
        if faults {
            self.layout.words.faults = Some(self.cells);
            self.cells += 1;
        }
        let used = |verb: &&str| self.verbs_used.contains(*verb);
        let owes = self.settings.judges && self.parts_present().contains(&Part::PreExit);
        if owes || verbs::flags::USERS.iter().any(used) {
            self.layout.words.task_flags = Some(self.cells);
            self.cells += self.task_estimate;
        }
        if self.uses_rcu_queue() {
            self.layout.words.rcu = Some(0);
        }
    }

    pub(super) fn uses_rcu_queue(&self) -> bool {
        self.verbs_used.contains("call_rcu") || self.verbs_used.contains("kfree_rcu")
    }

    /// What is written and called anywhere in the text.
    pub(super) fn find_written(&mut self) {
        for item in self.items() {
            for body in item.bodies() {
                self.written_in(&body.block);
            }
            if let ItemKind::Decl(decl) = &item.kind {
                decl.values().flat_map(Expr::walk).for_each(|expr| self.named_struct(expr));
            }
        }
    }

    /// A struct that `kzalloc` may be given: its objects are on the heap, where reading any field is an access.
    fn named_struct(&mut self, expr: &Expr) {
        if let ExprKind::Struct(name) = &expr.kind {
            self.allocated.insert(name.text.clone());
        }
    }

    fn written_in(&mut self, block: &Block) {
        for stmt in block.walk() {
            if let StmtKind::Assign { place, .. } = &stmt.kind {
                self.written_place(place);
            }
            for expr in stmt.exprs() {
                if let ExprKind::Call(callee, _) = &expr.kind
                    && let ExprKind::Name(name) = &callee.kind
                    && verbs::find(name).is_some()
                {
                    self.verbs_used.insert(name.clone());
                }
                self.named_struct(expr);
            }
        }
    }

    fn written_place(&mut self, place: &Expr) {
        match &place.kind {
            ExprKind::Name(name) => {
                self.written_globals.insert(name.clone());
            }
            ExprKind::Field(_, name) => {
                self.written_fields.insert(name.text.clone());
            }
            ExprKind::Index(of, _) | ExprKind::Paren(of) => self.written_place(of),
            _ => {}
        }
    }

    /// Gives each function, callback and task body its number.
    pub(super) fn declare_functions(&mut self) {
        for (scope, item) in self.scoped_items() {
            match &item.kind {
                ItemKind::Fn(function) => {
                    let contract = FUNCTIONS
                        .iter()
                        .find(|(name, _)| *name == function.name.text)
                        .map(|&(_, contract)| contract);
                    let contract = contract.filter(|_| scope == Scope::Protocol);
                    let arity = match contract {
                        None => None,
                        Some(Contract::CopyNetNs) => Some(0),
                        Some(_) => Some(1),
                    };
                    if arity.is_some_and(|arity| arity != function.params.len()) {
                        let message = format!(
                            "the contract calls `{}` with {} argument",
                            function.name.text,
                            arity.unwrap_or(0)
                        );
                        self.error(
                            Diagnostic::new(codes::CONTRACT, function.name.span, message)
                                .help("change its parameters"),
                        );
                    }
                    if verbs::find(&function.name.text).is_some()
                        || super::call::is_builtin(&function.name.text)
                    {
                        let message = format!("`{}` is a verb of the language", function.name.text);
                        self.error(
                            Diagnostic::new(codes::NAMED_AS_VERB, function.name.span, message)
                                .help("give the function another name"),
                        );
                    }
                    let func = self.add_function(&function.name.text, &function.params, contract, None);
                    self.declare(scope, &function.name, Meaning::Function(func));
                    self.pending.push(Pending {
                        func,
                        scope,
                        params: &function.params,
                        body: &function.body,
                        kind: BodyKind::Function,
                    });
                }
                ItemKind::Decl(decl) => {
                    for method in decl.methods.iter().flatten() {
                        if let MethodKind::Body { params, body } = &method.kind {
                            self.declare_callback(scope, &decl.vars, &method.name, params, body);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add_function(
        &mut self,
        name: &str,
        params: &[Name],
        contract: Option<Contract>,
        callback: Option<u16>,
    ) -> u16 {
        let params = u16::try_from(params.len()).unwrap_or(u16::MAX);
        self.functions.push(Function {
            name: name.to_string(),
            entry: 0,
            end: 0,
            params,
            frame: 0,
            contract,
            callback,
            slots: Vec::new(),
        });
        u16::try_from(self.functions.len() - 1).unwrap_or(u16::MAX)
    }

    /// The body of a callback, shared by all objects of the declaration.
    fn declare_callback(
        &mut self,
        scope: Scope,
        vars: &'a [crate::lang::ast::Var],
        name: &Name,
        params: &'a [Name],
        body: &'a Body,
    ) {
        let Some(callback) = self.callback_names.iter().position(|known| *known == name.text) else { return };
        let callback = u16::try_from(callback).unwrap_or(0);
        let owner = vars.first().map_or("", |var| var.name.text.as_str());
        let func = self.add_function(&format!("{owner}.{}", name.text), params, None, Some(callback));
        for object in &mut self.objects {
            let of = object.name.split('[').next().unwrap_or("");
            if vars.iter().any(|var| var.name.text == of)
                && object.callbacks[usize::from(callback)] == CallbackBody::Function(u16::MAX)
            {
                object.callbacks[usize::from(callback)] = CallbackBody::Function(func);
            }
        }
        self.pending.push(Pending { func, scope, params, body, kind: BodyKind::Callback });
    }

    /// Gives each task its number: the text's, then the workers, `rcu`, and boot.
    pub(super) fn declare_tasks(&mut self) {
        for (scope, item) in self.scoped_items() {
            let ItemKind::Task { name, count, body } = &item.kind else { continue };
            let count = count.as_ref().map(|num| self.count(num, scope));
            let func = self.add_function(&name.text, &[], None, None);
            self.pending.push(Pending { func, scope, params: &[], body, kind: BodyKind::Task });
            let first = u32::try_from(self.tasks.len()).unwrap_or(0);
            for at in 0..count.unwrap_or(1) {
                let (name, me) = match count {
                    Some(_) => (format!("{}[{at}]", name.text), Some(at)),
                    None => (name.text.clone(), None),
                };
                self.tasks.push(Task { name, func, me, worker: false, boot: false });
            }
            self.declare(scope, name, Meaning::Task { first, count });
        }
        if self.tasks.is_empty() && !self.unit.scenario.is_empty() {
            let span = self.unit.scenario[0].span;
            self.error(
                Diagnostic::new(codes::NO_TASK, span, "the scenario has no task, so nothing would happen")
                    .help("write one: `task modprobe { error = register_pernet_subsys(veth); }`"),
            );
        }
        for (name, ..) in self.workqueues.clone() {
            self.add_worker(&name);
        }
        if self.uses_rcu_queue() {
            self.add_worker("rcu");
        }
        let func = self.add_function("boot", &[], None, None);
        self.boot = Some(func);
        self.tasks.push(Task { name: "boot".to_string(), func, me: None, worker: false, boot: true });
    }

    fn add_worker(&mut self, name: &str) {
        let func = self.add_function(name, &[], None, None);
        self.tasks.push(Task { name: name.to_string(), func, me: None, worker: true, boot: false });
    }
}
