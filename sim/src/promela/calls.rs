//! Calls: of functions, callbacks and verbs.

use super::code::{Op, Reg, Val};
use super::coder::{Coder, Frame};
use super::refuse::Refusal;
use super::world::{HANDLE, Kind, Meaning};
use model::lang::ast::{Expr, ExprKind};

const INTERRUPTED: i64 = -4;

impl Coder<'_, '_> {
    pub fn call_stmt(&mut self, f: &mut Frame, call: &Expr) -> Result<(), Refusal> {
        match &call.kind {
            ExprKind::Call(callee, args) => self.call_to(f, call, callee, args, None),
            ExprKind::Paren(inner) => self.call_stmt(f, inner),
            _ => Ok(()),
        }
    }

    /// A call; its value goes to `dst`, if anybody wants it.
    pub fn call_to(
        &mut self,
        f: &mut Frame,
        call: &Expr,
        callee: &Expr,
        args: &[Expr],
        dst: Option<Reg>,
    ) -> Result<(), Refusal> {
        match &callee.kind {
            ExprKind::Paren(inner) => self.call_to(f, call, inner, args, dst),
            ExprKind::Field(object, name) => {
                let object = self.expr(f, object)?;
                let values = self.arguments(f, args)?;
                self.span = call.span;
                let mut reads = values.clone();
                reads.push(object);
                self.access(f, format!("touch({})", self.text(object)), &reads, None);
                self.dispatch(f, object, &name.text, &values, dst)
            }
            ExprKind::Name(name) => {
                if let Some(&Meaning::Function(function)) = self.world.find(f.scope, name) {
                    let values = self.arguments(f, args)?;
                    self.span = call.span;
                    return self.call(f, function, None, &values, dst);
                }
                self.named(f, call, name, args, dst)
            }
            _ => Err(Refusal::construct(call.span, "this call")),
        }
    }

    fn arguments(&mut self, f: &mut Frame, args: &[Expr]) -> Result<Vec<Val>, Refusal> {
        args.iter().map(|arg| self.expr(f, arg)).collect()
    }

    fn named(
        &mut self,
        f: &mut Frame,
        call: &Expr,
        name: &str,
        args: &[Expr],
        dst: Option<Reg>,
    ) -> Result<(), Refusal> {
        match name {
            "wait_for" => {
                let (cond, reads) = self.truth(f, &args[0])?;
                self.span = call.span;
                let instr = self.access(f, "skip".to_string(), &reads, None);
                (instr.ready, instr.unblocked) = (Some(cond.clone()), Some(cond));
                return Ok(());
            }
            "kzalloc" => return self.kzalloc(f, call, args, dst),
            _ => {}
        }
        let values = self.arguments(f, args)?;
        self.span = call.span;
        // Where nobody wants the result it still needs a place.
        let mark = self.used;
        let result = dst.unwrap_or_else(|| self.temp());
        let to = self.text(Val::Reg(result));
        let text = |at: usize| self.text(values.get(at).copied().unwrap_or(Val::Num(0)));
        let (a, b) = (text(0), text(1));
        if let Some(local) = local(name, &a, &b) {
            self.emit(f, Op::Do(format!("{to} = {local}")), &values, Some(result));
        } else if let Some(text) = one_step(name, &a, &b, &to, self.task) {
            let gives = text.contains(&format!("{to} = "));
            let ready = self.ready(name, &a);
            let instr = self.access(f, text, &values, gives.then_some(result));
            (instr.ready, instr.unblocked) = (ready.clone(), ready);
        } else if !self.two_steps(f, name, &values, (dst, result))? {
            return Err(Refusal::verb(call.span, name));
        }
        self.used = mark;
        Ok(())
    }

    fn ready(&self, name: &str, a: &str) -> Option<String> {
        match name {
            "mutex_lock" | "spin_lock" => Some(format!("M({a}) == 0")),
            "flush_work" => Some(format!("M({a}+1) == 0 && !({})", self.running(a))),
            _ => None,
        }
    }

