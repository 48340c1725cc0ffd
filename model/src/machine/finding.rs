//! What the machine finds by itself, as a sanitizer would: each with a name, and why it exists.

use alloc::string::String;

macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $why:literal;)+) => {
        /// A kind of error that the machine sees.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Kind { $($(#[doc = $doc])+ $variant,)+ }

        impl Kind {
            /// All of them, in the order in which they are listed.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that `breaks` uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Why it is looked for.
            #[must_use]
            pub const fn why(self) -> &'static str {
                match self { $(Self::$variant => $why,)+ }
            }
        }
    };
}

findings! {
    /// Memory that was given back is touched.
    UseAfterFree = "use_after_free", "freed memory may already belong to somebody else";
    /// `kfree` of what is freed.
    DoubleFree = "double_free", "the allocator's lists are corrupted by a second kfree";
    /// A link added twice, deleted twice, or to nowhere.
    ListCorruption = "list_corruption", "list_add of a linked node and list_del of an unlinked one destroy the list around them";
    /// A walk goes on from what is not on the list, or uses the head as an element.
    BadCursor = "bad_cursor", "a cursor off its list walks into memory that is no element";
    /// A field of `NULL`.
    NullDeref = "null_deref", "the kernel oopses on an access through NULL";
    /// A callback that is absent is called.
    NullCall = "null_call", "the kernel jumps to address 0";
    /// An index past the end of an array.
    OutOfBounds = "out_of_bounds", "the access goes to a neighbour's memory";
    /// A field that the object does not have, or an integer used as an object.
    WildAccess = "wild_access", "the memory is that of another type, as after the reuse of a slot id";
    /// A local is read before its first assignment.
    Uninitialised = "uninitialised", "what it holds is whatever was on the stack";
    /// A count raised from 0, or lowered below it.
    Refcount = "refcount", "a count that hit 0 has promised that nobody holds the object";
    /// A lock released by a task that does not hold it.
    BadUnlock = "bad_unlock", "only the holder may unlock";
    /// An integer needs more than 31 bits.
    Overflow = "overflow", "the machine's integers have 31 bits";
    /// A sleeping verb under a spinlock or in an RCU read section.
    SleepInAtomic = "sleep_in_atomic", "a task may not sleep while it spins or reads under RCU";
    /// A statement inside `atomic` cannot go on.
    BlocksInAtomic = "blocks_in_atomic", "an atomic block is one step and cannot stop half way";
    /// A task ends and holds a lock.
    LockHeldAtEnd = "lock_held_at_end", "nobody can ever release it";
    /// More than 16 calls deep.
    StackOverflow = "stack_overflow", "the kernel's stack is small";
    /// More than 10,000 instructions between two steps.
    EndlessStep = "endless_step", "a loop without a shared access never lets another task run";
    /// `assert` failed.
    Assert = "assert", "the text itself said that it cannot be";
    /// A cycle that a fair scheduler can stay in.
    Livelock = "livelock", "tasks run forever and get nowhere";
}

/// An error that the machine saw, and why it is one, in the reader's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The name that `breaks` uses: of a machine finding, a judge, or a condition's label.
    pub name: String,
    /// What happened.
    pub why: String,
    /// The instruction at which it was seen, if at one.
    pub pc: Option<u32>,
}
