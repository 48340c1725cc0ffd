//! Planted slips: each is found by a shipped scenario, in the search of all its states and by random schedules; and the
//! protocol without the slip is never accused.
//!
//! `reports/mutants.md` says which scenario finds which slip, and how soon. `ACCEPT=1 cargo test -p tests mutants`
//! accepts a new one.

use sim::engine::{Bounds, End, Engine, Halt, Reached};
use sim::limit::{Limits, Progress};
use sim::pick::Scheduler;
use sim::question::stem;
use sim::scheduler::Random;
use std::fmt::Write;
use tests::golden;
use tests::lab::Case;

const SOUND: &str = "rfc2007";
const SEEDS: u64 = 5;
/// So many random schedules a slip may survive.
const MOST: u64 = 10_000;

/// A planted slip: its name, and what the first sentence of its file says.
struct Mutant {
    name: String,
    slip: String,
}

fn mutants() -> Vec<Mutant> {
    let mutant = |(file, text): (String, &str)| {
        file.contains("/mutants/").then(|| Mutant { name: stem(&file).to_string(), slip: slip(text) })
    };
    sim::library::protocols().into_iter().filter_map(mutant).collect()
}

/// The first sentence of a text's first comment.
fn slip(text: &str) -> String {
    let comment: Vec<_> = text
        .lines()
        .skip_while(|line| !line.starts_with("//"))
        .map_while(|line| line.strip_prefix("//"))
        .map(str::trim)
        .collect();
    let comment = comment.join(" ");
    comment.split_once(". ").map_or(comment.clone(), |(sentence, _)| format!("{sentence}."))
}

/// The questions that expect a slip to be found.
fn questions(mutant: &Mutant, cases: &[Case]) -> Vec<Case> {
    let asks = |case: &&Case| case.question.protocol == mutant.name && !case.question.breaks.is_empty();
    cases.iter().filter(asks).cloned().collect()
}

/// The first random schedule of a seed that finds something, counted from 1.
fn first_finding(case: &Case, seed: u64) -> Option<u64> {
    let found = case.compiled(|program| {
        let mut engine = Engine::new(program, &mut ())?;
        let mut random = Random::new(seed);
        let bounds =
            Bounds { max_steps: Limits::default().max_steps, control: &(), progress: Progress::default() };
        for execution in 0..MOST {
            random.begin(execution);
            let ran =
                engine.run(&mut random, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
            if matches!(ran.end, End::Finding(_)) {
                return Ok(Some(execution + 1));
            }
        }
        Ok(None)
    });
    // Found in boot, before any schedule.
    found.unwrap_or(Some(0))
}

/// The scenario, and the values of its parameters.
fn where_asked(case: &Case) -> String {
    let params = sim::answer::params_text(&case.question.params);
    format!("{} {params}", case.scenario.file.trim_end_matches(".pernet")).trim_end().to_string()
}

/// The median of the seeds. A seed that finds nothing counts as more than all others.
fn median(case: &Case) -> Option<u64> {
    let mut firsts: Vec<_> = (0..SEEDS).map(|seed| first_finding(case, seed).unwrap_or(u64::MAX)).collect();
    firsts.sort_unstable();
    Some(firsts[firsts.len() / 2]).filter(|&first| first <= MOST)
}

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
    let mut survivors = Vec::new();
    for mutant in mutants() {
        let (mut searched, mut sampled, mut slip) = (false, false, mutant.slip.clone());
        for case in questions(&mutant, &cases) {
            let answer = case.search();
            searched |= answer.as_expected();
            let random = median(&case);
            sampled |= random.is_some();
            let names: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
            let _ = writeln!(
                table,
                "| {} | {} | {} | {} | {} | {} | {} |",
                mutant.name.trim_start_matches("rfc2007-"),
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
        for case in questions(&mutant, &cases) {
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
