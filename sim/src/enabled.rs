//! Which tasks can take a step, kept up to date at a cost that does not grow with their number.
//!
//! After a step only the stepped task stands elsewhere, so only it changes class: gone, ready whatever happens,
//! waiting at a plain lock (filed by the lock's cell), or to be asked each time. This file must never decide
//! anything: it only says what there is to decide.

mod bits;

pub use bits::count;
use bits::{nth_bit, ones};
use model::machine::code::Wait;
use model::machine::{TaskId, World};

/// Up to this many tasks the sets are bits of one word.
const FEW: usize = 64;

/// The tasks that can take a step. Their order depends on the schedule so far and on nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Tasks<'a>(Set<'a>);

#[derive(Clone, Copy, Debug)]
enum Set<'a> {
    Few(u64),
    Many(&'a Many),
}

impl Tasks<'_> {
    /// A set of tasks below 64, as bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(Set::Few(bits))
    }

    /// How many.
    #[must_use]
    #[inline]
    pub fn len(&self) -> u32 {
        match self.0 {
            Set::Few(bits) => count(bits),
            Set::Many(many) => many.enabled,
        }
    }

    /// Is there none?
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Set::Few(bits) => bits == 0,
            Set::Many(many) => many.enabled == 0,
        }
    }

    /// The task, if there is exactly one.
    #[must_use]
    #[inline]
    pub fn only(&self) -> Option<TaskId> {
        match self.0 {
            Set::Few(bits) => bits.is_power_of_two().then(|| bits.trailing_zeros()),
            Set::Many(many) => (many.enabled == 1).then(|| many.nth(0)),
        }
    }

    /// The k-th of them.
    ///
    /// # Panics
    /// If there are not so many.
    #[must_use]
    #[inline]
    pub fn nth(&self, k: u32) -> TaskId {
        match self.0 {
            Set::Few(bits) => nth_bit(bits, k),
            Set::Many(many) => many.nth(k as usize),
        }
    }

    /// As bits, where there are at most 64 tasks in all.
    #[must_use]
    pub const fn bits(&self) -> Option<u64> {
        match self.0 {
            Set::Few(bits) => Some(bits),
            Set::Many(_) => None,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = TaskId> {
        (0..self.len()).map(|k| self.nth(k))
    }

    /// Is this task one of them?
    #[must_use]
    #[inline]
    pub fn contains(&self, task: TaskId) -> bool {
        match self.0 {
            Set::Few(bits) => task < 64 && bits >> task & 1 == 1,
            Set::Many(many) => many.contains(task),
        }
    }

    /// The least of them, if there is one.
    #[must_use]
    pub fn least(&self) -> Option<TaskId> {
        match self.0 {
            Set::Few(0) => None,
            Set::Few(bits) => Some(bits.trailing_zeros()),
            Set::Many(_) => self.iter().min(),
        }
    }
}

/// The set, incrementally. One object serves all executions of a program.
#[derive(Clone, Debug)]
pub struct Enabled(Kept);

#[derive(Clone, Debug)]
enum Kept {
    Few(Few),
    Many(Many),
}

impl Enabled {
    /// The tasks of a world as it stands.
    #[must_use]
    pub fn new(world: &World<'_>) -> Self {
        let count = world.program().tasks.len();
        if count <= FEW {
            Self(Kept::Few(Few::new(world)))
        } else {
            Self(Kept::Many(Many::new(world, count)))
        }
    }

    /// A task took a step: it stands elsewhere now.
    #[inline]
    pub fn moved(&mut self, world: &World<'_>, task: TaskId) {
        match &mut self.0 {
            Kept::Few(few) => few.moved(world, task),
            Kept::Many(many) => {
                many.remove(task);
                many.add(world, task);
            }
        }
    }

    /// Who can take a step now.
    #[inline]
    pub fn now(&mut self, world: &World<'_>) -> Tasks<'_> {
        match &mut self.0 {
            Kept::Few(few) => Tasks(Set::Few(few.now(world))),
            Kept::Many(many) => {
                many.refresh(world);
                Tasks(Set::Many(many))
            }
        }
    }

    /// As [`Clone::clone_from`], but never allocates when both are of one program.
    #[inline]
    pub fn copy_from(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Kept::Few(to), Kept::Few(from)) => to.copy_from(from),
            (Kept::Many(to), Kept::Many(from)) => to.copy_from(from),
            (to, from) => to.clone_from(from),
        }
    }
}

/// Sets as bits of a word.
#[derive(Clone, Debug)]
struct Few {
    ready: u64,
    asked: u64,
    /// Those before a plain lock, by the lock's cell. A lock that was met keeps its entry: there are few.
    locked: Vec<(u32, u64)>,
}

