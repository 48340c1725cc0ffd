//! What is going on, for somebody who waits at a terminal; and the limits that only the outside knows.

use crate::limit::{Control, Limit, Progress};
use crate::report::number::grouped;
use crate::search::estimate::Estimate;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Set by Ctrl-C.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes the first Ctrl-C a request to stop and say what was covered. A second one ends the program.
pub fn on_interrupt() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(crate::verdict::Exit::Inconclusive.code()));
        }
    };
    // Without a handler Ctrl-C simply ends the program, which is no worse.
    let _ = ctrlc::set_handler(handler);
}

/// One line on standard error, and when to stop.
pub struct Watch {
    bar: ProgressBar,
    until: Option<Instant>,
}

impl Watch {
    /// The line is drawn on a terminal only.
    #[allow(clippy::disallowed_methods, reason = "the command line may read the wall clock")]
    #[must_use]
    pub fn new(questions: usize, max_time: Option<Duration>, quiet: bool) -> Self {
        let drawn = !quiet && std::io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(questions as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, until: max_time.and_then(|time| Instant::now().checked_add(time)) }
    }

    /// The limit that was met, if one was.
    #[allow(clippy::disallowed_methods, reason = "the command line may read the wall clock")]
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        if INTERRUPTED.load(Ordering::Relaxed) {
            return Some(Limit::Interrupt);
        }
        self.until.filter(|&until| Instant::now() >= until).map(|_| Limit::Time)
    }

    /// A question was answered.
    pub fn answered(&self) {
        self.bar.inc(1);
    }

    /// Writes results past the line.
    pub fn pause(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// How one question goes.
    #[allow(clippy::disallowed_methods, reason = "the command line may read the wall clock")]
    #[must_use]
    pub fn question<'a>(&'a self, title: &'a str) -> Asking<'a> {
        Asking { watch: self, title, since: Instant::now() }
    }
}

/// The control of one question.
pub struct Asking<'a> {
    watch: &'a Watch,
    title: &'a str,
    since: Instant,
}

impl Control for Asking<'_> {
    fn poll(&self, progress: &Progress) -> Option<Limit> {
        let bar = &self.watch.bar;
        if !bar.is_hidden() {
            bar.set_message(format!("{}: {}", self.title, told(progress, self.since.elapsed())));
            bar.tick();
        }
        self.watch.limit()
    }

    fn shows(&self) -> bool {
        !self.watch.bar.is_hidden()
    }
}

/// How far a question has come after some time.
fn told(progress: &Progress, time: Duration) -> String {
    if progress.executions > 0 {
        let depth = match progress.depth {
            0 => String::new(),
            depth => format!(", {} steps deep", grouped(depth)),
        };
        let guess = progress.estimate.map_or_else(String::new, |guess| {
            format!(", of about {} +- {}", rounded(guess.mean), rounded(guess.error))
        });
        return format!("{} executions{depth}{guess}", grouped(progress.executions));
    }
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    let mut text = format!(
        "{} states, {} a second, {} steps deep, {} wait",
        grouped(progress.states),
        grouped(progress.states.saturating_mul(1000) / ms),
        grouped(progress.depth),
        grouped(progress.queue)
    );
    if let Some(Estimate { mean, error }) = progress.left {
        let percent = error.saturating_mul(100) / mean.max(1);
        text.push_str(&format!(", about {} +- {percent} % left", rounded(mean)));
    }
    text
}

/// Two digits are enough of a guess: `740`, `31 k`, `3.1 M`.
fn rounded(guess: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    match units.iter().find(|&&(unit, _)| guess >= unit) {
        None => guess.to_string(),
        Some((unit, name)) if guess < unit * 10 => {
            format!("{}.{} {name}", guess / unit, guess % unit * 10 / unit)
        }
        Some((unit, name)) => format!("{} {name}", guess / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let search = Progress { states: 41_000, depth: 17, queue: 5_000, ..Progress::START };
        let guess = |mean, error| Progress { left: Some(Estimate { mean, error }), ..search };
        let time = Duration::from_millis(20);
        for (progress, want) in [
            (search, ""),
            (guess(3_149_000, 640_000), ", about 3.1 M +- 20 % left"),
            (guess(31_490, 500), ", about 31 k +- 1 % left"),
            (guess(0, 0), ", about 0 +- 0 % left"),
        ] {
            let seen = "41,000 states, 2,050,000 a second, 17 steps deep, 5,000 wait";
            assert_eq!(told(&progress, time), format!("{seen}{want}"));
        }
        let sampled = Progress { executions: 12, ..search };
        assert_eq!(told(&sampled, time), "12 executions, 17 steps deep");
    }
}
