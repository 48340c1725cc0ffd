//! In which order the members of an orbit are to stand: by a colour that does not depend on how they are numbered.
//!
//! A unit's first colour is a hash of its cells, where what names units says only in which way: itself, or another of
//! such an orbit; and of the places outside that name it. Units that are still of one colour take in the colours of
//! those that they name and are named by, until nothing more is told apart. What is tied then is mostly alike indeed; one
//! of it is given a colour of its own, and so on. A tie that is broken wrongly, or two colours that are equal by chance,
//! cost some reduction and nothing else.

use super::memory::{Kind, Memory};
use super::rename::{FIRST_ADDRESS, NUMBER_BITS};
use super::set::Set;
use super::units::{Block, Units};
use crate::machine::fingerprint::fold;
use crate::machine::value::{PlaceType, Value};
use alloc::vec::Vec;

/// A unit names another one.
#[derive(Clone, Copy, Debug)]
struct Link {
    from: u16,
    to: u16,
    /// From which of its cells, and what of the other.
    label: u64,
}

/// The colours of all units, and the order that follows from them.
#[derive(Clone, Debug, Default)]
pub(super) struct Colours {
    colours: Vec<u64>,
    next: Vec<u64>,
    links: Vec<Link>,
    linked: Vec<bool>,
    /// The units of each orbit by their colours.
    order: Vec<usize>,
    /// Where each unit is to stand.
    to: Vec<usize>,
}

/// Arbitrary odd numbers.
const A: u64 = 0x9e37_79b9_7f4a_7c15;
const B: u64 = 0xbf58_476d_1ce4_e5b9;
const C: u64 = 0x94d0_49bb_1331_11eb;

/// Spreads a number: of the next number it is this one's and [`A`].
#[inline]
const fn key(number: u64) -> u64 {
    number.wrapping_mul(A)
}

#[inline]
const fn mix(number: u64, word: u64) -> u64 {
    fold(key(number) ^ B, word.wrapping_add(C))
}

/// Where a cell stands, in words that do not name the unit.
#[inline]
fn place(block: Block, cell: u32) -> u64 {
    (u64::from(block.part) + 1) << 32 | u64::from(cell - block.base)
}

/// What a cell names of a unit, besides addresses.
const OF_TASK: u64 = 1 << 62;
const OF_OPS: u64 = 1 << 63;

impl Colours {
    /// Where each unit is to stand; `None`: all stand there.
    pub fn order(&mut self, memory: &Memory<'_>, units: &Units, cells: &mut [u32]) -> Option<&[usize]> {
        self.first(memory, units, cells);
        while let Some(tied) = self.refine(units) {
            self.colours[tied] = mix(self.colours[tied], A);
        }
        if self.order.is_sorted() {
            return None;
        }
        for (at, &unit) in self.order.iter().enumerate() {
            self.to[unit] = at;
        }
        Some(&self.to)
    }

    fn first(&mut self, memory: &Memory<'_>, units: &Units, cells: &mut [u32]) {
        let count = units.units.len();
        self.links.clear();
        self.linked.clear();
        self.linked.resize(count, false);
        self.to.resize(count, 0);
        self.colours.clear();
        self.colours.resize(count, 0);
        for &block in &units.blocks {
            let colour = &mut self.colours[usize::from(block.unit)];
            let run = &cells[block.base as usize..][..block.len as usize];
            let (mut key, mut sum) = (key(place(block, block.base)), 0_u64);
            for &word in run {
                // What is cleared is left out, which saves half of the time.
                if word & !Value::UNSET.0 != 0 {
                    sum = sum.wrapping_add(fold(key ^ B, u64::from(word).wrapping_add(C)));
                }
                key = key.wrapping_add(A);
            }
            *colour = colour.wrapping_add(sum);
            if let (Some(task), Some(flags)) = (block.task, memory.program.layout.words.task_flags) {
                let word = cells[(flags + task) as usize];
                *colour = colour.wrapping_add(mix(OF_TASK | u64::from(block.part), word.into()));
            }
        }
        memory.each(cells, &mut |cells, cell, kind| self.cell(memory, units, cells, cell, kind));
    }

