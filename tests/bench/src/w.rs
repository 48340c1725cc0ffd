//! The size of workload W, and what is known of it exactly.  How a tool runs W is that tool's own file.

use std::fmt;

use clap::Args;

/// W(M, N, R): M registrars of R rounds each, and N tasks that create a namespace and destroy it.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct W {
    /// Tasks that register and unregister a subsys and a device each
    #[arg(value_name = "M")]
    pub registrars: usize,
    /// Tasks that create and destroy one namespace each
    #[arg(value_name = "N")]
    pub nets: usize,
    /// Rounds of each registrar
    #[arg(value_name = "R")]
    pub rounds: usize,
}

/// The counts of W's whole unreduced state graph, initial state included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Golden {
    /// Unique states.
    pub states: u64,
    /// Transitions generated; a transition is a state, a task and the answers of its picks.
    pub transitions: u64,
}

impl W {
    /// Shorthand for tables of sizes.
    pub const fn new(registrars: usize, nets: usize, rounds: usize) -> Self {
        Self { registrars, nets, rounds }
    }

    /// The size as a command line takes it.
    pub fn arguments(self) -> [String; 3] {
        [self.registrars, self.nets, self.rounds].map(|number| number.to_string())
    }

    /// The counts that two independently written models of this size agree on, where there are such.
    pub fn golden(self) -> Option<Golden> {
        let (states, transitions) = match (self.registrars, self.nets, self.rounds) {
            (1, 2, 1) => (1_387, 2_860),
            (1, 2, 2) => (3_284, 6_864),
            (1, 3, 1) => (11_761, 30_391),
            (2, 2, 1) => (34_716, 89_290),
            (2, 3, 1) => (301_556, 919_196),
            _ => return None,
        };
        Some(Golden { states, transitions })
    }

    /// The average number of steps in a schedule when every enabled task is as likely as any other and the
    /// init of a device fails one time in eight: a uniform walk of a separate model, rounded.
    pub fn steps_per_schedule(self) -> Option<f64> {
        match (self.registrars, self.nets, self.rounds) {
            (1, 2, 1) => Some(31.9),
            (2, 3, 1) => Some(61.8),
            _ => None,
        }
    }
}

impl fmt::Display for W {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "W({},{},{})", self.registrars, self.nets, self.rounds)
    }
}
