//! Plants bugs in the table that threads share, each one exchange of a few words in its source, so that tests can ask
//! whether they are found. A bug that cannot be planted any more ends the build.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../sim/src/table/slots.rs";

/// Name, what is written, and what is written instead.
const BUGS: [(&str, &str, &str); 6] = [
    (
        "tag_is_checked_then_stored",
        "tag = match slot.tag.compare_exchange(0, key.tag, Relaxed, Relaxed) {
                    Ok(_) => key.tag,
                    Err(other) => other,
                };",
        "slot.tag.store(key.tag, Relaxed);
                tag = key.tag;",
    ),
    (
        "rest_is_checked_then_stored",
        "match slot.rest.compare_exchange(now, key.rest | mark, Relaxed, Relaxed) {
                    Ok(_) => return Claim::Mine,
                    Err(other) => now = other,
                }",
        "slot.rest.store(key.rest | mark, Relaxed);
                now = key.rest | mark;
                return Claim::Mine;",
    ),
    (
        "rest_is_put_there_before_the_tag",
        "if tag == 0 {
                tag = match",
        "if tag == 0 {
                slot.rest.store(key.rest | mark, Relaxed);
                tag = match",
    ),
    (
        "a_tag_without_a_rest_is_passed",
        "let mut now = slot.rest.load(Relaxed);",
        "let mut now = slot.rest.load(Relaxed);
            if tag != 0 && now == 0 {
                continue;
            }",
    ),
    (
        "the_tag_alone_is_compared",
        "            }
            if now & !MARK == key.rest {
                return Claim::Known(now & MARK);
            }",
        "            }
            return Claim::Known(now & MARK);",
    ),
    ("the_last_claim_wins", "&& now & MARK > mark", "&& now & MARK != mark"),
];

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let source = fs::read_to_string(SOURCE).expect("the table's source is there");
    let out = env::var_os("OUT_DIR").expect("cargo says where");
    for (name, good, bad) in BUGS {
        assert_eq!(source.matches(good).count(), 1, "`{name}` cannot be planted: the source has changed");
        // An included text has no heading of its own.
        let text: Vec<_> = source.lines().filter(|line| !line.starts_with("//!")).collect();
        let text = text.join("\n").replace(good, bad);
        fs::write(Path::new(&out).join(name).with_extension("rs"), text).expect("it can be written");
    }
}
