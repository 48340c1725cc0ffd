//! From tokens to the syntax tree: recursive descent that goes on after a mistake.
//!
//! A file shows all its mistakes at once: after one, a statement or item is given up and the next one is read. No
//! token is reported twice. Statements are nested at most [`MAX_DEPTH`] deep, and so is an expression, so whoever
//! walks a tree may recurse.

mod decls;
mod exprs;
mod head;
mod items;
mod recovery;
mod stmts;
#[cfg(test)]
mod tests;

pub(super) use decls::type_words;
pub(super) use items::item_words;

use super::ast::{Body, File, Head, Name};
use super::codes;
use super::diagnostic::{Code, Diagnostic};
use super::errno;
use super::lexer::{self, MAX_DIAGNOSTICS, shorten};
use super::source::{FileId, SourceMap, Span};
use super::token::{Punct, Token, TokenKind};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The deepest nesting of blocks, and of expressions.
pub const MAX_DEPTH: u32 = 100;

/// Reads a file. With diagnostics, the tree is what could be read.
#[must_use]
pub fn parse_file(sources: &SourceMap, file: FileId) -> (File, Vec<Diagnostic>) {
    let text = &sources.file(file).text;
    let lexed = lexer::lex(text, file);
    let size = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let end = Span { file, lo: size, hi: size };
    if lexed.diagnostics.iter().any(|diagnostic| diagnostic.code == codes::FILE_TOO_LARGE) {
        return (
            File { head: Head::Scenario { questions: Vec::new() }, items: Vec::new() },
            lexed.diagnostics,
        );
    }
    let mut parser = Parser::new(sources, &lexed.tokens, end);
    parser.unread = lexed.diagnostics.iter().filter_map(|mistake| mistake.span).map(|span| span.lo).collect();
    parser.diagnostics = lexed.diagnostics;
    let tree = parser.file();
    (tree, parser.in_order())
}

/// Reads again a body whose tokens were exchanged. `block` is the place of the braces around it.
///
/// # Errors
/// When the tokens are no statements.
pub fn parse_body(sources: &SourceMap, tokens: Vec<Token>, block: Span) -> Result<Body, Vec<Diagnostic>> {
    let end = Span { lo: block.hi.saturating_sub(1), ..block };
    let mut parser = Parser::new(sources, &tokens, end);
    let stmts = parser.stmts_to_end();
    if parser.diagnostics.is_empty() {
        Ok(Body { block: super::ast::Block { stmts, span: block }, tokens })
    } else {
        Err(parser.in_order())
    }
}

/// A diagnostic has been reported; whoever can go on does.
struct Failed;

type Parse<T> = Result<T, Failed>;

