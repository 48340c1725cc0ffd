//! Statements, left out one at a time, or made a part of themselves.

use super::{Cut, Edit, Kind, Parts, one_line};
use model::lang::ast::{BinaryOp, Block, Expr, ExprKind, Item, Stmt, StmtKind};

/// Verbs that undo each other: one goes with the other.
const PAIRS: [(&str, &str); 8] = [
    ("mutex_lock", "mutex_unlock"),
    ("mutex_lock_killable", "mutex_unlock"),
    ("spin_lock", "spin_unlock"),
    ("down_read", "up_read"),
    ("down_write", "up_write"),
    ("down_read_killable", "up_read"),
    ("rcu_read_lock", "rcu_read_unlock"),
    ("get_net", "put_net"),
];

/// Edits of all statements of the scenario itself, from behind.
pub fn edits(parts: &Parts<'_>, edits: &mut Vec<Edit>) {
    let bodies: Vec<_> = parts.tree.items.iter().flat_map(Item::bodies).collect();
    for body in bodies.into_iter().rev() {
        returns(parts, &body.block, edits);
        of_block(parts, &body.block, edits);
    }
}

/// A body that does nothing but return what it returns somewhere: what it has set up by then, and would have to give back, goes
/// with the rest.
fn returns(parts: &Parts<'_>, body: &Block, edits: &mut Vec<Edit>) {
    let mut open: Vec<&Stmt> = body.stmts.iter().rev().collect();
    while let Some(stmt) = open.pop() {
        match &stmt.kind {
            StmtKind::Return(Some(_)) if body.stmts.len() > 1 || stmt.span != body.stmts[0].span => {
                let text = parts.text(stmt.span);
                let what =
                    format!("nothing but `{}` in `{}`", one_line(text), one_line(parts.text(body.span)));
                edits.push(Edit::new(
                    Kind::Simpler,
                    what,
                    vec![Cut::of(body.span).put(format!("{{ {text} }}"))],
                ));
            }
            StmtKind::Block(block) | StmtKind::Atomic(block) => open.extend(block.stmts.iter().rev()),
            StmtKind::If { then, otherwise, .. } => {
                open.extend(otherwise.as_deref());
                open.push(then);
            }
            StmtKind::While { body, .. } | StmtKind::For { body, .. } => open.push(body),
            StmtKind::May(inner) => open.push(inner),
            _ => {}
        }
    }
}

fn of_block(parts: &Parts<'_>, block: &Block, edits: &mut Vec<Edit>) {
    for (at, stmt) in block.stmts.iter().enumerate().rev() {
        let what = format!("without `{}`", one_line(parts.text(stmt.span)));
        edits.push(Edit::new(Kind::Statement, what.clone(), vec![Cut::of(stmt.span)]));
        if let Some(other) = partner(parts, stmt, &block.stmts[at + 1..]) {
            let what = format!("{what} and `{}`", one_line(parts.text(other.span)));
            edits.push(Edit::new(Kind::Statement, what, vec![Cut::of(stmt.span), Cut::of(other.span)]));
        }
        of_stmt(parts, stmt, edits);
    }
}

/// The statement behind it that undoes what it does.
fn partner<'a>(parts: &Parts<'_>, stmt: &Stmt, behind: &'a [Stmt]) -> Option<&'a Stmt> {
    let (name, given) = call(parts, stmt)?;
    let undo: Vec<&str> = PAIRS.iter().filter(|(did, _)| *did == name).map(|(_, undo)| *undo).collect();
    behind
        .iter()
        .find(|other| call(parts, other).is_some_and(|(name, its)| undo.contains(&name) && its == given))
}

/// A call, or one whose result is kept: what is called, and what it is given.
fn call<'a>(parts: &'a Parts<'_>, stmt: &Stmt) -> Option<(&'a str, Vec<&'a str>)> {
    let (StmtKind::Call(expr) | StmtKind::Assign { value: expr, .. }) = &stmt.kind else { return None };
    let ExprKind::Call(what, given) = &expr.kind else { return None };
    Some((parts.text(what.span), given.iter().map(|expr| parts.text(expr.span)).collect()))
}

