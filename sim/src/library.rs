//! Where protocols are found: among given texts, and among those that are shipped inside the program.
//!
//! The rules of language.md: beside the file that asks; then in a `protocols/` or `mutants/` folder beside or above
//! it; then among those shipped.

use crate::question::stem;
use include_dir::{Dir, DirEntry, include_dir};
use model::lang::load::Library;

static PROTOCOLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../model/protocols");
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../scenarios");

/// Folders that hold protocols, and so no scenarios.
pub const PROTOCOL_FOLDERS: [&str; 2] = ["protocols", "mutants"];

/// A file inside the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Shipped {
    /// Its path from `scenarios/` or, of a protocol of the program, from the folder around `protocols/`.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All shipped scenarios, by path.
#[must_use]
pub fn scenarios() -> Vec<Shipped> {
    let mut files = files(&SCENARIOS);
    files.retain(|shipped| !is_protocol_path(shipped.file));
    files
}

/// Is this text inside the program, under this name?
#[must_use]
pub fn is_shipped(file: &str, text: &str) -> bool {
    let scenario = SCENARIOS.get_file(file).and_then(|file| file.contents_utf8());
    let protocol = file.strip_prefix("protocols/").and_then(|file| PROTOCOLS.get_file(file)?.contents_utf8());
    scenario == Some(text) || protocol == Some(text)
}

/// All shipped protocols, by path, mutants included.
#[must_use]
pub fn protocols() -> Vec<(String, &'static str)> {
    files(&PROTOCOLS)
        .into_iter()
        .map(|shipped| (format!("protocols/{}", shipped.file), shipped.text))
        .collect()
}

/// The eras of the registry, in their order: the shipped protocols that are named by a release, behind the patch that
/// began it all. Variants of an era, with a word behind the release, and mutants are none.
#[must_use]
pub fn eras() -> Vec<String> {
    let mut eras: Vec<_> = protocols()
        .iter()
        .filter(|(file, _)| !file.contains("/mutants/"))
        .filter_map(|(file, _)| Some((release(stem(file))?, stem(file).to_string())))
        .collect();
    eras.sort();
    eras.into_iter().map(|(_, name)| name).collect()
}

/// `linux-2.6.24` as numbers; none for the patch of 2007.
fn release(name: &str) -> Option<Vec<u32>> {
    const FIRST: &str = "rfc2007";
    if name == FIRST {
        return Some(Vec::new());
    }
    name.strip_prefix("linux-")?.split('.').map(|number| number.parse().ok()).collect()
}

/// Does a path lead through a folder of protocols?
#[must_use]
pub fn is_protocol_path(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| PROTOCOL_FOLDERS.contains(&folder))
}

/// Does a text begin with the word `protocol`? Then it is a protocol, and not a scenario of the same name.
#[must_use]
pub fn begins_with_protocol(text: &str) -> bool {
    let mut rest = text.trim_start();
    loop {
        let (open, close) = match rest.get(..2) {
            Some("//") => (2, "\n"),
            Some("/*") => (2, "*/"),
            _ => break,
        };
        let Some(at) = rest[open..].find(close) else { return false };
        rest = rest[open + at + close.len()..].trim_start();
    }
    rest.strip_prefix("protocol")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '/'))
}

/// The question of a scenario in its own words: the first sentence of its first comment.
#[must_use]
pub fn question(text: &str) -> String {
    let comments = text.lines().map_while(|line| line.strip_prefix("//"));
    let mut said = String::new();
    for line in comments {
        said.push_str(line.trim_end());
        if let Some(at) = said.find('?') {
            said.truncate(at + 1);
            break;
        }
    }
    said.trim_start().to_string()
}

fn files(dir: &'static Dir<'static>) -> Vec<Shipped> {
    let mut found = Vec::new();
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(dir) => found.extend(files(dir)),
            DirEntry::File(file) => {
                if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8())
                    && path.ends_with(".pernet")
                {
                    found.push(Shipped { file: path, text });
                }
            }
        }
    }
    found.sort();
    found
}

/// The protocols inside the program, for scenarios inside the program and wherever nothing else is found.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShippedLibrary;

