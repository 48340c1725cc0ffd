//! The shipped recordings are read whole, their joins are pinned, and a damaged one is refused at the right line.

use super::*;

/// What is in a shipped recording.
struct Shipped {
    text: &'static str,
    tag: &'static str,
    kernel: &'static str,
    /// Its lines, section by section.
    counts: [usize; 8],
    /// The boot calls that ran no `init`, and the ops that they are joined with.
    unnamed: &'static [(usize, &'static str)],
    /// The first and last id of boot, the probe's, and the first and last of the modules.
    ids: [u32; 5],
}

const SHIPPED: [Shipped; 2] = [
    Shipped {
        text: DEBIAN_6_1,
        tag: "debian-6.1",
        kernel: "6.1.0-56-cloud-amd64, Debian 6.1.192-2 (2026-11-16)",
        counts: [84, 85, 53, 124, 113, 125, 9, 115],
        unnamed: &[(13, "uevent_net_ops"), (20, "default_device_ops"), (26, "devlink_pernet_ops")],
        ids: [3, 8, 9, 10, 36],
    },
    Shipped {
        text: DEBIAN_7_3,
        tag: "debian-7.3",
        kernel: "7.3.4+deb13-cloud-amd64, Debian 7.3.4-1~bpo13+1 (2026-11-15)",
        counts: [84, 85, 50, 123, 111, 133, 9, 114],
        unnamed: &[
            (13, "uevent_net_ops"),
            (20, "default_device_ops"),
            (26, "devlink_pernet_ops"),
            (41, "tcp_net_metrics_ops"),
        ],
        ids: [3, 10, 11, 12, 37],
    },
];

impl Shipped {
    fn recording(&self) -> Recording {
        Recording::parse(self.text).expect("the shipped recording parses")
    }
}

/// Replaces the one occurrence of `old`, parses and joins; the error's text.
#[track_caller]
fn refused(old: &str, new: &str) -> String {
    assert_eq!(DEBIAN_6_1.matches(old).count(), 1, "`{old}` must occur once");
    let read = |text: &str| -> Result<(), RecordingError> {
        let recording = Recording::parse(text)?;
        recording.boot_order()?;
        recording.load_order()?;
        recording.unload_order()?;
        Ok(())
    };
    read(&DEBIAN_6_1.replace(old, new)).expect_err("a damaged recording is refused").to_string()
}

fn names<'a>(ops: impl IntoIterator<Item = &'a ListEntry>) -> Vec<&'a str> {
    ops.into_iter().map(|ops| ops.name.as_str()).collect()
}

#[test]
fn the_whole_file_is_read() {
    for shipped in &SHIPPED {
        let recording = shipped.recording();
        assert_eq!((recording.tag.as_str(), recording.kernel.as_str()), (shipped.tag, shipped.kernel));
        assert_eq!(recording.untraceable, ["uevent_net_exit", "uevent_net_init"]);
        let counts = [
            recording.boot_calls.len(),
            recording.list_after_boot.len(),
            recording.loads.len(),
            recording.list_after_modules.len(),
            recording.create.len(),
            recording.destroy.len(),
            recording.unloads.len(),
            recording.list_after_unloading.len(),
        ];
        assert_eq!(counts, shipped.counts, "{}", shipped.tag);
    }
}

#[test]
fn an_entry_keeps_the_columns_of_later_eras() {
    let all = |text: &str, at: usize| {
        let recording = Recording::parse(text).expect("the shipped recording parses");
        let ops = recording.list_after_modules[at].clone();
        let callbacks: Vec<String> = ops.callbacks.names().map(str::to_owned).collect();
        (ops, callbacks)
    };
    let (ops, callbacks) = all(DEBIAN_6_1, 93);
    assert_eq!((ops.pos, ops.kind, ops.name.as_str()), (93, Kind::Subsys, "nf_tables_net_ops"));
    assert_eq!(ops.module.as_deref(), Some("nf_tables"));
    let wanted =
        ["nf_tables_init_net", "nf_tables_pre_exit_net", "nf_tables_exit_net", "nf_tables_exit_batch"];
    assert_eq!(callbacks, wanted);
    assert_eq!((ops.id, ops.size), (Some(24), Some(144)));

    let (ops, callbacks) = all(DEBIAN_7_3, 90);
    assert_eq!((ops.name.as_str(), ops.module.as_deref()), ("bond_net_ops", Some("bonding")));
    assert_eq!(
        callbacks,
        ["bond_net_init", "bond_net_pre_exit", "bond_net_exit_rtnl", "bond_net_exit_batch"]
    );
    assert_eq!((ops.id, ops.size), (Some(20), Some(64)));
}

