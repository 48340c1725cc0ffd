//! A compiled question: code and tables. Nothing here changes while it runs.

use super::code::{Arg, Instr, Pc, Slot, Stand};
use super::layout::Layout;
use super::pure::Pure;
use super::value::{PlaceType, Value};
use crate::judge::known::Known;
use crate::lang::ast::ConditionKind;
use crate::lang::source::{SourceMap, Span};
use alloc::string::String;
use alloc::vec::Vec;

/// The index of a task.
pub type TaskId = u32;

/// The kinds of place that every program has, in this order, before those of its structs' objects.
pub const FIXED_PLACES: [Place; 4] = [Place::Nothing, Place::Function, Place::StructName, Place::Task];

impl PlaceType {
    /// [`Place::Nothing`]: of an integer, and of a plain variable.
    pub const NOTHING: Self = Self(0);
    /// [`Place::Function`]
    pub const FUNCTION: Self = Self(1);
    /// [`Place::StructName`]
    pub const STRUCT_NAME: Self = Self(2);
    /// [`Place::Task`]
    pub const TASK: Self = Self(3);
}

/// The kind of place of the first struct's objects; those of the others follow.
pub const FIRST_OBJECT: u16 = 4;

/// What stands at a kind of address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(
    missing_docs,
    reason = "`strukt`: an index of the program's structs; `offset`: cells from the object's first"
)]
pub enum Place {
    /// An integer or an unset local: no place.
    Nothing,
    /// A function; the address is its index.
    Function,
    /// The name of a struct, for `kzalloc`; the address is its index.
    StructName,
    /// A task; the address is its index.
    Task,
    /// An object of a struct.
    Object(u16),
    /// A link of a struct at this offset from the object's first cell.
    Link { strukt: u16, offset: u16 },
    /// The head of a list of a struct's link.
    Head { strukt: u16, offset: u16 },
    /// A lock or another thing that verbs work on, at this offset inside its object; a global's is 0.
    Thing { thing: Thing, offset: u16 },
}

/// What verbs work on, besides lists and objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the word of the language that it names")]
pub enum Thing {
    Mutex,
    Rwsem,
    Spinlock,
    Refcount,
    Ida,
    Idr,
    Work,
    Workqueue,
}

/// What a cell or a run of cells of an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldKind {
    /// An integer or a pointer.
    Plain,
    /// A plain field of static objects that no text ever writes: reading it is no step.
    Constant,
    /// Anything that only its address is taken of: the kind of that address.
    Address(PlaceType),
    /// A callback; the index of the callback's name.
    Callback(u16),
}

/// One field of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name, an index of [`Program::field_names`].
    pub name: u16,
    /// What it is.
    pub kind: FieldKind,
    /// From the object's first cell; of a dynamic array: from the end of the fixed part, in arrays.
    pub offset: u16,
    /// Cells of one element.
    pub size: u16,
    /// `None`: no array; `Some(None)`: as long as `kzalloc` said; `Some(Some(n))`: n elements.
    pub array: Option<Option<u16>>,
}

/// A struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Struct {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Cells of the fixed part, the ledger's included.
    pub size: u32,
    /// Where the judges' ledger begins, of `net` and `ops`.
    pub ledger: u32,
    /// The first values of a new object's fixed part: 0 but for list heads (see `heads`) and works.
    pub template: Vec<(u32, Value)>,
    /// Offsets of list heads, which begin as empty lists.
    pub heads: Vec<(u32, PlaceType)>,
    /// How many dynamic arrays it has.
    pub dynamic: u16,
}

/// What a callback of a static object does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallbackBody {
    /// There is none: NULL.
    Absent,
    /// It is there and does nothing.
    Empty,
    /// It runs this function.
    Function(u16),
}

/// A static object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaticObject {
    /// Its name, with its index if it is an element of an array.
    pub name: String,
    /// Its struct.
    pub strukt: u16,
    /// Its first cell.
    pub address: u32,
    /// By callback name.
    pub callbacks: Vec<CallbackBody>,
    /// Its number among the static objects of struct `ops`, if it is one.
    pub ops: Option<u16>,
}

/// A global array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GlobalArray {
    /// First cell.
    pub address: u32,
    /// Elements.
    pub len: u32,
    /// Cells of one.
    pub stride: u32,
    /// What stands there; `Nothing` (0) for integers and pointers.
    pub ty: PlaceType,
}

/// A named global, for reports and conditions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// Its first cell.
    pub address: u32,
    /// What stands there; 0 for integers and pointers.
    pub ty: PlaceType,
    /// From the scenario?
    pub scenario: bool,
}

/// The contract's functions, which the judges watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the function that it names")]
pub enum Contract {
    RegisterSubsys,
    RegisterDevice,
    UnregisterSubsys,
    UnregisterDevice,
    CopyNetNs,
    GetNet,
    PutNet,
}

