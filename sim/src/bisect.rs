//! Which lines made the difference: where two neighbouring protocols answer a page differently, the fewest lines that take the
//! old protocol to the new one's answer.
//!
//! A *hybrid* is the old protocol with some of the changes of the new one, and with those new pieces that it names. Changes
//! are left out of the whole difference, half of them at a time, then a quarter, down to one, as long as the hybrid still
//! answers as the new protocol does; what cannot be read or compiled does not. First whole pieces are left out, then lines of
//! those that remain; nothing can be left out of what is told.

use crate::across::{Gist, Page};
use crate::answer::Answer;
use crate::ask::{Mode, Plan};
use crate::difference::{Pair, pairs};
use crate::library::Texts;
use crate::limit::{Control, Progress};
use crate::pieces::{Kind, Piece};
use model::lang::load::Library;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeSet;

/// The name of a hybrid.
const HYBRID: &str = "hybrid";
/// So many hybrids are tried at most.
const MOST_HYBRIDS: u64 = 500;
/// Of so few changes every run is left out.
const FEW: usize = 16;
/// A hybrid's search may store so many states, unless less was asked for.
const MOST_STATES: u64 = 50_000;

/// What makes the difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blame {
    /// These changes alone give the new protocol's answer, and none of them can be left out.
    Changes {
        /// Pieces of the old protocol, each beside what the changes make of it.
        pieces: Vec<(Piece, Piece)>,
        /// New pieces that they need.
        needs: Vec<String>,
        /// So many pieces were changed between the two protocols, or are new.
        of: usize,
        /// So many hybrids were tried.
        tried: u64,
        /// Was the search for less stopped before its end?
        stopped: bool,
    },
    /// The old protocol with all changes of the new one does not give its answer: something is in what has gone.
    All,
}

/// A line of a changed piece: one that goes, or one that comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Edit {
    Out(usize),
    In(usize),
}

/// What a hybrid takes over of the new protocol.
#[derive(Clone, Default)]
struct Taken {
    /// Pairs whose piece is the new one.
    whole: BTreeSet<usize>,
    /// Lines of others.
    lines: BTreeSet<(usize, Edit)>,
}

/// The search for the fewest changes.
struct Search<'a> {
    pairs: Vec<Pair<'a>>,
    page: &'a Page,
    wanted: &'a Gist,
    plan: Plan,
    library: &'a dyn Library,
    control: &'a dyn Control,
    tried: u64,
    stopped: bool,
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
    let pairs = pairs(old, new);
    let mut search = Search { pairs, page, wanted, plan, library, control, tried: 0, stopped: false };
    let changed: Vec<usize> =
        (0..search.pairs.len()).filter(|&at| matches!(search.pairs[at], Pair::Changed(..))).collect();
    let wholes = |chosen: &[usize]| Taken { whole: chosen.iter().copied().collect(), ..Taken::default() };
    if search.answers(&wholes(&changed)) != Some(true) {
        return Blame::All;
    }
    let whole = search.least(&changed, wholes);
    // A struct has the fields of both anyhow: only its own kind of them can matter.
    let (structs, others): (Vec<usize>, Vec<usize>) =
        whole.into_iter().partition(|&at| search.pairs[at].piece().kind == Kind::Struct);
    let edits: Vec<_> = others
        .iter()
        .flat_map(|&at| edits(search.pairs[at]).into_iter().map(move |edit| (at, edit)))
        .collect();
    let lines = |chosen: &[(usize, Edit)]| Taken {
        whole: structs.iter().copied().collect(),
        lines: chosen.iter().copied().collect(),
    };
    let taken = lines(&search.least(&edits, lines));
    search.told(&taken)
}

impl<'a> Search<'a> {
    /// Does a hybrid answer as the new protocol? `None`: it is not asked any more.
    fn answers(&mut self, taken: &Taken) -> Option<bool> {
        if self.tried >= MOST_HYBRIDS || self.control.poll(&Progress::default()).is_some() {
            self.stopped = true;
            return None;
        }
        self.tried += 1;
        let text: String = self.hybrid(taken).iter().map(Piece::text).collect();
        let files = vec![(format!("{HYBRID}.pernet"), format!("protocol {HYBRID};\n{text}"))];
        let told = self.page.ask(HYBRID, &self.plan, &Over(Texts { files }, self.library), self.control);
        Some(told.complete() && told.gist().as_ref() == Some(self.wanted))
    }

    /// The fewest of some changes that still do.
    fn least<T: Copy>(&mut self, all: &[T], taken: impl Fn(&[T]) -> Taken) -> Vec<T> {
        least(all, |chosen| self.answers(&taken(chosen)))
    }

