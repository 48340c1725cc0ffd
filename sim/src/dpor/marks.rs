//! Footprints by number, and which of them conflict, as a table of bits.

use super::Footprint;
use std::collections::BTreeMap;

/// The number of a footprint.
pub type Mark = u32;

/// Every footprint that has come up.
#[derive(Clone, Debug)]
pub(super) struct Marks<F> {
    numbers: BTreeMap<F, Mark>,
    footprints: Vec<F>,
    /// A row of bits for each footprint: the others that it conflicts with.
    rows: Vec<u64>,
    /// Words of a row.
    width: usize,
}

impl<F: Footprint> Marks<F> {
    /// Of the event that commutes with nothing.
    pub const ALL: Mark = 0;

    pub fn new() -> Self {
        let mut marks = Self { numbers: BTreeMap::new(), footprints: Vec::new(), rows: Vec::new(), width: 1 };
        marks.number(F::ALL);
        marks
    }

    /// A footprint's number.
    pub fn number(&mut self, footprint: F) -> Mark {
        if let Some(&known) = self.numbers.get(&footprint) {
            return known;
        }
        let new = self.footprints.len();
        if new == self.width * 64 {
            self.widen();
        }
        self.footprints.push(footprint);
        self.rows.resize(self.footprints.len() * self.width, 0);
        for at in 0..=new {
            // What commutes with nothing does not commute with what touches nothing.
            if at == Self::ALL as usize || self.footprints[at].conflicts(&footprint) {
                self.rows[at * self.width + new / 64] |= 1 << (new % 64);
                self.rows[new * self.width + at / 64] |= 1 << (at % 64);
            }
        }
        let mark = Mark::try_from(new).expect("fewer footprints than 2^32");
        self.numbers.insert(footprint, mark);
        mark
    }

    fn widen(&mut self) {
        let mut rows = vec![0; self.rows.len() * 2];
        for (to, from) in rows.chunks_exact_mut(self.width * 2).zip(self.rows.chunks_exact(self.width)) {
            to[..self.width].copy_from_slice(from);
        }
        self.rows = rows;
        self.width *= 2;
    }

    /// May it matter which of two events of different tasks comes first?
    #[inline]
    pub fn conflict(&self, one: Mark, other: Mark) -> bool {
        self.rows[one as usize * self.width + other as usize / 64] >> (other % 64) & 1 != 0
    }

    /// Bytes that they take.
    pub fn bytes(&self) -> usize {
        self.footprints.len() * 3 * size_of::<F>() + self.rows.len() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conflicts with its neighbours and its like; the largest with all.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
    struct Near(u32);

    impl Footprint for Near {
        const ALL: Self = Self(u32::MAX);
        fn conflicts(&self, other: &Self) -> bool {
            self.0 == u32::MAX || other.0 == u32::MAX || self.0.abs_diff(other.0) <= 1
        }
    }

    #[test]
    fn the_table_says_what_footprints_say() {
        let mut marks = Marks::new();
        let all: Vec<_> = (0..200).map(|at| (Near(at), marks.number(Near(at)))).collect();
        for &(a, mark) in &all {
            assert_eq!(marks.number(a), mark);
            assert!(marks.conflict(mark, Marks::<Near>::ALL));
            for &(b, other) in &all {
                assert_eq!(marks.conflict(mark, other), a.conflicts(&b), "{a:?} {b:?}");
            }
        }
    }
}
