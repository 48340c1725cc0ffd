//! What one run of another program costs: its CPU time and peak memory, from the kernel; and what it achieved
//! for that.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

/// What a process used, from its start to its end.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// User and system time.
    pub cpu: Duration,
    /// The most memory that was resident at once, in bytes.  Linux counts what the process had before `exec`,
    /// so the size of this driver, a few MiB, is the floor.
    pub peak: u64,
}

/// A run of schedules.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// How many.
    pub schedules: u64,
    /// Their steps together.
    pub steps: u64,
    /// What they took.
    pub usage: Usage,
}

impl Usage {
    /// How many of `count` a CPU second buys.
    pub fn rate(&self, count: u64) -> f64 {
        count as f64 / self.cpu.as_secs_f64()
    }
}

impl Sample {
    /// Schedules a CPU second.
    pub fn schedules_per_second(&self) -> f64 {
        self.usage.rate(self.schedules)
    }

    /// Steps a CPU second.
    pub fn steps_per_second(&self) -> f64 {
        self.usage.rate(self.steps)
    }

    /// How long a schedule is.
    pub fn steps_per_schedule(&self) -> f64 {
        self.steps as f64 / self.schedules as f64
    }
}

/// How many schedules last about `seconds`. All sides run equally long, so that all pay alike for their start.
pub fn calibrate(run: impl Fn(u64) -> Result<Sample>, seconds: f64) -> Result<u64> {
    let mut count = 1_000;
    loop {
        let cpu = run(count)?.usage.cpu.as_secs_f64();
        if cpu >= seconds / 4.0 {
            return Ok((count as f64 * seconds / cpu) as u64 + 1);
        }
        count *= 4;
    }
}

/// A command as one would type it where its program is on the path.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs `command` to its end, which must be a good one; returns its standard output and what it used.
pub fn run(command: &mut Command) -> Result<(String, Usage)> {
    let end = finish(command)?;
    let shown = shown(command);
    ensure!(end.code == Some(0), "`{shown}` ended with {}\n{}{}", end.status, end.output, end.complaints);
    Ok((end.output, end.usage))
}

/// How a process ended.
#[derive(Clone, Debug)]
pub struct End {
    /// Its exit code, if no signal ended it.
    pub code: Option<i32>,
    /// The same in words.
    status: String,
    /// Standard output.
    pub output: String,
    /// Standard error.
    complaints: String,
    /// What it used.
    pub usage: Usage,
}

/// Runs `command` to its end, whatever that is.
pub fn finish(command: &mut Command) -> Result<End> {
    let shown = format!("`{}`", shown(command));
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
    let complaints = complaints.join().expect("reading does not panic")?;
    Ok(End {
        code: end.status.code(),
        status: end.status.to_string(),
        output,
        complaints,
        usage: Usage { cpu: end.rusage.utime + end.rusage.stime, peak: end.rusage.maxrss },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_and_usage() {
        let (output, usage) = run(Command::new("echo").arg("done")).unwrap();
        assert_eq!(output, "done\n");
        assert!(usage.peak > 0 && usage.cpu > Duration::ZERO);
    }

    #[test]
    fn commands_are_shown_without_the_place_they_stand_at() {
        let mut command = Command::new("/somewhere/target/release/bench");
        command.args(["shuttle", "1", "2"]);
        assert_eq!(shown(&command), "bench shuttle 1 2");
    }

    #[test]
    fn calibration_ends_at_the_wanted_length() {
        let usage = |cpu| Usage { cpu, peak: 0 };
        let run =
            |count| Ok(Sample { schedules: count, steps: 0, usage: usage(Duration::from_micros(count)) });
        assert_eq!(calibrate(run, 2.0).unwrap(), 2_000_001);
    }

    #[test]
    fn failure_carries_the_complaint() {
        let error = run(Command::new("sh").args(["-c", "echo why >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("exit status: 3") && error.contains("why"), "{error}");
    }
}
