//! How large a story is.

use model::lang::ast::{ItemKind, NumKind, StmtKind};
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use std::fmt;

/// How large a story is: the world, and the run in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Size {
    /// Tasks.
    pub tasks: u64,
    /// Statements of the scenario, of all bodies.
    pub statements: u64,
    /// Steps of the run.
    pub steps: u64,
}

impl Size {
    /// Of a scenario's text, without a run.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut sources = SourceMap::default();
        let file = sources.add("", text);
        let (tree, _) = parse_file(&sources, file);
        let constant = |wanted: &str| {
            tree.items.iter().find_map(|item| match &item.kind {
                ItemKind::Const { name, value } if name.text == wanted => Some(*value),
                _ => None,
            })
        };
        let mut size = Self::default();
        for item in &tree.items {
            if let ItemKind::Task { count, .. } = &item.kind {
                let number = match count.as_ref().map(|count| &count.kind) {
                    Some(NumKind::Int(number)) => *number,
                    Some(NumKind::Const(name)) => constant(name).unwrap_or(1),
                    None => 1,
                };
                size.tasks += u64::try_from(number).unwrap_or(1);
            }
            let stmts = item.bodies().flat_map(|body| body.block.walk());
            let counted = stmts.filter(|stmt| !matches!(stmt.kind, StmtKind::Block(_)));
            size.statements += counted.map(|_| 1).sum::<u64>();
        }
        size
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count =
            |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        write!(
            f,
            "{}, {}, {}",
            count(self.tasks, "task"),
            count(self.statements, "statement"),
            count(self.steps, "step")
        )
    }
}
