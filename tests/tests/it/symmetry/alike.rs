//! What is said of a text: what is alike in it, and what tells the others apart.

use model::machine::World;
use model::symmetry::Symmetry;
use tests::lab::Case;

/// What is said of a scenario of the 2007 registry.
#[track_caller]
fn check(text: &str, want: &[&str]) {
    let case = Case::new(&format!("on rfc2007; {text}"));
    let said = case.compiled(|program| {
        let world = World::boot(program, &mut ())?;
        Ok(Symmetry::of(&world).describe().to_vec())
    });
    assert_eq!(said.expect("it boots"), want, "{text}");
}

#[test]
fn what_belongs_together_is_found() {
    check("task t[3] { step; }", &["t[0..3]"]);
    check("task t { step; } task u[1] { step; }", &[]);
    check("ops A[3]; task t[3] { register_pernet_subsys(A[me]); }", &["t[0..3] with A"]);
    let both = "ops A[3]; task in[3] { register_pernet_subsys(A[me]); } task out[3] { n = A[me]; } task u[2] { step; }";
    check(both, &["in[0..3], out[0..3] with A", "u[0..2]"]);
    check("int x[4]; task t[3] { i = me; x[i] = 1; y = x[i]; }", &["t[0..3] with x"]);
    let called = "int x[3]; fn f() { x[me] = 1; } task t[3] { f(); } task u[3] { f(); }";
    check(called, &["t[0..3], u[0..3] with x"]);
}

#[test]
fn what_a_text_tells_apart_is_refused() {
    let number = "t: `me` is used as a number in";
    check("int x; task t[2] { x = me; }", &[&format!("{number} `x = me`")]);
    check("task t[2] { if (me == 0) step; }", &[&format!("{number} `if (me == 0) step`")]);
    check("fn f(i) { step; } task t[2] { f(me); }", &[&format!("{number} `f(me)`")]);
    check(
        "int x[2]; task t[2] { i = 0; may i = me; x[i] = 1; } faults 1;",
        &[&format!("{number} `x[i] = 1`")],
    );
    check("int y; task t[2] { i = 0; may i = me; y = 1; j = i; } faults 1;", &[&format!("{number} `y = 1`")]);
    check("int x[2]; int y; task t[2] { wait_for(y == me); }", &[&format!("{number} `wait_for(y == me)`")]);
    check(
        "int x[2]; task t[2] { x[me] = 1; } task u { i = 0; while (i < 2) { x[i] = 2; i = i + 1; } }",
        &["t: x is indexed by more than `me`, in `x[i] = 2`"],
    );
    check("int x[2]; task t[3] { x[me] = 1; }", &["t: x has fewer elements than there are tasks"]);
    check(
        "int x[3]; task t[2] { x[me] = 1; } task u[3] { x[me] = 2; }",
        &["t: it shares an array with u, of another number of tasks"],
    );
    check(
        "int x[3]; int y; task t[3] { x[me] = 1; } task u { y = x[2]; }",
        &["t[0..2] with x", "t[2]: x[2] is named in `y = x[2]`"],
    );
    check(
        "int y; task t[3] { step; } task u { wait_for(done(t[1])); }",
        &["t[0, 2]", "t[1]: `wait_for(done(t[1]))` tells it from t[0]"],
    );
    check("task t[3] { step; } task u { kill(t[0]); }", &["t[1..3]", "t[0]: t[0] is named in `kill(t[0])`"]);
    check(
        "ops A[2]; task t[2] { x = A[me]; } boot { register_pernet_subsys(A[0]); }",
        &["t[0]: what boot did tells it from t[1]", "t[1]: what boot did tells it from t[0]"],
    );
    check(
        "ops A[3]; task t[3] { x = A[me]; } boot { register_pernet_subsys(A[1]); }",
        &["t[0, 2] with A", "t[1]: what boot did tells it from t[0]"],
    );
    check(
        "ops A[2]; task t[2] { register_pernet_subsys(A[me]); } boot { i = 0; while (i < 2) { x = A[i]; i = i + 1; } }",
        &["t[0..2] with A"],
    );
}

#[test]
fn a_condition_that_says_the_same_of_all_tells_nothing_apart() {
    let task = "int x[2]; task t[2] { y = 1; x[me] = y; }";
    check(&format!("{task} finally t[1].y == 1 && t[0].y == 1;"), &["t[0..2] with x"]);
    check(&format!("{task} never x[0] + x[1] > 2 || x[1] != x[0];"), &["t[0..2] with x"]);
    check(&format!("{task} task u {{ wait_for(done(t[0]) || done(t[1])); }}"), &["t[0..2] with x"]);
    check(
        &format!("{task} always x[0] <= x[1];"),
        &["t[0]: `x[0] <= x[1]` tells it from t[1]", "t[1]: `x[0] <= x[1]` tells it from t[0]"],
    );
    check(
        "task t[3] { y = 1; } finally t[1].y == 1;",
        &["t[0, 2]", "t[1]: `t[1].y == 1` tells it from t[0]"],
    );
    check(
        "int x[2]; int i; task t[2] { x[me] = 1; } never x[i] == 2;",
        &["t: x is indexed by more than `me`, in `x[i] == 2`"],
    );
}
