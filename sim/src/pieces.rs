//! A protocol in pieces: its structs, constants, globals and functions, each with its text in the one layout and without
//! comments. What protocols are compared by, and put together from.
//!
//! The text is made of tokens, since the body of a function may come from several files; so equal pieces have equal lines,
//! however they were written.

use crate::trace::Place;
use model::lang::ast::{Body, ConditionKind, Decl, Item, ItemKind, Var};
use model::lang::lexer::lex;
use model::lang::printer::format;
use model::lang::source::{FileId, SourceMap, Span};
use model::lang::token::Token;

/// What a piece is. Pieces of a protocol are told in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `struct`
    Struct,
    /// `const`
    Const,
    /// A variable, lock, list or object.
    Global,
    /// `boot`
    Boot,
    /// `fn`
    Function,
    /// What else may stand in a protocol: `time`, conditions.
    Rest,
}

impl Kind {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Struct => "struct",
            Self::Const => "const",
            Self::Global => "global",
            Self::Boot => "boot",
            Self::Function => "fn",
            Self::Rest => "rest",
        }
    }
}

/// A piece of a protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// What it is.
    pub kind: Kind,
    /// Its name, unique among those of its kind.
    pub name: String,
    /// Its text, in the one layout.
    pub lines: Vec<String>,
    /// Where it begins.
    pub place: Place,
    /// All of the files that it is written in: which, from which line to which.
    pub spans: Vec<(String, u32, u32)>,
}

impl Piece {
    /// Its text, every line ended.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// Does it have a line of a text?
    #[must_use]
    pub fn has(&self, place: &Place) -> bool {
        self.spans.iter().any(|(file, from, to)| *file == place.file && (*from..=*to).contains(&place.line))
    }
}

/// The pieces of some items, in their order within each kind.
#[must_use]
pub fn pieces(sources: &SourceMap, items: &[Item]) -> Vec<Piece> {
    let lexed = sources.files().iter().enumerate().map(|(at, file)| {
        let id = FileId(u16::try_from(at).unwrap_or(u16::MAX));
        lex(&file.text, id).tokens
    });
    let writer = Writer { sources, lexed: lexed.collect() };
    let mut pieces: Vec<Piece> = Vec::new();
    for mut piece in items.iter().flat_map(|item| writer.pieces(item)) {
        let known = pieces.iter_mut().find(|known| known.kind == piece.kind && known.name == piece.name);
        match known {
            None => pieces.push(piece),
            // A struct that is said again gets more fields; whatever else has no name of its own stands side by side.
            Some(known) if piece.kind == Kind::Struct => {
                known.lines.pop();
                known.lines.extend(piece.lines.into_iter().skip(1));
                known.spans.append(&mut piece.spans);
            }
            Some(known) => {
                known.lines.append(&mut piece.lines);
                known.spans.append(&mut piece.spans);
            }
        }
    }
    pieces.sort_by_key(|piece| piece.kind);
    pieces
}

struct Writer<'a> {
    sources: &'a SourceMap,
    /// The tokens of each file.
    lexed: Vec<Vec<Token>>,
}

