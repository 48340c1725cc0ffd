//! Planted slips for shuttle: the registry of 2007 as ordinary threaded code, with one slip in it, in the worlds of `hunt/`.
//!
//! How many schedules until shuttle notices?  Shuttle may switch before a lock is taken or released, before each callback, and
//! before each look at a list or change of it, because the slips are such that the lock does not protect these.  What
//! pernet-sim judges is asserted: init and exit are paired, no list changes under a walk, the boundary holds, a failed call
//! leaves nothing behind, nothing that is freed is used.  Deadlocks shuttle finds by itself.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::{Mutex, MutexGuard};
use shuttle::{Config, FailurePersistence, Runner, thread};

/// What is wrong; the names are those of pernet-sim's protocols, without `rfc2007-`.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described in the first line of its protocol")]
pub enum Slip {
    None,
    CreateWithoutMutex,
    CreateLocksToPublish,
    RegisterDropsLock,
    UnregisterDropsLock,
    UnregisterUnlinksLast,
    DestroyWithoutMutex,
    CreateUndoNone,
    CreateUndoSkipsOne,
    CreateErrorKeepsLock,
    UndoNoExit,
    UndoNoUnlink,
    UndoStopsEarly,
    UndoSkipsFirst,
    UndoAll,
    BoundaryOnFailure,
    BoundaryFirst,
}

/// Who comes to the registry, and what for.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Ipv6 registers, veth leaves, a namespace is created and another destroyed.
    Races,
    /// Veth registers, a namespace is created and another destroyed; one `init` of veth may fail.
    Faults,
    /// A namespace is created and destroyed, and somebody walks all of them.
    Walks,
}

/// In which world it is, and how much business the tasks have before they come to the registry, in rounds.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Business {
    /// The world
    #[arg(long, value_enum, default_value = "races")]
    pub world: Place,
    /// Rounds of the task that registers
    #[arg(long, default_value_t = 0)]
    pub modprobe: u32,
    /// Rounds of the task that unregisters
    #[arg(long, default_value_t = 0)]
    pub rmmod: u32,
    /// Rounds of the task that creates a namespace
    #[arg(long, default_value_t = 0)]
    pub unshare: u32,
    /// Rounds of the task that walks the namespaces
    #[arg(long, default_value_t = 0)]
    pub netlink: u32,
}

/// Who searches.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Shuttle's random scheduler.
    Random,
    /// Its PCT scheduler, with depth 3.
    Pct,
}

/// What a hunt came to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct Hunted {
    /// The first schedule that failed, counted from 1; none if none did.
    pub first: Option<u64>,
}

/// Hunts with one seed, up to `most` schedules.  One hunt for each process: a failure leaves shuttle's threads where they are.
pub fn hunt(slip: Slip, business: Business, search: Search, seed: u64, most: usize) -> Hunted {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    let scheduler: Box<dyn Scheduler + Send> = match search {
        Search::Random => Box::new(RandomScheduler::new_from_seed(seed, most)),
        Search::Pct => Box::new(PctScheduler::new_from_seed(seed, 3, most)),
    };
    let schedules = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&schedules);
    let runner = Runner::new(scheduler, config);
    let run = AssertUnwindSafe(move || {
        runner.run(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            execution(slip, business);
        })
    });
    let failed = panic::catch_unwind(run).is_err();
    Hunted { first: failed.then(|| schedules.load(Ordering::Relaxed)) }
}

type Ops = usize;
type Net = usize;

const IPV4: Ops = 0;
const IPV6: Ops = 1;
const VETH: Ops = 2;

const INIT_NET: Net = 0;
const A: Net = 1;
const NEW: Net = 2;

/// All that threads share beside the locks.
#[derive(Default)]
struct Data {
    pernet_list: Vec<Ops>,
    net_list: Vec<Net>,
    first_device: Option<Ops>,
    inited: [[bool; 3]; 3],
    freed: [bool; 3],
    failed: bool,
    ops_walks: u32,
    net_walks: u32,
}

struct World {
    slip: Slip,
    place: Place,
    net_mutex: Mutex<()>,
    elsewhere: Mutex<()>,
    data: StdMutex<Data>,
}

fn execution(slip: Slip, business: Business) {
    let world = &World {
        slip,
        place: business.world,
        net_mutex: Mutex::new(()),
        elsewhere: Mutex::new(()),
        data: StdMutex::new(Data::of(business.world)),
    };
    thread::scope(|scope| {
        if business.world == Place::Walks {
            scope.spawn(move || {
                world.business(business.unshare);
                world.create(NEW);
                world.destroy(NEW);
            });
            scope.spawn(move || {
                world.business(business.netlink);
                world.walk();
            });
            return;
        }
        let faults = business.world == Place::Faults;
        scope.spawn(move || {
            world.business(business.modprobe);
            world.register(if faults { VETH } else { IPV6 });
        });
        if !faults {
            scope.spawn(move || {
                world.business(business.rmmod);
                world.unregister(VETH);
            });
        }
        scope.spawn(move || {
            world.business(business.unshare);
            world.create(NEW);
        });
        scope.spawn(move || world.destroy(A));
    });
    assert!(world.net_mutex.try_lock().is_ok(), "the lock is held at the end");
    world.check();
}

