//! Planted slips: each is found by a shipped scenario, in the search of all its states and by random schedules; and the
//! protocol without the slip is never accused.
//!
//! `reports/mutants.md` says which scenario finds which slip, and how soon. `ACCEPT=1 cargo test -p tests mutants`
//! accepts a new one.

use sim::scheduler::find;
use std::fmt::Write;
use tests::golden;
use tests::lab::Case;
use tests::planted::{first_findings, median, mutants, where_asked};

const SOUND: &str = "rfc2007";
const SEEDS: u64 = 5;
/// So many random schedules a slip may survive.
const MOST: u64 = 10_000;

#[test]
fn every_mutant_is_found() {
    let cases = Case::shipped();
    let mut table = String::from(
        "# Planted slips and what finds them\n\n\
         Each slip is a protocol under `model/protocols/mutants/`, a few tokens away from `rfc2007`. A scenario that\n\
         names it is searched in all its states: how many there are, and how many steps the shortest schedule to the\n\
         first of its findings has. Then random schedules are run until one finds something: the median of the seeds 0\n\
         to 4. A dash: more than 10,000.\n\n\
         | slip | what it is | scenario | found | states | steps | random schedules |\n\
         |---|---|---|---|---:|---:|---:|\n",
    );
    let uniform = find("random").expect("there is a uniform one").plain();
    let mut survivors = Vec::new();
    for mutant in mutants() {
        let (mut searched, mut sampled, mut slip) = (false, false, mutant.slip.clone());
        for case in mutant.questions(&cases) {
            let answer = case.search();
            searched |= answer.as_expected();
            let random = median(first_findings(&case, uniform, SEEDS, MOST));
            sampled |= random.is_some();
            let names: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
            let _ = writeln!(
                table,
                "| {} | {} | {} | {} | {} | {} | {} |",
                mutant.short(),
                std::mem::take(&mut slip),
                where_asked(&case),
                names.join(", "),
                answer.states.unwrap_or(0),
                answer.violations.first().map_or(0, |violation| violation.steps),
                random.map_or("-".to_string(), |random| random.to_string()),
            );
        }
        if !searched || !sampled {
            survivors.push(format!("{} (search: {searched}, random schedules: {sampled})", mutant.name));
        }
    }
    assert!(survivors.is_empty(), "not found: {}", survivors.join(", "));
    golden::compare("reports/mutants.md", &table);
}

/// There are many of them, so that a slip in the judges cannot hide behind a few.
#[test]
fn there_are_many() {
    assert!(mutants().len() >= 15);
}

/// Where a slip is looked for, the sound protocol is asked too, and never accused of the same; where nothing is expected
/// of it, it holds.
#[test]
fn the_sound_protocol_is_never_accused() {
    let cases = Case::shipped();
    let sound: Vec<_> = cases
        .iter()
        .filter(|case| case.question.protocol == SOUND && case.question.breaks.is_empty())
        .collect();
    for mutant in mutants() {
        for case in mutant.questions(&cases) {
            // A page may show a misuse that the sound protocol suffers from too, but not by the slip's own finding.
            let asked = cases.iter().any(|other| {
                other.scenario.file == case.scenario.file
                    && other.question.protocol == SOUND
                    && case.question.breaks.iter().all(|name| !other.question.breaks.contains(name))
            });
            assert!(asked, "`{}` accuses {} and does not ask {SOUND}", case.scenario.file, mutant.name);
        }
    }
    for case in sound {
        let answer = case.search();
        let names: Vec<_> = answer.violations.iter().map(|violation| &violation.name).collect();
        assert!(names.is_empty(), "{} breaks {names:?}", case.title());
    }
}
