//! A question as a complete model for SPIN: an oracle that shares neither the compiler nor the machine.
//!
//! It is translated from the syntax tree. Each task is a process that is one loop, and each place where a task can stand is
//! one of its alternatives: `atomic { pc == K && ready -> the access, and the local work up to the next one }`. Calls are
//! written out. So a state of the model is a state of the machine, and the numbers of both must be equal. Judges and
//! conditions are left out.

mod calls;
mod code;
mod coder;
mod declared;
mod exprs;
mod refuse;
mod segment;
mod stmts;
mod waits;
mod world;

use crate::question::{Loaded, Rejected};
use code::{Code, Op, Pin, Reg, Val};
use coder::{Coder, one_of};
use model::lang::ast::{Expr, ExprKind, Item, Stmt};
use model::lang::source::{FileId, Span};
use refuse::Refusal;
use segment::{Segment, position};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use world::{HANDLE, Meaning, Scope, UNSET, World};

const PRELUDE: &str = include_str!("prelude.pml");
/// States that SPIN counts beside ours: the one before boot.
pub const MORE_STATES: u64 = 1;
/// Sets of tasks are bits of 16.
const MAX_TASKS: usize = 15;
/// Text without a place.
const NOWHERE: Span = Span { file: FileId(u16::MAX), lo: 0, hi: 0 };

type Vars = BTreeMap<(usize, String), Reg>;

/// The model of a question.
///
/// # Errors
/// If the text cannot be compiled, or says what is not translated.
pub fn promela(loaded: &Loaded) -> Result<String, Rejected> {
    // Mistakes of the text are found by the compiler; what it makes is not looked at.
    loaded.compile_unjudged(&model::machine::Room::default())?;
    write(loaded).map_err(|refusal| loaded.rejected(refusal.into_diagnostic()))
}

fn write(loaded: &Loaded) -> Result<String, Refusal> {
    let unit = loaded.unit();
    let (parameters, values) = loaded.given();
    let world = World::read(&unit.protocol, &unit.scenario, values, parameters)?;
    let tasks = world.tasks.len() + world.queues.len() + 1;
    if tasks > MAX_TASKS {
        return Err(Refusal::size(None, &format!("{tasks} tasks, and {MAX_TASKS} are the most")));
    }
    // Once to learn where the variables of the tasks are, and once to use it.
    let mut vars = Vars::new();
    let mut cells = world.cells;
    for task in 0..world.tasks.len() {
        vars.extend(code_of_task(&world, loaded, task, &mut cells, &Vars::new(), &BTreeSet::new())?.1);
    }
    let watched = watched(&world, &unit.protocol, &unit.scenario);
    let mut cells = world.cells;
    let mut codes = Vec::new();
    for task in 0..world.tasks.len() {
        codes.push(code_of_task(&world, loaded, task, &mut cells, &vars, &watched)?.0);
    }
    for at in 0..world.queues.len() {
        codes.push(code_of_worker(&world, loaded, at, &mut cells, &vars)?);
    }
    codes.push(code_of_boot(&world, loaded, &mut cells, &vars)?);
    Text { world: &world, codes: &codes, cells, text: String::new() }.write(loaded)
}

/// The variables of tasks that some `wait_for` names.
fn watched(world: &World<'_>, protocol: &[Item], scenario: &[Item]) -> BTreeSet<(usize, String)> {
    let mut found = BTreeSet::new();
    let texts = [(Scope::Protocol, protocol), (Scope::Scenario, scenario)];
    for (scope, item) in texts.iter().flat_map(|(scope, items)| items.iter().map(move |item| (*scope, item)))
    {
        let waits = |expr: &&Expr| {
            matches!(&expr.kind, ExprKind::Call(callee, _)
                if matches!(&callee.kind, ExprKind::Name(name) if name == "wait_for"))
        };
        let stmts = item.bodies().flat_map(|body| body.block.walk());
        for expr in stmts.flat_map(Stmt::exprs).filter(waits).flat_map(Expr::walk) {
            let ExprKind::Field(of, name) = &expr.kind else { continue };
            let of = if let ExprKind::Index(array, _) = &of.kind { array } else { of };
            if let ExprKind::Name(task) = &of.kind
                && let Some(Meaning::Task { first, count }) = world.find(scope, task)
            {
                let all = *first..first + count.unwrap_or(1);
                found.extend(all.map(|task| (task, name.text.clone())));
            }
        }
    }
    found
}

