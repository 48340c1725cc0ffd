//! Expressions of code: every shared read in them is an access of its own.

use super::code::{Label, Op, Reg, Val};
use super::coder::{Coder, Frame, one_of};
use super::refuse::Refusal;
use super::world::{HANDLE, Kind, Meaning};
use model::lang::ast::{BinaryOp, Expr, ExprKind, Name, UnaryOp};

/// An operator as Promela writes it; none for `&&` and `||`.
pub const fn operator(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Or | BinaryOp::And => return None,
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Lt => "<",
        BinaryOp::Gt => ">",
        BinaryOp::Le => "<=",
        BinaryOp::Ge => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
    })
}

const fn compares(op: BinaryOp) -> bool {
    !matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::And | BinaryOp::Or)
}

impl Coder<'_, '_> {
    /// The value of an expression, wherever it is.
    pub fn expr(&mut self, f: &mut Frame, expr: &Expr) -> Result<Val, Refusal> {
        if let Some(value) = self.constant(f, expr) {
            return Ok(Val::Num(value));
        }
        match &expr.kind {
            ExprKind::Paren(inner) => return self.expr(f, inner),
            ExprKind::Name(name) => {
                if let Some(&reg) = f.locals.get(name) {
                    return Ok(Val::Reg(reg));
                }
            }
            ExprKind::Field(object, name) if self.is_address(name) => {
                let offset = self.world.offsets[&name.text] as i64;
                if let ExprKind::Name(local) = &object.kind
                    && let Some(&reg) = f.locals.get(local)
                {
                    return Ok(Val::At(reg, offset));
                }
            }
            _ => {}
        }
        let dst = self.temp();
        self.expr_to(f, expr, dst)?;
        Ok(Val::Reg(dst))
    }

    fn is_address(&self, name: &Name) -> bool {
        match self.field_kind(&name.text) {
            Some(kind) => !matches!(kind, Kind::Plain | Kind::Constant | Kind::Callback),
            None => false,
        }
    }

    /// What is known when the text is read.
    fn constant(&self, f: &Frame, expr: &Expr) -> Option<i64> {
        match &expr.kind {
            ExprKind::Int(value) => Some(*value),
            ExprKind::Null => Some(0),
            ExprKind::Errno(name) => model::lang::errno::value(name),
            ExprKind::Paren(inner) => self.constant(f, inner),
            ExprKind::Unary(UnaryOp::Neg, inner) => match &inner.kind {
                ExprKind::Int(_) | ExprKind::Errno(_) => Some(-self.constant(f, inner)?),
                _ => None,
            },
            ExprKind::Name(name) if !f.locals.contains_key(name) => {
                if let Some(address) = self.address(f, name) {
                    return Some(address);
                }
                match self.world.find(f.scope, name) {
                    Some(Meaning::Const(value)) => Some(*value),
                    // Never written: reading it is no access.
                    Some(Meaning::Scalar(cell))
                        if !self.world.written_globals.contains(name)
                            && !self.world.net_lines.contains(cell) =>
                    {
                        Some(self.world.initial.get(cell).copied().unwrap_or(0))
                    }
                    None if name == "me" => f.me.and_then(|me| i64::try_from(me).ok()),
                    _ => None,
                }
            }
            ExprKind::Index(array, index) => {
                let ExprKind::Name(name) = &array.kind else { return None };
                let Some(Meaning::Array { first, len, stride, kind }) = self.world.find(f.scope, name) else {
                    return None;
                };
                let at = usize::try_from(self.constant(f, index)?).ok().filter(|at| at < len)?;
                (*kind != Kind::Plain).then(|| HANDLE + (first + at * stride) as i64)
            }
            ExprKind::Field(object, name) => {
                let field = self.field_kind(&name.text)?;
                match field {
                    Kind::Constant => self.constant_field(&name.text),
                    Kind::Plain | Kind::Callback => None,
                    _ => Some(self.constant(f, object)? + self.world.offsets[&name.text] as i64),
                }
            }
            _ => None,
        }
    }

