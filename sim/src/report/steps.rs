//! The table of steps: number, task, place and source line, what happened, and the namespaces where they changed.

use crate::trace::{Step, Trace};
use model::machine::NetState;

/// Longer source lines are cut.
const SOURCE_WIDTH: usize = 48;
/// Longer accounts of what happened are cut, but for the last one.
const HAPPENED_WIDTH: usize = 72;
/// More ops in one namespace are only counted.
const MOST_OPS: usize = 6;
/// More namespaces are only counted.
const MOST_NETS: usize = 6;
/// Of more steps, the first of these and the last of these are shown.
const FIRST_STEPS: usize = 12;
const LAST_STEPS: usize = 88;

/// How namespaces are written in the table.
pub const LEGEND: &str = "namespaces: name[ops that are set up in it]; +name is being set up, -name is dying, ~name is freed; shown where they changed";

/// The table, every line ended.
#[must_use]
pub fn table(trace: &Trace) -> String {
    let mut rows = vec![["step", "task", "where", "source", "what happened", "namespaces"].map(String::from)];
    let mut nets = namespaces(&trace.start);
    rows.push(["0", "boot", "", "", "", nets.as_str()].map(String::from));
    if trace.left_out > 0 {
        rows.push(gap(trace.left_out));
    }
    let count = trace.steps.len();
    for (at, step) in trace.steps.iter().enumerate() {
        if count > FIRST_STEPS + LAST_STEPS {
            if at == FIRST_STEPS {
                rows.push(gap((count - FIRST_STEPS - LAST_STEPS) as u64));
            }
            if (FIRST_STEPS..count - LAST_STEPS).contains(&at) {
                continue;
            }
        }
        let now = namespaces(&step.nets);
        let changed = if now == nets { String::new() } else { now.clone() };
        nets = now;
        rows.push(row(step, changed, at + 1 == count));
    }
    aligned(&rows)
}

fn gap(steps: u64) -> [String; 6] {
    let mut row: [String; 6] = Default::default();
    row[0] = "...".to_string();
    row[3] = format!("({steps} steps left out)");
    row
}

fn row(step: &Step, nets: String, last: bool) -> [String; 6] {
    let happened = step.happened.join("; ");
    [
        step.number.to_string(),
        step.task.clone(),
        format!("{}:{}", step.place.file.rsplit('/').next().unwrap_or(""), step.place.line),
        cut(&step.place.source, SOURCE_WIDTH),
        if last { happened } else { cut(&happened, HAPPENED_WIDTH) },
        nets,
    ]
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width - 3).chain("...".chars()).collect()
}

/// The namespaces of a state, as the table writes them.
#[must_use]
pub fn namespaces(nets: &[NetState]) -> String {
    let mut out: Vec<_> = nets.iter().take(MOST_NETS).map(namespace).collect();
    if nets.len() > MOST_NETS {
        out.push(format!("and {} more", nets.len() - MOST_NETS));
    }
    out.join(" ")
}

fn namespace(net: &NetState) -> String {
    let mark = match net.phase {
        "setup" => "+",
        "dying" => "-",
        "freed" => return format!("~{}", net.name),
        _ => "",
    };
    if net.inited.len() > MOST_OPS {
        format!("{mark}{}[{} ops]", net.name, net.inited.len())
    } else {
        format!("{mark}{}[{}]", net.name, net.inited.join(" "))
    }
}

/// Columns as wide as their widest cell; the first is set right.
#[must_use]
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            if column == 0 {
                line.push_str(&pad);
                line.push_str(cell);
            } else {
                line.push_str("  ");
                line.push_str(cell);
                line.push_str(&pad);
            }
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Place;

    fn net(name: &str, phase: &'static str, inited: &[&str]) -> NetState {
        NetState { name: name.to_string(), phase, inited: inited.iter().map(ToString::to_string).collect() }
    }

    fn step(number: u64, nets: Vec<NetState>) -> Step {
        Step {
            number,
            task: "t".to_string(),
            place: Place { file: "protocols/p.pernet".to_string(), line: 7, source: "x();".to_string() },
            happened: vec!["x".to_string()],
            nets,
        }
    }

    #[test]
    fn namespaces_are_shown_where_they_changed() {
        let start = vec![net("a", "listed", &[])];
        let trace = Trace {
            start: start.clone(),
            steps: [step(1, start), step(2, vec![net("a", "dying", &["v", "w"]), net("b", "freed", &[])])]
                .into(),
            ..Trace::default()
        };
        let want = "\
step  task  where       source  what happened  namespaces
   0  boot                                     a[]
   1  t     p.pernet:7  x();    x
   2  t     p.pernet:7  x();    x              -a[v w] ~b
";
        assert_eq!(table(&trace), want);
    }

    #[test]
    fn long_tables_keep_their_ends() {
        let trace = Trace { steps: (1..=1_000).map(|n| step(n, Vec::new())).collect(), ..Trace::default() };
        let table = table(&trace);
        assert_eq!(table.lines().count(), 2 + FIRST_STEPS + 1 + LAST_STEPS);
        assert!(table.contains("(900 steps left out)"));
    }
}
