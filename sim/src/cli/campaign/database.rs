//! The SQLite file of a campaign: rebuilt from shards whenever they are merged, so nothing is only in it.

use super::folder::{Folder, unwritable};
use crate::campaign::manifest::Manifest;
use crate::campaign::merge::Tallied;
use crate::campaign::query::TABLES;
use crate::campaign::{Merged, ranges};
use crate::codes;
use crate::fingerprint::hex;
use crate::question::Rejected;
use crate::report::campaign::why_not;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use rusqlite::{Connection, OpenFlags, Result, params};
use std::io;

/// The file's name.
pub const FILE: &str = "result.sqlite";

/// Writes it anew.
///
/// # Errors
/// If it cannot be written; then it is as it was.
pub fn write(folder: &Folder, merged: &Merged, tallied: &[Tallied]) -> std::result::Result<(), Rejected> {
    let place = folder.path.join(FILE);
    let bytes = fill(folder, merged, tallied)
        .map_err(|error| Rejected::new(unwritable(&place, &io::Error::other(error))))?;
    folder.write(FILE, &bytes).map_err(Rejected::new)
}

/// The file's bytes: equal shards, equal bytes.
fn fill(folder: &Folder, merged: &Merged, tallied: &[Tallied]) -> Result<Vec<u8>> {
    let mut connection = Connection::open_in_memory()?;
    let all = connection.transaction()?;
    all.execute_batch(TABLES)?;
    let manifest = &folder.manifest;
    all.execute(
        "INSERT INTO campaign VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            hex(merged.campaign),
            hex(merged.hash()),
            manifest.tool,
            hex(manifest.seed()),
            manifest.scheduler,
            manifest.shards(),
            ranges::text(&merged.missing(manifest)),
        ],
    )?;
    units(&all, manifest, tallied)?;
    shards(&all, manifest, merged)?;
    all.commit()?;
    Ok(connection.serialize("main")?.to_vec())
}

fn units(to: &Connection, manifest: &Manifest, tallied: &[Tallied]) -> Result<()> {
    let mut insert =
        to.prepare("INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (at, (unit, told)) in manifest.units.iter().zip(tallied).enumerate() {
        insert.execute(params![
            at as u64,
            unit.kind.name(),
            manifest.file(at),
            unit.protocol,
            crate::answer::params_text(&unit.params),
            unit.breaks.join(" "),
            unit.runs,
            told.covered,
            told.executions,
            told.steps,
            told.complete,
            told.endless,
            told.unreached.join("; "),
            told.verdict.word(),
            told.exit == Exit::AsExpected,
            told.exit.code(),
            told.asked.as_ref().and_then(|asked| asked.states),
            why_not(told),
        ])?;
    }
    Ok(())
}

fn shards(to: &Connection, manifest: &Manifest, merged: &Merged) -> Result<()> {
    let mut insert = to.prepare("INSERT INTO shards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    let mut insert_found =
        to.prepare("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for (&index, shard) in &merged.shards {
        for part in &shard.parts {
            let unit = part.unit as u64;
            insert.execute(params![
                index,
                unit,
                part.lo,
                part.hi,
                part.executions,
                part.steps,
                part.complete,
                part.endless,
                part.ends
            ])?;
            let asked = &manifest.units[part.unit];
            for found in &part.findings {
                insert_found.execute(params![
                    index,
                    unit,
                    found.signature,
                    found.name,
                    found.why,
                    found.file,
                    found.line,
                    asked.breaks.contains(&found.name),
                    found.count,
                    found.first,
                    found.steps,
                    found.switches,
                    found.best,
                    found.schedule.as_ref().map(ToString::to_string),
                ])?;
            }
        }
    }
    Ok(())
}

/// A table of text: the names of its columns, and its rows.
pub struct Rows {
    /// Names of columns.
    pub names: Vec<String>,
    /// Rows of as many values.
    pub rows: Vec<Vec<rusqlite::types::Value>>,
}

/// Asks the database; nothing can be changed by that.
///
/// # Errors
/// If there is none, or it has no answer.
pub fn ask(folder: &Folder, sql: &str) -> std::result::Result<Rows, Rejected> {
    let place = folder.path.join(FILE);
    if !place.exists() {
        let message = format!("there is no `{}` yet", place.display());
        let help = format!("`pernet-sim campaign merge {}` writes it", folder.path.display());
        return Err(Rejected::new(Diagnostic::without_place(codes::NOT_MERGED, message).help(help)));
    }
    let answer = || -> Result<Rows> {
        let connection = Connection::open_with_flags(&place, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // Files beside it are nobody's business either.
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF;")?;
        let mut statement = connection.prepare(sql)?;
        let names = statement.column_names().into_iter().map(String::from).collect();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect::<Result<Vec<_>>>();
        let rows = statement.query_map([], row)?.collect::<Result<Vec<_>>>()?;
        Ok(Rows { names, rows })
    };
    answer().map_err(|error| {
        let message = format!("the query cannot be answered: {error}");
        let help = "the tables are campaign, units, shards and findings; `SELECT sql FROM sqlite_schema` shows their columns";
        Rejected::new(Diagnostic::without_place(codes::BAD_QUERY, message).help(help))
    })
}
