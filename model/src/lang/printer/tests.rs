//! One look, reached in one step, that loses nothing.

use super::super::fixtures::{EXAMPLES, Numbers, mutated, shown};
use super::*;
use alloc::string::ToString;

/// The formatted text; formatting it again changes nothing, and no word or comment is lost.
#[track_caller]
fn check(text: &str, want: &str) {
    assert_eq!(sound(text), want);
}

/// The formatted text. A narrow page is tried too, since long lines are rare in what the tests write.
#[track_caller]
fn sound(text: &str) -> String {
    let formatted = |text: &str, width| {
        format_to_width(text, width).unwrap_or_else(|mistakes| {
            let mut sources = SourceMap::default();
            let id = sources.add("", text);
            panic!("{}\nin {text}", shown(&sources, id, &mistakes));
        })
    };
    for width in [30, MAX_WIDTH] {
        let once = formatted(text, width);
        assert_eq!(words(text), words(&once), "in\n{text}\nbecame\n{once}");
        assert!(once.lines().all(|line| line == line.trim_end()), "space at the end of a line of\n{once}");
        assert_eq!(formatted(&once, width), once, "formatted again; the source is\n{text}");
    }
    formatted(text, MAX_WIDTH)
}

/// The words and the comments. The tree is made of the words alone, so equal words are equal trees.
fn words(text: &str) -> (Vec<String>, Vec<String>) {
    let mut sources = SourceMap::default();
    let id = sources.add("", text);
    let lexed = lex(text, id);
    let tokens = lexed.tokens.iter().map(|token| sources.text(token.span).to_string());
    let comments = lexed.comments.iter().map(|comment| sources.text(comment.span).to_string());
    (tokens.collect(), comments.collect())
}

#[test]
fn examples_change_only_in_alignment() {
    for (name, text) in EXAMPLES {
        let formatted = sound(text);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(text), squeezed(&formatted), "{name}");
        // One object in one example is wider than the formatter allows.
        if *name != "recording-20.pernet" {
            assert_eq!(text.lines().count(), formatted.lines().count(), "{name}");
        }
    }
}

#[test]
fn space_between_words() {
    check(
        "on  p  breaks a,b ;for N in 1 .. 3;time init=5us..20us;time a . b=0..1ms;\nconst  N=0x1F;int a[ N ],b [ ]=- 1;",
        "on p breaks a, b;
for N in 1..3;
time init = 5us .. 20us; time a.b = 0 .. 1ms;
const N = 0x1F; int a[N], b[] = -1;
",
    );
    check(
        "on p;task t{x=a+-b*!c;if(x<-1||!(a&&b))return-ENOMEM;y=f( - 1,(a) ,b [1]) .c;list < net . list > l,m;x=return-1;}",
        "on p;
task t {
    x = a + -b * !c;
    if (x < -1 || !(a && b)) return -ENOMEM;
    y = f(-1, (a), b[1]).c;
    list<net.list> l, m;
    x = return - 1;
}
",
    );
}

#[test]
fn blocks_stay_on_their_line_if_they_fit() {
    check(
        "on p;\ntask t { x = 1; }\ntask u {}\ntask v {\n}\nstruct s { int x; int y; }",
        "on p;\ntask t { x = 1; }\ntask u {}\ntask v {}\nstruct s { int x; int y; }\n",
    );
    check(
        "on p;\nops a { init(net) { may return -ENOMEM; } size = 4; exit; } ops b { init(net) {
        return 1; } exit; }",
        "on p;
ops a { init(net) { may return -ENOMEM; } size = 4; exit; }
ops b {
    init(net) {
        return 1;
    }
    exit;
}
",
    );
    let long = alloc::format!("on p;\ntask t {{ {}}}\n", "f(x); ".repeat(20));
    check(&long, &alloc::format!("on p;\ntask t {{\n{}}}\n", "    f(x);\n".repeat(20)));
}

#[test]
fn statements_keep_the_line_of_their_head() {
    check(
        "on p;
task t {
    if (a) b();
    if (a)
    b(); else
    c();
    if (a)
    {
        b();
    }
    else if (c) d(); else e();
    for (x in l) if (x)
        y();
    while (x)
    atomic {
        z(); }
    may
      return;
  out: x = 1;
  { y(); }
}",
        "on p;
task t {
    if (a) b();
    if (a)
        b();
    else
        c();
    if (a) {
        b();
    } else if (c) d(); else e();
    for (x in l) if (x)
        y();
    while (x)
        atomic {
            z();
        }
    may return;
out:
    x = 1;
    { y(); }
}
",
    );
}

#[test]
fn blank_lines() {
    check(
        "\n\n\non p;\n\n\n\nint x;\nint y; int z;\n\n\ntask t {\n\n    x = 1;\n\n\n\n    y = 1;\n\n}\n\n\n",
        "on p;\n\nint x;\nint y; int z;\n\ntask t {\n    x = 1;\n\n    y = 1;\n}\n",
    );
}

