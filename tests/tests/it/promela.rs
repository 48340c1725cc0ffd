//! An independent oracle: the states that SPIN counts in the exported models are the states of our own search.

use sim::promela::promela;
use tests::lab::{Case, states_unjudged};

/// `scenario protocol NAME=VALUE,... states`; kept true by `tests/promela/run`.
const COUNTS: &str = include_str!("../../data/promela-counts.txt");

#[test]
fn spin_counts_the_same_states() {
    let rows = COUNTS.lines().filter(|line| !line.starts_with('#'));
    let mut checked = 0;
    for row in rows {
        let [file, protocol, set, want] = row.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("`{row}` has four columns")
        };
        let set: Vec<(&str, i64)> = set
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.parse().expect("a number")))
            .collect();
        let cases = Case::in_file(file, &set);
        let case =
            cases.iter().find(|case| case.question.protocol == protocol).expect("the protocol is asked");
        assert_eq!(states_unjudged(&case.loaded()).to_string(), want, "states of {}", case.title());
        assert!(promela(&case.loaded()).is_ok(), "{} is exported", case.title());
        checked += 1;
    }
    assert!(checked >= 20, "only {checked} rows");
}

#[test]
fn what_is_not_translated_is_refused() {
    let code = |text: &str| match promela(&Case::new(text).loaded()) {
        Ok(_) => 0,
        Err(rejected) => rejected.diagnostics[0].code.0,
    };
    assert_eq!(code("on w; idr ids; ops a; task t { idr_alloc(ids, a); }"), 256);
    assert_eq!(
        code(
            "on rfc2007; ops a { init(net) { register_pernet_subsys(a); } exit; } task t { register_pernet_subsys(a); }"
        ),
        257
    );
}
