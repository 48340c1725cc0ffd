//! From the commands of a recording to a scenario: what the probe did, in the words of the language.
//!
//! The probe is an object `log`. Entering one of its callbacks is what the probe writes down, so a plain run of the scenario
//! shows the same events.

use super::command::{Command, Line, Register};
use super::features::Features;
use super::recording::{Recording, What};
use super::script::Script;
use crate::question::Rejected;
use model::lang::printer::format;
use std::collections::BTreeMap;

/// The probe's own ops: the first of all.
pub const OWN: &str = "_T";
/// The recorded name of the worker.
pub const WORKER: &str = "kworker";

/// A registration of the script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registered {
    /// The object in the scenario.
    pub object: String,
    /// Its recorded name.
    pub name: String,
    /// The number that the probe gives to it; the probe's own has 0.
    pub number: i64,
    /// The letter of the callback with the gate.
    pub gate: Option<char>,
    /// As a device?
    pub device: bool,
    /// Does a callback look into a slot?
    pub slot: bool,
    /// When its `init` fails.
    pub fails: Fails,
}

/// When an `init` fails.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fails {
    /// At this call, from 1.
    pub nth: Option<i64>,
    /// On this namespace.
    pub net: Option<i64>,
    /// With this result.
    pub error: i64,
}

/// A scenario, and how its names are those of the recording.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stage {
    /// The protocol.
    pub protocol: String,
    /// The scenario's text.
    pub text: String,
    /// All registrations, the probe's own first.
    pub registered: Vec<Registered>,
    /// The task of the recording that a task of the scenario is.
    pub tasks: BTreeMap<String, String>,
    /// The text of each line that is called or leaves a note, from 1.
    pub lines: Vec<Line>,
}

impl Stage {
    /// Writes the scenario of a recording's commands.
    ///
    /// # Errors
    /// With all commands that make no sense, or that the era cannot follow.
    pub fn new(recording: &Recording, features: &Features) -> Result<Self, Rejected> {
        let mut script = Script::new(features, &recording.input);
        for (number, line) in (1..).zip(&recording.input) {
            script.line(number, line);
        }
        if !script.wrong.is_empty() {
            return Err(Rejected { sources: recording.sources.clone(), diagnostics: script.wrong });
        }
        let text = script.text(&recording.scenario, &recording.title, &recording.kernel);
        let mut stage = Self {
            protocol: features.protocol.clone(),
            text: format(&text).unwrap_or(text),
            registered: script.registered,
            tasks: script.tasks,
            lines: recording.input.clone(),
        };
        stage.number(recording);
        Ok(stage)
    }

    /// Registrations are numbered in the order in which they began.
    fn number(&mut self, recording: &Recording) {
        let lines = recording.input.iter().filter(|line| registers(&line.command).is_some());
        let mut open: Vec<(&str, usize)> = lines.map(|line| line.text.as_str()).zip(1..).collect();
        let mut number = 0;
        for event in &recording.events {
            if let What::Call { cmd } = &event.what {
                let said = cmd.split_whitespace().collect::<Vec<_>>().join(" ");
                if let Some(at) = open.iter().position(|(text, _)| *text == said) {
                    number += 1;
                    self.registered[open.remove(at).1].number = number;
                }
            }
        }
    }
}

/// The registration that a command is.
pub fn registers(command: &Command) -> Option<&Register> {
    match command {
        Command::Register(register) => Some(register),
        Command::Background { command, .. } => registers(command),
        _ => None,
    }
}
