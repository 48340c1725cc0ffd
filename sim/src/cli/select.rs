//! Which scenarios a run is about.

use super::args::Ask;
use super::files::{MOST_TEXT, read_text, unreadable};
use super::finder::{Finder, Wanted, shown, slashed};
use super::saved;
use super::{meaning, output};
use crate::codes;
use crate::library::{self, PROTOCOL_FOLDERS, begins_with_protocol};
use crate::museum::FOLDER;
use crate::question::{Loaded, Rejected, Scenario, stem};
use crate::report::check::Paths;
use model::lang::diagnostic::Diagnostic;
use model::lang::suggest::did_you_mean;
use std::path::{Path, PathBuf};

/// Where a scenario comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Origin {
    Shipped,
    Disk { path: PathBuf, root: PathBuf },
}

/// A selected scenario, or why there is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The name that reports show: as given, or from the folder that was given.
    pub file: String,
    /// What the user can say to get it again.
    pub path: String,
    /// What is put before names of files so that they can be opened.
    pub folder: String,
    /// The scenario.
    pub scenario: Result<Scenario, Rejected>,
    origin: Origin,
}

impl Input {
    /// Where its protocols are found.
    #[must_use]
    pub fn finder<'a>(&self, wanted: Option<&'a Wanted>) -> Finder<'a> {
        match &self.origin {
            Origin::Shipped => Finder::shipped(wanted),
            Origin::Disk { path, root } => Finder::on_disk(&self.file, path, root, wanted),
        }
    }

    /// Where the scenario lies, if it is a file: all that is known before its protocols are looked for.
    #[must_use]
    pub fn paths(&self) -> Paths {
        self.finder(None).paths()
    }

    fn shipped(shipped: library::Shipped) -> Self {
        Self {
            file: shipped.file.to_string(),
            path: shipped.file.to_string(),
            folder: String::new(),
            scenario: Scenario::read(shipped.file, shipped.text),
            origin: Origin::Shipped,
        }
    }

    /// `root`: the folder that was given; empty for a file.
    fn on_disk(path: PathBuf, root: &Path) -> Self {
        let shown = shown(path.strip_prefix(root).unwrap_or(&path));
        let text = read_text(&path, MOST_TEXT).map_err(Rejected::new);
        let folder = slashed(root);
        Self {
            scenario: text.and_then(|text| Scenario::read(&shown, &text)),
            file: shown,
            path: slashed(&path),
            folder: if folder.is_empty() || folder.ends_with('/') { folder } else { folder + "/" },
            origin: Origin::Disk { path, root: root.to_path_buf() },
        }
    }
}

/// What was selected.
#[derive(Default)]
pub struct Selection {
    /// Scenarios, in the order in which they run.
    pub inputs: Vec<Input>,
    /// Paths that lead to no scenario.
    pub mistakes: Vec<Diagnostic>,
    /// Was one file named?
    pub single: bool,
    /// The folder of saved runs, in full.
    out: Option<PathBuf>,
}

/// The scenarios behind some paths; without one, those that are shipped. `out`: where runs are saved if not where they are by
/// default; a saved run has its scenario with it, which is nobody's question.
#[must_use]
pub fn select(paths: &[PathBuf], out: Option<&Path>) -> Selection {
    let mut selection =
        Selection { out: out.and_then(|out| out.canonicalize().ok()), ..Selection::default() };
    if paths.is_empty() {
        selection.inputs.extend(library::scenarios().into_iter().map(Input::shipped));
        return selection;
    }
    for path in paths {
        if path.is_dir() {
            let before = selection.inputs.len();
            selection.folder(path, path);
            if selection.inputs.len() == before && selection.mistakes.is_empty() {
                let message = format!("there is no scenario in `{}`", path.display());
                let help = "a scenario is a file `NAME.pernet` that begins with `on PROTOCOL;`";
                selection.mistakes.push(Diagnostic::without_place(codes::NO_SCENARIOS, message).help(help));
            }
        } else if path.exists() {
            selection.inputs.push(Input::on_disk(path.clone(), Path::new("")));
        } else {
            selection.shipped(path);
        }
    }
    selection.single = paths.len() == 1 && !paths[0].is_dir() && selection.inputs.len() == 1;
    selection
}

