//! One question's text: the protocol that an `on` line names, found and with its differences applied, beside the
//! scenario's own items.
//!
//! This file finds texts and checks that they fit together; how a difference is applied is in `overlay`. It reads no
//! files: where a protocol comes from is the caller's [`Library`].

use super::ast::{File, Head, Item, ItemKind, Name, Question, TypeKind};
use super::codes;
use super::diagnostic::Diagnostic;
use super::lexer::MAX_DIAGNOSTICS;
use super::overlay::{Merge, declared_twice};
use super::parser::{item_words, parse_file, type_words};
use super::source::{FileId, SourceMap, Span};
use super::suggest::did_you_mean;
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// The longest row of differences of differences.
const MAX_LAYERS: usize = 100;
/// The most names that a message lists.
const MOST_NAMED: usize = 8;
const PROTOCOL_FILE: &str = "a protocol's file begins with `protocol NAME;`";

/// Where protocol files are found: given by the caller, since this crate reads no files.
pub trait Library {
    /// The file of a protocol: the name to show and its text. `from` is the name of the file that asks.
    fn find(&self, proto: &str, from: &str) -> Option<(String, String)>;
    /// The names of all protocols, for "did you mean".
    fn names(&self) -> Vec<String>;
}

/// One question's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// The protocol's name.
    pub name: String,
    /// Where its text says that name.
    pub said: Option<Span>,
    /// The protocol with its differences applied. A scenario's `const` of a known name stands here, in place of the
    /// protocol's, so that the protocol's functions see its value.
    pub protocol: Vec<Item>,
    /// The scenario's own items, with the differences applied that touch them. No `protocol` item is among them.
    pub scenario: Vec<Item>,
}

/// The text of one `on` line. `protocol` may also be one that no line names.
///
/// # Errors
/// When a protocol is not found or has mistakes, or when its differences or the scenario do not fit it.
pub fn load(
    sources: &mut SourceMap,
    scenario: &File,
    scenario_file: FileId,
    protocol: &str,
    library: &dyn Library,
) -> Result<Unit, Vec<Diagnostic>> {
    let from = sources.file(scenario_file).name.clone();
    let own: Vec<Item> = scenario.items.iter().filter(|item| !is_protocol(item)).cloned().collect();
    let mut loader =
        Loader { sources, library, scenario: &scenario.items, said: None, diagnostics: Vec::new() };
    loader.diagnostics.extend(declared_twice(&scenario.items));
    let wanted = Wanted { name: protocol.to_owned(), asked: asked_at(scenario, protocol), from, here: true };
    let layers = loader.layers(wanted);
    loader.merge(protocol, layers, own)
}

/// A protocol alone, for a file that begins with `protocol NAME;`. Its scenario is empty.
///
/// # Errors
/// When it is no protocol, its base is not found or has mistakes, or its differences do not fit that.
pub fn load_protocol(
    sources: &mut SourceMap,
    file: &File,
    id: FileId,
    library: &dyn Library,
) -> Result<Unit, Vec<Diagnostic>> {
    let from = sources.file(id).name.clone();
    let Head::Protocol { name, base } = &file.head else {
        let message = format!("`{from}` is a scenario, not a protocol");
        let wrong = Diagnostic::without_place(codes::WRONG_KIND_OF_FILE, message);
        return Err(vec![wrong.help(PROTOCOL_FILE)]);
    };
    let mut loader = Loader { sources, library, scenario: &[], said: None, diagnostics: Vec::new() };
    loader.said = Some(name.span);
    loader.check_file_name(&from, name);
    loader.diagnostics.extend(declared_twice(&file.items));
    let mut layers = match base {
        Some(base) if base.text == name.text => {
            loader.cyclic(name.span, &name.text, core::slice::from_ref(&name.text));
            Vec::new()
        }
        Some(base) => loader.layers(Wanted::base(base, from)),
        None => Vec::new(),
    };
    layers.push(Layer { items: file.items.clone(), in_scenario: false });
    loader.merge(&name.text, layers, Vec::new())
}

/// A protocol that is looked for.
struct Wanted {
    name: String,
    /// Who names it.
    asked: Option<Span>,
    /// The file that asks.
    from: String,
    /// Whether the scenario's own protocols count: a library's file does not see them.
    here: bool,
}

impl Wanted {
    fn base(name: &Name, from: String) -> Self {
        Self { name: name.text.clone(), asked: Some(name.span), from, here: false }
    }
}

/// The items that one file, or one difference inside a scenario, adds to its base.
struct Layer {
    items: Vec<Item>,
    in_scenario: bool,
}

