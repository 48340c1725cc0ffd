//! A block of parents, expanded by several threads.
//!
//! The block is divided into runs of neighbouring parents. A thread takes a run, expands its parents in order, and
//! claims their successors in the shared table with the run's number. Of equal successors the one in the lowest run
//! wins, and in a run the first: so the winners, in order, are the states that one thread would have kept, whoever was
//! faster. Who has won is known when all claims are made; only then the table grows.

use super::expand::Expand;
use super::out::{Met, Out};
use super::packed::Packed;
use crate::table::{Added, CLAIMS, Seen, Shared, Table};
use model::judge::orders::Orders;
use model::machine::Room;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::ops::Range;
use std::sync::Mutex;

/// Parents of a block at least, for it to be worth several threads.
pub const FEWEST: usize = 256;

/// Threads, and what each needs.
pub struct Crew<E> {
    pool: ThreadPool,
    /// One for each thread; never waited for.
    expands: Vec<Mutex<E>>,
    runs: Vec<Run>,
}

/// A part of a block.
struct Run {
    number: u32,
    parents: Range<usize>,
    out: Out,
    /// Fingerprints of those that are kept.
    claimed: Vec<u128>,
    /// There was no slot for the first of those that wait.
    stopped: bool,
    back_edges: bool,
    added: Added,
    result: Result<(), Room>,
}

impl<E: Expand> Crew<E> {
    /// So many threads.
    ///
    /// # Panics
    /// If the system does not give a single one.
    pub fn new(threads: usize, expand: &E, out: impl Fn() -> Out) -> Self {
        let build = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = build(threads).or_else(|_| build(1)).expect("there is room for one more thread");
        let run = |number| Run {
            number,
            parents: 0..0,
            out: out(),
            claimed: Vec::new(),
            stopped: false,
            back_edges: false,
            added: Added::default(),
            result: Ok(()),
        };
        Self {
            pool,
            expands: (0..threads).map(|_| Mutex::new(expand.clone())).collect(),
            runs: (0..CLAIMS).map(run).collect(),
        }
    }

    /// Adds the orders in which locks were taken by all threads.
    pub fn join_orders(&self, orders: &mut Orders) {
        for expand in &self.expands {
            if let Some(seen) = expand.lock().expect("no thread panics while it expands").orders() {
                orders.join(seen);
            }
        }
    }

    /// Expands some parents of a layer at `depth` and puts those of their successors that are new behind `next`. Does a
    /// step lead to a state that is not further away?
    pub fn expand(
        &mut self,
        layer: &Packed,
        parents: Range<usize>,
        depth: u32,
        table: &mut Table,
        (next, met): (&mut Packed, &mut Met),
    ) -> Result<bool, Room> {
        let length = parents.len().div_ceil(self.runs.len());
        let mut from = parents.start;
        for run in &mut self.runs {
            let to = parents.end.min(from + length);
            run.parents = from..to;
            from = to;
        }
        let expands = &self.expands;
        self.pool.install(|| {
            let shared = table.share();
            each(&mut self.runs, |run| {
                let thread = rayon::current_thread_index().unwrap_or(0);
                let mut expand = expands[thread].lock().expect("no thread panics while it expands");
                run.result = run.expand(&mut *expand, layer, depth, &shared);
            });
            loop {
                let full = self.runs.iter().filter(|run| run.stopped).map(|run| run.out.waiting()[0]);
                let mut full = full.peekable();
                if full.peek().is_none() {
                    break;
                }
                table.make_room(full);
                let shared = table.share();
                each(&mut self.runs, |run| run.claim(depth, &shared));
            }
            let shared = table.share();
            each(&mut self.runs, |run| run.settle(depth + 1, &shared));
        });
        let mut back_edges = false;
        for run in &mut self.runs {
            std::mem::replace(&mut run.result, Ok(()))?;
            back_edges |= std::mem::take(&mut run.back_edges);
            table.add(&std::mem::take(&mut run.added));
            run.out.pack(next);
            met.append(&mut run.out.met);
        }
        Ok(back_edges)
    }
}

/// Does something with each run, each by one thread.
fn each(runs: &mut [Run], work: impl Fn(&mut Run) + Sync + Send) {
    runs.par_iter_mut().with_max_len(1).for_each(work);
}

impl Run {
    fn expand<E: Expand>(
        &mut self,
        expand: &mut E,
        layer: &Packed,
        depth: u32,
        table: &Shared<'_>,
    ) -> Result<(), Room> {
        self.out.skip_repetitions(depth);
        let mut parents = layer.read(self.parents.clone());
        while let Some(parent) = parents.next() {
            let known = self.out.waiting().len();
            expand.expand(&parent, &mut self.out)?;
            table.fetch(&self.out.waiting()[known..]);
            if self.out.waiting().len() >= super::BATCH && !self.stopped {
                self.claim(depth, table);
            }
        }
        if !self.stopped {
            self.claim(depth, table);
        }
        Ok(())
    }

    /// Claims those that wait, up to one that there is no room for: those behind it must not come first.
    fn claim(&mut self, depth: u32, table: &Shared<'_>) {
        let (claimed, back_edges) = (&mut self.claimed, &mut self.back_edges);
        self.stopped = !self.out.look_up(|state| match table.claim(state.fingerprint, self.number) {
            Seen::Mine => {
                claimed.push(state.fingerprint);
                Some(true)
            }
            Seen::Before(known) => {
                *back_edges |= known <= depth;
                Some(false)
            }
            Seen::Claimed => Some(false),
            Seen::Full => None,
        });
    }

    /// Keeps what was won.
    fn settle(&mut self, depth: u32, table: &Shared<'_>) {
        table.fetch(&self.claimed);
        let mut claimed = self.claimed.iter();
        self.out.retain(|_| {
            claimed
                .next()
                .is_some_and(|&fingerprint| table.settle(fingerprint, self.number, depth, &mut self.added))
        });
        self.claimed.clear();
    }
}
