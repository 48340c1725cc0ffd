//! Protocols found, laid over each other and fitted to a scenario.

use super::super::fixtures::{EXAMPLES, Files, Numbers, mutated, shown};
use super::*;
use crate::lang::ast::{Method, MethodKind};
use crate::lang::token::Token;

/// Loads a scenario for its first `on` line; mistakes as `E034 10:4 message`, with the file if it is another.
fn load_text(text: &str, library: &[(&str, &str)]) -> Result<(Unit, SourceMap), String> {
    let mut sources = SourceMap::default();
    let file = sources.add("test.pernet", text);
    let (tree, mistakes) = parse_file(&sources, file);
    if !mistakes.is_empty() {
        return Err(shown(&sources, file, &mistakes));
    }
    let Head::Scenario { questions } = &tree.head else {
        let unit = load_protocol(&mut sources, &tree, file, &Files(library));
        return unit.map_err(|mistakes| shown(&sources, file, &mistakes)).map(|unit| (unit, sources));
    };
    let Some(Question::On { protocol, .. }) = questions.first() else { return Err("no `on`".into()) };
    let unit = load(&mut sources, &tree, file, &protocol.text, &Files(library));
    unit.map_err(|mistakes| shown(&sources, file, &mistakes)).map(|unit| (unit, sources))
}

/// A small protocol, for all that follows.
const P: (&str, &str) = (
    "p.pernet",
    "protocol p; const N = 1; struct net { int x; } struct ops { callback init; } int door;
     fn f(a) { x = a; y = a; x = a; return x; }
     fn g() { f(N); }
     ops shared { init(net) { door = 1; return 0; } }
     ops one, two { init(net) { door = 2; } }
     boot { door = 0; }",
);

/// The mistakes of a scenario or protocol over these files; empty if it loads.
#[track_caller]
fn check(text: &str, library: &[(&str, &str)], want: &str) {
    let mistakes = load_text(text, &[&[P], library].concat()).err().unwrap_or_default();
    assert_eq!(mistakes, want, "in {text}");
}

