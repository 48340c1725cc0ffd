//! What pernet-sim promises to reach beside each peer, and what was measured.

use crate::pairs::factor;
use crate::table::Table;

/// What a figure is held against.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// More is better.
    AtLeast(f64),
    /// Less is better.
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}x"),
            Self::AtMost(bound) => write!(f, "at most {bound}x"),
        }
    }
}

/// A goal.
#[derive(Clone, Debug)]
pub struct Target {
    /// In words.
    pub goal: String,
    /// What must be reached.
    pub floor: Bound,
    /// What should be reached.
    pub aim: Bound,
    /// The ratio, or why there is none.
    pub measured: Result<f64, String>,
}

impl Target {
    /// A goal whose ratio shall be great.
    pub fn at_least(goal: impl Into<String>, floor: f64, aim: f64, measured: Result<f64, String>) -> Self {
        Self { goal: goal.into(), floor: Bound::AtLeast(floor), aim: Bound::AtLeast(aim), measured }
    }

    /// A goal whose ratio shall be small.
    pub fn at_most(goal: impl Into<String>, floor: f64, aim: f64, measured: Result<f64, String>) -> Self {
        Self { goal: goal.into(), floor: Bound::AtMost(floor), aim: Bound::AtMost(aim), measured }
    }

    /// How it stands, in words.
    pub fn verdict(&self) -> &'static str {
        match self.measured {
            Err(_) => "not measured",
            Ok(ratio) if self.aim.holds(ratio) => "aim met",
            Ok(ratio) if self.floor.holds(ratio) => "met",
            Ok(_) => "NOT MET",
        }
    }
}

/// The report's first part.
pub fn section(targets: &[Target]) -> String {
    let mut table = Table::new(&["goal", "measured", "floor", "aim", "met"]);
    for target in targets {
        let measured =
            target.measured.as_ref().map_or_else(Clone::clone, |&ratio| format!("{}x", factor(ratio)));
        let verdict = target.verdict().to_owned();
        table.row([target.goal.clone(), measured, target.floor.to_string(), target.aim.to_string(), verdict]);
    }
    format!(
        "## Targets\n\nRatios of pernet-sim to a peer, each a median over pairs run in turn; the sections below say how each was \
         measured.  For memory and time the ratio says how many times less pernet-sim needs.\n\n{table}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let rate = |measured| Target::at_least("rate", 3.0, 8.0, measured).verdict();
        assert_eq!([rate(Ok(8.0)), rate(Ok(3.0)), rate(Ok(2.9))], ["aim met", "met", "NOT MET"]);
        assert_eq!(rate(Err("spin is not installed".to_owned())), "not measured");
        let cost = |ratio| Target::at_most("cost", 1.15, 1.05, Ok(ratio)).verdict();
        assert_eq!([cost(1.0), cost(1.1), cost(1.2)], ["aim met", "met", "NOT MET"]);
    }
}
