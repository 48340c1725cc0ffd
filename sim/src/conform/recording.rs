//! A recording: what a probe in a running kernel was told to do, and the callbacks that it wrote down.

use super::command::Line;
use model::lang::source::{SourceMap, Span};
use std::fmt::{self, Write as _};

/// One recording, read and understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// The file's name as reports show it.
    pub file: String,
    /// The kernel's version, and what else it says of itself.
    pub kernel: String,
    /// Which scenario.
    pub scenario: String,
    /// What it is about.
    pub title: String,
    /// The commands.
    pub input: Vec<Line>,
    /// What was written down, in order.
    pub events: Vec<Event>,
    /// Its text: one file.
    pub sources: SourceMap,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Its number in the recording.
    pub seq: i64,
    /// Whose.
    pub task: String,
    /// What happened.
    pub what: What,
    /// Where it stands.
    pub span: Span,
}

/// The callbacks of `pernet_operations`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the callback of that name")]
pub enum Phase {
    Init,
    PreExit,
    Exit,
    ExitBatch,
    ExitBatchRtnl,
    ExitRtnl,
}

impl Phase {
    /// Each with its name and its letter in `cb=` and `gate=`.
    pub const ALL: [(Self, &'static str, char); 6] = [
        (Self::Init, "init", 'i'),
        (Self::PreExit, "pre_exit", 'p'),
        (Self::Exit, "exit", 'e'),
        (Self::ExitBatch, "exit_batch", 'b'),
        (Self::ExitBatchRtnl, "exit_batch_rtnl", 'r'),
        (Self::ExitRtnl, "exit_rtnl", 'x'),
    ];

    /// The callback's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> char {
        Self::ALL[self as usize].2
    }

    /// The callback of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The callback of a letter.
    #[must_use]
    pub fn lettered(letter: char) -> Option<Self> {
        Self::ALL.iter().find(|row| row.2 == letter).map(|row| row.0)
    }

    /// Is it called once with a list of namespaces?
    #[must_use]
    pub const fn is_batch(self) -> bool {
        matches!(self, Self::ExitBatch | Self::ExitBatchRtnl)
    }
}

/// What was written down. What a probe leaves out is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A callback was entered.
    Callback(Entered),
    /// A command began.
    Call {
        /// Its text.
        cmd: String,
    },
    /// The function that a command called has returned.
    Ret {
        /// `register` or `unregister`.
        call: String,
        /// Of this ops.
        ops: String,
        /// The result.
        ret: i64,
        /// The id that the ops has now.
        id: Option<i64>,
    },
    /// A namespace was created.
    Created {
        /// By its name.
        name: String,
        /// And ordinal.
        net: i64,
    },
    /// A remark.
    Note {
        /// The remark.
        text: String,
    },
    /// A callback stands before its gate.
    GateWait(Gate),
    /// And goes on.
    GatePass(Gate),
    /// The namespaces on the kernel's list.
    Nets {
        /// In its order.
        nets: Vec<i64>,
    },
    /// The probe's ops on the kernel's list.
    Order {
        /// In its order, `|` before the first device.
        list: Vec<String>,
        /// The ops that `first_device` stands at.
        first_device: String,
    },
    /// No cleanup is pending.
    Settled {
        /// So many namespaces are alive.
        live: i64,
    },
}

/// A callback that was entered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entered {
    /// Which.
    pub phase: Phase,
    /// Of this ops.
    pub ops: String,
    /// Of its registration with this number.
    pub registration: Option<i64>,
    /// On this namespace, or on these.
    pub nets: Vec<i64>,
    /// How many the probe has counted.
    pub n: Option<i64>,
    /// What `init` returned.
    pub ret: Option<i64>,
    /// What it found in its slot.
    pub data: Option<String>,
    /// The slot's number.
    pub id: Option<i64>,
    /// How many slots the namespace had.
    pub genlen: Option<i64>,
}

/// A callback before its gate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gate {
    /// Of this ops.
    pub ops: String,
    /// The callback's letter.
    pub cb: Option<String>,
    /// On this namespace.
    pub net: Option<i64>,
}

impl What {
    /// Does its place among the events of other tasks mean something? Elsewhere only the order within its task does.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        !matches!(self, Self::Ret { .. } | Self::Created { .. } | Self::Note { .. })
    }

    /// In words, with all that tells it from another that has the same words otherwise.
    #[must_use]
    pub fn detailed(&self) -> String {
        let mut text = self.to_string();
        let mut add = |what: &str, value: Option<i64>| {
            if let Some(value) = value {
                let _ = write!(text, ", {what} {value}");
            }
        };
        match self {
            Self::Callback(entered) => {
                add("id", entered.id.filter(|&id| id > 0));
                add("slots", entered.genlen);
                add("registration", entered.registration);
                if let Some(data) = entered.data.as_ref().filter(|data| !data.is_empty()) {
                    let _ = write!(text, ", slot {data}");
                }
            }
            Self::Ret { id, .. } => add("id", *id),
            Self::GateWait(gate) | Self::GatePass(gate) => add("net", gate.net),
            _ => {}
        }
        text
    }
}

impl Recording {
    /// The line of an event in the file, from 1.
    #[must_use]
    pub fn line(&self, event: &Event) -> u32 {
        self.sources.position(event.span).0
    }

    /// Was `exit_batch_rtnl` called?
    #[must_use]
    pub fn calls_batch_rtnl(&self) -> bool {
        let is_it =
            |what: &What| matches!(what, What::Callback(entered) if entered.phase == Phase::ExitBatchRtnl);
        self.events.iter().any(|event| is_it(&event.what))
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.task, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Callback(entered) => entered.fmt(f),
            Self::Call { cmd } => write!(f, "begins `{cmd}`"),
            Self::Ret { call, ops, ret, .. } => write!(f, "{call} of {ops} returns {ret}"),
            Self::Created { name, net } => write!(f, "namespace {name} is created, net {net}"),
            Self::Note { text } => write!(f, "note `{text}`"),
            Self::GateWait(gate) => write!(f, "{gate} waits at its gate"),
            Self::GatePass(gate) => write!(f, "{gate} passes its gate"),
            Self::Nets { nets } => write!(f, "namespaces {}", numbers(nets)),
            Self::Order { list, first_device } => {
                write!(f, "order {}, first_device {first_device}", list.join(" "))
            }
            Self::Settled { live } => write!(f, "settled with {live} alive"),
        }
    }
}

impl fmt::Display for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, ops) = (self.phase.name(), &self.ops);
        match self.phase.is_batch() {
            true => write!(f, "{name} of {ops} on nets {}", numbers(&self.nets))?,
            false => write!(f, "{name} of {ops} on net {}", numbers(&self.nets))?,
        }
        if let Some(n) = self.n.filter(|&n| usize::try_from(n) != Ok(self.nets.len())) {
            write!(f, ", counted as {n}")?;
        }
        if let Some(ret) = self.ret {
            write!(f, " = {ret}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cb = self.cb.as_ref().and_then(|cb| cb.chars().next()).and_then(Phase::lettered);
        write!(f, "{} of {}", cb.map_or("a callback", Phase::name), self.ops)
    }
}

fn numbers(nets: &[i64]) -> String {
    let numbers: Vec<_> = nets.iter().map(i64::to_string).collect();
    if numbers.is_empty() { "none".to_string() } else { numbers.join(" ") }
}
