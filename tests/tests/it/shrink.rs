//! Failing runs become small: the same breaks at the same line, nothing more can be left out, and the schedule is no longer than
//! the shortest one that a search of the original world knows.
//!
//! The few that are looked at here stand for those of `reports/shrink.md`, which `.ci/long` makes anew:
//! `ACCEPT=1 cargo test --release -p tests --test it shrink -- --ignored` accepts a new one.

mod timed;

use crate::binary::{in_world, world_of};
use model::judge::orders::Orders;
use model::lang::printer::format;
use model::machine::Room;
use sim::answer::{Answer, Violation};
use sim::ask::{Mode, Plan};
use sim::codes;
use sim::limit::Limits;
use sim::livelock::Livelock;
use sim::only::Only;
use sim::question::Question;
use sim::reduce::Reductions;
use sim::replay::replay;
use sim::search::search_for;
use sim::shrink::{Effort, Failing, Shrunk, shrink};
use sim::signature::Signature;
use sim::verdict::Coverage;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use tests::failing::{Input, case_of, crowded, found, found_as, origins};
use tests::golden;
use tests::lab::Case;
use tests::one_minimal::{self, Counts};
use tests::side_by_side::side_by_side;

/// States of a page that the other check searches.
const MOST: usize = 8_000;
/// States of the original world that are searched for its shortest schedule.
const MOST_OF_ORIGINAL: u64 = 100_000;
/// So many that have nothing to do with it make up a crowd of about twenty.
const PASSERS: usize = 17;

/// What became of a run.
struct Row {
    input: Input,
    shrunk: Shrunk,
    /// Steps of the shortest schedule in the original world, if that is known.
    shortest: Option<u64>,
    wrong: Vec<String>,
}

impl Row {
    /// Hundredths of the shortest schedule that is known.
    fn ratio(&self) -> Option<u64> {
        self.shortest.map(|steps| self.shrunk.after.steps * 100 / steps.max(1))
    }
}

fn small(input: &Input, jobs: usize) -> Shrunk {
    let effort = Effort { jobs, ..Effort::default() };
    shrink(&input.failing, &effort, &())
        .unwrap_or_else(|rejected| panic!("{}: {:?}", input.origin, rejected.diagnostics))
}

/// `alone`: the world without the crowd, if its schedules are schedules of the crowd's, too.
fn look(input: Input, alone: Option<&Case>) -> Row {
    let shrunk = small(&input, 1);
    let mut wrong = Vec::new();
    let mut check = |right: bool, what: &str| {
        if !right {
            wrong.push(format!("{} {}: {what}\n{}", input.origin, input.seed, shrunk.text));
        }
    };
    check(shrunk.signature == input.signature, "something else breaks");
    let (before, after) = (shrunk.before, shrunk.after);
    check(before.steps == input.steps, "it was not as long");
    check(after.tasks <= before.tasks && after.statements <= before.statements, "the world has grown");
    check(after.steps <= before.steps, "the schedule has grown");
    check(format(&shrunk.text).as_ref() == Ok(&shrunk.text), "it is not laid out");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    check(shrunk.name.chars().all(plain), "its name is not plain");
    let page = case_of(&input.case.scenario.file, &shrunk.text, &shrunk.question.protocol);
    check(page.question == shrunk.question, "it asks something else");
    let shown = breaks(&page, &shrunk);
    // Orders of locks that meet are in no one schedule.
    check(
        shown == Some(input.signature.clone()) || input.failing.picks.is_none(),
        "its schedule shows something else",
    );
    let limits = Limits { max_states: MOST_OF_ORIGINAL, ..Limits::default() };
    let answer = page.ask(&Plan { mode: Mode::Exhaustive, limits, ..Plan::default() });
    check(answer.as_expected() || answer.coverage != Coverage::Complete, "it does not answer as it says");
    let counts = Counts {
        signature: &input.signature,
        longest: shrunk.longest,
        controls: &shrunk.controls,
        avoidable: shrunk.avoidable,
    };
    let smaller = one_minimal::smaller(&page, counts, MOST);
    check(smaller.is_none(), &format!("it can be smaller: {}", smaller.unwrap_or_default()));
    for control in &shrunk.controls {
        let answer = |case: &Case| {
            let question = Question { protocol: control.protocol.clone(), ..case.question.clone() };
            let case = Case { scenario: case.scenario.clone(), question };
            case.ask(&Plan { mode: Mode::Exhaustive, limits, ..Plan::default() })
        };
        let names = |answer: Answer| -> BTreeSet<String> {
            answer.violations.into_iter().map(|found| found.name).collect()
        };
        let before = answer(&input.case);
        if before.coverage != Coverage::Complete {
            continue;
        }
        let gained: Vec<_> = names(answer(&page)).difference(&names(before)).cloned().collect();
        check(gained.is_empty(), &format!("{} breaks {gained:?} now", control.protocol));
    }
    check(shrunk.certificate.is_minimal(), "it was not gone through");
    let shortest = shortest(alone.unwrap_or(&input.case), &input.signature);
    Row { input, shrunk, shortest, wrong }
}

