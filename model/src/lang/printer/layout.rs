//! Which constructs begin lines, and how deep they are.

use super::writer::Writer;
use crate::lang::ast::*;
use crate::lang::parser::parse_body;
use crate::lang::source::{SourceMap, Span};
use crate::lang::token::{Punct, Token, TokenKind};

pub(super) struct Layout<'a> {
    pub(super) sources: &'a SourceMap,
    pub(super) out: Writer<'a>,
}

impl Layout<'_> {
    pub(super) fn file(&mut self, file: &File) {
        match &file.head {
            Head::Protocol { .. } => {
                self.out.until_punct(Punct::Semi);
                self.out.token();
            }
            Head::Scenario { questions } => {
                for question in questions {
                    let (Question::On { span, .. } | Question::For { span, .. }) = question;
                    self.out.line();
                    self.out.until(span.hi);
                }
            }
        }
        self.items(&file.items);
    }

    fn items(&mut self, items: &[Item]) {
        let mut shares = false;
        for item in items {
            let short = self.is_short(item);
            if shares && short && !self.out.broken_before(item.span.lo) {
                self.out.space();
                if self.on_one_line(|layout| layout.item(item)) {
                    continue;
                }
            }
            self.out.line();
            shares = short && self.on_one_line(|layout| layout.item(item));
            if !shares {
                self.item(item);
            }
        }
    }

    /// Short items that share a line go on sharing it: `int a; int b;`
    fn is_short(&self, item: &Item) -> bool {
        let braces = match &item.kind {
            ItemKind::Decl(decl) => decl.methods.is_some(),
            ItemKind::Const { .. } | ItemKind::Condition { .. } => false,
            ItemKind::Faults { .. } | ItemKind::Time { .. } => false,
            _ => true,
        };
        !braces && !self.out.broken_within(item.span.lo, item.span.hi)
    }

    /// Writes something without a line's end in it, if it fits.
    fn on_one_line(&mut self, content: impl FnOnce(&mut Self)) -> bool {
        let (mark, outer) = (self.out.mark(), self.out.flat);
        self.out.flat = true;
        content(self);
        self.out.flat = outer;
        let done = outer || self.out.fits();
        if !done {
            self.out.back_to(mark);
        }
        done
    }

    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Decl(decl) => self.decl(decl),
            ItemKind::Struct { fields, .. } => {
                self.out.until_punct(Punct::LBrace);
                self.braces(|layout| layout.each(fields, Self::decl));
            }
            ItemKind::Fn(Function { body, .. }) | ItemKind::Boot(body) | ItemKind::Task { body, .. } => {
                self.out.until(body.block.span.lo);
                self.block(&body.block);
            }
            ItemKind::Replace { old, new, .. } => {
                self.out.until_punct(Punct::LBrace);
                self.run(old);
                self.out.until_punct(Punct::LBrace);
                self.run(new);
            }
            ItemKind::Protocol { items, .. } => {
                self.out.until_punct(Punct::LBrace);
                self.braces(|layout| layout.items(items));
            }
            ItemKind::Const { .. }
            | ItemKind::Condition { .. }
            | ItemKind::Faults { .. }
            | ItemKind::Time { .. } => self.out.until(item.span.hi),
        }
    }

    fn decl(&mut self, decl: &Decl) {
        let Some(methods) = &decl.methods else { return self.out.until(decl.span.hi) };
        self.out.until_punct(Punct::LBrace);
        self.braces(|layout| layout.each(methods, Self::method));
    }

    fn method(&mut self, method: &Method) {
        match &method.kind {
            MethodKind::Body { body, .. } => {
                self.out.until(body.block.span.lo);
                self.block(&body.block);
            }
            MethodKind::Value(_) | MethodKind::Empty => self.out.until(method.span.hi),
        }
    }

    fn each<T>(&mut self, things: &[T], mut one: impl FnMut(&mut Self, &T)) {
        for thing in things {
            self.out.line();
            one(self, thing);
        }
    }

    /// Braces that stood on one line and fit stay on it; others are opened up.
    fn braces(&mut self, mut content: impl FnMut(&mut Self)) {
        let Some(open) = self.out.next().map(|token| token.span.lo) else { return };
        let (end, empty) = self.out.braces();
        self.out.space_unless_line();
        if empty {
            self.out.token();
            self.out.token();
            return;
        }
        let flat = self.out.flat || !self.out.broken_within(open, end);
        let one_line = flat
            && self.on_one_line(|layout| {
                layout.out.token();
                content(layout);
                layout.out.space();
                layout.out.token();
            });
        if one_line {
            return;
        }
        self.out.token();
        self.out.level += 1;
        content(self);
        self.out.line();
        self.out.close();
    }

    fn block(&mut self, block: &Block) {
        self.braces(|layout| layout.stmts(&block.stmts));
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        self.each(stmts, |layout, stmt| {
            if !matches!(stmt.kind, StmtKind::Label(_)) {
                return layout.stmt(stmt);
            }
            // A label stands out by one level; a comment before it does not.
            layout.out.comments_now();
            let level = layout.out.level;
            layout.out.level = level.saturating_sub(1);
            layout.stmt(stmt);
            layout.out.level = level;
        });
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Block(block) => self.block(block),
            StmtKind::If { then, otherwise, .. } => {
                self.out.until(then.span.lo);
                let joined = self.inner(then);
                if let Some(otherwise) = otherwise {
                    self.otherwise(joined, otherwise);
                }
            }
            StmtKind::While { body, .. } | StmtKind::For { body, .. } => {
                self.out.until(body.span.lo);
                let _ = self.inner(body);
            }
            StmtKind::May(inner) => {
                self.out.until(inner.span.lo);
                self.out.space();
                self.stmt(inner);
            }
            StmtKind::Atomic(block) => {
                self.out.until(block.span.lo);
                self.block(block);
            }
            _ => self.out.until(stmt.span.hi),
        }
    }

    /// The statement of an `if` or loop: on the line of its head or below, as it was. An `else` joins its last line if
    /// that is a brace, or if it follows it in the source.
    fn inner(&mut self, stmt: &Stmt) -> Else {
        if let StmtKind::Block(block) = &stmt.kind {
            self.block(block);
            return Else::Joins;
        }
        if !self.out.broken_before(stmt.span.lo) {
            self.out.space();
            if has_inner(stmt) {
                self.stmt(stmt);
                return Else::Stays;
            }
            if self.on_one_line(|layout| layout.stmt(stmt)) {
                return Else::Stays;
            }
        }
        self.out.level += 1;
        self.out.line();
        self.stmt(stmt);
        self.out.level -= 1;
        Else::Begins
    }

    fn otherwise(&mut self, word: Else, otherwise: &Stmt) {
        let at = self.out.next().map_or(otherwise.span.lo, |token| token.span.lo);
        match word {
            Else::Stays if self.out.broken_before(at) => self.out.line(),
            Else::Joins | Else::Stays => self.out.space(),
            Else::Begins => self.out.line(),
        }
        self.out.token();
        if matches!(otherwise.kind, StmtKind::If { .. }) {
            self.out.space();
            self.stmt(otherwise);
        } else {
            let _ = self.inner(otherwise);
        }
    }

    /// The tokens of a `replace`: as statements, if they are some.
    fn run(&mut self, tokens: &[Token]) {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return self.braces(|_| {}) };
        let span = Span { hi: last.span.hi + 1, ..first.span };
        match parse_body(self.sources, tokens.to_vec(), span) {
            Ok(body) => self.braces(|layout| layout.stmts(&body.block.stmts)),
            Err(_) => self.braces(|layout| layout.loose(tokens)),
        }
    }

    /// Tokens that are no statements keep the lines of the source.
    fn loose(&mut self, tokens: &[Token]) {
        let level = self.out.level;
        let mut depth = 0;
        for (index, token) in tokens.iter().enumerate() {
            depth -= usize::from(token.kind.is(Punct::RBrace));
            if index == 0 || self.out.broken_before(token.span.lo) {
                let ends = |before: &Token| {
                    matches!(before.kind, TokenKind::Punct(Punct::Semi | Punct::LBrace | Punct::RBrace))
                };
                let goes_on = index > 0 && !ends(&tokens[index - 1]);
                self.out.level = level + depth + usize::from(goes_on);
                self.out.line();
            }
            self.out.token();
            depth += usize::from(token.kind.is(Punct::LBrace));
        }
        self.out.level = level;
    }
}

/// Where an `else` stands after the statement before it.
enum Else {
    /// Behind it.
    Joins,
    /// Where it stood.
    Stays,
    /// On a line of its own.
    Begins,
}

/// Is there a statement inside this one?
fn has_inner(stmt: &Stmt) -> bool {
    use StmtKind::{Atomic, Block, For, If, May, While};
    matches!(stmt.kind, Block(_) | If { .. } | While { .. } | For { .. } | May(_) | Atomic(_))
}
