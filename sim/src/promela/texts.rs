//! Going through the syntax tree: bodies, statements, expressions.

use model::lang::ast::{Block, Body, Expr, ExprKind, Item, ItemKind, MethodKind, Stmt, StmtKind};

/// All bodies of an item.
pub fn bodies(item: &Item) -> Vec<&Body> {
    match &item.kind {
        ItemKind::Fn(function) => vec![&function.body],
        ItemKind::Boot(body) | ItemKind::Task { body, .. } => vec![body],
        ItemKind::Decl(decl) => {
            let methods = decl.methods.iter().flatten();
            methods
                .filter_map(
                    |method| if let MethodKind::Body { body, .. } = &method.kind { Some(body) } else { None },
                )
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Calls `f` with each statement of a block, outer ones first.
pub fn each_stmt<'s>(block: &'s Block, f: &mut impl FnMut(&'s Stmt)) {
    for stmt in &block.stmts {
        each_of(stmt, f);
    }
}

/// Calls `f` with a statement and those inside it.
pub fn each_of<'s>(stmt: &'s Stmt, f: &mut impl FnMut(&'s Stmt)) {
    f(stmt);
    match &stmt.kind {
        StmtKind::Block(block) | StmtKind::Atomic(block) => each_stmt(block, f),
        StmtKind::If { then, otherwise, .. } => {
            each_of(then, f);
            if let Some(otherwise) = otherwise {
                each_of(otherwise, f);
            }
        }
        StmtKind::While { body, .. } | StmtKind::For { body, .. } | StmtKind::May(body) => each_of(body, f),
        _ => {}
    }
}

/// Calls `f` with each expression that stands in a statement itself, and with those inside it.
pub fn each_inside(stmt: &Stmt, f: &mut impl FnMut(&Expr)) {
    match &stmt.kind {
        StmtKind::If { cond: expr, .. }
        | StmtKind::While { cond: expr, .. }
        | StmtKind::Return(Some(expr))
        | StmtKind::Assert(expr)
        | StmtKind::Call(expr) => each_expr_of(expr, f),
        StmtKind::For { list, after, .. } => {
            each_expr_of(list, f);
            if let Some(after) = after {
                each_expr_of(after, f);
            }
        }
        StmtKind::Assign { place, value } => {
            each_expr_of(place, f);
            each_expr_of(value, f);
        }
        _ => {}
    }
}

/// Calls `f` with an expression and those inside it.
pub fn each_expr_of(expr: &Expr, f: &mut impl FnMut(&Expr)) {
    f(expr);
    match &expr.kind {
        ExprKind::Unary(_, of) | ExprKind::Field(of, _) | ExprKind::Paren(of) => each_expr_of(of, f),
        ExprKind::Binary(_, a, b) | ExprKind::Index(a, b) => {
            each_expr_of(a, f);
            each_expr_of(b, f);
        }
        ExprKind::Call(callee, args) => {
            each_expr_of(callee, f);
            args.iter().for_each(|arg| each_expr_of(arg, f));
        }
        _ => {}
    }
}
