//! A world as a value: what it is made of, before it is a text.
//!
//! Everything in it is used as the registry is meant to be used: whoever registers unregisters what is up, and nothing else;
//! who reaches a namespace holds it, or has found it in a way that keeps it; what `init` sets up goes in the phase in which it may go.
//! So on a sound protocol nothing breaks, whatever is drawn.

use std::collections::BTreeSet;

/// A kind of thing that a world may have. Which of them it may have is drawn before everything else, so that worlds differ
/// in kind, and what is in them is there often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Switch {
    /// Ops that are devices.
    Devices,
    /// Memory that `init` allocates for each namespace.
    Data,
    /// Ops with an id and a slot.
    Slots,
    /// A list of namespaces that an ops keeps under a lock of its own.
    Members,
    /// A work for each namespace.
    Works,
    /// A door in each namespace, shut in `pre_exit`.
    Doors,
    /// Network devices that go in the phase under rtnl.
    Netdevs,
    /// Callbacks that take rtnl.
    Rtnl,
    /// Memory that is left to RCU.
    Rcu,
    /// What goes in `exit_batch`, and phases with nothing in them but a step.
    Phases,
    /// An `init` that may fail.
    Refusals,
    /// Ops that use what another one has set up.
    Needs,
    /// Callbacks that look at the list of namespaces.
    Looks,
    /// An object of a module without ops, which exits use.
    Loans,
    /// Failures of memory, and signals.
    Faults,
    /// Namespaces that are there before the first step.
    Given,
    /// Ops that are registered before the first step.
    BuiltIn,
    /// Requests from outside.
    Requests,
    /// Tasks that walk the list of namespaces.
    Walks,
    /// Ids that namespaces have for each other.
    Ids,
    /// A module that is loaded once more.
    Again,
    /// A user who may have few namespaces, and short arrays of slots.
    Limits,
    /// What else a task may do: wait for all exits, kill, take locks.
    Rest,
    /// All ops are registered before the first step, and stay.
    Stays,
    /// Someone who waits until something else is over, if they do.
    Waits,
}

impl Switch {
    /// All, in the order in which they are drawn.
    pub const ALL: [Self; 25] = [
        Self::Devices,
        Self::Data,
        Self::Slots,
        Self::Members,
        Self::Works,
        Self::Doors,
        Self::Netdevs,
        Self::Rtnl,
        Self::Rcu,
        Self::Phases,
        Self::Refusals,
        Self::Needs,
        Self::Looks,
        Self::Loans,
        Self::Faults,
        Self::Given,
        Self::BuiltIn,
        Self::Requests,
        Self::Walks,
        Self::Ids,
        Self::Again,
        Self::Limits,
        Self::Rest,
        Self::Stays,
        Self::Waits,
    ];

    /// Those that show something only together. A world may be about one of these.
    pub const THEMES: [&[Self]; 10] = [
        &[Self::Ids, Self::Walks, Self::Given],
        &[Self::Data, Self::Rcu, Self::Stays, Self::Given],
        &[Self::Data, Self::Rcu, Self::BuiltIn, Self::Refusals, Self::Faults],
        &[Self::Doors, Self::Requests, Self::Refusals, Self::Faults],
        &[Self::Netdevs, Self::Requests],
        &[Self::Netdevs, Self::Stays, Self::Given],
        &[Self::Slots, Self::Needs, Self::Stays, Self::Refusals, Self::Faults],
        &[Self::Slots, Self::Needs, Self::Stays],
        &[Self::Slots, Self::Refusals, Self::Faults],
        &[Self::Waits, Self::Stays, Self::Given],
    ];
}

