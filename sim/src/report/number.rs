//! Numbers for people, exactly and without floats.

/// `1,234,567`
#[must_use]
pub fn grouped(number: u64) -> String {
    grouped_wide(u128::from(number))
}

/// The same, of numbers that need more than 64 bits.
#[must_use]
pub fn grouped_wide(number: u128) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 state`, `2 states`
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Nanoseconds in the largest unit that keeps a digit before the point: `250ns`, `1.5us`, `2ms`, `30s`. Nothing is
/// rounded.
#[must_use]
pub fn duration(ns: u128) -> String {
    let (unit, name, digits) = match ns {
        0..1_000 => (1, "ns", 0),
        1_000..1_000_000 => (1_000, "us", 3),
        1_000_000..1_000_000_000 => (1_000_000, "ms", 6),
        _ => (1_000_000_000, "s", 9),
    };
    let rest = format!("{:0digits$}", ns % unit);
    let rest = if digits == 0 { "" } else { rest.trim_end_matches('0') };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{}{point}{rest}{name}", ns / unit)
}

/// Thousandths as a decimal: 1500 is `1.5`.
#[must_use]
pub fn thousandths(number: u128) -> String {
    let rest = format!("{:03}", number % 1000);
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{}{point}{rest}", number / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!([counted(1, "state"), counted(0, "state")], ["1 state", "0 states"]);
        for (ns, text) in [
            (0, "0ns"),
            (250, "250ns"),
            (1_500, "1.5us"),
            (2_000_000, "2ms"),
            (2_000_001, "2.000001ms"),
            (30_000_000_000, "30s"),
        ] {
            assert_eq!(duration(ns), text);
        }
        assert_eq!([thousandths(1_500), thousandths(2_000), thousandths(7)], ["1.5", "2", "0.007"]);
    }
}
