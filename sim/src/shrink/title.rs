//! The last touch: a page as a person would have written it, with a name, a question and its expectation.

use super::certificate::Certificate;
use super::oracle::Oracle;
use super::page::with_question;
use super::story::Run;
use crate::ask::{Mode, Plan, ask};
use crate::limit::Limits;
use crate::question::{Question, Scenario, Values};
use model::lang::printer::format;

/// A page with all that belongs to it.
pub struct Named {
    /// Its name, without folder and ending.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it asks.
    pub question: Question,
}

/// Writes the page.
pub fn write(oracle: &Oracle<'_>, text: &str, _run: &Run, certificate: &Certificate) -> Named {
    let scenario = Scenario::read(oracle.file, text);
    let question = scenario.ok().map(|scenario| scenario.questions(None, &oracle.values).remove(0));
    let mut question = question.unwrap_or_else(|| Question {
        protocol: String::new(),
        breaks: Vec::new(),
        params: Values::new(),
    });
    question.breaks = breaks(oracle, text);
    let name = oracle.signature.name.replace('_', "-");
    let head = format!(
        "// Can `{}` break here?\n//\n// {}.\non {} breaks {};\n",
        oracle.signature.name,
        certificate,
        question.protocol,
        question.breaks.join(", ")
    );
    let text = with_question(text, &head);
    let text = format(&text).unwrap_or(text);
    Named { name, text, question }
}

/// All that breaks in the world, what it is about first.
fn breaks(oracle: &Oracle<'_>, text: &str) -> Vec<String> {
    let mut names = vec![oracle.signature.name.clone()];
    let limits = Limits { max_states: oracle.effort.max_states, ..Limits::default() };
    let plan = Plan { mode: Mode::Exhaustive, schedules: false, limits, ..Plan::default() };
    if let Ok((scenario, question, _)) = oracle.load(text)
        && let Ok(answer) = ask(&scenario, &question, &plan, &oracle.texts, oracle.control)
    {
        for found in answer.violations {
            if !names.contains(&found.name) {
                names.push(found.name);
            }
        }
    }
    names
}