/// A world.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct World {
    /// What it may have.
    pub switches: BTreeSet<Switch>,
    /// The protocol that it is about.
    pub protocol: String,
    /// How many things fail in one schedule, and of which kind; 0: none.
    pub faults: Faults,
    /// Namespaces before the first step.
    pub nets: Vec<Net>,
    /// Is there something that is lent to all?
    pub lent: bool,
    /// So many namespaces may the user have.
    pub limit: Option<u8>,
    /// So long is an array of slots at first.
    pub first_slots: Option<u8>,
    /// The ops, in the order in which modules have them.
    pub ops: Vec<Ops>,
    /// The modules.
    pub modules: Vec<Module>,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Who waits for what.
    pub wait: Option<Wait>,
}

/// Someone who waits until something else is over, which does not need him.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The first `init` of an ops in a namespace that a task makes waits until another creation is over, good or bad.
    Init {
        /// The ops.
        ops: usize,
    },
    /// The `exit` of an ops in a namespace that was there before the first step waits until a creation is over.
    Exit {
        /// The ops.
        ops: usize,
        /// The namespace.
        net: usize,
    },
    /// A task that holds rtnl waits until that `exit` has run. Nobody else has use for rtnl.
    Rtnl {
        /// The ops.
        ops: usize,
        /// The namespace.
        net: usize,
        /// The task.
        task: usize,
    },
}

/// What may fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// How often in one schedule.
    pub budget: u8,
    /// Where.
    pub site: Site,
}

/// Where something may fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Site {
    /// Everywhere.
    #[default]
    Anywhere,
    /// Only where an `init` says `may`.
    May,
    /// Only where memory is asked for.
    Memory,
}

/// A namespace that is there before the first step.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Net {
    /// Its name.
    pub name: String,
    /// The tasks that hold a reference each. Nobody: it stays.
    pub owners: Vec<usize>,
}

/// A module: ops that are registered together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its ops: indices, one behind the other.
    pub ops: Vec<usize>,
    /// Is it registered before the first step?
    pub built_in: bool,
    /// The task that loads and unloads it. Nobody: it stays.
    pub owner: Option<usize>,
    /// How requests come in.
    pub door: Door,
}

/// How a module lets requests in while it is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Door {
    /// Not at all.
    #[default]
    None,
    /// Under a mutex that is held over each request.
    Mutex,
    /// Under RCU: whoever shuts it waits for a grace period.
    Hook,
}

/// One `struct pernet_operations`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ops {
    /// Its name.
    pub name: String,
    /// Is it a device?
    pub device: bool,
    /// What it does, in the order in which `init` does it.
    pub parts: Vec<Part>,
    /// An `init` that may fail does so behind so many parts.
    pub refuses: Option<usize>,
    /// It does so with a positive number, and not with an error's.
    pub positive: bool,
    /// What `init` has set up goes in `exit_batch`, not in `exit`.
    pub batch: bool,
    /// Has it an `init` and an `exit` that do nothing, if it needs none?
    pub empty: (bool, bool),
    /// Phases that only take a step, by their callbacks' names.
    pub steps: Vec<&'static str>,
    /// Is there a callback for requests?
    pub answers: bool,
}

/// A part of what an ops does in each namespace: `init` sets it up, and later it goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Its slot; with something in it that is allocated.
    Slot {
        /// Is it?
        filled: bool,
    },
    /// Memory.
    Data(Freed),
    /// It uses the memory or the slot of another ops: an index.
    Needs(usize),
    /// An ops before it looks at its slot when it exits, if there is something in it: an index. Both stay.
    Seen(usize),
    /// In the phase under rtnl it leaves the namespace to an ops before it, which takes it: an index. Both stay.
    Leaves(usize),
    /// The namespace stands in a list of the ops.
    Member,
    /// A step under rtnl.
    Rtnl,
    /// A look at all namespaces, under the lock of their list.
    Looks,
    /// Its exit uses what a module without ops has lent to all.
    Borrows,
    /// A work.
    Work {
        /// `init` queues it, and not only requests.
        queued: bool,
        /// It takes rtnl.
        rtnl: bool,
    },
    /// A network device, from here on in sight of others.
    Netdev,
    /// A door for packets, from here on open.
    Up,
}

