//! What can be left out of a scenario's text, or made simpler, one thing at a time.
//!
//! An edit is a few cuts by spans of the syntax tree. What is left is laid out anew; whether it means anything is for
//! the compiler to say, so an edit need not know what else depends on what it takes away. The question, and the
//! condition that breaks, are never edited.

mod list;
mod names;
mod simpler;
mod stmts;
#[cfg(test)]
mod tests;

use model::lang::ast::{ConditionKind, File, Head, ItemKind, Name, Question};
use model::lang::lexer::lex;
use model::lang::parser::parse_file;
use model::lang::printer::format;
use model::lang::source::{FileId, SourceMap, Span};
use model::lang::token::{Punct, Token};

/// What an edit is about: coarse ones come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A task goes, with all that speaks of it.
    Task,
    /// A declared name goes, with all that speaks of it.
    Name,
    /// A condition, a line of time, a difference that the page spells out.
    Line,
    /// A statement goes.
    Statement,
    /// A statement becomes a part of itself, a body becomes empty, a choice is no choice any more.
    Simpler,
    /// A number becomes smaller.
    Number,
}

/// Something left out of a scenario's text, or made simpler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What it is about.
    pub kind: Kind,
    /// What it does, in a few words: `without task rmmod`.
    pub what: String,
    cuts: Vec<Cut>,
}

/// Bytes that go, and what comes in their place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cut {
    lo: usize,
    hi: usize,
    put: String,
}

impl Cut {
    pub(super) fn of(span: Span) -> Self {
        Self::bytes(span.lo, span.hi)
    }

    pub(super) fn bytes(lo: u32, hi: u32) -> Self {
        Self { lo: lo as usize, hi: hi as usize, put: String::new() }
    }

    pub(super) fn put(self, put: impl Into<String>) -> Self {
        Self { put: put.into(), ..self }
    }

    /// What is left of a text; of cuts that lie in others nothing is seen.
    pub(super) fn all(cuts: &[Self], text: &str) -> Option<String> {
        let mut cuts: Vec<_> = cuts.iter().collect();
        // Of two that begin together the longer one is first, but for those that only put something.
        cuts.sort_by(|a, b| (a.lo, a.hi > a.lo, b.hi, &a.put).cmp(&(b.lo, b.hi > b.lo, a.hi, &b.put)));
        let mut left = String::with_capacity(text.len());
        let mut at = 0;
        for cut in cuts {
            if cut.lo >= at {
                left.push_str(text.get(at..cut.lo)?);
                // What stood on both sides stays apart.
                left.push(' ');
                left.push_str(&cut.put);
                left.push(' ');
            }
            at = at.max(cut.hi);
        }
        left.push_str(text.get(at..)?);
        Some(left)
    }
}

impl Edit {
    fn new(kind: Kind, what: impl Into<String>, cuts: Vec<Cut>) -> Self {
        Self { kind, what: what.into(), cuts }
    }

    /// The text that is left, laid out; `None` if it is no scenario any more, or the same.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        Self::apply_all([self], text)
    }

    /// The text that is left when all of some edits of it are made at once.
    #[must_use]
    pub fn apply_all<'a>(edits: impl IntoIterator<Item = &'a Self>, text: &str) -> Option<String> {
        let cuts: Vec<_> = edits.into_iter().flat_map(|edit| edit.cuts.iter().cloned()).collect();
        format(&Cut::all(&cuts, text)?).ok().filter(|left| left != text)
    }
}

/// A scenario's text, taken apart.
#[derive(Debug)]
struct Parts<'a> {
    text: &'a str,
    tree: File,
    tokens: Vec<Token>,
    /// The condition that breaks: what it is called, and its text.
    kept: Option<(&'a str, &'a str)>,
}

impl Parts<'_> {
    fn text(&self, span: Span) -> &str {
        &self.text[span.lo as usize..span.hi as usize]
    }

    /// The tokens of a span.
    fn tokens(&self, span: Span) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.span.lo < span.lo);
        let to = self.tokens.partition_point(|token| token.span.lo < span.hi);
        &self.tokens[from..to.max(from)]
    }

    fn mentions(&self, span: Span, name: &str) -> bool {
        self.tokens(span).iter().any(|token| token.kind.is_word(name))
    }

    /// Is it the condition that breaks?
    fn is_kept(&self, name: &str, span: Span) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<String>();
        self.kept.is_some_and(|(kept, text)| kept == name && words(text) == words(self.text(span)))
    }

    /// The protocol that the first `on` line asks about.
    fn asked(&self) -> &str {
        self.question().map_or("", |name| name.text.as_str())
    }

    fn question(&self) -> Option<&Name> {
        let Head::Scenario { questions } = &self.tree.head else { return None };
        questions.iter().find_map(|line| match line {
            Question::On { protocol, .. } => Some(protocol),
            Question::For { .. } => None,
        })
    }
}

