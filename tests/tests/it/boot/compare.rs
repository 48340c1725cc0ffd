//! A simulated boot against a recorded one, section by section.
//!
//! Two differences are allowed, and no other: callbacks that the recorder could not trace are missing from
//! the recording, and the probe's own ops are in it though nothing of the kernel's registers them.

use std::fmt::Display;

use sim::conform::features::Features;
use tests::recording::{ListEntry, PROBE, Recording};

use super::kernel::{Listed, Simulated};

/// A section of a recording.
pub struct Section {
    /// Its name.
    pub name: &'static str,
    lines: Lines,
}

/// The lines of a section, simulated and recorded.
enum Lines {
    /// The calls of boot, by the inits that they ran.
    Calls,
    /// An ops each.
    List(fn(&Simulated) -> &[Listed], fn(&mut Recording) -> &mut Vec<ListEntry>),
    /// A callback each.
    Callbacks(fn(&Simulated) -> &[String], fn(&mut Recording) -> &mut Vec<String>),
}

/// All that are compared, in the order of a recording.
pub const SECTIONS: [Section; 6] = [
    Section { name: "register-calls-during-boot", lines: Lines::Calls },
    Section {
        name: "list-after-boot",
        lines: Lines::List(|ours| &ours.list_after_boot, |theirs| &mut theirs.list_after_boot),
    },
    Section {
        name: "list-after-modules",
        lines: Lines::List(|ours| &ours.list_after_modules, |theirs| &mut theirs.list_after_modules),
    },
    Section { name: "create", lines: Lines::Callbacks(|ours| &ours.create, |theirs| &mut theirs.create) },
    Section { name: "destroy", lines: Lines::Callbacks(|ours| &ours.destroy, |theirs| &mut theirs.destroy) },
    Section {
        name: "list-after-unloading",
        lines: Lines::List(|ours| &ours.list_after_unloading, |theirs| &mut theirs.list_after_unloading),
    },
];

/// The section of a name.
pub fn section(name: &str) -> &'static Section {
    SECTIONS.iter().find(|section| section.name == name).expect("it is compared")
}

impl Section {
    /// What is simulated must be what is recorded. An error shows the first place where they part.
    pub fn compare(
        &self,
        simulated: &Simulated,
        recording: &Recording,
        era: &Features,
    ) -> Result<(), String> {
        let mut own = recording.clone();
        match self.lines {
            Lines::Calls => {
                let recorded = recording.boot_calls.iter().filter_map(|call| call.init.as_ref());
                equal(traceable(&simulated.boot_inits, recording), recorded)
            }
            Lines::List(ours, theirs) => equal_lists(ours(simulated), theirs(&mut own), recording, era),
            Lines::Callbacks(ours, theirs) => {
                let recorded = theirs(&mut own).iter().filter(|name| is_comparable(name, recording, era));
                equal(traceable(ours(simulated), recording), recorded)
            }
        }
    }

    /// The recording with two neighbouring lines of the section swapped, once for each place where both are compared.
    pub fn swapped(&self, recording: &Recording, era: &Features) -> Vec<Recording> {
        match self.lines {
            Lines::Calls => swap(recording, |own| &mut own.boot_calls, |call| call.init.is_some()),
            Lines::List(_, theirs) => swap(recording, theirs, is_kernels),
            Lines::Callbacks(_, theirs) => {
                swap(recording, theirs, |name| is_comparable(name, recording, era))
            }
        }
    }
}

fn traceable<'a>(simulated: &'a [String], recording: &'a Recording) -> impl Iterator<Item = &'a String> {
    simulated.iter().filter(|name| !recording.untraceable.contains(name))
}

fn is_kernels(ops: &ListEntry) -> bool {
    ops.name != PROBE
}

/// Is a recorded callback one of the kernel's own, and of a phase that the era knows?
fn is_comparable(name: &str, recording: &Recording, era: &Features) -> bool {
    !recording.probe_callbacks().contains(&name) && recording.has(name, |phase| era.has_callback(phase))
}

/// Kind and name at every place, and the id where the era gives any.
fn equal_lists(
    simulated: &[Listed],
    recorded: &[ListEntry],
    recording: &Recording,
    era: &Features,
) -> Result<(), String> {
    let shown = |kind: &dyn Display, name: &str, id: Option<i64>| {
        format!("{kind} {name}{}", id.map_or(String::new(), |id| format!(" id={id}")))
    };
    // Whoever came behind the probe would have had one less.
    let behind = |id: u32| recording.probe_id().is_some_and(|probe| probe < id);
    let id = |ops: &ListEntry| {
        ops.id.filter(|_| era.has_field("id")).map(|id| i64::from(id) - i64::from(behind(id)))
    };
    equal(
        simulated.iter().map(|ops| shown(&ops.kind, &ops.name, ops.id)),
        recorded.iter().filter(|ops| is_kernels(ops)).map(|ops| shown(&ops.kind, &ops.name, id(ops))),
    )
}

/// Both must be equal, element by element.
fn equal(
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

/// The recording with two neighbours of `lines` swapped, for each place where both are compared.
fn swap<T>(
    recording: &Recording,
    lines: impl Fn(&mut Recording) -> &mut Vec<T>,
    is_compared: impl Fn(&T) -> bool,
) -> Vec<Recording> {
    let mut own = recording.clone();
    let compared: Vec<bool> = lines(&mut own).iter().map(is_compared).collect();
    let places = (1..compared.len()).filter(|&at| compared[at - 1] && compared[at]);
    let swap_at = |at: usize| {
        let mut recording = recording.clone();
        lines(&mut recording).swap(at - 1, at);
        recording
    };
    places.map(swap_at).collect()
}
