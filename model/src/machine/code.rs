//! Instructions. A protocol is compiled to a flat list of them, shared by all tasks that run it.
//!
//! The boundary between steps stands on the instruction that *begins* a step ([`Instr::access`]): a task that has
//! stopped always stands before a shared access, so its position is a normal form.

/// An operand: a slot of the running frame, a constant, or, for verbs that never wait, the address of a field of the
/// object in a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arg(u16);

/// What an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A slot of the frame.
    Slot(Slot),
    /// An entry of the table of constants.
    Constant(u16),
    /// An entry of the table of fields: `x.list` where `x` is a local.
    Field(u16),
}

impl Arg {
    const CONSTANT: u16 = 1 << 15;
    const FIELD: u16 = 1 << 14;
    /// The most entries of each table.
    pub const MOST: usize = 1 << 14;

    /// The first constant, which is `NULL` in every program.
    pub const NONE: Self = Self::constant(0);

    /// A slot of the frame.
    #[must_use]
    pub const fn slot(slot: Slot) -> Self {
        Self(slot)
    }

    /// An entry of the table of constants.
    #[must_use]
    pub const fn constant(index: u16) -> Self {
        Self(index | Self::CONSTANT)
    }

    /// An entry of the table of fields.
    #[must_use]
    pub const fn field(index: u16) -> Self {
        Self(index | Self::FIELD)
    }

    /// What it is.
    #[inline]
    #[must_use]
    pub const fn what(self) -> Operand {
        if self.0 < Self::FIELD {
            Operand::Slot(self.0)
        } else if self.0 & Self::CONSTANT != 0 {
            Operand::Constant(self.0 & !Self::CONSTANT)
        } else {
            Operand::Field(self.0 & !Self::FIELD)
        }
    }
}

/// Where a result goes: a slot of the frame.
pub type Slot = u16;

/// A slot that swallows its value: results that nobody asked for.
pub const NOWHERE: Slot = u16::MAX;

/// The site of a verb at which nothing can fail.
pub const NO_SITE: u16 = u16::MAX;

/// The index of an instruction.
pub type Pc = u32;

/// Arithmetic and comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "C's")]
pub enum BinOp {
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
    Add,
    Sub,
    Mul,
    Max,
    Min,
}

impl BinOp {
    /// As it is written.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Gt => ">",
            Self::Le => "<=",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Max => "max",
            Self::Min => "min",
        }
    }
}

/// Operands of a call: a run of the program's table of operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Args {
    /// First.
    pub at: u16,
    /// How many.
    pub len: u16,
}

/// Operands of a verb: none takes more than two. One that it does not take is [`Arg::NONE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair(pub Arg, pub Arg);

