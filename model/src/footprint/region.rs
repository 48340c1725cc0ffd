//! Regions: the parts of memory that footprints tell apart.

use crate::machine::Program;
use crate::machine::program::{Place, Thing};
use crate::machine::value::{PlaceType, Value};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use core::ops::{BitAnd, BitOr, BitOrAssign};

const WORDS: usize = 2;
/// The last region stands for all that found no number of its own.
const REST: u16 = WORDS as u16 * 64 - 1;

/// A set of regions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Regions([u64; WORDS]);

impl Regions {
    /// No region.
    pub const NONE: Self = Self([0; WORDS]);
    /// Every region.
    pub const ALL: Self = Self([!0; WORDS]);

    /// Has it none?
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Those that are not in another set.
    #[must_use]
    #[inline]
    pub fn without(self, other: Self) -> Self {
        Self(core::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    pub(super) fn put(&mut self, region: u16) {
        self.0[usize::from(region / 64)] |= 1 << (region % 64);
    }

    fn has(self, region: u16) -> bool {
        self.0[usize::from(region / 64)] >> (region % 64) & 1 != 0
    }
}

impl BitOr for Regions {
    type Output = Self;
    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(core::array::from_fn(|at| self.0[at] | other.0[at]))
    }
}

impl BitAnd for Regions {
    type Output = Self;
    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(core::array::from_fn(|at| self.0[at] & other.0[at]))
    }
}

impl BitOrAssign for Regions {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// A part of memory. Heap objects of one struct share their regions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Region {
    /// How many faults are left.
    Faults,
    /// The judges: words of the ops, and how many (un)registrations are under way.
    OpsLedger,
    /// The judges: whether `net_list` changed in the course of a registration. It is written only while one is under way.
    Disturbed,
    /// The judges: flags and bits of one namespace.
    NetLedger,
    /// The judges: which namespaces there are, known to others or not. Read by who writes down something about one of them.
    AllNets,
    /// Read sections, grace periods and their callbacks.
    Rcu,
    /// Work items, their queues, and what workers run.
    Works,
    /// Pending signals.
    Signals,
    /// Which tasks have ended.
    Ends,
    /// What a condition looks at in every state: steps that may change it are ordered with each other.
    Seen,
    /// A lock that is no part of an object, by its address.
    Lock(u32),
    /// A lock, count or table of ids, by its kind of place.
    Thing(PlaceType),
    /// Links and heads of lists through this link of a struct.
    Links(u16, u16),
    /// A field of a struct, by its index.
    Field(u16, u16),
    /// Whether objects of a struct are freed.
    Freed(u16),
    /// A global variable.
    Global(u32),
    /// A global array.
    Array(u16),
}

/// The numbers of the regions of a program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Numbers {
    known: BTreeMap<Region, u16>,
}

impl Numbers {
    pub fn number(&mut self, region: Region) -> u16 {
        let next = u16::try_from(self.known.len()).unwrap_or(REST).min(REST);
        *self.known.entry(region).or_insert(next)
    }

    /// A region as a set; no region, if it has not come up or shares its number with others.
    pub fn alone(&self, region: Region) -> Regions {
        let mut set = Regions::NONE;
        if let Some(&number) = self.known.get(&region).filter(|&&number| number != REST) {
            set.put(number);
        }
        set
    }

    /// All regions that say whether objects are freed.
    pub fn freed(&self) -> Regions {
        let freed = self.known.keys().filter(|region| matches!(region, Region::Freed(_)));
        freed.fold(Regions::NONE, |all, &region| all | self.alone(region))
    }

    /// The names of the regions of a set.
    pub fn names(&self, program: &Program, set: Regions) -> alloc::vec::Vec<String> {
        let known = self.known.iter().filter(|&(_, &number)| set.has(number));
        let mut names: alloc::vec::Vec<_> = known.map(|(region, _)| region.name(program)).collect();
        names.dedup();
        names
    }
}

impl Region {
    fn name(self, program: &Program) -> String {
        let strukt = |at: u16| program.structs[usize::from(at)].name.as_str();
        match self {
            Self::Faults => "the number of faults left".to_string(),
            Self::OpsLedger | Self::Disturbed | Self::NetLedger | Self::AllNets => {
                "what the judges remember".to_string()
            }
            Self::Rcu => "RCU".to_string(),
            Self::Works => "the work queues".to_string(),
            Self::Signals => "signals".to_string(),
            Self::Ends => "which tasks have ended".to_string(),
            Self::Seen => "what a condition looks at".to_string(),
            Self::Lock(address) => name_at(program, address),
            Self::Thing(ty) => match (program.thing_object(ty), program.place(ty)) {
                (Some(at), Place::Thing { thing, .. }) => format!("{} of {}", word(thing), strukt(at)),
                (None, Place::Thing { thing, .. }) => word(thing).to_string(),
                _ => "a thing".to_string(),
            },
            Self::Links(at, offset) => {
                let field =
                    program.structs[usize::from(at)].fields.iter().find(|field| field.offset == offset);
                let name = field.map_or("list", |field| &program.field_names[usize::from(field.name)]);
                format!("lists of {}.{name}", strukt(at))
            }
            Self::Field(at, field) => {
                let field = &program.structs[usize::from(at)].fields[usize::from(field)];
                format!("{}.{}", strukt(at), program.field_names[usize::from(field.name)])
            }
            Self::Freed(at) => format!("whether a {} is freed", strukt(at)),
            Self::Global(cell) => name_at(program, cell),
            Self::Array(array) => name_at(program, program.arrays[usize::from(array)].address),
        }
    }
}

fn name_at(program: &Program, address: u32) -> String {
    let found = program.globals.iter().rev().find(|global| global.address <= address);
    found.map_or_else(|| format!("cell {address}"), |global| global.name.clone())
}

const fn word(thing: Thing) -> &'static str {
    match thing {
        Thing::Mutex => "the mutex",
        Thing::Rwsem => "the rwsem",
        Thing::Spinlock => "the spinlock",
        Thing::Refcount => "the count",
        Thing::Ida => "the ida",
        Thing::Idr => "the idr",
        Thing::Work => "the work",
        Thing::Workqueue => "the workqueue",
    }
}

/// The lock that a constant is, if it is one that is no part of an object.
pub(super) fn lone_lock(program: &Program, value: Value) -> Option<u32> {
    match program.place(value.ty()) {
        Place::Thing { thing: Thing::Mutex | Thing::Rwsem | Thing::Spinlock, .. } => {
            program.thing_object(value.ty()).is_none().then(|| value.address())
        }
        _ => None,
    }
}
