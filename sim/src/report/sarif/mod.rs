//! Checks as SARIF 2.1.0, the format of results that code hosts and editors read.
//!
//! A finding is a result. Its code flows are the schedule that leads to it, at lines of the scenario and its protocol: once as
//! one thread flow, in the order in which the steps ran, since many viewers show the first thread flow only; and once as the
//! standard has it, a thread flow for each task, its steps numbered through by their execution order. What a scenario
//! says is broken is a result that is suppressed in the source. What keeps an answer from being one is a notification of
//! the invocation: mistakes in the input are of its configuration, limits of its execution.
//!
//! There is no time, path of the machine, account or command line in it: equal runs give equal bytes.

mod flow;
pub mod limits;
mod log;

use super::check::{Check, Checks, Finding, Kind, Level, Spot, rules};
use super::number::counted;
use crate::fingerprint;
use crate::verdict::Exit;
use limits::{Kept, MOST_RESULTS, kept};
use log::{
    Artifact, ArtifactLocation, AutomationDetails, DescriptorReference, Invocation, Location, Log,
    Notification, Outcome, PhysicalLocation, Region, ReportingDescriptor, Run, Suppression, Text, Tool,
    ToolComponent,
};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Texts inside the program are no files of anybody's.
const INSIDE: &str = "PERNET_SIM";
/// The property of results by which GitHub knows a finding again.
const GITHUB: &str = "primaryLocationLineHash";
/// What broke and where.
const SIGNATURE: &str = "pernetSimSignature/v1";

/// The document.
///
/// # Panics
/// Never: strings and numbers can be written.
#[must_use]
pub fn text(checks: &Checks) -> String {
    let writer = Writer::new(checks);
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: vec![writer.run()] };
    serde_json::to_string_pretty(&log).expect("strings and numbers can be written") + "\n"
}

/// What places and rules are numbered by.
struct Writer<'a> {
    checks: &'a Checks,
    /// The findings that are results, as far as they are written.
    kept: Kept<'a>,
    /// Files and texts that places are in, each with whether it is inside the program.
    files: Vec<(&'a str, bool)>,
    /// Names of rules, and why they are there.
    rules: Vec<(String, String)>,
}

impl<'a> Writer<'a> {
    fn new(checks: &'a Checks) -> Self {
        let all = || {
            checks.list.iter().flat_map(|check| check.findings.iter().map(move |finding| (check, finding)))
        };
        let kept = kept(all().filter(|(_, finding)| is_result(finding.kind)));
        let results = || kept.results.iter().map(|&(check, finding, _)| (check, finding));
        let others = all().filter(|(_, finding)| !is_result(finding.kind));
        let spots = results().chain(others).flat_map(|(check, finding)| {
            let moments = finding.moments.iter().filter_map(|moment| moment.at.as_ref());
            finding.at.iter().chain(moments).chain(finding.place_on_disk(check))
        });
        let files: BTreeSet<_> = spots.map(|spot| (spot.file.as_str(), spot.inside)).collect();
        let mut rules: Vec<_> =
            rules().into_iter().map(|(name, why)| (name.to_string(), why.to_string())).collect();
        let own: BTreeSet<_> = results().map(|(_, finding)| &finding.rule).collect();
        for rule in own {
            if rules.iter().all(|(name, _)| name != rule.as_str()) {
                rules.push((rule.to_string(), "a condition that the scenario sets itself".to_string()));
            }
        }
        Self { checks, files: files.into_iter().collect(), rules, kept }
    }

    fn run(&self) -> Run {
        let inside =
            ArtifactLocation { description: Text::some("texts inside the program"), ..Default::default() };
        let results = self.kept.results.iter();
        Run {
            tool: Tool { driver: self.driver() },
            automation_details: AutomationDetails { id: format!("pernet-sim/{}/", self.checks.command) },
            invocations: vec![self.invocation()],
            original_uri_base_ids: [(INSIDE, inside)].into(),
            artifacts: self.files.iter().map(|&file| self.artifact(file)).collect(),
            column_kind: "unicodeCodePoints",
            default_encoding: "utf-8",
            results: Some(
                results.map(|&(check, finding, flows)| self.outcome(check, finding, flows)).collect(),
            ),
        }
    }

    fn driver(&self) -> ToolComponent {
        let rule = |(name, why): &(String, String)| ReportingDescriptor {
            id: name.clone(),
            name: name.clone(),
            short_description: Text::some(name),
            full_description: Text::some(why),
            help: Text::some(why),
        };
        ToolComponent {
            name: "pernet-sim",
            semantic_version: env!("CARGO_PKG_VERSION"),
            information_uri: env!("CARGO_PKG_REPOSITORY"),
            rules: self.rules.iter().map(rule).collect(),
        }
    }

