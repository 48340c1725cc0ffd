//! Committed output, held against what comes out today.

use crate::lab::root;
use std::fs;

/// Holds a text against the committed file, a path from the workspace's folder. With `ACCEPT=1` in the environment the
/// file is written instead.
///
/// # Panics
/// If they differ, with the first line that does; or if the file cannot be written.
#[track_caller]
#[allow(
    clippy::disallowed_methods,
    reason = "a person accepts new output; no run of the product depends on it"
)]
pub fn compare(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var("ACCEPT").is_ok_and(|value| value == "1") {
        fs::write(&path, text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if let Err(difference) = sim::twice::compare(&committed, text) {
        panic!(
            "`{file}` differs at line {}\n  committed: {}\n  now:       {}\naccept it with: ACCEPT=1 cargo test -p tests",
            difference.line, difference.first, difference.second
        );
    }
}
