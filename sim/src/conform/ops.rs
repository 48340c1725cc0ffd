//! The ops of a scenario: the probe's own, and one for each registration.

use super::command::Register;
use super::features::Features;
use super::recording::Phase;
use super::stage::OWN;
use std::fmt::Write;

/// What they share.
pub const SHARED: &str = "struct probe_data { int mark; }
struct ops { int open, waiting, calls, live; } // its gate; calls of init; is it registered?
struct net { int ordinal; } // by the order in which the probe's own init is called
int ordinals, nets_alive;

fn gate(ops) {
    log.gate_wait(ops);
    ops.waiting = 1;
    wait_for(ops.open);
    ops.waiting = 0;
    log.gate_pass(ops);
}

";

/// The probe's own: it counts namespaces.
pub fn own(features: &Features) -> String {
    let mut text = format!("ops {OWN} {{\n");
    text.push_str(&slot(features, true, true));
    text.push_str(
        "    init(net) { atomic { net.ordinal = ordinals; ordinals = ordinals + 1; nets_alive = nets_alive + 1; } }\n    \
         exit(net) { atomic { nets_alive = nets_alive - 1; } }\n",
    );
    for phase in [Phase::PreExit, Phase::ExitBatch] {
        if features.has_callback(phase.name()) {
            let _ = writeln!(text, "    {};", phase.name());
        }
    }
    text.push_str("}\n");
    text
}

/// One that a command registers.
pub fn registered(object: &str, register: &Register, features: &Features) -> String {
    let mut text = format!("ops {object} {{\n");
    text.push_str(&slot(features, register.id, register.size));
    for &phase in register.callbacks.iter().filter(|phase| features.has_callback(phase.name())) {
        let body = body(object, phase, register, features);
        match body.is_empty() {
            true => writeln!(text, "    {};", phase.name()),
            false if phase.is_batch() => writeln!(text, "    {}(nets) {{\n{body}    }}", phase.name()),
            false => writeln!(text, "    {}(net) {{\n{body}    }}", phase.name()),
        }
        .unwrap_or_default();
    }
    text.push_str("}\n");
    text
}

fn slot(features: &Features, id: bool, size: bool) -> String {
    let mut text = String::new();
    if id && features.has_field("has_id") {
        text.push_str("    has_id = 1;\n");
    }
    if size && features.has_field("size") {
        text.push_str("    size = struct probe_data;\n");
    }
    text
}

/// Has it a slot that its callbacks can look into?
pub fn has_slot(register: &Register, features: &Features) -> bool {
    register.id && register.size && features.has_function("net_generic")
}

fn body(object: &str, phase: Phase, register: &Register, features: &Features) -> String {
    let mut text = String::new();
    let is_init = phase == Phase::Init;
    if is_init && register.fail.is_some() {
        let _ = writeln!(text, "atomic {{ {object}.calls = {object}.calls + 1; calls = {object}.calls; }}");
    }
    if has_slot(register, features) && !phase.is_batch() {
        let _ = writeln!(text, "data = net_generic(net, {object}.id);\nlog.slot(data.mark);");
        text.push_str(if is_init { "data.mark = 1;\n" } else { "" });
    }
    match register.gate {
        Some((at, None)) if at == phase => {
            let _ = writeln!(text, "gate({object});");
        }
        Some((at, Some(net))) if at == phase && phase.is_batch() => {
            let _ = writeln!(text, "for (each in nets) if (each.ordinal == {net}) gate({object});");
        }
        Some((at, Some(net))) if at == phase => {
            let _ = writeln!(text, "if (net.ordinal == {net}) gate({object});");
        }
        _ => {}
    }
    if let Some(nth) = register.fail.filter(|_| is_init) {
        let _ = writeln!(text, "if (calls == {nth}) return {};", register.error);
    }
    if let Some(net) = register.fail_net.filter(|_| is_init) {
        let _ = writeln!(text, "if (net.ordinal == {net}) return {};", register.error);
    }
    text
}