/// The exhibits of these names, or scenarios and folders of them on disk; without one, the whole museum.
///
/// # Errors
/// With all that lead nowhere.
pub fn museum(names: &[String]) -> Result<Vec<Input>, Rejected> {
    let exhibits = || library::scenarios().into_iter().filter(|shipped| shipped.file.starts_with(FOLDER));
    let mut selection = Selection::default();
    if names.is_empty() {
        selection.inputs.extend(exhibits().map(Input::shipped));
    }
    for name in names {
        let wanted = name.trim_end_matches(".pernet").rsplit('/').next().unwrap_or(name);
        if Path::new(name).exists() {
            let mut found = select(&[PathBuf::from(name)], None);
            selection.inputs.append(&mut found.inputs);
            selection.mistakes.append(&mut found.mistakes);
        } else if let Some(shipped) = exhibits().find(|shipped| stem(shipped.file) == wanted) {
            selection.inputs.push(Input::shipped(shipped));
        } else {
            let help = match did_you_mean(wanted, exhibits().map(|shipped| stem(shipped.file))) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`pernet-sim museum` shows all of them".to_string(),
            };
            let message = format!("the museum has no exhibit `{name}`");
            selection.mistakes.push(Diagnostic::without_place(codes::NO_EXHIBIT, message).help(help));
        }
    }
    match selection.mistakes.is_empty() {
        true => Ok(selection.inputs),
        false => Err(Rejected { diagnostics: selection.mistakes, ..Rejected::default() }),
    }
}

/// The one scenario behind a path.
///
/// # Errors
/// If there is none, or a folder of them.
pub fn one(path: &Path) -> Result<Input, Rejected> {
    let mut selection = select(&[path.to_path_buf()], None);
    if let Some(mistake) = selection.mistakes.pop() {
        return Err(Rejected::new(mistake));
    }
    if selection.inputs.len() == 1 && !path.is_dir() {
        return Ok(selection.inputs.remove(0));
    }
    let message = format!("`{}` is a folder, and one scenario is needed", path.display());
    Err(Rejected::new(Diagnostic::without_place(codes::IS_A_FOLDER, message).help("name a file in it")))
}

/// The first question of a scenario with its texts, under the options that choose one; `None`: it asks none. `done` is what is
/// done with it: if there are more questions, that is remarked.
///
/// # Errors
/// If the options or the scenario cannot be used.
pub fn first_question(
    ask: &Ask,
    done: &str,
    input: impl FnOnce() -> Result<Input, Rejected>,
) -> Result<Option<Loaded>, Box<Rejected>> {
    let wanted = ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let input = input()?;
    let scenario = input.scenario.clone()?;
    let set = meaning::values(ask)?;
    scenario.check_number(&set)?;
    let questions = scenario.questions(wanted.as_ref().map(Wanted::name), &set);
    let Some(question) = questions.first() else { return Ok(None) };
    if questions.len() > 1 {
        output::remark(&format!(
            "{done} on {}, the first of {} questions; choose another with --protocol and --set",
            question.protocol,
            questions.len()
        ));
    }
    Ok(Some(scenario.load(question, &input.finder(wanted.as_ref()))?))
}

impl Selection {
    /// Is it a folder of saved runs, met on the way? One that is named is looked into.
    fn is_of_saved_runs(&self, name: &str, path: &Path) -> bool {
        let is_it = |out: &PathBuf| path.canonicalize().is_ok_and(|path| path == *out);
        name == saved::DEFAULT || self.out.as_ref().is_some_and(is_it)
    }

    /// All scenarios in a folder, sorted by name; protocols and saved runs are passed over.
    fn folder(&mut self, folder: &Path, root: &Path) {
        let mut entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).collect::<Vec<_>>(),
            Err(error) => return self.mistakes.push(unreadable(folder, &error)),
        };
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                // A link to a folder may lead back up.
                let passed = PROTOCOL_FOLDERS.contains(&&*name) || name.starts_with('.') || path.is_symlink();
                if !passed && !self.is_of_saved_runs(&name, &path) {
                    self.folder(&path, root);
                }
            } else if name.ends_with(".pernet") && path.metadata().is_ok_and(|there| !there.is_file()) {
                // To read from a pipe is to wait for somebody.
                let message = format!("`{}` is neither a file nor a folder", path.display());
                let help = "take it out of the folder, or name the scenarios one by one";
                self.mistakes.push(Diagnostic::without_place(codes::NOT_READABLE, message).help(help));
            } else if name.ends_with(".pernet") {
                let protocol = std::fs::read_to_string(&path).is_ok_and(|text| begins_with_protocol(&text));
                if !protocol {
                    self.inputs.push(Input::on_disk(path.clone(), root));
                }
            }
        }
    }

    /// A path that is not on disk may name what is shipped: a file, or a folder of them.
    fn shipped(&mut self, path: &Path) {
        let wanted = slashed(path);
        let wanted = wanted.strip_prefix("scenarios/").unwrap_or(&wanted);
        let folder = format!("{}/", wanted.trim_end_matches('/'));
        let all = library::scenarios();
        let before = self.inputs.len();
        let named = |shipped: &&library::Shipped| shipped.file == wanted || shipped.file.starts_with(&folder);
        self.inputs.extend(all.iter().filter(named).copied().map(Input::shipped));
        if self.inputs.len() == before {
            let not_found = std::io::Error::from(std::io::ErrorKind::NotFound);
            let mistake = unreadable(path, &not_found);
            self.mistakes.push(match did_you_mean(wanted, all.iter().map(|shipped| shipped.file)) {
                Some(near) => mistake.help(format!("did you mean the shipped `{near}`?")),
                None => mistake,
            });
        }
    }
}
