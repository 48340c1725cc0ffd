//! A second model of the registry's contract, so plain that it can be checked by reading: one caller, no locks, no
//! lists with links, no boundary. It says which callbacks run, in which order, and what is set up at the end.
//!
//! It must share nothing with `model`: agreement is worth something only between strangers.

/// What an ops is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ops {
    /// A device? Else a subsystem.
    pub device: bool,
    /// Has it an `init`?
    pub init: bool,
    /// Has it an `exit`?
    pub exit: bool,
    /// Which call of its `init` fails, counted from 1; 0: none.
    pub fails_at: usize,
}

/// What the one caller does next. What makes no sense yet is passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Registers an ops, unless it is registered.
    Register(usize),
    /// Unregisters it, if it is registered.
    Unregister(usize),
    /// Creates a namespace and keeps it under this number, unless there is one.
    Create(usize),
    /// Gives that namespace up, if there is one.
    Destroy(usize),
}

/// The registry, and all that ever happened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registry {
    ops: Vec<Ops>,
    /// The registered subsystems, oldest first.
    subsystems: Vec<usize>,
    /// The registered devices, oldest first.
    devices: Vec<usize>,
    /// The namespaces that live, oldest first: 0 is the first of all, others are numbered as they were allocated.
    nets: Vec<usize>,
    /// What is set up where: ops and namespace.
    inited: Vec<(usize, usize)>,
    /// Calls of each ops' `init` so far.
    calls: Vec<usize>,
    /// Namespaces allocated so far, with the first of all.
    allocated: usize,
    /// What the caller keeps.
    kept: Vec<Option<usize>>,
    /// Each callback as a line: `init ops0 net1`, `init ops0 net1 fails`, `exit ops0 net1`.
    pub events: Vec<String>,
}

impl Registry {
    /// One namespace lives, some more were created, and nothing is registered. The caller keeps so many at most.
    #[must_use]
    pub fn new(ops: &[Ops], created: usize, keeps: usize) -> Self {
        Self {
            ops: ops.to_vec(),
            nets: (0..=created).collect(),
            allocated: created + 1,
            calls: vec![0; ops.len()],
            kept: (0..keeps).map(|at| (at < created).then_some(at + 1)).collect(),
            ..Self::default()
        }
    }

    /// Does one thing.
    pub fn act(&mut self, act: Act) {
        match act {
            Act::Register(ops) if !self.list().contains(&ops) => self.register(ops),
            Act::Unregister(ops) if self.list().contains(&ops) => self.unregister(ops),
            Act::Create(slot) if self.kept[slot].is_none() => self.kept[slot] = self.create(),
            Act::Destroy(slot) => {
                if let Some(net) = self.kept[slot].take() {
                    self.destroy(net);
                }
            }
            _ => {}
        }
    }

    /// The registered ops in the order of setting up: subsystems, then devices, each oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<usize> {
        [self.subsystems.as_slice(), self.devices.as_slice()].concat()
    }

    /// The names of what is set up in each namespace that lives, in the order of setting up; without what has no
    /// `init`.
    #[must_use]
    pub fn set_up(&self) -> Vec<(String, Vec<String>)> {
        let in_net = |&net: &usize| {
            let inited = self.list().into_iter().filter(|&ops| self.inited.contains(&(ops, net)));
            let named = inited.filter(|&ops| self.ops[ops].init).map(|ops| format!("ops{ops}"));
            (format!("net{net}"), named.collect())
        };
        self.nets.iter().map(in_net).collect()
    }

    fn register(&mut self, ops: usize) {
        let nets = self.nets.clone();
        for (at, &net) in nets.iter().enumerate() {
            if !self.init(ops, net) {
                // Undone where it was done, in the same order, and nowhere else.
                nets[..at].iter().for_each(|&net| self.exit(ops, net));
                return;
            }
        }
        if self.ops[ops].device {
            self.devices.push(ops);
        } else {
            self.subsystems.push(ops);
        }
    }

    fn unregister(&mut self, ops: usize) {
        self.subsystems.retain(|&listed| listed != ops);
        self.devices.retain(|&listed| listed != ops);
        for net in self.nets.clone() {
            self.exit(ops, net);
        }
    }

    fn create(&mut self) -> Option<usize> {
        let net = self.allocated;
        self.allocated += 1;
        let list = self.list();
        for (at, &ops) in list.iter().enumerate() {
            if !self.init(ops, net) {
                list[..at].iter().rev().for_each(|&ops| self.exit(ops, net));
                return None;
            }
        }
        self.nets.push(net);
        Some(net)
    }

    fn destroy(&mut self, net: usize) {
        self.nets.retain(|&living| living != net);
        for ops in self.list().into_iter().rev() {
            self.exit(ops, net);
        }
    }

    /// Did it succeed? What has no `init` always does.
    fn init(&mut self, ops: usize, net: usize) -> bool {
        let mut succeeds = true;
        if self.ops[ops].init {
            self.calls[ops] += 1;
            succeeds = self.calls[ops] != self.ops[ops].fails_at;
            self.events.push(format!("init ops{ops} net{net}{}", if succeeds { "" } else { " fails" }));
        }
        if succeeds {
            self.inited.push((ops, net));
        }
        succeeds
    }

    fn exit(&mut self, ops: usize, net: usize) {
        if self.ops[ops].exit {
            self.events.push(format!("exit ops{ops} net{net}"));
        }
        self.inited.retain(|&pair| pair != (ops, net));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_in_one_run() {
        let plain = Ops { device: false, init: true, exit: true, fails_at: 0 };
        let ops = [Ops { device: true, ..plain }, plain, Ops { fails_at: 2, ..plain }];
        let mut registry = Registry::new(&ops, 1, 2);
        for act in [
            Act::Register(0),
            Act::Register(1),
            Act::Create(1),
            Act::Destroy(0),
            Act::Register(2),
            Act::Unregister(0),
        ] {
            registry.act(act);
        }
        let want = "init ops0 net0, init ops0 net1, init ops1 net0, init ops1 net1, init ops1 net2, init ops0 net2, \
                    exit ops0 net1, exit ops1 net1, init ops2 net0, init ops2 net2 fails, exit ops2 net0, \
                    exit ops0 net0, exit ops0 net2";
        assert_eq!(registry.events.join(", "), want);
        assert_eq!(registry.list(), [1]);
        let set_up = |net: &str| (net.to_string(), vec!["ops1".to_string()]);
        assert_eq!(registry.set_up(), [set_up("net0"), set_up("net2")]);
    }
}