impl Writer<'_> {
    fn pieces(&self, item: &Item) -> Vec<Piece> {
        let (kind, name) = match &item.kind {
            ItemKind::Struct { name, fields } => {
                let fields =
                    fields.iter().flat_map(|field| field.vars.iter().map(|var| self.var(field, var)));
                let text = format!("struct {} {{\n{}\n}}", name.text, fields.collect::<Vec<_>>().join("\n"));
                return vec![self.piece(Kind::Struct, name.text.clone(), &text, item, &[])];
            }
            ItemKind::Decl(decl) if decl.methods.is_none() => {
                let var = |var: &Var| {
                    let name = var.name.text.clone();
                    self.piece(Kind::Global, name, &self.var(decl, var), item, &[])
                };
                return decl.vars.iter().map(var).collect();
            }
            ItemKind::Decl(decl) => {
                let names: Vec<_> = decl.vars.iter().map(|var| var.name.text.as_str()).collect();
                (Kind::Global, names.join(", "))
            }
            ItemKind::Const { name, .. } => (Kind::Const, name.text.clone()),
            ItemKind::Fn(function) => (Kind::Function, function.name.text.clone()),
            ItemKind::Boot(_) => (Kind::Boot, String::new()),
            ItemKind::Task { name, .. } => (Kind::Rest, format!("task {}", name.text)),
            ItemKind::Condition { kind, label, .. } => {
                let label = label.as_ref().map_or(String::new(), |label| format!(" {}", label.text));
                (Kind::Rest, format!("{}{label}", condition(*kind)))
            }
            ItemKind::Faults { .. } => (Kind::Rest, "faults".to_string()),
            ItemKind::Time { target, member, .. } => {
                let member = member.as_ref().map_or(String::new(), |member| format!(".{}", member.text));
                (Kind::Rest, format!("time {}{member}", target.text))
            }
            // Both are gone once a protocol is put together.
            ItemKind::Replace { .. } | ItemKind::Protocol { .. } => return Vec::new(),
        };
        let bodies: Vec<&Body> = item.bodies().collect();
        let text = self.text(item.span, &bodies);
        vec![self.piece(kind, name, &text, item, &bodies)]
    }

    fn piece(&self, kind: Kind, name: String, text: &str, item: &Item, bodies: &[&Body]) -> Piece {
        const HEAD: &str = "protocol x;";
        let printed = format(&format!("{HEAD}\n{text}\n")).unwrap_or_else(|_| format!("{HEAD}\n{text}"));
        let lines = printed.lines().skip(1).skip_while(|line| line.is_empty()).map(str::to_string).collect();
        let (line, _) = self.sources.position(item.span);
        let place = Place {
            file: self.sources.file(item.span.file).name.clone(),
            line,
            source: self.sources.line(item.span).to_string(),
        };
        let foreign = bodies.iter().flat_map(|body| &body.tokens).map(|token| token.span);
        let mut spans: Vec<_> = std::iter::once(item.span)
            .chain(foreign.filter(|span| span.file != item.span.file))
            .map(|span| self.lines(span))
            .collect();
        spans.dedup();
        Piece { kind, name, lines, place, spans }
    }

    /// The file of a span, its first line, and its last.
    fn lines(&self, span: Span) -> (String, u32, u32) {
        let from = self.sources.position(span).0;
        let to = self.sources.position(Span { lo: span.hi, ..span }).0;
        (self.sources.file(span.file).name.clone(), from, to)
    }

    /// One of several variables of a declaration, alone.
    fn var(&self, decl: &Decl, var: &Var) -> String {
        let ty = self.text(decl.ty.span, &[]);
        let array = match &var.array {
            None => String::new(),
            Some(None) => "[]".to_string(),
            Some(Some(num)) => format!("[{}]", self.sources.text(num.span)),
        };
        let init =
            var.init.as_ref().map_or(String::new(), |init| format!(" = {}", self.text(init.span, &[])));
        format!("{ty} {}{array}{init};", var.name.text)
    }

    /// The text of a span without comments; within bodies, what their tokens say.
    fn text(&self, span: Span, bodies: &[&Body]) -> String {
        let mut tokens: Vec<Span> = Vec::new();
        let own = self.lexed[usize::from(span.file.0)].iter();
        let own = own.map(|token| token.span).filter(|token| (span.lo..span.hi).contains(&token.lo));
        let mut bodies = bodies.iter().peekable();
        let mut passed = 0;
        for token in own {
            if token.lo < passed {
                continue;
            }
            tokens.push(token);
            if let Some(body) = bodies.next_if(|body| body.block.span.lo == token.lo) {
                tokens.extend(body.tokens.iter().map(|token| token.span));
                passed = body.block.span.hi - 1;
            }
        }
        // A statement a line, however it was written.
        let ends = |word: &str| matches!(word, ";" | "{" | "}");
        let words = tokens.into_iter().map(|token| self.sources.text(token));
        words.map(|word| format!("{word}{}", if ends(word) { '\n' } else { ' ' })).collect()
    }
}

const fn condition(kind: ConditionKind) -> &'static str {
    match kind {
        ConditionKind::Always => "always",
        ConditionKind::Never => "never",
        ConditionKind::Sometimes => "sometimes",
        ConditionKind::Finally => "finally",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{Layered, ShippedLibrary, Texts};
    use model::lang::load::load_protocol;
    use model::lang::parser::parse_file;

    fn pieces_of(text: &str) -> Vec<Piece> {
        let mut sources = SourceMap::default();
        let id = sources.add("p.pernet", text);
        let (tree, mistakes) = parse_file(&sources, id);
        assert_eq!(mistakes, []);
        let base = ("base.pernet".to_string(), BASE.to_string());
        let library = Layered(Texts { files: vec![base] }, ShippedLibrary);
        let unit = load_protocol(&mut sources, &tree, id, &library).unwrap();
        pieces(&sources, &unit.protocol)
    }

    const BASE: &str = "protocol base;
struct net { int a, b; } // two
int x = 1, y[2];
fn f(n) { if (n) return 1; // said here
    x = n; return 0; }
fn g() { f(1); }
";

    #[test]
    fn a_difference_is_merged_and_told_without_comments() {
        let found = pieces_of(
            "protocol p is base;
struct net { link c; }
const K = 3;
replace in f { x = n; } with { x = K; /* not n */ }
boot { x = 2; }
",
        );
        let names: Vec<_> = found.iter().map(|piece| (piece.kind.word(), piece.name.as_str())).collect();
        let want = [
            ("struct", "net"),
            ("const", "K"),
            ("global", "x"),
            ("global", "y"),
            ("boot", ""),
            ("fn", "f"),
            ("fn", "g"),
        ];
        assert_eq!(names, want);
        assert_eq!(found[0].text(), "struct net {\n    int a;\n    int b;\n    link c;\n}\n");
        assert_eq!(found[2].text() + &found[3].text(), "int x = 1;\nint y[2];\n");
        assert_eq!(found[5].text(), "fn f(n) {\n    if (n) return 1;\n    x = K;\n    return 0;\n}\n");
        let at = |file: &str, line| Place { file: file.to_string(), line, source: String::new() };
        for (place, is) in
            [(at("base.pernet", 4), true), (at("base.pernet", 6), false), (at("p.pernet", 4), true)]
        {
            assert_eq!(found[5].has(&place), is, "{place:?}");
        }
    }

    #[test]
    fn layout_makes_no_difference() {
        let flat = BASE.replace("// two", "").replace("// said here", "").replace('\n', " ");
        let text =
            |text: &str| pieces_of(&text.replace("base", "p")).iter().map(Piece::text).collect::<String>();
        assert_eq!(text(&flat), text(BASE));
    }
}