/// The files were recorded on kernels whose rules are known, so they can be wrong in themselves: they are not.
#[test]
fn create_and_destroy_follow_the_list_by_the_rules_of_the_kernel_recorded() {
    for shipped in &SHIPPED {
        let recording = shipped.recording();
        let seen = |name: &&str| !recording.untraceable.iter().any(|hidden| hidden == name);
        let forward = || recording.list_after_modules.iter().map(|ops| &ops.callbacks);
        let inits: Vec<&str> = forward().filter_map(|ops| ops.init.as_deref()).filter(seen).collect();
        let pre_exits = forward().rev().filter_map(|ops| ops.pre_exit.as_deref());
        let under_rtnl = forward().rev().filter_map(|ops| ops.exit_rtnl.as_deref());
        let exits =
            forward().rev().flat_map(|ops| [ops.exit.as_deref(), ops.exit_batch.as_deref()]).flatten();
        let teardown: Vec<&str> = pre_exits.chain(under_rtnl).chain(exits).filter(seen).collect();
        assert_eq!(recording.create, inits, "{}", shipped.tag);
        assert_eq!(recording.destroy, teardown, "{}", shipped.tag);
    }
}

#[test]
fn boot_order_is_the_list_within_each_kind() {
    for recording in SHIPPED.iter().map(Shipped::recording) {
        let order = recording.boot_order().expect("every call has its ops");
        for kind in [Kind::Subsys, Kind::Device] {
            let called = order.iter().copied().filter(|ops| ops.kind == kind);
            let listed = recording.list_after_boot.iter().filter(|ops| ops.kind == kind && ops.name != PROBE);
            assert_eq!(names(called), names(listed), "{}", recording.tag);
        }
    }
}

#[test]
fn unnamed_calls_fall_to_the_ops_without_a_traceable_init() {
    for shipped in &SHIPPED {
        let recording = shipped.recording();
        let order = recording.boot_order().expect("every call has its ops");
        let unnamed: Vec<(usize, &str)> = recording
            .boot_calls
            .iter()
            .zip(&order)
            .filter(|(call, _)| call.init.is_none())
            .map(|(call, ops)| (call.n, ops.name.as_str()))
            .collect();
        assert_eq!(unnamed, shipped.unnamed, "{}", shipped.tag);
    }
}

/// Ids are given in the order of the registrations. No call tells an id, so this is a second witness of the
/// joins, and for `ip_gre`, whose three calls are alike, the only one besides the list.
#[test]
fn ids_rise_in_the_order_that_the_joins_give() {
    for shipped in &SHIPPED {
        let recording = shipped.recording();
        let boot = recording.boot_order().expect("every call has its ops");
        let loads = recording.load_order().expect("every call has its ops");
        let ids = |ops: &&ListEntry| ops.id;
        let boot: Vec<u32> = boot.iter().filter_map(ids).collect();
        let loads: Vec<u32> = loads.iter().flat_map(|load| &load.ops).filter_map(ids).collect();
        let [first, last, probe, first_loaded, last_loaded] = shipped.ids;
        assert_eq!(boot, (first..=last).collect::<Vec<_>>(), "{}", shipped.tag);
        assert_eq!(recording.probe_id(), Some(probe), "{}: it was loaded between", shipped.tag);
        assert_eq!(loads, (first_loaded..=last_loaded).collect::<Vec<_>>(), "{}", shipped.tag);
    }
}

/// Where only the list tells the order: more than one ops of one module and kind.
#[test]
fn few_modules_register_one_kind_twice() {
    for recording in SHIPPED.iter().map(Shipped::recording) {
        let loads = recording.load_order().expect("every call has its ops");
        let alike: Vec<(&str, Vec<&str>)> = loads
            .iter()
            .flat_map(|load| [Kind::Subsys, Kind::Device].map(|kind| (load, kind)))
            .map(|(load, kind)| (load.module, names(load.ops.iter().copied().filter(|ops| ops.kind == kind))))
            .filter(|(_, ops)| ops.len() > 1)
            .collect();
        let wanted = [
            ("nf_defrag_ipv6", vec!["nf_ct_net_ops", "defrag6_net_ops"]),
            ("ip_gre", vec!["ipgre_net_ops", "ipgre_tap_net_ops", "erspan_net_ops"]),
            ("sctp", vec!["sctp_defaults_ops", "sctp_ctrlsock_ops"]),
            ("tipc", vec!["tipc_net_ops", "tipc_topsrv_net_ops"]),
        ];
        assert_eq!(alike, wanted, "{}", recording.tag);
    }
}

#[test]
fn unloading_is_told_by_module_and_kind() {
    for recording in SHIPPED.iter().map(Shipped::recording) {
        let unloads = recording.unload_order().expect("every call has its ops");
        let ip_vs = unloads.iter().find(|unload| unload.module == "ip_vs").expect("ip_vs is unloaded");
        assert_eq!(names(ip_vs.ops.iter().copied()), ["ipvs_core_dev_ops", "ipvs_core_ops"]);
        let unloaded: Vec<&str> =
            unloads.iter().flat_map(|unload| names(unload.ops.iter().copied())).collect();
        let kept = recording.list_after_modules.iter().filter(|ops| !unloaded.contains(&ops.name.as_str()));
        assert_eq!(names(kept), names(&recording.list_after_unloading), "{}", recording.tag);
    }
}

