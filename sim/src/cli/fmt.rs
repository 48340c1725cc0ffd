//! `fmt`: the one layout, in place.

use super::args::Fmt;
use super::files::{MOST_TEXT, read_text, replace};
use super::output::{self, Out};
use crate::question::Rejected;
use crate::verdict::Exit;
use model::lang::printer::format;
use model::lang::source::SourceMap;
use std::path::Path;

/// Formats files; a file with mistakes stays as it is.
pub fn fmt(args: &Fmt) -> Exit {
    let mut exit = Exit::AsExpected;
    let mut out = Out::new();
    for path in &args.files {
        match formatted(path) {
            Ok((text, new)) if text == new => {}
            Ok(_) if args.check => {
                out.write(&format!("{} would change\n", path.display()));
                exit = exit.worse(Exit::Finding);
            }
            Ok((_, new)) => match replace(path, &new) {
                Ok(()) => out.write(&format!("{} formatted\n", path.display())),
                Err(mistake) => {
                    output::complain(&Rejected::new(mistake), "", args.color);
                    exit = Exit::BadInput;
                }
            },
            Err(rejected) => {
                output::complain(&rejected, "", args.color);
                exit = Exit::BadInput;
            }
        }
    }
    exit
}

/// The text as it is, and as it should be.
fn formatted(path: &Path) -> Result<(String, String), Rejected> {
    let text = read_text(path, MOST_TEXT).map_err(Rejected::new)?;
    match format(&text) {
        Ok(new) => Ok((text, new)),
        Err(diagnostics) => {
            let mut sources = SourceMap::default();
            sources.add(path.to_string_lossy(), text);
            Err(Rejected { sources, diagnostics })
        }
    }
}
