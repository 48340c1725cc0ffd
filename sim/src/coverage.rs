//! Which lines of the texts ran, which ways conditions went, and which faults happened, over many questions.
//!
//! Watched are the instructions, in every step that is taken; they are told as places in the texts, so that questions
//! whose programs share a text can be added up.

use crate::trace::Place;
use model::lang::source::Span;
use model::machine::code::{Op, Pc};
use model::machine::{Event, Program, TaskId, Watch, World};
use std::collections::BTreeMap;

/// What has run of one program.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ran {
    /// By instruction.
    runs: Vec<bool>,
    /// Has the task gone on at the next instruction, and elsewhere?
    went: Vec<[bool; 2]>,
    /// By site.
    faults: Vec<bool>,
}

impl Ran {
    /// Nothing yet.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let code = program.code.len();
        Self {
            runs: vec![false; code],
            went: vec![[false; 2]; code],
            faults: vec![false; program.sites.len()],
        }
    }
}

impl Watch for Ran {
    #[inline]
    fn event(&mut self, _: &World<'_>, _: TaskId, _: Pc, _: Event) {}

    #[inline]
    fn runs(&mut self, pc: Pc) {
        self.runs[pc as usize] = true;
    }

    #[inline]
    fn fails(&mut self, site: u16) {
        self.faults[usize::from(site)] = true;
    }

    #[inline]
    fn went(&mut self, pc: Pc, to: Pc) {
        self.went[pc as usize][usize::from(to != pc + 1)] = true;
    }
}

/// A place in a text: file and line, then what tells several on one line apart.
type Spot = (String, u32, u32, u32);

/// A line that code stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its text.
    pub source: String,
    /// Has any of it run?
    pub reached: bool,
}

/// A condition, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// As it is written.
    pub source: String,
    /// Was it ever true, and ever false?
    pub taken: [bool; 2],
}

/// Something that could fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// `may`, or the verb.
    pub what: String,
    /// Its line's text.
    pub source: String,
    /// Has it?
    pub happened: bool,
}

/// What is known of some texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sheet {
    /// By file and line; the rest of the key is 0.
    pub lines: BTreeMap<Spot, Line>,
    /// By where the statement begins, and which part it is.
    pub branches: BTreeMap<Spot, Branch>,
    /// By where they stand.
    pub faults: BTreeMap<Spot, Fault>,
}

/// How many of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Share {
    /// Those that were seen.
    pub seen: u64,
    /// All that there are.
    pub all: u64,
}

impl FromIterator<bool> for Share {
    fn from_iter<I: IntoIterator<Item = bool>>(seen: I) -> Self {
        seen.into_iter().fold(Self::default(), |share, seen| Self {
            seen: share.seen + u64::from(seen),
            all: share.all + 1,
        })
    }
}

impl Sheet {
    /// What has run of a program, by the places in its texts.
    #[must_use]
    pub fn new(program: &Program, ran: &Ran) -> Self {
        let mut sheet = Self::default();
        sheet.add_lines(program, ran);
        sheet.add_branches(program, ran);
        for (site, &happened) in program.sites.iter().zip(&ran.faults) {
            if site.selected && program.faults > 0 {
                let place = Place::of(program, site.span);
                let spot = (place.file, place.line, program.sources.position(site.span).1, 0);
                let fault = Fault { what: site.what.clone(), source: place.source, happened: false };
                sheet.faults.entry(spot).or_insert(fault).happened |= happened;
            }
        }
        sheet
    }

    /// Adds what another question has shown of the same texts.
    pub fn add(&mut self, other: Self) {
        for (spot, line) in other.lines {
            let reached = line.reached;
            self.lines.entry(spot).or_insert(line).reached |= reached;
        }
        for (spot, branch) in other.branches {
            let taken = branch.taken;
            let known = self.branches.entry(spot).or_insert(branch);
            known.taken = [known.taken[0] | taken[0], known.taken[1] | taken[1]];
        }
        for (spot, fault) in other.faults {
            let happened = fault.happened;
            self.faults.entry(spot).or_insert(fault).happened |= happened;
        }
    }

    /// Lines that were reached.
    #[must_use]
    pub fn lines_reached(&self) -> Share {
        self.lines.values().map(|line| line.reached).collect()
    }

    /// Ways of conditions that were taken: two each.
    #[must_use]
    pub fn ways_taken(&self) -> Share {
        self.branches.values().flat_map(|branch| branch.taken).collect()
    }

    /// Faults that happened.
    #[must_use]
    pub fn faults_happened(&self) -> Share {
        self.faults.values().map(|fault| fault.happened).collect()
    }

