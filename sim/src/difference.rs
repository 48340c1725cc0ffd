//! Two protocols side by side: which of their pieces are the same, which were changed, which are only in one of them.

use crate::pieces::Piece;

/// A piece of one protocol, beside that of the other with its kind and name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pair<'a> {
    /// Their texts are equal.
    Same(&'a Piece),
    /// They are not: the old piece and the new one.
    Changed(&'a Piece, &'a Piece),
    /// There is none in the new one.
    Gone(&'a Piece),
    /// There is none in the old one.
    New(&'a Piece),
}

impl<'a> Pair<'a> {
    /// The new piece, or the old one if there is no other.
    #[must_use]
    pub const fn piece(self) -> &'a Piece {
        match self {
            Self::Same(piece) | Self::Changed(_, piece) | Self::Gone(piece) | Self::New(piece) => piece,
        }
    }

    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Same(_) => "same",
            Self::Changed(..) => "changed",
            Self::Gone(_) => "gone",
            Self::New(_) => "new",
        }
    }
}

/// The pieces of two protocols, in the order of the second one; what is only in the first stands behind what it follows
/// there.
#[must_use]
pub fn pairs<'a>(old: &'a [Piece], new: &'a [Piece]) -> Vec<Pair<'a>> {
    let named = |pieces: &'a [Piece], piece: &Piece| {
        pieces.iter().find(|other| other.kind == piece.kind && other.name == piece.name)
    };
    let mut pairs: Vec<_> = new
        .iter()
        .map(|piece| match named(old, piece) {
            None => Pair::New(piece),
            Some(other) if other.lines == piece.lines => Pair::Same(piece),
            Some(other) => Pair::Changed(other, piece),
        })
        .collect();
    let mut behind = 0;
    for piece in old {
        match pairs.iter().position(|pair| pair.piece().kind == piece.kind && pair.piece().name == piece.name)
        {
            Some(at) => behind = at + 1,
            None => {
                // The first of its kind has nothing of its kind to follow.
                let first =
                    pairs.iter().position(|pair| pair.piece().kind >= piece.kind).unwrap_or(pairs.len());
                behind = behind.max(first);
                pairs.insert(behind, Pair::Gone(piece));
                behind += 1;
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::Kind;
    use crate::trace::Place;

    fn piece(kind: Kind, name: &str, text: &str) -> Piece {
        let lines = vec![text.to_string()];
        Piece { kind, name: name.to_string(), lines, place: Place::default(), spans: Vec::new() }
    }

    #[test]
    fn the_second_one_gives_the_order() {
        let f = |name, text| piece(Kind::Function, name, text);
        let old = [piece(Kind::Struct, "s", "1"), f("a", "1"), f("b", "1"), f("c", "1"), f("d", "1")];
        let new = [piece(Kind::Const, "k", "1"), f("d", "1"), f("c", "2"), f("a", "1"), f("e", "1")];
        let told: Vec<_> =
            pairs(&old, &new).iter().map(|pair| format!("{} {}", pair.word(), pair.piece().name)).collect();
        assert_eq!(told, ["gone s", "new k", "same d", "changed c", "same a", "gone b", "new e"]);
        assert!(pairs(&old, &old).iter().all(|pair| matches!(pair, Pair::Same(_))));
        assert_eq!(pairs(&[], &[]), []);
    }
}
