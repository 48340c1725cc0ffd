//! Campaigns that are killed, torn, run twice at a time, on disks that are full or must not be written.

use super::{Campaign, content};
use crate::binary::{command, done};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn what_is_torn_is_set_aside_and_run_again() {
    let campaign = Campaign::plan(40);
    let (files, alone) = campaign.undisturbed();
    assert_eq!(campaign.run(&["run", "n"]).code, 0);
    let shard = |index: u64| campaign.here().join(format!("n/shards/{index:06}.jsonl"));
    let whole = fs::read(shard(3)).expect("a shard");
    fs::write(shard(3), &whole[..whole.len() / 2]).expect("a file");
    fs::write(shard(4), &whole).expect("a file");
    fs::write(shard(5), [0xff, 0xfe]).expect("a file");
    fs::write(shard(6), "").expect("a file");
    fs::write(campaign.here().join("n/shards/.unfinished-x"), "{").expect("a file");
    let status = campaign.run(&["status", "n"]);
    assert!(status.code == 3 && status.out.ends_with("missing  3-6\n"), "{}", status.out);
    assert_eq!(status.out.matches("\ntorn").count(), 4);
    let merged = campaign.run(&["merge", "n"]);
    assert_eq!(merged.code, 3, "{}", merged.out);
    assert_eq!(merged.err.matches("E349").count(), 4, "{}", merged.err);
    let done = campaign.run(&["run", "n"]);
    assert_eq!((done.code, content(&done)), (0, alone));
    assert_eq!(done.err.matches("E349").count(), 4, "{}", done.err);
    let (aside, kept): (Vec<_>, Vec<_>) =
        campaign.files("n").into_iter().partition(|(name, _)| name.contains(".torn-"));
    assert_eq!(aside.len(), 4, "nothing is thrown away");
    assert_eq!(kept, files);
}

