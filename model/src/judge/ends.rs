//! What must be true at the end of every schedule, when all tasks are done and all queues are empty.

use super::ledger::{PUBLISHED, SET_UP};
use super::walk::Nets;
use super::{INVARIANTS, Row};
use crate::machine::finding::Finding;
use crate::machine::value::Value;
use crate::machine::world::World;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl World<'_> {
    /// What is broken at the end.
    pub(crate) fn judge_end(&self) -> Option<Finding> {
        let rows = [(Row::Cleaned, self.left_behind()), (Row::Balanced, self.unbalanced())];
        rows.into_iter().find_map(|(row, why)| {
            let name = INVARIANTS[row as usize].name.to_string();
            why.map(|why| Finding { name, why, pc: None })
        })
    }

    /// `cleaned`: a namespace whose last owner has gone, and that was not taken down.
    fn left_behind(&self) -> Option<String> {
        let count = self.program.judged.known.count?;
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            let made = self.is_dynamic(net.address()) && self.net_flags(net) & SET_UP != 0;
            if !made || self.get(net.address() + count) != Value::NULL {
                continue;
            }
            if self.is_listed(net) {
                let name = self.describe(net);
                return Some(format!("the last owner of {name} has gone, and it is still on net_list"));
            }
            let mut all = (0..self.ops_count()).map(|number| self.ops_value(number));
            if let Some(ops) = all.find(|&ops| self.has_exit(ops) && self.inited_there(ops, net)) {
                let (net, ops) = (self.describe(net), self.describe(ops));
                return Some(format!("the last owner of {net} has gone, and exit of {ops} never ran on it"));
            }
        }
        None
    }

    /// `balanced`: a count of namespaces that is not what it was in the beginning and has changed with them since.
    fn unbalanced(&self) -> Option<String> {
        let counters = &self.program.judged.known.counters;
        let now = self.balance();
        let mut wrong =
            counters.iter().zip(now.iter().zip(&self.at_first)).filter(|(_, (now, first))| now != first);
        let (counter, (now, first)) = wrong.next()?;
        let (off, many) = (now - first, if (now - first).abs() == 1 { "" } else { "s" });
        let which = if off > 0 { "many" } else { "few" };
        Some(format!("{} counts {} namespace{many} too {which}", counter.name, off.abs()))
    }

    /// Of each count: what it counts besides the namespaces that were created and live.
    pub(super) fn balance(&self) -> Vec<i64> {
        let counters = &self.program.judged.known.counters;
        if counters.is_empty() {
            return Vec::new();
        }
        let mut living = 0;
        let mut nets = Nets::default();
        while let Some(net) = nets.next_live(self) {
            let made = self.is_dynamic(net.address()) && self.net_flags(net) & PUBLISHED != 0;
            living += i64::from(made && self.is_listed(net));
        }
        let count = |cell: u32, set: bool| match set {
            true => {
                let cells = cell..cell + self.program.layout.ids;
                cells.map(|cell| i64::from(self.word(cell).count_ones())).sum()
            }
            false => self.get(cell).as_int().unwrap_or(0),
        };
        counters.iter().map(|counter| count(counter.cell, counter.set) - living).collect()
    }
}
