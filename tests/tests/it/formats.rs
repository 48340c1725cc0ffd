//! The formats for other programs: each fits its schema, says the same for any number of threads, and is what the snapshots
//! show. Accept what is meant to have changed with `INSTA_UPDATE=always cargo test -p tests formats`.

mod hostile;
mod limits;
mod workflow;
mod xsd;

use crate::binary::{Done, command, done, root, run, steady_snapshot, without_fingerprints};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use xsd::Schema;

/// The text of a schema that is kept here.
pub fn schema(name: &str) -> String {
    fs::read_to_string(root().join("tests/schemas").join(name)).expect("a schema")
}

/// All in which a document does not fit the schema of SARIF.
pub fn sarif_errors(text: &str) -> Vec<String> {
    static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = serde_json::from_str(&schema("sarif-2.1.0.json")).expect("a schema is JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    });
    match serde_json::from_str(text) {
        Ok(log) => {
            VALIDATOR.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

/// A workflow command, as the runner of GitHub Actions reads it.
#[derive(Debug)]
pub struct Annotation {
    pub command: String,
    pub properties: BTreeMap<String, String>,
    pub message: String,
}

/// The commands in what a step prints. All other lines must stand where commands are stopped.
#[track_caller]
pub fn annotations(text: &str) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    let mut stopped: Option<String> = None;
    for line in text.lines() {
        let command = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
        match (&stopped, command) {
            (Some(word), Some((command, ""))) if command == word => stopped = None,
            (Some(_), _) => {}
            (None, Some(("stop-commands", word))) => stopped = Some(word.to_string()),
            (None, Some((command, message))) => annotations.push(annotation(command, message)),
            (None, None) => panic!("`{line}` is no command, and commands are not stopped"),
        }
    }
    assert_eq!(stopped, None, "commands stay stopped for all that comes behind");
    annotations
}

fn annotation(command: &str, message: &str) -> Annotation {
    let (command, properties) = command.split_once(' ').unwrap_or((command, ""));
    assert!(["error", "warning", "notice"].contains(&command), "{command}");
    let meant = |text: &str| {
        let text = text.replace("%3A", ":").replace("%2C", ",");
        text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    };
    let pairs = properties.split(',').filter(|pair| !pair.is_empty());
    let properties = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').expect("a property has a value");
        (name.to_string(), meant(value))
    });
    Annotation {
        command: command.to_string(),
        properties: properties.collect(),
        // Behind the command only these are read.
        message: message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"),
    }
}

/// What a reader of Markdown would take for markup and nobody meant as such.
pub fn markdown_errors(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let mut fence: Option<String> = None;
    let mut folds = 0;
    for line in text.lines() {
        let run = line.chars().take_while(|&c| c == '`').count();
        match &fence {
            Some(open) => {
                if run >= open.len() && line[run..].trim().is_empty() {
                    fence = None;
                }
                continue;
            }
            None if run >= 3 => {
                fence = Some("`".repeat(run));
                continue;
            }
            None => {}
        }
        let bare = without_code(line);
        if line.starts_with('|') && bare.matches('|').count() != 5 {
            errors.push(format!("not four cells: {line}"));
        }
        folds += bare.matches("<details>").count();
        folds = folds.wrapping_sub(bare.matches("</details>").count());
        let known = ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"];
        let rest = known.iter().fold(bare, |rest, tag| rest.replace(tag, ""));
        if rest.contains(['<', '>', '@', '`', '[', '\\']) {
            errors.push(format!("markup: {line}"));
        }
    }
    if fence.is_some() || folds != 0 {
        errors.push("something stays open".to_string());
    }
    errors
}

/// A line without what stands between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`").replace('`', "")
}

const FAILING: &str = "\
// Is a failed init undone, whatever the protocol?
on rfc2007-undo-no-exit;
on rfc2007;
net a;
ops mine { init(net) { if (net == a) may return -ENOMEM; } exit; }
faults 1 in may;
task modprobe { error = register_pernet_device(mine); }
never left_behind: done(modprobe) && modprobe.error == -ENOMEM && inited(mine, init_net);
";
const HOLDING: &str = "\
// Does a namespace that is created get what is registered?
on rfc2007;
on rfc2007-create-without-mutex breaks frozen, paired;
ops ipv4 { init; exit; }
ops ipv6 { init; exit; }
boot { register_pernet_subsys(ipv4); }
task modprobe { register_pernet_device(ipv6); }
task unshare { net = copy_net_ns(); }
sometimes inited(ipv6, unshare.net);
";
const ERRONEOUS: &str = "// Is it read?\non rfc2007;\ntsak t { step; }\n";
const HOSTILE: &str = "\
// Can a name hide something?
on rfc2007;
int x;
task t { x = 1; }
task u { x = 2; }
never both: x == 2 && done(t); // ::error::<script>alert(1)</script>
";
/// A file's name may have all but a slash.
const HOSTILE_NAME: &str = "a,b::error file=x%0A|<script>`@all`]]>'\"&\\\u{1b}[31m\n::error::c.pernet";

