//! Can a task go round forever? A cheap look at the compiled text, so that a search need not look for cycles where
//! there can be none.
//!
//! Every loop must make progress: a counter that only goes one way, or a cursor that only moves on, along lists that no
//! loop adds to. What is not understood counts as a loop without progress, which costs time and no truth.

use model::machine::code::{Arg, BinOp, Op, Operand, Pc, Slot};
use model::machine::program::Function;
use model::machine::verbs::VERBS;
use model::machine::{Program, Value};
use std::collections::{BTreeMap, BTreeSet};

/// May there be a schedule without end?
#[must_use]
pub fn may_be_endless(program: &Program) -> bool {
    // A worker's own loop goes round for as long as there is work.
    if program.tasks.iter().any(|task| task.worker) {
        return true;
    }
    let running = program.tasks.iter().filter(|task| !task.boot).map(|task| task.func);
    let reached = called(program, running.collect());
    let loops: Vec<_> = reached.iter().flat_map(|&function| loops(program, function)).collect();
    // What is counted ends by itself, whatever happens in it. The rest must move along lists that nothing in it adds to.
    let uncounted = without_progress(program, loops, false);
    !uncounted.is_empty()
        && (lists_grow(program, &uncounted) || !without_progress(program, uncounted, true).is_empty())
}

/// Is something added to a list inside of loops?
fn lists_grow(program: &Program, loops: &[Vec<Pc>]) -> bool {
    let inside = called(program, loops.iter().flatten().flat_map(|&pc| callees(program, pc)).collect());
    let called = inside.iter().flat_map(|&function| range(&program.functions[usize::from(function)]));
    loops.iter().flatten().copied().chain(called).any(|pc| adds_to_list(program, pc))
}

fn range(function: &Function) -> std::ops::Range<Pc> {
    function.entry..function.end
}

/// The functions that are reached by calls.
fn called(program: &Program, from: Vec<u16>) -> BTreeSet<u16> {
    let mut reached = BTreeSet::new();
    let mut open = from;
    while let Some(function) = open.pop() {
        if reached.insert(function) {
            open.extend(range(&program.functions[usize::from(function)]).flat_map(|pc| callees(program, pc)));
        }
    }
    reached
}

/// What an instruction may call. Which object's callback it is, is not known: any.
fn callees(program: &Program, pc: Pc) -> Vec<u16> {
    match program.code[pc as usize].op {
        Op::Call { func, .. } => vec![func],
        Op::Callback { callback, .. } => (0..)
            .zip(&program.functions)
            .filter(|(_, function)| function.callback == Some(callback))
            .map(|(at, _)| at)
            .collect(),
        _ => Vec::new(),
    }
}

fn adds_to_list(program: &Program, pc: Pc) -> bool {
    let Op::Verb { verb, .. } = program.code[pc as usize].op else { return false };
    let name = VERBS[usize::from(verb)].name;
    name.starts_with("list_add") || matches!(name, "llist_add" | "list_replace_init")
}

/// The instructions of each loop of a function; loops inside each other are one.
fn loops(program: &Program, function: u16) -> Vec<Vec<Pc>> {
    cycles(program, &range(&program.functions[usize::from(function)]).collect::<Vec<_>>())
}

/// The strongly connected parts with a cycle, among some instructions in order: Kosaraju's two passes.
fn cycles(program: &Program, nodes: &[Pc]) -> Vec<Vec<Pc>> {
    let index = |pc: Pc| nodes.binary_search(&pc).ok();
    let next: Vec<Vec<usize>> = nodes
        .iter()
        .map(|&pc| program.code[pc as usize].op.successors(pc).filter_map(index).collect())
        .collect();
    let mut back = vec![Vec::new(); nodes.len()];
    for (from, tos) in next.iter().enumerate() {
        for &to in tos {
            back[to].push(from);
        }
    }
    let mut seen = vec![false; nodes.len()];
    let mut order = Vec::new();
    for node in 0..nodes.len() {
        depth_first(node, &next, &mut seen, |node| order.push(node));
    }
    seen.fill(false);
    let mut parts = Vec::new();
    for &node in order.iter().rev() {
        let mut part = Vec::new();
        depth_first(node, &back, &mut seen, |node| part.push(nodes[node]));
        part.sort_unstable();
        if part.len() > 1 || (part.len() == 1 && next[node].contains(&node)) {
            parts.push(part);
        }
    }
    parts
}

