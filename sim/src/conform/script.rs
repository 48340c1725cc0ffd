//! Writes a scenario, command by command: the script itself is the task `main`; each namespace and each command in the
//! background is a task of its own.

use super::command::{Command, Line, Register};
use super::features::{Features, LIMIT};
use super::ops;
use super::stage::{Fails, OWN, Registered, WORKER};
use crate::codes;
use model::lang::diagnostic::Diagnostic;
use model::lang::errno;
use model::lang::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The key of the limit on namespaces.
const LIMIT_KEY: &str = "user/max_net_namespaces";
/// The kernel's own devices, which are there before the first command.
pub(super) const BUILT_IN: [&str; 2] = ["loopback_net_ops", "default_device_ops"];

/// What the scenario declares besides, and what its functions call their locals.
const OURS: [&str; 17] = [
    "log",
    "gate",
    "ordinals",
    "nets_alive",
    "main",
    "net",
    "nets",
    "ops",
    "data",
    "error",
    "calls",
    "probe_data",
    "each",
    OWN,
    BUILT_IN[0],
    BUILT_IN[1],
    "live",
];

/// A task that makes a namespace.
pub(super) struct Maker {
    task: String,
    /// The stem of its variables.
    pub(super) stem: String,
    /// Has the script waited for it?
    waited: bool,
    /// Was it told to let go?
    stopped: bool,
}

/// What is known so far, and what is written so far.
pub struct Script<'a> {
    pub(super) features: &'a Features,
    taken: BTreeSet<String>,
    unloads: bool,
    pub(super) orders: bool,
    /// What is wrong with the commands.
    pub wrong: Vec<Diagnostic>,
    /// All registrations, the probe's own first.
    pub registered: Vec<Registered>,
    /// The task of the recording that a task of the scenario is.
    pub tasks: BTreeMap<String, String>,
    /// The last registration of a name.
    last: BTreeMap<String, usize>,
    pub(super) makers: Vec<Maker>,
    /// The last task of a name that makes a namespace, and the last one that runs a command.
    maker_of: BTreeMap<String, usize>,
    runner_of: BTreeMap<String, String>,
    pub(super) globals: String,
    pub(super) objects: String,
    pub(super) main: String,
    pub(super) others: String,
}

impl<'a> Script<'a> {
    /// For an era; `input` is looked at for what must be known before.
    pub fn new(features: &'a Features, input: &[Line]) -> Self {
        let any = |wanted: fn(&Command) -> bool| input.iter().any(|line| wanted(inner(&line.command)));
        let own = Registered {
            object: OWN.to_string(),
            name: OWN.to_string(),
            number: 0,
            gate: None,
            device: false,
            slot: false,
            fails: Fails::default(),
        };
        let mut tasks = BTreeMap::from([("main".to_string(), "main".to_string())]);
        tasks.extend(features.workqueues.iter().map(|queue| (queue.clone(), WORKER.to_string())));
        Self {
            features,
            taken: OURS.iter().map(|name| (*name).to_string()).collect(),
            unloads: any(|command| matches!(command, Command::Unload)),
            orders: any(|command| matches!(command, Command::Order | Command::Detach | Command::Attach)),
            wrong: Vec::new(),
            registered: vec![own],
            tasks,
            last: BTreeMap::new(),
            makers: Vec::new(),
            maker_of: BTreeMap::new(),
            runner_of: BTreeMap::new(),
            globals: String::new(),
            objects: ops::own(features),
            main: format!("    register_pernet_subsys({OWN});\n"),
            others: String::new(),
        }
    }

    /// A line of the script, and its number from 1.
    pub fn line(&mut self, number: usize, line: &Line) {
        let text = self.command(number, line, &line.command);
        let comment = match line.command {
            Command::Background { .. } => String::new(),
            _ => format!(" // {}", line.text),
        };
        let text = match text.split_once('\n') {
            Some((first, rest)) => format!("    {first}{comment}\n{rest}"),
            None => text,
        };
        self.main.push_str(&text);
    }

    fn wrong(
        &mut self,
        code: model::lang::diagnostic::Code,
        span: Span,
        message: String,
        help: &str,
    ) -> String {
        self.wrong.push(Diagnostic::new(code, span, message).help(help));
        String::new()
    }