fn pages() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("pages")).expect("a folder");
    for (name, text) in [
        ("failing.pernet", FAILING),
        ("holding.pernet", HOLDING),
        ("erroneous.pernet", ERRONEOUS),
        (HOSTILE_NAME, HOSTILE),
    ] {
        fs::write(folder.path().join("pages").join(name), text).expect("a page");
    }
    folder
}

fn written(folder: &Path, format: &str, jobs: &str) -> Done {
    run(folder, ["pages", "--format", format, "--jobs", jobs, "--out", "out"])
}

/// Every format of the same four pages; each with its own check that it is well made.
fn check(format: &str, errors: impl Fn(&str) -> Vec<String>) {
    let folder = pages();
    let one = written(folder.path(), format, "1");
    assert_eq!(one.code, 2, "{}", one.err);
    assert_eq!(errors(&one.out), Vec::<String>::new());
    assert_eq!(one.out, written(folder.path(), format, "2").out, "threads make a difference");
    steady_snapshot(&format!("format-{format}"), &without_fingerprints(&without_texts(&one.out)));
}

/// What changes with every judge and every era, and is in a SARIF log as it is elsewhere: the rules, and shipped texts.
fn without_texts(text: &str) -> String {
    let mut rules = false;
    let mut kept = String::new();
    for line in text.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        rules &= !(indent.len() == 10 && rest.starts_with(']'));
        if rest.starts_with("\"text\": \"protocol ") {
            kept.push_str(&format!("{indent}(the text)\n"));
        } else if !rules && !rest.starts_with("\"ruleIndex\": ") {
            kept.push_str(&format!("{line}\n"));
        }
        rules |= rest == "\"rules\": [";
    }
    kept
}

#[test]
fn junit() {
    let schema = Schema::read(&schema("junit-10.xsd"));
    check("junit", |text| schema.errors(text));
}

#[test]
fn sarif() {
    check("sarif", sarif_errors);
}

#[test]
fn github() {
    check("github", |text| {
        assert!(annotations(text).iter().any(|annotation| annotation.command == "error"));
        Vec::new()
    });
}

#[test]
fn markdown() {
    check("markdown", markdown_errors);
}