#[test]
fn a_damaged_line_is_refused_with_its_number_and_the_cause() {
    let cases = [
        (
            "1 subsys net_ns_init",
            "1 pernet net_ns_init",
            "line 6: unknown kind `pernet`; kinds are subsys and device",
        ),
        ("1 subsys net_ns_init", "2 subsys net_ns_init", "line 6: call 2 stands where call 1 was expected"),
        ("# tag: debian-6.1", "# label: debian-6.1", "line 777: no header begins with `# tag: `"),
        ("[create]", "[birth]", "line 777: section `create` is missing"),
        ("[create]", "[list-after-boot]", "line 398: section `list-after-boot` comes twice"),
        ("[create]  #", "[create  #", "line 398: a section's title ends with `]`"),
        ("\nsetup_net\n", "\nset_up\n", "line 399: `set_up` stands where `setup_net` was expected"),
        ("insmod llc", "load llc", "line 179: unknown word `load`; words are insmod and register"),
        ("insmod llc", "register subsys", "line 179: a `register` before the first `insmod`"),
    ];
    for (old, new, wanted) in cases {
        assert_eq!(refused(old, new), wanted);
    }
}

#[test]
fn a_list_is_refused_when_an_entry_is_not_clear() {
    let listed = |entry: &str| {
        let shipped = "81 subsys packet_net_ops init=packet_net_init exit=packet_net_exit";
        let text = DEBIAN_6_1.replacen(shipped, entry, 1);
        Recording::parse(&text).expect_err("a damaged list is refused").to_string()
    };
    assert_eq!(listed("8i subsys packet_net_ops"), "line 173: `8i` is no position; a number was expected");
    assert_eq!(listed("82 subsys packet_net_ops"), "line 173: position 82 stands where 81 was expected");
    assert_eq!(listed("81 subsys"), "line 173: the name is missing");
    assert_eq!(listed("81 subsys packet_net_ops init"), "line 173: expected `column=value`, found `init`");
    assert_eq!(
        listed("81 subsys packet_net_ops size=big"),
        "line 173: `big` is no size; a number was expected"
    );
    assert_eq!(
        listed("81 subsys arp_net_ops"),
        "line 173: `arp_net_ops` is on the list twice; ops are told apart by name"
    );
    assert_eq!(
        listed("81 subsys packet_net_ops start=packet_net_init"),
        "line 173: unknown column `start`; columns are init, pre_exit, exit_rtnl, exit, exit_batch, \
         exit_batch_rtnl, id and size"
    );
}

#[test]
fn calls_that_do_not_join_are_refused() {
    let cases = [
        (
            "packet_init packet_net_init",
            "packet_init sock_init",
            "line 89: call 84 ran `sock_init`, which no ops on the list has",
        ),
        (
            "packet_init packet_net_init",
            "packet_init arp_net_init",
            "line 89: call 84 registered `arp_net_ops` again",
        ),
        (
            "84 subsys packet_init",
            "84 device packet_init",
            "line 89: call 84 registered a device, and `packet_net_ops` is a subsys",
        ),
        (
            "packet_init packet_net_init",
            "packet_init -",
            "line 89: call 84 ran no init, and the next subsys ops, `packet_net_ops`, has `packet_net_init`",
        ),
        (
            "packet_init packet_net_init",
            "packet_init packet_net_init\n85 device packet_init -",
            "line 90: call 85 ran no init, and no device ops is left to be its",
        ),
        (
            "84 subsys packet_init packet_net_init\n",
            "",
            "line 172: `packet_net_ops` is listed, and no call registered it",
        ),
        (
            "insmod stp\n",
            "insmod stp\n  register subsys\n",
            "line 181: `stp` registered more subsys ops than the list has of it",
        ),
        (
            "insmod vrf\n  register subsys\n",
            "",
            "line 376: `vrf_net_ops` is listed, and no call registered it",
        ),
        (
            "rmmod tun\n",
            "rmmod ip_gre\n  unregister device\n",
            "line 650: `ip_gre` has 3 device ops; which one it unregistered is not recorded",
        ),
        (
            "rmmod tun\n",
            "rmmod tun\n  unregister device\n",
            "line 650: `tun` has no device ops to unregister",
        ),
    ];
    for (old, new, wanted) in cases {
        assert_eq!(refused(old, new), wanted);
    }
}

#[test]
fn a_shared_init_tells_no_ops() {
    let text =
        DEBIAN_6_1.replacen("packet_net_ops init=packet_net_init", "packet_net_ops init=arp_net_init", 1);
    let recording = Recording::parse(&text).expect("every line is in order");
    let error = recording.boot_order().expect_err("two ops share an init").to_string();
    assert_eq!(error, "line 33: call 28 ran `arp_net_init`, which `arp_net_ops` and `packet_net_ops` have");
}
