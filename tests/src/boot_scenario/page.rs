//! A scenario's text, line by line: how an ops, a call, a module and a namespace's task are written.

use model::lang::printer;

use crate::recording::{Kind, ListEntry, ModuleOps, Recording};

/// What writes the files again. Each of them says so.
pub const REGENERATE: &str = "ACCEPT=1 cargo test -p tests boot_scenarios_are_current";

/// The text so far.
pub(super) struct Page(String);

impl Page {
    /// Begins a page with the question, where the file comes from, and what it leaves out.
    pub(super) fn asking(question: &str, recording: &Recording) -> Self {
        let mut page = Self(String::new());
        page.line(&format!("// {question}"));
        page.line(&format!("// Generated from tests/data/kernel-traces/real-boot-{}.txt,", recording.tag));
        page.line(&format!("// {}; to write it again:", recording.kernel));
        page.line(&format!("// {REGENERATE}"));
        page.line("// Names, kinds and calls are the kernel's. Of the callbacks, 2007 has init and exit.");
        page.line("on rfc2007;");
        page.blank();
        page
    }

    /// The whole text, as `pernet-sim fmt` would leave it.
    pub(super) fn formatted(&self) -> String {
        printer::format(&self.0).expect("a generated page has no mistakes")
    }

    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    pub(super) fn blank(&mut self) {
        self.line("");
    }

    /// A declaration for each ops, with those of its callbacks that 2007 knows; `init` is how one with an
    /// init says it.
    pub(super) fn ops(&mut self, ops: &[&ListEntry], init: &str) {
        for ops in ops {
            let init = ops.callbacks.init.as_ref().map(|_| init);
            let exit = ops.callbacks.exit.as_ref().map(|_| "exit;");
            let body: Vec<&str> = [init, exit].into_iter().flatten().collect();
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
        for module in modules {
            self.line(&format!("    // {command} {}", module.module));
            for ops in &module.ops {
                self.call(verb, ops);
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
