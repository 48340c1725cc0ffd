//! Several schedulers side by side, execution by execution: what one is bad at, another finds.
//!
//! Of `n` members, execution `i * n + j` is execution `i` of the member `j`.

use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use model::machine::TaskId;

/// A scheduler and its name.
type Member = (&'static str, Box<dyn Scheduler>);

/// Takes turns.
pub struct Portfolio {
    members: Vec<Member>,
    turn: usize,
}

impl Portfolio {
    /// Of these members, of which there is at least one.
    #[must_use]
    pub fn new(members: Vec<Member>) -> Self {
        Self { members, turn: 0 }
    }
}

impl Scheduler for Portfolio {
    fn begin(&mut self, execution: u64) -> bool {
        let members = self.members.len() as u64;
        self.turn = usize::try_from(execution % members).unwrap_or(0);
        self.members[self.turn].1.begin(execution / members)
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        self.members[self.turn].1.pick(point)
    }

    fn wants(&self) -> Wants {
        self.members[self.turn].1.wants()
    }

    fn look(&mut self, scene: &Scene<'_>) {
        self.members[self.turn].1.look(scene);
    }

    fn step(&mut self, scene: &Scene<'_>, task: TaskId) {
        self.members[self.turn].1.step(scene, task);
    }

    fn member(&self) -> Option<&'static str> {
        Some(self.members[self.turn].0)
    }
}