/// Visits what is not seen yet, and hands each node over when all behind it is.
fn depth_first(root: usize, next: &[Vec<usize>], seen: &mut [bool], mut done: impl FnMut(usize)) {
    if std::mem::replace(&mut seen[root], true) {
        return;
    }
    let mut path = vec![(root, 0)];
    while let Some((node, at)) = path.last_mut() {
        match next[*node].get(*at) {
            Some(&to) => {
                *at += 1;
                if !std::mem::replace(&mut seen[to], true) {
                    path.push((to, 0));
                }
            }
            None => {
                done(*node);
                path.pop();
            }
        }
    }
}

/// The loops that are left when progress is taken out. What still goes round is looked at alone, since what sets an
/// inner loop's counter back may be outside of that. `along`: a cursor that moves on is progress, too.
fn without_progress(program: &Program, loops: Vec<Vec<Pc>>, along: bool) -> Vec<Vec<Pc>> {
    let mut left = Vec::new();
    let mut open = loops;
    while let Some(nodes) = open.pop() {
        let progress = Loop::new(program, &nodes).progress(along);
        let rest: Vec<_> = nodes.iter().copied().filter(|pc| !progress.contains(pc)).collect();
        if rest.len() < nodes.len() {
            open.extend(cycles(program, &rest));
        } else {
            left.push(nodes);
        }
    }
    left
}

/// Which way a slot goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Up,
    Down,
    Along,
}

/// A loop, by the slots that are written in it.
struct Loop<'p> {
    program: &'p Program,
    writers: BTreeMap<Slot, Vec<(Pc, Op)>>,
}

impl<'p> Loop<'p> {
    fn new(program: &'p Program, nodes: &[Pc]) -> Self {
        let mut writers: BTreeMap<Slot, Vec<(Pc, Op)>> = BTreeMap::new();
        for &pc in nodes {
            let op = program.code[pc as usize].op;
            for slot in op.results() {
                writers.entry(slot).or_default().push((pc, op));
            }
        }
        Self { program, writers }
    }

    /// The instructions that move a slot which never goes another way.
    fn progress(&self, along: bool) -> BTreeSet<Pc> {
        let mut progress = BTreeSet::new();
        for (slot, writers) in &self.writers {
            let ways: Vec<_> = writers.iter().map(|(pc, op)| (pc, op, self.way(*slot, op))).collect();
            let Some(way) = ways.iter().find_map(|&(.., way)| way) else { continue };
            // A cursor that becomes NULL never moves on again.
            let fits = |op, known| known == Some(way) || (way == Way::Along && self.is_null(op));
            if (along || way != Way::Along) && ways.iter().all(|&(_, op, known)| fits(op, known)) {
                progress.extend(ways.iter().filter(|(.., way)| way.is_some()).map(|(pc, ..)| **pc));
            }
        }
        progress
    }

    fn is_null(&self, op: &Op) -> bool {
        let Op::Move { src, .. } = op else { return false };
        matches!(src.what(), Operand::Constant(at) if self.program.constants[usize::from(at)] == Value::NULL)
    }

    /// Which way an instruction moves the slot that it writes.
    fn way(&self, slot: Slot, op: &Op) -> Option<Way> {
        let along = |arg| self.is_derived(slot, arg, 2).then_some(Way::Along);
        match *op {
            Op::Walk { from, .. } => along(from),
            Op::Verb { verb, args, .. } if VERBS[usize::from(verb)].name == "list_next" => along(args.0),
            Op::Load { object, field, .. } => {
                let name = self.program.field_names[usize::from(field)].as_str();
                if matches!(name, "next" | "prev") { along(object) } else { None }
            }
            Op::Binary { op, a, b, .. } => self.counts(slot, op, a, b),
            _ => None,
        }
    }

