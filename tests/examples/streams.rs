//! Runs random schedules of the benchmark's workload with a stream of random words for each execution, or with one for all:
//! `streams each|one M N R RUNS`. The benchmark compares what they cost.

use sim::engine::{Bounds, Engine, Halt, Reached};
use sim::limit::{Limits, Progress};
use sim::pick::{Pick, Point, Scheduler};
use sim::rng::{Words, settle};
use tests::lab::Case;

/// Settles each point by one word, as the random scheduler does.
struct Random {
    words: Words,
    each: bool,
}

impl Scheduler for Random {
    fn begin(&mut self, execution: u64) -> bool {
        if self.each {
            self.words.stream(execution);
        }
        true
    }

    #[inline]
    fn pick(&mut self, point: &Point<'_>) -> Pick {
        settle(self.words.word(), point)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [streams, m, n, r, runs] = arguments.as_slice() else { panic!("streams each|one M N R RUNS") };
    let number = |text: &String| text.parse::<i64>().unwrap_or_else(|_| panic!("`{text}` is no number"));
    let set = [("M", number(m)), ("N", number(n)), ("R", number(r))];
    let case = Case::in_file("bench/w.pernet", &set).remove(0);
    let steps = case.compiled(|program| {
        let mut engine = Engine::new(program, &mut ())?;
        let mut scheduler = Random { words: Words::new(0), each: streams == "each" };
        let scheduler: &mut dyn Scheduler = &mut scheduler;
        let bounds =
            Bounds { max_steps: Limits::default().max_steps, control: &(), progress: Progress::default() };
        let mut steps = 0;
        for execution in 0..number(runs).unsigned_abs() {
            scheduler.begin(execution);
            let reached = &mut Reached::default();
            steps += engine.run(scheduler, &bounds, reached, &mut ()).map_err(Halt::Room)?.steps;
        }
        Ok(steps)
    });
    println!("{} steps", steps.expect("the workload boots"));
}
