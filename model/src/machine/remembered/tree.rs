//! Questions and their answers: all that were ever put, and, close together, those that lead different ways.

use crate::machine::fingerprint::keys;
use crate::machine::program::TaskId;
use alloc::vec;
use alloc::vec::Vec;

/// There is none.
const NONE: u32 = u32::MAX;

/// Not a turn but an end: its number follows.
const END: u32 = 1 << 31;

/// Where one goes on.
#[derive(Clone, Copy)]
pub enum Way<'a> {
    /// Here several answers are known, or the question is for the picks.
    Turn(&'a Turn),
    /// What was asked for is this.
    End(u32),
    /// It is not known.
    Nowhere,
}

/// A question with one of its answers.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// What is asked.
    pub what: u32,
    value: u32,
    /// Where the same question stands with another answer, or [`NONE`].
    other: u32,
    /// Where one goes on if this is the answer: a turn, or an end.
    next: u32,
}

/// A question with one of its answers, also where it is the only one. If it is right, the next one stands behind it.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// What is asked; [`NONE`]: nothing, here it ends.
    what: u32,
    value: u32,
    /// The same question with another answer, or [`NONE`].
    other: u32,
    /// Its own turn, if it is one; else that of the next node that is, or the end.
    next: u32,
}

/// Where the questions for a task at a position begin.
#[derive(Clone, Copy, Debug)]
struct Trunk {
    task: TaskId,
    position: u32,
    /// Its first node, or [`NONE`]: there is no root.
    node: u32,
    /// The first turn, or the end.
    next: u32,
    /// The cells that turns ask for, or most of them: where they begin and end in [`Tree::telling`].
    telling: (u32, u32),
    /// What may still be lost before it is not asked for a while.
    patience: u8,
    /// How long that is the next time: 2 to this power steps.
    nap: u8,
    /// It is not asked for so many steps.
    asleep: u32,
}

const NO_TRUNK: Trunk = Trunk {
    task: 0,
    position: 0,
    node: NONE,
    next: NONE,
    telling: (0, 0),
    patience: PATIENCE,
    nap: SHORTEST_NAP,
    asleep: 0,
};

/// So many cells are looked at at once before a root is asked step by step; and so many times as many at most.
const TELLING: usize = 8;
const MOST_TELLING: usize = 2;

/// How much each of them counts.
const WEIGHTS: [u64; TELLING] = keys(4);

/// A step that is not known costs as much as so many that are known spare.
const LOSS: u8 = 4;

/// So much may be lost with a root before it is not asked for a while; for how many steps then, the first time, and at most: 2 to
/// this power.
const PATIENCE: u8 = 128;
const SHORTEST_NAP: u8 = 8;
const LONGEST_NAP: u8 = 16;

/// Where questions led lately is remembered for so many values of the cells that tell them apart, at first and at most.
const FEWEST_RECENT: usize = 1 << 8;
const MOST_RECENT: usize = 1 << 14;

/// Where questions led lately.
#[derive(Clone, Copy, Debug)]
struct Recent {
    /// What tells the cells apart from others at the same place, most of the time.
    tag: u32,
    /// The end.
    next: u32,
}

/// Trees of questions, one for each task and position.
#[derive(Debug, Default)]
pub struct Tree {
    /// A table that is half full at most.
    roots: Vec<Trunk>,
    filled: usize,
    turns: Vec<Turn>,
    nodes: Vec<Node>,
    telling: Vec<[u32; TELLING]>,
    recent: Vec<Recent>,
    /// How often something was forgotten for something else since there are so many.
    forgotten: usize,
}

/// What there is for a task at a position.
pub enum Asked {
    /// These questions.
    Of(Root),
    /// Not yet anything.
    New,
    /// Nothing that it would pay to ask.
    Never,
}

/// The questions for a task at a position.
#[derive(Clone, Copy)]
pub struct Root {
    root: u32,
    place: usize,
    tag: u32,
}

