//! Copies tokens and comments into the output, with the space between them.

use super::align::align;
use super::spacing::{breakable, chunk_width, space_before};
use crate::lang::lexer::{Comment, Lexed};
use crate::lang::token::{Punct, Token, TokenKind};
use alloc::string::String;
use alloc::vec::Vec;

const INDENT: usize = 4;

/// What stands before the next token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// What the two tokens ask for.
    Usual,
    Space,
    /// A space, unless the token sticks to what is before it.
    AfterComment,
    Line,
}

/// Where the writer is, so that it can come back.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    token: usize,
    comment: usize,
    /// End of the last thing written, in the source.
    last: usize,
    /// Length of the output.
    length: usize,
    /// Characters in its last line.
    column: usize,
    gap: Gap,
    /// Nothing stands in these braces, or in the file, yet: no blank line either.
    first: bool,
}

pub(super) struct Writer<'a> {
    text: &'a str,
    /// Longer lines are broken.
    width: usize,
    tokens: &'a [Token],
    comments: &'a [Comment],
    out: String,
    at: Mark,
    /// Depth of what begins a line.
    pub(super) level: usize,
    /// Inside a block that stays on one line.
    pub(super) flat: bool,
    /// Inside a statement: a line that begins here is the rest of another.
    continued: bool,
    /// Where the part that is being written ends.
    end: u32,
    /// Where comments behind code begin in the output.
    behind: Vec<usize>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(text: &'a str, lexed: &'a Lexed, width: usize) -> Self {
        let at = Mark { token: 0, comment: 0, last: 0, length: 0, column: 0, gap: Gap::Line, first: true };
        let (tokens, comments) = (&lexed.tokens[..], &lexed.comments[..]);
        Self {
            text,
            width,
            tokens,
            comments,
            out: String::new(),
            at,
            level: 0,
            flat: false,
            continued: false,
            end: 0,
            behind: Vec::new(),
        }
    }

    /// The output, with what stands behind the last token.
    pub(super) fn finish(mut self) -> String {
        self.line();
        self.comments_before(self.text.len());
        self.out.push('\n');
        align(&self.out, &self.behind, self.width)
    }

    pub(super) fn mark(&self) -> Mark {
        self.at
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        self.out.truncate(mark.length);
        self.behind.retain(|&at| at < mark.length);
        self.at = mark;
    }

    /// Is the last line within the width?
    pub(super) fn fits(&self) -> bool {
        self.at.column <= self.width
    }

    pub(super) fn next(&self) -> Option<&'a Token> {
        self.tokens.get(self.at.token)
    }

    /// The next token begins a line, unless everything stays on one.
    pub(super) fn line(&mut self) {
        self.at.gap = if self.flat { Gap::Space } else { Gap::Line };
    }

    pub(super) fn space(&mut self) {
        self.at.gap = Gap::Space;
    }

    /// A space, where no line was asked for.
    pub(super) fn space_unless_line(&mut self) {
        if self.at.gap == Gap::Usual {
            self.at.gap = Gap::Space;
        }
    }

    /// Does the source break the line between what was written last and this byte?
    pub(super) fn broken_before(&self, byte: u32) -> bool {
        self.text[self.at.last..byte as usize].contains('\n')
    }

    pub(super) fn broken_within(&self, lo: u32, hi: u32) -> bool {
        self.text[lo as usize..hi as usize].contains('\n')
    }

    /// The end of the brace that closes the one at the next token, and whether anything stands between.
    pub(super) fn braces(&self) -> (u32, bool) {
        let mut depth = 0usize;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at.token) {
            depth += usize::from(token.kind.is(Punct::LBrace));
            depth -= usize::from(token.kind.is(Punct::RBrace));
            if depth == 0 {
                let inside = |comment: &Comment| comment.span.hi <= token.span.lo;
                let comment = self.comments[self.at.comment..]
                    .iter()
                    .find(|comment| comment.span.lo >= self.tokens[self.at.token].span.hi);
                return (token.span.hi, index == self.at.token + 1 && !comment.is_some_and(inside));
            }
        }
        (self.text.len() as u32, false)
    }

    /// Writes the next token.
    pub(super) fn token(&mut self) {
        let Some(token) = self.tokens.get(self.at.token) else { return };
        self.comments_before(token.span.lo as usize);
        match self.at.gap {
            Gap::Line => self.begin_line(token.span.lo as usize),
            Gap::AfterComment if sticks(&token.kind) => {}
            Gap::Space | Gap::AfterComment => self.push(" "),
            Gap::Usual if self.overflows() => self.begin_line(self.at.last),
            Gap::Usual if space_before(self.tokens, self.at.token) => self.push(" "),
            Gap::Usual => {}
        }
        self.push(&self.text[token.span.lo as usize..token.span.hi as usize]);
        self.at.last = token.span.hi as usize;
        self.at.token += 1;
        self.at.gap = Gap::Usual;
        self.at.first = token.kind.is(Punct::LBrace);
    }

    /// Writes the tokens that begin before this byte, as parts of one line.
    pub(super) fn until(&mut self, byte: u32) {
        self.end = byte;
        while self.next().is_some_and(|token| token.span.lo < byte) {
            self.token();
            self.continued = true;
        }
        self.continued = false;
    }

    /// Writes the tokens before the next of this kind.
    pub(super) fn until_punct(&mut self, punct: Punct) {
        let next = self.tokens[self.at.token..].iter().find(|token| token.kind.is(punct));
        self.until(next.map_or(u32::MAX, |token| token.span.lo));
    }

    /// Writes the brace that ends the deeper level, on a line of its own.
    pub(super) fn close(&mut self) {
        self.comments_now();
        self.level -= 1;
        self.at.first = true;
        self.token();
    }

    /// Writes the comments before the next token, at the present level.
    pub(super) fn comments_now(&mut self) {
        if let Some(token) = self.next() {
            self.comments_before(token.span.lo as usize);
        }
    }

    /// Comments stay on the line of what is before them, or on a line of their own.
    fn comments_before(&mut self, byte: usize) {
        let comments = self.comments;
        while let Some(comment) = comments.get(self.at.comment).filter(|next| (next.span.lo as usize) < byte)
        {
            let (lo, hi) = (comment.span.lo as usize, comment.span.hi as usize);
            let own_line = self.text[self.at.last..lo].contains('\n') || self.out.is_empty();
            if own_line {
                self.begin_line(lo);
            } else if self.at.gap != Gap::Usual || !self.opened() {
                self.push(" ");
            }
            if !own_line && comment.to_end_of_line {
                self.behind.push(self.out.len());
            }
            self.push(&self.text[lo..hi]);
            self.at.last = hi;
            self.at.comment += 1;
            self.at.first = false;
            let next = comments.get(self.at.comment).map_or(byte, |next| byte.min(next.span.lo as usize));
            let line_follows = own_line && self.text[hi..next].contains('\n');
            let asked = self.at.gap == Gap::Line && !own_line;
            self.at.gap = match self.at.gap {
                _ if comment.to_end_of_line || line_follows || asked => Gap::Line,
                Gap::Usual | Gap::AfterComment => Gap::AfterComment,
                Gap::Space | Gap::Line => Gap::Space,
            };
        }
    }

    /// Was a parenthesis or bracket written last?
    fn opened(&self) -> bool {
        self.out.ends_with(['(', '['])
    }

    fn overflows(&self) -> bool {
        let token = self.at.token;
        let room = self.width.saturating_sub(self.at.column);
        self.continued
            && !self.flat
            && breakable(self.tokens, token)
            && 1 + chunk_width(self.tokens, token, self.end, self.width) > room
    }

    /// Begins a line for what stands at this byte, behind at most one blank line, if the source has one there.
    fn begin_line(&mut self, byte: usize) {
        if !self.out.is_empty() {
            let lines = self.text[self.at.last..byte].matches('\n').count();
            self.push(if lines > 1 && !self.at.first { "\n\n" } else { "\n" });
        }
        for _ in 0..self.level + if self.continued { 2 } else { 0 } {
            self.push(&" ".repeat(INDENT));
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.at.length = self.out.len();
        self.at.column = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => self.at.column + text.chars().count(),
        };
    }
}

/// Does a token stand right behind a comment?
fn sticks(kind: &TokenKind) -> bool {
    use Punct::{Comma, RBracket, RParen, Semi};
    matches!(kind, TokenKind::Punct(RParen | RBracket | Comma | Semi))
}
