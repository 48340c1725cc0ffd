//! Protocols on disk: a given file, then beside and above the file that asks, then those that are shipped.

use super::files::{MOST_TEXT, read_text};
use crate::codes;
use crate::library::{PROTOCOL_FOLDERS, ShippedLibrary, begins_with_protocol};
use crate::question::Rejected;
use crate::report::check::Paths;
use crate::report::visible::Visible;
use model::lang::ast::Head;
use model::lang::diagnostic::Diagnostic;
use model::lang::load::Library;
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file behind `--protocol FILE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The protocol that it is.
    pub name: String,
    path: PathBuf,
    text: String,
}

/// What `--protocol` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// A protocol to be looked for.
    Name(String),
    /// The one in a file.
    File(Given),
}

impl Wanted {
    /// Reads the argument of `--protocol`: a file if it looks like a path, or is one.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn new(argument: &str) -> Result<Self, Rejected> {
        let path = Path::new(argument);
        let is_path = argument.contains(std::path::MAIN_SEPARATOR) || argument.ends_with(".pernet");
        if !is_path && !path.is_file() {
            return Ok(Self::Name(argument.to_string()));
        }
        let text = read_text(path, MOST_TEXT).map_err(Rejected::new)?;
        let mut sources = SourceMap::default();
        let id = sources.add(argument, &*text);
        let (tree, diagnostics) = parse_file(&sources, id);
        if !diagnostics.is_empty() {
            return Err(Rejected { sources, diagnostics });
        }
        match tree.head {
            Head::Protocol { name, .. } => {
                Ok(Self::File(Given { name: name.text, path: path.to_path_buf(), text }))
            }
            Head::Scenario { .. } => {
                let message = format!("`{argument}` is a scenario, and `--protocol` needs a protocol");
                let help = "a protocol's file begins with `protocol NAME;`";
                Err(Rejected::new(Diagnostic::without_place(codes::SCENARIO_AS_PROTOCOL, message).help(help)))
            }
        }
    }

    /// The protocol's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::File(given) => &given.name,
        }
    }
}

impl Library for &Wanted {
    fn find(&self, proto: &str, _: &str) -> Option<(String, String)> {
        let given = given(Some(self)).filter(|given| given.name == proto)?;
        Some((given.path.to_string_lossy().into_owned(), given.text.clone()))
    }

    fn names(&self) -> Vec<String> {
        given(Some(self)).map(|given| given.name.clone()).into_iter().collect()
    }
}

/// Finds the protocols of one scenario.
pub struct Finder<'a> {
    given: Option<&'a Given>,
    /// The folder that names of files are shown from.
    root: PathBuf,
    /// Where the files lie whose names were shown.
    places: RefCell<BTreeMap<String, PathBuf>>,
    /// Is the scenario a shipped one?
    shipped: bool,
}

impl<'a> Finder<'a> {
    /// For a scenario on disk, whose name is shown from `root`.
    #[must_use]
    pub fn on_disk(shown: &str, path: &Path, root: &Path, wanted: Option<&'a Wanted>) -> Self {
        let places = RefCell::new([(shown.to_string(), path.to_path_buf())].into());
        Self { given: given(wanted), root: root.to_path_buf(), places, shipped: false }
    }

    /// For a scenario inside the program.
    #[must_use]
    pub fn shipped(wanted: Option<&'a Wanted>) -> Self {
        Self { given: given(wanted), root: PathBuf::new(), places: RefCell::default(), shipped: true }
    }

    /// Where the files lie that were found so far, by the names that they are shown by.
    #[must_use]
    pub fn paths(&self) -> Paths {
        let places = self.places.borrow();
        places.iter().map(|(shown, path)| (shown.clone(), slashed(path))).collect()
    }

    /// The name that a file is shown by: from the root, or else from the folder of protocols that it is in.
    fn show(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).map_or_else(
            |_| {
                let parts: Vec<_> = path.components().rev().take(2).collect();
                let in_folder = parts.get(1).and_then(|part| part.as_os_str().to_str());
                let keep = if in_folder.is_some_and(|name| PROTOCOL_FOLDERS.contains(&name)) { 2 } else { 1 };
                parts.into_iter().take(keep).rev().collect()
            },
            Path::to_path_buf,
        );
        shown(&inside)
    }

    fn found(&self, path: &Path, text: String) -> (String, String) {
        let shown = self.show(path);
        self.places.borrow_mut().insert(shown.clone(), path.to_path_buf());
        (shown, text)
    }
}

/// A path as reports show it: nothing in a name of a file can hide.
#[must_use]
pub fn shown(path: &Path) -> String {
    Visible::line(&slashed(path)).to_string()
}

/// A path with the separators that reports show.
#[must_use]
pub fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

fn given(wanted: Option<&Wanted>) -> Option<&Given> {
    match wanted {
        Some(Wanted::File(given)) => Some(given),
        _ => None,
    }
}

impl Library for Finder<'_> {
    fn find(&self, proto: &str, from: &str) -> Option<(String, String)> {
        if let Some(given) = self.given.filter(|given| given.name == proto) {
            return Some(self.found(&given.path, given.text.clone()));
        }
        let place = self.places.borrow().get(from).cloned();
        if let Some(place) = place {
            for path in nearby(proto, &place).into_iter().filter(|path| path.is_file()) {
                // What is no text is shown with its bad characters, which then are refused with their place.
                let text = std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                // Beside a scenario may lie others, with names of protocols; among protocols that is a mistake.
                let beside = path.parent() == place.parent() && !in_protocol_folder(&path);
                if let Some(text) = text.ok().filter(|text| !beside || begins_with_protocol(text)) {
                    return Some(self.found(&path, text));
                }
            }
        }
        ShippedLibrary.find(proto, if self.shipped { from } else { "" })
    }

    fn names(&self) -> Vec<String> {
        let mut names = ShippedLibrary.names();
        names.extend(self.given.map(|given| given.name.clone()));
        for path in self.places.borrow().values() {
            names.extend(nearby("*", path).iter().filter_map(|path| path.parent()).flat_map(stems));
        }
        names.sort();
        names.dedup();
        names
    }
}

/// The paths at which a protocol may lie, seen from a file: the nearest first.
fn nearby(proto: &str, from: &Path) -> Vec<PathBuf> {
    let folder = from.parent().unwrap_or(Path::new(""));
    let file = format!("{proto}.pernet");
    let mut paths = vec![folder.join(&file)];
    // As it was written as far as that goes, so that names are shown as the user knows them; then upward from there.
    let mut folders: Vec<PathBuf> = folder.ancestors().map(Path::to_path_buf).collect();
    if let Ok(absolute) = std::path::absolute(folder) {
        folders.extend(absolute.ancestors().skip(folders.len() - 1).map(Path::to_path_buf));
    }
    for folder in folders {
        paths.extend(PROTOCOL_FOLDERS.iter().map(|name| folder.join(name).join(&file)));
    }
    paths
}

fn in_protocol_folder(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    folder.is_some_and(|name| PROTOCOL_FOLDERS.contains(&name))
}

/// The names of the protocols in a folder.
fn stems(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let stem = |path: PathBuf| {
        let pernet = path.extension().is_some_and(|extension| extension == "pernet");
        let protocol = pernet && read_text(&path, MOST_TEXT).is_ok_and(|text| begins_with_protocol(&text));
        protocol.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
    };
    entries.filter_map(|entry| stem(entry.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn beside_then_above_then_shipped() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir_all(root.join("protocols")).unwrap();
        let scenario = root.join("a/b/p.pernet");
        fs::write(&scenario, "on p;").unwrap();
        fs::write(root.join("protocols/p.pernet"), "protocol p;").unwrap();
        let finder = || Finder::on_disk("a/b/p.pernet", &scenario, root, None);
        // The scenario has the protocol's name, and is none.
        let find = |proto: &str| finder().find(proto, "a/b/p.pernet").map(|(file, _)| file);
        assert_eq!(find("p").as_deref(), Some("protocols/p.pernet"));
        fs::write(root.join("a/b/q.pernet"), "protocol q;").unwrap();
        assert_eq!(find("q").as_deref(), Some("a/b/q.pernet"));
        assert_eq!(find("rfc2007").as_deref(), Some("protocols/rfc2007.pernet"));
        assert_eq!(find("nowhere"), None);
        assert!(finder().names().contains(&"q".to_string()));
        let near = Finder::on_disk("p.pernet", &scenario, &root.join("a/b"), None);
        assert_eq!(near.find("p", "p.pernet").unwrap().0, "protocols/p.pernet");
    }

    #[test]
    fn a_given_file_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rfc2007.pernet");
        fs::write(&path, "protocol rfc2007;").unwrap();
        let wanted = Wanted::new(path.to_str().unwrap()).unwrap();
        assert_eq!(wanted.name(), "rfc2007");
        let finder = Finder::shipped(Some(&wanted));
        assert_eq!(finder.find("rfc2007", "order/x.pernet").unwrap().1, "protocol rfc2007;");
        assert_eq!(Wanted::new("rfc2007"), Ok(Wanted::Name("rfc2007".to_string())));
        fs::write(&path, "on rfc2007;").unwrap();
        assert_eq!(
            Wanted::new(path.to_str().unwrap()).unwrap_err().diagnostics[0].code,
            codes::SCENARIO_AS_PROTOCOL
        );
    }
}
