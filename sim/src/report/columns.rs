//! A table of text.

use std::fmt::Write;

/// Rows under the names of their columns; numbers stand right.
#[must_use]
pub fn columns(names: &[&str], rows: &[Vec<String>]) -> String {
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let number =
        |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let widths: Vec<usize> = (0..names.len())
        .map(|at| {
            rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0).max(names[at].chars().count())
        })
        .collect();
    let right: Vec<bool> =
        (0..names.len()).map(|at| !rows.is_empty() && rows.iter().all(|row| number(&row[at]))).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::new();
        for (at, cell) in cells.enumerate() {
            let pad = " ".repeat(widths[at].saturating_sub(cell.chars().count()));
            let space = if at == 0 { "" } else { "  " };
            let _ = match right[at] {
                true => write!(line, "{space}{pad}{cell}"),
                false => write!(line, "{space}{cell}{pad}"),
            };
        }
        line.trim_end().to_string() + "\n"
    };
    let mut out = line(&mut names.iter().copied());
    rows.iter().for_each(|row| out.push_str(&line(&mut row.iter().map(String::as_str))));
    out
}