    fn invocation(&self) -> Invocation {
        let exit = self.checks.exit;
        let of = |kinds: &[Kind]| -> Vec<Notification> {
            let all = self
                .checks
                .list
                .iter()
                .flat_map(|check| check.findings.iter().map(move |finding| (check, finding)));
            all.filter(|(_, finding)| kinds.contains(&finding.kind))
                .map(|(check, finding)| self.notification(check, finding))
                .collect()
        };
        let skipped = self.checks.list.iter().filter(|check| check.exit == Exit::NothingRun).map(|check| {
            Notification {
                level: level(Level::Warning),
                message: Text::new(format!("{}: {}", check.title(), check.verdict)),
                ..Default::default()
            }
        });
        Invocation {
            execution_successful: Some(!matches!(exit, Exit::BadInput | Exit::Nondeterminism)),
            exit_code: Some(exit.code()),
            exit_code_description: exit.meaning(),
            tool_execution_notifications: of(&[Kind::Limit, Kind::Nondeterminism])
                .into_iter()
                .chain(skipped)
                .chain(self.left_out())
                .collect(),
            tool_configuration_notifications: of(&[Kind::Mistake]),
        }
    }

    /// What is said of what is not written.
    fn left_out(&self) -> impl Iterator<Item = Notification> {
        let Kept { left_out, bare, .. } = self.kept;
        let results = (left_out > 0).then(|| {
            let more = counted(left_out as u64, "more result");
            format!("{more}: of one run code hosts show no more than {MOST_RESULTS}; the worst are here")
        });
        let schedules = (bare > 0).then(|| {
            let without = counted(bare as u64, "result");
            format!("{without} without a schedule: with all of them the log would be too large")
        });
        let said = |text| Notification {
            level: level(Level::Warning),
            message: Text::new(text),
            ..Default::default()
        };
        results.into_iter().chain(schedules).map(said)
    }

    fn notification(&self, check: &Check, finding: &Finding) -> Notification {
        Notification {
            descriptor: Some(DescriptorReference { id: finding.rule.to_string() }),
            level: level(finding.kind.level()),
            message: Text::new(format!("{}: {}", check.title(), finding.why)),
            locations: finding.at.iter().map(|at| self.location(at)).collect(),
        }
    }

    fn outcome(&self, check: &Check, finding: &Finding, flows: bool) -> Outcome {
        let disk = finding.place_on_disk(check);
        let at = disk.or(finding.at.as_ref());
        // Where it broke, if that is no place that a code host can show.
        let related = finding.at.as_ref().filter(|&place| Some(place) != at);
        let broke = |place| Location { message: Text::some("here it broke"), ..self.location(place) };
        let identity = format!("{}\n{}\n{}", finding.identity, check.file, check.name);
        let suppression = Suppression {
            kind: "inSource",
            status: "accepted",
            justification: format!("the scenario says that {} breaks", finding.rule),
        };
        Outcome {
            rule_id: finding.rule.to_string(),
            rule_index: self.rules.iter().position(|(name, _)| name == finding.rule.as_str()),
            kind: if finding.kind == Kind::Remark { "informational" } else { "fail" },
            // The standard wants no level where nothing failed.
            level: if finding.kind == Kind::Remark { "none" } else { level(finding.kind.level()) },
            message: Text::new(format!("{}: {}", check.title(), finding.why)),
            locations: at.iter().map(|at| self.location(at)).collect(),
            related_locations: related.into_iter().map(broke).collect(),
            partial_fingerprints: BTreeMap::from([
                (SIGNATURE, finding.identity.to_string()),
                (GITHUB, format!("{:016x}:1", fingerprint::of(identity.as_bytes()))),
            ]),
            code_flows: if flows { self.flows(finding) } else { Vec::new() },
            suppressions: (finding.kind == Kind::Expected).then_some(suppression).into_iter().collect(),
        }
    }

    fn location(&self, spot: &Spot) -> Location {
        let region =
            Region { start_line: spot.line, start_column: spot.column, snippet: Text::some(&spot.source) };
        Location {
            physical_location: Some(PhysicalLocation {
                artifact_location: ArtifactLocation {
                    index: self.files.iter().position(|&file| file == (spot.file.as_str(), spot.inside)),
                    ..reference(&spot.file, spot.inside)
                },
                region: Some(region),
            }),
            ..Default::default()
        }
    }

    fn artifact(&self, (file, inside): (&str, bool)) -> Artifact {
        Artifact {
            location: reference(file, inside),
            roles: vec!["analysisTarget"],
            // What lies inside the program nobody else can open.
            contents: self.checks.texts.get(file).filter(|_| inside).and_then(Text::some),
            source_language: if file.ends_with(".pernet") { "pernet" } else { "" },
        }
    }
}

/// Is it about what was checked, and not about the checking?
const fn is_result(kind: Kind) -> bool {
    !matches!(kind, Kind::Limit | Kind::Nondeterminism | Kind::Mistake)
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn reference(file: &str, inside: bool) -> ArtifactLocation {
    ArtifactLocation { uri: uri(file), uri_base_id: if inside { INSIDE } else { "" }, ..Default::default() }
}

/// A path as the reference of a URI: relative as it was given, or with its scheme. Each byte that could mean something is
/// written by its number.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        for (path, want) in [
            ("order/x.pernet", "order/x.pernet"),
            ("/a/x y.pernet", "file:///a/x%20y.pernet"),
            ("c:x\n%<", "c%3Ax%0A%25%3C"),
            ("å", "%C3%A5"),
        ] {
            assert_eq!(uri(path), want);
        }
    }
}
