//! A run by the agenda, from the command that records it to the one that repeats it elsewhere.

use crate::binary::{in_world, world_of};
use sim::replayfile::Recording;
use std::fs;

/// The load takes the mutex while the creation is late or early, as it is drawn.
const PAGE: &str = "\
// Is the subsystem set up when its load is over?
on rfc2007;
time ipv4.init = 2us .. 9us;
time unshare = 0 .. 20us;
ops ipv4 { init; exit; }
int started, early;
task modprobe { register_pernet_subsys(ipv4); if (!started) early = 1; }
task unshare { started = 1; net = copy_net_ns(); }
finally early == 0;
";

/// The text, what becomes of it, and what is said of the first step that differs.
const CHANGES: [(&str, &str, &str); 3] = [
    ("// Is the", "// Surely: is the", ""),
    (
        "if (!started) early = 1;",
        "if (!started) early = 2;",
        "expected modprobe at page.pernet:7 `task modprobe",
    ),
    ("time ipv4.init = 2us .. 9us;", "time ipv4.init = 900us;", "expected "),
];

#[test]
fn recorded_by_the_agenda_and_repeated_by_it() {
    let world = world_of(&[("page.pernet", PAGE)]);
    let here = world.path();
    in_world(here, "run page.pernet --timed --runs 20 --record kept --quiet --out out", 1);
    let mut files: Vec<_> = fs::read_dir(here.join("kept")).expect("a folder").flatten().collect();
    files.sort_by_key(fs::DirEntry::file_name);
    assert_eq!(files.len(), 20);
    let mut ends = [0, 0];
    for file in &files {
        let text = fs::read_to_string(file.path()).expect("a file");
        let recording = Recording::parse("file", &text).expect("it is read");
        assert!(recording.timed && text.contains("\nmode timed\n"), "{text}");
        let broken = recording.finding.is_some();
        ends[usize::from(broken)] += 1;
        let (what, code) = (format!("kept/{}", file.file_name().to_string_lossy()), i32::from(broken));
        let by_file = in_world(here, &format!("replay {what}"), code).out;
        assert_eq!(by_file.starts_with("violated finally"), broken, "{by_file}");
        // By token elsewhere: where something breaks, that which it says itself.
        let token = match by_file.lines().find_map(|line| line.strip_prefix("token     pernet-sim replay ")) {
            Some(token) => token.to_string(),
            None => recording.token().expect("it is short"),
        };
        let told = Recording::from_token(&token).expect("it is read");
        assert!(told.timed, "what is timed stays timed");
        let elsewhere = world_of(&[]);
        let by_token = in_world(elsewhere.path(), &format!("replay {token}"), code).out;
        let same = |text: &str| -> Vec<String> {
            let of_its_own = |line: &&str| !line.starts_with("replay  ") && !line.starts_with("token  ");
            text.lines().filter(of_its_own).map(str::to_string).collect()
        };
        assert_eq!(same(&by_token), same(&by_file));
        in_world(here, &format!("replay {what} --by-seed"), code);
        in_world(here, &format!("replay {what} --timed"), 2);
    }
    assert!(ends.iter().all(|&runs| runs >= 3), "good and bad ones: {ends:?}");
}

#[test]
fn a_changed_text_is_named_at_the_first_step_that_differs() {
    let world = world_of(&[("page.pernet", PAGE)]);
    let here = world.path();
    in_world(here, "run page.pernet --timed --runs 20 --record kept --quiet --out out", 1);
    let broken = |text: &String| text.contains("\nfinding finally\n");
    let all = fs::read_dir(here.join("kept")).expect("a folder").flatten();
    let mut texts: Vec<_> = all.map(|file| fs::read_to_string(file.path()).expect("a file")).collect();
    texts.sort();
    fs::write(here.join("run.txt"), texts.into_iter().find(broken).expect("one breaks")).expect("a file");
    for (from, to, said) in CHANGES {
        assert!(PAGE.contains(from), "{from}");
        fs::write(here.join("page.pernet"), PAGE.replacen(from, to, 1)).expect("a file");
        let code = if said.is_empty() { 1 } else { 2 };
        let done = in_world(here, "replay run.txt page.pernet", code);
        if said.is_empty() {
            assert!(done.out.starts_with("violated finally"), "{}", done.out);
            continue;
        }
        let step =
            done.err.split("the replay diverges at step ").nth(1).unwrap_or_else(|| panic!("{}", done.err));
        let (number, rest) = step.split_once(": ").expect("a step and what is there");
        assert!(number.parse::<u64>().is_ok_and(|step| step > 1) && rest.starts_with(said), "{}", done.err);
        // Not strictly, it is followed by its durations as far as they fit.
        let followed =
            in_world(here, "replay run.txt page.pernet --mode best-effort", i32::from(!to.contains("900us")));
        assert!(followed.out.contains("\ndiffers   at step "), "{}", followed.out);
    }
}
