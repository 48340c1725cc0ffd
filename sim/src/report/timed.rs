//! The report in virtual time.

use super::number::{counted, duration, grouped, thousandths};
use super::steps::aligned;
use crate::timed::TimedReport;
use std::fmt::Write;

/// The report, every line ended. All times are virtual.
#[must_use]
pub fn table(report: &TimedReport) -> String {
    let executions = counted(report.executions, "execution");
    let mut out = format!("virtual time  {} in {executions}", duration(report.virtual_time));
    if report.virtual_time == 0 {
        out.push_str(": nothing that ran has a `time`");
    }
    let rate = |count| match report.virtual_time {
        0 => String::new(),
        _ => format!(" ({} per virtual second)", thousandths(report.per_second_thousandths(count))),
    };
    let _ = writeln!(
        out,
        "\nnamespaces    {} created{}, {} destroyed{}",
        grouped(report.created),
        rate(report.created),
        grouped(report.destroyed),
        rate(report.destroyed),
    );
    let _ = writeln!(
        out,
        "backlog       at most {} dead and not freed, {} on average",
        grouped(report.backlog_max),
        thousandths(report.backlog_mean_thousandths()),
    );
    if !report.operations.is_empty() {
        out.push('\n');
        out.push_str(&aligned(&operations(report)));
    }
    if !report.locks.is_empty() {
        out.push('\n');
        out.push_str(&aligned(&locks(report)));
    }
    out
}

fn operations(report: &TimedReport) -> Vec<[String; 6]> {
    let mut rows = vec![["calls", "function", "min", "median", "p90", "max"].map(String::from)];
    for (name, operation) in &report.operations {
        let at = |percent| duration(u128::from(operation.quantile(percent)));
        rows.push([grouped(operation.durations.len() as u64), name.clone(), at(0), at(50), at(90), at(100)]);
    }
    rows
}

fn locks(report: &TimedReport) -> Vec<[String; 7]> {
    let mut rows = vec![
        ["taken", "lock", "held", "longest held", "waited for", "waited", "longest wait"].map(String::from),
    ];
    for (name, lock) in &report.locks {
        let longest = |(ns, by): &(u64, String)| match by.as_str() {
            "" => "-".to_string(),
            by => format!("{} by {by}", duration(u128::from(*ns))),
        };
        rows.push([
            grouped(lock.taken),
            name.clone(),
            duration(lock.held),
            longest(&lock.longest_held),
            counted(lock.contended, "time"),
            duration(lock.waited),
            longest(&lock.longest_waited),
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timed::{Lock, Operation};

    #[test]
    fn every_figure_is_there() {
        let mut report = TimedReport {
            executions: 1,
            virtual_time: 2_000_000_000,
            created: 3,
            backlog_max: 2,
            ..TimedReport::default()
        };
        report.operations.insert("put_net".to_string(), Operation { durations: vec![1_000, 3_000] });
        let lock = Lock { taken: 5, held: 10, longest_held: (7, "t".to_string()), ..Lock::default() };
        report.locks.insert("net_mutex".to_string(), lock);
        let want = "\
virtual time  2s in 1 execution
namespaces    3 created (1.5 per virtual second), 0 destroyed (0 per virtual second)
backlog       at most 2 dead and not freed, 0 on average

calls  function  min  median  p90  max
    2  put_net   1us  1us     3us  3us

taken  lock       held  longest held  waited for  waited  longest wait
    5  net_mutex  10ns  7ns by t      0 times     0ns     -
";
        assert_eq!(table(&report), want);
    }
}
