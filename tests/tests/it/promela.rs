//! An independent oracle: the states that SPIN counts in the exported models are the states of our own search.

use model::machine::Room;
use sim::engine::{Halt, Reached};
use sim::limit::Limits;
use sim::promela::promela;
use sim::search::search;
use tests::lab::Case;

/// `scenario protocol NAME=VALUE,... states`; kept true by `tests/promela/run`.
const COUNTS: &str = include_str!("../../data/promela-counts.txt");

/// The states of a question without judges and conditions.
fn states(case: &Case) -> u64 {
    let (loaded, mut room) = (case.loaded(), Room::default());
    loop {
        let program = loaded.compile_unjudged(&room).expect("it compiles");
        match search(&program, &Limits::default(), &mut Reached::new(&program), &()) {
            Ok(seen) => {
                assert_eq!(seen.limit, None, "{} is searched to the end", case.title());
                return seen.states;
            }
            Err(Halt::Room(more)) => room = more,
            Err(_) => panic!("{} boots", case.title()),
        }
    }
}

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
        assert_eq!(states(case).to_string(), want, "states of {}", case.title());
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
