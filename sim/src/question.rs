//! From a scenario's text to its questions, and from a question to a compiled program.
//!
//! A question is a scenario, one of its `on` lines, and one value for each of its `for` lines.

use crate::codes;
use model::compile::{Settings, compile};
use model::lang::ast::{File, Head, Item, ItemKind, Question as Line};
use model::lang::diagnostic::Diagnostic;
use model::lang::load::{Library, Unit, load};
use model::lang::parser::parse_file;
use model::lang::source::{FileId, SourceMap, Span};
use model::lang::suggest::did_you_mean;
use model::machine::value::{MAX_INT, MIN_INT};
use model::machine::{Program, Room};
use std::collections::BTreeMap;

/// The most combinations of values that the `for` lines of one scenario may ask of.
const MOST_VALUES: i64 = 10_000;

/// Names and their values.
pub type Values = BTreeMap<String, i64>;

/// An input that cannot be used, and all that is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rejected {
    /// The texts that the diagnostics point into.
    pub sources: SourceMap,
    /// What is wrong. Never empty.
    pub diagnostics: Vec<Diagnostic>,
}

impl Rejected {
    /// One mistake without a place in a text.
    #[must_use]
    pub fn new(diagnostic: Diagnostic) -> Self {
        Self { sources: SourceMap::default(), diagnostics: vec![diagnostic] }
    }
}

/// A scenario as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The name that reports show.
    pub file: String,
    sources: SourceMap,
    id: FileId,
    tree: File,
}

