//! Schedulers: how many schedules each needs to find each planted slip, and whether each keeps its word.
//!
//! `ACCEPT=1 cargo test -p tests first_failures` writes `reports/schedulers.md`.

use sim::answer::Answer;
use sim::ask::{Mode, Plan};
use sim::engine::{Bounds, End, Engine, Halt, Reached};
use sim::limit::Progress;
use sim::pick::{Pick, Scheduler};
use sim::report::human;
use sim::report::style::Style;
use sim::scheduler::{Choice, DEFAULT, Pct, Pos, Random, SCHEDULERS, Surw, find};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use tests::explore::explore;
use tests::golden;
use tests::lab::Case;
use tests::planted::{Mutant, first_findings, median, mutants, where_asked};
use tests::side_by_side::side_by_side;

/// Schedules that a slip may survive.
const MOST: u64 = 20_000;
/// Seeds of the committed table.
const SEEDS: u64 = 100;

/// Those that are compared.
fn compared() -> Vec<Choice> {
    SCHEDULERS.iter().filter(|row| row.has_name() && row.name != "first").map(|row| row.plain()).collect()
}

/// The slips of 2007, and a sample of the newest kernel's: one in twelve.
fn planted() -> Vec<Mutant> {
    let (old, new): (Vec<_>, Vec<_>) = mutants()
        .into_iter()
        .filter(|mutant| mutant.unseen.is_none())
        .partition(|mutant| mutant.base == "rfc2007");
    old.into_iter().chain(new.into_iter().step_by(12)).collect()
}

/// Each slip with each question that is to find it.
fn asked() -> Vec<(Mutant, Case)> {
    let cases = Case::shipped();
    let pair = |mutant: Mutant| {
        let questions = mutant.questions(&cases);
        questions.into_iter().map(move |case| (mutant.clone(), case))
    };
    planted().into_iter().flat_map(pair).collect()
}

/// The cell of a table: the median, and how many seeds found nothing.
fn cell(firsts: &[Option<u64>]) -> String {
    let lost = firsts.iter().filter(|first| first.is_none()).count();
    let median = median(firsts.to_vec()).map_or("-".to_string(), |median| median.to_string());
    if lost == 0 { median } else { format!("{median} ({lost})") }
}

/// Every slip is found by every scheduler, in some scenario by all seeds; and how soon.
#[test]
fn first_failures() {
    let (asked, compared) = (asked(), compared());
    let rows = side_by_side(asked.len(), |at| {
        let firsts = |&choice: &Choice| first_findings(&asked[at].1, choice, SEEDS, MOST);
        compared.iter().map(firsts).collect::<Vec<_>>()
    });
    let names: Vec<_> = compared.iter().map(|choice| choice.row.name).collect();
    let mut table = format!(
        "# How many schedules it takes to find a planted slip\n\n\
         Each slip of [mutants.md](mutants.md), each question that is to find it, and each scheduler: the first schedule that\n\
         finds something, the median of the seeds 0 to {}. A run is given up after {} schedules: in brackets, how many seeds\n\
         found nothing by then. `ACCEPT=1 cargo test -p tests first_failures` writes this table.\n\n\
         | slip | scenario | {} |\n|---|---|{}\n",
        SEEDS - 1,
        sim::report::number::grouped(MOST),
        names.join(" | "),
        "---:|".repeat(names.len())
    );
    let mut sums = vec![0; names.len()];
    let mut lost = Vec::new();
    for ((mutant, case), row) in asked.iter().zip(&rows) {
        let cells: Vec<_> = row.iter().map(|firsts| cell(firsts)).collect();
        let _ = writeln!(table, "| {} | {} | {} |", mutant.short(), where_asked(case), cells.join(" | "));
        for (sum, firsts) in sums.iter_mut().zip(row) {
            *sum += firsts.iter().map(|first| first.unwrap_or(MOST)).sum::<u64>();
        }
    }
    for (at, name) in names.iter().enumerate() {
        for mutant in planted() {
            let mut of_it = asked.iter().zip(&rows).filter(|((asked, _), _)| asked.name == mutant.name);
            if !of_it.any(|(_, row)| row[at].iter().all(Option::is_some)) {
                lost.push(format!("{} by {name}", mutant.name));
            }
        }
    }
    let means: Vec<_> = sums.iter().map(|sum| (sum / SEEDS).to_string()).collect();
    let _ = writeln!(table, "| all of them, one after the other | on the average | {} |", means.join(" | "));
    assert!(lost.is_empty(), "not found: {}", lost.join(", "));
    assert!(
        sums[0] <= sums[1..].iter().copied().min().unwrap_or(0),
        "the default needs the fewest: {sums:?}"
    );
    golden::compare("reports/schedulers.md", &table);
}

