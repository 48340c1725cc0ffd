//! "Did you mean": the known word that a mistyped one was probably meant to be.

use alloc::vec::Vec;

/// A word longer than this is no typing mistake, and comparing it would cost time.
const LONGEST: usize = 64;

/// The candidate at the smallest distance from `word`, if it is at most a third of the word's length.
///
/// Of equally near ones the first wins. Swapping two neighbours counts as one mistake, so `tsak` finds `task`.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if word.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other: Vec<char> = candidate.chars().take(LONGEST + 1).collect();
            let near = other.len() <= LONGEST && other.len().abs_diff(word.len()) <= word.len() / 3;
            near.then(|| (distance(&word, &other), candidate))
        })
        .filter(|(distance, _)| *distance <= word.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, exchanges and swaps of neighbours that lead from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let exchange = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = exchange.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, want: Option<&str>) {
        assert_eq!(did_you_mean(word, ["task", "time", "faults", "linux-5.3", "linux-5.4"]), want);
    }

    #[test]
    fn the_nearest_word_within_a_third() {
        check("tsak", Some("task"));
        check("tast", Some("task"));
        check("fault", Some("faults"));
        check("linux-5.4", Some("linux-5.4"));
        check("linux-53", Some("linux-5.3"));
        check("tk", None);
        check("", None);
        check("unrelated", None);
        check(&"x".repeat(100_000), None);
    }
}