/// One question of a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// The protocol.
    pub protocol: String,
    /// What must be found, exactly; nothing: nothing may be found.
    pub breaks: Vec<String>,
    /// The values of `for` and `--set`.
    pub params: Values,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// With all that is wrong in it.
    pub fn read(file: &str, text: &str) -> Result<Self, Rejected> {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let (tree, diagnostics) = parse_file(&sources, id);
        if !diagnostics.is_empty() {
            return Err(Rejected { sources, diagnostics });
        }
        if let Head::Protocol { name, .. } = &tree.head {
            let diagnostic = Diagnostic::new(
                codes::PROTOCOL_AS_SCENARIO,
                name.span,
                format!("`{file}` is a protocol, and a protocol alone asks nothing"),
            )
            .help(format!(
                "show it with `pernet-sim show {file}`, or put it under a scenario with `--protocol {file}`"
            ));
            return Err(Rejected { sources, diagnostics: vec![diagnostic] });
        }
        Ok(Self { file: file.to_string(), sources, id, tree })
    }

    /// The file's stem.
    #[must_use]
    pub fn name(&self) -> &str {
        stem(&self.file)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.sources.file(self.id).text
    }

    /// Its texts: one.
    #[must_use]
    pub const fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// The protocols that the scenario itself spells out, each with the one that it differs from.
    fn own_protocols(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tree.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Protocol { name, base, .. } => Some((name.text.as_str(), base.text.as_str())),
            _ => None,
        })
    }

    /// The protocol under another one, beneath all differences that the scenario itself spells out.
    #[must_use]
    pub fn base<'a>(&'a self, protocol: &'a str) -> &'a str {
        let mut base = protocol;
        // At most as many steps as there are differences: they may go in a circle.
        for _ in self.own_protocols() {
            let Some((_, below)) = self.own_protocols().find(|(name, _)| *name == base) else { break };
            base = below;
        }
        base
    }

    /// The protocols among them that an `on` line asks about.
    #[must_use]
    pub fn asked_own(&self) -> Vec<String> {
        let asked = self.questions(None, &Values::new());
        let own = self.own_protocols().map(|(name, _)| name.to_string());
        own.filter(|name| asked.iter().any(|question| question.protocol == *name)).collect()
    }

    /// Does an `on` line ask about a protocol that the scenario does not spell out itself?
    #[must_use]
    pub fn asks_others(&self) -> bool {
        let asked = self.questions(None, &Values::new());
        asked.iter().any(|question| self.own_protocols().all(|(name, _)| name != question.protocol))
    }

    /// The scenario with the differences that it spells out laid over another protocol.
    #[must_use]
    pub fn rebased(&self, onto: &str) -> Self {
        let own: Vec<String> = self.own_protocols().map(|(name, _)| name.to_string()).collect();
        let mut scenario = self.clone();
        for item in &mut scenario.tree.items {
            if let ItemKind::Protocol { base, .. } = &mut item.kind
                && !own.contains(&base.text)
            {
                base.text = onto.to_string();
            }
        }
        scenario
    }

    /// All its questions. `protocol` replaces the `on` lines, and then nothing may be found; `set` pins the values of
    /// `for`, or sets constants.
    #[must_use]
    pub fn questions(&self, protocol: Option<&str>, set: &Values) -> Vec<Question> {
        let Head::Scenario { questions } = &self.tree.head else { return Vec::new() };
        let mut values = vec![set.clone()];
        for line in questions {
            if let Line::For { name, lo, hi, .. } = line
                && !set.contains_key(&name.text)
            {
                values = values.iter().flat_map(|values| each_value(values, &name.text, *lo, *hi)).collect();
            }
        }
        let asked: Vec<(&str, Vec<String>)> = match protocol {
            Some(protocol) => vec![(protocol, Vec::new())],
            None => questions.iter().filter_map(on_line).collect(),
        };
        let question = |protocol: &str, breaks: &[String], params: &Values| Question {
            protocol: protocol.to_string(),
            breaks: breaks.to_vec(),
            params: params.clone(),
        };
        asked
            .iter()
            .flat_map(|(protocol, breaks)| values.iter().map(|params| question(protocol, breaks, params)))
            .collect()
    }

    /// Where an `on` line says that this breaks.
    pub(crate) fn breaks_place(&self, wanted: &str, name: &str) -> Option<Span> {
        let Head::Scenario { questions } = &self.tree.head else { return None };
        let lines = questions.iter().filter_map(|line| match line {
            Line::On { protocol, breaks, .. } if protocol.text == wanted => Some(breaks),
            _ => None,
        });
        lines.flatten().find(|said| said.text == name).map(|said| said.span)
    }

    /// A scenario that asks more than can be answered.
    ///
    /// # Errors
    /// With the `for` line that makes it so many.
    pub fn check_number(&self, set: &Values) -> Result<(), Rejected> {
        let Head::Scenario { questions } = &self.tree.head else { return Ok(()) };
        let mut values = 1_i64;
        for line in questions {
            if let Line::For { name, lo, hi, .. } = line
                && !set.contains_key(&name.text)
            {
                values = values.saturating_mul(hi.saturating_sub(*lo).saturating_add(1));
                if values > MOST_VALUES {
                    let message = format!("the `for` lines up to here ask of {values} values");
                    let help = format!(
                        "{MOST_VALUES} are the most; narrow the range, or pin one value: `--set {}={lo}`",
                        name.text
                    );
                    let diagnostic =
                        Diagnostic::new(codes::TOO_MANY_QUESTIONS, name.span, message).help(help);
                    return Err(Rejected { sources: self.sources.clone(), diagnostics: vec![diagnostic] });
                }
            }
        }
        Ok(())
    }

    /// Finds the protocol and puts its text and the scenario's together.
    ///
    /// # Errors
    /// With all that is wrong in one of them.
    pub fn load(&self, question: &Question, library: &dyn Library) -> Result<Loaded, Rejected> {
        let mut sources = self.sources.clone();
        match load(&mut sources, &self.tree, self.id, &question.protocol, library) {
            Ok(unit) => {
                let diagnostics = self.check_params(&question.params, &unit);
                if diagnostics.is_empty() {
                    let (parameters, values) = question
                        .params
                        .clone()
                        .into_iter()
                        .partition(|(name, _)| self.fors().any(|known| known == name));
                    Ok(Loaded { sources, unit, parameters, values })
                } else {
                    Err(Rejected { sources, diagnostics })
                }
            }
            Err(diagnostics) => Err(Rejected { sources, diagnostics }),
        }
    }

    /// The names of its `for` lines.
    fn fors(&self) -> impl Iterator<Item = &str> {
        let lines = match &self.tree.head {
            Head::Scenario { questions } => questions.as_slice(),
            Head::Protocol { .. } => &[],
        };
        lines.iter().filter_map(|line| match line {
            Line::For { name, .. } => Some(name.text.as_str()),
            Line::On { .. } => None,
        })
    }

    fn check_params(&self, params: &Values, unit: &Unit) -> Vec<Diagnostic> {
        let known: Vec<&str> =
            self.fors().chain(consts(&unit.protocol)).chain(consts(&unit.scenario)).collect();
        let mut diagnostics = Vec::new();
        for (name, &value) in params {
            if !known.contains(&name.as_str()) {
                let help = match did_you_mean(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => {
                        "neither the scenario nor the protocol has a `const`".to_string()
                    }
                    None => format!("what can be set here: {}", known.join(", ")),
                };
                let message = format!("`{}` has no `const` and no `for` named `{name}`", self.file);
                diagnostics.push(Diagnostic::without_place(codes::UNKNOWN_CONST, message).help(help));
            }
            if !(MIN_INT..=MAX_INT).contains(&value) {
                let message = format!("`{name}={value}` is beyond the integers of the language");
                diagnostics.push(
                    Diagnostic::without_place(codes::SET_RANGE, message)
                        .help(format!("they go from {MIN_INT} to {MAX_INT}")),
                );
            }
        }
        diagnostics
    }
}

