//! Campaigns of questions: each is answered as `run` answers it, whoever asks it and whatever happens meanwhile.

use super::{Campaign, content};
use crate::binary::world_of;
use sim::answer::Answer;
use sim::ask::ask;
use sim::campaign::manifest::{Kind, Manifest, Options, Reach};
use sim::campaign::run::{Unfinished, run_shard};
use sim::campaign::told::answers;
use sim::campaign::{Merged, Shard};
use sim::library::{Layered, ShippedLibrary, Texts};
use sim::limit::{Control, Limit, Progress};
use sim::question::{Scenario, Values};
use sim::report::jsonl;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// One page of each kind: what breaks as it should and as it should not, before the first step, in a circle of locks, for ever;
/// what never comes; what is too long for a small search.
const PAGES: &[(&str, &str)] = &[
    (
        "boot.pernet",
        "on rfc2007; on linux-2.6.24 breaks assert; int x; boot { x = 1; assert(x == 2); } task t { x = 2; }",
    ),
    (
        "circle.pernet",
        "on rfc2007; on linux-2.6.24 breaks lock_order; on linux-5.3 breaks leak; mutex a, b; int turn;
        task one { mutex_lock(a); mutex_lock(b); mutex_unlock(b); mutex_unlock(a); turn = 1; }
        task two { wait_for(turn); mutex_lock(b); mutex_lock(a); mutex_unlock(a); mutex_unlock(b); }",
    ),
    ("forever.pernet", "on rfc2007; on linux-2.6.24 breaks livelock; int go; task spin { while (!go) step; }"),
    (
        "long.pernet",
        "on rfc2007; on linux-2.6.24 breaks leak; int n;
        task one { x = n; n = x + 1; } task two { x = n; n = x + 1; } task three { x = n; n = x + 1; }",
    ),
    (
        "lost.pernet",
        "on rfc2007; on linux-2.6.24 breaks lost; on linux-5.3 breaks lost, leak; for k in 1..2; int n;
        task one { x = n; n = x + k; } task two { x = n; n = x + k; } task three { x = n; n = x + k; }
        finally lost: n == 3 * k;",
    ),
    (
        "never.pernet",
        "on rfc2007; on rfc2007-create-without-mutex breaks frozen, paired; ops ipv4 { init; exit; } ops ipv6 { init; exit; }
        boot { register_pernet_subsys(ipv4); } task modprobe { register_pernet_device(ipv6); }
        task unshare { net = copy_net_ns(); } sometimes inited(ipv6, unshare.net); sometimes twice: done(modprobe) && !done(modprobe);",
    ),
];

/// All questions of all pages, with the answers that `run` gives.
fn planned(max_states: u64, max_steps: u64, shard_size: u64) -> (Manifest, Vec<String>, Vec<Answer>) {
    let reach = Reach { max_states, max_memory: 1 << 30, runs: 40 };
    let options =
        Options { seed: 5, scheduler: "turns".to_string(), max_steps, shard_size, questions: Some(reach) };
    let mut manifest = Manifest::new(&options);
    let plan = manifest.plan().expect("questions are asked");
    let (mut texts, mut answers) = (Vec::new(), Vec::new());
    for (file, text) in PAGES {
        let scenario = Scenario::read(file, text).expect("a page");
        for question in scenario.questions(None, &Values::new()) {
            let library = Layered(Texts::default(), ShippedLibrary);
            let answer = ask(&scenario, &question, &plan, &library, &()).expect("an answer");
            manifest.add(Kind::Question, &question, &answer.sources, 1);
            for file in answer.sources.files() {
                if !texts.contains(&file.text) {
                    texts.push(file.text.clone());
                }
            }
            answers.push(answer);
        }
    }
    assert_eq!(manifest.senseless(), None);
    assert_eq!(Manifest::read("m", &manifest.to_text()).as_ref(), Ok(&manifest));
    (manifest, texts, answers)
}