/// What the schedule of a page leads to; nothing if it does not fit.
fn breaks(page: &Case, shrunk: &Shrunk) -> Option<Signature> {
    let picks = &shrunk.schedule.0;
    let replayed = replay(&page.loaded(), &Room::default(), picks, false, 100_000).ok()?;
    if replayed.divergence.is_some() || replayed.left > 0 {
        return None;
    }
    let violation = Violation::of(&page.question, picks, replayed)?;
    Some(Signature::of(&page.scenario.file, &violation))
}

/// Steps of the shortest schedule in the original world that shows the same.
fn shortest(case: &Case, signature: &Signature) -> Option<u64> {
    let limits = Limits { max_states: MOST_OF_ORIGINAL, max_memory: 1 << 30, ..Limits::default() };
    let seen = case.compiled(|program| {
        search_for(program, &Only::new(program, signature, None), Reductions::NONE, &limits, &())
    });
    match seen {
        Ok(seen) => seen.found.first().map(|found| u64::from(found.steps)),
        Err(_) => Some(0),
    }
}

/// In the order of the inputs.
fn rows(inputs: Vec<(String, Case, u64)>) -> Vec<Row> {
    let origins = origins();
    let look = |at: usize| {
        let (origin, case, seed) = &inputs[at];
        let input = found(origin, case, *seed)?;
        // What is seen in a step is seen whoever else is there.
        let without = origin.strip_prefix("crowd ").filter(|_| input.signature.place.is_some());
        let alone = origins.iter().find(|(name, _)| Some(name.as_str()) == without).map(|(_, case)| case);
        Some(look(input, alone))
    };
    side_by_side(inputs.len(), look).into_iter().flatten().collect()
}

fn crowds(origins: &[(String, Case)]) -> impl Iterator<Item = (String, Case, u64)> + '_ {
    origins.iter().map(|(origin, case)| (format!("crowd {origin}"), crowded(case, PASSERS), 0))
}