    /// The old protocol with what is taken over, and what that needs.
    fn hybrid(&self, taken: &Taken) -> Vec<Piece> {
        let mut pieces: Vec<(Piece, bool)> = Vec::new();
        for (at, &pair) in self.pairs.iter().enumerate() {
            match pair {
                Pair::Same(piece) | Pair::Gone(piece) => pieces.push((piece.clone(), true)),
                Pair::Changed(old, new) => pieces.push((taken.piece(at, old, new), true)),
                // What has no name is not named by anybody.
                Pair::New(piece) => {
                    pieces.push((piece.clone(), matches!(piece.kind, Kind::Boot | Kind::Rest)))
                }
            }
        }
        // Of new pieces those that are named by what is there.
        let mut words: BTreeSet<String> = BTreeSet::new();
        let mut before = usize::MAX;
        while before != words.len() {
            before = words.len();
            for (piece, there) in &mut pieces {
                *there |= words.contains(&piece.name);
                if *there {
                    words.extend(
                        piece.lines.iter().flat_map(|line| names(piece.kind, line)).map(str::to_string),
                    );
                }
            }
        }
        pieces.into_iter().filter(|(_, there)| *there).map(|(piece, _)| piece).collect()
    }

    fn told(&self, taken: &Taken) -> Blame {
        let hybrid = self.hybrid(taken);
        let there =
            |piece: &Piece| hybrid.iter().find(|other| other.kind == piece.kind && other.name == piece.name);
        let touched =
            |at: usize| taken.whole.contains(&at) || taken.lines.iter().any(|(pair, _)| *pair == at);
        let mut pieces = Vec::new();
        let mut needs = Vec::new();
        for (at, &pair) in self.pairs.iter().enumerate() {
            match pair {
                Pair::Changed(old, new) if touched(at) => {
                    let made = there(old).map_or_else(|| new.clone(), Clone::clone);
                    pieces.push((old.clone(), made));
                }
                Pair::New(piece) if there(piece).is_some() => needs.push(piece.name.clone()),
                _ => {}
            }
        }
        let of = self.pairs.iter().filter(|pair| matches!(pair, Pair::Changed(..) | Pair::New(_))).count();
        Blame::Changes { pieces, needs, of, tried: self.tried, stopped: self.stopped }
    }
}

impl Taken {
    /// What becomes of a changed piece.
    fn piece(&self, at: usize, old: &Piece, new: &Piece) -> Piece {
        let whole = self.whole.contains(&at);
        if old.kind == Kind::Struct {
            let (first, second) = if whole { (new, old) } else { (old, new) };
            return Piece { lines: fields(first, second), ..first.clone() };
        }
        if whole {
            return new.clone();
        }
        let mut lines = Vec::new();
        for op in operations(old, new) {
            if let DiffOp::Equal { .. } = op {
                lines.extend_from_slice(&old.lines[op.old_range()]);
                continue;
            }
            let stays = |line: &usize| !self.lines.contains(&(at, Edit::Out(*line)));
            let comes = |line: &usize| self.lines.contains(&(at, Edit::In(*line)));
            lines.extend(op.old_range().filter(stays).map(|line| old.lines[line].clone()));
            lines.extend(op.new_range().filter(comes).map(|line| new.lines[line].clone()));
        }
        Piece { lines, place: new.place.clone(), ..old.clone() }
    }
}

fn operations(old: &Piece, new: &Piece) -> Vec<DiffOp> {
    capture_diff_slices(Algorithm::Patience, &old.lines, &new.lines)
}

/// All changes of lines that lead from one piece to the other.
fn edits(pair: Pair<'_>) -> Vec<Edit> {
    let Pair::Changed(old, new) = pair else { return Vec::new() };
    let changes = operations(old, new).into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changes.flat_map(|op| op.old_range().map(Edit::Out).chain(op.new_range().map(Edit::In))).collect()
}

/// The words of a line that may be names of pieces: what stands behind a point is a field, and so is what a struct declares.
fn names(kind: Kind, line: &str) -> impl Iterator<Item = &str> {
    let declared = if kind == Kind::Struct { field(line) } else { "" };
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
    let words = words.filter_map(|word| word.split('.').next());
    words.filter(move |word| !word.is_empty() && *word != declared)
}

