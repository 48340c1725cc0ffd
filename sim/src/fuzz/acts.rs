//! Draws what tasks do: only what makes sense where they stand.

use super::offers::Offers;
use super::stream::{Kind, Stream};
use super::world::{Act, Door, Look, Part, Switch, Target, Task, Under, Way, World};

/// Statements of a task at most.
const MOST_ACTS: usize = 5;
/// Namespaces that a task makes at most.
const MOST_MADE: usize = 2;

/// Draws all tasks.
pub fn draw(world: &mut World, offers: &Offers, stream: &mut Stream, tasks: usize) {
    for task in 0..tasks {
        let mut stand = Stand::new(world, task);
        let mut acts = Vec::new();
        while acts.len() < MOST_ACTS {
            let odds = if acts.is_empty() { (15, 16) } else { (2, 3) };
            let drawn = stream.more(Kind::Act, odds, |stream| stand.act(world, offers, stream, tasks));
            let Some(act) = drawn else { break };
            let Some(act) = act else { continue };
            stand.did(act);
            acts.push(act);
        }
        let name = name(world, &acts, offers);
        world.tasks.push(Task { name, acts });
    }
}

/// Where a task stands.
struct Stand {
    task: usize,
    /// Of each module that it owns: is it loaded, and how often was it?
    modules: Vec<(usize, bool, u8)>,
    /// The namespaces that it holds.
    held: Vec<Target>,
    /// Those that nobody ever gives up.
    always: Vec<Target>,
    made: usize,
    taken_back: bool,
    /// What it has done last.
    last: Option<Act>,
}

impl Stand {
    fn new(world: &World, task: usize) -> Self {
        let owned = world.modules.iter().enumerate().filter(|(_, module)| module.owner == Some(task));
        let nets = || world.nets.iter().enumerate();
        let given = nets().filter(|(_, net)| net.owners.contains(&task));
        let kept = nets().filter(|(_, net)| net.owners.is_empty());
        Self {
            task,
            modules: owned.map(|(at, module)| (at, module.built_in, u8::from(module.built_in))).collect(),
            held: given.map(|(at, _)| Target::Given(at)).collect(),
            always: [Target::Init].into_iter().chain(kept.map(|(at, _)| Target::Given(at))).collect(),
            made: 0,
            taken_back: false,
            last: None,
        }
    }

    /// Those that it can reach.
    fn targets(&self) -> Vec<Target> {
        self.held.iter().chain(&self.always).copied().collect()
    }

    /// Does it alone load and unload, and is this a module whose ops has an id, so that a failure can be told from it?
    fn retries(&self, world: &World, module: usize) -> bool {
        let others = world.modules.iter().any(|module| module.owner.is_some_and(|owner| owner != self.task));
        let module = &world.modules[module];
        !others && module.is_plain() && world.ops[module.ops[0]].has_slot() && world.faults.budget > 0
    }

    /// One of the statements that make sense; those that stand several times are the likelier.
    fn act(&self, world: &World, offers: &Offers, stream: &mut Stream, tasks: usize) -> Option<Act> {
        let on = |switch: Switch| world.switches.contains(&switch);
        let mut acts = Vec::new();
        let mut times = |n: usize, act: Act| acts.extend(std::iter::repeat_n(act, n));
        for &(module, loaded, before) in &self.modules {
            if loaded {
                times(2, Act::Unload(module));
                if before == 1 && self.last == Some(Act::Load(module)) && self.retries(world, module) {
                    times(12, Act::Retry(module));
                }
            } else if before == 0 || (before == 1 && on(Switch::Again)) {
                times(4, Act::Load(module));
            }
        }
        if offers.creates && self.made < MOST_MADE {
            times(3, Act::Create(self.made));
        }
        self.held.iter().for_each(|&target| times(2, Act::Put(target)));
        if on(Switch::Requests) {
            for (ops, way) in ways(world, offers) {
                times(1, Act::Request { ops, way, target: Target::Init });
            }
        }
        let keeps_still = offers.rcu_lists || offers.list_lock.is_some();
        if on(Switch::Walks) && offers.counts && offers.creates && keeps_still {
            for list in 0..offers.lists.len() {
                times(2, Act::Walk { list, rcu: false, look: Look::Count });
            }
        }
        if on(Switch::Ids) && offers.ids {
            times(2, Act::NameId(Target::Init, Target::Init));
            times(2, Act::FindId(Target::Init, 1));
        }
        // Nobody else takes it back.
        let lent = world.ops.iter().any(|ops| ops.has(Part::Borrows));
        if lent && self.task == 0 && !self.taken_back && !on(Switch::Waits) {
            times(3, Act::TakeBack);
        }
        if on(Switch::Rest) {
            if offers.counts && offers.creates {
                times(1, Act::GetPut(Target::Init));
            }
            if offers.holds {
                times(1, Act::HoldRelease(Target::Init));
            }
            if offers.barrier && !on(Switch::Waits) {
                times(1, Act::Barrier);
            }
            if tasks > 1 {
                times(1, Act::Kill(0));
            }
            if offers.rtnl {
                times(1, Act::Rtnl);
            }
        }
        let act = *stream.one_of(&acts)?;
        self.detail(act, world, offers, stream, tasks)
    }

