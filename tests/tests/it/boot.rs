//! A running kernel is the witness: its calls, put to a registry, give its list and its callbacks by name. The registry
//! of 2007 is asked, and that of the kernel's own era, which knows more callbacks and gives ids.

mod compare;
mod kernel;

use std::collections::BTreeSet;
use std::fs;

use compare::{SECTIONS, section};
use kernel::Simulated;
use sim::ask::Plan;
use sim::conform::features::Features;
use sim::conform::kernel::Chosen;
use sim::library::ShippedLibrary;
use sim::question::Values;
use sim::verdict::{Exit, Verdict};
use tests::boot_scenario::{
    BootScenario, REGENERATE, Slice, boot_folder, boot_scenarios, write_if_accepting,
};
use tests::recording::{DEBIAN_6_1, DEBIAN_7_3, Kind, PROBE, Recording};

/// A recording, and the registry that it is put to.
struct Case {
    text: &'static str,
    tag: &'static str,
    protocol: &'static str,
    /// Its scenarios, the whole recording first, each with the judges that have nothing to look at. What is left out has
    /// too many schedules in its era.
    slices: &'static [(Slice, &'static [&'static str])],
    /// In each section, the places where two neighbouring lines are both compared.
    places: [usize; 6],
}

/// What kernels got later, and the patch does not have.
const LATER: &[&str] = &["closed_door", "phase_order", "grace", "lock_order", "slot", "nsid", "balanced"];
/// What no recording has.
const NEVER: &[&str] = &["closed_door", "nsid"];
/// The same of a slice without a `pre_exit`.
const NO_PRE_EXIT: &[&str] = &["closed_door", "grace", "nsid"];

const CASES: [Case; 3] = [
    Case {
        text: DEBIAN_6_1,
        tag: "debian-6.1",
        protocol: "rfc2007",
        slices: &[
            (Slice::Boot, LATER),
            (Slice::Modules, LATER),
            (Slice::FirstDevice, LATER),
            (Slice::BothKinds, LATER),
            (Slice::LastModules(3), LATER),
        ],
        places: [77, 82, 121, 110, 72, 112],
    },
    Case {
        text: DEBIAN_6_1,
        tag: "debian-6.1",
        protocol: "linux-6.1",
        slices: &[(Slice::Boot, NEVER)],
        places: [77, 82, 121, 110, 119, 112],
    },
    Case {
        text: DEBIAN_7_3,
        tag: "debian-7.3",
        protocol: "linux-7",
        slices: &[
            (Slice::Boot, NEVER),
            (Slice::FirstDevice, NO_PRE_EXIT),
            (Slice::BothKinds, NEVER),
            (Slice::LastModules(2), NO_PRE_EXIT),
        ],
        places: [75, 82, 120, 108, 127, 111],
    },
];

/// A case, read.
struct Witness {
    recording: Recording,
    era: Features,
    scenarios: Vec<BootScenario>,
}

impl Case {
    fn read(&self) -> Witness {
        let recording = Recording::parse(self.text).expect("the shipped recording parses");
        assert_eq!(recording.tag, self.tag);
        let era = Features::of(self.protocol, &ShippedLibrary).expect("the protocol is shipped");
        let slices: Vec<Slice> = self.slices.iter().map(|(slice, _)| *slice).collect();
        let scenarios = boot_scenarios(&recording, &era, &slices).expect("every call has its ops");
        Witness { recording, era, scenarios }
    }

    fn name(&self) -> String {
        format!("{} on {}", self.tag, self.protocol)
    }
}

impl Witness {
    fn of(protocol: &str) -> Self {
        CASES.iter().find(|case| case.protocol == protocol).expect("it is asked").read()
    }

    /// What one schedule of the whole recording shows.
    fn simulated(&self) -> Simulated {
        Simulated::run(&self.scenarios[0], &self.recording)
    }

    /// The same, of other calls.
    fn simulated_from(&self, recording: &Recording) -> Simulated {
        let scenarios = boot_scenarios(recording, &self.era, &[Slice::Boot]).expect("every call has its ops");
        Simulated::run(&scenarios[0], recording)
    }