/// A compiled function, callback or task body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name: `setup_net`, `veth.init`, `modprobe`.
    pub name: String,
    /// First instruction.
    pub entry: Pc,
    /// One past its last.
    pub end: Pc,
    /// How many parameters; of a callback the object comes before them, unseen.
    pub params: u16,
    /// Cells of its frame, the return word included.
    pub frame: u16,
    /// Which function of the contract it is.
    pub contract: Option<Contract>,
    /// Which callback it is a body of.
    pub callback: Option<u16>,
    /// The names of its slots from 1 on; temporaries have none.
    pub slots: Vec<String>,
}

/// One task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// Its name, with its index if it is one of many.
    pub name: String,
    /// Its body.
    pub func: u16,
    /// `me`, if it is one of many.
    pub me: Option<u32>,
    /// A worker or the task `rcu`: done when idle.
    pub worker: bool,
    /// The task that runs boot: the last one, done before the first step.
    pub boot: bool,
}

/// A condition of the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// Which of the four.
    pub kind: ConditionKind,
    /// Its label, or the word itself.
    pub name: String,
    /// As written.
    pub text: String,
    /// What is evaluated.
    pub expr: Pure,
    /// Where it stands.
    pub span: Span,
}

/// What can fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultSite {
    /// `may`, or the verb.
    pub what: String,
    /// May it fail under the scenario's `faults` line?
    pub selected: bool,
    /// Where it stands.
    pub span: Span,
}

/// Which struct, list and global play the roles that the judges look for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roles {
    /// Struct `ops`.
    pub ops: u16,
    /// Struct `net`.
    pub net: u16,
    /// The kind of link that `pernet_list` is made of.
    pub ops_link: Option<PlaceType>,
    /// The kind of link that `net_list` is made of.
    pub net_link: Option<PlaceType>,
    /// The head `pernet_list`.
    pub pernet_list: Option<Value>,
    /// The head `net_list`.
    pub net_list: Option<Value>,
    /// The cell of `first_device`.
    pub first_device: Option<u32>,
    /// Callback names, as indices of [`Program::callback_names`].
    pub init: Option<u16>,
    /// `exit`
    pub exit: Option<u16>,
    /// `exit_batch`
    pub exit_batch: Option<u16>,
    /// The mutex `rtnl_mutex`.
    pub rtnl_mutex: Option<Value>,
}

/// What a callback of an ops is to the judges: by its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// `init`
    Init,
    /// `pre_exit`: doors are shut.
    PreExit,
    /// `exit_rtnl` and `exit_batch_rtnl`: what has to go under rtnl.
    Rtnl,
    /// `exit`
    Exit,
    /// `exit_batch`
    Batch,
    /// Any other: the registry never calls it, somebody outside does.
    Door,
}

impl Part {
    /// The part that a callback of this name is.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "init" => Self::Init,
            "pre_exit" => Self::PreExit,
            "exit_rtnl" | "exit_batch_rtnl" => Self::Rtnl,
            "exit" => Self::Exit,
            "exit_batch" => Self::Batch,
            _ => Self::Door,
        }
    }

    /// Is it one of the phases in which a namespace is taken down?
    #[must_use]
    pub const fn takes_down(self) -> bool {
        !matches!(self, Self::Init | Self::Door)
    }
}

/// Where the judges find what they look at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judged {
    /// The kind of place of an ops.
    pub ops: PlaceType,
    /// The kind of place of a net.
    pub net: PlaceType,
    /// From an ops to its word.
    pub ops_ledger: u32,
    /// From a net to its bits.
    pub net_ledger: u32,
    /// From an ops to its link of `pernet_list`.
    pub ops_link: Option<u32>,
    /// From a net to its link of `net_list`.
    pub net_link: Option<u32>,
    /// The first cells of static ops, by number.
    pub ops_at: Vec<u32>,
    /// Of each callback name: what it is, if it is an ops' callback.
    pub parts: Vec<Part>,
    /// Do namespaces remember how far they have been taken down?
    pub phases: bool,
    /// Which parts some ops has, in order.
    pub present: Vec<Part>,
    /// What they find by name besides.
    pub known: Known,
}

/// A range of virtual time, in nanoseconds, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TimeRange {
    /// Shortest.
    pub lo: u64,
    /// Longest.
    pub hi: u64,
}

