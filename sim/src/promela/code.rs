//! The code of one task: every call inlined, one instruction for each shared access and each piece of local work.

/// A register of a task.
pub type Reg = u16;

/// An operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Val {
    Reg(Reg),
    Num(i64),
    /// The address of a field of the object in a register.
    At(Reg, i64),
}

impl Val {
    pub fn reg(self) -> Option<Reg> {
        match self {
            Self::Reg(reg) | Self::At(reg, _) => Some(reg),
            Self::Num(_) => None,
        }
    }
}

/// A place in the code that is not known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(pub usize);

/// What an instruction does.
#[derive(Clone, Debug)]
pub enum Op {
    /// Statements of Promela.
    Do(String),
    /// Goes on if this holds, and jumps otherwise.
    Branch(String, Label),
    Jump(Label),
    /// A pick, if the site may fail at all; jumps if it does not happen.
    May(bool, Label),
    /// The first of two steps: if the condition holds it does the one and skips the second step, else the other.
    Arrive {
        free: String,
        now: String,
        wait: String,
    },
    AtomicEnd,
    /// A frame begins: its registers are unset.
    Enter(Vec<Reg>),
    /// The task is over.
    Gone,
}

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instr {
    pub op: Op,
    /// A shared access: where a task can stand.
    pub access: bool,
    /// Does it stand inside `atomic`, here or in a caller?
    pub atomic: bool,
    /// When it can go on, if not always.
    pub ready: Option<String>,
    /// The same for `blocked(t)`: a waiter that could only be killed is blocked.
    pub unblocked: Option<String>,
    /// Is a worker that stands here and cannot go on idle?
    pub idle: bool,
    pub reads: Vec<Reg>,
    pub writes: Vec<Reg>,
    /// File and line.
    pub place: String,
}

/// A register that is never cleared inside a range of instructions.
#[derive(Clone, Copy, Debug)]
pub struct Pin {
    pub from: usize,
    pub to: usize,
    pub reg: Reg,
}

/// A task's code, finished.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub instrs: Vec<Instr>,
    pub labels: Vec<usize>,
    pub pins: Vec<Pin>,
    pub regs: Reg,
    /// How many objects it may allocate.
    pub slots: usize,
}

impl Code {
    pub fn at(&self, label: Label) -> usize {
        self.labels[label.0]
    }

    /// The instructions that may come behind one.
    pub fn next(&self, at: usize) -> Vec<usize> {
        match &self.instrs[at].op {
            Op::Do(_) | Op::AtomicEnd | Op::Enter(_) => vec![at + 1],
            Op::Branch(_, to) => vec![at + 1, self.at(*to)],
            Op::May(true, to) => vec![at + 1, self.at(*to)],
            Op::May(false, to) => vec![at + 1, self.at(*to)],
            Op::Jump(to) => vec![self.at(*to)],
            Op::Arrive { .. } => vec![at + 1, at + 2],
            Op::Gone => Vec::new(),
        }
    }

    /// Which registers may still be read, before each instruction.
    pub fn live(&self) -> Vec<Vec<bool>> {
        let regs = usize::from(self.regs);
        let mut pinned = vec![vec![false; regs]; self.instrs.len()];
        for pin in &self.pins {
            for row in &mut pinned[pin.from..pin.to] {
                row[usize::from(pin.reg)] = true;
            }
        }
        let mut live = pinned.clone();
        loop {
            let mut changed = false;
            for at in (0..self.instrs.len()).rev() {
                let mut now = vec![false; regs];
                for next in self.next(at) {
                    now.iter_mut().zip(&live[next]).for_each(|(mine, theirs)| *mine |= theirs);
                }
                let instr = &self.instrs[at];
                if let Op::Enter(regs) = &instr.op {
                    regs.iter().for_each(|&reg| now[usize::from(reg)] = false);
                }
                instr.writes.iter().for_each(|&reg| now[usize::from(reg)] = false);
                instr.reads.iter().for_each(|&reg| now[usize::from(reg)] = true);
                now.iter_mut().zip(&pinned[at]).for_each(|(mine, pin)| *mine |= pin);
                if now != live[at] {
                    live[at] = now;
                    changed = true;
                }
            }
            if !changed {
                return live;
            }
        }
    }
}
