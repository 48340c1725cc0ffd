//! A job array of Slurm: `sbatch` takes the script.

use super::Job;
use std::fmt::Write;

/// The script.
pub fn script(job: &Job) -> String {
    let limit = job.at_once.map_or_else(String::new, |most| format!("%{most}"));
    let mut out = format!(
        "#!/bin/sh\n#SBATCH --job-name={}\n#SBATCH --array=0-{}{limit}\n#SBATCH --ntasks=1 --cpus-per-task=1 --requeue\n",
        job.name(),
        job.tasks - 1
    );
    // Slurm reads the line by rules of its own: a folder that it would misread has its logs where the job was submitted.
    if !job.folder.contains(['"', '\\', '\n', '\r']) {
        let _ = writeln!(out, "#SBATCH --output=\"{}/log/%A_%a.txt\"", job.folder.replace('%', "%%"));
    }
    let _ = writeln!(out, "exec {}", job.command("$SLURM_ARRAY_TASK_ID"));
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;

    #[test]
    fn an_array_of_tasks() {
        let script = script(&job());
        let tail = r#"#SBATCH --array=0-1%1
#SBATCH --ntasks=1 --cpus-per-task=1 --requeue
#SBATCH --output="/nights/it's one/log/%A_%a.txt"
exec '/opt/pernet sim' campaign run-shard '/nights/it'\''s one' --index 0-2,7 --part $SLURM_ARRAY_TASK_ID/2
"#;
        assert!(script.starts_with("#!/bin/sh\n#SBATCH --job-name=pernet-sim-0000000000000abc-"), "{script}");
        assert!(script.ends_with(tail), "{script}");
        let hostile = Job { folder: "/a\n#SBATCH --uid=0".to_string(), ..job() };
        assert!(!super::script(&hostile).contains("--output"));
    }
}
