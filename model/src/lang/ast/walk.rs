//! Going through the syntax tree: what stands inside a statement or an expression, and what stands inside that.
//!
//! `inside` is one level down; `walk` is everything, outer ones first, each level in the order of the text. Every kind is
//! named here, so that a new one cannot be forgotten.

use super::{Block, Body, Decl, Expr, ExprKind, Item, ItemKind, MethodKind, Stmt, StmtKind};
use alloc::vec::Vec;

impl Item {
    /// The bodies of a function, a task, `boot`, or the callbacks of an object.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        let (own, decl) = match &self.kind {
            ItemKind::Fn(function) => (Some(&function.body), None),
            ItemKind::Boot(body) | ItemKind::Task { body, .. } => (Some(body), None),
            ItemKind::Decl(decl) => (None, Some(decl)),
            ItemKind::Struct { .. }
            | ItemKind::Const { .. }
            | ItemKind::Condition { .. }
            | ItemKind::Faults { .. }
            | ItemKind::Time { .. }
            | ItemKind::Replace { .. }
            | ItemKind::Protocol { .. } => (None, None),
        };
        own.into_iter().chain(decl.into_iter().flat_map(Decl::bodies))
    }
}

impl Decl {
    /// The bodies of the callbacks.
    pub fn bodies(&self) -> impl Iterator<Item = &Body> {
        self.methods.iter().flatten().filter_map(|method| match &method.kind {
            MethodKind::Body { body, .. } => Some(body),
            MethodKind::Value(_) | MethodKind::Empty => None,
        })
    }

    /// The values that the variables and fields begin with.
    pub fn values(&self) -> impl Iterator<Item = &Expr> {
        let fields = self.methods.iter().flatten().filter_map(|method| match &method.kind {
            MethodKind::Value(value) => Some(value),
            MethodKind::Body { .. } | MethodKind::Empty => None,
        });
        self.vars.iter().filter_map(|var| var.init.as_ref()).chain(fields)
    }
}

impl Block {
    /// Every statement of the block, and those inside.
    pub fn walk(&self) -> impl Iterator<Item = &Stmt> {
        walk(self.stmts.iter(), Stmt::inside)
    }
}

impl Stmt {
    /// The statements directly inside.
    pub fn inside(&self) -> impl DoubleEndedIterator<Item = &Self> {
        let (block, first, second): (&[Self], _, _) = match &self.kind {
            StmtKind::Block(block) | StmtKind::Atomic(block) => (&block.stmts, None, None),
            StmtKind::If { then, otherwise, .. } => (&[], Some(&**then), otherwise.as_deref()),
            StmtKind::While { body, .. } | StmtKind::For { body, .. } | StmtKind::May(body) => {
                (&[], Some(&**body), None)
            }
            StmtKind::Goto(_)
            | StmtKind::Label(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Return(_)
            | StmtKind::Step
            | StmtKind::Assert(_)
            | StmtKind::LocalList { .. }
            | StmtKind::Assign { .. }
            | StmtKind::Call(_)
            | StmtKind::Error => (&[], None, None),
        };
        block.iter().chain(first).chain(second)
    }

    /// The statement, and those inside.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        walk(core::iter::once(self), Self::inside)
    }

    /// Every expression that stands in the statement itself, not in a statement inside it, and those inside.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let (first, second) = match &self.kind {
            StmtKind::If { cond: expr, .. }
            | StmtKind::While { cond: expr, .. }
            | StmtKind::Assert(expr)
            | StmtKind::Call(expr) => (Some(expr), None),
            StmtKind::Return(expr) => (expr.as_ref(), None),
            StmtKind::For { list, after, .. } => (Some(list), after.as_ref()),
            StmtKind::Assign { place, value } => (Some(place), Some(value)),
            StmtKind::Block(_)
            | StmtKind::Goto(_)
            | StmtKind::Label(_)
            | StmtKind::Break
            | StmtKind::Continue
            | StmtKind::Atomic(_)
            | StmtKind::May(_)
            | StmtKind::Step
            | StmtKind::LocalList { .. }
            | StmtKind::Error => (None, None),
        };
        walk(first.into_iter().chain(second), Expr::inside)
    }
}