    fn counts(&self, slot: Slot, op: BinOp, a: Arg, b: Arg) -> Option<Way> {
        let (step, sign) = match (op, a.what(), b.what()) {
            (BinOp::Add, Operand::Slot(from), Operand::Constant(step))
            | (BinOp::Add, Operand::Constant(step), Operand::Slot(from))
                if from == slot =>
            {
                (step, 1)
            }
            (BinOp::Sub, Operand::Slot(from), Operand::Constant(step)) if from == slot => (step, -1),
            _ => return None,
        };
        match self.program.constants[usize::from(step)].as_int()? * sign {
            0 => None,
            1.. => Some(Way::Up),
            _ => Some(Way::Down),
        }
    }

    /// Is an operand a place of the object or position in a slot, reached in a few steps without another's help?
    fn is_derived(&self, slot: Slot, arg: Arg, steps: u32) -> bool {
        let base = match arg.what() {
            Operand::Slot(base) => base,
            Operand::Field(at) => self.program.field_operands[usize::from(at)].0,
            Operand::Constant(_) => return false,
        };
        if base == slot {
            return true;
        }
        let derives = |(_, op): &(Pc, Op)| match *op {
            Op::FieldAddress { object, .. } | Op::Entry { a: object, .. } | Op::Move { src: object, .. } => {
                self.is_derived(slot, object, steps - 1)
            }
            _ => false,
        };
        steps > 0 && self.writers.get(&base).is_some_and(|writers| writers.iter().all(derives))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;
    use crate::question::Scenario;
    use model::machine::Room;

    fn endless(text: &str) -> bool {
        let scenario = Scenario::read("x.pernet", text).unwrap();
        let question = scenario.questions(None, &[].into()).remove(0);
        may_be_endless(&scenario.load(&question, &ShippedLibrary).unwrap().compile(&Room::default()).unwrap())
    }

    #[test]
    fn loops_with_progress_end() {
        // The benchmark's search must not pay for a look at cycles.
        assert!(!endless(include_str!("../../scenarios/bench/w.pernet")));
        let all = "on rfc2007; ops v, w; net a;
            task m { register_pernet_subsys(v); register_pernet_device(w); unregister_pernet_device(w); }
            task n { net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }";
        assert!(!endless(all));
        for body in [
            "i = 0; while (i < 3) { x = i; i = i + 1; }",
            "i = 3; while (i) { x = i; i = i - 1; }",
            "i = 0; while (i < 3) { j = 0; while (j < 3) { x = j; j = j + 1; } i = i + 1; }",
            "for (ops in pernet_list) for (net in net_list) x = 1;",
            "ops = list_first(pernet_list); while (ops) { x = 1; ops = list_next(ops.list); }",
            "p = pernet_list.prev; while (p != pernet_list) { x = 1; p = p.prev; }",
        ] {
            assert!(!endless(&format!("on rfc2007; int x; task t {{ {body} }}")), "{body}");
        }
    }

    #[test]
    fn other_loops_may_not_end() {
        for body in [
            "while (!x) step;",
            "again: if (!mutex_trylock(net_mutex)) goto again;",
            "i = 0; while (i < 3) { i = i + 1; i = i - x; }",
            "i = 0; while (i < 3) { i = i + 1; if (x) i = 0; }",
            "while (x) { i = 0; while (i < 3) { x = i; i = i + 1; } }",
            "for (net in net_list) { list_del(net.list); list_add_tail(net.list, net_list); }",
            "i = 0; while (i < 3) { if (x) i = i + 1; }",
        ] {
            assert!(endless(&format!("on rfc2007; int x; task t {{ {body} }}")), "{body}");
        }
        assert!(endless("on linux-2.6.24; int x; task t { x = 1; }"));
    }
}
