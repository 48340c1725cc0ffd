//! An input that cannot be used, as a check.

use super::{Check, Finding, Kind, Paths, Spot};
use crate::question::Rejected;
use crate::report::diagnostic::render;
use crate::report::visible::Visible;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;

/// All that is wrong with an input. `file`: as reports show it; `name`: which check cannot be made; `folder`: what is put
/// before names of files.
#[must_use]
pub fn rejected(file: &str, name: &Visible, rejected: &Rejected, folder: &str, paths: &Paths) -> Check {
    Check {
        file: Visible::line(file),
        name: name.clone(),
        verdict: Visible::line("bad input"),
        cost: Visible::default(),
        exit: Exit::BadInput,
        at: paths.contains_key(file).then(|| Spot::line(file, 1, paths)),
        findings: rejected.diagnostics.iter().map(|mistake| said(mistake, rejected, folder, paths)).collect(),
    }
}

fn said(mistake: &Diagnostic, rejected: &Rejected, folder: &str, paths: &Paths) -> Finding {
    let sources = &rejected.sources;
    let at = mistake.span.map(|span| {
        let (line, column) = sources.position(span);
        let source = Visible::line(sources.line(span));
        Spot { column: Some(column), source, ..Spot::line(&sources.file(span.file).name, line, paths) }
    });
    let help = mistake.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
    let alone = Rejected { sources: sources.clone(), diagnostics: vec![mistake.clone()] };
    let rule = mistake.code.to_string();
    Finding {
        kind: Kind::Mistake,
        why: Visible::line(&format!("{}{help}", mistake.message)),
        at,
        identity: Visible::line(&format!("{rule} {}", mistake.message)),
        rule: Visible::line(&rule),
        story: Visible::lines(&render(&alone, folder, false)),
        moments: Vec::new(),
        left_out: 0,
    }
}
