//! Names of others: whatever is in them, each format stays what it is, and says them letter by letter.

use super::{annotations, markdown_errors, sarif_errors, schema, xsd::Schema};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use sim::report::check::{Check, Checks, Finding, Kind, Moment, Spot};
use sim::report::visible::Visible;
use sim::report::{github, junit, markdown, sarif};
use sim::verdict::Exit;

/// What is markup to somebody, or ends something.
const MARKUP: [&str; 24] = [
    "\n",
    "\r\n",
    "\0",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{ffff}",
    "\"",
    "'",
    "::error::",
    "::stop-commands::x",
    "##[error]",
    "%0A",
    ",line=1::",
    "<script>",
    "]]>",
    "&amp;",
    "|",
    "```",
    "</details>",
    "@all",
    "\\",
];

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => proptest::sample::select(MARKUP.as_slice()).prop_map(str::to_string),
        2 => "[a-z]{1,8}",
        1 => any::<String>(),
        1 => Just("n".repeat(10_000)),
    ];
    proptest::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

fn spot() -> impl Strategy<Value = Spot> {
    (text(), any::<bool>(), 1_u32..9, proptest::option::of(1_u32..9), text()).prop_map(
        |(file, inside, line, column, source)| Spot {
            file,
            inside,
            line,
            column,
            source: Visible::line(&source),
        },
    )
}

fn kind() -> impl Strategy<Value = Kind> {
    use Kind::{Expected, Limit, Missing, Mistake, Nondeterminism, Remark, Violation, Warning};
    proptest::sample::select(vec![
        Violation,
        Expected,
        Missing,
        Warning,
        Remark,
        Limit,
        Nondeterminism,
        Mistake,
    ])
}

fn moment() -> impl Strategy<Value = Moment> {
    (1_u64..99, text(), proptest::option::of(spot()), text()).prop_map(|(step, task, at, happened)| Moment {
        step,
        task: Visible::line(&task),
        at,
        happened: Visible::line(&happened),
        namespaces: Some(Visible::line(&happened)),
    })
}

fn finding() -> impl Strategy<Value = Finding> {
    let moments = proptest::collection::vec(moment(), 0..4);
    (kind(), text(), text(), proptest::option::of(spot()), text(), moments).prop_map(
        |(kind, rule, why, at, story, moments)| Finding {
            kind,
            rule: Visible::line(&rule),
            why: Visible::line(&why),
            at,
            identity: Visible::line(&why),
            story: Visible::lines(&story),
            moments,
            left_out: 0,
        },
    )
}

fn check() -> impl Strategy<Value = Check> {
    let findings = proptest::collection::vec(finding(), 0..3);
    let exit = proptest::sample::select(Exit::WORST_FIRST.to_vec());
    (text(), text(), text(), exit, proptest::option::of(spot()), findings).prop_map(
        |(file, name, verdict, exit, at, findings)| Check {
            file: Visible::line(&file),
            name: Visible::line(&name),
            verdict: Visible::line(&verdict),
            cost: Visible::line(&name),
            exit,
            at,
            findings,
        },
    )
}

fn checks() -> impl Strategy<Value = Checks> {
    (proptest::collection::vec(check(), 0..4), text(), text()).prop_map(|(list, name, text)| Checks {
        command: "run",
        list,
        texts: [(name, text)].into(),
        exit: Exit::Finding,
    })
}

/// No control character but the ends of lines and what stands between columns.
#[track_caller]
fn assert_visible(text: &str) {
    let hidden = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(hidden, None, "{text:?}");
}

proptest! {
    // From a fixed seed, so that a red run is red again.
    #![proptest_config(ProptestConfig {
        cases: 96,
        rng_seed: RngSeed::Fixed(2007),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn junit_is_xml_that_says_the_same(checks in checks()) {
        let text = junit::text(&checks);
        assert_visible(&text);
        let errors = Schema::read(&schema("junit-10.xsd")).errors(&text);
        prop_assert_eq!(errors, Vec::<String>::new());
        let document = roxmltree::Document::parse(&text).expect("XML");
        let cases: Vec<_> = document.descendants().filter(|node| node.has_tag_name("testcase")).collect();
        prop_assert_eq!(cases.len(), checks.list.len());
        for (case, check) in cases.iter().zip(&checks.list) {
            let name = if check.name.as_str().is_empty() { "is read" } else { check.name.as_str() };
            prop_assert_eq!(case.attribute("name"), Some(name));
            let suite = case.parent_element().and_then(|suite| suite.attribute("name"));
            prop_assert_eq!(suite, Some(check.file.as_str()));
            let passed = !case.children().any(|child| child.is_element());
            prop_assert_eq!(passed, check.is_good());
        }
    }

    #[test]
    fn sarif_is_json_that_fits_the_schema(checks in checks()) {
        let text = sarif::text(&checks);
        assert_visible(&text);
        prop_assert_eq!(sarif_errors(&text), Vec::<String>::new());
    }

    #[test]
    fn annotations_are_read_as_they_were_meant(checks in checks()) {
        let text = github::text(&checks);
        assert_visible(&text);
        let annotations = annotations(&text);
        let findings = || checks.list.iter().flat_map(|check| &check.findings);
        for (level, name) in
            [(sim::report::check::Level::Error, "error"), (sim::report::check::Level::Warning, "warning"), (sim::report::check::Level::Note, "notice")]
        {
            let wanted: Vec<_> = findings()
                .filter(|finding| finding.kind.level() == level && finding.kind != Kind::Expected)
                .collect();
            let shown: Vec<_> = annotations.iter().filter(|annotation| annotation.command == name).collect();
            prop_assert_eq!(shown.len(), wanted.len().min(github::MOST_ANNOTATIONS));
            for (annotation, finding) in shown.iter().zip(&wanted).take(github::MOST_ANNOTATIONS - 1) {
                let why = finding.why.cut(github::MOST_MESSAGE / 2);
                prop_assert!(annotation.message.starts_with(why), "{annotation:?} does not begin with {why}");
                prop_assert!(annotation.message.chars().count() <= github::MOST_MESSAGE);
                prop_assert!(annotation.properties["title"].chars().count() <= github::MOST_TITLE);
            }
        }
    }

    #[test]
    fn markdown_has_its_own_markup_only(checks in checks()) {
        let text = markdown::text(&checks, usize::MAX);
        assert_visible(&text);
        prop_assert_eq!(markdown_errors(&text), Vec::<String>::new());
    }

    #[test]
    fn a_summary_fits_into_its_room(checks in checks(), room in 0_usize..30_000) {
        let text = markdown::text(&checks, room);
        prop_assert!(text.len() <= room);
        prop_assert_eq!(markdown_errors(&text), Vec::<String>::new());
    }
}
