//! A schedule: the picks of one execution, and its form as one line of text.
//!
//! `v1 0*3 1 +1 @2500 1` says: task 0 three times, then task 1, whose step picks answer 1 and lasts 2,500 ns, then task
//! 1 again. Only points with more than one option are in it. `*n` repeats any pick.

use crate::codes;
use crate::pick::Pick;
use model::lang::diagnostic::Diagnostic;
use std::fmt;
use std::str::FromStr;

/// The first word of a schedule's text. A new meaning of the text is a new word.
const VERSION: &str = "v1";

/// The picks of one execution that had more than one option.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Schedule(pub Vec<Pick>);

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "{task}"),
            Self::Answer(answer) => write!(f, "+{answer}"),
            Self::Duration(ns) => write!(f, "@{ns}"),
            Self::Stop => write!(f, "."),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}")?;
        for run in self.0.chunk_by(|a, b| a == b) {
            write!(f, " {}", run[0])?;
            if run.len() > 1 {
                write!(f, "*{}", run.len())?;
            }
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        Self::parse(text, Self::MOST_PICKS)
    }
}

impl Schedule {
    /// More picks than any run should have: a guard against `0*4000000000`.
    pub const MOST_PICKS: usize = 100_000_000;

    /// Reads a schedule of at most so many picks.
    ///
    /// # Errors
    /// With the first word that cannot be used.
    pub fn parse(text: &str, most: usize) -> Result<Self, Diagnostic> {
        let mut words = text.split_ascii_whitespace();
        match words.next() {
            Some(VERSION) => {}
            first => {
                return Err(Diagnostic::without_place(
                    codes::TOKEN_VERSION,
                    format!("a schedule begins with its version, not with `{}`", first.unwrap_or("")),
                )
                .help(format!("this program knows `{VERSION}`, as in `{VERSION} 0*3 1 +1`")));
            }
        }
        let mut picks = Vec::new();
        for word in words {
            let (pick, times) = parse_run(word).ok_or_else(|| bad(word))?;
            if times > most - picks.len() {
                return Err(Diagnostic::without_place(
                    codes::TOKEN_TOO_LONG,
                    format!("the schedule has more than {most} picks"),
                )
                .help("no run is so long; is a repetition `*n` mistyped?"));
            }
            picks.resize(picks.len() + times, pick);
        }
        Ok(Self(picks))
    }
}

fn parse_run(word: &str) -> Option<(Pick, usize)> {
    let (pick, times) = match word.split_once('*') {
        Some((pick, times)) => (pick, number(times)?),
        None => (word, 1),
    };
    let pick = if let Some(answer) = pick.strip_prefix('+') {
        Pick::Answer(number(answer)?)
    } else if let Some(ns) = pick.strip_prefix('@') {
        Pick::Duration(number(ns)?)
    } else {
        Pick::Task(number(pick)?)
    };
    (times > 0).then_some((pick, times))
}

/// Digits only: `parse` alone would take a sign.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn bad(word: &str) -> Diagnostic {
    let shown: String = word.chars().take(40).collect();
    Diagnostic::without_place(codes::BAD_TOKEN, format!("`{shown}` is no pick")).help(
        "a pick is a task's number, `+k` for an answer, or `@ns` for a duration; `*n` behind it repeats it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        use Pick::{Answer, Duration, Task};
        for (picks, text) in [
            (vec![], "v1"),
            (vec![Task(0), Task(0), Task(0), Task(1), Answer(1), Task(12)], "v1 0*3 1 +1 12"),
            (vec![Answer(0), Answer(0), Duration(2500), Duration(2500), Duration(0)], "v1 +0*2 @2500*2 @0"),
        ] {
            let schedule = Schedule(picks);
            assert_eq!(schedule.to_string(), text);
            assert_eq!(text.parse(), Ok(schedule));
        }
    }

    #[test]
    fn bad_text_is_refused_by_number() {
        for (text, code) in [
            ("", codes::TOKEN_VERSION),
            ("0 1", codes::TOKEN_VERSION),
            ("v2 0", codes::TOKEN_VERSION),
            ("v1 x", codes::BAD_TOKEN),
            ("v1 -1", codes::BAD_TOKEN),
            ("v1 ++1", codes::BAD_TOKEN),
            ("v1 0*", codes::BAD_TOKEN),
            ("v1 0*0", codes::BAD_TOKEN),
            ("v1 0*2*2", codes::BAD_TOKEN),
            ("v1 99999999999", codes::BAD_TOKEN),
            ("v1 \u{663}", codes::BAD_TOKEN),
            ("v1 0*4000000000", codes::TOKEN_TOO_LONG),
        ] {
            assert_eq!(text.parse::<Schedule>().unwrap_err().code, code, "{text}");
        }
    }
}
