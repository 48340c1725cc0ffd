//! A recording of a running kernel's own `pernet_list`, as typed data.
//!
//! The file holds what one kernel did: the calls that registered its `pernet_operations` while it booted and
//! while modules were loaded, its list after each of the two, the callbacks of one namespace's birth and
//! death, and the unloading of some modules. This module reads it and tells which call registered which ops.
//! It judges nothing, and it knows no ops by name except the probe's.
//!
//! ```
//! use tests::recording::{DEBIAN_6_1, Recording};
//!
//! let recording = Recording::parse(DEBIAN_6_1)?;
//! let first = recording.boot_order()?[0];
//! assert_eq!(format!("{} {}", first.kind, first.name), "subsys net_ns_ops");
//! # Ok::<(), tests::recording::RecordingError>(())
//! ```

mod join;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

pub use join::ModuleOps;

/// A boot of Debian's Linux 6.1, as recorded: `tests/data/kernel-traces/real-boot-debian-6.1.txt`.
pub const DEBIAN_6_1: &str = include_str!("../data/kernel-traces/real-boot-debian-6.1.txt");

/// A boot of Debian's Linux 7.3, as recorded: `tests/data/kernel-traces/real-boot-debian-7.3.txt`.
pub const DEBIAN_7_3: &str = include_str!("../data/kernel-traces/real-boot-debian-7.3.txt");

/// The probe's own ops. It is in every list and its callbacks are in every trace, but no recorded call
/// registers it.
pub const PROBE: &str = "_T";

/// Which pair of functions registers an ops. Subsys come before device: it is the order of the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `register_pernet_subsys`, `unregister_pernet_subsys`.
    Subsys,
    /// `register_pernet_device`, `unregister_pernet_device`.
    Device,
}

/// What one kernel did, section by section, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// The kernel's release and package.
    pub kernel: String,
    /// The recording's short name, as in the name of its file.
    pub tag: String,
    /// Callbacks that the kernel's function tracer could not see: they ran, and no trace shows them.
    pub untraceable: Vec<String>,
    /// Every registration from the first on, until the probe was loaded.
    pub boot_calls: Vec<RegisterCall>,
    /// `pernet_list` after boot, with the probe's ops.
    pub list_after_boot: Vec<ListEntry>,
    /// Modules in the order they were loaded, also those that registered nothing.
    pub loads: Vec<ModuleCalls>,
    /// `pernet_list` after the last module was loaded.
    pub list_after_modules: Vec<ListEntry>,
    /// The callbacks of one new namespace, made while `list_after_modules` was the list.
    pub create: Vec<String>,
    /// The callbacks of its death, before any module was unloaded.
    pub destroy: Vec<String>,
    /// Modules in the order they were unloaded.
    pub unloads: Vec<ModuleCalls>,
    /// `pernet_list` after that.
    pub list_after_unloading: Vec<ListEntry>,
}

/// One registration during boot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterCall {
    /// The line of the file, for errors.
    pub line: usize,
    /// Its number, from 1.
    pub n: usize,
    /// Which function was called.
    pub kind: Kind,
    /// The function that called it.
    pub caller: String,
    /// The `init` that ran for `init_net` during the call; `None` where none was seen.
    pub init: Option<String>,
}

/// One ops on `pernet_list`, as read from the kernel's memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListEntry {
    /// The line of the file, for errors.
    pub line: usize,
    /// Its place on the list, from 0.
    pub pos: usize,
    /// On which side of `first_device` it stands.
    pub kind: Kind,
    /// The variable's name in the kernel; no two on one list are equal.
    pub name: String,
    /// The module it lives in; `None` for the kernel itself.
    pub module: Option<String>,
    /// Its callbacks, by the names of their functions.
    pub callbacks: Callbacks,
    /// Its slot in every `net_generic`, where it has one.
    pub id: Option<u32>,
    /// The bytes that each namespace holds for it, where it asks for some.
    pub size: Option<u32>,
}

/// The callbacks of one ops, from 2007's two to today's six.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the kernel's names for its own callbacks")]
pub struct Callbacks {
    pub init: Option<String>,
    pub pre_exit: Option<String>,
    pub exit_rtnl: Option<String>,
    pub exit: Option<String>,
    pub exit_batch: Option<String>,
    pub exit_batch_rtnl: Option<String>,
}

/// A module that was loaded or unloaded, and the calls it made. A call tells its kind and not its ops.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleCalls {
    /// The line of the file, for errors.
    pub line: usize,
    /// The module's name.
    pub module: String,
    /// The kinds it registered or unregistered, in the order of the calls.
    pub kinds: Vec<Kind>,
}

/// Why a recording cannot be used, and the line of the file that says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingError {
    /// The line, from 1.
    pub line: usize,
    /// The cause, for a reader who has the file open.
    pub cause: String,
}

impl Recording {
    /// The callbacks of the probe's own ops: in `create` and `destroy`, but nothing of the kernel's.
    pub fn probe_callbacks(&self) -> Vec<&str> {
        let probe = self.list_after_modules.iter().filter(|ops| ops.name == PROBE);
        probe.flat_map(|ops| ops.callbacks.names()).collect()
    }

    /// The probe's own id.
    pub fn probe_id(&self) -> Option<u32> {
        self.list_after_boot.iter().find(|ops| ops.name == PROBE).and_then(|ops| ops.id)
    }

    /// Is a function the `phase` of an ops, for a phase that `is_known`? The registry of 2007 knows `init` and `exit`.
    pub fn has(&self, function: &str, is_known: impl Fn(&str) -> bool) -> bool {
        let mut callbacks = self.list_after_modules.iter().flat_map(|ops| ops.callbacks.each());
        callbacks.any(|(phase, name)| name == function && is_known(phase))
    }
}

impl Callbacks {
    /// The callbacks that are present, each with its function, in the order of a namespace's life.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { init, pre_exit, exit_rtnl, exit, exit_batch, exit_batch_rtnl } = self;
        let all = [
            ("init", init),
            ("pre_exit", pre_exit),
            ("exit_batch_rtnl", exit_batch_rtnl),
            ("exit_rtnl", exit_rtnl),
            ("exit", exit),
            ("exit_batch", exit_batch),
        ];
        all.into_iter().filter_map(|(phase, function)| Some((phase, function.as_deref()?)))
    }

    /// Their functions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.each().map(|(_, function)| function)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subsys => "subsys",
            Self::Device => "device",
        })
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.cause)
    }
}

impl std::error::Error for RecordingError {}
