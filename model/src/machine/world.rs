//! The memory of one run, and the only way to read and change it.

use super::code::{Operand, Pair, Pc};
use super::event::{Picks, Watch};
use super::finding::{Finding, Kind};
use super::layout::{Room, Segment};
use super::memory::Memory;
use super::program::{Function, Place, Program, TaskId, Thing};
use super::remembered::Remembered;
use super::value::{PlaceType, Value};
use super::verbs::Call;
use crate::judge::Broken;
use crate::judge::orders::Orders;
use crate::lang::diagnostic::Diagnostic;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Why a step did not come to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// Something is wrong: the schedule ends here.
    Finding(Finding),
    /// The world was laid out too small. Compile again with this room and repeat: the same picks give the same run.
    Room(Room),
}

/// Why a world could not be booted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BootError {
    /// The text cannot be booted: boot blocks.
    Diagnostic(Box<Diagnostic>),
    /// Something is wrong already in boot.
    Stop(Stop),
}

/// A [`Stop`] on its way out of a step: boxed, since results are returned at every access and stops are rare.
pub(crate) type Halt = Box<Stop>;

impl Stop {
    #[cold]
    pub(crate) fn room(room: Room) -> Halt {
        Box::new(Self::Room(room))
    }
}

impl From<Stop> for BootError {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// The state of one run.
#[derive(Clone, Debug)]
pub struct World<'p> {
    pub(crate) program: &'p Program,
    pub(crate) cells: Memory,
    /// What a judge saw in the running step: the first in the order of the invariants.
    pub(crate) broken: Option<Broken>,
    /// What judges saw before a task's first step, in the world as it was booted.
    pub(crate) at_start: Vec<(TaskId, Finding)>,
    /// The instruction and frame of the verb that runs.
    pub(crate) now: (Pc, u32),
    /// What each count of namespaces was after boot, besides those that there were. Empty: there was none on `net_list`, and
    /// nothing had been counted yet.
    pub(crate) at_first: Vec<i64>,
    /// In which orders locks were taken so far, in whatever states; collected where there are several.
    pub(crate) orders: Option<Box<Orders>>,
    /// The steps that were taken since boot, for those who do not look inside.
    pub(super) remembered: Option<Box<Remembered>>,
}

/// A header's status of an object on the heap.
pub(crate) const LIVE: u32 = 1;
pub(crate) const FREED: u32 = 2;

/// An object's header: its status, struct and length of its arrays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub status: u32,
    pub strukt: u16,
    pub len: u32,
}

impl Header {
    pub const fn pack(self) -> u32 {
        self.status | (self.strukt as u32) << 2 | self.len << 12
    }
    #[allow(clippy::cast_possible_truncation, reason = "10 bits")]
    pub const fn unpack(word: u32) -> Self {
        Self { status: word & 3, strukt: (word >> 2 & 0x3ff) as u16, len: word >> 12 }
    }
}

/// Position words hold an instruction, a frame and, in return words, whether the frame runs inside `atomic`.
pub(crate) const PC_BITS: u32 = 19;
pub(crate) const FRAME_BITS: u32 = 12;
pub(crate) const INHERITED: u32 = 1 << 31;

#[inline]
pub(crate) const fn unpack(word: u32) -> (Pc, u32) {
    (word & ((1 << PC_BITS) - 1), word >> PC_BITS & ((1 << FRAME_BITS) - 1))
}

#[inline]
pub(crate) const fn pack(pc: Pc, frame: u32) -> u32 {
    pc | frame << PC_BITS
}

impl<'p> World<'p> {
    /// A world with everything at its first value, before boot.
    pub(crate) fn unbooted(program: &'p Program) -> Self {
        Self {
            program,
            cells: Memory::new(program.layout.cells as usize),
            broken: None,
            at_start: Vec::new(),
            now: (0, 0),
            orders: None,
            remembered: None,
            at_first: Vec::new(),
        }
    }

