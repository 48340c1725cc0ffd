//! Where to go on after a mistake.

use super::Parser;
use crate::lang::codes;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::lang::token::{Punct, TokenKind};
use alloc::format;

impl Parser<'_> {
    /// Is this surely the first token of an item, also where a statement could stand?
    pub(super) fn begins_item(&self) -> bool {
        let Some(word) = self.name_ahead(0) else { return false };
        let name = self.name_ahead(1).is_some();
        let proto = matches!(self.peek(1), Some(TokenKind::Proto(_)));
        let sign = |punct| self.punct_ahead(1, punct);
        let behind = |punct| name && self.punct_ahead(2, punct);
        match word {
            "fn" => behind(Punct::LParen),
            "task" => behind(Punct::LBrace) || behind(Punct::LBracket),
            "struct" => behind(Punct::LBrace),
            "const" => behind(Punct::Assign),
            "boot" => sign(Punct::LBrace),
            "always" | "never" | "sometimes" | "finally" => name || sign(Punct::Not),
            "faults" => name || matches!(self.peek(1), Some(TokenKind::Int(_))),
            "time" => name,
            "replace" => self.name_ahead(1) == Some("in"),
            "protocol" => (name || proto) && self.peek(2).is_some_and(|kind| kind.is_word("is")),
            "on" => name || proto,
            _ => false,
        }
    }

    /// Gives up a statement that began at token `first`: behind its `;` or braces, or before what closes the block.
    pub(super) fn skip_statement(&mut self, first: usize) {
        while !self.at_end() && !self.at_punct(Punct::RBrace) {
            if self.at > first && self.begins_item() && self.begins_line() {
                return;
            }
            let braces = self.at_punct(Punct::LBrace);
            let ends = braces || self.at_punct(Punct::Semi);
            if braces {
                self.skip_braces();
            } else {
                self.bump();
            }
            // An `else` belongs to the `if` that is given up.
            if ends && self.keyword() != Some("else") {
                return;
            }
        }
    }

    /// Gives up an item: behind its `;` or braces, or before the next one. `inside` braces, their end stops it too.
    pub(super) fn skip_item(&mut self, first: usize, inside: bool) {
        while !self.items_end(inside) {
            if self.at > first && self.begins_item() && self.begins_line() {
                return;
            }
            if self.at_punct(Punct::LBrace) {
                self.skip_braces();
                if !self.at_word("with") {
                    return;
                }
            } else if self.at_punct(Punct::Semi) || self.at_punct(Punct::RBrace) {
                self.bump();
                return;
            } else {
                self.bump();
            }
        }
    }

    /// Are there no more items? `inside` braces, their end says so too.
    pub(super) fn items_end(&self, inside: bool) -> bool {
        self.at_end() || (inside && self.at_punct(Punct::RBrace))
    }

    /// Moves behind the parenthesis that closes one opened before, or to what ends a statement without it.
    pub(super) fn skip_parenthesis(&mut self) {
        let mut open = 1usize;
        while open > 0 && !self.at_end() && !self.at_punct(Punct::LBrace) && !self.at_punct(Punct::RBrace) {
            open += usize::from(self.at_punct(Punct::LParen));
            open -= usize::from(self.at_punct(Punct::RParen));
            self.bump();
        }
    }

    /// Moves behind the brace that closes the one here. Where it is missing, the next function or task stops it.
    pub(super) fn skip_braces(&mut self) {
        let mut open = 0usize;
        while !self.at_end() {
            if open > 0 && self.begins_item() && self.begins_line() {
                return;
            }
            if self.at_punct(Punct::LBrace) {
                open += 1;
            } else if self.at_punct(Punct::RBrace) {
                open -= 1;
            }
            self.bump();
            if open == 0 {
                return;
            }
        }
    }

    /// Is the brace that was opened at `open` closed here? At the end, or where an item begins, it is reported as
    /// missing and taken as written.
    pub(super) fn closed(&mut self, open: Span, what: &str) -> bool {
        if self.eat(Punct::RBrace) {
            return true;
        }
        let missing = self.at_end() || self.begins_item();
        if missing {
            self.report_unclosed(open, what);
        }
        missing
    }

    pub(super) fn report_unclosed(&mut self, open: Span, what: &str) {
        let message = format!("this `{{` is not closed before {}", self.found());
        let missing = Diagnostic::new(codes::MISSING_BRACE, open, message);
        self.report(missing.note(self.here(), "it ends before this").help(format!("close {what} with `}}`")));
    }
}
