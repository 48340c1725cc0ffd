//! What conditions and `wait_for` look at.

use super::Footprint;
use super::access::{Accesses, put};
use super::kinds::{Kinds, field_index};
use super::region::{Region, Regions};
use crate::lang::ast::ConditionKind;
use crate::machine::Program;
use crate::machine::code::Slot;
use crate::machine::program::{FieldKind, Place, TaskId};
use crate::machine::pure::{Ask, Pure};

/// The conditions that are looked at in every state, not only at the end.
pub(super) fn always_looked_at(program: &Program) -> impl Iterator<Item = &Pure> {
    let every = |kind| kind != ConditionKind::Finally;
    program.conditions.iter().filter(move |condition| every(condition.kind)).map(|condition| &condition.expr)
}

/// Does a condition or `wait_for` ask whether a task is blocked? That depends on all that it may wait for.
pub(super) fn asks_for_blocked(program: &Program) -> bool {
    asks(program, Ask::Blocked)
}

/// Does one ask which tasks have ended?
pub(super) fn asks_for_ends(program: &Program) -> bool {
    asks(program, Ask::Done)
}

fn asks(program: &Program, what: Ask) -> bool {
    let all = program.waits.iter().chain(program.conditions.iter().map(|condition| &condition.expr));
    let mut found = false;
    for expr in all {
        each(expr, &mut |expr| found |= matches!(expr, Pure::Ask(asked, _) if *asked == what));
    }
    found
}

/// Calls `f` with each variable of a task that an expression reads.
pub(super) fn each_variable(expr: &Pure, f: &mut impl FnMut(TaskId, Slot)) {
    each(expr, &mut |expr| {
        if let Pure::TaskVar { task, slot } = expr {
            f(*task, *slot);
        }
    });
}

/// Calls `f` with an expression and all inside it.
fn each(expr: &Pure, f: &mut impl FnMut(&Pure)) {
    f(expr);
    match expr {
        Pure::Const(_) | Pure::Local(_) | Pure::Me | Pure::TaskVar { .. } | Pure::Global(_) => {}
        Pure::Field(of, _) | Pure::Array(_, of) | Pure::Address(_, of) | Pure::Ask(_, of) => each(of, f),
        Pure::Element(a, _, b)
        | Pure::Binary(_, a, b)
        | Pure::And(a, b)
        | Pure::Or(a, b)
        | Pure::Inited(a, b) => {
            each(a, f);
            each(b, f);
        }
    }
}

impl Accesses<'_> {
    /// What an expression looks at; `func`: whose locals it may name.
    pub fn looks(&mut self, func: Option<u16>, expr: &Pure) -> Footprint {
        let mut into = Footprint::NONE;
        self.value(func, expr, &mut into);
        into
    }

    /// Collects what an expression looks at, and says what it can be.
    fn value(&mut self, func: Option<u16>, expr: &Pure, into: &mut Footprint) -> Kinds {
        let program = self.program;
        match expr {
            Pure::Const(value) => Kinds::of(value.ty()),
            Pure::Local(slot) => func.map_or_else(Kinds::default, |func| self.kinds.slot(func, *slot)),
            Pure::Me => Kinds::default(),
            Pure::TaskVar { task, slot } => self.kinds.slot(program.tasks[*task as usize].func, *slot),
            Pure::Global(cell) => {
                self.see(into, Region::Global(*cell));
                self.kinds.global(*cell)
            }
            Pure::Field(of, name) | Pure::Element(of, name, _) => {
                let objects = self.value(func, of, into);
                if let Pure::Element(_, _, index) = expr {
                    self.value(func, index, into);
                }
                for (ty, _) in objects.each() {
                    match program.place(ty) {
                        Place::Object(strukt) => self.see_field(into, strukt, *name),
                        Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                            self.see(into, Region::Links(strukt, offset));
                        }
                        _ => {}
                    }
                }
                self.kinds.content(program, objects, *name)
            }
            Pure::Array(array, index) => {
                self.value(func, index, into);
                self.see(into, Region::Array(*array));
                self.kinds.array(*array)
            }
            Pure::Address(array, index) => {
                self.value(func, index, into);
                Kinds::of(program.arrays[usize::from(*array)].ty)
            }
            Pure::Ask(what, of) => {
                let of = self.value(func, of, into);
                self.ask(*what, of, into)
            }
            Pure::Binary(_, a, b) | Pure::And(a, b) | Pure::Or(a, b) => {
                let mut kinds = self.value(func, a, into);
                kinds.add(self.value(func, b, into));
                kinds
            }
            Pure::Inited(a, b) => {
                self.value(func, a, into);
                self.value(func, b, into);
                self.see(into, Region::NetLedger);
                self.see(into, Region::Freed(program.roles.net));
                Kinds::default()
            }
        }
    }

    fn see(&mut self, into: &mut Footprint, region: Region) {
        let region = self.region(region);
        put(into, region, false, false);
    }

    fn see_field(&mut self, into: &mut Footprint, strukt: u16, name: u16) {
        let program = self.program;
        self.see(into, Region::Freed(strukt));
        let Some(at) = field_index(program, strukt, name) else { return };
        if !matches!(program.structs[usize::from(strukt)].fields[usize::from(at)].kind, FieldKind::Address(_))
        {
            self.see(into, Region::Field(strukt, at));
        }
    }

    fn ask(&mut self, what: Ask, of: Kinds, into: &mut Footprint) -> Kinds {
        let program = self.program;
        match what {
            Ask::Not | Ask::Neg | Ask::IsErr => Kinds::default(),
            Ask::Done => {
                // A worker is done when it has nothing to do.
                for region in [Region::Ends, Region::Works, Region::Rcu] {
                    self.see(into, region);
                }
                Kinds::default()
            }
            Ask::Blocked => {
                into.reads = Regions::ALL;
                Kinds::default()
            }
            Ask::Freed
            | Ask::RefcountRead
            | Ask::ListEmpty
            | Ask::ListFirst
            | Ask::ListLast
            | Ask::ListNext => {
                for (ty, _) in of.each() {
                    match program.place(ty) {
                        Place::Object(strukt) => self.see(into, Region::Freed(strukt)),
                        Place::Link { strukt, offset } | Place::Head { strukt, offset } => {
                            self.see(into, Region::Links(strukt, offset));
                            self.see(into, Region::Freed(strukt));
                        }
                        Place::Thing { .. } => {
                            self.see(into, Region::Thing(ty));
                            if let Some(strukt) = program.thing_object(ty) {
                                self.see(into, Region::Freed(strukt));
                            }
                        }
                        _ => {}
                    }
                }
                self.kinds.members(program, of)
            }
        }
    }
}
