//! Circles in the orders in which locks were taken: a violation where the question names them, and a warning elsewhere.

use crate::answer::Violation;
use crate::question::Question;
use crate::sample::First;
use crate::trace::Place;
use model::judge::orders::Orders;
use model::machine::{Finding, Program};
use std::collections::BTreeMap;

/// A circle: what it is, and where it is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circle {
    /// In the reader's words.
    pub why: String,
    /// Where one of its locks is taken.
    pub place: Place,
}

/// The circles in all orders that were seen.
#[must_use]
pub fn of<'a>(program: &Program, seen: impl Iterator<Item = &'a Orders>) -> Vec<Circle> {
    let mut orders = Orders::default();
    seen.for_each(|seen| orders.join(seen));
    let place = |pc: u32| Place::of(program, program.spans[pc as usize]);
    let circles = orders.circles(program).into_iter();
    circles.map(|circle| Circle { why: circle.why, place: place(circle.pc) }).collect()
}

fn is_named(question: &Question) -> bool {
    question.breaks.iter().any(|name| name == Orders::NAME)
}

/// The first of them as a violation, if the question names it.
#[must_use]
pub fn violations(circles: &[Circle], question: &Question) -> Option<Violation> {
    let circle = circles.first().filter(|_| is_named(question))?;
    let finding = Finding { name: Orders::NAME.to_string(), why: circle.why.clone(), pc: None };
    Some(Violation { place: circle.place.clone(), ..Violation::bare(question, finding, 0) })
}

/// What they say, if the question does not name them.
#[must_use]
pub fn warnings(circles: &[Circle], question: &Question) -> Vec<String> {
    let unnamed = circles.iter().filter(|_| !is_named(question));
    unnamed.map(|circle| circle.why.clone()).collect()
}

/// When findings were met first: circles among them only if the question names them.
#[must_use]
pub fn first(first: &BTreeMap<String, First>, question: &Question) -> BTreeMap<String, First> {
    let mut first = first.clone();
    first.retain(|name, _| name != Orders::NAME || is_named(question));
    first
}
