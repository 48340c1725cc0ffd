//! Saving violations as folders.

use super::files::write_folder;
use crate::answer::{Answer, Violation};
use crate::bundle::{Bundle, SCHEDULE};
use crate::report::check::Again;
use crate::report::human::{quoted, token_command};
use model::lang::diagnostic::Diagnostic;
use std::path::{Path, PathBuf};

/// Where violations go if nothing is said.
pub const DEFAULT: &str = "pernet-sim.out";

/// Which violations are saved, and where.
pub struct Saver {
    folder: PathBuf,
    /// Expected ones, too?
    all: bool,
}

impl Saver {
    /// By the argument of `--out`.
    #[must_use]
    pub fn new(out: Option<&Path>) -> Self {
        Self { folder: out.unwrap_or(Path::new(DEFAULT)).to_path_buf(), all: out.is_some() }
    }

    /// Saves a violation if it is to be saved, and says how to repeat it: from its folder, or by its schedule.
    /// `path` and `protocol` are what the user can say to get the scenario and its protocol again.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn save(
        &self,
        answer: &Answer,
        violation: &Violation,
        path: &str,
        protocol: &str,
    ) -> Result<Again, Diagnostic> {
        if self.all || !violation.expected {
            let folder = self.folder.to_string_lossy();
            if let Some(bundle) = Bundle::new(answer, violation, &folder) {
                write_folder(&self.folder, &bundle.name, &bundle.files)?;
                let place = self.folder.join(&bundle.name);
                return Ok(Again {
                    command: format!("pernet-sim replay {}", quoted(&place.to_string_lossy())),
                    file: place.join(SCHEDULE).to_string_lossy().into_owned(),
                });
            }
        }
        Ok(repeat(answer, violation, path, protocol))
    }
}

/// How to repeat a violation that is not saved.
#[must_use]
pub fn repeat(answer: &Answer, violation: &Violation, path: &str, protocol: &str) -> Again {
    let command = token_command(answer, violation, path, protocol);
    Again {
        command: command.unwrap_or_else(|| "no schedule leads to it".to_string()),
        file: "what `--out DIR` saves".to_string(),
    }
}
