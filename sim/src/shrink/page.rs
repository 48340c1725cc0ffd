//! The page that is made smaller: one question and nothing that only explains.

use super::Failing;
use super::edit::{with_name, without_comments};
use crate::question::{Rejected, Scenario, Values};
use model::lang::ast::{Head, ItemKind, Question as Line};
use model::lang::parser::parse_file;
use model::lang::printer::format;
use model::lang::source::SourceMap;

/// A page with one question.
pub struct Page {
    /// Its text.
    pub text: String,
    /// The values that a text cannot hold.
    pub values: Values,
}

/// The page of a run alone: its one question, its parameters as numbers, no comments.
///
/// # Errors
/// If the text cannot be read.
pub fn alone(failing: &Failing, breaks: &str) -> Result<Page, Box<Rejected>> {
    Scenario::read(&failing.file, &failing.text)?;
    let asked = without_comments(&failing.text);
    let question = format!("on {} breaks {breaks};\n", failing.question.protocol);
    let mut text = with_question(&asked, &question);
    let mut values = Values::new();
    for (name, &value) in &failing.question.params {
        match constant(&text, name) {
            _ if is_parameter(&asked, name) => text = with_name(&text, name, &value.to_string()),
            // A constant has no sign.
            _ if value < 0 => _ = values.insert(name.clone(), value),
            Some(line) => text.replace_range(line, &format!("const {name} = {value};")),
            None => text.push_str(&format!("\nconst {name} = {value};\n")),
        }
    }
    let text = format(&text).map_err(|diagnostics| {
        let mut sources = SourceMap::default();
        sources.add("", text);
        Box::new(Rejected { sources, diagnostics })
    })?;
    Ok(Page { text, values })
}

/// Where a scenario declares a constant.
fn constant(text: &str, wanted: &str) -> Option<std::ops::Range<usize>> {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    let (tree, _) = parse_file(&sources, file);
    tree.items.iter().find_map(|item| match &item.kind {
        ItemKind::Const { name, .. } if name.text == wanted => {
            Some(item.span.lo as usize..item.span.hi as usize)
        }
        _ => None,
    })
}

/// Does a `for` line of the head declare it?
fn is_parameter(text: &str, wanted: &str) -> bool {
    lines(text).iter().any(|line| matches!(line, Line::For { name, .. } if name.text == wanted))
}

fn lines(text: &str) -> Vec<Line> {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    match parse_file(&sources, file).0.head {
        Head::Scenario { questions } => questions,
        Head::Protocol { .. } => Vec::new(),
    }
}

/// The text with other lines at its head.
pub fn with_question(text: &str, question: &str) -> String {
    let end = lines(text).iter().map(|(Line::On { span, .. } | Line::For { span, .. })| span.hi).max();
    format!("{question}{}", &text[end.unwrap_or(0) as usize..])
}
