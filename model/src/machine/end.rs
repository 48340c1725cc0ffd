//! The end of a schedule: is everybody done, is everything given back, and did what must hold at the end hold?

use super::code::Op;
use super::finding::Finding;
use super::program::{FieldKind, Place, TaskId, Thing};
use super::status::Status;
use super::value::Value;
use super::world::{LIVE, World};
use crate::lang::ast::ConditionKind;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl World<'_> {
    /// Is `always` met and `never` not, in this state?
    ///
    /// # Errors
    /// The first condition that is broken.
    pub fn check(&self) -> Result<(), Finding> {
        for condition in &self.program.conditions {
            let broken = match condition.kind {
                ConditionKind::Always => condition.expr.truth(self) == Some(false),
                ConditionKind::Never => condition.expr.truth(self) == Some(true),
                ConditionKind::Sometimes | ConditionKind::Finally => false,
            };
            if broken {
                let why = match condition.kind {
                    ConditionKind::Always => format!("`{}` does not hold here", condition.text),
                    _ => format!("`{}` holds here", condition.text),
                };
                return Err(Finding { name: condition.name.clone(), why, pc: None });
            }
        }
        Ok(())
    }

    /// Is a condition true in this state?
    #[must_use]
    pub fn holds(&self, condition: usize) -> bool {
        self.program.conditions[condition].expr.truth(self) == Some(true)
    }

    /// Judges the end of a schedule: to be asked when no task is enabled.
    ///
    /// # Errors
    /// A deadlock, a leak, or a `finally` that does not hold.
    pub fn end(&self) -> Result<(), Finding> {
        let stuck: Vec<TaskId> =
            (0..self.tasks()).filter(|&task| self.status(task) == Status::Blocked).collect();
        if !stuck.is_empty() {
            let whys: Vec<String> = stuck.iter().map(|&task| self.why_blocked(task)).collect();
            let pc = self.position(stuck[0]).0;
            return Err(Finding { name: "deadlock".to_string(), why: whys.join("; "), pc: Some(pc) });
        }
        if self.program.layout.words.changing.is_some()
            && let Some(why) = self.leaked()
        {
            return Err(Finding { name: "leak".to_string(), why, pc: None });
        }
        if self.judged()
            && let Some(finding) = self.judge_end()
        {
            return Err(finding);
        }
        for condition in &self.program.conditions {
            if condition.kind == ConditionKind::Finally && condition.expr.truth(self) != Some(true) {
                let why = format!("`{}` does not hold at the end", condition.text);
                return Err(Finding { name: condition.name.clone(), why, pc: None });
            }
        }
        Ok(())
    }

    /// What a task waits for that stands before a lock or a condition, even if it could go on just now: `rmmod waits for
    /// rtnl_mutex`. Nothing, if it is done or stands elsewhere.
    #[must_use]
    pub fn waits_for(&self, task: TaskId) -> Option<String> {
        let (pc, frame) = self.position(task);
        let name = self.task_name(task);
        if matches!(self.status(task), Status::Idle | Status::Done) {
            return None;
        }
        match self.program.code[pc as usize].op {
            Op::Verb { args, .. } | Op::Resume { args, .. } => {
                let lock = self.arg(frame, args.0);
                let thing = self.thing(lock.ty())?;
                matches!(thing, Thing::Mutex | Thing::Spinlock | Thing::Rwsem)
                    .then(|| format!("{name} waits for {}", self.describe(lock)))
            }
            Op::WaitFor { .. } => Some(format!(
                "{name} waits at `{}`",
                self.program.sources.text(self.program.spans[pc as usize])
            )),
            _ => None,
        }
    }

    fn why_blocked(&self, task: TaskId) -> String {
        let name = self.task_name(task);
        let (pc, frame) = self.position(task);
        let lock = match self.program.code[pc as usize].op {
            Op::Verb { args, .. } | Op::Resume { args, .. } => self.arg(frame, args.0),
            _ => Value::NULL,
        };
        let thing = self.thing(lock.ty());
        let holder = match thing {
            Some(Thing::Mutex | Thing::Spinlock | Thing::Rwsem) => self.word(lock.address()).checked_sub(1),
            _ => None,
        };
        match holder {
            Some(holder) if holder == task => {
                format!("{name} waits for {}, which it holds itself", self.describe(lock))
            }
            Some(holder) => {
                format!("{name} waits for {}, which {} holds", self.describe(lock), self.task_name(holder))
            }
            None if thing == Some(Thing::Rwsem) => {
                format!(
                    "{name} waits for {}, {}",
                    self.describe(lock),
                    super::verbs::rwsem::why_not_free(self, lock)
                )
            }
            None => {
                format!("{name} waits at `{}`", self.program.sources.text(self.program.spans[pc as usize]))
            }
        }
    }

    /// An object on the heap that nothing reaches.
    fn leaked(&self) -> Option<String> {
        // Most schedules end with nothing allocated.
        let mut live = false;
        for &task in &self.program.allocating {
            self.each_object(task, |_, header| live |= header.status == LIVE);
        }
        if !live {
            return None;
        }
        let mut reached = BTreeSet::new();
        let mut open = self.roots();
        while let Some(value) = open.pop() {
            let Some(object) = self.heap_object(value) else { continue };
            if reached.insert(object) {
                self.each_reference(object, |value| open.push(value));
            }
        }
        let mut lost = None;
        for task in 0..self.tasks() {
            self.each_object(task, |object, header| {
                if header.status == LIVE && lost.is_none() && !reached.contains(&object) {
                    lost = Some(self.object(header.strukt, object));
                }
            });
        }
        lost.map(|object| {
            let strukt = match self.program.place(object.ty()) {
                Place::Object(strukt) => self.program.structs[usize::from(strukt)].name.as_str(),
                _ => "object",
            };
            format!(
                "nothing reaches {} (struct {strukt}) any more, and it was not freed",
                self.describe(object)
            )
        })
    }

    /// Everything that is reached without going through an object on the heap.
    fn roots(&self) -> Vec<Value> {
        let mut roots: Vec<Value> = self.program.value_cells.iter().map(|&cell| self.get(cell)).collect();
        if let Some(queue) = self.program.layout.words.rcu {
            let size = super::layout::RCU_ENTRY + self.program.layout.task_set;
            roots.extend((0..self.word(queue)).map(|entry| self.get(queue + 1 + entry * size)));
        }
        for (task, row) in (0..).zip(&self.program.tasks) {
            let stack = self.segment(task).stack;
            let watched = self.program.watched.iter().filter(|(func, _)| *func == row.func);
            roots.extend(watched.map(|&(_, slot)| self.get(stack + u32::from(slot))));
        }
        roots
    }

    /// The object on the heap that a value points into.
    fn heap_object(&self, value: Value) -> Option<u32> {
        if !value.is_place() || !self.is_dynamic(value.address()) {
            return None;
        }
        match self.program.place(value.ty()) {
            Place::Object(_) => Some(value.address()),
            Place::Link { offset, .. } => Some(value.address() - u32::from(offset)),
            Place::Thing { offset, .. } if self.program.thing_object(value.ty()).is_some() => {
                Some(value.address() - u32::from(offset))
            }
            Place::Head { .. } => self.object_around(value.address()),
            _ => None,
        }
    }

    fn each_reference(&self, object: u32, mut f: impl FnMut(Value)) {
        let header = self.header(object);
        if header.status != LIVE {
            return;
        }
        let strukt = &self.program.structs[usize::from(header.strukt)];
        for field in &strukt.fields {
            let (first, len) = match field.array {
                None => (u32::from(field.offset), 1),
                Some(Some(len)) => (u32::from(field.offset), u32::from(len)),
                Some(None) => (strukt.size + u32::from(field.offset) * header.len, header.len),
            };
            let cells = match field.kind {
                FieldKind::Plain | FieldKind::Constant => 1,
                FieldKind::Address(ty) => match self.program.place(ty) {
                    Place::Link { .. } | Place::Head { .. } => 2,
                    Place::Thing { thing: Thing::Work, .. } => 2,
                    Place::Thing { thing: Thing::Idr, .. } => u32::from(field.size),
                    _ => 0,
                },
                FieldKind::Callback(_) => 0,
            };
            for element in 0..len {
                for cell in 0..cells {
                    f(self.get(object + first + element * u32::from(field.size) + cell));
                }
            }
        }
    }
}
