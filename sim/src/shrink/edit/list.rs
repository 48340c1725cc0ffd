//! Elements of a list with commas, left out one at a time.

use super::{Cut, Parts};
use model::lang::source::Span;
use model::lang::token::Punct;

/// The cut that leaves out each element of a list, with its comma; none if there is only one. `end`: where the list ends.
pub fn each(parts: &Parts<'_>, elements: &[Span], end: u32) -> Vec<(usize, Cut)> {
    let last = elements.len().saturating_sub(1);
    if last == 0 {
        return Vec::new();
    }
    let cut = |at: usize| {
        if at < last {
            return Cut::bytes(elements[at].lo, elements[at + 1].lo);
        }
        let before = parts.tokens(Span { lo: elements[at - 1].lo, ..elements[at] });
        let comma =
            before.iter().rev().find(|token| token.kind.is(Punct::Comma) && token.span.hi <= elements[at].lo);
        Cut::bytes(comma.map_or(elements[at].lo, |token| token.span.lo), end)
    };
    (0..=last).map(|at| (at, cut(at))).collect()
}
