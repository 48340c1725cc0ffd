//! The listing of `show`: source lines beside instructions, steps marked.

use crate::footprint::{Footprints, Why};
use crate::machine::code::{Arg, Args, NOWHERE, Op, Operand, Pair, Pc, Slot};
use crate::machine::program::Function;
use crate::machine::verbs::VERBS;
use crate::machine::{Program, World};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

/// The listing of a program. A `*` marks an instruction that begins a step, a `~` one whose step is a mover, and behind it
/// stands why; inside `atomic` a `|` marks an access that begins none.
#[must_use]
pub fn listing(program: &Program) -> String {
    let mut text = String::new();
    let world = World::unbooted(program);
    let footprints = Footprints::of(program);
    for function in &program.functions {
        list_function(&world, &footprints, function, &mut text);
    }
    text
}

/// Why a step is a mover, or what keeps it from being one.
fn remark(world: &World<'_>, footprints: &Footprints, pc: Pc) -> String {
    let (lock, shared) = match footprints.why(pc) {
        Why::Unreached => return "nobody comes here".to_string(),
        Why::Invisible => return "nobody else sees it".to_string(),
        Why::Lock(lock) => return format!("under {}", world.describe(lock)),
        Why::Own(None) => return "if its objects are its own".to_string(),
        Why::Own(Some(lock)) => {
            return format!("under {}, if its objects are its own", world.describe(lock));
        }
        Why::Shared(lock, shared) => (lock, footprints.names(world.program(), shared)),
    };
    let shown = shared[..shared.len().min(3)].join(", ");
    let more = if shared.len() > 3 { ", ..." } else { "" };
    match lock {
        Some(lock) => format!("under {}, but for {shown}{more}", world.describe(lock)),
        None => format!("shares {shown}{more}"),
    }
}

fn list_function(world: &World<'_>, footprints: &Footprints, function: &Function, text: &mut String) {
    let program = world.program();
    let names = Namer { world, program, function };
    let steps = (function.entry..function.end).filter(|&pc| program.code[pc as usize].access).count();
    let instructions = (function.end - function.entry) as usize;
    let s = if instructions == 1 { "" } else { "s" };
    let es = if steps == 1 { "" } else { "es" };
    let _ = writeln!(text, "{}: {instructions} instruction{s}, {steps} access{es}", function.name);
    let mut last = None;
    for pc in function.entry..function.end {
        let span = program.spans[pc as usize];
        let at = (span.file, program.sources.position(span).0);
        if last != Some(at) && span.hi > 0 {
            let _ = writeln!(
                text,
                "  {}:{}: {}",
                program.sources.file(span.file).name,
                at.1,
                program.sources.line(span)
            );
        }
        last = Some(at);
        let instr = program.code[pc as usize];
        let begins = instr.access && !footprints.is_inside(pc);
        let mark = match (instr.access, begins) {
            (true, true) if matches!(footprints.why(pc), Why::Invisible | Why::Lock(_)) => '~',
            (true, true) if matches!(footprints.why(pc), Why::Own(_)) => '?',
            (true, true) => '*',
            (true, false) => '|',
            _ => ' ',
        };
        let line = format!("    {mark} {pc:4}  {}", names.op(instr.op));
        let remark = if begins { remark(world, footprints, pc) } else { String::new() };
        let _ = writeln!(text, "{}", format!("{line:<64}  {remark}").trim_end());
    }
    text.push('\n');
}

struct Namer<'p> {
    /// Not booted: it only names constants.
    world: &'p World<'p>,
    program: &'p Program,
    function: &'p Function,
}