/// What a `sarif` log is for: the schedule, at lines of the scenario and its protocol.
#[test]
fn code_flows_are_the_schedule() {
    let folder = pages();
    let object = |format| {
        let done = run(folder.path(), ["pages/failing.pernet", "--format", format]);
        assert_eq!(done.code, 1, "{}", done.err);
        done.out
    };
    let log: serde_json::Value = serde_json::from_str(&object("sarif")).expect("JSON");
    let line: serde_json::Value =
        serde_json::from_str(object("jsonl").lines().next().unwrap_or_default()).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let flows = result["codeFlows"].as_array().expect("flows");
    let all = flows[0]["threadFlows"][0]["locations"].as_array().expect("steps");
    assert_eq!(all.len() as u64, line["violations"][0]["step"].as_u64().expect("a number"));
    let order = |steps: &[serde_json::Value]| {
        steps.iter().map(|step| step["executionOrder"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(order(all), (1..=all.len() as u64).collect::<Vec<_>>());
    let mut by_task: Vec<u64> = flows[1]["threadFlows"]
        .as_array()
        .expect("tasks")
        .iter()
        .flat_map(|flow| order(flow["locations"].as_array().expect("steps")))
        .collect();
    by_task.sort_unstable();
    assert_eq!(by_task, order(all), "each step is some task's");
    // Each step is a line of a text that the log has, or of a file on disk.
    for step in all {
        let place = &step["location"]["physicalLocation"];
        let at = place["artifactLocation"]["index"].as_u64().expect("a number");
        let artifact = &log["runs"][0]["artifacts"][usize::try_from(at).expect("a small number")];
        let text = artifact["contents"]["text"].as_str().unwrap_or(FAILING);
        let line = usize::try_from(place["region"]["startLine"].as_u64().expect("a number")).expect("a line");
        let source = place["region"]["snippet"]["text"].as_str().expect("a text");
        assert!(text.lines().nth(line - 1).is_some_and(|line| line.contains(source)), "{line}: {source}");
    }
    let signature = result["partialFingerprints"]["pernetSimSignature/v1"].as_str().expect("a text");
    assert!(signature.starts_with("undo at rfc2007:"), "{signature}");
}

/// A summary is added to what is there, within the room that a step has.
#[test]
fn summaries_are_added() {
    let folder = pages();
    let file = folder.path().join("summary.md");
    fs::write(&file, "before\n").expect("a file");
    let args = ["pages/holding.pernet", "--format", "github"];
    let with = |command: &mut std::process::Command| done(&command.output().expect("the program starts"));
    let named = with(command(folder.path()).args(args).env("GITHUB_STEP_SUMMARY", &file));
    assert_eq!(named.code, 0, "{}", named.err);
    let once = fs::read_to_string(&file).expect("a summary");
    assert!(once.starts_with("before\n### pernet-sim run: 2 of 2 checks as expected\n"), "{once}");
    // Any format has one, if it is asked for.
    let asked = run(folder.path(), ["pages/holding.pernet", "--summary", "summary.md", "--quiet"]);
    assert_eq!((asked.code, asked.err.as_str()), (0, ""));
    let twice = fs::read_to_string(&file).expect("a summary");
    assert_eq!(twice.matches("### pernet-sim run").count(), 2);
    // The service shows nothing of a summary that is too long.
    fs::write(&file, "x".repeat(sim::report::markdown::MOST_SUMMARY - 10)).expect("a file");
    let full = with(command(folder.path()).args(args).env("GITHUB_STEP_SUMMARY", &file));
    assert_eq!(full.code, 0);
    assert!(full.err.contains("there is no summary"), "{}", full.err);
    assert!(fs::metadata(&file).expect("a file").len() <= sim::report::markdown::MOST_SUMMARY as u64);
}

/// Ten annotations of a kind are shown; the last one says how many there are besides.
#[test]
fn annotations_keep_to_the_limits() {
    let folder = tempfile::tempdir().expect("a folder");
    for at in 0..23 {
        fs::write(folder.path().join(format!("p{at:02}.pernet")), HOSTILE).expect("a page");
    }
    let done = run(folder.path(), [".", "--format", "github", "--out", "out"]);
    let annotations = annotations(&done.out);
    assert_eq!(annotations.len(), sim::report::github::MOST_ANNOTATIONS);
    assert_eq!(annotations[9].message, "14 more errors: see the summary or the log of this step");
    assert_eq!(annotations[0].properties["file"], "p00.pernet");
    // All stories are in the log.
    assert_eq!(done.out.matches("violated both  p").count(), 23);
}

/// Other commands that check something have the formats, too; those that do not say so.
#[test]
fn every_command_that_checks_has_the_formats() {
    let folder = pages();
    let at = folder.path();
    fs::write(at.join("seen.json"), RECORDING).expect("a recording");
    run(at, ["pages/failing.pernet", "--out", "out"]);
    let saved =
        fs::read_dir(at.join("out")).expect("a folder").next().expect("a violation").expect("an entry");
    fs::rename(saved.path(), at.join("out/saved")).expect("another name");
    let schema = Schema::read(&schema("junit-10.xsd"));
    for (code, line) in [
        (0, "museum ila-table-freed-under-hook --format"),
        (1, "compare rfc2007 rfc2007-create-without-mutex pages/holding.pernet --format"),
        (0, "compare rfc2007 rfc2007 pages/holding.pernet --format"),
        (0, "conform seen.json --protocol linux-6.1 --format"),
        (1, "replay out/saved --format"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let made = |format| {
            let done = run(at, words.iter().copied().chain([format]));
            assert_eq!(done.code, code, "{line}: {}{}", done.out, done.err);
            done.out
        };
        assert_eq!(schema.errors(&made("junit")), Vec::<String>::new(), "{line}");
        assert_eq!(sarif_errors(&made("sarif")), Vec::<String>::new(), "{line}");
        assert_eq!(markdown_errors(&made("markdown")), Vec::<String>::new(), "{line}");
        assert_eq!(annotations(&made("github")).is_empty(), code == 0, "{line}");
    }
}

const RECORDING: &str = r#"{"kernel": "6.1.0-56-cloud-amd64", "scenario": "seen", "title": "an ops comes",
"input": ["register subsys A"],
"events": [
{"seq": 0, "task": "main", "ev": "init", "ops": "_T", "net": 0, "ret": 0},
{"seq": 1, "task": "main", "ev": "call", "cmd": "register subsys A"},
{"seq": 2, "task": "main", "ev": "init", "ops": "A", "net": 0, "ret": 0},
{"seq": 3, "task": "main", "ev": "ret", "call": "register", "ops": "A", "ret": 0}
]}
"#;
