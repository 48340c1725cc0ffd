//! `list`: what there is.

use super::args::Listed;
use super::output::Out;
use crate::library::{self, is_protocol_path};
use crate::question::stem;
use crate::report::steps::aligned;
use crate::scheduler::SCHEDULERS;
use crate::verdict::Exit;
use model::judge::INVARIANTS;
use model::machine::finding::Kind;
use model::machine::verbs::{Fault, VERBS};

/// Lists one kind of thing: a name and a line for each.
pub fn list(what: Listed) -> Exit {
    let rows = match what {
        Listed::Protocols => protocols(),
        Listed::Invariants => invariants(),
        Listed::Scenarios => scenarios(),
        Listed::Faults => faults(),
        Listed::Schedulers => SCHEDULERS.iter().map(|row| row_of(row.name, row.what)).collect(),
    };
    Out::new().write(&left_aligned(&rows));
    Exit::AsExpected
}

fn row_of(name: &str, what: &str) -> [String; 2] {
    [name.to_string(), what.to_string()]
}

/// Names to the left, also the first column.
fn left_aligned(rows: &[[String; 2]]) -> String {
    let width = rows.iter().map(|row| row[0].len()).max().unwrap_or(0);
    let padded: Vec<_> = rows.iter().map(|[name, what]| [format!("{name:<width$}"), what.clone()]).collect();
    aligned(&padded)
}

fn protocols() -> Vec<[String; 2]> {
    let mut all = library::protocols();
    // Eras before mutants.
    all.sort_by_key(|(file, _)| (is_protocol_path(file.trim_start_matches("protocols/")), file.clone()));
    all.iter().map(|(file, text)| row_of(stem(file), &first_comment(text))).collect()
}

fn scenarios() -> Vec<[String; 2]> {
    library::scenarios().iter().map(|shipped| row_of(shipped.file, &first_comment(shipped.text))).collect()
}

/// The judges, then what the machine finds by itself.
fn invariants() -> Vec<[String; 2]> {
    let judges = INVARIANTS.iter().map(|row| row_of(row.name, row.why));
    judges.chain(Kind::ALL.iter().map(|kind| row_of(kind.name(), kind.why()))).collect()
}

fn faults() -> Vec<[String; 2]> {
    let mut rows = vec![row_of("may", "a statement behind `may` happens or not; `faults N in may;`")];
    for verb in VERBS {
        match verb.fault {
            Fault::Never => {}
            Fault::Fails => rows.push(row_of(verb.name, "fails, as for want of memory")),
            Fault::Killed => rows.push(row_of(verb.name, "its waiter is killed; `faults N in kill;`")),
        }
    }
    rows
}

/// The first line of a text's first comment.
fn first_comment(text: &str) -> String {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("//"));
    line.unwrap_or("").trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_a_line_for_each() {
        for (rows, name) in [
            (protocols(), "rfc2007"),
            (invariants(), "paired"),
            (invariants(), "use_after_free"),
            (faults(), "kzalloc"),
            (faults(), "may"),
        ] {
            assert!(rows.iter().any(|row| row[0] == name && !row[1].is_empty()), "{name}");
        }
        assert!(protocols()[0][0].len() < protocols().last().unwrap()[0].len());
    }
}
