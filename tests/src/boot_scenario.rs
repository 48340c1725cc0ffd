//! Scenarios made from a recording: the registrations of a real kernel, put to the registry of 2007 or to that of the
//! kernel's own era.
//!
//! Nothing is chosen by hand. The calls are the recording's, in its order; slices small enough for an
//! exhaustive search are cut by rules that their functions state. The texts depend on the recording alone, look
//! as the formatter wants them, and a test compares them with the files under `scenarios/boot/`.

mod page;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

pub use page::REGENERATE;
use page::{Page, has_init, is_device};
use sim::conform::features::Features;

use crate::recording::{ListEntry, ModuleOps, PROBE, Recording, RecordingError};

/// The registry that every era comes from. A file's name says if another is asked.
const OLDEST: &str = "rfc2007";

/// One generated file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BootScenario {
    /// Its name under `scenarios/boot/`. All begin with `real-`.
    pub file_name: String,
    /// Its whole text.
    pub text: String,
}

/// What a scenario takes from a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slice {
    /// All of it, one call after another.
    Boot,
    /// All of it, with a namespace that comes and goes meanwhile.
    Modules,
    /// The boot calls around the devices.
    FirstDevice,
    /// The modules that register ops of both kinds.
    BothKinds,
    /// So many of the last modules, two or three.
    LastModules(usize),
}

/// A scenario for each slice of `recording`, to be asked of an era: always the same bytes.
pub fn boot_scenarios(
    recording: &Recording,
    era: &Features,
    slices: &[Slice],
) -> Result<Vec<BootScenario>, RecordingError> {
    let (loads, unloads) = (recording.load_order()?, recording.unload_order()?);
    let kernel = Kernel {
        recording,
        era,
        boot: recording.boot_order()?,
        loads: loads.iter().filter(|module| !module.ops.is_empty()).collect(),
        unloads: unloads.iter().filter(|module| !module.ops.is_empty()).collect(),
    };
    let in_era = if kernel.own_era().is_some() { "in-era-" } else { "" };
    let scenario = |&slice: &Slice| {
        let (name, page) = match slice {
            Slice::Boot => ("boot", kernel.one_after_another()),
            Slice::Modules => ("modules", kernel.meanwhile()),
            Slice::FirstDevice => ("first-device", kernel.first_device()),
            Slice::BothKinds => ("both-kinds", kernel.both_kinds()),
            Slice::LastModules(count) => ("last-modules", kernel.last_modules(count)),
        };
        let file_name = format!("real-{name}-{in_era}{}.pernet", recording.tag);
        BootScenario { file_name, text: page.formatted() }
    };
    Ok(slices.iter().map(scenario).collect())
}

/// The folder of the shipped boot scenarios.
#[must_use]
pub fn boot_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/boot")
}

/// Writes `text` to `path` if the environment says `ACCEPT=1`, and tells whether it did.
#[expect(
    clippy::disallowed_methods,
    reason = "a person accepts new output; no run of the product depends on it"
)]
pub fn write_if_accepting(path: &Path, text: &str) -> io::Result<bool> {
    let accepting = env::var("ACCEPT").is_ok_and(|value| value == "1");
    if accepting {
        fs::write(path, text)?;
    }
    Ok(accepting)
}

/// A recording whose calls have found their ops. Modules that registered nothing are left out.
struct Kernel<'a> {
    recording: &'a Recording,
    era: &'a Features,
    boot: Vec<&'a ListEntry>,
    loads: Vec<&'a ModuleOps<'a>>,
    unloads: Vec<&'a ModuleOps<'a>>,
}