struct Loader<'a> {
    sources: &'a mut SourceMap,
    library: &'a dyn Library,
    scenario: &'a [Item],
    /// Where the topmost protocol's text says its name.
    said: Option<Span>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    /// The layers of a protocol, the undermost first.
    fn layers(&mut self, wanted: Wanted) -> Vec<Layer> {
        let mut layers = Vec::new();
        let mut names = Vec::new();
        let mut next = Some(wanted);
        while let Some(wanted) = next {
            if names.contains(&wanted.name) || names.len() >= MAX_LAYERS {
                if let Some(place) = wanted.asked {
                    self.cyclic(place, &wanted.name, &names);
                }
                break;
            }
            names.push(wanted.name.clone());
            let Some((layer, base)) = self.layer(wanted) else { break };
            layers.push(layer);
            next = base;
        }
        layers.reverse();
        layers
    }

    fn cyclic(&mut self, place: Span, name: &str, names: &[String]) {
        let first = names.iter().position(|known| known == name).unwrap_or(names.len());
        let mut way: Vec<&str> = names[first..].iter().map(String::as_str).collect();
        way.push(name);
        let message = format!("`{name}` differs from itself: {}", way.join(" is "));
        let cyclic = Diagnostic::new(codes::CYCLIC_IS, place, message);
        self.diagnostics.push(cyclic.help("the undermost protocol is a whole file, without `is`"));
    }

    /// One layer, and what it differs from.
    fn layer(&mut self, wanted: Wanted) -> Option<(Layer, Option<Wanted>)> {
        if let Some((name, base, items)) = self.scenario_protocol(&wanted) {
            self.said.get_or_insert(name.span);
            self.diagnostics.extend(declared_twice(items));
            let next = Wanted { here: true, ..Wanted::base(base, wanted.from) };
            return Some((Layer { items: items.to_vec(), in_scenario: true }, Some(next)));
        }
        let Some((file_name, text)) = self.library.find(&wanted.name, &wanted.from) else {
            self.unknown_protocol(&wanted);
            return None;
        };
        let id = self.add_source(&file_name, text);
        let (file, mut mistakes) = parse_file(self.sources, id);
        let broken = !mistakes.is_empty();
        self.diagnostics.append(&mut mistakes);
        if broken {
            return None;
        }
        let Head::Protocol { name, base } = file.head else {
            let message = format!("`{file_name}` is a scenario, not the protocol `{}`", wanted.name);
            let place = wanted.asked;
            self.diagnostics.push(Diagnostic {
                span: place,
                ..Diagnostic::without_place(codes::WRONG_KIND_OF_FILE, message).help(PROTOCOL_FILE)
            });
            return None;
        };
        self.said.get_or_insert(name.span);
        self.check_file_name(&file_name, &name);
        self.diagnostics.extend(declared_twice(&file.items));
        let next = base.map(|base| Wanted::base(&base, file_name));
        Some((Layer { items: file.items, in_scenario: false }, next))
    }

    fn scenario_protocol(&self, wanted: &Wanted) -> Option<(&'a Name, &'a Name, &'a [Item])> {
        let scenario: &'a [Item] = self.scenario;
        scenario.iter().filter(|_| wanted.here).find_map(|item| match &item.kind {
            ItemKind::Protocol { name, base, items } if name.text == wanted.name => {
                Some((name, base, items.as_slice()))
            }
            _ => None,
        })
    }

    fn unknown_protocol(&mut self, wanted: &Wanted) {
        let names = self.library.names();
        let own = self.scenario.iter().filter_map(|item| match &item.kind {
            ItemKind::Protocol { name, .. } => Some(name.text.as_str()),
            _ => None,
        });
        let known: Vec<&str> = own.chain(names.iter().map(String::as_str)).collect();
        let help = match did_you_mean(&wanted.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("write it in a file `{}.pernet`", wanted.name),
            None => match known.len().saturating_sub(MOST_NAMED) {
                0 => format!("known ones are {}", known.join(", ")),
                more => format!("known ones are {} and {more} more", known[..MOST_NAMED].join(", ")),
            },
        };
        let message = format!("unknown protocol `{}`", wanted.name);
        let unknown = Diagnostic::without_place(codes::UNKNOWN_PROTOCOL, message).help(help);
        self.diagnostics.push(Diagnostic { span: wanted.asked, ..unknown });
    }

    /// Several questions may need the same file; it is kept once.
    fn add_source(&mut self, name: &str, text: String) -> FileId {
        let known = self.sources.files().iter().position(|file| file.name == name && file.text == text);
        match known.and_then(|index| u16::try_from(index).ok()) {
            Some(index) => FileId(index),
            None => self.sources.add(name, text),
        }
    }

    fn check_file_name(&mut self, file: &str, name: &Name) {
        let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
        if last.strip_suffix(".pernet") != Some(&name.text) {
            let message = format!("the file `{file}` holds the protocol `{}`", name.text);
            let mismatch = Diagnostic::new(codes::NAME_MISMATCH, name.span, message);
            self.diagnostics.push(mismatch.help(format!("name the file `{}.pernet`", name.text)));
        }
    }

    fn merge(mut self, name: &str, layers: Vec<Layer>, own: Vec<Item>) -> Result<Unit, Vec<Diagnostic>> {
        if !self.diagnostics.is_empty() {
            return Err(self.diagnostics);
        }
        let mut merge = Merge::new(self.sources, own);
        for layer in layers {
            merge.add(layer.items, layer.in_scenario);
        }
        merge.add_constants_of_scenario();
        let Merge { protocol, scenario, diagnostics, .. } = merge;
        self.diagnostics = diagnostics;
        let unit = Unit { name: name.to_owned(), said: self.said, protocol, scenario };
        self.diagnostics.extend(redefined(&unit));
        self.diagnostics.extend(unknown_types(&unit));
        if self.diagnostics.is_empty() { Ok(unit) } else { Err(self.diagnostics) }
    }
}

