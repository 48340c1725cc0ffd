//! The judges: named invariants of the registry, which know its contract and nothing of eras.
//!
//! Judges see the events of a run (callbacks, list changes, calls of the contract's functions) and keep a small ledger
//! in the state itself, so that two states with equal cells have equal futures. `events` and
//! `callbacks` keep the ledger and check what an event alone can break; `state` has the rows over the whole state, in
//! full. Where an event can break such a row, it is asked there; a test evaluates all rows after every step and compares.

mod callbacks;
mod context;
mod doors;
mod ends;
mod events;
pub mod known;
pub(crate) mod ledger;
pub mod orders;
mod phases;
mod slots;
mod state;
pub(crate) mod walk;

use crate::machine::Program;
use crate::machine::finding::Finding;
use crate::machine::program::Part;
use crate::machine::value::Value;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use orders::Orders;

/// An invariant of the registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invariant {
    /// The name that `breaks` uses.
    pub name: &'static str,
    /// Why it exists, and what it says.
    pub why: &'static str,
}

/// All invariants. Of several broken at one step the first is reported.
pub const INVARIANTS: [Invariant; 22] = [
    Invariant {
        name: "paired",
        why: "for every ops and namespace, exit runs exactly once if init succeeded, and never otherwise",
    },
    Invariant {
        name: "init_order",
        why: "a namespace is set up in list order: an ops may rely on those before it",
    },
    Invariant {
        name: "exit_order",
        why: "a namespace is taken down in reverse list order: an ops may rely on those before it to the end",
    },
    Invariant {
        name: "class_order",
        why: "subsys come up before every device and go down after every device, in each namespace",
    },
    Invariant {
        name: "undo",
        why: "a registration or creation that fails leaves nothing behind: no ops set up, no ops listed",
    },
    Invariant {
        name: "after_unregister",
        why: "once unregister has returned, the module may be unloaded: none of its code may run",
    },
    Invariant {
        name: "dead_net",
        why: "no callback on a namespace that is gone, and no init on one that is going",
    },
    Invariant {
        name: "visible",
        why: "a namespace is on net_list only between its last init and its first exit: who finds it may use it",
    },
    Invariant {
        name: "frozen",
        why: "the namespaces stay the same while a registration walks them, or it misses one or does one twice",
    },
    Invariant {
        name: "boundary",
        why: "first_device is the head or a linked device; subsys stand before it, devices from it on",
    },
    Invariant {
        name: "linked_once",
        why: "an ops is registered at most once, and unregistered as the kind it was registered as",
    },
    Invariant { name: "deadlock", why: "somebody can always go on until all tasks are done" },
    Invariant { name: "leak", why: "what was allocated is freed, or something still reaches it" },
    Invariant {
        name: "closed_door",
        why: "no request from outside reaches an ops on a namespace before its init succeeded or after its exit began",
    },
    Invariant {
        name: "phase_order",
        why: "a namespace is taken down phase by phase: pre_exit, exit_rtnl, exit, exit_batch, each once",
    },
    Invariant {
        name: "callback_context",
        why: "callbacks may sleep; exit_rtnl runs under rtnl_mutex, which pre_exit leaves alone",
    },
    Invariant {
        name: "grace",
        why: "who found a namespace before its pre_exit has left it before its exit: a grace period lies between",
    },
    Invariant {
        name: Orders::NAME,
        why: "locks are taken in one order everywhere, or two tasks can wait for each other; asked where `breaks` names it",
    },
    Invariant {
        name: "slot",
        why: "an ops with an id finds its data in the slots of every namespace, from before its init to behind its last exit",
    },
    Invariant {
        name: "nsid",
        why: "no living namespace has an id for one that is being taken down: whoever asks for the id gets what is freed",
    },
    Invariant {
        name: "cleaned",
        why: "in the end every namespace whose last owner has gone was taken down: no work is lost",
    },
    Invariant {
        name: "balanced",
        why: "in the end the counts of namespaces, users and numbers are those of the namespaces that live",
    },
];

/// A row of [`INVARIANTS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the invariant that it names")]
pub enum Row {
    Paired,
    InitOrder,
    ExitOrder,
    ClassOrder,
    Undo,
    AfterUnregister,
    DeadNet,
    Visible,
    Frozen,
    Boundary,
    LinkedOnce,
    ClosedDoor = 13,
    PhaseOrder,
    CallbackContext,
    Grace,
    Slot = 18,
    Nsid,
    Cleaned,
    Balanced,
}

/// A broken invariant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which.
    pub row: Row,
    /// What happened, in the reader's words.
    pub why: String,
    /// The instruction at which it was seen.
    pub pc: Option<u32>,
}

impl Broken {
    pub(crate) fn into_finding(self) -> Finding {
        Finding { name: INVARIANTS[self.row as usize].name.to_string(), why: self.why, pc: self.pc }
    }
}

/// Has some ops a slot?
fn has_slots(program: &Program, slots: known::Slots) -> bool {
    let sized = |&address: &u32| {
        program.initial.iter().any(|&(cell, value)| cell == address + slots.size && value != Value::NULL)
    };
    program.judged.ops_at.iter().any(sized)
}

/// The judges that have nothing to look at in a program, in the order of [`INVARIANTS`].
#[must_use]
pub fn asleep(program: &Program) -> Vec<&'static str> {
    let roles = &program.roles;
    let ops = !program.ops.is_empty();
    let order = ops && roles.pernet_list.is_some();
    let known = &program.judged.known;
    let has = |part| ops && program.judged.present.contains(&part);
    let awake = |name: &str| match name {
        "paired" | "undo" | "after_unregister" | "linked_once" | "dead_net" => ops,
        "init_order" => order && roles.init.is_some(),
        "exit_order" => order && (roles.exit.is_some() || roles.exit_batch.is_some()),
        "class_order" => order,
        "visible" | "frozen" => ops && roles.net_list.is_some(),
        "boundary" => order && roles.first_device.is_some(),
        "leak" => program.allocates,
        "closed_door" => has(Part::Door),
        Orders::NAME => program.locks > 1,
        "slot" => known.slots.is_some_and(|slots| has_slots(program, slots)),
        "nsid" => ops && known.ids.is_some(),
        "cleaned" => ops && known.count.is_some() && roles.net_list.is_some() && program.allocates,
        "balanced" => !known.counters.is_empty() && program.allocates,
        "phase_order" => program.judged.phases,
        "callback_context" => ops,
        "grace" => {
            has(Part::PreExit)
                && program.judged.present.iter().any(|&part| part > Part::PreExit && part.takes_down())
        }
        _ => true,
    };
    INVARIANTS.iter().map(|row| row.name).filter(|name| !awake(name)).collect()
}
