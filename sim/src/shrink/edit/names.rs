//! Declared names, left out with all that speaks of them.

use super::{Cut, Edit, Kind, Parts, condition_name, list};
use model::lang::ast::{Block, Decl, Item, ItemKind, MethodKind, Stmt, StmtKind, Type, TypeKind};
use model::lang::source::Span;
use model::lang::token::Punct;

/// Where a name is declared.
struct Declared<'a> {
    kind: Kind,
    /// `task`, `ops`, `net`.
    sort: String,
    name: &'a str,
    cut: Cut,
}

/// Edits for each declared name, in the order of the text from behind: what comes later leans on what comes first. The name
/// goes with all that speaks of it; or alone, since something else may be called like it.
pub fn edits(parts: &Parts<'_>, edits: &mut Vec<Edit>) {
    let declared = declared(parts);
    for Declared { kind, sort, name, cut } in declared.into_iter().rev() {
        let what = format!("without {sort} {name}");
        let alone = Edit::new(kind, what.clone(), vec![cut.clone()]);
        let mut cuts = vec![cut];
        let more = parts.tree.items.iter().all(|item| of_item(parts, item, name, &mut cuts));
        if more && cuts.len() > 1 {
            edits.push(Edit::new(kind, format!("{what}, and what speaks of it"), cuts));
        }
        edits.push(alone);
    }
}

fn declared<'a>(parts: &'a Parts<'_>) -> Vec<Declared<'a>> {
    let mut all = Vec::new();
    for item in &parts.tree.items {
        let mut one = |kind, sort: &str, name: &'a str| {
            all.push(Declared { kind, sort: sort.to_string(), name, cut: Cut::of(item.span) });
        };
        match &item.kind {
            ItemKind::Task { name, .. } => one(Kind::Task, "task", &name.text),
            ItemKind::Fn(function) => one(Kind::Name, "fn", &function.name.text),
            ItemKind::Const { name, .. } => one(Kind::Name, "const", &name.text),
            ItemKind::Struct { name, fields } => {
                one(Kind::Name, "struct", &name.text);
                fields.iter().for_each(|field| variables(parts, field, &mut all));
            }
            ItemKind::Decl(decl) => variables(parts, decl, &mut all),
            _ => {}
        }
    }
    all
}

/// The names of one declaration.
fn variables<'a>(parts: &'a Parts<'_>, decl: &'a Decl, all: &mut Vec<Declared<'a>>) {
    let sort = sort(parts, &decl.ty);
    let spans: Vec<_> = decl.vars.iter().map(|var| var.name.span).collect();
    let cuts = list::each(parts, &spans, end_of_names(parts, decl));
    for (at, var) in decl.vars.iter().enumerate() {
        let cut = cuts.iter().find(|(cut, _)| *cut == at).map_or(Cut::of(decl.span), |(_, cut)| cut.clone());
        all.push(Declared { kind: Kind::Name, sort: sort.clone(), name: &var.name.text, cut });
    }
}

fn sort(parts: &Parts<'_>, ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Struct(name) => name.clone(),
        _ => parts.text(ty.span).to_string(),
    }
}

/// Where the names of a declaration end: at its semicolon, or the brace of its methods.
fn end_of_names(parts: &Parts<'_>, decl: &Decl) -> u32 {
    let brace = decl.methods.is_some().then(|| {
        let tokens = parts.tokens(decl.span);
        tokens.iter().find(|token| token.kind.is(Punct::LBrace)).map(|token| token.span.lo)
    });
    brace.flatten().unwrap_or(decl.span.hi - 1)
}

