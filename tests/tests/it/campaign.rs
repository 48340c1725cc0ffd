//! Campaigns: shards are pure, merging is a union, and whatever happens meanwhile, what comes out is what one undisturbed
//! process comes to.

mod disturbed;
mod engines;
mod questions;
mod whole;
mod yaml;

use crate::binary::{Done, run};
use std::fs;
use std::path::{Path, PathBuf};

/// What is run: eight questions, half of which break something.
const SCENARIO: &str = "order/two-registrars.pernet";

/// A campaign in a folder of its own: a shard for every five runs of each question.
struct Campaign {
    scratch: tempfile::TempDir,
}

impl Campaign {
    #[track_caller]
    fn plan(runs: u64) -> Self {
        Self::planned(&[SCENARIO, "--runs", &runs.to_string(), "--shard-size", "40"])
    }

    /// What these words plan.
    #[track_caller]
    fn planned(words: &[&str]) -> Self {
        let campaign = Self { scratch: tempfile::tempdir().expect("a folder") };
        let done = campaign.run(&[&["plan", "n"], words].concat());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
        campaign
    }

    fn here(&self) -> &Path {
        self.scratch.path()
    }

    fn run(&self, args: &[&str]) -> Done {
        run(self.here(), [&["campaign"], args].concat())
    }

    /// Files in the folder of shards.
    fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(self.here().join(folder).join("shards")).into_iter().flatten();
        let read = |path: PathBuf| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("a file"))
        };
        let mut files: Vec<_> = entries.map(|entry| read(entry.expect("an entry").path())).collect();
        files.sort();
        files
    }

    /// A copy of the plan, without shards.
    fn copy(&self, to: &str) {
        let (from, to) = (self.here().join("n"), self.here().join(to));
        fs::create_dir_all(to.join("texts")).expect("a folder");
        fs::copy(from.join("manifest.json"), to.join("manifest.json")).expect("the manifest");
        for entry in fs::read_dir(from.join("texts")).expect("texts").map(|entry| entry.expect("an entry")) {
            fs::copy(entry.path(), to.join("texts").join(entry.file_name())).expect("a text");
        }
    }

    /// What one undisturbed process comes to: its files, and its fingerprint.
    #[track_caller]
    fn undisturbed(&self) -> (Vec<(String, Vec<u8>)>, String) {
        self.undisturbed_to(0)
    }

    /// The same, where answers are others than expected.
    #[track_caller]
    fn undisturbed_to(&self, code: i32) -> (Vec<(String, Vec<u8>)>, String) {
        self.copy("alone");
        let done = self.run(&["run", "alone", "--jobs", "1"]);
        assert_eq!(done.code, code, "{}{}", done.out, done.err);
        (self.files("alone"), content(&done))
    }
}

/// The fingerprint that `merge` prints.
#[track_caller]
fn content(done: &Done) -> String {
    let line = done.out.lines().find_map(|line| line.strip_prefix("content  "));
    line.unwrap_or_else(|| panic!("no fingerprint: {}{}", done.out, done.err)).to_string()
}