fn all_right(rows: &[Row]) {
    let wrong: Vec<_> = rows.iter().flat_map(|row| row.wrong.iter().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{} of {} runs:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// The middle one of the ratios that are known.
fn median(rows: &[Row]) -> u64 {
    let mut ratios: Vec<_> = rows.iter().filter_map(Row::ratio).collect();
    ratios.sort_unstable();
    ratios.get(ratios.len() / 2).copied().unwrap_or(0)
}

#[test]
fn failing_runs_become_small() {
    let origins = origins();
    let mut inputs: Vec<_> =
        origins.iter().step_by(7).map(|(origin, case)| (origin.clone(), case.clone(), 0)).collect();
    inputs.extend(crowds(&origins).step_by(40));
    let rows = rows(inputs);
    assert!(rows.len() >= 20, "only {} runs fail", rows.len());
    all_right(&rows);
    assert!(median(&rows) <= 120, "the middle ratio is {}", median(&rows));
}

/// What is in no single schedule: cycles that need not end, orders of locks that meet.
#[test]
fn circles_and_cycles_become_small() {
    let mut rows = Vec::new();
    for case in Case::shipped() {
        for name in [Livelock::NAME, Orders::NAME] {
            if case.question.breaks.iter().any(|known| known == name) {
                rows.extend(found_as(name, &case).map(|input| look(input, None)));
            }
        }
    }
    let named = |name: &str| rows.iter().filter(|row| row.shrunk.signature.name == name).count();
    assert!(named(Livelock::NAME) >= 2 && named(Orders::NAME) >= 6, "{} rows", rows.len());
    all_right(&rows);
}

/// Pages whose smallest world would forget a lock, or what its `init` has to keep: where it goes wrong anyhow, nothing is
/// shown by the slip.
#[test]
fn on_a_control_nothing_else_breaks() {
    let wanted = ["mutant linux-7-rtnl-always", "mutant linux-7-failed-init-keeps-slot"];
    for (origin, case) in origins().iter().filter(|(origin, _)| wanted.contains(&origin.as_str())) {
        let row = look(found(origin, case, 0).expect("it fails"), None);
        assert!(row.shrunk.text.contains("on linux-7;\n"), "{}", row.shrunk.text);
        all_right(&[row]);
    }
}

/// The same page, whoever was faster.
#[test]
fn threads_do_not_matter() {
    let wanted = ["mutant rfc2007-create-without-mutex", "mutant linux-7-arrays-stay-short"];
    for (origin, case) in origins().iter().filter(|(origin, _)| wanted.contains(&origin.as_str())) {
        let input = found(origin, &crowded(case, 4), 0).expect("it fails");
        assert_eq!(small(&input, 1), small(&input, 4), "{origin}");
    }
}

/// What does not fail, or not in that way, is refused by number.
#[test]
fn only_what_fails_can_become_small() {
    let (origin, case) =
        origins().into_iter().find(|(origin, _)| origin == "mutant rfc2007-undo-all").expect("it is there");
    let failing = found(&origin, &case, 0).expect("it fails").failing;
    let code = |failing: &Failing| {
        let refused = shrink(failing, &Effort::default(), &()).expect_err("it is refused");
        refused.diagnostics[0].code
    };
    let other = Signature { name: "deadlock".to_string(), place: None };
    assert_eq!(code(&Failing { signature: Some(other.clone()), ..failing.clone() }), codes::SHRINK_OTHER);
    assert_eq!(
        code(&Failing {
            picks: Some(Vec::new()),
            text: "on rfc2007; task t { step; }".to_string(),
            ..failing.clone()
        }),
        codes::SHRINK_NOTHING
    );
    assert_eq!(code(&Failing { picks: None, signature: Some(other), ..failing }), codes::SHRINK_NOTHING);
}

/// A page that breaks two things, with much in it that has no part in either.
const PAGE: &str = "\
// Who is last?
on rfc2007;
struct thing { int a, b; }
int x, y, unused = 7;
mutex m;
ops quiet { init; exit; }
ops loud { init(net) { unused = 3; may return -ENOMEM; } exit; }
faults 2 in may;
net a, b;
boot { register_pernet_subsys(quiet); x = 0; }
fn idle() { y = y + 1; }
task t0 {
    mutex_lock(m);
    idle();
    mutex_unlock(m);
    error = register_pernet_subsys(loud);
    x = 1;
}
task t1 {
    put_net(b);
    if (y == 1 && x == 0) x = 2; else idle();
}
task t2[2] { step; y = y + me; }
never late: x == 2 && done(t1);
sometimes x == 1;
never odd: x == 1 && y == 2;
";

/// From a scenario, from a saved folder, from a schedule as text: the same page.
#[test]
fn the_command_line_makes_pages_small() {
    let world = world_of(&[("page.pernet", PAGE)]);
    let here = world.path();
    let done = in_world(here, "shrink page.pernet --signature late", 0);
    assert!(done.out.starts_with("// Can it be that `late` is broken?\n"), "{}", done.out);
    assert!(
        ["unused", "quiet", "mutex", "net", "t2", "sometimes"].iter().all(|word| !done.out.contains(word)),
        "{}",
        done.out
    );
    assert!(done.err.contains("late: `x == 2 && done("), "{}", done.err);
    in_world(here, "run page.pernet --out saved --quiet", 1);
    let saved: Vec<_> = std::fs::read_dir(here.join("saved")).expect("it is saved").collect();
    let late = saved.iter().flatten().map(|entry| entry.path()).find(|path| {
        std::fs::read_to_string(path.join("schedule.txt")).is_ok_and(|text| text.contains("finding late"))
    });
    let late = late.expect("it is saved").to_string_lossy().into_owned();
    assert_eq!(in_world(here, &format!("shrink {late} --jobs 2"), 0).out, done.out);
    // What it prints answers as it says, and its schedule shows it.
    std::fs::write(here.join("small.pernet"), &done.out).expect("a file");
    in_world(here, "run small.pernet", 0);
    let replay = done
        .err
        .lines()
        .find_map(|line| line.strip_prefix("replay: pernet-sim replay "))
        .expect("it is said");
    let schedule = replay.split('\'').nth(1).expect("it is quoted");
    let shown = in_world(here, &format!("replay '{schedule}' small.pernet"), 0);
    assert!(shown.out.starts_with("violated late"), "{}", shown.out);
    assert_eq!(in_world(here, &format!("shrink '{schedule}' small.pernet"), 0).out, done.out);
    let object = in_world(here, "shrink small.pernet --format jsonl", 0).out;
    let object: serde_json::Value = serde_json::from_str(&object).expect("an object");
    assert_eq!((&object["signature"], &object["text"]), (&"late".into(), &done.out.as_str().into()));
    // Written whole, or not at all.
    in_world(here, "shrink page.pernet --signature odd -o out.pernet --quiet", 0);
    let written = std::fs::read_to_string(here.join("out.pernet")).expect("it is written");
    assert!(written.contains("breaks odd"), "{written}");
    // Where it cannot be, nobody begins.
    for nowhere in ["no/out.pernet", "saved"] {
        let line = format!("shrink page.pernet --signature odd --max-time 0s -o {nowhere}");
        assert!(in_world(here, &line, 2).err.contains("cannot be written"));
    }
    in_world(here, "shrink page.pernet --signature odd -o /dev/null --quiet", 0);
    assert!(!Path::new("/dev/null").is_file());
    // What lies beside a saved schedule and says something else is not what ran.
    let scenario = here.join(&late).join("scenario.pernet");
    std::fs::write(&scenario, PAGE.replace("x = 1;", "x = 3;")).expect("a file");
    assert!(
        in_world(here, &format!("shrink {late}"), 2)
            .err
            .contains("is not what the schedule was recorded with")
    );
    std::fs::write(&scenario, PAGE).expect("a file");
    assert!(in_world(here, "shrink p9:abc", 2).err.contains("E322"), "a token of a version to come");
    // A protocol of somebody's own is said as it was found.
    let mine = "protocol mine is rfc2007;\nconst MINE = 1;\n";
    std::fs::write(here.join("mine.pernet"), mine).expect("a file");
    std::fs::create_dir(here.join("pages")).expect("a folder");
    let own =
        in_world(here, "shrink page.pernet --signature late --protocol mine.pernet -o pages/own.pernet", 0)
            .err;
    let again = own.lines().find_map(|line| line.strip_prefix("replay: pernet-sim ")).expect("it is said");
    assert!(again.ends_with("pages/own.pernet --protocol mine.pernet"), "{again}");
    in_world(here, again, 0);
    // It has no time.
    in_world(here, "shrink page.pernet --signature late --max-time 0s", 3);
    // From a run that was saved there is at least that.
    let cut = in_world(here, &format!("shrink {late} --max-time 0s"), 3);
    assert!(cut.out.contains("// Not minimal: --max-time was met."), "{}", cut.out);
}

#[test]
#[ignore = "takes long; for `.ci/long`"]
fn every_failing_run_becomes_small() {
    let origins = origins();
    let seeds = |(origin, case): &(String, Case)| {
        let (origin, case) = (origin.clone(), case.clone());
        [0, 1, 2].map(|seed| (origin.clone(), case.clone(), seed))
    };
    let mut inputs: Vec<_> = origins.iter().flat_map(seeds).collect();
    inputs.extend(crowds(&origins));
    let rows = rows(inputs);
    assert!(rows.len() >= 300, "only {} runs fail", rows.len());
    all_right(&rows);
    assert!(median(&rows) <= 120, "the middle ratio is {}", median(&rows));
    golden::compare("reports/shrink.md", &report(&rows));
}

fn report(rows: &[Row]) -> String {
    let known = rows.iter().filter(|row| row.shortest.is_some()).count();
    let longer = rows.iter().filter(|row| row.ratio().is_some_and(|ratio| ratio > 100)).count();
    let certain = rows.iter().filter(|row| row.shrunk.certificate.is_complete()).count();
    let mut text = format!(
        "# Failing runs made small\n\n\
         {} failing runs, found by random schedules, and where they find nothing by a search: of the planted slips, of the museum's bugs, and of the same in a crowd of {PASSERS} \
         tasks that only pass by. Each was shrunk; the same breaks at the same line, and another check, written apart, finds nothing more \
         that can be left out. {certain} of them are minimal for certain: each smaller world was searched whole.\n\n\
         *tasks*, *statements* and *steps* say from what to what; *shortest* is the shortest schedule in the original world by a search \
         breadth first of at most {MOST_OF_ORIGINAL} states, which is known of {known}. The middle ratio is {}; {longer} of them are \
         longer than that.\n\n\
         | run | seed | breaks | tasks | statements | steps | shortest | ratio |\n|---|---|---|---|---|---|---|---|\n",
        rows.len(),
        hundredths(median(rows)),
    );
    for row in rows {
        let (before, after) = (row.shrunk.before, row.shrunk.after);
        let shortest = row.shortest.map_or_else(|| "-".to_string(), |steps| steps.to_string());
        let ratio = row.ratio().map_or_else(|| "-".to_string(), hundredths);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} to {} | {} to {} | {} to {} | {shortest} | {ratio} |",
            row.input.origin,
            row.input.seed,
            row.input.signature,
            before.tasks,
            after.tasks,
            before.statements,
            after.statements,
            before.steps,
            after.steps,
        );
    }
    text
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
