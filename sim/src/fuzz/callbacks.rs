//! The text of an ops: its declaration, and what that needs around it.

use super::offers::Offers;
use super::world::{Freed, Ops, Part, World};
use std::fmt::Write;

/// What is said of one ops.
pub struct Callbacks<'a> {
    world: &'a World,
    offers: &'a Offers,
    ops: &'a Ops,
}

impl<'a> Callbacks<'a> {
    /// Of the ops with a number.
    #[must_use]
    pub fn new(world: &'a World, offers: &'a Offers, at: usize) -> Self {
        Self { world, offers, ops: &world.ops[at] }
    }

    /// Structs, globals and functions; then the ops.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = self.structs();
        let x = &self.ops.name;
        if self.ops.has(Part::Member) {
            let _ = write!(out, "mutex {x}_lock;\nlist<net.{x}_member> {x}_members;\n");
        }
        if self.ops.parts.iter().any(|part| matches!(part, Part::Leaves(_))) {
            let _ = writeln!(out, "ptr {x}_left;");
        }
        out.push_str(&self.functions());
        let _ = writeln!(out, "ops {x} {{");
        if self.slot().is_some() {
            let _ = writeln!(out, "has_id = 1; size = struct {x}_slot;");
        }
        for (callback, params, body) in self.bodies() {
            let _ = match body.as_str() {
                "" => writeln!(out, "{callback};"),
                body => writeln!(out, "{callback}({params}) {{ {body} }}"),
            };
        }
        out.push_str("}\n");
        out
    }

    fn slot(&self) -> Option<bool> {
        self.ops.parts.iter().find_map(|part| match part {
            Part::Slot { filled } => Some(*filled),
            _ => None,
        })
    }

    fn structs(&self) -> String {
        let x = &self.ops.name;
        let (mut fields, mut out) = (String::new(), String::new());
        for part in &self.ops.parts {
            let _ = match part {
                Part::Slot { filled } => {
                    if *filled {
                        let _ = writeln!(out, "struct {x}_inner {{ int used; }}");
                    }
                    let inner = if *filled { "ptr inner;" } else { "int used;" };
                    writeln!(out, "struct {x}_slot {{ {inner} }}")
                }
                Part::Data(_) => {
                    let looks = self.ops.frees_with_a_look();
                    let owner = if looks { " ptr owner;" } else { "" };
                    let _ = writeln!(out, "struct {x}_data {{ int used;{owner} }}");
                    if looks {
                        let _ = write!(fields, "int {x}_reaped;");
                    }
                    write!(fields, "ptr {x}_data;")
                }
                Part::Member => write!(fields, "link {x}_member;"),
                Part::Work { .. } => {
                    let runs = if self.ops.has_data() { String::new() } else { format!("int {x}_runs; ") };
                    write!(fields, "{runs}work {x}_work = {x}_run;")
                }
                Part::Netdev => write!(fields, "ptr {x}_dev;"),
                Part::Up => write!(fields, "int {x}_up;"),
                Part::Needs(_)
                | Part::Seen(_)
                | Part::Leaves(_)
                | Part::Rtnl
                | Part::Looks
                | Part::Borrows => Ok(()),
            };
        }
        if !fields.is_empty() {
            let _ = writeln!(out, "struct net {{ {fields} }}");
        }
        out
    }

    fn functions(&self) -> String {
        let (x, mut out) = (&self.ops.name, String::new());
        for part in &self.ops.parts {
            let _ = match part {
                Part::Work { rtnl, .. } => {
                    let does = match self.ops.has_data() {
                        true => use_data(x, "net"),
                        false => format!("net.{x}_runs = net.{x}_runs + 1;"),
                    };
                    let (lock, unlock) = if *rtnl { RTNL } else { ("", "") };
                    writeln!(out, "fn {x}_run(net) {{ {lock} {does} {unlock} }}")
                }
                Part::Data(Freed::CallRcu { looks, twice }) => {
                    // The slots of a namespace are there as long as callbacks of its exits may run, what is in them is not.
                    let slots = match (self.slot(), twice) {
                        (_, true) => String::new(),
                        (Some(_), false) => format!("seen = net_generic(net, {x}.id);"),
                        (None, false) if self.offers.counted_slots => {
                            "rcu_read_lock(); slots = net.gen; seen = slots.len; rcu_read_unlock();"
                                .to_string()
                        }
                        (None, false) => String::new(),
                    };
                    let look = match looks {
                        true => format!("net = data.owner; net.{x}_reaped = 1; {slots}"),
                        false => String::new(),
                    };
                    let last = if *twice { "_last" } else { "" };
                    if *twice {
                        let _ = writeln!(out, "fn {x}_free(data) {{ call_rcu(data, {x}_free_last); }}");
                    }
                    writeln!(out, "fn {x}_free{last}(data) {{ {look} kfree(data); }}")
                }
                Part::Up if !self.answered() => {
                    writeln!(out, "fn {x}_receive(net) {{ {} }}", self.answer())
                }
                _ => Ok(()),
            };
        }
        out
    }

    /// Do requests come by a callback? Where there is no phase before the exits, they come by the door of a namespace until
    /// the exit has begun, which no callback may.
    fn answered(&self) -> bool {
        self.ops.answers && self.offers.has("pre_exit")
    }

    /// What a packet calls that has come in by the door of a namespace.
    #[must_use]
    pub fn receives(&self, net: &str) -> String {
        let x = &self.ops.name;
        if self.answered() {
            format!("{x}.{}({net});", self.answering())
        } else {
            format!("{x}_receive({net});")
        }
    }

    /// What a request calls.
    #[must_use]
    pub fn answers(&self, net: &str) -> String {
        format!("{}.{}({net});", self.ops.name, self.answering())
    }

    fn answering(&self) -> String {
        answering(self.offers)
    }

    /// What a request does.
    fn answer(&self) -> String {
        let mut does = self.look("net");
        if self.ops.parts.iter().any(|part| matches!(part, Part::Work { .. })) {
            let (x, events) = (&self.ops.name, events(self.offers));
            let _ = write!(does, "queue_work({events}, net.{x}_work);");
        }
        if does.is_empty() { "step;".to_string() } else { does }
    }

    /// Uses what it has in a namespace from before it is a member to behind that.
    #[must_use]
    pub fn look(&self, net: &str) -> String {
        let (x, mut does) = (&self.ops.name, String::new());
        match self.slot() {
            Some(true) => {
                let _ = write!(
                    does,
                    "slot = net_generic({net}, {x}.id); inner = slot.inner; inner.used = inner.used + 1;"
                );
            }
            Some(false) => {
                let _ = write!(does, "slot = net_generic({net}, {x}.id); slot.used = slot.used + 1;");
            }
            None => {}
        }
        if self.ops.has_data() {
            does.push_str(&use_data(x, net));
        }
        does
    }

    /// The callbacks that there are: name, parameters, statements.
    fn bodies(&self) -> Vec<(String, &'static str, String)> {
        let mut bodies = Vec::new();
        let mut add = |there: bool, callback: &str, params, body| {
            if there {
                bodies.push((callback.to_string(), params, body));
            }
        };
        let (ops, steps) = (self.ops, |phase: &str| self.ops.steps.contains(&phase));
        let step = |phase: &str| if steps(phase) { "step;" } else { "" };
        let init = self.init();
        add(!init.is_empty() || ops.empty.0, "init", "net", init);
        let shut = if ops.has(Part::Up) && self.offers.has("pre_exit") {
            format!("net.{}_up = 0;", ops.name)
        } else {
            String::new()
        };
        let pre_exit = format!("{}{shut}", step("pre_exit"));
        add(!pre_exit.is_empty(), "pre_exit", "net", pre_exit);
        for (phase, params) in
            [("exit_rtnl", "net, dev_kill_list"), ("exit_batch_rtnl", "net_exit_list, dev_kill_list")]
        {
            let body = format!("{}{}{}", step(phase), self.passes(phase), self.netdev_goes(phase));
            add(!body.is_empty(), phase, params, body);
        }
        let down = self.down();
        let (exit, batch) = match (ops.batch, down.is_empty()) {
            (true, false) => (step("exit").to_string(), format!("{}{down}", step("exit_batch"))),
            _ => (format!("{}{down}", step("exit")), step("exit_batch").to_string()),
        };
        let empty = ops.empty.1 && batch.is_empty();
        add(!exit.is_empty() || empty, "exit", "net", exit);
        add(!batch.is_empty(), "exit_batch", "net_exit_list", batch);
        if ops.answers {
            add(true, &self.answering(), "net", self.answer());
        }
        bodies
    }

    /// What `init` does.
    fn init(&self) -> String {
        let ops = self.ops;
        let mut out = super::waits::in_init(self.world, self.offers, ops);
        out.push_str(if ops.steps.contains(&"init") { "step;\n" } else { "" });
        let mut labels = Vec::new();
        for at in 0..=ops.parts.len() {
            let (leave, label) = self.leave(at);
            if ops.refuses == Some(at) {
                let _ = writeln!(out, "may {leave}");
                labels.extend(label);
            }
            let Some(&part) = ops.parts.get(at) else { continue };
            if allocates(part) {
                labels.extend(label);
            }
            out.push_str(&self.up(part, &leave));
        }
        let Some(&deepest) = labels.iter().max() else {
            let fails = ops.refuses.is_some() || ops.parts.iter().any(|&part| allocates(part));
            out.push_str(if fails { "return 0;" } else { "" });
            return out;
        };
        out.push_str("return 0;\n");
        for at in (0..=deepest).rev() {
            let Some(undo) = self.undo(ops.parts[at]) else { continue };
            if labels.contains(&at) {
                let _ = writeln!(out, "{}:", label(ops.parts[at]));
            }
            out.push_str(&undo);
        }
        let _ = write!(out, "return {};", self.error());
        out
    }

    /// What an `init` that fails returns.
    const fn error(&self) -> &'static str {
        if self.ops.positive { "1" } else { "-ENOMEM" }
    }

    /// How `init` fails when so many parts are set up, and by the label of which part.
    fn leave(&self, parts: usize) -> (String, Option<usize>) {
        let last = (0..parts).rev().find(|&at| self.undo(self.ops.parts[at]).is_some());
        match last {
            Some(at) => (format!("goto {};", label(self.ops.parts[at])), Some(at)),
            None => (format!("return {};", self.error()), None),
        }
    }

    /// Sets a part up.
    fn up(&self, part: Part, leave: &str) -> String {
        let x = &self.ops.name;
        match part {
            Part::Slot { filled: true } => format!(
                "inner = kzalloc(struct {x}_inner); if (!inner) {leave}\n\
                 slot = net_generic(net, {x}.id); slot.inner = inner;\n"
            ),
            Part::Slot { filled: false } => format!("slot = net_generic(net, {x}.id); slot.used = 1;\n"),
            Part::Data(_) => {
                let owner = if self.ops.frees_with_a_look() { "data.owner = net;" } else { "" };
                format!("data = kzalloc(struct {x}_data); if (!data) {leave}\n{owner} net.{x}_data = data;\n")
            }
            Part::Needs(other) => self.needs(&self.world.ops[other]),
            Part::Member => {
                format!(
                    "mutex_lock({x}_lock); list_add_tail(net.{x}_member, {x}_members); mutex_unlock({x}_lock);\n"
                )
            }
            Part::Rtnl => format!("{} step; {}\n", RTNL.0, RTNL.1),
            Part::Looks => self.looks(),
            Part::Work { queued: true, .. } => {
                format!("queue_work({}, net.{x}_work);\n", events(self.offers))
            }
            Part::Work { queued: false, .. } | Part::Seen(_) | Part::Leaves(_) | Part::Borrows => {
                String::new()
            }
            Part::Netdev => {
                format!("dev = kzalloc(struct net_device); if (!dev) {leave}\nnet.{x}_dev = dev;\n")
            }
            Part::Up => format!("net.{x}_up = 1;\n"),
        }
    }

    /// Takes a part back in an `init` that fails, if there is something to take back.
    fn undo(&self, part: Part) -> Option<String> {
        match part {
            Part::Slot { filled: true } => Some("kfree(inner);\n".to_string()),
            Part::Data(_) => Some("kfree(data);\n".to_string()),
            Part::Member | Part::Work { .. } => Some(self.goes(part)),
            Part::Slot { filled: false }
            | Part::Needs(_)
            | Part::Seen(_)
            | Part::Leaves(_)
            | Part::Rtnl
            | Part::Looks
            | Part::Borrows => None,
            // Others see it already: nothing behind it fails.
            Part::Netdev | Part::Up => None,
        }
    }

    /// What goes at the end, of all namespaces that are given: the parts in reverse.
    fn down(&self) -> String {
        let (ops, x) = (self.ops, &self.ops.name);
        // Nobody has shut the door yet, or it was shut before any exit.
        let open = ops.has(Part::Up) && !self.offers.has("pre_exit");
        let is_shut =
            if ops.has(Part::Up) && !open { format!("assert(!net.{x}_up);") } else { String::new() };
        let (first, last) = super::waits::in_exit(self.world, self.offers, ops);
        let goes: String = ops.parts.iter().rev().map(|&part| self.goes(part)).collect();
        let parts = format!("{first}{is_shut}{}{goes}{last}", self.sees());
        let each = |body: &str| match (ops.batch, body) {
            (_, "") => String::new(),
            (true, body) => format!("for (net in net_exit_list) {{ {body} }}"),
            (false, body) => body.to_string(),
        };
        let shut = match open {
            true => format!("{} synchronize_rcu();", each(&format!("net.{x}_up = 0;"))),
            false => String::new(),
        };
        format!("{shut}{}", each(&parts))
    }

    /// What a part does at the end.
    fn goes(&self, part: Part) -> String {
        let x = &self.ops.name;
        // Without a wait of the registry's own, a module must wait until its function has run.
        let wait = if self.offers.waits_for_rcu { "" } else { "rcu_barrier();" };
        match part {
            Part::Slot { filled: true } => {
                format!("slot = net_generic(net, {x}.id); kfree(slot.inner);\n")
            }
            Part::Slot { filled: false } => format!("slot = net_generic(net, {x}.id); slot.used = 0;\n"),
            Part::Data(Freed::AtOnce) => format!("kfree(net.{x}_data);\n"),
            Part::Data(Freed::KfreeRcu) => format!("kfree_rcu(net.{x}_data);\n"),
            Part::Data(Freed::CallRcu { .. }) => format!("call_rcu(net.{x}_data, {x}_free); {wait}\n"),
            Part::Needs(other) => self.needs(&self.world.ops[other]),
            Part::Member => {
                format!("mutex_lock({x}_lock); list_del(net.{x}_member); mutex_unlock({x}_lock);\n")
            }
            Part::Rtnl => format!("{} step; {}\n", RTNL.0, RTNL.1),
            Part::Looks => self.looks(),
            Part::Borrows => {
                let lent = lent(self.offers);
                format!("loan = {lent}; if (loan) loan.used = loan.used + 1;\n")
            }
            Part::Work { .. } => format!("cancel_work_sync(net.{x}_work);\n"),
            Part::Seen(_) | Part::Leaves(_) | Part::Netdev | Part::Up => String::new(),
        }
    }

    /// Looks at the slots of others, which may have failed to come up, or have gone down already.
    fn sees(&self) -> String {
        let mut out = String::new();
        for other in self.named_by(|part| if let Part::Seen(at) = part { Some(at) } else { None }) {
            let (y, field) =
                (&other.name, if other.has(Part::Slot { filled: true }) { "inner" } else { "used" });
            let _ = writeln!(out, "other = net_generic(net, {y}.id); if (other) seen = other.{field};");
        }
        out
    }

    /// In the phase under rtnl: leaves the namespace to another ops, and takes it from others.
    fn passes(&self, phase: &str) -> String {
        let (x, mut out) = (&self.ops.name, String::new());
        if phase == "exit_rtnl" {
            if self.ops.parts.iter().any(|part| matches!(part, Part::Leaves(_))) {
                let _ = writeln!(out, "assert(!{x}_left); {x}_left = net;");
            }
            for other in self.named_by(|part| if let Part::Leaves(at) = part { Some(at) } else { None }) {
                let left = format!("{}_left", other.name);
                let _ = writeln!(out, "if ({left}) {{ assert({left} == net); {left} = NULL; }}");
            }
        }
        out
    }

    /// The ops with a part that names this one.
    fn named_by(&self, names: impl Fn(Part) -> Option<usize>) -> impl Iterator<Item = &Ops> {
        let is_this = |at: usize| std::ptr::eq(&raw const self.world.ops[at], self.ops);
        self.world
            .ops
            .iter()
            .filter(move |ops| ops.parts.iter().any(|&part| names(part).is_some_and(is_this)))
    }

    /// In the phase under rtnl.
    fn netdev_goes(&self, phase: &str) -> String {
        let x = &self.ops.name;
        let phase_of_devices = if self.offers.has("exit_rtnl") { "exit_rtnl" } else { "exit_batch_rtnl" };
        if !self.ops.has(Part::Netdev) || phase != phase_of_devices {
            return String::new();
        }
        let one =
            format!("dev = net.{x}_dev; net.{x}_dev = NULL; unregister_netdevice_queue(dev, dev_kill_list);");
        if phase == "exit_rtnl" { one } else { format!("for (net in net_exit_list) {{ {one} }}") }
    }

    /// Uses what another ops has in the same namespace.
    fn needs(&self, other: &Ops) -> String {
        let y = &other.name;
        match other.has_data() {
            true => use_data_as("needed", y, "net"),
            false => format!("needed = net_generic(net, {y}.id); needed.used = needed.used + 1;\n"),
        }
    }

    fn looks(&self) -> String {
        let Some((lock, unlock)) = &self.offers.list_lock else { return String::new() };
        format!("{lock} for (other in net_list) seen = refcount_read(other.count); {unlock}\n")
    }
}

