//! `show`: what a protocol or scenario is compiled to.

use super::args::Show;
use super::files::{MOST_TEXT, read_text};
use super::finder::Finder;
use super::meaning;
use super::output::Out;
use super::select::{first_question, one};
use crate::codes;
use crate::library::{self, begins_with_protocol};
use crate::question::{Rejected, stem};
use crate::verdict::Exit;
use model::compile::{Settings, compile, listing};
use model::lang::load::load_protocol;
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use model::lang::suggest::did_you_mean;
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
    let path = Path::new(&args.file);
    if !path.exists()
        && let Some((file, text)) = library::protocols().into_iter().find(|(file, _)| {
            let wanted = args.file.strip_prefix("model/").unwrap_or(&args.file);
            file == wanted || stem(file) == wanted
        })
    {
        return Ok(protocol(args, &file, text, &Finder::shipped(None))?);
    }
    if path.is_file() {
        let text = read_text(path, MOST_TEXT).map_err(Rejected::new)?;
        if begins_with_protocol(&text) {
            let finder = Finder::on_disk(&args.file, path, Path::new(""), None);
            return Ok(protocol(args, &args.file, &text, &finder)?);
        }
    }
    scenario(args)
}

fn protocol(args: &Show, file: &str, text: &str, finder: &Finder<'_>) -> Result<String, Rejected> {
    let values = meaning::values(&args.ask)?;
    let mut sources = SourceMap::default();
    let id = sources.add(file, text);
    let (tree, diagnostics) = parse_file(&sources, id);
    if !diagnostics.is_empty() {
        return Err(Rejected { sources, diagnostics });
    }
    let program = load_protocol(&mut sources, &tree, id, finder)
        .and_then(|unit| compile(&sources, &unit, &Settings { values, ..Settings::default() }));
    match program {
        Ok(program) => Ok(listing(&program)),
        Err(diagnostics) => Err(Rejected { sources, diagnostics }),
    }
}

/// A scenario is shown on the protocol of its first `on` line, or on the one that is named.
fn scenario(args: &Show) -> Result<String, Box<Rejected>> {
    let input = || one(Path::new(&args.file)).map_err(|rejected| near_protocol(&args.file, rejected));
    match first_question(&args.ask, "shown", input)? {
        None => Ok(String::new()),
        Some(loaded) => Ok(listing(&loaded.compile(&Room::default())?)),
    }
}

/// What is no file was perhaps meant to be a shipped protocol.
fn near_protocol(wanted: &str, mut rejected: Rejected) -> Rejected {
    let shipped = library::protocols();
    let near = did_you_mean(wanted, shipped.iter().map(|(file, _)| stem(file)));
    if let ([mistake], Some(near)) = (rejected.diagnostics.as_mut_slice(), near)
        && mistake.code == codes::NO_SUCH_FILE
    {
        mistake.help = Some(format!("did you mean the shipped protocol `{near}`?"));
    }
    rejected
}
