//! Which lines made the difference: where two neighbouring protocols answer a page differently, the smallest set of changed
//! pieces that takes the old protocol to the new one's answer.
//!
//! A *hybrid* is the old protocol with some pieces of the new one. Pieces are left out of the whole difference, half of them
//! at a time, then a quarter, down to one, as long as the hybrid still answers as the new protocol does; what cannot be read
//! or compiled does not. Nothing can be left out of what remains.

use crate::across::{Gist, Page};
use crate::answer::Answer;
use crate::ask::{Mode, Plan};
use crate::difference::{Pair, pairs};
use crate::library::Texts;
use crate::limit::{Control, Progress};
use crate::pieces::{Kind, Piece};
use model::lang::load::Library;
use std::collections::BTreeMap;

/// The name of a hybrid.
const HYBRID: &str = "hybrid";
/// So many hybrids are tried at most.
const MOST_HYBRIDS: u64 = 400;
/// A hybrid's search may store so many states, unless less was asked for.
const MOST_STATES: u64 = 50_000;

/// What makes the difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blame {
    /// These pieces of the new protocol alone give its answer, and none of them can be left out.
    Pieces {
        /// Kind and name, in the order of the new protocol.
        pieces: Vec<(Kind, String)>,
        /// So many pieces differ.
        of: usize,
        /// So many hybrids were tried.
        tried: u64,
        /// Was the search for less stopped before its end?
        stopped: bool,
    },
    /// The old protocol with all that differs in the new one does not give its answer: something is in what has gone.
    All,
}

/// Finds what makes the difference between two protocols that answer a page differently.
pub fn blame(
    page: &Page,
    (old, new): (&[Piece], &[Piece]),
    wanted: &Gist,
    plan: &Plan,
    library: &dyn Library,
    control: &dyn Control,
) -> Blame {
    let mut limits = plan.limits;
    limits.max_states = limits.max_states.min(MOST_STATES);
    let plan = Plan { mode: Mode::Exhaustive, schedules: false, limits, ..*plan };
    let differs = |pair: &Pair<'_>| matches!(pair, Pair::Changed(..) | Pair::New(_));
    let all: Vec<&Piece> = pairs(old, new).into_iter().filter(differs).map(Pair::piece).collect();
    let mut tried = 0;
    let mut answers = |chosen: &[&Piece]| {
        tried += 1;
        let text = hybrid(old, new, chosen);
        let files = vec![(format!("{HYBRID}.pernet"), text)];
        let told = page.ask(HYBRID, &plan, &Over(Texts { files }, library), control);
        told.complete() && told.gist().as_ref() == Some(wanted)
    };
    if !answers(&all) {
        return Blame::All;
    }
    let (left, stopped) = least(&all, MOST_HYBRIDS, |chosen| {
        (control.poll(&Progress::default()).is_none()).then(|| answers(chosen))
    });
    let pieces = left.iter().map(|piece| (piece.kind, piece.name.clone())).collect();
    Blame::Pieces { pieces, of: all.len(), tried, stopped }
}

/// A library over one that is only borrowed.
struct Over<'a>(Texts, &'a dyn Library);

impl Library for Over<'_> {
    fn find(&self, proto: &str, from: &str) -> Option<(String, String)> {
        self.0.find(proto, from).or_else(|| self.1.find(proto, from))
    }

    fn names(&self) -> Vec<String> {
        self.1.names()
    }
}