    /// Does a condition hold, as far as that is known when the text is read?
    pub fn known_truth(&self, f: &Frame, expr: &Expr) -> Option<bool> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.known_truth(f, inner),
            ExprKind::Unary(UnaryOp::Not, inner) => Some(!self.known_truth(f, inner)?),
            // The left side is asked first: what it reads is read, whatever the right side is.
            ExprKind::Binary(BinaryOp::And, left, right) => {
                if self.known_truth(f, left)? {
                    self.known_truth(f, right)
                } else {
                    Some(false)
                }
            }
            ExprKind::Binary(BinaryOp::Or, left, right) => {
                if self.known_truth(f, left)? {
                    Some(true)
                } else {
                    self.known_truth(f, right)
                }
            }
            _ => Some(self.constant(f, expr)? != 0),
        }
    }

    /// The value of a field that no text writes, if it is the same in all objects.
    fn constant_field(&self, name: &str) -> Option<i64> {
        let offset = self.world.offsets[name];
        let objects = self.world.objects.iter();
        let having =
            objects.filter(|object| self.world.fields(&object.strukt).iter().any(|field| field.name == name));
        let mut values =
            having.map(|object| self.world.initial.get(&(object.at + offset)).copied().unwrap_or(0));
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }

    /// Puts the value of an expression into a register.
    pub fn expr_to(&mut self, f: &mut Frame, expr: &Expr, dst: Reg) -> Result<(), Refusal> {
        let (span, mark) = (self.span, self.used);
        if let Some(value) = self.constant(f, expr) {
            self.set(f, dst, Val::Num(value));
            return Ok(());
        }
        let to = self.text(Val::Reg(dst));
        match &expr.kind {
            ExprKind::Paren(inner) => self.expr_to(f, inner, dst)?,
            ExprKind::Name(name) => {
                if let Some(&reg) = f.locals.get(name) {
                    self.set(f, dst, Val::Reg(reg));
                } else if let Some(&Meaning::Scalar(cell)) = self.world.find(f.scope, name) {
                    // A handle of a `net` line is written by boot alone.
                    let written = self.world.written_globals.contains(name);
                    self.access(f, format!("{to} = m[{cell}]"), &[], Some(dst)).access = written;
                } else {
                    return Err(Refusal::construct(expr.span, "this name"));
                }
            }
            ExprKind::Unary(op, inner) => {
                let a = self.expr(f, inner)?;
                self.span = span;
                let sign = if *op == UnaryOp::Not { "!" } else { "-" };
                let text = format!("{to} = {sign}({})", self.text(a));
                self.emit(f, Op::Do(text), &[a], Some(dst));
            }
            ExprKind::Binary(BinaryOp::And | BinaryOp::Or, ..) => {
                let (no, end) = (self.label(), self.label());
                self.branch(f, expr, no, false)?;
                self.set(f, dst, Val::Num(1));
                self.emit(f, Op::Jump(end), &[], None);
                self.bind(no);
                self.set(f, dst, Val::Num(0));
                self.bind(end);
            }
            ExprKind::Binary(op, x, y) => {
                let (a, b) = (self.expr(f, x)?, self.expr(f, y)?);
                self.span = span;
                let op = operator(*op).expect("the others were answered");
                let text = format!("{to} = ({} {op} {})", self.text(a), self.text(b));
                self.emit(f, Op::Do(text), &[a, b], Some(dst));
            }
            ExprKind::Field(object, name) => self.field_to(f, object, name, dst)?,
            ExprKind::Index(array, index) => self.element_to(f, expr, array, index, dst)?,
            ExprKind::Call(callee, args) => self.call_to(f, expr, callee, args, Some(dst))?,
            _ => return Err(Refusal::construct(expr.span, "this expression")),
        }
        self.used = mark;
        Ok(())
    }

    fn field_to(&mut self, f: &mut Frame, object: &Expr, name: &Name, dst: Reg) -> Result<(), Refusal> {
        let span = self.span;
        let of = self.expr(f, object)?;
        self.span = span;
        let (to, at) = (self.text(Val::Reg(dst)), self.text(of));
        if name.text == "next" || name.text == "prev" {
            let side = usize::from(name.text == "prev");
            self.access(f, format!("{to} = M({at}+{side})"), &[of], Some(dst));
            return Ok(());
        }
        let offset = self.world.offsets.get(&name.text).copied().unwrap_or(0);
        match self.field_kind(&name.text) {
            Some(Kind::Plain) => {
                self.access(f, format!("touch({at}); {to} = M({at}+{offset})"), &[of], Some(dst));
            }
            Some(Kind::Constant) => {
                self.emit(f, Op::Do(format!("{to} = M({at}+{offset})")), &[of], Some(dst));
            }
            Some(Kind::Callback) => {
                let objects = self.world.objects.iter();
                let having = objects.filter(|object| object.replies.contains_key(&name.text));
                let handles: Vec<i64> = having.map(|object| HANDLE + object.at as i64).collect();
                let text = format!("{to} = {}", one_of(&at, &handles));
                self.emit(f, Op::Do(text), &[of], Some(dst));
            }
            Some(_) => {
                self.emit(f, Op::Do(format!("{to} = {at}+{offset}")), &[of], Some(dst));
            }
            None => return Err(Refusal::construct(name.span, "a field that differs between structs")),
        }
        Ok(())
    }

    fn element_to(
        &mut self,
        f: &mut Frame,
        expr: &Expr,
        array: &Expr,
        index: &Expr,
        dst: Reg,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let ExprKind::Name(name) = &array.kind else {
            return Err(Refusal::construct(expr.span, "an element of an object's array"));
        };
        let index = self.expr(f, index)?;
        self.span = span;
        let Some(Meaning::Array { first, len, stride, kind }) = self.world.find(f.scope, name) else {
            return Err(Refusal::construct(expr.span, "an element of this"));
        };
        let (to, at) = (self.text(Val::Reg(dst)), self.text(index));
        let check = format!("assert({at} >= 0 && {at} < {len})");
        if *kind == Kind::Plain {
            let written = self.world.written_globals.contains(name);
            let text = format!("{check}; {to} = m[{first}+{at}]");
            self.access(f, text, &[index], Some(dst)).access = written;
        } else {
            let text = format!("{check}; {to} = {}+({at})*{stride}", HANDLE + *first as i64);
            self.emit(f, Op::Do(text), &[index], Some(dst));
        }
        Ok(())
    }

    /// Jumps if an expression is `when`, otherwise goes on.
    pub fn branch(&mut self, f: &mut Frame, expr: &Expr, to: Label, when: bool) -> Result<(), Refusal> {
        let span = self.span;
        match &expr.kind {
            ExprKind::Paren(inner) => return self.branch(f, inner, to, when),
            ExprKind::Unary(UnaryOp::Not, inner) => return self.branch(f, inner, to, !when),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), x, y) => {
                // `a && b` is false as soon as one is; `a || b` true.
                let decides = *op == BinaryOp::Or;
                if when == decides {
                    self.branch(f, x, to, when)?;
                    return self.branch(f, y, to, when);
                }
                let past = self.label();
                self.branch(f, x, past, decides)?;
                self.branch(f, y, to, when)?;
                self.bind(past);
                return Ok(());
            }
            _ => {}
        }
        let (cond, reads) = match &expr.kind {
            ExprKind::Binary(op, x, y) if compares(*op) => {
                let (a, b) = (self.expr(f, x)?, self.expr(f, y)?);
                let op = operator(*op).expect("it compares");
                (format!("{} {op} {}", self.text(a), self.text(b)), vec![a, b])
            }
            _ => {
                let value = self.expr(f, expr)?;
                if let Val::Num(known) = value {
                    if (known != 0) == when {
                        self.emit(f, Op::Jump(to), &[], None);
                    }
                    return Ok(());
                }
                (format!("{} != 0", self.text(value)), vec![value])
            }
        };
        self.span = span;
        let cond = if when { format!("!({cond})") } else { cond };
        self.emit(f, Op::Branch(cond, to), &reads, None);
        Ok(())
    }
}
