//! Watchers of the machine: what the tests compare of a run.

use model::machine::verbs::VERBS;
use model::machine::{Event, TaskId, Value, Watch, World};
use sim::engine::Follow;

/// Writes callbacks down as the naive model does: namespaces by the order of their allocation, boot's first.
#[derive(Clone, Debug, Default)]
pub struct Callbacks {
    /// The lines.
    pub events: Vec<String>,
    allocated: Vec<Value>,
}

impl Callbacks {
    /// The namespace's name in the lines.
    #[must_use]
    pub fn net(&self, world: &World<'_>, net: Value) -> String {
        match self.allocated.iter().position(|&known| known == net) {
            Some(at) => format!("net{}", at + 1),
            None if world.describe(net) == "init_net" => "net0".to_string(),
            None => world.describe(net),
        }
    }

    /// The same, by the machine's name.
    #[must_use]
    pub fn named(&self, world: &World<'_>, name: &str) -> String {
        let net = self.allocated.iter().find(|&&net| world.describe(net) == name);
        net.map_or("net0".to_string(), |&net| self.net(world, net))
    }
}

impl Watch for Callbacks {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        let name = |callback: u16| world.program().callback_names[usize::from(callback)].as_str();
        match event {
            Event::Enter { callback, object, argument } if name(callback) == "exit" => {
                self.events.push(format!("exit {} {}", world.describe(object), self.net(world, argument)));
            }
            Event::Leave { callback, object, argument, result } if name(callback) == "init" => {
                let fails = if result.is_true() { " fails" } else { "" };
                let net = self.net(world, argument);
                self.events.push(format!("init {} {net}{fails}", world.describe(object)));
            }
            Event::Verb { verb, result, .. } if VERBS[usize::from(verb)].name == "kzalloc" => {
                self.allocated.push(result);
            }
            _ => {}
        }
    }
}

impl Follow for Callbacks {}

/// Asks the full judges after every step, while the incremental ones are silent.
#[derive(Clone, Debug, Default)]
pub struct FullJudges {
    /// What they said first.
    pub said: Option<String>,
}

impl FullJudges {
    /// Asks them about a state that no finding was reported for.
    pub fn ask(&mut self, world: &World<'_>) {
        if self.said.is_none() {
            self.said = world.judge_fully().map(|broken| format!("{:?}: {}", broken.row, broken.why));
        }
    }
}
