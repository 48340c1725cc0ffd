//! W for loom, a program of its own, because loom and traceforge carry two versions of one library of coroutines that cannot be
//! linked together.  The registry as ordinary threaded code, every execution without a bound on preemptions.
//!
//! Loom picks threads and values of atomics, but no failures.  So its users run the model once without a failure and once
//! for each namespace whose init of a device fails: in W(M,N,1) that is every failure of M = 1.

use anyhow::Result;
use clap::Parser;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::model::Builder;
use loom::sync::Mutex;
use loom::thread;

use bench::calls::{Tool, net_task, registrar};
use bench::counts::{self, Executions};
use bench::registry::{Net, Ops, Registry};
use bench::w::W;

#[derive(Parser)]
#[command(
    about = "Run every execution of W(1,N,1) with loom, without bounds; print the counts as one line of JSON"
)]
struct Cli {
    #[command(flatten)]
    w: W,
}

fn main() -> Result<()> {
    counts::print(&run(Cli::parse().w))
}

/// Runs every execution of `w` that loom tells apart; panics, with loom's report, if an invariant breaks.
fn run(w: W) -> Executions {
    assert!(w.registrars == 1 && w.rounds == 1, "failures are named by their namespace alone: not in {w}");
    let failures = std::iter::once(None).chain((0..=w.nets).map(|net| Some(Net(net))));
    Executions { executions: failures.map(|fails| with_failure(w, fails)).sum(), blocked: 0 }
}

fn with_failure(w: W, fails: Option<Net>) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let mut builder = Builder::new();
    // Neither of them is a bound here: the main thread and the tasks, and more switches than W has steps.
    builder.max_threads = w.registrars + w.nets + 1;
    builder.max_branches = 10_000;
    builder.preemption_bound = None;
    let counter = Arc::clone(&executions);
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        execution(w, fails);
    });
    executions.load(Ordering::Relaxed)
}

fn execution(w: W, fails: Option<Net>) {
    let tool = Arc::new(Loom { net_mutex: Mutex::new(Registry::new(w)), fails });
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

struct Loom {
    net_mutex: Mutex<Registry>,
    fails: Option<Net>,
}

impl Tool for Loom {
    fn locked<R>(&self, body: impl FnOnce(&mut Registry) -> R) -> R {
        body(&mut self.net_mutex.lock().expect("a panic ends the execution"))
    }

    fn fails(&self, _: Ops, net: Net) -> bool {
        self.fails == Some(net)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of loom's executions stands for at least one trace: 15 without a failure, 15 with.
    #[test]
    fn every_trace_is_run() {
        assert!(run(W::new(1, 1, 1)).executions >= 30);
    }
}
