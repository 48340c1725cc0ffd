//! The phases in which an ops is taken down in a namespace, and their order.

use super::Row;
use super::ledger::{DEVICE, NUMBER, PHASE, REGISTERED};
use super::walk::Listed;
use crate::machine::program::Part;
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;

/// The phases' names, by what a ledger remembers of them.
const NAMES: [&str; 5] = ["init", "pre_exit", "exit_rtnl", "exit", "exit_batch"];

/// What a ledger remembers of a phase.
pub(super) const fn number(part: Part) -> u32 {
    match part {
        Part::Init | Part::Door => 0,
        Part::PreExit => 1,
        Part::Rtnl => 2,
        Part::Exit => 3,
        Part::Batch => 4,
    }
}

/// A namespace is taken down in stages, each of which is through with all ops before the next begins: the last one has
/// two phases.
const fn stage(part: Part) -> u32 {
    let phase = number(part);
    if phase > 3 { 3 } else { phase }
}

impl World<'_> {
    /// A phase of taking an ops down in a namespace begins.
    #[inline(always)]
    pub(super) fn phase_in_order(&mut self, callback: u16, ops: Value, net: Value, taken_down: bool) {
        let part = self.program.judged.parts[usize::from(callback)];
        if part < Part::Exit || self.program.judged.phases {
            self.phase_is_in_order(callback, part, ops, net, taken_down);
        }
    }

    fn phase_is_in_order(&mut self, callback: u16, part: Part, ops: Value, net: Value, taken_down: bool) {
        let name = self.callback_name(callback);
        if taken_down && part < Part::Exit {
            self.taken_down_unseen(name, ops, net);
        }
        if !self.program.judged.phases {
            return;
        }
        if taken_down && part < Part::Exit {
            self.before_all_others(name, ops, net, |world, other, word| {
                world.phase_there(word >> NUMBER, net) < number(part) && world.has_part(other, part)
            });
        }
        let own = self.ops_word(ops) >> NUMBER;
        let before = self.phase_there(own, net);
        // Once it is through with the last one, nothing is remembered.
        let after_exit = part == Part::Batch && !self.is_last(part, ops);
        if before >= number(part) || after_exit && before != number(Part::Exit) {
            let early = after_exit && self.inited_there(ops, net);
            let earlier = NAMES[before as usize];
            self.break_on(Row::PhaseOrder, ops, net, |ops, net| match before > number(part) {
                true => format!("{name} of {ops} on {net} behind its {earlier}"),
                false if early => format!("{name} of {ops} on {net} before its exit"),
                false => format!("{name} of {ops} on {net} a second time"),
            });
        }
        // Behind its last phase it is not set up there, which says enough.
        let over = match part {
            Part::Batch => true,
            Part::Exit => !self.has_part(ops, Part::Batch),
            _ => self.is_last(part, ops),
        };
        self.set_phase_there(own, net, if over { 0 } else { number(part) });
        if taken_down {
            let begun = self.stage(net);
            if begun > stage(part) {
                let later = NAMES[begun as usize];
                self.break_on(Row::PhaseOrder, ops, net, |ops, net| {
                    format!("{name} of {ops} on {net}, where the first {later} has been")
                });
            } else {
                self.set_stage(net, stage(part));
            }
        }
    }

    /// `exit_order` and `class_order` of a phase: who is listed behind, and devices, come first. `waits` says of a registered
    /// ops, with its word, whether the phase is still before it.
    #[inline]
    pub(super) fn before_all_others(
        &mut self,
        name: &str,
        ops: Value,
        net: Value,
        waits: impl Fn(&Self, Value, u32) -> bool,
    ) {
        let subsys = !self.is_device(ops);
        let (mut left, mut device, mut behind) = (None, None, false);
        let mut listed = Listed::from_first(self);
        while let Some(other) = listed.next(self) {
            let word = self.ops_word(other);
            if word & PHASE == REGISTERED && self.is_inited(word >> NUMBER, net) && waits(self, other, word) {
                if behind && left.is_none() {
                    left = Some(other);
                }
                if subsys && word & DEVICE != 0 && device.is_none() {
                    device = Some(other);
                }
            }
            behind |= other == ops;
        }
        if let Some(other) = left {
            let other = self.describe(other);
            self.break_on(Row::ExitOrder, ops, net, |ops, net| {
                format!("{name} of {ops} on {net} before that of {other}, which is listed behind it")
            });
        }
        if let Some(other) = device {
            let other = self.describe(other);
            self.break_on(Row::ClassOrder, ops, net, |ops, net| {
                format!("{name} of the subsys {ops} on {net} before that of the device {other}")
            });
        }
    }

    fn has_part(&self, ops: Value, part: Part) -> bool {
        let parts = &self.program.judged.parts;
        (0..).zip(parts).any(|(callback, &known)| known == part && self.has(ops, Some(callback)))
    }
}