/// The field that a line of a struct declares.
fn field(line: &str) -> &str {
    let declaration = line.split(['=', '[', ';']).next().unwrap_or("");
    declaration.split_whitespace().last().unwrap_or("")
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

/// Leaves things out for as long as the rest still does; `None`: stop there.
fn least<T: Copy>(all: &[T], mut does: impl FnMut(&[T]) -> Option<bool>) -> Vec<T> {
    let mut left = all.to_vec();
    let mut size = left.len();
    while size > 0 {
        let (mut at, mut fewer) = (0, false);
        while at < left.len() {
            let end = (at + size).min(left.len());
            let rest: Vec<_> = left[..at].iter().chain(&left[end..]).copied().collect();
            match does(&rest) {
                None => return left,
                Some(true) => (left, fewer) = (rest, true),
                Some(false) => at = end,
            }
        }
        // Leaving out one thing may let others be left out.
        size = if size == 1 && fewer { 1 } else { size / 2 };
    }
    // Lines that only go together stand together: of few things every run is tried, the longest first.
    while left.len() <= FEW {
        let runs =
            (2..left.len()).rev().flat_map(|size| (0..=left.len() - size).map(move |at| (at, at + size)));
        let mut fewer = None;
        for (at, end) in runs {
            let rest: Vec<_> = left[..at].iter().chain(&left[end..]).copied().collect();
            match does(&rest) {
                None => return left,
                Some(true) => {
                    fewer = Some(rest);
                    break;
                }
                Some(false) => {}
            }
        }
        match fewer {
            Some(rest) => left = rest,
            None => break,
        }
    }
    left
}

/// The lines of a struct with the fields of another one that it has not.
fn fields(first: &Piece, second: &Piece) -> Vec<String> {
    let own: BTreeSet<&str> = first.lines.iter().map(|line| field(line)).collect();
    let more = second.lines.iter().filter(|line| line.ends_with(';') && !own.contains(field(line)));
    let mut lines = first.lines.clone();
    let close = lines.pop();
    // An empty one is all on one line.
    let open = close.as_deref().and_then(|close| close.strip_suffix("{}")).map(|open| format!("{open}{{"));
    let close = if open.is_some() { Some("}".to_string()) } else { close };
    lines.extend(open);
    lines.extend(more.cloned());
    lines.extend(close);
    lines
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
        for wanted in [&[][..], &[7], &[0, 19], &[3, 4, 11]] {
            let does = |chosen: &[u32]| Some(wanted.iter().all(|one| chosen.contains(one)));
            assert_eq!(least(&all, does), wanted);
        }
        assert_eq!(least(&all, |_| None), all);
        // 0 to 2 must be left out together, or not at all.
        let together = |chosen: &[u32]| {
            let few = chosen.iter().filter(|&&one| one < 3).count();
            Some((few == 0 || few == 3) && chosen.contains(&3))
        };
        assert_eq!(least(&all[..4], together), [3]);
    }

    #[test]
    fn structs_have_the_fields_of_both() {
        let piece = |text: &str| {
            read(&format!("protocol p is rfc2007; {text}"))
                .into_iter()
                .find(|piece| piece.name == "s")
                .unwrap()
        };
        let all = |a: &str, b: &str| fields(&piece(a), &piece(b)).join(" ").replace("    ", "");
        assert_eq!(
            all("struct s { int a; int b[2]; }", "struct s { ptr b[2]; ptr c; }"),
            "struct s { int a; int b[2]; ptr c; }"
        );
        assert_eq!(all("struct s {}", "struct s { ptr c; }"), "struct s { ptr c; }");
        assert_eq!(all("struct s {}", "struct s {}"), "struct s { }");
    }

    fn read(text: &str) -> Vec<Piece> {
        let mut sources = SourceMap::default();
        let id = sources.add("p.pernet", text);
        let (tree, mistakes) = parse_file(&sources, id);
        assert_eq!(mistakes, []);
        let unit = load_protocol(&mut sources, &tree, id, &ShippedLibrary).unwrap();
        pieces(&sources, &unit.protocol)
    }

    /// Two functions change; one line of one of them makes the difference, with a function and a constant that it needs.
    #[test]
    fn what_made_the_difference_is_named() {
        let old = "protocol p is rfc2007; struct net { int a; } int x; fn f() { x = 1; } fn g() { step; }";
        let new = "protocol p is rfc2007; struct net { int a, b; } int x; const TWO = 2; const SIX = 6;
            fn f() { step; x = h(); step; } fn h() { return TWO; } fn g() { step; step; }";
        let (old, new) = (read(old), read(new));
        let text = "on rfc2007; task t { f(); g(); } never x == 2;";
        let page = Page::all(&Scenario::read("x.pernet", text).unwrap()).unwrap().remove(0);
        let gist = |found: &[&str]| Gist {
            found: found.iter().map(ToString::to_string).collect(),
            ..Gist::default()
        };
        let look = |old: &[Piece], new: &[Piece], found: &[&str]| {
            blame(&page, (old, new), &gist(found), &Plan::default(), &ShippedLibrary, &())
        };
        let told = |blame: Blame| match blame {
            Blame::All => panic!("nothing was found"),
            Blame::Changes { pieces, needs, of, stopped, .. } => {
                let made: Vec<_> =
                    pieces.iter().map(|(_, made)| made.lines.join(" ").replace("    ", "")).collect();
                (made, needs, of, stopped)
            }
        };
        let (made, needs, of, stopped) = told(look(&old, &new, &["never"]));
        // The old line may stay: another one behind it is enough.
        assert_eq!(made, ["fn f() { x = 1; x = h(); }"]);
        assert_eq!((needs, of, stopped), (vec!["TWO".to_string(), "h".to_string()], 6, false));
        let (made, needs, ..) = told(look(&new, &old, &[]));
        assert_eq!((made, needs), (vec!["fn f() { step; step; }".to_string()], Vec::new()));
        assert_eq!(look(&new, &old, &["leak"]), Blame::All);
    }
}
