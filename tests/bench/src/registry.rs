//! The registry of W as plain data, with W's invariants asserted.  Locks, threads, scheduling points and chance
//! belong to the peers; those that run threaded code share this file, so that they check the same things.

use crate::w::W;

/// The two kinds of pernet operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Set up before every device, torn down after every device.
    Subsys,
    /// Set up after every subsys; in W its init may fail.
    Device,
}

/// The pernet operations of one kind that a registrar owns: A_i or B_i.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ops {
    /// Subsys for A, device for B.
    pub kind: Kind,
    /// The registrar.
    pub owner: usize,
}

impl Ops {
    fn index(self) -> usize {
        2 * self.owner + self.kind as usize
    }
}

/// A namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net(pub usize);

/// The namespace that is always there.
pub const INIT_NET: Net = Net(0);

/// The init of a device said no.
#[derive(Clone, Copy, Debug)]
pub struct InitFailed;

/// What `net_mutex` protects.
pub struct Registry {
    /// Every registered ops: the subsystems, then the devices, each in the order of registration.
    pub pernet_list: Vec<Ops>,
    /// Where the devices begin; `None` stands for the end of the list.
    pub first_device: Option<Ops>,
    /// Every namespace that is there, in the order of creation.
    pub net_list: Vec<Net>,
    /// An init failed in this execution: no other will.
    pub failed: bool,
    /// By ops: the namespaces whose init succeeded and whose exit was not called, a bit each.
    inited: Vec<u64>,
}

impl Registry {
    /// The world of `w` before its first step.
    pub fn new(w: W) -> Self {
        assert!(w.nets < 64, "a namespace is a bit of a word");
        Self {
            pernet_list: Vec::new(),
            first_device: None,
            net_list: vec![INIT_NET],
            failed: false,
            inited: vec![0; 2 * w.registrars],
        }
    }

    /// Puts `ops` on the list: before the first device, or at the tail.
    pub fn link(&mut self, ops: Ops) {
        let place = match (ops.kind, self.first_device) {
            (Kind::Subsys, Some(device)) => self.position(device),
            _ => self.pernet_list.len(),
        };
        self.pernet_list.insert(place, ops);
        self.check_order();
    }

    /// Takes `ops` off the list; the boundary moves on if it rested there.
    pub fn unlink(&mut self, ops: Ops) {
        let place = self.position(ops);
        if self.first_device == Some(ops) {
            self.first_device = self.pernet_list.get(place + 1).copied();
        }
        self.pernet_list.remove(place);
        self.check_order();
    }

    /// The init of `ops` for `net`.
    pub fn init(&mut self, ops: Ops, net: Net, fails: bool) -> Result<(), InitFailed> {
        assert!(!self.is_inited(ops, net), "paired: init of {ops:?} on {net:?} twice");
        if fails {
            assert!(!self.failed, "a second failure in one execution");
            self.failed = true;
            return Err(InitFailed);
        }
        self.inited[ops.index()] |= 1 << net.0;
        Ok(())
    }

    /// The exit of `ops` for `net`.
    pub fn exit(&mut self, ops: Ops, net: Net) {
        assert!(self.is_inited(ops, net), "paired: exit of {ops:?} on {net:?} without init");
        self.inited[ops.index()] &= !(1 << net.0);
    }

    /// Before the exit of the ops at `place` of the list, when a namespace goes: all later ones have exited.
    pub fn check_reverse(&self, place: usize, net: Net) {
        let later = self.pernet_list[place + 1..].iter().find(|&&ops| self.is_inited(ops, net));
        assert!(later.is_none(), "teardown of {net:?} is not in reverse: {later:?} is still there");
    }

    /// Whenever the lock is free: every registered ops is set up in every namespace, and no other anywhere.
    pub fn check_paired(&self) {
        let nets = self.net_list.iter().fold(0, |nets, net| nets | 1 << net.0);
        let mut expected = vec![0; self.inited.len()];
        for ops in &self.pernet_list {
            expected[ops.index()] = nets;
        }
        assert_eq!(self.inited, expected, "paired: init and exit do not match the lists");
    }

    /// Every subsys stands before every device.
    fn check_order(&self) {
        let sorted = self.pernet_list.is_sorted_by_key(|ops| ops.kind as usize);
        assert!(sorted, "subsys before device: {:?}", self.pernet_list);
    }

    fn is_inited(&self, ops: Ops, net: Net) -> bool {
        self.inited[ops.index()] & 1 << net.0 != 0
    }

    fn position(&self, ops: Ops) -> usize {
        self.pernet_list.iter().position(|&listed| listed == ops).expect("ops is on the list")
    }
}

/// The assertions can fail: each of these slips is noticed.
#[cfg(test)]
mod tests {
    use super::*;

    const A: Ops = Ops { kind: Kind::Subsys, owner: 0 };
    const B: Ops = Ops { kind: Kind::Device, owner: 0 };

    fn with_both() -> Registry {
        let mut registry = Registry::new(W::new(1, 1, 1));
        for ops in [A, B] {
            registry.link(ops);
            registry.init(ops, INIT_NET, false).unwrap();
        }
        registry.first_device = Some(B);
        registry
    }

    #[test]
    fn sound_registry_is_not_accused() {
        let mut registry = with_both();
        registry.check_paired();
        registry.check_reverse(1, INIT_NET);
        registry.unlink(B);
        registry.exit(B, INIT_NET);
        registry.check_paired();
        assert_eq!(registry.first_device, None);
    }

    #[test]
    #[should_panic(expected = "subsys before device")]
    fn boundary_forgotten() {
        let mut registry = with_both();
        registry.unlink(A);
        registry.first_device = None;
        registry.link(A);
    }

    #[test]
    #[should_panic(expected = "not in reverse")]
    fn exits_from_the_head() {
        with_both().check_reverse(0, INIT_NET);
    }

    #[test]
    #[should_panic(expected = "twice")]
    fn init_twice() {
        let _ = with_both().init(A, INIT_NET, false);
    }

    #[test]
    #[should_panic(expected = "without init")]
    fn exit_without_init() {
        with_both().exit(A, Net(1));
    }

    #[test]
    #[should_panic(expected = "do not match the lists")]
    fn exit_forgotten() {
        let mut registry = with_both();
        registry.unlink(B);
        registry.check_paired();
    }
}
