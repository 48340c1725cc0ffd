//! The model as a probe: a run of a recording's scenario, written down as a recording.
//!
//! It picks who runs and writes; what is a good recording is not its affair.

use model::machine::{Program, TaskId, World};
use serde_json::{Value, json};
use sim::conform::heard::{Cast, Ear, Heard, Opening};
use sim::conform::note;
use sim::conform::recording::{Entered, Phase, Recording, What};
use sim::conform::stage::Stage;
use sim::pick::Pick;

/// What a run has said, each with its task.
#[derive(Debug, Default)]
pub struct Run {
    pub said: Vec<(String, What)>,
    /// Did the script come to its end?
    pub over: bool,
    /// Was everything true that it said?
    pub stands: bool,
}

/// Who runs next, of those who can.
pub trait Choose {
    fn choose(&mut self, enabled: &[TaskId]) -> TaskId;
}

impl<F: FnMut(&[TaskId]) -> TaskId> Choose for F {
    fn choose(&mut self, enabled: &[TaskId]) -> TaskId {
        self(enabled)
    }
}

/// Follows the picks of a schedule.
pub fn by_picks(picks: &[Pick]) -> impl Choose {
    let mut picks = picks.iter().copied();
    move |enabled: &[TaskId]| match enabled {
        [only] => *only,
        _ => match picks.next() {
            Some(Pick::Task(task)) if enabled.contains(&task) => task,
            other => panic!("{other:?} is no pick among {enabled:?}"),
        },
    }
}

/// Runs a stage: to the end of its script, or for so many steps.
pub fn play(
    stage: &Stage,
    program: &Program,
    choose: &mut impl Choose,
    steps: Option<u64>,
) -> Result<Run, model::machine::Stop> {
    let mut world = World::boot(program, &mut ()).expect("it boots");
    let cast = Cast::new(stage, program);
    let mut run = Run { stands: true, ..Run::default() };
    let mut same = None;
    for step in 0_u64.. {
        let is_over = steps.map_or(run.over, |steps| step >= steps);
        let enabled: Vec<TaskId> = (0..program.task_count()).filter(|&task| world.enabled(task)).collect();
        if is_over || enabled.is_empty() || step > 100_000 {
            break;
        }
        let task = match same {
            Some((task, _)) if steps.is_none() && enabled.contains(&task) => task,
            _ => choose.choose(&enabled),
        };
        let mut ear = Ear { cast: &cast, heard: Vec::new() };
        world.step(task, &mut (), &mut ear)?;
        same = match same {
            Some((_, Opening::Slot)) if !ear.heard.iter().any(|heard| matches!(heard, Heard::Slot(_))) => {
                same
            }
            _ => None,
        };
        for heard in &ear.heard {
            match cast.opening(heard) {
                Opening::Nothing => {}
                opening => same = Some((task, opening)),
            }
            run.hear(stage, cast.task(task), heard);
        }
    }
    Ok(run)
}

impl Run {
    fn last_of(&mut self, task: &str) -> Option<&mut What> {
        self.said.iter_mut().rev().find(|(by, _)| by == task).map(|(_, what)| what)
    }

    fn hear(&mut self, stage: &Stage, task: &str, heard: &Heard) {
        let what = match heard {
            Heard::Said(What::GatePass(gate)) => {
                let Some(What::GateWait(_)) = self.last_of(task) else { return };
                What::GatePass(gate.clone())
            }
            Heard::Said(What::Callback(entered)) => What::Callback(Entered { data: None, ..entered.clone() }),
            Heard::Said(what) => what.clone(),
            Heard::Noted(line, stands) => {
                self.stands &= stands;
                What::Note { text: note::text(&stage.lines[line - 1].command) }
            }
            Heard::Settled { listed, .. } => What::Settled { live: *listed },
            Heard::Slot(mark) => {
                if let Some(What::Callback(entered)) = self.last_of(task) {
                    let found = match (entered.phase, mark) {
                        (Phase::Init, 0) => "zeroed",
                        (_, 0) => "zero",
                        _ => "kept",
                    };
                    entered.data = Some(found.to_string());
                }
                return;
            }
            Heard::Over => {
                self.over = true;
                return;
            }
            Heard::Gone(_) | Heard::OpenGate(_) => return,
        };
        self.said.push((task.to_string(), what));
    }
}

