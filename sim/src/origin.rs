//! Where a schedule comes from, in words that are read again.
//!
//! A schedule is the run; a seed leads to it only in the version that drew it. So whatever names a seed names that version.

use crate::VERSION;
use crate::scheduler::{Choice, find};
use std::fmt;
use std::str::FromStr;

/// Where a schedule comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Origin {
    /// Nobody has written it down.
    #[default]
    Unknown,
    /// A search of all states.
    Search,
    /// An execution that a scheduler drew.
    Sampled(Drawn),
    /// A world that was drawn, and a schedule of it.
    Fuzz {
        /// From which seed.
        seed: u64,
        /// Which of its worlds, from 0.
        world: u64,
        /// The version that the seed is bound to.
        version: String,
    },
    /// A failing run that was made smaller.
    Shrink,
    /// Somebody wrote it, or changed it.
    Hand,
}

/// Which of the executions of a seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// The scheduler, with the number that may stand behind its name.
    pub scheduler: String,
    /// By the agenda?
    pub timed: bool,
    /// The seed.
    pub seed: u64,
    /// Which execution, counted from 1: those before it may have taught the scheduler something.
    pub execution: u64,
    /// How many steps an execution could have.
    pub max_steps: u64,
    /// The version that the seed is bound to.
    pub version: String,
}

impl Drawn {
    /// The scheduler, if there still is one of that name.
    #[must_use]
    pub fn choice(&self) -> Option<Choice> {
        let (name, number) = match self.scheduler.split_once(':') {
            Some((name, number)) => (name, Some(number.parse().ok()?)),
            None => (self.scheduler.as_str(), None),
        };
        Some(Choice { row: find(name)?, number })
    }

    /// Is the seed bound to this very version?
    #[must_use]
    pub fn is_of_this_version(&self) -> bool {
        self.version == VERSION
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("-"),
            Self::Search => f.write_str("search"),
            Self::Shrink => f.write_str("shrink"),
            Self::Hand => f.write_str("hand"),
            Self::Fuzz { seed, world, version } => {
                write!(f, "fuzz seed {seed:#x} world {world} bound to {version}")
            }
            Self::Sampled(drawn) => {
                let how = if drawn.timed { "timed" } else { "sampled" };
                let Drawn { scheduler, seed, execution, max_steps, version, .. } = drawn;
                write!(f, "{how} by {scheduler} seed {seed:#x} execution {execution} ")?;
                write!(f, "max-steps {max_steps} bound to {version}")
            }
        }
    }
}

/// What cannot be read as an origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoOrigin;

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let words: Vec<_> = text.split(' ').collect();
        let number = |text: &str| text.parse().map_err(|_| NoOrigin);
        let seed = |text: &str| {
            let digits = text.strip_prefix("0x").ok_or(NoOrigin)?;
            u64::from_str_radix(digits, 16).map_err(|_| NoOrigin)
        };
        let origin = match words[..] {
            ["-"] => Self::Unknown,
            ["search"] => Self::Search,
            ["shrink"] => Self::Shrink,
            ["hand"] => Self::Hand,
            ["fuzz", "seed", drawn, "world", world, "bound", "to", version] => {
                Self::Fuzz { seed: seed(drawn)?, world: number(world)?, version: version.to_string() }
            }
            [
                how @ ("sampled" | "timed"),
                "by",
                scheduler,
                "seed",
                drawn,
                "execution",
                execution,
                "max-steps",
                max_steps,
                "bound",
                "to",
                version,
            ] => Self::Sampled(Drawn {
                scheduler: scheduler.to_string(),
                timed: how == "timed",
                seed: seed(drawn)?,
                execution: number(execution)?,
                max_steps: number(max_steps)?,
                version: version.to_string(),
            }),
            _ => return Err(NoOrigin),
        };
        // What is written again must be what was read: no sign, no zero too many.
        if origin.to_string() == text { Ok(origin) } else { Err(NoOrigin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_again() {
        let drawn = Drawn {
            scheduler: "pct:4".to_string(),
            timed: false,
            seed: 42,
            execution: 17,
            max_steps: 1_000_000,
            version: "0.1.0".to_string(),
        };
        for (origin, text) in [
            (Origin::Unknown, "-"),
            (Origin::Search, "search"),
            (Origin::Shrink, "shrink"),
            (Origin::Hand, "hand"),
            (
                Origin::Fuzz { seed: 7, world: 3, version: "1.2.3".to_string() },
                "fuzz seed 0x7 world 3 bound to 1.2.3",
            ),
            (
                Origin::Sampled(drawn.clone()),
                "sampled by pct:4 seed 0x2a execution 17 max-steps 1000000 bound to 0.1.0",
            ),
            (
                Origin::Sampled(Drawn { timed: true, ..drawn.clone() }),
                "timed by pct:4 seed 0x2a execution 17 max-steps 1000000 bound to 0.1.0",
            ),
        ] {
            assert_eq!(origin.to_string(), text);
            assert_eq!(text.parse(), Ok(origin));
        }
        assert_eq!(drawn.choice().map(|choice| choice.to_string()), Some("pct:4".to_string()));
    }

    #[test]
    fn other_words_are_not() {
        for text in [
            "",
            "fuzzy",
            "search ",
            "fuzz seed 7 world 3 bound to 1",
            "fuzz seed 0x07 world 3 bound to 1",
            "fuzz seed 0x7 world +3 bound to 1",
            "sampled by turns seed 0x0 execution x max-steps 1 bound to 1",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }
}