    /// The statements of a command, each on a line.
    fn command(&mut self, number: usize, line: &Line, command: &Command) -> String {
        let span = line.span;
        match command {
            Command::Register(register) => self.register(number, span, register),
            Command::Unregister(name) => self.unregister(number, span, name),
            Command::WaitGate(name) => {
                self.gate(span, name, |object| format!("wait_for({object}.waiting);\n"))
            }
            Command::Release(name) => {
                self.gate(span, name, |object| format!("log.call({number});\n    {object}.open = 1;\n"))
            }
            Command::Create { name, wait } => self.create(span, name, *wait),
            Command::Remove { name, wait } => self.remove(number, span, name, *wait),
            Command::Background { name, command } => self.background(number, line, name, command),
            Command::Wait(name) => match (self.runner_of.get(name), self.maker_of.get(name)) {
                (Some(task), _) => format!("wait_for(done({task}));\n"),
                (None, Some(&maker)) => {
                    self.makers[maker].waited = true;
                    self.until_made(maker)
                }
                (None, None) => self.nobody(span, name),
            },
            Command::Kill(name) => self.kill(number, span, name),
            Command::Blocked { name, .. } => match self.task(name) {
                Some(task) => format!("wait_for(blocked({task}));\n    log.note({number});\n"),
                None => self.nobody(span, name),
            },
            Command::Settle => self.settle(),
            Command::Nets => "log.nets();\n".to_string(),
            Command::Order => "log.order();\n".to_string(),
            Command::Sysctl { key, value } => self.sysctl(number, span, key, *value),
            Command::Unload => self.unload(),
            Command::Detach => format!(
                "log.call({number});\n    unregister_pernet_device({});\n    unregister_pernet_device({});\n",
                BUILT_IN[1], BUILT_IN[0]
            ),
            Command::Attach => format!(
                "log.call({number});\n    register_pernet_device({});\n    register_pernet_device({});\n",
                BUILT_IN[0], BUILT_IN[1]
            ),
        }
    }

    fn register(&mut self, number: usize, span: Span, register: &Register) -> String {
        if (register.size || register.id) && !self.features.has_field("size") {
            let message = format!("{} has no slots that an ops could ask for", self.features.protocol);
            return self.wrong(codes::RECORDING_ERA, span, message, "choose another era with `--protocol`");
        }
        let object = self.fresh(&register.name);
        self.objects.push_str(&ops::registered(&object, register, self.features));
        self.last.insert(register.name.clone(), self.registered.len());
        self.registered.push(Registered {
            object: object.clone(),
            name: register.name.clone(),
            number: i64::try_from(self.registered.len()).unwrap_or(i64::MAX),
            gate: register.gate.map(|(phase, _)| phase.letter()),
            device: register.device,
            slot: ops::has_slot(register, self.features),
            fails: Fails { nth: register.fail, net: register.fail_net, error: register.error },
        });
        let kind = kind(register.device);
        let live = if self.unloads { format!("    if (!error) {object}.live = 1;\n") } else { String::new() };
        format!(
            "log.call({number});\n    error = register_pernet_{kind}({object});\n    log.registered({object}, error);\n{live}"
        )
    }

    fn unregister(&mut self, number: usize, span: Span, name: &str) -> String {
        match self.last.get(name) {
            Some(&at) => {
                let Registered { object, device, .. } = &self.registered[at];
                let live = if self.unloads { format!("    {object}.live = 0;\n") } else { String::new() };
                format!(
                    "log.call({number});\n    unregister_pernet_{}({object});\n    log.unregistered({object});\n{live}",
                    kind(*device)
                )
            }
            None => self.unknown_ops(span, name),
        }
    }

    fn unload(&mut self) -> String {
        let mut text = String::from("step;\n");
        for Registered { object, device, .. } in self.registered.iter().skip(1).rev() {
            let _ = writeln!(
                text,
                "    if ({object}.live) {{ unregister_pernet_{}({object}); log.unregistered({object}); }}",
                kind(*device)
            );
        }
        let _ = writeln!(text, "    unregister_pernet_subsys({OWN});");
        text
    }

    fn gate(&mut self, span: Span, name: &str, text: impl Fn(&str) -> String) -> String {
        match self.last.get(name).map(|&at| &self.registered[at]) {
            Some(registered) if registered.gate.is_some() => text(&registered.object),
            Some(_) => {
                let message = format!("`{name}` was registered without a gate");
                self.wrong(codes::RECORDING_NAME, span, message, "register it with `gate=LETTER`")
            }
            None => self.unknown_ops(span, name),
        }
    }

    fn unknown_ops(&mut self, span: Span, name: &str) -> String {
        let message = format!("nothing above registers `{name}`");
        self.wrong(codes::RECORDING_NAME, span, message, "register it first: `register subsys NAME`")
    }

    fn create(&mut self, span: Span, name: &str, wait: bool) -> String {
        if !self.features.has_function("copy_net_ns") {
            let message = format!("{} has no copy_net_ns()", self.features.protocol);
            return self.wrong(codes::RECORDING_ERA, span, message, "choose another era with `--protocol`");
        }
        let (task, stem) = (self.fresh(&format!("m_{name}")), self.fresh(&format!("{name}_go")));
        let stem = stem.strip_suffix("_go").map_or_else(|| stem.clone() + "_", str::to_string);
        let _ = writeln!(self.globals, "int {stem}_go, {stem}_made, {stem}_stop;");
        // Who is killed before all is done may not come to say so.
        let say = |what: &str| match wait {
            true => format!("log.{what}(net);"),
            false => format!("if ({stem}_stop) log.gone(net); else log.{what}(net);"),
        };
        let (failed, created) = (say("failed"), say("created"));
        let _ = write!(
            self.others,
            "task {task} {{\n    wait_for({stem}_go);\n    net = copy_net_ns();\n    if (IS_ERR(net)) {{\n        {failed}\n    \
             }} else {{\n        {created}\n        {stem}_made = 1;\n        wait_for({stem}_stop);\n        put_net(net);\n    \
             }}\n}}\n\n"
        );
        self.tasks.insert(task.clone(), format!("m_{name}"));
        self.maker_of.insert(name.to_string(), self.makers.len());
        self.makers.push(Maker { task, stem: stem.clone(), waited: wait, stopped: false });
        let wait =
            if wait { format!("    {}", self.until_made(self.makers.len() - 1)) } else { String::new() };
        format!("{stem}_go = 1;\n{wait}")
    }

