//! Questions to a campaign's database that somebody has thought of already, and its tables.

/// A query with a name.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Its name.
    pub name: &'static str,
    /// What it tells.
    pub what: &'static str,
    /// In SQL.
    pub sql: &'static str,
}

/// The tables. `content` of `campaign` is what `merge` prints; hashes and identities are text, because integers of SQLite
/// have a sign.
pub const TABLES: &str = "\
CREATE TABLE campaign (id TEXT, content TEXT, tool TEXT, seed TEXT, scheduler TEXT, shards INTEGER, missing TEXT);
CREATE TABLE units (unit INTEGER PRIMARY KEY, kind TEXT, file TEXT, protocol TEXT, params TEXT, breaks TEXT, runs INTEGER, covered INTEGER, executions INTEGER, steps INTEGER, complete INTEGER, endless INTEGER, unreached TEXT, verdict TEXT, as_expected INTEGER, exit INTEGER, states INTEGER, why TEXT);
CREATE TABLE shards (shard INTEGER, unit INTEGER, lo INTEGER, hi INTEGER, executions INTEGER, steps INTEGER, complete INTEGER, endless INTEGER, ends TEXT, PRIMARY KEY (shard, unit)) WITHOUT ROWID;
CREATE TABLE findings (shard INTEGER, unit INTEGER, signature TEXT, name TEXT, why TEXT, file TEXT, line INTEGER, expected INTEGER, count INTEGER, first INTEGER, steps INTEGER, switches INTEGER, best INTEGER, schedule TEXT, PRIMARY KEY (shard, unit, signature)) WITHOUT ROWID;
";

/// All of them.
pub const QUERIES: &[Query] = &[
    Query {
        name: "findings",
        what: "each bug: in how many questions and executions, and its shortest schedule; the unexpected ones first",
        sql: "SELECT min(f.expected) AS expected, f.signature, count(DISTINCT f.unit) AS questions, sum(f.count) AS executions, \
              min(f.steps) AS steps, u.file, u.protocol \
              FROM findings f JOIN units u USING (unit) GROUP BY f.signature ORDER BY 1, 4 DESC, 2",
    },
    Query {
        name: "first",
        what: "each question's first execution with each finding, the shard that it is in, and a schedule",
        sql: "SELECT u.file, u.protocol, u.params, f.signature, min(f.first) AS execution, f.shard, f.steps, f.schedule \
              FROM findings f JOIN units u USING (unit) GROUP BY f.unit, f.signature ORDER BY f.unit, 5, 4",
    },
    Query {
        name: "rare",
        what: "findings that were met in few executions: what a shorter campaign would have missed",
        sql: "SELECT sum(f.count) AS executions, u.executions AS of, f.signature, u.file, u.protocol, u.params \
              FROM findings f JOIN units u USING (unit) GROUP BY f.unit, f.signature ORDER BY 1, f.unit, 3 LIMIT 50",
    },
    Query {
        name: "longest",
        what: "questions whose executions are longest on the average, in steps",
        sql: "SELECT steps / max(executions, 1) AS steps_each, steps, executions, endless, file, protocol, params \
              FROM units WHERE kind != 'question' ORDER BY 1 DESC, unit LIMIT 50",
    },
    Query {
        name: "largest",
        what: "questions with the most states, of those that were searched",
        sql: "SELECT states, steps AS transitions, verdict, why, file, protocol, params \
              FROM units WHERE states IS NOT NULL ORDER BY 1 DESC, unit LIMIT 50",
    },
    Query {
        name: "coverage",
        what: "how much of each question was run, and each `sometimes` that was not reached",
        sql: "SELECT covered, runs, executions, verdict, file, protocol, params, unreached FROM units ORDER BY unit",
    },
    Query {
        name: "curve",
        what: "what each shard has added: bugs that no shard before it has found, and how many were known behind it",
        sql: "WITH met AS (SELECT signature, min(shard) AS shard FROM findings GROUP BY signature), \
              news AS (SELECT s.shard, sum(s.executions) AS executions, \
              (SELECT count(*) FROM met WHERE met.shard = s.shard) AS new FROM shards s GROUP BY s.shard) \
              SELECT shard, executions, new, sum(new) OVER (ORDER BY shard) AS known FROM news ORDER BY shard",
    },
    Query {
        name: "unanswered",
        what: "questions without an answer: inconclusive, and why",
        sql: "SELECT verdict, why, states, executions, file, protocol, params FROM units WHERE exit = 3 ORDER BY unit",
    },
    Query {
        name: "unexpected",
        what: "questions that did not answer as they expect",
        sql: "SELECT verdict, file, protocol, params, unreached FROM units WHERE NOT as_expected ORDER BY unit",
    },
];

/// The one with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Query> {
    QUERIES.iter().find(|query| query.name == name)
}