impl Library for ShippedLibrary {
    fn find(&self, proto: &str, from: &str) -> Option<(String, String)> {
        let near = nearby(proto, from).into_iter().find_map(|path| {
            let text = SCENARIOS.get_file(&path)?.contents_utf8()?;
            begins_with_protocol(text).then(|| (path, text.to_string()))
        });
        near.or_else(|| {
            let mut shipped = protocols().into_iter();
            let (file, text) = shipped.find(|(file, _)| stem(file) == proto)?;
            Some((file, text.to_string()))
        })
    }

    fn names(&self) -> Vec<String> {
        protocols().iter().map(|(file, _)| stem(file).to_string()).collect()
    }
}

/// The paths at which a protocol may stand, seen from a file: the nearest first.
#[must_use]
pub fn nearby(proto: &str, from: &str) -> Vec<String> {
    let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let join = |folder: &str, rest: &str| {
        if folder.is_empty() { rest.to_string() } else { format!("{folder}/{rest}") }
    };
    let mut paths = vec![join(folder, &format!("{proto}.pernet"))];
    loop {
        paths.extend(PROTOCOL_FOLDERS.iter().map(|name| join(folder, &format!("{name}/{proto}.pernet"))));
        if folder.is_empty() {
            return paths;
        }
        folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
}

/// Given texts, looked at before another library.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Names of files and their texts.
    pub files: Vec<(String, String)>,
}

impl Library for Texts {
    fn find(&self, proto: &str, _: &str) -> Option<(String, String)> {
        self.files.iter().find(|(file, _)| stem(file) == proto).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.files.iter().map(|(file, _)| stem(file).to_string()).collect()
    }
}

/// One library, and where it has nothing, another.
#[derive(Clone, Copy, Debug)]
pub struct Layered<A, B>(pub A, pub B);

impl<A: Library, B: Library> Library for Layered<A, B> {
    fn find(&self, proto: &str, from: &str) -> Option<(String, String)> {
        self.0.find(proto, from).or_else(|| self.1.find(proto, from))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.0.names();
        names.extend(self.1.names());
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_comes_first() {
        assert_eq!(
            nearby("p", "fault/kill/x.pernet"),
            [
                "fault/kill/p.pernet",
                "fault/kill/protocols/p.pernet",
                "fault/kill/mutants/p.pernet",
                "fault/protocols/p.pernet",
                "fault/mutants/p.pernet",
                "protocols/p.pernet",
                "mutants/p.pernet",
            ]
        );
        assert_eq!(nearby("p", "x.pernet"), ["p.pernet", "protocols/p.pernet", "mutants/p.pernet"]);
    }

    #[test]
    fn what_is_shipped_is_found() {
        let (file, text) = ShippedLibrary.find("rfc2007", "order/x.pernet").unwrap();
        assert_eq!(file, "protocols/rfc2007.pernet");
        assert!(text.starts_with("protocol rfc2007;"));
        assert_eq!(ShippedLibrary.find("rfc2008", "order/x.pernet"), None);
        assert!(ShippedLibrary.names().contains(&"linux-2.6.24".to_string()));
    }

    #[test]
    fn eras_are_in_their_order() {
        assert_eq!(release("linux-2.6.24"), Some(vec![2, 6, 24]));
        for name in ["w", "linux-", "linux-7-no-net-ns", "rfc2007-placeholder"] {
            assert_eq!(release(name), None, "{name}");
        }
        let eras = eras();
        assert_eq!(eras[..2], ["rfc2007", "linux-2.6.24"]);
        assert!(eras.iter().any(|era| era == "linux-5.3"));
    }

    #[test]
    fn comments_may_come_first() {
        for text in ["protocol p;", "// a\n/* b\n */ protocol\tp is q;", "protocol/**/p;"] {
            assert!(begins_with_protocol(text), "{text}");
        }
        for text in ["", "on p;", "// protocol p;", "/* protocol p;", "protocols p;", "protocol"] {
            assert!(!begins_with_protocol(text), "{text}");
        }
    }

    #[test]
    fn protocols_are_no_scenarios() {
        assert!(is_protocol_path("fault/protocols/killable.pernet") && is_protocol_path("mutants/a.pernet"));
        assert!(!is_protocol_path("order/protocols.pernet"));
        assert!(scenarios().iter().all(|shipped| !begins_with_protocol(shipped.text)));
    }
}
