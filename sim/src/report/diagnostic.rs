//! Diagnostics with their number, place, excerpt and way out.

use crate::question::Rejected;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use model::lang::diagnostic::Diagnostic;
use model::lang::source::{FileId, SourceMap, Span};

/// Columns that excerpts may take.
const WIDTH: usize = 110;

/// All mistakes of an input, every line ended. `folder` is put before the names of files, so that they can be opened
/// from where the reader is.
#[must_use]
pub fn render(rejected: &Rejected, folder: &str, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(WIDTH);
    let mut out = String::new();
    for diagnostic in &rejected.diagnostics {
        let paths =
            rejected.sources.files().iter().map(|file| format!("{folder}{}", file.name)).collect::<Vec<_>>();
        out.push_str(&renderer.render(&[group(diagnostic, &rejected.sources, &paths)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap, paths: &'a [String]) -> Group<'a> {
    let title = Level::ERROR.primary_title(&*diagnostic.message).id(diagnostic.code.to_string());
    let mut group = Group::with_title(title);
    for file in files(diagnostic) {
        let source = sources.file(file);
        let mut snippet = Snippet::source(&*source.text).path(&*paths[usize::from(file.0)]).fold(true);
        if let Some(span) = diagnostic.span.filter(|span| span.file == file) {
            snippet = snippet.annotation(AnnotationKind::Primary.span(range(span, &source.text)));
        }
        for (span, note) in diagnostic.notes.iter().filter(|(span, _)| span.file == file) {
            snippet =
                snippet.annotation(AnnotationKind::Context.span(range(*span, &source.text)).label(&**note));
        }
        group = group.element(snippet);
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(&**help)),
        None => group,
    }
}

/// The files that a diagnostic points into, its own first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    let places = diagnostic.span.into_iter().chain(diagnostic.notes.iter().map(|(span, _)| *span));
    for span in places {
        if !files.contains(&span.file) {
            files.push(span.file);
        }
    }
    files
}

fn range(span: Span, text: &str) -> std::ops::Range<usize> {
    let hi = (span.hi as usize).min(text.len());
    (span.lo as usize).min(hi)..hi
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::lang::diagnostic::Code;

    #[test]
    fn number_place_excerpt_and_way_out() {
        let mut sources = SourceMap::default();
        let file = sources.add("x.pernet", "on p;\ntsak t {}\n");
        let diagnostic = Diagnostic::new(Code(20), Span { file, lo: 6, hi: 10 }, "`tsak` begins no item")
            .help("did you mean `task`?");
        let text = render(&Rejected { sources, diagnostics: vec![diagnostic] }, "in/", false);
        for part in [
            "error[E020]: `tsak` begins no item",
            "in/x.pernet:2:1",
            "tsak t {}",
            "help: did you mean `task`?",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn without_a_place_there_is_no_excerpt() {
        let diagnostic = Diagnostic::without_place(Code(200), "there is no `x`").help("look elsewhere");
        let text = render(&Rejected::new(diagnostic), "", false);
        assert_eq!(text.lines().next(), Some("error[E200]: there is no `x`"));
    }
}
