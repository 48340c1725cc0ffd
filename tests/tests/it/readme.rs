//! What the README shows is what happens: each `console` block is run, and its output compared.
//!
//! A line `$ pernet-sim ...` is run as it stands, in a folder of its own; `$ cat FILE` makes that file of the lines
//! below it. `ACCEPT=1 cargo test -p tests readme` writes what really comes out.

use crate::binary::{root, run, words};
use model::machine::verbs::VERBS;
use std::fs;
use std::path::Path;

const OPEN: &str = "```console\n";
const CLOSE: &str = "```\n";

/// A block as it should be, run in a folder.
fn really(block: &str, folder: &Path) -> String {
    let mut out = String::new();
    for part in block.split("$ ").skip(1) {
        let (command, shown) = part.split_once('\n').expect("a command ends its line");
        let words = words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let below = match words[..] {
            ["cat", file] => {
                fs::write(folder.join(file), shown).expect("a file");
                shown.to_string()
            }
            ["pernet-sim", ref args @ ..] => {
                let done = run(folder, args.iter().copied());
                assert_eq!(done.err, "", "{command}");
                done.out
            }
            _ => panic!("`{command}` cannot be run here; show it in a block of another kind"),
        };
        out.push_str(&format!("$ {command}\n{below}"));
    }
    out
}

#[test]
fn the_readme_shows_what_happens() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).expect("the README");
    let folder = tempfile::tempdir().expect("a folder");
    let mut parts = text.split(OPEN);
    let mut real = parts.next().unwrap_or_default().to_string();
    let mut blocks = 0;
    for part in parts {
        let (block, after) = part.split_once(CLOSE).expect("a block ends");
        real.push_str(&format!("{OPEN}{}{CLOSE}{after}", really(block, folder.path())));
        blocks += 1;
    }
    assert!(blocks >= 3, "only {blocks} blocks");
    if std::env::var_os("ACCEPT").is_some_and(|value| !value.is_empty()) {
        fs::write(&path, real).expect("the README");
    } else {
        assert_eq!(text, real, "if this is meant: ACCEPT=1 cargo test -p tests readme");
    }
}

/// Every path that a README links to is there.
#[test]
fn links_lead_somewhere() {
    for file in [
        "README.md",
        "model/README.md",
        "sim/README.md",
        "scenarios/README.md",
        "tests/bench/README.md",
        "tests/schemas/README.md",
        "examples/ci/README.md",
    ] {
        let path = root().join(file);
        let text = fs::read_to_string(&path).expect("a README");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let there = link.starts_with("http") || path.parent().expect("a folder").join(link).exists();
            assert!(there, "{file} links to `{link}`");
        }
    }
}

/// What the language has is in its description.
#[test]
fn the_description_of_the_language_names_every_verb() {
    let text = fs::read_to_string(root().join("model/README.md")).expect("a README");
    let missing: Vec<_> =
        VERBS.iter().map(|verb| verb.name).filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
