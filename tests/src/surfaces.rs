//! Everything that reads what a user gives us, each as a function of bytes that must come back: no input may make us panic,
//! hang, or contradict ourselves.
//!
//! A coverage-guided fuzzer calls them with what it makes up (`tests/fuzz`), and `cargo test` with what it has found.

use data_encoding::BASE64URL_NOPAD;
use miniz_oxide::deflate::compress_to_vec;
use model::lang::printer;
use sim::ask::{Mode, Plan, ask};
use sim::campaign::{Manifest, Shard, ranges};
use sim::fingerprint;
use sim::library::ShippedLibrary;
use sim::limit::Limits;
use sim::question::{Rejected, Scenario, Values};
use sim::replayfile::{Recording, TOKEN};
use sim::report::{diagnostic, jsonl};
use sim::schedule::Schedule;

/// A surface: its name, and what reads the bytes.
pub type Surface = (&'static str, fn(&[u8]));

/// All of them.
pub const SURFACES: &[Surface] = &[
    ("language", language),
    ("manifest", manifest),
    ("replay_file", replay_file),
    ("schedule", schedule),
    ("shard", shard),
    ("token", token),
];

/// Steps of an execution that is worth the time.
const STEPS: u64 = 400;

/// A scenario or protocol: the parser, the formatter, the compiler, and the machine and search behind them.
///
/// # Panics
/// If formatted text is not formatted, or the text of what is refused cannot be shown.
pub fn language(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(formatted) = printer::format(text) {
        assert_eq!(printer::format(&formatted).as_ref(), Ok(&formatted), "formatted once and twice");
    }
    let scenario = match Scenario::read("fuzzed.pernet", text) {
        Ok(scenario) => scenario,
        Err(rejected) => return shown(&rejected),
    };
    if let Err(rejected) = scenario.check_number(&Values::new()) {
        return shown(&rejected);
    }
    let limits = Limits { max_states: 300, max_steps: STEPS, max_memory: 64 << 20, max_executions: 100 };
    for question in scenario.questions(None, &Values::new()).iter().take(1) {
        for mode in [Mode::Sampled, Mode::Exhaustive] {
            let plan = Plan { mode, runs: 3, limits, ..Plan::default() };
            match ask(&scenario, question, &plan, &ShippedLibrary, &()) {
                Ok(answer) => {
                    assert!(answer.nondeterminism.is_none(), "{:?}", answer.nondeterminism);
                    assert!(!jsonl::line(&answer).contains('\n'));
                }
                Err(rejected) => shown(&rejected),
            }
        }
    }
}

/// A replay file.
///
/// # Panics
/// If what was read is not what is written of it.
pub fn replay_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Recording::parse("fuzzed.txt", text) {
        Ok(recording) => {
            let again = recording.to_text();
            assert_eq!(Recording::parse("again.txt", &again).as_ref(), Ok(&recording), "written and read");
            repeated(&recording);
        }
        Err(rejected) => shown(&rejected),
    }
}

/// A token: as it is; what it unpacks, in a frame whose checksum fits; and the text that it holds, packed and framed.
///
/// # Panics
/// If what was read is not what is written of it.
pub fn token(data: &[u8]) {
    let framed = |packed: &[u8]| {
        let length = u16::try_from(packed.len()).unwrap_or(u16::MAX).to_le_bytes();
        let [a, b, c, d, e, f, g, h] = fingerprint::of(packed).to_le_bytes();
        let checksum = [a ^ e, b ^ f, c ^ g, d ^ h];
        format!("{TOKEN}{}", BASE64URL_NOPAD.encode(&[&length[..], &checksum, packed].concat()))
    };
    let tokens =
        [String::from_utf8_lossy(data).into_owned(), framed(data), framed(&compress_to_vec(data, 6))];
    for token in tokens {
        match Recording::from_token(&token) {
            Ok(recording) => {
                if let Ok(again) = recording.token() {
                    assert_eq!(Recording::from_token(&again).as_ref(), Ok(&recording), "written and read");
                }
                repeated(&recording);
            }
            Err(rejected) => shown(&rejected),
        }
    }
}

