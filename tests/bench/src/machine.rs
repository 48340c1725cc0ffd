//! What the figures were taken on and with: nothing that names the machine or a place in it.

use std::process::Command;
use std::{env, fs, thread};

use crate::measure;

/// The machine in one line: cores, memory, architecture.
pub fn machine() -> String {
    let cores = thread::available_parallelism().map_or("unknown".to_owned(), |count| count.to_string());
    let memory = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| memory_kib(&text))
        .map_or("unknown".to_owned(), |kib| format!("{:.1} GiB", kib as f64 / f64::from(1 << 20)));
    let model =
        fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model_name(&text).map(str::to_owned));
    let model = model.unwrap_or("processor unknown".to_owned());
    format!("{cores} cores ({model}), {memory} of memory, {} {}", env::consts::ARCH, env::consts::OS)
}

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

fn model_name(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

fn memory_kib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read() {
        assert_eq!(memory_kib("MemTotal:        8146052 kB\nMemFree: 1 kB\n"), Some(8_146_052));
        assert_eq!(memory_kib("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn the_processor_is_read() {
        let text = "processor\t: 0\nmodel name\t: Fast CPU @ 2.10GHz\nmodel name\t: other\n";
        assert_eq!(model_name(text), Some("Fast CPU @ 2.10GHz"));
        assert_eq!(model_name("processor\t: 0\n"), None);
    }

    #[test]
    fn what_is_not_in_the_lock_file_has_no_version() {
        assert_eq!(version_of("no-such-crate"), None);
    }
}
