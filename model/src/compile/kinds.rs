//! Kinds, as far as the text alone says them: a list where a lock is needed is refused when the file is read.

use super::builder::Builder;
use super::expr::FieldUse;
use super::names::Meaning;
use super::{Compiler, codes};
use crate::lang::ast::{Expr, ExprKind};
use crate::lang::diagnostic::Diagnostic;
use crate::machine::program::{FieldKind, Place, Thing};
use crate::machine::value::PlaceType;
use crate::machine::verbs::Param;
use alloc::format;
use alloc::string::{String, ToString};

impl Compiler<'_> {
    /// A list is needed.
    pub(super) fn expect_list(&mut self, b: &Builder, expr: &Expr) {
        self.expect(b, expr, Param::List, "a walk");
    }

    /// Checks the kind of an argument as far as it is known when the file is read. False: it is not.
    pub(super) fn expect(&mut self, b: &Builder, expr: &Expr, param: Param, verb: &str) -> bool {
        let Some(place) = self.known_kind(b, expr) else { return false };
        let fits = match (param, place) {
            (Param::Any, _) => true,
            (Param::Int | Param::Struct, Place::Nothing) => true,
            (Param::Struct, Place::StructName) => true,
            (Param::Object, Place::Object(_)) => true,
            (Param::Link, Place::Link { .. }) => true,
            (Param::Position, Place::Link { .. } | Place::Head { .. }) => true,
            (Param::List, Place::Head { .. }) => true,
            (Param::Function, Place::Function) | (Param::Task, Place::Task) => true,
            (Param::Thing(wanted), Place::Thing { thing, .. }) => wanted == thing,
            _ => false,
        };
        if fits {
            return true;
        }
        let message = format!(
            "`{verb}` takes {}, and `{}` is {}",
            param_name(param),
            self.sources.text(expr.span),
            place_name(place)
        );
        self.error(
            Diagnostic::new(codes::WRONG_KIND, expr.span, message)
                .help(format!("give it {}", param_name(param))),
        );
        true
    }

    /// What an expression is, if the text alone says so.
    fn known_kind(&self, b: &Builder, expr: &Expr) -> Option<Place> {
        let of_type = |ty: PlaceType| self.places[usize::from(ty.0)];
        match &expr.kind {
            ExprKind::Int(_) | ExprKind::Errno(_) => Some(Place::Nothing),
            ExprKind::Struct(_) => Some(Place::StructName),
            ExprKind::Paren(inner) => self.known_kind(b, inner),
            ExprKind::Name(name) => {
                if let Some(&slot) = b.locals.get(name) {
                    let list = b.local_lists.iter().find(|(list, _)| *list == slot);
                    return list.map(|&(_, ty)| of_type(ty));
                }
                match self.names.find(b.scope, name)? {
                    Meaning::Const(_) => Some(Place::Nothing),
                    Meaning::Place(value) => Some(of_type(value.ty())),
                    Meaning::Function(_) => Some(Place::Function),
                    Meaning::Task { .. } => Some(Place::Task),
                    Meaning::Scalar { .. } | Meaning::Array { .. } => None,
                }
            }
            ExprKind::Index(array, _) => match &array.kind {
                ExprKind::Name(name) => match self.names.find(b.scope, name)? {
                    Meaning::Array { array, plain: false } => {
                        Some(of_type(self.arrays[usize::from(*array)].ty))
                    }
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Field(_, name) => {
                let index = self.field_names.iter().position(|known| *known == name.text)?;
                let mut kinds = self.structs.iter().flat_map(|strukt| &strukt.fields).filter_map(|field| {
                    match field.kind {
                        FieldKind::Address(ty) if usize::from(field.name) == index => Some(of_type(ty)),
                        _ => None,
                    }
                });
                let first = kinds.next()?;
                let same =
                    kinds.all(|other| core::mem::discriminant(&other) == core::mem::discriminant(&first));
                (same && self.field_use(u16::try_from(index).ok()?) == FieldUse::Address).then_some(first)
            }
            _ => None,
        }
    }
}

fn param_name(param: Param) -> String {
    match param {
        Param::Any => "a value".to_string(),
        Param::Int => "an integer".to_string(),
        Param::Object => "an object".to_string(),
        Param::Link => "a link".to_string(),
        Param::Position => "a link or a list".to_string(),
        Param::List => "a list".to_string(),
        Param::Function => "a function".to_string(),
        Param::Task => "a task".to_string(),
        Param::Struct => "`struct NAME`".to_string(),
        Param::Thing(thing) => thing_name(thing).to_string(),
    }
}

const fn thing_name(thing: Thing) -> &'static str {
    match thing {
        Thing::Mutex => "a mutex",
        Thing::Rwsem => "an rwsem",
        Thing::Spinlock => "a spinlock",
        Thing::Refcount => "a refcount",
        Thing::Ida => "an ida",
        Thing::Idr => "an idr",
        Thing::Work => "a work",
        Thing::Workqueue => "a workqueue",
    }
}

const fn place_name(place: Place) -> &'static str {
    match place {
        Place::Nothing => "an integer",
        Place::Function => "a function",
        Place::StructName => "the name of a struct",
        Place::Task => "a task",
        Place::Object(_) => "an object",
        Place::Link { .. } => "a link",
        Place::Head { .. } => "a list",
        Place::Thing { thing, .. } => thing_name(thing),
    }
}