fn code_of_task(
    world: &World<'_>,
    loaded: &Loaded,
    task: usize,
    cells: &mut usize,
    vars: &Vars,
    watched: &BTreeSet<(usize, String)>,
) -> Result<(Code, Vars), Refusal> {
    let before = *cells;
    for first_step in [false, true] {
        *cells = before;
        let mut coder = Coder::new(world, loaded.sources(), task, cells, vars, NOWHERE);
        let row = &world.tasks[task];
        let name = row.name.split('[').next().unwrap_or("");
        let mut frame = coder.frame(row.scope, name, row.me);
        if first_step {
            coder.access(&frame, "skip".to_string(), &[], None);
        }
        coder.body(&mut frame, &row.body.block)?;
        coder.land(&frame);
        coder.emit(&frame, Op::Gone, &[], None).access = true;
        let locals = frame.locals.into_iter().map(|(name, reg)| ((task, name), reg)).collect::<Vars>();
        let to = coder.code.instrs.len();
        let kept = locals.iter().filter(|(name, _)| watched.contains(name));
        coder.code.pins.extend(kept.map(|(_, &reg)| Pin { from: 0, to, reg }));
        let code = coder.finish()?;
        if first_step || !picks_first(&code) {
            return Ok((code, locals));
        }
    }
    unreachable!("the second time is the last")
}

/// Can it pick before its first access? Then it begins with a step.
fn picks_first(code: &Code) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if code.instrs[at].access || !seen.insert(at) {
            continue;
        }
        if let Op::May(..) = code.instrs[at].op {
            return true;
        }
        open.extend(code.next(at));
    }
    false
}

/// A worker takes the next work of its queue and runs it. The work is in its first register for as long as it runs.
fn code_of_worker(
    world: &World<'_>,
    loaded: &Loaded,
    at: usize,
    cells: &mut usize,
    vars: &Vars,
) -> Result<Code, Refusal> {
    let (name, queue) = &world.queues[at];
    let task = world.tasks.len() + at;
    let mut coder = Coder::new(world, loaded.sources(), task, cells, vars, NOWHERE);
    let frame = coder.frame(Scope::Protocol, name, None);
    let work = coder.temp();
    let top = coder.label();
    coder.bind(top);
    let (w, queue) = (coder.text(Val::Reg(work)), HANDLE + *queue as i64);
    let take = coder.access(&frame, format!("{w} = M({queue}); unlink({w}); M({w}) = 0"), &[], Some(work));
    take.ready = Some(format!("M({queue}) != {queue}"));
    take.idle = true;
    let from = coder.code.instrs.len();
    for row in &world.works {
        let other = coder.label();
        let (cond, object) = match &row.of {
            Ok(cell) => (one_of(&w, &[HANDLE + *cell as i64]), Val::Reg(work)),
            Err(field) => {
                let offset = world.offsets[field];
                let object = Val::At(work, -(offset as i64));
                (format!("M({w}+2) == {w}-{offset}"), object)
            }
        };
        coder.emit(&frame, Op::Branch(cond, other), &[Val::Reg(work)], None);
        let params = world.functions[row.function].params.len().min(1);
        coder.call(&frame, row.function, None, &[object][..params], None)?;
        coder.emit(&frame, Op::Jump(top), &[], None);
        coder.bind(other);
    }
    let to = coder.code.instrs.len();
    coder.code.pins.push(Pin { from, to, reg: work });
    coder.emit(&frame, Op::Do("assert(false)".to_string()), &[], None);
    coder.land(&frame);
    coder.emit(&frame, Op::Gone, &[], None).access = true;
    coder.finish()
}