/// One instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the operands are named in each line's comment")]
pub enum Op {
    /// The task has ended. Never executed.
    Done,
    /// A step that does nothing.
    Step,
    /// `dst = src`
    Move { dst: Slot, src: Arg },
    /// `dst = a op b`
    Binary { op: BinOp, dst: Slot, a: Arg, b: Arg },
    /// `dst = !a`
    Not { dst: Slot, a: Arg },
    /// `dst = -a`
    Neg { dst: Slot, a: Arg },
    /// `dst = IS_ERR(a)`
    IsErr { dst: Slot, a: Arg },
    /// `dst = me`
    Me { dst: Slot },
    /// goto
    Jump { to: Pc },
    /// goto, if `cond` is zero
    Unless { cond: Arg, to: Pc },
    /// goto, if `cond` is not zero
    When { cond: Arg, to: Pc },
    /// goto, if `a op b` is false
    UnlessCmp { op: BinOp, a: Arg, b: Arg, to: Pc },
    /// Calls a function. In calls, `frame` is the size of the caller's frame.
    Call { func: u16, dst: Slot, args: Args, frame: u16 },
    /// Calls the function that a work names, with its object.
    CallWork { work: Arg, frame: u16 },
    /// Calls the function of an RCU callback with its object.
    CallRcu { func: Arg, object: Arg, frame: u16 },
    /// Back to the caller.
    Return { src: Arg },
    /// Enters a callback of an object: a step.
    Callback { dst: Slot, object: Arg, callback: u16, args: Args, frame: u16 },
    /// `dst = object.callback`, asking for presence.
    Present { dst: Slot, object: Arg, callback: u16 },
    /// `dst = object.field`
    Load { dst: Slot, object: Arg, field: u16 },
    /// `object.field = src`
    Store { object: Arg, field: u16, src: Arg },
    /// `dst = object.field[index]`
    LoadElement { dst: Slot, object: Arg, field: u16, index: Arg },
    /// `object.field[index] = src`
    StoreElement { object: Arg, field: u16, index: Arg, src: Arg },
    /// `dst = global`
    LoadGlobal { dst: Slot, cell: u32 },
    /// `global = src`
    StoreGlobal { cell: u32, src: Arg },
    /// `dst = global[index]`; `array` names an entry of the table of arrays
    LoadArray { dst: Slot, array: u16, index: Arg },
    /// `global[index] = src`
    StoreArray { array: u16, index: Arg, src: Arg },
    /// `dst = entry(a)`: the object that a link stands in. No access.
    Entry { dst: Slot, a: Arg },
    /// The address of an element of a global array of objects, locks or lists. No access.
    ElementAddress { dst: Slot, array: u16, index: Arg },
    /// The address of a field. No access.
    FieldAddress { dst: Slot, object: Arg, field: u16 },
    /// Makes the list head in the frame an empty list. No access.
    InitLocalList { slot: Slot, ty: u16 },
    /// The address of the list head in the frame.
    LocalList { dst: Slot, slot: Slot },
    /// Takes the members of the local list out of it, at its function's end.
    DropLocalList { slot: Slot },
    /// One link of a walk: `cursor` becomes the object behind `from`, or the head, and then goto `to`.
    Walk { cursor: Slot, head: Arg, from: Arg, reverse: bool, to: Pc },
    /// A verb of the table.
    Verb { verb: u8, dst: Slot, args: Pair, site: u16 },
    /// The second step of a verb of the table: goes on when allowed.
    Resume { verb: u8, dst: Slot, args: Pair, site: u16 },
    /// `wait_for(expr)`: an entry of the table of pure expressions.
    WaitFor { expr: u16 },
    /// A pick: goes on, or, if it does not happen, goto `to`.
    May { site: u16, to: Pc },
    /// The end of an outermost `atomic` block.
    AtomicEnd,
    /// `assert(src)`
    Assert { src: Arg },
    /// A worker takes its next work: enabled when there is one.
    TakeWork { dst: Slot, queue: Arg },
    /// The task `rcu` takes the oldest callback, when its grace period is over.
    TakeRcu { object: Slot, func: Slot },
    /// An RCU callback is over: barriers wait for one less.
    FinishRcu,
}

/// Whether a task that stands before an instruction may have to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// It can always go on.
    Never,
    /// It can go on when this cell, a lock's, is 0.
    Lock(u32),
    /// It depends: the instruction is asked.
    Ask,
    /// The task has ended.
    Gone,
}

/// An instruction with what the machine needs to know about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instr {
    /// What it does.
    pub op: Op,
    /// Does it access shared state, and so begin a step?
    pub access: bool,
    /// Does it stand inside an `atomic` block of its function?
    pub atomic: bool,
    /// Of a verb of one step: does the end of an outermost `atomic` block follow? Then it is part of it.
    pub ends_atomic: bool,
    /// May a task have to wait before it? [`Stand::wait`] says for what.
    pub waits: bool,
    /// Of a verb: did its text not say that it is given what it takes?
    pub asks_kinds: bool,
}

/// What the machine needs to know about an instruction where a task stops or calls: apart, since it is rarely asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stand {
    /// May a task have to wait before it?
    pub wait: Wait,
    /// Slots that nobody reads from here on: cleared when a task stops here. A run of the program's table.
    pub dead: Args,
    /// Of a call: slots of the caller that nobody reads behind it, cleared when the function is entered.
    pub dying: Args,
}

impl Stand {
    /// Nothing waits, nothing dies.
    pub const PLAIN: Self =
        Self { wait: Wait::Never, dead: Args { at: 0, len: 0 }, dying: Args { at: 0, len: 0 } };
}
