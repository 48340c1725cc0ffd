//! Numbers of shards as text, `0-3,7`, and how a list of them is divided among tasks.

use std::fmt::Write;

/// Sorted numbers as text; nothing: an empty text.
#[must_use]
pub fn text(numbers: &[u64]) -> String {
    let mut out = String::new();
    for run in numbers.chunk_by(|a, b| a + 1 == *b) {
        let comma = if out.is_empty() { "" } else { "," };
        let (first, last) = (run[0], run[run.len() - 1]);
        let _ = match first == last {
            true => write!(out, "{comma}{first}"),
            false => write!(out, "{comma}{first}-{last}"),
        };
    }
    out
}

/// The first of some sorted numbers: as many as there is room for in a text of so many bytes.
#[must_use]
pub fn within(numbers: &[u64], most: usize) -> &[u64] {
    let (mut fits, mut too_many) = (0, numbers.len() + 1);
    while too_many - fits > 1 {
        let middle = fits.midpoint(too_many);
        if text(&numbers[..middle]).len() <= most { fits = middle } else { too_many = middle }
    }
    &numbers[..fits]
}

/// The numbers of a text, sorted, each once; none of them is `most` or more. `None`: it says something else.
#[must_use]
pub fn parse(text: &str, most: u64) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last || last >= most {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

/// Digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// One of several equal parts of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Which, from 0.
    at: u64,
    /// Of how many.
    of: u64,
}

impl Part {
    /// Everything.
    pub const WHOLE: Self = Self { at: 0, of: 1 };

    /// `2/64`: the third of 64. `None`: it says something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, of) = text.split_once('/')?;
        let part = Self { at: number(at)?, of: number(of)? };
        (part.at < part.of).then_some(part)
    }

    /// What of a list is in it. Neighbours go to different parts: what takes long lies together.
    pub fn take(self, numbers: &[u64]) -> impl Iterator<Item = u64> + '_ {
        let mine = move |at: usize| at as u64 % self.of == self.at;
        numbers.iter().enumerate().filter(move |&(at, _)| mine(at)).map(|(_, &number)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for (numbers, said) in
            [(vec![], ""), (vec![7], "7"), (vec![0, 1, 2, 3, 7, 9, 10], "0-3,7,9-10"), (vec![1, 3], "1,3")]
        {
            assert_eq!(text(&numbers), said);
            assert_eq!(parse(said, 11).unwrap_or_default(), numbers);
        }
        assert_eq!(parse("3,1-2,2", 4), Some(vec![1, 2, 3]));
        for bad in ["", ",", "1,", "2-1", "1-2-3", "-1", "+1", "x", "4", "0-4", "1 2", "99999999999999999999"]
        {
            assert_eq!(parse(bad, 4), None, "{bad}");
        }
    }

    #[test]
    fn as_many_as_there_is_room_for() {
        let numbers = [0, 1, 2, 3, 7, 9, 10];
        for (most, want) in [(0, 0), (1, 1), (2, 1), (3, 4), (4, 4), (5, 5), (7, 6), (9, 6), (10, 7), (99, 7)]
        {
            assert_eq!(within(&numbers, most).len(), want, "{most}");
        }
    }

    #[test]
    fn parts_are_all_of_it_once() {
        let numbers: Vec<u64> = (10..33).collect();
        for of in 1..30 {
            let part =
                |at: u64| Part::parse(&format!("{at}/{of}")).unwrap().take(&numbers).collect::<Vec<_>>();
            let mut all: Vec<u64> = (0..of).flat_map(part).collect();
            all.sort_unstable();
            assert_eq!(all, numbers);
        }
        assert_eq!(Part::WHOLE.take(&numbers).count(), numbers.len());
        for bad in ["", "1", "1/", "/2", "2/2", "0/0", "-1/2", "0/1/2"] {
            assert_eq!(Part::parse(bad), None, "{bad}");
        }
    }
}