    fn compare(&self, section_name: &str, simulated: &Simulated) -> Result<(), String> {
        section(section_name).compare(simulated, &self.recording, &self.era)
    }
}

#[test]
fn a_recording_is_put_to_2007_or_to_its_own_era() {
    for case in &CASES {
        let own = Chosen::of(&case.read().recording.kernel, false).expect("it is of some era").protocol;
        assert!(["rfc2007", &own].contains(&case.protocol), "{}", case.name());
    }
}

#[test]
fn boot_scenarios_are_current() {
    let mut wanted = BTreeSet::new();
    for scenario in CASES.iter().flat_map(|case| case.read().scenarios) {
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
    let calls = |text: &str, verb: &str| -> Vec<Kind> {
        let call = |kind: &Kind| format!("    {verb}_pernet_{kind}(");
        let kind =
            |line: &str| [Kind::Subsys, Kind::Device].into_iter().find(|kind| line.starts_with(&call(kind)));
        text.lines().filter_map(kind).collect()
    };
    for case in &CASES {
        let Witness { recording, scenarios, .. } = case.read();
        let boot = recording.boot_calls.iter().map(|call| call.kind);
        let registered: Vec<Kind> =
            boot.chain(recording.loads.iter().flat_map(|load| load.kinds.clone())).collect();
        let unregistered: Vec<Kind> =
            recording.unloads.iter().flat_map(|unload| unload.kinds.clone()).collect();
        let whole = |slice: &Slice| [Slice::Boot, Slice::Modules].contains(slice);
        let slices = case.slices.iter().map(|(slice, _)| slice).zip(&scenarios);
        for (_, scenario) in slices.filter(|(slice, _)| whole(slice)) {
            assert_eq!(calls(&scenario.text, "register"), registered, "{}", scenario.file_name);
            assert_eq!(calls(&scenario.text, "unregister"), unregistered, "{}", scenario.file_name);
        }
    }
}

#[test]
fn allowed_differences_are_uevent_and_the_probe() {
    for case in &CASES {
        let recording = case.read().recording;
        assert_eq!(recording.untraceable, ["uevent_net_exit", "uevent_net_init"]);
        assert_eq!(recording.probe_callbacks(), ["t_init", "t_pre", "t_exit", "t_batch"]);
    }
}

/// In its own era nothing that a kernel recorded is left out, but for the probe's.
#[test]
fn an_era_knows_every_recorded_callback() {
    for case in CASES.iter().filter(|case| case.protocol != "rfc2007") {
        let Witness { recording, era, .. } = case.read();
        let names = recording.create.iter().chain(&recording.destroy);
        let unknown: Vec<_> =
            names.filter(|name| !recording.has(name, |phase| era.has_callback(phase))).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", case.name());
    }
}

/// The whole claim. That each line of it can fail is shown below.
#[test]
fn a_real_kernels_calls_give_its_own_lists_and_callbacks() {
    for case in &CASES {
        let witness = case.read();
        let simulated = witness.simulated();
        for section in &SECTIONS {
            let compared = section.compare(&simulated, &witness.recording, &witness.era);
            assert_eq!(compared, Ok(()), "{}: {}", case.name(), section.name);
        }
    }
}

#[test]
fn a_boot_scenario_holds_in_every_schedule() {
    for case in &CASES {
        for (scenario, (_, asleep)) in case.read().scenarios.iter().zip(case.slices) {
            let file = &scenario.file_name;
            let answers = sim::run_text(file, &scenario.text, &[], &Values::new(), &Plan::default());
            let answers = answers.expect("the scenario can be asked");
            assert_eq!(answers.len(), 1, "{file}");
            assert_eq!((answers[0].verdict, answers[0].exit), (Verdict::Holds, Exit::AsExpected), "{file}");
            assert_eq!(answers[0].asleep, *asleep, "{file}: a judge that sleeps says nothing");
        }
    }
}

/// The ops of unloaded modules are gone, and the others stand as they stood.
#[test]
fn unloading_takes_out_what_it_unloads_and_moves_nothing() {
    for case in &CASES {
        let witness = case.read();
        let simulated = witness.simulated();
        let unloads = witness.recording.unload_order().expect("every call has its ops");
        let unloaded: BTreeSet<&str> =
            unloads.iter().flat_map(|unload| &unload.ops).map(|ops| ops.name.as_str()).collect();
        assert_eq!(unloaded.len(), 9);
        let mut left = simulated.list_after_modules.clone();
        left.retain(|ops| !unloaded.contains(ops.name.as_str()));
        assert_eq!(left, simulated.list_after_unloading, "{}", case.name());
    }
}

/// Every comparison notices any two lines of the recording that have changed places.
#[test]
fn no_comparison_overlooks_two_swapped_lines() {
    for case in &CASES {
        let witness = case.read();
        let simulated = witness.simulated();
        let mut places = Vec::new();
        for section in &SECTIONS {
            let corrupted = section.swapped(&witness.recording, &witness.era);
            places.push(corrupted.len());
            let overlooked =
                |recording: &Recording| section.compare(&simulated, recording, &witness.era).is_ok();
            assert!(!corrupted.iter().any(overlooked), "{}: {}", case.name(), section.name);
        }
        assert_eq!(places, case.places, "{}", case.name());
    }
}

/// An id is compared too: no two ops may have each other's.
#[test]
fn no_comparison_overlooks_two_swapped_ids() {
    for case in CASES.iter().filter(|case| case.protocol != "rfc2007") {
        let witness = case.read();
        let simulated = witness.simulated();
        let list = &witness.recording.list_after_modules;
        let with_id: Vec<usize> =
            (0..list.len()).filter(|&at| list[at].id.is_some() && list[at].name != PROBE).collect();
        for pair in with_id.windows(2) {
            let mut corrupted = witness.recording.clone();
            let list = &mut corrupted.list_after_modules;
            (list[pair[0]].id, list[pair[1]].id) = (list[pair[1]].id, list[pair[0]].id);
            let compared = section("list-after-modules").compare(&simulated, &corrupted, &witness.era);
            assert!(compared.is_err(), "{}: {pair:?}", case.name());
        }
    }
}

/// The lists come from the calls: other calls, another list.
#[test]
fn swapped_calls_give_another_list() {
    let witness = Witness::of("rfc2007");
    let recording = &witness.recording;
    let mut corrupted = recording.clone();
    corrupted.boot_calls.swap(27, 28);
    let other = witness.simulated_from(&corrupted);
    let wanted = "at 25: simulated subsys devinet_ops, recorded subsys arp_net_ops";
    assert_eq!(witness.compare("list-after-boot", &other), Err(wanted.to_owned()));
    assert!(witness.compare("list-after-modules", &other).is_err());
    assert!(witness.compare("create", &other).is_err());
    assert!(witness.compare("destroy", &other).is_err());

    let mut corrupted = recording.clone();
    let loaded = |module: &str| {
        recording.loads.iter().position(|load| load.module == module).expect("the module is loaded")
    };
    corrupted.loads.swap(loaded("sunrpc"), loaded("vrf"));
    let other = witness.simulated_from(&corrupted);
    assert_eq!(witness.compare("list-after-boot", &other), Ok(()));
    assert!(witness.compare("list-after-modules", &other).is_err());

    let mut corrupted = recording.clone();
    corrupted.unloads.pop();
    let other = witness.simulated_from(&corrupted);
    assert_eq!(witness.compare("list-after-modules", &other), Ok(()));
    assert!(witness.compare("list-after-unloading", &other).is_err());
}

#[test]
fn a_list_differs_at_the_first_place_where_kind_or_name_do() {
    let witness = Witness::of("rfc2007");
    let same = witness.simulated();
    let differs = |change: &dyn Fn(&mut Vec<kernel::Listed>)| {
        let mut other = same.clone();
        change(&mut other.list_after_boot);
        witness.compare("list-after-boot", &other).expect_err("the lists differ")
    };

    let late = differs(&|list| list.swap(81, 82));
    assert_eq!(late, "at 81: simulated device loopback_net_ops, recorded subsys packet_net_ops");

    let other = differs(&|list| list[0].kind = Kind::Device);
    assert_eq!(other, "at 0: simulated device net_ns_ops, recorded subsys net_ns_ops");

    let short = differs(&|list| list.truncate(83));
    assert_eq!(short, "at 83: simulated the end, recorded device default_device_ops");

    let probe = kernel::Listed { kind: Kind::Subsys, name: PROBE.to_owned(), id: None };
    let probed = differs(&|list| list.insert(82, probe.clone()));
    let wanted = "at 82: simulated subsys _T, recorded device loopback_net_ops";
    assert_eq!(probed, wanted, "it is allowed in the recording only");
}

#[test]
fn creation_differs_unless_every_init_but_those_of_uevent_and_the_probe_is_in_its_place() {
    let witness = Witness::of("rfc2007");
    let same = witness.simulated();
    assert!(same.create.iter().any(|name| name == "uevent_net_init"));

    let short = Simulated { create: same.create[1..].to_vec(), ..same.clone() };
    let wanted = "at 0: simulated proc_net_ns_init, recorded net_ns_net_init";
    assert_eq!(witness.compare("create", &short), Err(wanted.to_owned()));

    let mut doubled = same;
    doubled.create.push("ovs_init_net".to_owned());
    let wanted = "at 112: simulated ovs_init_net, recorded the end";
    assert_eq!(witness.compare("create", &doubled), Err(wanted.to_owned()));
}

#[test]
fn destruction_is_compared_by_the_phases_that_the_registry_knows() {
    let forward = |protocol: &str| {
        let witness = Witness::of(protocol);
        let mut other = witness.simulated();
        assert!(other.destroy.iter().any(|name| name == "uevent_net_exit"));
        other.destroy.reverse();
        witness.compare("destroy", &other).expect_err("it goes backward")
    };
    assert_eq!(forward("rfc2007"), "at 0: simulated net_ns_net_exit, recorded ovs_exit_net");
    assert_eq!(forward("linux-7"), "at 0: simulated proc_net_ns_exit, recorded ovs_pre_exit_net");
}