    /// Does a worker run this work? It keeps it in its first register.
    fn running(&self, work: &str) -> String {
        let first = self.world.tasks.len();
        let workers = (first..first + self.world.queues.len()).map(|task| format!("r{task}[0] == {work}"));
        workers.collect::<Vec<_>>().join(" || ")
    }

    /// Verbs that arrive first and go on when they may; false: it is none.
    fn two_steps(
        &mut self,
        f: &mut Frame,
        name: &str,
        values: &[Val],
        (dst, result): (Option<Reg>, Reg),
    ) -> Result<bool, Refusal> {
        let (me, bit) = (self.task, format!("(1<<{})", self.task));
        let a = values.first().map_or(String::new(), |&val| self.text(val));
        let none = "false".to_string();
        let skip = "skip".to_string();
        let (free, now, wait, ready, go) = match name {
            "down_read" | "down_read_killable" => (
                format!("M({a}) == 0 && M({a}+2) == 0"),
                format!("M({a}+1) = M({a}+1) | {bit}"),
                format!("before[{me}] = M({a}+2)"),
                format!("M({a}) == 0 && before[{me}] == 0"),
                format!("M({a}+1) = M({a}+1) | {bit}"),
            ),
            "down_write" => (
                format!("M({a}) == 0 && M({a}+1) == 0"),
                format!("M({a}) = {}", me + 1),
                format!("M({a}+2) = M({a}+2) | {bit}"),
                format!("M({a}) == 0 && M({a}+1) == 0"),
                format!("M({a}) = {0}; M({a}+2) = M({a}+2) & ~{bit}; leave_before({bit})", me + 1),
            ),
            "mutex_lock_killable" => (
                format!("M({a}) == 0"),
                format!("M({a}) = {}", me + 1),
                skip,
                format!("M({a}) == 0"),
                format!("M({a}) = {}", me + 1),
            ),
            "synchronize_rcu" | "synchronize_rcu_expedited" => (
                none,
                skip,
                format!("grace[{me}] = readers"),
                format!("grace[{me}] == 0"),
                "skip".to_string(),
            ),
            // Nobody queues a callback in what is translated.
            "rcu_barrier" => (none, skip.clone(), skip.clone(), "true".to_string(), skip),
            "cancel_work_sync" => {
                let arrive = format!("unqueue({a}); cancels[{me}] = {a}");
                (none, skip, arrive, format!("!({})", self.running(&a)), format!("cancels[{me}] = 0"))
            }
            _ => return Ok(false),
        };
        let killable = name.ends_with("_killable");
        let to = self.text(Val::Reg(result));
        let gives = killable && dst.is_some();
        let zero = if gives { format!("; {to} = 0") } else { String::new() };
        let arrive = Op::Arrive { free, now: format!("{now}{zero}"), wait };
        self.emit(f, arrive, values, gives.then_some(result)).access = true;
        let mut go = format!("{go}{zero}");
        let mut may_go = ready.clone();
        if killable && self.selected(f, "kill") {
            let mut die = "faults--".to_string();
            if name == "down_read_killable" {
                die += &format!("; before[{me}] = 0");
            }
            if gives {
                die += &format!("; {to} = {INTERRUPTED}");
            }
            go = format!("if :: {ready} -> {go} :: faults > 0 -> {die} fi");
            may_go = format!("({ready}) || faults > 0");
        }
        let instr = self.access(f, go, values, gives.then_some(result));
        (instr.ready, instr.unblocked) = (Some(may_go), Some(ready));
        Ok(true)
    }

    fn kzalloc(
        &mut self,
        f: &mut Frame,
        call: &Expr,
        args: &[Expr],
        dst: Option<Reg>,
    ) -> Result<(), Refusal> {
        let Some(ExprKind::Struct(strukt)) = args.first().map(|arg| &arg.kind) else {
            return Err(Refusal::construct(call.span, "`kzalloc` of a size"));
        };
        let mut reads = Vec::new();
        if let Some(len) = args.get(1) {
            reads.push(self.expr(f, len)?);
        }
        self.span = call.span;
        let mark = self.used;
        let result = dst.unwrap_or_else(|| self.temp());
        let to = self.text(Val::Reg(result));
        let mut text =
            format!("new({to}, {0}, BASE_{0}, SLOTS_{0}, {1})", self.task, self.world.number(&strukt.text));
        for (cell, value) in self.world.fixed_values(&Kind::Struct(strukt.text.clone()), 0) {
            // A link's third cell is its object; a head's first three are itself.
            let value = match value - HANDLE {
                0 => to.clone(),
                at if at > 0 => format!("{to}+{at}"),
                _ => value.to_string(),
            };
            text += &format!("; M({to}+{cell}) = {value}");
        }
        if self.selected(f, "kzalloc") {
            text = format!("if :: faults > 0 -> faults--; {to} = 0 :: true -> {text} fi");
        }
        self.allocation();
        self.access(f, text, &reads, Some(result));
        self.used = mark;
        Ok(())
    }
}

