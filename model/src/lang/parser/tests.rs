//! What is read, and what is said about what cannot be read.

use super::super::fixtures::{EXAMPLES, Numbers, mutated, shown};
use super::*;
use alloc::string::ToString;

/// The mistakes in a text, and nothing else.
#[track_caller]
fn check(text: &str, want: &str) {
    let mut sources = SourceMap::default();
    let file = sources.add("test.pernet", text);
    let (_, mistakes) = parse_file(&sources, file);
    assert_eq!(shown(&sources, file, &mistakes), want, "in {text}");
}

/// The mistakes in the statements of a task; columns count from its brace.
#[track_caller]
fn check_body(body: &str, want: &str) {
    let text = alloc::format!("on p;\ntask t {{\n{body}\n}}");
    let mut sources = SourceMap::default();
    let file = sources.add("test.pernet", text);
    let (_, mistakes) = parse_file(&sources, file);
    let mistakes: Vec<String> = mistakes
        .iter()
        .map(|mistake| {
            let column = mistake.span.map_or(0, |span| sources.position(span).1);
            alloc::format!("{} {column} {}", mistake.code, mistake.message)
        })
        .collect();
    assert_eq!(mistakes.join("\n"), want, "in {body}");
}

#[test]
fn examples_have_no_mistakes() {
    for (_, text) in EXAMPLES {
        check(text, "");
    }
}

#[test]
fn words_are_keywords_only_where_wanted() {
    check(
        "on p; struct link_of { link list; ptr ptr[]; int int; list<on.in> list; }
         int on, for, task; int after; callback replace;
         always always: always == 1; faults 1 in may; never never: task; sometimes sometimes;",
        "",
    );
    for body in [
        "for (reverse in reverse) x = 1;",
        "for (x in reverse reverse after after) x = 1;",
        "for (x in reverse after y) x = 1;",
        "for (in in list) list<net.list> list;",
        "for (on in after after on) x = on;",
        "return.x = return; return[0] = 1; return = 2; step = step; step(); goto goto;",
        "may.x = 1; may f(); may may g(); else.x = 1; if.x = 1; if (if) if = while; assert: assert(assert);",
        "x = struct; y = kzalloc(struct struct); boot.x = 1; fn(); task(x); always = never; replace in_ = 1;",
        "list.next = list_first(list); list = list < 3; atomic { } atomic = 1; protocol(is, on);",
    ] {
        let want = if body.contains("in_") { "E022 84 functions declare no types" } else { "" };
        check_body(body, want);
    }
}

#[test]
fn precedence_is_that_of_c() {
    fn tree(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Binary(op, a, b) => alloc::format!("({} {op:?} {})", tree(a), tree(b)),
            ExprKind::Unary(op, of) => alloc::format!("{op:?} {}", tree(of)),
            ExprKind::Field(of, name) => alloc::format!("{}.{}", tree(of), name.text),
            ExprKind::Index(of, at) => alloc::format!("{}[{}]", tree(of), tree(at)),
            ExprKind::Call(of, args) => {
                alloc::format!("{}({})", tree(of), args.iter().map(tree).collect::<Vec<_>>().join(" "))
            }
            ExprKind::Name(name) | ExprKind::Errno(name) => name.clone(),
            ExprKind::Int(value) => value.to_string(),
            ExprKind::Paren(of) => tree(of),
            other => alloc::format!("{other:?}"),
        }
    }
    use crate::lang::ast::{Expr, ExprKind, ItemKind};
    for (text, want) in [
        ("a || b && c == d < e + f * g", "(a Or (b And (c Eq (d Lt (e Add (f Mul g))))))"),
        ("a * b + c > d != e && f || g", "(((((a Mul b) Add c) Gt d) Ne e) And f) Or g)"),
        ("a - b - c", "((a Sub b) Sub c)"),
        ("!a.b[c - 1](d, -ENOMEM).e == -1", "(Not a.b[(c Sub 1)](d Neg ENOMEM).e Eq Neg 1)"),
        ("- -a * !(b || c)", "(Neg Neg a Mul Not (b Or c))"),
    ] {
        let mut sources = SourceMap::default();
        let file = sources.add("test.pernet", alloc::format!("on p; always {text};"));
        let (tree_of_file, mistakes) = parse_file(&sources, file);
        assert!(mistakes.is_empty());
        let ItemKind::Condition { exprs, .. } = &tree_of_file.items[0].kind else { panic!("no condition") };
        assert_eq!(tree(&exprs[0]).trim_start_matches('('), want.trim_start_matches('('));
    }
}

