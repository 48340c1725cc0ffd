//! What the judges remember, as bits in the state.
//!
//! Each namespace has four flags and a bit for each static ops: is it set up there? Where there are phases to tell apart, it
//! also has three such sets whose bits together are the last phase that the ops went through there. Each ops has a word: where it is
//! between registration and unregistration, and what it is. One word counts the (un)registrations that have changed a list and not yet
//! returned.

use crate::machine::program::CallbackBody;
use crate::machine::value::Value;
use crate::machine::world::{FREED, World};

/// It has been on `net_list`.
pub(crate) const PUBLISHED: u32 = 1;
/// An `init` failed while it was set up.
pub(crate) const FAILED: u32 = 2;
/// Its creation has returned it.
pub(crate) const SET_UP: u32 = 4;
/// The first `exit` of its destruction has begun.
pub(crate) const DYING: u32 = 8;
/// How many flags there are before the bits of the ops.
pub(crate) const FLAGS: u32 = 4;

/// How many sets of ops make the number of a phase.
pub(crate) const PHASE_BITS: u32 = 3;
/// In place of the flags, before the first of those sets: the last stage of taking the namespace down that has begun.
const STAGE: u32 = 3;

/// Where an ops is in its life: the low two bits of its word.
pub(crate) const NONE: u32 = 0;
pub(crate) const REGISTERING: u32 = 1;
pub(crate) const REGISTERED: u32 = 2;
pub(crate) const UNREGISTERING: u32 = 3;
pub(crate) const PHASE: u32 = 3;
/// It was registered as a device.
pub(crate) const DEVICE: u32 = 4;
/// The call in progress has changed a list.
pub(crate) const CHANGED: u32 = 8;
/// `net_list` has changed since.
pub(crate) const DISTURBED: u32 = 16;
/// It has an `init`. This bit, the next and the number never change: they save looking the ops up.
pub(crate) const HAS_INIT: u32 = 32;
/// It has an `exit`, of one namespace or of many. Without, nothing can be asked of it.
pub(crate) const HAS_EXIT: u32 = 64;
/// It was (un)registered while another one was: whether it is paired is still to be asked.
pub(crate) const UNASKED: u32 = 128;
/// Where its number begins.
pub(crate) const NUMBER: u32 = 8;
/// All that never changes.
const FIXED: u32 = !0 << NUMBER | HAS_INIT | HAS_EXIT;

/// Cells of a namespace's ledger.
#[must_use]
pub(crate) const fn net_cells(ops: u32) -> u32 {
    (FLAGS + ops).div_ceil(32)
}

