//! Callbacks with less in them, fewer sites of faults, first values that are none, smaller numbers.

use super::{Cut, Edit, Kind, Parts, list, one_line};
use model::lang::ast::{Decl, ItemKind, MethodKind};
use model::lang::source::Span;
use model::lang::token::TokenKind;
use std::collections::BTreeSet;

/// Adds them all.
pub fn edits(parts: &Parts<'_>, edits: &mut Vec<Edit>) {
    for item in &parts.tree.items {
        match &item.kind {
            ItemKind::Decl(decl) => of_decl(parts, decl, edits),
            ItemKind::Faults { sites, .. } => {
                let spans: Vec<_> = sites.iter().map(|site| site.span).collect();
                for (at, cut) in list::each(parts, &spans, item.span.hi - 1) {
                    edits.push(Edit::new(
                        Kind::Simpler,
                        format!("no faults in {}", sites[at].text),
                        vec![cut],
                    ));
                }
            }
            ItemKind::Task { name, count: Some(count), .. } => {
                let brackets = Cut::bytes(name.span.hi, count.span.hi + 1);
                edits.push(Edit::new(Kind::Number, format!("one task {}", name.text), vec![brackets]));
            }
            ItemKind::Time { lo, hi: Some(hi), .. } => {
                for (which, cut) in [
                    ("shortest", Cut::bytes(lo.span.hi, hi.span.hi)),
                    ("longest", Cut::bytes(lo.span.lo, hi.span.lo)),
                ] {
                    let what = format!("always the {which} `{}`", one_line(parts.text(item.span)));
                    edits.push(Edit::new(Kind::Simpler, what, vec![cut]));
                }
                continue;
            }
            // What breaks there is what is asked about.
            ItemKind::Protocol { .. } | ItemKind::Replace { .. } | ItemKind::Time { .. } => continue,
            ItemKind::Condition { .. } => continue,
            _ => {}
        }
        numbers(parts, item.span, edits);
    }
}

fn of_decl(parts: &Parts<'_>, decl: &Decl, edits: &mut Vec<Edit>) {
    for method in decl.methods.iter().flatten().rev() {
        let name = &method.name.text;
        let object = decl.vars.first().map_or("", |var| var.name.text.as_str());
        let what = format!("{object} without `{}`", one_line(parts.text(method.span)));
        edits.push(Edit::new(Kind::Simpler, what, vec![Cut::of(method.span)]));
        if matches!(method.kind, MethodKind::Body { .. }) {
            let empty = Cut::of(method.span).put(format!("{name};"));
            edits.push(Edit::new(Kind::Simpler, format!("{object} with an empty {name}"), vec![empty]));
        }
    }
    for var in &decl.vars {
        if let Some(init) = &var.init {
            let what = format!("{} without a first value", var.name.text);
            let equals = parts.tokens(Span { lo: var.name.span.hi, ..init.span });
            let from = equals.iter().find(|token| token.kind.is(model::lang::token::Punct::Assign));
            let from = from.map_or(init.span.lo, |token| token.span.lo);
            edits.push(Edit::new(Kind::Simpler, what, vec![Cut::bytes(from, init.span.hi)]));
        }
    }
}

/// Every number above 1 made smaller: 1 first, then half of it, then one less.
fn numbers(parts: &Parts<'_>, span: Span, edits: &mut Vec<Edit>) {
    for token in parts.tokens(span) {
        let TokenKind::Int(value) = token.kind else { continue };
        let mut tried = BTreeSet::new();
        for less in [1, value / 2, value - 1] {
            if less >= 1 && less < value && tried.insert(less) {
                let what = format!("{less} in place of {value} in `{}`", one_line(parts.text(span)));
                edits.push(Edit::new(Kind::Number, what, vec![Cut::of(token.span).put(less.to_string())]));
            }
        }
    }
}
