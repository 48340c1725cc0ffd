//! The simulated kernel: one execution of a boot scenario, and what a recorder inside it would have seen.

use std::mem;

use model::machine::program::Contract;
use model::machine::{Event, Program, Room, TaskId, Value, Watch, World};
use sim::conform::recording::Phase;
use sim::engine::{Bounds, End, Engine, Follow, Halt, Reached};
use sim::library::ShippedLibrary;
use sim::limit::Progress;
use sim::question::{Scenario, Values};
use sim::room::with_room;
use sim::scheduler::First;
use tests::boot_scenario::BootScenario;
use tests::recording::{Kind, Recording};

/// What one execution shows, in the sections of a recording. Of a scenario's ops only names are known; those of
/// their functions are the recording's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulated {
    /// The inits that ran for `init_net` during boot, call by call.
    pub boot_inits: Vec<String>,
    /// `pernet_list` when boot is over.
    pub list_after_boot: Vec<Listed>,
    /// `pernet_list` when the namespace is about to be made.
    pub list_after_modules: Vec<Listed>,
    /// The inits that ran for the new namespace.
    pub create: Vec<String>,
    /// The other callbacks that ran for it.
    pub destroy: Vec<String>,
    /// `pernet_list` at the end.
    pub list_after_unloading: Vec<Listed>,
}

/// An ops on the simulated list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// On which side of `first_device` it stands.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its slot in every namespace, if it has one.
    pub id: Option<i64>,
}

impl Simulated {
    /// Runs `scenario`, which has one task, and for each step one that can take it.
    pub fn run(scenario: &BootScenario, recording: &Recording) -> Self {
        let page = Scenario::read(&scenario.file_name, &scenario.text).expect("the scenario is read");
        let questions = page.questions(None, &Values::new());
        let [question] = &questions[..] else { panic!("one `on` line, and no `for`") };
        let loaded = page.load(question, &ShippedLibrary).expect("the protocol is shipped");
        let execute = |program: &Program| {
            let mut seen = Seen::default();
            let mut engine = Engine::new(program, &mut seen)?;
            let boot = mem::take(&mut seen.callbacks);
            let list_after_boot = list(engine.world());
            let bounds = Bounds { max_steps: 1_000_000, control: &(), progress: Progress::default() };
            let execution = engine
                .run(&mut First::new(), &bounds, &mut Reached::new(program), &mut seen)
                .map_err(Halt::Room)?;
            assert_eq!(execution.end, End::Complete);
            let of_new_net = || seen.callbacks.iter().filter(|entry| entry.nets != ["init_net"]);
            assert!(boot.iter().all(|entry| entry.nets == ["init_net"]));
            assert!(of_new_net().all(|entry| entry.nets.len() == 1), "no batch is of two");
            let functions = |entries: &mut dyn Iterator<Item = &Entry>| -> Vec<String> {
                entries.map(|entry| entry.function(recording)).collect()
            };
            Ok(Self {
                boot_inits: functions(&mut boot.iter()),
                create: functions(&mut of_new_net().filter(|entry| entry.phase == Phase::Init)),
                destroy: functions(&mut of_new_net().filter(|entry| entry.phase != Phase::Init)),
                list_after_boot,
                list_after_modules: mem::take(&mut seen.list_at_creation),
                list_after_unloading: list(engine.world()),
            })
        };
        with_room(&loaded, &mut Room::default(), execute).expect("the scenario boots and runs")
    }
}

/// A callback that was entered.
#[derive(Debug)]
struct Entry {
    ops: String,
    phase: Phase,
    nets: Vec<String>,
}

impl Entry {
    /// The kernel's function behind it.
    fn function(&self, recording: &Recording) -> String {
        let ops = recording.list_after_modules.iter().find(|ops| ops.name == self.ops);
        let mut callbacks = ops.expect("its ops are the recording's").callbacks.each();
        let function = callbacks.find(|(phase, _)| *phase == self.phase.name());
        function.expect("only what is there is called").1.to_owned()
    }
}

/// Writes down callbacks, and the list as the namespace's creation finds it.
#[derive(Debug, Default)]
struct Seen {
    callbacks: Vec<Entry>,
    list_at_creation: Vec<Listed>,
}

impl Watch for Seen {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        let program = world.program();
        match event {
            Event::Enter { callback, object, argument } => {
                let phase = Phase::named(&program.callback_names[usize::from(callback)]);
                let phase = phase.expect("the scenario calls ops only");
                let nets = if phase.is_batch() { world.members(argument) } else { vec![argument] };
                let name = |value: Value| world.describe(value);
                self.callbacks.push(Entry {
                    ops: name(object),
                    phase,
                    nets: nets.into_iter().map(name).collect(),
                });
            }
            Event::Call { function, .. }
                if program.functions[usize::from(function)].contract == Some(Contract::CopyNetNs) =>
            {
                self.list_at_creation = list(world);
            }
            _ => {}
        }
    }
}

impl Follow for Seen {}

fn list(world: &World<'_>) -> Vec<Listed> {
    let kind = |is_device| if is_device { Kind::Device } else { Kind::Subsys };
    let has_id = |ops: Value| world.field(ops, "has_id").is_some_and(Value::is_true);
    let id = |ops| world.field(ops, "id").filter(|_| has_id(ops)).and_then(Value::as_int);
    let listed = world.pernet_list().into_iter().zip(world.ops_list());
    listed.map(|(ops, (name, is_device))| Listed { kind: kind(is_device), name, id: id(ops) }).collect()
}
