//! Statements.

use super::code::{Op, Val};
use super::coder::{Coder, Frame};
use super::refuse::Refusal;
use super::world::{HANDLE, Kind, Meaning};
use model::lang::ast::{Expr, ExprKind, Name, Stmt, StmtKind};

/// Can something jump into a statement?
fn has_label(stmt: &Stmt) -> bool {
    stmt.walk().any(|stmt| matches!(stmt.kind, StmtKind::Label(_)))
}

impl Coder<'_, '_> {
    pub fn stmt(&mut self, f: &mut Frame, stmt: &Stmt) -> Result<(), Refusal> {
        let mark = self.used;
        self.span = stmt.span;
        match &stmt.kind {
            StmtKind::Block(block) => block.stmts.iter().try_for_each(|stmt| self.stmt(f, stmt))?,
            StmtKind::If { cond, then, otherwise } => {
                if let Some(holds) = self.known_truth(f, cond) {
                    // What never runs need not be translatable.
                    let taken = if holds { Some(then) } else { otherwise.as_ref() };
                    let left = if holds { otherwise.as_ref() } else { Some(then) };
                    if left.is_none_or(|left| !has_label(left)) {
                        return taken.map_or(Ok(()), |taken| self.stmt(f, taken));
                    }
                }
                let (no, end) = (self.label(), self.label());
                self.branch(f, cond, no, false)?;
                self.used = mark;
                self.stmt(f, then)?;
                if let Some(otherwise) = otherwise {
                    self.emit(f, Op::Jump(end), &[], None);
                    self.bind(no);
                    self.stmt(f, otherwise)?;
                } else {
                    self.bind(no);
                }
                self.bind(end);
            }
            StmtKind::While { cond, body } => {
                // To ask the first time and to ask again are two positions.
                let (top, next, end) = (self.label(), self.label(), self.label());
                self.branch(f, cond, end, false)?;
                self.used = mark;
                self.bind(top);
                f.loops.push((next, end, f.atomic));
                self.stmt(f, body)?;
                f.loops.pop();
                self.bind(next);
                self.span = stmt.span;
                self.branch(f, cond, top, true)?;
                self.bind(end);
            }
            StmtKind::For { var, reverse, list, after, body } => {
                self.walk(f, var, *reverse, (list, after.as_ref()), body)?;
            }
            StmtKind::Goto(name) => {
                let label = f.labels[&name.text];
                if f.atomic != 0 && !f.inherited {
                    self.emit(f, Op::AtomicEnd, &[], None);
                }
                self.emit(f, Op::Jump(label), &[], None);
            }
            StmtKind::Label(name) => self.bind(f.labels[&name.text]),
            StmtKind::Break | StmtKind::Continue => {
                let (next, end, atomic) = *f.loops.last().expect("the compiler refuses it outside a loop");
                if f.atomic != 0 && f.atomic != atomic && !f.inherited {
                    self.emit(f, Op::AtomicEnd, &[], None);
                }
                let to = if stmt.kind == StmtKind::Break { end } else { next };
                self.emit(f, Op::Jump(to), &[], None);
            }
            StmtKind::Return(value) => {
                let value = match value {
                    Some(value) => self.expr(f, value)?,
                    None => Val::Num(0),
                };
                self.give(f, value);
            }
            StmtKind::Atomic(block) => {
                let outermost = f.atomic == 0;
                if outermost {
                    f.blocks += 1;
                    f.atomic = f.blocks;
                }
                block.stmts.iter().try_for_each(|stmt| self.stmt(f, stmt))?;
                if outermost {
                    if !f.inherited {
                        self.emit(f, Op::AtomicEnd, &[], None);
                    }
                    f.atomic = 0;
                }
            }
            StmtKind::May(inner) => {
                let end = self.label();
                let selected = self.selected(f, "may");
                self.emit(f, Op::May(selected, end), &[], None);
                self.stmt(f, inner)?;
                self.bind(end);
            }
            StmtKind::Step => drop(self.access(f, "skip".to_string(), &[], None)),
            StmtKind::Assert(cond) => {
                let value = self.expr(f, cond)?;
                let text = format!("assert({} != 0)", self.text(value));
                self.emit(f, Op::Do(text), &[value], None);
            }
            StmtKind::LocalList { link, names, .. } => {
                let offset = self.world.offsets[&link.text];
                for name in names {
                    let head = HANDLE + f.lists[&name.text] as i64;
                    self.emit(f, Op::Do(format!("make_list({head}, {offset})")), &[], None);
                }
            }
            StmtKind::Assign { place, value } => self.assign(f, stmt, place, value)?,
            StmtKind::Call(call) => self.call_stmt(f, call)?,
            StmtKind::Error => {}
        }
        self.used = mark;
        Ok(())
    }

