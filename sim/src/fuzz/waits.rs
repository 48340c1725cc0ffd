//! Who waits until something else is over: drawn when everything else is, for it depends on all of it.
//!
//! What is waited for comes whatever happens, and needs nothing that the one who waits holds: all modules stay, so that
//! nobody queues for their lock behind those that hold it together.

use super::offers::Offers;
use super::stream::Stream;
use super::world::{Act, Module, Ops, Part, Switch, Target, Task, Wait, Way, World};

/// Draws who waits.
pub fn draw(world: &mut World, offers: &Offers, stream: &mut Stream) {
    if !world.switches.contains(&Switch::Waits) || !offers.creates || stream.below(4) == 0 {
        return;
    }
    if world.ops.is_empty() || !world.modules.iter().all(Module::stays) {
        return;
    }
    let ops = usize::from(stream.below(4)) % world.ops.len();
    let makes = |task: &&Task| task.acts.iter().any(|act| matches!(act, Act::Create(_)));
    let creators = world.tasks.iter().filter(makes).count();
    let mut waits = Vec::new();
    if offers.shared && creators > 1 {
        waits.push(Wait::Init { ops });
    }
    for (net, owners) in world.nets.iter().map(|net| &net.owners).enumerate() {
        let puts = |&owner: &usize| world.tasks[owner].acts.contains(&Act::Put(Target::Given(net)));
        let dies = !owners.is_empty() && owners.iter().all(puts);
        if dies && offers.shared && creators > 0 {
            waits.push(Wait::Exit { ops, net });
        }
        if dies && offers.rtnl_on_demand && !needs_rtnl(world) {
            let task = usize::from(stream.below(4)) % world.tasks.len();
            waits.push(Wait::Rtnl { ops, net, task });
        }
    }
    world.wait = stream.one_of(&waits).copied();
}

/// Has anybody use for rtnl?
fn needs_rtnl(world: &World) -> bool {
    let part = |part: &Part| {
        matches!(part, Part::Rtnl | Part::Netdev | Part::Leaves(_) | Part::Work { rtnl: true, .. })
    };
    let act = |act: &Act| matches!(act, Act::Rtnl | Act::Request { way: Way::Netdev(_), .. });
    let ops = |ops: &Ops| ops.parts.iter().any(part) || ops.steps.iter().any(|phase| phase.ends_with("rtnl"));
    world.ops.iter().any(ops) || world.tasks.iter().any(|task| task.acts.iter().any(act))
}

/// What those who wait look at.
pub fn globals(world: &World, offers: &Offers) -> String {
    let [begun, inits, over, gone] = names(offers);
    match world.wait {
        None => String::new(),
        Some(Wait::Init { .. }) => format!("int {begun}, {inits}, {over};\n"),
        Some(Wait::Exit { .. }) => format!("int {over};\n"),
        Some(Wait::Rtnl { .. }) => format!("int {gone};\n"),
    }
}

/// What stands before and behind each creation.
pub fn around_a_creation(world: &World, offers: &Offers) -> (String, String) {
    let [begun, _, over, _] = names(offers);
    match world.wait {
        Some(Wait::Init { .. }) => (format!("{begun} = 1; "), format!(" {over} = 1;")),
        Some(Wait::Exit { .. }) => (String::new(), format!(" {over} = 1;")),
        _ => Default::default(),
    }
}

/// What stands first in an `init`.
pub fn in_init(world: &World, offers: &Offers, ops: &Ops) -> String {
    let [begun, inits, over, _] = names(offers);
    match world.wait {
        Some(Wait::Init { ops: at }) if world.ops[at] == *ops => format!(
            "if ({begun}) {{ atomic {{ {inits} = {inits} + 1; nth = {inits}; }} if (nth == 1) wait_for({over}); }}\n"
        ),
        _ => String::new(),
    }
}

/// What stands first and last in an exit.
pub fn in_exit(world: &World, offers: &Offers, ops: &Ops) -> (String, String) {
    let [_, _, over, gone] = names(offers);
    let net = |net: usize| &world.nets[net].name;
    match world.wait {
        Some(Wait::Exit { ops: at, net: a }) if world.ops[at] == *ops => {
            (format!("if (net == {}) wait_for({over});\n", net(a)), String::new())
        }
        Some(Wait::Rtnl { ops: at, net: a, .. }) if world.ops[at] == *ops => {
            (String::new(), format!("if (net == {}) {gone} = 1;\n", net(a)))
        }
        _ => Default::default(),
    }
}

/// What a task does last.
pub fn at_the_end(world: &World, offers: &Offers, name: &str) -> String {
    let [_, _, _, gone] = names(offers);
    match world.wait {
        Some(Wait::Rtnl { task, .. }) if world.tasks[task].name == name => {
            format!("mutex_lock(rtnl_mutex); wait_for({gone}); mutex_unlock(rtnl_mutex);\n")
        }
        _ => String::new(),
    }
}

/// Has a task begun to make one, how many inits of those have begun, is one over; has the exit run.
fn names(offers: &Offers) -> [String; 4] {
    ["begun", "begun_inits", "over", "gone"].map(|name| offers.free(name))
}
