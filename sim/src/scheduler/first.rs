//! Always the first option: one execution, the plainest there is.

use crate::pick::{Pick, Point, Scheduler};

/// Settles every point in the same way.
#[derive(Clone, Copy, Debug, Default)]
pub struct First;

impl First {
    /// The scheduler without choices.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Scheduler for First {
    /// All executions are the same, so there is one.
    fn begin(&mut self, execution: u64) -> bool {
        execution == 0
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        match *point {
            Point::Who(tasks) => tasks.least().map_or(Pick::Stop, Pick::Task),
            Point::Answer { .. } => Pick::Answer(0),
            Point::Duration { lo, .. } => Pick::Duration(lo),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;

    #[test]
    fn takes_the_first_option() {
        let mut first = First::new();
        assert!(first.begin(0) && !first.begin(1));
        assert_eq!(first.pick(&Point::Who(Tasks::from_bits(0b110))), Pick::Task(1));
        assert_eq!(first.pick(&Point::Duration { lo: 3, hi: 9 }), Pick::Duration(3));
    }
}