impl Namer<'_> {
    fn slot(&self, slot: Slot) -> String {
        if slot == NOWHERE {
            return "_".to_string();
        }
        match self.function.slots.get(usize::from(slot).wrapping_sub(1)) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("%{slot}"),
        }
    }

    fn arg(&self, arg: Arg) -> String {
        match arg.what() {
            Operand::Slot(slot) => self.slot(slot),
            Operand::Field(at) => {
                let (slot, field) = self.program.field_operands[usize::from(at)];
                format!("{}.{}", self.slot(slot), self.field(field))
            }
            Operand::Constant(constant) => self.world.describe(self.program.constants[usize::from(constant)]),
        }
    }

    fn args(&self, args: Args) -> String {
        let args: Vec<String> = self.program.operands[usize::from(args.at)..][..usize::from(args.len)]
            .iter()
            .map(|&arg| self.arg(arg))
            .collect();
        args.join(", ")
    }

    fn pair(&self, verb: u8, args: Pair) -> String {
        let taken = [args.0, args.1].into_iter().take(VERBS[usize::from(verb)].params.len());
        taken.map(|arg| self.arg(arg)).collect::<Vec<_>>().join(", ")
    }

    fn field(&self, field: u16) -> &str {
        &self.program.field_names[usize::from(field)]
    }

    fn global(&self, cell: u32) -> String {
        let found = self.program.globals.iter().rev().find(|global| global.address <= cell);
        found.map_or_else(|| format!("cell {cell}"), |global| global.name.clone())
    }

    fn array(&self, array: u16) -> String {
        self.global(self.program.arrays[usize::from(array)].address)
    }

    fn op(&self, op: Op) -> String {
        match op {
            Op::Done => "done".to_string(),
            Op::Step => "step".to_string(),
            Op::Move { dst, src } => format!("{} = {}", self.slot(dst), self.arg(src)),
            Op::Binary { op, dst, a, b } => {
                format!("{} = {} {} {}", self.slot(dst), self.arg(a), op.sign(), self.arg(b))
            }
            Op::Not { dst, a } => format!("{} = !{}", self.slot(dst), self.arg(a)),
            Op::Neg { dst, a } => format!("{} = -{}", self.slot(dst), self.arg(a)),
            Op::IsErr { dst, a } => format!("{} = IS_ERR({})", self.slot(dst), self.arg(a)),
            Op::Entry { dst, a } => format!("{} = entry({})", self.slot(dst), self.arg(a)),
            Op::Me { dst } => format!("{} = me", self.slot(dst)),
            Op::Jump { to } => format!("goto {to}"),
            Op::Unless { cond, to } => format!("unless {} goto {to}", self.arg(cond)),
            Op::When { cond, to } => format!("if {} goto {to}", self.arg(cond)),
            Op::UnlessCmp { op, a, b, to } => {
                format!("unless {} {} {} goto {to}", self.arg(a), op.sign(), self.arg(b))
            }
            Op::Call { func, dst, args, .. } => {
                format!(
                    "{} = {}({})",
                    self.slot(dst),
                    self.program.functions[usize::from(func)].name,
                    self.args(args)
                )
            }
            Op::CallWork { work, .. } => format!("run {}", self.arg(work)),
            Op::CallRcu { func, object, .. } => format!("run {}({})", self.arg(func), self.arg(object)),
            Op::Return { src } => format!("return {}", self.arg(src)),
            Op::Callback { dst, object, callback, args, .. } => format!(
                "{} = enter {}.{}({})",
                self.slot(dst),
                self.arg(object),
                self.program.callback_names[usize::from(callback)],
                self.args(args)
            ),
            Op::Present { dst, object, callback } => {
                let name = &self.program.callback_names[usize::from(callback)];
                format!("{} = has {}.{name}", self.slot(dst), self.arg(object))
            }
            Op::Load { dst, object, field } => {
                format!("{} = {}.{}", self.slot(dst), self.arg(object), self.field(field))
            }
            Op::Store { object, field, src } => {
                format!("{}.{} = {}", self.arg(object), self.field(field), self.arg(src))
            }
            Op::LoadElement { dst, object, field, index } => {
                format!(
                    "{} = {}.{}[{}]",
                    self.slot(dst),
                    self.arg(object),
                    self.field(field),
                    self.arg(index)
                )
            }
            Op::StoreElement { object, field, index, src } => {
                format!("{}.{}[{}] = {}", self.arg(object), self.field(field), self.arg(index), self.arg(src))
            }
            Op::LoadGlobal { dst, cell } => format!("{} = {}", self.slot(dst), self.global(cell)),
            Op::StoreGlobal { cell, src } => format!("{} = {}", self.global(cell), self.arg(src)),
            Op::LoadArray { dst, array, index } => {
                format!("{} = {}[{}]", self.slot(dst), self.array(array), self.arg(index))
            }
            Op::StoreArray { array, index, src } => {
                format!("{}[{}] = {}", self.array(array), self.arg(index), self.arg(src))
            }
            Op::ElementAddress { dst, array, index } => {
                format!("{} = &{}[{}]", self.slot(dst), self.array(array), self.arg(index))
            }
            Op::FieldAddress { dst, object, field } => {
                format!("{} = &{}.{}", self.slot(dst), self.arg(object), self.field(field))
            }
            Op::InitLocalList { slot, .. } => format!("LIST_HEAD({})", self.slot(slot)),
            Op::LocalList { dst, slot } => format!("{} = &{}", self.slot(dst), self.slot(slot)),
            Op::DropLocalList { slot } => format!("drop {}", self.slot(slot)),
            Op::Walk { cursor, head, from, reverse, to } => {
                let way = if reverse { "prev" } else { "next" };
                format!(
                    "{} = {way} of {} in {}, at the head goto {to}",
                    self.slot(cursor),
                    self.arg(from),
                    self.arg(head)
                )
            }
            Op::Verb { verb, dst, args, .. } => {
                format!("{} = {}({})", self.slot(dst), VERBS[usize::from(verb)].name, self.pair(verb, args))
            }
            Op::Resume { verb, dst, .. } => {
                format!("{} = go on in {}", self.slot(dst), VERBS[usize::from(verb)].name)
            }
            Op::WaitFor { .. } => "wait_for".to_string(),
            Op::May { to, .. } => format!("may, or else goto {to}"),
            Op::AtomicEnd => "end of atomic".to_string(),
            Op::Assert { src } => format!("assert {}", self.arg(src)),
            Op::TakeWork { dst, queue } => format!("{} = next work of {}", self.slot(dst), self.arg(queue)),
            Op::TakeRcu { object, func } => {
                format!("{}, {} = oldest RCU callback", self.slot(object), self.slot(func))
            }
            Op::FinishRcu => "the RCU callback is over".to_string(),
        }
    }
}
