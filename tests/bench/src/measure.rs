//! What one run of another program costs: its CPU time, wall time and peak memory, from the kernel.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

/// What a process used, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system time.
    pub cpu: Duration,
    /// Time on the clock.
    pub wall: Duration,
    /// The most memory that was resident at once, in bytes.  Linux counts what the process had before `exec`,
    /// so the size of this driver, a few MiB, is the floor.
    pub peak: u64,
}

/// Runs `command` to its end; returns its standard output and what it used.
pub fn run(command: &mut Command) -> Result<(String, Usage)> {
    let shown = format!("`{command:?}`").replace('"', "");
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}; build it first, or run tests/bench/run"))?;
    // Both pipes are read at once: a program that fills the one nobody reads would wait for ever.
    let mut stderr = child.stderr.take().expect("stderr is piped");
    let complaints = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text)
    });
    let mut output = String::new();
    child.stdout.take().expect("stdout is piped").read_to_string(&mut output)?;
    let end = child.wait4().with_context(|| format!("cannot wait for {shown}"))?;
    let wall = start.elapsed();
    let complaints = complaints.join().expect("reading does not panic")?;
    ensure!(end.status.success(), "{shown} ended with {}\n{output}{complaints}", end.status);
    Ok((output, Usage { cpu: end.rusage.utime + end.rusage.stime, wall, peak: end.rusage.maxrss }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_usage() {
        let (output, usage) = run(Command::new("echo").arg("done")).unwrap();
        assert_eq!(output, "done\n");
        assert!(usage.peak > 0 && usage.wall > Duration::ZERO);
    }

    #[test]
    fn failure_carries_the_complaint() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("why"), "{error}");
    }
}
