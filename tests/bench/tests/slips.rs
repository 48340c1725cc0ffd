//! Shuttle finds every planted slip in the world that it is hunted in, and never accuses the registry without one.

use std::process::Command;

fn first(slip: &str, world: &[&str], search: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.args(["hunt", slip, "--search", search, "--most", "3000"]).args(world);
    let output = command.output().expect("the program starts");
    String::from_utf8(output.stdout).expect("it prints text").trim().to_owned()
}

#[test]
fn every_slip_is_found() {
    let races: &[_] = &["create-without-mutex", "create-locks-to-publish", "register-drops-lock"];
    let leaving: &[_] = &["unregister-drops-lock", "unregister-unlinks-last", "destroy-without-mutex"];
    let creation: &[_] = &["create-undo-none", "create-undo-skips-one", "create-error-keeps-lock"];
    let undo: &[_] = &["undo-no-exit", "undo-no-unlink", "undo-stops-early", "undo-skips-first", "undo-all"];
    let walks: &[_] = &["destroy-without-mutex"];
    let boundary: &[_] = &["boundary-on-failure", "boundary-first"];
    for (slips, world) in [
        (races, &[][..]),
        (leaving, &[]),
        (creation, &["--world", "faults"]),
        (undo, &["--world", "faults"]),
        (walks, &["--world", "walks"]),
        (boundary, &["--world", "faults"]),
    ] {
        for slip in slips {
            assert_ne!(first(slip, world, "random"), r#"{"first":null}"#, "{slip}");
        }
    }
}

#[test]
fn the_sound_registry_is_not_accused() {
    for world in [
        &["--modprobe", "1", "--rmmod", "1"][..],
        &["--world", "faults", "--modprobe", "1", "--unshare", "1"],
        &["--world", "walks"],
    ] {
        for search in ["random", "pct"] {
            assert_eq!(first("none", world, search), r#"{"first":null}"#, "{world:?} {search}");
        }
    }
}
