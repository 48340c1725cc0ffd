//! A world as a scenario.

use super::callbacks::{Callbacks, RTNL, answering, events, lent};
use super::offers::Offers;
use super::world::{Act, Door, Look, Module, Part, Site, Target, Task, Under, Way, World};
use model::lang::printer::format;
use std::fmt::Write;

impl World {
    /// The scenario, in the one layout.
    ///
    /// # Panics
    /// If it is none: that would be our mistake.
    #[must_use]
    pub fn text(&self, offers: &Offers) -> String {
        let text = Writer { world: self, offers }.scenario();
        format(&text).unwrap_or_else(|mistakes| panic!("a drawn world is no scenario: {mistakes:?}\n{text}"))
    }
}

struct Writer<'a> {
    world: &'a World,
    offers: &'a Offers,
}

impl Writer<'_> {
    fn scenario(&self) -> String {
        let (world, offers) = (self.world, self.offers);
        let names: Vec<&str> = world.tasks.iter().map(|task| task.name.as_str()).collect();
        let mut out =
            format!("// Can anything break between {}?\non {};\n\n", listed(&names), world.protocol);
        if let (Some(name), Some(slots)) = (&offers.first_slots, world.first_slots) {
            let _ = writeln!(out, "const {name} = {slots};");
        }
        if world.ops.iter().any(|ops| ops.answers) {
            let _ = writeln!(out, "struct ops {{ callback {}; }}", answering(offers));
        }
        if world.ops.iter().any(|ops| ops.has(Part::Netdev)) {
            let _ = writeln!(out, "struct net_device {{ int {}; }}", self.mtu());
        }
        let works = |ops: &super::world::Ops| ops.parts.iter().any(|part| matches!(part, Part::Work { .. }));
        if world.ops.iter().any(works) {
            let _ = writeln!(out, "workqueue {};", events(offers));
        }
        if world.lent {
            let lent = lent(offers);
            let _ = writeln!(out, "struct {lent}_loan {{ int used; }}\nptr {lent};");
        }
        out.push_str(&super::waits::globals(world, offers));
        for at in 0..world.ops.len() {
            let _ = write!(out, "\n{}", Callbacks::new(world, offers, at).text());
        }
        out.push('\n');
        if !world.nets.is_empty() {
            let names: Vec<&str> = world.nets.iter().map(|net| net.name.as_str()).collect();
            let _ = writeln!(out, "net {};", names.join(", "));
        }
        if world.faults.budget > 0 {
            let site = match world.faults.site {
                Site::Anywhere => "",
                Site::May => " in may",
                Site::Memory => " in kzalloc",
            };
            let _ = writeln!(out, "faults {}{site};", world.faults.budget);
        }
        for module in &world.modules {
            out.push_str(&self.module(module));
        }
        out.push_str(&self.boot());
        out.push('\n');
        for task in &world.tasks {
            out.push_str(&self.task(task));
        }
        out
    }

    fn register(&self, at: usize) -> String {
        let ops = &self.world.ops[at];
        format!("register_pernet_{}({});", if ops.device { "device" } else { "subsys" }, ops.name)
    }

    fn load(&self, module: &Module) -> String {
        match module.is_plain() {
            true => self.register(module.ops[0]),
            false => format!("{}_load();", module.name),
        }
    }

    fn unload(&self, module: &Module) -> String {
        match module.is_plain() {
            true => format!("un{}", self.register(module.ops[0])),
            false => format!("{}_unload();", module.name),
        }
    }

    /// Its door and its functions.
    fn module(&self, module: &Module) -> String {
        if module.is_plain() {
            return String::new();
        }
        let m = &module.name;
        let mut out = String::new();
        let (open, shut) = match module.door {
            Door::None => (String::new(), String::new()),
            Door::Mutex => {
                let _ = writeln!(out, "int {m}_open;\nmutex {m}_requests;");
                let shut = format!("mutex_lock({m}_requests); {m}_open = 0; mutex_unlock({m}_requests);");
                (format!("{m}_open = 1;"), shut)
            }
            Door::Hook => {
                let _ = writeln!(out, "int {m}_open;");
                (format!("{m}_open = 1;"), format!("{m}_open = 0; synchronize_rcu();"))
            }
        };
        let _ = writeln!(out, "fn {m}_load() {{");
        for (nth, &at) in module.ops.iter().enumerate() {
            let leave = match nth {
                0 => "return error;".to_string(),
                nth => format!("goto out_{};", self.world.ops[module.ops[nth - 1]].name),
            };
            let _ = writeln!(out, "error = {} if (error) {leave}", self.register(at));
        }
        let _ = writeln!(out, "{open} return 0;");
        if let Some((_, before)) = module.ops.split_last() {
            for &at in before.iter().rev() {
                let _ = writeln!(out, "out_{}: un{}", self.world.ops[at].name, self.register(at));
            }
            out.push_str(if before.is_empty() { "}\n" } else { "return error;\n}\n" });
        }
        let down: String = module.ops.iter().rev().map(|&at| format!("un{}\n", self.register(at))).collect();
        let _ = writeln!(out, "fn {m}_unload() {{ {shut} {down} }}");
        out
    }

    fn boot(&self) -> String {
        let mut does = String::new();
        for net in &self.world.nets {
            for _ in net.owners.iter().skip(1) {
                let _ = writeln!(does, "get_net({});", net.name);
            }
        }
        if self.world.lent {
            let lent = lent(self.offers);
            let _ = writeln!(does, "{lent} = kzalloc(struct {lent}_loan);");
        }
        for module in self.world.modules.iter().filter(|module| module.built_in) {
            let _ = writeln!(does, "{}", self.load(module));
        }
        if let (Some(name), Some(limit)) = (&self.offers.limit, self.world.limit) {
            let _ = writeln!(does, "{name} = {limit};");
        }
        if does.is_empty() { does } else { format!("boot {{\n{does}}}\n") }
    }

    fn task(&self, task: &Task) -> String {
        let mut out = format!("task {} {{\n", task.name);
        let mut loaded: Vec<usize> = Vec::new();
        for &act in &task.acts {
            let does = self.act(act, &mut loaded);
            let _ = writeln!(out, "{does}");
        }
        out.push_str(&super::waits::at_the_end(self.world, self.offers, &task.name));
        out.push_str("}\n");
        out
    }

    /// `loaded`: the modules that the task has loaded itself, which may have failed.
    fn act(&self, act: Act, loaded: &mut Vec<usize>) -> String {
        match act {
            Act::Load(at) => {
                let module = &self.world.modules[at];
                loaded.push(at);
                format!("{}_error = {}", module.name, self.load(module))
            }
            Act::Unload(at) => {
                let module = &self.world.modules[at];
                let unless = match loaded.contains(&at) {
                    true => format!("if (!{}_error) ", module.name),
                    false => String::new(),
                };
                format!("{unless}{}", self.unload(module))
            }
            Act::Retry(at) => {
                let (module, ops) = (&self.world.modules[at], &self.world.ops[self.world.modules[at].ops[0]]);
                let (m, x, load) = (&module.name, &ops.name, self.load(module));
                // It was given an id before it failed, and nobody else was given one since.
                format!(
                    "if ({m}_error && {x}.id) {{ id = {x}.id; {m}_error = {load} assert({m}_error || {x}.id == id); }}"
                )
            }
            Act::Create(at) => {
                let (before, behind) = super::waits::around_a_creation(self.world, self.offers);
                format!("{before}{} = copy_net_ns();{behind}", made(at))
            }
            Act::Put(target) => self.on(&[target], &format!("put_net({});", self.net(target))),
            Act::GetPut(target) => {
                let net = self.net(target);
                self.on(&[target], &format!("{{ get_net({net}); step; put_net({net}); }}"))
            }
            Act::HoldRelease(target) => {
                let net = self.net(target);
                self.on(&[target], &format!("{{ hold_net({net}); step; release_net({net}); }}"))
            }
            Act::Request { ops, way, target } => self.request(ops, way, target),
            Act::Walk { list, rcu, look } => self.walk(&self.offers.lists[list], rcu, look),
            Act::NameId(net, peer) => {
                let ask = format!("peernet2id_alloc({}, {});", self.net(net), self.net(peer));
                self.on(
                    &[net, peer],
                    &format!("{{ id = {ask} again = {ask} assert(id <= 0 || again == id); }}"),
                )
            }
            Act::FindId(net, id) => {
                let find = format!("peer = get_net_ns_by_id({}, {id});", self.net(net));
                self.on(&[net], &format!("{{ {find} if (peer) put_net(peer); }}"))
            }
            Act::Barrier => "net_ns_barrier();".to_string(),
            Act::TakeBack => {
                let lent = lent(self.offers);
                format!("loan = {lent}; {lent} = NULL; net_ns_barrier(); kfree(loan);")
            }
            Act::Kill(task) => format!("kill({});", self.world.tasks[task].name),
            Act::Rtnl => format!("{} step; {}", RTNL.0, RTNL.1),
        }
    }

    fn net(&self, target: Target) -> String {
        match target {
            Target::Init => "init_net".to_string(),
            Target::Given(at) => self.world.nets[at].name.clone(),
            Target::Made(at) => made(at),
        }
    }

    /// Does it only if these are there.
    fn on(&self, targets: &[Target], does: &str) -> String {
        let mut asks: Vec<String> = Vec::new();
        for &target in targets.iter().filter(|target| matches!(target, Target::Made(_))) {
            let ask = format!("!IS_ERR({})", self.net(target));
            if !asks.contains(&ask) {
                asks.push(ask);
            }
        }
        if !asks.is_empty() {
            return format!("if ({}) {does}", asks.join(" && "));
        }
        let inner = does.strip_prefix('{').and_then(|does| does.strip_suffix('}'));
        inner.unwrap_or(does).to_string()
    }

    fn request(&self, ops: usize, way: Way, target: Target) -> String {
        let callbacks = Callbacks::new(self.world, self.offers, ops);
        let (x, net) = (&self.world.ops[ops].name, self.net(target));
        let module = self.world.modules.iter().find(|module| module.ops.contains(&ops));
        match way {
            Way::Always => self.on(&[target], &callbacks.answers(&net)),
            Way::Module => {
                let (m, door) = module.map_or(("", Door::None), |module| (&*module.name, module.door));
                let (lock, unlock) = match door {
                    Door::Mutex => {
                        (format!("mutex_lock({m}_requests);"), format!("mutex_unlock({m}_requests);"))
                    }
                    _ => ("rcu_read_lock();".to_string(), "rcu_read_unlock();".to_string()),
                };
                let answers = callbacks.answers(&net);
                self.on(&[target], &format!("{{ {lock} if ({m}_open) {answers} {unlock} }}"))
            }
            Way::Up => {
                let receives = callbacks.receives(&net);
                let does = format!("{{ rcu_read_lock(); if ({net}.{x}_up) {receives} rcu_read_unlock(); }}");
                self.on(&[target], &does)
            }
            Way::UpEverywhere => {
                let receives = callbacks.receives("each");
                format!(
                    "rcu_read_lock(); for (each in net_list) if (each.{x}_up) {receives} rcu_read_unlock();"
                )
            }
            Way::Members => {
                let look = callbacks.look("each");
                let look = if look.is_empty() { "step;" } else { &look };
                format!(
                    "mutex_lock({x}_lock); for (each in {x}_members) {{ {look} }} mutex_unlock({x}_lock);"
                )
            }
            Way::Netdev(under) => {
                let own = format!("{net}.rtnl_mutex");
                let locks = match under {
                    Under::Rtnl => vec!["rtnl_mutex"],
                    Under::Own => vec![own.as_str()],
                    Under::Both => vec!["rtnl_mutex", &own],
                };
                let lock: String = locks.iter().map(|lock| format!("mutex_lock({lock});")).collect();
                let unlock: String =
                    locks.iter().rev().map(|lock| format!("mutex_unlock({lock});")).collect();
                let mtu = self.mtu();
                let look = format!("dev = {net}.{x}_dev; if (dev) dev.{mtu} = 1;");
                self.on(&[target], &format!("{{ {lock} {look} {unlock} }}"))
            }
        }
    }

    fn walk(&self, list: &str, rcu: bool, look: Look) -> String {
        let (lock, unlock) = match &self.offers.list_lock {
            Some((lock, unlock)) if !rcu => (lock.as_str(), unlock.as_str()),
            _ => ("rcu_read_lock();", "rcu_read_unlock();"),
        };
        match look {
            Look::Count => format!("{lock} for (each in {list}) seen = refcount_read(each.count); {unlock}"),
            Look::Hold => format!(
                "found = NULL; {lock} for (each in {list}) if (each != init_net) if (maybe_get_net(each)) \
                 {{ found = each; break; }} {unlock} if (found) put_net(found);"
            ),
            Look::Still => format!(
                "{lock} last = list_last({list}); step; again = list_last({list}); assert(again == last); {unlock}"
            ),
            Look::Name => {
                format!("{lock} for (each in {list}) id = peernet2id_alloc(init_net, each); {unlock}")
            }
            Look::Use(ops) => {
                let does = Callbacks::new(self.world, self.offers, ops).look("each");
                format!("{lock} for (each in {list}) {{ {does} }} {unlock}")
            }
        }
    }

    fn mtu(&self) -> String {
        self.offers.free("mtu")
    }
}

/// The variable of the n-th namespace that a task has made.
fn made(at: usize) -> String {
    if at == 0 { "net".to_string() } else { format!("net{}", at + 1) }
}

/// `a`, `a and b`, `a, b and c`
fn listed(names: &[&str]) -> String {
    match names {
        [] => "nobody".to_string(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
