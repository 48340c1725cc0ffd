//! A running kernel is the witness: its calls, put to the registry of 2007, give its list and its callbacks
//! by name.
//!
//! Two differences are allowed, and no other: callbacks that the recorder could not trace are missing from
//! the recording, and the probe's own ops are in it though nothing of the kernel's registers them.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;

use tests::boot_scenario::{REGENERATE, boot_folder, boot_scenarios, write_if_accepting};
use tests::recording::{DEBIAN_6_1, Kind, ListEntry, PROBE, Recording};

fn recording() -> Recording {
    Recording::parse(DEBIAN_6_1).expect("the shipped recording parses")
}

/// The simulated list against a recorded one: kind and name at every place.
fn compare_list(simulated: &[(Kind, String)], recorded: &[ListEntry]) -> Result<(), String> {
    let simulated = simulated.iter().map(|(kind, name)| format!("{kind} {name}"));
    let recorded = recorded.iter().filter(|ops| ops.name != PROBE);
    compare(simulated, recorded.map(|ops| format!("{} {}", ops.kind, ops.name)))
}

/// The simulated `init` functions of a new namespace, in order, against the recorded.
fn compare_create(simulated: &[String], recording: &Recording) -> Result<(), String> {
    compare(traceable(simulated, recording), without_probe(&recording.create, recording))
}

/// The simulated `exit` functions of a namespace's death, in order, against the `exit`s among the recorded
/// callbacks.
fn compare_destroy(simulated: &[String], recording: &Recording) -> Result<(), String> {
    compare(traceable(simulated, recording), without_probe(recording.destroy_exits(), recording))
}

fn traceable<'a>(simulated: &'a [String], recording: &'a Recording) -> impl Iterator<Item = &'a String> {
    simulated.iter().filter(|name| !recording.untraceable.contains(name))
}

fn without_probe<'a, Name: AsRef<str> + 'a>(
    recorded: impl IntoIterator<Item = Name> + 'a,
    recording: &'a Recording,
) -> impl Iterator<Item = String> + 'a {
    let probe = recording.probe_callbacks();
    let names = recorded.into_iter().map(|name| name.as_ref().to_owned());
    names.filter(move |name| !probe.contains(&name.as_str()))
}

/// Both must be equal, element by element; an error shows the first place where they part.
fn compare(
    simulated: impl Iterator<Item = impl Display>,
    recorded: impl Iterator<Item = impl Display>,
) -> Result<(), String> {
    let mut simulated = simulated.map(|name| name.to_string());
    let mut recorded = recorded.map(|name| name.to_string());
    let end = || "the end".to_owned();
    for place in 0.. {
        match (simulated.next(), recorded.next()) {
            (None, None) => break,
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => {
                let (ours, theirs) = (ours.unwrap_or_else(end), theirs.unwrap_or_else(end));
                return Err(format!("at {place}: simulated {ours}, recorded {theirs}"));
            }
        }
    }
    Ok(())
}

#[test]
fn boot_scenarios_are_current() {
    let scenarios = boot_scenarios(&recording()).expect("every call has its ops");
    let mut wanted = BTreeSet::new();
    for scenario in &scenarios {
        let path = boot_folder().join(&scenario.file_name);
        wanted.insert(scenario.file_name.clone());
        if !write_if_accepting(&path, &scenario.text).expect("the scenario can be written") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                text == scenario.text,
                "`{}` is not what the recording gives; {REGENERATE}",
                path.display()
            );
        }
    }
    let entries = fs::read_dir(boot_folder()).expect("scenarios/boot is a folder");
    let shipped: BTreeSet<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("real-"))
        .collect();
    assert_eq!(shipped, wanted, "a `real-` scenario that no recording gives is deleted");
}

