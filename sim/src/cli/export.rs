//! `export`: a question for another checker.

use super::args::Export;
use super::output::Out;
use super::select::{first_question, one};
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
    match first_question(&args.ask, "exported", || one(&args.scenario))? {
        None => Ok(String::new()),
        Some(loaded) => Ok(promela(&loaded)?),
    }
}
