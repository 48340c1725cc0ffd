//! Draws worlds: modules and their ops here, what tasks do in `acts`.

use super::offers::Offers;
use super::stream::{Kind, Stream};
use super::world::{Door, Faults, Freed, Module, Net, Ops, Part, Site, Switch, World};

/// Modules of a world at most.
const MOST_MODULES: usize = 3;
/// Ops of a world at most.
const MOST_OPS: usize = 4;
/// Parts of an ops at most.
const MOST_PARTS: usize = 4;
/// So many tasks, by a choice: most worlds are small enough to be searched.
const TASKS: [usize; 8] = [1, 2, 2, 2, 2, 3, 3, 4];

const SUBSYS: [&str; MOST_OPS] = ["fib", "tcp", "nft", "proc"];
const DEVICES: [&str; MOST_OPS] = ["veth", "gtp", "vxlan", "bond"];
const NETS: [&str; 2] = ["a", "b"];

/// Phases besides `init` and `exit` that an ops may have.
const PHASES: [&str; 4] = ["pre_exit", "exit_rtnl", "exit_batch_rtnl", "exit_batch"];

/// Draws a world about a protocol that offers so much.
#[must_use]
pub fn draw(protocol: &str, offers: &Offers, stream: &mut Stream) -> World {
    let mut drawer = Drawer { offers, world: World { protocol: protocol.to_string(), ..World::default() } };
    drawer.switches(stream);
    drawer.faults(stream);
    let tasks = TASKS[usize::from(stream.below(8))];
    drawer.nets(stream, tasks);
    drawer.modules(stream, tasks);
    let mut world = drawer.world;
    super::acts::draw(&mut world, offers, stream, tasks);
    super::waits::draw(&mut world, offers, stream);
    settle(&mut world, offers);
    world
}

/// What was drawn so far.
struct Drawer<'a> {
    offers: &'a Offers,
    world: World,
}

