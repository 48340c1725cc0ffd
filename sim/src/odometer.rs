//! Every combination of answers inside a step, one after the other, in order.
//!
//! The step runs once for each combination; which picks come later may depend on earlier answers.

use crate::pick::Pick;
use model::machine::{Chance, Picks};

/// Walks through all combinations of answers of one step.
///
/// ```
/// use sim::odometer::Odometer;
/// use model::machine::{Chance, Picks};
///
/// let (mut odometer, mut seen) = (Odometer::new(), Vec::new());
/// loop {
///     // A step that picks a second time only after the answer 1.
///     let first = odometer.pick(Chance::May(0), 2);
///     seen.push((first, if first == 1 { odometer.pick(Chance::May(1), 2) } else { 9 }));
///     if !odometer.advance() {
///         break;
///     }
/// }
/// assert_eq!(seen, [(0, 9), (1, 0), (1, 1)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Odometer {
    /// Answer and number of options, of each pick in the running combination.
    wheels: Vec<(u32, u32)>,
    at: usize,
}

impl Odometer {
    /// At the first combination: all zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self { wheels: Vec::new(), at: 0 }
    }

    /// Back to the first combination, for another step.
    #[inline]
    pub fn reset(&mut self) {
        self.wheels.clear();
        self.at = 0;
    }

    /// Has nothing been picked in the running combination?
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.wheels.is_empty()
    }

    /// The running combination is asked for once more.
    #[inline]
    pub const fn again(&mut self) {
        self.at = 0;
    }

    /// On to the next combination; false when all were walked through.
    #[inline]
    pub fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((answer, options)) = self.wheels.last_mut() {
            *answer += 1;
            if answer < options {
                return true;
            }
            self.wheels.pop();
        }
        false
    }

    /// The answers of the running combination.
    pub fn answers(&self) -> impl Iterator<Item = Pick> {
        self.wheels.iter().map(|&(answer, _)| Pick::Answer(answer))
    }
}

impl Picks for Odometer {
    #[inline]
    fn pick(&mut self, _: Chance, options: u32) -> u32 {
        if self.at == self.wheels.len() {
            self.wheels.push((0, options));
        }
        self.at += 1;
        self.wheels[self.at - 1].0
    }
}