#[test]
fn heads() {
    check("", "E014 1:1 the file is empty");
    check("// only a comment", "E014 1:18 the file is empty");
    check("task t { }", "E015 1:1 this file does not say which protocol it is about");
    check("for N in 1..2;", "E015 1:1 this file does not say which protocol it is about");
    check("protocol p is q { }", "E015 1:1 this file does not say which protocol it is about");
    check("protocol;", "E001 1:9 expected the name of a protocol after `protocol`, found `;`");
    check("protocol p is ;", "E001 1:15 expected the name of a protocol after `is`, found `;`");
    check("protocol p\nint x;", "E002 1:11 expected `;` after `p`, found `int`");
    check("on p break x;", "E001 1:6 expected `breaks` or `;` after `p`, found `break`");
    check("on p breaks;", "E001 1:12 expected the name of a finding after `breaks`, found `;`");
    check(
        "on p breaks a, b, a;",
        "E018 1:19 `a` is named twice
  1:13 also named here",
    );
    check(
        "on p; for N in 1..2; for N in 3..3; on p breaks x;",
        "E017 1:26 `N` is asked twice
  1:11 also asked here
E017 1:40 `p` is asked twice
  1:4 also asked here",
    );
    check("on p; for N in 2..1;", "E019 1:16 the range `2..1` is empty");
    check("on p; for N 1..2;", "E001 1:13 expected `in` after `N`, found `1`");
    check("on p; for N in 1..m;", "E001 1:19 expected an integer after `..`, found `m`");
    check(
        "on p; int x; on q; for N in 1..2; protocol r; protocol s is p { protocol t is s { } }",
        "E016 1:14 the `on` line stands below the first item
E016 1:20 the `for` line stands below the first item
E030 1:35 a `protocol` line stands first in its file
E030 1:65 only a scenario may hold another protocol",
    );
    check("protocol p; protocol q is p { }", "E030 1:13 only a scenario may hold another protocol");
}

#[test]
fn protocols_are_called_anything() {
    for name in ["linux-2.6.24", "5.3", "4.9rc1", "p_1-undo-all", "0x10", "250ns"] {
        check(&alloc::format!("protocol {name} is /* here */ {name}-b12;"), "");
        check(&alloc::format!("on {name}; protocol a is {name}{{}}"), "");
    }
}

#[test]
fn items() {
    check("on p; x", "E020 1:7 expected an item, found `x`");
    check(
        "on p; x = 1; y(); int z;",
        "E020 1:7 expected an item, found `x`\nE020 1:14 expected an item, found `y`",
    );
    check("on p; struct s { int x; };", "E020 1:26 this `;` ends nothing");
    check("on p; fn f() { } } int x;", "E005 1:18 `}` closes nothing");
    check(
        "on p;\ntask t { x = 1;\nfn f(a) { }",
        "E003 2:8 this `{` is not closed before `fn`\n  3:1 it ends before this",
    );
    check(
        "on p; boot { {",
        "E003 1:14 this `{` is not closed before the end of the file\n  1:15 it ends before this",
    );
    check(
        "on p; struct s { int x\nint y }",
        "E002 1:23 expected `;` after `x`, found `int`\nE002 2:6 expected `;` after `y`, found `}`",
    );
    check(
        "on p; struct mutex { int x; }",
        "E028 1:14 `mutex` is a type of the language, not the name of a struct",
    );
    check(
        "on p; int NULL, ENOMEM;",
        "E028 1:11 `NULL` is a value, not a name\nE028 1:17 `ENOMEM` is a value, not a name",
    );
    check("on p; struct s { ops a { b; } }", "E029 1:18 a field has no braces of its own");
    check("on p; list x;", "E001 1:12 expected `<` after `list`, found `x`");
    check("on p; list<net> x;", "E001 1:15 expected `.` after `net`, found `>`");
    check("on p; const N = -1;", "E001 1:17 expected an integer after `=`, found `-`");
    check("on p; int x[1;", "E004 1:14 expected `]` after `1`, found `;`\n  1:12 opened here");
    check("on p; fn f(a b) { }", "E004 1:14 expected `)` after `a`, found `b`\n  1:11 opened here");
    check("on p; fn f { }", "E001 1:12 expected `(` after `f`, found `{`");
    check("on p; boot x = 1;", "E001 1:12 expected `{` after `boot`, found `x`");
    check("on p; task t[] { }", "E001 1:14 expected a number after `[`, found `]`");
    check(
        "on p; ops a { init(net) return; exit }",
        "E001 1:25 expected `{` after `)`, found `return`\nE001 1:38 expected `(`, `=` or `;` after `exit`, found `}`",
    );
    check(
        "on p; faults 1 in;",
        "E001 1:18 expected a verb, `may`, `kill` or a function after `in`, found `;`",
    );
    check("on p; time init = 5;", "E011 1:19 the duration `5` has no unit");
    check("on p; time a.init = 0 .. 5ms; time b = 5us .. 3us;", "E019 1:40 this range of durations is empty");
    check("on p; replace in f { x } with { }", "E042 1:7 a scenario changes a protocol only in a difference");
    check("protocol p; replace in f { } with { x; }", "E032 1:24 the first braces are empty");
    check("protocol p; replace in f { a } { b }", "E001 1:32 expected `with` after `}`, found `{`");
    check(
        "protocol p; replace in f { a { } with { b }",
        "E003 1:26 this `{` is not closed before the end of the file\n  1:44 it ends before this",
    );
}

