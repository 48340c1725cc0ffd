//! The page that a script is written on.

use super::features::LIMIT;
use super::ops;
use super::script::{BUILT_IN, Script};
use std::fmt::Write;

impl Script<'_> {
    /// The whole scenario.
    pub fn text(&self, scenario: &str, title: &str, kernel: &str) -> String {
        let plain = |text: &str| text.replace(char::is_control, " ");
        let mut text = format!(
            "// {}: {}\n// Written from the commands of a recording of {}.\n",
            plain(scenario),
            plain(title),
            plain(kernel)
        );
        let _ = writeln!(text, "on {};\n", self.features.protocol);
        text.push_str(
            "// What the probe writes down: entering one of these is the event.\n\
             struct probe { callback call, registered, unregistered, created, failed, gone, note, gate_wait, gate_pass, slot, \
             nets, order, settled, over; }\n\
             probe log {\n    call; unregistered; created; failed; gone; note; gate_wait; gate_pass; slot; nets; order; settled; \
             over;\n    registered(ops, error) { return error; }\n}\n\n",
        );
        text.push_str(ops::SHARED);
        text.push_str(&self.globals);
        text.push('\n');
        if self.orders {
            let _ = writeln!(text, "// The kernel's own devices. The probe does not hear of them.");
            for name in BUILT_IN {
                let _ = writeln!(text, "ops {name} {{}}");
            }
            text.push('\n');
        }
        text.push_str(&self.objects);
        text.push_str("\nboot {\n");
        if self.features.has_name(LIMIT) {
            let _ = writeln!(text, "    {LIMIT} = 1000000;");
        }
        if self.orders {
            for name in BUILT_IN {
                let _ = writeln!(text, "    register_pernet_device({name});");
            }
        }
        let _ = write!(text, "}}\n\ntask main {{\n{}    log.over();\n", self.main);
        let gates = self.registered.iter().filter(|registered| registered.gate.is_some());
        let gates = gates.map(|registered| format!("    {}.open = 1;\n", registered.object));
        let stops = self.makers.iter().map(|maker| format!("    {}_stop = 1;\n", maker.stem));
        let rest: String = gates.chain(stops).collect();
        if !rest.is_empty() {
            let _ = write!(text, "    // Behind the recording: everybody may go.\n{rest}");
        }
        text.push_str("}\n\n");
        text.push_str(&self.others);
        text
    }
}