impl Kernel<'_> {
    /// The recording as it went: boot, modules, one namespace, modules again. One task, so one schedule; the
    /// names of its callbacks are what the test compares with the recording.
    fn one_after_another(&self) -> Page<'_> {
        let mut page = self.ask(match self.own_era() {
            None => {
                "From boot to rmmod, do a real kernel's calls give its own list and callbacks?".to_owned()
            }
            Some(kernel) => {
                format!("From boot to rmmod, do the calls of {kernel} give its lists, ids and all callbacks?")
            }
        });
        self.whole_world(&mut page);
        page.line("task main {");
        page.modules_calls("insmod", "register", &self.loads);
        page.line("    // unshare(CLONE_NEWNET), then its last task is killed");
        page.line("    net = copy_net_ns();");
        page.line("    put_net(net);");
        page.wait_for_cleanup();
        page.modules_calls("rmmod", "unregister", &self.unloads);
        page.line("}");
        page.blank();
        // Once the last init on the list has run, creation is through.
        if let Some(last) = self.recording.list_after_modules.iter().rfind(|ops| has_init(ops)) {
            page.line(&format!("sometimes inited({}, main.net);", last.name));
        }
        page.finally_gone("main.net");
        page
    }

    /// The same calls, with a namespace that comes and goes at any moment of them.
    fn meanwhile(&self) -> Page<'_> {
        let kernel = self.own_era().unwrap_or_else(|| "a real kernel".to_owned());
        let mut page =
            self.ask(format!("May a namespace come and go while {kernel} loads and unloads its modules?"));
        self.whole_world(&mut page);
        page.line("int loaded;");
        page.blank();
        page.line("task modprobe {");
        page.modules_calls("insmod", "register", &self.loads);
        page.line("    loaded = 1;");
        page.line("}");
        page.blank();
        page.line("task rmmod {");
        page.line("    wait_for(loaded);");
        page.modules_calls("rmmod", "unregister", &self.unloads);
        page.line("}");
        page.blank();
        page.unshare();
        let device = self.boot.iter().find(|ops| is_device(ops) && has_init(ops));
        let mut of_modules = self.loads.iter().flat_map(|load| &load.ops).filter(|ops| has_init(ops));
        if let (Some(device), Some(first), Some(last)) = (device, of_modules.next(), of_modules.next_back()) {
            let (device, first, last) = (&device.name, &first.name, &last.name);
            let partly = format!("inited({first}, unshare.net) && !inited({last}, unshare.net)");
            page.line(&format!("sometimes made_amid: !done(modprobe) && {partly};"));
            page.line("sometimes gone_amid: !done(modprobe) && freed(unshare.net);");
            page.line(&format!("sometimes outlives: done(rmmod) && inited({device}, unshare.net);"));
        }
        page.finally_gone("unshare.net");
        page
    }

    /// Where `first_device` begins to mean something: the boot calls from the second before the first device
    /// to the second after the last.
    fn first_device(&self) -> Page<'_> {
        let boot = self.own_era().map_or("at boot".to_owned(), |kernel| format!("as {kernel} boots"));
        let mut page = self.ask(format!(
            "Devices come amid the subsystems {boot}: does a namespace get every subsys first?"
        ));
        let first = self.boot.iter().position(|ops| is_device(ops)).unwrap_or_default();
        let last = self.boot.iter().rposition(|ops| is_device(ops)).unwrap_or_default();
        let slice = &self.boot[first.saturating_sub(2)..self.boot.len().min(last + 3)];
        page.ops(slice, "init;");
        page.blank();
        page.line("task kernel_init {");
        for ops in slice {
            page.call("register", ops);
        }
        page.line("}");
        page.blank();
        page.unshare();
        let device = slice.iter().find(|ops| is_device(ops) && has_init(ops));
        let late = slice.iter().rfind(|ops| !is_device(ops) && has_init(ops));
        if let (Some(device), Some(late)) = (device, late) {
            let partly =
                format!("inited({}, unshare.net) && !inited({}, unshare.net)", device.name, late.name);
            page.line(&format!("sometimes !done(kernel_init) && {partly};"));
        }
        page.finally_gone("unshare.net");
        page
    }

    /// Every module that registers ops of both kinds, all loaded at once; any of their inits may fail.
    fn both_kinds(&self) -> Page<'_> {
        let mut page = self.ask(format!(
            "Modules{} with both kinds of ops load at once and an init fails: is just that undone?",
            self.of_own_era()
        ));
        let both = |module: &&&ModuleOps<'_>| {
            module.ops.iter().any(|ops| is_device(ops)) && module.ops.iter().any(|ops| !is_device(ops))
        };
        let modules: Vec<_> = self.loads.iter().filter(both).copied().collect();
        self.boundary_world(&mut page, &modules, "init(net) { may return -ENOMEM; }");
        page.line("faults 1 in may;");
        page.blank();
        for module in &modules {
            page.init_module(module);
        }
        for module in &modules {
            page.line(&format!("task modprobe_{0} {{ error = init_module_{0}(); }}", module.module));
        }
        page.line("task unshare {");
        page.line("    net = copy_net_ns();");
        page.line("    if (!IS_ERR(net)) put_net(net);");
        page.line("}");
        page.blank();
        for module in &modules {
            page.line(&format!("sometimes modprobe_{}.error == 0;", module.module));
            page.line(&format!("sometimes modprobe_{}.error == -ENOMEM;", module.module));
        }
        page.line("sometimes IS_ERR(unshare.net);");
        page.line("sometimes !IS_ERR(unshare.net);");
        page
    }

    /// The last modules that registered anything, each loaded and unloaded by a task of its own.
    fn last_modules(&self, count: usize) -> Page<'_> {
        let many = if count == 2 { "Two" } else { "Three" };
        let mut page = self.ask(format!(
            "{many} modules{} come and go at once: is a namespace set up for just those loaded?",
            self.of_own_era()
        ));
        let modules = &self.loads[self.loads.len().saturating_sub(count)..];
        self.boundary_world(&mut page, modules, "init;");
        for module in modules {
            page.init_module(module);
            page.cleanup_module(module);
        }
        for module in modules {
            page.line(&format!("task {0} {{ init_module_{0}(); cleanup_module_{0}(); }}", module.module));
        }
        page.unshare();
        for ops in modules.iter().flat_map(|module| &module.ops).filter(|ops| has_init(ops)) {
            page.line(&format!("sometimes inited({}, unshare.net);", ops.name));
        }
        page.finally_gone("unshare.net");
        page
    }

    /// The kernel's name, if its own era is asked.
    fn own_era(&self) -> Option<String> {
        let (_, version) = self.recording.tag.rsplit_once('-')?;
        (self.era.protocol != OLDEST).then(|| format!("Linux {version}"))
    }

    fn of_own_era(&self) -> String {
        self.own_era().map_or(String::new(), |kernel| format!(" of {kernel}"))
    }

    fn ask(&self, question: String) -> Page<'_> {
        Page::asking(&question, self.recording, self.era)
    }

    /// All ops, those of boot registered before the first step.
    fn whole_world(&self, page: &mut Page<'_>) {
        page.ops(&self.boot, "init;");
        page.modules_ops(&self.loads, "init;");
        page.boot(&self.boot);
    }

    /// The modules' ops, over what stands around the boundary after boot: the last subsys on the list and the
    /// devices.
    fn boundary_world(&self, page: &mut Page<'_>, modules: &[&ModuleOps<'_>], init: &str) {
        let listed = self.recording.list_after_boot.iter().filter(|ops| ops.name != PROBE);
        let last_subsys = listed.filter(|ops| !is_device(ops)).map(|ops| ops.pos).max();
        let around = |ops: &&&ListEntry| is_device(ops) || Some(ops.pos) == last_subsys;
        let boot: Vec<_> = self.boot.iter().filter(around).copied().collect();
        page.ops(&boot, "init;");
        page.modules_ops(modules, init);
        page.boot(&boot);
    }
}
