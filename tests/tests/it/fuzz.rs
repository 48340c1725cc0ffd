//! Fuzzing: worlds are sound users, slips are found in them, and nothing depends on threads, folders or the time of day.
//!
//! `reports/fuzz.md` says after how many worlds each planted slip is found. It takes minutes, and is written by
//!
//! ```sh
//! ACCEPT=1 cargo test -p tests -- --ignored fuzz
//! ```

use crate::binary::{command, listing, run as pernet_sim};
use model::lang::printer::format;
use proptest::test_runner::{Config, TestRunner};
use sim::cargo_test::{Budget, check};
use sim::fuzz::corpus::Entry;
use sim::fuzz::look::Effort;
use sim::fuzz::strategy::worlds;
use sim::fuzz::{Protocol, Rounds};
use sim::library::eras;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tests::fuzzed::{found, rounds, run, shipped};
use tests::golden;
use tests::planted::mutants;
use tests::side_by_side::side_by_side;

/// A look that takes a moment.
const QUICK: Effort = Effort { first: 4, max_states: 800, schedules: 12, max_steps: 20_000 };

/// Protocols in which nothing is to be found, and what is known to be found all the same.
fn sound() -> Vec<(String, Option<&'static str>)> {
    let boundary = "boundary";
    let variants = [
        ("rfc2007-placeholder", None),
        ("linux-2.6.24-no-net-ns", Some(boundary)),
        ("linux-7-no-net-ns", Some(boundary)),
    ];
    let eras = eras().into_iter().map(|era| (era, None));
    eras.chain(variants.map(|(name, known)| (name.to_string(), known))).collect()
}

fn name(found: &str) -> &str {
    found.split(' ').next().unwrap_or(found)
}