/// How memory goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Freed {
    /// At once.
    AtOnce,
    /// Behind a grace period.
    KfreeRcu,
    /// By a function of the module behind a grace period.
    CallRcu {
        /// Does it look at the namespace?
        looks: bool,
        /// Does it leave it to another one, behind another grace period?
        twice: bool,
    },
}

/// A task.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// What it does, in order.
    pub acts: Vec<Act>,
}

/// A namespace, as a task knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// `init_net`
    Init,
    /// One that is there before the first step: an index. The task holds it.
    Given(usize),
    /// The n-th that the task has made, if that went well. The task holds it.
    Made(usize),
}

/// A statement of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Loads a module: an index.
    Load(usize),
    /// Loads it once more if that has failed, and nobody else loads or unloads anything.
    Retry(usize),
    /// Unloads it, if it is loaded.
    Unload(usize),
    /// Makes a namespace, its n-th.
    Create(usize),
    /// Gives up its reference.
    Put(Target),
    /// Takes another reference and gives it up.
    GetPut(Target),
    /// The same with the other count.
    HoldRelease(Target),
    /// A request to an ops.
    Request {
        /// The ops.
        ops: usize,
        /// How it comes in.
        way: Way,
        /// Where.
        target: Target,
    },
    /// Walks a list of namespaces: which, how it keeps still, what it does with each.
    Walk {
        /// An index of the lists that the protocol offers.
        list: usize,
        /// Under RCU, and not under the lock.
        rcu: bool,
        /// What it does.
        look: Look,
    },
    /// Asks for the id that one namespace has for another, twice.
    NameId(Target, Target),
    /// Looks a namespace up by an id.
    FindId(Target, u8),
    /// Waits until all exits have run.
    Barrier,
    /// Takes back what was lent, waits until all exits have run, and frees it.
    TakeBack,
    /// Sends a fatal signal to another task: an index.
    Kill(usize),
    /// Takes rtnl for a step.
    Rtnl,
}

/// How a request comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It is always let in: its ops is built in and stays.
    Always,
    /// By the module's door.
    Module,
    /// By the door of a namespace that the task holds.
    Up,
    /// By the door of each namespace that it finds under RCU.
    UpEverywhere,
    /// By the list that the ops keeps, under its lock.
    Members,
    /// It looks for the network device under a lock.
    Netdev(Under),
}

/// The locks of network devices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Under {
    /// rtnl
    Rtnl,
    /// The namespace's own.
    Own,
    /// rtnl, and the namespace's own inside it.
    Both,
}

/// What is done with each namespace on a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Looks at its count.
    Count,
    /// Takes a reference to the last one that can be had, and gives it up behind the walk.
    Hold,
    /// Looks whether the list keeps still.
    Still,
    /// Uses what an ops has that is built in and stays: an index.
    Use(usize),
    /// Gives it an id in `init_net`, dead or alive.
    Name,
}

impl Module {
    /// Is it there from before the first step to the end?
    #[must_use]
    pub const fn stays(&self) -> bool {
        self.built_in && self.owner.is_none()
    }

    /// Is it so simple that a task registers and unregisters itself?
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.ops.len() == 1 && self.door == Door::None
    }
}

impl Ops {
    /// Has it something for each namespace that others may use from behind its `init` to before its exits?
    #[must_use]
    pub fn lends(&self) -> bool {
        self.has_data() || self.has(Part::Slot { filled: false })
    }

    /// Does what frees its memory look at the namespace?
    #[must_use]
    pub fn frees_with_a_look(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Data(Freed::CallRcu { looks: true, .. })))
    }

    /// Has it a slot?
    #[must_use]
    pub fn has_slot(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Slot { .. }))
    }

    /// Has it memory for each namespace?
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Data(_)))
    }

    /// Has it this part?
    #[must_use]
    pub fn has(&self, wanted: Part) -> bool {
        self.parts.contains(&wanted)
    }
}
