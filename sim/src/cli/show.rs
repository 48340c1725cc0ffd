//! `show`: what a protocol or scenario is compiled to.

use super::args::Show;
use super::meaning;
use super::output::Out;
use super::protocol::{Whole, find, near};
use super::select::{first_question, one};
use crate::question::Rejected;
use crate::verdict::Exit;
use model::compile::{Settings, compile, listing};
use model::machine::Room;
use std::path::Path;

/// Shows a file.
pub fn show(args: &Show) -> Exit {
    match listed(args) {
        Ok(text) => {
            Out::new().write(&text);
            Exit::AsExpected
        }
        Err(rejected) => super::refuse(&rejected, "", args.color),
    }
}

fn listed(args: &Show) -> Result<String, Box<Rejected>> {
    match find(&args.file)? {
        Some(Whole { sources, unit }) => {
            let settings = Settings { values: meaning::values(&args.ask)?, ..Settings::default() };
            match compile(&sources, &unit, &settings) {
                Ok(program) => Ok(listing(&program)),
                Err(diagnostics) => Err(Rejected { sources, diagnostics }.into()),
            }
        }
        None => scenario(args),
    }
}

/// A scenario is shown on the protocol of its first `on` line, or on the one that is named.
fn scenario(args: &Show) -> Result<String, Box<Rejected>> {
    let input = || one(Path::new(&args.file)).map_err(|rejected| near(&args.file, rejected));
    match first_question(&args.ask, "shown", input)? {
        None => Ok(String::new()),
        Some(loaded) => Ok(listing(&loaded.compile(&Room::default())?)),
    }
}
