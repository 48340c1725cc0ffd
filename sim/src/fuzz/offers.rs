//! What a protocol offers to those who use it, read from its text: functions, fields, locks and lists by the names that the
//! kernel has for them, and what its functions wait for. Its own name says nothing.
//!
//! What a user may rely on is asked of all that registers or unregisters together: a slip in one place does not change it.

use super::world::Switch;
use model::lang::ast::{Block, Expr, ExprKind, Item, ItemKind, MethodKind, Stmt, StmtKind, TypeKind};
use std::collections::{BTreeMap, BTreeSet};

/// What a protocol offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offers {
    /// Every name that its text declares: nothing in a world may be called so, but to mean it.
    names: BTreeSet<String>,
    /// The callbacks of `struct ops`.
    pub callbacks: BTreeSet<String>,
    /// An ops may ask for an id and a size, and finds its data with `net_generic`.
    pub slots: bool,
    /// `copy_net_ns` makes namespaces, and does not only refuse.
    pub creates: bool,
    /// `get_net`, and a count that it counts.
    pub counts: bool,
    /// `maybe_get_net`
    pub maybe_get: bool,
    /// Whoever registers or unregisters waits for what exits have left to RCU.
    pub waits_for_rcu: bool,
    /// A namespace that is gone keeps its memory until the next one goes: a callback of a callback may still look at it.
    pub shells: bool,
    /// Namespaces leave their list so that it can be walked under RCU.
    pub rcu_lists: bool,
    /// The lists of namespaces that others walk.
    pub lists: Vec<String>,
    /// The lock under which `net_list` stands still: how it is taken and given back.
    pub list_lock: Option<(String, String)>,
    /// That lock may be taken inside a callback.
    pub lock_in_callbacks: bool,
    /// Who sets up and who cleans up hold their lock together, so that one may wait for the other.
    pub shared: bool,
    /// `rtnl_mutex`
    pub rtnl: bool,
    /// Who cleans up takes it only if an ops has use for it.
    pub rtnl_on_demand: bool,
    /// A namespace has an `rtnl_mutex` of its own.
    pub own_rtnl: bool,
    /// Devices can be queued for the end of the phase under rtnl.
    pub netdevs: bool,
    /// `net_ns_barrier`
    pub barrier: bool,
    /// `peernet2id_alloc` and `get_net_ns_by_id`
    pub ids: bool,
    /// `hold_net` and `release_net`
    pub holds: bool,
    /// The user's limit of namespaces, a global.
    pub limit: Option<String>,
    /// A namespace leads to its slots, and they know how many they are.
    pub counted_slots: bool,
    /// How long an array of slots is at first, a constant.
    pub first_slots: Option<String>,
    /// Memory can be refused: its text calls `kzalloc`.
    pub allocates: bool,
    /// Not read from a text: may worlds also do what no user of the kernel does, and what eras are known not to stand?
    pub latent: bool,
}

