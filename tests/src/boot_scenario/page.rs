//! A scenario's text, line by line: how an ops, a call, a module and a namespace's task are written.

use model::lang::printer;
use sim::conform::features::Features;

use crate::recording::{Kind, ListEntry, ModuleOps, Recording};

/// What writes the files again. Each of them says so.
pub const REGENERATE: &str = "ACCEPT=1 cargo test -p tests boot_scenarios_are_current";

/// How many slots a namespace of a real kernel begins with.
const SLOTS: u32 = 13;

/// The text so far, for an era: what it knows nothing of is left out.
pub(super) struct Page<'a> {
    text: String,
    era: &'a Features,
}

impl<'a> Page<'a> {
    /// Begins a page with the question, where the file comes from, and what it leaves out.
    pub(super) fn asking(question: &str, recording: &Recording, era: &'a Features) -> Self {
        let mut page = Self { text: String::new(), era };
        page.line(&format!("// {question}"));
        page.line(&format!("// Generated from tests/data/kernel-traces/real-boot-{}.txt,", recording.tag));
        page.line(&format!("// {}; to write it again:", recording.kernel));
        page.line(&format!("// {REGENERATE}"));
        if !page.has_slots() {
            page.line(
                "// Names, kinds and calls are the kernel's. Of the callbacks, 2007 has init and exit.",
            );
        } else {
            page.line("// Names, kinds, callbacks and calls are the kernel's, and so is where ids begin.");
        }
        page.line(&format!("on {};", era.protocol));
        page.blank();
        let ids = recording.list_after_boot.iter().filter_map(|ops| ops.id);
        if let Some(first) = ids.min().filter(|_| page.has_slots()) {
            page.line(&format!("const MIN_PERNET_OPS_ID = {first};"));
            page.line(&format!("const INITIAL_NET_GEN_PTRS = {SLOTS};"));
            page.line("struct slot {}");
            page.blank();
        }
        page
    }

    /// The whole text, as `pernet-sim fmt` would leave it.
    pub(super) fn formatted(&self) -> String {
        printer::format(&self.text).expect("a generated page has no mistakes")
    }

    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.line("");
    }

    fn has_slots(&self) -> bool {
        self.era.has_field("has_id") && self.era.has_field("size")
    }

    /// A declaration for each ops, with what the era knows of it; `init` is how one with an init says it.
    pub(super) fn ops(&mut self, ops: &[&ListEntry], init: &str) {
        for ops in ops {
            let mut body = Vec::new();
            if self.has_slots() {
                body.extend(ops.id.map(|_| "has_id = 1;".to_owned()));
                body.extend(ops.size.map(|_| "size = struct slot;".to_owned()));
            }
            let known = ops.callbacks.each().filter(|(phase, _)| self.era.has_callback(phase));
            body.extend(known.map(|(phase, _)| match phase {
                "init" => init.to_owned(),
                _ => format!("{phase};"),
            }));
            let body = if body.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", body.join(" ")) };
            self.line(&format!("ops {} {body}", ops.name));
        }
    }

    /// The same for modules, each under its name.
    pub(super) fn modules_ops(&mut self, modules: &[&ModuleOps<'_>], init: &str) {
        for module in modules {
            self.line(&format!("// {}", module.module));
            self.ops(&module.ops, init);
        }
        self.blank();
    }

    /// `register` or `unregister`, as the kind that the ops has.
    pub(super) fn call(&mut self, verb: &str, ops: &ListEntry) {
        self.line(&format!("    {};", call(verb, ops)));
    }

    /// The calls of each module, under the command that loaded or unloaded it.
    pub(super) fn modules_calls(&mut self, command: &str, verb: &str, modules: &[&ModuleOps<'_>]) {
        let loads_slots = verb == "register" && self.has_slots();
        if loads_slots {
            self.line(
                "    // Between two commands a grace period passes, and slots that were outgrown are freed.",
            );
        }
        for module in modules {
            self.line(&format!("    // {command} {}", module.module));
            for ops in &module.ops {
                self.call(verb, ops);
            }
            // Without it there would be a schedule for each way in which the grace periods of many modules overlap.
            if loads_slots && module.ops.iter().any(|ops| ops.id.is_some()) {
                self.line("    rcu_barrier();");
            }
        }
    }

    /// Registrations before the first step.
    pub(super) fn boot(&mut self, ops: &[&ListEntry]) {
        self.line("boot {");
        for ops in ops {
            self.call("register", ops);
        }
        self.line("}");
        self.blank();
    }

    /// Where the era leaves the dead to workers: wait until these have done their work.
    pub(super) fn wait_for_cleanup(&mut self) {
        for worker in &self.era.workqueues {
            self.text.push_str(&format!("    wait_for(done({worker}));\n"));
        }
    }

    /// In the end the namespace is gone, and its memory too where that does not wait for the next one to die.
    pub(super) fn finally_gone(&mut self, net: &str) {
        if self.era.has_function("net_complete_free") {
            self.line("finally list_last(net_list) == init_net;");
        } else {
            self.line(&format!("finally freed({net});"));
        }
    }

    /// A task that makes a namespace and lets it go.
    pub(super) fn unshare(&mut self) {
        self.line("task unshare {");
        self.line("    net = copy_net_ns();");
        self.line("    put_net(net);");
        self.line("}");
        self.blank();
    }

    /// The module's init function. A recording has no failures; what was registered is undone newest first,
    /// as such functions do.
    pub(super) fn init_module(&mut self, module: &ModuleOps<'_>) {
        let Some((last, others)) = module.ops.split_last() else { return };
        self.line(&format!("fn init_module_{}() {{", module.module));
        let mut undo = "return error".to_owned();
        for ops in others {
            self.line(&format!("    error = {};", call("register", ops)));
            self.line(&format!("    if (error) {undo};"));
            undo = format!("goto out_{}", ops.name);
        }
        if others.is_empty() {
            self.line(&format!("    return {};", call("register", last)));
        } else {
            self.line(&format!("    error = {};", call("register", last)));
            self.line(&format!("    if (error) {undo};"));
            self.line("    return 0;");
        }
        for ops in others.iter().rev() {
            self.line(&format!("out_{}:", ops.name));
            self.call("unregister", ops);
        }
        if !others.is_empty() {
            self.line("    return error;");
        }
        self.line("}");
        self.blank();
    }

    /// The module's exit function: newest first.
    pub(super) fn cleanup_module(&mut self, module: &ModuleOps<'_>) {
        self.line(&format!("fn cleanup_module_{}() {{", module.module));
        for ops in module.ops.iter().rev() {
            self.call("unregister", ops);
        }
        self.line("}");
        self.blank();
    }
}

fn call(verb: &str, ops: &ListEntry) -> String {
    format!("{verb}_pernet_{}({})", ops.kind, ops.name)
}

/// Does a namespace that is made run an init of this ops?
pub(super) fn has_init(ops: &ListEntry) -> bool {
    ops.callbacks.init.is_some()
}

/// Is it registered with `register_pernet_device`?
pub(super) fn is_device(ops: &ListEntry) -> bool {
    ops.kind == Kind::Device
}