    fn add_lines(&mut self, program: &Program, ran: &Ran) {
        for (&span, &reached) in program.spans.iter().zip(&ran.runs).skip(1) {
            // The end of a body, where nothing is written, and what runs works and callbacks.
            if matches!(program.sources.text(span), "" | "}") {
                continue;
            }
            let place = Place::of(program, span);
            let line = Line { source: place.source, reached: false };
            self.lines.entry((place.file, place.line, 0, 0)).or_insert(line).reached |= reached;
        }
    }

    fn add_branches(&mut self, program: &Program, ran: &Ran) {
        // The instructions that decide, by the statement that they belong to.
        let mut statements: BTreeMap<(u16, Span), Vec<Pc>> = BTreeMap::new();
        for (pc, instr) in (0..).zip(&program.code) {
            if matches!(
                instr.op,
                Op::Unless { .. } | Op::When { .. } | Op::UnlessCmp { .. } | Op::Walk { .. }
            ) {
                let span = program.spans[pc as usize];
                statements.entry((program.function_of[pc as usize], span)).or_default().push(pc);
            }
        }
        for ((_, span), mut decide) in statements {
            let text = program.sources.text(span);
            // A loop's condition stands before its body and behind it.
            let copies = if text.starts_with("while") || text.starts_with("for") { 2 } else { 1 };
            let parts = (decide.len() / copies).max(1);
            let texts = part_texts(text, parts);
            let place = Place::of(program, span);
            let column = program.sources.position(span).1;
            for (at, pc) in decide.drain(..).enumerate() {
                let part = at % parts;
                let spot = (place.file.clone(), place.line, column, u32::try_from(part).unwrap_or(u32::MAX));
                let source = match &texts {
                    Some(texts) => texts[part].clone(),
                    None if parts == 1 => place.source.clone(),
                    None => format!("condition {} of {parts} in {}", part + 1, place.source),
                };
                let branch = self.branches.entry(spot).or_insert(Branch { source, taken: [false; 2] });
                let [next, elsewhere] = ran.went[pc as usize];
                let (yes, no) = match program.code[pc as usize].op {
                    Op::When { .. } => (elsewhere, next),
                    _ => (next, elsewhere),
                };
                branch.taken = [branch.taken[0] | yes, branch.taken[1] | no];
            }
        }
    }
}

/// The parts of a statement's condition that are decided one by one, without what negates them.
fn part_texts(statement: &str, parts: usize) -> Option<Vec<String>> {
    let condition = if statement.starts_with("for") {
        // What is known of a walk ends before its parenthesis does.
        let walk = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        return (parts == 1 && walk != "for").then(|| vec![walk.trim_end_matches(')').to_string() + ")"]);
    } else if statement.starts_with("if") || statement.starts_with("while") {
        in_parentheses(statement)?
    } else {
        statement
    };
    let texts: Vec<_> = condition.split("&&").flat_map(|part| part.split("||")).map(bare).collect();
    (texts.len() == parts).then_some(texts)
}

/// What stands between the first parenthesis and the one that belongs to it.
fn in_parentheses(text: &str) -> Option<&str> {
    let first = text.find('(')?;
    let mut open = 0;
    for (at, c) in text[first..].char_indices() {
        match c {
            '(' => open += 1,
            ')' if open == 1 => return Some(&text[first + 1..first + at]),
            ')' => open -= 1,
            _ => {}
        }
    }
    None
}

/// A part without `!`, and without the parentheses of what it stands in.
fn bare(part: &str) -> String {
    let mut part = part.split_whitespace().collect::<Vec<_>>().join(" ");
    loop {
        let (open, close) = (part.matches('(').count(), part.matches(')').count());
        let inner = if part.starts_with('!') && !part.starts_with("!=") {
            part[1..].to_string()
        } else if part.starts_with('(') && (open > close || part.ends_with(')')) {
            let inner = &part[1..];
            if open > close { inner.to_string() } else { inner[..inner.len() - 1].to_string() }
        } else if close > open && part.ends_with(')') {
            part[..part.len() - 1].to_string()
        } else {
            return part;
        };
        part = inner.trim().to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_taken_apart() {
        for (statement, parts, want) in [
            ("if (error) goto undo;", 1, Some("error")),
            ("if (!net) return -ENOMEM;", 1, Some("net")),
            ("if (a == NULL && !(b || c->d)) x = 1;", 3, Some("a == NULL|b|c->d")),
            ("while (!list_empty(l)) { if (x && y) step; }", 1, Some("list_empty(l)")),
            ("if (IS_ERR(net) || !inited(a, b)) step;", 2, Some("IS_ERR(net)|inited(a, b)")),
            ("for (net in net_list", 1, Some("for (net in net_list)")),
            ("if (a && b) step;", 1, None),
        ] {
            let got = part_texts(statement, parts).map(|texts| texts.join("|"));
            assert_eq!(got.as_deref(), want, "{statement}");
        }
    }
}
