//! Checks as JUnit XML, which nearly every CI service reads: a suite for each file, a case for each check.
//!
//! There are no times: equal runs give equal bytes.

use super::check::{Check, Checks, Kind};
use crate::verdict::Exit;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The name of the whole.
const ROOT: &str = "pernet-sim";

/// The document.
///
/// # Panics
/// Never: it is written to memory.
#[must_use]
pub fn text(checks: &Checks) -> String {
    let mut report = Report::new(ROOT);
    // Checks of one file stand together; where they do not, they are two suites of one name, which readers join.
    for of_one_file in checks.list.chunk_by(|a, b| a.file == b.file) {
        let mut suite = TestSuite::new(of_one_file[0].file.as_str());
        suite.add_test_cases(of_one_file.iter().map(case));
        report.add_test_suite(suite);
    }
    let text = report.to_string().expect("memory can be written to");
    // The schema that Jenkins' xUnit plugin holds reports against counts what was skipped in suites only.
    text.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}

fn case(check: &Check) -> TestCase {
    let name = if check.name.as_str().is_empty() { "is read" } else { check.name.as_str() };
    let mut case = TestCase::new(name, status(check));
    case.set_classname(class(check.file.as_str()));
    case
}

/// A file as the path of a class, which is how readers make folders of cases.
fn class(file: &str) -> String {
    file.strip_suffix(".pernet").unwrap_or(file).replace('/', ".")
}

fn status(check: &Check) -> TestCaseStatus {
    let mut status = match check.exit {
        Exit::AsExpected => return TestCaseStatus::success(),
        Exit::NothingRun => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(check.verdict.as_str());
            return status;
        }
        Exit::Finding => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // Nothing was found wrong, and nothing was found right: that is no pass.
        Exit::Inconclusive | Exit::BadInput | Exit::Nondeterminism => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    let mut bad: Vec<_> = check.bad().collect();
    // What can be told for certain goes first.
    bad.sort_by_key(|finding| (finding.kind.level(), finding.kind == Kind::Limit));
    if let Some(first) = bad.first() {
        status.set_type(first.rule.as_str());
        let more = if bad.len() > 1 { format!(" (and {} more)", bad.len() - 1) } else { String::new() };
        status.set_message(format!("{}{more}", first.why));
    }
    let stories: Vec<_> = bad.iter().map(|finding| finding.story.as_str()).collect();
    status.set_description(stories.join("\n"));
    status
}
