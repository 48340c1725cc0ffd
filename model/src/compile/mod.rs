//! From a question's text to a program: names and kinds are checked, code becomes flat instructions.

mod boot;
mod builder;
mod call;
pub mod codes;
mod conditions;
mod contract;
mod expr;
mod function;
mod globals;
mod kinds;
mod layout;
mod listing;
mod liveness;
mod names;
mod pure;
mod reach;
mod stmt;
mod structs;
mod tasks;
mod waits;
mod workers;

pub use listing::listing;

use crate::lang::ast::{Expr, ExprKind, Item, ItemKind, Name};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::load::Unit;
use crate::lang::source::{SourceMap, Span};
use crate::machine::code::{Arg, Instr, Slot, Stand};
use crate::machine::layout::{Layout, Room};
use crate::machine::program::{
    Condition, FaultSite, Field, Function, Global, GlobalArray, Place, Program, Roles, StaticObject, Struct,
    Task, TimeRange,
};
use crate::machine::pure::Pure;
use crate::machine::value::{PlaceType, Value};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use names::{Later, Meaning, Named, Names, Scope};

/// What is decided outside the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Values of constants, in place of those in the text.
    pub values: BTreeMap<String, i64>,
    /// Values of the parameters of `for`.
    pub parameters: BTreeMap<String, i64>,
    /// Are the judges on? Off only to count states against other tools.
    pub judges: bool,
    /// How large the world is laid out.
    pub room: Room,
}

impl Default for Settings {
    fn default() -> Self {
        Self { values: BTreeMap::new(), parameters: BTreeMap::new(), judges: true, room: Room::default() }
    }
}

/// Compiles a question.
///
/// # Errors
/// All mistakes of meaning in its text.
pub fn compile(sources: &SourceMap, unit: &Unit, settings: &Settings) -> Result<Program, Vec<Diagnostic>> {
    let mut compiler = Compiler::new(sources, unit, settings);
    compiler.compile();
    if compiler.diagnostics.is_empty() {
        Ok(compiler.into_program())
    } else {
        compiler.diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        compiler.diagnostics.dedup();
        Err(compiler.diagnostics)
    }
}

/// The tables of a program while they are made.
struct Compiler<'a> {
    sources: &'a SourceMap,
    unit: &'a Unit,
    settings: &'a Settings,
    diagnostics: Vec<Diagnostic>,
    names: Names,
    /// Fields that some text writes, and globals likewise, by name.
    written_fields: BTreeSet<String>,
    written_globals: BTreeSet<String>,
    /// Structs whose objects may be on the heap.
    allocated: BTreeSet<String>,
    /// Verbs that some text calls.
    verbs_used: BTreeSet<String>,
    structs: Vec<Struct>,
    bytes: u16,
    field_names: Vec<String>,
    callback_names: Vec<String>,
    field_table: Vec<u16>,
    field_inits: Vec<(u16, Field, Expr)>,
    places: Vec<Place>,
    place_struct: Vec<Option<u16>>,
    arrays: Vec<GlobalArray>,
    globals: Vec<Global>,
    objects: Vec<StaticObject>,
    ops: Vec<u16>,
    handles: Vec<(String, u32)>,
    /// `net` lines: the cell of each handle, and where it stands.
    net_lines: Vec<(u32, Span)>,
    initial: Vec<(u32, Value)>,
    later: Vec<Later>,
    value_cells: Vec<u32>,
    static_locks: Vec<Value>,
    cells: u32,
    layout: Layout,
    code: Vec<Instr>,
    stands: Vec<Stand>,
    spans: Vec<Span>,
    function_of: Vec<u16>,
    operands: Vec<Arg>,
    field_operands: Vec<(Slot, u16)>,
    dead_slots: Vec<Slot>,
    constants: Vec<Value>,
    constant_index: BTreeMap<Value, u16>,
    waits: Vec<Pure>,
    functions: Vec<Function>,
    tasks: Vec<Task>,
    workqueues: Vec<(String, Value, Span)>,
    pending: Vec<tasks::Pending<'a>>,
    task_estimate: u32,
    /// Locals of each task's own block, for conditions.
    task_vars: BTreeMap<u16, BTreeMap<String, Slot>>,
    uses_me: Vec<(u16, Span)>,
    /// How many fault sites there were before the body that is compiled.
    sites_before: usize,
    conditions: Vec<Condition>,
    watched: Vec<(u16, Slot)>,
    faults: Option<(i64, Vec<Name>)>,
    sites: Vec<FaultSite>,
    roles: Roles,
    boot: Option<u16>,
    times: Vec<(String, TimeRange)>,
}

impl<'a> Compiler<'a> {
    fn compile(&mut self) {
        self.declare_constants();
        self.count_tasks();
        self.find_written();
        self.set_words();
        self.name_structs();
        self.lay_out_structs();
        self.declare_globals();
        self.check_contract();
        self.declare_functions();
        self.declare_tasks();
        self.finish_initial();
        self.read_faults();
        self.compile_bodies();
        self.compile_conditions();
        self.compile_times();
        self.check_parameters();
        if !self.diagnostics.is_empty() {
            return;
        }
        self.mark_waits();
        self.bury_dead();
        self.check_calls();
        self.lay_out_segments();
    }

