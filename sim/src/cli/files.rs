//! Reading and writing, with a numbered diagnostic for each way in which it can fail.

use crate::codes;
use model::lang::diagnostic::Diagnostic;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// No scenario or protocol is so long; what the language itself takes is less.
pub const MOST_TEXT: u64 = 4 << 20;
/// No replay file is so long.
pub const MOST_REPLAY: u64 = 1 << 30;

/// The text of a file.
///
/// # Errors
/// If it is missing, a folder, too long, or no UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, Diagnostic> {
    let shown = path.display();
    if path.is_dir() {
        let message = format!("`{shown}` is a folder, and a file is needed");
        return Err(Diagnostic::without_place(codes::IS_A_FOLDER, message).help("name a file in it"));
    }
    let mut bytes = Vec::new();
    // Not by its size: a device has none, and never ends.
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > most {
        let message = format!("`{shown}` has more than {most} bytes");
        return Err(Diagnostic::without_place(codes::TOO_LARGE, message).help("is it the right file?"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("`{shown}` is no UTF-8 text: byte {at} does not fit");
        Diagnostic::without_place(codes::NOT_UTF8, message).help("save it as UTF-8")
    })
}

/// Why a path cannot be read.
#[must_use]
pub fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let shown = path.display();
    if error.kind() == io::ErrorKind::NotFound {
        return Diagnostic::without_place(codes::NO_SUCH_FILE, format!("there is no `{shown}`"))
            .help("`pernet-sim list scenarios` and `list protocols` show what is shipped");
    }
    Diagnostic::without_place(codes::NOT_READABLE, format!("`{shown}` cannot be read: {}", reason(error)))
        .help("check its permissions")
}

/// Why a path cannot be written.
#[must_use]
pub fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be written: {}", path.display(), reason(error));
    Diagnostic::without_place(codes::NOT_WRITABLE, message)
        .help("name a folder that can be written with `--out DIR`")
}

/// What the system says, without its number.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Writes a folder whole or not at all: beside its place first, and then it is moved there. One that is there already
/// has the same name because it has the same content.
///
/// # Errors
/// If something cannot be written; then nothing is left.
pub fn write_folder(parent: &Path, name: &str, files: &[(String, String)]) -> Result<(), Diagnostic> {
    let place = parent.join(name);
    if place.is_dir() {
        return Ok(());
    }
    let write = || -> io::Result<()> {
        fs::create_dir_all(parent)?;
        let folder = tempfile::Builder::new().prefix(".unfinished-").tempdir_in(parent)?;
        for (file, text) in files {
            fs::write(folder.path().join(file), text)?;
        }
        let unfinished = folder.keep();
        fs::rename(&unfinished, &place).inspect_err(|_| {
            let _ = fs::remove_dir_all(&unfinished);
        })
    };
    match write() {
        Err(error) if !place.is_dir() => Err(unwritable(&place, &error)),
        _ => Ok(()),
    }
}

/// Writes a file, or what stands for one.
///
/// # Errors
/// If it cannot be written.
pub fn write_file(path: &Path, text: &str) -> Result<(), Diagnostic> {
    fs::write(path, text).map_err(|error| no_file(path, &error))
}

fn no_file(path: &Path, error: &io::Error) -> Diagnostic {
    let message = format!("`{}` cannot be written: {}", path.display(), reason(error));
    Diagnostic::without_place(codes::NOT_WRITABLE, message).help("name a file in a folder that exists")
}

/// Writes at the end of a file, which is made if it is not there.
///
/// # Errors
/// If it cannot be written.
pub fn append(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let file = File::options().create(true).append(true).open(path);
    file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|error| no_file(path, &error))
}

/// Writes a file whole or not at all: beside its place first, and then it is moved there. What was there is gone.
///
/// # Errors
/// If it cannot be written; then everything is as it was.
pub fn write_new(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let write = || -> io::Result<()> {
        // A device or a pipe is written to, and never replaced.
        if path.exists() && !path.is_file() {
            return fs::write(path, text);
        }
        // Through a link, to the file itself.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let mut name = std::ffi::OsString::from(format!(".unfinished-{}-", std::process::id()));
        name.push(path.file_name().unwrap_or_default());
        let unfinished = path.with_file_name(name);
        fs::write(&unfinished, text).and_then(|()| fs::rename(&unfinished, &path)).inspect_err(|_| {
            let _ = fs::remove_file(&unfinished);
        })
    };
    write().map_err(|error| no_file(path, &error))
}

/// Could a file be written whole?
///
/// # Errors
/// If it is a folder, or there is no place for it.
pub fn check_writable(path: &Path) -> Result<(), Diagnostic> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = match (path.is_dir(), path.exists() && !path.is_file()) {
        (true, _) => Err(io::ErrorKind::IsADirectory.into()),
        (_, true) => Ok(()),
        _ => tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map(|_| ()),
    };
    made.map_err(|error| no_file(path, &error))
}

/// Replaces a file whole or not at all, and keeps its permissions.
///
/// # Errors
/// If it cannot be written; then it is as it was.
pub fn replace(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let write = || -> io::Result<()> {
        // Through a link, to the file itself.
        let path = fs::canonicalize(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(|error| {
        let message = format!("`{}` cannot be written: {}", path.display(), reason(&error));
        Diagnostic::without_place(codes::NOT_WRITABLE, message).help("check the permissions of its folder")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_has_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("binary"), [0xff, 0xfe]).unwrap();
        fs::write(at("long"), "12345").unwrap();
        for (name, code) in [
            ("missing", codes::NO_SUCH_FILE),
            ("", codes::IS_A_FOLDER),
            ("binary", codes::NOT_UTF8),
            ("long", codes::TOO_LARGE),
        ] {
            assert_eq!(read_text(&at(name), 4).unwrap_err().code, code, "{name}");
        }
        assert_eq!(read_text(&at("long"), 5), Ok("12345".to_string()));
    }

    #[test]
    fn folders_are_written_whole_or_not_at_all() {
        let parent = tempfile::tempdir().unwrap();
        let files = [("a".to_string(), "1".to_string())];
        write_folder(&parent.path().join("out"), "x", &files).unwrap();
        assert_eq!(fs::read_to_string(parent.path().join("out/x/a")).unwrap(), "1");
        // A file in a folder that does not exist cannot be written.
        let bad = [("a".to_string(), "1".to_string()), ("no/b".to_string(), "2".to_string())];
        assert_eq!(write_folder(parent.path(), "y", &bad).unwrap_err().code, codes::NOT_WRITABLE);
        let left: Vec<_> =
            fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["out"]);
    }
}
