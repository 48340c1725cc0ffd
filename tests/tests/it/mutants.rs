//! Planted slips: each is found by a shipped scenario, in the search of all its states and by random schedules; or it says
//! why nobody can see it, and nobody does. The protocol without the slip is never accused.
//!
//! `reports/mutants.md` says which scenario finds which slip, and how soon. `ACCEPT=1 cargo test -p tests mutants`
//! accepts a new one.

use sim::answer::Answer;
use sim::ask::{Mode, Plan};
use sim::library::protocols;
use sim::limit::Limits;
use sim::reduce::Reductions;
use sim::scheduler::find;
use sim::verdict::Coverage;
use std::collections::BTreeSet;
use std::fmt::Write;
use tests::golden;
use tests::lab::Case;
use tests::namespaces::Namespaces;
use tests::planted::{Mutant, first_findings, median, mutants, where_asked};
use tests::side_by_side::side_by_side;

/// The protocols that slips are planted in, and how many at least.
const SOUND: [(&str, usize); 2] = [("rfc2007", 40), (NEWEST, 75)];
const NEWEST: &str = "linux-7";
const SEEDS: u64 = 5;
/// So many random schedules a slip may survive.
const MOST: u64 = 10_000;
/// So many random worlds must not tell an unseen slip from no slip, and so many are drawn: some have too many states.
const WORLDS: usize = 2_000;
const DRAWN: usize = 3_600;
const STATES_OF_A_WORLD: u64 = 2_500;
const STATES_OF_A_SCENARIO: u64 = 5_000;
/// So many of these are also asked of the slips that can be seen.
const FEW: usize = 30;

/// A search of all states; of the small worlds of 2007 without reductions.
fn search(case: &Case, base: &str) -> Answer {
    if base == "rfc2007" {
        case.search()
    } else {
        case.ask(&Plan { mode: Mode::Exhaustive, ..Plan::default() })
    }
}

/// What a slip comes to: its rows, and who did not find it.
struct Looked {
    rows: String,
    survived: Option<String>,
}