/// The protocol's boot, the `net` lines, the scenario's boot.
fn code_of_boot(world: &World<'_>, loaded: &Loaded, cells: &mut usize, vars: &Vars) -> Result<Code, Refusal> {
    let task = world.tasks.len() + world.queues.len();
    let mut coder = Coder::new(world, loaded.sources(), task, cells, vars, NOWHERE);
    let frame = coder.frame(Scope::Protocol, "boot", None);
    let boots = |scope| world.boots.iter().filter(move |(of, _)| *of == scope).map(|&(_, function)| function);
    for function in boots(Scope::Protocol) {
        coder.call(&frame, function, None, &[], None)?;
    }
    if let Some(&Meaning::Function(create)) = world.find(Scope::Protocol, "copy_net_ns") {
        let net = coder.temp();
        for cell in &world.net_lines {
            coder.call(&frame, create, None, &[], Some(net))?;
            let text = format!("m[{cell}] = {}", coder.text(Val::Reg(net)));
            coder.access(&frame, text, &[Val::Reg(net)], None);
        }
    }
    for function in boots(Scope::Scenario) {
        coder.call(&frame, function, None, &[], None)?;
    }
    coder.land(&frame);
    coder.emit(&frame, Op::Gone, &[], None).access = true;
    coder.finish()
}

/// The model's text on its way.
struct Text<'w, 'a> {
    world: &'w World<'a>,
    codes: &'w [Code],
    cells: usize,
    text: String,
}

impl Text<'_, '_> {
    fn write(mut self, loaded: &Loaded) -> Result<String, Refusal> {
        let boot = self.codes.len() - 1;
        let live: Vec<Vec<Vec<bool>>> = self.codes.iter().map(Code::live).collect();
        let mut starts = Vec::new();
        let mut steps = Vec::new();
        for (task, code) in self.codes.iter().enumerate() {
            let (start, mut open) = Segment::new(task, code, &live[task], 0).write(true)?;
            starts.push(start);
            let mut done: BTreeMap<usize, String> = BTreeMap::new();
            while let Some(at) = open.pop_first() {
                if position(code, at) == 0 || done.contains_key(&at) {
                    continue;
                }
                let (text, reached) = Segment::new(task, code, &live[task], at).write(false)?;
                done.insert(at, text);
                open.extend(reached);
            }
            steps.push(done);
        }
        self.head(loaded);
        self.declarations();
        for (task, steps) in steps[..boot].iter().enumerate() {
            self.questions(task, steps);
        }
        for (task, steps) in steps[..boot].iter().enumerate() {
            self.process(task, steps);
        }
        self.init(&starts, &steps[boot]);
        Ok(self.text)
    }

    fn head(&mut self, loaded: &Loaded) {
        let _ = write!(
            self.text,
            "/* {} on {}\n * SPIN counts {MORE_STATES} state more than there are: the one before boot.\n * \
             spin -a model.pml && gcc -O2 -DNOREDUCE -DSAFETY -DVECTORSZ=16384 -o pan pan.c && ./pan -E -n -m1000000\n */\n",
            loaded.sources().file(FileId(0)).name,
            loaded.unit().name,
        );
    }

    fn slot(&self) -> usize {
        let sizes = self.world.structs.iter().map(|(name, _)| self.world.size(name));
        sizes.max().unwrap_or(1)
    }

    fn declarations(&mut self) {
        let (tasks, slot) = (self.codes.len(), self.slot());
        let _ = writeln!(self.text, "#define TASKS {tasks}\n#define SLOT {slot}");
        let mut at = self.cells;
        for (task, code) in self.codes.iter().enumerate() {
            let _ = writeln!(self.text, "#define BASE_{task} {at}\n#define SLOTS_{task} {}", code.slots);
            at += code.slots * slot;
        }
        let _ = writeln!(self.text, "short m[{}];", at + 1);
        for (task, code) in self.codes.iter().enumerate() {
            let _ = writeln!(self.text, "short r{task}[{}];", code.regs.max(1));
        }
        self.text += "short pc[TASKS];\nshort used[TASKS];\nshort before[TASKS];\nshort grace[TASKS];\nshort nest[TASKS];\nshort cancels[TASKS];\n";
        let cancels: Vec<_> = (0..tasks).map(|task| format!("cancels[{task}] == (w)")).collect();
        let _ = writeln!(self.text, "#define CANCELLED(w) ({})", cancels.join(" || "));
        self.text += "short readers;\nshort faults;\n";
        self.text += PRELUDE;
    }

