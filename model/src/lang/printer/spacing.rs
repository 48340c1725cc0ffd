//! Between which tokens of one line a space stands. Only tokens decide, so the answer survives any change of layout.

use crate::lang::token::{Punct, Token, TokenKind};

/// Words before a parenthesis that call nothing.
const BEFORE_PARENTHESIS: &[&str] =
    &["if", "while", "for", "return", "may", "else", "in", "reverse", "after"];

/// Is there a space between the token `at` and the one before?
pub(super) fn space_before(tokens: &[Token], at: usize) -> bool {
    use Punct::{
        Colon, Comma, Dot, DotDot, Gt, LBrace, LBracket, LParen, Lt, Not, RBrace, RBracket, RParen, Semi,
    };
    let Some(before) = at.checked_sub(1).map(|before| &tokens[before].kind) else { return false };
    let here = &tokens[at].kind;
    if let TokenKind::Punct(LParen | LBracket | Dot) = before {
        return false;
    }
    match here {
        TokenKind::Punct(Semi | Comma | Dot | RParen | RBracket | Colon | LBracket) => false,
        TokenKind::Punct(RBrace) => !before.is(LBrace),
        TokenKind::Punct(LParen) => match before {
            TokenKind::Name(word) => BEFORE_PARENTHESIS.contains(&word.as_str()),
            TokenKind::Punct(RParen | RBracket | Not) => false,
            _ => !unary_minus(tokens, at - 1),
        },
        TokenKind::Punct(DotDot) => of_durations(tokens, at),
        TokenKind::Punct(Lt) => !list_type(tokens, at),
        TokenKind::Punct(Gt) => at < 4 || !list_type(tokens, at - 4),
        _ if before.is(DotDot) => of_durations(tokens, at - 1),
        _ if before.is(Lt) => !list_type(tokens, at - 1),
        _ => !before.is(Not) && !unary_minus(tokens, at - 1),
    }
}

/// May a long line be broken before the token `at`?
pub(super) fn breakable(tokens: &[Token], at: usize) -> bool {
    at > 0 && ends_chunk(&tokens[at - 1].kind)
}

/// The width of the tokens from `at` on, before the byte `end`, that a break would move together, or at least `limit`.
pub(super) fn chunk_width(tokens: &[Token], at: usize, end: u32, limit: usize) -> usize {
    let mut width = 0;
    for index in (at..tokens.len()).take_while(|&index| tokens[index].span.lo < end) {
        let Token { kind, span } = &tokens[index];
        width += (span.hi - span.lo) as usize + usize::from(index > at && space_before(tokens, index));
        if ends_chunk(kind) || width >= limit {
            break;
        }
    }
    width
}

fn ends_chunk(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Punct(Punct::Comma | Punct::And | Punct::Or))
}

/// Is the token a minus without a left side?
fn unary_minus(tokens: &[Token], at: usize) -> bool {
    use Punct::{Colon, LBrace, RBrace, RBracket, RParen, Semi};
    if !tokens[at].kind.is(Punct::Minus) {
        return false;
    }
    let before = |ahead: usize| at.checked_sub(ahead).map(|at| &tokens[at].kind);
    match before(1) {
        // `return -ENOMEM`, unless `return` is somebody's variable.
        Some(TokenKind::Name(word)) if word == "return" => match before(2) {
            Some(TokenKind::Name(word)) => matches!(word.as_str(), "else" | "may"),
            Some(TokenKind::Punct(punct)) => matches!(punct, Semi | LBrace | RBrace | RParen | Colon),
            Some(_) => false,
            None => true,
        },
        Some(TokenKind::Name(word)) => matches!(word.as_str(), "in" | "reverse" | "after"),
        Some(TokenKind::Int(_)) => false,
        Some(TokenKind::Punct(punct)) => !matches!(punct, RParen | RBracket),
        _ => true,
    }
}

/// `250ns .. 5us`, but `1..3`
fn of_durations(tokens: &[Token], at: usize) -> bool {
    let duration = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| matches!(token.kind, TokenKind::Duration(_)))
    };
    duration(at.checked_sub(1)) || duration(Some(at + 1))
}

/// Is the `<` at this place that of `list<net.list> names`?
fn list_type(tokens: &[Token], at: usize) -> bool {
    let name = |at: usize| tokens.get(at).is_some_and(|token| matches!(token.kind, TokenKind::Name(_)));
    let sign = |at: usize, punct| tokens.get(at).is_some_and(|token| token.kind.is(punct));
    at > 0
        && tokens[at - 1].kind.is_word("list")
        && sign(at, Punct::Lt)
        && name(at + 1)
        && sign(at + 2, Punct::Dot)
        && name(at + 3)
        && sign(at + 4, Punct::Gt)
        && name(at + 5)
}
