//! One page asked of several protocols: eras, or a protocol and a copy of it with an edit.
//!
//! A page that spells out differences of its own, as in `protocol repaired is rfc2007 { ... }`, is asked with each of them
//! laid over the protocol in question, too. Not every page fits every protocol: it may use what one does not have.

use crate::answer::{Answer, params_text};
use crate::ask::{Plan, ask};
use crate::limit::Control;
use crate::question::{Question, Rejected, Scenario, Values};
use crate::verdict::Coverage;
use model::lang::load::Library;
use std::collections::BTreeSet;

/// A page, or a page with one of its own differences, with values for its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The scenario as it was read.
    pub scenario: Scenario,
    /// The difference of its own.
    pub own: Option<String>,
    /// The values of `for`.
    pub params: Values,
}

/// What a page is told of one protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// The answer.
    Answer(Box<Answer>),
    /// Page and protocol do not fit, and why.
    Unfit(Box<Rejected>),
}

impl Page {
    /// All that a scenario asks of any protocol.
    ///
    /// # Errors
    /// If that is more than can be answered.
    pub fn all(scenario: &Scenario) -> Result<Vec<Self>, Rejected> {
        scenario.check_number(&Values::new())?;
        let plain = scenario.asks_others().then_some(None);
        let own = scenario.asked_own().into_iter().map(Some);
        // The name of the protocol is of no account here: one question for each value.
        let params: Vec<_> = scenario
            .questions(Some(""), &Values::new())
            .into_iter()
            .map(|question| question.params)
            .collect();
        let pages = plain.into_iter().chain(own).flat_map(|own| {
            let page = |params: &Values| Self {
                scenario: scenario.clone(),
                own: own.clone(),
                params: params.clone(),
            };
            params.iter().map(page).collect::<Vec<_>>()
        });
        Ok(pages.collect())
    }

    /// How it is called: file, its own difference, values.
    #[must_use]
    pub fn title(&self) -> String {
        let own = self.own.as_ref().map_or(String::new(), |own| format!(", {own}"));
        let params = params_text(&self.params);
        let comma = if params.is_empty() { "" } else { ", " };
        format!("{}{own}{comma}{params}", self.scenario.file)
    }

    /// The scenario and the question to ask of a protocol.
    #[must_use]
    pub fn on(&self, protocol: &str) -> (Scenario, Question) {
        let asked = self.own.as_deref().unwrap_or(protocol);
        let question =
            Question { protocol: asked.to_string(), breaks: Vec::new(), params: self.params.clone() };
        (self.scenario.rebased(protocol), question)
    }

    /// Asks it of a protocol.
    #[must_use]
    pub fn ask(&self, protocol: &str, plan: &Plan, library: &dyn Library, control: &dyn Control) -> Told {
        let (scenario, question) = self.on(protocol);
        match ask(&scenario, &question, plan, library, control) {
            Ok(answer) => Told::Answer(Box::new(answer)),
            Err(rejected) => Told::Unfit(rejected),
        }
    }
}

/// What an answer comes to: two protocols answer alike if it is equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Gist {
    /// What is found.
    pub found: BTreeSet<String>,
    /// Each `sometimes` that is not reached, where nothing is found.
    pub unreached: BTreeSet<String>,
}

impl Told {
    /// The answer, if there is one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::Unfit(_) => None,
        }
    }

    /// Why page and protocol do not fit, in one line.
    #[must_use]
    pub fn unfit(&self) -> Option<String> {
        match self {
            Self::Answer(_) => None,
            Self::Unfit(rejected) => {
                let first = rejected.diagnostics.first();
                Some(first.map_or(String::new(), |first| format!("{}: {}", first.code, first.message)))
            }
        }
    }

    /// What the answer comes to.
    #[must_use]
    pub fn gist(&self) -> Option<Gist> {
        let answer = self.answer()?;
        let unreached: BTreeSet<_> =
            answer.not_reached.iter().map(|unreached| unreached.text.clone()).collect();
        // A `sometimes` that is never reached is among the violations, too.
        let named = |name: &String| answer.not_reached.iter().any(|unreached| unreached.name == *name);
        let found = answer.violations.iter().map(|violation| violation.name.clone());
        Some(Gist { found: found.filter(|name| !named(name)).collect(), unreached })
    }

    /// Was all looked at that there is?
    #[must_use]
    pub fn complete(&self) -> bool {
        self.answer().is_some_and(|answer| answer.coverage == Coverage::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;

    const TEXT: &str = "on rfc2007 breaks mine; on own; on other; for n in 1..2;
        protocol own is rfc2007 { replace in f { x = n; } with { x = 0; } }
        protocol other is own { replace in f { x = 0; } with { step; } }
        protocol unasked is rfc2007 { replace in f { x = n; } with { step; } }
        int x; fn f() { x = n; } task t { f(); } never mine: x == 2;";

    #[test]
    fn a_page_is_asked_with_each_of_its_differences() {
        let scenario = Scenario::read("x.pernet", TEXT).unwrap();
        let pages = Page::all(&scenario).unwrap();
        let titles: Vec<_> = pages.iter().map(Page::title).collect();
        let want = [
            "x.pernet, n=1",
            "x.pernet, n=2",
            "x.pernet, own, n=1",
            "x.pernet, own, n=2",
            "x.pernet, other, n=1",
            "x.pernet, other, n=2",
        ];
        assert_eq!(titles, want);
        let found = |at: usize, protocol: &str| {
            let told = pages[at].ask(protocol, &Plan::default(), &ShippedLibrary, &());
            let gist = told.gist().unwrap_or_else(|| panic!("{:?}", told.unfit()));
            gist.found.into_iter().collect::<Vec<_>>().join(" ")
        };
        for protocol in ["rfc2007", "linux-5.3"] {
            assert_eq!([0, 1, 3, 5].map(|at| found(at, protocol)), ["", "mine", "", ""]);
        }
        assert_eq!(
            pages[5]
                .ask("linux-5.3", &Plan::default(), &ShippedLibrary, &())
                .answer()
                .unwrap()
                .question
                .protocol,
            "other"
        );
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let text = "on linux-5.3; ops a { pre_exit; } task t { register_pernet_subsys(a); }";
        let page = Page::all(&Scenario::read("x.pernet", text).unwrap()).unwrap().remove(0);
        let told = page.ask("rfc2007", &Plan::default(), &ShippedLibrary, &());
        assert_eq!(told.unfit().as_deref(), Some("E116: `struct ops` has no `pre_exit`"));
        assert_eq!((told.gist(), told.complete()), (None, false));
    }
}
