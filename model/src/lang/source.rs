//! Source texts and places in them.

use alloc::string::String;
use alloc::vec::Vec;

/// Which file of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileId(pub u16);

/// A run of bytes of one file: `lo` inclusive, `hi` exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

impl Span {
    /// The smallest span that covers both; of different files, the first wins.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file == other.file {
            Self { file: self.file, lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
        } else {
            self
        }
    }
}

/// One file: its name as shown to the user, and its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The name that diagnostics and traces print.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// All files of one question, in the order in which they were read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceMap {
    files: Vec<Source>,
}

impl SourceMap {
    /// Adds a file and names it.
    ///
    /// # Panics
    /// With more than 65,535 files.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).expect("fewer than 65,536 files"));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// The file with this id.
    #[must_use]
    pub fn file(&self, id: FileId) -> &Source {
        &self.files[usize::from(id.0)]
    }

    /// All files, in order.
    #[must_use]
    pub fn files(&self) -> &[Source] {
        &self.files
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        &self.file(span.file).text[span.lo as usize..span.hi as usize]
    }

    /// Line and column of the span's first byte, both counted from 1; columns count characters.
    #[must_use]
    pub fn position(&self, span: Span) -> (u32, u32) {
        let before = &self.file(span.file).text[..span.lo as usize];
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The whole line that the span begins in, without surrounding space.
    #[must_use]
    pub fn line(&self, span: Span) -> &str {
        let text = &self.file(span.file).text;
        let lo = text[..span.lo as usize].rfind('\n').map_or(0, |at| at + 1);
        let hi = text[span.lo as usize..].find('\n').map_or(text.len(), |at| at + span.lo as usize);
        text[lo..hi].trim()
    }
}
