//! Checks as Markdown, as GitHub, GitLab and Forgejo show it: a table, and a fold for each story.

use super::check::{Check, Checks, Finding, Kind};
use super::number::counted;
use super::visible::Visible;
use crate::verdict::Exit;
use std::fmt::Write;

/// What a step's summary may have: 1 MiB, says "Adding a job summary" in docs.github.com's "Workflow commands"
/// (en/actions/reference/workflows-and-actions/workflow-commands). More is not shown at all. Of a job 20 summaries are shown,
/// one of each step.
pub const MOST_SUMMARY: usize = 1 << 20;
/// Rows of checks that are good.
const MOST_GOOD: usize = 200;
/// Characters of a text in a table or a title.
const MOST_CELL: usize = 300;
/// Room for the sentence that says what was left out.
const ROOM: usize = 200;

/// The page, every line ended, of so many bytes at most. What does not fit is left out whole, and counted.
#[must_use]
pub fn text(checks: &Checks, most: usize) -> String {
    let (all, good) = checks.counted();
    let mut out = format!(
        "### pernet-sim {}: {good} of {} as expected\n\nexit {}: {}\n",
        checks.command,
        counted(all, "check"),
        checks.exit.code(),
        checks.exit.meaning(),
    );
    let rows = rows(checks);
    let stories = stories(checks);
    // A table is only one with its head.
    let head = if rows.is_empty() { "" } else { "\n| | verdict | check | cost |\n|---|---|---|---|\n" };
    let mut left_out = 0;
    let parts =
        rows.iter().enumerate().map(|(at, row)| if at == 0 { format!("{head}{row}") } else { row.clone() });
    for part in parts.chain(stories) {
        if left_out == 0 && out.len() + part.len() + ROOM <= most {
            out.push_str(&part);
        } else {
            left_out += 1;
        }
    }
    let hidden = (good as usize).saturating_sub(MOST_GOOD);
    if hidden > 0 {
        let _ = writeln!(out, "\n{} more as expected.", counted(hidden as u64, "check"));
    }
    if left_out > 0 {
        let _ = writeln!(out, "\n{} more did not fit.", counted(left_out, "part"));
    }
    if out.len() > most { String::new() } else { out }
}

/// A row for each check, what is not good first.
fn rows(checks: &Checks) -> Vec<String> {
    let bad = checks.list.iter().filter(|check| !check.is_good());
    let good = checks.list.iter().filter(|check| check.is_good()).take(MOST_GOOD);
    bad.chain(good).map(row).collect()
}

fn row(check: &Check) -> String {
    let mark = match check.exit {
        Exit::AsExpected => "ok",
        Exit::NothingRun => "skipped",
        Exit::Inconclusive => "**??**",
        Exit::Finding | Exit::BadInput | Exit::Nondeterminism => "**FAIL**",
    };
    let title = Visible::line(&check.title());
    format!(
        "| {mark} | {} | {} | {} |\n",
        cell(check.verdict.cut(MOST_CELL)),
        code(title.cut(MOST_CELL)),
        cell(check.cost.cut(MOST_CELL)),
    )
}

/// A fold for each finding that has a story.
fn stories(checks: &Checks) -> impl Iterator<Item = String> {
    let told = |finding: &&Finding| !finding.story.as_str().is_empty();
    let of = move |check| {
        let title = Visible::line(&Check::title(check));
        check.findings.iter().filter(told).map(move |finding| fold(&title, finding))
    };
    checks.list.iter().flat_map(of)
}

fn fold(title: &Visible, finding: &Finding) -> String {
    let expected = if finding.kind == Kind::Expected { ", as expected" } else { "" };
    let story = finding.story.as_str();
    let fence = "`".repeat(longest_run(story).max(2) + 1);
    let end = if story.ends_with('\n') { "" } else { "\n" };
    format!(
        "\n<details><summary>{}: {}{expected}</summary>\n\n{}\n\n{fence}text\n{story}{end}{fence}\n\n</details>\n",
        markup(finding.rule.cut(MOST_CELL)),
        markup(title.cut(MOST_CELL)),
        code(finding.why.cut(MOST_CELL)),
    )
}

/// How many backticks stand side by side at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text in a table.
fn cell(text: &str) -> String {
    if is_plain(text) { text.to_string() } else { code(text) }
}

/// A text that is shown letter by letter: nobody is mentioned, nothing is linked.
fn code(text: &str) -> String {
    match text {
        "" => String::new(),
        text if text.trim() == text && text.chars().all(is_safe) => format!("`{text}`"),
        text => format!("<code>{}</code>", markup(text)),
    }
}

/// Letters, digits and spaces cannot be anything else, at least in the middle of a cell.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | ','))
}

/// In a table, between backticks.
fn is_safe(c: char) -> bool {
    c.is_alphanumeric() || " .,:;/_-+=()[]{}'\"*#@!?&%<>~^$".contains(c)
}

/// A text as HTML, also in the middle of Markdown: what could be markup of one of them is named by its number.
fn markup(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || " .,;/-=+()?!'\"".contains(c) {
            out.push(c);
        } else {
            let _ = write!(out, "&#{};", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_no_markup() {
        for (text, want) in [
            ("order/x.pernet on p", "`order/x.pernet on p`"),
            ("<script>", "`<script>`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("`x`", "<code>&#96;x&#96;</code>"),
            (r"a\", "<code>a&#92;</code>"),
            (" ", "<code> </code>"),
        ] {
            assert_eq!(code(text), want);
        }
        assert_eq!(markup("<b>&"), "&#60;b&#62;&#38;");
        assert_eq!(longest_run("a``b`c```"), 3);
    }
}