impl Drawer<'_> {
    fn on(&self, switch: Switch) -> bool {
        self.world.switches.contains(&switch)
    }

    fn switches(&mut self, stream: &mut Stream) {
        let offered = |theme: &&&[Switch]| theme.iter().all(|&switch| self.offers.gives(switch));
        let themes: Vec<&[Switch]> = Switch::THEMES.iter().filter(offered).copied().collect();
        let theme = if stream.below(8) > 2 { stream.one_of(&themes) } else { None };
        for switch in Switch::ALL {
            // Besides a theme there is little, so that what it shows is not held up by something else.
            let (about, odds) = theme.map_or((false, 2), |theme| (theme.contains(&switch), 8));
            // Were it one world in two, little else would be seen.
            let odds = if switch == Switch::Stays { 8 } else { odds };
            if stream.one_in(odds) || about {
                self.world.switches.insert(switch);
            }
        }
    }

    fn faults(&mut self, stream: &mut Stream) {
        if self.on(Switch::Faults) {
            let site = match stream.below(4) {
                1 if self.on(Switch::Refusals) => Site::May,
                2 => Site::Memory,
                _ => Site::Anywhere,
            };
            self.world.faults = Faults { budget: 1 + u8::from(stream.one_in(3)), site };
        }
        if self.on(Switch::Limits) {
            let (limit, slots) = (1 + stream.below(4), 1 + stream.below(3));
            self.world.limit = self.offers.limit.as_ref().map(|_| limit).filter(|_| self.offers.creates);
            self.world.first_slots = self.offers.first_slots.as_ref().map(|_| slots);
        }
    }

    fn nets(&mut self, stream: &mut Stream, tasks: usize) {
        if !self.on(Switch::Given) || !self.offers.creates {
            return;
        }
        let nets = 1 + usize::from(stream.one_in(3));
        for name in &NETS[..nets] {
            let mut owners = Vec::new();
            let first = usize::from(stream.below(4));
            if first < 3 {
                owners.push(first % tasks);
            }
            let other = (first + 1) % tasks;
            if self.offers.counts && stream.one_in(4) && !owners.is_empty() && !owners.contains(&other) {
                owners.push(other);
            }
            self.world.nets.push(Net { name: self.offers.free(name), owners });
        }
    }

    fn modules(&mut self, stream: &mut Stream, tasks: usize) {
        while self.world.modules.len() < MOST_MODULES && self.world.ops.len() < MOST_OPS {
            let odds = if self.world.modules.is_empty() { (7, 8) } else { (1, 2) };
            let Some(()) = stream.more(Kind::Module, odds, |stream| self.module(stream, tasks)) else {
                break;
            };
        }
    }

    fn module(&mut self, stream: &mut Stream, tasks: usize) {
        let task = usize::from(stream.below(4)) % tasks;
        let all_stay = self.on(Switch::Stays);
        let built_in = stream.one_in(2) && self.on(Switch::BuiltIn) || all_stay;
        let stays = stream.one_in(2) && built_in || all_stay;
        let door = match stream.below(3) {
            1 if self.on(Switch::Requests) => Door::Mutex,
            2 if self.on(Switch::Requests) => Door::Hook,
            _ => Door::None,
        };
        self.world.modules.push(Module {
            built_in,
            owner: Some(task).filter(|_| !stays),
            door,
            ..Module::default()
        });
        self.ops(stream);
        while self.world.ops.len() < MOST_OPS {
            let Some(()) = stream.more(Kind::Ops, (1, 3), |stream| self.ops(stream)) else { break };
        }
    }

    fn ops(&mut self, stream: &mut Stream) {
        let at = self.world.ops.len();
        let device = stream.one_in(2) && self.on(Switch::Devices);
        let name = self.offers.free(if device { DEVICES[at] } else { SUBSYS[at] });
        let module = self.world.modules.last_mut().expect("an ops is drawn inside a module");
        module.ops.push(at);
        if module.name.is_empty() {
            module.name.clone_from(&name);
        }
        let empty = match stream.below(4) {
            0 => (true, true),
            1 => (true, false),
            2 => (false, true),
            _ => (false, false),
        };
        let mut ops = Ops { name, device, empty, ..Ops::default() };
        while ops.parts.len() < MOST_PARTS {
            let odds = if ops.parts.is_empty() { (4, 5) } else { (2, 3) };
            let Some(part) = stream.more(Kind::Part, odds, |stream| self.part(stream, &ops)) else { break };
            let Some(part) = part else { continue };
            let kind = std::mem::discriminant(&part);
            if ops.parts.iter().all(|known| std::mem::discriminant(known) != kind) {
                ops.parts.push(part);
            } else {
                break;
            }
        }
        ops.parts.sort_unstable();
        self.phases(stream, &mut ops);
        self.world.ops.push(ops);
    }

    /// One of the parts that the switches allow.
    fn part(&self, stream: &mut Stream, ops: &Ops) -> Option<Part> {
        let offers = self.offers;
        let mut parts = Vec::new();
        let mut allow = |switch, offered: bool, part| {
            if self.on(switch) && offered {
                parts.push(part);
            }
        };
        allow(Switch::Data, true, Part::Data(Freed::AtOnce));
        allow(Switch::Slots, offers.slots, Part::Slot { filled: false });
        allow(Switch::Members, true, Part::Member);
        allow(Switch::Works, true, Part::Work { queued: true, rtnl: false });
        allow(Switch::Doors, true, Part::Up);
        let phase = offers.has("exit_rtnl") || offers.has("exit_batch_rtnl");
        allow(Switch::Netdevs, offers.netdevs && phase, Part::Netdev);
        allow(Switch::Rtnl, offers.rtnl, Part::Rtnl);
        let looks = offers.lock_in_callbacks && offers.counts && offers.creates;
        allow(Switch::Looks, looks && !offers.lists.is_empty(), Part::Looks);
        allow(Switch::Loans, offers.barrier, Part::Borrows);
        let needed = self.needed(ops);
        allow(Switch::Needs, !needed.is_empty(), Part::Needs(0));
        let stays = self.world.modules.last().is_some_and(Module::stays);
        let before = if stays { self.staying(ops) } else { Vec::new() };
        allow(Switch::Needs, ops.has_slot() && !before.is_empty(), Part::Seen(0));
        allow(Switch::Netdevs, offers.has("exit_rtnl") && !before.is_empty(), Part::Leaves(0));
        let part = *stream.one_of(&parts)?;
        Some(match part {
            Part::Slot { .. } => Part::Slot { filled: stream.one_in(2) },
            Part::Data(_) if self.on(Switch::Rcu) => {
                // Whoever unregisters waits for one callback, and not for those that it makes.
                Part::Data(match stream.below(5) {
                    0 => Freed::AtOnce,
                    1 => Freed::KfreeRcu,
                    2 => Freed::CallRcu { looks: false, twice: false },
                    3 => Freed::CallRcu { looks: true, twice: false },
                    _ => Freed::CallRcu { looks: true, twice: stays && offers.shells },
                })
            }
            Part::Needs(_) => Part::Needs(*stream.one_of(&needed)?),
            Part::Seen(_) => Part::Seen(*stream.one_of(&before)?),
            Part::Leaves(_) => Part::Leaves(*stream.one_of(&before)?),
            Part::Work { .. } => Part::Work {
                queued: !stream.one_in(4),
                rtnl: stream.one_in(4) && offers.rtnl && self.on(Switch::Rtnl),
            },
            part => part,
        })
    }

    /// The ops whose memory an ops may use: they are there before it and longer, and stand before it in the list.
    fn needed(&self, ops: &Ops) -> Vec<usize> {
        let modules = &self.world.modules;
        let last = modules.last();
        let there = |at: &usize| {
            let own = last.is_some_and(|module| module.ops.contains(at));
            own || modules.iter().any(|module| module.ops.contains(at) && module.stays())
        };
        (0..self.world.ops.len())
            .filter(|&at| self.world.ops[at].lends() && self.world.ops[at].device <= ops.device)
            .filter(there)
            .collect()
    }

    /// The ops that stay and stand before it in the list.
    fn staying(&self, ops: &Ops) -> Vec<usize> {
        let stays =
            |at: &usize| self.world.modules.iter().any(|module| module.ops.contains(at) && module.stays());
        (0..self.world.ops.len())
            .filter(|&at| self.world.ops[at].device <= ops.device)
            .filter(stays)
            .collect()
    }

    fn phases(&self, stream: &mut Stream, ops: &mut Ops) {
        if self.on(Switch::Phases) {
            ops.batch = stream.one_in(2) && self.offers.has("exit_batch");
            for phase in ["init", "exit"].into_iter().chain(PHASES) {
                if stream.one_in(3) && self.offers.has(phase) {
                    ops.steps.push(phase);
                }
            }
        }
        if self.on(Switch::Refusals) && self.on(Switch::Faults) && self.world.faults.site != Site::Memory {
            // What others can see already is not taken back by who has set it up.
            let seen = ops.parts.iter().position(|part| matches!(part, Part::Netdev | Part::Up));
            let most = seen.unwrap_or(ops.parts.len());
            let behind = usize::from(stream.below(5));
            ops.refuses = (behind <= most).then_some(behind);
            ops.positive = stream.one_in(2) && self.offers.latent;
        }
        if self.on(Switch::Requests) {
            ops.answers = stream.below(4) > 0 || ops.has(Part::Up);
        }
        // Where nothing is linked, only an `init` tells that an ops is up.
        ops.empty.0 |= !self.offers.creates;
    }
}

/// What cannot be told before everything is drawn.
fn settle(world: &mut World, offers: &Offers) {
    world.lent = world.ops.iter().any(|ops| ops.has(Part::Borrows));
    let refuses = world.ops.iter().any(|ops| ops.refuses.is_some());
    let memory = offers.allocates
        || world
            .ops
            .iter()
            .any(|ops| ops.has_data() || ops.has(Part::Netdev) || ops.has(Part::Slot { filled: true }));
    let somewhere = match world.faults.site {
        Site::Anywhere => refuses || memory,
        Site::May => refuses,
        Site::Memory => memory,
    };
    if !somewhere {
        world.faults = Faults::default();
    }
}
