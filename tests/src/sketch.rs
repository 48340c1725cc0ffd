//! Small worlds drawn at random, as scenarios.

use crate::naive::{Act, Ops};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::{bool, prop_oneof};
use std::fmt::Write;
use std::ops::{Range, RangeInclusive};

/// How many namespaces a task can keep.
pub const KEEPS: usize = 3;

/// A world: its ops, so many namespaces besides the first, and what each task does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sketch {
    /// Ops `i` is the business of task `i` modulo the number of tasks: nobody registers what another one does.
    pub ops: Vec<Ops>,
    /// Created before the first step; the first task keeps them.
    pub nets: usize,
    /// The tasks.
    pub tasks: Vec<Vec<Act>>,
}

/// How an `init` fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failures {
    /// At the call that its ops says.
    Fixed,
    /// Where a pick says so, once in the whole run; only that of an ops which says so at all.
    Picked,
}

impl Sketch {
    /// The scenario.
    #[must_use]
    pub fn text(&self, failures: Failures) -> String {
        let mut out = String::from("on rfc2007;\n");
        let may = failures == Failures::Picked && self.ops.iter().any(|ops| ops.init && ops.fails_at > 0);
        if may {
            out.push_str("faults 1 in may;\n");
        }
        for net in 0..self.nets {
            let _ = writeln!(out, "net given{net};");
        }
        for (at, ops) in self.ops.iter().enumerate() {
            out.push_str(&declare(at, *ops, failures));
        }
        for (task, acts) in self.tasks.iter().enumerate() {
            self.task(&mut out, task, acts);
        }
        out
    }

    fn task(&self, out: &mut String, task: usize, acts: &[Act]) {
        let _ = writeln!(out, "task task{task} {{");
        for ops in 0..self.ops.len() {
            let _ = writeln!(out, "    out{ops} = 1;");
        }
        for slot in 0..KEEPS {
            let given = task == 0 && slot < self.nets;
            let first = if given { format!("given{slot}") } else { "NULL".to_string() };
            let _ = writeln!(out, "    kept{slot} = {first};");
        }
        for act in acts {
            let _ = writeln!(out, "    {}", self.act(task, *act));
        }
        out.push_str("}\n");
    }

    /// What makes no sense yet is passed over, as in the naive model.
    fn act(&self, task: usize, act: Act) -> String {
        let own = |ops: usize| ops % self.tasks.len() == task;
        let kind = |ops: usize| if self.ops[ops].device { "device" } else { "subsys" };
        match act {
            Act::Register(ops) if own(ops) => {
                format!("if (out{ops}) out{ops} = register_pernet_{}(ops{ops});", kind(ops))
            }
            Act::Unregister(ops) if own(ops) => {
                format!("if (!out{ops}) {{ unregister_pernet_{}(ops{ops}); out{ops} = 1; }}", kind(ops))
            }
            Act::Create(slot) => format!(
                "if (!kept{slot}) {{ kept{slot} = copy_net_ns(); if (IS_ERR(kept{slot})) kept{slot} = NULL; }}"
            ),
            Act::Destroy(slot) => {
                format!("if (kept{slot}) {{ put_net(kept{slot}); kept{slot} = NULL; }}")
            }
            Act::Register(_) | Act::Unregister(_) => "// the business of another task".to_string(),
        }
    }
}

fn declare(at: usize, ops: Ops, failures: Failures) -> String {
    let init = match (ops.init, ops.fails_at, failures) {
        (false, ..) => "",
        (true, 0, _) => " init;",
        (true, nth, Failures::Fixed) => {
            &format!(" init(net) {{ calls{at} = calls{at} + 1; if (calls{at} == {nth}) return -ENOMEM; }}")
        }
        (true, _, Failures::Picked) => " init(net) { may return -ENOMEM; }",
    };
    let exit = if ops.exit { " exit;" } else { "" };
    format!("int calls{at};\nops ops{at} {{{init}{exit} }}\n")
}

fn ops() -> impl Strategy<Value = Ops> {
    let fails_at = prop_oneof![Just(0), 1..5_usize];
    (any::<bool>(), bool::weighted(0.8), bool::weighted(0.8), fails_at)
        .prop_map(|(device, init, exit, fails_at)| Ops { device, init, exit, fails_at })
}

fn act(ops: usize) -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0..ops).prop_map(Act::Register),
        2 => (0..ops).prop_map(Act::Unregister),
        2 => (0..KEEPS).prop_map(Act::Create),
        1 => (0..KEEPS).prop_map(Act::Destroy),
    ]
}

/// Worlds with so many tasks, which do so much.
pub fn sketches(tasks: RangeInclusive<usize>, acts: Range<usize>) -> impl Strategy<Value = Sketch> {
    (vec(ops(), 1..=5), 0..KEEPS).prop_flat_map(move |(ops, nets)| {
        vec(vec(act(ops.len()), acts.clone()), tasks.clone()).prop_map(move |tasks| Sketch {
            ops: ops.clone(),
            nets,
            tasks,
        })
    })
}