    /// The program that runs in it.
    #[must_use]
    pub const fn program(&self) -> &'p Program {
        self.program
    }

    /// Its memory. Of one program, equal states are equal cells.
    #[must_use]
    #[inline]
    pub fn cells(&self) -> &[u32] {
        self.cells.all()
    }

    /// Goes to a state of the same program.
    ///
    /// # Panics
    /// If `cells` is not as long as [`Self::cells`].
    #[inline]
    pub fn restore(&mut self, cells: &[u32]) {
        self.cells.copy_from(cells);
        self.broken = None;
    }

    /// From now on it is remembered what is written.
    #[inline]
    pub fn mark(&mut self) {
        self.cells.mark();
    }

    /// Goes back to the state where it was marked, whose cells are `before`.
    ///
    /// # Panics
    /// If `before` is not as long as [`Self::cells`].
    #[inline]
    pub fn take_back(&mut self, before: &[u32]) {
        self.cells.take_back(before);
        self.broken = None;
    }

    #[inline]
    pub(crate) fn get(&self, cell: u32) -> Value {
        Value(self.cells[cell as usize])
    }

    #[inline]
    pub(crate) fn set(&mut self, cell: u32, value: Value) {
        self.cells[cell as usize] = value.0;
    }

    #[inline]
    pub(crate) fn word(&self, cell: u32) -> u32 {
        self.cells[cell as usize]
    }

    #[inline]
    pub(crate) fn segment(&self, task: TaskId) -> Segment {
        self.program.layout.segments[task as usize]
    }

    /// Where a task stands: its instruction and the first cell of its frame.
    #[inline]
    pub(crate) fn position(&self, task: TaskId) -> (Pc, u32) {
        let segment = self.segment(task);
        let (pc, frame) = unpack(self.cells[segment.base as usize]);
        (pc, segment.stack + frame)
    }

    #[inline(always)]
    pub(crate) fn arg(&self, frame: u32, arg: super::code::Arg) -> Value {
        match arg.what() {
            Operand::Slot(slot) => self.get(frame + u32::from(slot)),
            Operand::Constant(constant) => self.program.constants[usize::from(constant)],
            Operand::Field(at) => self.field_operand(frame, at),
        }
    }

    #[cold]
    fn field_operand(&self, frame: u32, at: u16) -> Value {
        let (slot, field) = self.program.field_operands[usize::from(at)];
        self.field_address(self.get(frame + u32::from(slot)), field).unwrap_or(Value::NULL)
    }

    /// The call that a verb's instruction makes.
    #[inline]
    pub(crate) fn call(&self, task: TaskId, frame: u32, dst: u16, args: Pair, site: u16) -> Call {
        Call {
            task,
            args: [self.arg(frame, args.0), self.arg(frame, args.1)],
            scratch: frame + u32::from(dst),
            site,
        }
    }

    /// May a fault still happen at a site?
    pub(crate) fn may_fail(&self, site: u16) -> bool {
        self.program.layout.words.faults.is_some_and(|budget| self.word(budget) > 0)
            && self.program.sites.get(usize::from(site)).is_some_and(|site| site.selected)
    }

    /// How many faults may still happen.
    #[inline]
    pub(crate) fn faults_left(&self) -> u32 {
        self.program.layout.words.faults.map_or(0, |budget| self.word(budget))
    }

    /// One fault happened without a pick.
    pub(crate) fn spend_fault(&mut self) {
        if let Some(budget) = self.program.layout.words.faults {
            self.cells[budget as usize] -= 1;
        }
    }

    /// A finding of the machine.
    #[cold]
    pub(crate) fn found(&self, kind: Kind, why: String) -> Halt {
        Box::new(Stop::Finding(Finding { name: kind.name().to_string(), why, pc: None }))
    }

    /// An object's header on the heap.
    pub(crate) fn header(&self, object: u32) -> Header {
        Header::unpack(self.word(object - 1))
    }

    /// Is it on the heap, or on a stack?
    #[inline]
    pub(crate) fn is_dynamic(&self, address: u32) -> bool {
        // A static object without cells may stand where the first segment begins; a position word has no address.
        address > self.program.layout.fixed
    }

    /// The functions that a task is in, the innermost first, each with the first cell of its frame.
    pub(crate) fn frames(
        &self,
        task: TaskId,
        pc: Pc,
        frame: u32,
    ) -> impl Iterator<Item = (&'p Function, u32)> {
        let (program, stack) = (self.program, self.segment(task).stack);
        let mut at = Some((pc, frame));
        core::iter::from_fn(move || {
            let (pc, frame) = at?;
            let (caller, back) = unpack(self.word(frame));
            at = (frame != stack).then_some((caller, stack + back));
            Some((program.function_at(pc)?, frame))
        })
    }

    /// Sees to it that what stands at a place is not freed.
    #[inline]
    pub(crate) fn touch(&self, value: Value) -> Result<(), Halt> {
        if self.is_dynamic(value.address()) { self.touch_dynamic(value) } else { Ok(()) }
    }

    fn touch_dynamic(&self, value: Value) -> Result<(), Halt> {
        let object = match self.program.place(value.ty()) {
            Place::Object(_) => value.address(),
            Place::Link { offset, .. } | Place::Thing { offset, .. } => value.address() - u32::from(offset),
            Place::Head { .. } => match self.object_around(value.address()) {
                Some(object) => object,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        if self.header(object).status == FREED {
            return Err(self.found(
                Kind::UseAfterFree,
                format!("{} is touched after it was freed", self.describe(value)),
            ));
        }
        Ok(())
    }

    /// The object on the heap that an address lies in.
    pub(crate) fn object_around(&self, address: u32) -> Option<u32> {
        let task = self.program.layout.owner(address)?;
        let mut found = None;
        self.each_object(task, |object, _| {
            if object <= address {
                found = Some(object);
            }
        });
        found.filter(|_| address >= self.segment(task).heap)
    }

    /// Calls `f` with each object that a task has allocated, in order: its first cell and its header.
    pub(crate) fn each_object(&self, task: TaskId, mut f: impl FnMut(u32, Header)) {
        let segment = self.segment(task);
        if segment.heap == segment.end {
            return;
        }
        let (mut at, used) = (segment.heap + 1, segment.heap + 1 + self.word(segment.heap));
        while at < used {
            let header = Header::unpack(self.word(at));
            f(at + 1, header);
            at += 1 + self.object_size(header);
        }
    }

    /// Cells of an object, without its header.
    pub(crate) fn object_size(&self, header: Header) -> u32 {
        let strukt = &self.program.structs[usize::from(header.strukt)];
        strukt.size + u32::from(strukt.dynamic) * header.len
    }

    /// The value of an object's first cell.
    pub(crate) fn object(&self, strukt: u16, address: u32) -> Value {
        Value::place(self.program.object_type(strukt), address)
    }

    /// The object that a link stands in.
    #[inline]
    pub(crate) fn entry(&self, position: Value) -> Value {
        match self.program.place(position.ty()) {
            Place::Link { strukt, offset } => self.object(strukt, position.address() - u32::from(offset)),
            _ => position,
        }
    }

    /// Takes one step of a task, which must be enabled.
    ///
    /// # Errors
    /// A finding, of the machine or of a judge; or a need for more room.
    #[inline(always)]
    pub fn step<W: Watch>(&mut self, task: TaskId, picks: &mut dyn Picks, watch: &mut W) -> Result<(), Stop> {
        if W::SEES || self.remembered.is_none() {
            self.run(task, picks, watch, true)?;
        } else {
            self.take_known(task, picks)?;
        }
        if self.at_start.is_empty() { Ok(()) } else { self.wrong_at_start(task) }
    }

    #[cold]
    fn wrong_at_start(&self, task: TaskId) -> Result<(), Stop> {
        match self.at_start.iter().find(|(at, _)| *at == task) {
            None => Ok(()),
            Some((_, finding)) => Err(Stop::Finding(finding.clone())),
        }
    }

    /// What tells this state from others of the same program.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        super::fingerprint::of(self.cells.all())
    }

    /// 64 bits that stand for the state: unlike the fingerprint they are in reports, so they never change.
    #[must_use]
    pub fn digest(&self) -> u64 {
        super::digest::of(self.cells.all())
    }

    /// The fingerprint, from what was written since the mark: there the cells were `before`, with this fingerprint. `see` is told
    /// of each cell that is not as it was then, and what it is now.
    #[must_use]
    #[inline]
    pub fn fingerprint_from(&self, before: &[u32], fingerprint: u128, see: impl FnMut(usize, u32)) -> u128 {
        super::fingerprint::changed(fingerprint, before, self.cells.all(), self.cells.written(), see)
    }

    /// A number for where all tasks stand: their instructions and frames, without what the memory holds.
    #[must_use]
    pub fn places(&self) -> u64 {
        let mut at = 0_u64;
        for segment in &self.program.layout.segments {
            at = (at ^ u64::from(self.word(segment.base))).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            at ^= at >> 29;
        }
        at
    }

    /// A thing's kind, if the place is one.
    pub(crate) fn thing(&self, ty: PlaceType) -> Option<Thing> {
        match self.program.place(ty) {
            Place::Thing { thing, .. } => Some(thing),
            _ => None,
        }
    }
}
