//! The simulated kernel: one execution of a boot scenario, and what a recorder inside it would have seen.

use std::mem;

use model::machine::program::Contract;
use model::machine::{Event, Program, Room, TaskId, Value, Watch, World};
use sim::engine::{Bounds, End, Engine, Follow, Halt, Reached};
use sim::library::ShippedLibrary;
use sim::limit::Progress;
use sim::question::{Scenario, Values};
use sim::room::with_room;
use sim::scheduler::First;
use tests::boot_scenario::BootScenario;
use tests::recording::{Kind, ListEntry, Recording};

/// What one execution shows, in the sections of a recording. Of a scenario's ops only names are known; those of
/// their functions are the recording's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulated {
    /// The inits that ran for `init_net` during boot, call by call.
    pub boot_inits: Vec<String>,
    /// `pernet_list` when boot is over.
    pub list_after_boot: Vec<(Kind, String)>,
    /// `pernet_list` when the namespace is about to be made.
    pub list_after_modules: Vec<(Kind, String)>,
    /// The inits that ran for the new namespace.
    pub create: Vec<String>,
    /// Its exits.
    pub destroy: Vec<String>,
    /// `pernet_list` at the end.
    pub list_after_unloading: Vec<(Kind, String)>,
}

impl Simulated {
    /// Runs `scenario`, which has one task and so one schedule.
    pub fn run(scenario: &BootScenario, recording: &Recording) -> Self {
        let page = Scenario::read(&scenario.file_name, &scenario.text).expect("the scenario is read");
        let questions = page.questions(None, &Values::new());
        let [question] = &questions[..] else { panic!("one `on` line, and no `for`") };
        assert_eq!(question.protocol, "rfc2007");
        let loaded = page.load(question, &ShippedLibrary).expect("the protocol is shipped");
        let execute = |program: &Program| {
            let mut seen = Seen::default();
            let mut engine = Engine::new(program, &mut seen)?;
            let boot_inits = mem::take(&mut seen.callbacks);
            let list_after_boot = list(engine.world());
            let bounds = Bounds { max_steps: 1_000_000, control: &(), progress: Progress::default() };
            let execution = engine
                .run(&mut First::new(), &bounds, &mut Reached::new(program), &mut seen)
                .map_err(Halt::Room)?;
            assert_eq!(execution.end, End::Complete);
            let functions = |of_init_net: bool, callback: &str| -> Vec<String> {
                let entered = if of_init_net { &boot_inits } else { &seen.callbacks };
                let fits =
                    |entry: &&Entry| entry.callback == callback && (entry.net == "init_net") == of_init_net;
                entered.iter().filter(fits).map(|entry| entry.function(recording)).collect()
            };
            Ok(Self {
                boot_inits: functions(true, "init"),
                create: functions(false, "init"),
                destroy: functions(false, "exit"),
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
    callback: String,
    net: String,
}

impl Entry {
    /// The kernel's function behind it.
    fn function(&self, recording: &Recording) -> String {
        let listed = |ops: &&ListEntry| ops.name == self.ops;
        let ops = recording.list_after_modules.iter().find(listed).expect("its ops are the recording's");
        let function = match self.callback.as_str() {
            "init" => &ops.callbacks.init,
            "exit" => &ops.callbacks.exit,
            other => panic!("2007 has no `{other}`"),
        };
        function.clone().expect("only what is there is called")
    }
}

/// Writes down callbacks, and the list as the namespace's creation finds it.
#[derive(Debug, Default)]
struct Seen {
    callbacks: Vec<Entry>,
    list_at_creation: Vec<(Kind, String)>,
}

impl Watch for Seen {
    fn event(&mut self, world: &World<'_>, _: TaskId, _: u32, event: Event) {
        let program = world.program();
        let name = |value: Value| world.describe(value);
        match event {
            Event::Enter { callback, object, argument } => self.callbacks.push(Entry {
                ops: name(object),
                callback: program.callback_names[usize::from(callback)].clone(),
                net: name(argument),
            }),
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

fn list(world: &World<'_>) -> Vec<(Kind, String)> {
    let kind = |is_device| if is_device { Kind::Device } else { Kind::Subsys };
    world.ops_list().into_iter().map(|(name, is_device)| (kind(is_device), name)).collect()
}
