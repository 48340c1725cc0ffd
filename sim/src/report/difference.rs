//! Two protocols side by side, as text and as objects.

use super::number::counted;
use super::style::Style;
use crate::difference::Pair;
use crate::pieces::{Kind, Piece};
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};
use std::fmt::Write;

const SCHEMA: u32 = 1;
/// Where lines are at least so wide, old and new lines stand in two columns.
pub const WIDE: usize = 150;
/// No text is narrower: a word needs some room.
const NARROWEST: usize = 40;
/// So many equal lines are shown around those that differ.
const CONTEXT: usize = 3;
/// Before what each piece is.
const MARGIN: usize = 9;
/// Between two columns.
const GUTTER: usize = 3;

/// Piece by piece, in lines of some width. Pieces that are equal are only named.
#[must_use]
pub fn text(pairs: &[Pair<'_>], width: usize, style: Style) -> String {
    let width = width.max(NARROWEST);
    let mut out = String::new();
    for run in pairs.chunk_by(|a, b| stand_together(*a, *b)) {
        if let Pair::Same(_) = run[0] {
            named(&mut out, run, width, style);
            continue;
        }
        let _ = writeln!(out, "{:<MARGIN$}{}", run[0].word(), style.bold(head(run)));
        lines(&mut out, run, width, style);
    }
    out
}

/// How many pieces there are of which sort, on one line.
#[must_use]
pub fn summary(pairs: &[Pair<'_>]) -> String {
    let count = |word: &str| pairs.iter().filter(|pair| pair.word() == word).count();
    format!(
        "{}: {} same, {} changed, {} new, {} gone\n",
        counted(pairs.len() as u64, "piece"),
        count("same"),
        count("changed"),
        count("new"),
        count("gone"),
    )
}

/// Equal pieces share lines; so do constants and variables, of a line each.
fn stand_together(a: Pair<'_>, b: Pair<'_>) -> bool {
    let small = |pair: Pair<'_>| matches!(pair.piece().kind, Kind::Const | Kind::Global);
    let same = matches!(a, Pair::Same(_));
    a.word() == b.word() && (same || (small(a) && a.piece().kind == b.piece().kind))
}

/// `same     struct net; fn get_net, put_net`
fn named(out: &mut String, run: &[Pair<'_>], width: usize, style: Style) {
    let mut line = format!("{:<MARGIN$}", "same");
    let mut wide = MARGIN;
    let mut before: Option<Kind> = None;
    for pair in run {
        let piece = pair.piece();
        let (sign, word) = match before {
            Some(kind) if kind == piece.kind => (", ", piece.name.clone()),
            Some(_) => ("; ", title(piece)),
            None => ("", title(piece)),
        };
        before = Some(piece.kind);
        if !sign.is_empty() {
            line.push_str(sign.trim_end());
            wide += 1;
            if wide + 1 + word.chars().count() + 1 > width {
                line.push_str(&format!("\n{:<MARGIN$}", ""));
                wide = MARGIN;
            } else {
                line.push(' ');
                wide += 1;
            }
        }
        line.push_str(&word);
        wide += word.chars().count();
    }
    for line in line.lines() {
        let _ = writeln!(out, "{}", style.dim(line));
    }
}

/// `fn setup_net`
fn title(piece: &Piece) -> String {
    format!("{} {}", piece.kind.word(), piece.name).trim_end().to_string()
}

/// What a run of pairs is about, and where it stands.
fn head(run: &[Pair<'_>]) -> String {
    let place =
        |piece: &Piece| format!("{}:{}", piece.place.file.rsplit('/').next().unwrap_or(""), piece.place.line);
    let name = match run {
        [pair] => title(pair.piece()),
        _ => format!("{}s", run[0].piece().kind.word()),
    };
    match run[0] {
        Pair::Changed(old, new) => format!("{name}  {} | {}", place(old), place(new)),
        pair => format!("{name}  {}", place(pair.piece())),
    }
}

/// The lines of a run of pairs: those that differ, and some around them.
fn lines(out: &mut String, run: &[Pair<'_>], width: usize, style: Style) {
    let (mut old, mut new): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for pair in run {
        let (before, after) = match *pair {
            Pair::Changed(before, after) => (Some(before), Some(after)),
            Pair::Gone(piece) => (Some(piece), None),
            Pair::New(piece) => (None, Some(piece)),
            Pair::Same(piece) => (Some(piece), Some(piece)),
        };
        old.extend(before.iter().flat_map(|piece| &piece.lines).map(String::as_str));
        new.extend(after.iter().flat_map(|piece| &piece.lines).map(String::as_str));
    }
    // What is on one side only needs no second column.
    let both = !old.is_empty() && !new.is_empty();
    let groups = group_diff_ops(capture_diff_slices(Algorithm::Patience, &old, &new), CONTEXT);
    for (at, group) in groups.iter().enumerate() {
        if at > 0 {
            let _ = writeln!(out, "  ...");
        }
        for op in group {
            let (left, right) = (&old[op.old_range()], &new[op.new_range()]);
            let equal = matches!(op, DiffOp::Equal { .. });
            if both && width >= WIDE {
                columns(out, (left, right), equal, width, style);
            } else if equal {
                marked(out, ' ', left, str::to_string);
            } else {
                marked(out, '-', left, |line| style.bad(line));
                marked(out, '+', right, |line| style.good(line));
            }
        }
    }
}

fn marked(out: &mut String, mark: char, lines: &[&str], shown: impl Fn(&str) -> String) {
    for line in lines {
        let _ = writeln!(out, "{}", shown(format!("{mark} {line}").trim_end()));
    }
}

/// Old lines to the left, new ones to the right, and between them what is with them.
fn columns(out: &mut String, (old, new): (&[&str], &[&str]), equal: bool, width: usize, style: Style) {
    let column = (width - GUTTER) / 2;
    for at in 0..old.len().max(new.len()) {
        let (left, right) = (old.get(at), new.get(at));
        let mark = match (left, right) {
            _ if equal => ' ',
            (Some(_), Some(_)) => '|',
            (Some(_), None) => '<',
            _ => '>',
        };
        let (left, right) = (folded(left.unwrap_or(&""), column), folded(right.unwrap_or(&""), column));
        for row in 0..left.len().max(right.len()) {
            let cell = |side: &[String]| side.get(row).cloned().unwrap_or_default();
            let pad = " ".repeat(column - cell(&left).chars().count());
            let (mut one, mut other) = (cell(&left), cell(&right));
            if !equal {
                (one, other) = (style.bad(one), style.good(other));
            }
            let _ = writeln!(out, "{}", format!("{one}{pad} {mark} {other}").trim_end());
        }
    }
}

/// A line in pieces that fit.
fn folded(line: &str, width: usize) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    match chars.is_empty() {
        true => vec![String::new()],
        false => chars.chunks(width).map(|part| part.iter().collect()).collect(),
    }
}

#[derive(Serialize)]
struct Object<'a> {
    schema: u32,
    kind: &'static str,
    name: &'a str,
    status: &'static str,
    old: Option<Side<'a>>,
    new: Option<Side<'a>>,
}

#[derive(Serialize)]
struct Side<'a> {
    file: &'a str,
    line: u32,
    text: &'a [String],
}

impl<'a> Side<'a> {
    fn new(piece: &'a Piece) -> Self {
        Self { file: &piece.place.file, line: piece.place.line, text: &piece.lines }
    }
}

/// A pair as an object, on one line. Of equal pieces the text is not told.
#[must_use]
pub fn object(pair: Pair<'_>) -> String {
    let (old, new) = match pair {
        Pair::Same(_) => (None, None),
        Pair::Changed(old, new) => (Some(Side::new(old)), Some(Side::new(new))),
        Pair::Gone(old) => (Some(Side::new(old)), None),
        Pair::New(new) => (None, Some(Side::new(new))),
    };
    let piece = pair.piece();
    let object =
        Object { schema: SCHEMA, kind: piece.kind.word(), name: &piece.name, status: pair.word(), old, new };
    serde_json::to_string(&object).expect("strings and numbers can be written")
}
