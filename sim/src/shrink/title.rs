//! The last touch: a page as a person would have written it, with a name, a question and its expectation.

use super::certificate::Certificate;
use super::guard::Baseline;
use super::oracle::Oracle;
use super::page::with_question;
use super::story::Run;
use super::{Effort, rename, tidy};
use crate::limit::Progress;
use crate::question::Question;
use model::lang::ast::{Body, File, ItemKind};
use model::lang::parser::parse_file;
use model::lang::printer::format;
use model::lang::source::SourceMap;
use model::lang::token::{Punct, TokenKind};

/// States that are looked at when nobody wants to wait.
const HASTY: u64 = 1_000;

/// A page with all that belongs to it.
pub struct Named {
    /// Its name, without folder and ending.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Why it breaks.
    pub why: String,
    /// What it asks.
    pub question: Question,
}

/// What a task does, as far as the registry is concerned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Act {
    /// Registers an ops.
    Register,
    /// Unregisters one.
    Unregister,
    /// Creates a namespace.
    Create,
    /// Gives one back.
    Destroy,
    /// Something else.
    Other,
}

impl Act {
    /// In a name, and in a question.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Register => ("register", "a registration"),
            Self::Unregister => ("unregister", "an unregistration"),
            Self::Create => ("create", "the creation of a namespace"),
            Self::Destroy => ("destroy", "the end of a namespace"),
            Self::Other => ("use", "a user"),
        }
    }
}

/// What a finding comes to, behind `so that`.
const COMES_TO: [(&str, &str); 42] = [
    ("paired", "an init and its exit do not pair"),
    ("init_order", "inits run out of order"),
    ("exit_order", "exits run out of order"),
    ("class_order", "devices and subsystems mix"),
    ("undo", "a failure leaves something behind"),
    ("after_unregister", "code runs that has been unregistered"),
    ("dead_net", "a callback runs on a namespace that is gone"),
    ("visible", "a namespace is found that is not whole"),
    ("frozen", "the namespaces change under the walk"),
    ("boundary", "the boundary of the devices is lost"),
    ("linked_once", "an ops is linked twice"),
    ("deadlock", "nobody can go on"),
    ("leak", "something is never given back"),
    ("closed_door", "a request comes in by a closed door"),
    ("phase_order", "phases run out of order"),
    ("callback_context", "a callback runs where it must not"),
    ("grace", "an exit does not wait for those who still look"),
    ("lock_order", "locks are taken in two orders"),
    ("slot", "an ops does not find its data"),
    ("nsid", "an id outlives its namespace"),
    ("cleaned", "a namespace is not cleaned up"),
    ("balanced", "a count is not what it was"),
    ("use_after_free", "freed memory is touched"),
    ("double_free", "memory is freed twice"),
    ("list_corruption", "a list is corrupted"),
    ("bad_cursor", "a walk loses its list"),
    ("null_deref", "a pointer is followed that is NULL"),
    ("null_call", "an absent callback is called"),
    ("out_of_bounds", "an array is overrun"),
    ("wild_access", "memory is taken for something else"),
    ("uninitialised", "a variable is read before it is set"),
    ("refcount", "a count goes wrong"),
    ("bad_unlock", "a lock is released that nobody holds"),
    ("overflow", "an integer overflows"),
    ("sleep_in_atomic", "somebody sleeps who must not"),
    ("blocks_in_atomic", "an atomic block cannot go on"),
    ("lock_held_at_end", "a lock is never released"),
    ("stack_overflow", "the stack overflows"),
    ("endless_step", "a loop gives nobody a turn"),
    ("assert", "an assertion fails"),
    ("livelock", "tasks go round for ever"),
    ("finally", "the end is not as it should be"),
];

/// Writes the page of a world that fails in a run.
pub fn write(oracle: &Oracle<'_>, text: &str, run: &Run, certificate: &Certificate) -> Named {
    let (text, why) = rename::plain(oracle, text, run);
    let question = oracle.load(&text).map(|(_, question, _)| question);
    let question = question.unwrap_or_else(|_| Question {
        protocol: String::new(),
        breaks: Vec::new(),
        params: oracle.values.clone(),
    });
    let broken = oracle.signature.name.as_str();
    let mut head = String::new();
    for Baseline { protocol, .. } in &oracle.guard.controls {
        head.push_str(&line(protocol, &breaks(oracle, &text, protocol)));
    }
    let mut names = breaks(oracle, &text, &question.protocol);
    names.retain(|name| name != broken);
    names.insert(0, broken.to_string());
    head.push_str(&line(&question.protocol, &names));
    let (tree, fails) = (parsed(&text), has_failure(&text));
    let acts = all_acts(&tree);
    let text = tidy::tidy(&with_question(&text, &head));
    let said = sentence(&certificate.to_string());
    let timed = match oracle.timed {
        true => {
            "// How long things last is part of it: it breaks by the agenda, too, as `--timed` runs it.\n"
        }
        false => "",
    };
    let text = format!("// {}\n//\n// {said}.\n{timed}{text}", asked(broken, &acts, fails));
    let text = format(&text).unwrap_or(text);
    Named { name: name(broken, &acts, fails), text, why, question: Question { breaks: names, ..question } }
}