    /// Is a task done, is it blocked?
    fn questions(&mut self, task: usize, steps: &BTreeMap<usize, String>) {
        let (mut done, mut blocked) = (vec![format!("pc[{task}] == 0")], Vec::new());
        for &at in steps.keys() {
            let instr = &self.codes[task].instrs[at];
            let here = format!("pc[{task}] == {}", position(&self.codes[task], at));
            if let (true, Some(ready)) = (instr.idle, &instr.ready) {
                done.push(format!("({here} && !({ready}))"));
            } else if let Some(ready) = &instr.unblocked {
                blocked.push(format!("({here} && !({ready}))"));
            }
        }
        if blocked.is_empty() {
            blocked.push("false".to_string());
        }
        let _ = writeln!(self.text, "#define DONE_{task} ({})", done.join(" || "));
        let _ = writeln!(self.text, "#define BLOCKED_{task} ({})", blocked.join(" || "));
    }

    fn name(&self, task: usize) -> String {
        let workers = self.world.tasks.len();
        match self.world.tasks.get(task) {
            Some(row) => row.name.clone(),
            None => self.world.queues[task - workers].0.clone(),
        }
    }

    fn process(&mut self, task: usize, steps: &BTreeMap<usize, String>) {
        if steps.is_empty() {
            return;
        }
        let name = self.name(task);
        let _ = writeln!(self.text, "\nactive proctype t{task}() {{ /* {name} */\nend:\n  do");
        for (&at, step) in steps {
            let instr = &self.codes[task].instrs[at];
            let ready = instr.ready.as_ref().map_or(String::new(), |ready| format!(" && ({ready})"));
            let position = position(&self.codes[task], at);
            let _ = writeln!(
                self.text,
                "  :: atomic {{ pc[{task}] == {position}{ready} -> /* {} */",
                instr.place
            );
            self.text += step;
            self.text += "    }\n";
        }
        self.text += "  od\n}\n";
    }

    fn init(&mut self, starts: &[String], steps: &BTreeMap<usize, String>) {
        let boot = self.codes.len() - 1;
        self.text += "\ninit {\n  atomic {\n";
        for (task, code) in self.codes.iter().enumerate() {
            for reg in 0..code.regs {
                let _ = writeln!(self.text, "    r{task}[{reg}] = {UNSET};");
            }
        }
        for (cell, value) in self.world.initial.iter().filter(|&(_, &value)| value != 0) {
            let _ = writeln!(self.text, "    m[{cell}] = {value};");
        }
        self.text += starts[boot].trim_end();
        self.text += ";\n    do\n";
        for (&at, step) in steps {
            let ready = &self.codes[boot].instrs[at].ready;
            let ready = ready.as_ref().map_or(String::new(), |ready| format!(" && ({ready})"));
            let _ = writeln!(self.text, "    :: pc[{boot}] == {}{ready} ->", position(&self.codes[boot], at));
            self.text += step;
        }
        let _ = writeln!(self.text, "    :: pc[{boot}] == 0 -> break\n    od;");
        for (_, queue) in &self.world.queues {
            let head = HANDLE + *queue as i64;
            let _ = writeln!(self.text, "    assert(M({head}) == {head});");
        }
        let _ = writeln!(self.text, "    faults = {};", self.world.budget);
        for start in &starts[..boot] {
            self.text += start.trim_end();
            self.text += ";\n";
        }
        self.text += "    skip\n  }\nend:\n  false\n}\n";
    }
}