impl Data {
    /// As it is when the tasks begin.
    fn of(world: Place) -> Self {
        let net_list = if world == Place::Walks { vec![INIT_NET] } else { vec![INIT_NET, A] };
        let pernet_list = match world {
            Place::Races => vec![IPV4, VETH],
            Place::Faults => vec![IPV4],
            Place::Walks => vec![VETH],
        };
        let mut data = Self { net_list, pernet_list, ..Self::default() };
        data.first_device = data.pernet_list.iter().copied().find(|&ops| ops == VETH);
        for &ops in &data.pernet_list {
            for &net in &data.net_list {
                data.inited[ops][net] = true;
            }
        }
        data
    }
}

impl World {
    fn business(&self, rounds: u32) {
        for _ in 0..rounds {
            drop(self.elsewhere.lock().expect("a panic ends the execution"));
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.net_mutex.lock().expect("a panic ends the execution")
    }

    /// Before memory is touched that others may touch, another thread may come.
    fn data(&self) -> StdGuard<'_, Data> {
        thread::sleep(Duration::ZERO);
        self.data.lock().expect("a panic ends the execution")
    }

    fn unlock(&self, guard: MutexGuard<'_, ()>) {
        self.check();
        drop(guard);
    }

    /// What must hold whenever the lock is free: whoever is listed is set up in every listed namespace.
    fn check(&self) {
        let data = self.data.lock().expect("a panic ends the execution");
        for &ops in &data.pernet_list {
            assert!(
                data.net_list.iter().all(|&net| data.inited[ops][net]),
                "visible: {ops} lacks a namespace"
            );
        }
        let device = data.pernet_list.iter().copied().find(|&ops| ops == VETH);
        assert_eq!(data.first_device, device, "boundary");
    }

    fn register(&self, ops: Ops) {
        let mut guard = self.lock();
        let device = ops == VETH;
        if self.slip == Slip::BoundaryFirst && device {
            self.data().first_device = Some(ops);
        }
        self.link(ops);
        if self.slip == Slip::RegisterDropsLock {
            drop(guard);
            let failed = self.walk_nets(|net| self.init(ops, net));
            guard = self.lock();
            assert!(failed.is_none(), "nothing fails in the world of races");
            return self.unlock(guard);
        }
        let failed = self.walk_nets(|net| self.init(ops, net));
        if let Some(net) = failed {
            self.undo(ops, net);
        }
        if device && (failed.is_none() || self.slip == Slip::BoundaryOnFailure) {
            self.data().first_device = Some(ops);
        }
        if failed.is_some() {
            let data = self.data();
            assert!(
                !data.pernet_list.contains(&ops) && data.inited[ops] == [false; 3],
                "undo left something"
            );
        }
        self.unlock(guard);
    }

    /// Undoes a registration that failed in `net`.
    fn undo(&self, ops: Ops, net: Net) {
        if self.slip != Slip::UndoNoUnlink {
            self.unlink(ops);
        }
        if self.slip == Slip::UndoNoExit {
            return;
        }
        self.walk_nets(|undo_net| {
            let early = self.slip == Slip::UndoStopsEarly && self.next_net(undo_net) == Some(net);
            if early || undo_net == net && self.slip != Slip::UndoAll {
                return false;
            }
            if self.slip != Slip::UndoSkipsFirst || undo_net != INIT_NET {
                self.exit(ops, undo_net);
            }
            true
        });
    }

    fn unregister(&self, ops: Ops) {
        let mut guard = self.lock();
        {
            let mut data = self.data();
            if data.first_device == Some(ops) {
                data.first_device = None; // there is one device
            }
        }
        let exits = || {
            self.walk_nets(|net| {
                self.exit(ops, net);
                true
            })
        };
        match self.slip {
            Slip::UnregisterDropsLock => {
                self.unlink(ops);
                drop(guard);
                exits();
                guard = self.lock();
            }
            Slip::UnregisterUnlinksLast => {
                exits();
                drop(guard);
                guard = self.lock();
                self.unlink(ops);
            }
            _ => {
                self.unlink(ops);
                exits();
            }
        }
        let left = self.data().inited[ops];
        assert_eq!(left, [false; 3], "after unregister: a namespace still has {ops}");
        self.unlock(guard);
    }

    fn create(&self, net: Net) {
        let lockless = matches!(self.slip, Slip::CreateWithoutMutex | Slip::CreateLocksToPublish);
        let guard = (!lockless).then(|| self.lock());
        let failed = self.walk_ops(|ops| self.init(ops, net));
        if let Some(ops) = failed {
            if self.slip != Slip::CreateUndoNone {
                let mut at = self.previous_ops(ops);
                if self.slip == Slip::CreateUndoSkipsOne {
                    at = at.and_then(|ops| self.previous_ops(ops));
                }
                self.exit_in_reverse(at, net);
            }
            if self.slip == Slip::CreateErrorKeepsLock {
                std::mem::forget(guard);
            } else if let Some(guard) = guard {
                self.unlock(guard);
            }
            return self.free(net);
        }
        let publishes = (self.slip == Slip::CreateLocksToPublish).then(|| self.lock());
        {
            let mut data = self.data();
            assert_eq!(data.net_walks, 0, "frozen: a namespace is listed under a walk");
            data.net_list.push(net);
        }
        if let Some(guard) = guard.or(publishes) {
            self.unlock(guard);
        }
    }

