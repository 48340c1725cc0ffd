//! The rows over the whole state, in full: their definition.

use super::ledger::{DYING, NONE, REGISTERED, SET_UP};
use super::walk::{Listed, Nets};
use super::{Broken, Row};
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;
use alloc::string::String;

impl World<'_> {
    /// Evaluates every row over the whole state.
    #[must_use]
    pub fn judge_fully(&self) -> Option<Broken> {
        let quiet = self.is_quiet();
        [Row::Paired, Row::Visible, Row::Boundary, Row::Nsid].into_iter().find_map(|row| {
            let why = match row {
                Row::Nsid => self.known_by_the_living(),
                _ if !quiet => None,
                Row::Paired => self.paired(),
                Row::Visible => self.visible(),
                _ => self.boundary(),
            };
            why.map(|why| Broken { row, why, pc: None })
        })
    }

    /// `paired`, while nothing is being registered: in a namespace that is in use every registered ops is set up, and
    /// what is not registered is set up nowhere.
    pub(super) fn paired(&self) -> Option<String> {
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            let why = self.paired_in(net);
            if why.is_some() {
                return why;
            }
        }
        None
    }

    pub(super) fn paired_in(&self, net: Value) -> Option<String> {
        (0..self.ops_count()).find_map(|number| self.paired_there(self.ops_value(number), net))
    }

    /// `paired` of one ops, in all namespaces.
    pub(super) fn paired_everywhere(&self, ops: Value) -> Option<String> {
        // What it can have too much of, or be missing, is the same in each.
        let wrong_if_inited = match self.phase(ops) {
            NONE if self.has_exit(ops) && !self.is_listed_ops(ops) => true,
            REGISTERED if self.has_init(ops) => false,
            _ => return None,
        };
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            if self.inited_there(ops, net) == wrong_if_inited {
                let why = self.paired_there(ops, net);
                if why.is_some() {
                    return why;
                }
            }
        }
        None
    }

    fn paired_there(&self, ops: Value, net: Value) -> Option<String> {
        let inited = self.inited_there(ops, net);
        match self.phase(ops) {
            NONE if inited && self.has_exit(ops) && !self.is_listed_ops(ops) => Some(format!(
                "{} is not registered any more, and its exit never ran on {}",
                self.describe(ops),
                self.describe(net)
            )),
            REGISTERED if !inited && self.has_init(ops) && self.is_in_use(net) => Some(format!(
                "{} is registered and {} is in use, but its init never succeeded there",
                self.describe(ops),
                self.describe(net)
            )),
            _ => None,
        }
    }

    /// Is a namespace set up, and nobody takes it down?
    fn is_in_use(&self, net: Value) -> bool {
        self.net_flags(net) & (SET_UP | DYING) == SET_UP && self.is_listed(net)
    }

    /// `visible`, while nothing is being registered: a namespace on `net_list` has every ops set up, and none taken
    /// down yet.
    fn visible(&self) -> Option<String> {
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            let flags = self.net_flags(net);
            if !self.is_listed(net) {
                continue;
            }
            if flags & DYING != 0 {
                return Some(format!("{} is being taken down and is still on net_list", self.describe(net)));
            }
            let why = if flags & SET_UP == 0 { self.visible_too_early(net) } else { None };
            if why.is_some() {
                return why;
            }
        }
        None
    }

    pub(super) fn visible_too_early(&self, net: Value) -> Option<String> {
        (0..self.ops_count())
            .map(|number| self.ops_value(number))
            .find(|&ops| self.phase(ops) == REGISTERED && self.has_init(ops) && !self.inited_there(ops, net))
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
        let mut listed = Listed::from_first(self);
        while let Some(ops) = listed.next(self) {
            let position = self.position_in_list(ops);
            behind |= position == first;
            let device = self.is_device(ops);
            if self.phase(ops) != REGISTERED || device == behind {
                continue;
            }
            let name = self.describe(ops);
            return Some(match device {
                true if first == head => {
                    format!("{name} is a device, and first_device says that there is none")
                }
                true => format!("{name} is a device and stands before first_device"),
                false if position == first => format!("first_device is {name}, a subsys"),
                false => format!("{name} is a subsys and stands behind first_device"),
            });
        }
        if behind || first == head {
            return None;
        }
        Some(format!("first_device is {}, which is not on pernet_list", self.describe(self.entry(first))))
    }

    fn position_in_list(&self, ops: Value) -> Value {
        match (self.program.roles.ops_link, self.program.judged.ops_link) {
            (Some(link), Some(offset)) => ops.at(link, offset),
            _ => Value::NULL,
        }
    }
}
