//! How large a story is.

use model::lang::ast::{Block, ItemKind, NumKind, Stmt, StmtKind};
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
            size.statements += item.bodies().map(|body| of_block(&body.block)).sum::<u64>();
        }
        size
    }
}

fn of_block(block: &Block) -> u64 {
    block.stmts.iter().map(of_stmt).sum()
}

fn of_stmt(stmt: &Stmt) -> u64 {
    match &stmt.kind {
        StmtKind::Block(block) => of_block(block),
        StmtKind::Atomic(block) => 1 + of_block(block),
        StmtKind::If { then, otherwise, .. } => {
            1 + of_stmt(then) + otherwise.as_ref().map_or(0, |stmt| of_stmt(stmt))
        }
        StmtKind::While { body, .. } | StmtKind::For { body, .. } => 1 + of_stmt(body),
        StmtKind::May(inner) => 1 + of_stmt(inner),
        _ => 1,
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