/// Adds the cuts that keep an item from speaking of a name; false if that cannot be done.
fn of_item(parts: &Parts<'_>, item: &Item, name: &str, cuts: &mut Vec<Cut>) -> bool {
    if !parts.mentions(item.span, name) {
        return true;
    }
    match &item.kind {
        ItemKind::Task { body, .. } | ItemKind::Boot(body) => of_block(parts, &body.block, name, cuts),
        ItemKind::Fn(function) => of_block(parts, &function.body.block, name, cuts),
        ItemKind::Condition { kind, label, exprs } => {
            let spans: Vec<_> = exprs.iter().map(|expr| expr.span).collect();
            let called = condition_name(*kind, label.as_ref());
            let speaks = |span: Span| parts.mentions(span, name);
            if spans.iter().any(|&span| speaks(span) && parts.is_kept(&called, span)) {
                return false;
            }
            if spans.iter().all(|&span| speaks(span)) {
                cuts.push(Cut::of(item.span));
            } else {
                let each = list::each(parts, &spans, item.span.hi - 1);
                cuts.extend(each.into_iter().filter(|&(at, _)| speaks(spans[at])).map(|(_, cut)| cut));
            }
        }
        ItemKind::Faults { sites, .. } => {
            let spans: Vec<_> = sites.iter().map(|site| site.span).collect();
            let each = list::each(parts, &spans, item.span.hi - 1);
            match sites.iter().position(|site| site.text == name) {
                Some(at) if !each.is_empty() => cuts.push(each[at].1.clone()),
                Some(_) => cuts.push(Cut::of(item.span)),
                None => {}
            }
        }
        ItemKind::Time { target, member, .. }
            if target.text == name || member.as_ref().is_some_and(|member| member.text == name) =>
        {
            cuts.push(Cut::of(item.span));
        }
        ItemKind::Replace { target, .. } if target.text == name => cuts.push(Cut::of(item.span)),
        ItemKind::Protocol { items, .. } => {
            let of_it = |inner: &&Item| matches!(&inner.kind, ItemKind::Replace { target, .. } if target.text == name);
            cuts.extend(items.iter().filter(of_it).map(|inner| Cut::of(inner.span)));
        }
        ItemKind::Decl(decl) => of_decl(parts, decl, name, cuts),
        _ => {}
    }
    true
}

/// Its methods, and what its names begin with.
fn of_decl(parts: &Parts<'_>, decl: &Decl, name: &str, cuts: &mut Vec<Cut>) {
    if decl.vars.iter().any(|var| var.name.text == name) {
        return;
    }
    if decl.vars.iter().any(|var| var.init.as_ref().is_some_and(|init| parts.mentions(init.span, name))) {
        cuts.push(Cut::of(decl.span));
        return;
    }
    for method in decl.methods.iter().flatten().filter(|method| parts.mentions(method.span, name)) {
        match &method.kind {
            MethodKind::Body { body, .. } => of_block(parts, &body.block, name, cuts),
            MethodKind::Value(_) | MethodKind::Empty => cuts.push(Cut::of(method.span)),
        }
    }
}

fn of_block(parts: &Parts<'_>, block: &Block, name: &str, cuts: &mut Vec<Cut>) {
    block.stmts.iter().for_each(|stmt| of_stmt(parts, stmt, name, cuts));
}

/// The smallest statements that speak of it go.
fn of_stmt(parts: &Parts<'_>, stmt: &Stmt, name: &str, cuts: &mut Vec<Cut>) {
    if !parts.mentions(stmt.span, name) {
        return;
    }
    let mut head = stmt.span;
    match &stmt.kind {
        StmtKind::Block(block) | StmtKind::Atomic(block) => return of_block(parts, block, name, cuts),
        StmtKind::If { then, otherwise, .. } => {
            head.hi = then.span.lo;
            if !parts.mentions(head, name) {
                of_inner(parts, then, name, cuts);
                if let Some(otherwise) = otherwise {
                    of_inner(parts, otherwise, name, cuts);
                }
                return;
            }
        }
        StmtKind::While { body, .. } | StmtKind::For { body, .. } => {
            head.hi = body.span.lo;
            if !parts.mentions(head, name) {
                return of_inner(parts, body, name, cuts);
            }
        }
        _ => {}
    }
    cuts.push(Cut::of(stmt.span));
}

/// A statement that something must stand in the place of.
fn of_inner(parts: &Parts<'_>, stmt: &Stmt, name: &str, cuts: &mut Vec<Cut>) {
    let before = cuts.len();
    of_stmt(parts, stmt, name, cuts);
    let whole = Cut::of(stmt.span);
    if let Some(cut) = cuts[before..].iter_mut().find(|cut| **cut == whole) {
        cut.put.push_str("{ }");
    }
}
