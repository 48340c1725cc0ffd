//! Campaigns that nobody disturbs.

use super::{Campaign, content};
use proptest::prelude::*;
use sim::ask::{Mode, Plan, ask};
use sim::campaign::manifest::{Manifest, Options};
use sim::campaign::run::run_shard;
use sim::campaign::{Merged, Shard};
use sim::fuzz::Protocol;
use sim::library::ShippedLibrary;
use sim::question::{Scenario, Values};
use std::sync::OnceLock;

/// Sixty runs of each question, planned as values.
fn planned(shard_size: u64, scheduler: &str) -> (Manifest, Vec<String>) {
    let shipped = sim::library::scenarios().into_iter().find(|shipped| shipped.file == super::SCENARIO);
    let shipped = shipped.expect("it is shipped");
    let scenario = Scenario::read(shipped.file, shipped.text).expect("it can be read");
    let scheduler = scheduler.to_string();
    let options = Options { seed: 7, scheduler, max_steps: 1_000, shard_size, questions: None };
    let mut manifest = Manifest::new(&options);
    let mut texts: Vec<String> = Vec::new();
    for question in scenario.questions(None, &Values::new()) {
        let once = Plan { mode: Mode::Sampled, runs: 1, ..Plan::default() };
        let answer = ask(&scenario, &question, &once, &ShippedLibrary, &()).expect("it can be asked");
        manifest.sample(&question, &answer.sources, 60);
        for file in answer.sources.files() {
            if !texts.contains(&file.text) {
                texts.push(file.text.clone());
            }
        }
    }
    (manifest, texts)
}

fn all(manifest: &Manifest, texts: &[String]) -> Vec<Shard> {
    let shard = |index| run_shard(manifest, manifest.id(), texts, index, &()).expect("a shard");
    (0..manifest.shards()).map(shard).collect()
}

fn merged(manifest: &Manifest, shards: impl IntoIterator<Item = Shard>) -> Merged {
    let mut merged = Merged::new(manifest.id());
    shards.into_iter().for_each(|shard| merged.add(shard).expect("no conflict"));
    merged
}

/// A small campaign and its shards, computed once.
fn small() -> &'static (Manifest, Vec<Shard>) {
    static SMALL: OnceLock<(Manifest, Vec<Shard>)> = OnceLock::new();
    SMALL.get_or_init(|| {
        let (manifest, texts) = planned(25, "random");
        let shards = all(&manifest, &texts);
        (manifest, shards)
    })
}

#[test]
fn a_shard_is_a_function_of_the_manifest_and_its_number() {
    for scheduler in ["random", "turns", "pct:4", "coverage"] {
        let (manifest, texts) = planned(170, scheduler);
        let shards = all(&manifest, &texts);
        assert_eq!(manifest.shards(), 3);
        // Backwards, and so with nothing behind that it could know.
        for shard in shards.iter().rev() {
            let again = run_shard(&manifest, manifest.id(), &texts, shard.index, &()).expect("a shard");
            assert_eq!(again.to_text(), shard.to_text(), "{scheduler}");
        }
        assert_eq!(Manifest::read("m", &manifest.to_text()).as_ref(), Ok(&manifest));
        let read = |shard: &Shard| Shard::read(&manifest, manifest.id(), shard.index, &shard.to_text());
        assert!(shards.iter().all(|shard| read(shard).as_ref() == Ok(shard)));
    }
}

#[test]
fn without_memory_the_size_of_shards_does_not_matter() {
    let told = |size: u64| {
        let (manifest, texts) = planned(size, "random");
        merged(&manifest, all(&manifest, &texts)).tallied(&manifest)
    };
    let whole = told(1_000);
    assert!(whole.iter().any(|unit| !unit.findings.is_empty()), "there is something to compare");
    assert!(whole.iter().all(|unit| unit.executions == 60));
    assert_eq!(told(7), whole);
    assert_eq!(told(100), whole);
}