/// A question's whole text, ready to be compiled.
#[derive(Clone, Debug)]
pub struct Loaded {
    sources: SourceMap,
    unit: Unit,
    /// Values of `for`.
    parameters: Values,
    /// Values of constants.
    values: Values,
}

impl Loaded {
    /// Compiles it with the room that is known to be needed.
    ///
    /// # Errors
    /// With all that is wrong in it.
    pub fn compile(&self, room: &Room) -> Result<Program, Rejected> {
        self.compiled(&self.unit, room, true)
    }

    /// Compiles it without judges and conditions, to count states against other tools.
    ///
    /// # Errors
    /// With all that is wrong in it.
    pub fn compile_unjudged(&self, room: &Room) -> Result<Program, Rejected> {
        let mut unit = self.unit.clone();
        let is_condition = |item: &Item| matches!(item.kind, ItemKind::Condition { .. });
        unit.protocol.retain(|item| !is_condition(item));
        unit.scenario.retain(|item| !is_condition(item));
        self.compiled(&unit, room, false)
    }

    fn compiled(&self, unit: &Unit, room: &Room, judges: bool) -> Result<Program, Rejected> {
        let settings = Settings {
            values: self.values.clone(),
            parameters: self.parameters.clone(),
            judges,
            room: room.clone(),
        };
        compile(&self.sources, unit, &settings)
            .map_err(|diagnostics| Rejected { sources: self.sources.clone(), diagnostics })
    }

    /// The protocol's and the scenario's items.
    #[must_use]
    pub const fn unit(&self) -> &Unit {
        &self.unit
    }

    /// Values of `for`, and values of constants.
    #[must_use]
    pub const fn given(&self) -> (&Values, &Values) {
        (&self.parameters, &self.values)
    }

    /// All texts: the scenario first, then the protocols that were read.
    #[must_use]
    pub const fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// A mistake that only running can find, with the texts it points into.
    #[must_use]
    pub fn rejected(&self, diagnostic: Diagnostic) -> Rejected {
        Rejected { sources: self.sources.clone(), diagnostics: vec![diagnostic] }
    }
}

fn each_value(values: &Values, name: &str, lo: i64, hi: i64) -> Vec<Values> {
    let with = |value| {
        let mut values = values.clone();
        values.insert(name.to_string(), value);
        values
    };
    (lo..=hi).map(with).collect()
}

fn on_line(line: &Line) -> Option<(&str, Vec<String>)> {
    match line {
        Line::On { protocol, breaks, .. } => {
            Some((&protocol.text, breaks.iter().map(|name| name.text.clone()).collect()))
        }
        Line::For { .. } => None,
    }
}

fn consts(items: &[Item]) -> impl Iterator<Item = &str> {
    items.iter().filter_map(|item| match &item.kind {
        ItemKind::Const { name, .. } => Some(name.text.as_str()),
        _ => None,
    })
}

/// The name of a file without its folder and ending.
#[must_use]
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".pernet").unwrap_or(name)
}
