//! What a text can declare, as the model needs it.

use model::lang::ast::{Body, Expr, Name};
use std::collections::BTreeMap;

/// What is added to a cell's number to make it a value: integers of the text stay below.
pub const HANDLE: i64 = 10_000;
/// What a local holds that was never assigned, or that nobody will read.
pub const UNSET: i64 = -20_000;

/// Which names a body sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    Protocol,
    Scenario,
}

/// What a field, or a global, is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// An `int` or `ptr`.
    Plain,
    /// The same, and no text ever writes it.
    Constant,
    Link,
    /// The name of the link that it goes through.
    List(String),
    Lock,
    Rwsem,
    Refcount,
    /// An `ida` or `idr`.
    Ids,
    Work,
    Workqueue,
    Callback,
    Struct(String),
}

impl Kind {
    /// Cells of one.
    pub fn cells(&self) -> usize {
        match self {
            Self::Callback => 0,
            Self::Link | Self::Work | Self::Rwsem => 3,
            Self::List(_) | Self::Workqueue => 4,
            _ => 1,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub kind: Kind,
    /// `None`: no array; `Some(None)`: as long as `kzalloc` says.
    pub array: Option<Option<usize>>,
    pub init: Option<Expr>,
}

/// What a name stands for.
#[derive(Clone, PartialEq, Debug)]
pub enum Meaning {
    Const(i64),
    /// A plain variable: its cell.
    Scalar(usize),
    /// A thing with an address.
    Place(usize, Kind),
    Array {
        first: usize,
        len: usize,
        stride: usize,
        kind: Kind,
    },
    Function(usize),
    Task {
        first: usize,
        count: Option<usize>,
    },
}

/// A body that can be called.
#[derive(Clone, Copy, Debug)]
pub struct Callable<'a> {
    pub name: &'a str,
    pub scope: Scope,
    pub params: &'a [Name],
    pub body: &'a Body,
}

/// What a callback of a static object is. One that is not there is absent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reply {
    Empty,
    Calls(usize),
}

pub struct Object {
    pub at: usize,
    pub strukt: String,
    pub replies: BTreeMap<String, Reply>,
}

/// A task of the text.
pub struct Task<'a> {
    pub name: String,
    pub me: Option<usize>,
    pub scope: Scope,
    pub body: &'a Body,
}

/// A field or global that is a work, and the function that it runs.
pub struct WorkRow {
    /// A global's cell, or a field's name.
    pub of: Result<usize, String>,
    pub function: usize,
}