fn of_stmt(parts: &Parts<'_>, stmt: &Stmt, edits: &mut Vec<Edit>) {
    let shown = || one_line(parts.text(stmt.span));
    let mut simpler = |what: String, put: &str| {
        edits.push(Edit::new(Kind::Simpler, what, vec![Cut::of(stmt.span).put(put)]));
    };
    match &stmt.kind {
        StmtKind::Block(block) => {
            simpler(format!("`{}` without its braces", shown()), inside(parts, stmt));
            of_block(parts, block, edits);
        }
        StmtKind::Atomic(block) => of_block(parts, block, edits),
        StmtKind::If { cond, then, otherwise } => {
            simpler(format!("always the first way of `{}`", shown()), inside(parts, then));
            if let Some(otherwise) = otherwise {
                simpler(format!("always the other way of `{}`", shown()), inside(parts, otherwise));
                let rest = Cut::bytes(then.span.hi, otherwise.span.hi);
                edits.push(Edit::new(Kind::Simpler, format!("`{}` without its else", shown()), vec![rest]));
            }
            of_expr(parts, cond, edits);
            of_inner(parts, then, edits);
            if let Some(otherwise) = otherwise {
                of_inner(parts, otherwise, edits);
            }
        }
        StmtKind::While { cond, body } => {
            simpler(format!("`{}` only once", shown()), inside(parts, body));
            of_expr(parts, cond, edits);
            of_inner(parts, body, edits);
        }
        StmtKind::For { body, .. } => {
            simpler(format!("`{}` without the walk", shown()), inside(parts, body));
            of_inner(parts, body, edits);
        }
        StmtKind::May(inner) => {
            simpler(format!("`{}` always", shown()), parts.text(inner.span));
            of_inner(parts, inner, edits);
        }
        StmtKind::Assign { value, .. } => {
            if matches!(value.kind, ExprKind::Call(..)) {
                simpler(format!("`{}` without its result", shown()), &format!("{};", parts.text(value.span)));
            }
            of_expr(parts, value, edits);
        }
        StmtKind::Call(expr) | StmtKind::Assert(expr) => of_expr(parts, expr, edits),
        StmtKind::Return(Some(value)) => {
            simpler(format!("`{}` without its value", shown()), "return;");
            of_expr(parts, value, edits);
        }
        _ => {}
    }
}

/// The statement of an `if` or loop, which cannot simply go.
fn of_inner(parts: &Parts<'_>, stmt: &Stmt, edits: &mut Vec<Edit>) {
    match &stmt.kind {
        StmtKind::Block(block) => of_block(parts, block, edits),
        _ => of_stmt(parts, stmt, edits),
    }
}

/// A part of a condition that has two.
fn of_expr(parts: &Parts<'_>, expr: &Expr, edits: &mut Vec<Edit>) {
    match &expr.kind {
        ExprKind::Binary(op, left, right) => {
            if matches!(op, BinaryOp::And | BinaryOp::Or) {
                for part in [left, right] {
                    let (whole, part) = (one_line(parts.text(expr.span)), parts.text(part.span));
                    let what = format!("only `{}` of `{whole}`", one_line(part));
                    edits.push(Edit::new(Kind::Simpler, what, vec![Cut::of(expr.span).put(part)]));
                }
            }
            of_expr(parts, left, edits);
            of_expr(parts, right, edits);
        }
        ExprKind::Unary(_, inner) | ExprKind::Paren(inner) => of_expr(parts, inner, edits),
        ExprKind::Call(_, given) => given.iter().for_each(|expr| of_expr(parts, expr, edits)),
        _ => {}
    }
}

/// The text of a statement, of a block what is in it.
fn inside<'a>(parts: &'a Parts<'_>, stmt: &Stmt) -> &'a str {
    let text = parts.text(stmt.span);
    match &stmt.kind {
        StmtKind::Block(_) => text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text),
        _ => text,
    }
}