#[test]
fn mistyped_items_name_the_word_that_was_meant() {
    let help = |text: &str| {
        let mut sources = SourceMap::default();
        let file = sources.add("test.pernet", text);
        let (_, mistakes) = parse_file(&sources, file);
        mistakes.iter().filter_map(|mistake| mistake.help.clone()).collect::<Vec<_>>().join(" ")
    };
    for (text, want) in [
        ("tsak t { x = 1; f(); }", "did you mean `task`?"),
        ("fnn f(a) { return a; }", "did you mean `fn`?"),
        ("alwayss x == 1;", "did you mean `always`?"),
        ("fault 1;", "did you mean `faults`?"),
        ("task t { retrun 1; }", "did you mean `return`?"),
        ("task t { gotto out; }", "did you mean `goto`?"),
    ] {
        assert_eq!(help(&alloc::format!("on p; {text}")), want, "in {text}");
    }
}

#[test]
fn statements() {
    check_body(
        "x = 1 y = 2; z = 3",
        "E002 6 expected `;` after `1`, found `y`\nE002 19 expected `;` after `3`, found `}`",
    );
    check_body("error = f()\nreturn error;", "E002 12 expected `;` after `)`, found `return`");
    check_body(
        "int x = 1; struct net n;",
        "E022 1 functions declare no types\nE023 12 there is no `struct` statement",
    );
    check_body(
        "switch (x) { case 1: break; } do { } while (x) ;",
        "E023 1 there is no `switch` statement\nE023 31 there is no `do` statement\nE021 48 expected a statement, found `;`",
    );
    check_body(
        "for (i = 0; i < 3; i++) { x++; }",
        "E023 8 `for` does not count\nE021 28 expected `=` or `(` after `x`, found `+`",
    );
    check_body(
        "else x = 1; if (x) y = 1; else z = 1; else ;",
        "E024 1 this `else` belongs to no `if`\nE024 39 this `else` belongs to no `if`\nE021 44 expected a statement, found `;`",
    );
    check_body("if (x) out: y = 1;", "E025 8 `if` is about a bare label");
    check_body(
        "f() = 1; (x) = 2; -x = 3; NULL = 4;",
        "E026 1 `f()` cannot be assigned to\nE026 10 `(x)` cannot be assigned to\nE021 19 expected a statement, found `-`\nE026 27 `NULL` cannot be assigned to",
    );
    check_body(
        "x; x.y; x == 1; x += 1;",
        "E021 2 expected `=` or `(` after `x`, found `;`\nE021 7 expected `=` or `(` after `y`, found `;`\nE021 11 expected `=` or `(` after `x`, found `==`\nE021 19 expected `=` or `(` after `x`, found `+`",
    );
    check_body(
        "while x { } atomic x = 1; step",
        "E001 7 expected `(` after `while`, found `x`\nE001 20 expected `{` after `atomic`, found `x`\nE002 31 expected `;` after `step`, found `}`",
    );
    check_body("list<net.list x;", "E001 15 expected `>` after `list`, found `x`");
}