/// All single edits of a scenario's text, the coarse ones first; none of a text that cannot be read. `kept`: the name and
/// the text of a condition that is left as it is.
#[must_use]
pub fn edits(text: &str, kept: Option<(&str, &str)>) -> Vec<Edit> {
    let mut sources = SourceMap::default();
    let file: FileId = sources.add("", text);
    let (tree, mistakes) = parse_file(&sources, file);
    if !mistakes.is_empty() || !matches!(tree.head, Head::Scenario { .. }) {
        return Vec::new();
    }
    let parts = Parts { text, tree, tokens: lex(text, file).tokens, kept };
    let mut edits = Vec::new();
    names::edits(&parts, &mut edits);
    lines(&parts, &mut edits);
    stmts::edits(&parts, &mut edits);
    simpler::edits(&parts, &mut edits);
    // A stable sort: what is alike stays in its order.
    edits.sort_by_key(|edit| edit.kind);
    let mut seen = std::collections::BTreeSet::new();
    edits.retain(|edit| seen.insert(edit.cuts.clone()));
    edits
}

/// Whole items that have no name.
fn lines(parts: &Parts<'_>, edits: &mut Vec<Edit>) {
    for item in &parts.tree.items {
        match &item.kind {
            ItemKind::Condition { kind, label, exprs } => {
                let name = condition_name(*kind, label.as_ref());
                let spans: Vec<_> = exprs.iter().map(|expr| expr.span).collect();
                let kept: Vec<_> = spans.iter().map(|&span| parts.is_kept(&name, span)).collect();
                if !kept.contains(&true) {
                    let what = format!("without `{}`", one_line(parts.text(item.span)));
                    edits.push(Edit::new(Kind::Line, what, vec![Cut::of(item.span)]));
                }
                for (at, cut) in list::each(parts, &spans, item.span.hi - 1) {
                    if !kept[at] {
                        let what = format!("without the condition `{}`", one_line(parts.text(spans[at])));
                        edits.push(Edit::new(Kind::Line, what, vec![cut]));
                    }
                }
            }
            ItemKind::Time { .. } | ItemKind::Faults { .. } => {
                let what = format!("without `{}`", one_line(parts.text(item.span)));
                edits.push(Edit::new(Kind::Line, what, vec![Cut::of(item.span)]));
            }
            ItemKind::Boot(_) => {
                edits.push(Edit::new(Kind::Line, "without boot", vec![Cut::of(item.span)]));
            }
            ItemKind::Replace { target, .. } => {
                let what = format!("without the replacement in {}", target.text);
                edits.push(Edit::new(Kind::Line, what, vec![Cut::of(item.span)]));
            }
            ItemKind::Protocol { name, base, items } => {
                for inner in items {
                    let what = format!("{} without `{}`", name.text, one_line(parts.text(inner.span)));
                    edits.push(Edit::new(Kind::Line, what, vec![Cut::of(inner.span)]));
                }
                let mut cuts = vec![Cut::of(item.span)];
                let asked = name.text == parts.asked();
                if asked {
                    cuts.extend(parts.question().map(|name| Cut::of(name.span).put(&base.text)));
                }
                edits.push(Edit::new(Kind::Line, format!("without the difference {}", name.text), cuts));
            }
            _ => {}
        }
    }
}

/// What a condition is found under.
fn condition_name(kind: ConditionKind, label: Option<&Name>) -> String {
    use ConditionKind::{Always, Finally, Never, Sometimes};
    let word = match kind {
        Always => "always",
        Never => "never",
        Sometimes => "sometimes",
        Finally => "finally",
    };
    label.map_or(word, |label| label.text.as_str()).to_string()
}

/// A piece of text for people: one line, and not a long one.
fn one_line(text: &str) -> String {
    const MOST: usize = 60;
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST) {
        None => line,
        Some((at, _)) => format!("{}...", &line[..at]),
    }
}

/// A text without its comments: what they say may be true of the world that they were written for.
#[must_use]
pub fn without_comments(text: &str) -> String {
    let lexed = lex(text, FileId(0));
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for comment in &lexed.comments {
        left.push_str(&text[at..comment.span.lo as usize]);
        left.push(' ');
        at = comment.span.hi as usize;
    }
    left.push_str(&text[at..]);
    left
}

/// Every use of a name becomes something else; a field that is called like it does not.
#[must_use]
pub fn with_name(text: &str, name: &str, put: &str) -> String {
    let tokens = lex(text, FileId(0)).tokens;
    let mut left = String::with_capacity(text.len());
    let mut at = 0;
    for (index, token) in tokens.iter().enumerate() {
        let field = index > 0 && tokens[index - 1].kind.is(Punct::Dot);
        if token.kind.is_word(name) && !field {
            left.push_str(&text[at..token.span.lo as usize]);
            left.push_str(put);
            at = token.span.hi as usize;
        }
    }
    left.push_str(&text[at..]);
    left
}
