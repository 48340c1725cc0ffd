//! A running kernel is the witness: its calls, put to the registry of 2007, give its list and its callbacks
//! by name.
//!
//! Two differences are allowed, and no other: callbacks that the recorder could not trace are missing from
//! the recording, and the probe's own ops are in it though nothing of the kernel's registers them.

mod kernel;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;

use kernel::Simulated;
use sim::ask::Plan;
use sim::question::Values;
use sim::verdict::{Exit, Verdict};
use tests::boot_scenario::{REGENERATE, boot_folder, boot_scenarios, write_if_accepting};
use tests::recording::{DEBIAN_6_1, Kind, ListEntry, PROBE, Recording};

fn recording() -> Recording {
    Recording::parse(DEBIAN_6_1).expect("the shipped recording parses")
}

/// What one schedule of `real-boot-…`, as made from `recording`, shows.
fn simulated(recording: &Recording) -> Simulated {
    let scenarios = boot_scenarios(recording).expect("every call has its ops");
    let boot = &scenarios[0];
    assert_eq!(boot.file_name, "real-boot-debian-6.1.pernet");
    Simulated::run(boot, recording)
}

/// The simulated list against a recorded one: kind and name at every place.
fn compare_list(simulated: &[(Kind, String)], recorded: &[ListEntry]) -> Result<(), String> {
    let simulated = simulated.iter().map(|(kind, name)| format!("{kind} {name}"));
    let recorded = recorded.iter().filter(|ops| ops.name != PROBE);
    compare(simulated, recorded.map(|ops| format!("{} {}", ops.kind, ops.name)))
}

