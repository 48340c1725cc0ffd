//! A schedule as code flows.

use super::Writer;
use super::limits::MOST_STEPS;
use super::log::{CodeFlow, Location, LogicalLocation, Text, ThreadFlow, ThreadFlowLocation};
use crate::report::check::{Finding, Moment};
use crate::report::number::counted;

/// The thread flow of all tasks.
const ALL: &str = "interleaving";

impl Writer<'_> {
    /// All steps in their order, and each task's; nothing if there is no schedule.
    pub(super) fn flows(&self, finding: &Finding) -> Vec<CodeFlow> {
        let from = finding.moments.len().saturating_sub(MOST_STEPS);
        let mut tasks: Vec<&str> = Vec::new();
        let mut steps: Vec<(usize, ThreadFlowLocation)> = Vec::new();
        for (at, moment) in finding.moments.iter().enumerate().skip(from) {
            let name = moment.task.as_str();
            let task = tasks.iter().position(|task| *task == name).unwrap_or_else(|| {
                tasks.push(name);
                tasks.len() - 1
            });
            let importance = match steps.last() {
                _ if at + 1 == finding.moments.len() => "essential",
                Some((before, _)) if *before == task => "unimportant",
                _ => "important",
            };
            steps.push((task, self.step(moment, task, importance)));
        }
        if steps.is_empty() {
            return Vec::new();
        }
        let left_out = match finding.left_out + from as u64 {
            0 => String::new(),
            more => format!("; the first {} left out", counted(more, "step")),
        };
        let flow = |id: &str, message: &str, locations| ThreadFlow {
            id: id.to_string(),
            message: Text::new(message),
            locations,
        };
        let all = steps.iter().map(|(_, step)| step.clone()).collect();
        let of =
            |task: usize| steps.iter().filter(move |(own, _)| *own == task).map(|(_, step)| step.clone());
        vec![
            CodeFlow {
                message: Text::new(format!("all steps in the order in which they ran{left_out}")),
                thread_flows: vec![flow(ALL, "all tasks", all)],
            },
            CodeFlow {
                message: Text::new(format!("each task's steps{left_out}")),
                thread_flows: tasks
                    .iter()
                    .enumerate()
                    .map(|(task, name)| flow(name, &format!("task {name}"), of(task).collect()))
                    .collect(),
            },
        ]
    }

    fn step(&self, moment: &Moment, task: usize, importance: &'static str) -> ThreadFlowLocation {
        let what = if moment.happened.as_str().is_empty() { "goes on" } else { moment.happened.as_str() };
        let place = moment.at.as_ref().map(|at| self.location(at)).unwrap_or_default();
        ThreadFlowLocation {
            location: Location {
                logical_locations: vec![LogicalLocation { name: moment.task.to_string(), kind: "task" }],
                message: Text::some(format!("{}: {what}", moment.task)),
                ..place
            },
            state: moment.namespaces.iter().map(|namespaces| ("namespaces", Text::new(namespaces))).collect(),
            nesting_level: task,
            execution_order: moment.step,
            importance,
        }
    }
}
