//! A finite row of small choices: all that a world is drawn from.
//!
//! The choices of a seed are words of ChaCha8, made small; those of a corpus entry, of a mutation or of a property test are
//! given. Where there are no more of them every choice is 0, and 0 is always the least: no further task, no part, no fault.
//! So every row of choices is a world, and a shorter row is a smaller one.

use crate::rng::Words;
use std::ops::Range;

/// A choice is below this: one letter says it.
pub const MOST: u8 = 62;
/// The most choices that a seed gives. No world that is small enough to be of use needs more.
const LONGEST: usize = 1_000;

/// The letters of choices, in their order.
const LETTERS: &[u8; MOST as usize] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What a part of the choices has drawn: parts of the same kind can stand for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A module, with its ops.
    Module,
    /// An ops.
    Ops,
    /// A part of what an ops does.
    Part,
    /// A statement of a task.
    Act,
}

/// A part of the choices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// What it has drawn.
    pub kind: Kind,
    /// Where its choices stand.
    pub at: Range<usize>,
}

/// Where choices come from.
#[derive(Clone, Debug)]
enum Source {
    Seed(Box<Words>),
    Given(Vec<u8>),
}

/// Gives choices, and remembers them.
#[derive(Clone, Debug)]
pub struct Stream {
    source: Source,
    choices: Vec<u8>,
    spans: Vec<Span>,
}

impl Stream {
    /// The choices of world `world` of a seed.
    #[must_use]
    pub fn of_seed(seed: u64, world: u64) -> Self {
        let mut words = Words::new(seed);
        words.stream(world);
        Self::new(Source::Seed(Box::new(words)))
    }

    /// Given ones, in their order.
    #[must_use]
    pub fn given(choices: Vec<u8>) -> Self {
        Self::new(Source::Given(choices))
    }

    const fn new(source: Source) -> Self {
        Self { source, choices: Vec::new(), spans: Vec::new() }
    }

    /// One of `n` numbers from 0.
    ///
    /// # Panics
    /// If `n` is 0 or beyond [`MOST`]: no choice can say that.
    pub fn below(&mut self, n: u8) -> u8 {
        assert!((1..=MOST).contains(&n), "a choice of {n}");
        let at = self.choices.len();
        let choice = match &mut self.source {
            Source::Seed(words) if at < LONGEST => u8::try_from(words.below(u64::from(n))).unwrap_or(0),
            Source::Seed(_) => 0,
            // Of a row that was changed, what stands here may have been drawn for something else.
            Source::Given(given) => given.get(at).map_or(0, |choice| choice % n),
        };
        self.choices.push(choice);
        choice
    }

    /// True one time in `n`; the least choice is false.
    pub fn one_in(&mut self, n: u8) -> bool {
        self.below(n) == n - 1
    }

    /// One of some things, the first one being the least. `None` if there are none.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let n = u8::try_from(things.len()).unwrap_or(MOST).min(MOST);
        if n == 0 { None } else { things.get(usize::from(self.below(n))) }
    }

    /// Draws one more of a kind, as a part of its own. `None`: there are no more, as the row says in all but `k` of `n` choices,
    /// and always behind its end.
    pub fn more<T>(&mut self, kind: Kind, (k, n): (u8, u8), draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let from = self.choices.len();
        if self.below(n) < n - k {
            return None;
        }
        let drawn = draw(self);
        self.spans.push(Span { kind, at: from..self.choices.len() });
        Some(drawn)
    }

    /// The choices that were made, without zeros at the end, and the parts in them.
    #[must_use]
    pub fn finish(mut self) -> Choices {
        while self.choices.last() == Some(&0) {
            self.choices.pop();
        }
        let len = self.choices.len();
        self.spans.retain(|span| span.at.end <= len);
        Choices { made: self.choices, spans: self.spans }
    }
}

/// The choices that a world was drawn from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Choices {
    /// In their order.
    pub made: Vec<u8>,
    /// The parts that they fall into; parts lie in each other, and an inner one stands before the outer one.
    pub spans: Vec<Span>,
}

/// Choices as letters, one each.
#[must_use]
pub fn letters(choices: &[u8]) -> String {
    choices.iter().map(|&choice| char::from(LETTERS[usize::from(choice.min(MOST - 1))])).collect()
}

/// Choices from letters; `None` where something else stands among them.
#[must_use]
pub fn choices(letters: &str) -> Option<Vec<u8>> {
    let choice = |letter: u8| u8::try_from(LETTERS.iter().position(|&known| known == letter)?).ok();
    letters.bytes().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_choices_are_those_of_the_seed() {
        let draw = |stream: &mut Stream| (0..20).map(|_| stream.below(7)).collect::<Vec<_>>();
        let mut seeded = Stream::of_seed(3, 4);
        let drawn = draw(&mut seeded);
        assert!(drawn.iter().any(|&choice| choice != drawn[0]));
        assert_eq!(draw(&mut Stream::given(seeded.finish().made)), drawn);
        assert_ne!(draw(&mut Stream::of_seed(3, 5)), drawn);
    }

    #[test]
    fn at_the_end_everything_is_least() {
        let mut stream = Stream::given(vec![9]);
        assert_eq!((stream.below(4), stream.below(4), stream.one_in(2)), (1, 0, false));
        assert_eq!(stream.one_of(&["a", "b"]), Some(&"a"));
        assert_eq!(stream.one_of::<u8>(&[]), None);
        assert_eq!(stream.more(Kind::Act, (9, 10), |_| ()), None);
        assert_eq!(stream.finish().made, [1]);
    }

    #[test]
    fn parts_know_their_choices() {
        let mut stream = Stream::given(vec![1, 5, 1, 6, 7, 0, 0]);
        let outer = stream.more(Kind::Module, (1, 2), |stream| {
            let first = stream.below(9);
            (first, stream.more(Kind::Act, (1, 2), |stream| stream.below(9)))
        });
        assert_eq!(outer, Some((5, Some(6))));
        let spans: Vec<_> = stream.finish().spans.into_iter().map(|span| (span.kind, span.at)).collect();
        assert_eq!(spans, [(Kind::Act, 2..4), (Kind::Module, 0..4)]);
    }

    #[test]
    fn letters_are_choices() {
        let all: Vec<u8> = (0..MOST).collect();
        assert_eq!(choices(&letters(&all)), Some(all));
        assert_eq!(choices("a-b"), None);
    }
}
