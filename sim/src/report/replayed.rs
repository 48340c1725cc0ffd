//! What there is to say of a repeated run besides its answer: texts that changed, the first step that differs, how well the
//! decisions fitted, what can come behind them.

use super::human;
use super::number::counted;
use super::style::Style;
use crate::answer::Answer;
use crate::origin::Drawn;
use crate::replayfile::Rerun;
use std::fmt::Write;

/// What all that lies behind a part of a run comes to, where nothing in it breaks.
#[must_use]
pub fn head(answer: &Answer, style: Style) -> String {
    let title = human::title(answer);
    format!("{}  {title}\nverdict   {} behind the steps that fit\n", style.bold("replay"), answer.verdict)
}

/// A line for each, or nothing.
#[must_use]
pub fn notes(rerun: &Rerun) -> String {
    let mut out = String::new();
    if let Some(what) = &rerun.answer.nondeterminism {
        let _ = writeln!(out, "nondeterminism: {what}");
    }
    if !rerun.changed.is_empty() {
        let same = if rerun.differs.is_none() { "; nothing in this run differs" } else { "" };
        let _ = writeln!(out, "changed   {}{same}", rerun.changed.join(", "));
    }
    if let Some(differs) = &rerun.differs {
        let _ = writeln!(out, "differs   {}", differs.text());
    }
    if let Some(fit) = &rerun.fit {
        let points = |count: usize| counted(count as u64, "point");
        let _ = writeln!(
            out,
            "fit       {} made, {} passed over, {} without one",
            counted(fit.made as u64, "pick"),
            fit.skipped,
            points(fit.filled)
        );
    }
    if let Some(onward) = &rerun.onward {
        let (states, steps) = (counted(onward.states, "state"), counted(onward.followed, "step"));
        let cut = onward.limit.map_or(String::new(), |limit| format!("; not all, since {limit}"));
        let _ = writeln!(out, "onward    behind {steps} that fit, {states} were searched{cut}");
        let found =
            if onward.names.is_empty() { "nothing that breaks".into() } else { onward.names.join(", ") };
        let _ = writeln!(out, "reachable {found}; {}", counted(onward.finals, "good end"));
        for (text, met) in &onward.sometimes {
            let _ = writeln!(out, "          {}: {text}", if *met { "reachable" } else { "not reachable" });
        }
    }
    out
}

/// That a seed gives the run that was recorded.
#[must_use]
pub fn same_by_seed(drawn: &Drawn) -> String {
    let Drawn { scheduler, seed, execution, version, .. } = drawn;
    format!(
        "{seed:#x} of {scheduler} gives this run, in execution {execution}; bound to pernet-sim {version}"
    )
}