impl Offers {
    /// Reads a protocol, with its differences applied.
    #[must_use]
    pub fn of(items: &[Item]) -> Self {
        let text = Text::of(items);
        let has = |name: &str| text.functions.contains_key(name);
        let register: BTreeSet<String> = ["register_pernet_subsys", "register_pernet_device"]
            .iter()
            .flat_map(|name| [(*name).to_string(), format!("un{name}")])
            .flat_map(|name| text.reached(&name))
            .collect();
        let created = text.reached("copy_net_ns");
        let called: BTreeSet<&str> = text.functions.values().flatten().map(String::as_str).collect();
        let global = |name: &str, kind: &TypeKind| text.globals.get(name) == Some(kind);
        let field = |strukt: &str, name: &str| text.fields.get(&(strukt.to_string(), name.to_string()));
        let named = |name: &str| text.names.contains(name).then(|| name.to_string());
        let mutex = |name: &str| {
            let lock = (format!("mutex_lock({name});"), format!("mutex_unlock({name});"));
            global(name, &TypeKind::Mutex).then_some(lock)
        };
        let net_rwsem = ("down_read(net_rwsem);".to_string(), "up_read(net_rwsem);".to_string());
        let rcu_lists = called.contains("list_del_rcu");
        // No lock of the tree is known: it is walked under RCU or not at all.
        let lists = ["net_list", "ns_tree"].into_iter().take(if rcu_lists { 2 } else { 1 }).filter(
            |list| matches!(text.globals.get(*list), Some(TypeKind::List { strukt, .. }) if strukt.text == "net"),
        );
        let counts = field("net", "count") == Some(&TypeKind::Refcount) && has("get_net") && has("put_net");
        Self {
            callbacks: text
                .fields
                .iter()
                .filter(|((strukt, _), kind)| strukt == "ops" && **kind == TypeKind::Callback)
                .map(|((_, name), _)| name.clone())
                .collect(),
            slots: field("ops", "has_id").is_some() && field("ops", "size").is_some() && has("net_generic"),
            creates: created.contains("kzalloc") && has("put_net"),
            counts,
            maybe_get: counts && has("maybe_get_net"),
            waits_for_rcu: register.contains("rcu_barrier"),
            shells: text.globals.contains_key("defer_free_list"),
            rcu_lists,
            lists: lists.map(str::to_string).collect(),
            list_lock: global("net_rwsem", &TypeKind::Rwsem)
                .then_some(net_rwsem)
                .or_else(|| mutex("rtnl_mutex"))
                .or_else(|| mutex("net_mutex")),
            lock_in_callbacks: global("net_rwsem", &TypeKind::Rwsem)
                || global("rtnl_mutex", &TypeKind::Mutex),
            shared: global("pernet_ops_rwsem", &TypeKind::Rwsem),
            rtnl: global("rtnl_mutex", &TypeKind::Mutex),
            // It keeps no list, and the phase under it is one of each ops and no pass of its own.
            rtnl_on_demand: global("rtnl_mutex", &TypeKind::Mutex)
                && global("net_rwsem", &TypeKind::Rwsem)
                && field("ops", "exit_batch_rtnl").is_none(),
            own_rtnl: field("net", "rtnl_mutex") == Some(&TypeKind::Mutex),
            netdevs: has("unregister_netdevice_queue") && field("net_device", "unreg_list").is_some(),
            barrier: has("net_ns_barrier"),
            ids: has("peernet2id_alloc") && has("get_net_ns_by_id"),
            holds: has("hold_net") && has("release_net") && field("net", "use_count").is_some(),
            limit: named("max_net_namespaces"),
            counted_slots: field("net", "gen").is_some() && field("net_generic", "len").is_some(),
            first_slots: named("INITIAL_NET_GEN_PTRS"),
            allocates: called.contains("kzalloc"),
            latent: false,
            names: text.names,
        }
    }

    /// Does a switch change anything about a world?
    #[must_use]
    pub const fn gives(&self, switch: Switch) -> bool {
        match switch {
            Switch::Slots => self.slots,
            Switch::Netdevs => self.netdevs,
            Switch::Ids => self.ids,
            Switch::Given => self.creates,
            Switch::Waits => self.creates && (self.shared || self.rtnl_on_demand),
            _ => true,
        }
    }

    /// Has `struct ops` this callback?
    #[must_use]
    pub fn has(&self, callback: &str) -> bool {
        self.callbacks.contains(callback)
    }

    /// A name like this one that the protocol does not know.
    #[must_use]
    pub fn free(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.names.iter().any(|known| known == name || known.starts_with(&format!("{name}_")))
        };
        let mut free = name.to_string();
        while taken(&free) {
            free.push('x');
        }
        free
    }
}

/// What a text declares, and who calls whom.
#[derive(Default)]
struct Text {
    names: BTreeSet<String>,
    /// By struct and field.
    fields: BTreeMap<(String, String), TypeKind>,
    globals: BTreeMap<String, TypeKind>,
    /// The names that each function calls: functions and verbs.
    functions: BTreeMap<String, BTreeSet<String>>,
}

