//! Small worlds drawn from a seed that share everything there is to share: locks, lists, counts, works, RCU, the registry.
//!
//! Most of them break something. What matters is that two ways of searching them agree.

use crate::lab::Case;
use sim::rng::Words;
use std::fmt::Write;

/// What the texts of all worlds declare.
const SHARED: &str = "struct box { int v; ptr b; link l; refcount r; }
int g0, g1;
int cells[2];
ptr p;
mutex m;
mutex n;
spinlock s;
rwsem w;
list<box.l> boxes;
workqueue q;
work k = later;
fn later() { if (g0) g1 = 2; else g0 = 1; }
fn reap(x) { g1 = x.v; kfree(x); }
fn gather() {
    list<box.l> mine;
    x = kzalloc(struct box);
    list_add(x.l, mine);
    y = list_first(mine);
    y.v = 7;
    if (g0) list_del(y.l);
    kfree(y);
}
fn steal() {
    list<box.l> mine;
    list_replace_init(boxes, mine);
    x = list_first(mine);
    if (x) {
        list_del(x.l);
        g1 = x.v;
        kfree(x);
    }
}
";

/// The protocols that worlds are on, with slips among them.
const PROTOCOLS: [&str; 6] = [
    "rfc2007",
    "linux-2.6.24",
    "linux-5.3",
    "rfc2007-destroy-without-mutex",
    "rfc2007-undo-all",
    "rfc2007-unregister-drops-lock",
];

/// Draws one world.
#[derive(Debug)]
pub struct Small {
    words: Words,
    text: String,
    /// How many statements may still be written.
    left: u32,
    /// Has one of them a pick?
    may: bool,
    /// Inside what must not sleep.
    atomic: bool,
}

impl Small {
    /// The scenario with a number.
    #[must_use]
    pub fn text(number: u64) -> String {
        let mut words = Words::new(0x5ea1);
        words.stream(number);
        let mut small = Self { words, text: String::new(), left: 0, may: false, atomic: false };
        small.world(None)
    }

    /// The first scenarios, and as many of the newest era.
    #[must_use]
    pub fn first(count: u64) -> Vec<Case> {
        (0..count)
            .flat_map(|number| [Self::text(number), Self::newest(number)])
            .map(|text| Case::new(&text))
            .collect()
    }

    /// A scenario with a number about the newest era, in which two tasks do one thing each.
    #[must_use]
    pub fn newest(number: u64) -> String {
        let mut words = Words::new(0x0e8a);
        words.stream(number);
        let mut small = Self { words, text: String::new(), left: 0, may: false, atomic: false };
        small.world(Some("linux-7"))
    }

    fn below(&mut self, most: u64) -> u64 {
        self.words.word() % most
    }

    fn one_in(&mut self, most: u64) -> bool {
        self.below(most) == 0
    }

    fn world(&mut self, newest: Option<&str>) -> String {
        let registry = newest.is_some() || self.below(3) == 0;
        let drawn = PROTOCOLS[usize::try_from(if registry { self.below(6) } else { 0 }).unwrap_or(0)];
        let protocol = newest.unwrap_or(drawn);
        if registry {
            self.text.push_str("ops a { init(net) { g0 = 1; } exit; }\n");
            self.text.push_str("ops b { init(net) { may return -ENOMEM; } exit(net) { g1 = 1; } }\n");
            self.may = true;
        }
        let tasks = if newest.is_some() { 2 } else { 2 + self.below(2) };
        for task in 0..tasks {
            let many = newest.is_none() && task == 0 && self.one_in(3);
            let count = if many { "[2]" } else { "" };
            let _ = writeln!(self.text, "task t{task}{count} {{\n    x = NULL; y = NULL; error = 0;");
            self.left =
                if registry { 2 } else { 3 + u32::try_from(self.below(3)).unwrap_or(0) } - u32::from(many);
            if newest.is_some() {
                self.left = 1;
            }
            while self.left > 0 {
                self.left -= 1;
                if registry && !self.one_in(3) {
                    self.registry();
                } else {
                    self.stmt(2, many);
                }
            }
            self.text.push_str("}\n");
        }
        for _ in 0..self.below(3) {
            self.condition(tasks);
        }
        let faults = if self.may { "faults 1 in may;\n" } else { "" };
        format!("on {protocol};\n{faults}{SHARED}{}", self.text)
    }

    fn registry(&mut self) {
        let ops = if self.one_in(2) { "a" } else { "b" };
        let text = match self.below(4) {
            0 => {
                format!("error = register_pernet_subsys({ops}); if (!error) unregister_pernet_subsys({ops});")
            }
            1 => format!("error = register_pernet_device({ops});"),
            2 => "y = copy_net_ns(); if (!IS_ERR(y)) put_net(y);".to_string(),
            _ => "y = copy_net_ns();".to_string(),
        };
        let _ = writeln!(self.text, "    {text}");
    }