#[test]
fn an_execution_is_that_of_a_run() {
    let (manifest, shards) = small();
    let told = merged(manifest, shards.iter().cloned()).tallied(manifest);
    let shipped = sim::library::scenarios().into_iter().find(|shipped| shipped.file == super::SCENARIO);
    let scenario =
        Scenario::read(super::SCENARIO, shipped.expect("it is shipped").text).expect("it can be read");
    let random = sim::scheduler::find("random").expect("it is there").plain();
    let plan = Plan { mode: Mode::Sampled, runs: 60, seed: 7, scheduler: Some(random), ..Plan::default() };
    for (question, unit) in scenario.questions(None, &Values::new()).iter().zip(&told) {
        let answer = ask(&scenario, question, &plan, &ShippedLibrary, &()).expect("it can be asked");
        assert_eq!((answer.verdict, answer.exit), (unit.verdict, unit.exit), "{}", question.protocol);
        assert_eq!((answer.transitions, answer.executions), (Some(unit.steps), Some(unit.executions)));
        for violation in &answer.violations {
            let of_name = || unit.findings.iter().filter(|found| found.name == violation.name);
            let first = of_name().map(|found| found.first + 1).min();
            assert_eq!(first, Some(answer.first[&violation.name].execution), "counted from 1 there");
            assert_eq!(of_name().map(|found| found.steps).min(), Some(violation.steps));
        }
    }
}

proptest! {
    /// Each bit says whether a shard is there.
    #[test]
    fn merging_is_a_union(bits in any::<[u32; 3]>()) {
        let (manifest, shards) = small();
        let some = |bits: u32| {
            let there = shards.iter().filter(|shard| bits >> (shard.index % 32) & 1 == 1);
            merged(manifest, there.cloned())
        };
        let join = |a: &Merged, b: &Merged| {
            let mut joined = a.clone();
            joined.join(b.clone()).expect("no conflict");
            joined
        };
        let [a, b, c] = bits.map(some);
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(&join(&a, &a), &a);
        prop_assert_eq!(&join(&a, &Merged::new(manifest.id())), &a);
        prop_assert_eq!(join(&a, &b).hash() == a.hash(), join(&a, &b) == a);
        prop_assert_eq!(join(&a, &b).tallied(manifest), join(&b, &a).tallied(manifest));
    }

    /// What is changed somewhere is no shard any more.
    #[test]
    fn a_changed_byte_is_seen(shard in 0_usize..20, at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let (manifest, shards) = small();
        let mut bytes = shards[shard].to_text().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte && bytes[at] < 128);
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let read = Shard::read(manifest, manifest.id(), shard as u64, &text);
            prop_assert!(read.is_err(), "byte {at} of shard {shard}");
        }
    }
}

#[test]
fn a_torn_shard_is_none() {
    let (manifest, shards) = small();
    for shard in shards {
        let text = shard.to_text();
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            let read = Shard::read(manifest, manifest.id(), shard.index, &text[..end]);
            assert!(read.is_err(), "the first {end} bytes of shard {}", shard.index);
        }
        let elsewhere = Shard::read(manifest, manifest.id(), shard.index + 1, &text);
        assert!(elsewhere.is_err(), "it is another one");
        assert!(Shard::read(manifest, manifest.id() ^ 1, shard.index, &text).is_err(), "of another campaign");
        assert!(Shard::read(manifest, manifest.id(), shard.index, &format!("{text}\n")).is_err());
    }
}

#[test]
fn two_contents_of_one_shard_are_a_conflict() {
    let (manifest, shards) = small();
    let mut forged = shards[3].clone();
    forged.parts[0].steps += 1;
    let mut all = merged(manifest, shards.iter().cloned());
    let before = all.clone();
    let conflict = all.add(forged.clone()).expect_err("it is another one");
    assert_eq!((conflict.index, conflict.hashes), (3, [shards[3].hash(), forged.hash()]));
    assert_eq!(all, before);
}

