//! Answers to the picks inside an event: as a script that the event runs by, and as a number that is cheap to compare.

use model::machine::{Chance, Picks};
use std::collections::BTreeMap;

/// A list of answers, by its number in a [`Book`]. Picks beyond the list's end are answered with 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Answers(u32);

impl Answers {
    /// Nothing bad happens.
    pub const ZEROS: Self = Self(0);
}

/// Every list of answers that has come up.
#[derive(Clone, Debug)]
pub struct Book {
    lists: Vec<Vec<u32>>,
    numbers: BTreeMap<Vec<u32>, Answers>,
}

impl Default for Book {
    fn default() -> Self {
        Self { lists: vec![Vec::new()], numbers: BTreeMap::from([(Vec::new(), Answers::ZEROS)]) }
    }
}

impl Book {
    /// The number of a list that does not end with 0.
    ///
    /// # Panics
    /// If there are 2^32 different lists.
    pub fn number(&mut self, list: &[u32]) -> Answers {
        if let Some(&known) = self.numbers.get(list) {
            return known;
        }
        let number = Answers(u32::try_from(self.lists.len()).expect("fewer lists than 2^32"));
        self.lists.push(list.to_vec());
        self.numbers.insert(list.to_vec(), number);
        number
    }

    /// The answers.
    #[must_use]
    pub fn list(&self, answers: Answers) -> &[u32] {
        &self.lists[answers.0 as usize]
    }
}

/// Answers as they are given while an event runs, and how many options each pick had.
#[derive(Clone, Debug, Default)]
pub struct Script {
    given: Vec<u32>,
    options: Vec<u32>,
}

impl Script {
    /// For an event with these answers.
    pub fn begin(&mut self, answers: &[u32]) {
        self.given.clear();
        self.given.extend_from_slice(answers);
        self.options.clear();
    }

    /// How many picks were asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.options.len()
    }

    /// Forgets what was asked, so that the event can be run again.
    pub fn again(&mut self) {
        self.options.clear();
    }

    fn answer(&self, at: usize) -> u32 {
        self.given.get(at).copied().unwrap_or(0)
    }

    /// What was answered, without the zeros at its end.
    pub fn answers(&self) -> impl Iterator<Item = u32> {
        (0..self.asked()).map(|at| self.answer(at))
    }

    /// The next combination of answers behind the one that was run, in order.
    #[must_use]
    pub fn next(&self) -> Option<Vec<u32>> {
        let last = (0..self.asked()).rev().find(|&at| self.answer(at) + 1 < self.options[at])?;
        Some((0..last).map(|at| self.answer(at)).chain([self.answer(last) + 1]).collect())
    }
}

impl Picks for Script {
    #[inline]
    fn pick(&mut self, _: Chance, options: u32) -> u32 {
        self.options.push(options);
        self.answer(self.options.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_come_in_order() {
        let (mut book, mut script) = (Book::default(), Script::default());
        let (mut seen, mut open) = (Vec::new(), Some(Answers::ZEROS));
        while let Some(answers) = open {
            script.begin(book.list(answers));
            // A third pick only after the answers 0, 1.
            let (a, b) = (script.pick(Chance::May(0), 2), script.pick(Chance::May(1), 3));
            let c = if (a, b) == (0, 1) { script.pick(Chance::May(2), 2) } else { 9 };
            seen.push((a, b, c));
            open = script.next().map(|list| book.number(&list));
        }
        assert_eq!(seen, [(0, 0, 9), (0, 1, 0), (0, 1, 1), (0, 2, 9), (1, 0, 9), (1, 1, 9), (1, 2, 9)]);
        assert_eq!(book.number(&[0, 1]), book.number(&[0, 1]));
    }
}