struct Parser<'a> {
    sources: &'a SourceMap,
    tokens: &'a [Token],
    at: usize,
    /// Where the tokens end.
    end: Span,
    depth: u32,
    /// The token of the last report: what is wrong there has been said.
    reported_at: Option<usize>,
    /// Where the lexer found no token: what seems to be missing there is what it could not read.
    unread: Vec<u32>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn new(sources: &'a SourceMap, tokens: &'a [Token], end: Span) -> Self {
        Self {
            sources,
            tokens,
            at: 0,
            end,
            depth: 0,
            reported_at: None,
            unread: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// The lexer's and the parser's diagnostics as the reader meets them.
    fn in_order(mut self) -> Vec<Diagnostic> {
        let place = |span: Span| (span.file != self.end.file, span.file, span.lo);
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.span.map(place));
        self.diagnostics
    }

    fn peek(&self, ahead: usize) -> Option<&'a TokenKind> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn at_word(&self, word: &str) -> bool {
        self.peek(0).is_some_and(|kind| kind.is_word(word))
    }

    fn at_punct(&self, punct: Punct) -> bool {
        self.punct_ahead(0, punct)
    }

    fn punct_ahead(&self, ahead: usize, punct: Punct) -> bool {
        self.peek(ahead).is_some_and(|kind| kind.is(punct))
    }

    fn name_ahead(&self, ahead: usize) -> Option<&'a str> {
        match self.peek(ahead) {
            Some(TokenKind::Name(text)) => Some(text),
            _ => None,
        }
    }

    /// The place of the next token, or of the end.
    fn here(&self) -> Span {
        self.tokens.get(self.at).map_or(self.end, |token| token.span)
    }

    /// The place of the token before.
    fn before(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(self.end, |token| token.span)
    }

    /// From a first token's place to the token before.
    fn since(&self, first: Span) -> Span {
        first.to(self.before())
    }

    fn bump(&mut self) -> Span {
        let here = self.here();
        self.at = (self.at + 1).min(self.tokens.len());
        here
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        self.at += usize::from(found);
        found
    }

    fn eat(&mut self, punct: Punct) -> bool {
        let found = self.at_punct(punct);
        self.at += usize::from(found);
        found
    }

    /// The next token as the reader sees it.
    fn found(&self) -> String {
        match self.tokens.get(self.at) {
            Some(token) => format!("`{}`", shorten(self.sources.text(token.span))),
            None if self.end.lo == self.end.hi => "the end of the file".into(),
            None => "the end of the block".into(),
        }
    }

    /// The token before, as the reader sees it.
    fn after(&self) -> String {
        match self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) {
            Some(token) => format!(" after `{}`", shorten(self.sources.text(token.span))),
            None => String::new(),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let said = self.reported_at == Some(self.at) || self.unread_here();
        self.reported_at = Some(self.at);
        if !said {
            self.say(diagnostic);
        }
    }

    /// Reports what is wrong although it can be read.
    fn say(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn unread_here(&self) -> bool {
        let (before, here) = (self.before(), self.here());
        self.unread.iter().any(|&lo| before.hi <= lo && lo <= here.lo)
    }

    /// Reports a mistake at the next token and gives up.
    fn fail<T>(&mut self, code: Code, message: impl Into<String>, help: impl Into<String>) -> Parse<T> {
        self.report(Diagnostic::new(code, self.here(), message).help(help));
        Err(Failed)
    }

    /// Reports that something else was expected here.
    fn unexpected<T>(&mut self, wanted: &str, help: impl Into<String>) -> Parse<T> {
        let message = format!("expected {wanted}{}, found {}", self.after(), self.found());
        self.fail(codes::UNEXPECTED_TOKEN, message, help)
    }

    fn expect(&mut self, punct: Punct, help: &str) -> Parse<()> {
        if self.eat(punct) { Ok(()) } else { self.unexpected(&format!("`{}`", punct.text()), help) }
    }

    fn expect_word(&mut self, word: &str, help: &str) -> Parse<()> {
        if self.eat_word(word) { Ok(()) } else { self.unexpected(&format!("`{word}`"), help) }
    }

    /// The bracket that closes the one opened at `open`.
    fn close(&mut self, punct: Punct, open: Span) -> Parse<()> {
        if self.eat(punct) {
            return Ok(());
        }
        let message = format!("expected `{}`{}, found {}", punct.text(), self.after(), self.found());
        let help = format!("close what was opened with `{}`", self.sources.text(open));
        let missing = Diagnostic::new(codes::MISSING_BRACKET, self.here(), message);
        self.report(missing.note(open, "opened here").help(help));
        Err(Failed)
    }

    /// The `;` of something that is complete. Where the line ends or the block is closed, it is reported as missing
    /// and taken as written.
    fn semicolon(&mut self, what: &str) -> Parse<()> {
        if self.eat(Punct::Semi) {
            return Ok(());
        }
        let message = format!("expected `;`{}, found {}", self.after(), self.found());
        let place = Span { lo: self.before().hi, ..self.before() };
        let help = self.operator_help().map_or_else(|| format!("end {what} with `;`"), Into::into);
        self.report(Diagnostic::new(codes::MISSING_SEMICOLON, place, message).help(help));
        let complete = self.at_end() || self.at_punct(Punct::RBrace) || self.begins_line();
        if complete { Ok(()) } else { Err(Failed) }
    }

    /// Is the next token the first of its line?
    fn begins_line(&self) -> bool {
        let (before, here) = (self.before(), self.here());
        if before.file != here.file || before.hi > here.lo {
            return true;
        }
        self.sources.text(Span { lo: before.hi, hi: here.lo, ..here }).contains('\n')
    }

    /// A name that is declared or used; `what` it names.
    fn name(&mut self, what: &str) -> Parse<Name> {
        let Some(text) = self.name_ahead(0) else {
            return self.unexpected(what, "a name begins with a letter or `_`");
        };
        if text == "NULL" || errno::value(text).is_some() {
            let message = format!("`{text}` is a value, not {what}");
            self.report(
                Diagnostic::new(codes::RESERVED_NAME, self.here(), message).help("choose another name"),
            );
        }
        Ok(Name { text: text.into(), span: self.bump() })
    }

    /// The name of a protocol.
    fn proto(&mut self) -> Parse<Name> {
        match self.peek(0) {
            Some(TokenKind::Name(text) | TokenKind::Proto(text)) => {
                Ok(Name { text: text.clone(), span: self.bump() })
            }
            _ => self.unexpected("the name of a protocol", "for example `linux-5.3`"),
        }
    }

    /// `one {, one}`
    fn comma_separated<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        let mut all = Vec::new();
        loop {
            all.push(one(self)?);
            if !self.eat(Punct::Comma) {
                return Ok(all);
            }
        }
    }

    /// Reads one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep();
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn too_deep<T>(&mut self) -> Parse<T> {
        let message = format!("nested more than {MAX_DEPTH} levels deep");
        self.fail(codes::NESTED_TOO_DEEPLY, message, "give the inner part a function or a name of its own")
    }
}