/// A compiled question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// All texts.
    pub sources: SourceMap,
    /// The protocol's name.
    pub protocol: String,
    /// The instructions. 0 is [`super::code::Op::Done`].
    pub code: Vec<Instr>,
    /// What is to be known where a task stands before each instruction.
    pub stands: Vec<Stand>,
    /// The text behind each instruction.
    pub spans: Vec<Span>,
    /// The function of each instruction.
    pub function_of: Vec<u16>,
    /// Operands of calls.
    pub operands: Vec<Arg>,
    /// Operands that are the address of a field: the object's slot, the field's name.
    pub field_operands: Vec<(Slot, u16)>,
    /// Slots that die, referred to by [`Instr::dead`].
    pub dead_slots: Vec<Slot>,
    /// Constants.
    pub constants: Vec<Value>,
    /// Pure expressions of `wait_for`.
    pub waits: Vec<Pure>,
    /// Functions.
    pub functions: Vec<Function>,
    /// Structs.
    pub structs: Vec<Struct>,
    /// Names of fields, of all structs.
    pub field_names: Vec<String>,
    /// Names of callbacks, of all structs.
    pub callback_names: Vec<String>,
    /// For each struct and field name, the field's index + 1, or 0.
    pub field_table: Vec<u16>,
    /// For each struct and field name: what its address is, if verbs work on it, and its offset; else `Nothing`.
    pub field_addresses: Vec<(PlaceType, u16)>,
    /// Kinds of place.
    pub places: Vec<Place>,
    /// Global arrays.
    pub arrays: Vec<GlobalArray>,
    /// Globals.
    pub globals: Vec<Global>,
    /// The scenario's `net` lines: names and cells.
    pub handles: Vec<(String, u32)>,
    /// Static objects of struct `net`: their first cells.
    pub static_nets: Vec<u32>,
    /// Tasks that have a heap.
    pub allocating: Vec<TaskId>,
    /// Does any text allocate?
    pub allocates: bool,
    /// Static objects, by address.
    pub objects: Vec<StaticObject>,
    /// Static objects of struct `ops`, as indices of `objects`.
    pub ops: Vec<u16>,
    /// Tasks: the scenario's, then the workers, then `rcu`.
    pub tasks: Vec<Task>,
    /// Conditions.
    pub conditions: Vec<Condition>,
    /// Which slots of which functions a condition reads.
    pub watched: Vec<(u16, Slot)>,
    /// How many faults one schedule may have.
    pub faults: u32,
    /// Where they may be.
    pub sites: Vec<FaultSite>,
    /// First values of cells before boot; all others are 0.
    pub initial: Vec<(u32, Value)>,
    /// Cells outside the segments that hold values or links.
    pub value_cells: Vec<u32>,
    /// Addresses of locks outside the heap.
    pub static_locks: Vec<Value>,
    /// Are there locks in objects on the heap?
    pub heap_locks: bool,
    /// How many classes of locks and works the judges tell apart: see [`crate::judge::orders`].
    pub locks: usize,
    /// The struct without fields that `kzalloc` of a number of bytes gives.
    pub bytes: u16,
    /// For each kind of place: the struct that a thing or link of that kind stands in.
    pub place_struct: Vec<Option<u16>>,
    /// What the judges look for.
    pub roles: Roles,
    /// Where they find it.
    pub judged: Judged,
    /// Function run before the first step: the protocol's boot, `net` lines, the scenario's boot.
    pub boot: Option<u16>,
    /// How long things last, by name: verb, callback, `ops.callback`, task, work.
    pub times: Vec<(String, TimeRange)>,
    /// Where everything stands in memory.
    pub layout: Layout,
}

impl Program {
    /// How many tasks there are. Their numbers begin with 0.
    #[must_use]
    pub fn task_count(&self) -> TaskId {
        TaskId::try_from(self.tasks.len()).expect("fewer tasks than cells")
    }

    /// What stands at a kind of address.
    #[inline]
    #[must_use]
    pub fn place(&self, ty: PlaceType) -> Place {
        self.places[usize::from(ty.0)]
    }

    /// The field of a struct with this name, if it has one.
    #[inline]
    #[must_use]
    pub fn field(&self, strukt: u16, name: u16) -> Option<&Field> {
        match self.field_table[usize::from(strukt) * self.field_names.len() + usize::from(name)] {
            0 => None,
            at => Some(&self.structs[usize::from(strukt)].fields[usize::from(at - 1)]),
        }
    }

    /// The static object at an address, if one begins there.
    #[inline]
    #[must_use]
    pub fn object_at(&self, address: u32) -> Option<&StaticObject> {
        let index = *self.layout.object_at.get(address as usize)?;
        if index == 0 { None } else { Some(&self.objects[usize::from(index) - 1]) }
    }

    /// The function that an instruction belongs to; none for the one that ended tasks stand at.
    #[must_use]
    pub fn function_at(&self, pc: Pc) -> Option<&Function> {
        if pc == 0 { None } else { self.functions.get(usize::from(self.function_of[pc as usize])) }
    }

    /// The struct that things of a kind stand in, if they stand in objects.
    #[must_use]
    pub fn thing_object(&self, ty: PlaceType) -> Option<u16> {
        self.place_struct[usize::from(ty.0)]
    }

    /// The kind of place of the link at an offset of a struct.
    #[must_use]
    pub fn link_at(&self, strukt: u16, offset: u16) -> Option<PlaceType> {
        self.structs[usize::from(strukt)].fields.iter().find_map(|field| match field.kind {
            FieldKind::Address(ty) if field.offset == offset => {
                matches!(self.place(ty), Place::Link { .. }).then_some(ty)
            }
            _ => None,
        })
    }

    /// The kind of place that an object of a struct is.
    #[inline]
    #[must_use]
    pub fn object_type(&self, strukt: u16) -> PlaceType {
        PlaceType(FIRST_OBJECT + strukt)
    }
}
