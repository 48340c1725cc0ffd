//! What a run has never seen, as a table: for each protocol its lines, the ways of its conditions and its faults, and then
//! each one that is missing, by file and line. The scenarios that were asked of it are among its texts.

use super::number::{counted, grouped};
use super::steps::aligned;
use crate::answer::Answer;
use crate::coverage::{Share, Sheet};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Longer lines are cut.
const SOURCE_WIDTH: usize = 72;

/// What all questions of a run have shown together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Covered {
    /// By protocol.
    sheets: BTreeMap<String, Sheet>,
    questions: u64,
    in_part: u64,
}

impl Covered {
    /// Adds a question.
    pub fn add(&mut self, answer: &Answer) {
        let Some(sheet) = &answer.besides.coverage else { return };
        self.questions += 1;
        self.in_part += u64::from(!answer.besides.all_ran);
        self.sheets.entry(answer.question.protocol.clone()).or_default().add(sheet.clone());
    }

    /// The table, every line ended.
    #[must_use]
    pub fn table(&self) -> String {
        let part = match self.in_part {
            0 => "all of them searched completely".to_string(),
            part => format!("{} of them looked at in part", grouped(part)),
        };
        let mut out = format!("coverage of {}, {part}\n\n", counted(self.questions, "question"));
        let mut rows = vec![["", "protocol", "lines", "ways of conditions", "faults"].map(String::from)];
        for (protocol, sheet) in &self.sheets {
            let [lines, ways, faults] =
                [sheet.lines_reached(), sheet.ways_taken(), sheet.faults_happened()].map(share);
            rows.push([String::new(), protocol.clone(), lines, ways, faults]);
        }
        out.push_str(&aligned(&rows));
        for (protocol, sheet) in &self.sheets {
            let rows = missing(sheet);
            if !rows.is_empty() {
                let _ = write!(out, "\nnever on {protocol}:\n{}", aligned(&rows));
            }
        }
        out
    }
}

fn share(share: Share) -> String {
    format!("{} of {}", grouped(share.seen), grouped(share.all))
}

/// What a sheet lacks, in the order of the texts. What stands on a line that was never reached goes without saying.
fn missing(sheet: &Sheet) -> Vec<[String; 4]> {
    let mut rows = BTreeMap::new();
    let mut row = |spot: &(String, u32, u32, u32), kind: u8, what: String, source: &str| {
        let place = format!("{}:{}", spot.0, spot.1);
        rows.insert((spot.clone(), kind), [String::new(), place, what, cut(source)]);
    };
    for (spot, line) in sheet.lines.iter().filter(|(_, line)| !line.reached) {
        row(spot, 0, "reached".to_string(), &line.source);
    }
    let reached = |file: &str, line: u32| {
        sheet.lines.get(&(file.to_string(), line, 0, 0)).is_some_and(|line| line.reached)
    };
    for (spot, branch) in sheet.branches.iter().filter(|(spot, _)| reached(&spot.0, spot.1)) {
        let what = match branch.taken {
            [true, true] => continue,
            [true, false] => "false",
            [false, true] => "true",
            [false, false] => "decided",
        };
        row(spot, 1, what.to_string(), &branch.source);
    }
    let quiet = sheet.faults.iter().filter(|(spot, fault)| !fault.happened && reached(&spot.0, spot.1));
    for (spot, fault) in quiet {
        row(spot, 2, format!("fault: {}", fault.what), &fault.source);
    }
    rows.into_values().collect()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SOURCE_WIDTH {
        return text.to_string();
    }
    text.chars().take(SOURCE_WIDTH - 3).chain("...".chars()).collect()
}
