use super::super::examples::EXAMPLES;
use super::*;
use std::println;

fn words(text: &str) -> (Vec<String>, Vec<String>) {
    use alloc::string::ToString;
    let mut sources = SourceMap::default();
    let id = sources.add("", text);
    let lexed = lex(text, id);
    let tokens = lexed.tokens.iter().map(|token| sources.text(token.span).to_string());
    let comments = lexed.comments.iter().map(|comment| sources.text(comment.span).to_string());
    (tokens.collect(), comments.collect())
}

#[test]
fn show() {
    for (name, text) in EXAMPLES {
        let once = format(text).unwrap();
        println!("=== {name}\n{once}");
        assert_eq!(words(text), words(&once));
        assert_eq!(format(&once).unwrap(), once);
    }
}
