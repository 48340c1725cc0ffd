//! A protocol by itself: a file, or one that is shipped.

use super::files::{MOST_TEXT, read_text, unreadable};
use super::finder::Finder;
use crate::codes;
use crate::library::{self, begins_with_protocol};
use crate::pieces::{Piece, pieces};
use crate::question::{Rejected, stem};
use model::lang::diagnostic::Diagnostic;
use model::lang::load::{Unit, load_protocol};
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use model::lang::suggest::did_you_mean;
use std::io;
use std::path::Path;

/// A protocol's text, put together.
pub struct Whole {
    /// The texts that it is made of.
    pub sources: SourceMap,
    /// Its items.
    pub unit: Unit,
}

impl Whole {
    fn new(file: &str, text: &str, finder: &Finder<'_>) -> Result<Self, Rejected> {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let (tree, diagnostics) = parse_file(&sources, id);
        if !diagnostics.is_empty() {
            return Err(Rejected { sources, diagnostics });
        }
        match load_protocol(&mut sources, &tree, id, finder) {
            Ok(unit) => Ok(Self { sources, unit }),
            Err(diagnostics) => Err(Rejected { sources, diagnostics }),
        }
    }

    /// Its pieces.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        pieces(&self.sources, &self.unit.protocol)
    }
}

/// The protocol that an argument names, if it names one: a file that begins as one, or a shipped one.
///
/// # Errors
/// If its text cannot be used.
pub fn find(argument: &str) -> Result<Option<Whole>, Rejected> {
    let path = Path::new(argument);
    if !path.exists() {
        let wanted = argument.strip_prefix("model/").unwrap_or(argument);
        let named = |file: &str| file == wanted || stem(file) == argument;
        let shipped = library::protocols().into_iter().find(|(file, _)| named(file));
        return shipped.map(|(file, text)| Whole::new(&file, text, &Finder::shipped(None))).transpose();
    }
    if path.is_file() {
        let text = read_text(path, MOST_TEXT).map_err(Rejected::new)?;
        if begins_with_protocol(&text) {
            let finder = Finder::on_disk(argument, path, Path::new(""), None);
            return Whole::new(argument, &text, &finder).map(Some);
        }
    }
    Ok(None)
}

/// The protocol that an argument names.
///
/// # Errors
/// If it names none, or its text cannot be used.
pub fn read(argument: &str) -> Result<Whole, Rejected> {
    if let Some(whole) = find(argument)? {
        return Ok(whole);
    }
    let path = Path::new(argument);
    if !path.exists() {
        let missing = unreadable(path, &io::Error::from(io::ErrorKind::NotFound));
        return Err(near(argument, Rejected::new(missing)));
    }
    // A folder says so.
    read_text(path, MOST_TEXT).map_err(Rejected::new)?;
    let message = format!("`{argument}` is a scenario, and a protocol is needed");
    let help = "a protocol's file begins with `protocol NAME;`";
    Err(Rejected::new(Diagnostic::without_place(codes::SCENARIO_AS_PROTOCOL, message).help(help)))
}

/// What is no file was perhaps meant to be a shipped protocol.
#[must_use]
pub fn near(wanted: &str, mut rejected: Rejected) -> Rejected {
    let shipped = library::protocols();
    let near = did_you_mean(wanted, shipped.iter().map(|(file, _)| stem(file)));
    if let ([mistake], Some(near)) = (rejected.diagnostics.as_mut_slice(), near)
        && mistake.code == codes::NO_SUCH_FILE
    {
        mistake.help = Some(format!("did you mean the shipped protocol `{near}`?"));
    }
    rejected
}
