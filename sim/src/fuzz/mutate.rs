//! Worlds made from worlds that reached something new: their choices are changed, and what is drawn from them is a world as
//! sound as any other. What belongs together, a statement, a part, an ops, is dropped, doubled or taken from another world
//! as a whole.

use super::protocol::Protocol;
use super::stream::{Choices, MOST, Span};
use crate::rng::Words;

/// Changes of a world at most, one on top of the other.
const MOST_CHANGES: u64 = 3;

/// A change of one of some worlds; `None` if there are none.
#[must_use]
pub fn mutated(protocol: &Protocol, worlds: &[&Choices], words: &mut Words) -> Option<Vec<u8>> {
    let mut choices = pick(worlds, words)?.made.clone();
    for _ in 0..=words.below(MOST_CHANGES) {
        let spans = protocol.drawn(choices.clone()).choices.spans;
        change(&mut choices, &spans, worlds, words);
    }
    Some(choices)
}

/// One change.
fn change(choices: &mut Vec<u8>, spans: &[Span], worlds: &[&Choices], words: &mut Words) {
    let kind = words.below(5);
    let Some(span) = pick(spans, words).filter(|_| kind < 4) else {
        // One choice: a switch, a number, who owns what.
        if let Some(at) = index(choices.len(), words) {
            choices[at] = u8::try_from(words.below(u64::from(MOST))).unwrap_or(0);
        }
        return;
    };
    let doubled = choices[span.at.clone()].to_vec();
    let other = pick(worlds, words).and_then(|world| {
        let alike: Vec<&Span> = world.spans.iter().filter(|other| other.kind == span.kind).collect();
        pick(&alike, words).map(|other| world.made[other.at.clone()].to_vec())
    });
    match (kind, other) {
        (0, _) => drop(choices.drain(span.at.clone())),
        (1, Some(other)) => drop(choices.splice(span.at.clone(), other)),
        (2, Some(other)) => drop(choices.splice(span.at.end..span.at.end, other)),
        _ => drop(choices.splice(span.at.end..span.at.end, doubled)),
    }
}

fn index(len: usize, words: &mut Words) -> Option<usize> {
    usize::try_from(words.below(len as u64)).ok().filter(|at| *at < len)
}

fn pick<'a, T>(things: &'a [T], words: &mut Words) -> Option<&'a T> {
    things.get(index(things.len(), words)?)
}
