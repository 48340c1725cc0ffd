//! What is going on, for somebody who waits at a terminal; and the limits that only the outside knows.

use crate::limit::{Control, Limit, Progress};
use crate::report::number::grouped;
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
    #[must_use]
    pub const fn question<'a>(&'a self, title: &'a str) -> Asking<'a> {
        Asking { watch: self, title }
    }
}

/// The control of one question.
pub struct Asking<'a> {
    watch: &'a Watch,
    title: &'a str,
}

impl Control for Asking<'_> {
    fn poll(&self, progress: &Progress) -> Option<Limit> {
        let bar = &self.watch.bar;
        if !bar.is_hidden() {
            let title = self.title;
            bar.set_message(match progress.executions {
                0 => format!(
                    "{title}: {} states, {} steps deep",
                    grouped(progress.states),
                    grouped(progress.depth)
                ),
                executions => {
                    let depth = match progress.depth {
                        0 => String::new(),
                        depth => format!(", {} steps deep", grouped(depth)),
                    };
                    let guess = progress.estimate.map_or_else(String::new, |guess| {
                        format!(", of {} +- {} at a guess", grouped(guess.total), grouped(guess.error))
                    });
                    format!("{title}: {} executions{depth}{guess}", grouped(executions))
                }
            });
            bar.tick();
        }
        self.watch.limit()
    }
}
