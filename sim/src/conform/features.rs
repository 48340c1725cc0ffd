//! What an era can be asked for: read from its text, so that no era is a special case here.

use crate::question::{Loaded, Rejected, Scenario};
use crate::question::{Question, Values};
use model::lang::ast::{Decl, Item, ItemKind, TypeKind};
use model::lang::load::Library;
use model::machine::verbs::VERBS;
use std::collections::BTreeSet;

/// The variable that holds the most namespaces that a user may have.
pub const LIMIT: &str = "max_net_namespaces";

/// Words of the language, which nothing else may be called.
const WORDS: [&str; 37] = [
    "if", "else", "while", "for", "in", "reverse", "after", "goto", "break", "continue", "return", "atomic",
    "may", "step", "assert", "list", "struct", "NULL", "me", "max", "min", "IS_ERR", "entry", "wait_for",
    "done", "blocked", "inited", "freed", "boot", "task", "fn", "int", "ptr", "link", "rcu", "const",
    "callback",
];

/// What an era's text declares.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Features {
    /// The protocol's name.
    pub protocol: String,
    /// Callbacks of `struct ops`.
    callbacks: BTreeSet<String>,
    /// Its other fields.
    fields: BTreeSet<String>,
    /// Functions.
    functions: BTreeSet<String>,
    /// Its workqueues.
    pub workqueues: Vec<String>,
    /// All names that are taken.
    names: BTreeSet<String>,
}

impl Features {
    /// Reads the texts of a protocol.
    ///
    /// # Errors
    /// If it is not found, or wrong in itself.
    pub fn of(protocol: &str, library: &dyn Library) -> Result<Self, Rejected> {
        let scenario = Scenario::read("recording", &format!("on {protocol};\n"))?;
        let question = Question { protocol: protocol.to_string(), breaks: Vec::new(), params: Values::new() };
        Ok(Self::read(protocol, &scenario.load(&question, library)?))
    }

    fn read(protocol: &str, loaded: &Loaded) -> Self {
        let mut features = Self { protocol: protocol.to_string(), ..Self::default() };
        features.names.extend(WORDS.map(str::to_string));
        features.names.extend(VERBS.iter().map(|verb| verb.name.to_string()));
        for item in &loaded.unit().protocol {
            features.item(item);
        }
        features
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Decl(decl) => {
                let names = decl.vars.iter().map(|var| var.name.text.clone());
                if decl.ty.kind == TypeKind::Workqueue {
                    self.workqueues.extend(names.clone());
                }
                self.names.extend(names);
            }
            ItemKind::Struct { name, fields } if name.text == "ops" => {
                fields.iter().for_each(|field| self.field(field));
            }
            ItemKind::Const { name, .. } | ItemKind::Task { name, .. } => {
                self.names.insert(name.text.clone());
            }
            ItemKind::Fn(function) => {
                self.functions.insert(function.name.text.clone());
                self.names.insert(function.name.text.clone());
            }
            _ => {}
        }
    }

    fn field(&mut self, field: &Decl) {
        let is_callback = field.ty.kind == TypeKind::Callback;
        let kind = if is_callback { &mut self.callbacks } else { &mut self.fields };
        kind.extend(field.vars.iter().map(|var| var.name.text.clone()));
    }

    /// Has its `struct ops` this callback?
    #[must_use]
    pub fn has_callback(&self, name: &str) -> bool {
        self.callbacks.contains(name)
    }

    /// Has its `struct ops` this field?
    #[must_use]
    pub fn has_field(&self, name: &str) -> bool {
        self.fields.contains(name)
    }

    /// Has it this function?
    #[must_use]
    pub fn has_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Is the name taken?
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
