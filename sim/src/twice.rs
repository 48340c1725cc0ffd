//! Two runs that must be equal, held against each other.

/// The first line in which two runs differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Counted from 1.
    pub line: usize,
    /// The line of the first run; empty if it has ended.
    pub first: String,
    /// The line of the second run.
    pub second: String,
}

/// Compares two outputs byte for byte.
///
/// # Errors
/// With the first line that differs.
pub fn compare(first: &str, second: &str) -> Result<(), Difference> {
    if first == second {
        return Ok(());
    }
    let (mut a, mut b) = (first.split('\n'), second.split('\n'));
    for line in 1.. {
        let (first, second) = (a.next(), b.next());
        if first != second || first.is_none() {
            let text = |line: Option<&str>| line.unwrap_or("").to_string();
            return Err(Difference { line, first: text(first), second: text(second) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(compare("a\nb\n", "a\nb\n"), Ok(()));
        let difference = |line, first: &str, second: &str| {
            Err(Difference { line, first: first.to_string(), second: second.to_string() })
        };
        assert_eq!(compare("a\nb\n", "a\nc\n"), difference(2, "b", "c"));
        assert_eq!(compare("a\n", "a\nb\n"), difference(2, "", "b"));
    }
}
