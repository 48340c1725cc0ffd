//! The picks of a recorded schedule, in order.
//!
//! A timed schedule is also an untimed one: durations are passed over when nobody asks for them, and a timed run,
//! where the agenda says who is next, passes over the tasks.

use crate::pick::{Pick, Point, Scheduler};
use model::machine::TaskId;

/// Gives back recorded picks.
#[derive(Clone, Debug)]
pub struct Replay {
    picks: Vec<Pick>,
    timed: bool,
    next: usize,
    divergence: Option<Divergence>,
}

/// The first point that the recorded picks do not fit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// How many picks were given before it.
    pub pick: usize,
    /// What was recorded there, or `None` if the schedule ends before the run does.
    pub recorded: Option<Pick>,
    /// What is open there.
    pub open: Open,
}

/// What is open at a point, as a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Open {
    /// Which of these tasks takes the next step.
    Who(Vec<TaskId>),
    /// One of so many answers.
    Answer(u32),
    /// Nanoseconds, from the first to the second.
    Duration(u64, u64),
}

impl From<&Point<'_>> for Open {
    fn from(point: &Point<'_>) -> Self {
        match *point {
            Point::Who(tasks) => Self::Who(tasks.iter().collect()),
            Point::Answer { options, .. } => Self::Answer(options),
            Point::Duration { lo, hi } => Self::Duration(lo, hi),
        }
    }
}

impl Replay {
    /// Replays a schedule once. `timed`: by the agenda.
    #[must_use]
    pub const fn new(picks: Vec<Pick>, timed: bool) -> Self {
        Self { picks, timed, next: 0, divergence: None }
    }

    /// Where the picks did not fit, if so.
    #[must_use]
    pub const fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// How many picks nobody has asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.picks[self.next..].iter().filter(|pick| !self.passes(**pick)).count()
    }

    const fn passes(&self, pick: Pick) -> bool {
        match pick {
            Pick::Duration(_) => !self.timed,
            Pick::Task(_) => self.timed,
            _ => false,
        }
    }
}

impl Scheduler for Replay {
    fn begin(&mut self, execution: u64) -> bool {
        self.next = 0;
        self.divergence = None;
        execution == 0
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        while self.picks.get(self.next).is_some_and(|&pick| self.passes(pick)) {
            self.next += 1;
        }
        let recorded = self.picks.get(self.next).copied();
        match recorded {
            Some(pick) if point.allows(pick) => {
                self.next += 1;
                pick
            }
            _ => {
                let pick = self.next;
                self.divergence.get_or_insert_with(|| Divergence { pick, recorded, open: Open::from(point) });
                Pick::Stop
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Tasks;

    const TIMED: [Pick; 3] = [Pick::Duration(5), Pick::Task(1), Pick::Duration(7)];

    #[test]
    fn untimed_passes_over_durations() {
        let mut replay = Replay::new(TIMED.to_vec(), false);
        assert_eq!(replay.left(), 1);
        assert_eq!(replay.pick(&Point::Who(Tasks::from_bits(0b11))), Pick::Task(1));
        assert_eq!((replay.left(), replay.divergence()), (0, None));
        assert_eq!(replay.pick(&Point::Who(Tasks::from_bits(0b11))), Pick::Stop);
        let open = Open::Who(vec![0, 1]);
        assert_eq!(replay.divergence(), Some(&Divergence { pick: 3, recorded: None, open }));
    }

    #[test]
    fn timed_passes_over_tasks() {
        let mut replay = Replay::new(TIMED.to_vec(), true);
        assert_eq!(replay.pick(&Point::Duration { lo: 0, hi: 9 }), Pick::Duration(5));
        assert_eq!(replay.pick(&Point::Duration { lo: 0, hi: 9 }), Pick::Duration(7));
    }

    #[test]
    fn what_does_not_fit_is_a_divergence() {
        let mut replay = Replay::new(vec![Pick::Task(1)], false);
        assert_eq!(replay.pick(&Point::Who(Tasks::from_bits(0b101))), Pick::Stop);
        let open = Open::Who(vec![0, 2]);
        let recorded = Some(Pick::Task(1));
        assert_eq!(replay.divergence(), Some(&Divergence { pick: 0, recorded, open }));
    }
}