    fn block(&mut self, before: &str, after: &str, deep: u32, many: bool) {
        let _ = writeln!(self.text, "    {before}");
        for _ in 0..=self.below(2) {
            self.stmt(deep - 1, many);
        }
        let _ = writeln!(self.text, "    {after}");
    }

    fn stmt(&mut self, deep: u32, many: bool) {
        let which = self.below(if deep == 0 { 26 } else { 34 });
        let lock = if self.one_in(2) { "m" } else { "n" };
        let spin = |small: &mut Self, before: &str, after: &str| {
            let was = std::mem::replace(&mut small.atomic, true);
            small.block(before, after, deep, many);
            small.atomic = was;
        };
        match which {
            26 | 27 if !self.atomic => {
                self.block(&format!("mutex_lock({lock});"), &format!("mutex_unlock({lock});"), deep, many);
            }
            28 if !self.atomic => self.block("down_read(w);", "up_read(w);", deep, many),
            29 if !self.atomic => self.block("down_write(w);", "up_write(w);", deep, many),
            30 => self.block(
                &format!("if (mutex_trylock({lock})) {{"),
                &format!("mutex_unlock({lock}); }}"),
                deep,
                many,
            ),
            31 => spin(self, "spin_lock(s);", "spin_unlock(s);"),
            32 => spin(self, "rcu_read_lock();", "rcu_read_unlock();"),
            33 => self.block("if (g0) {", "}", deep, many),
            _ => {
                let text = self.simple(which, many);
                let _ = writeln!(self.text, "    {text}");
            }
        }
    }

    fn simple(&mut self, which: u64, many: bool) -> &'static str {
        let sleeps = !self.atomic;
        match which {
            0 => "g0 = 1;",
            1 => "g0 = 0;",
            2 => "g1 = g0 + 1;",
            3 => "x = kzalloc(struct box); x.v = 1; p = x;",
            4 => "y = p; if (y) y.v = 2;",
            5 => "y = p; p = NULL; kfree(y);",
            6 => "x = kzalloc(struct box); refcount_set(x.r, 2); x.v = 2; list_add_tail(x.l, boxes);",
            7 => "atomic { y = list_first(boxes); if (y) list_del(y.l); } if (y) kfree(y);",
            8 => "y = list_first(boxes); if (y) if (refcount_dec_and_test(y.r)) g1 = 3;",
            9 => "for (each in boxes) g1 = each.v;",
            10 if sleeps => "wait_for(g0 == 1 || g1 > 1);",
            11 => "queue_work(q, k);",
            12 if sleeps => "flush_work(k);",
            13 if sleeps => "synchronize_rcu();",
            14 => "y = p; p = NULL; if (y) call_rcu(y, reap);",
            15 => "x = kzalloc(struct box); x.v = 3; kfree(x);",
            16 => {
                self.may = true;
                "step; may g1 = 5;"
            }
            17 if many => "cells[me] = cells[me] + 1;",
            17 => "cells[0] = g0;",
            18 => "atomic { g0 = g0 + 1; if (g0 > 2) g0 = 0; }",
            19 if self.one_in(3) => "while (g0 == 1) step;",
            20 => "x = kzalloc(struct box); p = x; x.v = 3; g0 = x.v;",
            21 => "y = p; if (y) g1 = y.v;",
            22 => "x = kzalloc(struct box); y = kzalloc(struct box); x.b = y; y.v = 4; p = x; y.v = 5;",
            23 => "y = p; if (y) { y = y.b; if (y) y.v = 6; }",
            24 => "gather();",
            25 => "steal();",
            _ => "step;",
        }
    }

    fn condition(&mut self, tasks: u64) {
        let task = 1 + self.below(tasks - 1);
        let text = match self.below(9) {
            0 => "never g0 == 1 && g1 == 2;".to_string(),
            1 => "sometimes g1 == 5;".to_string(),
            2 => "finally g0 == 1;".to_string(),
            3 => format!("never t{task}.x != NULL && g0 == 1;"),
            4 => format!("sometimes done(t{task}) && g1 == 1;"),
            5 => "never freed(p);".to_string(),
            6 => "always list_first(boxes) == NULL || g0 == 0;".to_string(),
            7 => "never cells[0] == 1 && cells[1] == 1;".to_string(),
            _ => "sometimes g0 == 0 && g1 == 1;".to_string(),
        };
        let _ = writeln!(self.text, "{text}");
    }
}
