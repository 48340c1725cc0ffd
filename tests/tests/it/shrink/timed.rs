//! Runs by the agenda stay that when they are made small.

use crate::binary::{in_world, world_of};
use std::fs;
use std::path::Path;

/// By steps alone it breaks at once; by the agenda only where somebody is late. Whoever is nobody's business has times, too.
const PAGE: &str = "\
// Does the slow one come in time?
on rfc2007;
time slow = 5us .. 20us;
time passer = 0 .. 3us;
time copy_net_ns = 1us .. 2us;
int x, y;
ops ipv4;
task slow { x = 1; }
task quick { step; y = 1; step; }
task passer { net = copy_net_ns(); put_net(net); }
task modprobe { register_pernet_subsys(ipv4); }
never late: y == 1 && done(quick) && x == 0;
";

/// The only entry of a folder.
fn saved(folder: &Path) -> String {
    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0).path().to_string_lossy().into_owned()
}

#[test]
fn a_timed_run_breaks_by_the_agenda_when_it_is_small() {
    let world = world_of(&[("page.pernet", PAGE)]);
    let here = world.path();
    in_world(here, "run page.pernet --timed --runs 3 --out out --record kept --quiet", 1);
    let small = in_world(here, "shrink page.pernet --timed --jobs 1", 0);
    // The time that matters, and no range of it; nobody else's.
    assert!(small.out.contains("time slow = 5us;\n"), "{}", small.out);
    assert_eq!(small.out.matches("\ntime ").count(), 1, "{}", small.out);
    assert!(!small.out.contains("net") && !small.out.contains("ipv4"), "{}", small.out);
    assert!(small.out.contains("by the agenda, too, as `--timed` runs it"), "{}", small.out);
    // Saved as a violation, kept as a run, given as text: it is known to be timed.
    for what in [saved(&here.join("out")), "kept/page-rfc2007-000001.txt".to_string()] {
        assert_eq!(in_world(here, &format!("shrink {what} --jobs 2"), 0).out, small.out, "{what}");
        in_world(here, &format!("shrink {what} --timed"), 2);
    }
    // It answers as it says, by steps alone and by the agenda, and what it tells to repeat shows it.
    fs::write(here.join("small.pernet"), &small.out).expect("a file");
    in_world(here, "run small.pernet", 0);
    in_world(here, "run small.pernet --timed", 0);
    let line =
        small.err.lines().find_map(|line| line.strip_prefix("replay: pernet-sim ")).expect("it is said");
    assert!(line.ends_with(".pernet --timed"), "{line}");
    let schedule = line.split('\'').nth(1).expect("it is quoted");
    let shown = in_world(here, &format!("replay '{schedule}' small.pernet --timed"), 0);
    assert!(shown.out.starts_with("violated late"), "{}", shown.out);
    assert_eq!(in_world(here, &format!("shrink '{schedule}' small.pernet --timed"), 0).out, small.out);
    // By steps alone there is a smaller world: nobody need be late.
    let untimed = in_world(here, "shrink page.pernet", 0).out;
    assert!(!untimed.contains("\ntime ") && !untimed.contains("agenda"), "{untimed}");
}

/// Without its times the page breaks in no schedule that there is by the agenda.
#[test]
fn what_breaks_by_steps_alone_is_no_timed_run() {
    let text = PAGE.lines().filter(|line| !line.starts_with("time ")).collect::<Vec<_>>().join("\n");
    let world = world_of(&[("page.pernet", &text)]);
    in_world(world.path(), "shrink page.pernet --quiet", 0);
    let refused = in_world(world.path(), "shrink page.pernet --timed", 2);
    assert!(refused.err.contains("nothing was found to break in `page.pernet`"), "{}", refused.err);
}