/// Plays executions of a text's only question, and hands over how each ended and its picks.
fn play(
    text: &str,
    scheduler: &mut dyn Scheduler,
    executions: u64,
    mut each: impl FnMut(u64, bool, &[Pick]),
) {
    let bounds = Bounds { max_steps: 1_000, control: &(), progress: Progress::default() };
    let played = Case::new(text).compiled(|program| {
        let mut engine = Engine::new(program, &mut ())?;
        for execution in 0..executions {
            scheduler.begin(execution);
            let ran =
                engine.run(&mut *scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
            each(execution, matches!(ran.end, End::Finding(_)), engine.journal());
        }
        Ok(())
    });
    assert_eq!(played, Ok(()));
}

/// The promise of PCT, on bugs that need two and three orders of steps.
#[test]
fn pct_keeps_its_promise() {
    let two = "on rfc2007; int x, n;
        task a { n = 1; n = 2; n = 3; x = 1; x = 2; n = 4; n = 5; }
        task b { n = 6; n = 7; s = x; assert(s != 1); }";
    let three = "on rfc2007; int x, y, n;
        task a { n = 1; n = 2; x = 1; x = 2; n = 3; }
        task b { n = 4; s = x; n = 5; t = y; assert(s != 1 || t != 1); }
        task c { n = 6; n = 7; y = 1; y = 2; }";
    for (depth, text) in [(2, two), (3, three)] {
        let (mut found, mut of) = (0_u128, 0_u128);
        let mut bound = 0;
        for seed in 0..40 {
            let mut pct = Pct::new(seed, depth);
            // The first ones learn how long an execution is.
            play(text, &mut pct, 220, |execution, finding, _| {
                if execution >= 20 {
                    of += 1;
                    found += u128::from(finding);
                }
            });
            bound = pct.bound().max(bound);
        }
        // Of some thousand executions, a tenth less is chance.
        assert!(
            bound > 10 && found * bound * 10 >= of * 9,
            "{found} of {of}, and one in {bound} was promised"
        );
        assert!(found < of / 2, "it is not found anyhow: {found} of {of}");
    }
}

/// How many ways lead from the start to an end: counted in the graph of states, without any scheduler.
fn ways(text: &str) -> usize {
    let explored = Case::new(text).compiled(|program| explore(program, |_| ())).expect("nothing is wrong");
    let mut ways = vec![None; explored.ready.len()];
    fn from(state: usize, steps: &[(usize, u32, usize)], ways: &mut [Option<usize>]) -> usize {
        if let Some(known) = ways[state] {
            return known;
        }
        let next: Vec<_> = steps.iter().filter(|step| step.0 == state).map(|step| step.2).collect();
        let count = if next.is_empty() { 1 } else { next.into_iter().map(|to| from(to, steps, ways)).sum() };
        ways[state] = Some(count);
        count
    }
    from(0, &explored.steps, &mut ways)
}

/// Pearson's: how far counts are from all being equal.
fn chi_square(counts: &BTreeMap<Vec<Pick>, u64>) -> u64 {
    let (sum, ways) = (counts.values().sum::<u64>(), counts.len() as u64);
    counts.values().map(|count| (count * ways).abs_diff(sum).pow(2)).sum::<u64>() / (sum * ways)
}

/// Where all steps race, a selectively uniform walk takes each order of them equally often, also where one task has more.
#[test]
fn surw_is_uniform() {
    for (text, want) in [
        ("on rfc2007; int x; task a { x = 1; x = 2; x = 3; } task b { x = 4; x = 5; x = 6; }", 20),
        ("on rfc2007; int x; task a { x = 1; x = 2; x = 3; x = 4; x = 5; } task b { x = 6; x = 7; }", 21),
    ] {
        assert_eq!(ways(text), want);
        let mut counts = BTreeMap::new();
        play(text, &mut Surw::new(0), 6_050, |execution, _, picks| {
            if execution >= 50 {
                *counts.entry(picks.to_vec()).or_insert(0) += 1;
            }
        });
        // The thousandth part of all uniform samples is farther away: 20 degrees of freedom.
        assert!(counts.len() == want && chi_square(&counts) < 46, "{counts:?}");
        let mut uneven = BTreeMap::new();
        play(text, &mut Random::new(0), 6_000, |_, _, picks| *uneven.entry(picks.to_vec()).or_insert(0) += 1);
        assert!(chi_square(&uneven) > 100, "the uniform walk over tasks is not uniform over orders");
    }
}

/// The order of two steps that race is as likely to be one as the other, however much one task does before.
#[test]
fn pos_is_even_on_one_race() {
    let text = "on rfc2007; int x, m, n; task a { m = 1; m = 2; m = 3; m = 4; m = 5; x = 1; }
        task b { n = m; s = x; assert(s == 0); } task c { m = 7; }";
    let share = |scheduler: &mut dyn Scheduler| {
        let mut before = 0;
        play(text, scheduler, 3_000, |_, finding, _| before += u64::from(finding));
        before
    };
    let (pos, random) = (share(&mut Pos::new(0)), share(&mut Random::new(0)));
    assert!(pos > 2 * random, "{pos} of 3,000 and {random} of a uniform walk");
}

/// Of what the search finds in small scenarios, each scheduler finds some, the default all, and none anything else. PCT
/// may leave out what is deeper than its depth.
#[test]
fn each_finds_what_the_search_finds() {
    for (file, protocol) in [
        ("race/walker-finds-whole-namespaces.pernet", "rfc2007-destroy-without-mutex"),
        ("race/create-meets-register.pernet", "rfc2007-create-without-mutex"),
        ("netns/two-owners.pernet", "rfc2007-get-without-count"),
    ] {
        let case = Case::in_file(file, &[]).into_iter().find(|case| case.question.protocol == protocol);
        let case = case.expect("it is asked");
        let names = |answer: &Answer| -> BTreeSet<String> {
            answer.violations.iter().map(|violation| violation.name.clone()).collect()
        };
        let searched = names(&case.search());
        for choice in compared() {
            let plan = Plan { mode: Mode::Sampled, runs: 4_000, scheduler: Some(choice), ..Plan::default() };
            let found = names(&case.ask(&plan));
            let (name, title) = (choice.row.name, case.title());
            assert!(!found.is_empty() && found.is_subset(&searched), "{found:?} by {name} in {title}");
            assert!(name != DEFAULT.row.name || found == searched, "{found:?} by {name} in {title}");
        }
    }
}

#[test]
fn the_portfolio_says_who_found_it() {
    let text = "on rfc2007 breaks finally; int n;
        task one { x = n; n = x + 1; } task two { x = n; n = x + 1; } finally n == 2;";
    let plan = |name: &str| {
        let scheduler = find(name).map(|row| row.plain());
        Plan { mode: Mode::Sampled, runs: 100, scheduler, ..Plan::default() }
    };
    let answer = Case::new(text).ask(&plan("portfolio"));
    let member = answer.first["finally"].member.expect("one of them did");
    assert!(find(member).is_some());
    let line = human::line(&answer, Style::PLAIN);
    assert!(line.contains(&format!("finally: first met by {member} in execution ")), "{line}");
    let line = human::line(&Case::new(text).ask(&plan("pct")), Style::PLAIN);
    assert!(line.contains("a bug of depth 3 is met by at least one execution in "), "{line}");
}
