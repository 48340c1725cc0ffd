//! A campaign's folder: reading it, and writing into it so that nothing is ever half there.

use crate::VERSION;
use crate::campaign::manifest::{FILE, Manifest, Text};
use crate::campaign::{Merged, Shard};
use crate::cli::files::{MOST_REPLAY, MOST_TEXT, read_text, reason, unreadable};
use crate::codes;
use crate::fingerprint;
use crate::question::Rejected;
use crate::report::check::Paths;
use model::lang::diagnostic::Diagnostic;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where shards are.
const SHARDS: &str = "shards";
/// How files begin that are being written. Nobody reads them.
const UNFINISHED: &str = ".unfinished-";

/// A campaign's folder.
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    /// What is run.
    pub manifest: Manifest,
    /// The campaign's name.
    pub id: u64,
}

/// What is in a folder.
pub struct Survey {
    /// The shards that are whole.
    pub merged: Merged,
    /// What should be a shard and is none: its number, and why.
    pub torn: Vec<(u64, String)>,
}

impl Folder {
    /// Reads the manifest.
    ///
    /// # Errors
    /// If there is none that can be used.
    pub fn open(path: &Path) -> Result<Self, Rejected> {
        let file = path.join(FILE);
        if !file.exists() {
            let message = format!("there is no campaign in `{}`", path.display());
            let help = "plan one: `pernet-sim campaign plan DIR PATH... --runs N`";
            return Err(Rejected::new(Diagnostic::without_place(codes::NO_CAMPAIGN, message).help(help)));
        }
        let text = read_text(&file, MOST_REPLAY).map_err(Rejected::new)?;
        let manifest = Manifest::read(&file.to_string_lossy(), &text)?;
        Ok(Self { path: path.to_path_buf(), id: manifest.id(), manifest })
    }

    /// The same, to run some of it: another version of the program might come to something else.
    ///
    /// # Errors
    /// If there is no manifest of this version.
    pub fn open_to_run(path: &Path) -> Result<Self, Rejected> {
        let folder = Self::open(path)?;
        let mine = VERSION;
        if folder.manifest.tool == mine {
            return Ok(folder);
        }
        let message = format!(
            "the campaign in `{}` was planned by version {}, and this is version {mine}",
            path.display(),
            folder.manifest.tool
        );
        let help = "run it with the version that planned it, or plan another one";
        Err(Rejected::new(Diagnostic::without_place(codes::CAMPAIGN_TOOL, message).help(help)))
    }

    /// All texts, in the manifest's order.
    ///
    /// # Errors
    /// If one is not there, or is another one.
    pub fn texts(&self) -> Result<Vec<String>, Rejected> {
        let mut wrong = Vec::new();
        let mut texts = Vec::new();
        for text in &self.manifest.texts {
            let path = self.path.join(text.path());
            let help = "copy the folder again, or plan the campaign again: the manifest knows each text";
            match read_text(&path, MOST_TEXT) {
                Ok(said) if fingerprint::hex(fingerprint::of(said.as_bytes())) == text.hash => {
                    texts.push(said)
                }
                Ok(_) => {
                    let message = format!("`{}` is not the text that was planned", path.display());
                    wrong.push(Diagnostic::without_place(codes::CAMPAIGN_TEXT, message).help(help));
                }
                Err(mistake) => {
                    wrong.push(Diagnostic::without_place(codes::CAMPAIGN_TEXT, mistake.message).help(help));
                }
            }
        }
        match wrong.is_empty() {
            true => Ok(texts),
            false => Err(Rejected { diagnostics: wrong, ..Rejected::default() }),
        }
    }

    /// Where the texts of each name lie; of several with one name, the first.
    pub fn text_paths(&self) -> Paths {
        let path =
            |text: &Text| (text.file.clone(), self.path.join(text.path()).to_string_lossy().into_owned());
        self.manifest.texts.iter().rev().map(path).collect()
    }

    /// Where a shard is.
    pub fn shard_path(&self, index: u64) -> PathBuf {
        self.path.join(SHARDS).join(shard_name(index))
    }

    /// A shard, if it is there; why it is none, if something else is.
    pub fn shard(&self, index: u64) -> Option<Result<Shard, String>> {
        let path = self.shard_path(index);
        if !path.exists() {
            return None;
        }
        let read = read_text(&path, MOST_REPLAY).map_err(|mistake| mistake.message);
        Some(read.and_then(|text| Shard::read(&self.manifest, self.id, index, &text)))
    }