/// The words of an item that begins with these.
#[track_caller]
fn check_item(text: &str, library: &[(&str, &str)], side: fn(&Unit) -> &[Item], begins: &str, want: &str) {
    let (unit, sources) =
        load_text(text, &[&[P], library].concat()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let shown = |item: &Item| -> String {
        let words = |tokens: &[Token]| {
            let words: Vec<&str> = tokens.iter().map(|token| sources.text(token.span)).collect();
            words.join(" ")
        };
        let method = |method: &Method| match &method.kind {
            MethodKind::Body { body, .. } => words(&body.tokens),
            _ => String::new(),
        };
        match &item.kind {
            ItemKind::Fn(function) => format!("fn {} {}", function.name.text, words(&function.body.tokens)),
            ItemKind::Task { name, body, .. } => format!("task {} {}", name.text, words(&body.tokens)),
            ItemKind::Boot(body) => format!("boot {}", words(&body.tokens)),
            ItemKind::Const { name, value } => format!("const {} {value}", name.text),
            ItemKind::Struct { name, .. } => format!("struct {}", name.text),
            ItemKind::Decl(decl) => {
                let names: Vec<&str> = decl.vars.iter().map(|var| var.name.text.as_str()).collect();
                let methods: Vec<String> = decl.methods.iter().flatten().map(method).collect();
                format!("decl {} {}", names.join(" "), methods.join(" "))
            }
            _ => "other".into(),
        }
    };
    let found: Vec<String> = side(&unit).iter().map(shown).filter(|item| item.starts_with(begins)).collect();
    assert_eq!(found.join("\n"), want, "in {text}");
}

fn protocol(unit: &Unit) -> &[Item] {
    &unit.protocol
}

fn scenario(unit: &Unit) -> &[Item] {
    &unit.scenario
}

#[test]
fn examples_load() {
    for (name, text) in EXAMPLES {
        // One example is about an era that is no example.
        let text = text.replace("linux-4.17", "linux-5.3");
        let mistakes = load_text(&text, EXAMPLES).err().unwrap_or_default();
        // A protocol is not called `test.pernet`.
        assert!(mistakes.is_empty() || mistakes.starts_with("E038 1:10"), "{name}: {mistakes}");
    }
}

#[test]
fn functions_tasks_and_constants_take_the_place_of_the_first() {
    let q = [(
        "q.pernet",
        "protocol q is p; fn f(a) { return 2; } const N = 7; fn h() { } struct net { int y; }",
    )];
    check_item("on q;", &q, protocol, "fn", "fn f return 2 ;\nfn g f ( N ) ;\nfn h ");
    check_item("on q;", &q, protocol, "const", "const N 7");
    check_item("on q;", &q, protocol, "struct", "struct net\nstruct ops\nstruct net");
    let text = "on r; const N = 3; const M = 4; task t { } fn k() { }
        protocol r is q { const N = 8; const M = 5; fn k() { return 1; } fn i() { } task t { step; } }";
    check_item(text, &q, protocol, "const", "const N 8");
    check_item(text, &q, scenario, "const", "const M 5");
    check_item(text, &q, scenario, "task", "task t step ;");
    check_item(text, &q, scenario, "fn", "fn k return 1 ;");
    check_item(text, &q, protocol, "fn", "fn f return 2 ;\nfn g f ( N ) ;\nfn h \nfn i ");
}

#[test]
fn a_constant_of_the_scenario_is_the_protocols() {
    check_item("on p; const N = 5; const M = 6;", &[], protocol, "const", "const N 5");
    check_item("on p; const N = 5; const M = 6;", &[], scenario, "const", "const M 6");
}

#[test]
fn replace_exchanges_a_run_of_words() {
    let q = [("q.pernet", "protocol q is p; replace in f { y = a; /* no */ } with { y = a + 1; step; }")];
    check_item("on q;", &q, protocol, "fn f", "fn f x = a ; y = a + 1 ; step ; x = a ; return x ;");
    let r = "on r; protocol r is q { replace in f { step; x } with { x } replace in g { N } with { 2 } }";
    check_item(r, &q, protocol, "fn f", "fn f x = a ; y = a + 1 ; x = a ; return x ;");
    check_item(r, &q, protocol, "fn g", "fn g f ( 2 ) ;");
    check_item(
        "on r; task t { step; f(1); } protocol r is p { replace in t { step; } with { } replace in boot { 0 } with { 9 } }",
        &[],
        scenario,
        "task",
        "task t f ( 1 ) ;",
    );
}

#[test]
fn replace_in_a_callback_is_about_one_object() {
    let text = "on q; ops mine { init(net) { step; } }
        protocol q is p { replace in two.init { 2 } with { 3 } replace in mine.init { step; } with { } }";
    check_item(text, &[], protocol, "decl one", "decl one door = 2 ;");
    check_item(text, &[], protocol, "decl two", "decl two door = 3 ;");
    check_item(text, &[], scenario, "decl", "decl mine ");
}

#[test]
fn replace_that_does_not_fit() {
    let over = |items: &str| format!("on q; task t {{ step; }} protocol q is p {{ {items} }}");
    check(
        &over("replace in f { x = a; } with { }"),
        &[],
        "E035 1:57 these tokens occur 2 times in `f`
  p.pernet:2:16 here
  p.pernet:2:30 here",
    );
    check(
        &over("replace in f { y = a; return x; } with { }"),
        &[],
        "E034 1:57 these tokens do not occur in `f`
  p.pernet:2:30 the nearest place goes on with `x`
  1:64 where `return` is wanted",
    );
    check(
        &over("replace in g { while } with { }"),
        &[],
        "E034 1:57 these tokens do not occur in `g`
  p.pernet:3:13 the text is this",
    );
    check(
        &over("replace in f { return x; x = a; } with { }"),
        &[],
        "E034 1:57 these tokens do not occur in `f`
  p.pernet:2:45 the nearest place ends here
  1:67 where `x` is wanted",
    );
    check(&over("replace in ff { x } with { }"), &[], "E033 1:53 there is no `ff` to replace tokens in");
    check(
        &over("replace in one.exit { x } with { }"),
        &[],
        "E033 1:53 there is no `one.exit` to replace tokens in",
    );
    check(
        &over("replace in g { f(N); } with { f(N) }"),
        &[],
        "E002 1:76 expected `;` after `)`, found the end of the block",
    );
    check(&over("replace in g { f(N) } with { 1 = 2 }"), &[], "E021 1:71 expected a statement, found `1`");
    // A library's file cannot touch a scenario.
    let q = [("q.pernet", "protocol q is p; replace in t { step; } with { }")];
    check("on q; task t { step; }", &q, "E033 q.pernet:1:29 there is no `t` to replace tokens in");
}

#[test]
fn protocols_are_found() {
    check("on x;", &[], "E036 1:4 unknown protocol `x`");
    check("on q; protocol q is x { }", &[], "E036 1:21 unknown protocol `x`");
    check("on q;", &[("q.pernet", "protocol q is x;")], "E036 q.pernet:1:15 unknown protocol `x`");
    check("on q; protocol q is r { } protocol r is p { }", &[], "");
    check(
        "on q;",
        &[("q.pernet", "protocol other;")],
        "E038 q.pernet:1:10 the file `q.pernet` holds the protocol `other`",
    );
    check("on q;", &[("q.pernet", "on p;")], "E039 1:4 `q.pernet` is a scenario, not the protocol `q`");
    check("on q;", &[("q.pernet", "protocol q; x;")], "E020 q.pernet:1:13 expected an item, found `x`");
    check(
        "on q; protocol q is r { } protocol r is q { }",
        &[],
        "E037 1:41 `q` differs from itself: q is r is q",
    );
    let circle = [("q.pernet", "protocol q is r;"), ("r.pernet", "protocol r is q;")];
    check("on q;", &circle, "E037 r.pernet:1:15 `q` differs from itself: q is r is q");
    check("on p; protocol p is p { }", &[], "E037 1:21 `p` differs from itself: p is p");
    // A library's file does not see the scenario's protocols.
    check(
        "on q; protocol r is p { }",
        &[("q.pernet", "protocol q is r;")],
        "E036 q.pernet:1:15 unknown protocol `r`",
    );
}

#[test]
fn unknown_names_come_with_the_near_one() {
    let help = |text: &str| {
        let mut sources = SourceMap::default();
        let file = sources.add("test.pernet", text);
        let (tree, _) = parse_file(&sources, file);
        let mistakes = load(&mut sources, &tree, file, "linux-53", &Files(EXAMPLES)).unwrap_err();
        mistakes[0].help.clone().unwrap_or_default()
    };
    assert_eq!(help("on linux-53;"), "did you mean `linux-5.3`?");
    assert_eq!(help("on linux-53; protocol linux-53 is w { cosnt N = 1; }"), "did you mean `const`?");
    assert_eq!(
        help("on linux-53; protocol linux-53 is w { replace in put_nte { step } with { } }"),
        "did you mean `put_net`?"
    );
    assert_eq!(help("on linux-53; protocol linux-53 is w { } ips a;"), "did you mean `ops`?");
}

#[test]
fn a_scenario_fits_its_protocol() {
    check(
        "on p; fn f() { }",
        &[],
        "E041 1:10 `f` is a function of the protocol `p`\n  p.pernet:2:9 the protocol's is here",
    );
    check(
        "on p; fn h() { } fn h() { } task h { } task h { }",
        &[],
        "E040 1:21 `h` is declared twice\n  1:10 also declared here\nE040 1:45 `h` is declared twice\n  1:34 also declared here",
    );
    check(
        "on q; protocol q is p { } protocol q is p { }",
        &[],
        "E040 1:36 `q` is declared twice\n  1:16 also declared here",
    );
    check(
        "on q;",
        &[("q.pernet", "protocol q is p; fn h() { } fn h() { }")],
        "E040 q.pernet:1:32 `h` is declared twice\n  q.pernet:1:21 also declared here",
    );
    check(
        "on p; nett a; list<opss.list> l; struct s { mutx m; }",
        &[],
        "E031 1:7 unknown type `nett`\nE031 1:20 unknown type `opss`\nE031 1:45 unknown type `mutx`",
    );
}

#[test]
fn a_protocol_loads_alone() {
    check("protocol test is p; replace in g { N } with { 2 }", &[], "");
    check("protocol other is p;", &[], "E038 1:10 the file `test.pernet` holds the protocol `other`");
    check("protocol test is test;", &[], "E037 1:10 `test` differs from itself: test is test");
    check_item("protocol test is p; fn g() { }", &[], protocol, "fn g", "fn g ");
}

#[test]
fn a_file_is_kept_once() {
    let mut sources = SourceMap::default();
    let file = sources.add("test.pernet", "on p; on q; protocol q is p { }");
    let (tree, _) = parse_file(&sources, file);
    for protocol in ["p", "q", "p"] {
        assert!(load(&mut sources, &tree, file, protocol, &Files(&[P])).is_ok());
    }
    assert_eq!(sources.files().len(), 2);
}

/// Runs of one function's words exchanged for others: whatever comes out loads or is refused, at places that exist.
#[test]
fn any_replace_is_applied_or_refused() {
    let (_, text) = EXAMPLES[0];
    let mut sources = SourceMap::default();
    let file = sources.add("rfc2007.pernet", text);
    let (tree, _) = parse_file(&sources, file);
    let mut numbers = Numbers(11);
    let mut applied = 0;
    for item in tree.items.iter().cycle().take(2000) {
        let ItemKind::Fn(function) = &item.kind else { continue };
        let words: Vec<&str> = function.body.tokens.iter().map(|token| sources.text(token.span)).collect();
        let (a, b) = (numbers.below(words.len()), numbers.below(words.len()));
        let old = &words[a.min(b)..=a.max(b)];
        let new = mutated(old, &mut numbers).join(" ");
        let difference =
            format!("replace in {} {{ {} }} with {{ {new} }}", function.name.text, old.join(" "));
        let text = format!("on q; protocol q is rfc2007 {{ {difference} }}");
        applied += usize::from(load_text(&text, EXAMPLES).is_ok());
    }
    assert!(applied > 50, "only {applied} were applied");
}