/// How rtnl is taken and given back.
pub const RTNL: (&str, &str) = ("mutex_lock(rtnl_mutex);", "mutex_unlock(rtnl_mutex);");

/// The workqueue of all ops.
#[must_use]
pub fn events(offers: &Offers) -> String {
    offers.free("events")
}

/// What a module without ops has lent to all.
#[must_use]
pub fn lent(offers: &Offers) -> String {
    offers.free("lent")
}

/// The callback for requests.
#[must_use]
pub fn answering(offers: &Offers) -> String {
    offers.free("doit")
}

/// Uses the memory of an ops in a namespace.
fn use_data(ops: &str, net: &str) -> String {
    use_data_as("data", ops, net)
}

fn use_data_as(name: &str, ops: &str, net: &str) -> String {
    format!("{name} = {net}.{ops}_data; {name}.used = {name}.used + 1;\n")
}

const fn allocates(part: Part) -> bool {
    matches!(part, Part::Slot { filled: true } | Part::Data(_) | Part::Netdev)
}

const fn label(part: Part) -> &'static str {
    match part {
        Part::Slot { .. } => "out_slot",
        Part::Data(_) => "out_data",
        Part::Member => "out_member",
        Part::Work { .. } => "out_work",
        Part::Needs(_)
        | Part::Seen(_)
        | Part::Leaves(_)
        | Part::Rtnl
        | Part::Looks
        | Part::Borrows
        | Part::Netdev
        | Part::Up => "out",
    }
}