#[test]
fn expressions() {
    check_body(
        "x = ; y = 1 + ; f(,); z = -;",
        "E027 5 expected an expression after `=`, found `;`\nE027 15 expected an expression after `+`, found `;`\nE027 19 expected an expression after `(`, found `,`\nE027 28 expected an expression after `-`, found `;`",
    );
    check_body(
        "x = (1; y = a[1; f(1, 2; if (x { y = 1; }",
        "E004 7 expected `)` after `1`, found `;`\nE004 16 expected `]` after `1`, found `;`\nE004 24 expected `)` after `2`, found `;`\nE004 32 expected `)` after `x`, found `{`",
    );
    check_body(
        "x = a.1; y = a. ; z = a.NULL;",
        "E001 7 expected the name of a field after `.`, found `1`\nE001 17 expected the name of a field after `.`, found `;`\nE028 25 `NULL` is a value, not the name of a field",
    );
    check_body("x = y = z;", "E002 6 expected `;` after `y`, found `=`");
}

#[test]
fn what_the_lexer_reports_is_not_reported_again() {
    check_body(
        "p->x = &m; y = a ? b : c; z = a % b;",
        "E007 2 there is no `->`\nE007 8 there is no operator `&`\nE007 18 there is no operator `?`\nE007 33 there is no operator `%`",
    );
    check_body(
        "x = \"abc\"; y = 12ab; z = `;",
        "E006 5 `\"abc\"` means nothing here\nE010 16 `12ab` is not a number\nE006 26 ``` means nothing here",
    );
}

#[test]
fn nesting_is_limited() {
    check(
        &alloc::format!("on p; always {}x;", "!".repeat(101)),
        "E013 1:115 nested more than 100 levels deep",
    );
    // What may be nested `most` times may not be nested 101 times, and 20,000 times need no more stack.
    let limited = |[head, open, middle, close, tail]: [&str; 5], most: usize| {
        for (times, mistakes) in [(most, 0), (101, 1), (20_000, 1)] {
            let (open, close) = (open.repeat(times), close.repeat(times));
            let mut sources = SourceMap::default();
            let file = sources.add("t", alloc::format!("on p; {head}{open}{middle}{close}{tail}"));
            let found = parse_file(&sources, file).1;
            assert_eq!(found.len(), mistakes, "{times} times {open:.20}{middle}{close:.20}: {found:?}");
            assert!(found.iter().all(|mistake| mistake.code == codes::NESTED_TOO_DEEPLY));
        }
    };
    for (open, middle, close, most) in [
        ("{", "", "}", 99),
        ("if (x) ", "y = 1;", "", 98),
        ("may ", "f();", "", 98),
        ("if (x) f(); else ", "f();", "", 98),
        ("if (x) { ", "", "}", 49),
    ] {
        limited(["task t {", open, middle, close, "}"], most);
    }
    for (open, close) in [
        ("(", ")"),
        ("!", ""),
        ("x + ", ""),
        ("f(", ")"),
        ("a[", "]"),
        ("x.", ""),
        ("", "()"),
        ("", "[0]"),
        ("", " * y"),
    ] {
        limited(["always ", open, "x", close, ";"], 99);
    }
}

#[test]
fn sizes_are_limited() {
    check(&" ".repeat(lexer::MAX_TEXT + 1), "E012 1:1 the file is larger than 1 MiB");
    let mut sources = SourceMap::default();
    let file = sources.add("t", "on p; ".to_string() + &"x; é ".repeat(10_000));
    assert_eq!(parse_file(&sources, file).1.len(), MAX_DIAGNOSTICS);
}

/// Tokens deleted, doubled, exchanged and cut: whatever comes out is read without a panic, and a mistake always has
/// a place inside the file.
#[test]
fn mutations_never_panic() {
    let mut numbers = Numbers(1);
    for (_, text) in EXAMPLES {
        let mut sources = SourceMap::default();
        let file = sources.add("t", *text);
        let tokens = lexer::lex(text, file).tokens;
        let words: Vec<&str> = tokens.iter().map(|token| sources.text(token.span)).collect();
        for _ in 0..400 {
            let mutant = mutated(&words, &mut numbers);
            let space = [" ", "\n", ""][numbers.below(3)];
            let mut sources = SourceMap::default();
            let file = sources.add("t", mutant.join(space));
            for mistake in parse_file(&sources, file).1 {
                let span = mistake.span.expect("a place");
                let _ = (sources.text(span), sources.position(span), sources.line(span));
            }
        }
    }
}