impl Expr {
    /// The expressions directly inside.
    pub fn inside(&self) -> impl DoubleEndedIterator<Item = &Self> {
        let (first, second, args): (_, _, &[Self]) = match &self.kind {
            ExprKind::Unary(_, of) | ExprKind::Field(of, _) | ExprKind::Paren(of) => (Some(&**of), None, &[]),
            ExprKind::Binary(_, a, b) | ExprKind::Index(a, b) => (Some(&**a), Some(&**b), &[]),
            ExprKind::Call(callee, args) => (Some(&**callee), None, args),
            ExprKind::Int(_)
            | ExprKind::Null
            | ExprKind::Errno(_)
            | ExprKind::Name(_)
            | ExprKind::Struct(_)
            | ExprKind::Error => (None, None, &[]),
        };
        first.into_iter().chain(second).chain(args)
    }

    /// The expression, and those inside.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        walk(core::iter::once(self), Self::inside)
    }
}

fn walk<'t, T: 't, Inside>(
    roots: impl DoubleEndedIterator<Item = &'t T>,
    inside: impl Fn(&'t T) -> Inside,
) -> impl Iterator<Item = &'t T>
where
    Inside: DoubleEndedIterator<Item = &'t T>,
{
    let mut ahead: Vec<&T> = roots.rev().collect();
    core::iter::from_fn(move || {
        let next = ahead.pop()?;
        ahead.extend(inside(next).rev());
        Some(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::parser::parse_file;
    use crate::lang::source::SourceMap;
    use alloc::string::{String, ToString};

    const TEXT: &str = "protocol p;
int top = 1;
ops veth { size = struct data; init(net) { may return -ENOMEM; } exit; }
fn f(n) {
    if (n) { x = g(n + 1); } else while (!n) step;
    for (net in net_list after net) atomic { h(n.a[2]); }
    return (n);
}
";

    #[test]
    fn everything_is_met_once_outer_ones_first_in_the_order_of_the_text() {
        let mut sources = SourceMap::default();
        let id = sources.add("p.pernet", TEXT);
        let (file, mistakes) = parse_file(&sources, id);
        assert_eq!(mistakes, []);
        let first_words = |stmt: &Stmt| {
            sources.text(stmt.span).split(' ').next().unwrap_or_default().trim_end_matches(';').to_string()
        };
        let bodies = file.items.iter().flat_map(Item::bodies);
        let stmts: Vec<&Stmt> = bodies.flat_map(|body| body.block.walk()).collect();
        let met: Vec<String> = stmts.iter().copied().map(first_words).collect();
        assert_eq!(
            met,
            ["may", "return", "if", "{", "x", "while", "step", "for", "atomic", "h(n.a[2])", "return"]
        );
        assert_eq!(stmts[2].walk().count(), 5);

        let exprs: Vec<&str> =
            stmts.iter().flat_map(|stmt| stmt.exprs()).map(|expr| sources.text(expr.span)).collect();
        let wanted = [
            "-ENOMEM",
            "ENOMEM", // of the callback
            "n",
            "x",
            "g(n + 1)",
            "g",
            "n + 1",
            "n",
            "1",
            "!n",
            "n", // of if and else
            "net_list",
            "net",
            "h(n.a[2])",
            "h",
            "n.a[2]",
            "n.a",
            "n",
            "2",
            "(n)",
            "n",
        ];
        assert_eq!(exprs, wanted);

        let values = file.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Decl(decl) => Some(decl),
            _ => None,
        });
        let values: Vec<&str> = values.flat_map(Decl::values).map(|expr| sources.text(expr.span)).collect();
        assert_eq!(values, ["1", "struct data"]);
    }
}
