//! The calls of W as ordinary threaded code, for the tools that run such code.  What differs between them stands in
//! [`Tool`].

use crate::registry::{InitFailed, Kind, Net, Ops, Registry};

/// What a tool brings: the lock, its scheduling points, and chance.
pub trait Tool {
    /// Runs `body` while `net_mutex` is held.
    fn locked<R>(&self, body: impl FnOnce(&mut Registry) -> R) -> R;

    /// Stands before each callback, which may sleep.
    fn callback(&self) {}

    /// Does the init of this device, on this namespace, say no?  Asked only while no other has.
    fn fails(&self, ops: Ops, net: Net) -> bool;
}

/// A registrar, from its first round to its last.
pub fn registrar(tool: &impl Tool, me: usize, rounds: usize) {
    let (a, b) = (Ops { kind: Kind::Subsys, owner: me }, Ops { kind: Kind::Device, owner: me });
    for _ in 0..rounds {
        register(tool, a).expect("the init of a subsys never fails");
        if register(tool, b).is_ok() {
            unregister(tool, b);
        }
        unregister(tool, a);
    }
}

/// A task that creates a namespace and destroys it.
pub fn net_task(tool: &impl Tool, net: Net) {
    if create(tool, net).is_ok() {
        destroy(tool, net);
    }
}

fn register(tool: &impl Tool, ops: Ops) -> Result<(), InitFailed> {
    locked(tool, |registry| {
        registry.link(ops);
        for at in 0..registry.net_list.len() {
            let net = registry.net_list[at];
            if let Err(failed) = init(tool, registry, ops, net) {
                registry.unlink(ops);
                for before in 0..at {
                    let net = registry.net_list[before];
                    exit(tool, registry, ops, net);
                }
                return Err(failed);
            }
        }
        if ops.kind == Kind::Device && registry.first_device.is_none() {
            registry.first_device = Some(ops);
        }
        Ok(())
    })
}

fn unregister(tool: &impl Tool, ops: Ops) {
    locked(tool, |registry| {
        registry.unlink(ops);
        for at in 0..registry.net_list.len() {
            let net = registry.net_list[at];
            exit(tool, registry, ops, net);
        }
    });
}

fn create(tool: &impl Tool, net: Net) -> Result<(), InitFailed> {
    locked(tool, |registry| {
        for at in 0..registry.pernet_list.len() {
            let ops = registry.pernet_list[at];
            if let Err(failed) = init(tool, registry, ops, net) {
                exit_in_reverse(tool, registry, at, net);
                return Err(failed);
            }
        }
        registry.net_list.push(net);
        Ok(())
    })
}

fn destroy(tool: &impl Tool, net: Net) {
    locked(tool, |registry| {
        registry.net_list.retain(|&listed| listed != net);
        let all = registry.pernet_list.len();
        exit_in_reverse(tool, registry, all, net);
    });
}

/// The exits of the first `count` ops of the list for `net`, last first.
fn exit_in_reverse(tool: &impl Tool, registry: &mut Registry, count: usize, net: Net) {
    for at in (0..count).rev() {
        registry.check_reverse(at, net);
        let ops = registry.pernet_list[at];
        exit(tool, registry, ops, net);
    }
}

fn init(tool: &impl Tool, registry: &mut Registry, ops: Ops, net: Net) -> Result<(), InitFailed> {
    tool.callback();
    let fails = ops.kind == Kind::Device && !registry.failed && tool.fails(ops, net);
    registry.init(ops, net, fails)
}

fn exit(tool: &impl Tool, registry: &mut Registry, ops: Ops, net: Net) {
    tool.callback();
    registry.exit(ops, net);
}

/// A call under the lock; what must hold whenever the lock is free is checked at its end.
fn locked<R>(tool: &impl Tool, body: impl FnOnce(&mut Registry) -> R) -> R {
    tool.locked(|registry| {
        let result = body(registry);
        registry.check_paired();
        result
    })
}
