//! Where everything stands: one flat memory of cells, whose offsets are computed once per question.
//!
//! First the globals and static objects, then a segment for each task: its position, the words it needs, its stack,
//! its heap. So the n-th allocation of a task has the same address in every schedule, equal states are equal bytes, and
//! independent allocations commute.

use alloc::vec::Vec;

/// How much of what the world has room for. What turns out too small is doubled and the run repeated: see
/// [`super::Stop::Room`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Room {
    /// Cells of stack, by task; a missing entry: what the call graph needs without recursion.
    pub stack: Vec<u32>,
    /// Cells of heap, by task; a missing entry: one object for each `kzalloc` that the task can reach.
    pub heap: Vec<u32>,
    /// Ids of an `ida` or `idr`, in cells; 0: the default.
    pub ids: u32,
    /// Callbacks waiting for a grace period; 0: the default.
    pub rcu: u32,
}

/// The segment of one task.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Segment {
    /// Its position word.
    pub base: u32,
    /// The stack's first cell.
    pub stack: u32,
    /// The heap's first cell, which counts the cells used of it. `end`, if the task never allocates.
    pub heap: u32,
    /// One past the heap's last cell.
    pub end: u32,
}

impl Segment {
    /// One past the stack's last cell.
    #[inline]
    #[must_use]
    pub const fn stack_end(self) -> u32 {
        if self.heap == self.end { self.end } else { self.heap }
    }
}

/// Single cells that are there if the program needs them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Words {
    /// How many faults are left.
    pub faults: Option<u32>,
    /// The judges: how many (un)registrations are between their first list change and their return.
    pub changing: Option<u32>,
    /// First of a word for each task: see [`super::verbs::flags`].
    pub task_flags: Option<u32>,
    /// First cell of the queue of RCU callbacks: its length, then entries of [`RCU_ENTRY`] cells and the readers' bits.
    pub rcu: Option<u32>,
}

/// Cells of a queued RCU callback before its readers' bits: object, function, whose callback queued it.
pub const RCU_ENTRY: u32 = 3;

/// Where everything stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// All cells.
    pub cells: u32,
    /// Cells before the first segment.
    pub fixed: u32,
    /// One segment for each task.
    pub segments: Vec<Segment>,
    /// For each cell of the fixed part: the index of the static object that begins there, plus 1; or 0.
    pub object_at: Vec<u16>,
    /// Single cells.
    pub words: Words,
    /// Cells of an `ida`'s bits and an `idr`'s table.
    pub ids: u32,
    /// Callbacks that the RCU queue has room for.
    pub rcu: u32,
    /// Cells of a set of tasks.
    pub task_set: u32,
}

impl Layout {
    /// The task whose segment an address of the heap or stack is in. An object without cells that is the last one of a
    /// segment stands where the next segment begins; nothing has the address of a position word.
    #[must_use]
    pub fn owner(&self, address: u32) -> Option<u32> {
        if address <= self.fixed {
            return None;
        }
        let at = self.segments.partition_point(|segment| segment.base < address);
        u32::try_from(at).ok()?.checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn an_object_without_cells_is_in_the_segment_that_it_ends() {
        let segment = |base, end| Segment { base, stack: base + 2, heap: base + 4, end };
        let layout =
            Layout { fixed: 10, segments: vec![segment(10, 20), segment(20, 30)], ..Layout::default() };
        let owners = [9, 10, 11, 20, 21, 30].map(|address| layout.owner(address));
        assert_eq!(owners, [None, None, Some(0), Some(0), Some(1), Some(1)]);
    }
}