    /// All items: the protocol's, then the scenario's.
    fn items(&self) -> impl Iterator<Item = &'a Item> + use<'a> {
        self.unit.protocol.iter().chain(&self.unit.scenario)
    }

    /// All items with the text that they belong to.
    fn scoped_items(&self) -> impl Iterator<Item = (Scope, &'a Item)> + use<'a> {
        let protocol = self.unit.protocol.iter().map(|item| (Scope::Protocol, item));
        protocol.chain(self.unit.scenario.iter().map(|item| (Scope::Scenario, item)))
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn too_large(&mut self, what: &str, most: usize) {
        let message = format!("the question has more than {most} {what}");
        self.error(Diagnostic::without_place(codes::TOO_LARGE, message).help("make the world smaller"));
    }

    fn declare(&mut self, scope: Scope, name: &Name, meaning: Meaning) {
        let named = Named { meaning, span: name.span };
        if let Some(earlier) = self.names.declare(scope, &name.text, named) {
            self.error(
                Diagnostic::new(
                    codes::DUPLICATE_NAME,
                    name.span,
                    format!("`{}` is declared twice", name.text),
                )
                .note(earlier.span, "first here")
                .help("give one of them another name"),
            );
        }
    }

    fn declare_constants(&mut self) {
        for (scope, item) in self.scoped_items() {
            if let ItemKind::Const { name, value } = &item.kind {
                let value = self.settings.values.get(&name.text).copied().unwrap_or(*value);
                self.declare(scope, name, Meaning::Const(value));
            }
        }
        let Some(span) = self.unit.scenario.first().or(self.unit.protocol.first()).map(|item| item.span)
        else {
            return;
        };
        for (name, &value) in &self.settings.parameters {
            self.names.declare(Scope::Scenario, name, Named { meaning: Meaning::Const(value), span });
        }
    }

    fn constant(&self, name: &str, scope: Scope) -> Option<i64> {
        match self.names.find(scope, name)? {
            Meaning::Const(value) => Some(*value),
            _ => None,
        }
    }

    /// Values that are set from outside must be of something.
    fn check_parameters(&mut self) {
        for name in self.settings.values.keys() {
            let known = matches!(self.names.find(Scope::Scenario, name), Some(Meaning::Const(_)));
            if !known {
                let message = format!("`{name}` is set from outside and is no constant of the text");
                let help = match self.names.suggest(Scope::Scenario, name, core::iter::empty()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("declare it: `const {name} = 1;`"),
                };
                self.error(Diagnostic::without_place(codes::UNKNOWN_PARAMETER, message).help(help));
            }
        }
    }

    /// A value that is known before boot.
    fn constant_value(&mut self, expr: &Expr, scope: Scope) -> Option<Value> {
        let value = match &expr.kind {
            ExprKind::Int(value) => Value::int(*value),
            ExprKind::Null => Some(Value::NULL),
            ExprKind::Errno(name) => crate::lang::errno::value(name).and_then(Value::int),
            ExprKind::Paren(inner) => return self.constant_value(inner, scope),
            ExprKind::Unary(crate::lang::ast::UnaryOp::Neg, inner) => {
                self.constant_value(inner, scope)?.as_int().and_then(|value| Value::int(-value))
            }
            ExprKind::Struct(name) => self.struct_name_value(name),
            ExprKind::Name(name) => match self.names.find(scope, name) {
                Some(Meaning::Const(value)) => Value::int(*value),
                Some(Meaning::Place(value)) => Some(*value),
                Some(Meaning::Function(index)) => Some(function_value(*index)),
                _ => None,
            },
            _ => None,
        };
        if value.is_none() {
            let message = format!("`{}` is not known before boot", self.sources.text(expr.span));
            self.error(Diagnostic::new(codes::NOT_CONSTANT, expr.span, message).help(
                "use a number, a constant, a list, an object or a function; or assign it in `boot { ... }`",
            ));
        }
        value
    }

    fn struct_name_value(&mut self, name: &Name) -> Option<Value> {
        let Some(index) = self.struct_index(&name.text) else {
            let message = format!("unknown struct `{}`", name.text);
            let help = match crate::lang::suggest::did_you_mean(
                &name.text,
                self.structs.iter().map(|known| known.name.as_str()),
            ) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it: `struct {} {{ ... }}`", name.text),
            };
            self.error(Diagnostic::new(codes::UNKNOWN_NAME, name.span, message).help(help));
            return Some(Value::NULL);
        };
        Some(Value::place(PlaceType::STRUCT_NAME, u32::from(index)))
    }

    fn unknown_name(&mut self, scope: Scope, name: &str, span: Span, locals: &[String]) {
        let message = format!("unknown name `{name}`");
        let near =
            self.names.suggest(scope, name, locals.iter().map(String::as_str)).map(ToString::to_string);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it, or assign to it first: a name that is assigned in a function is its local"
                .to_string(),
        };
        self.error(Diagnostic::new(codes::UNKNOWN_NAME, span, message).help(help));
    }
}

/// The value of a function's name.
pub(super) fn function_value(index: u16) -> Value {
    Value::place(PlaceType::FUNCTION, u32::from(index))
}