impl Tree {
    /// How many questions there are.
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The questions for a task at a position, with what the cells say of them at a glance.
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
    pub fn ask(&mut self, task: TaskId, position: u32, cells: &[u32]) -> Asked {
        if self.roots.is_empty() {
            return Asked::New;
        }
        let root = self.place(task, position);
        let Trunk { node, telling, asleep, .. } = self.roots[root];
        if node == NONE {
            return Asked::New;
        }
        if asleep > 0 {
            self.roots[root].asleep -= 1;
            return Asked::Never;
        }
        let mut sum = u64::from(telling.0) << 32 | root as u64;
        for told in &self.telling[telling.0 as usize..telling.1 as usize] {
            for (&cell, weight) in told.iter().zip(WEIGHTS) {
                sum = sum.wrapping_add(u64::from(cells[cell as usize]).wrapping_mul(weight));
            }
            sum = sum.rotate_left(32);
        }
        let sum = sum.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Asked::Of(Root { root: root as u32, place: (sum >> 40) as usize, tag: (sum >> 8) as u32 })
    }

    /// Where they led lately, from cells like these: an end, which must be looked at.
    #[inline]
    pub fn guess(&self, asked: Root) -> Way<'_> {
        match self.recent.get(asked.place & self.recent.len().wrapping_sub(1)) {
            Some(recent) if recent.tag == asked.tag => self.way(recent.next),
            _ => Way::Nowhere,
        }
    }

    /// Where they begin.
    #[inline]
    pub fn begin(&self, asked: Root) -> Way<'_> {
        self.way(self.roots[asked.root as usize].next)
    }

    /// They led to this end.
    pub fn led(&mut self, asked: Root, end: u32) {
        if self.forgotten >= self.recent.len() && self.recent.len() < MOST_RECENT {
            let more = (4 * self.recent.len()).max(FEWEST_RECENT);
            self.recent = vec![Recent { tag: 0, next: NONE }; more];
            self.forgotten = 0;
        }
        let place = asked.place & (self.recent.len() - 1);
        let recent = &mut self.recent[place];
        self.forgotten += usize::from(recent.next != NONE);
        *recent = Recent { tag: asked.tag, next: END | end };
    }

    /// A step was known.
    #[inline]
    pub fn knew(&mut self, asked: Root) {
        let trunk = &mut self.roots[asked.root as usize];
        trunk.patience = (trunk.patience + 1).min(PATIENCE);
    }

    /// A step was not known.
    pub fn did_not_know(&mut self, asked: Root) {
        let trunk = &mut self.roots[asked.root as usize];
        trunk.patience = trunk.patience.saturating_sub(LOSS);
        if trunk.patience == 0 {
            trunk.patience = PATIENCE;
            trunk.asleep = 1 << trunk.nap;
            trunk.nap = (trunk.nap + 1).min(LONGEST_NAP);
        }
    }

    #[inline]
    fn way(&self, next: u32) -> Way<'_> {
        match self.turns.get(next as usize) {
            Some(turn) => Way::Turn(turn),
            None if next == NONE => Way::Nowhere,
            None => Way::End(next & !END),
        }
    }

    /// Where one goes on from a question that has this answer. Counts the answers that are looked through.
    #[inline]
    pub fn follow<'a>(&'a self, mut turn: &'a Turn, value: u32, others: &mut usize) -> Way<'a> {
        while turn.value != value {
            *others += 1;
            match self.turns.get(turn.other as usize) {
                Some(other) => turn = other,
                None => return Way::Nowhere,
            }
        }
        self.way(turn.next)
    }

    /// Puts questions with their answers, which lead to this end. Those from [`END`] on are for the picks:
    /// they always become turns, and `ask` says what stands there for the one at a place, without [`END`].
    ///
    /// # Panics
    /// If the next question after the same answers is not the same.
    pub fn insert(
        &mut self,
        task: TaskId,
        position: u32,
        questions: &[(u32, u32)],
        end: u32,
        mut ask: impl FnMut(usize) -> u32,
    ) {
        if 2 * self.filled >= self.roots.len() {
            self.grow();
        }
        let root = self.place(task, position);
        if self.roots[root].node == NONE {
            let node = self.append(questions, 0, end, &mut ask);
            self.filled += 1;
            let next = self.nodes[node as usize].next;
            self.roots[root] = Trunk { task, position, node, next, ..NO_TRUNK };
            return;
        }
        let mut at = self.roots[root].node as usize;
        for (done, &(what, value)) in questions.iter().enumerate() {
            loop {
                let node = self.nodes[at];
                assert_eq!(node.what, what, "what a step looks at is a function of what it has seen");
                if node.value == value {
                    break;
                }
                if node.other == NONE {
                    let turn = self.turn_at(at, root);
                    let other = self.append(questions, done, end, &mut ask);
                    self.turns[turn as usize].other = self.turn_at(other as usize, root);
                    self.nodes[at].other = other;
                    self.tell(root, what);
                    return;
                }
                at = node.other as usize;
            }
            at += 1;
        }
    }

    /// Puts nodes behind all others for the questions behind the first ones, and says where they stand.
    fn append(
        &mut self,
        questions: &[(u32, u32)],
        known: usize,
        end: u32,
        ask: &mut impl FnMut(usize) -> u32,
    ) -> u32 {
        let first = self.nodes.len();
        let new = questions[known..].iter();
        self.nodes.extend(new.map(|&(what, value)| Node { what, value, other: NONE, next: NONE }));
        let mut next = END | end;
        self.nodes.push(Node { what: NONE, value: 0, other: NONE, next });
        for at in (known..questions.len()).rev() {
            let (what, value) = questions[at];
            if what >= END {
                next = self.put_turn(END | ask(at), value, next);
            }
            self.nodes[first + at - known].next = next;
        }
        number(first)
    }

    /// A cell of a root is one to look at from now on.
    fn tell(&mut self, root: usize, cell: u32) {
        let Trunk { node, telling: (first, end), .. } = self.roots[root];
        let telling = self.telling[first as usize..end as usize].as_flattened();
        if cell >= END || telling.contains(&cell) {
            return;
        }
        // What fills up is the first question's cell: that is where the task stands, of which the root knows.
        let same = self.nodes[node as usize].what;
        let free = telling.iter().position(|&cell| cell == same).unwrap_or(telling.len());
        if free == MOST_TELLING * TELLING {
            return;
        }
        let first = self.telling.len();
        self.telling.extend_from_within(self.roots[root].telling.0 as usize..end as usize);
        if free / TELLING == self.telling.len() - first {
            self.telling.push([same; TELLING]);
        }
        self.telling[first + free / TELLING][free % TELLING] = cell;
        self.roots[root].telling = (number(first), number(self.telling.len()));
    }

    fn put_turn(&mut self, what: u32, value: u32, next: u32) -> u32 {
        self.turns.push(Turn { what, value, other: NONE, next });
        number(self.turns.len() - 1)
    }

    /// The turn of a node, which becomes one if it is none.
    fn turn_at(&mut self, at: usize, root: usize) -> u32 {
        let Node { what, value, next: old, .. } = self.nodes[at];
        let behind = self.nodes[at + 1].next;
        if old != behind {
            return old;
        }
        let turn = self.put_turn(what, value, old);
        // Whatever led past it leads to it.
        for before in (0..=at).rev() {
            let node = &mut self.nodes[before];
            if node.what == NONE {
                break;
            }
            if node.next != old {
                let earlier = node.next as usize;
                self.turns[earlier].next = turn;
                return turn;
            }
            node.next = turn;
        }
        if self.roots[root].next == old {
            self.roots[root].next = turn;
        }
        turn
    }

    /// Where the root of a task at a position stands, or would.
    #[inline]
    fn place(&self, task: TaskId, position: u32) -> usize {
        let key = (u64::from(task) << 32 | u64::from(position)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mask = self.roots.len() - 1;
        let mut at = (key >> 32) as usize & mask;
        loop {
            let root = &self.roots[at];
            if root.node == NONE || root.task == task && root.position == position {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let doubled = vec![NO_TRUNK; (2 * self.roots.len()).max(64)];
        for root in core::mem::replace(&mut self.roots, doubled) {
            if root.node != NONE {
                let place = self.place(root.task, root.position);
                self.roots[place] = root;
            }
        }
    }
}

/// A number below [`END`].
fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer than there may be")
}