#[test]
fn a_campaign_is_told() {
    let campaign = Campaign::plan(40);
    let done = campaign.run(&["status", "n"]);
    assert_eq!(done.code, 3);
    assert!(done.out.ends_with("0 of 8 shards, 0 executions\nmissing  0-7\n"), "{}", done.out);
    let early = campaign.run(&["query", "n", "findings"]);
    assert!(early.code == 2 && early.err.contains("E352"), "{}", early.err);
    assert_eq!(campaign.run(&["run-shard", "n", "--index", "2-5", "--part", "1/2"]).code, 0);
    let done = campaign.run(&["status", "n", "--format", "jsonl"]);
    assert!(
        done.out.contains(r#""shards":8,"done":2,"missing":"0-2,4,6-7","torn":[],"unanswered":[]}"#),
        "{}",
        done.out
    );
    let part = campaign.run(&["merge", "n"]);
    assert_eq!(part.code, 3, "two of eight are no answer: {}", part.out);
    let whole = campaign.run(&["run", "n"]);
    assert_eq!(whole.code, 0, "{}{}", whole.out, whole.err);
    let again = campaign.run(&["run", "n"]);
    assert_eq!((again.code, &again.out), (0, &whole.out), "there is nothing left to do");
    let merged = campaign.run(&["merge", "n"]);
    assert_eq!((merged.code, &merged.out), (0, &whole.out));
    assert!(whole.out.contains("boundary at rfc2007:"), "{}", whole.out);
}

#[test]
fn copies_are_put_together() {
    let campaign = Campaign::plan(40);
    let (files, alone) = campaign.undisturbed();
    for copy in ["one", "two"] {
        campaign.copy(copy);
    }
    assert_eq!(campaign.run(&["run-shard", "one", "--index", "0-5"]).code, 0);
    assert_eq!(campaign.run(&["run-shard", "two", "--index", "3-7"]).code, 0);
    let forth = campaign.run(&["merge", "one", "two", "--out", "all"]);
    assert_eq!((forth.code, content(&forth)), (0, alone.clone()), "{}", forth.err);
    assert_eq!(campaign.files("all"), files);
    let back = campaign.run(&["merge", "two", "one", "two"]);
    assert_eq!((back.code, content(&back)), (0, alone));
    let database =
        |folder: &str| std::fs::read(campaign.here().join(folder).join("result.sqlite")).expect("it");
    assert_eq!(database("all"), database("alone"), "the database is a function of the shards");
    // A campaign that is not the same one.
    assert_eq!(campaign.run(&["plan", "other", super::SCENARIO, "--runs", "40"]).code, 0);
    let done = campaign.run(&["merge", "all", "other"]);
    assert!(done.code == 2 && done.err.contains("E348"), "{}", done.err);
    // A forged shard: it is whole, and something else.
    let shard = campaign.here().join("two/shards/000005.jsonl");
    let text = std::fs::read_to_string(&shard).expect("a shard");
    let manifest = std::fs::read_to_string(campaign.here().join("n/manifest.json")).expect("a manifest");
    let manifest = Manifest::read("m", &manifest).expect("a manifest");
    let mut forged = Shard::read(&manifest, manifest.id(), 5, &text).expect("a shard");
    forged.parts[0].steps += 1;
    std::fs::write(&shard, forged.to_text()).expect("a file");
    let again = campaign.run(&["run-shard", "two", "--index", "4", "--again"]);
    assert_eq!((again.code, again.err.as_str()), (0, "shard 4 is the same again\n"));
    let again = campaign.run(&["run-shard", "two", "--index", "4-6", "--again"]);
    assert!(again.code == 5 && again.err.contains("E350"), "{}", again.err);
    let done = campaign.run(&["merge", "all", "two"]);
    assert!(done.code == 5 && done.err.contains("E350"), "{}", done.err);
    assert_eq!(campaign.files("all"), files);
}

#[test]
fn every_query_has_an_answer() {
    let campaign = Campaign::plan(40);
    assert_eq!(campaign.run(&["run", "n"]).code, 0);
    let list = campaign.run(&["query", "n"]);
    for query in sim::campaign::query::QUERIES {
        assert!(list.out.contains(query.name));
        let done = campaign.run(&["query", "n", query.name]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", query.name);
        let rows = done.out.lines().count() - 1;
        let none = ["unexpected", "unanswered", "largest"].contains(&query.name);
        assert_eq!(rows > 0, !none, "{}: {}", query.name, done.out);
        let objects = campaign.run(&["query", "n", query.name, "--format", "jsonl"]);
        assert_eq!(objects.out.lines().count(), rows);
    }
    let sum = "SELECT sum(executions) AS sum FROM shards";
    assert_eq!(campaign.run(&["query", "n", sum, "--format", "jsonl"]).out, "{\"sum\":320}\n");
    assert_eq!(campaign.run(&["query", "n", sum]).out, "sum\n320\n");
    for write in ["DELETE FROM findings", "ATTACH 'x.db' AS x", "SELECT nothing FROM nowhere"] {
        let done = campaign.run(&["query", "n", write]);
        assert!(done.code == 2 && done.err.contains("E354"), "{write}: {}{}", done.out, done.err);
    }
    assert!(!campaign.here().join("x.db").exists());
    assert_eq!(campaign.run(&["query", "n", sum]).out, "sum\n320\n");
}

#[test]
fn executions_by_the_agenda_are_those_of_a_run() {
    let campaign = Campaign { scratch: tempfile::tempdir().expect("a folder") };
    let page = "time/slow-init-holds-the-registry.pernet";
    let plan = ["plan", "n", page, "--timed", "--runs", "30", "--shard-size", "20", "--seed", "4"];
    let planned = campaign.run(&plan);
    assert_eq!(planned.code, 0, "{}", planned.err);
    assert!(planned.out.starts_with("n: ") && planned.out.contains("0 executions of "), "{}", planned.out);
    let done = campaign.run(&["run", "n"]);
    let told = campaign.run(&["merge", "n", "--format", "jsonl"]);
    let args = ["run", page, "--timed", "--runs", "30", "--seed", "4", "--format", "jsonl"];
    let run = crate::binary::run(campaign.here(), args);
    assert_eq!((done.code, told.code), (run.code, run.code), "{}{}", done.out, run.err);
    let objects = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let (units, answers) = (objects(&told.out), objects(&run.out));
    assert_eq!(units.len(), answers.len() + 1, "and the sum");
    for (unit, answer) in units.iter().zip(&answers) {
        assert_eq!(unit["kind"], "timed");
        for (ours, theirs) in [("verdict", "verdict"), ("executions", "executions"), ("steps", "transitions")]
        {
            assert_eq!(unit[ours], answer[theirs], "{}", unit["protocol"]);
        }
    }
    let turns = campaign.run(&["plan", "m", page, "--timed", "--scheduler", "turns"]);
    assert!(turns.code == 2 && turns.err.contains("E241"), "{}", turns.err);
}

#[test]
fn worlds_are_drawn_in_shards() {
    let slip = "rfc2007-create-without-mutex";
    let protocol = Protocol::find(slip, &Values::new(), &ShippedLibrary).expect("it is shipped");
    let texts: Vec<String> = protocol.texts.files.iter().map(|(_, text)| text.clone()).collect();
    let told = |size: u64| {
        let options = Options {
            seed: 3,
            scheduler: "random".to_string(),
            max_steps: 1_000,
            shard_size: size,
            questions: None,
        };
        let mut manifest = Manifest::new(&options);
        manifest.fuzz(&protocol, 20);
        merged(&manifest, all(&manifest, &texts)).tallied(&manifest)
    };
    assert_eq!(told(20), told(3));
    let campaign = Campaign { scratch: tempfile::tempdir().expect("a folder") };
    let plan = ["plan", "n", "--fuzz", slip, "--seed", "3", "--runs", "20", "--shard-size", "8"];
    assert_eq!(campaign.run(&plan).code, 0);
    let done = campaign.run(&["run", "n"]);
    assert_eq!(done.code, 1, "{}{}", done.out, done.err);
    assert!(done.out.starts_with("FAIL violated     20 worlds "), "{}", done.out);
    let found = std::fs::read_dir(campaign.here().join("n/found")).expect("what was found");
    let mut replayed = 0;
    for place in found.map(|entry| entry.expect("an entry").path()) {
        let done = crate::binary::run(campaign.here(), ["replay", &*place.to_string_lossy()]);
        assert_eq!(done.code, 1, "{}{}", done.out, done.err);
        replayed += 1;
    }
    assert_eq!(replayed, told(20)[0].findings.len(), "each signature once");
    let junit = campaign.run(&["merge", "n", "--format", "junit"]);
    assert!(junit.code == 1 && junit.out.contains("<failure"), "{}{}", junit.out, junit.err);
}
