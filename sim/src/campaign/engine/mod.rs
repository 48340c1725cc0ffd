//! Engines that somebody has already: their job descriptions for shards that are missing.
//!
//! Each runs tasks with numbers from 0, and a task runs its part of the shards. What is there already is passed over, so an
//! engine may run a task again whenever it likes.

mod kubernetes;
mod parallel;
mod print;
mod slurm;

use super::ranges;
use crate::fingerprint;
use crate::report::human::quoted;

/// Who runs a campaign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// A job array of Slurm.
    Slurm,
    /// An Indexed Job of Kubernetes.
    Kubernetes,
    /// GNU parallel.
    Parallel,
    /// Whoever takes command lines.
    Print,
}

/// What an engine is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The program that runs shards.
    pub program: String,
    /// The campaign's folder, as tasks see it.
    pub folder: String,
    /// Which campaign.
    pub campaign: u64,
    /// The shards to run, sorted.
    pub shards: Vec<u64>,
    /// How many tasks they are divided among: at least one, and no more than there are shards.
    pub tasks: u64,
    /// How many tasks may run at the same time, if not all.
    pub at_once: Option<u64>,
    /// The container's image, where there are containers.
    pub image: String,
    /// The volume claim that the folder is in, and where in it, where there are volumes.
    pub claim: (String, String),
}

impl Engine {
    /// The program that takes the job on its standard input, and its arguments.
    #[must_use]
    pub const fn submits(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Self::Slurm => Some(("sbatch", &["--parsable"])),
            Self::Kubernetes => Some(("kubectl", &["apply", "-f", "-"])),
            Self::Parallel => Some(("sh", &["-s", "--"])),
            Self::Print => None,
        }
    }

    /// The job as the engine wants it.
    #[must_use]
    pub fn describe(self, job: &Job) -> String {
        match self {
            Self::Slurm => slurm::script(job),
            Self::Kubernetes => kubernetes::manifest(job),
            Self::Parallel => parallel::script(job),
            Self::Print => print::lines(job),
        }
    }
}

impl Job {
    /// The same campaign and shards, the same name: of what an engine allows in names.
    fn name(&self) -> String {
        let shards = fingerprint::of(format!("{} {}", self.ranges(), self.tasks).as_bytes());
        format!("pernet-sim-{:016x}-{:08x}", self.campaign, shards >> 32)
    }

    fn ranges(&self) -> String {
        ranges::text(&self.shards)
    }

    /// The words of a task's command, but for its part.
    fn words(&self) -> Vec<String> {
        let [program, folder] = [&self.program, &self.folder].map(Clone::clone);
        let word = |word: &str| word.to_string();
        vec![program, word("campaign"), word("run-shard"), folder, word("--index"), self.ranges()]
    }

    /// A task's command for a shell. `task`: how the engine says its number there.
    fn command(&self, task: &str) -> String {
        let words: Vec<_> = self.words().iter().map(|word| quoted(word)).collect();
        match self.tasks {
            1 => words.join(" "),
            tasks => format!("{} --part {task}/{tasks}", words.join(" ")),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn job() -> Job {
        Job {
            program: "/opt/pernet sim".to_string(),
            folder: "/nights/it's one".to_string(),
            campaign: 0xabc,
            shards: vec![0, 1, 2, 7],
            tasks: 2,
            at_once: Some(1),
            image: "registry/pernet-sim:0.1.0".to_string(),
            claim: ("nights".to_string(), "one".to_string()),
        }
    }

    #[test]
    fn names_are_labels_of_dns() {
        let name = job().name();
        assert!(name.len() <= 63 - "-1000".len(), "pods have the number behind it: {name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert_ne!(name, Job { shards: vec![0], ..job() }.name());
    }

    #[test]
    fn one_task_is_the_whole() {
        let job = Job { tasks: 1, ..job() };
        assert_eq!(
            job.command("$N"),
            r"'/opt/pernet sim' campaign run-shard '/nights/it'\''s one' --index 0-2,7"
        );
    }
}