#[test]
fn sound_eras_are_silent() {
    let sound = sound();
    let wrong = side_by_side(sound.len(), |at| {
        let (era, known) = &sound[at];
        let (fuzzed, _) = run(&shipped(era), &rounds(40, QUICK), Vec::new());
        let names: BTreeSet<String> =
            fuzzed.found.iter().map(|(signature, _)| signature.name.clone()).collect();
        let expected: BTreeSet<String> = known.iter().map(|known| (*known).to_string()).collect();
        (names != expected).then(|| format!("{era}: {names:?} after {} worlds", fuzzed.worlds))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An ops without an `init` is taken down by a creation that ends before the next `init`, in every phase.
#[test]
fn no_init_is_needed_for_a_phase() {
    let page = "on linux-7;\nstruct stats { int packets; }\nint gone;\n\
        ops route { exit_rtnl(net, dev_kill_list) { gone = 1; } exit; }\n\
        ops fib { has_id = 1; size = struct stats; }\n\
        boot { register_pernet_subsys(route); register_pernet_subsys(fib); }\n\
        faults 1 in kzalloc;\ntask unshare { net = copy_net_ns(); }\nsometimes gone;\n";
    let answers = sim::run_text("page.pernet", page, &[], &Default::default(), &Default::default());
    let answers = answers.unwrap_or_else(|rejected| panic!("{:?}", rejected.diagnostics));
    assert!(answers.iter().all(|answer| answer.as_expected()), "{answers:?}");
}

/// A slip takes nothing away from what users rely on: the fuzzer does not step around it.
#[test]
fn what_users_rely_on_is_that_of_the_protocol_without_the_slip() {
    let differs = |name: &str, base: &str| shipped(name).offers != shipped(base).offers;
    let slips = mutants().into_iter().filter(|mutant| differs(&mutant.name, &mutant.base));
    assert_eq!(slips.map(|mutant| mutant.name).collect::<Vec<_>>(), Vec::<String>::new());
}

/// All slips of the patch but for two, which take longer or more than a sound user.
#[test]
fn slips_are_found_in_a_few_worlds() {
    const HIDDEN: [&str; 2] = ["rfc2007-boundary-reset", "rfc2007-create-negative-only"];
    let slips: Vec<_> = mutants()
        .into_iter()
        .filter(|mutant| mutant.base == "rfc2007" && !HIDDEN.contains(&mutant.name.as_str()))
        .collect();
    assert!(slips.len() >= 40);
    let missed = side_by_side(slips.len(), |at| {
        let (fuzzed, _) =
            run(&shipped(&slips[at].name), &Rounds { first: true, ..rounds(256, QUICK) }, Vec::new());
        fuzzed.found.is_empty().then(|| slips[at].name.clone())
    });
    assert_eq!(missed.into_iter().flatten().collect::<Vec<_>>(), Vec::<String>::new());
    // What is latent must be asked for.
    let mut latent = shipped(HIDDEN[1]);
    latent.offers.latent = true;
    assert!(!found(&latent, 200, true).1.is_empty());
}

#[test]
fn threads_do_not_matter() {
    let protocol = shipped("rfc2007-undo-all");
    let with = |jobs| run(&protocol, &Rounds { jobs, ..rounds(80, QUICK) }, Vec::new());
    let (fuzzed, heard) = with(1);
    assert!(!heard.kept.is_empty() && !heard.found.is_empty());
    assert_eq!(with(3), (fuzzed, heard));
    assert_eq!(protocol.world(7, 3), protocol.world(7, 3));
    assert_ne!(protocol.world(7, 3), protocol.world(7, 4));
}

/// What one run has kept is looked at first by the next one, is as sound when it is changed, and tells what it is made of.
#[test]
fn a_corpus_goes_on_where_it_was() {
    let protocol = shipped("linux-5.3");
    let (_, heard) = run(&protocol, &rounds(30, QUICK), Vec::new());
    for entry in &heard.kept {
        assert_eq!(Entry::read(&entry.name, &entry.file(), &protocol), *entry);
        let touched = entry.file().replace("task ", "task a");
        assert_eq!(Entry::read("touched.pernet", &touched, &protocol).choices, None);
    }
    let entries = heard.kept.len() as u64;
    let (fuzzed, _) = run(&protocol, &rounds(96, QUICK), heard.kept.clone());
    assert_eq!((fuzzed.entries, fuzzed.misfits.len(), fuzzed.found.len()), (entries, 0, 0));
    assert!(fuzzed.idle.len() < heard.kept.len());
    // On a protocol without slots some of them mean nothing.
    let (fuzzed, _) = run(&shipped("rfc2007"), &rounds(1, QUICK), heard.kept);
    assert!(!fuzzed.misfits.is_empty());
}

/// Whatever the choices are, they give a scenario in the one layout that fits its protocol; and fewer of them give one, too.
#[test]
fn any_choices_are_a_world() {
    let protocol = shipped("linux-6.16");
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&worlds(&protocol), |drawn| {
        let made = &drawn.choices.made;
        assert_eq!(protocol.drawn(made.clone()).text, drawn.text);
        for choices in [&made[..], &made[..made.len() / 2], &[]] {
            let text = protocol.drawn(choices.to_vec()).text;
            assert_eq!(format(&text), Ok(text.clone()));
            sim::run_text("drawn.pernet", &text, &[], &Default::default(), &few())
                .unwrap_or_else(|rejected| panic!("{:?}\n{text}", rejected.diagnostics));
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
}

fn few() -> sim::ask::Plan {
    sim::ask::Plan { mode: sim::ask::Mode::Sampled, runs: 2, ..Default::default() }
}

fn fuzz(folder: &Path, more: &str) -> crate::binary::Done {
    let line = format!("fuzz --protocol rfc2007-undo-all --worlds 24 --max-states 500 {more}");
    pernet_sim(folder, line.split_whitespace())
}

#[test]
fn what_is_found_is_filed_and_repeats() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let one = fuzz(here, "--save --jobs 1");
    assert_eq!(one.code, 1, "{}", one.err);
    assert_eq!(fuzz(here, "--save --jobs 3"), one, "as often as one likes, with any number of threads");
    let saved: Vec<_> = listing(&here.join("scenarios/found")).into_iter().map(|(path, _)| path).collect();
    assert_eq!(saved.len(), 1, "{saved:?}");
    // The page knows its answer; the command that was told shows the same once more.
    assert_eq!(pernet_sim(here, ["run", &saved[0]]).code, 0);
    let replay =
        one.out.lines().find_map(|line| line.strip_prefix("replay    pernet-sim ")).expect("a command");
    let words = crate::binary::words(replay);
    let again = pernet_sim(here, words.iter().map(String::as_str));
    assert_eq!((again.code, again.out.contains("violated paired")), (0, true), "{}", again.out);
    let bundle: Vec<_> = fs::read_dir(here.join("pernet-sim.out")).expect("a bundle").collect();
    assert_eq!(bundle.len(), 1);
}

#[test]
fn the_status_says_what_came_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    for (line, code) in [
        ("--no-shrink", 1),
        ("--expect-found --no-shrink", 0),
        ("--seed-from 072f8dd --expect-found --no-shrink", 0),
        ("--protocol rfc2007", 0),
        ("--protocol rfc2007 --expect-found", 1),
        ("--protocol rfc2007 --max-time 0s", 0),
        ("--protocol rfc2007 --minimise", 2),
        ("--seed-from x --seed 1", 2),
    ] {
        let base = if line.contains("--protocol") { "" } else { "--protocol rfc2007-undo-all " };
        let line = format!("fuzz {base}{line} --worlds 24 --max-states 500");
        let done = pernet_sim(here, line.split_whitespace());
        assert_eq!(done.code, code, "{line}: {}{}", done.out, done.err);
    }
    let done = fuzz(here, "--format jsonl");
    let objects: Vec<serde_json::Value> =
        done.out.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(objects[0]["invariant"], "paired");
    assert_eq!(objects.last().expect("a summary")["worlds"], 24);
    for format in ["junit", "sarif", "github", "markdown"] {
        let done = fuzz(here, &format!("--format {format}"));
        assert_eq!((done.code, done.out.contains("paired")), (1, true), "{format}: {}", done.out);
    }
}

/// Two at once: each file is whole, and the same whoever wrote it.
#[test]
fn two_share_a_corpus() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |seed: &str| {
        let line =
            format!("fuzz --protocol rfc2007 --worlds 60 --max-states 200 --corpus corpus --seed {seed} -q");
        command(folder.path()).args(line.split_whitespace()).spawn().expect("the program starts")
    };
    let both = [start("1"), start("1"), start("2")];
    for mut child in both {
        assert!(child.wait().expect("it ends").success());
    }
    let protocol = shipped("rfc2007");
    let files = listing(&folder.path().join("corpus"));
    assert!(files.len() > 10);
    for (path, bytes) in &files {
        let text = String::from_utf8(bytes.clone()).expect("text");
        let entry = Entry::read(path.rsplit('/').next().unwrap_or(path), &text, &protocol);
        assert_eq!(
            Some(entry.name),
            entry.choices.map(|choices| Entry::of(&protocol.drawn(choices.made)).name)
        );
    }
    let line = "fuzz --protocol rfc2007 --worlds 1 --corpus corpus --minimise -q";
    assert_eq!(pernet_sim(folder.path(), line.split_whitespace()).code, 0);
    assert!(listing(&folder.path().join("corpus")).len() < files.len());
}

/// In `cargo test`: what breaks is kept as a replay file, is asked first the next time, and is quiet once it is repaired.
#[test]
fn regressions_are_our_own_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let regressions = folder.path().join("pernet-regressions");
    let budget = Budget { worlds: 40, effort: QUICK, regressions: regressions.clone(), ..Budget::default() };
    let said = |protocol: &Protocol, budget: &Budget| {
        let panicked = catch_unwind(AssertUnwindSafe(|| check(protocol, budget))).err();
        panicked.map(|said| *said.downcast::<String>().expect("a story"))
    };
    let text = "protocol mine is rfc2007;\nreplace in register_pernet_operations { if (undo_net == net) break; } with {}\n";
    let broken = Protocol::of_text("mine.pernet", text).expect("it is a protocol");
    let first = said(&broken, &budget).expect("it is found");
    assert!(first.contains("found paired at"), "{first}");
    let kept = listing(&regressions);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let none = Budget { worlds: 1, ..budget.clone() };
    assert!(said(&broken, &none).expect("once more").contains("what broke once breaks again"));
    assert_eq!(
        said(&Protocol::of_text("mine.pernet", "protocol mine is rfc2007;").expect("repaired"), &budget),
        None
    );
    assert_eq!(pernet_sim(folder.path(), ["replay", &kept[0].0]).code, 1);
}

/// Slips that scenarios show, and drawn worlds do not, and why.
const BEYOND: [(&str, &str); 3] = [
    ("linux-7-half-an-id", "whoever means what he says asks for an id and a size, or for neither."),
    (
        "linux-7-nsid-lookup-without-rcu",
        "a shell is freed in the round behind its own, so two cleanups must pass within one lookup.",
    ),
    ("linux-7-own-ids-kept", "it changes nothing: nobody asks a dead namespace for its ids."),
];

/// So many worlds a slip may survive.
const MOST: u64 = 400;
/// So many worlds an era stands.
const MANY: u64 = 200;
/// So many it stands in a night.
const THOUSANDS: u64 = 2_000;
/// So many where nothing, or what is known, is to be found.
const FEW: u64 = 64;

/// Far more worlds than the suite has time for: a night's work.
#[test]
#[ignore = "it takes an hour unless it is optimised"]
fn thousands_of_worlds_of_every_era() {
    let wrong = sound().into_iter().filter_map(|(era, known)| {
        let rounds = Rounds { jobs: 2, ..rounds(THOUSANDS, Effort::default()) };
        let (fuzzed, _) = run(&shipped(&era), &rounds, Vec::new());
        let found: Vec<String> = fuzzed.found.iter().map(|(signature, _)| signature.to_string()).collect();
        eprintln!(
            "{era}: {} worlds, {} of them complete, {} schedules, {} states: {found:?}",
            fuzzed.worlds, fuzzed.complete, fuzzed.schedules, fuzzed.states
        );
        (names(&found) != known.unwrap_or("-")).then(|| format!("{era}: {found:?}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
#[ignore = "it takes minutes"]
fn fuzz_report() {
    let mut out = String::from(
        "# Fuzzing\n\nWhat `pernet-sim fuzz` finds with seed 0 if nothing else is said. Generated by `ACCEPT=1 cargo test -p tests -- --ignored fuzz`.\n",
    );
    let sound = sound();
    let _ = write!(
        out,
        "\n## Where nothing is planted\n\nWith `--latent` an init may also fail with a positive number: register takes that for a failure, and a creation of a later\nera does not.\n\n| protocol | worlds | found | with `--latent`, in {FEW} |\n|---|---|---|---|\n"
    );
    let rows = side_by_side(sound.len(), |at| {
        let mut protocol = shipped(&sound[at].0);
        let (worlds, plain) = found(&protocol, MANY, false);
        protocol.offers.latent = true;
        let (_, latent) = found(&protocol, FEW, false);
        (worlds, names(&plain), names(&latent), sound[at].1)
    });
    for ((era, _), (worlds, plain, latent, known)) in sound.iter().zip(rows) {
        assert_eq!(plain, known.unwrap_or("-"), "{era}");
        let _ = writeln!(out, "| {era} | {worlds} | {plain} | {latent} |");
    }
    for base in ["rfc2007", "linux-7"] {
        let slips: Vec<_> = mutants().into_iter().filter(|mutant| mutant.base == base).collect();
        // What is latent in the era itself is nothing that a slip is found by.
        let mut era = shipped(base);
        era.offers.latent = true;
        let latent = found(&era, FEW, false).1;
        let is_latent = |seen: &String| latent.iter().any(|latent| name(latent) == name(seen));
        let rows = side_by_side(slips.len(), |at| {
            let slip = &slips[at];
            let mut protocol = shipped(&slip.name);
            let most = if slip.unseen.is_some() { FEW } else { MOST };
            let (mut worlds, mut seen) = found(&protocol, most, true);
            let mut how = "";
            if seen.is_empty() && slip.unseen.is_none() {
                protocol.offers.latent = true;
                (worlds, seen) = found(&protocol, FEW, true);
                seen.retain(|seen| !is_latent(seen));
                how = " with `--latent`";
            }
            let worlds = if seen.is_empty() { "-".to_string() } else { format!("{worlds}{how}") };
            (format!("| {} | {worlds} | {} |\n", slip.short(), names(&seen)), seen.is_empty().then_some(slip))
        });
        let missed = rows.iter().filter(|(_, missed)| missed.is_some()).count();
        let _ = write!(
            out,
            "\n## Slips planted in {base}\n\nFound: {} of {}, within {MOST} worlds.\n\n| slip | worlds | found first |\n|---|---|---|\n",
            rows.len() - missed,
            rows.len()
        );
        rows.iter().for_each(|(row, _)| out.push_str(row));
        let missed: Vec<_> = rows.iter().filter_map(|(_, missed)| *missed).collect();
        if !missed.is_empty() {
            let _ = write!(out, "\nWhy some are not found:\n\n");
        }
        for slip in missed {
            let told = BEYOND.iter().find(|(name, _)| *name == slip.name).map(|(_, why)| *why);
            let why = slip.unseen.as_deref().or(told).unwrap_or("No world has shown it yet.");
            let _ = writeln!(out, "* {}: {why}", slip.short());
        }
    }
    golden::compare("reports/fuzz.md", &out);
}

/// What was found, without places: one word each.
fn names(found: &[String]) -> String {
    let names: BTreeSet<&str> = found.iter().map(|found| name(found)).collect();
    if names.is_empty() { "-".to_string() } else { names.into_iter().collect::<Vec<_>>().join(", ") }
}
