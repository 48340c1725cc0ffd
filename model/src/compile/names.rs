//! What each name of a question stands for, and who can see it.
//!
//! A protocol's function never sees a scenario's names (language.md, "Scope"), so there are two tables.

use crate::lang::ast::Expr;
use crate::lang::source::Span;
use crate::lang::suggest::did_you_mean;
use crate::machine::value::{PlaceType, Value};
use alloc::collections::BTreeMap;
use alloc::string::String;

/// Which text a function belongs to, and so which names it sees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Scope {
    Protocol,
    Scenario,
}

/// What a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// A constant's value.
    Const(i64),
    /// A plain variable: its cell.
    Scalar { cell: u32 },
    /// A list, lock, object, work: its address.
    Place(Value),
    /// An array: its index, and whether its elements are plain variables.
    Array { array: u16, plain: bool },
    /// A function.
    Function(u16),
    /// A task: its first number, and how many, if it is many.
    Task { first: u32, count: Option<u32> },
}

/// A declared name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Named {
    pub meaning: Meaning,
    pub span: Span,
}

/// The two tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    protocol: BTreeMap<String, Named>,
    scenario: BTreeMap<String, Named>,
}

impl Names {
    /// Declares a name; gives the earlier declaration, if there is one in the same text.
    pub fn declare(&mut self, scope: Scope, name: &str, named: Named) -> Option<Named> {
        let table = match scope {
            Scope::Protocol => &mut self.protocol,
            Scope::Scenario => &mut self.scenario,
        };
        table.insert(name.into(), named)
    }

    /// What a name stands for in a function of this text.
    pub fn find(&self, scope: Scope, name: &str) -> Option<&Meaning> {
        let own = match scope {
            Scope::Protocol => None,
            Scope::Scenario => self.scenario.get(name),
        };
        own.or_else(|| self.protocol.get(name)).map(|named| &named.meaning)
    }

    /// The nearest name that is known.
    pub fn suggest<'a>(
        &'a self,
        scope: Scope,
        name: &str,
        more: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let scenario = (scope == Scope::Scenario).then_some(&self.scenario);
        let names = self.protocol.keys().chain(scenario.into_iter().flat_map(BTreeMap::keys));
        did_you_mean(name, names.map(String::as_str).chain(more))
    }
}

/// A first value that is worked out when all addresses are known.
pub(super) struct Later {
    pub cell: u32,
    pub scope: Scope,
    pub expr: Expr,
    /// The kind of thing whose first value it is; a work's is its function.
    pub ty: PlaceType,
}
