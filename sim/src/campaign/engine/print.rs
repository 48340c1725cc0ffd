//! A command line for each task, for engines of other kinds.

use super::Job;

/// The lines.
pub fn lines(job: &Job) -> String {
    let line = |task: u64| job.command(&task.to_string()) + "\n";
    (0..job.tasks).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;

    #[test]
    fn a_task_is_a_line() {
        let job = Job { program: "p".to_string(), folder: "/n".to_string(), ..job() };
        let line = "p campaign run-shard /n --index 0-2,7 --part";
        assert_eq!(lines(&job), format!("{line} 0/2\n{line} 1/2\n"));
    }
}
