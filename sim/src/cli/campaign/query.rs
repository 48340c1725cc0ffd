//! `campaign query`: asks the SQLite file.

use super::database::{Rows, ask};
use super::folder::Folder;
use crate::campaign::query::{QUERIES, find};
use crate::cli::args::Format;
use crate::cli::args::campaign::Query;
use crate::cli::checks::refuse_checks;
use crate::cli::output::{Objects, Out};
use crate::codes;
use crate::question::Rejected;
use crate::report::columns::columns;
use crate::verdict::Exit;
use model::lang::diagnostic::Diagnostic;
use model::lang::suggest::did_you_mean;
use rusqlite::types::Value;

/// Asks, or lists what there is to ask.
pub fn query(args: &Query) -> Result<Exit, Rejected> {
    refuse_checks("campaign query", &args.output)?;
    let folder = Folder::open(&args.folder)?;
    let Some(wanted) = args.query.as_deref() else {
        let rows: Vec<_> =
            QUERIES.iter().map(|query| vec![query.name.to_string(), query.what.to_string()]).collect();
        Out::new().write(&columns(&["query", "what it tells"], &rows));
        return Ok(Exit::AsExpected);
    };
    let sql = match find(wanted) {
        Some(query) => query.sql,
        None if wanted.contains(char::is_whitespace) => wanted,
        None => return Err(unknown(wanted)),
    };
    let Rows { names, rows } = ask(&folder, sql)?;
    if args.output.format == Format::Human {
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        Out::new().write(&columns(&names, &rows));
    } else {
        let mut objects = Objects::new(args.output.format);
        for row in &rows {
            let object: serde_json::Map<_, _> = names.iter().cloned().zip(row.iter().map(json)).collect();
            objects.write(&serde_json::Value::Object(object).to_string());
        }
        objects.finish();
    }
    Ok(Exit::AsExpected)
}

fn unknown(name: &str) -> Rejected {
    let names = QUERIES.iter().map(|query| query.name);
    let help = match did_you_mean(name, names.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}; or say it in SQL", names.collect::<Vec<_>>().join(", ")),
    };
    let message = format!("there is no query `{name}`");
    Rejected::new(Diagnostic::without_place(codes::UNKNOWN_QUERY, message).help(help))
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Blob(_) => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
    }
}
