//! One surface under libFuzzer: `fuzz --surface=NAME`, then what libFuzzer takes. It leaves alone what begins with two dashes.
#![no_main]

use std::sync::LazyLock;
use surfaces::SURFACES;

// The same text that `cargo test` runs over the inputs that were found.
#[path = "../../src/surfaces.rs"]
mod surfaces;

/// What was asked for.
static SURFACE: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let asked = std::env::args().find_map(|arg| arg.strip_prefix("--surface=").map(str::to_string));
    let known = SURFACES.iter().find(|(name, _)| Some(*name) == asked.as_deref());
    known.unwrap_or_else(|| panic!("--surface={}: there is none", asked.unwrap_or_default())).1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| SURFACE(data));
