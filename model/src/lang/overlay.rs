//! Differences: the items of one protocol laid over those of another.
//!
//! Every change is local: a function, task or constant of a known name takes the first one's place, a `replace`
//! exchanges a run of tokens in one body, and everything else is added at the end.

use super::ast::{Body, Item, ItemKind, MethodKind, Name};
use super::codes;
use super::diagnostic::Diagnostic;
use super::lexer::MAX_DIAGNOSTICS;
use super::parser::parse_body;
use super::source::{SourceMap, Span};
use super::suggest::did_you_mean;
use super::token::Token;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// So many places of an ambiguous `replace` are shown.
const SHOWN_PLACES: usize = 5;

/// A protocol that grows layer by layer, beside the scenario that its last layers may touch.
pub(super) struct Merge<'a> {
    sources: &'a SourceMap,
    pub(super) protocol: Vec<Item>,
    pub(super) scenario: Vec<Item>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'a> Merge<'a> {
    pub(super) fn new(sources: &'a SourceMap, scenario: Vec<Item>) -> Self {
        Self { sources, protocol: Vec::new(), scenario, diagnostics: Vec::new() }
    }

    /// Lays items over what is there. Those written in the scenario reach its own items too.
    pub(super) fn add(&mut self, items: Vec<Item>, in_scenario: bool) {
        for item in items {
            match &item.kind {
                ItemKind::Replace { target, member, old, new } => {
                    let exchange = Exchange { target, member: member.as_ref(), old, new };
                    self.exchange(&exchange, in_scenario);
                }
                ItemKind::Const { .. } => {
                    let theirs = in_scenario && take_place(&mut self.scenario, &item);
                    if !take_place(&mut self.protocol, &item) && !theirs {
                        self.protocol.push(item);
                    }
                }
                _ => {
                    let placed = take_place(&mut self.protocol, &item)
                        || (in_scenario && take_place(&mut self.scenario, &item));
                    if !placed {
                        self.protocol.push(item);
                    }
                }
            }
        }
    }

    /// A scenario's constant of a known name is the protocol's from now on.
    pub(super) fn add_constants_of_scenario(&mut self) {
        let protocol = &mut self.protocol;
        self.scenario
            .retain(|item| !matches!(item.kind, ItemKind::Const { .. }) || !take_place(protocol, item));
    }

    fn exchange(&mut self, exchange: &Exchange<'_>, in_scenario: bool) {
        let mut places = exchange.bodies(&mut self.protocol);
        if places.is_empty() && in_scenario {
            places = exchange.bodies(&mut self.scenario);
        }
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (index, body) in places.iter().enumerate() {
            found.extend(matches(&body.tokens, exchange.old).map(|at| (index, at)));
        }
        let result = match found[..] {
            [(index, at)] => {
                let body = &mut *places[index];
                let mut tokens = body.tokens.clone();
                tokens.splice(at..at + exchange.old.len(), exchange.new.iter().cloned());
                parse_body(self.sources, tokens, body.block.span).map(|changed| *body = changed)
            }
            [] if places.is_empty() => {
                let theirs: &[Item] = if in_scenario { &self.scenario } else { &[] };
                Err(vec![exchange.unknown_target(&self.protocol, theirs)])
            }
            [] => Err(vec![exchange.no_match(&places)]),
            _ => {
                let spans =
                    found.iter().map(|&(index, at)| run(&places[index].tokens[at..], exchange.old.len()));
                Err(vec![exchange.several(spans.collect())])
            }
        };
        if let Err(mistakes) = result {
            self.diagnostics.extend(mistakes);
        }
    }
}

/// `replace in TARGET.MEMBER { old } with { new }`
struct Exchange<'i> {
    target: &'i Name,
    member: Option<&'i Name>,
    old: &'i [Token],
    new: &'i [Token],
}