    fn destroy(&self, net: Net) {
        let guard = (self.slip != Slip::DestroyWithoutMutex).then(|| self.lock());
        {
            let mut data = self.data();
            assert_eq!(data.net_walks, 0, "frozen: a namespace leaves under a walk");
            data.net_list.retain(|&listed| listed != net);
        }
        let last = self.data().pernet_list.last().copied();
        self.exit_in_reverse(last, net);
        if let Some(guard) = guard {
            self.unlock(guard);
        }
        self.free(net);
    }

    /// Somebody looks at every namespace, under the lock. It is no walk of the registry's: what comes and goes meanwhile is
    /// not judged, but for what is seen.
    fn walk(&self) {
        let guard = self.lock();
        let mut at = self.data().net_list.first().copied();
        while let Some(net) = at {
            {
                let data = self.data();
                assert!(!data.freed[net], "a walk stands on a namespace that is freed");
                assert!(data.inited[VETH][net], "a walk finds a namespace that is not whole");
            }
            at = self.next_net(net);
        }
        self.unlock(guard);
    }

    fn free(&self, net: Net) {
        let mut data = self.data();
        assert!(data.inited.iter().all(|nets| !nets[net]), "freed with something left in it");
        data.freed[net] = true;
    }

    fn link(&self, ops: Ops) {
        let mut data = self.data();
        assert_eq!(data.ops_walks, 0, "frozen: an ops is linked under a walk");
        let place = data.pernet_list.iter().position(|&listed| listed == VETH && ops != VETH);
        let place = place.unwrap_or(data.pernet_list.len());
        data.pernet_list.insert(place, ops);
    }

    fn unlink(&self, ops: Ops) {
        let mut data = self.data();
        assert_eq!(data.ops_walks, 0, "frozen: an ops is unlinked under a walk");
        data.pernet_list.retain(|&listed| listed != ops);
    }

    /// Calls `body` with each namespace in turn while it says yes; the one at which it said no.
    fn walk_nets(&self, body: impl Fn(Net) -> bool) -> Option<Net> {
        let mut at = {
            let mut data = self.data();
            data.net_walks += 1;
            data.net_list.first().copied()
        };
        while let Some(net) = at {
            if !body(net) {
                break;
            }
            at = self.next_net(net);
        }
        self.data.lock().expect("a panic ends the execution").net_walks -= 1;
        at
    }

    /// The same with each ops.
    fn walk_ops(&self, body: impl Fn(Ops) -> bool) -> Option<Ops> {
        let mut at = {
            let mut data = self.data();
            data.ops_walks += 1;
            data.pernet_list.first().copied()
        };
        while let Some(ops) = at {
            if !body(ops) {
                break;
            }
            let data = self.data();
            at = neighbour(&data.pernet_list, ops, 1);
        }
        self.data.lock().expect("a panic ends the execution").ops_walks -= 1;
        at
    }

    fn exit_in_reverse(&self, from: Option<Ops>, net: Net) {
        self.data.lock().expect("a panic ends the execution").ops_walks += 1;
        let mut at = from;
        while let Some(ops) = at {
            self.exit(ops, net);
            at = self.previous_ops(ops);
        }
        self.data.lock().expect("a panic ends the execution").ops_walks -= 1;
    }

    fn next_net(&self, net: Net) -> Option<Net> {
        neighbour(&self.data().net_list, net, 1)
    }

    fn previous_ops(&self, ops: Ops) -> Option<Ops> {
        neighbour(&self.data().pernet_list, ops, -1)
    }

    /// Whether it succeeds.
    fn init(&self, ops: Ops, net: Net) -> bool {
        let mut data = self.data();
        assert!(!data.freed[net], "init on a namespace that is freed");
        assert!(!data.inited[ops][net], "paired: init twice");
        let may_fail = self.place == Place::Faults && ops == VETH && net == NEW && !data.failed;
        if may_fail && thread_rng().gen_ratio(1, 8) {
            data.failed = true;
            return false;
        }
        data.inited[ops][net] = true;
        true
    }

    fn exit(&self, ops: Ops, net: Net) {
        let mut data = self.data();
        assert!(!data.freed[net], "exit on a namespace that is freed");
        assert!(data.inited[ops][net], "paired: exit without init");
        data.inited[ops][net] = false;
    }
}

/// The one beside `item` in a list; an item that was taken off has no neighbours.
fn neighbour(list: &[usize], item: usize, offset: isize) -> Option<usize> {
    let at =
        list.iter().position(|&listed| listed == item).expect("bad cursor: the walk stands on what has left");
    list.get(at.checked_add_signed(offset)?).copied()
}
