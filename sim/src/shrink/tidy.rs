//! The layout of a page: what is short on one line, and what belongs together in a paragraph.

use super::edit::Cut;
use model::lang::ast::{Block, ItemKind, MethodKind};
use model::lang::parser::parse_file;
use model::lang::printer::format;
use model::lang::source::{SourceMap, Span};

/// What is longer stays on several lines.
const MOST: usize = 96;
/// So many statements stand beside each other.
const MOST_STATEMENTS: usize = 2;

/// Lays a page out anew. Only the space between words changes.
pub fn tidy(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let text = lines.join("\n") + "\n";
    let mut sources = SourceMap::default();
    let file = sources.add("", text.as_str());
    let (tree, mistakes) = parse_file(&sources, file);
    if !mistakes.is_empty() {
        return text;
    }
    let mut cuts = Vec::new();
    let mut before = None;
    for item in &tree.items {
        let paragraph = match &item.kind {
            ItemKind::Task { .. } => 1,
            ItemKind::Condition { .. } => 2,
            ItemKind::Fn(_) | ItemKind::Protocol { .. } => 3,
            _ => 0,
        };
        if before != Some(paragraph) || paragraph == 3 {
            cuts.push(Cut::bytes(item.span.lo, item.span.lo).put("\n\n"));
        }
        before = Some(paragraph);
        match &item.kind {
            ItemKind::Task { body, .. } | ItemKind::Boot(body) => {
                on_one_line(&text, item.span, &body.block, &mut cuts)
            }
            ItemKind::Fn(function) => on_one_line(&text, item.span, &function.body.block, &mut cuts),
            ItemKind::Decl(decl) => {
                let methods = decl.methods.iter().flatten();
                let statements = methods.clone().map(|method| match &method.kind {
                    MethodKind::Body { body, .. } => body.block.stmts.len(),
                    MethodKind::Value(_) | MethodKind::Empty => 0,
                });
                if statements.sum::<usize>() <= MOST_STATEMENTS && words(&text, item.span).len() <= MOST {
                    cuts.push(Cut::of(item.span).put(words(&text, item.span)));
                    continue;
                }
                for method in methods {
                    if let MethodKind::Body { body, .. } = &method.kind {
                        on_one_line(&text, method.span, &body.block, &mut cuts);
                    }
                }
            }
            _ => {}
        }
    }
    let laid = Cut::all(&cuts, &text).unwrap_or_else(|| text.clone());
    format(&laid).unwrap_or(text)
}

fn on_one_line(text: &str, span: Span, block: &Block, cuts: &mut Vec<Cut>) {
    let line = words(text, span);
    if block.stmts.len() <= MOST_STATEMENTS && line.len() <= MOST {
        cuts.push(Cut::of(span).put(line));
    }
}

fn words(text: &str, span: Span) -> String {
    text[span.lo as usize..span.hi as usize].split_whitespace().collect::<Vec<_>>().join(" ")
}