/// A short run is repeated, or refused.
fn repeated(recording: &Recording) {
    if recording.steps < STEPS && recording.schedule.0.len() < 10_000 {
        recording.rerun().map_or_else(|rejected| shown(&rejected), drop);
    }
}

/// A campaign's manifest.
///
/// # Panics
/// If what was read is not what is written of it, or a shard is not what it should be.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Nobody hits upon the right name of what he has made up.
    let (manifest, planned) = match Manifest::read_as_it_is("fuzzed.json", text) {
        Ok(read) => read,
        Err(rejected) => return shown(&rejected),
    };
    match Manifest::read("fuzzed.json", text) {
        Ok(again) => assert_eq!(again, manifest),
        Err(rejected) => {
            shown(&rejected);
            assert_ne!(planned, fingerprint::hex(manifest.id()), "it is as it was planned");
        }
    }
    assert_eq!(Manifest::read("again.json", &manifest.to_text()).as_ref(), Ok(&manifest), "written and read");
    let shards = manifest.shards();
    for index in [0, shards / 2, shards - 1, shards, u64::MAX] {
        let executions: u64 = manifest.slices(index).iter().map(|slice| slice.hi - slice.lo).sum();
        assert!(executions <= manifest.shard_size, "shard {index} is too large");
        assert_eq!(executions > 0, index < shards, "shard {index} of {shards}");
    }
}

/// Numbers of shards, and what should be a shard.
///
/// # Panics
/// If what was read is not what is written of it.
pub fn shard(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(numbers) = ranges::parse(text, 1_000) {
        assert_eq!(ranges::parse(&ranges::text(&numbers), 1_000), Some(numbers), "written and read");
    }
    // `*n` makes many picks of a few bytes, as it is meant to.
    if text.split('*').skip(1).any(|times| times.find('"').is_some_and(|end| end > 5)) {
        return;
    }
    let (manifest, _) = Manifest::read_as_it_is("manifest.json", MANIFEST).expect("it is one");
    // With any number and campaign, and with its own seal: most of what is read has another one.
    for campaign in [0, manifest.id()] {
        if let Ok(shard) = Shard::read(&manifest, campaign, 1, text) {
            assert_eq!(shard.to_text(), text, "a shard has one text");
        }
    }
}

/// A small campaign: three units, three shards.
const MANIFEST: &str = r#"{"format": 1, "tool": "0", "seed": "0x0000000000000000", "scheduler": "random", "max_steps": 9,
"shard_size": 4, "questions": {"max_states": 9, "max_memory": 9, "runs": 9}, "texts": [{"file": "a", "hash": "0x0000000000000000"}], "units": [
{"kind": "sample", "protocol": "p", "breaks": [], "params": {}, "texts": [0], "runs": 6},
{"kind": "sample", "protocol": "q", "breaks": ["paired"], "params": {"n": 1}, "texts": [0], "runs": 4},
{"kind": "question", "protocol": "p", "breaks": [], "params": {}, "texts": [0], "runs": 1}], "campaign": ""}"#;

/// A schedule as one line of text.
///
/// # Panics
/// If what was read is not what is written of it.
pub fn schedule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // `*n` makes many picks of a few bytes, as it is meant to.
    if text.split('*').skip(1).any(|times| times.len() > 5) {
        return;
    }
    if let Ok(schedule) = text.parse::<Schedule>() {
        assert_eq!(schedule.to_string().parse(), Ok(schedule), "written and read");
    }
}

/// Every mistake can be shown, with a number and where it is.
fn shown(rejected: &Rejected) {
    assert!(!rejected.diagnostics.is_empty(), "nothing is refused without a reason");
    assert!(diagnostic::render(rejected, "", false).contains("E"), "a mistake has a number");
}