impl Exchange<'_> {
    /// The bodies that the target names: one, or every `boot`.
    fn bodies<'b>(&self, items: &'b mut Vec<Item>) -> Vec<&'b mut Body> {
        let target = self.target.text.as_str();
        if self.member.is_some() {
            set_apart(items, target);
        }
        let body = |item: &'b mut Item| match (&mut item.kind, self.member) {
            (ItemKind::Fn(function), None) if function.name.text == target => Some(&mut function.body),
            (ItemKind::Task { name, body, .. }, None) if name.text == target => Some(body),
            (ItemKind::Boot(body), None) if target == "boot" => Some(body),
            (ItemKind::Decl(decl), Some(member)) if decl.vars.iter().any(|var| var.name.text == target) => {
                let methods = decl.methods.as_mut()?;
                methods.iter_mut().find(|method| method.name.text == member.text).and_then(|method| {
                    match &mut method.kind {
                        MethodKind::Body { body, .. } => Some(body),
                        _ => None,
                    }
                })
            }
            _ => None,
        };
        items.iter_mut().filter_map(body).collect()
    }

    fn shown(&self) -> String {
        match self.member {
            Some(member) => format!("{}.{}", self.target.text, member.text),
            None => self.target.text.clone(),
        }
    }

    fn unknown_target(&self, protocol: &[Item], scenario: &[Item]) -> Diagnostic {
        let known: Vec<String> = protocol.iter().chain(scenario).flat_map(targets).collect();
        let shown = self.shown();
        let place = self.member.map_or(self.target.span, |member| self.target.span.to(member.span));
        let help = match did_you_mean(&shown, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a function, a task, or the callback of an object with a body: `veth.init`".into(),
        };
        let message = format!("there is no `{shown}` to replace tokens in");
        Diagnostic::new(codes::REPLACE_UNKNOWN_TARGET, place, message).help(help)
    }

    /// No run is equal: shows where the longest beginning ends.
    fn no_match(&self, places: &[&mut Body]) -> Diagnostic {
        let all = run(self.old, self.old.len());
        let message = format!("these tokens do not occur in `{}`", self.shown());
        let none = Diagnostic::new(codes::REPLACE_NO_MATCH, all, message)
            .help("copy them from the text of that function; spaces and comments do not matter");
        let begun =
            |tokens: &[Token]| tokens.iter().zip(self.old).take_while(|(a, b)| a.kind == b.kind).count();
        let starts = places.iter().flat_map(|body| (0..body.tokens.len()).map(|at| &body.tokens[at..]));
        // The first of the longest: `max_by_key` would take the last.
        let mut best: (usize, &[Token]) = (0, &[]);
        for tokens in starts {
            if begun(tokens) > best.0 {
                best = (begun(tokens), tokens);
            }
        }
        let (length, tokens) = best;
        if length == 0 {
            return none.note(places[0].block.span, "the text is this");
        }
        let differs = &self.old[length];
        let none = match tokens.get(length) {
            Some(token) => none.note(token.span, format!("the nearest place goes on with `{}`", token.kind)),
            None => none.note(tokens[length - 1].span, "the nearest place ends here"),
        };
        none.note(differs.span, format!("where `{}` is wanted", differs.kind))
    }

    fn several(&self, places: Vec<Span>) -> Diagnostic {
        let count = places.len();
        let message = format!("these tokens occur {count} times in `{}`", self.shown());
        let several = Diagnostic::new(codes::REPLACE_SEVERAL_MATCHES, run(self.old, self.old.len()), message)
            .help("add tokens before or after them, on both sides of the `with`, until one place is meant");
        places.into_iter().take(SHOWN_PLACES).fold(several, |several, place| several.note(place, "here"))
    }
}

/// What a `replace` may name in an item.
fn targets(item: &Item) -> Vec<String> {
    match &item.kind {
        ItemKind::Fn(function) => vec![function.name.text.clone()],
        ItemKind::Task { name, .. } => vec![name.text.clone()],
        ItemKind::Decl(decl) => {
            let methods =
                decl.methods.iter().flatten().filter(|method| matches!(method.kind, MethodKind::Body { .. }));
            let of = |method: &str| {
                decl.vars.iter().map(|var| format!("{}.{method}", var.name.text)).collect::<Vec<_>>()
            };
            methods.flat_map(|method| of(&method.name.text)).collect()
        }
        _ => Vec::new(),
    }
}

/// Gives an object that shares its braces with others (`ops a, b { ... }`) braces of its own.
fn set_apart(items: &mut Vec<Item>, object: &str) {
    let shares = |item: &Item| match &item.kind {
        ItemKind::Decl(decl) if decl.vars.len() > 1 && decl.methods.is_some() => {
            decl.vars.iter().any(|var| var.name.text == object)
        }
        _ => false,
    };
    let Some(at) = items.iter().position(shares) else { return };
    let item = items.remove(at);
    let ItemKind::Decl(decl) = &item.kind else { return };
    let alone = decl.vars.iter().map(|var| {
        let decl = super::ast::Decl { vars: vec![var.clone()], ..decl.clone() };
        Item { kind: ItemKind::Decl(decl), span: item.span }
    });
    items.splice(at..at, alone.collect::<Vec<_>>());
}

/// The kind of constants in a [`key`]: the only ones that may be said again in one file.
const CONST: u8 = 2;

/// The name by which an item takes another's place.
fn key(item: &Item) -> Option<(u8, &Name)> {
    match &item.kind {
        ItemKind::Fn(function) => Some((0, &function.name)),
        ItemKind::Task { name, .. } => Some((1, name)),
        ItemKind::Const { name, .. } => Some((CONST, name)),
        ItemKind::Protocol { name, .. } => Some((3, name)),
        _ => None,
    }
}

/// Puts an item in the place of the one with its kind and name, if there is one.
fn take_place(items: &mut [Item], item: &Item) -> bool {
    let Some((kind, name)) = key(item) else { return false };
    let same = |other: &Item| key(other).is_some_and(|(its, other)| its == kind && other.text == name.text);
    let places = items.iter_mut().filter(|other| same(other));
    places.map(|place| *place = item.clone()).count() > 0
}

/// Functions, tasks and protocols that one file declares twice: the second would silently take the first one's place.
pub(super) fn declared_twice(items: &[Item]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<(u8, &str), Span> = BTreeMap::new();
    let declared = items.iter().filter_map(key).filter(|(kind, _)| *kind != CONST);
    let twice = declared.filter_map(|(kind, name)| {
        let earlier = first.insert((kind, &name.text), name.span)?;
        let again =
            Diagnostic::new(codes::DECLARED_TWICE, name.span, format!("`{}` is declared twice", name.text));
        Some(again.note(earlier, "also declared here").help("delete one of the two, or give it another name"))
    });
    twice.take(MAX_DIAGNOSTICS).collect()
}

/// Where `old` occurs in `tokens`, overlapping ones too.
fn matches<'t>(tokens: &'t [Token], old: &'t [Token]) -> impl Iterator<Item = usize> + 't {
    let equal = move |window: &[Token]| window.iter().zip(old).all(|(a, b)| a.kind == b.kind);
    tokens.windows(old.len().max(1)).enumerate().filter(move |(_, window)| equal(window)).map(|(at, _)| at)
}

/// The place of the first `length` tokens.
fn run(tokens: &[Token], length: usize) -> Span {
    tokens[0].span.to(tokens[length - 1].span)
}
