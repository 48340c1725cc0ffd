//! Makes failing runs small, and says how small and how long that takes: `shrinks [FILTER] [SEEDS] [SHOW]`.
//!
//! `--times` takes the runs of `reports/shrink.md`, and prints times alone; `--write` writes them into `reports/shrink-times.md`,
//! which is no golden file: no two machines agree on it.

#[path = "../bench/src/machine/this.rs"]
mod machine;

use sim::shrink::{Effort, Shrunk, shrink};
use std::fmt::Write;
use std::time::{Duration, Instant};
use tests::failing::{Input, crowded, found, origins};
use tests::lab::{Case, root};

/// Where times are written.
const REPORT: &str = "reports/shrink-times.md";
/// As in the test that makes `reports/shrink.md`.
const SEEDS: u64 = 3;
const PASSERS: usize = 17;

/// How long a run took.
struct Timed {
    origin: String,
    seed: u64,
    took: Duration,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if is("--times") || is("--write") {
        let timed = all_timed();
        print!("{}", summary(&timed));
        if is("--write") {
            std::fs::write(root().join(REPORT), report(&timed)).expect("the report can be written");
        }
        return;
    }
    let filter = arguments.first().map_or("", String::as_str);
    let seeds: u64 = arguments.get(1).map_or(1, |text| text.parse().expect("a number"));
    let show = arguments.get(2).is_some();
    let mut all = origins();
    all.extend(crowds(&all));
    for (origin, case) in all.iter().filter(|(origin, _)| origin.contains(filter)) {
        for seed in 0..seeds {
            let (input, finding) = clocked(|| found(origin, case, seed));
            let Some(input) = input else {
                println!("{origin} {seed}: nothing found");
                continue;
            };
            let took = told(&input, show);
            eprintln!("{origin} {seed}: {finding:.2?} to find, {took:.2?} to shrink");
        }
    }
}

fn crowds(origins: &[(String, Case)]) -> Vec<(String, Case)> {
    origins.iter().map(|(origin, case)| (format!("crowd {origin}"), crowded(case, PASSERS))).collect()
}

#[allow(clippy::disallowed_methods, reason = "how long it takes is for people, and decides nothing")]
fn clocked<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// Makes a run small, on one thread.
fn small(input: &Input) -> (Shrunk, Duration) {
    let (shrunk, took) = clocked(|| shrink(&input.failing, &Effort::default(), &()));
    let shrunk = shrunk.unwrap_or_else(|rejected| panic!("{}: {:?}", input.origin, rejected.diagnostics));
    (shrunk, took)
}

fn told(input: &Input, show: bool) -> Duration {
    let (shrunk, took) = small(input);
    println!(
        "{} {}: {} | {} -> {} {}| {}",
        input.origin,
        input.seed,
        input.signature,
        shrunk.before,
        shrunk.after,
        if shrunk.shortest { "" } else { "(not shortest) " },
        shrunk.certificate
    );
    if show {
        println!("{}\n{}", shrunk.text, shrunk.schedule);
        for (what, refuted) in shrunk.certificate.refuted.iter().filter(|(_, refuted)| !refuted.is_certain())
        {
            println!("   {what}: {refuted:?}");
        }
    }
    took
}

/// The runs of the report, one after the other.
fn all_timed() -> Vec<Timed> {
    let origins = origins();
    let alone = origins.iter().flat_map(|(origin, case)| (0..SEEDS).map(move |seed| (origin, case, seed)));
    let crowds = crowds(&origins);
    let crowds = crowds.iter().map(|(origin, case)| (origin, case, 0));
    let input = |(origin, case, seed): (&String, &Case, u64)| found(origin, case, seed);
    let timed = |input: Input| Timed { took: small(&input).1, origin: input.origin, seed: input.seed };
    alone.chain(crowds).filter_map(input).map(timed).collect()
}

/// A line for each kind of origin, and one for all.
fn summary(timed: &[Timed]) -> String {
    let kinds = [
        ("planted slips", "mutant "),
        ("the museum's bugs", "museum "),
        ("planted slips in a crowd", "crowd mutant "),
        ("the museum's bugs in a crowd", "crowd museum "),
        ("all", ""),
    ];
    let mut text =
        "| origin | runs | median | p90 | worst | of |\n|---|---:|---:|---:|---:|---|\n".to_string();
    for (kind, prefix) in kinds {
        let mut runs: Vec<_> = timed.iter().filter(|run| run.origin.starts_with(prefix)).collect();
        runs.sort_by_key(|run| run.took);
        let Some(worst) = runs.last() else { continue };
        let part = |percent: usize| ms(runs[(runs.len() * percent / 100).min(runs.len() - 1)].took);
        let count = runs.len();
        let _ = writeln!(
            text,
            "| {kind} | {count} | {} | {} | {} | {} {} |",
            part(50),
            part(90),
            ms(worst.took),
            worst.origin,
            worst.seed
        );
    }
    text
}

/// What else went on, if the system says it.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').nth(2).map_or_else(|| "unknown".to_string(), str::to_string)
}

/// Milliseconds, with a tenth of them.
fn ms(time: Duration) -> String {
    let tenths = time.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn report(timed: &[Timed]) -> String {
    let mut text = format!(
        "# How long it takes to make failing runs small\n\n\
         Written by `cargo run --release -p tests --example shrinks -- --write`; the runs are those of [shrink.md](shrink.md), which says \
         what becomes of them. One after the other, each on one thread, once; to find them is not in it. What else the machine has to do makes it longer: its load says \
         how many wanted to run, this among them.\n\n\
         Machine: {}; load {}. Version: pernet-sim {}.\n\n{}\n\
         ## Each run\n\n| run | seed | time |\n|---|---|---:|\n",
        machine::machine(),
        load(),
        sim::VERSION,
        summary(timed)
    );
    for Timed { origin, seed, took } in timed {
        let _ = writeln!(text, "| {origin} | {seed} | {} |", ms(*took));
    }
    text
}