    /// Until the namespace is there, or is not going to be.
    fn until_made(&self, maker: usize) -> String {
        let Maker { task, stem, .. } = &self.makers[maker];
        format!("wait_for({stem}_made || done({task}));\n")
    }

    fn remove(&mut self, number: usize, span: Span, name: &str, wait: bool) -> String {
        let Some(&maker) = self.maker_of.get(name) else { return self.nobody(span, name) };
        let Maker { task, stem, waited, stopped } = &mut self.makers[maker];
        *stopped = true;
        let mut text = format!("log.note({number});\n    {stem}_stop = 1;\n");
        if !*waited {
            let _ = writeln!(text, "    kill({task});");
        }
        if wait {
            let _ = writeln!(text, "    wait_for(done({task}));");
            let settle = self.settle();
            let _ = write!(text, "    {settle}");
        }
        text
    }

    /// Until all that were told to let go have done so, and no cleanup is pending.
    fn settle(&self) -> String {
        let stopped = self.makers.iter().filter(|maker| maker.stopped).map(|maker| maker.task.as_str());
        let tasks = stopped.chain(self.features.workqueues.iter().map(String::as_str));
        let done: Vec<_> = tasks.map(|task| format!("done({task})")).collect();
        match done.is_empty() {
            true => "log.settled(nets_alive);\n".to_string(),
            false => format!("wait_for({});\n    log.settled(nets_alive);\n", done.join(" && ")),
        }
    }

    fn background(&mut self, number: usize, line: &Line, name: &str, command: &Command) -> String {
        let text = self.command(number, line, command);
        let task = self.fresh(&format!("c_{name}"));
        let go = self.fresh(&format!("{name}_go"));
        let _ = writeln!(self.globals, "int {go};");
        let _ = write!(self.others, "task {task} {{\n    wait_for({go});\n    {text}}}\n\n");
        self.tasks.insert(task.clone(), format!("c_{name}"));
        self.runner_of.insert(name.to_string(), task);
        format!("{go} = 1; // bg {name} {}\n", line.text)
    }

    fn kill(&mut self, number: usize, span: Span, name: &str) -> String {
        if let Some(task) = self.runner_of.get(name) {
            return format!("log.note({number});\n    kill({task});\n");
        }
        match self.maker_of.get(name).map(|&maker| &self.makers[maker]) {
            Some(Maker { task, stem, .. }) => {
                format!("log.note({number});\n    {stem}_stop = 1;\n    kill({task});\n")
            }
            None => self.nobody(span, name),
        }
    }

    fn task(&self, name: &str) -> Option<String> {
        let maker = self.maker_of.get(name).map(|&maker| &self.makers[maker].task);
        let worker = self.features.workqueues.first().filter(|_| name == WORKER);
        self.runner_of.get(name).or(maker).or(worker).cloned()
    }

    fn nobody(&mut self, span: Span, name: &str) -> String {
        let message = format!("nothing above starts `{name}`");
        let help = "start it first: `mknet NAME`, `mknet_bg NAME` or `bg NAME COMMAND`";
        self.wrong(codes::RECORDING_NAME, span, message, help)
    }

    fn sysctl(&mut self, number: usize, span: Span, key: &str, value: i64) -> String {
        if key != LIMIT_KEY {
            return format!("log.note({number});\n");
        }
        if self.features.has_name(LIMIT) {
            return format!("log.note({number});\n    {LIMIT} = {value};\n");
        }
        let message = format!("{} has no `{LIMIT}` that could be set", self.features.protocol);
        self.wrong(codes::RECORDING_ERA, span, message, "choose another era with `--protocol`")
    }

    /// A name that nothing else has.
    fn fresh(&mut self, wanted: &str) -> String {
        let mut name: String =
            wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            name.insert(0, '_');
        }
        let is_free = |name: &str| {
            !self.taken.contains(name) && !self.features.has_name(name) && errno::value(name).is_none()
        };
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| is_free(name)).unwrap_or(name);
        self.taken.insert(free.clone());
        free
    }
}

/// What a command does, be it in the background.
fn inner(command: &Command) -> &Command {
    match command {
        Command::Background { command, .. } => inner(command),
        command => command,
    }
}

const fn kind(device: bool) -> &'static str {
    if device { "device" } else { "subsys" }
}