fn merged(manifest: &Manifest, texts: &[String]) -> Merged {
    let mut merged = Merged::new(manifest.id());
    for index in (0..manifest.shards()).rev() {
        let shard = run_shard(manifest, manifest.id(), texts, index, &()).expect("a shard");
        let read = Shard::read(manifest, manifest.id(), index, &shard.to_text());
        assert_eq!(read.as_ref(), Ok(&shard), "it is read as it was written");
        merged.add(shard).expect("no conflict");
    }
    merged
}

#[test]
fn a_question_is_answered_as_a_run_answers_it() {
    let mut words = BTreeMap::new();
    for (max_states, max_steps) in [(10_000, 10_000), (12, 10_000), (12, 12)] {
        let (manifest, texts, runs) = planned(max_states, max_steps, 3);
        let tallied = merged(&manifest, &texts).tallied(&manifest);
        for (at, (run, unit)) in runs.iter().zip(&tallied).enumerate() {
            let of = format!("{} of {max_states} states", manifest.file(at));
            assert_eq!(
                (unit.verdict, unit.exit, unit.coverage),
                (run.verdict, run.exit, run.coverage),
                "{of}"
            );
            assert_eq!(unit.not_found, run.not_found, "{of}");
            assert_eq!(unit.asked.as_ref().map(|asked| asked.verdict), Some(run.verdict), "{of}");
            let told = answers(&manifest, &texts, at, unit).expect("it can be told");
            assert_eq!(told.len(), 1);
            // What is said of judges that sleep is not said of a campaign, nor where a condition stands that nothing reaches.
            let mut run = Answer { asleep: Vec::new(), ..run.clone() };
            let unreached =
                run.not_reached.iter().map(|unreached| unreached.name.clone()).collect::<Vec<_>>();
            for violation in run.violations.iter_mut().filter(|violation| unreached.contains(&violation.name))
            {
                violation.place = Default::default();
            }
            assert_eq!(jsonl::line(&told[0]), jsonl::line(&run), "{of}");
            for (told, run) in told[0].violations.iter().zip(&run.violations) {
                assert_eq!(told, run, "{of}");
            }
            *words.entry((unit.verdict.word(), unit.exit.code())).or_insert(0) += 1;
        }
    }
    let seen: Vec<_> = words.into_keys().collect();
    let want = [
        ("holds", 0),
        ("holds", 1),
        ("inconclusive", 3),
        ("none found", 0),
        ("violated", 0),
        ("violated", 1),
    ];
    assert!(want.iter().all(|one| seen.contains(one)), "there is something of each kind: {seen:?}");
}

#[test]
fn the_size_of_shards_makes_no_difference_to_answers() {
    let told = |size: u64| {
        let (manifest, texts, _) = planned(12, 10_000, size);
        merged(&manifest, &texts).tallied(&manifest)
    };
    assert_eq!(told(1), told(5));
}

/// Calls a halt when it is asked so many times.
struct HaltsAt(u64, AtomicU64);

impl Control for HaltsAt {
    fn poll(&self, _: &Progress) -> Option<Limit> {
        (self.1.fetch_add(1, Ordering::Relaxed) + 1 == self.0).then_some(Limit::Time)
    }
}

/// A search, the second look at what it found, the look at its cycles and the executions behind it: whatever is cut short gives
/// no shard, and never another one.
#[test]
fn a_halt_gives_no_shard_wherever_it_comes() {
    let mut halted = 0;
    for max_states in [12, 10_000] {
        let (manifest, texts, _) = planned(max_states, 10_000, 1);
        for index in 0..manifest.shards() {
            let counter = HaltsAt(0, AtomicU64::new(0));
            let whole = run_shard(&manifest, manifest.id(), &texts, index, &counter).expect("a shard");
            let asked = counter.1.into_inner();
            for moment in (1..=asked).step_by(usize::try_from(asked / 20 + 1).expect("a few")) {
                let halts = HaltsAt(moment, AtomicU64::new(0));
                let cut = run_shard(&manifest, manifest.id(), &texts, index, &halts);
                assert_eq!(cut, Err(Unfinished::Halted(Limit::Time)), "{}", whole.to_text());
                halted += 1;
            }
        }
    }
    assert!(halted > 50, "{halted} halts");
}

