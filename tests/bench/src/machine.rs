//! What the figures were taken on and with: nothing that names the machine or a place in it.

mod this;

pub use this::machine;

use std::process::Command;

use crate::measure;

/// The compiler that the path finds, which is the one that `run` built both sides with.
pub fn compiler() -> String {
    let version = measure::run(Command::new("rustc").arg("--version"));
    version.map_or("rustc, version unknown".to_owned(), |(output, _)| {
        output.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    })
}

/// The version of a peer's crate that this program was built with, from the lock file.
pub fn version_of(krate: &str) -> Option<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let (_, entry) = lock.split_once(&format!("name = \"{krate}\"\nversion = \""))?;
    entry.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_lock_file_has_no_version() {
        assert_eq!(version_of("no-such-crate"), None);
    }
}