/// Leaves things out for as long as the rest still does, at most so many times; `None`: stop. The rest, and whether it
/// was stopped.
fn least<'t, T>(
    all: &[&'t T],
    most: u64,
    mut does: impl FnMut(&[&'t T]) -> Option<bool>,
) -> (Vec<&'t T>, bool) {
    let mut left = all.to_vec();
    let mut size = left.len();
    let mut asked = 0;
    while size > 0 {
        let (mut at, mut fewer) = (0, false);
        while at < left.len() {
            let end = (at + size).min(left.len());
            let rest: Vec<_> = left[..at].iter().chain(&left[end..]).copied().collect();
            asked += 1;
            match (asked <= most).then(|| does(&rest)).flatten() {
                None => return (left, true),
                Some(true) => (left, fewer) = (rest, true),
                Some(false) => at = end,
            }
        }
        // Leaving out one thing may let others be left out.
        size = if size == 1 && fewer { 1 } else { size / 2 };
    }
    (left, false)
}

/// The old protocol with the chosen pieces of the new one. Fields and constants that only one of them has are always there:
/// what does not use them does not see them.
fn hybrid(old: &[Piece], new: &[Piece], chosen: &[&Piece]) -> String {
    let is_chosen =
        |piece: &Piece| chosen.iter().any(|other| other.kind == piece.kind && other.name == piece.name);
    let mut text = format!("protocol {HYBRID};\n");
    for pair in pairs(old, new) {
        let piece = match pair {
            Pair::Changed(old, new) if old.kind == Kind::Struct => {
                let (first, second) = if is_chosen(new) { (new, old) } else { (old, new) };
                text.push_str(&fields(first, second));
                continue;
            }
            Pair::Changed(old, new) => {
                if is_chosen(new) {
                    new
                } else {
                    old
                }
            }
            Pair::Same(piece) | Pair::Gone(piece) => piece,
            Pair::New(piece) if is_chosen(piece) || matches!(piece.kind, Kind::Struct | Kind::Const) => piece,
            Pair::New(_) => continue,
        };
        text.push_str(&piece.text());
    }
    text
}

/// A struct with the fields of another one that it has not.
fn fields(first: &Piece, second: &Piece) -> String {
    let field = |line: &str| {
        let declared = line.split(['=', '[', ';']).next().unwrap_or("");
        declared.split_whitespace().last().unwrap_or("").to_string()
    };
    let own: BTreeMap<String, ()> = first.lines.iter().map(|line| (field(line), ())).collect();
    let (last, lines) =
        first.lines.split_last().map_or(("}", &[][..]), |(last, lines)| (last.as_str(), lines));
    let more = second.lines.iter().filter(|line| !own.contains_key(&field(line)) && line.ends_with(';'));
    lines.iter().chain(more).map(|line| format!("{line}\n")).collect::<String>() + last + "\n"
}

/// The functions that the shortest counterexample ran through.
#[must_use]
pub fn ran(answer: &Answer, pieces: &[Piece]) -> Vec<String> {
    let trace = answer.violations.iter().find_map(|violation| violation.trace.as_ref());
    let places: Vec<_> = trace.iter().flat_map(|trace| &trace.steps).map(|step| &step.place).collect();
    let through =
        |piece: &&Piece| piece.kind == Kind::Function && places.iter().any(|place| piece.has(place));
    pieces.iter().filter(through).map(|piece| piece.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ShippedLibrary;
    use crate::pieces::pieces;
    use crate::question::Scenario;
    use model::lang::load::load_protocol;
    use model::lang::parser::parse_file;
    use model::lang::source::SourceMap;

    #[test]
    fn the_least_that_does_is_found() {
        let all: Vec<u32> = (0..20).collect();
        let refs: Vec<&u32> = all.iter().collect();
        for wanted in [&[][..], &[7], &[0, 19], &[3, 4, 11]] {
            let does = |chosen: &[&u32]| Some(wanted.iter().all(|one| chosen.contains(&one)));
            let (left, stopped) = least(&refs, 1_000, does);
            assert_eq!((left.into_iter().copied().collect::<Vec<_>>().as_slice(), stopped), (wanted, false));
        }
        assert_eq!(least(&refs, 0, |_| Some(true)).0.len(), 20);
    }

    fn read(text: &str) -> Vec<Piece> {
        let mut sources = SourceMap::default();
        let id = sources.add("p.pernet", text);
        let (tree, mistakes) = parse_file(&sources, id);
        assert_eq!(mistakes, []);
        pieces(&sources, &load_protocol(&mut sources, &tree, id, &ShippedLibrary).unwrap().protocol)
    }

    /// Two functions change; one of them, with a function and a field that it needs, makes the difference.
    #[test]
    fn what_made_the_difference_is_named() {
        let old = "protocol p is rfc2007; struct net { int a; } int x; fn f() { x = 1; } fn g() { step; }";
        let new = "protocol p is rfc2007; struct net { int a, b; } int x; const TWO = 2; fn f() { x = h(); } fn h() { return TWO; } fn g() { step; step; }";
        let (old, new) = (read(old), read(new));
        let text = "on rfc2007; task t { f(); g(); } never x == 2;";
        let page = Page::all(&Scenario::read("x.pernet", text).unwrap()).unwrap().remove(0);
        let gist = |found: &[&str]| Gist {
            found: found.iter().map(ToString::to_string).collect(),
            ..Gist::default()
        };
        let blame = |old: &[Piece], new: &[Piece], found: &[&str]| {
            super::blame(&page, (old, new), &gist(found), &Plan::default(), &ShippedLibrary, &())
        };
        let Blame::Pieces { pieces, of, stopped, .. } = blame(&old, &new, &["never"]) else { panic!("all") };
        let names: Vec<_> = pieces.iter().map(|(kind, name)| format!("{} {name}", kind.word())).collect();
        assert_eq!((names, of, stopped), (vec!["fn f".to_string(), "fn h".to_string()], 5, false));
        let Blame::Pieces { pieces, .. } = blame(&new, &old, &[]) else { panic!("all") };
        assert_eq!(pieces, [(Kind::Function, "f".to_string())]);
        assert_eq!(blame(&new, &old, &["leak"]), Blame::All);
    }
}
