//! Walks over `pernet_list` and over all namespaces that borrow nothing, so that the ledger can be written meanwhile.

use crate::machine::value::Value;
use crate::machine::world::{FREED, Header, World};

/// The ops on `pernet_list`, from a place on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    at: Value,
    head: Value,
    /// A corrupted list may be a circle that misses its head.
    left: u32,
}

impl Listed {
    /// From the first one on.
    pub fn from_first(world: &World<'_>) -> Self {
        let head = world.program.roles.pernet_list.unwrap_or(Value::NULL);
        let at = if head == Value::NULL { head } else { world.get(head.address()) };
        Self { at, head, left: world.ops_count() }
    }

    #[inline(always)]
    pub fn next(&mut self, world: &World<'_>) -> Option<Value> {
        if self.at == self.head || self.at == Value::NULL || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let judged = &world.program.judged;
        let ops = match judged.ops_link {
            Some(link) if world.program.roles.ops_link == Some(self.at.ty()) => {
                Value::place(judged.ops, self.at.address() - link)
            }
            _ => world.entry(self.at),
        };
        self.at = world.get(self.at.address());
        Some(ops)
    }
}

/// All namespaces: static ones, then those of each task in the order of their allocation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Nets {
    fixed: usize,
    /// Which of the tasks that allocate.
    task: usize,
    /// Cells of its heap behind us.
    used: u32,
}

impl Nets {
    /// The next one that is not freed.
    pub fn next_live(&mut self, world: &World<'_>) -> Option<Value> {
        loop {
            match self.next(world) {
                Some((net, true)) => return Some(net),
                Some((_, false)) => {}
                None => return None,
            }
        }
    }

    /// The next one, and whether it is not freed.
    pub fn next(&mut self, world: &World<'_>) -> Option<(Value, bool)> {
        let program = world.program;
        let net = program.roles.net;
        if let Some(&address) = program.static_nets.get(self.fixed) {
            self.fixed += 1;
            return Some((world.object(net, address), true));
        }
        while let Some(&task) = program.allocating.get(self.task) {
            let heap = world.segment(task).heap;
            if self.used >= world.word(heap) {
                self.task += 1;
                self.used = 0;
                continue;
            }
            let at = heap + 1 + self.used;
            let header = Header::unpack(world.word(at));
            self.used += 1 + world.object_size(header);
            if header.strukt == net {
                return Some((world.object(net, at + 1), header.status != FREED));
            }
        }
        None
    }
}
