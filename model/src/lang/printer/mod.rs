//! The formatter: one look for every file.
//!
//! The tree says where lines begin and how deep they are; the text itself, comments included, is copied token by
//! token from the source. So the formatter cannot lose or change a word, only the space between two.

mod align;
mod layout;
mod spacing;
#[cfg(test)]
mod tests;
mod writer;

use super::diagnostic::Diagnostic;
use super::lexer::lex;
use super::parser::parse_file;
use super::source::SourceMap;
use alloc::string::String;
use alloc::vec::Vec;

/// Lines longer than this are broken where they can be.
pub const MAX_WIDTH: usize = 110;

/// Formats a file. Formatting the result again changes nothing.
///
/// # Errors
/// When the file has mistakes; their places are in a map that holds this text alone.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    format_to_width(text, MAX_WIDTH)
}

fn format_to_width(text: &str, width: usize) -> Result<String, Vec<Diagnostic>> {
    let mut sources = SourceMap::default();
    let id = sources.add("", text);
    let (file, mistakes) = parse_file(&sources, id);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let lexed = lex(text, id);
    let mut layout = layout::Layout { sources: &sources, out: writer::Writer::new(text, &lexed, width) };
    layout.file(&file);
    Ok(layout.out.finish())
}