impl World<'_> {
    pub(crate) fn judged(&self) -> bool {
        self.program.layout.words.changing.is_some()
    }

    /// How many (un)registrations have changed a list and not returned.
    pub(crate) fn changing(&mut self) -> &mut u32 {
        let cell = self.program.layout.words.changing.expect("judges are on");
        &mut self.cells[cell as usize]
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.program.layout.words.changing.is_some_and(|cell| self.word(cell) == 0)
    }

    /// The number of a static ops.
    #[inline]
    pub(crate) fn ops_number(&self, ops: Value) -> Option<u32> {
        let is_ops = ops.ty() == self.program.judged.ops && !self.is_dynamic(ops.address());
        is_ops.then(|| self.ops_word(ops) >> NUMBER)
    }

    /// How many static ops there are.
    pub(crate) fn ops_count(&self) -> u32 {
        u32::try_from(self.program.judged.ops_at.len()).expect("few ops")
    }

    /// The ops with a number.
    pub(crate) fn ops_value(&self, number: u32) -> Value {
        let judged = &self.program.judged;
        Value::place(judged.ops, judged.ops_at[number as usize])
    }

    fn ops_cell(&self, ops: Value) -> u32 {
        ops.address() + self.program.judged.ops_ledger
    }

    #[inline]
    pub(crate) fn ops_word(&self, ops: Value) -> u32 {
        self.word(self.ops_cell(ops))
    }

    pub(crate) fn set_ops_word(&mut self, ops: Value, word: u32) {
        let cell = self.ops_cell(ops) as usize;
        self.cells[cell] = word & !FIXED | self.cells[cell] & FIXED;
    }

    #[inline]
    pub(crate) fn phase(&self, ops: Value) -> u32 {
        self.ops_word(ops) & PHASE
    }

    pub(crate) fn is_device(&self, ops: Value) -> bool {
        self.judged() && self.ops_number(ops).is_some() && self.ops_word(ops) & DEVICE != 0
    }

    /// Does an ops have a callback?
    pub(crate) fn has(&self, ops: Value, callback: Option<u16>) -> bool {
        let Some(callback) = callback else { return false };
        self.program
            .object_at(ops.address())
            .is_some_and(|object| object.callbacks[usize::from(callback)] != CallbackBody::Absent)
    }

    pub(crate) fn has_init(&self, ops: Value) -> bool {
        self.ops_word(ops) & HAS_INIT != 0
    }

    pub(crate) fn has_exit(&self, ops: Value) -> bool {
        self.ops_word(ops) & HAS_EXIT != 0
    }

    /// Is a value a namespace whose memory was not freed?
    pub(crate) fn is_live_net(&self, net: Value) -> bool {
        self.is_net(net) && !(self.is_dynamic(net.address()) && self.header(net.address()).status == FREED)
    }

    pub(crate) fn is_net(&self, net: Value) -> bool {
        net.ty() == self.program.judged.net
    }

    fn net_cell(&self, net: Value) -> u32 {
        net.address() + self.program.judged.net_ledger
    }

    #[inline]
    pub(crate) fn net_flags(&self, net: Value) -> u32 {
        self.word(self.net_cell(net))
    }

    pub(crate) fn set_net_flags(&mut self, net: Value, flags: u32) {
        let cell = self.net_cell(net) as usize;
        self.cells[cell] |= flags;
    }

    /// Is an ops set up in a namespace?
    pub(crate) fn inited(&self, ops: Value, net: Value) -> bool {
        if !self.judged() || !self.is_live_net(net) {
            return false;
        }
        self.ops_number(ops).is_some_and(|number| self.is_inited(number, net))
    }

    /// Is a static ops set up in a namespace that is not freed?
    #[inline]
    pub(crate) fn inited_there(&self, ops: Value, net: Value) -> bool {
        self.is_inited(self.ops_word(ops) >> NUMBER, net)
    }

    /// Is the ops with a number set up in a namespace that is not freed?
    #[inline]
    pub(crate) fn is_inited(&self, number: u32, net: Value) -> bool {
        let bit = FLAGS + number;
        self.word(self.net_cell(net) + bit / 32) >> (bit % 32) & 1 != 0
    }

    #[inline]
    pub(crate) fn set_inited(&mut self, number: u32, net: Value, inited: bool) {
        let bit = FLAGS + number;
        let cell = (self.net_cell(net) + bit / 32) as usize;
        self.cells[cell] = self.cells[cell] & !(1 << (bit % 32)) | u32::from(inited) << (bit % 32);
    }

    /// A set of ops in a namespace's ledger, and its bit for one of them.
    fn phase_bit(&self, set: u32, number: u32, net: Value) -> (usize, u32) {
        let bit = FLAGS + number;
        let first = self.net_cell(net) + (1 + set) * net_cells(self.ops_count());
        ((first + bit / 32) as usize, 1 << (bit % 32))
    }

    /// The last phase that an ops went through in a namespace since its `init`; 0 if none, or if nobody remembers.
    pub(crate) fn phase_there(&self, number: u32, net: Value) -> u32 {
        let sets = if self.program.judged.phases { 0..PHASE_BITS } else { 0..0 };
        sets.fold(0, |phase, set| {
            let (cell, bit) = self.phase_bit(set, number, net);
            phase | u32::from(self.cells[cell] & bit != 0) << set
        })
    }

    #[inline(always)]
    pub(crate) fn set_phase_there(&mut self, number: u32, net: Value, phase: u32) {
        if self.program.judged.phases {
            self.remember_phase(number, net, phase);
        }
    }

    fn remember_phase(&mut self, number: u32, net: Value, phase: u32) {
        for set in 0..PHASE_BITS {
            let (cell, bit) = self.phase_bit(set, number, net);
            let there = if phase >> set & 1 != 0 { bit } else { 0 };
            self.cells[cell] = self.cells[cell] & !bit | there;
        }
    }

    /// The last stage of taking a namespace down that has begun; 0 if none.
    pub(crate) fn stage(&self, net: Value) -> u32 {
        self.word(self.net_cell(net) + net_cells(self.ops_count())) & STAGE
    }

    pub(crate) fn set_stage(&mut self, net: Value, stage: u32) {
        let cell = (self.net_cell(net) + net_cells(self.ops_count())) as usize;
        self.cells[cell] = self.cells[cell] & !STAGE | stage;
    }

    /// Is a namespace on `net_list`?
    #[inline]
    pub(crate) fn is_listed(&self, net: Value) -> bool {
        self.program.judged.net_link.is_some_and(|link| self.is_linked_at(net.address() + link))
    }

    /// Is an ops on `pernet_list`?
    #[inline]
    pub(crate) fn is_listed_ops(&self, ops: Value) -> bool {
        self.program.judged.ops_link.is_some_and(|link| self.is_linked_at(ops.address() + link))
    }

    pub(crate) fn net_phase(&self, net: Value) -> &'static str {
        if self.is_listed(net) {
            "listed"
        } else if self.judged() && self.net_flags(net) & PUBLISHED != 0 {
            "dying"
        } else {
            "setup"
        }
    }
}
