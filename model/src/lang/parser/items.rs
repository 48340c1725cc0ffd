//! Items: declarations, functions, tasks, conditions and differences.

use super::decls::type_words;
use super::{Failed, Parse, Parser};
use crate::lang::ast::*;
use crate::lang::codes;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::suggest::did_you_mean;
use crate::lang::token::{Punct, Token, TokenKind};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What the items are in, which decides whether a `protocol` may stand among them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Protocol,
    Scenario,
    Difference,
}

/// The words that begin an item which is no declaration.
const ITEM_WORDS: &[&str] = &[
    "struct",
    "const",
    "fn",
    "boot",
    "task",
    "always",
    "never",
    "sometimes",
    "finally",
    "faults",
    "time",
    "replace",
    "protocol",
    "on",
    "for",
];
const ITEMS: &str = "items are declarations, struct, const, fn, boot, task, always, never, sometimes, finally, \
                     faults, time, replace and protocol";

/// The words that begin an item, for "did you mean".
pub(in crate::lang) fn item_words<'a>() -> impl Iterator<Item = &'a str> {
    ITEM_WORDS.iter().copied()
}

impl Parser<'_> {
    /// Items up to the end, or up to the brace that closes a difference.
    pub(super) fn items(&mut self, within: Within) -> Vec<Item> {
        let mut items = Vec::new();
        let inside = within == Within::Difference;
        while !self.items_end(inside) {
            let first = self.at;
            let start = self.here();
            match self.item(within) {
                Ok(Some(kind)) => items.push(Item { kind, span: self.since(start) }),
                Ok(None) => {}
                Err(Failed) => {
                    self.skip_item(first, inside);
                    // Whatever stopped the skipping at once cannot be read as an item either.
                    if self.at == first {
                        self.bump();
                    }
                }
            }
        }
        items
    }

    /// One item; `None` for what is reported but was read.
    fn item(&mut self, within: Within) -> Parse<Option<ItemKind>> {
        let Some(word) = self.name_ahead(0) else { return self.no_item() };
        Ok(Some(match word {
            "struct" => self.structure()?,
            "const" => self.constant()?,
            "fn" => self.function()?,
            "boot" => {
                self.bump();
                ItemKind::Boot(self.body("`boot`")?)
            }
            "task" => self.task()?,
            "always" => self.condition(ConditionKind::Always)?,
            "never" => self.condition(ConditionKind::Never)?,
            "sometimes" => self.condition(ConditionKind::Sometimes)?,
            "finally" => self.condition(ConditionKind::Finally)?,
            "faults" => self.faults()?,
            "time" => self.time()?,
            "replace" if self.name_ahead(1) == Some("in") => {
                if within == Within::Scenario {
                    self.replace_outside();
                }
                self.replace()?
            }
            "protocol" => return self.difference(within),
            "on" | "for" => {
                self.misplaced_question();
                return self.question().map(|_| None);
            }
            _ if self.begins_decl() => ItemKind::Decl(self.decl()?),
            _ => return self.no_item(),
        }))
    }

    fn replace_outside(&mut self) {
        let message = "a scenario changes a protocol only in a difference";
        let outside = Diagnostic::new(codes::REPLACE_OUTSIDE_DIFFERENCE, self.here(), message);
        let help = "write `protocol NAME is BASE { replace in ... }` and ask `on NAME;`";
        self.say(outside.help(help));
    }

    fn misplaced_question(&mut self) {
        let message = format!("the `{}` line stands below the first item", self.name_ahead(0).unwrap_or(""));
        let place = self.here();
        let help = "move it to the top of the scenario";
        self.say(Diagnostic::new(codes::ON_AFTER_ITEMS, place, message).help(help));
    }

    fn no_item<T>(&mut self) -> Parse<T> {
        if self.at_punct(Punct::RBrace) {
            let help = "delete it, or open a brace for it";
            return self.fail(codes::UNBALANCED_BRACE, "`}` closes nothing", help);
        }
        if self.at_punct(Punct::Semi) {
            return self.fail(codes::NOT_AN_ITEM, "this `;` ends nothing", "delete it: `}` needs no `;`");
        }
        let word = self.name_ahead(0).unwrap_or("");
        let help = match did_you_mean(word, item_words().chain(type_words())) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.begins_statement() => "a statement stands in a `fn`, `task` or `boot`".into(),
            None => ITEMS.into(),
        };
        let message = format!("expected an item, found {}", self.found());
        self.fail(codes::NOT_AN_ITEM, message, help)
    }

    pub(super) fn begins_statement(&self) -> bool {
        use Punct::{Assign, Colon, Dot, LBracket, LParen};
        [Assign, Colon, Dot, LBracket, LParen].iter().any(|&punct| self.punct_ahead(1, punct))
    }

    fn constant(&mut self) -> Parse<ItemKind> {
        let help = "a constant is `const NAME = 3;`";
        self.bump();
        let name = self.name("the name of a constant")?;
        self.expect(Punct::Assign, help)?;
        let Some(&TokenKind::Int(value)) = self.peek(0) else { return self.unexpected("an integer", help) };
        self.bump();
        self.semicolon("the constant")?;
        Ok(ItemKind::Const { name, value })
    }

    fn function(&mut self) -> Parse<ItemKind> {
        self.bump();
        let name = self.name("the name of a function")?;
        let params = self.params("a function is `fn NAME(a, b) { ... }`")?;
        let body = self.body(&format!("`fn {}`", name.text))?;
        Ok(ItemKind::Fn(Function { name, params, body }))
    }

    pub(super) fn params(&mut self, help: &str) -> Parse<Vec<Name>> {
        let open = self.here();
        self.expect(Punct::LParen, help)?;
        let mut params = Vec::new();
        if !self.at_punct(Punct::RParen) {
            params = self.comma_separated(|parser| parser.name("the name of a parameter"))?;
        }
        self.close(Punct::RParen, open)?;
        Ok(params)
    }

    fn task(&mut self) -> Parse<ItemKind> {
        self.bump();
        let name = self.name("the name of a task")?;
        let open = self.here();
        let mut count = None;
        if self.eat(Punct::LBracket) {
            count = Some(self.num()?);
            self.close(Punct::RBracket, open)?;
        }
        let body = self.body(&format!("`task {}`", name.text))?;
        Ok(ItemKind::Task { name, count, body })
    }

    /// A block, with the tokens between its braces.
    fn body(&mut self, of: &str) -> Parse<Body> {
        self.body_with_help(&format!("the body of {of} stands in braces"))
    }

    pub(super) fn body_with_help(&mut self, help: &str) -> Parse<Body> {
        if !self.at_punct(Punct::LBrace) {
            return self.unexpected("`{`", help);
        }
        let inner = self.at + 1;
        let block = self.block()?;
        // A body without its brace has been reported; its tokens are whatever was read.
        let last = self.at - usize::from(self.tokens[self.at - 1].kind.is(Punct::RBrace));
        Ok(Body { block, tokens: self.tokens[inner.min(last)..last].to_vec() })
    }

    fn condition(&mut self, kind: ConditionKind) -> Parse<ItemKind> {
        self.bump();
        let mut label = None;
        if self.name_ahead(0).is_some() && self.punct_ahead(1, Punct::Colon) {
            label = Some(self.name("the name of the condition")?);
            self.bump();
        }
        let exprs = self.comma_separated(Self::expr)?;
        self.semicolon("the condition")?;
        Ok(ItemKind::Condition { kind, label, exprs })
    }

    fn faults(&mut self) -> Parse<ItemKind> {
        self.bump();
        let budget = self.num()?;
        let mut sites = Vec::new();
        if self.eat_word("in") {
            sites = self.comma_separated(|parser| parser.name("a verb, `may`, `kill` or a function"))?;
        }
        self.semicolon("the line")?;
        Ok(ItemKind::Faults { budget, sites })
    }

    fn time(&mut self) -> Parse<ItemKind> {
        self.bump();
        let (target, member) = self.target("a verb, callback or task")?;
        self.expect(Punct::Assign, "a time is `time init = 5us .. 20us;`")?;
        let lo = self.duration()?;
        let hi = if self.eat(Punct::DotDot) { Some(self.duration()?) } else { None };
        if let Some(hi) = hi.filter(|hi| hi.ns < lo.ns) {
            let empty =
                Diagnostic::new(codes::EMPTY_RANGE, lo.span.to(hi.span), "this range of durations is empty");
            self.say(empty.help("write the shorter duration first"));
        }
        self.semicolon("the line")?;
        Ok(ItemKind::Time { target, member, lo, hi })
    }

    /// `NAME [. NAME]`
    fn target(&mut self, what: &str) -> Parse<(Name, Option<Name>)> {
        let target = self.name(what)?;
        let member = if self.eat(Punct::Dot) { Some(self.name("the name of a callback")?) } else { None };
        Ok((target, member))
    }

    fn duration(&mut self) -> Parse<Duration> {
        match self.peek(0) {
            Some(&TokenKind::Duration(ns)) => Ok(Duration { ns, span: self.bump() }),
            // Nought needs no unit.
            Some(TokenKind::Int(0)) => Ok(Duration { ns: 0, span: self.bump() }),
            Some(TokenKind::Int(_)) => {
                let message = format!("the duration {} has no unit", self.found());
                self.fail(codes::BAD_DURATION, message, "write 250ns, 5us, 2ms or 1s")
            }
            _ => self.unexpected("a duration", "write 250ns, 5us, 2ms or 1s"),
        }
    }

    fn replace(&mut self) -> Parse<ItemKind> {
        let help = "write `replace in f { old tokens } with { new tokens }`";
        self.bump();
        self.bump();
        let (target, member) = self.target("a function, task or callback")?;
        let old = self.balanced(help)?;
        self.expect_word("with", help)?;
        let new = self.balanced(help)?;
        if old.is_empty() {
            let nothing = Diagnostic::new(codes::REPLACE_NOTHING, target.span, "the first braces are empty");
            self.say(nothing.help("name the tokens beside which the new ones belong, and repeat them"));
        }
        Ok(ItemKind::Replace { target, member, old, new })
    }

    /// Any tokens with balanced braces, in braces.
    fn balanced(&mut self, help: &str) -> Parse<Vec<Token>> {
        let open = self.here();
        self.expect(Punct::LBrace, help)?;
        let first = self.at;
        let mut depth = 0usize;
        while !self.closed_at(depth) {
            if self.at_end() || (self.begins_item() && self.begins_line()) {
                self.report_unclosed(open, "the braces");
                return Ok(self.tokens[first..self.at].to_vec());
            }
            match self.peek(0) {
                Some(TokenKind::Punct(Punct::LBrace)) => depth += 1,
                Some(TokenKind::Punct(Punct::RBrace)) => depth -= 1,
                _ => {}
            }
            self.bump();
        }
        let tokens = self.tokens[first..self.at].to_vec();
        self.bump();
        Ok(tokens)
    }

    fn closed_at(&self, depth: usize) -> bool {
        depth == 0 && self.at_punct(Punct::RBrace)
    }

    fn difference(&mut self, within: Within) -> Parse<Option<ItemKind>> {
        let place = self.here();
        self.bump();
        let name = self.proto()?;
        let wrong =
            |message: &str, help: &str| Diagnostic::new(codes::MISPLACED_PROTOCOL, place, message).help(help);
        if self.eat(Punct::Semi) {
            self.say(wrong("a `protocol` line stands first in its file", "move it to the top"));
            return Ok(None);
        }
        if within != Within::Scenario {
            let help = "give it a file of its own, or move it into the scenario";
            self.say(wrong("only a scenario may hold another protocol", help));
        }
        let help = "a difference is `protocol NAME is BASE { ... }`";
        self.expect_word("is", help)?;
        let base = self.proto()?;
        let open = self.here();
        self.expect(Punct::LBrace, help)?;
        let items = self.nested(|parser| Ok(parser.items(Within::Difference)))?;
        if !self.eat(Punct::RBrace) {
            self.report_unclosed(open, "the difference");
        }
        Ok(Some(ItemKind::Protocol { name, base, items }))
    }

    pub(super) fn num(&mut self) -> Parse<Num> {
        let kind = match self.peek(0) {
            Some(&TokenKind::Int(value)) => NumKind::Int(value),
            Some(TokenKind::Name(text)) => NumKind::Const(String::from(text)),
            _ => return self.unexpected("a number", "write an integer or the name of a `const`"),
        };
        Ok(Num { kind, span: self.bump() })
    }
}
