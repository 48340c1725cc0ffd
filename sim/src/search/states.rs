//! Where the states that were seen are kept: as fingerprints, or whole.

use super::waiting::Waits;
use crate::table::Table;

/// A set of states.
pub trait States {
    /// Adds a state; if it is there already, says with which depth it was added.
    fn insert(&mut self, state: &Waits<'_>, depth: u32) -> Option<u32>;

    /// Some states will be looked up soon.
    fn fetch(&self, fingerprints: &[u128]);

    /// Bytes of its memory.
    fn bytes(&self) -> usize;

    /// The table that threads can fill, if it is one.
    fn shared(&mut self) -> Option<&mut Table>;

    /// The fingerprints with their depths.
    fn into_table(self) -> Table;
}

impl States for Table {
    #[inline]
    fn insert(&mut self, state: &Waits<'_>, depth: u32) -> Option<u32> {
        Self::insert(self, state.fingerprint, depth)
    }

    #[inline]
    fn fetch(&self, fingerprints: &[u128]) {
        Self::fetch(self, fingerprints);
    }

    fn bytes(&self) -> usize {
        Self::bytes(self)
    }

    fn shared(&mut self) -> Option<&mut Table> {
        Some(self)
    }

    fn into_table(self) -> Table {
        self
    }
}

/// Whole states: two are one only if all their cells are equal. Fingerprints merely say where to look.
#[derive(Debug)]
pub struct Exact {
    /// Cells of a state.
    stride: usize,
    /// One state after the other, as they came.
    cells: Vec<u32>,
    depths: Vec<u32>,
    /// Of each state, the part of its fingerprint that says where its slot is.
    homes: Vec<u32>,
    /// Numbers of states + 1; 0 is a free slot. Twice as many slots as states at least.
    slots: Vec<u32>,
    /// For those that look again once the search is over.
    table: Table,
}

impl Exact {
    /// None yet, of states of so many cells.
    pub fn new(stride: usize) -> Self {
        Self {
            stride,
            cells: Vec::new(),
            depths: Vec::new(),
            homes: Vec::new(),
            slots: vec![0; 1 << 10],
            table: Table::default(),
        }
    }

    /// The number of a state, or the slot where it belongs.
    fn find(&self, home: u32, cells: &[u32]) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = home as usize & mask;
        loop {
            match self.slots[at] as usize {
                0 => return Err(at),
                known if self.state(known - 1) == cells => return Ok(known - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn state(&self, number: usize) -> &[u32] {
        &self.cells[number * self.stride..][..self.stride]
    }

    /// Adds a state whose cells are put behind those of the others; if it is there already, says with which depth.
    fn add(&mut self, fingerprint: u128, append: impl FnOnce(&mut Vec<u32>), depth: u32) -> Option<u32> {
        append(&mut self.cells);
        #[allow(clippy::cast_possible_truncation, reason = "any bits will do")]
        let home = (fingerprint >> 96) as u32;
        let at = match self.find(home, self.state(self.depths.len())) {
            Ok(known) => {
                self.cells.truncate(self.depths.len() * self.stride);
                return Some(self.depths[known]);
            }
            Err(free) => free,
        };
        self.depths.push(depth);
        self.homes.push(home);
        self.slots[at] = u32::try_from(self.depths.len()).expect("fewer states than 2^32");
        self.table.insert(fingerprint, depth);
        if self.depths.len() * 2 > self.slots.len() {
            self.grow();
        }
        None
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for number in 0..self.depths.len() {
            if let Err(at) = self.find(self.homes[number], self.state(number)) {
                self.slots[at] = u32::try_from(number + 1).expect("fewer states than 2^32");
            }
        }
    }
}

impl States for Exact {
    fn insert(&mut self, state: &Waits<'_>, depth: u32) -> Option<u32> {
        self.add(state.fingerprint, |cells| state.append_to(cells), depth)
    }

    fn fetch(&self, _: &[u128]) {}

    fn bytes(&self) -> usize {
        let words = self.cells.len() + self.depths.len() + self.homes.len() + self.slots.len();
        words * size_of::<u32>() + self.table.bytes()
    }

    fn shared(&mut self) -> Option<&mut Table> {
        None
    }

    fn into_table(self) -> Table {
        self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert<const N: usize>(
        exact: &mut Exact,
        fingerprint: u128,
        cells: [u32; N],
        depth: u32,
    ) -> Option<u32> {
        exact.add(fingerprint, |all| all.extend(cells), depth)
    }

    #[test]
    fn states_of_equal_fingerprints_are_two() {
        let mut exact = Exact::new(2);
        assert_eq!([insert(&mut exact, 7, [1, 2], 0), insert(&mut exact, 7, [2, 1], 1)], [None, None]);
        assert_eq!([insert(&mut exact, 7, [1, 2], 2), insert(&mut exact, 7, [2, 1], 2)], [Some(0), Some(1)]);
        assert_eq!(Table::default().bytes() + 1024 * 4 + 8 * 4, exact.bytes());
    }

    #[test]
    fn it_grows() {
        let mut exact = Exact::new(1);
        for n in 0..3_000 {
            assert_eq!(insert(&mut exact, u128::from(n % 5), [n], n), None);
        }
        assert!((0..3_000).all(|n| insert(&mut exact, u128::from(n % 5), [n], 0) == Some(n)));
    }
}