#[test]
fn pages_in_a_folder_are_asked_in_shards() {
    let world = world_of(PAGES);
    let campaign = Campaign { scratch: world };
    // A folder of its own for the pages: what is saved lies elsewhere.
    let pages = campaign.here().join("pages");
    std::fs::create_dir(&pages).expect("a folder");
    for (file, _) in PAGES {
        std::fs::rename(campaign.here().join(file), pages.join(file)).expect("a page");
    }
    let limits = ["--max-states", "12", "--runs", "40", "--max-steps", "10000", "--seed", "5"];
    let plan = [&["plan", "n", "pages", "--questions", "--shard-size", "2"][..], &limits].concat();
    let planned = campaign.run(&plan);
    assert_eq!(planned.code, 0, "{}", planned.err);
    assert!(planned.out.starts_with("n: 17 questions in 9 shards\n"), "{}", planned.out);
    let (files, alone) = campaign.undisturbed_to(1);
    // Torn, mixed up, run twice, by two at a time.
    assert_eq!(campaign.run(&["run-shard", "n", "--index", "0-4"]).code, 0);
    let status = campaign.run(&["status", "n"]);
    assert!(status.code == 3 && status.out.contains("\n5 of 9 shards, 10 questions\n"), "{}", status.out);
    let shard = |index: u64| campaign.here().join(format!("n/shards/{index:06}.jsonl"));
    let text = std::fs::read_to_string(shard(1)).expect("a shard");
    std::fs::write(shard(1), &text[..text.len() - 9]).expect("a file");
    std::fs::write(shard(2), &text).expect("a file");
    assert_eq!(campaign.run(&["run-shard", "n", "--index", "1-3"]).code, 0);
    assert_eq!(campaign.run(&["run-shard", "n", "--index", "0-3", "--again"]).code, 0);
    let done = campaign.run(&["run", "n", "--jobs", "2"]);
    assert_eq!((done.code, content(&done)), (1, alone), "{}", done.err);
    let mut left = campaign.files("n");
    left.retain(|(name, _)| !name.contains(".torn-"));
    assert_eq!(left, files);
    // As `run` with the same bounds ends, but that it has no limit of a search to say.
    let run = crate::binary::run(
        campaign.here(),
        ["pages", "--out", "out", "--max-states", "12", "--max-steps", "10000"],
    );
    assert_eq!(run.code, done.code, "{}", run.err);
    // What has no answer yet.
    let status = campaign.run(&["status", "n"]);
    assert_eq!(status.code, 0, "no shard is missing: {}", status.out);
    let unanswered: Vec<_> =
        status.out.lines().filter_map(|line| line.strip_prefix("unanswered  ")).collect();
    let query = campaign.run(&["query", "n", "unanswered", "--format", "jsonl"]);
    assert_eq!(query.out.lines().count(), unanswered.len());
    assert!(!unanswered.is_empty());
    for (line, object) in unanswered.iter().zip(query.out.lines()) {
        let object: serde_json::Value = serde_json::from_str(object).expect("JSON");
        assert!(["inconclusive", "violated"].iter().any(|word| object["verdict"] == *word), "{object}");
        let why = object["why"].as_str().expect("a text");
        assert!(line.ends_with(why) && !why.is_empty(), "{line}: {object}");
    }
    let object = campaign.run(&["status", "n", "--format", "jsonl"]).out;
    let object: serde_json::Value = serde_json::from_str(&object).expect("JSON");
    assert_eq!(object["unanswered"].as_array().map(Vec::len), Some(unanswered.len()));
    // What nobody expected is there to be repeated, and every format takes it.
    let saved = std::fs::read_dir(campaign.here().join("n/found")).expect("what was found");
    for place in saved.map(|entry| entry.expect("an entry").path()) {
        let again = crate::binary::run(campaign.here(), ["replay", &*place.to_string_lossy()]);
        assert_eq!(again.code, 1, "{}{}", again.out, again.err);
    }
    let sarif = campaign.run(&["merge", "n", "--format", "sarif"]);
    assert_eq!(crate::formats::sarif_errors(&sarif.out), Vec::<String>::new());
}
