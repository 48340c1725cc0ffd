//! What happens in the machine, as the probe would write it down.

use super::recording::{Entered, Phase, What};
use super::stage::{OWN, Registered, Stage};
use model::machine::{Event, Program, TaskId, Value, Watch, World};

/// Something that the probe could write down, or that says more about what it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// An event as a recording has it.
    Said(What),
    /// A remark for the command in this line. False: the task that is said to wait in a function is not in it.
    Noted(usize, bool),
    /// A namespace's task was killed: what it would have said of its namespace may be missing.
    Gone(What),
    /// A gate that stands open already: whether the probe says so is its own affair.
    OpenGate(What),
    /// What a callback found in its slot.
    Slot(i64),
    /// No cleanup is pending.
    Settled {
        /// Namespaces on the kernel's list.
        listed: i64,
        /// Those that the probe's own `init` was called for, and not yet its `exit`.
        alive: i64,
    },
    /// The script is over.
    Over,
}

/// A compiled stage: what its objects are.
#[derive(Clone, Debug)]
pub struct Cast<'a> {
    stage: &'a Stage,
    /// The object of each registration.
    objects: Vec<Value>,
    log: Option<Value>,
    /// The tasks' recorded names.
    names: Vec<&'a str>,
}

impl<'a> Cast<'a> {
    /// For the program that a stage was compiled to.
    #[must_use]
    pub fn new(stage: &'a Stage, program: &Program) -> Self {
        let object = |name: &str| {
            let object = program.objects.iter().find(|object| object.name == name)?;
            Some(Value::place(program.object_type(object.strukt), object.address))
        };
        let names = program.tasks.iter().map(|task| stage.tasks.get(&task.name).map_or("", String::as_str));
        Self {
            objects: stage.registered.iter().filter_map(|registered| object(&registered.object)).collect(),
            log: object("log"),
            names: names.collect(),
            stage,
        }
    }

