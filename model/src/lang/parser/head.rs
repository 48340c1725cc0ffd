//! The first lines of a file: what kind it is, and what a scenario asks.

use super::items::Within;
use super::{Failed, Parse, Parser};
use crate::lang::ast::{File, Head, Name, Question};
use crate::lang::codes;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::lang::token::{Punct, TokenKind};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

/// What a file may begin with.
const HEADS: &str = "a scenario begins with `on PROTOCOL;`, a protocol with `protocol NAME;`";

impl Parser<'_> {
    pub(super) fn file(&mut self) -> File {
        let head = if self.at_end() {
            if self.diagnostics.is_empty() {
                self.report(Diagnostic::new(codes::EMPTY_FILE, self.end, "the file is empty").help(HEADS));
            }
            Head::Scenario { questions: Vec::new() }
        } else if self.at_word("protocol") && !self.begins_difference() {
            self.protocol_head()
        } else {
            self.scenario_head()
        };
        let within = match head {
            Head::Protocol { .. } => Within::Protocol,
            Head::Scenario { .. } => Within::Scenario,
        };
        let items = self.items(within);
        File { head, items }
    }

    /// `protocol NAME is BASE {` is an item; with a `;` it is the first line of a file.
    fn begins_difference(&self) -> bool {
        self.peek(2).is_some_and(|kind| kind.is_word("is")) && self.punct_ahead(4, Punct::LBrace)
    }

    fn protocol_head(&mut self) -> Head {
        let first = self.at;
        self.bump();
        let missing = Name { text: "".into(), span: self.here() };
        let mut head = Head::Protocol { name: missing, base: None };
        if self.protocol_line(&mut head).is_err() {
            self.skip_item(first, false);
        }
        head
    }

    fn protocol_line(&mut self, head: &mut Head) -> Parse<()> {
        let named = self.proto()?;
        let based = if self.eat_word("is") { Some(self.proto()?) } else { None };
        *head = Head::Protocol { name: named, base: based };
        self.semicolon("the line")
    }

    fn scenario_head(&mut self) -> Head {
        let start = self.here();
        let mut questions = Vec::new();
        while self.at_question() {
            let first = self.at;
            match self.question() {
                Ok(question) => questions.push(question),
                Err(Failed) => self.skip_item(first, false),
            }
        }
        self.asked_twice(&questions);
        let asks = questions.iter().any(|question| matches!(question, Question::On { .. }));
        if !asks && self.diagnostics.is_empty() {
            let message = "this file does not say which protocol it is about";
            self.say(Diagnostic::new(codes::NO_ON_LINE, start, message).help(HEADS));
        }
        Head::Scenario { questions }
    }

    /// `for` begins no item and `on` neither, so a misplaced one is recognised too.
    pub(super) fn at_question(&self) -> bool {
        self.at_word("on") || self.at_word("for")
    }

    /// A line asked twice would be answered twice, and perhaps in two ways.
    fn asked_twice(&mut self, questions: &[Question]) {
        let mut first: BTreeMap<(bool, &str), Span> = BTreeMap::new();
        for (about, span) in questions.iter().map(asked) {
            if let Some(earlier) = first.insert(about, span) {
                let twice =
                    Diagnostic::new(codes::ASKED_TWICE, span, format!("`{}` is asked twice", about.1));
                self.say(twice.note(earlier, "also asked here").help("keep one of the two lines"));
            }
        }
    }

    pub(super) fn question(&mut self) -> Parse<Question> {
        let first = self.here();
        if self.eat_word("on") {
            let protocol = self.proto()?;
            let breaks = if self.eat_word("breaks") {
                self.comma_separated(|parser| parser.name("the name of a finding"))?
            } else {
                Vec::new()
            };
            if breaks.is_empty() && self.name_ahead(0).is_some() && !self.begins_line() {
                let help = "a line is `on PROTOCOL;` or `on PROTOCOL breaks NAME, NAME;`";
                return self.unexpected("`breaks` or `;`", help);
            }
            self.duplicate_breaks(&breaks);
            self.semicolon("the line")?;
            return Ok(Question::On { protocol, breaks, span: self.since(first) });
        }
        self.bump();
        let help = "`for NAME in 1..3;` asks once for each value";
        let name = self.name("the name of a parameter")?;
        self.expect_word("in", help)?;
        let range = self.here();
        let lo = self.int(help)?;
        self.expect(Punct::DotDot, help)?;
        let hi = self.int(help)?;
        if lo > hi {
            let message = format!("the range `{lo}..{hi}` is empty");
            let empty = Diagnostic::new(codes::EMPTY_RANGE, self.since(range), message);
            self.say(empty.help("write the smaller value first; the last one is included"));
        }
        self.semicolon("the line")?;
        Ok(Question::For { name, lo, hi, span: self.since(first) })
    }

    fn int(&mut self, help: &str) -> Parse<i64> {
        let Some(&TokenKind::Int(value)) = self.peek(0) else { return self.unexpected("an integer", help) };
        self.bump();
        Ok(value)
    }

    fn duplicate_breaks(&mut self, breaks: &[Name]) {
        let mut first: BTreeMap<&str, Span> = BTreeMap::new();
        for name in breaks {
            if let Some(earlier) = first.insert(&name.text, name.span) {
                let message = format!("`{}` is named twice", name.text);
                let twice = Diagnostic::new(codes::DUPLICATE_BREAKS, name.span, message);
                self.say(twice.note(earlier, "also named here").help("name each finding once"));
            }
        }
    }
}

/// What a line asks about, with its kind, and where.
fn asked(question: &Question) -> ((bool, &str), Span) {
    match question {
        Question::On { protocol, .. } => ((true, &protocol.text), protocol.span),
        Question::For { name, .. } => ((false, &name.text), name.span),
    }
}
