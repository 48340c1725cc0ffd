//! Looking at a world from outside, by name and without a step: fields, lists, calls.

use super::code::Op;
use super::program::{Place, TaskId};
use super::value::Value;
use super::world::World;
use alloc::vec::Vec;

impl World<'_> {
    /// What an `int` or `ptr` of an object holds, by the field's name. `None`: it is no object, is freed, or has no such field.
    #[must_use]
    pub fn field(&self, object: Value, name: &str) -> Option<Value> {
        let at = self.program.field_names.iter().position(|known| known == name)?;
        self.load(object, u16::try_from(at).ok()?).ok().map(|(_, value)| value)
    }

    /// What a plain global holds.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<Value> {
        let global = self.program.globals.iter().find(|global| global.name == name)?;
        (self.program.place(global.ty) == Place::Nothing).then(|| self.get(global.address))
    }

    /// The objects on a list, in its order; none if it is no list.
    #[must_use]
    pub fn members(&self, list: Value) -> Vec<Value> {
        let mut members = Vec::new();
        if matches!(self.program.place(list.ty()), Place::Head { .. }) {
            let mut at = self.get(list.address());
            // A corrupted list may be a circle that misses its head.
            while at != list && at.is_place() && members.len() < self.cells.len() {
                members.push(self.entry(at));
                at = self.get(at.address());
            }
        }
        members
    }

    /// The members of `pernet_list`; none where the protocol has no such list.
    #[must_use]
    pub fn pernet_list(&self) -> Vec<Value> {
        self.program.roles.pernet_list.map_or_else(Vec::new, |list| self.members(list))
    }

    /// The members of `net_list`; none where the protocol has no such list.
    #[must_use]
    pub fn net_list(&self) -> Vec<Value> {
        self.program.roles.net_list.map_or_else(Vec::new, |list| self.members(list))
    }

    /// The ops that `first_device` stands at; `None`: there is no device yet.
    #[must_use]
    pub fn first_device(&self) -> Option<Value> {
        let position = self.get(self.program.roles.first_device?);
        (Some(position) != self.program.roles.pernet_list && position.is_place())
            .then(|| self.entry(position))
    }

    /// Would the next step of a task enter a callback?
    #[must_use]
    pub fn enters(&self, task: TaskId) -> bool {
        matches!(self.program.code[self.position(task).0 as usize].op, Op::Callback { .. })
    }

    /// The functions that a task is in, the innermost first.
    pub fn calls(&self, task: TaskId) -> impl Iterator<Item = &str> {
        let (pc, frame) = self.position(task);
        self.frames(task, pc, frame).map(|(function, _)| function.name.as_str())
    }
}