/// A recording as a file: its commands, and what was said.
pub fn file(kernel: &str, name: &str, input: &[String], said: &[(String, What)]) -> String {
    let events: Vec<Value> = (0..).zip(said).map(|(seq, (task, what))| event(seq, task, what)).collect();
    let recording = json!({
        "kernel": kernel, "scenario": name, "title": "", "input": input, "events": events,
    });
    serde_json::to_string_pretty(&recording).expect("a recording is JSON")
}

fn event(seq: u64, task: &str, what: &What) -> Value {
    let (ev, mut event) = match what {
        What::Callback(entered) => (entered.phase.name(), callback(entered)),
        What::Call { cmd } => ("call", json!({ "cmd": cmd })),
        What::Ret { call, ops, ret, id } => {
            ("ret", json!({ "call": call, "ops": ops, "ret": ret, "id": id }))
        }
        What::Created { name, net } => ("created", json!({ "name": name, "net": net })),
        What::Note { text } => ("note", json!({ "text": text })),
        What::GateWait(gate) => ("gate_wait", json!({ "ops": gate.ops, "cb": gate.cb })),
        What::GatePass(gate) => ("gate_pass", json!({ "ops": gate.ops, "cb": gate.cb })),
        What::Nets { nets } => ("nets", json!({ "nets": nets })),
        What::Order { list, first_device } => {
            ("order", json!({ "list": list, "first_device": first_device }))
        }
        What::Settled { live } => ("settled", json!({ "live": live })),
    };
    event["seq"] = json!(seq);
    event["task"] = json!(task);
    event["ev"] = json!(ev);
    event
}

fn callback(entered: &Entered) -> Value {
    let mut event = json!({ "ops": entered.ops, "gen": entered.registration });
    if entered.phase.is_batch() {
        event["nets"] = json!(entered.nets);
        event["n"] = json!(entered.n);
    } else {
        event["net"] = json!(entered.nets[0]);
    }
    if let Some(ret) = entered.ret {
        event["ret"] = json!(ret);
    }
    if let Some(data) = &entered.data {
        event["data"] = json!(data);
        event["id"] = json!(entered.id.filter(|_| entered.phase == Phase::Init));
    }
    event
}

/// Is what was said what was recorded: all of it, task by task, and in one order what must be in order?
pub fn says_the_same(recording: &Recording, said: &[(String, What)]) -> Result<(), String> {
    let tasks: std::collections::BTreeSet<&str> = recording
        .events
        .iter()
        .map(|event| event.task.as_str())
        .chain(said.iter().map(|(task, _)| task.as_str()))
        .collect();
    for task in tasks {
        let recorded =
            recording.events.iter().filter(|event| event.task == task).map(|event| bare(&event.what));
        let ours = said.iter().filter(|(by, _)| by == task).map(|(_, what)| bare(what));
        same(task, recorded, ours)?;
    }
    let ordered = recording.events.iter().filter(|event| event.what.is_ordered());
    let ordered = ordered.map(|event| format!("{}: {}", event.task, bare(&event.what)));
    let ours = said.iter().filter(|(_, what)| what.is_ordered());
    same("all", ordered, ours.map(|(task, what)| format!("{task}: {}", bare(what))))
}

fn same(
    who: &str,
    recorded: impl Iterator<Item = String>,
    ours: impl Iterator<Item = String>,
) -> Result<(), String> {
    let (recorded, ours): (Vec<_>, Vec<_>) = (recorded.collect(), ours.collect());
    let differs = (0..recorded.len().max(ours.len())).find(|&at| recorded.get(at) != ours.get(at));
    differs.map_or(Ok(()), |at| {
        Err(format!("{who}, event {at}: recorded {:?}, and ours is {:?}", recorded.get(at), ours.get(at)))
    })
}

/// An event in words, without what is different in every kernel.
fn bare(what: &What) -> String {
    match what {
        What::Callback(entered) => {
            Entered { id: None, registration: entered.registration.filter(|&at| at > 0), ..entered.clone() }
                .to_string()
        }
        What::Ret { call, ops, ret, .. } => format!("{call} {ops} {ret}"),
        What::GateWait(gate) => format!("waits {}", gate.ops),
        What::GatePass(gate) => format!("passes {}", gate.ops),
        what => what.to_string(),
    }
}