    /// The recorded name of a task; empty if the probe does not know it.
    #[must_use]
    pub fn task(&self, task: TaskId) -> &'a str {
        self.names[task as usize]
    }

    /// The registration that an object is.
    #[must_use]
    pub fn registration(&self, object: Value) -> Option<usize> {
        self.objects.iter().position(|&known| known == object)
    }

    /// The recorded name of the ops; the machine's, if it is none of the probe's.
    #[must_use]
    pub fn ops_name(&self, world: &World<'_>, object: Value) -> String {
        match self.registration(object) {
            Some(at) => self.stage.registered[at].name.clone(),
            None => world.describe(object),
        }
    }

    /// What an event of the machine means.
    #[must_use]
    pub fn hear(&self, world: &World<'_>, task: TaskId, event: Event) -> Option<Heard> {
        let name = |callback: u16| world.program().callback_names[usize::from(callback)].as_str();
        match event {
            Event::Enter { callback, object, argument } if Some(object) == self.log => {
                self.logged(world, task, name(callback), argument)
            }
            Event::Leave { callback, object, argument, result } if Some(object) == self.log => {
                (name(callback) == "registered")
                    .then(|| Heard::Said(self.returned(world, "register", argument, integer(result))))
            }
            Event::Enter { callback, object, argument } => {
                let (at, phase) = (self.registration(object)?, Phase::named(name(callback))?);
                Some(Heard::Said(What::Callback(self.entered(world, at, phase, argument))))
            }
            _ => None,
        }
    }

    fn entered(&self, world: &World<'_>, at: usize, phase: Phase, argument: Value) -> Entered {
        let registered = &self.stage.registered[at];
        let nets: Vec<i64> = match phase.is_batch() {
            true => world.members(argument).iter().map(|&net| ordinal(world, net)).collect(),
            // The probe's own `init` is about to give it one.
            false if at == 0 && phase == Phase::Init => vec![world.global("ordinals").map_or(0, integer)],
            false => vec![ordinal(world, argument)],
        };
        Entered {
            phase,
            ops: registered.name.clone(),
            registration: Some(registered.number),
            n: i64::try_from(nets.len()).ok(),
            ret: (phase == Phase::Init).then(|| self.result(world, at, &nets)),
            data: (registered.slot && !phase.is_batch()).then(String::new),
            id: self.id(world, self.objects[at]),
            genlen: None,
            nets,
        }
    }

    /// What `init` is going to return: it counts its calls as the first thing.
    fn result(&self, world: &World<'_>, at: usize, nets: &[i64]) -> i64 {
        let Registered { fails, .. } = &self.stage.registered[at];
        let calls = world.field(self.objects[at], "calls").map_or(0, integer);
        let nth = fails.nth.is_some_and(|nth| calls + 1 == nth);
        let on = fails.net.is_some_and(|net| nets == [net]);
        if nth || on { fails.error } else { 0 }
    }

    fn id(&self, world: &World<'_>, object: Value) -> Option<i64> {
        world.field(object, "id").map(integer)
    }

    fn returned(&self, world: &World<'_>, call: &str, object: Value, ret: i64) -> What {
        let ops = self.ops_name(world, object);
        What::Ret { call: call.to_string(), ops, ret, id: self.id(world, object) }
    }

    fn logged(&self, world: &World<'_>, task: TaskId, said: &str, argument: Value) -> Option<Heard> {
        let number = usize::try_from(integer(argument)).unwrap_or(0);
        let line = number.checked_sub(1).and_then(|at| self.stage.lines.get(at));
        let own = || self.task(task).strip_prefix("m_").unwrap_or_default().to_string();
        let created = || What::Created { name: own(), net: ordinal(world, argument) };
        let failed = || What::Note { text: format!("mknet {} failed errno={}", own(), -integer(argument)) };
        Some(match said {
            "call" => Heard::Said(What::Call { cmd: line?.text.clone() }),
            "unregistered" => Heard::Said(self.returned(world, "unregister", argument, 0)),
            "created" => Heard::Said(created()),
            "failed" => Heard::Said(failed()),
            "gone" => Heard::Gone(if argument.is_err() { failed() } else { created() }),
            "note" => Heard::Noted(number, super::note::stands(world, self, &line?.command)),
            "gate_wait" | "gate_pass" => self.gate(world, said, argument)?,
            "slot" => Heard::Slot(integer(argument)),
            "nets" => {
                let nets = world.net_list().iter().map(|&net| ordinal(world, net)).collect();
                Heard::Said(What::Nets { nets })
            }
            "order" => Heard::Said(self.order(world)),
            "settled" => {
                let listed = i64::try_from(world.net_list().len()).unwrap_or(i64::MAX);
                Heard::Settled { listed, alive: integer(argument) }
            }
            "over" => Heard::Over,
            _ => return None,
        })
    }

    fn gate(&self, world: &World<'_>, said: &str, object: Value) -> Option<Heard> {
        let registered = &self.stage.registered[self.registration(object)?];
        let cb = registered.gate.map(String::from);
        let gate = super::recording::Gate { ops: registered.name.clone(), cb, net: None };
        let is_open = world.field(object, "open").is_some_and(Value::is_true);
        Some(match said {
            "gate_wait" if is_open => Heard::OpenGate(What::GateWait(gate)),
            "gate_wait" => Heard::Said(What::GateWait(gate)),
            _ => Heard::Said(What::GatePass(gate)),
        })
    }

    /// The probe's ops on the list, with the boundary among them.
    fn order(&self, world: &World<'_>) -> What {
        let first_device = world.first_device();
        let mut list = Vec::new();
        let mut seen = false;
        for ops in world.pernet_list() {
            if Some(ops) == first_device {
                list.push("|".to_string());
                seen = true;
            }
            if let Some(at) = self.registration(ops) {
                list.push(self.stage.registered[at].name.clone());
            }
        }
        if !seen {
            list.push("|".to_string());
        }
        let first_device = first_device.map_or("(none)".to_string(), |ops| self.ops_name(world, ops));
        What::Order { list, first_device }
    }

    /// The task of the scenario that a recorded name is, of those that are not done.
    pub(super) fn tasks_named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = TaskId> + 's {
        (0..).zip(&self.names).filter(move |&(_, &known)| known == name).map(|(task, _)| task)
    }

    /// What stands behind the entry of a callback and belongs to it: it counts, or looks into its slot.
    #[must_use]
    pub fn opening(&self, heard: &Heard) -> Opening {
        let Heard::Said(What::Callback(entered)) = heard else { return Opening::Nothing };
        let registered =
            self.stage.registered.iter().find(|known| Some(known.number) == entered.registration);
        let counts = entered.ops == OWN || registered.is_some_and(|known| known.fails.nth.is_some());
        match () {
            () if entered.data.is_some() => Opening::Slot,
            () if counts && entered.phase == Phase::Init => Opening::Count,
            () => Opening::Nothing,
        }
    }
}

/// What a callback does as the first thing, before anybody else runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// Nothing that matters.
    Nothing,
    /// One step, in which it counts.
    Count,
    /// The steps up to its look into the slot.
    Slot,
}

/// Hears one step.
pub struct Ear<'a> {
    /// Who is who.
    pub cast: &'a Cast<'a>,
    /// What was heard in the step.
    pub heard: Vec<Heard>,
}

impl Watch for Ear<'_> {
    fn event(&mut self, world: &World<'_>, task: TaskId, _: u32, event: Event) {
        self.heard.extend(self.cast.hear(world, task, event));
    }
}

/// A value that should be an integer.
pub(super) fn integer(value: Value) -> i64 {
    value.as_int().unwrap_or(i64::MIN)
}

/// The ordinal of a namespace.
fn ordinal(world: &World<'_>, net: Value) -> i64 {
    world.field(net, "ordinal").map_or(i64::MIN, integer)
}
