//! `export`: a question for another checker.

use super::args::Export;
use super::finder::Wanted;
use super::meaning;
use super::output::{self, Out};
use super::select::one;
use crate::promela::promela;
use crate::question::Rejected;
use crate::verdict::Exit;

/// Writes a scenario's first question as a model.
pub fn export(args: &Export) -> Exit {
    match exported(args) {
        Ok(text) => {
            Out::new().write(&text);
            Exit::AsExpected
        }
        Err(rejected) => super::refuse(&rejected, "", args.color),
    }
}

fn exported(args: &Export) -> Result<String, Box<Rejected>> {
    let wanted = args.ask.protocol.as_deref().map(Wanted::new).transpose()?;
    let input = one(&args.scenario)?;
    let scenario = input.scenario.clone()?;
    let set = meaning::values(&args.ask)?;
    scenario.check_number(&set)?;
    let questions = scenario.questions(wanted.as_ref().map(Wanted::name), &set);
    let Some(question) = questions.first() else { return Ok(String::new()) };
    if questions.len() > 1 {
        output::remark(&format!(
            "exported on {}, the first of {} questions; choose another with --protocol and --set",
            question.protocol,
            questions.len()
        ));
    }
    let loaded = scenario.load(question, &input.finder(wanted.as_ref()))?;
    Ok(promela(&loaded)?)
}
