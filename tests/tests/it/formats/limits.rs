//! More than a service shows, of everything that it limits: what comes out is within the limits, says what is missing, and is
//! still what it should be. The limits are constants, each with the page that it is from.

use super::{annotations, markdown_errors, sarif_errors};
use serde_json::Value;
use sim::report::check::{Check, Checks, Finding, Kind, Moment, Spot};
use sim::report::github::{MOST_ANNOTATIONS, MOST_MESSAGE, MOST_TITLE};
use sim::report::markdown::MOST_SUMMARY;
use sim::report::sarif::limits::{MOST_FLOW_LOCATIONS, MOST_IN_ALL, MOST_PACKED, MOST_RESULTS};
use sim::report::visible::Visible;
use sim::report::{github, markdown, sarif};
use sim::verdict::Exit;

fn spot(line: u32) -> Spot {
    Spot {
        file: "a/x.pernet".to_string(),
        inside: false,
        line,
        column: None,
        source: Visible::line("x = 1;"),
    }
}

/// A finding with so many steps.
fn finding(kind: Kind, rule: &str, steps: u64) -> Finding {
    let moment = |step: u64| Moment {
        step,
        task: Visible::line(if step.is_multiple_of(3) { "modprobe" } else { "unshare" }),
        at: Some(spot(u32::try_from(step % 90 + 1).expect("a line"))),
        happened: Visible::line(&format!("x becomes {step}, which it was not before")),
        namespaces: step.is_multiple_of(10).then(|| Visible::line(&format!("net {step} is up"))),
    };
    Finding {
        kind,
        rule: Visible::line(rule),
        why: Visible::line("it is as it must not be"),
        at: Some(spot(7)),
        identity: Visible::line(rule),
        story: Visible::lines("violated x\nwhy  it is as it must not be\n"),
        moments: (1..=steps).map(moment).collect(),
        left_out: 0,
    }
}

/// A check with each finding.
fn checks(findings: Vec<Finding>) -> Checks {
    let check = |(at, finding): (usize, Finding)| {
        let exit = if finding.kind == Kind::Expected { Exit::AsExpected } else { Exit::Finding };
        let file = format!("a/page-{at}.pernet");
        Check {
            findings: vec![finding],
            at: Some(spot(1)),
            ..Check::plain(&file, "rfc2007", "violated", "9 states", exit)
        }
    };
    let list = findings.into_iter().enumerate().map(check).collect();
    Checks { command: "run", list, texts: Default::default(), exit: Exit::Finding }
}

#[test]
fn ten_annotations_of_a_kind() {
    assert_eq!(MOST_ANNOTATIONS, 10);
    let kinds = [(Kind::Warning, "warning"), (Kind::Violation, "error"), (Kind::Remark, "notice")];
    for count in [1, 10, 11, 12, 500] {
        let all = kinds.iter().flat_map(|&(kind, word)| (0..count).map(move |_| finding(kind, word, 2)));
        let text = github::text(&checks(all.collect()));
        let shown = annotations(&text);
        for (_, word) in kinds {
            let of: Vec<_> = shown.iter().filter(|annotation| annotation.command == word).collect();
            assert_eq!(of.len(), count.min(10), "{count} of {word}");
            let said =
                of[of.len() - 1].message.contains(&format!("more {word}s: see the summary or the log"));
            assert_eq!(said, count > 10, "{count} of {word}: {}", of[of.len() - 1].message);
        }
        let more = format!("::warning::{} more warnings: ", count.saturating_sub(9));
        assert_eq!(text.contains(&more), count > 10);
        assert_eq!(text.matches("violated x\n").count(), 3 * count, "the log has all of them");
    }
}

#[test]
fn annotations_are_cut_between_characters() {
    let long = "å%:,\u{1b}".repeat(4_000);
    let mut one = finding(Kind::Violation, &long, 1);
    one.why = Visible::line(&long);
    one.story = Visible::lines(&format!("violated\npernet-sim replay {long}\n"));
    let mut all = checks(vec![one]);
    all.list[0].file = Visible::line(&long);
    let shown = annotations(&github::text(&all));
    assert_eq!(shown.len(), 1);
    let (title, message) = (shown[0].properties["title"].chars().count(), shown[0].message.chars().count());
    assert!((MOST_TITLE / 2..=MOST_TITLE).contains(&title), "{title}");
    assert!((MOST_MESSAGE / 2..=MOST_MESSAGE).contains(&message), "{message}");
}

