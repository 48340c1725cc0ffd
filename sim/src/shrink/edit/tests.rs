//! What can be left out of small pages.

use super::*;

/// What the edits of a page do, and what they leave.
fn left(text: &str, kept: Option<(&str, &str)>) -> Vec<(String, String)> {
    let edits = edits(text, kept);
    edits.into_iter().filter_map(|edit| Some((edit.what.clone(), edit.apply(text)?))).collect()
}

#[track_caller]
fn check(text: &str, what: &str, want: &str) {
    let all = left(text, None);
    let found = all.iter().find(|(said, _)| said == what);
    let said: Vec<_> = all.iter().map(|(said, _)| said.as_str()).collect();
    let found = found.unwrap_or_else(|| panic!("there is no `{what}` among {said:#?}"));
    assert_eq!(found.1, format(want).unwrap());
}

#[test]
fn a_name_goes_with_all_that_speaks_of_it() {
    let text = "on p; ops a, b; net n; fn f() { a.x = 1; } boot { register_pernet_subsys(a); register_pernet_subsys(b); } \
                task t { if (b.x) put_net(n); } always a.x == 1, b.x == 1;";
    check(
        text,
        "without ops a, and what speaks of it",
        "on p; ops b; net n; fn f() { } boot { register_pernet_subsys(b); } task t { if (b.x) put_net(n); } always b.x == 1;",
    );
    check(
        text,
        "without ops b, and what speaks of it",
        "on p; ops a; net n; fn f() { a.x = 1; } boot { register_pernet_subsys(a); } task t { } always a.x == 1;",
    );
    check(
        text,
        "without net n, and what speaks of it",
        "on p; ops a, b; fn f() { a.x = 1; } boot { register_pernet_subsys(a); register_pernet_subsys(b); } \
         task t { if (b.x) { } } always a.x == 1, b.x == 1;",
    );
}

/// Types have names of their own: a struct can go while a variable is called like it.
#[test]
fn a_name_goes_alone() {
    let text = "on p; struct net { int seen; } task t { net = copy_net_ns(); put_net(net); }";
    check(text, "without struct net", "on p; task t { net = copy_net_ns(); put_net(net); }");
    check(text, "without struct net, and what speaks of it", "on p; task t { }");
}

#[test]
fn statements_go_or_become_a_part_of_themselves() {
    let text = "on p; int x; mutex m; task t { mutex_lock(m); if (x && !y) x = 2; else { x = f(); } mutex_unlock(m); }";
    let with = |body: &str| format!("on p; int x; mutex m; task t {{ {body} }}");
    check(
        text,
        "without `mutex_lock(m);` and `mutex_unlock(m);`",
        &with("if (x && !y) x = 2; else { x = f(); }"),
    );
    check(
        text,
        "always the first way of `if (x && !y) x = 2; else { x = f(); }`",
        &with("mutex_lock(m); x = 2; mutex_unlock(m);"),
    );
    check(
        text,
        "`if (x && !y) x = 2; else { x = f(); }` without its else",
        &with("mutex_lock(m); if (x && !y) x = 2; mutex_unlock(m);"),
    );
    check(
        text,
        "only `!y` of `x && !y`",
        &with("mutex_lock(m); if (!y) x = 2; else { x = f(); } mutex_unlock(m);"),
    );
    check(
        text,
        "`x = f();` without its result",
        &with("mutex_lock(m); if (x && !y) x = 2; else { f(); } mutex_unlock(m);"),
    );
}

/// What it has set up by then goes with it.
#[test]
fn a_callback_only_returns() {
    let text = "on p; ops a { init(net) { x = kzalloc(struct s); if (!x) { may return -EINVAL; return -ENOMEM; } net.x = x; } exit; }";
    let with = |body: &str| format!("on p; ops a {{ init(net) {{ {body} }} exit; }}");
    let whole = "{ x = kzalloc(struct s); if (!x) { may return -EINVAL; retur...";
    check(text, &format!("nothing but `return -ENOMEM;` in `{whole}`"), &with("return -ENOMEM;"));
    check(text, &format!("nothing but `return -EINVAL;` in `{whole}`"), &with("return -EINVAL;"));
    let all = left(&with("return -ENOMEM;"), None);
    assert!(all.iter().all(|(what, _)| !what.starts_with("nothing but")), "{all:?}");
}

#[test]
fn numbers_and_callbacks_become_less() {
    let text = "on p; ops a { size = 8; init(net) { may return -ENOMEM; } exit; } faults 3 in may, kzalloc; task t[5] { step; }";
    let with = |ops: &str, faults: &str, task: &str| {
        format!("on p; ops a {{ {ops} }} faults {faults}; task t{task} {{ step; }}")
    };
    let ops = "size = 8; init(net) { may return -ENOMEM; } exit;";
    check(text, "a with an empty init", &with("size = 8; init; exit;", "3 in may, kzalloc", "[5]"));
    check(
        text,
        "a without `exit;`",
        &with("size = 8; init(net) { may return -ENOMEM; }", "3 in may, kzalloc", "[5]"),
    );
    check(
        text,
        "`may return -ENOMEM;` always",
        &with("size = 8; init(net) { return -ENOMEM; } exit;", "3 in may, kzalloc", "[5]"),
    );
    check(text, "no faults in may", &with(ops, "3 in kzalloc", "[5]"));
    check(text, "one task t", &with(ops, "3 in may, kzalloc", ""));
    check(text, "2 in place of 5 in `task t[5] { step; }`", &with(ops, "3 in may, kzalloc", "[2]"));
}

#[test]
fn the_question_and_what_breaks_stay() {
    let text = "on q; protocol q is p { const N = 2; } int x; never late: x == 1, x == 2; task t { x = 1; }";
    let all = left(text, Some(("late", "x == 1")));
    assert!(
        all.iter().all(|(_, left)| left.contains("x == 1;") || left.contains("late: x == 1")),
        "{all:#?}"
    );
    // Without the difference the question is asked of what it differs from.
    let (_, plain) = all.iter().find(|(what, _)| what == "without the difference q").unwrap();
    assert!(plain.starts_with("on p;"), "{plain}");
}

#[test]
fn nothing_of_what_is_no_scenario() {
    for text in ["", "protocol p;", "on p; task {", "\u{0}"] {
        assert_eq!(edits(text, None), []);
    }
}
