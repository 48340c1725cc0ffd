//! What the tests of this folder share: the specification's worked examples, a library of them, mistakes as text, and
//! numbers that only look random.

use super::diagnostic::Diagnostic;
use super::load::Library;
use super::source::{FileId, SourceMap};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// File name and text of every example.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    ("rfc2007.pernet", include_str!("testdata/rfc2007.pernet")),
    ("linux-5.3.pernet", include_str!("testdata/linux-5.3.pernet")),
    ("linux-5.3-b12.pernet", include_str!("testdata/linux-5.3-b12.pernet")),
    ("w.pernet", include_str!("testdata/w.pernet")),
    ("b12-cursor.pernet", include_str!("testdata/b12-cursor.pernet")),
    ("b34-nf-tables-door.pernet", include_str!("testdata/b34-nf-tables-door.pernet")),
    ("w-scenario.pernet", include_str!("testdata/w-scenario.pernet")),
    ("recording-20.pernet", include_str!("testdata/recording-20.pernet")),
];

/// Protocols by the names of their files.
pub(super) struct Files<'a>(pub(super) &'a [(&'a str, &'a str)]);

impl Library for Files<'_> {
    fn find(&self, proto: &str, _from: &str) -> Option<(String, String)> {
        let named = |file: &str| file.strip_suffix(".pernet") == Some(proto);
        let found = self.0.iter().find(|(file, _)| named(file));
        found.map(|&(file, text)| (file.to_owned(), text.to_owned()))
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().filter_map(|(file, _)| file.strip_suffix(".pernet")).map(ToOwned::to_owned).collect()
    }
}

/// Mistakes as `E002 3:14 message`, a line each; notes follow, indented. Places in other files than `home` begin with
/// the file's name. A mistake without its way out is one of ours.
pub(super) fn shown(sources: &SourceMap, home: FileId, mistakes: &[Diagnostic]) -> String {
    let place = |span| {
        let (line, column) = sources.position(span);
        let other = if span.file == home { "" } else { &sources.file(span.file).name };
        format!("{other}{}{line}:{column}", if other.is_empty() { "" } else { ":" })
    };
    let mut out = String::new();
    for mistake in mistakes {
        let at = mistake.span.map_or("-".into(), place);
        out += &format!("{} {at} {}\n", mistake.code, mistake.message);
        assert!(mistake.help.is_some(), "no way out of {out}");
        for (span, note) in &mistake.notes {
            out += &format!("  {} {note}\n", place(*span));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A row of words after a few slips of the editor: some deleted, doubled, exchanged or cut off.
pub(super) fn mutated<'a>(words: &[&'a str], numbers: &mut Numbers) -> Vec<&'a str> {
    let mut mutant = words.to_vec();
    for _ in 0..=numbers.below(3) {
        let (a, b) = (numbers.below(mutant.len()), numbers.below(mutant.len()));
        match numbers.below(5) {
            _ if mutant.is_empty() => {}
            0 => drop(mutant.remove(a)),
            1 => mutant.insert(a, mutant[b]),
            2 => mutant.swap(a, b),
            3 => mutant.truncate(a),
            _ => drop(mutant.drain(a.min(b)..a.max(b).min(a.min(b) + 9))),
        }
    }
    mutant
}

/// Numbers below a bound, the same in every run (Knuth's multiplier, the upper half of the state).
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as usize % bound.max(1)
    }
}
