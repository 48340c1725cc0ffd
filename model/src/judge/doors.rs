//! Doors: requests from outside that reach an ops by a callback that the registry itself never calls.

use super::Row;
use super::ledger::{NONE, PUBLISHED, REGISTERING, UNREGISTERING};
use crate::machine::program::Part;
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;

impl World<'_> {
    /// Somebody outside calls an ops, perhaps about a namespace.
    pub(super) fn request_entered(&mut self, callback: u16, ops: Value, net: Value) {
        let name = self.callback_name(callback);
        let phase = self.phase(ops);
        if phase == NONE && !self.is_listed_ops(ops) {
            self.break_on(Row::ClosedDoor, ops, net, |ops, _| {
                format!("{name} of {ops} is asked for, and {ops} is not registered")
            });
        } else if self.is_net(net) && !self.is_live_net(net) {
            self.dead_net(callback, ops, net);
        } else if self.is_net(net) && !self.is_open(ops, net) {
            let over = phase == UNREGISTERING || self.net_flags(net) & PUBLISHED != 0 && !self.is_listed(net);
            let over = over && phase != REGISTERING;
            let when = if over { "after its exit began there" } else { "before its init succeeded there" };
            self.break_on(Row::ClosedDoor, ops, net, |ops, net| format!("{name} of {ops} on {net} {when}"));
        }
    }

    /// May requests reach an ops about a namespace: has its `init` succeeded there, and no exit begun?
    fn is_open(&self, ops: Value, net: Value) -> bool {
        let inited = self.inited_there(ops, net)
            // Without an `init` it is ready as soon as it is listed.
            || !self.has_init(ops) && self.net_flags(net) & PUBLISHED == 0 && self.is_listed_ops(ops);
        inited && !self.is_going(ops, net)
    }

    /// Has a phase begun, other than `pre_exit`, in which the ops is taken down there?
    fn is_going(&self, ops: Value, net: Value) -> bool {
        let phase = self.ops_number(ops).map_or(0, |number| self.phase_there(number, net));
        phase > super::phases::number(Part::PreExit)
    }
}