fn line(protocol: &str, breaks: &[String]) -> String {
    match breaks {
        [] => format!("on {protocol};\n"),
        names => format!("on {protocol} breaks {};\n", names.join(", ")),
    }
}

/// All that breaks in the world on a protocol, as far as the effort can tell. The page is to answer as it says; so that is looked
/// at even where nobody wants to wait any more, if not for long.
fn breaks(oracle: &Oracle<'_>, text: &str, protocol: &str) -> Vec<String> {
    let halted = oracle.control.poll(&Progress::START).is_some();
    let max_states = if halted { HASTY.min(oracle.effort.max_states) } else { oracle.effort.max_states };
    let effort = Effort { max_states, ..*oracle.effort };
    let oracle = Oracle { effort: &effort, ..oracle.with_condition(oracle.condition.clone()) };
    let Ok((scenario, question, _)) = oracle.load(text) else { return Vec::new() };
    let question = Question { protocol: protocol.to_string(), ..question };
    let found = oracle.answer(&scenario, &question, false, &());
    found
        .map_or_else(|_| Vec::new(), |answer| answer.violations)
        .into_iter()
        .map(|found| found.name)
        .collect()
}

/// `Can it be that freed memory is touched where a registration meets the end of a namespace?`
fn asked(broken: &str, acts: &[Act], fails: bool) -> String {
    let comes_to = COMES_TO.iter().find(|(name, _)| *name == broken);
    let comes_to = comes_to.map_or_else(|| format!("`{broken}` is broken"), |(_, what)| (*what).to_string());
    let failing = if fails { " that fails" } else { "" };
    let said: Vec<_> = acts.iter().map(|act| act.words().1).collect();
    match said.as_slice() {
        [] => format!("Can it be that {comes_to}?"),
        [only] => format!("Can it be that {comes_to} in {only}{failing}?"),
        [first, rest @ ..] => {
            format!("Can it be that {comes_to} where {first}{failing} meets {}?", rest.join(" and "))
        }
    }
}

/// `paired-failed-register-meets-create`
fn name(broken: &str, acts: &[Act], fails: bool) -> String {
    let said: Vec<_> = acts.iter().map(|act| act.words().0).collect();
    let mut name = broken.to_lowercase().replace('_', "-");
    if !said.is_empty() {
        name.push_str(if fails { "-failed-" } else { "-" });
        name.push_str(&said.join("-meets-"));
    }
    name
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn parsed(text: &str) -> File {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    parse_file(&sources, file).0
}

/// Does a callback give an error, or can something fail?
fn has_failure(text: &str) -> bool {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.iter().any(|line| line.starts_with("faults ") || line.contains("return -E"))
}

/// What tasks do, each once, in the order of the tasks.
fn all_acts(tree: &File) -> Vec<Act> {
    let mut all = Vec::new();
    for item in &tree.items {
        if let ItemKind::Task { name, .. } = &item.kind {
            let acts = acts_of(tree, &name.text);
            let act = acts.first().copied().unwrap_or(Act::Other);
            if !all.contains(&act) {
                all.push(act);
            }
        }
    }
    // Where nobody has to do with the registry, there is nothing to tell.
    if all == [Act::Other] { Vec::new() } else { all }
}

/// What a task does, the most telling first; functions of the scenario that it calls included.
pub fn acts_of(tree: &File, task: &str) -> Vec<Act> {
    let body = tree.items.iter().find_map(|item| match &item.kind {
        ItemKind::Task { name, body, .. } if name.text == task => Some(body),
        _ => None,
    });
    let mut acts = Vec::new();
    let mut seen = Vec::new();
    if let Some(body) = body {
        of_body(tree, body, &mut acts, &mut seen);
    }
    acts.sort();
    acts.dedup();
    acts
}

fn of_body<'a>(tree: &'a File, body: &'a Body, acts: &mut Vec<Act>, seen: &mut Vec<&'a str>) {
    for pair in body.tokens.windows(2) {
        let (TokenKind::Name(called), true) = (&pair[0].kind, pair[1].kind.is(Punct::LParen)) else {
            continue;
        };
        acts.extend(match called.as_str() {
            "register_pernet_subsys" | "register_pernet_device" => Some(Act::Register),
            "unregister_pernet_subsys" | "unregister_pernet_device" => Some(Act::Unregister),
            "copy_net_ns" => Some(Act::Create),
            "put_net" => Some(Act::Destroy),
            _ => None,
        });
        let function = tree.items.iter().find_map(|item| match &item.kind {
            ItemKind::Fn(function) if function.name.text == *called => Some(function),
            _ => None,
        });
        if let Some(function) = function.filter(|_| !seen.contains(&called.as_str())) {
            seen.push(called);
            of_body(tree, &function.body, acts, seen);
        }
    }
}
