//! The figures of timed executions, in virtual time. All integers: quantiles are elements, means are divisions.

use std::collections::BTreeMap;

/// How long the calls of one function of the contract took.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Operation {
    /// Nanoseconds, one for each call; sorted by [`TimedReport::sort`].
    pub durations: Vec<u64>,
}

impl Operation {
    /// The smallest duration that `percent` of the calls do not exceed. There is at least one call.
    #[must_use]
    pub fn quantile(&self, percent: usize) -> u64 {
        let rank = (self.durations.len() * percent).div_ceil(100);
        self.durations[rank.saturating_sub(1)]
    }
}

/// How long one lock was held and waited for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lock {
    /// How often it was taken.
    pub taken: u64,
    /// Nanoseconds held in all.
    pub held: u128,
    /// The longest time that it was held, and by whom.
    pub longest_held: (u64, String),
    /// How often somebody had to wait.
    pub contended: u64,
    /// Nanoseconds waited in all.
    pub waited: u128,
    /// The longest wait, and whose.
    pub longest_waited: (u64, String),
}

/// What timed executions of one question add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TimedReport {
    /// How many.
    pub executions: u64,
    /// Nanoseconds of all of them.
    pub virtual_time: u128,
    /// By function.
    pub operations: BTreeMap<String, Operation>,
    /// By lock.
    pub locks: BTreeMap<String, Lock>,
    /// Namespaces that `copy_net_ns` gave.
    pub created: u64,
    /// Dead namespaces that were freed.
    pub destroyed: u64,
    /// The most namespaces that were dead and not freed at one time.
    pub backlog_max: u64,
    /// Dead namespaces times nanoseconds.
    pub backlog_area: u128,
}

impl TimedReport {
    /// Sorts the durations, once all are in.
    pub fn sort(&mut self) {
        for operation in self.operations.values_mut() {
            operation.durations.sort_unstable();
        }
    }

    /// Thousandths of namespaces that were dead on average.
    #[must_use]
    pub fn backlog_mean_thousandths(&self) -> u128 {
        (self.backlog_area * 1000).checked_div(self.virtual_time).unwrap_or(0)
    }

    /// Thousandths of so many things per virtual second.
    #[must_use]
    pub fn per_second_thousandths(&self, count: u64) -> u128 {
        (u128::from(count) * 1_000_000_000_000).checked_div(self.virtual_time).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_elements() {
        let operation = Operation { durations: (1..=10).collect() };
        let at = |percent| operation.quantile(percent);
        assert_eq!([at(0), at(50), at(90), at(100)], [1, 5, 9, 10]);
        let one = Operation { durations: vec![7] };
        assert_eq!([one.quantile(0), one.quantile(50), one.quantile(100)], [7, 7, 7]);
    }

    #[test]
    fn rates_are_integers() {
        let report = TimedReport {
            virtual_time: 2_000_000_000,
            backlog_area: 3_000_000_000,
            ..TimedReport::default()
        };
        assert_eq!(report.backlog_mean_thousandths(), 1_500);
        assert_eq!(report.per_second_thousandths(5), 2_500);
        assert_eq!(TimedReport::default().per_second_thousandths(5), 0);
    }
}
