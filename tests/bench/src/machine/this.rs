//! The machine that figures were taken on.

use std::{env, fs, thread};

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
}