#[test]
fn two_processes_share_a_folder() {
    let campaign = Campaign::plan(120);
    let (files, alone) = campaign.undisturbed();
    let start = || {
        let mut command = command(campaign.here());
        command.args(["campaign", "run", "n", "--jobs", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program starts")
    };
    let both = [start(), start()];
    for child in both {
        let done = done(&child.wait_with_output().expect("it ends"));
        assert_eq!((done.code, content(&done)), (0, alone.clone()), "{}", done.err);
    }
    assert_eq!(campaign.files("n"), files);
}

/// Does something in a folder that is a disk of its own, of so many kilobytes: the words of a shell, in which `$P` is
/// the program. `None`: it cannot be done here.
fn on_a_small_disk(folder: &Path, kilobytes: u32, script: &str) -> Option<crate::binary::Done> {
    fs::create_dir_all(folder.join("disk")).expect("a folder");
    let mount = format!("mount -t tmpfs -o size={kilobytes}k none disk || exit 77\n{script}\nexit 0");
    let mut shell = Command::new("unshare");
    shell.args(["--map-root-user", "--mount", "sh", "-c", &mount]).current_dir(folder).stdin(Stdio::null());
    shell.env("P", env!("CARGO_BIN_EXE_under-test"));
    let output = shell.output().ok().filter(|output| !matches!(output.status.code(), Some(1 | 77)))?;
    Some(done(&output))
}

/// What such a script must say, or loudly nothing.
#[track_caller]
fn check_on_a_small_disk(campaign: &Campaign, kilobytes: u32, script: &str, want: &str) {
    match on_a_small_disk(campaign.here(), kilobytes, script) {
        Some(done) => assert_eq!(done.out.trim_end(), want, "{}", done.err),
        None => {
            eprintln!("SKIPPED: nobody may mount a disk here, so none was full and none could not be written")
        }
    }
}

#[test]
fn a_full_disk_is_not_the_end() {
    let campaign = Campaign::plan(120);
    let (_, alone) = campaign.undisturbed();
    let script = "cp -r n disk/n || exit 78
        $P campaign run disk/n --jobs 2 >/dev/null 2>said; echo $? $(grep -c E356 said)
        $P campaign status disk/n >/dev/null; echo $? $(ls -A disk/n/shards | grep -vc '^[0-9]*.jsonl$')
        mount -o remount,size=8000k none disk
        $P campaign run disk/n | grep content; $P campaign status disk/n | grep -c missing";
    // The texts and some of the shards fit.
    let texts: u64 = fs::read_dir(campaign.here().join("n/texts"))
        .expect("texts")
        .map(|entry| entry.expect("an entry").metadata().expect("a size").len().div_ceil(4_096))
        .sum();
    let pages = u32::try_from(texts).expect("a few") + 14;
    check_on_a_small_disk(&campaign, pages * 4, script, &format!("3 1\n3 0\ncontent  {alone}\n0"));
}

#[test]
fn a_folder_that_must_not_be_written_stays_as_it_is() {
    let campaign = Campaign::plan(40);
    let (_, alone) = campaign.undisturbed();
    let script = "cp -r n disk/n || exit 78
        $P campaign run-shard disk/n --index 0-4 2>/dev/null; ls -lR disk >before
        mount -o remount,ro none disk
        $P campaign run disk/n >/dev/null 2>said; echo $? $(grep -c E220 said)
        $P campaign run-shard disk/n --index 6 2>said; echo $? $(grep -c E220 said)
        $P campaign status disk/n | grep missing
        $P campaign merge disk/n 2>said | grep -c content; grep -c E220 said
        ls -lR disk >behind; cmp before behind && mount -o remount,rw none disk
        $P campaign run disk/n | grep content";
    let want = format!("2 1\n2 1\nmissing  5-7\n1\n1\ncontent  {alone}");
    check_on_a_small_disk(&campaign, 8_000, script, &want);
}

#[test]
fn a_merge_on_a_full_disk_is_told_and_done_again() {
    let campaign = Campaign::plan(40);
    let (_, alone) = campaign.undisturbed();
    let script = "cp -r alone disk/n; rm disk/n/result.sqlite; cat /dev/zero >disk/full 2>/dev/null
        $P campaign merge disk/n >out 2>said; echo $? $(grep -c E356 said) $(grep -c ^content out) $(tail -1 out)
        $P campaign merge alone --out disk/all >out 2>said; echo $? $(grep -c E356 said)
        $P campaign plan disk/new order >out 2>said; echo $? $(grep -c E356 said)
        $P campaign status disk/new >out 2>said; echo $? $(grep -c E346 said)
        rm disk/full; $P campaign merge disk/n | grep content; $P campaign merge alone --out disk/all | grep content";
    let last = "exit 2: bad input: a scenario, protocol, replay file or argument";
    let want = format!("2 1 1 {last}\n2 1\n2 1\n2 1\ncontent  {alone}\ncontent  {alone}");
    check_on_a_small_disk(&campaign, 2_000, script, &want);
}

#[test]
fn what_lies_about_is_no_shard() {
    let campaign = Campaign::plan(40);
    let (files, alone) = campaign.undisturbed();
    assert_eq!(campaign.run(&["run", "n"]).code, 0);
    let shards = campaign.here().join("n/shards");
    // Names of no shard: of none that there is, and written in another way.
    for name in ["000099.jsonl", "7.jsonl", "0000002.jsonl", "+00002.jsonl", "000002.jsonl.bak"] {
        fs::copy(shards.join("000002.jsonl"), shards.join(name)).expect("a copy");
    }
    let status = campaign.run(&["status", "n"]);
    assert!(status.code == 0 && status.out.ends_with("\n8 of 8 shards, 320 executions\n"), "{}", status.out);
    // Another campaign's, and a folder.
    let other = Campaign::planned(&[super::SCENARIO, "--runs", "40", "--shard-size", "40", "--seed", "1"]);
    assert_eq!(other.run(&["run-shard", "n", "--index", "1"]).code, 0);
    fs::copy(other.here().join("n/shards/000001.jsonl"), shards.join("000001.jsonl")).expect("a copy");
    fs::remove_file(shards.join("000002.jsonl")).expect("a file");
    fs::create_dir(shards.join("000002.jsonl")).expect("a folder");
    let status = campaign.run(&["status", "n"]);
    assert!(status.code == 3 && status.out.matches("\ntorn").count() == 2, "{}", status.out);
    let done = campaign.run(&["run", "n"]);
    assert_eq!((done.code, content(&done)), (0, alone), "{}", done.err);
    assert_eq!(done.err.matches("E349").count(), 2, "{}", done.err);
    for (name, bytes) in files {
        assert_eq!(fs::read(shards.join(&name)).expect("a shard"), bytes, "{name}");
    }
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let campaign = Campaign::plan(40);
    let pages = campaign.here().join("pages");
    fs::create_dir(&pages).expect("a folder");
    let refused = |words: &[&str], code: &str| {
        let done = campaign.run(&[&["plan", "new"], words].concat());
        assert!(done.code == 2 && done.out.is_empty() && done.err.contains(code), "{words:?}: {}", done.err);
        assert!(!campaign.here().join("new").exists(), "{words:?}: something was written");
    };
    refused(&["pages"], "E203");
    refused(&["nowhere"], "E200");
    let pipe = Command::new("mkfifo").arg(pages.join("pipe.pernet")).status();
    if pipe.is_ok_and(|status| status.success()) {
        refused(&["pages", "--questions"], "E201");
        fs::remove_file(pages.join("pipe.pernet")).expect("a pipe");
    }
    fs::write(pages.join("x.pernet"), [0xff]).expect("a file");
    refused(&["pages"], "E202");
    fs::write(pages.join("x.pernet"), "on rfc2007; tsk").expect("a file");
    refused(&["pages", super::SCENARIO], "E020");
    refused(&[super::SCENARIO, "--runs", "2000000", "--shard-size", "1"], "E357");
    refused(&[super::SCENARIO, "--questions", "--max-memory", "0"], "E227");
    // A plan that was edited.
    let manifest = campaign.here().join("n/manifest.json");
    assert_eq!(campaign.run(&["run", "n"]).code, 0);
    let text = fs::read_to_string(&manifest).expect("a manifest");
    fs::write(&manifest, text.replacen("\"runs\":40", "\"runs\":41", 1)).expect("a file");
    for words in [
        &["status"][..],
        &["run"],
        &["run-shard", "--index", "0"],
        &["merge"],
        &["query"],
        &["submit", "--engine", "print"],
    ] {
        let done = campaign.run(&[&words[..1], &["n"], &words[1..]].concat());
        assert!(done.code == 2 && done.err.contains("E359"), "{words:?}: {}", done.err);
    }
    assert_eq!(campaign.files("n").len(), 8, "nothing is set aside");
    // With other white space it is the same.
    fs::write(&manifest, text.replace('\n', " \n\t")).expect("a file");
    assert_eq!(campaign.run(&["status", "n"]).code, 0);
}

#[test]
fn an_interrupt_leaves_whole_shards() {
    let campaign = Campaign::plan(20_000);
    let mut child = command(campaign.here())
        .args(["campaign", "run", "n", "--jobs", "2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    while campaign.files("n").len() < 3 {
        assert_eq!(child.try_wait().expect("a child"), None, "it is done too soon");
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    if !told.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: there is no `kill` here");
        let _ = child.kill();
        let _ = child.wait();
        return;
    }
    let done = done(&child.wait_with_output().expect("it ends"));
    assert!(
        done.code == 3 && done.err.contains("shards left: it was interrupted"),
        "{}{}",
        done.out,
        done.err
    );
    let status = campaign.run(&["status", "n"]);
    assert!(status.code == 3 && !status.out.contains("torn"), "{}", status.out);
    assert!(campaign.files("n").iter().all(|(name, _)| name.ends_with(".jsonl")), "nothing is half there");
}

/// A thousand processes are killed, at moments that differ; now and then what they have written is torn besides.
#[test]
#[ignore = "it takes minutes"]
fn killed_at_a_thousand_moments() {
    killed(&Campaign::plan(400), 1_000);
}

/// The same where a shard is a question, in the middle of its search.
#[test]
#[ignore = "it takes minutes"]
fn killed_while_questions_are_asked() {
    killed(&Campaign::planned(&["order", "--questions", "--max-states", "2000", "--runs", "200"]), 300);
}

#[track_caller]
fn killed(campaign: &Campaign, most: u32) {
    let (files, alone) = campaign.undisturbed();
    let mut moments = sim::rng::Words::new(1);
    let (mut kills, mut torn, mut campaigns) = (0, 0, 0);
    while kills < most {
        campaigns += 1;
        campaign.copy("killed");
        loop {
            let start = || {
                let mut command = command(campaign.here());
                command.args(["campaign", "run", "killed", "--jobs", "2"]);
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
            };
            // Sometimes there are two.
            let mut children: Vec<_> = (0..1 + moments.below(4) / 3).map(|_| start()).collect();
            std::thread::sleep(Duration::from_micros(moments.below(120_000)));
            let mut alive = false;
            for child in &mut children {
                alive |= child.try_wait().expect("a child").is_none();
                let _ = child.kill();
                let _ = child.wait();
            }
            kills += u32::from(alive);
            let there = campaign.files("killed");
            assert!(
                there
                    .iter()
                    .filter(|(name, _)| name.ends_with(".jsonl"))
                    .all(|file| files.contains(file) || torn > 0),
                "a shard is half there"
            );
            if !alive || kills == most {
                break;
            }
            if moments.below(10) == 0
                && let Some((name, bytes)) = there.iter().find(|(name, _)| name.ends_with(".jsonl"))
            {
                let end = usize::try_from(moments.below(bytes.len() as u64)).expect("it is an index");
                fs::write(campaign.here().join("killed/shards").join(name), &bytes[..end]).expect("a file");
                torn += 1;
            }
        }
        let done = campaign.run(&["run", "killed"]);
        assert_eq!((done.code, content(&done)), (0, alone.clone()), "{}", done.err);
        let mut left = campaign.files("killed");
        left.retain(|(name, _)| !name.contains(".torn-"));
        assert_eq!(left, files, "nothing is lost, nothing is there twice");
        fs::remove_dir_all(campaign.here().join("killed")).expect("a folder");
    }
    eprintln!("{kills} processes killed in {campaigns} campaigns, {torn} shards torn besides");
    assert!(campaigns > 1 && torn > most / 50);
}