    /// What else there is to say of a statement.
    fn detail(
        &self,
        act: Act,
        world: &World,
        offers: &Offers,
        stream: &mut Stream,
        tasks: usize,
    ) -> Option<Act> {
        let targets = self.targets();
        let target = |stream: &mut Stream| stream.one_of(&targets).copied();
        Some(match act {
            Act::Request { ops, way, .. } => Act::Request { ops, way, target: target(stream)? },
            Act::Walk { list, .. } => walk(list, world, offers, stream),
            Act::NameId(..) => Act::NameId(target(stream)?, target(stream)?),
            Act::FindId(..) => Act::FindId(target(stream)?, 1 + stream.below(3)),
            Act::GetPut(_) => Act::GetPut(target(stream)?),
            Act::HoldRelease(_) => Act::HoldRelease(target(stream)?),
            Act::Kill(_) => {
                let others: Vec<usize> = (0..tasks).filter(|&other| other != self.task).collect();
                Act::Kill(*stream.one_of(&others)?)
            }
            act => act,
        })
    }

    fn did(&mut self, act: Act) {
        self.last = Some(act);
        match act {
            Act::Load(module) | Act::Unload(module) => {
                let load = matches!(act, Act::Load(_));
                for known in self.modules.iter_mut().filter(|known| known.0 == module) {
                    known.1 = load;
                    known.2 += u8::from(load);
                }
            }
            Act::Create(at) => {
                self.made = at + 1;
                self.held.push(Target::Made(at));
            }
            Act::TakeBack => self.taken_back = true,
            Act::Put(target) => self.held.retain(|held| *held != target),
            _ => {}
        }
    }
}

/// All ways in which a request can come to an ops.
fn ways(world: &World, offers: &Offers) -> Vec<(usize, Way)> {
    let mut ways = Vec::new();
    for module in &world.modules {
        for &at in &module.ops {
            let ops = &world.ops[at];
            let mut allow = |allowed: bool, way| {
                if allowed {
                    ways.push((at, way));
                }
            };
            allow(ops.answers && module.stays() && module.door == Door::None, Way::Always);
            allow(ops.answers && module.door != Door::None, Way::Module);
            allow(ops.has(Part::Up), Way::Up);
            let found = offers.rcu_lists && offers.lists.iter().any(|list| list == "net_list");
            allow(ops.has(Part::Up) && found, Way::UpEverywhere);
            allow(ops.has(Part::Member), Way::Members);
            for under in [Under::Rtnl, Under::Own, Under::Both] {
                let locks = under == Under::Rtnl || offers.own_rtnl;
                allow(ops.has(Part::Netdev) && locks, Way::Netdev(under));
            }
        }
    }
    ways
}

fn walk(list: usize, world: &World, offers: &Offers, stream: &mut Stream) -> Act {
    let main = offers.lists[list] == "net_list";
    let mut rcu = stream.one_in(2) && offers.rcu_lists;
    // The lock is that of one of the lists.
    rcu |= !main || offers.list_lock.is_none();
    let used: Vec<usize> = world
        .modules
        .iter()
        .filter(|module| module.stays())
        .flat_map(|module| module.ops.iter().copied())
        .filter(|&at| world.ops[at].lends())
        .collect();
    let look = match stream.below(if offers.ids { 5 } else { 4 }) {
        1 if offers.maybe_get => Look::Hold,
        2 if !rcu => Look::Still,
        // In the tree of all there are also those that go down.
        3 if main => stream.one_of(&used).map_or(Look::Count, |&ops| Look::Use(ops)),
        4 => Look::Name,
        _ => Look::Count,
    };
    Act::Walk { list, rcu, look }
}

/// A name by what the task does first, that no task has yet.
fn name(world: &World, acts: &[Act], offers: &Offers) -> String {
    let stem = match acts.first() {
        Some(Act::Load(_)) => "modprobe",
        Some(Act::Unload(_)) => "rmmod",
        Some(Act::Create(_)) => "unshare",
        Some(Act::Put(_)) => "owner",
        Some(Act::Request { .. }) => "user",
        Some(Act::Walk { .. }) => "walker",
        Some(Act::NameId(..) | Act::FindId(..)) => "ip",
        _ => "admin",
    };
    let stem = offers.free(stem);
    let taken = |name: &str| world.tasks.iter().any(|task| task.name == name);
    let numbered = (2..).map(|number| format!("{stem}{number}"));
    std::iter::once(stem.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(stem)
}