/// What is no step.
fn local(name: &str, a: &str, b: &str) -> Option<String> {
    Some(match name {
        "max" => format!("({a} > {b} -> {a} : {b})"),
        "min" => format!("({a} < {b} -> {a} : {b})"),
        "IS_ERR" => format!("({a} >= -4095 && {a} <= -1)"),
        "entry" => format!("M({a}+2)"),
        _ => return None,
    })
}

/// Verbs of one step. A result is written by the text's `to = ...`.
fn one_step(name: &str, a: &str, b: &str, to: &str, me: usize) -> Option<String> {
    let holder = me + 1;
    Some(match name {
        "mutex_lock" | "spin_lock" => format!("M({a}) = {holder}"),
        "mutex_unlock" | "spin_unlock" => format!("assert(M({a}) == {holder}); M({a}) = 0"),
        "mutex_trylock" => {
            format!("if :: M({a}) == 0 -> M({a}) = {holder}; {to} = 1 :: else -> {to} = 0 fi")
        }
        "up_read" => {
            format!("assert(M({a}+1) & (1<<{me})); M({a}+1) = M({a}+1) & ~(1<<{me})")
        }
        "up_write" => format!("assert(M({a}) == {holder}); M({a}) = 0"),
        "list_add" | "list_add_rcu" => format!("link_behind({a}, {b})"),
        "list_add_tail" | "list_add_tail_rcu" => format!("link_before({a}, {b})"),
        "list_del" | "list_del_init" => format!("unlink({a}); M({a}) = 0"),
        "list_del_rcu" => format!("unlink({a})"),
        "list_empty" => format!("{to} = (M({a}) == {a})"),
        "list_first" | "list_next" => format!("{to} = M({a}); {to} = object({to})"),
        "list_last" => format!("{to} = M({a}+1); {to} = object({to})"),
        "list_replace_init" => format!("steal({a}, {b})"),
        "llist_add" => format!("{to} = (M({b}) == {b}); link_behind({a}, {b})"),
        "refcount_set" => format!("M({a}) = {b}"),
        "refcount_read" => format!("{to} = M({a})"),
        "refcount_inc" => format!("assert(M({a}) != 0); M({a})++"),
        "refcount_inc_not_zero" => {
            format!("{to} = (M({a}) != 0); M({a}) = M({a}) + {to}")
        }
        "refcount_dec_and_test" => {
            format!("assert(M({a}) > 0); M({a})--; {to} = (M({a}) == 0)")
        }
        "kfree" => format!("free({a})"),
        "queue_work" => {
            let free = format!("M({b}+1) == 0 && !CANCELLED({b})");
            format!("{to} = ({free}); if :: {free} -> link_before({b}, {a}) :: else fi")
        }
        "flush_work" => "skip".to_string(),
        "rcu_read_lock" => format!("nest[{me}]++; readers = readers | (1<<{me})"),
        "rcu_read_unlock" => format!(
            "assert(nest[{me}] > 0); nest[{me}]--; if :: nest[{me}] == 0 -> readers = readers & ~(1<<{me}); \
             leave_grace((1<<{me})) :: else fi"
        ),
        // Nothing translated puts anything into one.
        "idr_find" | "idr_find_id" | "idr_get_next" => format!("{to} = 0"),
        "idr_remove" => "assert(false)".to_string(),
        "idr_destroy" => "skip".to_string(),
        _ => return None,
    })
}
