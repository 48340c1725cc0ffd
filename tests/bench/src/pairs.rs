//! Two sides in turn, A B A B: whatever else runs on the machine disturbs both.

use std::fmt;

use anyhow::Result;

use crate::table::median;

/// Runs both sides `pairs` times; pair i has the number i, from 1.
pub fn in_turn<A, B>(
    pairs: u64,
    mut a: impl FnMut(u64) -> Result<A>,
    mut b: impl FnMut(u64) -> Result<B>,
) -> Result<(Vec<A>, Vec<B>)> {
    let (mut all_a, mut all_b) = (Vec::new(), Vec::new());
    for pair in 1..=pairs {
        all_a.push(a(pair)?);
        all_b.push(b(pair)?);
    }
    Ok((all_a, all_b))
}

/// The ratios of all pairs: the median, and how far the others lie from it.
#[derive(Clone, Copy, Debug)]
pub struct Ratios {
    /// The one in the middle.
    pub median: f64,
    least: f64,
    most: f64,
}

impl Ratios {
    /// Of at least one.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(0.0, f64::max);
        Self { median: median(values), least, most }
    }

    /// `value` of each of `a`, divided by that of its partner in `b`.
    pub fn between<A, B>(a: &[A], value_a: impl Fn(&A) -> f64, b: &[B], value_b: impl Fn(&B) -> f64) -> Self {
        Self::of(a.iter().zip(b).map(|(a, b)| value_a(a) / value_b(b)))
    }
}

impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} to {})", factor(self.median), factor(self.least), factor(self.most))
    }
}

/// A ratio with two decimals, or with none where they would say nothing.
pub fn factor(ratio: f64) -> String {
    if ratio < 100.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_alternate() {
        let log = std::cell::RefCell::new(String::new());
        let note = |side| {
            let log = &log;
            move |pair: u64| {
                log.borrow_mut().push_str(&format!("{side}{pair} "));
                Ok(pair as f64)
            }
        };
        let (a, b) = in_turn(2, note("a"), note("b")).unwrap();
        assert_eq!(*log.borrow(), "a1 b1 a2 b2 ");
        assert_eq!(Ratios::between(&a, |a| 3.0 * a, &b, |&b| b).to_string(), "3.00 (3.00 to 3.00)");
    }

    #[test]
    fn ratios_are_taken_within_a_pair() {
        assert_eq!(Ratios::of([3.0, 1.0, 2_000.0]).to_string(), "3.00 (1.00 to 2000)");
    }
}
