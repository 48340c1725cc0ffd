//! The objects of a SARIF 2.1.0 log that are used here, by the names that the standard gives them.

use serde::Serialize;
use std::collections::BTreeMap;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A message, or a string in several formats. It is one also if it is empty.
#[derive(Serialize, Clone, PartialEq, Default, Debug)]
pub struct Text {
    pub text: String,
}

impl Text {
    pub fn new(text: impl ToString) -> Self {
        Self { text: text.to_string() }
    }

    /// `None` if there is none.
    pub fn some(text: impl ToString) -> Option<Self> {
        Some(Self::new(text)).filter(|text| !text.text.is_empty())
    }
}

/// Objects whose properties are left out where they say nothing. What has to be there also then is an `Option`.
macro_rules! objects {
    ($($(#[$of:meta])* $name:ident { $($(#[$on:meta])* $field:ident: $kind:ty,)+ })+) => {
        $(
            $(#[$of])*
            #[derive(Serialize, Clone, PartialEq, Default, Debug)]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $(
                    $(#[$on])*
                    #[serde(skip_serializing_if = "is_default")]
                    pub $field: $kind,
                )+
            }
        )+
    };
}

objects! {
    /// The whole document.
    Log {
        #[serde(rename = "$schema")]
        schema: &'static str,
        version: &'static str,
        runs: Vec<Run>,
    }
    Run {
        tool: Tool,
        automation_details: AutomationDetails,
        invocations: Vec<Invocation>,
        original_uri_base_ids: BTreeMap<&'static str, ArtifactLocation>,
        artifacts: Vec<Artifact>,
        column_kind: &'static str,
        default_encoding: &'static str,
        results: Option<Vec<Outcome>>,
    }
    Tool { driver: ToolComponent, }
    ToolComponent {
        name: &'static str,
        semantic_version: &'static str,
        information_uri: &'static str,
        rules: Vec<ReportingDescriptor>,
    }
    AutomationDetails { id: String, }
    ReportingDescriptor {
        id: String,
        name: String,
        short_description: Option<Text>,
        full_description: Option<Text>,
        help: Option<Text>,
    }
    Invocation {
        execution_successful: Option<bool>,
        exit_code: Option<u8>,
        exit_code_description: &'static str,
        tool_execution_notifications: Vec<Notification>,
        tool_configuration_notifications: Vec<Notification>,
    }
    Notification {
        descriptor: Option<DescriptorReference>,
        level: &'static str,
        message: Text,
        locations: Vec<Location>,
    }
    DescriptorReference { id: String, }
    Artifact {
        location: ArtifactLocation,
        roles: Vec<&'static str>,
        contents: Option<Text>,
        source_language: &'static str,
    }
    ArtifactLocation {
        uri: String,
        uri_base_id: &'static str,
        index: Option<usize>,
        description: Option<Text>,
    }
    Location {
        physical_location: Option<PhysicalLocation>,
        logical_locations: Vec<LogicalLocation>,
        message: Option<Text>,
    }
    PhysicalLocation { artifact_location: ArtifactLocation, region: Option<Region>, }
    Region { start_line: u32, start_column: Option<u32>, snippet: Option<Text>, }
    LogicalLocation { name: String, kind: &'static str, }
    /// What the standard calls a result.
    Outcome {
        rule_id: String,
        rule_index: Option<usize>,
        kind: &'static str,
        level: &'static str,
        message: Text,
        locations: Vec<Location>,
        related_locations: Vec<Location>,
        partial_fingerprints: BTreeMap<&'static str, String>,
        code_flows: Vec<CodeFlow>,
        suppressions: Vec<Suppression>,
    }
    Suppression { kind: &'static str, status: &'static str, justification: String, }
    CodeFlow { message: Text, thread_flows: Vec<ThreadFlow>, }
    ThreadFlow { id: String, message: Text, locations: Vec<ThreadFlowLocation>, }
    ThreadFlowLocation {
        location: Location,
        state: BTreeMap<&'static str, Text>,
        nesting_level: usize,
        execution_order: u64,
        importance: &'static str,
    }
}
