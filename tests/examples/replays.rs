//! Prints one number for all that comes of some random runs: their files, their tokens, and what repeating them tells.
//! `replays COUNT`. Two builds must print the same.

use sim::fingerprint;
use sim::limit::Limits;
use sim::replayfile::{Mode, Recording};
use sim::report::jsonl;
use tests::runs::Runs;

fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let limits = Limits { max_states: 1, ..Limits::default() };
    let mut sum = 0_u64;
    for run in Runs::new().take(count) {
        let recording = run.recording();
        let file = recording.to_text();
        let read = Recording::parse("file", &file).expect("a replay file can be read");
        let rerun = match read.repeat(Mode::Strict, None, &limits, &()) {
            Ok(rerun) => jsonl::replayed(&rerun),
            Err(rejected) => format!("{:?}", rejected.diagnostics),
        };
        let token = recording.token().unwrap_or_default();
        let all = fingerprint::of(format!("{file}{token}{rerun}").as_bytes());
        sum = sum.rotate_left(1) ^ all;
    }
    println!("{count} runs {}", fingerprint::hex(sum));
}
