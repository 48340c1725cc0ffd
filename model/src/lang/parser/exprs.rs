//! Expressions: C's precedence, without its assignments, bits and conversions.

use super::{MAX_DEPTH, Parse, Parser};
use crate::lang::ast::*;
use crate::lang::codes;
use crate::lang::errno;
use crate::lang::source::Span;
use crate::lang::token::{Punct, TokenKind};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The binary operators; a higher number binds tighter.
const BINARY: &[(Punct, BinaryOp, u8)] = &[
    (Punct::Or, BinaryOp::Or, 1),
    (Punct::And, BinaryOp::And, 2),
    (Punct::Eq, BinaryOp::Eq, 3),
    (Punct::Ne, BinaryOp::Ne, 3),
    (Punct::Lt, BinaryOp::Lt, 4),
    (Punct::Gt, BinaryOp::Gt, 4),
    (Punct::Le, BinaryOp::Le, 4),
    (Punct::Ge, BinaryOp::Ge, 4),
    (Punct::Plus, BinaryOp::Add, 5),
    (Punct::Minus, BinaryOp::Sub, 5),
    (Punct::Star, BinaryOp::Mul, 6),
];

/// An expression and its levels. A row of a thousand operators is as deep a tree as a thousand parentheses.
struct Tall {
    expr: Expr,
    height: u32,
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Parse<Expr> {
        self.binary(0).map(|tall| tall.expr)
    }

    /// What a statement may begin with: an expression without operators around it.
    pub(super) fn post(&mut self) -> Parse<Expr> {
        self.postfix().map(|tall| tall.expr)
    }

    fn tall(&mut self, kind: ExprKind, first: Span, below: u32) -> Parse<Tall> {
        let height = below + 1;
        if height > MAX_DEPTH {
            self.too_deep()
        } else {
            Ok(Tall { expr: Expr { kind, span: self.since(first) }, height })
        }
    }

    /// Operators that bind tighter than `loosest`.
    fn binary(&mut self, loosest: u8) -> Parse<Tall> {
        let first = self.here();
        let mut left = self.unary()?;
        while let Some(&(_, op, strength)) =
            BINARY.iter().find(|(punct, _, strength)| self.at_punct(*punct) && *strength > loosest)
        {
            self.bump();
            let right = self.nested(|parser| parser.binary(strength))?;
            let below = left.height.max(right.height);
            left =
                self.tall(ExprKind::Binary(op, Box::new(left.expr), Box::new(right.expr)), first, below)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parse<Tall> {
        let first = self.here();
        let op = match self.peek(0) {
            Some(TokenKind::Punct(Punct::Not)) => UnaryOp::Not,
            Some(TokenKind::Punct(Punct::Minus)) => UnaryOp::Neg,
            _ => return self.postfix(),
        };
        self.bump();
        let of = self.nested(Self::unary)?;
        self.tall(ExprKind::Unary(op, Box::new(of.expr)), first, of.height)
    }

    fn postfix(&mut self) -> Parse<Tall> {
        let first = self.here();
        let mut left = self.primary()?;
        loop {
            let open = self.here();
            let below = left.height;
            left = if self.eat(Punct::Dot) {
                let field = self.name("the name of a field")?;
                self.tall(ExprKind::Field(Box::new(left.expr), field), first, below)?
            } else if self.eat(Punct::LBracket) {
                let index = self.nested(|parser| parser.binary(0))?;
                self.close(Punct::RBracket, open)?;
                let below = below.max(index.height);
                self.tall(ExprKind::Index(Box::new(left.expr), Box::new(index.expr)), first, below)?
            } else if self.eat(Punct::LParen) {
                let (args, tallest) = self.args(open)?;
                self.tall(ExprKind::Call(Box::new(left.expr), args), first, below.max(tallest))?
            } else {
                return Ok(left);
            };
        }
    }

    fn args(&mut self, open: Span) -> Parse<(Vec<Expr>, u32)> {
        let mut tallest = 0;
        let mut args = Vec::new();
        if !self.at_punct(Punct::RParen) {
            args = self.comma_separated(|parser| {
                let arg = parser.nested(|parser| parser.binary(0))?;
                tallest = tallest.max(arg.height);
                Ok(arg.expr)
            })?;
        }
        self.close(Punct::RParen, open)?;
        Ok((args, tallest))
    }

    fn primary(&mut self) -> Parse<Tall> {
        let first = self.here();
        let kind = match self.peek(0) {
            Some(&TokenKind::Int(value)) => ExprKind::Int(value),
            Some(TokenKind::Name(word)) if word == "NULL" => ExprKind::Null,
            Some(TokenKind::Name(word)) if word == "struct" && self.name_ahead(1).is_some() => {
                self.bump();
                let name = self.name("the name of a struct")?;
                return self.tall(ExprKind::Struct(name), first, 0);
            }
            Some(TokenKind::Name(word)) if errno::value(word).is_some() => {
                ExprKind::Errno(String::from(word))
            }
            Some(TokenKind::Name(word)) => ExprKind::Name(String::from(word)),
            Some(TokenKind::Punct(Punct::LParen)) => {
                self.bump();
                let inner = self.nested(|parser| parser.binary(0))?;
                self.close(Punct::RParen, first)?;
                return self.tall(ExprKind::Paren(Box::new(inner.expr)), first, inner.height);
            }
            _ => {
                let help = "an expression begins with a number, a name, NULL, an error, `!`, `-` or `(`";
                let help = self.operator_help().unwrap_or(help);
                let message = format!("expected an expression{}, found {}", self.after(), self.found());
                return self.fail(codes::EXPECTED_EXPRESSION, message, help);
            }
        };
        self.bump();
        self.tall(kind, first, 0)
    }
}
