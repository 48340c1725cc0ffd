//! The worked examples of the language's specification, for the tests of this folder.

use super::load::Library;
use alloc::borrow::ToOwned;
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

/// Protocols by name.
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
