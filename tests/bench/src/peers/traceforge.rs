//! W for traceforge: the registry as ordinary threaded code under its `Mutex`, one execution for each order of messages.

use std::sync::Arc;

use traceforge::sync::mutex::Mutex;
use traceforge::{Config, thread, verify};

use bench::calls::{Tool, net_task, registrar};
use bench::counts::Executions;
use bench::registry::{Net, Ops, Registry};
use bench::w::W;

/// Runs one execution of each trace of `w`; ends the process, with traceforge's report, if an invariant breaks.
pub fn run(w: W) -> Executions {
    let stats = verify(Config::builder().build(), move || execution(w));
    Executions { executions: stats.execs as u64, blocked: stats.block as u64 }
}

fn execution(w: W) {
    let tool = Arc::new(Traceforge(Mutex::new(Registry::new(w))));
    let mut tasks = Vec::new();
    for me in 0..w.registrars {
        let tool = Arc::clone(&tool);
        tasks.push(thread::spawn(move || registrar(&*tool, me, w.rounds)));
    }
    for me in 0..w.nets {
        let tool = Arc::clone(&tool);
        tasks.push(thread::spawn(move || net_task(&*tool, Net(me + 1))));
    }
    for task in tasks {
        task.join().expect("a panic ends the execution");
    }
}

struct Traceforge(Mutex<Registry>);

impl Tool for Traceforge {
    fn locked<R>(&self, body: impl FnOnce(&mut Registry) -> R) -> R {
        body(&mut self.0.blocking_lock())
    }

    fn fails(&self, _: Ops, _: Net) -> bool {
        traceforge::nondet()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_execution_for_each_trace() {
        let executions = run(W::new(1, 2, 1));
        assert_eq!(executions, Executions { executions: 840, blocked: 0 });
    }
}
