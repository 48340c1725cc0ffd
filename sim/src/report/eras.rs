//! What every page is told of every era, as a table.

use crate::across::{Page, Told};
use crate::verdict::Coverage;
use std::fmt::Write;

/// Nothing is found, and every `sometimes` is reached.
const GOOD: &str = "ok";
/// Page and era do not fit.
const UNFIT: &str = "-";
/// A limit was met before anything was found.
const CUT: &str = "...";
/// Nothing is found, but something wanted is not reached.
const UNREACHED: &str = "unreached";

/// The table of some eras: a part for each folder of pages, a row for each page that fits one of them.
#[must_use]
pub fn table(eras: &[String], rows: &[(Page, Vec<Told>)], limit: u64) -> String {
    let mut out = format!(
        "# Every page on every era\n\n\
         What a page is told of an era, whatever its `on` lines say; a difference that the page spells out is laid over each\n\
         era. `{GOOD}`: nothing is found, and all that the page wants to see is reached; `{UNREACHED}`: nothing is found, and\n\
         something is not reached; a name: that is found; `{CUT}`: nothing is found in {limit} states, and there are more;\n\
         `{UNFIT}`: the page uses what the era does not have. `pernet-sim bisect PAGE` says which lines make the difference.\n"
    );
    let (asked, unasked): (Vec<_>, Vec<_>) =
        rows.iter().partition(|(_, told)| told.iter().any(|told| told.answer().is_some()));
    let folder =
        |page: &Page| page.scenario.file.split_once('/').map_or("", |(folder, _)| folder).to_string();
    for part in asked.chunk_by(|a, b| folder(&a.0) == folder(&b.0)) {
        let short = |era: &String| era.trim_start_matches("linux-").to_string();
        let heads: Vec<_> = eras.iter().map(short).collect();
        let _ = write!(
            out,
            "\n## {}/\n\n| page | {} |\n|---{}|\n",
            folder(&part[0].0),
            heads.join(" | "),
            "|---".repeat(eras.len())
        );
        for (page, told) in part {
            let title = page.title();
            let name =
                title.split_once('/').map_or(title.as_str(), |(_, name)| name).replacen(".pernet", "", 1);
            let cells: Vec<_> = told.iter().map(cell).collect();
            let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
        }
    }
    if !unasked.is_empty() {
        let titles: Vec<_> =
            unasked.iter().map(|(page, _)| page.title().replacen(".pernet", "", 1)).collect();
        let _ = write!(out, "\nThese fit no era as it is: {}.\n", titles.join("; "));
    }
    out
}

fn cell(told: &Told) -> String {
    let (Some(answer), Some(gist)) = (told.answer(), told.gist()) else { return UNFIT.to_string() };
    let found: Vec<_> = gist.found.iter().map(String::as_str).collect();
    match answer.coverage {
        _ if !found.is_empty() => found.join(", "),
        Coverage::Complete if gist.unreached.is_empty() => GOOD.to_string(),
        Coverage::Complete => UNREACHED.to_string(),
        _ => CUT.to_string(),
    }
}
