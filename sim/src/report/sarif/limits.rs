//! How much of a log GitHub takes and shows: what goes beyond is left out here, and counted, so that what is shown is what
//! matters most, and nothing is refused.
//!
//! The numbers are those of "Validating your SARIF file" in docs.github.com's "SARIF support for code scanning"
//! (en/code-security/reference/code-scanning/sarif-files), and of "SARIF results exceed one or more limits" beside it, as of
//! 2026-11. The service refuses more than: 20 runs of a file; 25,000 results and 25,000 rules of a run; 10,000 thread flow
//! locations and 1,000 locations of a result; 20 tags of a rule; 10 MB, packed by gzip. It shows 5,000 results, 1,000 thread
//! flow locations and 100 locations. A log has one run, no tags, and two locations of a result at most; the others are below.

use crate::report::check::{Check, Finding, Kind};

/// Results of a run that are shown.
pub const MOST_RESULTS: usize = 5_000;
/// Thread flow locations of a result that are shown.
pub const MOST_FLOW_LOCATIONS: usize = 1_000;
/// Steps of one schedule that are written, the last ones: each is there twice.
pub const MOST_STEPS: usize = MOST_FLOW_LOCATIONS / 2;
/// Thread flow locations of all results together. One has some 900 bytes, which pack to a twentieth: this many are a quarter of what
/// the service takes of a file.
pub const MOST_IN_ALL: usize = 50_000;
/// Bytes of a log, packed by gzip.
pub const MOST_PACKED: usize = 10_000_000;

/// The results that are written.
pub struct Kept<'a> {
    /// In the order in which they were found, each with whether its schedule is written, too.
    pub results: Vec<(&'a Check, &'a Finding, bool)>,
    /// How many others there are.
    pub left_out: usize,
    /// How many are without their schedules.
    pub bare: usize,
}

/// Chooses results: what nobody expected first.
pub fn kept<'a>(all: impl Iterator<Item = (&'a Check, &'a Finding)>) -> Kept<'a> {
    let mut all: Vec<_> = all.enumerate().collect();
    all.sort_by_key(|(_, (_, finding))| rank(finding.kind));
    let left_out = all.len().saturating_sub(MOST_RESULTS);
    all.truncate(MOST_RESULTS);
    let (mut room, mut bare) = (MOST_IN_ALL, 0);
    let mut chosen: Vec<_> = all
        .into_iter()
        .map(|(at, (check, finding))| {
            let steps = 2 * finding.moments.len().min(MOST_STEPS);
            let fits = steps <= room;
            if fits {
                room -= steps;
            } else {
                bare += 1;
            }
            (at, (check, finding, fits))
        })
        .collect();
    chosen.sort_by_key(|(at, _)| *at);
    Kept { results: chosen.into_iter().map(|(_, result)| result).collect(), left_out, bare }
}

/// What must not be left out for something else; what a scenario itself says comes last, since it is not shown.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Violation | Kind::Missing | Kind::Limit | Kind::Nondeterminism | Kind::Mistake => 0,
        Kind::Warning => 1,
        Kind::Remark => 2,
        Kind::Expected => 3,
    }
}
