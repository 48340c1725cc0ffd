//! Worlds that reached something new, as readable scenarios.
//!
//! The last line of an entry holds the choices that it was drawn from, so that it can be changed as a world and not only as
//! a text. Where they do not give the text that stands above them (another version has written it, or somebody has changed
//! it), the text counts, and is run as it is.

use super::protocol::{Drawn, Protocol};
use super::stream::{Choices, choices, letters};
use crate::fingerprint;

/// The word before the choices.
const CHOICES: &str = "// choices ";

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name of its file, made of its text.
    pub name: String,
    /// The scenario.
    pub text: String,
    /// What it was drawn from.
    pub choices: Option<Choices>,
}

impl Entry {
    /// The entry of a drawn world.
    #[must_use]
    pub fn of(drawn: &Drawn) -> Self {
        Self { name: name(&drawn.text), text: drawn.text.clone(), choices: Some(drawn.choices.clone()) }
    }

    /// Reads a file.
    #[must_use]
    pub fn read(file: &str, text: &str, protocol: &Protocol) -> Self {
        let last = text.trim_end().rsplit_once('\n').map_or("", |(_, last)| last);
        let drawn = last.strip_prefix(CHOICES).and_then(choices).map(|choices| protocol.drawn(choices));
        let above = || text.trim_end().strip_suffix(last).unwrap_or(text);
        match drawn.filter(|drawn| drawn.text == above()) {
            Some(drawn) => Self { name: file.to_string(), ..Self::of(&drawn) },
            None => Self { name: file.to_string(), text: text.to_string(), choices: None },
        }
    }

    /// The text of its file.
    #[must_use]
    pub fn file(&self) -> String {
        match &self.choices {
            Some(choices) => format!("{}{CHOICES}{}\n", self.text, letters(&choices.made)),
            None => self.text.clone(),
        }
    }
}

/// Equal scenarios have equal names.
fn name(text: &str) -> String {
    format!("{:016x}.pernet", fingerprint::of(text.as_bytes()))
}