    /// Looks at all shards.
    ///
    /// # Errors
    /// If the folder of shards cannot be read.
    pub fn survey(&self) -> Result<Survey, Rejected> {
        let mut survey = Survey { merged: Merged::new(self.id), torn: Vec::new() };
        let folder = self.path.join(SHARDS);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(survey),
            Err(error) => return Err(Rejected::new(unreadable(&folder, &error))),
        };
        // A name that is not written like that is nobody's, whatever number it is.
        let number = |name: &str| {
            let index = name.strip_suffix(".jsonl")?.parse().ok()?;
            (shard_name(index) == name).then_some(index)
        };
        let names = entries.filter_map(Result::ok).map(|entry| entry.file_name());
        let mut indices: Vec<u64> = names.filter_map(|name| number(name.to_str()?)).collect();
        indices.sort_unstable();
        for index in indices.into_iter().filter(|&index| index < self.manifest.shards()) {
            match self.shard(index) {
                None => {}
                Some(Ok(shard)) => survey.merged.add(shard).expect("a file has one number"),
                Some(Err(why)) => survey.torn.push((index, why)),
            }
        }
        Ok(survey)
    }

    /// Writes a shard, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written, and is not there.
    pub fn write_shard(&self, shard: &Shard) -> Result<(), Diagnostic> {
        let name = format!("{SHARDS}/{}", shard_name(shard.index));
        let written = self.write(&name, shard.to_text().as_bytes());
        match written {
            // Somebody else has just written the same.
            Err(_) if self.shard(shard.index).is_some_and(|there| there.as_ref() == Ok(shard)) => Ok(()),
            written => written,
        }
    }

    /// What is said of a file that is no shard.
    pub fn torn(&self, index: u64, why: &str) -> Rejected {
        let message = format!("`{}` is no whole shard: {why}", self.shard_path(index).display());
        let help =
            "it counts as missing; `campaign run` keeps it under another name, and runs the shard again";
        Rejected::new(Diagnostic::without_place(codes::TORN_SHARD, message).help(help))
    }

    /// Moves what is no shard out of the way; what it says is kept.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn set_aside(&self, index: u64) -> Result<(), Diagnostic> {
        let path = self.shard_path(index);
        let moved = || -> io::Result<()> {
            // It may even be a folder.
            let said = fs::read(&path).map_or(0, |bytes| fingerprint::of(&bytes));
            fs::rename(&path, path.with_extension(format!("jsonl.torn-{said:016x}")))
        };
        match moved() {
            Err(error) if path.exists() => Err(unwritable(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Writes a file of the campaign.
    ///
    /// # Errors
    /// If it cannot be written; then it is as it was.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        write_whole(&self.path.join(name), |file| file.write_all(bytes))
    }

    /// Removes what was left by processes that were killed while they wrote. Somebody may be writing now: then what he has
    /// to say is there already, and he will see that.
    pub fn sweep(&self) {
        let entries = fs::read_dir(self.path.join(SHARDS)).into_iter().flatten().filter_map(Result::ok);
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The name of a shard's file.
fn shard_name(index: u64) -> String {
    format!("{index:06}.jsonl")
}

/// Writes a file beside its place, waits until it is on the disk, and moves it there: it is there whole, or not at all,
/// whatever happens meanwhile.
///
/// # Errors
/// If it cannot be written; then what was there is as it was.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), Diagnostic> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        write(file.as_file_mut())?;
        readable_by_all(file.as_file())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The name is on the disk when the folder is.
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| unwritable(path, &error))
}

/// A temporary file is its owner's alone; others may look at a campaign, as the system lets them look at other files.
#[cfg(unix)]
fn readable_by_all(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &File) -> io::Result<()> {
    Ok(())
}

/// Why something cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let message = format!("`{}` cannot be written: {}", path.display(), reason(error));
    if full {
        let help = "make room, and say the same again: what is written is whole, and is not done again";
        return Diagnostic::without_place(codes::DISK_FULL, message).help(help);
    }
    let help = "check its folder and the permissions there, and say the same again: what is written is whole";
    Diagnostic::without_place(codes::NOT_WRITABLE, message).help(help)
}