impl Few {
    fn new(world: &World<'_>) -> Self {
        let mut few = Self { ready: 0, asked: 0, locked: Vec::new() };
        for task in 0..world.program().task_count() {
            few.file(task, world.wait(task));
        }
        few
    }

    fn copy_from(&mut self, other: &Self) {
        self.ready = other.ready;
        self.asked = other.asked;
        self.locked.clone_from(&other.locked);
    }

    /// Most steps lead from one place that is always ready to the next.
    #[inline(always)]
    fn moved(&mut self, world: &World<'_>, task: TaskId) {
        let wait = world.wait(task);
        if wait != Wait::Never || self.ready >> task & 1 == 0 {
            self.file(task, wait);
        }
    }

    #[inline(never)]
    fn file(&mut self, task: TaskId, wait: Wait) {
        let bit = 1 << task;
        if self.ready & bit != 0 {
            self.ready &= !bit;
        } else {
            self.asked &= !bit;
            for (_, tasks) in &mut self.locked {
                if *tasks & bit != 0 {
                    *tasks &= !bit;
                    break;
                }
            }
        }
        match wait {
            Wait::Never => self.ready |= bit,
            Wait::Lock(cell) => match self.locked.iter_mut().find(|(at, _)| *at == cell) {
                Some((_, tasks)) => *tasks |= bit,
                None => self.locked.push((cell, bit)),
            },
            Wait::Ask => self.asked |= bit,
            Wait::Gone => {}
        }
    }

    #[inline]
    fn now(&self, world: &World<'_>) -> u64 {
        let mut bits = self.ready;
        for &(cell, tasks) in &self.locked {
            if world.cells()[cell as usize] == 0 {
                bits |= tasks;
            }
        }
        for task in ones(self.asked) {
            bits |= u64::from(world.enabled(task)) << task;
        }
        bits
    }
}

/// Where a task is filed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Gone,
    Ready,
    Asked,
    Locked(u32),
}

/// Tasks that stand before one lock.
#[derive(Clone, Debug)]
struct Queue {
    cell: u32,
    free: bool,
    tasks: Vec<TaskId>,
}

/// Sets as dense vectors: adding and removing touch one element.
#[derive(Clone, Debug)]
struct Many {
    /// Of each task: its class and its index in that class.
    filed: Vec<(Class, u32)>,
    ready: Vec<TaskId>,
    asked: Vec<TaskId>,
    /// Those of `asked` that said yes.
    open: Vec<TaskId>,
    /// Never empty queues, but for those behind `queues`' end that wait to be used again.
    queues: Vec<Queue>,
    spare: Vec<Queue>,
    enabled: u32,
}

impl Many {
    fn new(world: &World<'_>, count: usize) -> Self {
        let mut many = Self {
            filed: vec![(Class::Gone, 0); count],
            ready: Vec::with_capacity(count),
            asked: Vec::new(),
            open: Vec::new(),
            queues: Vec::new(),
            spare: Vec::new(),
            enabled: 0,
        };
        for task in 0..world.program().task_count() {
            many.add(world, task);
        }
        many
    }

    fn copy_from(&mut self, other: &Self) {
        self.filed.clone_from(&other.filed);
        self.ready.clone_from(&other.ready);
        self.asked.clone_from(&other.asked);
        self.open.clear();
        while let Some(mut queue) = self.queues.pop() {
            queue.tasks.clear();
            self.spare.push(queue);
        }
        for queue in &other.queues {
            let mut copy = self.new_queue(queue.cell);
            copy.tasks.clone_from(&queue.tasks);
            self.queues.push(copy);
        }
    }

    fn new_queue(&mut self, cell: u32) -> Queue {
        let mut queue = self.spare.pop().unwrap_or(Queue { cell, free: false, tasks: Vec::new() });
        queue.cell = cell;
        queue
    }

    fn queue(&mut self, cell: u32) -> Option<usize> {
        self.queues.iter().position(|queue| queue.cell == cell)
    }

    fn add(&mut self, world: &World<'_>, task: TaskId) {
        let (class, list) = match world.wait(task) {
            Wait::Never => (Class::Ready, &mut self.ready),
            Wait::Lock(cell) => {
                let at = self.queue(cell).unwrap_or_else(|| {
                    let queue = self.new_queue(cell);
                    self.queues.push(queue);
                    self.queues.len() - 1
                });
                (Class::Locked(cell), &mut self.queues[at].tasks)
            }
            Wait::Ask => (Class::Asked, &mut self.asked),
            Wait::Gone => {
                self.filed[task as usize] = (Class::Gone, 0);
                return;
            }
        };
        self.filed[task as usize] = (class, u32::try_from(list.len()).expect("fewer tasks than 2^32"));
        list.push(task);
    }

