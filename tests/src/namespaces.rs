//! Small worlds of the newest kernel drawn from a seed: ops with slots and phases, namespaces that come and go and know each
//! other by ids, walkers, and allocations that fail.
//!
//! Many of them break something: readers come too early, inits fail. What matters is whether two protocols come to the
//! same in all of them.

use sim::rng::Words;
use std::fmt::Write;

/// What the texts of all worlds declare.
const SHARED: &str = "struct stats { int packets; }
struct net { int seen; }
int g;
fn later(x) { g = x.packets; kfree(x); }
";

/// The ops of a world, in the order of their registration.
const OPS: [&str; 2] = ["fib", "veth"];

/// Draws one world.
#[derive(Debug)]
pub struct Namespaces {
    words: Words,
    text: String,
    /// Has an init a pick?
    may: bool,
    /// Of each ops: is it registered at boot?
    booted: [bool; 2],
    /// What a task may still do, each once: with an ops, or with one of the namespaces.
    ops_left: [bool; 2],
    puts_left: [bool; 2],
}

impl Namespaces {
    /// The scenario with a number, on `linux-7`.
    #[must_use]
    pub fn text(number: u64) -> String {
        let mut words = Words::new(0x7e5);
        words.stream(number);
        let text = String::from("on linux-7;\n") + SHARED;
        let (booted, ops_left, puts_left) = ([false; 2], [true; 2], [true; 2]);
        let mut world = Self { words, text, may: false, booted, ops_left, puts_left };
        world.draw();
        world.text
    }

    fn below(&mut self, most: u64) -> u64 {
        self.words.word() % most
    }

    fn one_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }

    fn draw(&mut self) {
        for ops in OPS {
            self.ops(ops);
        }
        self.boot();
        let more: &[&str] = match self.below(3) {
            0 => &["kzalloc", "ida_alloc_min"],
            1 => &["kill"],
            _ => &[],
        };
        let sites: Vec<_> = self.may.then_some("may").into_iter().chain(more.iter().copied()).collect();
        if !sites.is_empty() {
            let _ = writeln!(self.text, "faults 1 in {};", sites.join(", "));
        }
        let tasks = 2 + u64::from(self.one_in(8));
        for task in 0..tasks {
            let _ = writeln!(self.text, "task t{task} {{\n    n = NULL; error = 0; sum = 0;");
            let statements = if tasks == 3 || task == 0 { 1 } else { 1 + u64::from(self.one_in(2)) };
            for _ in 0..statements {
                let statement = self.statement();
                let _ = writeln!(self.text, "    {statement}");
            }
            self.text.push_str("}\n");
        }
        match self.below(4) {
            0 => self.text.push_str("sometimes list_last(net_list) == init_net;\n"),
            1 => self.text.push_str("sometimes t1.error == -ENOMEM;\n"),
            2 => self.text.push_str("never g > 2;\n"),
            _ => self.text.push_str("sometimes t0.sum == 2;\n"),
        }
    }

    fn ops(&mut self, name: &str) {
        let slot = self.one_in(2);
        let _ = writeln!(self.text, "ops {name} {{");
        if slot {
            self.text.push_str("    has_id = 1;\n    size = struct stats;\n");
        }
        let own = format!("s = net_generic(net, {name}.id); s.packets = 1;");
        let init = match self.below(4) {
            0 => {
                self.may = true;
                "may return -ENOMEM;"
            }
            1 if slot => own.as_str(),
            2 => "net.seen = net.seen + 1;",
            _ => "",
        };
        let _ = writeln!(self.text, "    init(net) {{ {init} }}");
        if self.one_in(3) {
            self.text.push_str("    pre_exit(net) { net.seen = 0; }\n");
        }
        if self.one_in(3) {
            self.text.push_str("    exit_rtnl(net, dev_kill_list) { g = g + 1; }\n");
        }
        let exit = match self.below(5) {
            0 if slot => own.as_str(),
            1 => "x = kzalloc(struct stats); if (x) call_rcu(x, later);",
            2 => "rcu_read_lock(); for (peer in net_list) net.seen = net.seen + 1; rcu_read_unlock();",
            3 => "id = idr_find_id(init_net.netns_ids, net); assert(!id);",
            _ => "net.seen = 0;",
        };
        let _ = writeln!(self.text, "    exit(net) {{ {exit} }}");
        if self.one_in(3) {
            self.text.push_str("    exit_batch(nets) { for (net in nets) net.seen = 0; }\n");
        }
        self.text.push_str("}\n");
    }

    fn boot(&mut self) {
        let two = self.one_in(2);
        self.puts_left[1] = two;
        let _ = writeln!(self.text, "net a{};\nboot {{", if two { ", b" } else { "" });
        for (at, ops) in OPS.iter().enumerate() {
            self.booted[at] = self.one_in(2);
            if self.booted[at] {
                let _ = writeln!(self.text, "    {}({ops});", register(at));
            }
        }
        self.text.push_str("    refcount_inc(a.passive);\n");
        if self.one_in(2) {
            self.text.push_str("    peernet2id_alloc(init_net, a);\n");
        }
        if two && self.one_in(2) {
            self.text.push_str("    peernet2id_alloc(b, a);\n    peernet2id_alloc(init_net, b);\n");
        }
        self.text.push_str("}\n");
    }

    fn statement(&mut self) -> String {
        let which = self.below(16);
        let ops = usize::try_from(self.below(2)).unwrap_or(0);
        match which {
            0..=3 if std::mem::replace(&mut self.ops_left[ops], false) => {
                let (name, un) = (OPS[ops], format!("un{}({});", register(ops), OPS[ops]));
                match (self.booted[ops], self.one_in(2)) {
                    (true, _) => un,
                    (false, true) => format!("error = {}({name}); if (!error) {un}", register(ops)),
                    (false, false) => format!("error = {}({name});", register(ops)),
                }
            }
            4..=6 if std::mem::replace(&mut self.puts_left[0], false) => "put_net(a);".to_string(),
            7 if std::mem::replace(&mut self.puts_left[1], false) => "put_net(b);".to_string(),
            8 | 9 => "n = copy_net_ns(); if (!IS_ERR(n)) put_net(n);".to_string(),
            10 => "n = copy_net_ns();".to_string(),
            11 => "sum = peernet2id_alloc(init_net, a);".to_string(),
            12 => "n = get_net_ns_by_id(init_net, 1); if (n) put_net(n);".to_string(),
            13 => {
                let list = if self.one_in(2) { "net_list" } else { "ns_tree" };
                let (lock, unlock) = if self.one_in(2) {
                    ("rcu_read_lock();", "rcu_read_unlock();")
                } else {
                    ("down_read(net_rwsem);", "up_read(net_rwsem);")
                };
                format!("{lock} for (net in {list}) sum = sum + net.seen; {unlock}")
            }
            14 => {
                "rcu_read_lock(); if (fib.id) { s = net_generic(init_net, fib.id); if (s) sum = s.packets; } \
                   rcu_read_unlock();"
                    .to_string()
            }
            15 => "n = get_net_ns(a); if (!IS_ERR(n)) put_net(n);".to_string(),
            _ => "mutex_lock(rtnl_mutex); g = 0; mutex_unlock(rtnl_mutex);".to_string(),
        }
    }
}

/// The call that registers an ops: the last one is a device.
const fn register(ops: usize) -> &'static str {
    if ops == 1 { "register_pernet_device" } else { "register_pernet_subsys" }
}
