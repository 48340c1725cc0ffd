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
    const KILLS: u32 = 1_000;
    let campaign = Campaign::plan(400);
    let (files, alone) = campaign.undisturbed();
    let mut moments = sim::rng::Words::new(1);
    let (mut kills, mut torn, mut campaigns) = (0, 0, 0);
    while kills < KILLS {
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
            if !alive || kills == KILLS {
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
    assert!(campaigns > 5 && torn > 20);
}