    fn remove(&mut self, task: TaskId) {
        let (class, at) = self.filed[task as usize];
        let mut emptied = None;
        let list = match class {
            Class::Gone => return,
            Class::Ready => &mut self.ready,
            Class::Asked => &mut self.asked,
            Class::Locked(cell) => {
                let queue = self.queue(cell).expect("a filed task's queue exists");
                if self.queues[queue].tasks.len() == 1 {
                    emptied = Some(queue);
                }
                &mut self.queues[queue].tasks
            }
        };
        list.swap_remove(at as usize);
        if let Some(&moved) = list.get(at as usize) {
            self.filed[moved as usize].1 = at;
        }
        if let Some(queue) = emptied {
            let queue = self.queues.swap_remove(queue);
            self.spare.push(queue);
        }
    }

    fn refresh(&mut self, world: &World<'_>) {
        self.open.clear();
        self.open.extend(self.asked.iter().copied().filter(|&task| world.enabled(task)));
        let mut enabled = self.ready.len() + self.open.len();
        for queue in &mut self.queues {
            queue.free = world.cells()[queue.cell as usize] == 0;
            if queue.free {
                enabled += queue.tasks.len();
            }
        }
        self.enabled = u32::try_from(enabled).expect("fewer tasks than 2^32");
    }

    fn nth(&self, mut k: usize) -> TaskId {
        let free = self.queues.iter().filter(|queue| queue.free).map(|queue| &queue.tasks);
        for list in [&self.ready, &self.open].into_iter().chain(free) {
            match list.get(k) {
                Some(&task) => return task,
                None => k -= list.len(),
            }
        }
        panic!("there are only {} enabled tasks", self.enabled)
    }

    fn contains(&self, task: TaskId) -> bool {
        match self.filed.get(task as usize) {
            Some((Class::Ready, _)) => true,
            Some((Class::Asked, _)) => self.open.contains(&task),
            Some((Class::Locked(cell), _)) => {
                self.queues.iter().any(|queue| queue.free && queue.cell == *cell)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reached;
    use crate::library::ShippedLibrary;
    use crate::odometer::Odometer;
    use crate::question::Scenario;
    use crate::rng::Words;
    use model::machine::{Program, Room};

    /// Walks at random, and compares the set with what every task says, at each step.
    fn walk(text: &str, protocol: &str) {
        let scenario = Scenario::read("x.pernet", text).unwrap();
        let question = scenario.questions(Some(protocol), &[].into()).remove(0);
        let program: Program =
            scenario.load(&question, &ShippedLibrary).unwrap().compile(&Room::default()).unwrap();
        let mut world = World::boot(&program, &mut ()).unwrap();
        let (start, at_start) = (world.cells().to_vec(), Enabled::new(&world));
        let mut enabled = at_start.clone();
        let mut words = Words::new(1);
        for execution in 0..5 {
            world.restore(&start);
            enabled.copy_from(&at_start);
            words.stream(execution);
            let mut reached = Reached::default();
            loop {
                let want: Vec<_> =
                    (0..world.program().task_count()).filter(|&task| world.enabled(task)).collect();
                let tasks = enabled.now(&world);
                let mut have: Vec<_> = (0..tasks.len()).map(|k| tasks.nth(k)).collect();
                assert!(
                    (0..world.program().task_count())
                        .all(|task| tasks.contains(task) == want.contains(&task))
                );
                assert_eq!(tasks.least(), want.first().copied());
                have.sort_unstable();
                assert_eq!(have, want);
                if want.is_empty() {
                    break;
                }
                let task = want[usize::try_from(words.word() % want.len() as u64).unwrap()];
                if world.step(task, &mut Odometer::new(), &mut ()).is_err() {
                    break;
                }
                enabled.moved(&world, task);
                reached.look(&world);
            }
        }
    }

    #[test]
    fn it_is_what_every_task_says() {
        let text = |tasks| {
            format!(
                "on rfc2007; ops veth; int go; boot {{ register_pernet_subsys(veth); }}
                task gate {{ go = 1; go = 0; go = 1; }}
                task waiter {{ wait_for(go); go = 1; }}
                task creator[{tasks}] {{ net = copy_net_ns(); if (!IS_ERR(net)) put_net(net); }}"
            )
        };
        for tasks in [3, 100] {
            for protocol in ["rfc2007", "linux-2.6.24", "linux-5.3"] {
                walk(&text(tasks), protocol);
            }
        }
    }

    #[test]
    fn bits_are_counted_from_the_lowest() {
        let tasks = Tasks::from_bits(0b1010_0100);
        let all: Vec<_> = (0..tasks.len()).map(|k| tasks.nth(k)).collect();
        assert_eq!(all, [2, 5, 7]);
        assert!(tasks.contains(5) && !tasks.contains(4) && !tasks.contains(70));
        assert_eq!(tasks.least(), Some(2));
        assert!(Tasks::from_bits(0).is_empty());
    }
}
