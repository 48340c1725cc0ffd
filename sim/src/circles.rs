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

#[cfg(test)]
mod tests {
    use crate::answer::Answer;
    use crate::ask::{Mode, Plan};
    use crate::report::jsonl;
    use crate::run_text;
    use crate::search::{How, Order};

    /// Two tasks that never meet take two locks in two orders.
    fn ask(breaks: &str, plan: &Plan) -> Answer {
        let text = format!(
            "on rfc2007{breaks}; mutex a, b; int turn;
            task one {{ mutex_lock(a); mutex_lock(b); mutex_unlock(b); mutex_unlock(a); turn = 1; }}
            task two {{ wait_for(turn); mutex_lock(b); mutex_lock(a); mutex_unlock(a); mutex_unlock(b); }}"
        );
        run_text("x.pernet", &text, &[], &[].into(), plan).unwrap().remove(0)
    }

    #[test]
    fn a_circle_is_a_warning_or_what_is_asked_for() {
        let told = "one takes b at x.pernet:2 and holds a (since x.pernet:2); \
                    two takes a at x.pernet:3 and holds b (since x.pernet:3)";
        let unasked = ask("", &Plan::default());
        assert!(unasked.as_expected() && unasked.violations.is_empty());
        assert_eq!(unasked.warnings, [told]);
        assert!(jsonl::line(&unasked).ends_with(&format!(",\"warnings\":[\"{told}\"]}}")));
        let asked = ask(" breaks lock_order", &Plan::default());
        assert!(asked.as_expected() && asked.warnings.is_empty());
        assert_eq!((asked.violations[0].why.as_str(), asked.violations[0].place.line), (told, 2));
    }

    #[test]
    fn whoever_looks_sees_the_same() {
        let plain = ask("", &Plan::default()).warnings;
        for plan in [
            Plan { mode: Mode::Sampled, runs: 10, ..Plan::default() },
            Plan { traces: true, ..Plan::default() },
            Plan { search: How { order: Order::DepthFirst, ..How::default() }, ..Plan::default() },
            Plan { search: How { threads: 8, ..How::default() }, ..Plan::default() },
        ] {
            assert_eq!(ask("", &plan).warnings, plain, "{plan:?}");
        }
        let sampled = Plan { mode: Mode::Sampled, runs: 10, ..Plan::default() };
        assert_eq!(ask(" breaks lock_order", &sampled).first["lock_order"].execution, 1);
    }

    /// Readers of one lock do not wait for each other, unless somebody writes.
    #[test]
    fn readers_alone_are_in_no_circle() {
        let text = |more: &str| {
            format!(
                "on rfc2007; rwsem r; mutex m; int turn;
                task one {{ down_read(r); mutex_lock(m); mutex_unlock(m); up_read(r); turn = 1; }}
                task two {{ wait_for(turn); mutex_lock(m); down_read(r); up_read(r); mutex_unlock(m); }} {more}"
            )
        };
        for (more, circles) in [("", 0), ("task three { down_write(r); up_write(r); }", 1)] {
            let answer =
                run_text("x.pernet", &text(more), &[], &[].into(), &Plan::default()).unwrap().remove(0);
            let found = answer.warnings.len();
            assert_eq!(found, circles, "{:?}", answer.warnings);
        }
    }
}