fn is_protocol(item: &Item) -> bool {
    matches!(item.kind, ItemKind::Protocol { .. })
}

/// Where a scenario names this protocol.
fn asked_at(scenario: &File, wanted: &str) -> Option<Span> {
    let Head::Scenario { questions } = &scenario.head else { return None };
    questions.iter().find_map(|question| match question {
        Question::On { protocol, .. } if protocol.text == wanted => Some(protocol.span),
        _ => None,
    })
}

/// Functions of a scenario that are called like one of the protocol: the protocol would not call them.
fn redefined(unit: &Unit) -> Vec<Diagnostic> {
    let known: BTreeMap<&str, Span> =
        unit.protocol.iter().filter_map(function_name).map(|name| (name.text.as_str(), name.span)).collect();
    let clashes = unit.scenario.iter().filter_map(function_name).filter_map(|name| {
        let first = *known.get(name.text.as_str())?;
        let message = format!("`{}` is a function of the protocol `{}`", name.text, unit.name);
        let help = format!(
            "choose another name; to change the protocol's write `protocol NAME is {} {{ ... }}`",
            unit.name
        );
        let clash = Diagnostic::new(codes::PROTOCOL_FUNCTION_REDEFINED, name.span, message);
        Some(clash.note(first, "the protocol's is here").help(help))
    });
    clashes.collect()
}

/// Types of declarations that nothing declares. A mistyped `task` or `const` reads as a declaration and ends here.
fn unknown_types(unit: &Unit) -> Vec<Diagnostic> {
    let items: Vec<&Item> = unit.protocol.iter().chain(&unit.scenario).collect();
    let structs: BTreeSet<&str> = items.iter().filter_map(|item| struct_name(item)).collect();
    let mut used = Vec::new();
    for item in &items {
        let decls = match &item.kind {
            ItemKind::Decl(decl) => core::slice::from_ref(decl),
            ItemKind::Struct { fields, .. } => fields,
            _ => continue,
        };
        used.extend(decls.iter().filter_map(|decl| match &decl.ty.kind {
            TypeKind::Struct(name) => Some((name.as_str(), decl.ty.span)),
            TypeKind::List { strukt, .. } => Some((strukt.text.as_str(), strukt.span)),
            _ => None,
        }));
    }
    let unknown = used.into_iter().filter(|(name, _)| !structs.contains(name)).map(|(name, span)| {
        let candidates = || structs.iter().copied().chain(type_words()).chain(item_words());
        let help = match did_you_mean(name, candidates()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if structs.is_empty() => "declare it with `struct`".into(),
            None => {
                let known: Vec<&str> = structs.iter().copied().collect();
                format!("declare it with `struct`; declared are {}", known.join(", "))
            }
        };
        Diagnostic::new(codes::UNKNOWN_TYPE, span, format!("unknown type `{name}`")).help(help)
    });
    unknown.take(MAX_DIAGNOSTICS).collect()
}

fn function_name(item: &Item) -> Option<&Name> {
    match &item.kind {
        ItemKind::Fn(function) => Some(&function.name),
        _ => None,
    }
}

fn struct_name(item: &Item) -> Option<&str> {
    match &item.kind {
        ItemKind::Struct { name, .. } => Some(&name.text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
