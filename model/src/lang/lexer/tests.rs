//! Words of the language, and what is no word of it.

use super::super::fixtures::{Numbers, shown};
use super::super::source::SourceMap;
use super::*;

/// The kinds of the tokens, a word each, and the mistakes.
fn kinds(text: &str) -> String {
    let mut sources = SourceMap::default();
    let file = sources.add("t", text);
    let lexed = lex(text, file);
    let kind = |token: &Token| match &token.kind {
        TokenKind::Int(value) => format!("int:{value}"),
        TokenKind::Duration(ns) => format!("ns:{ns}"),
        TokenKind::Name(name) => name.clone(),
        TokenKind::Proto(name) => format!("proto:{name}"),
        TokenKind::Punct(punct) => punct.text().into(),
    };
    let comments = lexed.comments.iter().map(|comment| format!("<{}>", sources.text(comment.span)));
    let words: Vec<String> = lexed.tokens.iter().map(kind).chain(comments).collect();
    let mistakes = shown(&sources, file, &lexed.diagnostics);
    if mistakes.is_empty() { words.join(" ") } else { format!("{}\n{mistakes}", words.join(" ")) }
}

#[track_caller]
fn check(text: &str, want: &str) {
    assert_eq!(kinds(text), want);
}

#[test]
fn tokens() {
    check("a_1.b[0x1F]<=-2", "a_1 . b [ int:31 ] <= - int:2");
    check("1..3;!x!=y==z=w&&u||v", "int:1 .. int:3 ; ! x != y == z = w && u || v");
    check("250ns 5us..2ms 1s 0s", "ns:250 ns:5000 .. ns:2000000 ns:1000000000 ns:0");
    check("1073741823 0x3fffffff 0", "int:1073741823 int:1073741823 int:0");
    check("list<net.list>x;", "list < net . list > x ;");
    check("\r\n\t x", "x");
}

#[test]
fn protocols_are_lexed_whole_behind_three_words() {
    check("on linux-2.6.24 breaks x;", "on proto:linux-2.6.24 breaks x ;");
    check("protocol 5.3 is /* c */ a-b;", "protocol proto:5.3 is proto:a-b ; </* c */>");
    check("on rfc2007; on.x = on - 1", "on rfc2007 ; on . x = on - int:1");
    check("for (on in list) a-b", "for ( on in list ) a - b");
}

#[test]
fn comments() {
    check("a // b\nc /* d\n e */ f", "a c f <// b> </* d\n e */>");
    check("a //  \r\nb//", "a b <//> <//>");
    check("/**/ a /*/ b */", "a </**/> </*/ b */>");
    check("a /* b", "a </* b>\nE008 1:3 this comment is not closed");
}

#[test]
fn mistakes() {
    check("1073741824", "int:0\nE009 1:1 `1073741824` is too large an integer");
    check("99999999999999999999999", "int:0\nE009 1:1 `99999999999999999999999` is too large an integer");
    check(
        "12ab 0x 0xg 1_000 5m",
        "int:0 int:0 int:0 int:0 int:0\nE010 1:1 `12ab` is not a number\nE010 1:6 `0x` is not a number\nE010 1:9 `0xg` is not a number\nE010 1:13 `1_000` is not a number\nE010 1:19 `5m` is not a number",
    );
    check(
        "1000001s 99999999999999999999s",
        "ns:0 ns:0\nE011 1:1 `1000001s` is too long a duration\nE011 1:10 `99999999999999999999s` is too long a duration",
    );
    check(
        "a->b & c | d ? e",
        "a . b c d e\nE007 1:2 there is no `->`\nE007 1:6 there is no operator `&`\nE007 1:10 there is no operator `|`\nE007 1:14 there is no operator `?`",
    );
    check("#include <x>\ny", "y\nE006 1:1 `#include <x>` means nothing here");
    check("\"a b\" 'c", "\nE006 1:1 `\"a b\"` means nothing here\nE006 1:7 `'c` means nothing here");
    check(
        "\u{feff}on\u{a0}x",
        "on x\nE006 1:1 `\u{feff}` means nothing here\nE006 1:4 `\u{a0}` means nothing here",
    );
    check("naïve", "na ve\nE006 1:3 `ï` means nothing here");
    check("a \0\u{1b}", "a\nE006 1:3 `\u{fffd}` means nothing here\nE006 1:4 `\u{fffd}` means nothing here");
}

/// Bytes that mean something to the lexer, in any order.
#[test]
fn nothing_makes_it_panic() {
    let pieces = [
        "/", "*", "//", "/*", "*/", "\"", "'", "#", "\n", "0x", "9", "ns", "on ", "-", ".", "é", "𝄞",
        "\u{a0}", "\0", "a", "{", "&", "=",
    ];
    let mut numbers = Numbers(5);
    for _ in 0..2000 {
        let text: String = (0..numbers.below(30)).map(|_| pieces[numbers.below(pieces.len())]).collect();
        let lexed = lex(&text, FileId(0));
        let spans = lexed
            .tokens
            .iter()
            .map(|token| token.span)
            .chain(lexed.comments.iter().map(|comment| comment.span));
        assert!(spans.into_iter().all(|span| text.get(span.lo as usize..span.hi as usize).is_some()));
    }
}