    /// May a fault happen at a site here?
    pub fn selected(&self, f: &Frame, what: &str) -> bool {
        let named = |name: &String| name == what || *name == f.name;
        self.world.budget > 0
            && self.world.sites.as_ref().is_some_and(|sites| sites.is_empty() || sites.iter().any(named))
    }

    fn walk(
        &mut self,
        f: &mut Frame,
        var: &Name,
        reverse: bool,
        (list, after): (&Expr, Option<&Expr>),
        body: &Stmt,
    ) -> Result<(), Refusal> {
        let span = self.span;
        let cursor = f.locals[&var.text];
        let head = self.expr(f, list)?;
        let from = after.map(|after| self.expr(f, after)).transpose()?.unwrap_or(head);
        let (top, next, end) = (self.label(), self.label(), self.label());
        self.span = span;
        self.advance(f, cursor, head, from, reverse);
        self.leave_at_head(f, cursor, head, end);
        self.bind(top);
        f.loops.push((next, end, f.atomic));
        self.stmt(f, body)?;
        f.loops.pop();
        self.bind(next);
        self.span = span;
        self.advance(f, cursor, head, Val::Reg(cursor), reverse);
        self.leave_at_head(f, cursor, head, end);
        self.emit(f, Op::Jump(top), &[], None);
        self.bind(end);
        Ok(())
    }

    fn advance(&mut self, f: &Frame, cursor: u16, head: Val, from: Val, reverse: bool) {
        let (to, list, start) = (self.text(Val::Reg(cursor)), self.text(head), self.text(from));
        let side = usize::from(reverse);
        let text = if from == head {
            format!("{to} = M(M({list}+{side})+2)")
        } else {
            format!("{to} = M(M(({start} == {list} -> {list} : {start}+M({list}+3))+{side})+2)")
        };
        self.access(f, text, &[head, from], Some(cursor));
    }

    fn leave_at_head(&mut self, f: &Frame, cursor: u16, head: Val, end: super::code::Label) {
        let cond = format!("{} != {}", self.text(Val::Reg(cursor)), self.text(head));
        self.emit(f, Op::Branch(cond, end), &[Val::Reg(cursor), head], None);
    }

    fn assign(&mut self, f: &mut Frame, stmt: &Stmt, place: &Expr, value: &Expr) -> Result<(), Refusal> {
        match &place.kind {
            ExprKind::Name(name) => {
                if let Some(&reg) = f.locals.get(name) {
                    return self.expr_to(f, value, reg);
                }
                let src = self.expr(f, value)?;
                self.span = stmt.span;
                let Some(&Meaning::Scalar(cell)) = self.world.find(f.scope, name) else {
                    return Err(Refusal::construct(place.span, "this assignment"));
                };
                let text = format!("m[{cell}] = {}", self.text(src));
                self.access(f, text, &[src], None);
            }
            ExprKind::Field(object, name) => {
                let src = self.expr(f, value)?;
                let object = self.expr(f, object)?;
                self.span = stmt.span;
                if !matches!(self.field_kind(&name.text), Some(Kind::Plain)) {
                    return Err(Refusal::construct(place.span, "an assignment to such a field"));
                }
                let offset = self.world.offsets[&name.text];
                let text = format!("touch({0}); M({0}+{offset}) = {1}", self.text(object), self.text(src));
                self.access(f, text, &[object, src], None);
            }
            ExprKind::Index(array, index) => {
                let src = self.expr(f, value)?;
                let ExprKind::Name(name) = &array.kind else {
                    return Err(Refusal::construct(place.span, "an element of an object's array"));
                };
                let index = self.expr(f, index)?;
                self.span = stmt.span;
                let Some(&Meaning::Array { first, len, kind: Kind::Plain, .. }) =
                    self.world.find(f.scope, name)
                else {
                    return Err(Refusal::construct(place.span, "this assignment"));
                };
                let (at, src_text) = (self.text(index), self.text(src));
                let text = format!("assert({at} >= 0 && {at} < {len}); m[{first}+{at}] = {src_text}");
                self.access(f, text, &[index, src], None);
            }
            _ => return Err(Refusal::construct(place.span, "this assignment")),
        }
        Ok(())
    }
}