#[test]
fn comments_stay_where_they_are() {
    check(
        "// first

on p;// on
   /* own */
int x;   // x
   // before y


int y; /* a */ int z;
task t {// opens
// leading
  x = 1;   /* trailing */ y = 2;
  f(a,// why a
     b /* why b */);
  if (x) // because
     y = 1; // really
  // otherwise
  else {
  }

  // before a label
out: // label
  /* in
  two lines */
  z = 1;
  // last
}
// end",
        "// first

on p; // on
/* own */
int x; // x
// before y

int y; /* a */ int z;
task t { // opens
    // leading
    x = 1; /* trailing */
    y = 2;
    f(a, // why a
            b /* why b */);
    if (x) // because
        y = 1; // really
    // otherwise
    else {}

    // before a label
out: // label
    /* in
  two lines */
    z = 1;
    // last
}
// end
",
    );
}

#[test]
fn long_lines_are_broken_behind_commas_and_logical_operators() {
    let name = "a_name_of_some_length";
    let row = |count, between: &str| alloc::vec![name; count].join(between);
    check(
        &alloc::format!("on p;\nalways {};\ntask t {{ f({}); }}", row(6, " && "), row(5, ", ")),
        &alloc::format!(
            "on p;\nalways {} &&\n        {};\ntask t {{\n    f({},\n            {name});\n}}\n",
            row(4, " && "),
            row(2, " && "),
            row(4, ", ")
        ),
    );
    check(
        &alloc::format!("on p;\ntask t {{\n    if ({}) return -ENOMEM_OR_WORSE;\n}}\n", row(4, " && ")),
        &alloc::format!(
            "on p;\ntask t {{\n    if ({})\n        return -ENOMEM_OR_WORSE;\n}}\n",
            row(4, " && ")
        ),
    );
    // Broken lines are not shared: the next time, they would not be.
    sound(&alloc::format!("on p; int a; always {}; int b;", row(6, " && ")));
}

#[test]
fn replaced_tokens_are_statements_if_they_can_be() {
    check(
        "protocol a is b;
replace in f { x=1 ; } with { }
replace in g.init {
  if (x)
  return 1;
// gone
  } with {
  net_mutex ) ;  // some tokens
      list_del ( x
          , y
  }
replace in h {x}with{{y}}const Z=1;",
        "protocol a is b;
replace in f { x = 1; } with {}
replace in g.init {
    if (x)
        return 1;
    // gone
} with {
    net_mutex); // some tokens
    list_del(x
        , y
}
replace in h { x } with { { y } }
const Z = 1;
",
    );
    check(
        "on p;
protocol q is p { const N=1; replace in f { a } with { b } }
protocol r is p {
  fn f() { return 1; }
}",
        "on p;
protocol q is p { const N = 1; replace in f { a } with { b } }
protocol r is p {
    fn f() { return 1; }
}
",
    );
}

/// Space, line ends and comments strewn between the words of the examples.
#[test]
fn any_layout_is_formatted_soundly() {
    let gaps = ["", " ", "\n", "\n\n\n", " // c\n", "\n// c\n", " /* c */ ", "\n/* c\n c */\n", "\t"];
    let mut numbers = Numbers(7);
    for (_, text) in EXAMPLES {
        let (tokens, _) = words(text);
        for round in 0..20 {
            let often = [3, 10, 40][round % 3];
            let mut strewn = String::new();
            for token in &tokens {
                strewn += token;
                let gap = if numbers.below(often) == 0 { gaps[numbers.below(gaps.len())] } else { " " };
                // Without a space two words would be one.
                strewn += if gap.is_empty() { " " } else { gap };
            }
            sound(&strewn);
        }
        sound(&tokens.join("\n"));
        sound(&tokens.join(" "));
    }
}

/// What the slips of an editor leave readable is formatted soundly too, however odd it is.
#[test]
fn mutants_that_can_be_read_are_formatted_soundly() {
    let mut numbers = Numbers(3);
    let mut read = 0;
    for (_, text) in EXAMPLES {
        let (tokens, _) = words(text);
        let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
        for _ in 0..200 {
            let mutant = mutated(&tokens, &mut numbers).join([" ", "\n"][numbers.below(2)]);
            if format(&mutant).is_ok() {
                read += 1;
                sound(&mutant);
            }
        }
    }
    assert!(read > 100, "only {read} mutants could be read");
}

#[test]
fn comments_behind_neighbouring_lines_begin_in_one_column() {
    check(
        "on p;\nint a; // one\nint bcd; // two\n\nint e; // after a gap\ntask t {\nx = 1; // in\n// own\ny = 2;\nzz = 3; // a\nw = f(); // b\n}",
        "on p;\nint a;   // one\nint bcd; // two\n\nint e; // after a gap\ntask t {\n    x = 1; // in\n    // own\n    y = 2;\n    zz = 3;  // a\n    w = f(); // b\n}\n",
    );
    // Not where a line would become too long.
    let long = "a".repeat(60);
    let text = alloc::format!("on p;\nint {long}; // one\nint b; // {long}\n");
    check(&text, &text);
}
