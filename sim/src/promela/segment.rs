//! One step as Promela: from where a task stands to all places where it can stand next.

use super::code::{Code, Op, Reg};
use super::refuse::Refusal;
use super::world::UNSET;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The most instructions on one way through a step.
const MAX_WAY: usize = 2_000;
/// The longest text of one step, in bytes.
const MAX_TEXT: usize = 1 << 20;

/// The number of a position: 0 is the end.
pub fn position(code: &Code, at: usize) -> usize {
    if matches!(code.instrs[at].op, Op::Gone) { 0 } else { at + 1 }
}

/// What a step does. `start`: the task has not run yet, and only does what precedes its first access.
pub struct Segment<'c> {
    task: usize,
    code: &'c Code,
    live: &'c [Vec<bool>],
    at: usize,
    text: String,
    /// Where the task may stand behind it.
    pub reached: BTreeSet<usize>,
}

#[derive(Clone)]
struct Way {
    atomic: bool,
    started: bool,
    touched: BTreeSet<Reg>,
    indent: usize,
    length: usize,
}

impl<'c> Segment<'c> {
    pub fn new(task: usize, code: &'c Code, live: &'c [Vec<bool>], at: usize) -> Self {
        Self { task, code, live, at, text: String::new(), reached: BTreeSet::new() }
    }

    /// Its text.
    pub fn write(mut self, start: bool) -> Result<(String, BTreeSet<usize>), Refusal> {
        let atomic = !start && self.code.instrs[self.at].atomic;
        let touched = (0..self.code.regs).filter(|&reg| self.live[self.at][usize::from(reg)]).collect();
        self.run(self.at, Way { atomic, started: start, touched, indent: 2, length: 0 })?;
        Ok((self.text, self.reached))
    }

    fn line(&mut self, way: &Way, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", way.indent * 2);
    }

    fn run(&mut self, mut at: usize, mut way: Way) -> Result<(), Refusal> {
        loop {
            way.length += 1;
            if way.length > MAX_WAY || self.text.len() > MAX_TEXT {
                return Err(Refusal::size(None, "a step without an end, or too long to be written out"));
            }
            let instr = &self.code.instrs[at];
            if instr.access {
                if way.started && !way.atomic {
                    self.stop(at, &way);
                    return Ok(());
                }
                if way.started
                    && let Some(ready) = &instr.ready
                {
                    self.line(&way, &format!("assert({ready});"));
                }
                way.started = true;
            }
            match &instr.op {
                Op::Do(text) => {
                    if text != "skip" {
                        self.line(&way, &format!("{text};"));
                    }
                    way.touched.extend(&instr.writes);
                }
                Op::Enter(regs) => {
                    for &reg in regs {
                        if self.live[at + 1][usize::from(reg)] {
                            self.line(&way, &format!("r{}[{reg}] = {UNSET};", self.task));
                            way.touched.insert(reg);
                        }
                    }
                }
                Op::Jump(to) => {
                    at = self.code.at(*to);
                    continue;
                }
                Op::AtomicEnd => way.atomic = false,
                Op::May(false, to) => {
                    at = self.code.at(*to);
                    continue;
                }
                Op::Branch(cond, to) => {
                    return self.fork(&way, (cond, "", at + 1), ("else", "", self.code.at(*to)));
                }
                Op::May(true, to) => {
                    let happens = ("faults > 0", "faults--;", at + 1);
                    return self.fork(&way, happens, ("true", "", self.code.at(*to)));
                }
                Op::Arrive { free, now, wait } if free == "false" => {
                    let _ = now;
                    if wait != "skip" {
                        self.line(&way, &format!("{wait};"));
                    }
                }
                Op::Arrive { free, now, wait } => {
                    way.touched.extend(&instr.writes);
                    let (now, wait) = (format!("{now};"), format!("{wait};"));
                    return self.fork(&way, (free, &now, at + 2), ("else", &wait, at + 1));
                }
                Op::Gone => {}
            }
            at += 1;
        }
    }

    fn fork(
        &mut self,
        way: &Way,
        one: (&str, &str, usize),
        other: (&str, &str, usize),
    ) -> Result<(), Refusal> {
        let inner = Way { indent: way.indent + 1, ..way.clone() };
        self.line(way, "if");
        for (guard, first, at) in [one, other] {
            self.line(way, &format!(":: {guard} ->"));
            if !first.is_empty() {
                self.line(&inner, first);
            }
            self.run(at, inner.clone())?;
        }
        self.line(way, "fi");
        Ok(())
    }

    /// Stands before an access: what nobody will read any more is cleared, so that it does not tell states apart.
    fn stop(&mut self, at: usize, way: &Way) {
        for &reg in &way.touched {
            if !self.live[at][usize::from(reg)] {
                self.line(way, &format!("r{}[{reg}] = {UNSET};", self.task));
            }
        }
        let position = position(self.code, at);
        self.line(way, &format!("pc[{}] = {position}", self.task));
        self.reached.insert(at);
    }
}
