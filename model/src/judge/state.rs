//! The rows over the whole state, in full: their definition.

use super::ledger::{DYING, NONE, REGISTERED, SET_UP};
use super::{Broken, Row};
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;
use alloc::string::String;

impl World<'_> {
    /// Evaluates every row over the whole state.
    #[must_use]
    pub fn judge_fully(&self) -> Option<Broken> {
        if !self.is_quiet() {
            return None;
        }
        let rows =
            [(Row::Paired, self.paired()), (Row::Visible, self.visible()), (Row::Boundary, self.boundary())];
        rows.into_iter().find_map(|(row, why)| why.map(|why| Broken { row, why, pc: None }))
    }

    /// `paired`, while nothing is being registered: in a namespace that is in use every registered ops is set up, and
    /// what is not registered is set up nowhere.
    pub(super) fn paired(&self) -> Option<String> {
        let mut why = None;
        self.each_net(|net, live| {
            if live && why.is_none() {
                why = self.paired_in(net);
            }
        });
        why
    }

    pub(super) fn paired_in(&self, net: Value) -> Option<String> {
        let in_use = self.is_listed(net) && self.net_flags(net) & (SET_UP | DYING) == SET_UP;
        for number in 0..u32::try_from(self.program.ops.len()).expect("few ops") {
            let ops = self.ops_value(number);
            let inited = self.inited(ops, net);
            if inited && self.phase(ops) == NONE && self.has_exit(ops) && !self.is_listed_ops(ops) {
                return Some(format!(
                    "{} is not registered any more, and its exit never ran on {}",
                    self.describe(ops),
                    self.describe(net)
                ));
            }
            if !inited && in_use && self.phase(ops) == REGISTERED && self.has_init(ops) {
                return Some(format!(
                    "{} is registered and {} is in use, but its init never succeeded there",
                    self.describe(ops),
                    self.describe(net)
                ));
            }
        }
        None
    }

    /// `visible`, while nothing is being registered: a namespace on `net_list` has every ops set up, and none taken
    /// down yet.
    fn visible(&self) -> Option<String> {
        let mut why = None;
        self.each_net(|net, live| {
            if !live || why.is_some() || !self.is_listed(net) {
                return;
            }
            let flags = self.net_flags(net);
            if flags & DYING != 0 {
                why = Some(format!("{} is being taken down and is still on net_list", self.describe(net)));
            } else if flags & SET_UP == 0 {
                why = self.visible_too_early(net);
            }
        });
        why
    }

    pub(super) fn visible_too_early(&self, net: Value) -> Option<String> {
        (0..u32::try_from(self.program.ops.len()).expect("few ops"))
            .map(|number| self.ops_value(number))
            .find(|&ops| self.phase(ops) == REGISTERED && self.has_init(ops) && !self.inited(ops, net))
            .map(|ops| {
                format!("{} is on net_list before the init of {}", self.describe(net), self.describe(ops))
            })
    }

    /// `boundary`, while nothing is being registered.
    pub(super) fn boundary(&self) -> Option<String> {
        let (Some(cell), Some(head)) = (self.program.roles.first_device, self.program.roles.pernet_list)
        else {
            return None;
        };
        let first = self.get(cell);
        let mut behind = false;
        for ops in self.listed_ops() {
            let position = self.position_in_list(ops);
            behind |= position == first;
            if self.phase(ops) != REGISTERED {
                continue;
            }
            let name = self.describe(ops);
            match (self.is_device(ops), behind) {
                (true, false) if first == head => {
                    return Some(format!("{name} is a device, and first_device says that there is none"));
                }
                (true, false) => return Some(format!("{name} is a device and stands before first_device")),
                (false, true) if position == first => {
                    return Some(format!("first_device is {name}, a subsys"));
                }
                (false, true) => return Some(format!("{name} is a subsys and stands behind first_device")),
                _ => {}
            }
        }
        if behind || first == head {
            return None;
        }
        Some(format!("first_device is {}, which is not on pernet_list", self.describe(self.entry(first))))
    }

    fn position_in_list(&self, ops: Value) -> Value {
        let Some(link) = self.program.roles.ops_link else { return Value::NULL };
        match self.program.place(link) {
            crate::machine::program::Place::Link { offset, .. } => ops.at(link, u32::from(offset)),
            _ => Value::NULL,
        }
    }
}