/// The calls are in the text as the recording has them, and not in the order of the list that they give.
#[test]
fn the_calls_of_a_scenario_are_those_of_the_recording() {
    let recording = recording();
    let scenarios = boot_scenarios(&recording).expect("every call has its ops");
    let calls = |text: &str, verb: &str| -> Vec<Kind> {
        let call = |kind: &Kind| format!("    {verb}_pernet_{kind}(");
        let kind =
            |line: &str| [Kind::Subsys, Kind::Device].into_iter().find(|kind| line.starts_with(&call(kind)));
        text.lines().filter_map(kind).collect()
    };
    let boot = recording.boot_calls.iter().map(|call| call.kind);
    let registered: Vec<Kind> =
        boot.chain(recording.loads.iter().flat_map(|load| load.kinds.clone())).collect();
    let unregistered: Vec<Kind> = recording.unloads.iter().flat_map(|unload| unload.kinds.clone()).collect();
    for scenario in &scenarios[..2] {
        assert_eq!(calls(&scenario.text, "register"), registered, "{}", scenario.file_name);
        assert_eq!(calls(&scenario.text, "unregister"), unregistered, "{}", scenario.file_name);
    }
}

#[test]
fn allowed_differences_are_uevent_and_the_probe() {
    let recording = recording();
    assert_eq!(recording.untraceable, ["uevent_net_exit", "uevent_net_init"]);
    assert_eq!(recording.probe_callbacks(), ["t_init", "t_pre", "t_exit", "t_batch"]);
}

/// What a simulation without a flaw would give, taken from the recorded list.
fn flawless(recorded: &[ListEntry]) -> Vec<&ListEntry> {
    recorded.iter().filter(|ops| ops.name != PROBE).collect()
}

fn owned<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    names.cloned().collect()
}

#[test]
fn a_list_differs_at_the_first_place_where_kind_or_name_do() {
    let recording = recording();
    let recorded = &recording.list_after_boot;
    let same: Vec<_> = flawless(recorded).iter().map(|ops| (ops.kind, ops.name.clone())).collect();
    assert_eq!(compare_list(&same, recorded), Ok(()));

    let mut late = same.clone();
    late.swap(81, 82);
    let wanted = "at 81: simulated device loopback_net_ops, recorded subsys packet_net_ops";
    assert_eq!(compare_list(&late, recorded), Err(wanted.to_owned()));

    let wanted = "at 83: simulated the end, recorded device default_device_ops";
    assert_eq!(compare_list(&same[..83], recorded), Err(wanted.to_owned()));

    let mut probed = same;
    probed.insert(82, (Kind::Subsys, PROBE.to_owned()));
    let wanted = "at 82: simulated subsys _T, recorded device loopback_net_ops";
    assert_eq!(
        compare_list(&probed, recorded),
        Err(wanted.to_owned()),
        "it is allowed in the recording only"
    );
}

#[test]
fn creation_differs_unless_every_init_but_those_of_uevent_and_the_probe_is_in_its_place() {
    let recording = recording();
    let list = flawless(&recording.list_after_modules);
    let inits = owned(list.iter().filter_map(|ops| ops.callbacks.init.as_ref()));
    assert!(inits.iter().any(|name| name == "uevent_net_init"));
    assert_eq!(compare_create(&inits, &recording), Ok(()));

    let wanted = "at 0: simulated proc_net_ns_init, recorded net_ns_net_init";
    assert_eq!(compare_create(&inits[1..], &recording), Err(wanted.to_owned()));

    let mut doubled = inits;
    doubled.push("ovs_init_net".to_owned());
    let wanted = "at 112: simulated ovs_init_net, recorded the end";
    assert_eq!(compare_create(&doubled, &recording), Err(wanted.to_owned()));
}

#[test]
fn destruction_is_compared_by_its_exits_alone() {
    let recording = recording();
    let list = flawless(&recording.list_after_modules);
    let exits = owned(list.iter().rev().filter_map(|ops| ops.callbacks.exit.as_ref()));
    assert!(exits.iter().any(|name| name == "uevent_net_exit"));
    assert_eq!(compare_destroy(&exits, &recording), Ok(()));

    let forward: Vec<String> = exits.iter().rev().cloned().collect();
    let wanted = "at 0: simulated net_ns_net_exit, recorded ovs_exit_net";
    assert_eq!(compare_destroy(&forward, &recording), Err(wanted.to_owned()));
}
