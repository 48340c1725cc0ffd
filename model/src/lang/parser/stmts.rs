//! Blocks and statements.

use super::decls::type_words;
use super::{Failed, Parse, Parser};
use crate::lang::ast::*;
use crate::lang::codes;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::lang::suggest::did_you_mean;
use crate::lang::token::{Punct, TokenKind};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

/// The words that begin a statement.
const STATEMENT_WORDS: &[&str] =
    &["if", "else", "while", "for", "goto", "break", "continue", "return", "atomic", "may", "step", "assert"];
const STATEMENTS: &str = "a statement is `place = value;`, a call, or one of if, while, for, goto, break, \
                          continue, return, atomic, may, step and assert";
/// Statements of C, and what to write instead.
const OF_C: &[(&str, &str)] = &[
    ("switch", "write a row of `if` and `else if`"),
    ("case", "write a row of `if` and `else if`"),
    ("do", "write `while (x) { ... }`; before it, what happens in any case"),
    ("struct", "locals have no types: write `x = kzalloc(struct T);`"),
];

impl Parser<'_> {
    /// `{ ... }`; what it holds is read to its end, whatever it is.
    pub(super) fn block(&mut self) -> Parse<Block> {
        let open = self.here();
        self.expect(Punct::LBrace, "a block is `{ ... }`")?;
        let mut stmts = Vec::new();
        while !self.closed(open, "the block") {
            stmts.push(self.stmt_or_skip());
        }
        Ok(Block { stmts, span: self.since(open) })
    }

    /// All that is left, for a body that is read again.
    pub(super) fn stmts_to_end(&mut self) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        while !self.at_end() {
            if self.at_punct(Punct::RBrace) {
                let closes = Diagnostic::new(codes::UNBALANCED_BRACE, self.here(), "`}` closes nothing");
                self.report(closes.help("keep the braces balanced on both sides of the `with`"));
                self.bump();
            } else {
                let first = self.at;
                stmts.push(self.stmt_or_skip());
                if self.at == first {
                    self.bump();
                }
            }
        }
        stmts
    }

    fn stmt_or_skip(&mut self) -> Stmt {
        let (first, start) = (self.at, self.here());
        self.stmt().unwrap_or_else(|Failed| {
            self.skip_statement(first);
            Stmt { kind: StmtKind::Error, span: self.since(start) }
        })
    }

    fn stmt(&mut self) -> Parse<Stmt> {
        let first = self.here();
        let kind = self.nested(|parser| match parser.keyword() {
            Some(word) => parser.keyword_stmt(word),
            None => parser.other_stmt(),
        })?;
        Ok(Stmt { kind, span: self.since(first) })
    }

    /// The word here, if what follows makes it a keyword.
    pub(super) fn keyword(&self) -> Option<&'static str> {
        use Punct::{Assign, Colon, Dot, LBrace, LBracket, LParen, Semi};
        let word = *STATEMENT_WORDS.iter().find(|word| self.at_word(word))?;
        let sign = |punct| self.punct_ahead(1, punct);
        let keyword = match word {
            "if" | "while" | "for" | "assert" => sign(LParen) || !self.begins_statement(),
            "break" | "continue" | "step" => sign(Semi) || !self.begins_statement(),
            "atomic" => sign(LBrace) || !self.begins_statement(),
            "goto" => !self.begins_statement(),
            // An expression or statement may begin with a parenthesis.
            _ => ![Assign, Colon, Dot, LBracket].iter().any(|&punct| sign(punct)),
        };
        keyword.then_some(word)
    }

    fn keyword_stmt(&mut self, word: &'static str) -> Parse<StmtKind> {
        let start = self.bump();
        let kind = match word {
            "if" => return self.if_stmt(),
            "while" => {
                let cond = self.parenthesised()?;
                return Ok(StmtKind::While { cond, body: self.inner(word)? });
            }
            "for" => return self.for_stmt(),
            "may" => return Ok(StmtKind::May(self.inner(word)?)),
            "atomic" => return Ok(StmtKind::Atomic(self.block()?)),
            "else" => return self.else_without_if(start),
            "goto" => StmtKind::Goto(self.name("the name of a label")?),
            "break" => StmtKind::Break,
            "continue" => StmtKind::Continue,
            "step" => StmtKind::Step,
            "assert" => StmtKind::Assert(self.parenthesised()?),
            _ if self.return_ends() => StmtKind::Return(None),
            _ => StmtKind::Return(Some(self.expr()?)),
        };
        self.semicolon("the statement")?;
        Ok(kind)
    }

    fn return_ends(&self) -> bool {
        self.at_punct(Punct::Semi) || self.at_punct(Punct::RBrace) || self.at_end()
    }

    fn parenthesised(&mut self) -> Parse<Expr> {
        let open = self.here();
        self.expect(Punct::LParen, "a condition stands in parentheses")?;
        let expr = self.expr()?;
        self.close(Punct::RParen, open)?;
        Ok(expr)
    }

    /// The statement that an `if`, `while`, `for` or `may` is about.
    fn inner(&mut self, of: &str) -> Parse<Box<Stmt>> {
        let stmt = self.stmt()?;
        if matches!(stmt.kind, StmtKind::Label(_)) {
            let label =
                Diagnostic::new(codes::LABEL_AS_BODY, stmt.span, format!("`{of}` is about a bare label"));
            self.say(label.help("put the label and its statement in braces, or the label before it"));
        }
        Ok(Box::new(stmt))
    }

    fn if_stmt(&mut self) -> Parse<StmtKind> {
        let cond = self.parenthesised()?;
        let then = self.inner("if")?;
        let otherwise = if self.keyword() == Some("else") {
            self.bump();
            Some(self.inner("else")?)
        } else {
            None
        };
        Ok(StmtKind::If { cond, then, otherwise })
    }

    fn else_without_if(&mut self, place: Span) -> Parse<StmtKind> {
        let lost = Diagnostic::new(codes::ELSE_WITHOUT_IF, place, "this `else` belongs to no `if`");
        self.say(lost.help("it follows the one statement of its `if`; several stand in braces"));
        self.stmt().map(|_| StmtKind::Error)
    }

    fn for_stmt(&mut self) -> Parse<StmtKind> {
        let help =
            "`for` walks a list: `for (x in list)`, `for (x in reverse list after y)`; count with `while`";
        let open = self.here();
        self.expect(Punct::LParen, help)?;
        let var = self.name("the name of a cursor")?;
        if self.at_punct(Punct::Assign) {
            let message = "`for` does not count";
            self.report(Diagnostic::new(codes::NO_SUCH_STATEMENT, self.here(), message).help(help));
            self.skip_parenthesis();
            return self.inner("for").map(|_| StmtKind::Error);
        }
        self.expect_word("in", help)?;
        let reverse = self.at_reverse();
        self.at += usize::from(reverse);
        let list = self.expr()?;
        let after = if self.eat_word("after") { Some(self.expr()?) } else { None };
        self.close(Punct::RParen, open)?;
        let body = self.inner("for")?;
        Ok(StmtKind::For { var, reverse, list, after, body })
    }

    /// Is `reverse` here the keyword, rather than the name of a list?
    fn at_reverse(&self) -> bool {
        let word = |ahead, word: &str| self.peek(ahead).is_some_and(|kind: &TokenKind| kind.is_word(word));
        let named =
            [Punct::RParen, Punct::Dot, Punct::LBracket].iter().any(|&punct| self.punct_ahead(1, punct));
        // In `reverse after x)` the list is called `reverse`; in `reverse after after x)` it is called `after`.
        let walked = word(1, "after") && self.name_ahead(2).is_some_and(|name| name != "after");
        word(0, "reverse") && !named && !walked
    }

    fn other_stmt(&mut self) -> Parse<StmtKind> {
        if self.at_punct(Punct::LBrace) {
            return Ok(StmtKind::Block(self.block()?));
        }
        if self.name_ahead(0).is_some() && self.punct_ahead(1, Punct::Colon) {
            let label = self.name("the name of a label")?;
            self.bump();
            return Ok(StmtKind::Label(label));
        }
        if self.at_word("list") && self.punct_ahead(1, Punct::Lt) {
            let (strukt, link) = self.list_type()?;
            let names = self.comma_separated(|parser| parser.name("the name of a list"))?;
            self.semicolon("the declaration")?;
            return Ok(StmtKind::LocalList { strukt, link, names });
        }
        self.refuse_c()?;
        if self.name_ahead(0).is_none() && !self.at_punct(Punct::LParen) {
            let message = format!("expected a statement, found {}", self.found());
            return self.fail(codes::NOT_A_STATEMENT, message, STATEMENTS);
        }
        self.assignment_or_call()
    }

    /// Two words in a row are a declaration, a statement of C or a mistyped keyword.
    fn refuse_c(&mut self) -> Parse<()> {
        let Some(word) = self.name_ahead(0) else { return Ok(()) };
        let two_words = self.name_ahead(1).is_some();
        let block = self.punct_ahead(1, Punct::LBrace);
        if let Some((_, help)) = OF_C.iter().find(|(of_c, _)| *of_c == word && !self.assigns(1)) {
            let message = format!("there is no `{word}` statement");
            return self.fail(codes::NO_SUCH_STATEMENT, message, *help);
        }
        if !two_words && !block {
            return Ok(());
        }
        if let Some(near) = did_you_mean(word, STATEMENT_WORDS.iter().copied()) {
            let message = format!("`{word}` begins no statement");
            return self.fail(codes::NOT_A_STATEMENT, message, format!("did you mean `{near}`?"));
        }
        if two_words
            && (type_words().any(|ty| ty == word)
                || self.punct_ahead(2, Punct::Assign)
                || self.punct_ahead(2, Punct::Semi))
        {
            let help = "a local is whatever is assigned: write `x = 0;`; only list heads are declared";
            return self.fail(codes::DECLARATION_IN_FUNCTION, "functions declare no types", help);
        }
        Ok(())
    }

    fn assigns(&self, ahead: usize) -> bool {
        [Punct::Assign, Punct::Dot, Punct::LBracket].iter().any(|&punct| self.punct_ahead(ahead, punct))
    }

    fn assignment_or_call(&mut self) -> Parse<StmtKind> {
        let place = self.post()?;
        if !self.at_punct(Punct::Assign) {
            if !matches!(place.kind, ExprKind::Call(..)) {
                let near = match &place.kind {
                    ExprKind::Name(word) => did_you_mean(word, STATEMENT_WORDS.iter().copied()),
                    _ => None,
                };
                let near = near.map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| self.operator_help().unwrap_or(STATEMENTS).into());
                let message = format!("expected `=` or `(`{}, found {}", self.after(), self.found());
                return self.fail(codes::NOT_A_STATEMENT, message, help);
            }
            self.semicolon("the call")?;
            return Ok(StmtKind::Call(place));
        }
        if !matches!(place.kind, ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..)) {
            let text = super::shorten(self.sources.text(place.span));
            let wrong =
                Diagnostic::new(codes::NOT_A_PLACE, place.span, format!("`{text}` cannot be assigned to"));
            self.say(wrong.help("assign to a name, a field `x.name` or an element `x[i]`"));
        }
        self.bump();
        let value = self.expr()?;
        self.semicolon("the statement")?;
        Ok(StmtKind::Assign { place, value })
    }

    /// What to write instead of C's operators that the lexer takes apart, if one is here.
    pub(super) fn operator_help(&self) -> Option<&'static str> {
        match (self.peek(0)?, self.peek(1)) {
            (TokenKind::Punct(Punct::Eq), _) => Some("`==` compares; write `x = 1;` to assign"),
            (TokenKind::Punct(Punct::Assign), _) => Some("one statement assigns one place"),
            (TokenKind::Punct(a @ (Punct::Plus | Punct::Minus)), Some(TokenKind::Punct(b)))
                if a == b || *b == Punct::Assign =>
            {
                Some("there is no `++` or `+=`; write `i = i + 1;`")
            }
            _ => None,
        }
    }
}