    /// A cell that may name units: what it named was taken into its own unit's colour as it stands.
    #[inline]
    fn cell(&mut self, memory: &Memory<'_>, units: &Units, cells: &[u32], cell: u32, kind: Kind) {
        let word = cells[cell as usize];
        match kind {
            Kind::Value => {
                let value = Value(word);
                if value.is_place() && value.ty() >= FIRST_ADDRESS {
                    if let Some(named) = units.at(value.address()) {
                        let named = units.block(named);
                        let what = u64::from(value.ty().0) << 48 | place(named, value.address());
                        self.names(units, cell, named, what);
                        self.replace(units, cell, word, 0);
                    }
                } else if value.ty() == PlaceType::TASK
                    && let Some(task) = units.of_task(value.address())
                {
                    self.names(units, cell, units.block(task), OF_TASK);
                    self.replace(units, cell, word, 0);
                }
            }
            Kind::Holder => {
                if let Some(task) = word.checked_sub(1).and_then(|task| units.of_task(task)) {
                    self.names(units, cell, units.block(task), OF_TASK);
                    self.replace(units, cell, word, 0);
                }
            }
            Kind::Tasks => {
                let set = Set::of_tasks(memory.program, cell);
                self.set(units, cells, set, OF_TASK, |task| units.of_task(task));
            }
            Kind::Inited => {
                let set = Set::of_ops(memory.program, cell);
                self.set(units, cells, set, OF_OPS, |ops| units.of_ops(ops));
            }
            Kind::OpsWord => self.replace(units, cell, word, word & !NUMBER_BITS),
            Kind::Me(_) => self.replace(units, cell, word, 0),
        }
    }

    fn set(&mut self, units: &Units, cells: &[u32], set: Set, what: u64, named: impl Fn(u32) -> Option<u16>) {
        for (at, cell) in (0..set.words).zip(set.first..) {
            let mut others = cells[cell as usize];
            for member in set.members(at, cells) {
                if let Some(block) = named(member) {
                    // The first cell says which set it is, wherever in it the member stands.
                    self.names(units, set.first, units.block(block), what);
                    others &= !set.bit(member).1;
                }
            }
            self.replace(units, cell, cells[cell as usize], others);
        }
    }

    /// A cell's word is taken out of its unit's colour, and another one put in.
    #[inline]
    fn replace(&mut self, units: &Units, cell: u32, word: u32, by: u32) {
        if let Some(block) = units.at(cell).filter(|_| word != by) {
            let block = units.block(block);
            let (at, colour) = (place(block, cell), &mut self.colours[usize::from(block.unit)]);
            let counted = |word: u32| if word & !Value::UNSET.0 == 0 { 0 } else { mix(at, word.into()) };
            *colour = colour.wrapping_sub(counted(word)).wrapping_add(counted(by));
        }
    }

    /// A cell names a part of a unit.
    #[inline]
    fn names(&mut self, units: &Units, cell: u32, named: Block, what: u64) {
        let orbit = u64::from(units.units[usize::from(named.unit)].orbit);
        let what = mix(orbit, what ^ u64::from(named.part) << 40);
        let to = usize::from(named.unit);
        match units.at(cell) {
            None => self.colours[to] = self.colours[to].wrapping_add(mix(u64::from(cell), what)),
            Some(block) => {
                let block = units.block(block);
                let from = usize::from(block.unit);
                let label = mix(place(block, cell), what);
                self.colours[from] = self.colours[from].wrapping_add(mix(label, u64::from(from == to)));
                if from != to {
                    let orbit = u64::from(units.units[from].orbit);
                    self.colours[to] = self.colours[to].wrapping_add(mix(label, orbit + 2));
                    self.links.push(Link { from: block.unit, to: named.unit, label });
                    self.linked[from] = true;
                    self.linked[to] = true;
                }
            }
        }
    }

    /// Puts the units in order, and lets colours spread over links until that tells nothing more apart. A unit that it
    /// leaves tied with others, if one of them has links.
    fn refine(&mut self, units: &Units) -> Option<usize> {
        let mut known = self.sort(units);
        loop {
            let tied = self.tied(units)?;
            self.spread();
            let now = self.sort(units);
            if now == known {
                return Some(tied);
            }
            known = now;
        }
    }

    fn spread(&mut self) {
        self.next.clear();
        self.next.extend(self.colours.iter().map(|&colour| mix(A, colour)));
        for link in &self.links {
            let (from, to) = (usize::from(link.from), usize::from(link.to));
            let next = &mut self.next;
            next[from] = next[from].wrapping_add(mix(link.label, self.colours[to]));
            next[to] = next[to].wrapping_add(mix(!link.label, self.colours[from]));
        }
        core::mem::swap(&mut self.colours, &mut self.next);
    }

    /// Puts the units of each orbit in the order of their colours; how many colours there are?
    fn sort(&mut self, units: &Units) -> usize {
        self.order.clear();
        self.order.extend(0..self.colours.len());
        let mut known = 0;
        for orbit in &units.orbits {
            let order = &mut self.order[orbit.clone()];
            order.sort_unstable_by_key(|&unit| (self.colours[unit], unit));
            known += order.chunk_by(|&a, &b| self.colours[a] == self.colours[b]).count();
        }
        known
    }

    /// A unit of the first colour that several units with links share.
    fn tied(&self, units: &Units) -> Option<usize> {
        units.orbits.iter().find_map(|orbit| {
            let mut same = self.order[orbit.clone()].chunk_by(|&a, &b| self.colours[a] == self.colours[b]);
            same.find(|same| same.len() > 1 && same.iter().any(|&unit| self.linked[unit])).map(|same| same[0])
        })
    }
}