#[test]
fn a_summary_of_a_mebibyte() {
    assert_eq!(MOST_SUMMARY, 1 << 20);
    let story = |lines: usize| {
        let mut one = finding(Kind::Violation, "frozen", 1);
        one.story = Visible::lines(&"one more step of a long story\n".repeat(lines));
        one
    };
    // Many small ones, some that are large, one that is larger than all there is room for.
    for (count, lines) in [(30_000, 1), (40, 2_000), (1, 50_000)] {
        let all = checks((0..count).map(|_| story(lines)).collect());
        assert!(markdown::text(&all, usize::MAX).len() > MOST_SUMMARY, "it goes over the limit");
        let text = markdown::text(&all, MOST_SUMMARY);
        assert!(text.len() <= MOST_SUMMARY && text.len() > 200, "{} bytes", text.len());
        assert!(
            text.lines().last().is_some_and(|line| line.ends_with(" did not fit.")),
            "{count} of {lines}"
        );
        assert_eq!(markdown_errors(&text), Vec::<String>::new());
        // Whatever room there is.
        for most in [0, 100, 300, 1_000, 10_000] {
            let text = markdown::text(&all, most);
            assert!(text.len() <= most, "{} bytes in {most}", text.len());
            assert_eq!(markdown_errors(&text), Vec::<String>::new());
        }
    }
}

fn log(checks: &Checks) -> (String, Value) {
    let text = sarif::text(checks);
    let log = serde_json::from_str(&text).expect("JSON");
    (text, log)
}

/// What the log says of what is not in it.
fn said(log: &Value) -> Vec<String> {
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array();
    let text = |note: &Value| note["message"]["text"].as_str().expect("a text").to_string();
    notes.into_iter().flatten().map(text).collect()
}

#[test]
fn five_thousand_results_the_worst_of_all() {
    assert_eq!(MOST_RESULTS, 5_000);
    // What the page says itself first, then what somebody should see, last what nobody expected: each with a rule of its own.
    let of = |kind, count: usize, word: &'static str| {
        (0..count).map(move |at| finding(kind, &format!("{word}{at}"), 1))
    };
    let all = of(Kind::Expected, 20_000, "known").chain(of(Kind::Warning, 4_000, "order"));
    let (text, log) = log(&checks(all.chain(of(Kind::Violation, 2_000, "broken")).collect()));
    assert_eq!(sarif_errors(&text), Vec::<String>::new());
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1, "20 are the most");
    let results = runs[0]["results"].as_array().expect("results");
    let of = |word: &str| {
        let rules = results.iter().map(|result| result["ruleId"].as_str().expect("a rule"));
        rules.filter(|rule| rule.starts_with(word)).count()
    };
    assert_eq!((results.len(), of("broken"), of("order"), of("known")), (5_000, 2_000, 3_000, 0));
    assert!(runs[0]["tool"]["driver"]["rules"].as_array().is_some_and(|rules| rules.len() < 25_000));
    assert_eq!(
        said(&log),
        ["21,000 more results: of one run code hosts show no more than 5000; the worst are here"]
    );
    // Each is what it was: its rule is found by its number.
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
        assert_eq!(runs[0]["tool"]["driver"]["rules"][at]["id"], result["ruleId"]);
        let locations = result["locations"].as_array().map_or(0, Vec::len);
        let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
        assert!(locations + related <= 100);
    }
}

#[test]
fn a_thousand_locations_of_a_schedule() {
    assert_eq!(MOST_FLOW_LOCATIONS, 1_000);
    let steps = |result: &Value| {
        let flows = result["codeFlows"].as_array().into_iter().flatten();
        let threads = flows.flat_map(|flow| flow["threadFlows"].as_array().expect("flows"));
        threads.map(|thread| thread["locations"].as_array().expect("steps").len()).sum::<usize>()
    };
    for (count, want) in [(1, 2), (499, 998), (500, 1_000), (501, 1_000), (2_000, 1_000)] {
        let (text, log) = log(&checks(vec![finding(Kind::Violation, "frozen", count)]));
        assert_eq!(sarif_errors(&text), Vec::<String>::new());
        let result = &log["runs"][0]["results"][0];
        assert_eq!(steps(result), want);
        let told = result["codeFlows"][0]["message"]["text"].as_str().expect("a text");
        let cut = format!(
            "; the first {} left out",
            sim::report::number::counted(count.saturating_sub(500), "step")
        );
        assert_eq!(told.ends_with(&cut), count > 500, "{told}");
        let last = &result["codeFlows"][0]["threadFlows"][0]["locations"];
        let last = last.as_array().and_then(|steps| steps.last()).expect("a step");
        assert_eq!(last["executionOrder"], count, "the end is what matters");
    }
    // And of a file what can be packed into as much as is taken.
    let mut all: Vec<_> = (0..60).map(|at| finding(Kind::Expected, &format!("known{at}"), 800)).collect();
    all.extend((0..30).map(|at| finding(Kind::Violation, &format!("broken{at}"), 800)));
    let (text, log) = log(&checks(all));
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 90);
    assert_eq!(results.iter().map(steps).sum::<usize>(), MOST_IN_ALL);
    assert!(
        results.iter().rev().take(30).all(|result| steps(result) > 0),
        "what nobody expected has its schedule"
    );
    assert_eq!(said(&log), ["40 results without a schedule: with all of them the log would be too large"]);
    let packed = miniz_oxide::deflate::compress_to_vec(text.as_bytes(), 6).len();
    assert!(packed < MOST_PACKED / 2, "{packed} bytes");
}
