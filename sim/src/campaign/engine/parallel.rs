//! GNU parallel: a line of shell that keeps a log of tasks, and goes on where it was.

use super::Job;
use crate::report::human::quoted;

/// The script. Arguments go to `parallel`.
pub fn script(job: &Job) -> String {
    // Tasks have numbers in a log; so those of other shards have another one.
    let log = quoted(&format!("{}/log/{}.joblog", job.folder, job.name()));
    let at_once = job.at_once.map_or_else(String::new, |most| format!(" --jobs {most}"));
    format!(
        "#!/bin/sh\nseq 0 {} | parallel --quote --joblog {log} --resume-failed{at_once} \"$@\" {}\n",
        job.tasks - 1,
        job.command("{}")
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;

    #[test]
    fn a_task_is_a_line_of_input() {
        let script = script(&Job { folder: "/n".to_string(), ..job() });
        assert!(
            script.starts_with("#!/bin/sh\nseq 0 1 | parallel --quote --joblog /n/log/pernet-sim-"),
            "{script}"
        );
        let tail = ".joblog --resume-failed --jobs 1 \"$@\" '/opt/pernet sim' campaign run-shard /n \
                    --index 0-2,7 --part {}/2\n";
        assert!(script.ends_with(tail), "{script}");
    }
}