fn look(mutant: &Mutant, cases: &[Case]) -> Looked {
    let uniform = find("random").expect("there is a uniform one").plain();
    let (mut searched, mut sampled, mut slip, mut rows) = (false, false, mutant.slip.clone(), String::new());
    for case in mutant.questions(cases) {
        let answer = search(&case, &mutant.base);
        searched |= answer.as_expected();
        let random = median(first_findings(&case, uniform, SEEDS, MOST));
        sampled |= random.is_some();
        let names: Vec<_> = answer.violations.iter().map(|violation| violation.name.as_str()).collect();
        let _ = writeln!(
            rows,
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
    // The newest kernel's slips may need more luck than that: the search is enough.
    let survived = (!searched || !sampled && mutant.base != NEWEST)
        .then(|| format!("{} (search: {searched}, random schedules: {sampled})", mutant.name));
    Looked { rows, survived }
}

#[test]
fn every_mutant_is_found() {
    let cases = Case::shipped();
    let (unseen, seen): (Vec<_>, Vec<_>) = mutants().into_iter().partition(|mutant| mutant.unseen.is_some());
    let looked = side_by_side(seen.len(), |at| look(&seen[at], &cases));
    let mut table = String::from(
        "# Planted slips and what finds them\n\n\
         Each slip is a protocol under `model/protocols/mutants/`, a few tokens away from `rfc2007` or `linux-7`. A scenario\n\
         that names it is searched in all its states: how many there are (of `linux-7` with what `--reduce all` leaves), and\n\
         how many steps the shortest schedule to the first of its findings has. Then random schedules are run until one finds\n\
         something: the median of the seeds 0 to 4. A dash: more than 10,000.\n",
    );
    for (base, _) in SOUND {
        let _ = write!(
            table,
            "\n## {base}\n\n\
             | slip | what it is | scenario | found | states | steps | random schedules |\n\
             |---|---|---|---|---:|---:|---:|\n"
        );
        let rows = seen.iter().zip(&looked).filter(|(mutant, _)| mutant.base == base);
        table.extend(rows.map(|(_, looked)| looked.rows.as_str()));
    }
    let _ = write!(
        table,
        "\n## Slips that change nothing\n\n\
         In every shipped scenario and in 2,000 random worlds these come to the same as the protocol without the slip.\n\n\
         | slip | what it is | why it cannot be seen |\n|---|---|---|\n"
    );
    for mutant in &unseen {
        let why = mutant.unseen.as_deref().unwrap_or_default();
        let _ = writeln!(table, "| {} | {} | {why} |", mutant.name, mutant.slip);
    }
    let survivors: Vec<_> = looked.into_iter().filter_map(|looked| looked.survived).collect();
    assert!(survivors.is_empty(), "not found: {}", survivors.join(", "));
    golden::compare("reports/mutants.md", &table);
}

/// There are many of them, so that a slip in the judges cannot hide behind a few.
#[test]
fn there_are_many() {
    for (base, least) in SOUND {
        let planted =
            mutants().iter().filter(|mutant| mutant.base == base && mutant.unseen.is_none()).count();
        assert!(planted >= least, "only {planted} slips in {base}");
    }
}

/// Where a slip is looked for, the sound protocol is asked too, and never accused of the same; where nothing is expected
/// of it, it holds.
#[test]
fn the_sound_protocol_is_never_accused() {
    let cases = Case::shipped();
    for mutant in mutants() {
        for case in mutant.questions(&cases) {
            // A page may show a misuse that the sound protocol suffers from too, but not by the slip's own finding.
            let asked = cases.iter().any(|other| {
                other.scenario.file == case.scenario.file
                    && other.question.protocol == mutant.base
                    && case.question.breaks.iter().all(|name| !other.question.breaks.contains(name))
            });
            assert!(
                asked,
                "`{}` accuses {} and does not ask {}",
                case.scenario.file, mutant.name, mutant.base
            );
        }
    }
    let is_sound = |case: &&Case| {
        SOUND.iter().any(|&(base, _)| base == case.question.protocol) && case.question.breaks.is_empty()
    };
    let sound: Vec<_> = cases.iter().filter(is_sound).collect();
    let _: Vec<()> = side_by_side(sound.len(), |at| {
        let answer = search(sound[at], &sound[at].question.protocol);
        let names: Vec<_> = answer.violations.iter().map(|violation| &violation.name).collect();
        assert!(names.is_empty(), "{} breaks {names:?}", sound[at].title());
    });
}

/// What can be told of a question: what breaks, and what is never reached. `None` if it has too many states.
fn told(case: &Case, reductions: Reductions, max_states: u64) -> Option<BTreeSet<String>> {
    let limits = Limits { max_states, ..Limits::default() };
    let plan = Plan { mode: Mode::Exhaustive, schedules: false, reductions, limits, ..Plan::default() };
    let answer = case.ask(&plan);
    let unreached = answer.not_reached.into_iter().map(|unreached| unreached.text);
    let told = answer.violations.into_iter().map(|found| found.name).chain(unreached).collect();
    (answer.coverage == Coverage::Complete).then_some(told)
}

/// The slips of the newest kernel: those that nobody can see, and the others.
fn newest() -> (Vec<Mutant>, Vec<Mutant>) {
    mutants().into_iter().filter(|mutant| mutant.base == NEWEST).partition(|mutant| mutant.unseen.is_some())
}

/// A slip that says that nobody can see it comes to the same as the protocol without it, in every scenario that is asked
/// of that one.
#[test]
fn what_cannot_be_seen_is_in_no_scenario() {
    let (unseen, _) = newest();
    let cases: Vec<_> = Case::shipped().into_iter().filter(|case| case.question.protocol == NEWEST).collect();
    let compared = side_by_side(cases.len(), |at| {
        let sound = told(&cases[at], Reductions::ALL, STATES_OF_A_SCENARIO)?;
        for mutant in &unseen {
            let mut other = cases[at].clone();
            other.question.protocol.clone_from(&mutant.name);
            assert_eq!(
                told(&other, Reductions::ALL, 2 * STATES_OF_A_SCENARIO).as_ref(),
                Some(&sound),
                "{}",
                other.title()
            );
        }
        Some(())
    });
    let compared = compared.iter().flatten().count();
    assert!(compared > 75, "only {compared} questions are small");
}

/// Nor in random worlds, each alone in some and all together in all of them; while the first few of these worlds see many of
/// the slips that can be seen.
#[test]
fn what_cannot_be_seen_is_in_no_random_world() {
    let (unseen, seen) = newest();
    // All of them in one overlay.
    let text = |mutant: &Mutant| {
        let of_it = |(file, _): &(String, &str)| file.ends_with(&format!("/{}.pernet", mutant.name));
        let (_, text) = protocols().into_iter().find(of_it).expect("it is shipped");
        text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>()
    };
    let together =
        format!("protocol together is {NEWEST} {{\n{}}}\n", unseen.iter().map(text).collect::<String>());
    let told =
        |text: &str, protocol: &str| told(&Case::on(text, protocol), Reductions::NONE, STATES_OF_A_WORLD);
    let worlds = side_by_side(DRAWN, |number| {
        let text = Namespaces::text(number as u64);
        let sound = told(&text, NEWEST)?;
        let alone = &unseen[number % unseen.len()].name;
        assert_eq!(told(&text, alone)?, sound, "{alone} is seen in {text}");
        assert_eq!(told(&format!("{text}{together}"), "together")?, sound, "a slip is seen in {text}");
        let few = if number < FEW { &seen[..] } else { &[] };
        let killed = few.iter().filter(|mutant| told(&text, &mutant.name).is_some_and(|told| told != sound));
        Some(killed.map(|mutant| mutant.name.clone()).collect::<Vec<_>>())
    });
    let compared = worlds.iter().flatten().count();
    assert!(compared >= WORLDS, "only {compared} worlds are small");
    let killed: BTreeSet<_> = worlds.into_iter().flatten().flatten().collect();
    assert!(killed.len() >= 20, "only {} of the others are seen: {killed:?}", killed.len());
}
