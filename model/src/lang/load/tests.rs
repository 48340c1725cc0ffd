use super::super::examples::{EXAMPLES, Files};
use super::*;
use alloc::string::ToString;

/// Loads a scenario for its first `on` line; mistakes as `E034 10:4 message`, with the file if it is another.
fn load_text(text: &str, library: &[(&str, &str)]) -> Result<(Unit, SourceMap), String> {
    let mut sources = SourceMap::default();
    let file = sources.add("test.pernet", text);
    let (tree, mistakes) = parse_file(&sources, file);
    let shown = |sources: &SourceMap, mistakes: &[Diagnostic]| {
        let line = |mistake: &Diagnostic| {
            let place = mistake.span.map_or("-".to_string(), |span| {
                let (line, column) = sources.position(span);
                let other = if span.file == file { "" } else { &sources.file(span.file).name };
                format!("{other}{}{line}:{column}", if other.is_empty() { "" } else { ":" })
            });
            format!("{} {place} {}", mistake.code, mistake.message)
        };
        mistakes.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    if !mistakes.is_empty() {
        return Err(shown(&sources, &mistakes));
    }
    let Head::Scenario { questions } = &tree.head else {
        let unit = load_protocol(&mut sources, &tree, file, &Files(library));
        return unit.map_err(|mistakes| shown(&sources, &mistakes)).map(|unit| (unit, sources));
    };
    let Some(Question::On { protocol, .. }) = questions.first() else { return Err("no `on`".into()) };
    let unit = load(&mut sources, &tree, file, &protocol.text, &Files(library));
    unit.map_err(|mistakes| shown(&sources, &mistakes)).map(|unit| (unit, sources))
}

#[test]
fn examples_load() {
    for (name, text) in EXAMPLES {
        let text = text.replace("on linux-4.17 ", "on linux-5.3 ").replace("is linux-4.17 ", "is linux-5.3 ");
        let library: Vec<(&str, &str)> = EXAMPLES.to_vec();
        let result = load_text(&text, &library);
        let result = result.map(|_| ());
        // A protocol is not called `test.pernet`.
        let allowed = result.as_ref().is_err_and(|mistakes| mistakes.starts_with("E038"));
        assert!(result.is_ok() || allowed, "{name}: {result:?}");
    }
}