impl Text {
    fn of(items: &[Item]) -> Self {
        let mut text = Self::default();
        for item in items {
            text.item(item);
        }
        text
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Struct { name, fields } => {
                self.names.insert(name.text.clone());
                for (field, var) in
                    fields.iter().flat_map(|decl| decl.vars.iter().map(move |var| (decl, var)))
                {
                    self.names.insert(var.name.text.clone());
                    self.fields.insert((name.text.clone(), var.name.text.clone()), field.ty.kind.clone());
                }
            }
            ItemKind::Decl(decl) => {
                for var in &decl.vars {
                    self.names.insert(var.name.text.clone());
                    self.globals.insert(var.name.text.clone(), decl.ty.kind.clone());
                }
                let bodies = decl.methods.iter().flatten().filter_map(|method| match &method.kind {
                    MethodKind::Body { body, .. } => Some(&body.block),
                    _ => None,
                });
                let called = bodies.flat_map(calls).collect();
                self.functions
                    .insert(decl.vars.first().map_or_else(String::new, |var| var.name.text.clone()), called);
            }
            ItemKind::Const { name, .. } => {
                self.names.insert(name.text.clone());
            }
            ItemKind::Fn(function) => {
                self.names.insert(function.name.text.clone());
                self.functions.insert(function.name.text.clone(), calls(&function.body.block));
            }
            ItemKind::Task { name, .. } => {
                self.names.insert(name.text.clone());
            }
            _ => {}
        }
    }

    /// All that is called by a function, by those that it calls, and so on.
    fn reached(&self, function: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![function];
        while let Some(function) = next.pop() {
            for called in self.functions.get(function).into_iter().flatten() {
                if reached.insert(called.clone()) {
                    next.push(called);
                }
            }
        }
        reached
    }
}

/// The names that are called in a block.
fn calls(block: &Block) -> BTreeSet<String> {
    let mut called = BTreeSet::new();
    block.stmts.iter().for_each(|stmt| in_stmt(stmt, &mut called));
    called
}

fn in_stmt(stmt: &Stmt, called: &mut BTreeSet<String>) {
    match &stmt.kind {
        StmtKind::Block(block) | StmtKind::Atomic(block) => called.append(&mut calls(block)),
        StmtKind::If { cond, then, otherwise } => {
            in_expr(cond, called);
            in_stmt(then, called);
            otherwise.iter().for_each(|stmt| in_stmt(stmt, called));
        }
        StmtKind::While { cond, body } => {
            in_expr(cond, called);
            in_stmt(body, called);
        }
        StmtKind::For { list, after, body, .. } => {
            in_expr(list, called);
            after.iter().for_each(|expr| in_expr(expr, called));
            in_stmt(body, called);
        }
        StmtKind::Return(value) => value.iter().for_each(|expr| in_expr(expr, called)),
        StmtKind::May(stmt) => in_stmt(stmt, called),
        StmtKind::Assert(expr) | StmtKind::Call(expr) => in_expr(expr, called),
        StmtKind::Assign { place, value } => {
            in_expr(place, called);
            in_expr(value, called);
        }
        StmtKind::Goto(_)
        | StmtKind::Label(_)
        | StmtKind::Break
        | StmtKind::Continue
        | StmtKind::Step
        | StmtKind::LocalList { .. }
        | StmtKind::Error => {}
    }
}

fn in_expr(expr: &Expr, called: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Call(what, arguments) => {
            if let ExprKind::Name(name) = &what.kind {
                called.insert(name.clone());
            }
            in_expr(what, called);
            arguments.iter().for_each(|argument| in_expr(argument, called));
        }
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) | ExprKind::Field(inner, _) => {
            in_expr(inner, called)
        }
        ExprKind::Binary(_, left, right) | ExprKind::Index(left, right) => {
            in_expr(left, called);
            in_expr(right, called);
        }
        ExprKind::Int(_)
        | ExprKind::Null
        | ExprKind::Errno(_)
        | ExprKind::Name(_)
        | ExprKind::Struct(_)
        | ExprKind::Error => {}
    }
}