/// The simulated `init` functions of boot, in order, against those that the recorded calls ran.
fn compare_boot(simulated: &[String], recording: &Recording) -> Result<(), String> {
    let recorded = recording.boot_calls.iter().filter_map(|call| call.init.as_ref());
    compare(traceable(simulated, recording), recorded)
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

/// The whole claim. That each line of it can fail is shown below.
#[test]
fn a_real_kernels_calls_give_its_own_lists_and_callbacks() {
    let recording = recording();
    let simulated = simulated(&recording);
    assert_eq!(compare_boot(&simulated.boot_inits, &recording), Ok(()));
    assert_eq!(compare_list(&simulated.list_after_boot, &recording.list_after_boot), Ok(()));
    assert_eq!(compare_list(&simulated.list_after_modules, &recording.list_after_modules), Ok(()));
    assert_eq!(compare_create(&simulated.create, &recording), Ok(()));
    assert_eq!(compare_destroy(&simulated.destroy, &recording), Ok(()));
    assert_eq!(compare_list(&simulated.list_after_unloading, &recording.list_after_unloading), Ok(()));
}

#[test]
fn a_boot_scenario_holds_in_every_schedule() {
    for scenario in boot_scenarios(&recording()).expect("every call has its ops") {
        let file = &scenario.file_name;
        let answers = sim::run_text(file, &scenario.text, &[], &Values::new(), &Plan::default());
        let answers = answers.expect("the scenario can be asked");
        assert_eq!(answers.len(), 1, "{file}");
        assert_eq!((answers[0].verdict, answers[0].exit), (Verdict::Holds, Exit::AsExpected), "{file}");
        // What kernels got later, and the patch does not have.
        let later = ["closed_door", "phase_order", "grace", "lock_order", "slot", "nsid", "balanced"];
        assert_eq!(answers[0].asleep, later, "{file}: a judge that sleeps says nothing");
    }
}

/// The ops of unloaded modules are gone, and the others stand as they stood.
#[test]
fn unloading_takes_out_what_it_unloads_and_moves_nothing() {
    let recording = recording();
    let simulated = simulated(&recording);
    let unloads = recording.unload_order().expect("every call has its ops");
    let unloaded: BTreeSet<&str> =
        unloads.iter().flat_map(|unload| &unload.ops).map(|ops| ops.name.as_str()).collect();
    assert_eq!(unloaded.len(), 9);
    let mut left = simulated.list_after_modules.clone();
    left.retain(|(_, name)| !unloaded.contains(name.as_str()));
    assert_eq!(left, simulated.list_after_unloading);
}

/// Two neighbours of `lines` swapped, at each place where both are compared.
fn swapped<T: Clone>(lines: &[T], is_compared: impl Fn(&T) -> bool) -> Vec<Vec<T>> {
    let both = |&at: &usize| is_compared(&lines[at]) && is_compared(&lines[at + 1]);
    let swap = |at: usize| {
        let mut lines = lines.to_vec();
        lines.swap(at, at + 1);
        lines
    };
    (0..lines.len() - 1).filter(both).map(swap).collect()
}

/// Every comparison notices any two lines of the recording that have changed places.
#[test]
fn no_comparison_overlooks_two_swapped_lines() {
    let recording = recording();
    let simulated = simulated(&recording);

    let lists = [
        (&simulated.list_after_boot, &recording.list_after_boot, 82),
        (&simulated.list_after_modules, &recording.list_after_modules, 121),
        (&simulated.list_after_unloading, &recording.list_after_unloading, 112),
    ];
    for (ours, recorded, places) in lists {
        let corrupted = swapped(recorded, |ops| ops.name != PROBE);
        assert_eq!(corrupted.len(), places);
        assert!(corrupted.iter().all(|recorded| compare_list(ours, recorded).is_err()));
    }

    let boot_calls = swapped(&recording.boot_calls, |call| call.init.is_some());
    let create = swapped(&recording.create, |name| name != "t_init");
    let exits = recording.destroy_exits();
    let destroy = swapped(&recording.destroy, |name| name != "t_exit" && exits.contains(&name.as_str()));
    assert_eq!([boot_calls.len(), create.len(), destroy.len()], [77, 110, 72]);
    for boot_calls in boot_calls {
        let corrupted = Recording { boot_calls, ..recording.clone() };
        assert!(compare_boot(&simulated.boot_inits, &corrupted).is_err());
    }
    for create in create {
        assert!(compare_create(&simulated.create, &Recording { create, ..recording.clone() }).is_err());
    }
    for destroy in destroy {
        assert!(compare_destroy(&simulated.destroy, &Recording { destroy, ..recording.clone() }).is_err());
    }
}

/// The lists come from the calls: other calls, another list.
#[test]
fn swapped_calls_give_another_list() {
    let recording = recording();
    let mut corrupted = recording.clone();
    corrupted.boot_calls.swap(27, 28);
    let other = simulated(&corrupted);
    let wanted = "at 25: simulated subsys devinet_ops, recorded subsys arp_net_ops";
    assert_eq!(compare_list(&other.list_after_boot, &recording.list_after_boot), Err(wanted.to_owned()));
    assert!(compare_list(&other.list_after_modules, &recording.list_after_modules).is_err());
    assert!(compare_create(&other.create, &recording).is_err());
    assert!(compare_destroy(&other.destroy, &recording).is_err());

    let mut corrupted = recording.clone();
    let loaded = |module: &str| {
        recording.loads.iter().position(|load| load.module == module).expect("the module is loaded")
    };
    corrupted.loads.swap(loaded("sunrpc"), loaded("vrf"));
    let other = simulated(&corrupted);
    assert_eq!(compare_list(&other.list_after_boot, &recording.list_after_boot), Ok(()));
    assert!(compare_list(&other.list_after_modules, &recording.list_after_modules).is_err());

    let mut corrupted = recording.clone();
    corrupted.unloads.pop();
    let other = simulated(&corrupted);
    assert_eq!(compare_list(&other.list_after_modules, &recording.list_after_modules), Ok(()));
    assert!(compare_list(&other.list_after_unloading, &recording.list_after_unloading).is_err());
}

#[test]
fn a_list_differs_at_the_first_place_where_kind_or_name_do() {
    let recording = recording();
    let recorded = &recording.list_after_boot;
    let same = simulated(&recording).list_after_boot;

    let mut late = same.clone();
    late.swap(81, 82);
    let wanted = "at 81: simulated device loopback_net_ops, recorded subsys packet_net_ops";
    assert_eq!(compare_list(&late, recorded), Err(wanted.to_owned()));

    let mut other = same.clone();
    other[0].0 = Kind::Device;
    let wanted = "at 0: simulated device net_ns_ops, recorded subsys net_ns_ops";
    assert_eq!(compare_list(&other, recorded), Err(wanted.to_owned()));

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
    let inits = simulated(&recording).create;
    assert!(inits.iter().any(|name| name == "uevent_net_init"));

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
    let exits = simulated(&recording).destroy;
    assert!(exits.iter().any(|name| name == "uevent_net_exit"));

    let forward: Vec<String> = exits.iter().rev().cloned().collect();
    let wanted = "at 0: simulated net_ns_net_exit, recorded ovs_exit_net";
    assert_eq!(compare_destroy(&forward, &recording), Err(wanted.to_owned()));
}
