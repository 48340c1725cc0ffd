//! Tasks that no text writes: a worker for each workqueue, and `rcu`, which runs callbacks behind grace periods.

use super::Compiler;
use super::names::Scope;
use crate::lang::source::Span;
use crate::machine::code::{Arg, Op};

impl Compiler<'_> {
    pub(super) fn compile_workers(&mut self) {
        for (name, queue, span) in self.workqueues.clone() {
            let func = self.worker_function(&name);
            let mut b = self.begin(func, Scope::Protocol, span);
            let work = b.slot("work");
            let queue = self.constant_arg(queue);
            let top = b.label();
            self.bind(&mut b, top);
            self.emit_access(&b, Op::TakeWork { dst: work, queue });
            self.emit(&b, Op::CallWork { work: Arg::slot(work), frame: 0 });
            self.emit(&b, Op::Jump { to: Self::jump_to(top) });
            self.finish(b);
        }
        if !self.uses_rcu_queue() {
            return;
        }
        let func = self.worker_function("rcu");
        let span = self.unit.protocol.first().or(self.unit.scenario.first()).map(|item| item.span);
        let span = span.expect("a program with a verb has an item");
        let span = Span { hi: span.lo, ..span };
        let mut b = self.begin(func, Scope::Protocol, span);
        let (object, function) = (b.slot("object"), b.slot("function"));
        let top = b.label();
        self.bind(&mut b, top);
        self.emit_access(&b, Op::TakeRcu { object, func: function });
        self.emit(&b, Op::CallRcu { func: Arg::slot(function), object: Arg::slot(object), frame: 0 });
        self.emit(&b, Op::FinishRcu);
        self.emit(&b, Op::Jump { to: Self::jump_to(top) });
        self.finish(b);
    }

    fn worker_function(&self, name: &str) -> u16 {
        self.tasks.iter().find(|task| task.worker && task.name == name).expect("it was declared").func
    }
}
