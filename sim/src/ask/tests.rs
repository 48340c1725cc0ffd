//! Answers of small questions, in every mode.

use super::*;
use crate::run_text;

/// `verdict exit: findings` of the first question.
#[track_caller]
fn check(text: &str, plan: Plan, want: &str) {
    let answer = match run_text("x.pernet", text, &[], &[].into(), &plan) {
        Ok(answers) => answers.into_iter().next().unwrap(),
        Err(rejected) => {
            let codes: Vec<_> = rejected.diagnostics.iter().map(|mistake| mistake.code.to_string()).collect();
            assert_eq!(codes.join(" "), want);
            return;
        }
    };
    let names: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
    assert_eq!(format!("{} {}: {}", answer.verdict, answer.exit.code(), names.join(" ")).trim_end(), want);
    assert_eq!(answer.nondeterminism, None);
}

const LOST: &str = "int n, m;
    task one { x = n; n = x + 1; }
    task two { x = n; n = x + 1; }";

#[test]
fn answers_are_judged() {
    let text = |on: &str, more: &str| format!("{on} {LOST} {more}");
    let exhaustive = Plan { mode: Mode::Exhaustive, ..Plan::default() };
    let sampled = Plan { mode: Mode::Sampled, runs: 200, ..Plan::default() };
    let cut = Plan { limits: Limits { max_states: 3, ..Limits::default() }, ..exhaustive };
    let on = "on rfc2007;";
    for plan in [Plan::default(), exhaustive] {
        check(&text(on, ""), plan, "holds 0:");
        check(&text(on, "finally n == 2;"), plan, "violated 1: finally");
        check(&text("on rfc2007 breaks finally;", "finally n == 2;"), plan, "violated 0: finally");
        check(&text("on rfc2007 breaks lost;", "finally lost: n == 2;"), plan, "violated 0: lost");
        check(&text("on rfc2007 breaks lost, leak;", "finally lost: n == 2;"), plan, "violated 1: lost");
        check(&text("on rfc2007 breaks leak;", ""), plan, "holds 1:");
        check(&text(on, "sometimes n == 2;"), plan, "holds 0:");
        check(&text(on, "sometimes three: n == 3;"), plan, "violated 1: three");
        check(
            &text("on rfc2007 breaks lost;", "sometimes n == 3; finally lost: n == 2;"),
            plan,
            "violated 0: lost",
        );
        check(&text("on rfc2007 breaks lots;", "finally lost: n == 2;"), plan, "E228");
    }
    check(&text(on, ""), sampled, "none found 0:");
    check(&text(on, "finally n == 2;"), sampled, "violated 1: finally");
    check(&text(on, "sometimes n == 3;"), sampled, "inconclusive 3:");
    check(&text("on rfc2007 breaks leak;", ""), sampled, "inconclusive 3:");
    check(&text(on, ""), cut, "inconclusive 3:");
    check(&text(on, "sometimes n == 3;"), cut, "inconclusive 3:");
    // Where a search does not suffice, sampling says at best that nothing was found.
    check(&text(on, ""), Plan { mode: Mode::Default, ..cut }, "none found 0:");
    let short = Plan { limits: Limits { max_steps: 3, ..Limits::default() }, ..sampled };
    check(&text(on, ""), short, "inconclusive 3:");
}

#[test]
fn boot_can_be_wrong() {
    let text = |on: &str| format!("{on} int x; boot {{ x = 1; assert(x == 2); }} task t {{ x = 2; }}");
    check(&text("on rfc2007;"), Plan::default(), "violated 1: assert");
    check(&text("on rfc2007 breaks assert;"), Plan::default(), "violated 0: assert");
    check("on rfc2007; int x; task t { x = 2; } never x == 0;", Plan::default(), "violated 1: never");
}

#[test]
fn questions_are_multiplied_and_pinned() {
    let text = "on rfc2007; on linux-2.6.24; for n in 1..3; const K = 2; int x; task t { x = n + K; }";
    let scenario = Scenario::read("x.pernet", text).unwrap();
    let count = |protocol, set: &[(&str, i64)]| {
        let set = set.iter().map(|&(name, value)| (name.to_string(), value)).collect();
        scenario.questions(protocol, &set).len()
    };
    assert_eq!(count(None, &[]), 6);
    assert_eq!(count(Some("w"), &[]), 3);
    assert_eq!(count(None, &[("n", 7)]), 2);
    assert_eq!(count(None, &[("K", 7)]), 6);
    let set = |name: &str, value| [(name.to_string(), value)].into();
    let ask = |set| run_text("x.pernet", text, &[], &set, &Plan::default());
    assert_eq!(ask(set("n", 2)).unwrap().len(), 2);
    assert_eq!(ask(set("J", 2)).unwrap_err().diagnostics[0].code, codes::UNKNOWN_CONST);
    assert_eq!(ask(set("K", 1 << 40)).unwrap_err().diagnostics[0].code, codes::SET_RANGE);
}

#[test]
fn equal_seeds_give_equal_answers() {
    let text = format!("on rfc2007; {LOST} finally n == 2;");
    let plan = |seed| Plan { mode: Mode::Sampled, runs: 50, seed, ..Plan::default() };
    let ask = |seed| run_text("x.pernet", &text, &[], &[].into(), &plan(seed)).unwrap();
    assert_eq!(ask(1), ask(1));
    assert_ne!(ask(1)[0].final_fingerprint, ask(2)[0].final_fingerprint);
}
